"""The page's files: as small as the browser admits, and asked for once."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest

from server.settings import Settings, page_files
from tests.server.raw import Answer, ask
from tests.server.serving import Site, serving

STATIC = page_files().static
SCRIPT = "/static/dist/main.js"
WHOLE = (STATIC / "dist/main.js").read_bytes()
BODIES = {
    None: WHOLE,
    "br": (STATIC / "dist/main.js.br").read_bytes(),
    "gzip": (STATIC / "dist/main.js.gz").read_bytes(),
}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(Settings(offline=True)) as site:
        yield site


def get(site: Site, path: str = SCRIPT, **headers: str) -> Answer:
    """A request with these headers alone, whose names have `_` for `-`."""
    return ask(site, "GET", path, {name.replace("_", "-"): each for name, each in headers.items()})


@pytest.mark.parametrize(
    ("admitted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br; q=0.000, *", "gzip"),
        ("BR;Q=0.1", "br"),
        ("*", "br"),
        ("*;q=0", None),
        ("br;q=0, gzip;q=0", None),
        ("deflate", None),
        ("identity", None),
        ("", None),
    ],
)
def test_a_script_comes_in_the_smallest_form_that_the_browser_admits(
    site: Site, admitted: str, encoding: str | None
) -> None:
    answer = get(site, accept_encoding=admitted)
    assert answer.status == 200
    assert answer.headers.get("content-encoding") == encoding
    assert answer.body == BODIES[encoding]
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"


def test_the_forms_are_forms_of_the_same_script(site: Site) -> None:
    assert gzip.decompress(get(site, accept_encoding="gzip").body) == get(site).body == WHOLE
    assert len(BODIES["br"]) < len(BODIES["gzip"]) < len(WHOLE) / 2


def test_each_form_has_a_tag_of_its_own_by_which_it_is_known(site: Site) -> None:
    tags = {each: get(site, accept_encoding=each).headers["etag"] for each in ("br", "gzip", "")}
    assert len(set(tags.values())) == 3
    for admitted, tag in tags.items():
        known = get(site, accept_encoding=admitted, if_none_match=tag)
        assert (known.status, known.body, known.headers["etag"]) == (304, b"", tag)
        assert known.headers["vary"] == "Accept-Encoding"
    assert get(site, accept_encoding="br", if_none_match=tags["gzip"]).status == 200


@pytest.mark.parametrize("admitted", ["br", ""])
def test_parts_are_parts_of_the_script_itself(site: Site, admitted: str) -> None:
    part = get(site, accept_encoding=admitted, range="bytes=100-199")
    assert (part.status, part.body) == (206, WHOLE[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(WHOLE)}"
    assert "content-encoding" not in part.headers
    end = get(site, accept_encoding=admitted, range="bytes=-5", if_range=part.headers["etag"])
    assert (end.status, end.body) == (206, WHOLE[-5:])
    beyond = get(site, accept_encoding=admitted, range=f"bytes={len(WHOLE)}-")
    assert beyond.status == 416


def test_what_the_page_names_is_kept_in_every_form(site: Site) -> None:
    with site.browser() as browser:
        addresses = set(re.findall(r'"(/static/[^"]+)"', browser.http.get("/").text))
    names = {address.partition("?")[0] for address in addresses}
    assert {SCRIPT, "/static/dist/main.css", "/static/icon.svg"} < names
    for address in addresses:
        for admitted in ("br", "gzip", ""):
            answer = get(site, address, accept_encoding=admitted)
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert get(site, accept_encoding="br").headers["cache-control"] == "no-cache"


def test_a_file_without_other_forms_is_the_same_for_everybody(site: Site) -> None:
    answer = get(site, "/static/icon.svg", accept_encoding="br, gzip")
    assert answer.body == (STATIC / "icon.svg").read_bytes()
    assert not {"vary", "content-encoding"} & set(answer.headers)


@pytest.mark.parametrize("ending", [".br", ".gz"])
def test_a_form_has_no_address_of_its_own(site: Site, ending: str) -> None:
    assert get(site, SCRIPT + ending).status == 404
