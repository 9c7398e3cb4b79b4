"""What a run is made of, whether a trainer has it just now or not: text, spec, seed, weights."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from engine.language import (
    DEFAULT_TEXT,
    DataShape,
    NetSpec,
    OptionError,
    SpecError,
    TrainerSpec,
    parse,
    to_text,
)
from server.protocol.orders import StartRun
from server.protocol.refusals import CommandError
from server.protocol.reports import Started
from server.protocol.run_values import Checkpoint, Divergence, TrainerChange, Weights
from server.storage.records import RunBefore

MOST_DIVERGENCES = 20
MOST_TRAINER_CHANGES = 50
ANY_DATA = DataShape(sx=10_000, sy=10_000, classes=2)
"""Images that every network fits."""


class RunDefinition:
    """The network of the current run, and how to begin or go on with it.

    Attributes:
        run_id: rises with every new run.
        text, spec: the network as its user wrote it, and with the trainer's options of now.
        seed: what all chance of the run follows from.
        weights: what the run began with, where that is not drawn from the seed.
        keep: whether the run has still to take over what fits from the run before.
        divergences: where its loss stopped being finite.
        trainer_changes: where the trainer's options were changed, oldest first.
        continues: the run that it goes on with, as which it was kept before; None for a new one.
    """

    def __init__(self, text: str, spec: NetSpec) -> None:
        """Begin with the network of this text."""
        self.run_id = self._last_run_id = 1
        self.text, self.spec = text, spec
        self.seed = new_seed()
        self.weights: Weights | None = None
        self.keep = False
        self.divergences: tuple[Divergence, ...] = ()
        self.trainer_changes: tuple[TrainerChange, ...] = ()
        self.continues: int | None = None

    @classmethod
    def first(cls, images: DataShape) -> RunDefinition:
        """What a new session works on."""
        text = default_text(images)
        return cls(text, parse(text, images=images))

    @classmethod
    def kept(
        cls,
        *,
        run_id: int,
        last_run_id: int,
        text: str,
        trainer: Mapping[str, Any],
        seed: int,
        keep: bool,
        divergences: tuple[Divergence, ...],
        trainer_changes: tuple[TrainerChange, ...],
        continues: int | None,
    ) -> RunDefinition:
        """What an earlier server worked on, whether or not it fits the data in use.

        Raises:
            SpecError, OptionError: this program has no such network.
        """
        run = cls(text, kept_spec(text, trainer))
        run.run_id, run._last_run_id = run_id, last_run_id
        run.seed, run.keep, run.divergences = seed, keep, divergences
        run.trainer_changes = trainer_changes
        run.continues = continues
        return run

    @property
    def last_run_id(self) -> int:
        """The highest id that was given to a run, or reserved for one."""
        return self._last_run_id

    def reserve_run(self) -> int:
        """The id of the next run."""
        self._last_run_id += 1
        return self._last_run_id

    def begin(self, spec: NetSpec, text: str, *, keep: bool = False) -> None:
        """Work on a new network from now on; `keep` what fits of the weights of the one before."""
        self.seed = new_seed()
        self.spec, self.text, self.keep, self.weights = spec, text, keep, None
        self._begin_run(self.reserve_run())

    def begin_again(self) -> None:
        """Work on the same network from the same initial weights."""
        self._begin_run(self.reserve_run())

    def adopt(self, run_id: int, spec: NetSpec, images: DataShape) -> bool:
        """Work on a run that has begun from a file; false if a newer one has taken its place."""
        if run_id < self.run_id:
            return False
        text = to_text(spec)
        self.text, self.weights, self.keep = text, None, False
        self._begin_run(run_id)
        # Parsed again for the lines, which the page marks.
        self.spec = parse(text, images=images)
        return True

    def return_to(self, before: RunBefore, weights: Weights | None) -> None:
        """Work again on the run before, which began with these weights; it gets a new id.

        Raises:
            SpecError, OptionError: this program has no such network; nothing has changed.
        """
        self.spec = kept_spec(before.text, before.trainer)
        self.text, self.seed, self.keep, self.weights = (
            before.text,
            before.seed,
            before.keep,
            weights,
        )
        self._begin_run(self.reserve_run())
        self.divergences = before.divergences
        self.trainer_changes = before.trainer_changes
        self.continues = before.run_id

    def begun(self, report: Started) -> None:
        """The run has begun: from now on it can begin again just so."""
        self.keep = False
        if report.weights is not None:
            self.weights = report.weights

    def note(self, divergence: Divergence) -> None:
        """The loss stopped being finite."""
        self.divergences = (*self.divergences, divergence)[-MOST_DIVERGENCES:]

    def _begin_run(self, run_id: int) -> None:
        self.run_id, self.continues = run_id, None
        self.divergences, self.trainer_changes = (), ()

    def configure(self, settings: Mapping[str, Any], examples: int) -> TrainerSpec:
        """Change trainer options after so many examples; returns all of them.

        Raises:
            CommandError: an option is unknown or has a bad value; nothing has changed.
        """
        try:
            trainer = self.spec.trainer.with_options(**settings)
        except OptionError as error:
            raise CommandError(error.message, field=error.field[:40]) from None
        before = self.spec.trainer.options
        changes = {name: (before[name], now) for name, now in trainer.options.items()}
        self._note_changes(TrainerChange(examples, changes))
        self.spec = replace(self.spec, trainer=trainer)
        return trainer

    def go_back_to(self, examples: int) -> None:
        """The run goes on from a checkpoint: later changes of the trainer take effect there."""
        changes, self.trainer_changes = self.trainer_changes, ()
        for change in changes:
            self._note_changes(replace(change, examples=min(change.examples, examples)))

    def _note_changes(self, new: TrainerChange) -> None:
        """Keep a change; several after the same number of examples are one."""
        kept, changes = self.trainer_changes, dict(new.changes)
        if kept and kept[-1].examples == new.examples:
            kept, changes = kept[:-1], dict(kept[-1].changes)
            for name, (before, after) in new.changes.items():
                changes[name] = (changes.get(name, (before,))[0], after)
        changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
        if changes:
            kept = (*kept, TrainerChange(new.examples, changes))
        self.trainer_changes = kept[-MOST_TRAINER_CHANGES:]

    def goes_on_from(self, checkpoint: Checkpoint) -> bool:
        """Whether it is one of the current run, not of the run before."""
        return checkpoint.run_id == self.run_id and not self.keep

    def start_order(
        self,
        checkpoint: Checkpoint | None,
        *,
        paused: bool,
        points: int = 0,
        tests: int = 0,
        tested: int = 0,
    ) -> StartRun:
        """What a trainer must do to go on from the checkpoint, or to begin where none serves.

        One of the run before serves a run that has still to take over its weights, and no other.
        """
        serves = checkpoint is not None and (self.keep or self.goes_on_from(checkpoint))
        return StartRun(
            self.run_id,
            self.spec,
            self.seed,
            paused,
            checkpoint.data if checkpoint is not None and serves else None,
            points,
            tests,
            tested,
            self.weights,
            self.keep,
        )


def kept_spec(text: str, trainer: Mapping[str, Any]) -> NetSpec:
    """The network of a text that was kept, with all its trainer's options.

    Raises:
        SpecError, OptionError: this program has no such network.
    """
    spec = _parse_kept(text)
    return replace(spec, trainer=spec.trainer.with_options(**trainer))


@lru_cache(maxsize=256)
def _parse_kept(text: str) -> NetSpec:
    """A kept text's network; many sessions have the same, and a server starts with all of them."""
    return parse(text, images=ANY_DATA)


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
