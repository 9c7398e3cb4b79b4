"""Holds those who begin sessions to a number within a stretch of time."""

from __future__ import annotations

import ipaddress
import time
from collections import deque
from collections.abc import Callable
from math import ceil

from server.settings import Limits

NETWORK_BITS = 64
"""What one subscriber has of IPv6 addresses: counted singly they would be no limit at all."""


class TooOften(Exception):
    """It is too soon for one more; `seconds` is how long to wait, the message a sentence."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class SlidingWindow:
    """Counts events by key within the last so many seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        # The key that was noted last stands last, so that those long past are found in front.
        self._times: dict[str, deque[float]] = {}

    def __len__(self) -> int:
        return len(self._times)

    def wait(self, key: str, now: float) -> float:
        """In how many seconds there may be one more; zero if there may be now."""
        times = self._times.get(key, ())
        recent = [at for at in times if at > now - self._seconds]
        return 0.0 if len(recent) < self._most else recent[-self._most] + self._seconds - now

    def note(self, key: str, now: float) -> None:
        """There was one."""
        times = self._times.pop(key, None) or deque(maxlen=self._most)
        times.append(now)
        self._times[key] = times
        while self._times[first := next(iter(self._times))][-1] <= now - self._seconds:
            del self._times[first]


class CreationLimiter:
    """How many sessions one browser, and one address, may begin: a class shares an address."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        seconds = limits.new_sessions_seconds
        self._of_owner = SlidingWindow(limits.new_sessions_per_owner, seconds)
        self._of_network = SlidingWindow(limits.new_sessions_per_address, seconds)
        self._clock = clock

    def admit(self, owner: str, network: str) -> None:
        """Count one more session of this owner, from this network; see `network_of`.

        Raises:
            TooOften: too many began recently; this one is not counted.
        """
        self.check(owner, network)
        now = self._clock()
        self._of_owner.note(owner, now)
        self._of_network.note(network, now)

    def check(self, owner: str, network: str) -> None:
        """See that there may be one more.

        Raises:
            TooOften: too many began recently.
        """
        now = self._clock()
        for window, key, whose in (
            (self._of_owner, owner, "this browser"),
            (self._of_network, network, "your network's address"),
        ):
            if seconds := window.wait(key, now):
                message = f"Too many new sessions from {whose}: try again in {_duration(seconds)}."
                raise TooOften(message, ceil(seconds))


def network_of(address: str) -> str:
    """What stands for whoever has this address: of IPv6 the network, else the address itself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, NETWORK_BITS), strict=False))


def _duration(seconds: float) -> str:
    minutes = ceil(seconds / 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
