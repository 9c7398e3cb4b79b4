"""Networks as JSON: ConvNetJS's own format, plus what it takes to resume training exactly."""

from engine.formats.convnetjs import SnapshotError, refusal
from engine.formats.snapshot import Snapshot, dump, dump_convnetjs, load

__all__ = ["Snapshot", "SnapshotError", "dump", "dump_convnetjs", "load", "refusal"]
