"""Splits the text of a spec into tokens that know their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.language.errors import SpecError, excerpt


class Token(NamedTuple):
    """A piece of the text.

    `kind` is "name", "number", "string", "mark" (one character) or "end"; `text` is the piece as
    written (of a string, its content without quotes); `at` and `stop` are offsets in the text.
    """

    kind: str
    text: str
    at: int
    stop: int


# The last alternative matches any character, so that the pattern never tries a start twice.
_PATTERN = re.compile(
    r"""[\s\ufeff]*(?:
      (?P<name>[^\W0-9][\w$]*|\$[\w$]*)
    | (?P<number>0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+
        |(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<string>'[^'\\\r\n]*'|"[^"\\\r\n]*")
    | (?P<comment>//[^\r\n\u2028\u2029]*)
    | (?P<block>/\*)
    | (?P<mark>[][{}().,;:=+\-*/%<>!?&|^~@])
    | (?P<end>\Z)
    | (?P<bad>[\s\S])
    )""",
    re.VERBOSE,
)
_NAME_GOES_ON = re.compile(r"[\w$]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_LONGEST_NUMBER = 100
_CURLY_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2032\u2033\u00b4"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
# Twice what 64 layers with every option need; bounds the time that the longest text takes.
_MOST_TOKENS = 8_000


class Source:
    """A text; turns offsets into the lines and columns that errors name."""

    def __init__(self, text: str) -> None:
        self.text = text

    def line(self, at: int) -> int:
        """The line, counted from 1, of the character at offset `at`."""
        return self.position(at)[0]

    def position(self, at: int) -> tuple[int, int]:
        """(line, column) of the character at offset `at`, both counted from 1."""
        line, start = 1, 0
        for line, end in enumerate(_LINE_END.finditer(self.text, 0, at), start=2):  # noqa: B007
            start = end.end()
        return line, at - start + 1

    def error(self, at: int, message: str) -> SpecError:
        """An error with this message at offset `at`."""
        return SpecError(message, *self.position(at))

    def on_one_line(self, start: int, stop: int) -> bool:
        """Whether the two offsets are on the same line."""
        return _LINE_END.search(self.text, start, stop) is None


def tokenize(source: Source) -> Iterator[Token]:
    """The tokens of a text, followed by an "end" at the place of the last one.

    Lazy, so that the first error in a text is reported, whether tokenizer or parser finds it.

    Raises:
        SpecError: something is not part of the language at all.
    """
    text, offset, last, count = source.text, 0, 0, 0
    match_at = _PATTERN.match
    while True:
        match = match_at(text, offset)
        assert match is not None  # the pattern matches any character, and the end
        kind = match.lastgroup or ""
        at, offset = match.span(kind)
        if kind == "comment":
            continue
        if kind == "block":
            offset = _block_end(source, at)
            continue
        if kind == "end":
            yield Token("end", "", last, last)
            return
        if kind == "bad":
            raise source.error(at, _stray(source, at))
        if kind == "number":
            _check_number(source, at, offset)
        count += 1
        if count > _MOST_TOKENS:
            raise source.error(at, f"the text has more than {_MOST_TOKENS:,} words and symbols")
        inner = 1 if kind == "string" else 0
        yield Token(kind, text[at + inner : offset - inner], at, offset)
        last = offset - 1


def _block_end(source: Source, at: int) -> int:
    end = source.text.find("*/", at + 2)
    if end < 0:
        raise source.error(at, "this comment is not closed: `*/` is missing")
    return end + 2


def _check_number(source: Source, at: int, stop: int) -> None:
    text = source.text
    if stop - at > _LONGEST_NUMBER:
        raise source.error(at, f"this number has more than {_LONGEST_NUMBER} digits")
    if stop < len(text) and _NAME_GOES_ON.match(text, stop):
        raise source.error(at, f"`{excerpt(text[at : stop + 1])}` is not a number")
    if text[at] == "0" and text[at + 1 : min(at + 2, stop)].isdigit():
        raise source.error(at, f"`{excerpt(text[at:stop])}`: numbers cannot start with 0")


def _stray(source: Source, at: int) -> str:
    """The message about a character that cannot start a token."""
    character = source.text[at]
    if character == "`":
        return "strings are written in '…' or \"…\", not in backticks"
    if character == "#":
        return "a comment begins with `//` here, not with `#`"
    if character in _CURLY_QUOTES:
        return f"{character} is a curly quote: use straight quotes, '…' or \"…\""
    if character in _DASHES:
        return f"`{character}` is a dash: write `-`"
    if character not in "'\"":
        return f"`{excerpt(character)}` is not part of the spec language"
    line_end = _LINE_END.search(source.text, at)
    line = source.text[at : line_end.start() if line_end else len(source.text)]
    if "\\" in line:
        return "backslashes are not allowed in strings"
    curly = next((each for each in line if each in _CURLY_QUOTES), "")
    hint = f"; {curly} is a curly quote, use straight ones" if curly else ""
    return f"this string is not closed: {character} is missing{hint}"
