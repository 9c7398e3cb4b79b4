"""The server as browsers meet it: real sockets, real training processes."""

from __future__ import annotations

import base64
import json
import multiprocessing
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.process import BaseProcess

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from engine.language import DEFAULT_TEXT
from server import dataset_in_use
from server.protocol.decode_commands import MAX_COMMAND_BYTES
from server.sessions.names import new_token
from server.settings import Limits, Settings
from tests.server.hostile_pictures import digit_png
from tests.server.raw import ask
from tests.server.rude import never_reading
from tests.server.serving import PATIENCE, Browser, Site, serving

SETTINGS = Settings(
    offline=True,
    # Sessions that earlier tests have left neither take places nor go on training for long.
    running=100,
    pause_seconds=0.2,
    limits=Limits(snapshot_bytes=1 << 20, image_bytes=64 << 10),
)
LAYERS = list(range(9))
DENSE = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
    {type:'softmax', num_classes:10}];
trainer = new convnetjs.SGDTrainer(net, {method:'sgd', batch_size:10});"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset_in_use, "find_full_mnist", lambda: None)
        with serving(SETTINGS) as site:
            yield site


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    with site.browser() as browser:
        yield browser


def error_of(response: httpx.Response) -> str:
    message: str = response.json()["error"]["message"]
    return message


# --- the page -------------------------------------------------------------------------------------


def test_the_page_brings_what_its_scripts_need(browser: Browser) -> None:
    bootstrap = browser.open()
    session = bootstrap["session"]
    assert set(bootstrap) == {
        "session", "role", "stream", "test_images", "snapshot", "predict", "pictures", "sessions",
        "addresses", "default_spec", "presets", "limits", "version",
    }  # fmt: skip
    assert bootstrap["stream"] == f"/api/sessions/{session}/stream"
    assert bootstrap["default_spec"] == DEFAULT_TEXT
    assert {"name", "title", "about", "text"} == set(bootstrap["presets"][0])
    assert bootstrap["limits"] == {
        "spec_characters": 20_000,
        "image_bytes": 64 << 10,
        "snapshot_bytes": 1 << 20,
    }


def test_the_page_runs_no_script_but_the_servers_own(browser: Browser) -> None:
    page = browser.http.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert nonce in page.text
    assert nonce not in browser.http.get("/").text


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browser: Browser) -> None:
    cookie = browser.http.get("/").headers["set-cookie"]
    assert cookie.startswith("convnet_live_")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_a_cookie_that_is_none_of_ours_is_replaced(site: Site) -> None:
    with httpx.Client(base_url=site.origin, trust_env=False) as client:
        name = client.get("/").headers["set-cookie"].partition("=")[0]
        client.cookies.clear()
        token = new_token()
        for value in ("chosen", token, f"{token}.{token[:22]}", f"{token}."):
            for cookie in (f"convnet_live={value}; other=1", f"{name}={value}"):
                given = client.get("/", headers={"cookie": cookie}).headers["set-cookie"]
                assert value not in given
                client.cookies.clear()


def test_a_stream_begins_the_session_and_a_second_one_finds_it(site: Site) -> None:
    with site.browser() as browser:
        # So much the page is told that fetches it without a cookie; nothing has begun yet.
        page = browser.http.get("/").text
        assert '"stream": "/api/sessions/new/stream"' in page
        assert browser.http.get("/api/sessions").json()["sessions"] == []
        with browser.watch("new") as one, browser.watch("new") as other:
            assert one.until("session")["session"] == other.until("session")["session"]
        (listed,) = browser.http.get("/api/sessions").json()["sessions"]
        assert browser.open()["session"] == listed["session"] == one.state["session"]
    with site.browser() as stranger, stranger.watch("new") as stream:
        # Without a cookie nobody could come back to it.
        assert stream.closing_code() == 4404


def test_of_two_cookies_that_are_both_ours_neither_counts(site: Site) -> None:
    with site.browser() as browser, site.browser() as other:
        session = browser.open()["session"]
        other.open()
        mine, theirs = browser.cookie, other.cookie
        for cookie in (f"{mine}; {theirs}", f"{theirs}; {mine}"):
            answer = ask(site, "GET", "/api/sessions", {"Cookie": cookie})
            assert answer.status == 400
            assert "two different cookies" in answer.message
            with browser.watch(session, additional_headers={"cookie": cookie}) as stream:
                assert stream.closing_code() == 4404
        # Twice the same, or beside one that is not ours, it counts.
        name = mine.partition("=")[0]
        for cookie in (
            f"{mine}; {mine}",
            f"{mine}; {name}=chosen",
            f"{name}={new_token()}; {mine}",
        ):
            listed = json.loads(ask(site, "GET", "/api/sessions", {"Cookie": cookie}).body)
            assert [each["session"] for each in listed["sessions"]] == [session]


def test_a_reload_finds_the_session_another_browser_gets_its_own(
    site: Site, browser: Browser
) -> None:
    session = browser.open()["session"]
    assert browser.open()["session"] == session
    with site.browser() as other:
        assert other.open()["session"] != session


def test_static_files_are_kept_by_their_hash(browser: Browser) -> None:
    page = browser.http.get("/").text
    start = page.index("/static/")
    address = page[start : page.index('"', start)]
    named = browser.http.get(address)
    assert named.status_code == 200
    assert "immutable" in named.headers["cache-control"]
    for other in (address.partition("?")[0], f"{address}0"):
        assert browser.http.get(other).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server/app.py",
        "/static/%2e%2e/server/app.py",
        "/static//etc/passwd",
        "/static/%2Fetc%2Fpasswd",
        "/static/a%00b",
        "/static/" + "a" * 300,
        "/api/sessions/..%2f..%2fetc/snapshot",
        "/api/sessions/%00/snapshot",
        "/api/sessions/" + "a" * 300 + "/snapshot",
        "/nothing",
    ],
)
def test_odd_paths_are_not_found(site: Site, path: str) -> None:
    # Not through httpx, which would tidy them up.
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    connection.request("GET", path)
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["error"]["message"] != "") == (404, True)
    connection.close()


# --- the stream -----------------------------------------------------------------------------------


def test_numbers_and_pictures_come_live(browser: Browser) -> None:
    with browser.session() as stream:
        first = stream.next()
        assert (first["type"], first["seq"]) == ("session", 1)
        stream.do("watch", layers=[0, 1])
        early = stream.until("stats")
        later = stream.until("stats", lambda stats: stats["examples"] > early["examples"])
        assert later["seq"] > early["seq"]
        layers = stream.until("layers")
        assert [layer["index"] for layer in layers["layers"]] == [0, 1]
        weights = layers["layers"][1]["weights"]
        assert weights["shape"] == [8, 1, 5, 5]
        pixels = layers["payload"][weights["offset"] : weights["offset"] + 200]
        assert len(set(pixels)) > 50
        predictions = stream.until("predictions")
        assert len(predictions["payload"]) == 4 * 28 * 28
        points = stream.until("points")
        assert points["examples"] == sorted(points["examples"])


def counters(browser: Browser) -> tuple[int, int]:
    """Steps and examples of the network now; orders before this have been carried out."""
    snapshot = browser.http.get(browser.open()["snapshot"]).raise_for_status().json()
    training = snapshot["convnet_live"]["training"]
    return training["step_count"], training["examples_seen"]


def test_pause_step_resume_restart(browser: Browser) -> None:
    with browser.session() as stream:
        stream.until_status("running")
        stream.do("pause")
        stream.until_status("paused")
        steps, examples = counters(browser)
        stream.do("step")
        stream.do("step")
        assert counters(browser) == (steps + 2, examples + 2 * 20)
        stream.do("resume")
        stream.until_status("running")
        stream.until("stats", lambda stats: stats["examples"] > examples + 2 * 20)
        stream.do("pause")
        run_id = stream.do("restart")["run_id"]
        assert stream.until("stats", lambda stats: stats["run_id"] == run_id)["step"] == 0


def test_change_network_and_a_bad_text(browser: Browser) -> None:
    with browser.session() as stream:
        stream.until_status("running")
        bad = stream.command("change_network", spec=DENSE.replace("softmax", "softmx"))
        assert not bad["ok"]
        assert bad["error"]["line"] == 2
        assert "softmx" in bad["error"]["message"]
        run_id = stream.do("change_network", spec=DENSE)["run_id"]
        # Nothing of the old network comes after the answer.
        while (message := stream.next())["type"] != "layers":
            assert message.get("run_id", run_id) == run_id
            if message["type"] == "session" and message["status"] == "running":
                assert [layer["type"] for layer in message["layers"]] == ["input", "fc", "softmax"]
                stream.do("watch", layers=[0, 1, 2])
        assert [layer["index"] for layer in message["layers"]] == [0, 1, 2]


def test_a_text_is_checked_without_touching_the_network(browser: Browser) -> None:
    with browser.session() as stream:
        stream.until_status("running")
        result = stream.do("check_spec", spec=DENSE)
        assert result["parameters"] == 5770
        assert result["layers"][1] == {
            "index": 1, "type": "fc", "in": [24, 24, 1], "out": [1, 1, 10], "parameters": 5770,
            "line": 2, "is_loss": False, "options": result["layers"][1]["options"],
        }  # fmt: skip
        assert result["trainer"]["batch_size"] == 10
        assert stream.until("stats")["run_id"] == 1


def test_live_fields_take_effect_or_are_refused(browser: Browser) -> None:
    with browser.session() as stream:
        stream.until_status("running")
        stream.do("pause")
        stream.do("configure", settings={"batch_size": 50, "method": "sgd"})
        steps, examples = counters(browser)
        stream.do("step")
        assert counters(browser) == (steps + 1, examples + 50)
        refused = stream.command("configure", settings={"momentum": 1.5})
        assert refused["error"]["field"] == "momentum"


def test_two_tabs_see_the_same_run(browser: Browser) -> None:
    with browser.session() as one, browser.watch(browser.open()["session"]) as other:
        one.until_status("running")
        one.do("pause")
        other.until_status("paused")
        other.do("resume")
        one.until_status("running")


def test_a_reconnection_gets_every_point(browser: Browser) -> None:
    with browser.session() as stream:
        seen = stream.until("points", lambda points: points["first"] + len(points["loss"]) >= 5)
        last = seen["first"] + len(seen["loss"]) - 1
    with browser.session() as stream:
        session = stream.until("session")
        stream.do("points", run_id=session["run_id"], after=last)
        points = stream.until("points", lambda points: points["first"] <= last + 1)
        assert points["first"] == last + 1
        following = stream.until("points")
        assert following["first"] == points["first"] + len(points["loss"])
        stream.do("points", run_id=session["run_id"], after=-1)
        assert stream.until("points", lambda points: points["first"] == 0)["examples"][0] == 200


def test_a_late_viewer_gets_every_full_test(browser: Browser) -> None:
    seen: list[int] = []
    with browser.session() as stream:
        stream.do("pause")
        for _ in range(4):
            tests = stream.until("tests")
            assert tests["first"] == len(seen)
            seen += tests["examples"]
            stream.do("step")
    with browser.session() as stream:
        session = stream.until("session")
        stream.do("points", run_id=session["run_id"], after=-1)
        tests = stream.until("tests")
        assert (tests["first"], tests["examples"][: len(seen)]) == (0, seen)
        classes = len(session["dataset"]["classes"])
        for accuracy, images, counts in zip(
            tests["accuracy"], tests["images"], tests["confusion"], strict=True
        ):
            assert (len(counts), sum(counts)) == (classes**2, images)
            assert sum(counts[:: classes + 1]) == images * accuracy
        stream.do("points", run_id=session["run_id"], after=-1, tests_after=1)
        assert stream.until("tests", lambda tests: tests["first"] == 2)["examples"][:2] == seen[2:]


def test_silence_is_broken_by_heartbeats(browser: Browser) -> None:
    with browser.session() as stream:
        stream.do("pause")
        stream.until("heartbeat")


def test_a_session_that_is_not_ones_own_is_unknown(site: Site, browser: Browser) -> None:
    session = browser.open()["session"]
    with site.browser() as other:
        other.open()
        for name in (session, "absent"):
            with other.watch(name) as stream:
                assert stream.closing_code() == 4404
            response = other.http.get(f"/api/sessions/{name}/snapshot")
            assert (response.status_code, error_of(response)) == (404, "There is no such session.")


def closing_code(browser: Browser, message: str | bytes) -> int:
    with browser.session() as stream:
        stream.socket.send(message)
        return stream.closing_code()


def test_what_is_no_text_or_too_long_ends_the_connection(browser: Browser) -> None:
    assert closing_code(browser, b'{"type":"pause","id":1}') == 1003
    assert closing_code(browser, "x" * (MAX_COMMAND_BYTES + 1)) == 1009


def test_a_malformed_command_is_told_of_and_the_connection_lives(browser: Browser) -> None:
    with browser.session() as stream:
        stream.socket.send("{")
        assert "JSON" in stream.until("notice")["message"]
        refused = stream.command("paws")
        assert (refused["ok"], refused["error"]["field"]) == (False, "type")
        stream.do("pause")


def test_a_flood_of_commands_is_answered_one_by_one(browser: Browser) -> None:
    with browser.session() as stream:
        for number in range(1000, 2000):
            kind = "pause" if number % 2 else "resume"
            stream.socket.send(json.dumps({"type": kind, "id": number}))
        answers = [stream.until("answer")["id"] for _ in range(1000)]
        assert answers == list(range(1000, 2000))


# --- origins --------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://localhost:1"])
def test_other_sites_are_refused(site: Site, browser: Browser, origin: str) -> None:
    session = browser.open()["session"]
    base = f"/api/sessions/{session}"
    for method, path in (
        ("POST", "/api/sessions"),
        ("PUT", f"{base}/snapshot"),
        ("POST", f"{base}/predict"),
    ):
        response = browser.http.request(method, path, headers={"origin": origin})
        assert response.status_code == 403, path
        assert error_of(response)
    with pytest.raises(InvalidStatus) as caught, browser.watch(session, origin=origin):
        pass
    assert caught.value.response.status_code == 403


def test_other_names_are_refused(browser: Browser) -> None:
    assert browser.http.get("/", headers={"host": "evil.example"}).status_code == 403


def test_a_program_without_origin_and_cookie_gets_a_session_of_its_own(site: Site) -> None:
    with httpx.Client(base_url=site.origin, trust_env=False) as client:
        assert client.post("/api/sessions").status_code == 201
        # It has a cookie now, which needs an Origin beside it.
        assert client.post("/api/sessions").status_code == 403


# --- snapshots and pictures -----------------------------------------------------------------------


def test_a_snapshot_goes_out_and_in_again(browser: Browser) -> None:
    with browser.session() as stream:
        stream.until_status("running")
        stream.do("pause")
        paths = browser.open()
        saved = browser.http.get(paths["snapshot"])
        assert saved.headers["content-type"] == "application/json"
        assert saved.json()["layers"][1]["layer_type"] == "conv"
        stream.do("change_network", spec=DENSE)
        put = browser.http.put(paths["snapshot"], content=saved.content)
        assert put.status_code == 200
        session = stream.until("session", lambda each: each["run_id"] == put.json()["run_id"])
        assert len(session["layers"]) == 9
        again = browser.http.get(paths["snapshot"]).json()
        assert again["layers"] == saved.json()["layers"]


def test_a_snapshot_for_convnetjs_or_why_there_is_none(browser: Browser) -> None:
    with browser.session() as stream:
        stream.until_status("running")
        path = f"/api/sessions/{stream.state['session']}/snapshot?format="
        assert list(browser.http.get(path + "convnetjs").json()) == ["layers"]
        stream.do("configure", settings={"ema": 0.9})
        refused = browser.http.get(path + "convnetjs")
        assert refused.status_code == 409
        assert "cannot be saved as a file of ConvNetJS" in refused.json()["error"]["message"]
        odd = browser.http.get(path + "onnx")
        assert (odd.status_code, "onnx" in odd.json()["error"]["message"]) == (422, True)


def test_an_unfit_snapshot_is_refused_with_its_reason(browser: Browser) -> None:
    path = browser.open()["snapshot"]
    assert browser.http.put(path, content=b"{}").status_code == 409
    with browser.session() as stream:
        stream.until_status("running")
        for content in (b"", b"{}", b"[" * 100_000, b'{"layers":[{"layer_type":"x"}]}'):
            response = browser.http.put(path, content=content)
            assert response.status_code == 400
            assert error_of(response)
        assert stream.until("stats")["run_id"] == 1


def test_an_own_picture_is_read_and_shown(browser: Browser) -> None:
    with browser.session() as stream:
        stream.do("watch", layers=LAYERS)
        stream.until("layers")
        path = browser.open()["predict"]
        answer = browser.http.post(path, content=digit_png()).raise_for_status().json()
        assert len(base64.b64decode(answer["image"])) == 28 * 28
        assert len(answer["top"]) == 3
        assert set(answer["top"][0]) == {"class", "probability"}
        assert stream.until("layers", lambda each: each["source"] == "image")["label"] is None
        stream.do("show_training")
        stream.until("layers", lambda each: each["source"] == "training")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"no picture", {}, 400),
        (b"", {}, 400),
        (b"x" * ((64 << 10) + 1), {}, 413),
        (b"--x", {"content-type": "multipart/form-data; boundary=x"}, 415),
        (b"a=b", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b"x", {"content-encoding": "gzip"}, 415),
    ],
)
def test_bad_pictures_are_refused_in_words(
    browser: Browser, content: bytes, headers: dict[str, str], status: int
) -> None:
    path = browser.open()["predict"]
    response = browser.http.post(path, content=content, headers=headers)
    assert (response.status_code, len(error_of(response)) > 10) == (status, True)


def test_a_long_body_is_refused_while_it_comes(browser: Browser) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield b"x" * 4096

    response = browser.http.post(browser.open()["predict"], content=endless())
    assert response.status_code == 413


def test_a_slow_body_is_given_up() -> None:
    import http.client

    limits = Limits(upload_seconds=0.2)
    with serving(Settings(offline=True, limits=limits)) as site, site.browser() as browser:
        path = browser.open()["predict"]
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
        connection.putrequest("POST", path)
        for name, value in (
            ("origin", site.origin),
            ("cookie", browser.cookie),
            ("content-length", "100"),
        ):
            connection.putheader(name, value)
        connection.endheaders(b"x")
        response = connection.getresponse()
        assert response.status == 408
        response.read()
        connection.close()


# --- viewers that do not read ---------------------------------------------------------------------


def test_a_viewer_that_reads_nothing_is_let_go_and_slows_nobody() -> None:
    limits = Limits(take_seconds=0.3)
    with serving(Settings(offline=True, limits=limits)) as site, site.browser() as browser:
        session = browser.open()["session"]
        with browser.watch(session) as stream, never_reading(browser, session):
            stream.do("watch", layers=LAYERS)
            # The stalled one is counted until its send times out; frames go on meanwhile.
            seen = 0
            while len(site.viewers(session)) == 2:
                seen = max(seen, stream.until("stats")["examples"])
            assert stream.until("stats", lambda stats: stats["examples"] > seen)
            assert len(site.viewers(session)) == 1


# --- shutting down --------------------------------------------------------------------------------


def test_shutting_down_tells_viewers_and_ends_every_process() -> None:
    others = worker_processes()
    with ExitStack() as stack:
        with serving(Settings(offline=True)) as site:
            browser = stack.enter_context(site.browser())
            stream = stack.enter_context(browser.session())
            stream.until_status("running")
            assert worker_processes() - others
        assert stream.closing_code() in (1001, 1012)
    assert not worker_processes() - others


def worker_processes() -> set[BaseProcess]:
    return {each for each in multiprocessing.active_children() if "worker" in each.name}
