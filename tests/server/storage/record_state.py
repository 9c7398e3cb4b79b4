"""Records what a server leaves on disk, for the programs that come after it to open.

Run before a change of the schema, with the program whose state is to be kept:
`python -m tests.server.storage.record_state tests/server/storage/version_N`. It leaves a folder
`state` and beside it `cookie.txt`, which names the browser whose sessions these are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.live_server import LiveServer
from tests.server.serving import Browser, Site, Stream

INPUT = "layer_defs = [{type:'input', out_sx:10, out_sy:10, out_depth:1},"
OUTPUT = """{type:'softmax', num_classes:10}];
net = new convnetjs.Net();
net.makeLayers(layer_defs);"""
CONV = "{type:'conv', sx:3, filters:4, pad:1, activation:'relu'}, {type:'pool', sx:2},"
ADADELTA = "trainer = new convnetjs.SGDTrainer(net, {method:'adadelta', batch_size:20});"
ADAM = "trainer = new convnetjs.Trainer(net, {method:'adam', batch_size:50, ema:0.99});"
SMALL = f"{INPUT} {CONV} {OUTPUT} {ADADELTA}"
DEEPER = f"{INPUT} {CONV} {{type:'fc', num_neurons:12, activation:'tanh'}}, {OUTPUT} {ADADELTA}"
NORMALIZED = f"{INPUT} {CONV} {{type:'batchnorm'}}, {{type:'dropout'}}, {OUTPUT} {ADAM}"


def record(folder: Path) -> None:
    """Leave a session of each kind."""
    with (
        LiveServer("--running", "9", state=folder / "state") as server,
        Site(server.port).browser() as browser,
    ):
        recorder = Recorder(browser)
        recorder.paused(SMALL)
        recorder.paused(NORMALIZED)
        recorder.diverged()
        recorder.kept()
        recorder.loaded(recorder.running())
        (folder / "cookie.txt").write_text(browser.cookie)


class Recorder:
    """Makes sessions; those that train go on with it, watched or not, until the server ends."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def paused(self, text: str) -> None:
        with self._begun(text) as (_, stream):
            stream.do("configure", settings={"momentum": 0.5})
            stream.do("pause")
            stream.do("step")
            stream.until("saved")

    def diverged(self) -> None:
        with self._begun() as (_, stream):
            stream.do("configure", settings={"method": "sgd", "learning_rate": 1000})
            stream.until("session", lambda session: session["status"] == "failed")
            stream.until("saved")

    def kept(self) -> None:
        """A network that took over weights of the one before."""
        with self._begun() as (_, stream):
            self._change(stream, DEEPER, keep=True)
            stream.do("pause")
            stream.until("saved")

    def running(self) -> str:
        with self._begun() as (session, _):
            return session

    def loaded(self, other: str) -> None:
        """A network from a file, that of another session."""
        http = self._browser.http
        with self._begun() as (session, stream):
            file = http.get(f"/api/sessions/{other}/snapshot").raise_for_status().content
            path = f"/api/sessions/{session}/snapshot"
            run_id = http.put(path, content=file).raise_for_status().json()["run_id"]
            stream.until("points", lambda points: points["run_id"] == run_id)
            stream.do("pause")
            stream.until("saved")

    @contextmanager
    def _begun(self, text: str = SMALL) -> Iterator[tuple[str, Stream]]:
        """A new session that trains a small network, and its stream."""
        created = self._browser.http.post("/api/sessions").raise_for_status()
        session = created.json()["session"]
        with self._browser.watch(session) as stream:
            # Twice, so that no checkpoint of the first network is left, which is a large one.
            for _ in range(2):
                self._change(stream, text)
            yield session, stream

    def _change(self, stream: Stream, text: str, *, keep: bool = False) -> None:
        run_id = stream.do("change_network", spec=text, keep=keep)["run_id"]
        stream.until("points", lambda points: points["run_id"] == run_id and points["first"] >= 20)


if __name__ == "__main__":
    record(Path(sys.argv[1]))
