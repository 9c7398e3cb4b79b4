"""A network is saved as JSON and comes back the same."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.actions import (
    CONVLESS,
    await_examples,
    await_more,
    await_run_after,
    change_network,
    digit_png,
    pause,
    run_number,
    save_snapshot,
    upload,
)
from tests.browser.watch import Problems

TOP = "#own_bars [data-likeliest] .bar-name"


def likeliest(page: Page, label: int) -> str:
    """The class that the network gives an image of that digit."""
    upload(page, digit_png(label), f"{label}.png")
    expect(page.locator("#own_status")).to_contain_text(f"{label}.png")
    return page.locator(TOP).inner_text()


def test_snapshot_to_text_and_back_gives_the_same_network(page: Page, problems: Problems) -> None:
    await_examples(page, 15_000)
    pause(page)
    before = save_snapshot(page)
    text = page.locator("#dumpjson").input_value()
    # Crops are random, so only digits that the network is sure of are sure to come out alike.
    seen = [likeliest(page, label) for label in (0, 1)]
    assert seen == ["0", "1"]
    change_network(page, CONVLESS)
    run = run_number(page)
    page.locator("#dumpjson").fill(text)
    page.locator("#buttonload").click()
    await_run_after(page, run)
    expect(page.locator("#visnet")).to_contain_text("conv (24x24x8)")
    assert [likeliest(page, label) for label in (0, 1)] == seen
    assert save_snapshot(page)["layers"] == before["layers"]


def test_snapshot_has_the_form_of_convnetjs(page: Page) -> None:
    await_examples(page, 100)
    layers = save_snapshot(page)["layers"]
    assert [layer["layer_type"] for layer in layers] == [
        "input", "conv", "relu", "pool", "conv", "relu", "pool", "fc", "softmax",
    ]  # fmt: skip
    assert len(layers[1]["filters"]) == 8
    assert len(layers[1]["filters"][0]["w"]) == 25


def test_snapshot_to_a_file_and_back(page: Page, tmp_path: Path) -> None:
    await_examples(page, 500)
    pause(page)
    with page.expect_download() as download:
        page.locator("#buttontofile").click()
    file = tmp_path / "network.json"
    download.value.save_as(file)
    saved = json.loads(file.read_text())
    change_network(page, CONVLESS)
    run = run_number(page)
    page.locator("#snapshotfile").set_input_files(file)
    await_run_after(page, run)
    assert save_snapshot(page)["layers"] == saved["layers"]


def test_a_file_for_convnetjs_or_why_there_is_none(
    page: Page, tmp_path: Path, problems: Problems
) -> None:
    problems.allow("status of 409")  # the browser's own note of the refusal
    await_examples(page, 200)
    page.locator("#forconvnetjs").check()
    with page.expect_download() as download:
        page.locator("#buttontofile").click()
    assert download.value.suggested_filename.endswith("-convnetjs.json")
    file = tmp_path / "network.json"
    download.value.save_as(file)
    assert list(json.loads(file.read_text())) == ["layers"]
    change_network(page, CONVLESS.replace("{type:'softmax'", "{type:'batchnorm'}, {type:'softmax'"))
    page.locator("#buttontofile").click()
    expect(page.locator("#snapshot_problem")).to_have_text(
        "This cannot be saved as a file of ConvNetJS: ConvNetJS has no layer of type batchnorm."
    )


def test_an_unfit_snapshot_says_why_and_the_network_runs_on(page: Page, problems: Problems) -> None:
    problems.allow("status of 400")  # the browser's own note of the refusal
    await_examples(page, 200)
    run = run_number(page)
    complaint = page.locator("#snapshot_problem")
    for text in ("", '{"layers": [', '{"layers": [{"layer_type": "input"}]}'):
        page.locator("#dumpjson").fill(text)
        page.locator("#buttonload").click()
        expect(complaint).to_be_visible()
        expect(complaint).not_to_have_text("")
    await_more(page)
    assert run_number(page) == run
