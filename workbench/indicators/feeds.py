"""What closes beside the rows of a column: longer bars of their asset, and bars of other assets.

The one idea: a feed is bars of one asset at one length. The bars of all feeds that are read stand in the order
of their times, each with the first row that closes at or after it, so a row knows what a stream knows at its bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from workbench.indicators.indicator import FIELDS, Indicator
from workbench.market.adjustments import adjusted, unit_changes
from workbench.market.bars import Bars, wanted_assets, with_frame
from workbench.market.resampling import by_clock, longer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Feed", "Stretch", "Told", "check", "feeds", "stretches"]


class Feed(NamedTuple):
    """Bars of an asset and of a length, None for those of the rows themselves."""

    asset: str | None
    every: str | None


class Told(NamedTuple):
    """Feeds, and their bars in the order of time: row, time_us, feed (its number), the fields, the session in days."""

    feeds: list[Feed]
    events: pl.DataFrame


def feeds(indicator: Indicator) -> list[Feed]:
    """What it reads beside the rows.

    Example:
        >>> from workbench import ta
        >>> [tuple(feed) for feed in feeds(ta.sma(3, every="1h") - ta.close().on("KO"))]
        [(None, '1h'), ('KO', None)]
    """
    return list(dict.fromkeys(feed for feed in _feeds(indicator, None) if feed != Feed(None, None)))


def _feeds(indicator: Indicator, of: str | None) -> Iterable[Feed]:
    asset = indicator.asset or of
    if indicator.every is not None or indicator.asset is not None:
        yield Feed(asset, indicator.every)
    for each in indicator.inputs:
        if isinstance(each, Indicator):
            yield from _feeds(each, asset)


def check(bars: Bars, wanted: Iterable[Feed]) -> None:
    """Refuses assets that are not among the bars, and lengths that they do not make up.

    Raises:
        UnknownAssetError: an asset; the nearest names are listed.
        ParameterError: a length.

    Example:
        >>> from workbench.market import simulate
        >>> check(simulate.bars("X", "1m", n=10), [Feed("X", "1h")])
    """
    for feed in wanted:
        if feed.asset is not None:
            wanted_assets(feed.asset, bars.assets, "these bars have")
        if feed.every is not None:
            longer(bars.every, feed.every)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of an asset at which the same units hold, and all that was known by its end, in these units."""

    own: Bars
    start: int
    bars: Callable[[Feed], Bars]

    @property
    def asset(self) -> str:
        """Whose rows these are."""
        return str(self.own.assets[0])

    def told(self, wanted: list[Feed]) -> Told:
        """What its rows are told beside themselves."""
        times = self.own.frame["time"].to_physical().to_numpy()
        parts = [self._events(number, feed, times) for number, feed in enumerate(wanted)]
        events = pl.concat(parts).sort("time_us", maintain_order=True)
        return Told(wanted, events)

    def _events(self, number: int, feed: Feed, times: Any) -> pl.DataFrame:
        frame = self.bars(feed).frame
        # One longer bar may reach beyond the end of the next one; it comes first all the same.
        known = np.maximum.accumulate(frame["time"].to_physical().to_numpy())
        rows = times.searchsorted(known, side="left")
        events = frame.select(
            *(pl.Series(name, values, dtype=pl.Int64) for name, values in (("row", rows), ("time_us", known))),
            pl.lit(number, dtype=pl.Int64).alias("feed"),
            *FIELDS,
            pl.col("session").cast(pl.Int32).cast(pl.Float64),
            pl.col("time").dt.epoch("us").cast(pl.Float64),
        )
        return events.filter(pl.col("row") < len(times))


def stretches(bars: Bars, asset: str, wanted: Iterable[Feed]) -> list[Stretch]:
    """The rows of an asset, cut where its own units or those of an asset it is told of change."""
    own = bars.select(asset)
    whole = cache(lambda feed: _whole(bars, Feed(feed.asset or asset, feed.every)))
    names = list(dict.fromkeys([asset, *(feed.asset for feed in wanted if feed.asset is not None)]))
    changes = sorted(change for name in names for change in _changes(own, bars.select(name), name))
    starts = list(dict.fromkeys([0, *(row for row, _, _ in changes)]))
    found = []
    for start, end in zip(starts, [*starts[1:], len(own)], strict=True):
        units = {name: ex for row, ex, name in changes if row <= start}
        known = _as_of(with_frame(own, own.frame.head(end)), units.get(asset))
        found.append(Stretch(known, start, partial(_in_units, whole, units, asset)))
    return found


def _in_units(whole: Callable[[Feed], Bars], units: dict[str, date], asset: str, feed: Feed) -> Bars:
    return _as_of(whole(feed), units.get(feed.asset or asset))


def _whole(bars: Bars, feed: Feed) -> Bars:
    of = bars.select(str(feed.asset))
    return of if feed.every is None else by_clock(of, feed.every)


def _as_of(bars: Bars, ex: date | None) -> Bars:
    return bars if ex is None else adjusted(bars, ex)


def _changes(own: Bars, other: Bars, name: str) -> list[tuple[int, date, str]]:
    """At which rows the units of an asset are new: the first to close after its first open on or after an ex-date."""
    if other.actions.is_empty():
        return []  # To find that out from a filter takes longer than many a column.
    days: list[date] = unit_changes(other.actions)["ex"].unique().sort().to_list()
    first = other.frame["session"].search_sorted(pl.Series(days, dtype=pl.Date), side="left")
    acting = [(day, at) for day, at in zip(days, first, strict=True) if at < len(other)]
    opens = other.frame["open_time"]
    rows = [(int(own.frame["time"].search_sorted(opens[at], side="right")), day) for day, at in acting]
    return [(row, day, name) for row, day in rows if row < len(own)]
