"""Pictures made to hold the server up: it serves others meanwhile, and ends when it is told to."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from itertools import islice

import httpx
import pytest

from scripts.live_server import LiveServer
from server.settings import Limits, Settings
from tests.server.faults import await_true
from tests.server.hostile_pictures import ENDLESS_BYTES, bomb, digit_png, endless
from tests.server.processes import descendants, peak_bytes, readers, runs
from tests.server.serving import PATIENCE, Browser, Site, Stream, serving
from tests.server.test_shutdown import MOST_SECONDS

ENDLESS = endless()
AT_ONCE = Limits().images_at_once


@contextmanager
def uploading(
    browser: Browser, picture: bytes, times: int
) -> Iterator[list[Future[httpx.Response]]]:
    """So many requests at the same time to read a picture."""
    path = browser.open()["predict"]
    with ThreadPoolExecutor(times) as pool:
        yield [pool.submit(browser.http.post, path, content=picture) for _ in range(times)]


def until_at_work(server: int) -> list[int]:
    """Wait until as many processes as may are decoding; returns their ids."""
    await_true(
        lambda: sum(peak_bytes(id) > ENDLESS_BYTES for id in readers(server)) == AT_ONCE,
        "pictures are not being read",
    )
    return readers(server)


def assert_served(stream: Stream) -> None:
    """A command is answered, training goes on, and its pictures come."""
    assert not stream.command("check_spec", spec="no network")["ok"]
    examples = stream.until("stats")["examples"]
    stream.until("stats", lambda stats: stats["examples"] > examples)
    stream.until("layers")


def message_of(response: httpx.Response) -> str:
    message: str = response.json()["error"]["message"]
    return message


def test_pictures_without_end_hold_up_nobody_else() -> None:
    settings = Settings(offline=True, limits=Limits(image_seconds=PATIENCE))
    with (
        serving(settings) as site,
        site.browser() as greedy,
        site.browser() as other,
        other.session() as stream,
        uploading(greedy, ENDLESS, 6) as uploads,
    ):
        stream.do("watch", layers=[0, 1])
        at_work = until_at_work(os.getpid())
        for _ in range(3):
            assert_served(stream)
        for upload in islice(as_completed(uploads), 6 - AT_ONCE):
            response = upload.result()
            assert response.status_code == 429
            assert int(response.headers["retry-after"]) > 0
            assert "being read" in message_of(response)
        held = [upload for upload in uploads if not upload.done()]
        assert len(held) == AT_ONCE
        for process in at_work:
            os.kill(process, signal.SIGKILL)
        for upload in held:
            assert upload.result().status_code == 503
            assert "has ended unexpectedly" in message_of(upload.result())
        good = other.http.post(other.open()["predict"], content=digit_png())
        assert good.status_code == 200, good.text


def test_long_pictures_are_refused_from_their_header() -> None:
    """Forty at once, each of them 16 million rows of a pixel, in 31 KB."""
    settings = Settings(offline=True, limits=Limits(images_per_owner=40, images_in_all=40))
    with serving(settings) as site, site.browser() as greedy, site.browser() as other:
        with other.session() as stream, uploading(greedy, bomb(1, 16_000_000), 40) as uploads:
            stream.do("watch", layers=[0, 1])
            assert_served(stream)
        for upload in uploads:
            assert upload.result().status_code == 400
            assert "1x16000000 has a side of more than 20,000 pixels" in message_of(upload.result())
        processes = readers(os.getpid())
        assert len(processes) == AT_ONCE
        # What is loaded takes 40 MB, and unpacking would take ten times that.
        assert max(map(peak_bytes, processes)) < 80 << 20


def test_whoever_waits_for_a_picture_is_told_that_the_server_ends() -> None:
    settings = Settings(offline=True, limits=Limits(image_seconds=PATIENCE))
    with ExitStack() as stack:
        with serving(settings) as site:
            browser = stack.enter_context(site.browser())
            uploads = stack.enter_context(uploading(browser, ENDLESS, AT_ONCE))
            until_at_work(os.getpid())
        for upload in uploads:
            assert upload.result().status_code == 503
            assert "The server is ending" in message_of(upload.result())


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_pictures_at_work_do_not_outlive_the_server(number: signal.Signals, code: int) -> None:
    with (
        LiveServer() as server,
        Site(server.port).browser() as browser,
        uploading(browser, ENDLESS, AT_ONCE),
    ):
        one, *_ = until_at_work(server.pid)
        os.kill(one, signal.SIGSTOP)
        below = list(descendants(server.pid))
        os.kill(server.pid, number)
        assert server.wait(MOST_SECONDS) == code
        await_true(lambda: not any(map(runs, below)), "a process is left behind")
