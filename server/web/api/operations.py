"""What whoever runs the server asks: is it healthy, and how busy is it?"""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from server.protocol.encode_events import plain
from server.web.api.description import HealthReport, refusals
from server.web.site import TheSite

router = APIRouter()


@router.get(
    "/health", response_model=HealthReport, responses=refusals() | {503: {"model": HealthReport}}
)
async def tell_health(site: TheSite) -> Response:
    """Whether the server lives and is ready: 200, or 503 while it starts, ends, or has a fault."""
    trouble = site.health.trouble()
    report = HealthReport(live=True, ready=site.ready and trouble is None, reason=trouble)
    return JSONResponse(
        plain(report), 200 if report.ready else 503, headers={"cache-control": "no-store"}
    )


@router.get("/metrics", response_class=PlainTextResponse, responses=refusals())
async def tell_metrics(request: Request, site: TheSite) -> Response:
    """The server's metrics in Prometheus' text form."""
    client = request.client
    known = client is not None and _is_this_machine(client.host)
    if not known and not site.settings.public_metrics:
        raise HTTPException(403, "Metrics are for this machine alone; see --public-metrics")
    return Response(
        await site.metrics.text(),
        media_type=CONTENT_TYPE_LATEST,
        headers={"cache-control": "no-store"},
    )


def _is_this_machine(client: str) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    # A socket for both kinds of addresses writes the older ones in the form of the newer.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
