"""How each layer type makes its numbers, one unit at a time, to explain it."""

from engine.analysis.arithmetic.base import Arithmetic, LossArithmetic
from engine.analysis.arithmetic.channels import (
    LocalResponseNormalizationArithmetic,
    MaxoutArithmetic,
)
from engine.analysis.arithmetic.dense import DenseArithmetic
from engine.analysis.arithmetic.losses import (
    RegressionArithmetic,
    SoftmaxArithmetic,
    SvmArithmetic,
)
from engine.analysis.arithmetic.pointwise import (
    BatchNormalizationArithmetic,
    DropoutArithmetic,
    InputArithmetic,
    ReluArithmetic,
    SigmoidArithmetic,
    TanhArithmetic,
)
from engine.analysis.arithmetic.windows import (
    AveragePoolArithmetic,
    ConvArithmetic,
    MaxPoolArithmetic,
)

ARITHMETIC: dict[str, Arithmetic] = {
    "input": InputArithmetic(),
    "conv": ConvArithmetic(),
    "pool": MaxPoolArithmetic(),
    "avgpool": AveragePoolArithmetic(),
    "fc": DenseArithmetic(),
    "relu": ReluArithmetic(),
    "sigmoid": SigmoidArithmetic(),
    "tanh": TanhArithmetic(),
    "maxout": MaxoutArithmetic(),
    "dropout": DropoutArithmetic(),
    "lrn": LocalResponseNormalizationArithmetic(),
    "batchnorm": BatchNormalizationArithmetic(),
    "softmax": SoftmaxArithmetic(),
    "svm": SvmArithmetic(),
    "regression": RegressionArithmetic(),
}
"""By the name of the layer type; there is one for each."""

__all__ = ["ARITHMETIC", "Arithmetic", "LossArithmetic"]
