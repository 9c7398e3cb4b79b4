"""What a session works on, whether a process has it just now or not: all that is to be kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.optimizers import TRAINER_OPTIONS
from engine.spec import (
    DEFAULT_TEXT,
    DataShape,
    NetSpec,
    OptionError,
    SpecError,
    TrainerSpec,
    parse,
    to_text,
)
from server.messages import Divergence
from server.orders import Started, StartRun, Weights
from server.wire import CommandError

MOST_DIVERGENCES = 20


class Work:
    """The network of the current run, and how to go on with it.

    Attributes:
        run_id: rises with every new run.
        text, spec: the network as its user wrote it, and with the trainer's options of now.
        seed: what all chance of the run follows from.
        checkpoint: the run's state, while no process has it; or the state of the run before, which
            a run with `keep` takes over what fits from.
        weights: what the run began with, where that is not drawn from the seed.
        keep: whether the run has still to take over what fits from the run before.
        divergences: where its loss stopped being finite.
    """

    def __init__(self, images: DataShape) -> None:
        self.run_id = self._last_run_id = 1
        self.text = default_text(images)
        self.spec = parse(self.text, images=images)
        self.seed = new_seed()
        self.checkpoint: bytes | None = None
        self.weights: Weights | None = None
        self.keep = False
        self.divergences: tuple[Divergence, ...] = ()

    def reserve_run(self) -> int:
        """The id of the next run."""
        self._last_run_id += 1
        return self._last_run_id

    def begin(self, spec: NetSpec, text: str, *, keep: bool = False) -> None:
        """Work on a new network from now on; `keep` what fits of the weights of the one before."""
        self.seed = new_seed()
        self.spec, self.text, self.keep, self.weights = spec, text, keep, None
        if not keep:
            self.checkpoint = None
        self._begin_run(self.reserve_run())

    def begin_again(self) -> None:
        """Work on the same network from the same initial weights."""
        if not self.keep:
            self.checkpoint = None
        self._begin_run(self.reserve_run())

    def adopt(self, run_id: int, spec: NetSpec, images: DataShape) -> bool:
        """Work on a run that has begun from a file; false if a newer one has taken its place."""
        if run_id < self.run_id:
            return False
        text = to_text(spec)
        self.text, self.checkpoint, self.weights, self.keep = text, None, None, False
        self._begin_run(run_id)
        # Parsed again for the lines, which the page marks.
        self.spec = parse(text, images=images)
        return True

    def begun(self, report: Started) -> None:
        """The run has begun: from now on it can begin again just so."""
        self.keep, self.checkpoint = False, None
        if report.weights is not None:
            self.weights = report.weights

    def note(self, divergence: Divergence) -> None:
        """The loss stopped being finite."""
        self.divergences = (*self.divergences, divergence)[-MOST_DIVERGENCES:]

    def _begin_run(self, run_id: int) -> None:
        self.run_id, self.divergences = run_id, ()

    def configure(self, settings: Mapping[str, Any]) -> TrainerSpec:
        """Change trainer options; returns all of them.

        Raises:
            CommandError: an option is unknown or has a bad value; nothing has changed.
        """
        known = {option.name for option in TRAINER_OPTIONS}
        for name in settings:
            if name not in known:
                raise CommandError(f"The trainer has no `{name[:40]}`.", field=name[:40])
        try:
            trainer = self.spec.trainer.with_options(**settings)
        except OptionError as error:
            raise CommandError(error.message, field=error.field) from None
        self.spec = replace(self.spec, trainer=trainer)
        return trainer

    def start_order(self, *, paused: bool, points: int) -> StartRun:
        """What a trainer must do to go on from here."""
        return StartRun(
            self.run_id,
            self.spec,
            self.seed,
            paused,
            self.checkpoint,
            points,
            self.weights,
            self.keep,
        )


def default_text(images: DataShape) -> str:
    """The original's text, fitted to the data where that is not of MNIST's form."""
    size = f"out_sx:{min(24, images.sx)}, out_sy:{min(24, images.sy)}"
    text = DEFAULT_TEXT.replace("out_sx:24, out_sy:24", size)
    text = text.replace("num_classes:10", f"num_classes:{max(10, images.classes)}")
    try:
        parse(text, images=images)
    except SpecError:
        # Too small for its pools.
        lines = text.splitlines(keepends=True)
        return "".join(line for line in lines if "'pool'" not in line)
    return text


def new_seed() -> int:
    """A seed that nobody can foresee, and short enough to be written down."""
    return secrets.randbelow(2**31)
