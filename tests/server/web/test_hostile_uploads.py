"""Bodies that are broken or meant to break something: an answer in words, and no change."""

from __future__ import annotations

import contextlib
import http.client
import json
import tempfile
import zlib
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from PIL import Image

from engine.formats import SnapshotError, load
from server.settings import Limits, Settings
from tests.server.hostile_pictures import bomb, saved
from tests.server.serving import ADDRESS, PATIENCE, Browser, Stream, serving

DENSE = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
    {type:'softmax', num_classes:10}];
trainer = new convnetjs.Trainer(net, {method:'adam', batch_size:20});"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Somebody on a server whose temporary files would lie in a folder of their own."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        settings = Settings(offline=True, limits=Limits(upload_seconds=5.0))
        with serving(settings) as site, site.browser() as browser:
            yield browser
        assert list(folder.iterdir()) == []


@contextlib.contextmanager
def paused(browser: Browser) -> Iterator[tuple[Stream, str]]:
    """A session that has trained a small network, and stands still; and its snapshot's address."""
    with browser.session() as stream:
        run_id = stream.do("change_network", spec=DENSE)["run_id"]
        # It is the same session each time, and the test before has left it paused.
        stream.do("resume")
        stream.until("stats", lambda each: each["run_id"] == run_id and each["examples"] > 100)
        stream.do("pause")
        stream.until_status("paused")
        yield stream, f"/api/sessions/{stream.state['session']}/snapshot"


def refused(response: httpx.Response, status: int = 400) -> str:
    assert response.status_code == status, response.text
    message: str = response.json()["error"]["message"]
    assert 10 < len(message) < 400
    return message


def hostile_files(data: bytes) -> Iterator[bytes]:
    """Broken in every way that the engine's own tests know, one or a few of each."""
    for length in np.linspace(0, len(data) - 1, 100).astype(int):
        yield data[:length]
    text = data.decode()
    for old, new in (
        ('"sx":1', '"sx":7'),
        ('"out_depth":10', '"out_depth":11'),
        ('"num_inputs":576', '"num_inputs":577'),
        ('"version":3', '"version":4'),
        ('"version":3', '"version":' + "9" * 5000),
        ('"version":3', '"version":3,"version":3'),
        ('"out_sx":24', '"out_sx":' + "9" * 400),
        ('"out_sx":24', '"out_sx":-1'),
        ('"out_sx":24', '"out_sx":24,"out_sx":24'),
        ('"w":[', '"w":[NaN,'),
        ('"w":[', '"w":[1e999,'),
        ('"w":[', '"w":[-Infinity,'),
        ('"w":[', '"w":[0,'),
        ('"w":[', '"w":["0",'),
        ('"layer_type":"fc"', '"layer_type":"fcc"'),
    ):
        assert old in text, old
        yield text.replace(old, new, 1).encode()
    yield from (b"[" * 100_000, b'{"layers":' * 100_000, b"[" * 100_000 + b"]" * 100_000)
    yield from (b"null", b"\xff\xfe", b'{"layers":[]}', b'{"layers":{}}', b"PK\x03\x04")


def test_unfit_files_are_refused_and_the_session_is_as_before(browser: Browser) -> None:
    with paused(browser) as (stream, path):
        before = browser.http.get(path).content
        for body in hostile_files(before):
            refused(browser.http.put(path, content=body))
        assert browser.http.get(path).content == before
        stream.do("resume")
        assert stream.until("stats")["run_id"] == stream.state["run_id"]


STUCK = {"state": "0", "inc": "0", "has_uint32": 0, "uinteger": 0}


@pytest.mark.parametrize(
    "change",
    [
        {"examples_seen": 2**63},
        {"step_count": 2**52},
        {"rng": STUCK},
        {"sampler": {"order": STUCK}},
    ],
    ids=["examples", "steps", "a generator that stands still", "a sampler that stands still"],
)
def test_a_state_that_would_overflow_or_loop_is_refused(
    browser: Browser, change: dict[str, object]
) -> None:
    with paused(browser) as (stream, path):
        file = browser.http.get(path).json()
        training = file["convnet_live"]["training"]
        before = training["examples_seen"]
        if isinstance(sampler := change.get("sampler"), dict):
            change = {"sampler": training["sampler"] | sampler}
        training |= change
        message = refused(browser.http.put(path, content=json.dumps(file)))
        assert "its training state is malformed" in message
        stream.do("resume")
        stream.until("stats", lambda stats: stats["examples"] > before)


def test_flipped_bytes_are_refused_or_make_another_sound_file(browser: Browser) -> None:
    """Most bytes are digits, and another digit is another file, which is as good as the first."""
    rng = np.random.default_rng(3)
    with paused(browser) as (stream, path):
        before = browser.http.get(path).content
        unfit: list[bytes] = []
        fit: list[bytes] = []
        for _ in range(1000):
            flipped = bytearray(before)
            flipped[rng.integers(len(before))] ^= rng.integers(1, 256)
            (fit if is_sound(bytes(flipped)) else unfit).append(bytes(flipped))
        assert len(unfit) > 300
        for body in unfit[:300]:
            refused(browser.http.put(path, content=body))
        assert browser.http.get(path).content == before
        for body in fit[:2]:
            answer = browser.http.put(path, content=body)
            # What the engine reads may still hold a state that no training can have.
            if answer.status_code != 200:
                refused(answer)
        # A weight may be huge now, and its loss not finite: another network trains all the same.
        stream.do("change_network", spec=DENSE)
        stream.do("resume")
        stream.until("stats", lambda each: each["examples"] > 100)


def is_sound(data: bytes) -> bool:
    try:
        load(data)
    except SnapshotError:
        return False
    return True


# --- pictures -------------------------------------------------------------------------------------


def animation(form: str) -> bytes:
    frames = [Image.new("L", (40, 40), 255 - index) for index in range(20)]
    return saved(form, (40, 40), save_all=True, append_images=frames, duration=20)


def form(parts: int) -> bytes:
    return b"".join(
        b'--x\r\nContent-Disposition: form-data; name="f%d"; filename="f.png"\r\n\r\n!\r\n' % index
        for index in range(parts)
    ) + b"--x--\r\n"  # fmt: skip


PICTURES: dict[str, tuple[bytes, str, int, str]] = {
    "a bomb": (bomb(13_000, 13_000), "image/png", 400, "13000x13000|too large"),
    "no width": (saved("PNG")[:16] + bytes(4) + saved("PNG")[20:], "image/png", 400, "damaged|no"),
    "half a PNG": (saved("PNG")[:120], "image/png", 400, "damaged"),
    "half a JPEG": (saved("JPEG")[:500], "image/jpeg", 400, "damaged"),
    "half a WebP": (saved("WEBP")[:60], "image/webp", 400, "damaged|not a PNG"),
    "a BMP that says it is a PNG": (saved("BMP"), "image/png", 400, "not a PNG, JPEG"),
    "an SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png", 400, "not a PNG, JPEG"),
    "10 MiB and a byte": (bytes((10 << 20) + 1), "image/png", 413, "10 MiB"),
    "1,001 parts of a form": (form(1001), "multipart/form-data; boundary=x", 415, "form"),
    "a compressed body": (zlib.compress(saved("PNG")), "image/png", 400, "not a PNG"),
}


@pytest.mark.parametrize("case", PICTURES.values(), ids=PICTURES)
def test_bad_pictures_are_refused_in_words(
    browser: Browser, case: tuple[bytes, str, int, str]
) -> None:
    body, kind, status, words = case
    with paused(browser) as (_, path):
        predict = path.replace("snapshot", "predict")
        response = browser.http.post(predict, content=body, headers={"content-type": kind})
        message = refused(response, status)
        assert any(word in message for word in words.split("|")), message


@pytest.mark.parametrize(
    ("body", "kind"),
    [(animation("GIF"), "image/gif"), (animation("WEBP"), "image/webp"), (saved("JPEG"), "x/y")],
    ids=["an animated GIF", "an animated WebP", "a JPEG that says it is something else"],
)
def test_what_a_picture_is_its_content_says(browser: Browser, body: bytes, kind: str) -> None:
    with paused(browser) as (_, path):
        predict = path.replace("snapshot", "predict")
        response = browser.http.post(predict, content=body, headers={"content-type": kind})
        assert len(response.raise_for_status().json()["top"]) == 3


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_body_that_dribbles_in_is_given_up(method: str) -> None:
    limits = Limits(upload_seconds=0.2)
    with serving(Settings(offline=True, limits=limits)) as site, site.browser() as browser:
        paths = browser.open()
        connection = http.client.HTTPConnection(ADDRESS, site.port, timeout=PATIENCE)
        connection.putrequest(method, paths["snapshot" if method == "PUT" else "predict"])
        connection.putheader("origin", site.origin)
        connection.putheader("cookie", browser.cookie)
        connection.putheader("content-length", "1000000")
        connection.endheaders(b"{")
        response = connection.getresponse()
        assert response.status == 408
        assert "took too long" in json.loads(response.read())["error"]["message"]
        connection.close()
