"""The map of the test set: one watches the classes come apart, and takes points in hand."""

from __future__ import annotations

import re
from typing import TypedDict, cast

import numpy as np
from playwright.sync_api import Page, expect

from engine.data import load_builtin
from tests.browser.actions import (
    await_examples,
    await_status,
    overflow,
    restart_paused,
    resume,
    spectator,
    which_test_image,
)
from tests.browser.watch import Problems

DIGITS = load_builtin()
# Of each class: how many pixels of the canvas have its color, their middle and their mean square
# distance from it, in pixels.
CLOUDS = """() => {
  const canvas = document.querySelector("#plane_canvas");
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const pixels = new Uint32Array(data.buffer);
  const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const root = getComputedStyle(document.documentElement);
  return Array.from({ length: 10 }, (_, label) => {
    probe.fillStyle = root.getPropertyValue(`--class-${label}`);
    probe.fillRect(0, 0, 1, 1);
    const [color] = new Uint32Array(probe.getImageData(0, 0, 1, 1).data.buffer);
    let [count, x, y, squares] = [0, 0, 0, 0];
    pixels.forEach((pixel, at) => {
      if (pixel !== color) return;
      const [column, row] = [at % width, Math.floor(at / width)];
      count += 1; x += column; y += row; squares += column ** 2 + row ** 2;
    });
    [x, y] = [x / count, y / count];
    return { count, x, y, around: squares / count - x ** 2 - y ** 2 };
  });
}"""
# What is off the screen is not asked for, and the cards above it grow while they are drawn.
SAYS_THE_NEWEST = """() => {
  document.querySelector("#plane_canvas").scrollIntoView({ block: "nearest" });
  const examples = document.querySelector("#trainstats [data-stat=examples]").innerText;
  return document.querySelector("#plane_words").innerText.startsWith(`After ${examples} examples:`);
}"""
UNTIL_STILL = f"""async () => {{
  const drawn = () => JSON.stringify(({CLOUDS})());
  for (let before = ""; before !== drawn();) {{
    before = drawn();
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
  }}
}}"""


class Cloud(TypedDict):
    count: int
    x: float
    y: float
    around: float


def clouds(page: Page) -> list[Cloud]:
    return cast(list[Cloud], page.evaluate(CLOUDS))


def separation(page: Page) -> float:
    """Of what is drawn: the share of the variance that lies between the classes' middles."""
    drawn = clouds(page)
    counts = np.array([cloud["count"] for cloud in drawn])
    assert (counts > 200).all()
    middles = np.array([(cloud["x"], cloud["y"]) for cloud in drawn])
    within = np.average([cloud["around"] for cloud in drawn], weights=counts)
    apart = middles - np.average(middles, axis=0, weights=counts)
    between = np.average((apart**2).sum(axis=1), weights=counts)
    return float(between / (between + within))


def await_still(page: Page) -> None:
    """Wait until the map is of the network as it stands, and its points have arrived."""
    page.wait_for_function(SAYS_THE_NEWEST)
    page.evaluate(UNTIL_STILL)


def shown_image(page: Page) -> tuple[int, int]:
    """Index and true class of the digit that is shown, whose picture is checked."""
    said = re.fullmatch(
        r"Test image ([\d,]+): (\d)(?:, taken for (\d))?", page.locator("#plane_tip").inner_text()
    )
    assert said is not None
    index, label = int(said.group(1).replace(",", "")), int(said.group(2))
    assert DIGITS.test_labels[index] == label
    assert which_test_image(page.locator("#plane_picture")) == index
    return index, label


def test_one_watches_the_classes_come_apart_and_takes_points_in_hand(page: Page) -> None:
    restart_paused(page)
    expect(page.locator("#plane_canvas")).to_be_hidden()
    page.locator("#feature_map summary").focus()
    page.keyboard.press("Enter")
    canvas = page.locator("#plane_canvas")
    expect(canvas).to_be_visible()
    await_still(page)
    before = separation(page)

    page.locator("#header_pause").click()
    await_examples(page, 10_000)
    page.locator("#header_pause").click()
    await_status(page, "paused")
    await_still(page)
    assert separation(page) > before + 0.1

    # The pointer on a point shows its digit.
    middle = min(clouds(page), key=lambda cloud: cloud["around"])
    # The cards above it may grow while it comes into view, and move it away from the pointer.
    canvas.scroll_into_view_if_needed()
    await_still(page)
    canvas.hover(position={"x": middle["x"], "y": middle["y"]})
    page.mouse.move(0, 0)
    canvas.hover(position={"x": middle["x"], "y": middle["y"]})
    expect(page.locator("#plane_tip")).to_be_visible()
    shown_image(page)

    # A lasso around everything holds everything.
    box = canvas.bounding_box()
    assert box is not None
    corners = [(2, 2), (box["width"] - 2, 2), (box["width"] - 2, box["height"] - 2)]
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] - 2)
    page.mouse.down()
    for x, y in corners:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    selected = page.locator("#plane_selected")
    expect(selected).to_contain_text("1,000 selected")
    page.locator("#plane_clear").click()
    expect(selected).to_be_hidden()


def test_it_can_be_used_with_the_keyboard_alone(page: Page) -> None:
    restart_paused(page)
    page.locator("#feature_map summary").focus()
    page.keyboard.press("Enter")
    await_still(page)
    page.keyboard.press("Tab")
    expect(page.locator("#plane_canvas")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    first, _ = shown_image(page)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#plane_tip")).not_to_contain_text(f"Test image {first}:")
    pinned, _ = shown_image(page)
    page.keyboard.press("Enter")
    page.locator("#visnet").scroll_into_view_if_needed()
    expect(page.locator("#shown_example_text")).to_contain_text(str(pinned))
    page.keyboard.press("Escape")
    expect(page.locator("#plane_tip")).to_be_hidden()

    # The legend hides and shows classes.
    three = page.locator("#plane_legend button", has_text="3")
    three.focus()
    page.keyboard.press("Enter")
    expect(three).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="show all").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="hide all").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => ({CLOUDS})().every(({{ count }}) => count === 0)")
    page.keyboard.press("Enter")
    await_still(page)
    separation(page)

    # Instead of a lasso: a class, or what is mistaken, as the full test of these weights has it.
    page.locator("#plane_choice").select_option("all of 3")
    threes = int(np.count_nonzero(DIGITS.test_labels == 3))
    selected = page.locator("#plane_selected")
    expect(selected).to_contain_text(f"{threes} selected: {threes} of 3;")
    page.locator("#plane_choice").select_option("all that are mistaken")
    accuracy = page.locator("#trainstats [data-stat=test]").inner_text()
    wrong = round(1000 - 10 * float(accuracy.rstrip("%")))
    expect(selected).to_contain_text(f"{wrong} selected")
    expect(selected).to_contain_text(f"{wrong} mistaken")
    page.locator("#plane_browse").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#browser_found")).to_contain_text(f"{wrong} of 1,000 test images")


def draw_around_with_a_finger(page: Page) -> None:
    """From corner to corner, as no mouse event can."""
    box = page.locator("#plane_canvas").bounding_box()
    assert box is not None
    left, top, right, bottom = 3, 3, box["width"] - 3, box["height"] - 3
    finger = page.context.new_cdp_session(page)
    kind = "touchStart"
    for x, y in [(left, top), (right, top), (right, bottom), (left, bottom)]:
        point = {"x": box["x"] + x, "y": box["y"] + y}
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        kind = "touchMove"
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_spectators_watch_it_on_a_phone(page: Page, problems: Problems) -> None:
    restart_paused(page)
    with spectator(page, problems, width=390, height=844, touch=True) as guest:
        guest.locator("#feature_map summary").tap()
        await_still(guest)
        densest = min(clouds(guest), key=lambda cloud: cloud["around"])
        density = cast(float, guest.evaluate("devicePixelRatio"))
        guest.locator("#plane_canvas").tap(
            position={"x": densest["x"] / density, "y": densest["y"] / density}
        )
        shown_image(guest)
        guest.locator("#plane_finger").check()
        await_still(guest)
        draw_around_with_a_finger(guest)
        expect(guest.locator("#plane_selected")).to_contain_text("1,000 selected")
        assert overflow(guest) <= 0
        before = guest.locator("#feature_map").get_attribute("data-step")
        resume(page)
        expect(guest.locator("#feature_map")).not_to_have_attribute("data-step", str(before))
