"""Finds the addresses at which other computers reach this one, to be shared."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import suppress

import psutil

from server.settings import Settings
from server.web.guards.origin import ANY_ADDRESS, is_loopback

MOST = 5
ELSEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses that nobody has: the way to them is the way out."""


def reachable_origins(settings: Settings) -> list[str]:
    """Origins such as "http://192.168.1.5:8000", likeliest first; none where nobody else comes in.

    Those that were allowed come first: whoever put a proxy before the server said so.
    """
    if is_loopback(settings.host):
        return list(settings.allowed_origins)
    hosts = _own_addresses(settings.host) if settings.host in ANY_ADDRESS else [settings.host]
    written = (f"[{host}]" if ":" in host else host for host in hosts)
    port = "" if settings.port == 80 else f":{settings.port}"
    found = [*settings.allowed_origins, *(f"http://{host}{port}" for host in written)]
    return list(dict.fromkeys(found))[:MOST]


def _own_addresses(bound: str) -> list[str]:
    """This computer's addresses, first those by which it reaches others."""
    found = dict.fromkeys(_on_the_way_out())
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    for name, addresses in psutil.net_if_addrs().items():
        if name in up:
            found |= dict.fromkeys(each.address for each in addresses)
    return [address for address in found if _is_for_others(address, v6=bound == "::")]


def _on_the_way_out() -> Iterator[str]:
    for address, family in ELSEWHERE:
        # Nothing is sent: the system only chooses from where it would be.
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((address, 9))
            yield way.getsockname()[0]


def _is_for_others(text: str, *, v6: bool) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        # Of a network card, say.
        return False
    if address.is_loopback or address.is_link_local or address.is_unspecified:
        return False
    return v6 or address.version == 4
