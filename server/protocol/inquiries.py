"""What a viewer can ask of the network as it is now: a closed set of frozen dataclasses.

An inquiry changes nothing, so spectators may make it too. It travels in the command `inspect`, and
`server/training_process/inspectors.py` says who answers which kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias, get_args

from server.protocol.read_values import INTEGER, TEXT, read_members
from server.protocol.refusals import CommandError


@dataclass(frozen=True, slots=True)
class ExampleInquiry:
    """How does the network do on the example that the cards show?"""

    about: ClassVar[str] = "example"


@dataclass(frozen=True, slots=True)
class FeatureMapInquiry:
    """Where does the last hidden layer put the test images?

    Attributes:
        known: the `data` of an earlier answer, whose list of images need not be sent again.
    """

    about: ClassVar[str] = "feature_map"
    known: str | None = field(default=None, metadata=TEXT)


@dataclass(frozen=True, slots=True)
class UnitInquiry:
    """How did a unit come to its number on that example?"""

    about: ClassVar[str] = "unit"
    layer: int = field(metadata=INTEGER)
    channel: int = field(metadata=INTEGER)
    y: int = field(metadata=INTEGER)
    x: int = field(metadata=INTEGER)


@dataclass(frozen=True, slots=True)
class LooksForInquiry:
    """What excites a channel of a layer?"""

    about: ClassVar[str] = "looks_for"
    layer: int = field(metadata=INTEGER)
    channel: int = field(metadata=INTEGER)


@dataclass(frozen=True, slots=True)
class WhyInquiry:
    """What in the example that the cards show speaks for a class; by default for the answer?"""

    about: ClassVar[str] = "why"
    target: int | None = field(default=None, metadata=INTEGER)


@dataclass(frozen=True, slots=True)
class ChangeInquiry:
    """What is the smallest change of that example towards another class; by default the nearest?"""

    about: ClassVar[str] = "change"
    target: int | None = field(default=None, metadata=INTEGER)


@dataclass(frozen=True, slots=True)
class LayerNumbersInquiry:
    """How have a layer's numbers developed since somebody looks at them?

    Attributes:
        history: which one the viewer has the beginning of, as the answer before named it; 0 for
            none.
        after: the number of the last sample of it that the viewer has.
    """

    about: ClassVar[str] = "layer_numbers"
    layer: int = field(metadata=INTEGER)
    history: int = field(default=0, metadata=INTEGER)
    after: int = field(default=-1, metadata=INTEGER)


Inquiry: TypeAlias = (
    ExampleInquiry
    | FeatureMapInquiry
    | UnitInquiry
    | LooksForInquiry
    | WhyInquiry
    | ChangeInquiry
    | LayerNumbersInquiry
)
INQUIRIES: dict[str, type[Inquiry]] = {kind.about: kind for kind in get_args(Inquiry)}


def read_inquiry(data: Mapping[str, object]) -> Inquiry:
    """An inquiry as a command holds it.

    Raises:
        CommandError: there is no such kind; a member is missing, unknown or of a wrong type.
    """
    members = dict(data)
    about = members.pop("about", None)
    kind = INQUIRIES.get(about) if isinstance(about, str) else None
    if kind is None:
        known = ", ".join(INQUIRIES)
        raise CommandError(f"`about` of an inquiry is one of: {known}.", field="about")
    return read_members(kind, f"An inquiry about {about}", members)
