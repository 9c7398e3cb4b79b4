"""Test images with the network's guesses come in, and old ones go."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.actions import await_other_pictures, await_pictures, fingerprints


def test_predictions_are_bounded(page: Page) -> None:
    await_pictures(page, "#testset_vis")
    first = fingerprints(page, "#testset_vis")
    await_other_pictures(page, "#testset_vis", first)
    assert page.locator("#testset_vis canvas").count() <= 60
