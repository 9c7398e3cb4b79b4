"""Small networks, a small data set and short runs for the tests of everything that trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import numpy as np

from engine.data import Batch, Dataset, Sampler, load_builtin
from engine.language import NetSpec, parse
from engine.layers import Array
from engine.network.net import Net
from engine.training.trainer import Trainer

PLAIN = "{type:'conv', sx:3, filters:3, pad:1, activation:'relu'}, {type:'pool', sx:2}"
NOISY = f"{PLAIN}, {{type:'fc', num_neurons:12, activation:'tanh', drop_prob:0.3}}"
NORMED = "{type:'conv', sx:3, filters:3}, {type:'batchnorm'}, {type:'relu'}, {type:'avgpool', sx:2}"

EVERYTHING = (
    "{type:'conv', sx:3, sy:2, filters:6, stride:2, pad:1, l1_decay_mul:0.5, activation:'maxout'}, "
    "{type:'lrn', k:1, n:3, alpha:0.5, beta:0.75}, {type:'pool', sx:2, sy:3, stride:1, pad:1}, "
    "{type:'conv', sx:2, filters:3, activation:'sigmoid', drop_prob:0.5}, "
    "{type:'fc', num_neurons:7, activation:'tanh', l2_decay_mul:0}, "
    "{type:'fc', num_neurons:5, activation:'relu'}"
)
"""A network with every layer type that ConvNetJS has, but for two of the losses."""


def make_spec(layers: str = PLAIN, loss: str = "softmax", /, **trainer: object) -> NetSpec:
    """A network on crops of 10x10, to 10 classes; by default adadelta in batches of 12."""
    outputs = "num_neurons" if loss == "regression" else "num_classes"
    spec = parse(
        "a = [{type:'input', out_sx:10, out_sy:10, out_depth:1}, "
        f"{layers}, {{type:'{loss}', {outputs}:10}}]"
    )
    options = {"method": "adadelta", "batch_size": 12, "l2_decay": 0.001} | trainer
    return replace(spec, trainer=spec.trainer.with_options(**options))


def make_net(layers: str = PLAIN, loss: str = "softmax", /, **trainer: object) -> Net:
    """A new network of `make_spec`; the same weights each time."""
    return Net.create(make_spec(layers, loss, **trainer), np.random.default_rng(2))


@cache
def digits() -> Dataset:
    """A part of the built-in digits: 90 to train on, 10 to validate, 130 to test."""
    whole = load_builtin()
    return replace(
        whole,
        train_images=whole.train_images[:100],
        train_labels=whole.train_labels[:100],
        test_images=whole.test_images[:130],
        test_labels=whole.test_labels[:130],
    )


@contextmanager
def training(
    spec: NetSpec, seed: int = 0, *, processes: int = 1, dtype: type = np.float32
) -> Iterator[tuple[Trainer, Sampler]]:
    """A trainer of a new network, and where its batches come from; closed at the end."""
    weights, noise, order = np.random.default_rng(seed).spawn(3)
    net = Net.create(spec, weights, dtype=dtype)
    trainer = Trainer(net, spec.trainer, noise, processes=processes)
    try:
        yield trainer, Sampler(digits(), spec.input_shape, order)
    finally:
        trainer.close()


def train(trainer: Trainer, sampler: Sampler, steps: int) -> list[float]:
    """The losses of so many steps."""
    size, augment = trainer.options.batch_size, trainer.options.augment
    return [trainer.step(sampler.next_batch(size, augment)).loss for _ in range(steps)]


def random_batch(count: int, seed: int = 0) -> Batch:
    """Examples that need no data set, for networks of `make_spec`."""
    rng = np.random.default_rng(seed)
    x: Array = (rng.random((1, 10, 10, count)) - 0.5).astype(np.float32)
    labels = rng.integers(10, size=count)
    return Batch(x, labels, np.arange(count), np.zeros((count, 10, 10), np.uint8))
