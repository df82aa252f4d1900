"""The market data of the benchmark workloads: deterministic, seed 7, prices in cents, whole volumes.

The one idea: rows are drawn one bar at a time, so a short series is a prefix of a long one.
"""

from __future__ import annotations

import numpy as np
import polars as pl

__all__ = ["daily_panel", "minute_bars", "month_starts"]

SEED = 7
FIELDS = ("open", "high", "low", "close")


def _walk(n: int, sigma: float, rng: np.random.Generator, start: float = 100.0) -> dict[str, np.ndarray]:
    """One geometric random walk: open, high, low, close and volume of n bars."""
    z = rng.standard_normal((n, 4))
    close = start * np.exp(np.cumsum(z[:, 0] * sigma))
    before = np.concatenate(([start], close[:-1]))
    open_ = before * np.exp(z[:, 1] * sigma * 0.2)
    high = np.maximum(open_, close) * np.exp(np.abs(z[:, 2]) * sigma * 0.5)
    low = np.minimum(open_, close) * np.exp(-np.abs(z[:, 3]) * sigma * 0.5)
    volume = np.floor(5_000 + 20_000 * np.abs(z[:, 1]))
    prices = zip(FIELDS, (open_, high, low, close), strict=True)
    return {name: np.maximum(np.round(values, 2), 0.01) for name, values in prices} | {"volume": volume}


def minute_bars(n: int, name: str = "X") -> pl.DataFrame:
    """n one-minute bars of one asset from 2020-01-01 on, `open_time` in UTC."""
    start = np.datetime64("2020-01-01T00:00", "us")
    times = start + np.arange(n) * np.timedelta64(60_000_000, "us")
    return _frame(name, times, _walk(n, 0.0004, np.random.default_rng(SEED)))


def weekdays(n: int) -> np.ndarray:
    """n consecutive days from Monday 2022-01-03 on, without weekends."""
    return np.busday_offset(np.datetime64("2022-01-03", "D"), np.arange(n))


def daily_panel(assets: int = 50, bars: int = 504) -> pl.DataFrame:
    """Daily bars of many assets, asset after asset, `open_time` at midnight UTC of weekdays."""
    times = weekdays(bars).astype("datetime64[us]")
    walks = ((f"A{i:02d}", _walk(bars, 0.018, np.random.default_rng([SEED, i]))) for i in range(assets))
    return pl.concat([_frame(name, times, walk) for name, walk in walks])


def month_starts(days: np.ndarray) -> np.ndarray:
    """Which days are the first of a month in the series; the very first day is not one."""
    months = days.astype("datetime64[M]")
    return np.concatenate(([False], months[1:] != months[:-1]))


def _frame(name: str, times: np.ndarray, walk: dict[str, np.ndarray]) -> pl.DataFrame:
    columns = {"asset": [name] * len(times), "open_time": times} | walk
    return pl.DataFrame(columns).with_columns(pl.col("open_time").dt.replace_time_zone("UTC"))
