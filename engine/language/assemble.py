"""Chains plain layers into a network: checks their order, infers shapes, and counts the cost."""

from __future__ import annotations

from math import prod

from engine.language.errors import OptionError, excerpt
from engine.language.model import DataShape, FrozenOptions, LayerSpec, Limits
from engine.language.other_names import suggestion
from engine.language.sugar import Plain, is_loss, size_option
from engine.layers import LAYERS, Shape, ShapeError

INPUT = "input"


def check_type(kind: object, shown: str) -> str:
    """Check that this is the name of a layer type; returns it.

    Raises:
        ShapeError: it is not.
    """
    if not isinstance(kind, str):
        raise ShapeError(f"a layer's `type` must be a string such as 'conv', not {shown}")
    if kind not in LAYERS:
        hint = suggestion(kind, LAYERS, "'") or f"; there are {', '.join(LAYERS)}"
        raise ShapeError(f"there is no layer type '{excerpt(kind)}'{hint}")
    return kind


def check_order(kind: str, index: int, count: int) -> None:
    """Check that a layer of this type may be number `index` of `count`.

    Raises:
        ShapeError: the input is not first, or the loss is not last.
    """
    losses = [name for name in LAYERS if is_loss(name)]
    if index == 0 and kind != INPUT:
        message = f"the first layer must be the {INPUT}, such as {{type:'input', out_sx:24, "
        raise ShapeError(f"{message}out_sy:24, out_depth:1}}, not {kind}")
    if index > 0 and kind == INPUT:
        raise ShapeError(f"the {INPUT} must be the first layer, and there is only one")
    if index < count - 1 and is_loss(kind):
        raise ShapeError(f"{kind} must be the last layer: it ends a network")
    if index == count - 1 and not is_loss(kind):
        choices = f"{', '.join(losses[:-1])} or {losses[-1]}"
        raise ShapeError(f"the last layer must be a loss ({choices}), not {kind}")


class Assembly:
    """A network that grows layer by layer, refused as soon as it exceeds the limits."""

    def __init__(self, images: DataShape, limits: Limits) -> None:
        self.layers: list[LayerSpec] = []
        self._images = images
        self._limits = limits
        self._parameters = 0
        self._activations = 0
        self._operations = 0

    def add(self, plain: Plain, line: int = 1) -> None:
        """Append a layer.

        Raises:
            ShapeError: it does not fit its input, or the network grows too large.
            OptionError: it does not fit the data.
        """
        if len(self.layers) == self._limits.layers:
            allowed = f"{self._limits.layers} are allowed, activations and dropouts included"
            raise ShapeError(f"this {plain.type} is one layer too many: {allowed}")
        kind = LAYERS[plain.type]
        given = self.layers[-1].out_shape if self.layers else self._image_shape
        out_shape = kind.output_shape(given, plain.options)
        in_shape = given if self.layers else out_shape
        shapes = kind.parameter_shapes(in_shape, plain.options)
        count = sum(prod(shape) for shape in shapes.values())
        if not self.layers:
            self._check_input(out_shape)
        if is_loss(plain.type):
            self._check_loss(plain, out_shape)
        self._charge(plain, in_shape, out_shape, count)
        options = FrozenOptions(plain.options)
        self.layers.append(LayerSpec(plain.type, options, in_shape, out_shape, count, line))

    @property
    def _image_shape(self) -> Shape:
        return Shape(self._images.sx, self._images.sy, self._images.depth)

    def _check_input(self, shape: Shape) -> None:
        images = self._image_shape
        if shape.sx > images.sx or shape.sy > images.sy:
            raise ShapeError(
                f"an input of {shape.sx}x{shape.sy} is larger than the images, "
                f"which are {images.sx}x{images.sy}"
            )
        if shape.depth != images.depth:
            raise ShapeError(
                f"an input of depth {shape.depth} does not fit the images, "
                f"which have depth {images.depth}"
            )

    def _check_loss(self, plain: Plain, shape: Shape) -> None:
        if shape.size < self._images.classes:
            name = size_option(plain.type)
            message = f"`{name}` is {shape.size}, but the data has {self._images.classes} classes"
            raise OptionError(name, message)

    def _charge(self, plain: Plain, in_shape: Shape, out_shape: Shape, count: int) -> None:
        pad = plain.options.get("pad", 0)
        padded = Shape(in_shape.sx + 2 * pad, in_shape.sy + 2 * pad, in_shape.depth)
        self._parameters += count
        self._activations += out_shape.size + (padded.size if pad else 0)
        self._operations += count * out_shape.sx * out_shape.sy
        for what, used, allowed in (
            ("parameters", self._parameters, self._limits.parameters),
            ("activations per example", self._activations, self._limits.activations),
            ("multiplications per example", self._operations, self._limits.operations),
        ):
            if used > allowed:
                message = f"this {plain.type} brings the network to {_large(used)} {what}"
                raise ShapeError(f"{message}; {allowed:,} are allowed")


def _large(number: int) -> str:
    return f"{number:,}" if number < 10**15 else f"more than {10**15:,}"
