"""Takes what a trainer reports: into the session's state, to its viewers, and to the keeper."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from engine.language import DataShape, NetSpec
from server.audience.audience import Audience
from server.protocol.events import Added, Layers, Notice, Predictions, Saved, Stats
from server.protocol.kinds import Failure, Leaving, Level, Status
from server.protocol.reports import (
    Adopted,
    CheckpointReport,
    DataRefused,
    Done,
    Failed,
    FrameReport,
    Guesses,
    ImagesReport,
    Inspected,
    PointsReport,
    Refused,
    Report,
    Snapshot,
    Started,
    TestsReport,
)
from server.protocol.run_values import Checkpoint
from server.sessions.checkpointing import Checkpointing
from server.sessions.descriptions import kept_sentence
from server.sessions.names import short
from server.sessions.progress import Pace
from server.sessions.run_before import leave_run
from server.sessions.session_state import SessionState

log = logging.getLogger(__name__)

OF_ONE_RUN = (Stats.type, Layers.type, Predictions.type, Saved.type, Added.type)
"""Messages that mean nothing once another run has begun."""


class ReportHandler:
    """What one session does with each report."""

    def __init__(
        self,
        state: SessionState,
        audience: Audience,
        checkpointing: Checkpointing,
        images: Callable[[], DataShape],
        changed: Callable[[], None],
        remember: Callable[[], None],
    ) -> None:
        """Handle reports for the session with this `state`.

        Args:
            images: the form of the data set that is in use.
            changed: called when viewers are to be told the session's state anew.
            remember: called when something has changed that is only to be kept.
        """
        self.progress = Pace(audience.tally)
        self._state = state
        self._audience = audience
        self._checkpointing = checkpointing
        self._images = images
        self._changed, self._remember = changed, remember

    def take(self, report: Report) -> None:
        """Handle one report."""
        run_id = self._state.run.run_id
        match report:
            case FrameReport() if report.run_id == run_id:
                self._audience.show(report.kind, report.frame)
                if report.progress is not None:
                    self.progress.note(run_id, report.progress)
            case PointsReport() if report.run_id == run_id:
                self._audience.add_points(report.rows)
            case TestsReport() if report.run_id == run_id:
                self._audience.add_tests(report.tests)
            case ImagesReport() if report.run_id == run_id:
                self._audience.image_test = report.test
            case CheckpointReport(checkpoint):
                self._checkpointing.take(checkpoint)
                self._note_left(checkpoint)
                self._remember()
            case Started() if report.run_id == run_id:
                self._started(report)
            case Failed() if report.run_id == run_id:
                self._failed(report)
            case Adopted():
                self._adopted(report.run_id, report.spec)
            case DataRefused(reason):
                self._notify(
                    Level.ERROR,
                    f"The data set cannot be used: {reason}. "
                    "This run continues with the images that it has.",
                )
            case PointsReport():
                self._checkpointing.add_to_left(report.run_id, points=report.rows)
            case TestsReport():
                self._checkpointing.add_to_left(report.run_id, tests=report.tests)
            case FrameReport() | ImagesReport() | Started() | Failed():
                pass  # of an earlier run
            case Guesses() | Inspected() | Snapshot() | Done() | Refused():
                raise AssertionError("the link answers replies")
            case _:
                assert_never(report)

    def begin_run(self) -> None:
        """The session's run is a new one: forget what was shown and saved of the one before."""
        # Nothing on disk is of interest any more.
        self._state.asleep = None
        self.show_run()

    def show_run(self) -> None:
        """Viewers see the session's run from now on, and its checkpoints are saved."""
        self._audience.begin_run(self._state.run.run_id, forgotten=OF_ONE_RUN)
        self._checkpointing.begin_run()

    def _started(self, report: Started) -> None:
        run, life = self._state.run, self._state.life
        if life.status is not Status.STARTING:
            return
        run.begun(report)
        self._checkpointing.started()
        if report.weights is not None:
            self._checkpointing.take_beginning(report.run_id, report.weights)
        life.move(Status.PAUSED if self._state.paused else Status.RUNNING)
        self._log(logging.INFO, "run started", paused=self._state.paused)
        self._changed()
        if report.kept is not None:
            self._notify(Level.INFO, kept_sentence(run.spec, report.kept))

    def _failed(self, report: Failed) -> None:
        life, divergence = self._state.life, report.divergence
        if life.status is Status.FAILED:
            return
        failure = Failure.ERROR if divergence is None else Failure.DIVERGED
        if report.unreadable:
            failure = Failure.UNREADABLE
        life.move(Status.FAILED, report.reason, failure)
        what = "run failed" if divergence is None else "run diverged"
        self._log(logging.WARNING, what, reason=report.reason)
        if divergence is not None:
            self._state.run.note(divergence)
        self._changed()
        if failure is Failure.ERROR:
            # Of the others the page tells by itself, and what can be done about it.
            self._notify(Level.ERROR, report.reason)

    def _note_left(self, checkpoint: Checkpoint) -> None:
        """The last checkpoint of the run before tells how far it got."""
        before = self._state.before
        if before is None or before.run_id != checkpoint.run_id:
            return
        if before.examples != checkpoint.examples:
            self._state.before = replace(before, examples=checkpoint.examples)
            self._changed()

    def _adopted(self, run_id: int, spec: NetSpec) -> None:
        left = leave_run(self._state, self._checkpointing.examples, Leaving.FILE)
        if self._state.run.adopt(run_id, spec, self._images()):
            self._state.before = left
            self.begin_run()
            self._state.life.move(Status.STARTING)
            self._changed()

    def _notify(self, level: Level, message: str) -> None:
        self._audience.send(Notice(level, message))

    def _log(self, level: int, event: str, **about: object) -> None:
        session = short(self._state.id)
        log.log(level, event, extra={"session": session, "run": self._state.run.run_id, **about})
