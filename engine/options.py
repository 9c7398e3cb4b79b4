"""Options that layers and trainers declare, each with the values that it accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Options = Mapping[str, Any]

REQUIRED: Any = object()


@dataclass(frozen=True)
class Option:
    """One option of a layer or trainer in the spec language, with the values that it accepts.

    `same_as` names the option whose value is used if this one is left out (sy = sx). `by_method`
    holds the default with the methods that have another one. `help` says what it is for, in the
    reference beside the editor and in docs/SPEC.md; `ours` marks what ConvNetJS does not have.
    """

    name: str
    kind: type[int] | type[float] | type[str] | type[bool]
    default: Any = REQUIRED
    minimum: float | None = None
    maximum: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    odd: bool = False
    same_as: str | None = None
    by_method: Mapping[str, Any] = field(default_factory=dict, hash=False)
    aliases: tuple[str, ...] = ()
    help: str = ""
    ours: bool = False

    def default_among(self, values: Options) -> Any:
        """Its default beside these values of other options."""
        return self.by_method.get(values.get("method", ""), self.default)
