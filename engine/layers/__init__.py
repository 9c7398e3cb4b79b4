"""The layer types by the name that the spec language gives them."""

from engine.layers.activations import Maxout, Relu, Sigmoid, Tanh
from engine.layers.average_pool import AveragePool
from engine.layers.base import Array, Layer, Loss, Shape, ShapeError
from engine.layers.conv import Conv
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.layers.input import Input
from engine.layers.losses import Regression, Softmax, Svm
from engine.layers.normalization import BatchNormalization, LocalResponseNormalization
from engine.layers.pool import MaxPool
from engine.options import Option, Options

LAYERS: dict[str, type[Layer]] = {
    layer.type: layer
    for layer in (
        Input,
        Conv,
        MaxPool,
        AveragePool,
        Dense,
        Relu,
        Sigmoid,
        Tanh,
        Maxout,
        Dropout,
        LocalResponseNormalization,
        BatchNormalization,
        Softmax,
        Svm,
        Regression,
    )
}

ACTIVATIONS: tuple[str, ...] = (Relu.type, Sigmoid.type, Tanh.type, Maxout.type)
"""What the option `activation` of conv and fc may name."""

__all__ = [
    "ACTIVATIONS",
    "LAYERS",
    "Array",
    "Layer",
    "Loss",
    "Option",
    "Options",
    "Shape",
    "ShapeError",
]
