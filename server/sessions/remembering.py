"""A session as a record to be kept, and back."""

from __future__ import annotations

from server.protocol.kinds import Failure
from server.sessions.lifecycle import Life
from server.sessions.run_definition import RunDefinition
from server.sessions.session_state import SessionState
from server.storage.records import SessionRecord


def record_of(state: SessionState, examples: int) -> SessionRecord:
    """What is kept of a session that was trained on so many examples."""
    life, run = state.life, state.run
    # Whether what is saved can be read, the next server finds out for itself.
    failure = None if life.failure is Failure.UNREADABLE else life.failure
    return SessionRecord(
        id=state.id,
        owner=state.owner,
        created=state.created,
        seen=state.seen,
        run_id=run.run_id,
        last_run_id=run.last_run_id,
        text=run.text,
        trainer=run.spec.trainer.options,
        seed=run.seed,
        keep=run.keep,
        paused=state.wants_pause,
        failure=failure.value if failure else None,
        reason=life.reason if failure else None,
        divergences=run.divergences,
        trainer_changes=run.trainer_changes,
        examples=examples,
        before=state.before,
        continues=run.continues,
        seen_uptime=state.seen_uptime,
        removed=state.removed,
        network=state.network,
        trained_seconds=state.trained_seconds,
        added=state.added,
    )


def state_of(record: SessionRecord) -> SessionState:
    """The session that an earlier server kept; its graph and first weights stay on disk.

    Raises:
        SpecError, OptionError, ValueError: this program has no such network or failure.
    """
    return SessionState(
        id=record.id,
        owner=record.owner,
        run=RunDefinition.kept(
            run_id=record.run_id,
            last_run_id=record.last_run_id,
            text=record.text,
            trainer=record.trainer,
            seed=record.seed,
            keep=record.keep,
            divergences=record.divergences,
            trainer_changes=record.trainer_changes,
            continues=record.continues,
        ),
        life=Life(Failure(record.failure) if record.failure else None, record.reason),
        created=record.created,
        seen=record.seen,
        seen_uptime=record.seen_uptime,
        removed=record.removed,
        network=record.network,
        trained_before=record.trained_seconds,
        used=True,
        wants_pause=record.paused,
        before=record.before,
        asleep=record.examples,
        added=record.added,
    )
