"""The update rules, each a few lines over the flat vectors of parameters and gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from engine.layers.base import Array
from engine.options import Option, Options
from engine.update_rules.learning_rate import SCHEDULE_OPTIONS


class Optimizer(ABC):
    """An update rule, and what it remembers of past gradients.

    Attributes:
        state: by name, vectors as long as the parameters, zero at first.
        updates: how many updates have been made.
        uses: names of the options that it reads; what no rule reads is read by the trainer itself.
    """

    method: ClassVar[str]
    remembers: ClassVar[tuple[str, ...]]
    uses: ClassVar[frozenset[str]]

    def __init__(self, size: int, dtype: np.dtype[np.floating]) -> None:
        self.state: dict[str, Array] = {name: np.zeros(size, dtype) for name in self.remembers}
        self.updates = 0

    def update(self, params: Array, grads: Array, options: Options, learning_rate: float) -> None:
        """Move `params` in place by `grads`, a batch's mean gradient, which may be overwritten."""
        self.updates += 1
        self._update(params, grads, options, learning_rate)

    @abstractmethod
    def _update(self, p: Array, g: Array, options: Options, lr: float) -> None: ...


class Sgd(Optimizer):
    """v = momentum v - lr g; p += v. Polyak, "Some methods of speeding up convergence" (1964)."""

    method = "sgd"
    remembers = ("v",)
    uses = frozenset({"learning_rate", "momentum"})

    def _update(self, p: Array, g: Array, options: Options, lr: float) -> None:
        g *= lr
        if not options["momentum"]:
            p -= g
            return
        v = self.state["v"]
        v *= options["momentum"]
        v -= g
        p += v


class Nesterov(Optimizer):
    """v' = momentum v + lr g; p += momentum v - (1 + momentum) v'.

    Nesterov's accelerated gradient in the form of Bengio, Boulanger-Lewandowski and Pascanu,
    "Advances in optimizing recurrent networks" (2012).
    """

    method = "nesterov"
    remembers = ("v",)
    uses = frozenset({"learning_rate", "momentum"})

    def _update(self, p: Array, g: Array, options: Options, lr: float) -> None:
        momentum, v = options["momentum"], self.state["v"]
        p += momentum * v
        v *= momentum
        v += lr * g
        p -= (1 + momentum) * v


class Adagrad(Optimizer):
    """G += g^2; p -= lr g / sqrt(G + eps). Duchi, Hazan and Singer (2011)."""

    method = "adagrad"
    remembers = ("g2",)
    uses = frozenset({"learning_rate", "eps"})

    def _update(self, p: Array, g: Array, options: Options, lr: float) -> None:
        g2 = self.state["g2"]
        g2 += g * g
        p -= lr * g / np.sqrt(g2 + options["eps"])


class Windowgrad(Optimizer):
    """G = ro G + (1 - ro) g^2; p -= lr g / sqrt(G + eps): Adagrad with a fading memory."""

    method = "windowgrad"
    remembers = ("g2",)
    uses = frozenset({"learning_rate", "ro", "eps"})

    def _update(self, p: Array, g: Array, options: Options, lr: float) -> None:
        g2, ro = self.state["g2"], options["ro"]
        g2 *= ro
        g2 += (1 - ro) * g * g
        p -= lr * g / np.sqrt(g2 + options["eps"])


class Adadelta(Optimizer):
    """G = ro G + (1-ro) g^2; d = -sqrt((X+eps)/(G+eps)) g; X = ro X + (1-ro) d^2; p += d.

    Zeiler, "ADADELTA: an adaptive learning rate method" (2012). It has no learning rate.
    """

    method = "adadelta"
    remembers = ("g2", "d2")
    uses = frozenset({"ro", "eps"})

    def _update(self, p: Array, g: Array, options: Options, lr: float) -> None:
        g2, d2, ro, eps = self.state["g2"], self.state["d2"], options["ro"], options["eps"]
        g2 *= ro
        g2 += (1 - ro) * g * g
        d = np.sqrt((d2 + eps) / (g2 + eps))
        d *= g
        d2 *= ro
        d2 += (1 - ro) * d * d
        p -= d


class Adam(Optimizer):
    """m, v: moving means of g, g^2, corrected for their start at 0; p -= lr m / (sqrt(v) + eps).

    Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1. ConvNetJS
    multiplies by the corrections where the paper divides.
    """

    method = "adam"
    remembers = ("m", "v")
    uses = frozenset({"learning_rate", "eps", "beta1", "beta2"})

    def _update(self, p: Array, g: Array, options: Options, lr: float) -> None:
        m, v = self.state["m"], self.state["v"]
        beta1, beta2 = options["beta1"], options["beta2"]
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * g * g
        root = np.sqrt(v / (1 - beta2**self.updates))
        root += options["eps"]
        p -= lr / (1 - beta1**self.updates) * m / root


OPTIMIZERS: dict[str, type[Optimizer]] = {
    rule.method: rule for rule in (Sgd, Nesterov, Adagrad, Windowgrad, Adadelta, Adam)
}

TRAINER_OPTIONS: tuple[Option, ...] = (
    Option("method", str, default="sgd", choices=tuple(OPTIMIZERS), help="the update rule"),
    Option(
        "learning_rate",
        float,
        default=0.01,
        minimum=0,
        maximum=1e3,
        help="of all methods except adadelta, which has none",
    ),
    Option("momentum", float, default=0.9, minimum=0, below=1, help="of sgd and nesterov"),
    Option(
        "batch_size",
        int,
        default=1,
        minimum=1,
        maximum=2000,
        help="examples per update, at most 2,000",
    ),
    Option(
        "l1_decay",
        float,
        default=0.0,
        minimum=0,
        maximum=1e3,
        help="pulls weights, but not biases, to 0, by the same amount each",
    ),
    Option(
        "l2_decay",
        float,
        default=0.0,
        minimum=0,
        maximum=1e3,
        help="pulls weights, but not biases, to 0, large ones more",
    ),
    Option("ro", float, default=0.95, minimum=0, below=1, help="memory of adadelta and windowgrad"),
    # As every released ConvNetJS has it, and Zeiler's paper for adadelta; Adam's as in its paper.
    Option(
        "eps",
        float,
        default=1e-8,
        minimum=1e-30,
        maximum=1,
        by_method=dict.fromkeys(("adagrad", "windowgrad", "adadelta"), 1e-6),
        help="keeps divisions finite",
    ),
    Option("beta1", float, default=0.9, minimum=0, below=1, help="memory of adam for gradients"),
    Option(
        "beta2", float, default=0.999, minimum=0, below=1, help="memory of adam for their squares"
    ),
    *SCHEDULE_OPTIONS,
    Option(
        "ema",
        float,
        default=0.0,
        minimum=0,
        below=1,
        help="if not 0, predictions and tests use a running average of the weights with this "
        "memory, such as 0.999",
        ours=True,
    ),
    Option(
        "augment",
        float,
        default=0.0,
        minimum=0,
        maximum=45,
        help="training images are turned by up to this many degrees, and stretched and sheared by "
        "up to this many hundredths, at random",
        ours=True,
    ),
)
"""What `new convnetjs.Trainer(net, {...})` understands, for every method."""


def unused_options(method: str) -> tuple[str, ...]:
    """Names of the trainer's options that do nothing with this method, in their order."""
    unused = {name for rule in OPTIMIZERS.values() for name in rule.uses} - OPTIMIZERS[method].uses
    if "learning_rate" in unused:
        unused.update(option.name for option in SCHEDULE_OPTIONS)
    return tuple(option.name for option in TRAINER_OPTIONS if option.name in unused)
