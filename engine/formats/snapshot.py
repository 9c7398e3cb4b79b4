"""The snapshot file: JSON that holds every vector once, and where it can ConvNetJS's `layers`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson

from engine.bounded_numbers import LARGEST_MEASUREMENT, check_bounded, count
from engine.data import Sampler
from engine.data.sampler import generator_from_state, generator_state
from engine.file_limits import SNAPSHOT_BYTES
from engine.formats.convnetjs import (
    SnapshotError,
    definition,
    described,
    layer_to_json,
    read_parameters,
    refusal,
)
from engine.language import (
    DEFAULT_LIMITS,
    MNIST_SHAPE,
    DataShape,
    Limits,
    NetSpec,
    OptionError,
    SpecError,
    TrainerSpec,
    from_layers,
    parse,
    to_text,
)
from engine.layers import Array
from engine.network.net import Net
from engine.training.trainer import Trainer
from engine.update_rules.optimizers import OPTIMIZERS

OWN_KEY = "convnet_live"
VERSION = 3
READ_VERSIONS = (1, 2, VERSION)
"""Files of version 1 hold ConvNetJS's `layers` of large networks too, and an average even where it
is that of nothing. Up to version 2 an `eps` that is not written down is 1e-8 with every method."""
DEFAULTS_BEFORE_3 = {"eps": 1e-8}
MOST_IN_DECIMALS = 250_000
"""Parameters of a network that ConvNetJS can read from our own files. Digits take more than twice
the room of base64, and larger files do not fit the page's text area anyway."""
BYTES_PER_PARAMETER = 128
"""A generous bound: 16 as digits and four times 6 in base64, in a buffer that grows by doubling."""

Json = dict[str, Any]

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')


@dataclass(frozen=True)
class Snapshot:
    """What a file holds.

    Attributes:
        net: the network with its weights.
        training: what `resume` needs; None in ConvNetJS's own files.
    """

    net: Net
    training: Json | None

    def resume(self, trainer: Trainer, sampler: Sampler | None = None) -> None:
        """Put a new trainer of `net` (and its sampler) exactly back to where they were.

        Without training state in the file both stay unchanged; so does a sampler of another data
        set than the file's.

        Raises:
            SnapshotError: the state is malformed; then nothing has changed.
        """
        if self.training is None:
            return
        before = None if sampler is None else sampler.state()
        try:
            if sampler is not None:
                _resume_sampler(sampler, self.training.get("sampler"))
            _resume_trainer(trainer, self.training)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            if sampler is not None and before is not None:
                sampler.restore(before)
            raise SnapshotError(f"its training state is malformed ({error})") from None


def dump(
    net: Net,
    trainer: Trainer | None = None,
    sampler: Sampler | None = None,
    means: Json | None = None,
) -> bytes:
    """The file's bytes.

    With a trainer (and its sampler) the file also holds everything needed to continue as if
    training had never stopped. A network that ConvNetJS could not run, or a large one, has no
    `layers` in the file, only its parameters under our key.
    """
    spec = net.spec if trainer is None else replace(net.spec, trainer=trainer.options)
    own: Json = {"version": VERSION, "spec": to_text(spec)}
    if trainer is not None:
        own["training"] = _training(trainer, sampler)
        if means is not None:
            own["training"]["means"] = means
    if refusal(spec) is None and net.params.size <= MOST_IN_DECIMALS:
        # None of its layer types has running statistics.
        return _to_bytes({"layers": _layers(net), OWN_KEY: own}, net)
    own |= {"parameters": _encode(net.params), "statistics": _encode(net.state)}
    return _to_bytes({OWN_KEY: own}, net)


def dump_convnetjs(net: Net, options: TrainerSpec | None = None) -> bytes:
    """The bytes of a file for ConvNetJS alone: the layers and nothing else.

    Raises:
        SnapshotError: ConvNetJS could not run the network, or `load` not read a file so large.
    """
    spec = net.spec if options is None else replace(net.spec, trainer=options)
    if reason := refusal(spec):
        raise SnapshotError(f"this cannot be saved as a file of ConvNetJS: {reason}")
    data = _to_bytes({"layers": _layers(net)}, net)
    if len(data) > SNAPSHOT_BYTES:
        raise SnapshotError("as a file of ConvNetJS it would be too large to be read again")
    return data


def _layers(net: Net) -> list[Json]:
    return [layer_to_json(layer) for layer in net.layers]


def _to_bytes(file: Json, net: Net) -> bytes:
    # orjson aborts the process when it cannot grow its buffer; allocating as much beforehand turns
    # that into a MemoryError.
    np.empty(BYTES_PER_PARAMETER * net.params.size, np.uint8)
    return orjson.dumps(file, option=orjson.OPT_SERIALIZE_NUMPY)


def load(
    data: bytes | str,
    *,
    trainer: TrainerSpec | None = None,
    images: DataShape = MNIST_SHAPE,
    limits: Limits = DEFAULT_LIMITS,
) -> Snapshot:
    """Read a snapshot, ours or ConvNetJS's.

    Args:
        trainer: how to train a network whose file does not say, as ConvNetJS's do not.
        images, limits: what the network must fit, as in `engine.language.parse`.

    Raises:
        SnapshotError: with the reason.
    """
    try:
        file = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if error.msg.startswith("Not enough memory"):
            raise MemoryError(error.msg) from None
        raise SnapshotError(f"this is not JSON: {error}") from None
    if not isinstance(file, dict):
        raise SnapshotError("this is not a network: a snapshot is an object with `layers`")
    _refuse_repeated_keys(data.encode() if isinstance(data, str) else data, file)
    own = _own(file)
    if "layers" in file:
        net = _from_layers(file["layers"], own, trainer, images, limits)
    else:
        net = _from_own(own, images, limits)
    return Snapshot(net, _training_of(own))


def _training_of(own: Json) -> Json | None:
    training = own.get("training")
    if not isinstance(training, dict):
        return None
    try:
        check_bounded(training, LARGEST_MEASUREMENT)
    except ValueError as error:
        raise SnapshotError(f"its training state is malformed ({error})") from None
    return training


def _refuse_repeated_keys(data: bytes, file: Json) -> None:
    """Refuse the same key twice in an object: programs disagree on which of the two counts.

    In JSON a colon follows each key, and outside of strings there are no other colons.
    """
    kept = 0
    waiting: list[Any] = [file]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            kept += len(each)
            each = each.values()
        waiting.extend(inner for inner in each if isinstance(inner, dict | list))
    if _STRING.sub(b"", data).count(b":") != kept:
        raise SnapshotError("one of its objects has the same key twice")


def _own(file: Json) -> Json:
    own = file.get(OWN_KEY, {})
    if not isinstance(own, dict):
        raise SnapshotError(f"`{OWN_KEY}` should be an object")
    version = own.get("version", VERSION)
    if version not in READ_VERSIONS:
        raise SnapshotError(
            f"it has version {version!r:.40}; this program reads up to version {VERSION}"
        )
    return own


def _from_layers(
    layers: object, own: Json, trainer: TrainerSpec | None, images: DataShape, limits: Limits
) -> Net:
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise SnapshotError("this is not a network: `layers` should be a list of objects")
    net = Net(_spec(layers, own, trainer, images, limits))
    for index, (layer, each) in enumerate(zip(net.layers, layers, strict=True)):
        read_parameters(layer, each, index)
    return net


def _from_own(own: Json, images: DataShape, limits: Limits) -> Net:
    if not isinstance(own.get("spec"), str):
        raise SnapshotError("this is not a network: it has no `layers`")
    try:
        net = Net(_parse_own(own, images, limits))
        np.copyto(net.params, _decode(own.get("parameters"), net.params.size))
        np.copyto(net.state, _decode(own.get("statistics"), net.state.size))
    except SpecError as error:
        raise SnapshotError(f"its spec is not valid: {error}") from None
    except (TypeError, ValueError) as error:
        raise SnapshotError(f"its parameters are malformed ({error})") from None
    return net


def _spec(
    layers: list[Json], own: Json, trainer: TrainerSpec | None, images: DataShape, limits: Limits
) -> NetSpec:
    """The spec that the layers show, or the file's own text, if it describes the same layers."""
    if len(layers) > limits.layers:
        raise SnapshotError(f"it has {len(layers)} layers; the limit is {limits.layers}")
    definitions = [definition(layer, index) for index, layer in enumerate(layers)]
    try:
        shown = from_layers(definitions, trainer, images=images, limits=limits)
        if not isinstance(own.get("spec"), str):
            return shown
        spec = _parse_own(own, images, limits)
    except OptionError as error:
        raise SnapshotError(error.message) from None
    except SpecError as error:
        raise SnapshotError(f"its spec is not valid: {error}") from None
    if described(spec) != described(shown):
        raise SnapshotError("its spec and its layers do not describe the same network")
    return spec


def _parse_own(own: Json, images: DataShape, limits: Limits) -> NetSpec:
    """The file's own text, with the defaults of the program that wrote it."""
    before = DEFAULTS_BEFORE_3 if own.get("version", VERSION) < 3 else None
    return parse(own["spec"], images=images, limits=limits, trainer_defaults=before)


def _training(trainer: Trainer, sampler: Sampler | None) -> Json:
    optimizer = trainer.optimizer
    state: Json = {
        "step_count": trainer.step_count,
        "examples_seen": trainer.examples_seen,
        "rng": generator_state(trainer.rng),
        "optimizer": {
            "method": optimizer.method,
            "updates": optimizer.updates,
            "state": {name: _encode(vector) for name, vector in optimizer.state.items()},
        },
    }
    if trainer.average.tobytes() != trainer.net.params.tobytes():
        state["average"] = _encode(trainer.average)
    if sampler is not None:
        state["sampler"] = sampler.state()
    return state


def _resume_sampler(sampler: Sampler, state: object) -> None:
    size = sampler.state()["training_images"]
    if isinstance(state, Mapping) and state.get("training_images") == size:
        sampler.restore(state)


def _resume_trainer(trainer: Trainer, state: Json) -> None:
    saved = state["optimizer"]
    steps, examples = (count(state[name], name) for name in ("step_count", "examples_seen"))
    updates = count(saved["updates"], "updates")
    size, dtype = trainer.net.params.size, trainer.net.params.dtype
    optimizer = OPTIMIZERS[saved["method"]](size, dtype)
    optimizer.state = {name: _decode(saved["state"][name], size) for name in optimizer.remembers}
    # Files of version 1 have here again what has been read with the parameters.
    if "statistics" in state:
        _decode(state["statistics"], trainer.net.state.size)
    average = _decode(state["average"], size) if "average" in state else trainer.net.params
    rng = generator_from_state(state["rng"])
    # Everything has been read: nothing below can fail halfway.
    trainer.step_count, trainer.examples_seen, optimizer.updates = steps, examples, updates
    if optimizer.method == trainer.options.method:
        trainer.optimizer = optimizer
    np.copyto(trainer.average, average)
    trainer.rng = rng


def _encode(vector: Array) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")


def _decode(text: object, size: int) -> Array:
    if not isinstance(text, str):
        raise TypeError("a vector must be base64 text")
    try:
        vector = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if len(vector) != size or not np.isfinite(vector).all():
        raise ValueError(f"a vector must hold {size} finite numbers")
    return vector.astype(np.float32)
