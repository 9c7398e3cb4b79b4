"""Every layer type's explanations against what the layer computes, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from engine.analysis.arithmetic import ARITHMETIC, LossArithmetic
from engine.analysis.derivation import Box, Derivation, Place
from engine.layers import LAYERS, Array, Layer, Loss, Shape
from tests.engine.formulas import value_of
from tests.engine.layer_cases import CASES, FEW, Case

TOLERANCE = 1e-9
# An explanation is of a prediction: nothing is dropped, running averages are used.
PREDICTING = [replace(case, training=False) for case in CASES]


def places(shape: Shape, most: int = 40) -> Iterator[Place]:
    """Units of a volume: all, or some from its beginning to its end."""
    every = [Place(*at) for at in product(*(range(size) for size in shape.array))]
    yield from every[:: -(-len(every) // most)]
    yield every[-1]


def of_example(case: Case, dy: Array, example: int) -> Array:
    return np.asarray(dy[..., example])


def test_every_layer_type_is_explained_and_checked() -> None:
    assert set(ARITHMETIC) == set(LAYERS) == {case.kind for case in CASES}


@pytest.mark.parametrize("case", PREDICTING, ids=str)
def test_the_sum_shown_is_the_units_number(case: Case) -> None:
    layer, x = case.build(), case.x()
    y = case.forward(layer, x)
    for place in places(layer.out_shape):
        derivation = ARITHMETIC[case.kind].forward(layer, x[..., -1], place)
        assert value_of(derivation) == pytest.approx(y[..., -1][place], abs=TOLERANCE)
        assert_whole(derivation)


@pytest.mark.parametrize("case", PREDICTING, ids=str)
def test_the_parts_of_a_gradient_sum_to_it(case: Case) -> None:
    layer, x, dy = case.build(), case.x(), case.dy()
    case.forward(layer, x)
    dx = case.backward(layer, dy)
    for place in places(layer.in_shape):
        known = of_example(case, dy, -1)
        derivation = ARITHMETIC[case.kind].backward(layer, x[..., -1], known, place)
        assert value_of(derivation) == pytest.approx(dx[..., -1][place], abs=TOLERANCE)
        assert_whole(derivation)


@pytest.mark.parametrize("case", [case for case in CASES if case.is_loss], ids=str)
def test_the_loss_shown_is_the_layers(case: Case) -> None:
    layer, x, target = case.build(), case.x(batch=1), int(case.dy(batch=1)[0])
    case.forward(layer, x)
    arithmetic = ARITHMETIC[case.kind]
    assert isinstance(layer, Loss)
    assert isinstance(arithmetic, LossArithmetic)
    derivation = arithmetic.loss(layer, x[..., 0], target)
    assert value_of(derivation) == pytest.approx(layer.loss(np.array([target])), abs=TOLERANCE)
    assert_whole(derivation)


def assert_whole(derivation: Derivation) -> None:
    terms = derivation.terms
    if terms is None:
        return
    assert derivation.numbers[terms.of] == terms.total
    assert terms.inputs.shape == terms.parts.shape == terms.box.shape
    if terms.factors is not None:
        np.testing.assert_array_equal(terms.parts, terms.inputs * terms.factors)


@pytest.mark.parametrize("case", [c for c in PREDICTING if c in FEW or len(c.options) < 5], ids=str)
def test_a_unit_sees_what_changes_it(case: Case) -> None:
    layer, x = case.build(), case.x(batch=1)
    y = case.forward(layer, x).copy()
    changed: dict[Place, Array] = {}
    for place in places(layer.in_shape, most=1000):
        other = x.copy()
        other[place] += 5
        changed[place] = case.forward(layer, other)[..., 0] != y[..., 0]
    for unit in places(layer.out_shape):
        box = ARITHMETIC[case.kind].sees(layer, Box.at(unit)).inside(layer.in_shape)
        seen = {place for place, differs in changed.items() if differs[unit]}
        assert seen == set(units(box)), unit


def units(box: Box) -> Iterator[Place]:
    yield from (Place(*at) for at in product(*(range(*axis) for axis in box)))


def test_a_box_over_the_edge_is_filled_up() -> None:
    volume = np.arange(4.0).reshape(1, 2, 2)
    found = Box((0, 1), (-1, 1), (1, 3)).cut(volume, outside=9)
    assert found.tolist() == [[[9, 9], [1, 9]]]


def test_a_window_of_nothing_but_padding_sees_nothing() -> None:
    assert Box((0, 1), (-3, -1), (0, 2)).inside(Shape(2, 2, 1)).shape[1] == 0


def test_of_a_tie_the_winner_is_the_layers() -> None:
    case = Case("pool", Shape(3, 3, 1), {"sx": 3, "sy": 3, "stride": 1, "pad": 0}, 1)
    layer: Layer = case.build()
    x = np.array([[[1.0, 2, 2], [2, 1, 2], [2, 2, 1]]])[..., None]
    layer.forward(x)
    dx = layer.backward(np.ones((1, 1, 1, 1)))
    assert dx is not None
    for place in places(layer.in_shape):
        found = ARITHMETIC["pool"].backward(layer, x[..., 0], np.ones((1, 1, 1)), place)
        assert value_of(found) == dx[..., 0][place]
