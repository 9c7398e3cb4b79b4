"""Reads rows of the database, which may be damaged: no number gets in that would overflow."""

from __future__ import annotations

import json
import math
import sqlite3
import struct
import zlib
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from engine.bounded_numbers import check_bounded, count
from server.protocol.added_pictures import unpack
from server.protocol.run_values import Divergence, FullTest, TrainerChange
from server.storage.records import RunBefore, SessionRecord

POINT = ("examples", "loss", "decay_loss", "train_accuracy", "validation_accuracy")
"""Columns of a graph point, in the order of a `PointRow`."""
TEST = tuple(field.name for field in fields(FullTest))


class BadRow(Exception):
    """This program cannot have written the row as it is."""


def values_of(row: sqlite3.Row, columns: Iterable[str]) -> Any:
    """A row's values as a tuple in the order of these columns.

    Raises:
        BadRow: one is no value that this program writes.
    """
    values = tuple(row[name] for name in columns)
    for name, value in zip(columns, values, strict=True):
        if isinstance(value, float) and not math.isfinite(value):
            raise BadRow(f"{name} is {value}")
        try:
            if isinstance(value, int):
                count(value, name)
            elif isinstance(value, str):
                value.encode()
        except ValueError as error:
            raise BadRow(str(error)) from None
    return values


def full_test_of(row: sqlite3.Row) -> FullTest:
    """A row's full test.

    Raises:
        BadRow: it is damaged.
    """
    test = FullTest(*values_of(row, TEST))
    try:
        _ = test.counts
    except (zlib.error, struct.error) as error:
        raise BadRow(f"a confusion matrix is damaged: {error}") from None
    return test


def record_of(row: sqlite3.Row) -> SessionRecord:
    """A row's session.

    Raises:
        BadRow: it is damaged.
    """
    columns = tuple(field.name for field in fields(SessionRecord))
    values: dict[str, Any] = dict(zip(columns, values_of(row, columns), strict=True))
    try:
        texts = ("trainer", "divergences", "trainer_changes", "before")
        read = {name: json.loads(values[name] or "null") for name in texts}
        check_bounded([values["created"], values["seen"], *read.values()])
        return SessionRecord(
            **values
            | {
                "trainer": dict(read["trainer"]),
                "divergences": _divergences(read["divergences"]),
                "trainer_changes": _trainer_changes(read["trainer_changes"]),
                "added": unpack(values["added"]),
                "before": read["before"] and _run_before(read["before"]),
                "keep": bool(values["keep"]),
                "paused": bool(values["paused"]),
            }
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRow(str(error)) from None


def _divergences(values: list[dict[str, Any]]) -> tuple[Divergence, ...]:
    return tuple(Divergence(**each) for each in values)


def _trainer_changes(values: list[dict[str, Any]]) -> tuple[TrainerChange, ...]:
    # JSON knows no tuples.
    return tuple(
        TrainerChange(
            each["examples"],
            {name: (before, after) for name, (before, after) in each["changes"].items()},
        )
        for each in values
    )


def _run_before(values: dict[str, Any]) -> RunBefore:
    lists = {
        "divergences": _divergences(values["divergences"]),
        "trainer_changes": _trainer_changes(values["trainer_changes"]),
    }
    return RunBefore(**values | lists)
