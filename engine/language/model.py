"""Parsed specs: frozen values that can be compared, hashed and sent to other processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.language.resolve_options import given_by_program, resolve
from engine.layers.base import Shape
from engine.update_rules.optimizers import TRAINER_OPTIONS


@dataclass(frozen=True)
class DataShape:
    """Size of a data set's images, and how many classes it has."""

    sx: int = 28
    sy: int = 28
    depth: int = 1
    classes: int = 10


MNIST_SHAPE = DataShape()


@dataclass(frozen=True)
class Limits:
    """What a spec may ask for, checked by arithmetic before anything is allocated.

    Attributes:
        characters: in the text.
        layers: after desugaring.
        parameters: of the whole network.
        activations: numbers that all layers hold for one example, padding included.
        operations: multiply-adds of all layers for one example's forward pass.
    """

    characters: int = 20_000
    layers: int = 64
    parameters: int = 5_000_000
    activations: int = 20_000_000
    operations: int = 10_000_000_000


DEFAULT_LIMITS = Limits()


class FrozenOptions(Mapping[str, Any]):
    """A mapping that cannot change and can be hashed and pickled."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)


@dataclass(frozen=True)
class LayerSpec:
    """One layer after desugaring.

    Attributes:
        options: a value for every option that the layer type declares.
        in_shape, out_shape: volumes of one example.
        parameter_count: how many numbers it learns.
        line: where the text defines it, counted from 1; ignored when layers are compared.
    """

    type: str
    options: Mapping[str, Any]
    in_shape: Shape
    out_shape: Shape
    parameter_count: int
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class TrainerSpec:
    """A value for every trainer option, as a mapping and as attributes (`trainer.batch_size`)."""

    options: Mapping[str, Any]

    @classmethod
    def of(cls, /, **values: object) -> TrainerSpec:
        """The given values, and the defaults of ConvNetJS's SGDTrainer for the rest.

        Raises:
            OptionError: an option is unknown, or its value is bad.
        """
        options = resolve("the trainer", TRAINER_OPTIONS, given_by_program(values))
        return cls(FrozenOptions(options))

    def with_options(self, /, **changes: object) -> TrainerSpec:
        """A copy with some values changed; what stands at its method's default follows the method.

        Raises:
            OptionError: an option is unknown, or its value is bad.
        """
        given = given_by_program(changes)
        kept = {
            option.name: self.options[option.name]
            for option in TRAINER_OPTIONS
            if self.options[option.name] != option.default_among(self.options)
        }
        options = resolve("the trainer", TRAINER_OPTIONS, given, defaults=kept)
        return TrainerSpec(FrozenOptions(options))

    def __getattr__(self, name: str) -> Any:
        # While unpickling there are no options yet, and looking them up would never end.
        if name != "options" and name in (options := self.options):
            return options[name]
        raise AttributeError(f"a trainer has no option `{name}`")


@dataclass(frozen=True)
class NetSpec:
    """A whole network and how to train it: layers after desugaring, input first, loss last."""

    layers: tuple[LayerSpec, ...]
    trainer: TrainerSpec

    @property
    def input_shape(self) -> Shape:
        """The volume of one example as it enters the network."""
        return self.layers[0].out_shape

    @property
    def parameter_count(self) -> int:
        """How many numbers the network learns."""
        return sum(layer.parameter_count for layer in self.layers)

    @property
    def activations(self) -> int:
        """How many numbers all layers output for one example."""
        return sum(layer.out_shape.size for layer in self.layers)
