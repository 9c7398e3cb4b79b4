"""Medians, spreads and ratios, and the table that shows them."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.cores import cores

RESULTS = Path(__file__).resolve().parent / "results"


def summary(rates: Sequence[float]) -> dict[str, Any]:
    """Median, range and interquartile range of repeated figures, and the figures themselves."""
    quarters = statistics.quantiles(rates, n=4, method="inclusive") if len(rates) > 1 else None
    return {
        "median": statistics.median(rates),
        "minimum": min(rates),
        "maximum": max(rates),
        "interquartile": quarters[2] - quarters[0] if quarters else 0.0,
        "repetitions": list(rates),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def save(result: dict[str, Any], name: str, folder: Path = RESULTS) -> Path:
    """Write the figures as JSON beside earlier ones; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    file.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")
    return file


def with_spread(figures: dict[str, Any] | None) -> str:
    """`7,650 (7,400..7,820)`, or a dash for what was not measured."""
    if figures is None:
        return "-"
    low, high = figures["minimum"], figures["maximum"]
    return f"{figures['median']:,.0f} ({low:,.0f}..{high:,.0f})"


def ratio(over: dict[str, Any] | None, under: dict[str, Any] | None) -> float | None:
    """Quotient of two medians, where both were measured."""
    return over["median"] / under["median"] if over and under else None


def times(value: float | None, digits: int = 2) -> str:
    """A ratio for people: `1.42x`, or a dash."""
    return "-" if value is None else f"{value:.{digits}f}x"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns, all but the first two to the right."""
    columns = list(zip(heads, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    left = 2

    def line(cells: Sequence[str]) -> str:
        set_cells = [
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "| " + " | ".join(set_cells) + " |"

    rule = ["-" * w if i < left else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    return "\n".join([line(heads), line(rule), *map(line, rows)])
