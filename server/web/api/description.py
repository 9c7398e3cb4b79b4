"""What the HTTP interface's description of itself says of bodies and statuses.

The routes read and write bodies themselves, so FastAPI cannot know their forms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from server.protocol.events import OMIT, RemovedSession, SessionSummary
from server.protocol.run_values import Guess

ERROR_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["message"],
            "additionalProperties": False,
            "properties": {
                "message": {"type": "string"},
                "field": {"type": "string"},
                "line": {"type": "integer"},
                "column": {"type": "integer"},
            },
        }
    },
}
IMAGE_TYPES = (
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/x-portable-graymap",
)


@dataclass(frozen=True, slots=True)
class SessionList:
    """A browser's sessions, how many there may be, and for how long one is kept.

    Those that are `removed` can be restored. `disk_bytes` is what all of them may take on disk;
    None where they are kept in memory alone.
    """

    sessions: tuple[SessionSummary, ...]
    removed: tuple[RemovedSession, ...]
    most: int
    keep_seconds: float
    disk_bytes: int | None


@dataclass(frozen=True, slots=True)
class NewSession:
    """The id of a session that was begun or restored."""

    session: str


@dataclass(frozen=True, slots=True)
class NewRun:
    """The id of the run that a file began."""

    run_id: int


@dataclass(frozen=True, slots=True)
class RunTest:
    """How a run did on all test images after so many examples: see `FullTest`."""

    examples: int
    accuracy: float
    images: int
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class RunTests:
    """Every full test of a run, oldest first."""

    run_id: int
    tests: tuple[RunTest, ...]


@dataclass(frozen=True, slots=True)
class FoundImage:
    """A test image, what it is, and the likeliest class with its probability."""

    index: int
    truth: int
    guess: int
    probability: float


@dataclass(frozen=True, slots=True)
class FoundImages:
    """What the newest full test of a run, after so many examples, took some images for.

    Attributes:
        data: digest of the data set, by which the pictures can be fetched.
        tested: how many images there were.
        found: how many of them were asked for; `images` are those of them from `offset` on.
    """

    run_id: int
    examples: int
    data: str
    tested: int
    found: int
    images: tuple[FoundImage, ...]


@dataclass(frozen=True, slots=True)
class RankedImage:
    """The ten likeliest classes of one test image in the newest full test, best first."""

    run_id: int
    examples: int
    data: str
    index: int
    truth: int
    top: tuple[Guess, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network sees of a picture, in base64, and what it takes it for.

    `probabilities` are those of all its classes, in their order.
    """

    image: str
    top: tuple[Guess, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Addition:
    """A picture that is trained on: its class, and its 28x28 gray levels in base64."""

    id: str
    label: int
    image: str


@dataclass(frozen=True, slots=True)
class Additions:
    """A session's added pictures, oldest first, and how many there may be."""

    pictures: tuple[Addition, ...]
    most: int


@dataclass(frozen=True, slots=True)
class NewAddition:
    """The id of a picture that was added; the same picture always has the same."""

    id: str


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether the server lives, and may be sent visitors; or what is wrong with it."""

    live: bool
    ready: bool
    reason: str | None = field(default=None, metadata=OMIT)


def refusals(*statuses: int, page: bool = False) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may refuse with these statuses, and like all with 403.

    With `page` there is a page for people too, who ask for `text/html`.
    """
    documented: dict[int | str, dict[str, Any]] = {}
    for status in (403, *statuses):
        content: dict[str, Any] = {"application/json": {"schema": ERROR_SCHEMA}}
        if page:
            content["text/html"] = {"schema": {"type": "string"}}
        documented[status] = {"description": HTTPStatus(status).phrase, "content": content}
    return documented


OF_BODIES = refusals(400, 404, 408, 409, 413, 415, 422, 429, 503)
"""The `responses` of a route that reads a body and hands what it holds to a session."""


def described_body(*types: str) -> dict[str, Any]:
    """The `openapi_extra` of a route that reads a body of one of these types as it is."""
    schema = {} if types == ("application/json",) else {"type": "string", "format": "binary"}
    content = {each: {"schema": schema} for each in types}
    return {"requestBody": {"required": True, "content": content}}
