"""The newest full test image by image over HTTP: held to what the network itself says of each."""

from __future__ import annotations

import gzip
import io
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.data import center_crops, load_builtin
from engine.data.dataset import SAMPLE_DIRECTORY
from engine.formats import load
from server.sessions.names import watch_id_of
from server.settings import Settings
from tests.server.serving import Browser, serving

DIGITS = load_builtin()
IMAGES = len(DIGITS.test_images)
SPEC = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
    {type:'softmax', num_classes:10}];"""


class Standing:
    """A session that stands after a full test, and what its network says of each image."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.session = browser.open()["session"]
        with browser.watch(self.session) as stream:
            stream.do("pause")
            stream.do("change_network", spec=SPEC)
            stream.until_status("paused")
            for _ in range(3):
                stream.do("step")
            self.examples = stream.until(
                "stats", lambda stats: stats["step"] == 3 and is_of_these_weights(stats)
            )["examples"]
            snapshot = browser.http.get(f"/api/sessions/{self.session}/snapshot").content
        net = load(snapshot).net
        self.scores = net.probabilities(center_crops(DIGITS.test_images, net.spec.input_shape)).T

    @property
    def path(self) -> str:
        return f"/api/sessions/{self.session}/test-images"

    def ask(self, **query: Any) -> dict[str, Any]:
        answer: dict[str, Any] = (
            self.browser.http.get(self.path, params=query).raise_for_status().json()
        )
        return answer


def is_of_these_weights(stats: dict[str, Any]) -> bool:
    return stats["test"] is not None and stats["test"]["at_examples"] == stats["examples"]


@pytest.fixture(scope="module")
def tested() -> Iterator[Standing]:
    with serving(Settings(data=SAMPLE_DIRECTORY)) as site, site.browser() as browser:
        yield Standing(browser)


def test_every_image_with_its_class_and_the_guess(tested: Standing) -> None:
    answer = tested.ask(limit=IMAGES)
    assert (answer["tested"], answer["found"]) == (IMAGES, IMAGES)
    assert answer["examples"] == tested.examples
    assert answer["data"] == DIGITS.digest
    assert [image["index"] for image in answer["images"]] == list(range(IMAGES))
    assert [image["truth"] for image in answer["images"]] == DIGITS.test_labels.tolist()
    guesses = tested.scores.argmax(axis=1)
    assert [image["guess"] for image in answer["images"]] == guesses.tolist()
    sure = [image["probability"] for image in answer["images"]]
    np.testing.assert_allclose(sure, tested.scores.max(axis=1), atol=1e-5)
    # It is the same test that the confusion matrix is of.
    tests = tested.browser.http.get(f"/api/sessions/{tested.session}/tests").json()["tests"]
    wrong = tested.ask(right="false", limit=0)
    assert (wrong["found"], wrong["images"]) == (
        IMAGES - np.trace(tests[-1]["confusion"]),
        [],
    )


def test_those_of_one_cell_of_the_matrix_most_confident_first(tested: Standing) -> None:
    matrix = tested.browser.http.get(f"/api/sessions/{tested.session}/tests").json()["tests"][-1][
        "confusion"
    ]
    errors = [(t, g) for t in range(10) for g in range(10) if t != g and matrix[t][g] > 1]
    assert errors
    for truth, guess in errors[:5]:
        answer = tested.ask(truth=truth, guess=guess, sort="confidence")
        assert answer["found"] == matrix[truth][guess] == len(answer["images"])
        assert {(i["truth"], i["guess"]) for i in answer["images"]} == {(truth, guess)}
        sure = [image["probability"] for image in answer["images"]]
        assert sure == sorted(sure, reverse=True)


def test_parts_of_a_list_make_the_whole(tested: Standing) -> None:
    asked = {"sort": "doubt", "probability_from": 0.2, "probability_to": 0.6}
    whole = tested.ask(**asked, limit=IMAGES)
    found = whole["found"]
    assert 150 < found < IMAGES
    parts = [tested.ask(**asked, offset=at)["images"] for at in range(0, found, 100)]
    assert list(itertools.chain(*parts)) == whole["images"]
    assert all(0.2 <= image["probability"] <= 0.6 for image in whole["images"])


def test_named_images_alone(tested: Standing) -> None:
    answer = tested.ask(images="40,7,999,7")
    assert [image["index"] for image in answer["images"]] == [7, 40, 999]


def test_a_list_comes_packed_to_whoever_reads_that(tested: Standing) -> None:
    http = tested.browser.http
    plain = http.get(tested.path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with http.stream("GET", tested.path, headers={"accept-encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content
    assert plain.headers["vary"] == "Accept-Encoding"


def test_spectators_see_the_same_and_not_at_the_owners_address(tested: Standing) -> None:
    watched = f"/api/watch/{watch_id_of(tested.session)}/test-images"
    with tested.browser.site.browser() as other:
        for path in ("", "?truth=4&sort=confidence", "/17"):
            mine = tested.browser.http.get(tested.path + path)
            assert other.http.get(watched + path).json() == mine.json()
            assert other.http.get(tested.path + path).status_code == 404


def test_one_image_with_all_ten_classes(tested: Standing) -> None:
    answer = tested.browser.http.get(f"{tested.path}/17").json()
    assert (answer["index"], answer["truth"]) == (17, DIGITS.test_labels[17])
    scores = tested.scores[17]
    assert [guess["class"] for guess in answer["top"]] == np.argsort(-scores).tolist()
    sure = [guess["probability"] for guess in answer["top"]]
    np.testing.assert_allclose(sure, np.sort(scores)[::-1], atol=1e-5)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("truth=10", "truth"),
        ("truth=four", "truth"),
        ("guess=10", "guess"),
        ("guess=-1", "guess"),
        ("right=perhaps", "right"),
        ("probability_from=1.1", "probability_from"),
        ("probability_to=nan", "probability_to"),
        ("probability_from=0.5&probability_to=0.4", "probability_to"),
        ("sort=size", "sort"),
        ("limit=100001", "limit"),
        ("offset=-1", "offset"),
        ("images=", "images"),
        ("images=3,,4", "images"),
        (f"images=3,{IMAGES}", "images"),
    ],
)
def test_a_bad_parameter_is_named(tested: Standing, query: str, field: str) -> None:
    answer = tested.browser.http.get(f"{tested.path}?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


def test_an_image_that_there_is_not_is_named_too(tested: Standing) -> None:
    answer = tested.browser.http.get(f"{tested.path}/{IMAGES}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "index")


def test_pictures_come_as_one_that_never_changes(tested: Standing) -> None:
    http, asked = tested.browser.http, [5, 999, 0, 5]
    address = f"/api/data/{DIGITS.digest}/test-pictures"
    answer = http.get(address, params={"images": ",".join(map(str, asked))})
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    with Image.open(io.BytesIO(answer.content)) as sheet:
        pixels = np.asarray(sheet).reshape(-1, 28, 28)
    assert np.array_equal(pixels, DIGITS.test_images[asked])
    for images, status in ((f"{IMAGES}", 422), (",".join(["1"] * 101), 422), ("a", 422)):
        refused = http.get(address, params={"images": images})
        assert (refused.status_code, refused.json()["error"]["field"]) == (status, "images")
    assert http.get(f"/api/data/{'0' * 64}/test-pictures?images=1").status_code == 404


def test_a_session_without_its_test_says_what_to_do() -> None:
    with serving(Settings(data=SAMPLE_DIRECTORY)) as site, site.browser() as browser:
        session = browser.open()["session"]
        path = f"/api/sessions/{session}/test-images"
        # Nobody has seen it yet: it has no trainer.
        refused = browser.http.get(path)
        assert refused.status_code == 409
        assert "open its page" in refused.json()["error"]["message"]
        with browser.watch(session) as stream:
            stream.until("tests")
            assert browser.http.get(path).status_code == 200
            stream.do("restart")
            refused = browser.http.get(f"{path}/17")
            assert refused.status_code == 409
            assert "in a few seconds" in refused.json()["error"]["message"]
