"""Columns long enough for two cores: to the digit what a stream says, whatever is unknown and however rows are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from workbench import ta
from workbench.indicators import Indicator

ROWS = 200_003
# Not known at first, around the middle, and at the end.
HOLES: dict[str, Sequence[int]] = {
    "none": [],
    "the first rows": range(40),
    "one early row": [5000],
    "around the middle": range(99_000, 103_000, 7),
    "the last rows": range(ROWS - 70, ROWS),
}
INDICATORS: dict[str, Indicator] = {
    "a window": ta.sma(20),
    "a decay": ta.ema(20),
    "a decay of swings": ta.rsi(14),
    "an output": ta.macd(12, 26, 9).line,
    "a rule": ta.sma(10) > ta.sma(30),
    "what is never parted": ta.kama(10),
}


def closes(holes: Sequence[int]) -> pl.Series:
    """A walk in whole cents, unknown at some rows."""
    walk = np.round(100 + np.abs(np.cumsum(np.random.default_rng(3).standard_normal(ROWS) * 0.02)), 2)
    known = pl.Series("close", walk)
    return known.scatter(holes, None) if len(holes) else known


@pytest.mark.parametrize("holes", HOLES.values(), ids=HOLES)
@pytest.mark.parametrize("indicator", INDICATORS.values(), ids=INDICATORS)
def test_a_long_column_is_the_stream(indicator: Indicator, holes: Sequence[int]) -> None:
    given = closes(holes)
    stream = indicator.stream()
    expected = [stream.update(x) for x in given.to_list()]
    parts = pl.concat([given[:70_001], given[70_001:140_001], given[140_001:]], rechunk=False)
    for stored in (given, parts):
        assert indicator(stored).cast(pl.Float64).to_list() == expected


@pytest.mark.parametrize("holes", HOLES.values(), ids=HOLES)
def test_all_outputs_of_a_long_column_are_each_of_them(holes: Sequence[int]) -> None:
    given, macd = closes(holes), ta.macd(12, 26, 9)
    found = macd(given)
    for name in ("line", "signal", "histogram"):
        stream = getattr(macd, name).stream()
        assert found[f"macd.{name}"].to_list() == [stream.update(x) for x in given.to_list()]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is told of large pages, and says how memory is mapped")
def test_the_memory_of_a_column_is_one_mapping() -> None:
    """What begins inside a page is in large pages from that page on: cut in two it could not grow in place."""
    code = """
from workbench import ta
import polars as pl
column = ta.close()(pl.Series([1.0, 2.0] * 100_000)).to_numpy(allow_copy=False)
begin, rows = column.ctypes.data, len(column)
mappings = [line.split()[0].split("-") for line in open("/proc/self/maps")]
def place(address):
    return next(i for i, (low, high) in enumerate(mappings) if int(low, 16) <= address < int(high, 16))
print(begin % 4096 > 0, place(begin) == place(begin + 8 * rows - 1))
"""
    fixed = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "131072"}
    found = subprocess.run([sys.executable, "-P", "-c", code], env=fixed, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["True", "True"]


@pytest.mark.parametrize("huge", [3e289, 5e289, 9.9e289, 1.1e290, float("inf")])
@pytest.mark.parametrize("row", [0, 1, 959, 960, 961, 2_500])
@pytest.mark.parametrize("field", ["high", "low", "close"])
def test_a_range_at_the_edge_of_what_counts_is_the_stream(field: str, row: int, huge: float) -> None:
    """Near 1e290 a price stops being one; where columns look for that at many rows at once, they find the same."""
    walk = closes([])[:4_000]
    frame = pl.DataFrame({"high": walk + 0.5, "low": walk - 0.5, "close": walk, "asset": ["X"] * len(walk)})
    frame = frame.with_columns(frame[field].scatter(row, -huge if field == "low" else huge))
    for indicator in (ta.atr(14), ta.trange()):
        stream = indicator.stream()
        expected = [stream.update(SimpleNamespace(**bar)) for bar in frame.to_dicts()]
        found = frame.select(indicator.expr(over="asset")).to_series()
        assert found.to_list() == expected
