"""The list of full tests over HTTP: what each image is taken for, told to owners and spectators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.data import load_builtin
from engine.formats import load
from scripts.live_server import SAMPLE
from server.sessions.names import watch_id_of
from server.settings import Settings
from tests.server.serving import Browser, serving

DIGITS = load_builtin()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with serving(Settings(offline=True, data=SAMPLE)) as site, site.browser() as browser:
        yield browser


def listed(browser: Browser, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = browser.http.get(f"{path}/tests").raise_for_status().json()
    return answer


def test_the_newest_is_what_the_network_does_with_each_image(browser: Browser) -> None:
    session = browser.open()["session"]
    with browser.watch(session) as stream:
        stream.do("pause")
        for _ in range(3):
            newest = stream.until("tests")
            stream.do("step")
        after = newest["examples"][-1]
        newest = stream.until("tests", lambda tests: tests["examples"][-1] > after)
    answer = listed(browser, f"/api/sessions/{session}")
    assert answer["run_id"] == newest["run_id"]
    assert len(answer["tests"]) == newest["first"] + len(newest["examples"])
    test = answer["tests"][-1]
    assert (test["examples"], test["images"]) == (newest["examples"][-1], len(DIGITS.test_images))
    snapshot = browser.http.get(f"/api/sessions/{session}/snapshot").content
    counts = count_one_by_one(snapshot)
    assert test["confusion"] == counts
    assert test["accuracy"] == np.trace(counts) / test["images"]
    # Whoever has no cookie of the owner's sees the same at the spectators' address alone.
    with browser.site.browser() as other:
        assert listed(other, f"/api/watch/{watch_id_of(session)}") == answer
        assert other.http.get(f"/api/sessions/{session}/tests").status_code == 404


def count_one_by_one(snapshot: bytes) -> list[list[int]]:
    """The confusion matrix of a file's network, image after image."""
    net = load(snapshot).net
    side = net.spec.input_shape[-1]
    edge = (DIGITS.test_images.shape[-1] - side) // 2
    counts = [[0] * 10 for _ in range(10)]
    for image, label in zip(DIGITS.test_images, DIGITS.test_labels, strict=True):
        center = image[edge : edge + side, edge : edge + side]
        scores = net.forward((center / np.float32(255)).reshape(1, side, side, 1))
        counts[label][int(scores.ravel().argmax())] += 1
    return counts
