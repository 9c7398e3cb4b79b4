"""The spec editor: a good text becomes the running network, a bad one shows where it is bad."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from engine import language as spec
from tests.browser.actions import (
    CONVLESS,
    await_examples,
    await_more,
    await_run_after,
    change_network,
    pause,
    run_number,
    save_snapshot,
    write_spec,
)

BAD = spec.DEFAULT_TEXT.replace("filters", "fliters", 1)


def layer_titles(page: Page) -> list[str]:
    expect(page.locator("#visnet")).not_to_be_empty()
    return page.locator("#visnet").inner_text().splitlines()


def test_change_to_a_network_without_convolutions_and_back(page: Page) -> None:
    await_examples(page, 1000)
    expect(page.locator("#visnet")).to_contain_text("conv (24x24x8)")
    change_network(page, CONVLESS)
    expect(page.locator("#visnet")).to_contain_text("fc (1x1x30)")
    expect(page.locator("#visnet")).not_to_contain_text("conv (")
    await_examples(page, 1000)
    change_network(page, spec.DEFAULT_TEXT)
    expect(page.locator("#visnet")).to_contain_text("conv (12x12x16)")
    expect(page.locator("#visnet")).not_to_contain_text("fc (1x1x30)")
    await_examples(page, 1000)


def test_unchanged_layers_keep_their_weights_on_request(page: Page) -> None:
    await_examples(page, 1000)
    pause(page)
    before = save_snapshot(page)["layers"]
    more = spec.DEFAULT_TEXT.replace("filters:16", "filters:12")
    page.locator("#keepweights").check()
    change_network(page, more)
    expect(page.locator("#notices")).to_contain_text("Kept the weights of conv (layer 1).")
    layers = save_snapshot(page)["layers"]
    assert layers[1]["filters"] == before[1]["filters"]
    # A restart returns to them, not to newly drawn ones.
    run = run_number(page)
    page.locator("#buttonstep").click()
    await_examples(page, 20)
    assert save_snapshot(page)["layers"] != layers
    page.locator("#buttonrestart").click()
    await_run_after(page, run)
    assert save_snapshot(page)["layers"] == layers
    page.locator("#keepweights").uncheck()
    change_network(page, spec.DEFAULT_TEXT)
    assert save_snapshot(page)["layers"][1]["filters"] != before[1]["filters"]


def test_a_paused_change_says_that_nothing_trains_and_offers_to_go_on(page: Page) -> None:
    await_examples(page, 20)
    said = page.locator("#not_begun")
    pause(page)
    expect(said).to_be_hidden()
    change_network(page, CONVLESS)
    expect(said).to_contain_text("paused and has not trained yet")
    said.get_by_role("button", name="resume").click()
    await_examples(page, 20)
    expect(said).to_be_hidden()
    expect(page.locator("#buttonnn")).to_be_focused()


def test_a_schedule_is_told_and_its_learning_rate_shown(page: Page) -> None:
    await_examples(page, 20)
    rate = page.locator("#trainstats [data-stat=learning_rate]")
    expect(rate).to_be_hidden()
    scheduled = "'sgd', learning_rate:0.02, schedule:'cosine', schedule_examples:2000, ema:0.9"
    change_network(page, spec.DEFAULT_TEXT.replace("'adadelta'", scheduled))
    expect(page.locator("#spec_summary")).to_contain_text("0.02 (cosine over 2,000 examples)")
    expect(page.locator("#spec_summary")).to_contain_text("ema 0.9")
    await_examples(page, 2000)
    expect(rate).to_have_text("0.0002")


def test_a_bad_spec_shows_its_error_at_its_line_while_training_goes_on(page: Page) -> None:
    await_examples(page, 500)
    run = run_number(page)
    write_spec(page, BAD)
    page.locator("#buttonnn").click()
    line = 1 + BAD[: BAD.index("fliters")].count("\n")
    problem = page.locator("#spec_problem")
    expect(problem).to_contain_text(f"line {line}")
    expect(problem).to_contain_text("did you mean `filters`?")
    underlined = page.locator("#spec_editor .cm-line").nth(line - 1).locator(".cm-lintRange-error")
    expect(underlined.first).to_contain_text("fliters")
    await_more(page)
    assert run_number(page) == run


def test_the_layers_are_shown_as_one_types(page: Page) -> None:
    await_examples(page, 20)
    run = run_number(page)
    write_spec(page, CONVLESS)
    summary = page.locator("#spec_summary")
    expect(summary).to_contain_text("1x1x30")
    # 576 inputs and a bias for each of 30, 30 and a bias for each of 10
    expect(summary).to_contain_text("17,310")
    assert run_number(page) == run


def test_scripts_for_the_original_page_change_the_network(page: Page) -> None:
    await_examples(page, 20)
    page.evaluate(
        """text => {
          document.querySelector("#newnet").value = text;
          document.querySelector("#buttonnn").click();
        }""",
        CONVLESS,
    )
    expect(page.locator("#visnet")).to_contain_text("fc (1x1x30)")


def test_the_text_is_never_evaluated(page: Page) -> None:
    await_examples(page, 20)
    write_spec(page, "window.evaluated = true;\n" + CONVLESS)
    expect(page.locator("#spec_problem")).to_be_visible()
    page.locator("#buttonnn").click()
    expect(page.locator("#spec_problem")).to_contain_text("line 1")
    assert page.evaluate("window.evaluated") is None
