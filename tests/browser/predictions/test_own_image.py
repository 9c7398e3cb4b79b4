"""A user's image: chosen, dropped or pasted, prepared, classified, and shown in the layers."""

from __future__ import annotations

import base64
from typing import cast

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.actions import (
    as_png,
    await_examples,
    await_pictures,
    digit_png,
    fingerprints,
    pause,
    spectator,
    upload,
)
from tests.browser.watch import Problems

BARS = "#own_bars .prediction-bar"

# What a browser hands over when a file is dropped or pasted.
TRANSFER = """([target, event, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "given.png", { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  document.querySelector(target).dispatchEvent(event === "paste"
    ? new ClipboardEvent(event, { ...options, clipboardData: data })
    : new DragEvent(event, { ...options, dataTransfer: data }));
}"""

WIDEST = """bars => [...document.querySelectorAll(bars)]
  .map((bar) => [bar.firstChild.getBoundingClientRect().width, bar.children[1].textContent])
  .reduce((widest, bar) => (bar[0] > widest[0] ? bar : widest), [0, null])[1]"""
# Points of a drawing, as shares of the pad.
SEVEN = [(0.2, 0.2), (0.8, 0.2), (0.45, 0.85)]
ONE = [(0.5, 0.15), (0.5, 0.85)]


def hand_over(page: Page, event: str, data: bytes) -> None:
    target = "body" if event == "paste" else "#own_image"
    page.evaluate(TRANSFER, [target, event, base64.b64encode(data).decode()])


def likeliest(page: Page) -> str:
    """The class with the widest bar."""
    return cast(str, page.evaluate(WIDEST, BARS))


def test_upload_of_a_digit(page: Page) -> None:
    await_examples(page, 15_000)
    upload(page, digit_png(0))
    expect(page.locator(f"{BARS} .bar-name")).to_have_text(list("0123456789"))
    assert likeliest(page) == "0"
    # The true class is unknown: no bar claims to be right or wrong.
    expect(page.locator(f"{BARS}[data-kind=open]")).to_have_count(10)
    await_pictures(page, "#own_result")
    expect(page.locator("#own_preview")).to_be_visible()


def test_the_layers_show_the_picture_until_sent_back(page: Page) -> None:
    await_examples(page, 500)
    pause(page)
    page.locator("#visnet").scroll_into_view_if_needed()
    upload(page, digit_png(3))
    expect(page.locator("#visnet")).to_have_attribute("data-source", "image")
    page.locator("#buttontraining").click()
    expect(page.locator("#visnet")).to_have_attribute("data-source", "training")


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_a_picture_may_be_dropped_or_pasted(page: Page, event: str) -> None:
    await_examples(page, 200)
    hand_over(page, event, digit_png(1))
    expect(page.locator(BARS)).to_have_count(10)
    await_pictures(page, "#own_result")


def test_another_picture_looks_different(page: Page) -> None:
    await_examples(page, 200)
    upload(page, digit_png(1), "one.png")
    await_pictures(page, "#own_result")
    one = fingerprints(page, "#own_result")
    upload(page, digit_png(0), "zero.png")
    expect(page.locator("#own_status")).to_contain_text("zero.png")
    assert fingerprints(page, "#own_result") != one


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (as_png(Image.new("L", (80, 80), 255)), "blank"),
        (b"\x89PNG\r\n\x1a\n and then nothing that makes sense", "PNG"),
    ],
    ids=["blank", "unreadable"],
)
def test_an_unfit_picture_is_said_to_be_so(
    page: Page, problems: Problems, data: bytes, said: str
) -> None:
    problems.allow("status of 4")  # the browser's own note of the refusal
    await_examples(page, 100)
    upload(page, data)
    expect(page.locator("#own_problem")).to_be_visible()
    expect(page.locator("#own_problem")).to_contain_text(said)
    expect(page.locator("#own_result")).to_be_hidden()


def test_an_unfit_picture_leaves_nothing_of_the_one_before(page: Page, problems: Problems) -> None:
    problems.allow("status of 4")  # the browser's own note of the refusal
    await_examples(page, 100)
    page.locator("#visnet").scroll_into_view_if_needed()
    upload(page, digit_png(0), "zero.png")
    expect(page.locator("#own_status")).to_contain_text("zero.png")
    expect(page.locator("#visnet")).to_have_attribute("data-source", "image")
    upload(page, as_png(Image.new("L", (80, 80), 255)), "empty.png")
    refusal = page.locator("#own_problem")
    expect(refusal).to_contain_text("empty.png: The picture is blank")
    expect(page.locator("#own_result")).to_be_hidden()
    expect(page.locator("#own_status")).not_to_contain_text("zero.png")
    expect(page.locator("#visnet")).to_have_attribute("data-source", "training")
    # The button means the picture that was chosen last, and hears the same of it.
    with page.expect_response("**/predict") as refused:
        page.locator("#buttontest").click()
    assert refused.value.status == 400
    expect(page.locator("#own_image")).not_to_have_attribute("aria-busy", "true")
    expect(refusal).to_contain_text("empty.png: The picture is blank")
    expect(page.locator("#own_result")).to_be_hidden()
    upload(page, digit_png(1), "one.png")
    expect(refusal).to_be_hidden()
    expect(page.locator(BARS)).to_have_count(10)


def draw(page: Page, *strokes: list[tuple[float, float]]) -> None:
    """Draw on the pad as a hand does, with the mouse."""
    for stroke in strokes:
        box = page.locator("#drawpad").bounding_box()
        assert box is not None
        for number, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
            if number == 0:
                page.mouse.down()
        page.mouse.up()


def draw_with_a_finger(page: Page, stroke: list[tuple[float, float]]) -> None:
    """The same by touch, which would scroll the page elsewhere."""
    box = page.locator("#drawpad").bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for number, (x, y) in enumerate(stroke):
        at = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        kind = "touchMove" if number else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    touch.detach()


def test_the_guess_follows_the_stroke(page: Page) -> None:
    await_examples(page, 15_000)
    page.get_by_text("draw a digit").click()
    expect(page.locator("#own_result")).to_be_hidden()
    draw(page, ONE)
    expect(page.locator(f"{BARS} .bar-name")).to_have_text(list("0123456789"))
    page.wait_for_function(f"bars => ({WIDEST})(bars) === '1'", arg=BARS)
    page.locator("#buttonclear").click()
    # An empty pad says nothing.
    expect(page.locator("#own_result")).to_be_hidden()
    scrolled = page.evaluate("scrollY")
    draw_with_a_finger(page, SEVEN)
    page.wait_for_function(f"bars => ({WIDEST})(bars) === '7'", arg=BARS)
    assert page.evaluate("scrollY") == scrolled
    await_pictures(page, "#own_result")
    page.locator("#buttonundo").click()
    expect(page.locator("#own_result")).to_be_hidden()
    page.locator("#buttonundo").click()
    # What was cleared is there again.
    page.wait_for_function(f"bars => ({WIDEST})(bars) === '1'", arg=BARS)


def test_a_drawing_is_learned_as_what_it_is_said_to_be(page: Page, problems: Problems) -> None:
    await_examples(page, 15_000)
    page.get_by_text("draw a digit").click()
    draw(page, SEVEN)
    labels = page.get_by_role("group", name="This is a")
    # Nobody would call it that, so that it takes the network's learning to agree.
    labels.get_by_role("button", name="3", exact=True).click()
    expect(page.locator("#own_labeled")).to_contain_text("trained on, as 3")
    expect(page.locator("#added_summary")).to_have_text(
        "1 added picture: the network gets 1 right", timeout=60_000
    )
    page.locator("#added_summary").click()
    expect(page.locator("#added_list li")).to_have_attribute("data-right", "true")
    # It is kept: after a reload it is there, and can be taken out and put back.
    page.reload()
    expect(page.locator("#added_summary")).to_contain_text("1 added picture")
    page.locator("#added_summary").click()
    page.get_by_role("button", name="remove this 3").click()
    expect(page.locator("#added_list li")).to_have_count(0)
    page.locator("#buttonputback").click()
    expect(page.locator("#added_list li")).to_have_count(1)
    with spectator(page, problems) as guest:
        expect(guest.locator("#added_summary")).to_contain_text("1 added picture")
        expect(guest.locator("#drawpad, #added_list")).to_have_count(0)
