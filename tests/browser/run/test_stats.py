"""The run's numbers move, and say that the network learns."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.actions import await_examples, await_more, change_network, pause

UNKNOWN = "\N{EN DASH}"
# Each number of the stats and of the header, and the legend's, all of one moment.
SHOWN = """() => {
  const shown = {};
  for (const value of document.querySelectorAll("#trainstats dd")) {
    const name = value.dataset.stat;
    shown[name] = value.innerText;
    shown[name + " covers"] = value.previousElementSibling.querySelector(".covers").innerText;
  }
  for (const value of document.querySelectorAll("[data-figure]")) {
    const name = "header " + value.dataset.figure;
    shown[name] = value.innerText;
    shown[name + " title"] = value.title;
  }
  const legend = document.querySelectorAll("#accuracylegend .legend-value");
  return { ...shown, legend: [...legend].map((value) => value.innerText) };
}"""


HUGE = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
  {type:'conv', sx:5, filters:64, pad:2, activation:'relu'},
  {type:'conv', sx:5, filters:64, pad:2, activation:'relu'},
  {type:'fc', num_neurons:100}, {type:'softmax', num_classes:10}];
trainer = new convnetjs.SGDTrainer(net, {method:'sgd', learning_rate:0.001, batch_size:2000});
"""
"""3.8 million parameters; ten seconds a step, or more."""


def stat(page: Page, name: str) -> str:
    return page.locator(f"#trainstats [data-stat={name}]").inner_text()


def test_numbers_move(page: Page) -> None:
    await_examples(page, 2000)
    loss = stat(page, "loss")
    await_more(page, 2000)
    assert stat(page, "loss") != loss
    assert float(stat(page, "epoch")) > 0
    for name in ("forward_ms", "backward_ms", "decay_loss", "examples_per_second"):
        # Read once: the next figure is a different one.
        assert set(stat(page, name)) & set("123456789"), name
    for name in ("train_accuracy", "validation_accuracy"):
        assert 0 < float(stat(page, name).removesuffix("%")) <= 100


def test_it_learns_and_tests_itself(page: Page) -> None:
    page.wait_for_function(
        "() => parseFloat(document.querySelector('#trainstats [data-stat=test]').innerText) > 80"
    )
    expect(page.locator("#testset_acc")).to_have_text(
        re.compile(r"^test accuracy based on last 200 test images: \d+%$")
    )
    expect(page.locator("#testset_vis canvas").first).to_be_visible()


def test_digits_are_the_same_everywhere_and_say_what_they_cover(page: Page) -> None:
    # By then the newest 1,000 images that each accuracy covers justify a tenth of a percent.
    await_examples(page, 45_000)
    pause(page)
    shown = page.evaluate(SHOWN)
    assert re.fullmatch(r"[\d,]{6,}", shown["examples"])
    for name, covers in (
        ("train_accuracy", "last 1,000 examples"),
        ("validation_accuracy", r"last [12],\d\d\d validation images"),
        ("test", "1,000 test images"),
    ):
        assert re.fullmatch(r"\d\d\.\d%|100%", shown[name]), shown
        assert re.fullmatch(covers, shown[f"{name} covers"]), shown
    for name in ("examples", "loss", "validation_accuracy", "test"):
        assert shown[f"header {name}"] == shown[name]
    for name in ("validation_accuracy", "test"):
        assert shown[f"header {name} title"] == shown[f"{name} covers"]
    for text in shown["legend"]:
        assert re.fullmatch(r"\d\d\.\d%|100%", text)


def test_what_is_not_known_yet_says_why(page: Page) -> None:
    await_examples(page, 500)
    pause(page)
    page.locator("#buttonrestart").click()
    loss = page.locator("#trainstats [data-stat=loss]")
    expect(loss).to_have_text(UNKNOWN)
    expect(loss).to_have_attribute("title", "Known once 20 examples were measured.")
    expect(page.locator("[data-figure=loss]")).to_have_attribute(
        "title", "Known once 20 examples were measured."
    )
    expect(page.locator("#trainstats [data-stat=examples_per_second]")).to_have_text(UNKNOWN)


def test_a_huge_network_says_how_long_a_step_takes_and_what_of_its_maps_is_shown(
    page: Page,
) -> None:
    time_per_step = page.locator("#trainstats [data-stat=step_seconds]")
    expect(time_per_step).to_be_hidden()
    change_network(page, HUGE)
    expect(time_per_step).to_be_visible()
    expect(time_per_step).to_have_text(re.compile(r"^[\d.]+ (s|min)$"))
    dense = page.locator("#visnet article[data-type=fc]").first
    dense.scroll_into_view_if_needed()
    weights = dense.locator("figure[data-map=weights]")
    expect(weights).to_contain_text(re.compile(r"too large to show whole: the first \d+ of 100"))
