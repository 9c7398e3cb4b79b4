"""Products cut into pieces equal NumPy's, whatever the processor and whatever is left over."""

from __future__ import annotations

import numpy as np
import pytest

from engine.layers import Array, products

CUT = pytest.mark.parametrize("cut", [True, False], ids=["cut", "whole"])
# As in the benchmarks' convolutions: nothing left over, some columns left over, too small to cut.
LENGTHS = pytest.mark.parametrize("length", [600, 611, 48])


def _random(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch, cut: bool) -> None:
    monkeypatch.setattr(products, "_has_small_kernels", lambda: cut)


@CUT
@LENGTHS
@pytest.mark.usefixtures("pieces")
def test_multiply(length: int) -> None:
    left, right = _random(16, 200), _random(3, 200, length)
    out = np.full((3, 16, length), np.nan)
    products.multiply(left, right, out)
    np.testing.assert_allclose(out, left @ right, rtol=1e-10, atol=1e-12)


@CUT
@LENGTHS
@pytest.mark.usefixtures("pieces")
def test_sum_of_products(length: int) -> None:
    left, right = _random(3, 40, length), _random(3, length, 80)
    total = products.sum_of_products(left, right, lambda shape: np.full(shape, np.nan))
    np.testing.assert_allclose(total, (left @ right).sum(axis=0), rtol=1e-10, atol=1e-10)


@CUT
@pytest.mark.usefixtures("pieces")
def test_pieces_are_as_long_as_the_kernels_take(cut: bool) -> None:
    asked: list[tuple[int, ...]] = []

    def room(shape: tuple[int, ...]) -> Array:
        asked.append(shape)
        return np.empty(shape)

    products.sum_of_products(_random(1, 40, 600), _random(1, 600, 80), room)
    assert asked == [(1, 2 if cut else 1, 40, 80)]


def test_whole_cache_lines() -> None:
    assert [products.aligned(length) for length in (1, 16, 17)] == [16, 16, 32]
