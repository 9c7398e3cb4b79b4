"""What the newest full test took each image for, filtered and sorted, for owner and spectators."""

from __future__ import annotations

import asyncio
import json
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from engine.analysis.tested_images import ImageFilter, ImageOrder, Indices
from server.protocol.encode_events import plain
from server.protocol.kinds import Status
from server.protocol.refusals import BadParameter, SessionError
from server.protocol.run_values import Guess, ImageTest
from server.sessions.session import Session
from server.web.api.description import FoundImages, RankedImage, refusals
from server.web.api.index_list import INDEX_LIST, read_indices
from server.web.file_response import FileResponse
from server.web.page.assets import choose_encoding
from server.web.site import OwnSession, Site, TheSite

router = APIRouter()
REFUSALS = refusals(400, 404, 409, 422, 429, 503)
MOST_LISTED = 100_000
DECIMALS = 7
"""Fewer would make the surest guesses of a float32 certain."""
ROW_BYTES = 64
"""About what one image takes in a list."""
REFUSED_MEANWHILE = {
    Status.STOPPED: "This session rests: open its page, which has every image tested again.",
    Status.FAILED: "This run has failed, and its full tests are not at hand: let it train first.",
    Status.WAITING: "This session waits in line, and is tested once it trains.",
}
NOT_YET = "The first full test is not over yet: try again in a few seconds."


@dataclass(frozen=True, slots=True)
class Question:
    """Which images are asked for, in which order, and which part of the list."""

    which: ImageFilter
    sort: ImageOrder
    limit: int
    offset: int


async def _question(
    truth: Annotated[int | None, Query(ge=0, description="the class that they are")] = None,
    guess: Annotated[int | None, Query(ge=0, description="that they are taken for")] = None,
    right: Annotated[bool | None, Query(description="whether they are recognized")] = None,
    probability_from: Annotated[
        float, Query(ge=0, le=1, description="the guess is at least so probable")
    ] = 0.0,
    probability_to: Annotated[
        float, Query(ge=0, le=1, description="the guess is at most so probable")
    ] = 1.0,
    images: Annotated[
        str | None, Query(**INDEX_LIST, description="indices with commas: none but these")
    ] = None,
    sort: Annotated[
        ImageOrder, Query(description="`confidence`: most probable guess first; `doubt`: last")
    ] = ImageOrder.INDEX,
    limit: Annotated[int, Query(ge=0, le=MOST_LISTED, description="no more than so many")] = 100,
    offset: Annotated[int, Query(ge=0, description="without so many at the beginning")] = 0,
) -> Question:
    if probability_to < probability_from:
        raise BadParameter(
            "probability_to", "`probability_to` cannot be less than `probability_from`."
        )
    among = None if images is None else read_indices(images)
    which = ImageFilter(truth, guess, right, probability_from, probability_to, among)
    return Question(which, sort, limit, offset)


Asked = Annotated[Question, Depends(_question)]
Index = Annotated[int, Path(ge=0, description="the image's place in the test set, from 0 on")]


@router.get(
    "/api/sessions/{session_id}/test-images", response_model=FoundImages, responses=REFUSALS
)
async def list_images(
    request: Request, site: TheSite, session: OwnSession, question: Asked
) -> Response:
    """Images of the newest full test, each with its class, the guess, and how sure that was."""
    return await _list(request, site, session, session.state.owner, question)


@router.get("/api/watch/{watch_id}/test-images", response_model=FoundImages, responses=REFUSALS)
async def list_watched_images(
    request: Request, site: TheSite, watch_id: str, question: Asked
) -> Response:
    """The same for spectators."""
    session = site.registry.find_watched(watch_id)
    return await _list(request, site, session, watch_id, question)


@router.get(
    "/api/sessions/{session_id}/test-images/{index}",
    response_model=RankedImage,
    responses=REFUSALS,
)
async def show_image(session: OwnSession, index: Index) -> Response:
    """One image of the newest full test with its likeliest classes."""
    return _show(session, index)


@router.get(
    "/api/watch/{watch_id}/test-images/{index}", response_model=RankedImage, responses=REFUSALS
)
async def show_watched_image(site: TheSite, watch_id: str, index: Index) -> Response:
    """The same for spectators."""
    return _show(site.registry.find_watched(watch_id), index)


async def _list(
    request: Request, site: Site, session: Session, reader: str, question: Question
) -> Response:
    test = _newest(session)
    _check(question.which, test, session)
    found = test.images.select(question.which, question.sort)
    listed = found[question.offset : question.offset + question.limit]
    about = {
        "run_id": session.run_id,
        "examples": test.examples,
        "data": test.data,
        "tested": len(test.images),
        "found": len(found),
    }
    with ExitStack() as held:
        share = held.enter_context(site.files.share(request, reader))
        share.grow(len(listed) * ROW_BYTES)
        encoding = choose_encoding(["gzip"], request.headers)
        data = await asyncio.to_thread(_encode, about, test, listed, packed=encoding != "")
        headers = {"vary": "Accept-Encoding"} | ({"content-encoding": encoding} if encoding else {})
        return FileResponse(
            data,
            held.pop_all(),
            take_seconds=site.settings.limits.take_seconds,
            kind="application/json",
            headers=headers,
        )


def _show(session: Session, index: int) -> Response:
    test = _newest(session)
    _check_index("index", index, test)
    images = test.images
    ranked = zip(images.guesses[index], images.probabilities[index], strict=True)
    top = tuple(Guess(int(guess), float(probability)) for guess, probability in ranked)
    truth = int(images.truths[index])
    answer = RankedImage(session.run_id, test.examples, test.data, index, truth, top)
    return JSONResponse(plain(answer), headers={"cache-control": "no-store"})


def _newest(session: Session) -> ImageTest:
    """The test, which is in memory alone: a trainer's first brings it back soon after a restart.

    Raises:
        SessionError: there is none.
    """
    test = session.audience.image_test
    if test is None:
        raise SessionError(REFUSED_MEANWHILE.get(session.status, NOT_YET))
    return test


def _check(which: ImageFilter, test: ImageTest, session: Session) -> None:
    """See that there are such classes and images.

    Raises:
        BadParameter: there are not.
    """
    classes = len(session.images.classes)
    outputs = session.spec.layers[-1].out_shape.size
    for name, value, most in (
        ("truth", which.truth, classes),
        ("guess", which.guess, max(classes, outputs)),
    ):
        if value is not None and value >= most:
            raise BadParameter(
                name, f"`{name}` cannot be {value}: classes go from 0 to {most - 1}."
            )
    if which.among is not None:
        _check_index("images", max(which.among), test)


def _check_index(name: str, index: int, test: ImageTest) -> None:
    if index >= len(test.images):
        last = len(test.images) - 1
        raise BadParameter(name, f"There is no test image {index}: they go from 0 to {last}.")


def _encode(about: dict[str, Any], test: ImageTest, listed: Indices, *, packed: bool) -> bytes:
    images = test.images
    columns = (
        listed,
        images.truths[listed],
        images.guesses[listed, 0],
        images.probabilities[listed, 0].astype(float).round(DECIMALS),
    )
    # Written one by one, so that other threads have their turn in between.
    rows = ",".join(
        f'{{"index":{index},"truth":{truth},"guess":{guess},"probability":{probability}}}'
        for index, truth, guess, probability in zip(*(c.tolist() for c in columns), strict=True)
    )
    data = f'{json.dumps(about)[:-1]},"images":[{rows}]}}'.encode()
    return zlib.compress(data, 3, zlib.MAX_WBITS | 16) if packed else data
