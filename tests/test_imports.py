"""Imports go one way, from what is simple to what uses it; a wrong one fails here.

A wing is a folder, or a file that stands alone, of `server/` or `engine/`. `docs/ARCHITECTURE.md`
says what each is for.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Lowest first: a wing imports itself and those on lines above it, none on its own line.
WINGS = {
    "server": [
        ["logs", "counters", "deadline", "uptime"],
        ["settings", "child_process", "service_threads", "open_files"],
        ["protocol"],
        ["training_process", "storage", "audience", "pictures"],
        ["trainers"],
        ["sessions"],
        ["web", "dataset_in_use"],
        ["app"],
        ["cli"],
    ],
    "engine": [
        ["options", "cores", "durable_files", "version", "bounded_numbers"],
        ["layers"],
        ["update_rules"],
        ["language"],
        ["file_limits"],
        ["data"],
        ["network"],
        ["analysis"],
        ["training"],
        ["formats"],
        ["runs"],
        ["command_line"],
    ],
}
RANKS = {
    f"{package}.{wing}": rank
    for package, lines in WINGS.items()
    for rank, wings in enumerate(lines)
    for wing in wings
}
WEB = {"fastapi", "h11", "starlette", "uvicorn", "websockets", "jinja2"}
# What each wing may use of what the project depends on, besides the standard library and NumPy.
MAY_USE = {
    "engine": {"PIL", "httpx", "orjson", "platformdirs", "threadpoolctl", "tqdm"},
    "server.logs": set(),
    "server.counters": set(),
    "server.deadline": set(),
    "server.uptime": set(),
    "server.service_threads": set(),
    "server.settings": {"platformdirs"},
    "server.child_process": set(),
    "server.open_files": set(),
    "server.protocol": set(),
    "server.training_process": set(),
    "server.storage": {"filelock"},
    "server.audience": set(),
    "server.pictures": set(),
    "server.trainers": set(),
    "server.sessions": set(),
    "server.dataset_in_use": set(),
    "server.web": {*WEB, "prometheus_client", "psutil", "pydantic"},
    "server.app": {"fastapi", "starlette"},
    "server.cli": set(),
}
WITHOUT_ASYNCIO = {
    "engine",
    "server.protocol",
    "server.training_process",
    "server.settings",
    "server.child_process",
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for package in WINGS for path in modules(package)}


def wing_of(name: str) -> str:
    return ".".join(name.split(".")[:2])


def imported_by(path: Path) -> set[str]:
    """Names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            # `from server.web import error_table` imports the module `server.web.error_table`.
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & set(MODULES)
            found |= submodules or {node.module}
    return found


@pytest.mark.parametrize("package", WINGS)
def test_every_module_is_on_a_wing_and_every_wing_exists(package: str) -> None:
    wings = {wing_of(name_of(path)) for path in modules(package)} - {package}
    assert wings == {wing for wing in RANKS if wing.startswith(f"{package}.")}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_its_own_wing_and_those_below(name: str) -> None:
    mine = wing_of(name)
    for other in imported_by(MODULES[name]):
        theirs = wing_of(other)
        if theirs in RANKS and theirs != mine:
            assert mine.startswith("server.") or theirs.startswith("engine."), (name, other)
            if mine.split(".")[0] == theirs.split(".")[0]:
                assert RANKS[theirs] < RANKS[mine], f"{name} may not import {other}"


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {name: imported_by(path) & set(MODULES) for name, path in MODULES.items()}
    # A package's own file gathers what its modules have; these may import each other directly.
    for name, path in MODULES.items():
        if path.name == "__init__.py":
            graph[name] = set()
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("name", MODULES)
def test_a_wing_uses_what_it_may(name: str) -> None:
    wing = wing_of(name)
    key = "engine" if wing.startswith("engine") else wing
    roots = {other.partition(".")[0] for other in imported_by(MODULES[name])}
    allowed = set(sys.stdlib_module_names) | {"engine", "server", "numpy"} | MAY_USE.get(key, set())
    if key in WITHOUT_ASYNCIO:
        allowed -= {"asyncio"}
    assert roots <= allowed, name


@pytest.mark.parametrize(
    "program", ["server.training_process.main", "server.pictures.reader_process"]
)
def test_a_process_of_the_servers_loads_no_web_framework(program: str) -> None:
    program = f"import sys, {program}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & WEB
