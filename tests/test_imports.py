"""Imports go one way, from what is simple to what uses it; a wrong one fails here."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Lower layers first; a module imports only what stands before it or in its own line.
SERVER = [
    ["states", "line", "messages", "logs", "tally"],
    ["settings", "wire", "openapi"],
    ["orders", "viewer", "idle"],
    ["host", "history", "measures", "describe", "requests", "datasets", "records", "pace"],
    ["audience", "link", "run", "storage", "work"],
    ["frames", "start", "keeper"],
    ["reporter", "saving"],
    ["worker", "supervisor"],
    ["process", "session"],
    ["registry", "commands"],
    ["guard", "bodies", "websocket", "limiter", "metrics"],
    ["pages", "operations"],
    ["errors"],
    ["stream"],
    ["routes"],
    ["listen"],
    ["app"],
    ["cli"],
]
RANKS = {f"server.{name}": rank for rank, names in enumerate(SERVER) for name in names}
# What a training process loads; it must start fast, and stay small.
LEAN = ["worker", "reporter", "frames", "start", "run", "measures", "orders", "wire", "messages"]
WEB = {"asyncio", "fastapi", "starlette", "uvicorn", "websockets", "httpx", "jinja2"}
ENGINE_MAY = {"numpy", "orjson", "PIL", "platformdirs", "threadpoolctl", "tqdm", "httpx"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(path: Path) -> set[str]:
    """Names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            found.add(node.module)
            # `from server import errors` imports the module `server.errors`.
            submodules = (f"{node.module}.{alias.name}" for alias in node.names)
            found |= {name for name in submodules if name in RANKS}
    return found


def test_every_module_of_the_server_has_its_place() -> None:
    assert {name_of(path) for path in modules("server")} - {"server"} == set(RANKS)


@pytest.mark.parametrize("path", modules("server"), ids=name_of)
def test_the_server_imports_downwards_only(path: Path) -> None:
    rank = RANKS.get(name_of(path), 0)
    for name in imported_by(path) & set(RANKS):
        assert RANKS[name] < rank, f"{name_of(path)} may not import {name}"


@pytest.mark.parametrize("path", modules("engine"), ids=name_of)
def test_the_engine_knows_nothing_of_the_server(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported_by(path)}
    assert "server" not in roots
    assert not roots & (WEB - ENGINE_MAY)


@pytest.mark.parametrize("name", LEAN)
def test_the_training_process_loads_no_web_framework(name: str) -> None:
    roots = {each.partition(".")[0] for each in imported_by(ROOT / "server" / f"{name}.py")}
    assert not roots & WEB


@pytest.mark.parametrize("name", ["session", "audience", "viewer", "registry", "commands"])
def test_sessions_know_nothing_of_the_web(name: str) -> None:
    roots = {each.partition(".")[0] for each in imported_by(ROOT / "server" / f"{name}.py")}
    assert not roots & (WEB - {"asyncio"})


def test_the_engine_uses_what_the_project_depends_on() -> None:
    allowed = set(sys.stdlib_module_names) | {"engine", "server"}
    for path in modules("engine"):
        roots = {name.partition(".")[0] for name in imported_by(path)}
        assert roots <= allowed | ENGINE_MAY, path
