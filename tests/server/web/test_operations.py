"""Health and metrics, as whoever runs the server reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from scripts.live_server import read_metrics
from server.app import create_app
from server.settings import Settings
from tests.server.serving import Site, serving

SETTINGS = Settings(offline=True)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(SETTINGS) as site:
        yield site


def request(app: FastAPI, client: str) -> httpx.AsyncClient:
    """Somebody at this address, speaking to an application that listens nowhere."""
    transport = httpx.ASGITransport(app, client=(client, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


def metrics(site: Site) -> dict[str, float]:
    return read_metrics(httpx.get(f"{site.origin}/metrics", trust_env=False).text)


def test_a_server_that_runs_is_live_and_ready_and_leaves_no_trace(site: Site) -> None:
    before = metrics(site)
    answer = httpx.get(f"{site.origin}/health", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"live": True, "ready": True})
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    total = sum(value for name, value in before.items() if name.startswith("sessions:"))
    after = metrics(site)
    assert sum(value for name, value in after.items() if name.startswith("sessions:")) == total


@pytest.mark.anyio
async def test_while_a_thread_fails_it_is_not_ready_and_says_why() -> None:
    app = create_app(SETTINGS)
    health = app.state.site.health
    async with request(app, "127.0.0.1") as client, app.router.lifespan_context(app):
        health.fault("saving", OverflowError("too large"))
        health.fault("data set", ValueError())
        health.mended("data set")
        answer = await client.get("/health")
        reason = "saving: OverflowError"
        assert answer.status_code == 503
        assert answer.json() == {"live": True, "ready": False, "reason": reason}
        faults = read_metrics((await client.get("/metrics")).text)
        assert faults["thread_faults_total"] == 2
        health.mended("saving")
        assert (await client.get("/health")).json() == {"live": True, "ready": True}


@pytest.mark.anyio
async def test_before_and_after_it_is_live_but_not_ready() -> None:
    app = create_app(SETTINGS)
    not_ready = {"live": True, "ready": False}
    async with request(app, "127.0.0.1") as client:
        answer = await client.get("/health")
        assert (answer.status_code, answer.json()) == (503, not_ready)
        async with app.router.lifespan_context(app):
            assert (await client.get("/health")).status_code == 200
        answer = await client.get("/health")
        assert (answer.status_code, answer.json()) == (503, not_ready)


def test_metrics_follow_what_happens(site: Site) -> None:
    before = metrics(site)
    assert before["workers"] == before["viewers:owner"] == 0
    with site.browser() as browser, browser.session() as stream:
        stream.until("stats", lambda stats: stats["examples"] > 1000)
        stream.command("step")
        stream.command("paws")
        stream.do("points", run_id=1, after=-1)
        during = metrics(site)
    assert during["sessions:running"] == before["sessions:running"] + 1
    assert during["workers"] == during["viewers:owner"] == 1
    assert during["viewers:spectator"] == during["waiting"] == during["worker_deaths_total"] == 0
    assert during["examples_per_second"] > 0
    assert during["examples_total"] > 500
    assert during["frames_sent_total"] >= before["frames_sent_total"] + 5
    assert during["sent_bytes_total"] > before["sent_bytes_total"] + 1000
    for outcome in ("done", "refused", "malformed"):
        name = f"commands_total:{outcome}"
        assert during[name] == before[name] + 1
    assert during["resident_bytes:server"] > 10e6
    assert during["resident_bytes:workers"] > 10e6


def test_no_label_names_a_session_or_a_browser(site: Site) -> None:
    with site.browser() as browser, browser.session() as stream:
        stream.until_status("running")
        text = browser.http.get("/metrics").text
        assert stream.state["session"] not in text
    labels = set(re.findall(r'(\w+)="', text))
    assert labels == {"status", "role", "part", "outcome"}
    assert len(text.splitlines()) < 100


@pytest.mark.parametrize(
    ("settings", "client", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "::ffff:127.0.0.1", 200),
        ({}, "192.0.2.7", 403),
        ({}, "", 403),
        ({"public_metrics": True}, "192.0.2.7", 200),
    ],
)
@pytest.mark.anyio
async def test_other_machines_read_metrics_only_where_they_may(
    settings: dict[str, Any], client: str, status: int
) -> None:
    async with request(create_app(replace(SETTINGS, **settings)), client) as somebody:
        answer = await somebody.get("/metrics")
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith(
            "text/plain" if status == 200 else "application/json"
        )
        assert (await somebody.get("/health")).status_code == 503
