"""The list of full tests over HTTP: what each image is taken for, now and after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.data import load_builtin
from engine.formats import load
from scripts.live_server import LiveServer
from server.sessions.names import watch_id_of
from tests.server.serving import Browser, Site

DIGITS = load_builtin()


def listed(browser: Browser, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = browser.http.get(f"{path}/tests").raise_for_status().json()
    return answer


def test_the_newest_is_what_the_network_does_with_each_image(tmp_path: Path) -> None:
    with LiveServer(state=tmp_path) as server, Site(server.port).browser() as browser:
        session = browser.open()["session"]
        answer = check_newest(browser, session)
        server.stop()
        server.start()
        # It is on disk, and nobody has looked yet.
        with Site(server.port).browser() as other:
            assert listed(other, f"/api/watch/{watch_id_of(session)}") == answer


def check_newest(browser: Browser, session: str) -> dict[str, Any]:
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
    return answer


def count_one_by_one(snapshot: bytes) -> list[list[int]]:
    """The confusion matrix of a file's network, image after image."""
    net = load(snapshot).net
    side = net.spec.input_shape.sx
    edge = (DIGITS.test_images.shape[-1] - side) // 2
    counts = [[0] * 10 for _ in range(10)]
    for image, label in zip(DIGITS.test_images, DIGITS.test_labels, strict=True):
        center = image[edge : edge + side, edge : edge + side]
        scores = net.forward((center / np.float32(255) - np.float32(0.5)).reshape(1, side, side, 1))
        counts[label][int(scores.ravel().argmax())] += 1
    return counts
