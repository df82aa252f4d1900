"""Longer bars and indicators on them, by plain loops over what is known at one time.

The one idea: nothing is kept from one time to the next. At each time the rows that have closed are put into slots by
walking from the open of their session, slots whose end has come are bars, and every indicator is computed anew from
its first bar. `early` shifts what counts as now, so that a test can show what a leak would look like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

import workbench as wb
from workbench.indicators import Indicator
from workbench.market.calendars import Calendar

__all__ = ["Known", "Long", "Twin"]

Values = list[float | None]
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}


@dataclass(frozen=True)
class Long:
    """A bar that counts from `time` on."""

    time: datetime
    session: date
    open: float
    high: float
    low: float
    close: float
    volume: float | None


@dataclass(frozen=True)
class Row(Long):
    """A row as it was fed."""

    open_time: datetime


@dataclass(frozen=True)
class Known:
    """What is known of an asset: its own bars and the longer ones, in the units of now."""

    own: list[Long]
    longer: Mapping[str, list[Long]]

    def value(self, node: Indicator) -> float | None:
        """An indicator's value now."""
        if node.name == "sub" and node.every is None:
            left, right = (self.value(each) for each in node.inputs if isinstance(each, Indicator))
            return None if left is None or right is None else left - right
        series = self._plain(node, self.longer[node.every] if node.every else self.own)
        return series[-1] if series else None

    def _series(self, node: Indicator, ticks: Sequence[Long]) -> Values:
        """Its value at each of some bars: that of its own last bar where it has longer ones of its own."""
        if node.every is None:
            return self._plain(node, ticks)
        own = self.longer[node.every]
        series = self._plain(node, own)
        counts = [sum(bar.time <= tick.time for bar in own) for tick in ticks]
        return [series[count - 1] if count else None for count in counts]

    def _plain(self, node: Indicator, ticks: Sequence[Long]) -> Values:
        inputs = [
            self._series(each, ticks) if isinstance(each, Indicator) else [getattr(t, each) for t in ticks]
            for each in node.inputs
        ]
        if node.name == "sub":
            return [None if a is None or b is None else a - b for a, b in zip(*inputs, strict=True)]
        return {"sma": sma, "ema": ema}[node.name](inputs[0], node.params[0])


def sma(values: Values, n: int) -> Values:
    """The mean of each n values, where all are there."""
    windows = [values[max(0, i + 1 - n) : i + 1] for i in range(len(values))]
    known = [[x for x in window if x is not None] for window in windows]
    return [sum(window) / n if len(window) == n else None for window in known]


def ema(values: Values, n: int) -> Values:
    """The mean of the first n values, then each time 2 / (n + 1) of the way."""
    out: Values = []
    seed: list[float] = []
    level = 0.0
    for value in values:
        if value is not None and len(seed) < n:
            seed.append(value)
            level = sum(seed) / len(seed)
        elif value is not None:
            level += (value - level) * 2 / (n + 1)
        out.append(level if len(seed) == n and value is not None else None)
    return out


class Twin:
    """Some bars, asked at one time after the other."""

    def __init__(self, bars: wb.Bars, lengths: Sequence[str], early: timedelta = timedelta(0)) -> None:
        self.lengths = lengths
        self.early = early
        self.actions = bars.actions.to_dicts()
        self.calendars = {str(asset): Calendar(asset.calendar) for asset in bars.assets}
        self.rows = {str(asset): _rows(bars.frame.filter(pl.col("asset") == str(asset))) for asset in bars.assets}
        self.slots = {
            (asset, every): [slot(self.calendars[asset], row, every) for row in rows]
            for asset, rows in self.rows.items()
            for every in lengths
        }

    def known(self, asset: str, now: datetime) -> Known:
        """What may be known of an asset at a time."""
        opened = max((row.session for row in self.rows[asset] if row.open_time < now), default=date.min)
        acted = [each for each in self.actions if each["asset"] == asset and each["ex"] <= opened]
        rows = [_after(row, acted) for row in self.rows[asset] if row.time <= now]
        own = [Long(r.time, r.session, r.open, r.high, r.low, r.close, r.volume) for r in rows]
        return Known(own, {every: self._longer(asset, every, rows, now) for every in self.lengths})

    def _longer(self, asset: str, every: str, rows: Sequence[Row], now: datetime) -> list[Long]:
        groups: dict[tuple[datetime, datetime], list[Row]] = {}
        for row, place in zip(rows, self.slots[asset, every], strict=False):
            groups.setdefault(place, []).append(row)
        bars = [_merged(max(end, parts[-1].time), parts) for (_, end), parts in groups.items()]
        return [bar for bar in bars if bar.time <= now + self.early]


def _after(row: Row, splits: Sequence[Mapping[str, Any]]) -> Row:
    """A row in the units after all splits that came behind it."""
    for split in (each for each in splits if row.session < each["ex"]):
        new, old = split["numerator"], split["denominator"]
        prices = {name: getattr(row, name) * old / new for name in ("open", "high", "low", "close")}
        row = replace(row, **prices, volume=None if row.volume is None else row.volume * new / old)
    return row


def _rows(frame: pl.DataFrame) -> list[Row]:
    return [Row(**{name: row[name] for name in Row.__dataclass_fields__}) for row in frame.to_dicts()]


def _merged(time: datetime, rows: Sequence[Row]) -> Long:
    volumes = [row.volume for row in rows]
    volume = None if None in volumes else sum(v for v in volumes if v is not None)
    high, low = max(row.high for row in rows), min(row.low for row in rows)
    return Long(time, rows[-1].session, rows[0].open, high, low, rows[-1].close, volume)


def slot(calendar: Calendar, row: Row, every: str) -> tuple[datetime, datetime]:
    """Begin and end of the longer bar that a row belongs to."""
    day = row.session
    if every in ("1d", "1w", "1mo"):
        sessions = calendar.table(*_span(day, every)).to_dicts()
        return sessions[0]["open_time"], sessions[-1]["time"]
    parts: list[dict[str, Any]] = calendar.parts(day, day).to_dicts()
    part = next(p for p in parts if p["open_time"] <= row.open_time < p["time"])
    begin, step = part["open_time"], int(every[:-1]) * UNITS[every[-1]]
    while begin + step <= row.open_time:
        begin += step
    return begin, min(begin + step, part["time"])


def _span(day: date, every: str) -> tuple[date, date]:
    """First and last date of a day's period."""
    if every == "1d":
        return day, day
    if every == "1w":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return day.replace(day=1), following - timedelta(days=1)
