"""Says the server's messages in TypeScript and lets its compiler compare them with the page's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from scripts.build_page import ROOT, find_node

PROTOCOL_JS = ROOT / "static/js/server/protocol.js"
TYPESCRIPT = ROOT / "node_modules/typescript/bin/tsc"
OPTIONS = (
    "--noEmit", "--strict", "--allowJs", "--checkJs", "--skipLibCheck", "--pretty", "false",
    "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022",
    "--lib", "es2023,dom", "--types", "",
)  # fmt: skip
PLAIN = {
    Any: "any",
    object: "unknown",
    NoneType: "null",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    bytes: "Uint8Array",
}
# Two types are the same where no type can tell them apart; before that, whatever is put together
# of several is written out.
PRELUDE = """
import type * as page from "./protocol.js";
type Flat<T> = T extends Uint8Array ? T : T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
type Same<A, B> = (<T>() => T extends Flat<A> ? 1 : 2) extends
  (<T>() => T extends Flat<B> ? 1 : 2) ? true : false;
"""
# The second and third line have the compiler say what differs.
ASSERTION = """
export const same{n}: Same<{server}, {page}> = true;
export const there{n} = (it: {server}): {page} => it;
export const back{n} = (it: {page}): {server} => it;
"""


def type_of(annotation: Any) -> str:
    """A Python annotation as TypeScript's type of the same JSON."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    if is_dataclass(annotation) and isinstance(annotation, type):
        return object_type(annotation)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return words(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return f"({' | '.join(type_of(each) for each in arguments)})"
    if origin is tuple and arguments[-1] is Ellipsis:
        return f"{type_of(arguments[0])}[]"
    if origin is tuple:
        return f"[{', '.join(type_of(each) for each in arguments)}]"
    assert origin is Mapping, annotation
    return f"Record<string, {type_of(arguments[1])}>"


def words(of: Any) -> str:
    """A union of literal strings."""
    return f"({' | '.join(json.dumps(each) for each in of)})"


def object_type(message: type, *, command: bool = False) -> str:
    """A dataclass as the object that JSON makes of it.

    Of commands those keys may be absent that have defaults, and `id` is the connection's business;
    of what the server says, those that it leaves out where there is nothing to say.
    """
    kind = getattr(message, "type", None)
    members = [f"type: {json.dumps(kind)}"] if isinstance(kind, str) else []
    hints = get_type_hints(message)
    for member in fields(message):
        if command and member.name == "id":
            continue
        hint = type_of(hints[member.name])
        absent = member.default is not MISSING if command else "omit" in member.metadata
        if absent and not command:
            hint = f"NonNullable<{hint}>"
        name = member.metadata.get("alias", member.name)
        members.append(f"{name}{'?' if absent else ''}: {hint}")
    return f"{{ {'; '.join(members)} }}"


def node() -> str:
    """The program `node`; a checkout without it, or without TypeScript, skips the test."""
    found = find_node()
    if found is None or not TYPESCRIPT.exists():
        pytest.skip("node and node_modules/typescript are needed: `make check-js` brings both")
    program = shutil.which("node", path=str(found.folder))
    assert program is not None
    return program


def differences(pairs: Mapping[str, tuple[str, str]], protocol_js: str, folder: Path) -> list[str]:
    """The names of those pairs of types, the server's and the page's, that are not the same.

    Args:
        protocol_js: text of the page's module of types, which pairs know as `page`.
        folder: an empty one, to work in.
    """
    names = list(pairs)
    text = PRELUDE + "".join(
        ASSERTION.format(n=n, server=pairs[name][0], page=pairs[name][1])
        for n, name in enumerate(names)
    )
    (folder / "protocol.js").write_text(protocol_js, encoding="utf-8")
    (folder / "agree.ts").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [node(), str(TYPESCRIPT), *OPTIONS, "agree.ts"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(done.stdout, done.stderr)
    lines = text.splitlines()
    failed = {
        names[int(found[1])]
        for at in re.findall(r"^agree\.ts\((\d+),", done.stdout, re.MULTILINE)
        if (found := re.match(r"export const same(\d+)", lines[int(at) - 1]))
    }
    assert (done.returncode != 0) == bool(failed)
    return [name for name in names if name in failed]
