"""What the page asks of the server: a closed union of frozen dataclasses.

`docs/PROTOCOL.md` is the prose, `static/js/server/protocol.js` the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias, get_args

from server.protocol.read_values import FLAG, INTEGER, INTEGERS, OBJECT, SETTINGS, TEXT


@dataclass(frozen=True, slots=True)
class Numbered:
    """What all commands have: a number that the page chooses, and finds in the answer."""

    id: int = field(metadata=INTEGER)


@dataclass(frozen=True, slots=True)
class Pause(Numbered):
    type: ClassVar[str] = "pause"


@dataclass(frozen=True, slots=True)
class Resume(Numbered):
    type: ClassVar[str] = "resume"


@dataclass(frozen=True, slots=True)
class Step(Numbered):
    """Train one batch while paused."""

    type: ClassVar[str] = "step"


@dataclass(frozen=True, slots=True)
class Restart(Numbered):
    """The same spec and the same initial weights, counters at zero."""

    type: ClassVar[str] = "restart"


@dataclass(frozen=True, slots=True)
class Recover(Numbered):
    """After a failure: go on from the last checkpoint; after a divergence paused, for a change."""

    type: ClassVar[str] = "recover"


@dataclass(frozen=True, slots=True)
class ReturnToRunBefore(Numbered):
    """Go on with the run that the current one replaced; the current one becomes the run before."""

    type: ClassVar[str] = "return_to_run_before"


@dataclass(frozen=True, slots=True)
class ChangeNetwork(Numbered):
    """A new network; with `keep` layers that fit take over the weights they have now."""

    type: ClassVar[str] = "change_network"
    spec: str = field(metadata=TEXT)
    keep: bool = field(default=False, metadata=FLAG)


@dataclass(frozen=True, slots=True)
class CheckSpec(Numbered):
    """Parse only; the running network is not touched."""

    type: ClassVar[str] = "check_spec"
    spec: str = field(metadata=TEXT)


@dataclass(frozen=True, slots=True)
class Configure(Numbered):
    """Change options of the running trainer."""

    type: ClassVar[str] = "configure"
    settings: Mapping[str, object] = field(metadata=SETTINGS)


@dataclass(frozen=True, slots=True)
class Watch(Numbered):
    """Which layer cards the viewer has on screen."""

    type: ClassVar[str] = "watch"
    layers: tuple[int, ...] = field(metadata=INTEGERS)


@dataclass(frozen=True, slots=True)
class FetchPoints(Numbered):
    """Ask for all graph points after index `after`, and all full tests after `tests_after`."""

    type: ClassVar[str] = "points"
    run_id: int = field(metadata=INTEGER)
    after: int = field(metadata=INTEGER)
    tests_after: int = field(default=-1, metadata=INTEGER)


@dataclass(frozen=True, slots=True)
class ShowTraining(Numbered):
    """The cards show training examples again, not the user's own image."""

    type: ClassVar[str] = "show_training"


@dataclass(frozen=True, slots=True)
class Inspect(Numbered):
    """Look into the network as it is now; see `inquiries`.

    Answered when there is time for it, whatever the viewer sends meanwhile.
    """

    type: ClassVar[str] = "inspect"
    inquiry: Mapping[str, object] = field(metadata=OBJECT)


InTurn: TypeAlias = (
    Pause
    | Resume
    | Step
    | Restart
    | Recover
    | ReturnToRunBefore
    | ChangeNetwork
    | CheckSpec
    | Configure
    | Watch
    | FetchPoints
    | ShowTraining
)
"""Carried out and answered one after the other, in the order in which a viewer sends them."""
Command: TypeAlias = InTurn | Inspect
COMMANDS: dict[str, type[Command]] = {member.type: member for member in get_args(Command)}
