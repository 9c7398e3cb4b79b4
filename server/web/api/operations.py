"""What whoever runs the server asks it: is it well, and how busy is it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from server.web.api.description import HealthReport, refusals
from server.web.api.metrics import Metrics


@dataclass(slots=True)
class Health:
    """Whether the server may be sent visitors: from when it has started until it begins to end."""

    ready: bool = False


def make_operations_router(health: Health, metrics: Metrics, *, public_metrics: bool) -> APIRouter:
    """Routes without cookie and session, for machines; `public_metrics` answers other machines."""
    router = APIRouter()

    @router.get(
        "/health",
        response_model=HealthReport,
        responses=refusals() | {503: {"model": HealthReport}},
    )
    async def tell_health() -> Response:
        """Whether the server lives and is ready: 200, or 503 while it starts or ends."""
        status = 200 if health.ready else 503
        return JSONResponse(
            {"live": True, "ready": health.ready}, status, headers={"cache-control": "no-store"}
        )

    @router.get("/metrics", response_class=PlainTextResponse, responses=refusals())
    async def tell_metrics(request: Request) -> Response:
        """The server's metrics in Prometheus' text form."""
        client = request.client
        if not public_metrics and (client is None or not _is_this_machine(client.host)):
            raise HTTPException(403, "Metrics are for this machine alone; see --public-metrics")
        return Response(
            await metrics.text(),
            media_type=CONTENT_TYPE_LATEST,
            headers={"cache-control": "no-store"},
        )

    return router


def _is_this_machine(client: str) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    # A socket for both kinds of addresses writes the older ones in the form of the newer.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
