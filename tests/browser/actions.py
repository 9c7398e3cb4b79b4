"""What a person does on the page, and waits for, as functions."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, ViewportSize, expect

from engine.data import load_builtin
from tests.browser.watch import Problems

CONVLESS = """layer_defs = [];
layer_defs.push({type:'input', out_sx:24, out_sy:24, out_depth:1});
layer_defs.push({type:'fc', num_neurons:30, activation:'relu'});
layer_defs.push({type:'softmax', num_classes:10});
net = new convnetjs.Net();
net.makeLayers(layer_defs);
trainer = new convnetjs.SGDTrainer(net, {method:'adadelta', batch_size:20, l2_decay:0.001});
"""

# One number for each canvas inside the selected element: equal pictures have equal numbers. Blank
# ones, all of one color, are 0.
FINGERPRINTS = """selector => [...document.querySelectorAll(selector + " canvas")].map(canvas => {
  if (canvas.width === 0 || canvas.height === 0) return 0;
  const context = canvas.getContext("2d");
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Uint32Array(data.buffer);
  let sum = 7, plain = true;
  for (const pixel of pixels) {
    plain &&= pixel === pixels[0];
    sum = (Math.imul(sum, 31) + pixel) | 0;
  }
  return plain ? 0 : sum;
})"""


@contextmanager
def spectator(
    page: Page,
    problems: Problems,
    *,
    link: str = "",
    width: int = 1280,
    height: int = 900,
    touch: bool = False,
) -> Iterator[Page]:
    """Another person's browser with the shared link of this page's session."""
    browser = page.context.browser
    assert browser is not None
    size = ViewportSize(width=width, height=height)
    with browser.new_context(viewport=size, has_touch=touch, is_mobile=touch) as context:
        context.set_default_timeout(30_000)
        context.on("page", problems.watch)
        guest = context.new_page()
        guest.goto(link or page.locator("#share_link").input_value())
        yield guest


def examples(page: Page) -> int:
    """How many examples the page says the network has seen."""
    # A new run has no figures until its first report: the page shows a dash until then.
    await_examples(page, 0)
    return int(page.locator("#trainstats [data-stat=examples]").inner_text().replace(",", ""))


def await_examples(page: Page, count: int) -> None:
    """Wait until the page says that at least this many examples were seen."""
    page.wait_for_function(
        "count => Number(document.querySelector('#trainstats [data-stat=examples]').innerText"
        ".replaceAll(',', '')) >= count",
        arg=count,
    )


def await_more(page: Page, more: int = 500) -> None:
    """Wait until training has visibly gone on from where it is now."""
    await_examples(page, examples(page) + more)


def await_status(page: Page, status: str) -> None:
    """Wait until the badge says this: live, paused, reconnecting ..."""
    expect(page.locator("#status_text")).to_have_text(status)


def pause(page: Page) -> None:
    page.locator("#buttontp").click()
    await_status(page, "paused")


def resume(page: Page) -> None:
    page.locator("#buttontp").click()
    await_status(page, "live")


def run_number(page: Page) -> int:
    """The number of the run that is shown; it rises with every change of network."""
    return int(cast(str, page.locator("body").get_attribute("data-run")))


def await_run_after(page: Page, run: int) -> None:
    """Wait until a later run than this is shown."""
    page.wait_for_function("run => Number(document.body.dataset.run) > run", arg=run)


def restart_paused(page: Page) -> None:
    """Begin a run anew that stands, before its first batch."""
    await_examples(page, 20)
    pause(page)
    run = run_number(page)
    page.locator("#buttonrestart").click()
    await_run_after(page, run)
    await_status(page, "paused")


def write_spec(page: Page, text: str) -> None:
    """Put the text in the editor, as if selecting all and pasting."""
    # Until the table of layers is there the page still moves, and a click could miss.
    expect(page.locator("#spec_summary table")).to_be_visible()
    page.locator("#spec_editor .cm-content").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(text)


def change_network(page: Page, text: str) -> None:
    """Instantiate the network of this text, and wait until it is the one shown."""
    run = run_number(page)
    write_spec(page, text)
    page.locator("#buttonnn").click()
    await_run_after(page, run)


def overflow(page: Page) -> int:
    """How far the page reaches beyond the window sideways, in CSS pixels."""
    root = "document.documentElement"
    return cast(int, page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


def fingerprints(page: Page, selector: str) -> list[int]:
    """A number for each picture inside the element: 0 where it is blank."""
    return cast(list[int], page.evaluate(FINGERPRINTS, selector))


def await_pictures(page: Page, selector: str) -> None:
    """Wait until some picture inside the element is not blank."""
    page.wait_for_function(f"selector => ({FINGERPRINTS})(selector).some(Boolean)", arg=selector)


def await_other_pictures(page: Page, selector: str, before: list[int]) -> None:
    """Wait until some picture inside the element is neither blank nor one of those before."""
    page.wait_for_function(
        f"([selector, before]) => ({FINGERPRINTS})(selector)"
        ".some(one => one !== 0 && !before.includes(one))",
        arg=[selector, before],
    )


def save_snapshot(page: Page) -> dict[str, Any]:
    """Press the button and read what it writes to the text area."""
    area = page.locator("#dumpjson")
    area.fill("")
    page.locator("#buttonsave").click()
    expect(area).not_to_have_value("")
    return cast(dict[str, Any], json.loads(area.input_value()))


def trained_on(page: Page) -> int:
    """How many examples the worker has trained on, asked of the worker itself.

    It answers after all that it was told before, so after a pause the number stands; the figures
    on the page come a tenth of a second later.
    """
    return cast(int, save_snapshot(page)["convnet_live"]["training"]["examples_seen"])


def digit_png(label: int, *, index: int = 0) -> bytes:
    """A test digit as a scanner would see it: dark on white, large, off-center."""
    dataset = load_builtin()
    chosen = np.flatnonzero(dataset.test_labels == label)[index]
    digit = Image.fromarray(255 - dataset.test_images[chosen]).resize(
        (168, 168), Image.Resampling.BICUBIC
    )
    paper = Image.new("L", (300, 240), 255)
    paper.paste(digit, (90, 20))
    return as_png(paper)


def as_png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def upload(page: Page, data: bytes, name: str = "digit.png") -> None:
    """Choose an image from the computer."""
    file = FilePayload(name=name, mimeType="image/png", buffer=data)
    page.locator("#imagefile").set_input_files(file)


def which_test_image(place: Locator) -> int:
    """Wait for a picture; which of the test images it is."""
    expect(place).to_be_visible()
    images = load_builtin().test_images
    with Image.open(io.BytesIO(place.screenshot())) as seen:
        gray = np.asarray(seen.convert("L").resize(images.shape[1:], Image.Resampling.BOX), float)
    return int(np.abs(images - gray).mean(axis=(1, 2)).argmin())
