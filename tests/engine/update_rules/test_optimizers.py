"""Each update rule against its formula, written out for single numbers in float64."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest

from engine.language import TrainerSpec
from engine.layers import Array
from engine.update_rules.learning_rate import learning_rate
from engine.update_rules.optimizers import OPTIMIZERS, TRAINER_OPTIONS, unused_options

Rule = Callable[[float, list[float], dict[str, float]], float]
"""A parameter's new value from its first one, all gradients so far, and the options."""


def sgd(p: float, gradients: list[float], o: dict[str, float]) -> float:
    v = 0.0
    for g in gradients:
        v = o["momentum"] * v - o["learning_rate"] * g
        p += v
    return p


def nesterov(p: float, gradients: list[float], o: dict[str, float]) -> float:
    """As Sutskever has it: the gradient is taken where momentum alone will lead.

    The parameters kept are those looked-ahead points: theta + momentum * velocity.
    """
    theta, velocity = p, 0.0
    for g in gradients:
        velocity = o["momentum"] * velocity - o["learning_rate"] * g
        theta += velocity
    return theta + o["momentum"] * velocity


def adagrad(p: float, gradients: list[float], o: dict[str, float]) -> float:
    for count, g in enumerate(gradients, 1):
        total = sum(each**2 for each in gradients[:count])
        p -= o["learning_rate"] * g / sqrt(total + o["eps"])
    return p


def windowgrad(p: float, gradients: list[float], o: dict[str, float]) -> float:
    for count, g in enumerate(gradients, 1):
        p -= o["learning_rate"] * g / sqrt(fading(gradients[:count], 2, o["ro"]) + o["eps"])
    return p


def adadelta(p: float, gradients: list[float], o: dict[str, float]) -> float:
    moves: list[float] = []
    for count, g in enumerate(gradients, 1):
        past = sqrt(fading(moves, 2, o["ro"]) + o["eps"])
        moves.append(-past / sqrt(fading(gradients[:count], 2, o["ro"]) + o["eps"]) * g)
    return p + sum(moves)


def adam(p: float, gradients: list[float], o: dict[str, float]) -> float:
    """Kingma and Ba's means in closed form: weighted sums, divided by the sum of the weights."""
    for count in range(1, len(gradients) + 1):
        so_far = gradients[:count]
        mean = fading(so_far, 1, o["beta1"]) / fading([1] * count, 1, o["beta1"])
        square = fading(so_far, 2, o["beta2"]) / fading([1] * count, 1, o["beta2"])
        p -= o["learning_rate"] * mean / (sqrt(square) + o["eps"])
    return p


def fading(values: list[float], power: int, memory: float) -> float:
    """The moving sum that gives the newest value the weight 1 - memory."""
    ages = range(len(values) - 1, -1, -1)
    return sum(
        (1 - memory) * memory**age * value**power for age, value in zip(ages, values, strict=True)
    )


RULES: dict[str, Rule] = {
    "sgd": sgd,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "windowgrad": windowgrad,
    "adadelta": adadelta,
    "adam": adam,
}


def test_every_method_has_its_formula_here() -> None:
    assert set(RULES) == set(OPTIMIZERS)
    methods = next(option for option in TRAINER_OPTIONS if option.name == "method").choices
    assert set(methods) == set(OPTIMIZERS)


@pytest.mark.parametrize("changes", [{}, {"momentum": 0.5, "ro": 0.8, "beta1": 0.7, "eps": 0.01}])
@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_fifty_updates(
    method: str, changes: dict[str, float], dtype: type, tolerance: float
) -> None:
    options = TrainerSpec.of(method=method, learning_rate=0.03, **changes).options
    rng = np.random.default_rng(1)
    size = 5
    params: Array = rng.standard_normal(size).astype(dtype)
    gradients: Array = rng.standard_normal((50, size)).astype(dtype)
    expected = [
        RULES[method](float(params[place]), gradients[:, place].tolist(), dict(options))
        for place in range(size)
    ]
    optimizer = OPTIMIZERS[method](size, np.dtype(dtype))
    for gradient in gradients:
        optimizer.update(params, gradient.copy(), options, options["learning_rate"])
    assert params.dtype == dtype
    assert optimizer.updates == 50
    assert set(optimizer.state) == set(optimizer.remembers)
    assert all(each.dtype == dtype for each in optimizer.state.values())
    np.testing.assert_allclose(params, expected, rtol=tolerance, atol=tolerance)


def test_sgd_without_momentum() -> None:
    options = TrainerSpec.of(momentum=0).options
    params = np.array([1.0, -2.0])
    optimizer = OPTIMIZERS["sgd"](2, params.dtype)
    for _ in range(3):
        optimizer.update(params, np.array([1.0, 10.0]), options, 0.1)
    np.testing.assert_allclose(params, [1 - 0.3, -2 - 3])


def test_the_first_step_of_adam_is_the_learning_rate() -> None:
    # Corrected means are the gradient and its square, whatever the betas. ConvNetJS multiplies by
    # the corrections instead of dividing: its first step is 0.1 * 0.1 / sqrt(0.001 * 0.001), that
    # is ten times the learning rate.
    options = TrainerSpec.of(method="adam", learning_rate=0.5).options
    params = np.array([0.0, 0.0, 0.0])
    adam = OPTIMIZERS["adam"](3, params.dtype)
    adam.update(params, np.array([1e-3, -7.0, 1e4]), options, 0.5)
    np.testing.assert_allclose(params, [-0.5, 0.5, -0.5], rtol=1e-4)


@pytest.mark.parametrize("method", RULES)
def test_a_gradient_of_zero_moves_nothing(method: str) -> None:
    options = TrainerSpec.of(method=method).options
    params = np.ones(4, np.float32)
    optimizer = OPTIMIZERS[method](4, params.dtype)
    for _ in range(3):
        optimizer.update(params, np.zeros(4, np.float32), options, 0.1)
    assert (params == 1).all()


@pytest.mark.parametrize("method", RULES)
def test_every_method_finds_the_bottom_of_a_bowl(method: str) -> None:
    options = TrainerSpec.of(method=method, eps=1e-6).options
    params = np.array([3.0, -2.0])
    optimizer = OPTIMIZERS[method](2, params.dtype)
    for _ in range(3000):
        optimizer.update(params, params * [1, 5], options, 0.05)
    assert np.abs(params).max() < 0.1


OTHER_VALUES: dict[str, object] = {
    "learning_rate": 0.5, "momentum": 0.5, "ro": 0.5, "eps": 0.1, "beta1": 0.5, "beta2": 0.5,
    "schedule": "cosine", "schedule_examples": 7, "step_factor": 0.5, "warmup_examples": 100,
}  # fmt: skip
"""Of each option that some method does nothing with, a value unlike `after_updates` has."""


def after_updates(method: str, **changes: object) -> list[float]:
    """Where parameters are after a few updates on a schedule that uses all of its options."""
    usual = {"schedule": "step", "schedule_examples": 10, "warmup_examples": 20}
    options = TrainerSpec.of(**{"method": method, "batch_size": 5, **usual, **changes}).options
    params = np.array([1.0, -2.0])
    optimizer = OPTIMIZERS[method](2, params.dtype)
    for step in range(8):
        gradient = np.array([0.3, -1.5]) * (step + 1)
        optimizer.update(params, gradient, options, learning_rate(options, 5 * step))
    return list(params)


@pytest.mark.parametrize("method", RULES)
def test_the_options_called_unused_are_those_that_change_nothing(method: str) -> None:
    usual = after_updates(method)
    same = {
        name
        for name, value in OTHER_VALUES.items()
        if after_updates(method, **{name: value}) == usual
    }
    assert set(unused_options(method)) == same


def test_every_option_that_is_unused_somewhere_is_tried() -> None:
    assert set(OTHER_VALUES) == {name for method in OPTIMIZERS for name in unused_options(method)}
