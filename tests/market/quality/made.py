"""Frames of the schema `BARS` made by hand, which need not be good."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from workbench.market.assets import Asset
from workbench.market.bars import BARS

START = "2024-07-02T13:30"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def frame(
    n: int, start: str = START, minutes: int = 1, asset: str = "X", day: date | None = None, **columns: Any
) -> pl.DataFrame:
    """`n` bars in a row, a little different from each other, so that none is stale; columns replace the usual ones."""
    opens = [utc(start) + timedelta(minutes=minutes * i) for i in range(n)]
    prices = [10.0 + 0.01 * (i % 3) for i in range(n)]
    rows: dict[str, Any] = {
        "asset": [asset] * n,
        "open_time": opens,
        "time": [t + timedelta(minutes=minutes) for t in opens],
        "session": [day or t.date() for t in opens],
        "open": prices,
        "high": [p + 0.02 for p in prices],
        "low": [p - 0.02 for p in prices],
        "close": prices,
        "volume": [5.0] * n,
        **columns,
    }
    return pl.DataFrame(rows, schema=BARS)


def daily(days: list[str], **columns: Any) -> pl.DataFrame:
    """Bars of sessions of New York in summer."""
    n = len(days)
    opens = [utc(f"{day}T13:30") for day in days]
    closes = [utc(f"{day}T20:00") for day in days]
    sessions = [date.fromisoformat(day) for day in days]
    return frame(n, **{"open_time": opens, "time": closes, "session": sessions, **columns})  # type: ignore[arg-type]


def edited(made: pl.DataFrame, row: int, **values: Any) -> pl.DataFrame:
    """One row with other values; a time is text."""
    rows = made.to_dicts()
    rows[row] |= {k: utc(v) if k in ("open_time", "time") and isinstance(v, str) else v for k, v in values.items()}
    return pl.DataFrame(rows, schema=BARS)


def asset(calendar: str = "24/7", name: str = "X") -> Asset:
    return Asset(name, calendar=calendar)
