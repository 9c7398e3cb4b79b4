"""The spec editor: a good text becomes the running network, a bad one shows where it is bad."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from engine import spec
from tests.browser.actions import (
    CONVLESS,
    await_examples,
    await_more,
    change_network,
    run_number,
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
