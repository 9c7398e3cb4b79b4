"""Which hosts and origins count as the server's own."""

from __future__ import annotations

import pytest

from server.web.guards.origin import Policy, is_loopback

OWN = Policy("127.0.0.1", 8000, ())
PUBLIC = Policy("0.0.0.0", 8000, ("https://good.example",))


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "https://good.example.evil.com",
        "https://good.example:444",
        "http://good.example",
        "https://good.exampl",
        "https://localhost:8000",
        "http://localhost:8001",
        "http://localhost",
        "http://localhost:8000.evil.com",
        "http://localhost:8000/",
        "http://user@localhost:8000",
    ],
)
def test_foreign_origins_are_refused_cookie_or_not(origin: str) -> None:
    for has_cookie in (True, False):
        assert not OWN.allows_origin(origin, "localhost:8000", has_cookie=has_cookie)
        assert not PUBLIC.allows_origin(origin, "good.example", has_cookie=has_cookie)


@pytest.mark.parametrize(
    ("policy", "origin", "host"),
    [
        (OWN, "http://127.0.0.1:8000", "127.0.0.1:8000"),
        (OWN, "http://localhost:8000", "localhost:8000"),
        (OWN, "http://[::1]:8000", "[::1]:8000"),
        (PUBLIC, "https://good.example", "good.example"),
        (PUBLIC, "http://192.0.2.7:8000", "192.0.2.7:8000"),
        (PUBLIC, "http://[2001:db8::1]:8000", "[2001:db8::1]:8000"),
        (Policy("::", 80, ()), "http://192.0.2.7", "192.0.2.7"),
        (Policy("lab.example", 80, ()), "http://lab.example", "lab.example"),
        (Policy("::1", 8000, ()), "http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_own_origins_are_let_in(policy: Policy, origin: str, host: str) -> None:
    assert policy.allows_host(host)
    assert policy.allows_origin(origin, host, has_cookie=True)


def test_no_origin_is_for_programs_that_bring_no_cookie() -> None:
    assert OWN.allows_origin(None, "localhost:8000", has_cookie=False)
    assert not OWN.allows_origin(None, "localhost:8000", has_cookie=True)


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.example", "evil.example:8000", "localhost", "localhost:80", "192.0.2.7:8000",
     "127.0.0.1:8000.evil.com", "[::1", "localhost:8000:8000"],
)  # fmt: skip
def test_other_names_for_this_machine_are_refused(host: str | None) -> None:
    assert not OWN.allows_host(host)


@pytest.mark.parametrize("host", ["evil.example:8000", "192.0.2.7:8001", "192.0.2.7", "[::", "x:y"])
def test_a_server_for_all_addresses_still_goes_by_no_other_name(host: str) -> None:
    assert not PUBLIC.allows_host(host)


def test_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.1.2.3", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.0.2.7", "example.org", "")))
