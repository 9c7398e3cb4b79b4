"""Every operation that the HTTP interface describes: what it answers is what it says it answers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from engine.data import load_builtin
from engine.data.dataset import SAMPLE_DIRECTORY
from server.app import create_app
from server.sessions.names import watch_id_of
from server.settings import Limits, Settings
from tests.server.serving import PATIENCE, Browser, serving

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# More sessions than there are examples: else most of these would be refused in the same way.
MANY = 10_000
LIMITS = Limits(sessions_per_owner=MANY, new_sessions_per_owner=MANY, new_sessions_per_address=MANY)
SETTINGS = Settings(data=SAMPLE_DIRECTORY, limits=LIMITS)
DIGEST = load_builtin().digest
DIGIT = load_builtin().test_images[0].tobytes()
SPEC = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
    {type:'softmax', num_classes:10}];"""
SCHEMA = schemathesis.openapi.from_dict(create_app(SETTINGS).openapi())
OPERATIONS = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}


class Known:
    """A browser with a session that exists, and what is right to send to it."""

    def __init__(self, browser: Browser, http: requests.Session) -> None:
        self.browser = browser
        self.http = http
        http.trust_env = False
        self.session = browser.open()["session"]
        http.headers.update({"origin": browser.site.origin, "cookie": browser.cookie})
        one, picture = Image.new("L", (28, 28), 255), io.BytesIO()
        one.paste(0, (13, 4, 16, 24))
        one.save(picture, "PNG")
        with browser.watch(self.session) as stream:
            stream.do("change_network", spec=SPEC)
            stream.until_status("running")
            # Before its first full test there are no images to list.
            stream.until("tests", lambda tests: tests["run_id"] == stream.state["run_id"])
            snapshot = browser.http.get(f"/api/sessions/{self.session}/snapshot")
        self.other = browser.http.post("/api/sessions").json()["session"]
        with browser.watch(self.other) as stream:
            stream.until("session")
        self.picture = self.add_picture(self.session)
        self.bodies = {"put": snapshot.json(), "post": picture.getvalue()}

    def make_right(self, case: Case[Any]) -> None:
        """Put the name of what there is in place of the one that was made up."""
        session = self.session
        if case.method == "DELETE":
            session = self.browser.http.post("/api/sessions").json()["session"]
            if "picture_id" in case.path:
                self.add_picture(session)
        elif case.path.endswith("/restore"):
            # One that was used: only that can be restored.
            session = self.other
            self.browser.http.delete(f"/api/sessions/{session}")
        case.path_parameters = {
            "session_id": session,
            "watch_id": watch_id_of(session),
            "digest": DIGEST,
            "index": 7,
            "picture_id": self.picture,
        }

    def add_picture(self, session: str) -> str:
        """Add one to the training data; returns its name."""
        added = self.browser.http.post(f"/api/sessions/{session}/pictures?label=7", content=DIGIT)
        name: str = added.raise_for_status().json()["id"]
        return name


@pytest.fixture(scope="module")
def known() -> Iterator[Known]:
    with serving(SETTINGS) as site, site.browser() as browser, requests.Session() as http:
        yield Known(browser, http)


def test_no_operation_is_left_undescribed() -> None:
    assert len(OPERATIONS) == 22


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_answers_are_as_described(known: Known, label: str) -> None:
    statuses = set()

    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(), real=st.integers(0, 3), data=st.data())
    def check(case: Case[Any], real: int, data: st.DataObject) -> None:
        if real:
            known.make_right(case)
        if real == 1 and case.method.lower() in known.bodies and "{" in case.path:
            case.body = known.bodies[case.method.lower()]
        if real == 1 and label.startswith("POST") and label.endswith("pictures"):
            case.body, case.query = DIGIT, {"label": 7}
        if label.startswith("GET") and label.endswith("snapshot"):
            case.query = data.draw(st.sampled_from([{}, {"format": "convnetjs"}, {"format": "x"}]))
        if real == 1 and label.endswith("test-pictures"):
            case.query = {"images": "3,55,120"}
        response = case.call(
            base_url=known.browser.site.origin, session=known.http, timeout=PATIENCE
        )
        case.validate_response(response, checks=CHECKS)
        statuses.add(response.status_code)

    check()
    # Not only refusals: the handlers were reached.
    assert any(status < 300 for status in statuses), statuses
