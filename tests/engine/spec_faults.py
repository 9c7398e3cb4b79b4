"""Asserts how a text is refused: with which words, and at which place."""

from __future__ import annotations

import pytest

from engine.language import DEFAULT_LIMITS, Limits, SpecError, parse


def fault(text: str, limits: Limits = DEFAULT_LIMITS) -> SpecError:
    """The error with which a text is refused."""
    with pytest.raises(SpecError) as caught:
        parse(text, limits=limits)
    return caught.value


def assert_fault(text: str, token: str, message: str) -> None:
    """The error says `message`, and points at the only `token` that the text has."""
    error = fault(text)
    assert error.message == message
    at = text.rindex(token)
    assert (error.line, error.column) == (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
