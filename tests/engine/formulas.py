"""Computes what an explanation shows, from nothing but what it shows."""

from __future__ import annotations

import math

from engine.analysis.derivation import Derivation

FUNCTIONS = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "max": max,
    "step": lambda x: float(x > 0),
}


def value_of(derivation: Derivation) -> float:
    """The value of its formula, with the number that has terms computed from these."""
    numbers = dict(derivation.numbers)
    if derivation.terms is not None:
        assert derivation.terms.of in numbers
        numbers[derivation.terms.of] = derivation.terms.total
    return float(eval(derivation.formula, {**FUNCTIONS, **numbers}))
