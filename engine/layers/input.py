"""The layer that stands for the images; it only states their size."""

from __future__ import annotations

from engine.layers.base import Array, Layer, Shape
from engine.options import Option, Options


class Input(Layer):
    """The volume that a network starts from: y = x."""

    type = "input"
    help = "the size that images are cropped to, at random while training; no larger than they are"
    declared = (
        Option("out_sx", int, minimum=1, aliases=("sx", "width"), help="width in pixels"),
        Option("out_sy", int, minimum=1, aliases=("sy", "height"), help="height in pixels"),
        Option("out_depth", int, minimum=1, aliases=("depth",), help="channels"),
    )

    @classmethod
    def output_shape(cls, in_shape: Shape, options: Options) -> Shape:
        return Shape(options["out_sx"], options["out_sy"], options["out_depth"])

    def forward(self, x: Array, *, training: bool = False) -> Array:
        return x

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        return dy
