"""What the page asks of the server: a closed union of frozen dataclasses.

`docs/PROTOCOL.md` is the prose, `static/js/server/protocol.js` the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, get_args


@dataclass(frozen=True, slots=True)
class Pause:
    type: ClassVar[str] = "pause"
    id: int


@dataclass(frozen=True, slots=True)
class Resume:
    type: ClassVar[str] = "resume"
    id: int


@dataclass(frozen=True, slots=True)
class Step:
    """Train one batch while paused."""

    type: ClassVar[str] = "step"
    id: int


@dataclass(frozen=True, slots=True)
class Restart:
    """The same spec and the same initial weights, counters at zero."""

    type: ClassVar[str] = "restart"
    id: int


@dataclass(frozen=True, slots=True)
class Recover:
    """After a failure: go on from the last checkpoint; after a divergence paused, for a change."""

    type: ClassVar[str] = "recover"
    id: int


@dataclass(frozen=True, slots=True)
class ChangeNetwork:
    """A new network; with `keep` layers that fit take over the weights they have now."""

    type: ClassVar[str] = "change_network"
    id: int
    spec: str
    keep: bool = False


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """Parse only; the running network is not touched."""

    type: ClassVar[str] = "check_spec"
    id: int
    spec: str


@dataclass(frozen=True, slots=True)
class Configure:
    """Change options of the running trainer."""

    type: ClassVar[str] = "configure"
    id: int
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Watch:
    """Which layer cards the viewer has on screen."""

    type: ClassVar[str] = "watch"
    id: int
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FetchPoints:
    """Ask for all graph points after index `after`, and all full tests after `tests_after`."""

    type: ClassVar[str] = "points"
    id: int
    run_id: int
    after: int
    tests_after: int = -1


@dataclass(frozen=True, slots=True)
class ShowTraining:
    """The cards show training examples again, not the user's own image."""

    type: ClassVar[str] = "show_training"
    id: int


Command: TypeAlias = (
    Pause
    | Resume
    | Step
    | Restart
    | Recover
    | ChangeNetwork
    | CheckSpec
    | Configure
    | Watch
    | FetchPoints
    | ShowTraining
)
COMMANDS: dict[str, type[Command]] = {member.type: member for member in get_args(Command)}
