"""Columns long enough for two cores: to the digit what a stream says, whatever is unknown and however rows are kept."""

from __future__ import annotations

from collections.abc import Sequence

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
    "what is never halved": ta.kama(10),
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
