"""The two ways in which a spec is refused: at a place in its text, or by an option's name."""

from __future__ import annotations

LONGEST_SHOWN = 40


class SpecError(ValueError):
    """A text is not a valid spec.

    Attributes:
        message: a sentence for the person who wrote the text.
        line, column: counted from 1; columns count characters, lines end at \\n, \\r\\n or \\r.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message, line, column)
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class OptionError(ValueError):
    """An option is unknown, or has a value that it does not accept.

    Attributes:
        field: the option's name as it was given.
        message: a sentence that names the option, the value, and what is accepted.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return self.message


def excerpt(text: str) -> str:
    """`text` as error messages quote it: short, on one line, every character printable."""
    if len(text) > LONGEST_SHOWN:
        text = text[: LONGEST_SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
