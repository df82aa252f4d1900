"""Indicators watched over bars made of columns, and the markets on which they are compared.

The one idea: one run watches many indicators, so that a comparison costs one pass over a market.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

import workbench as wb
from workbench.indicators import Indicator

__all__ = ["Column", "Market", "market", "markets", "streams", "walk"]

Column: TypeAlias = "npt.NDArray[np.float64]"
Market: TypeAlias = "dict[str, Column]"

START = datetime(2020, 1, 1, tzinfo=UTC)


class Watches(wb.Strategy):
    """Keeps what each stream says at every bar, under the repr of its indicator."""

    indicators: tuple[Indicator, ...]

    def on_start(self, ctx: wb.Context) -> None:
        self.streams = {repr(each): ctx.watch(each) for each in self.indicators}

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        values = {name: stream.get(bar.asset) for name, stream in self.streams.items()}
        ctx.record(
            close_time_s=bar.time.timestamp(), **{name: value for name, value in values.items() if value is not None}
        )


def streams(indicators: Iterable[Indicator], market: Market) -> dict[str, Column]:
    """What a strategy reads at each bar, by the repr of the indicator; NaN where it reads nothing."""
    asked = tuple(indicators)
    n = len(market["close"])
    times = [START + timedelta(minutes=i) for i in range(n)]
    frame = pl.DataFrame({"open_time": times, **market}).with_columns(pl.col("volume").fill_nan(None))
    bars = wb.Bars.from_frame(frame, asset="X", every="1m", calendar="24/7")
    recorded = wb.Backtest(Watches(indicators=asked), bars, cash="1000 USD", warmup=False).run().recorded
    assert len(recorded) == n
    empty = pl.Series([None] * n, dtype=pl.Float64)
    return {
        repr(each): recorded.get_column(repr(each), default=empty).fill_null(float("nan")).to_numpy() for each in asked
    }


def market(close: Column, seed: int = 1) -> Market:
    """Bars around these closes; each opens where the one before closed."""
    chance = np.random.default_rng(seed)
    opens = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    if len(set(close)) > 1:
        # Rounded after the addition too, as prices are: two that are the same must be the same float.
        spread = np.round(chance.uniform(0, 0.5, (2, len(close))), 2)
        high, low = np.round(high + spread[0], 6), np.round(low - spread[1], 6)
    volume = chance.integers(1, 10_000, len(close)).astype(float)
    return {"open": opens, "high": high, "low": low, "close": close, "volume": volume}


def walk(n: int, seed: int) -> Column:
    """A random walk of prices on a cent."""
    steps = np.random.default_rng(seed).integers(-60, 61, n)
    return np.maximum(np.cumsum(steps) + 10_000, 500) / 100


def apple() -> Market:
    """The real sample, 1,500 days of it."""
    frame = wb.sample["AAPL"].frame.tail(1500)
    return {name: frame[name].cast(pl.Float64).to_numpy() for name in ("open", "high", "low", "close", "volume")}


def markets() -> dict[str, Market]:
    spiky = np.full(300, 100.0)
    spiky[[40, 41, 120, 200, 290]] = [1000.0, 1.0, 5000.0, 50.0, 300.0]
    return {
        "a walk": market(walk(1000, 1)),
        "a walk that is another": market(walk(1000, 2)),
        "a constant": market(np.full(300, 100.0)),
        "a ramp": market(np.arange(300) / 4 + 50),
        "a falling ramp": market(200 - np.arange(300) / 2),
        "spikes": market(spiky),
        "the sample": apple(),
    }
