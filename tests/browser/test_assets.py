"""What a browser loads of the page: little the first time, nothing the second."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

LOADED = """Object.fromEntries(performance.getEntriesByType('resource')
    .filter((each) => /[.](js|css)$/.test(new URL(each.name).pathname))
    .map((each) => [new URL(each.name).pathname, each.toJSON()]))"""
FILES = {f"/static/dist/{name}" for name in ("main.js", "main.css", "theme_before_paint.js")}


def test_files_come_compressed_and_then_from_the_cache(page: Page) -> None:
    first: dict[str, Any] = page.evaluate(LOADED)
    assert set(first) == FILES
    for each in first.values():
        assert 0 < each["encodedBodySize"] < each["decodedBodySize"]
        assert each["transferSize"] > 0
    page.reload()
    second: dict[str, Any] = page.evaluate(LOADED)
    assert set(second) == FILES
    assert {path: each["transferSize"] for path, each in second.items()} == dict.fromkeys(FILES, 0)
