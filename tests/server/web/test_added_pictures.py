"""Pictures that an owner adds: bounded, kept, trained on, and everybody is told how it goes."""

from __future__ import annotations

import base64
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from scripts.live_server import LiveServer
from server.protocol.added_pictures import MOST_PICTURES, AddedPicture
from server.settings import Settings
from tests.server.hostile_pictures import digit_png
from tests.server.processes import workers
from tests.server.serving import Browser, Site, serving

PIXELS = 28 * 28


def picture(number: int) -> bytes:
    return number.to_bytes(4, "big") * (PIXELS // 4)


def listed(browser: Browser, path: str) -> list[tuple[str, int, bytes]]:
    answer = browser.http.get(path).raise_for_status().json()
    assert answer["most"] == MOST_PICTURES
    return [
        (each["id"], each["label"], base64.b64decode(each["image"])) for each in answer["pictures"]
    ]


def add(browser: Browser, path: str, pixels: bytes, label: object) -> Any:
    return browser.http.post(path, params={"label": str(label)}, content=pixels)


def test_they_are_listed_relabeled_removed_and_put_back() -> None:
    with serving(Settings(offline=True)) as site, site.browser() as browser:
        path = browser.open()["pictures"]
        assert listed(browser, path) == []
        ids = [add(browser, path, picture(n), n).raise_for_status().json()["id"] for n in (1, 2)]
        assert ids == [AddedPicture(n, picture(n)).id for n in (1, 2)]
        assert listed(browser, path) == [(ids[0], 1, picture(1)), (ids[1], 2, picture(2))]
        assert add(browser, path, picture(1), 7).json()["id"] == ids[0]
        assert listed(browser, path) == [(ids[0], 7, picture(1)), (ids[1], 2, picture(2))]
        assert browser.http.delete(f"{path}/{ids[0]}").status_code == 204
        assert browser.http.delete(f"{path}/{ids[0]}").status_code == 404
        assert listed(browser, path) == [(ids[1], 2, picture(2))]
        add(browser, path, picture(1), 7).raise_for_status()
        assert listed(browser, path) == [(ids[1], 2, picture(2)), (ids[0], 7, picture(1))]
        # They are their owner's alone.
        with site.browser() as other:
            assert other.http.get(path).status_code == 404
            assert add(other, path, picture(3), 1).status_code == 404
            assert other.http.delete(f"{path}/{ids[0]}").status_code == 404


@pytest.mark.parametrize(
    ("pixels", "label", "status"),
    [
        (b"", 1, 400),
        (bytes(PIXELS - 1), 1, 400),
        (bytes(PIXELS + 1), 1, 400),
        (bytes(10_000_000), 1, 413),
        (bytes(PIXELS), 10, 400),
        (bytes(PIXELS), -1, 400),
        (bytes(PIXELS), 10**30, 400),
        (bytes(PIXELS), "NaN", 422),
        (bytes(PIXELS), "1.5", 422),
        (bytes(PIXELS), "", 422),
    ],
)
def test_what_is_no_picture_of_a_class_is_refused(
    pixels: bytes, label: object, status: int
) -> None:
    with serving(Settings(offline=True)) as site, site.browser() as browser:
        path = browser.open()["pictures"]
        refused = add(browser, path, pixels, label)
        assert refused.status_code == status
        assert refused.json()["error"]["message"]
        assert listed(browser, path) == []


def test_there_are_only_so_many() -> None:
    with serving(Settings(offline=True)) as site, site.browser() as browser:
        path = browser.open()["pictures"]
        for number in range(MOST_PICTURES):
            assert add(browser, path, picture(number), 3).status_code == 201
        refused = add(browser, path, picture(MOST_PICTURES), 3)
        assert refused.status_code == 409
        assert "remove one first" in refused.json()["error"]["message"]
        # One that is there can still be called something else.
        assert add(browser, path, picture(0), 4).status_code == 201
        assert len(listed(browser, path)) == MOST_PICTURES


def test_a_drawing_needs_no_process_to_be_read() -> None:
    with serving(Settings(offline=True)) as site, site.browser() as browser:
        paths = browser.open()
        with browser.watch(paths["session"]) as stream:
            stream.until("stats")
            strokes = b"P5\n84 84\n255\n" + bytes(84 * 20 + 30) + (b"\xff" * 9 + bytes(75)) * 40
            drawing = strokes.ljust(13 + 84 * 84, b"\0")
            answer = browser.http.post(paths["predict"], content=drawing).raise_for_status().json()
        assert len(answer["probabilities"]) == 10
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-3)
        best = answer["top"][0]
        assert answer["probabilities"][best["class"]] == best["probability"]
        assert len(base64.b64decode(answer["image"])) == PIXELS


def test_they_are_trained_on_and_outlive_workers_networks_and_servers(tmp_path: Path) -> None:
    with LiveServer(state=tmp_path) as server, Site(server.port).browser() as browser:
        paths = browser.open()
        session = paths["session"]
        with browser.watch(session) as stream:
            stream.until("stats")
            answer = browser.http.post(paths["predict"], content=digit_png()).json()
            image = base64.b64decode(answer["image"])
            # Not what it is, so that it takes learning to agree.
            label = (answer["top"][0]["class"] + 1) % 10
            add(browser, paths["pictures"], image, label).raise_for_status()
            known = AddedPicture(label, image).id
            right = {"ids": [known], "labels": [label], "guesses": [label]}

            def learned(added: dict[str, Any]) -> bool:
                return {name: added[name] for name in right} == right

            stream.until("session", lambda now: now["added_pictures"] == 1)
            stream.until("added", learned)
            run_id = stream.do("change_network", spec=stream.state["spec"])["run_id"]
            stream.until("added", lambda added: added["run_id"] == run_id and learned(added))
            (worker,) = workers(server.pid)
            os.kill(worker, signal.SIGKILL)
            stream.until("notice")
            stream.until("added", learned)
        server.stop()
        server.start()
        assert listed(browser, paths["pictures"]) == [(known, label, image)]
        with browser.watch(session) as stream:
            assert stream.until("session")["added_pictures"] == 1
            stream.until("added", learned)
