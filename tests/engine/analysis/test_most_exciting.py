"""What excites a filter, against looking at every image and every place by itself."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.most_exciting import MOST, ExcitementSearch
from engine.analysis.receptive_field import Field, receptive_field
from engine.data import center_crops
from engine.language import NetSpec
from engine.network.part_way import forward_to, score_layer
from tests.engine.networks import EVERYTHING, NORMED, PLAIN, digits, make_net, make_spec

NETWORKS = {"plain": PLAIN, "normed": NORMED, "everything": EVERYTHING}


def layers_of(spec: NetSpec) -> range:
    return range(1, len(spec.layers) - 1)


CASES = [
    pytest.param(layers, index, id=f"{name}, layer {index}")
    for name, layers in NETWORKS.items()
    for index in layers_of(make_spec(layers))
]


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_the_nine_are_those_that_looking_at_all_finds(layers: str) -> None:
    net, images = make_net(layers), digits().test_images
    search = ExcitementSearch(net.replica(), images)
    assert search.run()
    x = center_crops(images, net.spec.input_shape)
    scores = score_layer(net)
    for index, layer in enumerate(net.layers):
        # Each image by itself.
        asked = min(index, scores)
        maps = [forward_to(net, asked, x[..., [i]])[..., 0].copy() for i in range(len(images))]
        if asked == scores:
            maps = [each - each.mean() for each in maps]
        for channel in range(layer.out_shape.depth):
            found = search.best(index, channel)
            peaks = np.array([each[channel].max() for each in maps])
            best = np.sort(peaks)[::-1][:MOST]
            np.testing.assert_allclose([one.value for one in found], best, 1e-4)
            assert len({one.image for one in found}) == MOST
            for one in found:
                np.testing.assert_allclose(one.value, peaks[one.image], 1e-4)


@pytest.mark.parametrize(("layers", "index"), CASES)
def test_a_patch_is_where_the_map_is_greatest(layers: str, index: int) -> None:
    net, images = make_net(layers), digits().test_images[:20]
    search = ExcitementSearch(net.replica(), images)
    search.run()
    for one in search.best(index, 0):
        maps = forward_to(net, index, center_crops(images[[one.image]], net.spec.input_shape))
        _, height, width, _ = maps.shape
        places = [(row, column) for row in range(height) for column in range(width)]
        seen = [place for place in places if receptive_field(net, index, *place) == one.field]
        assert max(maps[0, *place, 0] for place in seen) == pytest.approx(maps[0].max(), rel=1e-4)


@pytest.mark.parametrize("size", [1, 7, 64, 129])
def test_slices_find_what_one_search_finds(size: int) -> None:
    net, images = make_net(), digits().test_images
    whole = ExcitementSearch(net.replica(), images)
    sliced = ExcitementSearch(net.replica(), images)
    whole.run()
    assert sliced.best(2, 0) == []
    while not sliced.run(size):
        assert not sliced.done
    assert sliced.examples == len(images) == 130
    for channel in range(3):
        pairs = zip(whole.best(2, channel), sliced.best(2, channel), strict=True)
        for one, other in pairs:
            assert (one.image, one.field) == (other.image, other.field)
            assert one.value == pytest.approx(other.value, rel=1e-5)


def test_of_equal_images_the_earlier_come_first() -> None:
    net = make_net("{type:'fc', num_neurons:4}")
    net.params.fill(0)
    search = ExcitementSearch(net, digits().test_images)
    while not search.run(20):
        pass
    assert [one.image for one in search.best(1, 2)] == list(range(MOST))


def test_few_images_are_all_kept() -> None:
    search = ExcitementSearch(make_net(), digits().test_images[:4])
    search.run()
    assert sorted(one.image for one in search.best(1, 0)) == [0, 1, 2, 3]


def test_an_image_that_overflows_excites_nothing() -> None:
    net = make_net("{type:'fc', num_neurons:4}")
    weights = net.layers[1].params["weights"]
    weights[0, ::2], weights[0, 1::2] = 3e38, -3e38
    search = ExcitementSearch(net, digits().test_images)
    search.run()
    assert not any(np.isnan(one.value) for one in search.best(1, 0))


@pytest.mark.parametrize(("layers", "index"), CASES)
def test_nothing_outside_its_field_changes_a_unit(layers: str, index: int) -> None:
    """And something in it does, where the unit answers to anything."""
    net = make_net(layers)
    rng = np.random.default_rng(4)
    _, height, width = net.layers[index].out_shape.array
    for row, column in {(0, 0), (height // 2, width // 2), (height - 1, width - 1)}:
        top, bottom, left, right = receptive_field(net, index, row, column)
        x = rng.uniform(-0.5, 0.5, (1, 10, 10, 1)).astype(np.float32)
        inside = np.zeros((10, 10), bool)
        inside[max(0, top) : bottom, max(0, left) : right] = True
        other = np.where(inside[None, ..., None], x, -x)
        before, after = (forward_to(net, index, each)[:, row, column].copy() for each in (x, other))
        assert np.array_equal(before, after)
        moved = forward_to(net, index, np.where(inside[None, ..., None], -x, x))
        assert not np.array_equal(before, moved[:, row, column])


def test_fields_worked_out_by_hand() -> None:
    """Of a 3x3 convolution padded by 1, its relu, a 2x2 pooling, and the scores."""
    net = make_net(PLAIN)
    assert receptive_field(net, 1, 0, 4) == Field(-1, 2, 3, 6)
    assert receptive_field(net, 2, 0, 4) == Field(-1, 2, 3, 6)
    assert receptive_field(net, 3, 2, 1) == Field(3, 7, 1, 5)
    assert receptive_field(net, 4, 0, 0) == Field(-1, 11, -1, 11)
