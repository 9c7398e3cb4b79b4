"""Networks to start from, by name: the original, the homework's steps, classics, the best."""

from __future__ import annotations

from typing import NamedTuple

from engine.language.printer import lay_out


class Preset(NamedTuple):
    """A network to start from.

    Attributes:
        title: as people see it.
        text: the network and its trainer in the spec language.
        about: what to expect of it, in a sentence, where the title cannot say it all.
    """

    title: str
    text: str
    about: str = ""


_INPUT = "{type:'input', out_sx:24, out_sy:24, out_depth:1}"
_WHOLE_INPUT = "{type:'input', out_sx:28, out_sy:28, out_depth:1}"
_CONV_8 = "{type:'conv', sx:5, filters:8, stride:1, pad:2, activation:'relu'}"
_CONV_16 = "{type:'conv', sx:5, filters:16, stride:1, pad:2, activation:'relu'}"
_CONV_32 = "{type:'conv', sx:5, filters:32, stride:1, pad:2, activation:'relu'}"
_POOL_2 = "{type:'pool', sx:2, stride:2}"
_POOL_3 = "{type:'pool', sx:3, stride:3}"
_SOFTMAX = "{type:'softmax', num_classes:10}"
_ORIGINAL = (_INPUT, _CONV_8, _POOL_2, _CONV_16, _POOL_3, _SOFTMAX)


def _text(*layers: str, batch_size: int = 20) -> str:
    """The layers with the original page's trainer."""
    return lay_out(layers, f"{{method:'adadelta', batch_size:{batch_size}, l2_decay:0.001}}")


DEFAULT_TEXT = _text(*_ORIGINAL)
"""What the original page starts with."""


def _normalized(conv: str) -> list[str]:
    """A convolution, batch normalization, relu."""
    return [f"{{type:'conv', {conv}, init:'he'}}", "{type:'batchnorm'}", "{type:'relu'}"]


def _best(width: int, examples: int) -> str:
    """Chosen on validation images (docs/BENCHMARKS.md); the cosine ends after `examples`.

    The second and third convolutions are twice as wide as the first, the fourth four times.
    """
    same = "sx:3, stride:1, pad:1"
    return lay_out(
        [
            _INPUT,
            *_normalized(f"sx:5, stride:1, filters:{width}"),
            _POOL_2,
            *_normalized(f"{same}, filters:{2 * width}"),
            *_normalized(f"{same}, filters:{2 * width}"),
            _POOL_2,
            *_normalized(f"{same}, filters:{4 * width}"),
            "{type:'dropout', drop_prob:0.3}",
            _SOFTMAX,
        ],
        "{method:'adam', learning_rate:0.003, batch_size:64, schedule:'cosine', "
        f"schedule_examples:{examples}, warmup_examples:10000, ema:0.998, augment:10}}",
    )


def _one_epoch() -> str:
    """Chosen on held-out training images (docs/BENCHMARKS.md); 54,000 are trained on, once each."""
    same = "sx:3, stride:1, pad:1"
    return lay_out(
        [
            "{type:'input', out_sx:26, out_sy:26, out_depth:1}",
            *_normalized("sx:5, stride:1, pad:1, filters:16"),
            _POOL_2,
            *_normalized(f"{same}, filters:32"),
            _POOL_2,
            *_normalized(f"{same}, filters:64"),
            _SOFTMAX,
        ],
        "{method:'adam', learning_rate:0.01, beta2:0.99, batch_size:32, schedule:'cosine', "
        "schedule_examples:54000, warmup_examples:10000, ema:0.99}",
    )


def _expected(epochs: int) -> str:
    return (
        f"{epochs} epochs of the full MNIST on two cores; "
        "the accuracy is that of the full test, the mean of three seeds."
    )


PRESETS = {
    "original": Preset("The original", DEFAULT_TEXT),
    "twice-the-filters": Preset(
        "Twice the filters", _text(_INPUT, _CONV_16, _POOL_2, _CONV_32, _POOL_3, _SOFTMAX)
    ),
    # Padded by 5, so that what the pools make of it stays 12x12 and 4x4 as in the original.
    "twice-the-filter-size": Preset(
        "Twice the filter size",
        _text(
            _INPUT,
            "{type:'conv', sx:10, filters:8, stride:1, pad:5, activation:'relu'}",
            _POOL_2,
            "{type:'conv', sx:10, filters:16, stride:1, pad:5, activation:'relu'}",
            _POOL_3,
            _SOFTMAX,
        ),
    ),
    "no-pooling": Preset("No pooling", _text(_INPUT, _CONV_8, _CONV_16, _SOFTMAX)),
    "one-more-conv": Preset(
        "One more conv layer",
        _text(_INPUT, _CONV_8, _POOL_2, _CONV_16, _CONV_16, _POOL_3, _SOFTMAX),
    ),
    "batch-40": Preset("Batches of 40", _text(*_ORIGINAL, batch_size=40)),
    "batch-200": Preset("Batches of 200", _text(*_ORIGINAL, batch_size=200)),
    # LeCun et al. 1998, section II.B, with every filter seeing every map and a softmax at the end.
    "lenet-5": Preset(
        "LeNet-5",
        _text(
            _WHOLE_INPUT,
            "{type:'conv', sx:5, filters:6, stride:1, pad:2, activation:'tanh'}",
            "{type:'avgpool', sx:2, stride:2}",
            "{type:'conv', sx:5, filters:16, stride:1, activation:'tanh'}",
            "{type:'avgpool', sx:2, stride:2}",
            "{type:'conv', sx:5, filters:120, stride:1, activation:'tanh'}",
            "{type:'fc', num_neurons:84, activation:'tanh'}",
            _SOFTMAX,
        ),
    ),
    "mlp": Preset(
        "Multilayer perceptron",
        _text(
            _INPUT,
            "{type:'fc', num_neurons:200, activation:'relu'}",
            "{type:'fc', num_neurons:100, activation:'relu'}",
            _SOFTMAX,
        ),
    ),
    "one-epoch": Preset(
        "99% in one epoch",
        _one_epoch(),
        "One pass over the full MNIST, after which the learning rate stays low: 99.27% of the full "
        "test, the mean of ten seeds.",
    ),
    # As measured (docs/BENCHMARKS.md): the means of three seeds.
    "best-accuracy": Preset(
        "Best accuracy: 99.62% in 11 minutes", _best(24, 1_296_000), _expected(24)
    ),
    "best-accuracy-10-minutes": Preset(
        "Best in ten minutes: 99.61% in 8 minutes", _best(24, 864_000), _expected(16)
    ),
}
