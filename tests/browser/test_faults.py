"""What a person sees when a training process, the server or the disk fails."""

from __future__ import annotations

import os
import re
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.live_server import LiveServer
from tests.browser.actions import (
    CONVLESS,
    await_examples,
    await_more,
    await_status,
    change_network,
    examples,
    run_number,
)
from tests.browser.watch import Problems
from tests.server.faults import kill_workers
from tests.server.processes import workers

SAVED = re.compile(r"Saved as of [\d,]+ examples")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server that keeps its sessions."""
    with LiveServer("--checkpoint-every", "1", state=tmp_path / "state") as server:
        yield server


def saved(page: Page) -> int:
    """At how many examples the page says that the network was saved."""
    expect(page.locator("#saved")).to_have_text(SAVED)
    return int("".join(filter(str.isdigit, page.locator("#saved").inner_text())))


def await_saved(page: Page, more_than: int) -> None:
    page.wait_for_function(
        "least => Number(document.querySelector('#saved').innerText.replace(/\\D/g, '')) > least",
        arg=more_than,
    )


def test_a_killed_server_goes_on_where_it_was(
    page: Page, server: LiveServer, problems: Problems
) -> None:
    problems.allow(r"WebSocket connection|ERR_CONNECTION_REFUSED|status of 40[34]")
    change_network(page, CONVLESS)
    await_saved(page, more_than=2000)
    run, kept = run_number(page), saved(page)
    server.kill()
    expect(page.locator("body")).to_have_attribute("data-status", "reconnecting")
    server.start()
    await_status(page, "live")
    await_more(page)
    assert (run_number(page), examples(page) > kept) == (run, True)
    expect(page.locator("#newnet")).to_have_value(CONVLESS)
    expect(page.locator("#spec_state")).not_to_have_text("not applied yet")
    page.reload()
    await_examples(page, kept)
    assert run_number(page) == run


def test_what_the_lost_connection_caused_goes_with_it(
    page: Page, server: LiveServer, problems: Problems
) -> None:
    problems.allow(r"WebSocket connection|ERR_CONNECTION_REFUSED|status of 40[34]")
    await_examples(page, 200)
    rate = page.locator("[data-setting=learning_rate]")
    rate.locator("input").fill("fast")
    rate.get_by_role("button").click()
    await_saved(page, more_than=0)
    server.kill()
    expect(page.locator("body")).to_have_attribute("data-status", "reconnecting")
    page.locator("#buttontp").click()
    page.locator("#buttonsave").click()
    complaints = [page.locator("#control_problem"), page.locator("#snapshot_problem")]
    expect(complaints[0]).to_contain_text("Not connected")
    expect(complaints[1]).to_contain_text("cannot be reached")
    server.start()
    await_status(page, "live")
    for complaint in complaints:
        expect(complaint).to_be_hidden()
    expect(rate.locator(".problem")).to_contain_text("“fast” is not a number")


def test_a_killed_worker_is_told_of_and_replaced(page: Page, server: LiveServer) -> None:
    await_saved(page, more_than=0)
    run = run_number(page)
    (worker,) = workers(server.pid)
    os.kill(worker, signal.SIGKILL)
    expect(page.locator("#notices")).to_contain_text("Another one goes on from")
    await_status(page, "live")
    await_more(page)
    assert run_number(page) == run


def test_after_five_deaths_a_button_tries_again(page: Page, server: LiveServer) -> None:
    await_examples(page, 200)
    page.get_by_role("button", name="pause", exact=True).first.click()
    await_status(page, "paused")
    # Paused, so that no process gets further than the one before it.
    kill_workers(server.pid, times=5)
    box = page.locator("#recovery")
    expect(box).to_contain_text("5 times in a row")
    box.get_by_role("button", name="try again").click()
    expect(box).to_be_hidden()
    await_status(page, "paused")
    page.locator("#buttontp").click()
    await_more(page)


def test_a_full_disk_is_told_of_beside_the_figures(page: Page, server: LiveServer) -> None:
    await_saved(page, more_than=0)
    trouble = page.locator("#saved_trouble")
    expect(trouble).to_be_hidden()
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, hard))
    expect(trouble).to_contain_text("Training continues")
    await_more(page)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
    expect(trouble).to_be_hidden()
    await_saved(page, more_than=saved(page))
