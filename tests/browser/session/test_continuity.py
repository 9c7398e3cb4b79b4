"""A session outlives reloads, is the same in every tab, and survives the server's death."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from scripts.live_server import LiveServer
from tests.browser.actions import (
    CONVLESS,
    await_examples,
    await_more,
    await_status,
    change_network,
    examples,
    pause,
    run_number,
    trained_on,
)
from tests.browser.watch import Problems


def test_reload_finds_the_session(page: Page) -> None:
    await_examples(page, 500)
    change_network(page, CONVLESS)
    await_examples(page, 2000)
    pause(page)
    seen, run = trained_on(page), run_number(page)
    page.reload()
    await_status(page, "paused")
    await_examples(page, seen)
    assert examples(page) == trained_on(page) == seen
    assert run_number(page) == run
    expect(page.locator("#visnet")).to_contain_text("fc (1x1x30)")


def test_two_tabs_show_one_run(page: Page, context: BrowserContext, server: LiveServer) -> None:
    await_examples(page, 500)
    other = context.new_page()
    other.goto(server.url)
    await_examples(other, examples(page))
    assert run_number(other) == run_number(page)
    pause(other)
    await_status(page, "paused")
    seen = trained_on(other)
    for tab in (page, other):
        await_examples(tab, seen)
        assert examples(tab) == seen


def test_another_browser_has_a_session_of_its_own(
    page: Page, server: LiveServer, problems: Problems
) -> None:
    await_examples(page, 500)
    pause(page)
    browser = page.context.browser
    assert browser is not None
    with browser.new_context() as stranger:
        stranger.on("page", problems.watch)
        other = stranger.new_page()
        other.goto(server.url)
        await_status(other, "live")
        await_examples(other, 200)
    await_status(page, "paused")


def test_the_page_reconnects_by_itself_after_the_server_was_killed(
    page: Page, server: LiveServer, problems: Problems
) -> None:
    problems.allow(r"WebSocket connection|ERR_CONNECTION_REFUSED|status of 40[34]")
    change_network(page, CONVLESS)
    await_examples(page, 1000)
    server.kill()
    expect(page.locator("body")).to_have_attribute("data-status", "reconnecting")
    server.start()
    await_status(page, "live")
    await_more(page)
    # The server has forgotten the network, but the page has kept what its user wrote.
    expect(page.locator("#newnet")).to_have_value(CONVLESS)
    expect(page.locator("#spec_state")).to_have_text("not applied yet")


def test_closing_the_server_ends_every_worker(page: Page, server: LiveServer) -> None:
    await_examples(page, 200)
    workers = server.children()
    assert workers
    # Held as file descriptors, so that a reused process id does no harm.
    handles = [os.pidfd_open(worker) for worker in workers]
    server.stop()
    for worker, handle in zip(workers, handles, strict=True):
        assert not Path(f"/proc/{worker}").exists() or is_zombie(worker)
        os.close(handle)


def is_zombie(pid: int) -> bool:
    """Whether it has ended and only waits to be reaped."""
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()
