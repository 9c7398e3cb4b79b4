"""Carries out the commands of one viewer and says what to answer."""

from __future__ import annotations

import asyncio
from typing import Any, assert_never

from engine.language import NetSpec, SpecError, parse
from server.audience.viewer import Viewer
from server.protocol.commands import (
    ChangeNetwork,
    CheckSpec,
    Configure,
    FetchPoints,
    Inspect,
    InTurn,
    Pause,
    Recover,
    Restart,
    Resume,
    ReturnToRunBefore,
    ShowTraining,
    Step,
    Watch,
)
from server.protocol.connections import Role
from server.protocol.encode_events import Frame, encode, encode_answer, plain_members
from server.protocol.events import Answer, Problem
from server.protocol.inquiries import read_inquiry
from server.protocol.refusals import CommandError, SessionError
from server.sessions.descriptions import spec_summary
from server.sessions.session import Session

FOR_EVERYBODY = (CheckSpec, Watch, FetchPoints)
"""What spectators may do too: nothing that changes the session."""


async def carry_out(session: Session, viewer: Viewer, command: InTurn) -> Answer:
    """Do what the command says; what is wrong with it becomes part of the answer."""
    try:
        if viewer.role is not Role.OWNER and not isinstance(command, FOR_EVERYBODY):
            raise CommandError("You are watching this session and cannot change it.")
        return Answer(command.id, ok=True, result=await _act(session, viewer, command))
    except CommandError as error:
        return refusal(command.id, error)
    except SessionError as error:
        return Answer(command.id, ok=False, error=Problem(str(error)))


async def look_into(session: Session, command: Inspect) -> Frame:
    """The answer to an inquiry, for owners and spectators alike."""
    try:
        inquiry = read_inquiry(command.inquiry)
        return encode_answer(command.id, await session.inspect(inquiry))
    except CommandError as error:
        return encode(refusal(command.id, error))
    except SessionError as error:
        return encode(Answer(command.id, ok=False, error=Problem(str(error))))


def refusal(command_id: int, error: CommandError) -> Answer:
    """The answer to a command that is wrong in itself."""
    problem = Problem(error.message, error.line, error.column, error.field)
    return Answer(command_id, ok=False, error=problem)


async def _act(session: Session, viewer: Viewer, command: InTurn) -> dict[str, Any] | None:
    match command:
        case Pause():
            session.pause(True)
        case Resume():
            session.pause(False)
        case Step():
            session.step()
        case Restart():
            session.restart()
            return {"run_id": session.run_id}
        case Recover():
            session.recover()
        case ReturnToRunBefore():
            return {"run_id": await session.return_to_run_before()}
        case ChangeNetwork(_, text, keep):
            session.change_network(await _parse(session, text), text, keep=keep)
            return {"run_id": session.run_id}
        case CheckSpec(_, text):
            return plain_members(spec_summary(await _parse(session, text)))
        case Configure(_, settings):
            session.configure(settings)
        case Watch(_, layers):
            session.watch(viewer, _existing(session, layers))
        case FetchPoints():
            return _fetch(session, viewer, command)
        case ShowTraining():
            session.show_training()
        case _:
            assert_never(command)
    return None


async def _parse(session: Session, text: str) -> NetSpec:
    # On a thread: a long text takes milliseconds, in which the other viewers want their frames.
    try:
        return await asyncio.to_thread(parse, text, images=session.images.shape)
    except SpecError as error:
        raise CommandError(error.message, line=error.line, column=error.column) from None


def _existing(session: Session, layers: tuple[int, ...]) -> frozenset[int]:
    """The indices of layers that the network has; others may be left over from the one before."""
    return frozenset(layers) & frozenset(range(len(session.spec.layers)))


def _fetch(session: Session, viewer: Viewer, command: FetchPoints) -> dict[str, Any]:
    if command.run_id == session.run_id:
        audience = session.audience
        viewer.next_point = min(max(0, command.after + 1), len(audience.history))
        viewer.next_test = min(max(0, command.tests_after + 1), len(audience.tests))
        viewer.wake()
    return {"run_id": session.run_id, "points": len(session.audience.history)}
