"""A uvicorn that the server cannot build on is told of in one line, before anything is served."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.web.guards.uvicorn_version import NEEDED, WORKING, UnsuitableUvicorn, check_uvicorn
from server.web.guards.websocket_frames import BoundedProtocol

ROOT = Path(__file__).resolve().parents[3]
# What the server overrides of uvicorn's protocol besides what every protocol of asyncio's has.
SERVE_WITHOUT = """
import sys
{doctor}
from server.cli import main
sys.exit(main(["serve", "--port", "0", "--offline", "--ephemeral", "--no-browser"]))
"""
DOCTORS = {
    "run_asgi": "from uvicorn.protocols.websockets import websockets_sansio_impl as it\n"
    "del it.WebSocketsSansIOProtocol.run_asgi",
    "websockets_sansio_impl": "sys.modules['uvicorn.protocols.websockets.websockets_sansio_impl']"
    " = None",
    "startup": "import uvicorn\ndel uvicorn.Server.startup",
}


def test_the_installed_one_will_do() -> None:
    check_uvicorn()


def test_it_is_the_one_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert WORKING in project["dependencies"]


def test_all_that_is_overridden_is_looked_for() -> None:
    own = set(vars(BoundedProtocol)) & set(vars(WebSocketsSansIOProtocol))
    of_asyncio = {"connection_made", "data_received"}
    dunder = {name for name in own if name.startswith("__")}
    looked_for = {name.rpartition(".")[2] for _, name in NEEDED}
    assert own - of_asyncio - dunder <= looked_for


def test_another_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(WebSocketsSansIOProtocol, "run_asgi")
    with pytest.raises(UnsuitableUvicorn, match=r"run_asgi; install uvicorn>="):
        check_uvicorn()


@pytest.mark.parametrize("name", DOCTORS)
def test_serve_says_so_in_one_line(name: str) -> None:
    program = SERVE_WITHOUT.format(doctor=DOCTORS[name])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert name in line
    assert line.endswith(f"install {WORKING}")
