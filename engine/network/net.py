"""A network: layers in a row over one flat vector of parameters and one of gradients."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher
from math import prod

import numpy as np
import numpy.typing as npt

from engine.language import NetSpec
from engine.layers import LAYERS, Array, Layer, Loss
from engine.layers.pool import MaxPool

Shapes = dict[str, tuple[int, ...]]

quiet = np.errstate(over="ignore", divide="ignore", invalid="ignore")
"""No warnings on overflow: the trainer checks whether the results are finite."""


class Net:
    """The network that a spec describes.

    Attributes:
        spec: what it was built from.
        layers: in order, the input first and the loss last.
        order: the layers as they are computed: see `pool_early`.
        is_random: whether training draws random numbers, as dropout does.
        mixes_examples: whether training depends on which examples go through together.
        params, grads: flat vectors; the layers' parameters and gradients are views into them.
        state: flat vector of what is learned without gradients (running statistics).
        outputs: of the last `forward`, one array (C, H, W, B) per layer.
        output_gradients: of the last `backward`, likewise; None where none was needed.
    """

    def __init__(
        self,
        spec: NetSpec,
        *,
        dtype: npt.DTypeLike = np.float32,
        params: Array | None = None,
        grads: Array | None = None,
        state: Array | None = None,
        pool_early: bool = False,
    ) -> None:
        """Build the layers over the given flat vectors, or over zeros.

        With `pool_early`, an activation in front of a max pooling is computed after it: for a
        monotonic f the maximum of f(x) is f of the maximum, and there is less left to compute. The
        network's output and gradients stay the same; the `outputs` in between do not.
        """
        self.spec = spec
        self.layers = [LAYERS[layer.type](layer.in_shape, layer.options) for layer in spec.layers]
        self.is_random = any(layer.random for layer in self.layers)
        self.mixes_examples = any(layer.mixes_examples for layer in self.layers)
        learned = [layer.parameter_shapes(layer.in_shape, layer.options) for layer in self.layers]
        kept = [layer.state_shapes(layer.in_shape, layer.options) for layer in self.layers]
        self.order = _pool_early(self.layers) if pool_early else self.layers
        self.params = np.zeros(_total(learned), dtype) if params is None else params
        self.grads = np.zeros_like(self.params) if grads is None else grads
        self.state = np.zeros(_total(kept), dtype) if state is None else state
        for layer, views in zip(self.layers, _views(self.params, learned), strict=True):
            layer.params = views
        for layer, views in zip(self.layers, _views(self.grads, learned), strict=True):
            layer.grads = views
        for layer, views in zip(self.layers, _views(self.state, kept), strict=True):
            layer.state = views
        self.outputs: list[Array] = []
        self.output_gradients: list[Array | None] = []

    @classmethod
    def create(
        cls, spec: NetSpec, rng: np.random.Generator, *, dtype: npt.DTypeLike = np.float32
    ) -> Net:
        """A network with initial weights drawn from `rng`."""
        net = cls(spec, dtype=dtype)
        for layer in net.layers:
            layer.initialize(rng)
        return net

    def replica(self) -> Net:
        """A network on the same parameters with gradients and buffers of its own."""
        return Net(self.spec, dtype=self.params.dtype, params=self.params, state=self.state)

    @property
    def loss_layer(self) -> Loss:
        """The last layer."""
        last = self.layers[-1]
        assert isinstance(last, Loss), "the spec ends in a loss"
        return last

    def seed_noise(self, rng: np.random.Generator) -> None:
        """Let the random layers draw from `rng`."""
        for layer in self.layers:
            layer.rng = rng

    def adopt(self, other: Net) -> list[int]:
        """Copy the weights of those layers of `other` that have the same type and shapes here.

        Layers are matched in order, so that one more or one less in between does not matter.

        Returns:
            Indices of the layers whose weights were copied.
        """
        pairs = self._matches(other)
        for mine, theirs in pairs:
            held, wanted = self.layers[mine], other.layers[theirs]
            for name, values in (held.params | held.state).items():
                np.copyto(values, (wanted.params | wanted.state)[name])
        return [mine for mine, _ in pairs]

    def _matches(self, other: Net) -> list[tuple[int, int]]:
        """Indices of layers that learn, here and in `other`, whose weights fit each other."""
        mine, theirs = (
            [index for index, layer in enumerate(net.layers) if layer.params]
            for net in (self, other)
        )
        matcher = SequenceMatcher(
            None, [self._fits(i) for i in mine], [other._fits(i) for i in theirs], autojunk=False
        )
        return [
            (mine[match.a + offset], theirs[match.b + offset])
            for match in matcher.get_matching_blocks()
            for offset in range(match.size)
        ]

    def _fits(self, index: int) -> tuple[object, ...]:
        """What two layers have in common when the weights of one fit the other."""
        layer = self.layers[index]
        shapes = {name: values.shape for name, values in layer.params.items()}
        # A fully connected layer's weights mean something only for the same volume.
        volume = layer.in_shape if layer.type == "fc" else None
        return layer.type, tuple(shapes.items()), volume

    @quiet
    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Outputs (C, 1, 1, B) for inputs (C, H, W, B); a buffer that the next call overwrites."""
        self.outputs = []
        for layer in self.order:
            x = layer.forward(x, training=training)
            self.outputs.append(x)
        return x

    @quiet
    def backward(self, target: Array, *, need_dx: bool = False) -> float:
        """Set `grads` to the gradients, summed over the batch of the last `forward`.

        Args:
            target: class indices (B,).
            need_dx: also compute the gradient with respect to the input, which training skips.

        Returns:
            The sum of the examples' losses.
        """
        self.output_gradients = [None] * len(self.layers)
        lowest = 0 if need_dx else self.lowest_learning_layer()
        dy = self.loss_layer.backward(target)
        for index in range(len(self.layers) - 2, lowest - 1, -1):
            self.output_gradients[index] = dy
            dx = self.order[index].backward(dy, need_dx=need_dx or index > lowest)
            if dx is None:
                break
            dy = dx
        return self.loss_layer.loss(target)

    @quiet
    def probabilities(self, x: Array) -> Array:
        """Scores (classes, B) from 0 to 1 that sum to 1, for inputs (C, H, W, B).

        If huge weights have overflowed float32, all classes have the same score.
        """
        return self.as_probabilities(self.forward(x))

    @quiet
    def as_probabilities(self, outputs: Array) -> Array:
        """The same for what `forward` returned."""
        scores = self.loss_layer.probabilities(outputs)
        known = np.isfinite(scores).all(axis=0)
        return scores if known.all() else np.where(known, scores, 1 / len(scores))

    def per_parameter(self, values: Callable[[Layer], dict[str, float]]) -> Array:
        """A vector as long as `params`: each parameter's number in `values(layer)`, or 0."""
        vector = np.zeros_like(self.params)
        shapes = [layer.parameter_shapes(layer.in_shape, layer.options) for layer in self.layers]
        for layer, views in zip(self.layers, _views(vector, shapes), strict=True):
            for name, value in values(layer).items():
                views[name][...] = value
        return vector

    def lowest_learning_layer(self) -> int:
        """The first place in `order` that gradients must reach; the loss's if nothing learns."""
        learning = (index for index, layer in enumerate(self.order) if layer.params)
        return next(learning, len(self.layers) - 1)


def _pool_early(layers: list[Layer]) -> list[Layer]:
    order = list(layers)
    for index, layer in enumerate(order[1:], start=1):
        if isinstance(layer, MaxPool) and order[index - 1].monotonic:
            order[index - 1 : index + 1] = [layer, order[index - 1]]
    return order


def _total(shapes: list[Shapes]) -> int:
    return sum(prod(shape) for layer in shapes for shape in layer.values())


def _views(vector: Array, shapes: list[Shapes]) -> list[dict[str, Array]]:
    """Cut a flat vector into named views, one dict per layer."""
    views: list[dict[str, Array]] = []
    start = 0
    for layer in shapes:
        named: dict[str, Array] = {}
        for name, shape in layer.items():
            end = start + prod(shape)
            named[name] = vector[start:end].reshape(shape)
            start = end
        views.append(named)
    return views
