"""A real Chromium on a really started server; any error in the page's console fails the test."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from scripts.ensure_chromium import find_chromium
from scripts.live_server import LiveServer
from tests.browser.watch import Problems

ARTIFACTS = Path(__file__).resolve().parents[1] / "artifacts"
# The machine may be busy with other things; a condition that holds is seen at once all the same.
PATIENCE = 30_000
FLAGS = [
    # Containers run as root, where Chromium's sandbox does not start.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


# For a module, not the whole session: while Playwright runs, this thread counts as inside an event
# loop, and the server's own tests could start none.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail("there is no Chromium: run `make chromium` (or `make test`)")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def server() -> Iterator[LiveServer]:
    """A server for this test alone: sessions left by others would go on training beside it."""
    with LiveServer() as server:
        yield server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile with no cookies, and so a session of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def problems() -> Problems:
    """What went wrong in the pages' consoles; `allow` names what a test means to provoke."""
    return Problems()


@pytest.fixture
def page(
    context: BrowserContext,
    server: LiveServer,
    problems: Problems,
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """The page, opened, every page of this test watched; a screenshot is kept of a failure."""
    context.on("page", problems.watch)
    page = context.new_page()
    page.goto(server.url)
    yield page
    if request.node.stash.get(FAILED, False):
        ARTIFACTS.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
        (ARTIFACTS / f"{name}.log").write_text("".join(server.log))
    problems.check()
