"""A learning rate far too high: what the page says, marks and offers."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from scripts.live_server import LiveServer
from tests.browser.actions import (
    await_examples,
    await_more,
    await_run_after,
    await_status,
    resume,
    run_number,
    trained_on,
)
from tests.browser.watch import Problems

LOSS_MARK = "#lossgraph .mark-line[data-kind=divergence]"


def change(page: Page, setting: str, value: str) -> None:
    form = page.locator(f"[data-setting={setting}]")
    form.locator("input").fill(value)
    form.get_by_role("button").click()
    expect(form).to_have_attribute("title", f"current value: {value}")


def diverge(page: Page) -> None:
    # Some weights would come to rest at a huge loss; with such a decay all of them grow.
    change(page, "l2_decay", "1")
    change(page, "learning_rate", "1000")
    page.locator("#method_input").select_option("sgd")
    await_status(page, "failed")


def test_a_divergence_is_told_marked_and_can_be_gone_back_from(page: Page) -> None:
    await_examples(page, 2000)
    diverge(page)
    box = page.locator("#recovery")
    expect(box).to_be_in_viewport()
    expect(box).to_contain_text(re.compile(r"at step [\d,]+ with learning rate 1000\."))
    expect(page.locator(LOSS_MARK)).to_have_text(re.compile(r"^diverged at \d,\d+ examples$"))
    page.locator("#buttontp").click()
    expect(page.locator("#control_problem")).to_contain_text("go back to the last good weights")
    # The fields can be used after a reload too, and before going back.
    page.reload()
    expect(page.locator(LOSS_MARK)).to_be_visible()
    change(page, "learning_rate", "0.01")
    change(page, "l2_decay", "0.001")
    run, seen = run_number(page), trained_on(page)
    page.locator("#buttonrecover").click()
    await_status(page, "paused")
    expect(box).to_be_hidden()
    assert (run_number(page), trained_on(page)) == (run, seen)
    resume(page)
    await_examples(page, seen + 1000)
    await_status(page, "live")
    expect(page.locator(LOSS_MARK)).to_be_visible()


def test_after_a_divergence_one_can_begin_again(page: Page) -> None:
    await_examples(page, 500)
    speed = page.locator("#trainstats [data-stat=examples_per_second]")
    expect(speed).to_have_text(re.compile("[1-9]"))
    diverge(page)
    # It does not go on as its last figures say.
    expect(speed).to_have_text("\N{EN DASH}")
    change(page, "learning_rate", "0.01")
    change(page, "l2_decay", "0.001")
    run = run_number(page)
    page.locator("#recovery_restart").click()
    await_run_after(page, run)
    await_status(page, "live")
    await_more(page)
    expect(page.locator("#recovery")).to_be_hidden()
    expect(page.locator(LOSS_MARK)).to_have_count(0)


def test_what_cannot_be_read_is_told_and_can_be_gone_back_from(
    context: BrowserContext, problems: Problems, tmp_path: Path
) -> None:
    problems.allow("WebSocket")
    context.on("page", problems.watch)
    with LiveServer("--checkpoint-every", "1", state=tmp_path) as server:
        page = context.new_page()
        page.goto(server.url)
        await_examples(page, 500)
        run = run_number(page)
        page.locator("#buttonrestart").click()
        await_run_after(page, run)
        await_more(page)
        server.stop()
        max((tmp_path / "checkpoints").glob("*/*.json"), key=lambda file: file.name).unlink()
        server.start()
        await_status(page, "failed")
        box = page.locator("#recovery")
        expect(box).to_contain_text("What was saved cannot be read (No such file or directory).")
        page.locator("#buttonrecover").click()
        expect(box).to_contain_text("Nothing has been changed or removed")
        page.get_by_role("button", name="go back to the run before").click()
        await_status(page, "live")
        await_examples(page, 500)
        expect(box).to_be_hidden()
    problems.check()
