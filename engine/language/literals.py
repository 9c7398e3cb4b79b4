"""Reads the literals of a spec: lists of layers, objects, and the values in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.language.errors import SpecError, excerpt
from engine.language.sugar import accepted
from engine.language.tokens import Source, Token, tokenize
from engine.layers import LAYERS
from engine.update_rules.optimizers import TRAINER_OPTIONS

MOST_OPTIONS = 100
_NAMING = [
    option
    for options in (TRAINER_OPTIONS, *map(accepted, LAYERS))
    for option in options
    if option.kind is str
]
# Where a word without quotes was meant as a string: after these names, and these words anywhere.
_TEXTS = {"type", *(option.name for option in _NAMING)}
_WORDS = {*LAYERS, *(choice for option in _NAMING for choice in option.choices)}


@dataclass(frozen=True)
class RawOption:
    """`name: value` as written, with the offsets of both and the value's own text."""

    name: str
    value: str | float | bool
    shown: str
    name_at: int = 0
    value_at: int = 0


@dataclass(frozen=True)
class RawObject:
    """An object literal; `at` is the offset of its `{`."""

    options: tuple[RawOption, ...]
    at: int = 0


@dataclass
class Program:
    """What the statements define; `end` is the offset of the text's last token."""

    layers: list[RawObject] = field(default_factory=list)
    trainer: RawObject | None = None
    end: int = 0


class Reader:
    """Reads tokens with one of lookahead; knows literals, but no statements.

    `stop` is the offset just after the last token taken.
    """

    def __init__(self, source: Source, most_layers: int) -> None:
        self.source = source
        self.program = Program()
        self.stop = 0
        self._most_layers = most_layers
        self._tokens = tokenize(source)
        self.token = next(self._tokens)

    # Values

    def layers(self, opening: str, closing: str) -> None:
        """Object literals between brackets; a comma may follow the last."""
        layers = self.program.layers
        self.expect(opening)
        while not self.sees(closing):
            if len(layers) == self._most_layers:
                message = f"a network may have at most {self._most_layers} layers"
                raise self.error(self.token, message)
            if self.token.kind == "name" and self.starts_line():
                raise self.missing(f"`{closing}`", self.stop)
            layers.append(self.definition("a layer"))
            if not self.take(","):
                break
        self.expect(closing, "`,` or ")

    def definition(self, what: str) -> RawObject:
        """An object literal. Its values are plain: nothing nests, so nothing recurses."""
        if not self.sees("{"):
            message = f"expected {what} as {{name: value, …}}, not {self.here()}"
            raise self.error(self.token, message)
        at = self.token.at
        self.advance()
        options: dict[str, RawOption] = {}
        while not self.sees("}"):
            option = self.option()
            if option.name in options:
                message = f"`{excerpt(option.name)}` is given twice"
                raise self.source.error(option.name_at, message)
            if len(options) == MOST_OPTIONS:
                message = f"more than {MOST_OPTIONS} options are given"
                raise self.source.error(option.name_at, message)
            options[option.name] = option
            if not self.take(","):
                break
        self.expect("}", "`,` or ")
        return RawObject(tuple(options.values()), at)

    def option(self) -> RawOption:
        key, before, starts_line = self.token, self.stop, self.starts_line()
        if key.kind not in ("name", "string"):
            raise self.error(key, f"expected an option's name, not {self.here()}")
        self.advance()
        if not self.take(":"):
            if starts_line and (self.sees(".") or self.sees("=")):
                # A statement begins: the line before it was left open.
                raise self.missing("`}`", before)
            message = f"expected `:` and a value for `{excerpt(key.text)}`, not {self.here()}"
            raise self.error(self.token, message)
        at = self.token.at
        value = self.value(key.text)
        shown = excerpt(self.source.text[at : self.stop])
        if self.token.kind == "mark" and self.token.text in "+-*/%<>&|^?=(.[":
            message = "expressions are not allowed: write the value itself"
            raise self.error(self.token, message)
        return RawOption(key.text, value, shown, key.at, at)

    def value(self, name: str) -> str | float | bool:
        token = self.token
        if token.kind == "string":
            self.advance()
            return token.text
        if token.kind == "name" and token.text in ("true", "false"):
            self.advance()
            return token.text == "true"
        if token.kind == "name":
            raise self.error(token, _bare_word(name, token.text))
        sign = -1 if self.sees("-") else 1
        if self.sees("-") or self.sees("+"):
            self.advance()
        number = self.token
        if number.kind != "number":
            message = f"`{excerpt(name)}` needs a number, a string, true or false"
            raise self.error(number, f"{message}, not {self.here()}")
        self.advance()
        return sign * _number(number.text)

    # Tokens

    def here(self) -> str:
        """The current token, as error messages name it."""
        if self.token.kind == "end":
            return "the end of the text"
        if self.token.kind == "string":
            return f"the string '{excerpt(self.token.text)}'"
        return f"`{excerpt(self.token.text)}`"

    def error(self, token: Token, message: str) -> SpecError:
        return self.source.error(token.at, message)

    def advance(self) -> None:
        self.stop = self.token.stop
        self.token = next(self._tokens)

    def sees(self, mark: str) -> bool:
        return self.token.text == mark and self.token.kind == "mark"

    def take(self, mark: str) -> bool:
        if not self.sees(mark):
            return False
        self.advance()
        return True

    def expect(self, mark: str, otherwise: str = "") -> None:
        if self.take(mark):
            return
        wanted = f"{otherwise}`{mark}`"
        if self.token.kind != "end" and self.starts_line():
            raise self.missing(wanted, self.stop)
        raise self.error(self.token, f"expected {wanted}, not {self.here()}")

    def starts_line(self) -> bool:
        """Whether the current token is the first of its line."""
        return not self.source.on_one_line(self.stop, self.token.at)

    def missing(self, wanted: str, stop: int) -> SpecError:
        """The error that a line is left open after the token that ends at `stop`."""
        return self.source.error(stop - 1, f"{wanted} is missing at the end of this line")


def _bare_word(name: str, word: str) -> str:
    """The message about a word without quotes that is given to the option `name`."""
    if word.lower() in ("true", "false"):
        return f"`{word}` is written `{word.lower()}` here"
    if name in _TEXTS or word in _WORDS:
        return f"`{excerpt(word)}` needs quotes: {excerpt(name)}:'{excerpt(word)}'"
    message = f"`{excerpt(word)}` is a name; give `{excerpt(name)}` a value"
    return f"{message}: a number, a string, true or false"


def _number(text: str) -> float:
    """A number as JavaScript reads it: a double, infinite if it is too large."""
    if text[:2].lower() in ("0x", "0o", "0b"):
        try:
            return float(int(text, 0))
        except OverflowError:
            return float("inf")
    return float(text)
