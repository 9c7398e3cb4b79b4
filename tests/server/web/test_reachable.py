"""The page says at which addresses others reach this computer, and only such."""

from __future__ import annotations

import socket

import pytest

from server.settings import Settings
from server.web.listen import open_socket
from server.web.page.reachable import reachable_origins


def origins(host: str, *allowed: str, port: int = 8000) -> list[str]:
    return reachable_origins(Settings(host=host, port=port, allowed_origins=allowed))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_bound_to_loopback_nobody_else_reaches_it_but_by_a_proxy(host: str) -> None:
    assert origins(host) == []
    assert origins(host, "https://digits.example.org") == ["https://digits.example.org"]


def test_bound_to_an_address_it_is_reached_there() -> None:
    assert origins("192.0.2.7") == ["http://192.0.2.7:8000"]
    assert origins("2001:db8::7", port=80) == ["http://[2001:db8::7]"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_bound_to_all_addresses_each_one_told_leads_to_this_computer(host: str) -> None:
    with open_socket(host, 0, take_seconds=30) as listening:
        port = listening.getsockname()[1]
        for origin in origins(host, port=port):
            name = origin.removeprefix("http://").rpartition(":")[0].strip("[]")
            assert not name.startswith("127.")
            with socket.create_connection((name, port), timeout=30):
                pass
