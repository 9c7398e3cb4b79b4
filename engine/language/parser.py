"""Parses the statements of a spec into raw definitions that know their places; runs nothing."""

from __future__ import annotations

from engine.language.errors import excerpt
from engine.language.literals import Program, RawObject, Reader
from engine.language.other_names import suggestion
from engine.language.tokens import Source, Token

_NO_WORDS = {
    **dict.fromkeys(("for", "while", "do"), "loops are not allowed: write out each layer"),
    **dict.fromkeys(("if", "else", "switch"), "conditions are not allowed"),
    **dict.fromkeys(("function", "return", "class", "async"), "functions are not allowed"),
    **dict.fromkeys(
        ("import", "export", "try", "throw", "delete", "typeof", "void", "with", "this", "new"),
        "a statement cannot start with this word",
    ),
}
_STATEMENTS = (
    "`layer_defs = [];`, `layer_defs.push({…});`, `net = new convnetjs.Net();`, "
    "`net.makeLayers(layer_defs);` or `trainer = new convnetjs.Trainer(net, {…});`"
)
TRAINERS = ("SGDTrainer", "Trainer")
METHODS = {"push": "layers", "makeLayers": "net"}
"""What can be called, and on what."""


class Parser(Reader):
    """Reads one text's statements; `_variables` says what each of its names stands for."""

    def __init__(self, source: Source, most_layers: int) -> None:
        super().__init__(source, most_layers)
        self._variables: dict[str, str] = {}
        self._made = False

    def parse(self) -> Program:
        """Parse all statements.

        Raises:
            SpecError: at the first token that does not fit.
        """
        while self.token.kind != "end":
            if not self.take(";"):
                self._statement()
        self.program.end = self.token.at
        return self.program

    def _statement(self) -> None:
        declares = self.token.text in ("var", "let", "const") and self.token.kind == "name"
        if declares:
            self.advance()
        name = self._variable()
        while declares and self.take(","):
            name = self._variable()
        if not declares and self.take("."):
            self._method(name)
        elif not declares and self.stop == name.stop:
            message = f"`{excerpt(name.text)}` alone is not a statement; write {_STATEMENTS}"
            raise self.error(name, message)
        self._end_statement()

    def _variable(self) -> Token:
        """A name and, unless a method of it is called, what is assigned to it."""
        token = self.token
        if token.kind != "name":
            raise self.error(
                token, f"a statement cannot start with {self.here()}; write {_STATEMENTS}"
            )
        if token.text in _NO_WORDS:
            raise self.error(token, _NO_WORDS[token.text])
        self.advance()
        if self.take("="):
            self._assign(token)
        elif self.sees("("):
            message = f"`{excerpt(token.text)}(…)` cannot be called here; write {_STATEMENTS}"
            raise self.error(token, message)
        return token

    def _end_statement(self) -> None:
        token = self.token
        if self.take(";") or token.kind == "end":
            return
        if not self.starts_line() or self.sees("."):
            raise self.error(token, f"expected `;` or a new line, not {self.here()}")

    def _assign(self, name: Token) -> None:
        token = self.token
        if self.sees("["):
            self._define(name, "layers")
            self.layers("[", "]")
        elif token.kind == "name" and token.text == "new":
            self.advance()
            self._construct(name)
        else:
            message = f"{self.here()} cannot be assigned here; write {_STATEMENTS}"
            raise self.error(token, message)

    def _define(self, name: Token, kind: str) -> None:
        others = [known for known, what in self._variables.items() if what == kind]
        empty = kind == "layers" and others == [name.text] and not self.program.layers
        if others and not empty:
            what = {"layers": "a list of layers", "net": "a net", "trainer": "a trainer"}[kind]
            raise self.error(name, f"there is already {what}: `{excerpt(others[0])}`")
        if self._variables.get(name.text, kind) != kind:
            raise self.error(name, f"`{excerpt(name.text)}` already stands for something else")
        self._variables[name.text] = kind

    def _construct(self, name: Token) -> None:
        """`convnetjs.Net()` or `convnetjs.SGDTrainer(net, {...})`, after `new`."""
        if self.token.kind != "name" or self.token.text != "convnetjs":
            raise self.error(self.token, f"expected `convnetjs.`, not {self.here()}")
        self.advance()
        self.expect(".")
        made = self.token
        if made.kind != "name" or made.text not in ("Net", *TRAINERS):
            hint = suggestion(made.text, ("Net", *TRAINERS))
            message = f"convnetjs has Net, SGDTrainer and Trainer here, not {self.here()}{hint}"
            raise self.error(made, message)
        self.advance()
        self.expect("(")
        if made.text == "Net":
            self._define(name, "net")
        else:
            self._define(name, "trainer")
            self._trainer()
        self.expect(")")

    def _trainer(self) -> None:
        self._reference("net", "the net")
        self.program.trainer = RawObject((), self.token.at)
        if self.take(",") and not self.sees(")"):
            self.program.trainer = self.definition("the trainer's options")
            self.take(",")

    def _method(self, name: Token) -> None:
        method = self.token
        if method.kind != "name" or method.text not in METHODS:
            hint = suggestion(method.text, METHODS)
            message = f"only .push(…) and .makeLayers(…) can be called, not {self.here()}{hint}"
            raise self.error(method, message)
        if self._variables.get(name.text) != METHODS[method.text]:
            missing = "is not a list of layers: begin with `layer_defs = [];`"
            if method.text == "makeLayers":
                missing = "is not a net: begin with `net = new convnetjs.Net();`"
            raise self.error(name, f"`{excerpt(name.text)}` {missing}")
        self.advance()
        if method.text == "push":
            self._push(method)
            return
        self.expect("(")
        self._reference("layers", "the list of layers")
        self.take(",")
        self.expect(")")
        if self._made:
            raise self.error(method, "the layers have already been made")
        self._made = True

    def _push(self, method: Token) -> None:
        if self._made:
            raise self.error(method, "a layer pushed after makeLayers would not be in the net")
        before = len(self.program.layers)
        self.layers("(", ")")
        if len(self.program.layers) == before:
            raise self.error(method, "push needs a layer: push({type:'…', …})")

    def _reference(self, kind: str, what: str) -> None:
        """Take the name of something defined; or of a net, whose definition may be left out."""
        token = self.token
        known = [name for name, is_kind in self._variables.items() if is_kind == kind]
        undefined = token.kind == "name" and token.text not in self._variables
        if kind == "net" and not known and undefined:
            self._variables[token.text] = kind
            known = [token.text]
        if token.kind != "name" or token.text not in known:
            wanted = f", `{excerpt(known[0])}`" if known else ""
            raise self.error(token, f"expected the name of {what}{wanted}, not {self.here()}")
        self.advance()
