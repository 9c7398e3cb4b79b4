"""What a viewer can ask of the network as it is now: a closed set of frozen dataclasses.

An inquiry changes nothing, so spectators may make it too. It travels in the command `inspect`, and
`server/training_process/inspectors.py` says who answers which kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from server.protocol.read_values import read_members
from server.protocol.refusals import CommandError


@dataclass(frozen=True, slots=True)
class ExampleInquiry:
    """How does the network do on the example that the cards show?"""

    about: ClassVar[str] = "example"


Inquiry: TypeAlias = ExampleInquiry
INQUIRIES: dict[str, type[Inquiry]] = {kind.about: kind for kind in (ExampleInquiry,)}


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
