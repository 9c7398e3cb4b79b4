"""Spectators see a session live and can change nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from scripts.live_server import LiveServer
from tests.browser.actions import (
    CONVLESS,
    await_examples,
    await_more,
    await_other_pictures,
    await_pictures,
    await_status,
    change_network,
    fingerprints,
    overflow,
    pause,
    resume,
    spectator,
)
from tests.browser.watch import Problems

OF_OWNERS = (
    "#header_pause, #buttontp, #buttonstep, #buttonrestart, #trainer_fields, #dumpjson, #own_image,"
    "#buttonnn, #preset, #newnet, #buttonshare, #buttonsessions, #buttonrecover, input[type=file]"
)


@pytest.fixture
def guest(page: Page, link: str, problems: Problems) -> Iterator[Page]:
    """The spectators' page in another person's browser."""
    with spectator(page, problems, link=link) as guest:
        yield guest


def test_a_spectator_sees_the_run_live(page: Page, guest: Page) -> None:
    for each in (page, guest):
        expect(each.locator("#watching")).to_have_text("1 watching")
    expect(guest.locator("#spectator_hint")).to_contain_text("only its owner can change it")
    await_status(guest, "live")
    await_examples(guest, 500)
    await_more(guest)
    guest.locator("#visnet").scroll_into_view_if_needed()
    await_pictures(guest, "#visnet")
    await_other_pictures(guest, "#visnet", fingerprints(guest, "#visnet"))
    await_pictures(guest, "#testset_vis")
    expect(guest.locator("#lossgraph canvas").first).to_be_visible()
    guest.goto("about:blank")
    expect(page.locator("#watching")).to_be_hidden()


def test_a_spectator_follows_what_the_owner_does(page: Page, guest: Page) -> None:
    await_examples(guest, 200)
    change_network(page, CONVLESS)
    expect(guest.locator("#spec_editor")).to_contain_text("num_neurons:30")
    expect(guest.locator("#spec_summary tbody tr")).to_have_count(5)
    expect(guest.locator("#visnet")).to_contain_text("fc (1x1x30)")
    form = page.locator("[data-setting=batch_size]")
    form.locator("input").fill("37")
    form.get_by_role("button").click()
    expect(guest.locator("[data-value=batch_size]")).to_have_text("37")
    pause(page)
    await_status(guest, "paused")
    resume(page)
    await_status(guest, "live")


def test_a_spectator_can_change_nothing(page: Page, guest: Page) -> None:
    await_examples(guest, 200)
    expect(page.locator(OF_OWNERS).first).to_be_attached()
    expect(guest.locator(OF_OWNERS)).to_have_count(0)
    # What lists there are change only what the spectator sees.
    harmless = "#confusion_before, #test_browser *, #feature_map *, .inside *"
    changing = f"main :is(button.primary, form, textarea, select:not({harmless}))"
    expect(guest.locator(changing)).to_have_count(0)
    text = guest.locator("#spec_editor .cm-content")
    before = text.inner_text()
    text.click()
    guest.keyboard.press("ControlOrMeta+A")
    guest.keyboard.insert_text("nothing")
    guest.keyboard.press("Delete")
    guest.keyboard.press("ControlOrMeta+Enter")
    guest.locator("#h_stats").click()
    guest.keyboard.press("Space")
    expect(text).to_have_text(before, use_inner_text=True)
    await_more(guest)
    await_status(page, "live")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_of_a_spectators_page(guest: Page, width: int) -> None:
    guest.set_viewport_size({"width": width, "height": 900})
    await_examples(guest, 500)
    expect(guest.locator("#testset_vis canvas").first).to_be_attached()
    assert overflow(guest) <= 0


def test_a_server_without_memory_has_no_such_link(
    guest: Page, link: str, server: LiveServer, problems: Problems
) -> None:
    problems.allow(r"WebSocket connection|ERR_CONNECTION_REFUSED|status of 404")
    await_examples(guest, 200)
    server.kill()
    await_status(guest, "reconnecting")
    server.start()
    await_status(guest, "gone")
    # The last data received stays in view, and there is a way on.
    await_examples(guest, 200)
    expect(guest.locator("#gone")).to_be_visible()
    guest.reload()
    expect(guest.get_by_role("heading")).to_have_text("Session not found")
    guest.get_by_role("link").click()
    await_status(guest, "live")
    assert guest.url == server.url
