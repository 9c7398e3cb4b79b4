"""The spec editor: a good text becomes the running network, a bad one shows where it is bad."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from engine import language as spec
from engine.language.presets import PRESETS
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
    expect(page.locator("#schedule")).to_be_hidden()
    scheduled = "'sgd', learning_rate:0.02, schedule:'cosine', schedule_examples:2000, ema:0.9"
    change_network(page, spec.DEFAULT_TEXT.replace("'adadelta'", scheduled))
    expect(page.locator("#spec_summary")).to_contain_text("0.02 (cosine over 2,000 examples)")
    expect(page.locator("#spec_summary")).to_contain_text("ema 0.9")
    await_examples(page, 2000)
    expect(rate).to_have_text("0.0002")
    expect(page.locator("#schedule")).to_have_text("cosine: 100% of 2,000 examples")


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


def test_enter_indents_like_the_line_above_and_deeper_after_a_bracket(page: Page) -> None:
    write_spec(page, "a = [];\n  a.push({});")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("a.push({")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("type")
    lines = page.locator("#spec_editor .cm-line")
    expect(lines).to_have_text(["a = [];", "  a.push({});", "  a.push({", "    type"])


def test_tab_indents_and_after_escape_leaves_the_editor(page: Page) -> None:
    write_spec(page, "a = [];")
    content = page.locator("#spec_editor .cm-content")
    page.keyboard.press("Tab")
    expect(content).to_be_focused()
    expect(page.locator("#spec_editor .cm-line")).to_have_text("  a = [];", use_inner_text=True)
    expect(content).to_have_accessible_description(
        "Tab indents. Press Escape, then Tab, to leave the editor."
    )
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.locator("#buttonnn")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(content).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    expect(content).not_to_be_focused()


def test_a_missing_bracket_is_underlined_at_the_line_that_lacks_it(page: Page) -> None:
    line = "layer_defs.push({type:'pool', sx:2, stride:2}"
    write_spec(page, spec.DEFAULT_TEXT.replace(f"{line});", line, 1))
    problem = page.locator("#spec_problem")
    expect(problem).to_contain_text("`,` or `)` is missing at the end of this line")
    number = 1 + spec.DEFAULT_TEXT[: spec.DEFAULT_TEXT.index(line)].count("\n")
    lines = page.locator("#spec_editor .cm-line")
    expect(lines.nth(number - 1).locator(".cm-lintRange-error")).to_have_text("}")
    expect(page.locator("#spec_editor .cm-lintRange-error")).to_have_count(1)


def test_the_list_of_presets_shows_the_one_that_runs(page: Page) -> None:
    await_examples(page, 20)
    preset = page.locator("#preset")
    expect(preset).to_have_value("original")
    run = run_number(page)
    preset.select_option("mlp")
    expect(page.locator("#spec_state")).to_have_text("not applied yet")
    page.locator("#buttonnn").click()
    await_run_after(page, run)
    expect(page.locator("#spec_state")).to_have_text("")
    page.reload()
    expect(preset).to_have_value("mlp")
    change_network(page, CONVLESS)
    expect(preset).to_have_value("")


def test_the_best_presets_say_what_to_expect(page: Page) -> None:
    preset = page.locator("#preset")
    about = page.locator("#preset_about")
    expect(about).to_be_hidden()
    for name in ("best-accuracy", "best-accuracy-10-minutes"):
        preset.select_option(name)
        expect(about).to_have_text(PRESETS[name].about)


def test_a_text_chosen_before_the_session_is_there_stays(page: Page) -> None:
    held: list[tuple[WebSocketRoute, str | bytes]] = []
    chosen = False

    def hold(socket: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            held.append((socket, message))
            while chosen and held:
                to, earlier = held.pop(0)
                to.send(earlier)

        socket.connect_to_server().on_message(pass_on)

    page.route_web_socket(re.compile("/stream"), hold)
    page.reload()
    page.locator("#preset").select_option("best-accuracy")
    chosen = True
    expect(page.locator("#spec_state")).to_have_text("not applied yet")
    expect(page.locator("#spec_editor")).to_contain_text("batchnorm")


def test_the_editor_is_as_tall_as_its_table(page: Page) -> None:
    editor, table = page.locator("#spec_editor"), page.locator("#spec_summary")
    page.locator("#preset").select_option("best-accuracy")
    expect(table).to_contain_text("batchnorm")
    same = "([a, b]) => Math.abs(a.offsetHeight - b.offsetHeight) <= 1"
    page.wait_for_function(same, arg=[editor.element_handle(), table.element_handle()])
    # 60 rows, and what is allowed with them, would leave nothing else on the screen.
    relus = "  layer_defs.push({type:'relu'});\n" * 50
    write_spec(
        page,
        spec.DEFAULT_TEXT.replace(
            "  layer_defs.push({type:'softmax'", f"{relus}  layer_defs.push({{type:'softmax'"
        ),
    )
    expect(table).to_contain_text("1x1x10")
    page.wait_for_function("table => table.offsetHeight > 1000", arg=table.element_handle())
    assert editor.evaluate("editor => editor.offsetHeight") < 700
