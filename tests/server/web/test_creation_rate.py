"""Sessions are begun no faster than a browser, and an address, may; what is over is told when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.settings import Limits, Settings
from server.web.guards.creation_rate import CreationLimiter, SlidingWindow, TooOften, network_of
from tests.server.raw import ask
from tests.server.serving import Site, serving


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_slides() -> None:
    window = SlidingWindow(2, 60)
    for at in (0.0, 50.0):
        assert window.wait("me", at) == 0
        window.note("me", at)
    assert window.wait("me", 55) == 5
    assert window.wait("you", 55) == 0
    assert window.wait("me", 60) == 0
    window.note("me", 60)
    # Those of 50 and 60 count now.
    assert window.wait("me", 61) == 49


def test_a_window_forgets_those_who_are_long_gone() -> None:
    window = SlidingWindow(2, 60)
    for number in range(100):
        window.note(str(number), 0)
    window.note("0", 59)
    window.note("new", 61)
    assert len(window) == 2


def limiter(clock: Clock, **limits: int) -> CreationLimiter:
    return CreationLimiter(Limits(**limits), clock)


def refusal(creations: CreationLimiter, owner: str, address: str) -> TooOften:
    with pytest.raises(TooOften) as caught:
        creations.admit(owner, address)
    return caught.value


def test_a_browser_has_its_limit_wherever_it_is() -> None:
    clock = Clock()
    creations = limiter(clock, new_sessions_per_owner=2)
    creations.admit("me", "192.0.2.1")
    creations.admit("me", "192.0.2.2")
    error = refusal(creations, "me", "192.0.2.3")
    assert (error.seconds, "this browser: try again in 10 minutes" in str(error)) == (600, True)
    creations.admit("you", "192.0.2.3")
    clock.now += 599.5
    error = refusal(creations, "me", "192.0.2.3")
    assert (error.seconds, "in a minute" in str(error)) == (1, True)
    clock.now += 0.5
    creations.admit("me", "192.0.2.3")


def test_an_address_has_its_limit_whoever_comes_from_it() -> None:
    creations = limiter(Clock(), new_sessions_per_address=3)
    for owner in "abc":
        creations.admit(owner, "192.0.2.1")
    assert "address" in str(refusal(creations, "d", "192.0.2.1"))
    creations.admit("d", "192.0.2.2")


def test_what_was_refused_does_not_count() -> None:
    clock = Clock()
    creations = limiter(clock, new_sessions_per_owner=1, new_sessions_per_address=2)
    creations.admit("me", "192.0.2.1")
    for _ in range(10):
        refusal(creations, "me", "192.0.2.1")
    creations.admit("you", "192.0.2.1")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1%eth0", "2001:db8:1:2::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_a_subscriber_of_ipv6_counts_once(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.fixture
def site() -> Iterator[Site]:
    limits = Limits(new_sessions_per_owner=3, new_sessions_per_address=5)
    with serving(Settings(offline=True, limits=limits)) as site:
        yield site


def test_over_the_limit_there_is_an_answer_in_words(site: Site) -> None:
    with site.browser() as browser:
        browser.open()
        for _ in range(2):
            assert browser.http.post("/api/sessions").status_code == 201
        refused = browser.http.post("/api/sessions")
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 600
        assert "this browser" in refused.json()["error"]["message"]
        # Whoever has a session is never turned away from it.
        for _ in range(20):
            assert browser.http.get("/").status_code == 200
        # Whoever only fetches the page, as crawlers do, begins none.
        for _ in range(20):
            assert ask(site, "GET", "/").status == 200
        for _ in range(2):
            assert ask(site, "POST", "/api/sessions").status == 201
        page = ask(site, "GET", "/")
        assert (page.status, "set-cookie" in page.headers) == (429, False)
        assert 0 < int(page.headers["retry-after"]) <= 600
        assert page.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert b"Too many new sessions from your network" in page.body
        assert ask(site, "POST", "/api/sessions").status == 429
        assert browser.http.get("/").status_code == 200
        # A proxy on this machine says whom it speaks for.
        assert ask(site, "GET", "/", {"X-Forwarded-For": "192.0.2.7"}).status == 200
