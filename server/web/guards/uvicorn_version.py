"""Sees that the installed uvicorn has what this server builds on besides its settings."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from operator import attrgetter

WORKING = "uvicorn>=0.52.1,<0.55"
"""Those that were tried; `pyproject.toml` says the same."""

NEEDED = (
    ("uvicorn", "Server.startup"),
    ("uvicorn.protocols.http.h11_impl", "H11Protocol.handle_websocket_upgrade"),
    ("uvicorn.protocols.http.h11_impl", "H11Protocol.send_400_response"),
    ("uvicorn.protocols.websockets.websockets_sansio_impl", "WebSocketsSansIOProtocol.run_asgi"),
    ("uvicorn.protocols.websockets.websockets_sansio_impl", "WebSocketsSansIOProtocol.send"),
)
"""Modules, and what of them is overridden here though uvicorn does not promise to keep it."""


class UnsuitableUvicorn(RuntimeError):
    """This uvicorn cannot serve; the message is one line that says which can."""


def check_uvicorn() -> None:
    """See that all is there.

    Raises:
        UnsuitableUvicorn: something is not.
    """
    for module, name in NEEDED:
        try:
            attrgetter(name)(import_module(module))
        except (ImportError, AttributeError):
            found = version("uvicorn")
            message = f"uvicorn {found} has no {module}.{name}; install {WORKING}"
            raise UnsuitableUvicorn(message) from None
