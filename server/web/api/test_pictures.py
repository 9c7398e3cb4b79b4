"""Test images as pictures: a screenful at a time, and each fetched no more than once."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from engine.data import picture_sheet
from server.protocol.refusals import BadParameter, NoSuchData
from server.web.api.description import refusals
from server.web.api.index_list import INDEX_LIST, read_indices
from server.web.file_response import FileResponse
from server.web.page.assets import FOREVER
from server.web.site import TheSite

router = APIRouter()
MOST_PICTURES = 100
ANYBODY = "pictures"
"""Whom a budget counts what is nobody's in particular."""


class Picture(Response):
    """What the description says that is answered."""

    media_type = "image/png"


@router.get(
    "/api/data/{digest}/test-pictures",
    response_class=Picture,
    responses=refusals(404, 422, 429, 503),
)
async def show_pictures(
    request: Request,
    site: TheSite,
    digest: Annotated[str, Path(description="of the data set, as lists of test images name it")],
    images: Annotated[
        str, Query(**INDEX_LIST, description="indices of at most 100 test images, with commas")
    ],
) -> Response:
    """These test images as one gray PNG, one below the other, each of its own size."""
    dataset = site.find_data(digest)
    if dataset is None:
        raise NoSuchData("This server has no such data set: ask for the newest test images.")
    indices = read_indices(images)
    if len(indices) > MOST_PICTURES:
        raise BadParameter("images", f"There can be {MOST_PICTURES} images at once.")
    last = len(dataset.test_images) - 1
    if max(indices) > last:
        raise BadParameter(
            "images", f"There is no test image {max(indices)}: they go from 0 to {last}."
        )
    with ExitStack() as held:
        share = held.enter_context(site.files.share(request, ANYBODY))
        share.grow(len(indices) * dataset.test_images[0].size)
        data = await asyncio.to_thread(lambda: picture_sheet(dataset.test_images[list(indices)]))
        return FileResponse(
            data,
            held.pop_all(),
            take_seconds=site.settings.limits.take_seconds,
            kind="image/png",
            # What has a digest never changes.
            headers={"cache-control": FOREVER},
        )
