"""Kinds of things that messages name by a word; on the page they are unions of literal strings."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What a session is doing."""

    STOPPED = "stopped"
    """It has no process and wants none until somebody looks."""
    WAITING = "waiting"
    """It stands in line for a process."""
    STARTING = "starting"
    """Its process is there, but the network does not run yet."""
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    """The run cannot go on; a new run can begin."""


class Failure(StrEnum):
    """What made a session fail."""

    DIVERGED = "diverged"
    """Its loss is no longer finite; there are good weights to go back to."""
    DIED = "died"
    """Its processes died one after the other."""
    UNREADABLE = "unreadable"
    """What was saved of it, or its data set, cannot be read; it is as it was, for its owner to
    decide."""
    ERROR = "error"
    """The network cannot be trained, or the program has a fault."""


class Leaving(StrEnum):
    """What took the place of a run."""

    RESTART = "restart"
    """The same network from its first weights."""
    CHANGE = "change"
    """Another network, or the same with other options."""
    FILE = "file"
    """The network of a file."""
    RETURN = "return"
    """The run before it."""


class Source(StrEnum):
    """Where the example is from that the layer cards show."""

    TRAINING = "training"
    """An image that is trained on, usually the newest."""
    VALIDATION = "validation"
    TEST = "test"
    IMAGE = "image"
    """The picture that the user asked about."""


class DatasetState(StrEnum):
    """How far the data set is."""

    BUILTIN = "builtin"
    """The built-in digits are in use, and nothing better is under way."""
    DOWNLOADING = "downloading"
    READY = "ready"
    FAILED = "failed"
    """The download failed, or its files are unusable."""


class Level(StrEnum):
    """How grave a notice is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
