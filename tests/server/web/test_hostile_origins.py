"""What another site's page sends is refused on every route that there is, and on those to come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

import pytest

from server.app import create_app
from server.settings import Limits, Settings
from tests.server.raw import HARMLESS, WEBSOCKET, Answer, ask, routes
from tests.server.serving import ADDRESS, Browser, Site, serving

GOOD = "https://good.example"
SETTINGS = Settings(
    offline=True, running=100, pause_seconds=0.2, limits=Limits(new_sessions_per_address=10_000)
)
ROUTES = routes(create_app(SETTINGS))
CHANGING = sorted(route for route in ROUTES if route[0] not in HARMLESS)
WITH_ID = sorted(route for route in ROUTES if "{session_id}" in route[1])


@pytest.fixture(scope="module", params=[(), (GOOD,)], ids=["loopback", "allowed origin"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    settings = Settings(
        offline=True,
        running=100,
        pause_seconds=0.2,
        allowed_origins=request.param,
        limits=SETTINGS.limits,
    )
    with serving(settings) as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    with site.browser() as browser:
        yield browser


def send(
    browser: Browser, route: tuple[str, str], session: str, headers: Mapping[str, str]
) -> Answer:
    method, path = route
    return ask(browser.site, method, re.sub(r"\{\w+\}", session, path), headers)


def test_the_routes_are_found() -> None:
    assert (WEBSOCKET, "/api/sessions/{session_id}/stream") in CHANGING
    assert ("PUT", "/api/sessions/{session_id}/snapshot") in CHANGING
    assert ("POST", "/api/sessions") in CHANGING
    assert len(WITH_ID) >= 4


def foreign_origins(port: int) -> list[str]:
    return [
        "null",
        "",
        "http://evil.example",
        "https://good.example.evil.com",
        "https://evil.com/good.example",
        "https://good.example@evil.com",
        "https://xgood.example",
        "https://good.example:444",
        "http://good.example",
        "ftp://good.example",
        f"http://{ADDRESS}:{port + 1}",
        f"http://{ADDRESS}",
        f"https://{ADDRESS}:{port}",
        f"http://{ADDRESS}:{port}.evil.com",
        f"http://{ADDRESS}:{port}, http://evil.example",
    ]


@pytest.mark.parametrize("route", CHANGING, ids=" ".join)
def test_other_origins_are_refused_cookie_or_not(browser: Browser, route: tuple[str, str]) -> None:
    session = browser.open()["session"]
    for origin in foreign_origins(browser.site.port):
        for cookie in ({}, {"Cookie": browser.cookie}):
            answer = send(browser, route, session, {"Origin": origin, **cookie})
            assert answer.status == 403, (origin, cookie)
            if route[0] != WEBSOCKET:
                assert "--allow-origin" in answer.message


@pytest.mark.parametrize("route", CHANGING, ids=" ".join)
def test_without_an_origin_a_cookie_is_not_believed(
    browser: Browser, route: tuple[str, str]
) -> None:
    session = browser.open()["session"]
    assert send(browser, route, session, {"Cookie": browser.cookie}).status == 403
    assert send(browser, route, session, {"Cookie": "another=1"}).status == 403
    assert send(browser, route, session, {}).status != 403


@pytest.mark.parametrize("route", CHANGING, ids=" ".join)
def test_its_own_pages_are_let_in(browser: Browser, route: tuple[str, str]) -> None:
    site, session = browser.site, browser.open()["session"]
    own = {"Origin": site.origin, "Cookie": browser.cookie}
    answer = send(browser, route, session, own)
    # That there is no such picture is found out behind the guard, and by the session.
    assert answer.status not in (403, 404) or b"no such picture" in answer.body
    other = {"Origin": GOOD, "Host": "good.example", "Cookie": browser.cookie}
    allowed = send(browser, route, session, other).status != 403
    assert allowed is (ask(site, "GET", "/", {"Host": "good.example"}).status == 200)


@pytest.mark.parametrize("route", sorted(ROUTES | {("GET", "/static/icon.svg")}), ids=" ".join)
def test_other_names_are_refused_on_every_route(browser: Browser, route: tuple[str, str]) -> None:
    session = browser.open()["session"]
    own = {"Origin": browser.site.origin, "Cookie": browser.cookie}
    for host in ("evil.example", "good.example.evil.com", f"evil.example:{browser.site.port}", ""):
        assert send(browser, route, session, {"Host": host, **own}).status == 403, host


READS = sorted(route for route in ROUTES if route[0] in HARMLESS)


@pytest.mark.parametrize("route", READS, ids=" ".join)
@pytest.mark.parametrize("whose", ["cross-site", "same-site"])
def test_other_sites_may_link_here_and_no_more(
    browser: Browser, route: tuple[str, str], whose: str
) -> None:
    session = browser.open()["session"]
    for mode, kind in (("no-cors", "image"), ("navigate", "iframe"), ("cors", "empty")):
        fetch = {"Sec-Fetch-Site": whose, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": kind}
        answer = send(browser, route, session, {"Cookie": browser.cookie, **fetch})
        assert (answer.status, "set-cookie" in answer.headers) == (403, False)
    link = {"Sec-Fetch-Site": whose, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert send(browser, route, session, {"Cookie": browser.cookie, **link}).status != 403


# --- ids ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", WITH_ID, ids=" ".join)
def test_nothing_tells_a_foreign_session_from_an_absent_one(
    browser: Browser, route: tuple[str, str]
) -> None:
    site, foreign = browser.site, browser.open()["session"]
    absent = foreign[::-1]
    with site.browser() as other:
        other.open()
        own = {"Origin": site.origin, "Cookie": other.cookie}
        for headers in (own, {"Origin": site.origin}, {}):
            if route[0] == WEBSOCKET:
                closed = [closing(other, session, headers) for session in (foreign, absent)]
                assert closed == [(4404, "There is no such session.")] * 2
                continue
            answers = [send(other, route, session, headers) for session in (foreign, absent)]
            assert answers[0].status == 404
            # Status, headers and body, byte for byte.
            assert without_nonce(answers[0]) == without_nonce(answers[1])


def without_nonce(answer: Answer) -> str:
    """All that came back, but for a page's nonce, which is another each time."""
    text = repr(answer)
    nonce = re.search(r"'nonce-([\w-]+)'", text)
    return text.replace(nonce.group(1), "") if nonce else text


def closing(browser: Browser, session: str, headers: Mapping[str, str]) -> tuple[int, str]:
    more = {name: value for name, value in headers.items() if name != "Origin"}
    origin = headers.get("Origin")
    with browser.watch(session, origin=origin, additional_headers=more) as stream:
        return stream.closing_code(), stream.socket.close_reason or ""


ODD_IDS = [
    "..",
    "../",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "/etc/passwd",
    "%2Fetc%2Fpasswd",
    "..\\..",
    "%00",
    "a%00b",
    "%ff%fe",
    "%F0%9F%92%A5",
    "%0d%0aSet-Cookie:x=y",
    "a" * 300,
    "' OR 1=1 --".replace(" ", "%20"),
    "*",
]


@pytest.mark.parametrize("route", WITH_ID, ids=" ".join)
@pytest.mark.parametrize("odd", ODD_IDS)
def test_odd_ids_are_not_found(browser: Browser, route: tuple[str, str], odd: str) -> None:
    browser.open()
    own = {"Origin": browser.site.origin, "Cookie": browser.cookie}
    answer = send(browser, route, odd.replace("\\", "\\\\"), own)  # escaped for re.sub
    if route[0] == WEBSOCKET and answer.status == 101:
        assert closing(browser, odd, own)[0] == 4404
    else:
        assert answer.status == (403 if route[0] == WEBSOCKET else 404)
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "..",
        "../server/app.py",
        "../../../../etc/passwd",
        "%2e%2e/server/app.py",
        "%2e%2e%2fserver%2fapp.py",
        "%252e%252e/server/app.py",
        "..%5cserver%5capp.py",
        "//etc/passwd",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "dist",
        "css/",
        "dist/main.js%00",
        "%00",
        "a" * 300,
        "a/" * 2000,
        "%ff",
    ],
)
def test_odd_paths_of_files_are_not_found(browser: Browser, method: str, path: str) -> None:
    assert ask(browser.site, method, f"/static/{path}").status == 404


# --- the page -------------------------------------------------------------------------------------


class Inline(HTMLParser):
    """What a strict policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.scripts += tag == "script"
        if tag in ("style", "base", "object", "embed", "iframe", "form"):
            self.found.append(tag)
        if (
            tag == "script"
            and not (values.get("src") or "").startswith("/static/")
            and (values.get("type"), values.get("src")) != ("application/json", None)
        ):
            self.found.append(f"script {values}")
        for name, value in attrs:
            address = name in ("href", "src", "action", "formaction", "xlink:href")
            if name == "style" or name.startswith("on"):
                self.found.append(f"{tag} {name}")
            if address and re.match(r"\s*(javascript|data|vbscript):", value or "", re.I):
                self.found.append(f"{tag} {name}={value}")


def test_the_page_has_nothing_inline(browser: Browser) -> None:
    page = browser.http.get("/")
    parser = Inline()
    parser.feed(page.text)
    assert parser.scripts >= 3
    assert parser.found == []
    policy = dict(
        directive.split(" ", 1) for directive in page.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"


@pytest.mark.parametrize("path", ["/static/icon.svg", "/nothing", "/api/openapi.json", "/api/x"])
def test_what_is_no_page_may_load_nothing(browser: Browser, path: str) -> None:
    headers = browser.http.get(path).headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"


def test_behind_a_proxy_with_tls_the_cookie_is_for_tls_alone(browser: Browser) -> None:
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    cookie = ask(browser.site, "GET", "/", proxied).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Secure", "Path=/"} <= set(cookie.split("; "))
