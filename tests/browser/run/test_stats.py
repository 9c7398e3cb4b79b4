"""The run's numbers move, and say that the network learns."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.actions import await_examples, await_more, change_network

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
        assert 0 < float(stat(page, name)) <= 1


def test_it_learns_and_tests_itself(page: Page) -> None:
    page.wait_for_function(
        "() => Number(document.querySelector('#trainstats [data-stat=test]').innerText) > 0.8"
    )
    expect(page.locator("#testset_acc")).to_contain_text(
        "test accuracy based on last 200 test images: 0."
    )
    expect(page.locator("#testset_vis canvas").first).to_be_visible()


def test_a_huge_network_says_how_long_a_step_takes_and_what_of_its_maps_is_shown(
    page: Page,
) -> None:
    time_per_step = page.locator("#trainstats [data-stat=step_seconds]")
    expect(time_per_step).to_be_hidden()
    change_network(page, HUGE)
    expect(time_per_step).to_be_visible()
    expect(time_per_step).to_have_text(re.compile(r"^[\d.]+(s|min)$"))
    dense = page.locator("#visnet article[data-type=fc]").first
    dense.scroll_into_view_if_needed()
    weights = dense.locator("figure[data-map=weights]")
    expect(weights).to_contain_text(re.compile(r"too large to show whole: the first \d+ of 100"))
