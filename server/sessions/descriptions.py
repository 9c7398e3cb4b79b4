"""Says in messages what sessions, networks and data sets are."""

from __future__ import annotations

from collections.abc import Sequence

from engine.data import Dataset
from engine.language import NetSpec
from engine.language.sugar import is_loss
from engine.layers import ACTIVATIONS
from engine.update_rules.optimizers import OPTIMIZERS, unused_options
from server.protocol.connections import Role
from server.protocol.events import (
    DatasetInfo,
    LayerInfo,
    PreviousRun,
    SessionEvent,
    SessionSummary,
    SpecSummary,
)
from server.protocol.kinds import Leaving
from server.sessions.session_state import SessionState
from server.storage.records import RunBefore


def session_event(state: SessionState, role: Role, dataset: Dataset) -> SessionEvent:
    """All of a session's state, as a viewer of this role is told it."""
    run, life = state.run, state.life
    return SessionEvent(
        session=state.id if role is Role.OWNER else state.watch_id,
        run_id=run.run_id,
        status=life.status,
        role=role,
        spec=run.text,
        layers=layer_infos(run.spec),
        parameters=run.spec.parameter_count,
        trainer=run.spec.trainer.options,
        methods=tuple(OPTIMIZERS),
        unused_options=unused_options(run.spec.trainer.options["method"]),
        dataset=dataset_info(dataset),
        seed=run.seed,
        divergences=run.divergences,
        trainer_changes=run.trainer_changes,
        recoverable=state.recoverable,
        added_pictures=len(state.added),
        failure=life.failure,
        reason=life.reason,
        place=state.place,
        watch=f"/watch/{state.watch_id}" if role is Role.OWNER else None,
        previous=previous_run(state.before) if role is Role.OWNER else None,
    )


def previous_run(before: RunBefore | None) -> PreviousRun | None:
    """What the owner is told of the run that can be returned to."""
    if before is None:
        return None
    return PreviousRun(before.title, before.examples, Leaving(before.how))


def session_summary(state: SessionState, examples: int, viewers: int) -> SessionSummary:
    """What the list of its owner's sessions says of a session."""
    return SessionSummary(
        session=state.id,
        title=title(state.run.spec),
        status=state.life.status,
        examples=examples,
        seen=state.seen,
        viewers=viewers,
    )


def dataset_info(dataset: Dataset) -> DatasetInfo:
    """Name, classes and counts."""
    return DatasetInfo(
        name=dataset.name,
        classes=dataset.classes,
        train=len(dataset.training_indices),
        validation=len(dataset.validation_indices),
        test=len(dataset.test_images),
    )


def layer_infos(spec: NetSpec) -> tuple[LayerInfo, ...]:
    """The layers, input first."""
    return tuple(
        LayerInfo(
            index,
            layer.type,
            (layer.in_shape.sx, layer.in_shape.sy, layer.in_shape.depth),
            (layer.out_shape.sx, layer.out_shape.sy, layer.out_shape.depth),
            layer.options,
            layer.parameter_count,
            layer.line,
            is_loss(layer.type),
        )
        for index, layer in enumerate(spec.layers)
    )


def title(spec: NetSpec) -> str:
    """The network in a line: what follows the input, by type and width.

    Activations are left out, and so is the fc layer that every loss brings along.
    """
    inner = [layer for layer in spec.layers[1:-2] if layer.type not in ACTIVATIONS]
    widths = (layer.options.get("filters", layer.options.get("num_neurons", "")) for layer in inner)
    named = (f"{layer.type} {width}".rstrip() for layer, width in zip(inner, widths, strict=True))
    return " · ".join((*named, spec.layers[-1].type))


def kept_sentence(spec: NetSpec, kept: Sequence[int]) -> str:
    """Which layers took over their weights from the network before."""
    if not kept:
        return "No layer has the shape of one before: all weights are new."
    names = [f"{spec.layers[index].type} (layer {index})" for index in kept]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    return f"Kept the weights of {listed}."


def spec_summary(spec: NetSpec) -> SpecSummary:
    """What `check_spec` answers."""
    return SpecSummary(layer_infos(spec), spec.parameter_count, spec.trainer.options)
