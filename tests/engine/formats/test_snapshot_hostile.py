"""Files that are broken, or meant to break something: a SnapshotError and nothing else."""

from __future__ import annotations

import base64
import json
from contextlib import closing, suppress
from functools import cache
from typing import Any

import numpy as np
import pytest

from engine.data import Sampler
from engine.formats import SnapshotError, dump, load
from engine.training.divergence import DivergenceError
from engine.training.trainer import Trainer
from tests.engine.networks import NOISY, NORMED, digits, make_spec, random_batch, train, training

LAYERS = {"with layers": NOISY, "with our key alone": NORMED}


@cache
def saved(layers: str) -> bytes:
    with training(make_spec(layers, method="adam")) as (trainer, sampler):
        train(trainer, sampler, 3)
        return dump(trainer.net, trainer, sampler)


def use(data: bytes | str) -> None:
    """Load and train on, if that can be; whatever loads must be fit for it."""
    snapshot = load(data)
    assert np.isfinite(snapshot.net.params).all()
    rng = np.random.default_rng(0)
    sampler = Sampler(digits(), snapshot.net.spec.input_shape, rng)
    options = snapshot.net.spec.trainer.with_options(batch_size=12)
    with closing(Trainer(snapshot.net, options, rng, processes=1)) as trainer:
        snapshot.resume(trainer, sampler)
        with suppress(DivergenceError):
            trainer.step(sampler.next_batch(12))
        assert np.isfinite(trainer.net.params).all()
    dump(snapshot.net)


@pytest.fixture(params=list(LAYERS.values()), ids=list(LAYERS))
def data(request: pytest.FixtureRequest) -> bytes:
    use(saved(request.param))
    return saved(request.param)


def test_cut_off_files(data: bytes) -> None:
    for length in np.linspace(0, len(data) - 1, 100).astype(int):
        with pytest.raises(SnapshotError):
            load(data[:length])


def test_flipped_bytes(data: bytes) -> None:
    rng = np.random.default_rng(1)
    fit = 0
    for _ in range(1000):
        broken = bytearray(data)
        broken[rng.integers(len(data))] ^= rng.integers(1, 256)
        with suppress(SnapshotError):
            use(bytes(broken))
            fit += 1
    # Some are only another digit.
    assert 0 < fit < 900


def test_flipped_bytes_in_what_is_not_numbers() -> None:
    """Most bytes are digits; those that say what the digits are deserve more."""
    data = saved(NOISY)
    own = data.index(b'"convnet_live"')
    rng = np.random.default_rng(2)
    for _ in range(500):
        broken = bytearray(data)
        broken[rng.integers(own, own + 900)] = rng.integers(32, 127)
        with suppress(SnapshotError):
            use(bytes(broken))


def file_of(layers: str = NOISY) -> dict[str, Any]:
    file: dict[str, Any] = json.loads(saved(layers))
    return file


def refused(file: object, message: str) -> None:
    data = file if isinstance(file, bytes | str) else json.dumps(file)
    with pytest.raises(SnapshotError, match=message) as caught:
        load(data)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\xff", b"\x00", b"{", b"nul", b"'a'", b'{"layers": [NaN]}'),
        *("\ud800", '{"layers": "\ud800"}', '{"layers": [1e999]}', '{"layers": [Infinity]}'),
        *("[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"layers":' * 100_000),
    ],
    ids=lambda each: repr(each)[:20],
)
def test_what_is_not_json(data: bytes | str) -> None:
    refused(data, "this is not JSON")


@pytest.mark.parametrize("data", ["[]", "1", "null", '"layers"', "{}", '{"convnet_live": {}}'])
def test_json_that_is_not_a_network(data: str) -> None:
    refused(data, "this is not a network")


@pytest.mark.parametrize("layers", [None, 3, {}, "conv", [1], [[]], [None]])
def test_layers_that_are_not_layers(layers: object) -> None:
    refused({"layers": layers}, "`layers` should be a list of objects")


@pytest.mark.parametrize("version", [4, 0, "1", None, [1], 10**15, {"a": "b" * 1000}])
def test_other_versions(version: object) -> None:
    file = file_of()
    file["convnet_live"]["version"] = version
    refused(file, "it has version .*; this program reads up to version 3")


@pytest.mark.parametrize("own", [None, 1, [], "spec"])
def test_our_key_with_something_else(own: object) -> None:
    refused(file_of() | {"convnet_live": own}, "`convnet_live` should be an object")


def test_our_key_without_a_version_counts_as_the_first() -> None:
    file = file_of()
    del file["convnet_live"]["version"]
    use(json.dumps(file))


LAYER_FAULTS: dict[str, tuple[int, dict[str, Any], str]] = {
    "an unknown type": (1, {"layer_type": "quadtransform"}, "layer 1: unknown layer_type"),
    "a type in a list": (1, {"layer_type": ["conv"]}, "layer 1: unknown layer_type"),
    "a type in an endless text": (1, {"layer_type": "x" * 100_000}, "unknown layer_type"),
    "no type": (1, {"layer_type": None}, "layer 1: unknown layer_type None"),
    "an input in between": (1, {"layer_type": "input"}, "layer 1"),
    "a loss in between": (1, {"layer_type": "softmax", "num_inputs": 10}, "layer 1"),
    "a window of zero": (1, {"sx": 0}, "`sx` must be at least 1"),
    "a window of one and a half": (1, {"sx": 1.5}, "`sx` must be a whole number"),
    "a negative pad": (1, {"pad": -1}, "`pad` must be at least 0"),
    "a huge window": (1, {"sx": 10**18}, "`sx` must be .*at most"),
    "a huge stride": (1, {"stride": 1e300}, "`stride` must be .*at most"),
    "a stride that is true": (1, {"stride": True}, "`stride` must be a whole number"),
    "a stride in an object": (1, {"stride": {}}, "`stride` must be a whole number"),
    "no filters": (1, {"filters": []}, "layer 1"),
    "filters that are a number": (1, {"filters": 3}, "layer 1: `filters` is not a list"),
    "filters of nothing": (1, {"filters": [1, 2, 3]}, "layer 1, filter 0: has no list"),
    "no biases": (1, {"biases": None}, "layer 1, biases: has no list of numbers"),
    "an output of another size": (1, {"out_sx": 11}, "but the file says 11x10x3"),
    "an output without a size": (1, {"out_sx": None}, "but the file says Nonex10x3"),
    "a dropout of everything": (6, {"drop_prob": 1}, "layer 6.*`drop_prob`"),
    "an input of nothing": (0, {"out_sx": 0}, "layer 0.*`out_sx`"),
    "an input beyond the images": (0, {"out_sx": 29}, "layer 0.*larger than the images"),
    "a loss of another size": (8, {"num_inputs": 11}, "layer 8.*does not fit"),
}


@pytest.mark.parametrize("fault", LAYER_FAULTS.values(), ids=LAYER_FAULTS)
@pytest.mark.parametrize("ours", [True, False], ids=["ours", "theirs"])
def test_layers_with_faults(fault: tuple[int, dict[str, Any], str], ours: bool) -> None:
    index, change, message = fault
    file = file_of()
    file["layers"][index] |= change
    if not ours:
        del file["convnet_live"]
    refused(file, message)


NUMBER_FAULTS: dict[str, tuple[object, str]] = {
    "too few": ([0.5] * 8, "holds 8 numbers instead of 9"),
    "too many": ([0.5] * 10, "holds 10 numbers instead of 9"),
    "none": ([], "holds 0 numbers instead of 9"),
    "nulls, as NaN is written": ([None] * 9, "holds something that is not a number"),
    "texts": (["1"] * 9, "holds something that is not a number"),
    "truths": ([True] * 9, "holds something that is not a number"),
    "lists": ([[1]] * 9, "holds something that is not a number"),
    "beyond float32": ([0.5] * 8 + [3.41e38], "holds a number too large for float32"),
    "far beyond float32": ([0.5] * 8 + [-1e308], "holds a number too large for float32"),
    "a gap": (
        {str(place): 0.5 for place in range(1, 10)},
        "the keys of its numbers do not count up from 0",
    ),
    "negative places": (
        {str(-place): 0.5 for place in range(9)},
        "the keys of its numbers do not count up from 0",
    ),
    "places in words": ({"zero": 0.5}, "the keys of its numbers do not count up from 0"),
    "places with zeros": (
        {f"0{place}": 0.5 for place in range(9)},
        "the keys of its numbers do not count up from 0",
    ),
    "a text": ("0.5" * 9, "has no list of numbers"),
    "nothing": (None, "has no list of numbers"),
}


@pytest.mark.parametrize(("numbers", "message"), NUMBER_FAULTS.values(), ids=NUMBER_FAULTS)
def test_numbers_with_faults(numbers: object, message: str) -> None:
    file = file_of()
    file["layers"][1]["filters"][2]["w"] = numbers
    refused(file, f"layer 1, filter 2: {message}")


def test_very_long_integers() -> None:
    text = saved(NOISY).decode()
    for long in ("9" * 30, "9" * 300, "9" * 5000, "-" + "9" * 400):
        for key in ("step_count", "updates", "out_sx", "sx", "position"):
            place = text.index(f'"{key}":') + len(key) + 3
            end = min(text.index(mark, place) for mark in ",}" if mark in text[place:])
            with pytest.raises(SnapshotError):
                use(text[:place] + long + text[end:])


def test_equal_keys_in_an_object() -> None:
    text = saved(NOISY).decode()
    for twice in (
        text[:-1] + ', "layers": 1}',
        '{"layers": 1, ' + text[1:],
        '{"l\\u0061yers": 1, ' + text[1:],
        text.replace('"sx":', '"sx":3,"sx":', 1),
        text[:-1] + ', "x": [1, [{"a": {}, "a": "b"}]]}',
    ):
        refused(twice, "has the same key twice")
    for once in ('"x": "a:b\\":\\\\", ', '"x:\\u003a": [1, {}, [{"y": ":"}]], '):
        use("{" + once + text[1:])


def test_limits_come_before_memory() -> None:
    file = file_of()
    del file["convnet_live"]
    file["layers"][4]["filters"] = [0] * 1_000_000
    refused(file, "parameters")
    many = {"layers": [file["layers"][0], *[{"layer_type": "relu"}] * 100_000]}
    refused(many, "it has 100001 layers; the limit is 64")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spec": None}, "this is not a network"),
        ({"spec": "layer_defs = [];"}, "its spec is not valid: line 1"),
        ({"spec": "x" * 30_000}, "its spec is not valid: .*more than 20,000 characters"),
        ({"parameters": None}, "its parameters are malformed"),
        ({"parameters": "AAAA"}, "its parameters are malformed"),
        ({"parameters": "?"}, "its parameters are malformed"),
        ({"statistics": ""}, "its parameters are malformed"),
        ({"statistics": "\u0661"}, "its parameters are malformed"),
    ],
)
def test_our_key_alone_with_faults(change: dict[str, object], message: str) -> None:
    file = file_of(NORMED)
    file["convnet_live"] |= change
    refused(file, message)


def test_parameters_that_are_not_numbers() -> None:
    file = file_of(NORMED)
    own = file["convnet_live"]
    # The bytes of NaN and of infinity, in place of the first parameters.
    for bits in ("AADAfwAAwH8AAMB/", "AACAfwAAgH8AAIB/"):
        own["parameters"] = bits + own["parameters"][len(bits) :]
        refused(file, "its parameters are malformed .*finite numbers")


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**63, 1e300])
def test_no_number_of_the_training_is_too_large_whatever_it_is_for(number: float) -> None:
    file = file_of()
    file["convnet_live"]["training"]["added_later"] = [{"count": number}]
    refused(file, "its training state is malformed .*too large a number")


def test_training_that_is_not_an_object_is_ignored() -> None:
    nothing: list[object] = [None, 1, [], "x"]
    for training_state in nothing:
        file = file_of()
        file["convnet_live"]["training"] = training_state
        assert load(json.dumps(file)).training is None


def test_a_memory_that_no_training_could_have_made_is_survived() -> None:
    file = file_of()
    state = file["convnet_live"]["training"]["optimizer"]["state"]
    with training(make_spec(NOISY)) as (trainer, _):
        size = trainer.net.params.size
    # Squares below zero: their root is not a number, which counts as divergence.
    negative = np.full(size, -1, "<f4").tobytes()
    state["v"] = base64.b64encode(negative).decode()
    snapshot = load(json.dumps(file))
    options = snapshot.net.spec.trainer
    fresh = Trainer(snapshot.net, options, np.random.default_rng(0), processes=1)
    with closing(fresh) as trainer:
        before = snapshot.net.params.copy()
        snapshot.resume(trainer)
        with pytest.raises(DivergenceError):
            trainer.step(random_batch(12))
        assert np.array_equal(snapshot.net.params, before)
        trainer.step(random_batch(12))
