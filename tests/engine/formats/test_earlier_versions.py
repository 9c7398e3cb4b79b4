"""Files of earlier versions load and train on as the program that wrote them did."""

from __future__ import annotations

from contextlib import closing
from dataclasses import fields
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from engine.data import Dataset, Sampler
from engine.formats import dump, load
from engine.network.net import Net
from engine.training.trainer import Trainer
from tests.engine.networks import digits, train

VERSION_1 = Path(__file__).with_name("version_1")
CHECKPOINTS = Path(__file__).parents[2] / "server/storage/version_1/state/checkpoints"
# The parameters after twelve more steps in the program that wrote the files, by their names.
THEN = np.load(VERSION_1 / "twelve_steps_later.npz")


class SplitOfThen(Dataset):
    """Validated on every tenth image of the file, as the programs of then did."""

    @cached_property
    def validation_indices(self) -> npt.NDArray[np.int64]:
        return np.arange(0, len(self.train_images), 10)


@pytest.mark.parametrize("name", THEN.files)
def test_a_file_of_version_1_trains_on(name: str) -> None:
    data = (VERSION_1 / f"{name}.json").read_bytes()
    snapshot = load(data)
    rng = np.random.default_rng(99)
    data_of_then = SplitOfThen(
        **{each.name: getattr(digits(), each.name) for each in fields(Dataset)}
    )
    sampler = Sampler(data_of_then, snapshot.net.spec.input_shape, rng)
    with closing(Trainer(snapshot.net, snapshot.net.spec.trainer, rng, processes=1)) as trainer:
        snapshot.resume(trainer, sampler)
        assert trainer.examples_seen == 120
        again = load(dump(trainer.net, trainer, sampler))
        assert again.net.params.tobytes() == snapshot.net.params.tobytes()
        assert again.net.state.tobytes() == snapshot.net.state.tobytes()
        train(trainer, sampler, 12)
        assert trainer.examples_seen == 264
        then = Net(snapshot.net.spec, params=THEN[name])
        # A loss comes last and has no parameters.
        layers = zip(trainer.net.layers[:-1], then.layers[:-1], then.layers[1:], strict=True)
        for layer, expected, following in layers:
            for key, values in layer.params.items():
                # Batch normalization takes biases away again. Their gradients are rounding errors,
                # which differ with the order of sums, and Adam makes steps of full size of them.
                if key == "biases" and following.type == "batchnorm":
                    continue
                np.testing.assert_allclose(values, expected.params[key], rtol=0, atol=1e-6)


@pytest.mark.parametrize("file", sorted(CHECKPOINTS.glob("*/*.json")), ids=lambda file: file.stem)
def test_a_file_without_eps_goes_on_with_what_it_was_trained_with(file: Path) -> None:
    """It was 1e-8 with every method then; what is saved from here on says so."""
    old = file.read_bytes()
    assert b"eps" not in old
    snapshot = load(old)
    trainer = snapshot.net.spec.trainer
    assert trainer.eps == 1e-8
    with closing(Trainer(snapshot.net, trainer, np.random.default_rng(0), processes=1)) as resumed:
        snapshot.resume(resumed)
        saved = dump(snapshot.net, resumed)
    assert load(saved).net.spec.trainer == trainer
    assert (b"eps:1e-8" in saved) == (trainer.method == "adadelta")
