"""The picture that a unit looks for excites it more than any image, and is drawn to be seen."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.most_exciting import ExcitementSearch
from engine.analysis.preferred_picture import Preferred, preferred_picture
from engine.analysis.slices import finish
from engine.network.net import Net
from tests.engine.analysis.test_smallest_change import CONVOLVED, DIGITS, learned, spec_of


def draw(net: Net, layer: int, channel: int) -> Preferred:
    found = finish(preferred_picture(net.replica(), layer, channel))
    assert found is not None
    return found


@pytest.mark.parametrize("channel", range(3))
def test_of_the_first_convolution_it_is_the_filter(channel: int) -> None:
    net = learned(CONVOLVED)
    weights = net.layers[1].params["weights"][channel, 0]
    picture = draw(net, 1, channel).picture
    assert picture.shape == weights.shape
    assert np.array_equal(np.sign(picture), np.sign(weights))
    # As bright or as dark as can be where the weights are large.
    large = np.abs(weights) > 0.5 * np.abs(weights).max()
    np.testing.assert_allclose(picture[large], 0.5 * np.sign(weights)[large])


@pytest.mark.parametrize("layer", range(1, 6))
def test_it_excites_its_unit_as_much_as_the_best_of_all_test_images(layer: int) -> None:
    """Nearly: it is smoothed to be readable, and gray where a unit hardly looks."""
    net = learned(CONVOLVED)
    search = ExcitementSearch(net.replica(), DIGITS.test_images)
    search.run()
    for channel in range(3):
        assert draw(net, layer, channel).value > 0.9 * search.best(layer, channel)[0].value


def test_the_network_takes_a_classs_picture_for_that_class() -> None:
    net = learned(CONVOLVED)
    for target in range(10):
        picture = draw(net, 5, target).picture.astype(np.float32)
        assert net.forward(picture[None, ..., None]).argmax() == target


def test_it_is_the_same_each_time_and_an_images_pixels() -> None:
    net = learned(CONVOLVED)
    one, other = draw(net, 4, 3), draw(net, 4, 3)
    assert np.array_equal(one.picture, other.picture)
    assert one.picture.shape == (24, 24)
    assert np.abs(one.picture).max() <= 0.5


def test_nothing_excites_what_does_not_look_at_the_image() -> None:
    net = Net.create(spec_of(CONVOLVED), np.random.default_rng(1))
    net.params.fill(0)
    assert finish(preferred_picture(net, 1, 0)) is None
    assert finish(preferred_picture(net, 5, 0)) is None


@pytest.mark.parametrize("scale", [1e20, 3e38])
def test_weights_that_overflow_do_no_harm(scale: float) -> None:
    net = Net.create(spec_of(CONVOLVED), np.random.default_rng(1))
    net.params *= np.float32(scale)
    with np.errstate(over="ignore", invalid="ignore"):
        found = finish(preferred_picture(net, 5, 0))
    assert found is None or np.isfinite(found.picture).all()
