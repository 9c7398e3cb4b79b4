"""Our own files: what is saved is loaded, and limits hold for them too."""

from __future__ import annotations

import json
from contextlib import closing

import numpy as np
import pytest

from engine.file_limits import SNAPSHOT_BYTES, TEXT_BYTES
from engine.formats import SnapshotError, dump, dump_convnetjs, load
from engine.language import DEFAULT_LIMITS, DataShape, Limits, TrainerSpec
from engine.layers import LAYERS
from engine.training.trainer import Trainer
from engine.update_rules.optimizers import OPTIMIZERS
from tests.engine.networks import (
    EVERYTHING,
    NOISY,
    NORMED,
    PLAIN,
    make_net,
    make_spec,
    random_batch,
)


@pytest.mark.parametrize("loss", ["softmax", "svm", "regression"])
@pytest.mark.parametrize("layers", [PLAIN, NOISY, NORMED, EVERYTHING])
def test_saved_and_loaded_is_the_same(layers: str, loss: str) -> None:
    net = make_net(layers, loss, method="adam", beta1=0.8, l2_decay=0.01)
    net.state += 1
    data = dump(net)
    loaded = load(data)
    assert loaded.net.spec == net.spec
    assert loaded.net.params.tobytes() == net.params.tobytes()
    assert loaded.net.state.tobytes() == net.state.tobytes()
    assert loaded.training is None
    x = random_batch(4).x
    assert np.array_equal(loaded.net.forward(x), net.forward(x))
    assert dump(loaded.net) == data
    assert load(data.decode()).net.spec == net.spec


def test_every_float_survives() -> None:
    net = make_net()
    bits = np.random.default_rng(0).integers(2**32, size=net.params.size, dtype=np.uint32)
    numbers = bits.view(np.float32)
    extremes = np.finfo(np.float32)
    net.params[:] = np.where(np.isfinite(numbers), numbers, extremes.max)
    net.params[:4] = [extremes.smallest_subnormal, -extremes.max, extremes.tiny, -0.0]
    assert load(dump(net)).net.params.tobytes() == net.params.tobytes()


def test_every_layer_type_is_saved_one_way_or_the_other() -> None:
    saved = {layer.type for text in (EVERYTHING, NORMED) for layer in make_spec(text).layers}
    assert saved | {"svm", "regression"} == set(LAYERS)


def test_a_large_network_has_no_digits_in_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    net = make_net()
    assert "layers" in json.loads(dump(net))
    monkeypatch.setattr("engine.formats.snapshot.MOST_IN_DECIMALS", net.params.size - 1)
    assert "layers" not in json.loads(dump(net))
    assert load(dump(net)).net.params.tobytes() == net.params.tobytes()


def test_no_vector_is_saved_twice() -> None:
    net = make_net(NORMED, method="adam")
    with closing(Trainer(net, net.spec.trainer, np.random.default_rng(0), processes=1)) as trainer:
        trainer.step(random_batch(12))
        plain = dump(net, trainer)
        trainer.configure(trainer.options.with_options(ema=0.9))
        trainer.step(random_batch(12))
        averaged = dump(net, trainer)
    vector = 4 * 4 / 3 * net.params.size
    # Weights and the two that adam remembers; then their average, too.
    assert 3 * vector < len(plain) < 3.9 * vector
    assert 4 * vector < len(averaged) < 4.9 * vector


def test_the_largest_network_fits_the_limit() -> None:
    """Wherever what a snapshot holds grows, its limit grows along."""
    parameters = DEFAULT_LIMITS.parameters
    with_most = max(OPTIMIZERS.values(), key=lambda rule: len(rule.remembers))
    # Nothing but batchnorms has as many running statistics as parameters.
    net = make_net("{type:'batchnorm'}," * 20 + NORMED, method=with_most.method, ema=0.9)
    with closing(Trainer(net, net.spec.trainer, np.random.default_rng(0), processes=1)) as trainer:
        trainer.step(random_batch(12))
        data = dump(net, trainer)
    numbers = net.state.size + (2 + len(with_most.remembers)) * net.params.size
    assert net.state.size <= net.params.size
    rest = len(data) - 4 * 4 / 3 * numbers
    assert rest + 4 * 4 / 3 * parameters * (numbers / net.params.size) < SNAPSHOT_BYTES
    assert rest + DEFAULT_LIMITS.characters * 6 < TEXT_BYTES


def test_what_would_be_too_large_to_be_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.formats.snapshot.SNAPSHOT_BYTES", 1000)
    with pytest.raises(SnapshotError, match="too large to be read again"):
        dump_convnetjs(make_net())


def test_a_file_that_does_not_say_how_to_train_takes_what_it_is_given() -> None:
    options = TrainerSpec.of(method="adam", batch_size=5)
    data = dump_convnetjs(make_net(method="adadelta"))
    assert load(data, trainer=options).net.spec.trainer == options
    assert load(data).net.spec.trainer == TrainerSpec.of()
    assert load(dump(make_net()), trainer=options).net.spec.trainer.method == "adadelta"


def test_limits_hold_for_files_too() -> None:
    data = dump(make_net())
    for limits, message in (
        (Limits(layers=3), "it has 6 layers; the limit is 3"),
        (Limits(parameters=100), "parameters"),
    ):
        with pytest.raises(SnapshotError, match=message):
            load(data, limits=limits)
    with pytest.raises(SnapshotError, match="larger than the images"):
        load(data, images=DataShape(9, 9))
    with pytest.raises(SnapshotError, match="12 classes"):
        load(data, images=DataShape(classes=12))


@pytest.mark.parametrize(
    ("written", "claimed"),
    [
        ("drop_prob:0.3", "drop_prob:0.4"),
        ("pad:1", "pad:2"),
        ("num_neurons:12", "num_neurons:13"),
        ("'pool', sx:2", "'pool', sx:2, sy:3"),
        ("'tanh'", "'relu'"),
    ],
)
def test_the_spec_of_a_file_must_be_that_of_its_layers(written: str, claimed: str) -> None:
    file = json.loads(dump(make_net(NOISY)))
    spec = file["convnet_live"]["spec"]
    assert written in spec
    file["convnet_live"]["spec"] = spec.replace(written, claimed)
    with pytest.raises(SnapshotError, match="do not describe the same network"):
        load(json.dumps(file))
