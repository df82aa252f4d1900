"""Streams in a run against the obvious formulas: Rust's running sums against sums made anew at every bar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TypeAlias

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench import ta
from workbench.indicators import Indicator

Values: TypeAlias = "list[float | None]"

CENTS = st.lists(st.integers(1, 10**7), min_size=1, max_size=60)
LENGTH = st.integers(1, 12)


class Watch(wb.Strategy):
    """Keeps what a stream says at every bar."""

    indicator: Indicator

    def on_start(self, ctx: wb.Context) -> None:
        self.stream = ctx.watch(self.indicator)

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        value = self.stream.get(bar.asset)
        if value is not None:
            ctx.record(value=value)


def streamed(indicator: Indicator, closes: list[float]) -> Values:
    """What a strategy reads at each bar."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    times = [start + timedelta(minutes=i) for i in range(len(closes))]
    frame = pl.DataFrame({"open_time": times, **dict.fromkeys(("open", "high", "low", "close"), closes)})
    bars = wb.Bars.from_frame(frame, asset="X", every="1m", calendar="24/7")
    run = wb.Backtest(Watch(indicator=indicator), bars, cash="1000 USD", warmup=False).run()
    found = dict(zip(run.recorded["time"], run.recorded["value"], strict=True)) if len(run.recorded) else {}
    return [found.get(time + timedelta(minutes=1)) for time in times]


def sma(values: Values, n: int) -> Values:
    """The mean of the last n values, in fractions, rounded once."""
    windows = [values[max(0, i + 1 - n) : i + 1] for i in range(len(values))]
    return [mean(window) if len(window) == n and None not in window else None for window in windows]


def mean(window: Values) -> float:
    return float(sum(Fraction(value) for value in window if value is not None) / len(window))


def ema(values: Values, n: int) -> Values:
    """The mean of the first n values, then each time 2 / (n + 1) of the way to the new one."""
    out: Values = []
    seed: list[float] = []
    level = 0.0
    for value in values:
        if value is not None and len(seed) < n:
            seed.append(value)
            level = mean([*seed])
        elif value is not None:
            level = value * (2 / (n + 1)) + level * (1 - 2 / (n + 1))
        out.append(level if len(seed) == n and value is not None else None)
    return out


def difference(left: Values, right: Values) -> Values:
    return [None if a is None or b is None else a - b for a, b in zip(left, right, strict=True)]


def agree(found: Values, expected: Values, scale: float) -> None:
    assert [value is None for value in found] == [value is None for value in expected]
    # A difference can be close to zero, so its error is measured against the prices it comes from.
    for value, wanted in zip(found, expected, strict=True):
        assert wanted is None or value == pytest.approx(wanted, rel=1e-12, abs=1e-12 * scale)


@settings(max_examples=60, deadline=None)
@given(cents=CENTS, fast=LENGTH, slow=LENGTH)
def test_streams_follow_the_formulas(cents: list[int], fast: int, slow: int) -> None:
    closes = [each / 100 for each in cents]
    values: Values = list(closes)
    rows = [
        (ta.sma(slow), sma(values, slow)),
        (ta.ema(slow), ema(values, slow)),
        (ta.sma(fast) - ta.ema(slow), difference(sma(values, fast), ema(values, slow))),
        (ta.ema(fast, of=ta.sma(slow)), ema(sma(values, slow), fast)),
        (ta.sma(fast, of=ta.ema(slow)), sma(ema(values, slow), fast)),
        (ta.sma(fast, of="high"), sma(values, fast)),
    ]
    for indicator, expected in rows:
        agree(streamed(indicator, closes), expected, max(closes))


@settings(max_examples=40, deadline=None)
@given(cents=CENTS, length=LENGTH, data=st.data())
def test_a_stream_of_a_prefix_is_the_prefix_of_the_stream(cents: list[int], length: int, data: st.DataObject) -> None:
    closes, known = [cent / 100 for cent in cents], data.draw(st.integers(1, len(cents)))
    indicator = ta.sma(length) - ta.ema(length)
    assert streamed(indicator, closes[:known]) == streamed(indicator, closes)[:known]


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        (ta.sma(3), [None, None, 6.0, 9.0, 8.0]),
        # Seed (3 + 6 + 9) / 3 = 6, then half the way to 12 and to 3.
        (ta.ema(3), [None, None, 6.0, 9.0, 6.0]),
        (ta.sma(1) - ta.sma(2), [None, 1.5, 1.5, 1.5, -4.5]),
        (30 / (ta.close() - 6) + 1, [-9.0, None, 11.0, 6.0, -9.0]),
        (-ta.close() * 2, [-6.0, -12.0, -18.0, -24.0, -6.0]),
        (ta.close() > ta.sma(2), [None, 1.0, 1.0, 1.0, 0.0]),
        ((ta.close() > 3) & (ta.close() < 12), [0.0, 1.0, 1.0, 0.0, 0.0]),
        (~((ta.close() > 3) & (ta.close() < 12)), [1.0, 0.0, 0.0, 1.0, 1.0]),
        ((ta.close() <= 3) | (ta.close() >= 12), [1.0, 0.0, 0.0, 1.0, 1.0]),
        ((ta.close() < 5) | (ta.sma(2) > 5), [None, 0.0, 1.0, 1.0, 1.0]),
        (ta.close().shift(2), [None, None, 3.0, 6.0, 9.0]),
        (ta.close().crosses_above(6), [None, 0.0, 1.0, 0.0, 0.0]),
        (ta.close().crosses_below(ta.sma(2)), [None, None, 0.0, 0.0, 1.0]),
        (ta.sma(2, of=ta.close() > 3), [None, 0.5, 1.0, 1.0, 0.5]),
    ],
    ids=str,
)
def test_values_worked_by_hand(indicator: Indicator, expected: Values) -> None:
    assert streamed(indicator, [3.0, 6.0, 9.0, 12.0, 3.0]) == expected
