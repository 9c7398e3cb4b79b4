"""The run's numbers move, and say that the network learns."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.actions import await_examples, await_more


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
