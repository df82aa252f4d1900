"""What measurements share: prices, clocks, memory, and a process of its own for each.

The one idea: every engine is fed the same walk and measured the same way, so only the engine differs.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["FIRST", "SEED", "Row", "alone", "best_of", "peak_bytes", "peak_mb", "walk"]

SEED, FIRST = 7, 100.0
Row = dict[str, Any]


def walk(count: int, sigma: float, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Open, high, low, close in cents and volume of a random walk."""
    draw = random.standard_normal((count, 4))
    close = FIRST * np.exp(np.cumsum(draw[:, 0] * sigma))
    opened = np.concatenate(([FIRST], close[:-1])) * np.exp(draw[:, 1] * sigma * 0.2)
    high = np.maximum(opened, close) * np.exp(np.abs(draw[:, 2]) * sigma * 0.5)
    low = np.minimum(opened, close) * np.exp(-np.abs(draw[:, 3]) * sigma * 0.5)
    columns = {"open": opened, "high": high, "low": low, "close": close}
    table = {name: np.maximum(np.round(values, 2), 0.01) for name, values in columns.items()}
    table["volume"] = np.floor(5_000 + 20_000 * np.abs(draw[:, 1]))
    return table


def best_of(tries: int, run: Callable[[], Any]) -> tuple[float, Any]:
    """The shortest of some runs, the first left out, and what it gave."""
    result, shortest = run(), float("inf")
    for _ in range(tries):
        began = time.perf_counter()
        result = run()
        shortest = min(shortest, time.perf_counter() - began)
    return shortest, result


def peak_bytes() -> int:
    """The most memory that this process has held; Linux counts in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def peak_mb() -> float:
    """The same in MiB, on a tenth."""
    return round(peak_bytes() / 2**20, 1)


def alone(file: str, *chosen: object, python: str = sys.executable) -> Row:
    """One measurement of a file of these in a fresh process, with the arguments chosen."""
    command = [python, "-W", "ignore", file, *map(str, chosen)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(answer.splitlines()[-1]))
