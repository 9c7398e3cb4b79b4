"""The run that a restart, a change or a file replaced: what is kept of it, and the way back."""

from __future__ import annotations

from collections.abc import Callable

from engine.language import OptionError, SpecError
from server.protocol.kinds import Failure, Leaving
from server.protocol.refusals import SessionError
from server.sessions.checkpointing import Checkpointing
from server.sessions.descriptions import title
from server.sessions.session_state import SessionState
from server.sessions.training_place import TrainingPlace
from server.storage.records import KeptRun, RunBefore


def leave_run(state: SessionState, examples: int, how: Leaving) -> RunBefore | None:
    """What to remember as the run before when the current one is replaced after so many examples.

    A run that has not got anywhere does not take the place of one that has.
    """
    if not examples and state.run.weights is None and how is not Leaving.RETURN:
        return state.before
    run = state.run
    return RunBefore(
        run_id=run.run_id,
        how=how,
        title=title(run.spec),
        examples=examples,
        text=run.text,
        trainer=dict(run.spec.trainer.options),
        seed=run.seed,
        keep=run.keep,
        divergences=run.divergences,
        trainer_changes=run.trainer_changes,
        diverged=state.life.failure is Failure.DIVERGED,
    )


class WayBack:
    """Brings the run before back, under a new id; the run that it replaces takes its place."""

    def __init__(
        self,
        state: SessionState,
        checkpointing: Checkpointing,
        place: TrainingPlace,
        *,
        begin_run: Callable[[], None],
        remember: Callable[[], None],
    ) -> None:
        """For the session with this `state`.

        Args:
            begin_run: called when what was shown and saved is of a run that is left.
            remember: called when the state is to be kept.
        """
        self._state, self._checkpointing, self._place = state, checkpointing, place
        self._begin_run, self._remember = begin_run, remember

    async def take(self) -> None:
        """Go on exactly where the run before was left; paused if its loss had diverged.

        Raises:
            SessionError: there is none, or it cannot be read; nothing has changed.
        """
        if (before := self._state.before) is None:
            raise SessionError("There is no run before this one to go back to.")
        await self._place.settled()
        kept = await self._checkpointing.kept_run(before.run_id)
        await self._place.launched()
        # How far it got may have been told meanwhile.
        now = self._state.before
        if self._place.closed or now is None or now.run_id != before.run_id:
            raise SessionError("The network was changed meanwhile.")
        self._return_to(now, kept)

    def _return_to(self, before: RunBefore, kept: KeptRun) -> None:
        state, run = self._state, self._state.run
        left = leave_run(state, self._checkpointing.examples, Leaving.RETURN)
        try:
            run.return_to(before, kept.remains.weights)
        except (SpecError, OptionError) as error:
            raise SessionError(f"The run before cannot be trained: {error}.") from None
        state.before = left
        state.wants_pause |= before.diverged
        self._begin_run()
        # Before its checkpoint, which no server would find under an id that no record has.
        self._remember()
        self._place.begin_run(self._checkpointing.adopt(run.run_id, kept))
