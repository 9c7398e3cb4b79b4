"""Networks as JSON: ConvNetJS's own format, and beside it what it takes to train on exactly."""

from engine.snapshot.convnetjs import SnapshotError, refusal
from engine.snapshot.file import Snapshot, dump, dump_convnetjs, load

__all__ = ["Snapshot", "SnapshotError", "dump", "dump_convnetjs", "load", "refusal"]
