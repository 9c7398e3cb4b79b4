"""The spec language: a text that describes a network and its trainer, parsed but never run."""

from engine.language.build import from_layers, parse
from engine.language.errors import OptionError, SpecError
from engine.language.model import (
    DEFAULT_LIMITS,
    MNIST_SHAPE,
    DataShape,
    LayerSpec,
    Limits,
    NetSpec,
    TrainerSpec,
)
from engine.language.presets import DEFAULT_TEXT
from engine.language.printer import to_text

__all__ = [
    "DEFAULT_LIMITS",
    "DEFAULT_TEXT",
    "MNIST_SHAPE",
    "DataShape",
    "LayerSpec",
    "Limits",
    "NetSpec",
    "OptionError",
    "SpecError",
    "TrainerSpec",
    "from_layers",
    "parse",
    "to_text",
]
