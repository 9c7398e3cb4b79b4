"""What all sessions of a server share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.data import Dataset
from server.audience.outgoing_budget import OutgoingBudget
from server.counters import Tally
from server.protocol.events import DatasetEvent
from server.settings import Settings
from server.storage.keeper import Keeper
from server.trainers.host import HostFactory
from server.trainers.waiting_line import Line
from server.uptime import Uptime


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sessions share. `dataset` and `dataset_event` say what is in use now."""

    settings: Settings
    hosts: HostFactory
    line: Line
    keeper: Keeper
    dataset: Callable[[], Dataset]
    dataset_event: Callable[[], DatasetEvent]
    outgoing: OutgoingBudget
    tally: Tally = field(default_factory=Tally)
    uptime: Uptime = field(default_factory=Uptime)
