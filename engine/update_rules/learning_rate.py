"""Learning rates that change while training: warm-up, steps, a cosine."""

from __future__ import annotations

from math import cos, pi

from engine.options import Option, Options

FLOOR = 0.01
"""Share of the learning rate at which the cosine ends, so that training never stops."""

SCHEDULE_OPTIONS = (
    Option(
        "schedule",
        str,
        default="constant",
        choices=("constant", "step", "cosine"),
        help="how the learning rate changes; 'step': times step_factor after every "
        "schedule_examples; 'cosine': down to a hundredth over schedule_examples, then constant",
        ours=True,
    ),
    Option(
        "schedule_examples",
        int,
        default=600_000,
        minimum=1,
        maximum=1e9,
        help="examples from step to step, or until the cosine has fallen",
        ours=True,
    ),
    Option(
        "step_factor",
        float,
        default=0.1,
        minimum=0,
        maximum=1,
        help="what each step multiplies by",
        ours=True,
    ),
    Option(
        "warmup_examples",
        int,
        default=0,
        minimum=0,
        maximum=1e9,
        help="the learning rate rises linearly over this many examples",
        ours=True,
    ),
)


def learning_rate(options: Options, examples: int) -> float:
    """The learning rate once this many examples have been trained on.

    Warm-up multiplies by (examples + batch) / warmup_examples until that is 1. `step` multiplies by
    step_factor at every schedule_examples. `cosine` falls from 1 to `FLOOR` along half a cosine
    (Loshchilov and Hutter, "SGDR", 2017), and stays there.
    """
    rate: float = options["learning_rate"]
    done = examples / options["schedule_examples"]
    if options["schedule"] == "step":
        rate *= options["step_factor"] ** int(done)
    elif options["schedule"] == "cosine":
        rate *= FLOOR + (1 - FLOOR) * (1 + cos(pi * min(done, 1))) / 2
    if examples < options["warmup_examples"]:
        rate *= min(1, (examples + options["batch_size"]) / options["warmup_examples"])
    return rate
