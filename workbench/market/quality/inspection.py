"""Everything that is strange in a frame of bars, found in one pass over each asset.

The one idea: the frame need not be good. It is put in order first (the order is kept, so that every finding names the
row as it was given), then each asset is checked alone, later checks without the rows that earlier ones found useless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from workbench.errors import BarsError
from workbench.market.bars import BARS
from workbench.market.calendars import Calendar
from workbench.market.quality.prices import (
    Changes,
    Jump,
    bad_prices,
    check_outliers,
    check_stale,
    check_volume,
    edge,
    jumps_like_splits,
)
from workbench.market.quality.report import QualityReport
from workbench.market.quality.rules import FINDINGS, RULES, Limits
from workbench.market.quality.series import NO_SESSION, Findings, Series, Whole, kept
from workbench.market.quality.times import Hours, check_hours, distinct, hours_of, nights_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from workbench.market.assets import Asset

__all__ = ["Arranged", "arranged", "inspect", "unrecorded_splits"]


def inspect(
    frame: pl.DataFrame,
    assets: Sequence[Asset],
    every: str,
    actions: pl.DataFrame | None = None,
    limits: Limits | None = None,
) -> QualityReport:
    """Check a frame of the schema `BARS` by all rules; see `RULES` for what they find and `Limits` for the limits.

    Args:
        frame: rows in any order, with prices and times that may be wrong, doubled or missing.
        assets: the assets that the frame holds, with their calendars.
        every: length of a bar.
        actions: their actions (schema `ACTIONS`), so that a split is no surprise.
        limits: what is still taken as usual.

    Raises:
        BarsError: a frame of another schema, or rows of an asset that is not among `assets`.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", n=100)
        >>> twice = pl.concat([bars.frame.head(50), bars.frame.slice(49, 1), bars.frame.tail(40)])
        >>> inspect(twice, bars.assets, "1m").counts
        {'duplicate': 1, 'gap': 1}
    """
    if frame.schema != BARS:
        raise BarsError(f"the frame has the schema {dict(frame.schema)}, not {dict(BARS)}")
    found, allowed = Findings(), limits or Limits()
    timed, lost = _timed(frame)
    rows, order, moved, runs = arranged(timed, assets)
    if lost is not None:
        order = np.flatnonzero(~np.isin(np.arange(frame.height), lost))[order if order is not None else slice(None)]
        moved = np.delete(np.arange(frame.height), lost)[moved]
    hours: dict[str, Hours] = {}
    for series in _series(rows, assets, runs):
        changes = _changes(actions, series.asset)
        _check(series, every, changes, allowed, hours, found)
    made = _frame(frame, found, order, {"missing": lost, "unsorted": moved})
    return QualityReport(made, frame.height, tuple(assets), every, _span(timed), allowed)


def unrecorded_splits(
    frame: pl.DataFrame, assets: Sequence[Asset], actions: pl.DataFrame, limits: Limits | None = None
) -> list[tuple[Asset, date, Jump]]:
    """What `inspect` finds by its rule "split", but in good bars and at once: quiet assets are not looked at closely.

    Args:
        frame: the frame of Bars.
        assets: its assets.
        actions: their actions (schema `ACTIONS`).
        limits: what is still taken as usual.

    Returns:
        Asset, session and jump in the order of the frame; the row of a jump is that among the asset's.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", every="1d", n=100)
        >>> units = pl.when(pl.int_range(pl.len()) < 50).then(2.0).otherwise(1.0)
        >>> split = bars.frame.with_columns(pl.col("open", "high", "low", "close") * units)
        >>> [jump._replace(ratio=0.5) for _, _, jump in unrecorded_splits(split, bars.assets, bars.actions)]
        [Jump(row=50, ratio=0.5, new=2, old=1)]
    """
    allowed = limits or Limits()
    rows = frame.filter(pl.col("asset").is_in(_jumping(frame, edge(allowed)).implode()))
    found = []
    for s in _series(rows, assets, _runs(rows)):
        jumps = jumps_like_splits(s, _changes(actions, s.asset), allowed)
        found += [(s.asset, rows["session"][int(s.places[jump.row])], jump) for jump in jumps]
    return found


def _jumping(frame: pl.DataFrame, least: float) -> pl.Series:
    """Assets that opened somewhere beyond a ratio to the close before."""
    ratio = pl.col("open") / pl.col("close").shift(1)
    same = pl.col("asset") == pl.col("asset").shift(1)
    return frame.lazy().filter(~ratio.is_between(1 / least, least) & same).select("asset").collect()["asset"].unique()


def _timed(frame: pl.DataFrame) -> tuple[pl.DataFrame, Whole | None]:
    """Rows that have times, and the numbers of those that lack one."""
    if not frame["open_time"].null_count() + frame["time"].null_count():
        return frame, None
    lost = frame["open_time"].is_null() | frame["time"].is_null()
    return frame.filter(~lost), lost.arg_true().to_numpy()


def _span(rows: pl.DataFrame) -> tuple[Any, Any]:
    return rows.select(first=pl.col("open_time").min(), last=pl.col("time").max()).row(0)


class Arranged(NamedTuple):
    """Rows in order, the row that each was before (None where none moved), the rows that came too early, the assets."""

    rows: pl.DataFrame
    order: Whole | None
    early: Whole
    runs: pl.DataFrame


def arranged(frame: pl.DataFrame, assets: Sequence[Asset]) -> Arranged:
    """Rows asset after asset in order of time, rows of one time as given.

    Raises:
        BarsError: rows of an asset that is not among `assets`.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", n=3)
        >>> arranged(bars.frame[::-1], bars.assets)[1:3]
        (array([2, 1, 0]), array([1, 2]))
    """
    runs = _runs(frame)
    names = [str(asset) for asset in assets]
    strange = sorted(set(map(str, runs["value"].unique())) - set(names))
    if strange:
        raise BarsError(f"rows of {', '.join(strange[:5])}, but the assets are {', '.join(names[:10])}; name them all")
    ranks = runs["value"].replace_strict(names, range(len(names)), return_dtype=pl.UInt32).to_numpy()
    times = frame["open_time"].to_physical().to_numpy()
    order = None
    if (ranks[1:] <= ranks[:-1]).any():
        order = np.argsort(_narrow(np.repeat(ranks, runs["len"].to_numpy()), len(names)), kind="stable")
        times, lengths = times[order], np.bincount(ranks, runs["len"].to_numpy(), len(names)).astype(np.int64)
    else:
        lengths = runs["len"].to_numpy().astype(np.int64)
    falls = times[1:] < times[:-1]
    falls[np.cumsum(lengths[lengths > 0])[:-1] - 1] = False
    early = np.flatnonzero(falls) + 1
    if not len(early) and order is None:
        return Arranged(frame, None, early, runs)
    early, order = (early, np.arange(frame.height)) if order is None else (order[early], order)
    order = _by_time(order, times, lengths[lengths > 0])
    rows = frame[order]
    return Arranged(rows, order, np.sort(early), _runs(rows))


def _narrow(ranks: Whole, count: int) -> Whole:
    """Ranks in 16 bits where they fit, for which a stable sort is a radix sort."""
    return ranks.astype(np.uint16) if count <= np.iinfo(np.uint16).max else ranks


def _by_time(order: Whole, times: Whole, lengths: Whole) -> Whole:
    """Rows of each asset in order of time; `order` has the assets together already, `times` are in that order."""
    made, start = order.copy(), 0
    for length in lengths.tolist():
        part = slice(start, start + length)
        if (times[part][1:] < times[part][:-1]).any():
            made[part] = order[part][np.argsort(times[part], kind="stable")]
        start += length
    return made


def _runs(rows: pl.DataFrame) -> pl.DataFrame:
    """Which assets follow each other, and how many rows of each: columns len and value."""
    return rows["asset"].rle().struct.unnest()


def _series(rows: pl.DataFrame, assets: Sequence[Asset], runs: pl.DataFrame) -> Iterator[Series]:
    of = {str(asset): asset for asset in assets}
    sessions = rows["session"].to_physical().fill_null(NO_SESSION).to_numpy()
    times = [rows[name].to_physical().to_numpy() for name in ("open_time", "time")]
    columns = [*times, sessions, *(rows[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))]
    start = 0
    for name, length in zip(runs["value"], runs["len"], strict=True):
        part = slice(start, start + length)
        yield Series(of[str(name)], np.arange(start, start + length), *(column[part] for column in columns))
        start += length


def _changes(actions: pl.DataFrame | None, asset: Asset) -> Changes:
    """Ex-dates in days with the new units for an old one, 1 where an action changes no units."""
    if actions is None or actions.is_empty():
        return []
    whole = pl.col("numerator") + pl.when(pl.col("kind") == "stock_dividend").then(pl.col("denominator")).otherwise(0)
    units = (
        pl.when(pl.col("kind").is_in(("split", "stock_dividend"))).then(whole / pl.col("denominator")).otherwise(1.0)
    )
    rows = actions.filter(pl.col("asset") == str(asset)).select(pl.col("ex").to_physical(), units)
    return [(int(day), float(ratio)) for day, ratio in rows.iter_rows()]


def _check(s: Series, every: str, changes: Changes, limits: Limits, hours: dict[str, Hours], found: Findings) -> None:
    """All checks of one asset."""
    check_volume(s, found)
    bad = bad_prices(s, found)
    s = distinct(s if bad is None else kept(s, ~bad), found)
    if not len(s.opened):
        return
    check_hours(s, every, _hours(s, hours), limits, found)
    if len(s.opened) > 1:
        check_outliers(s, nights_of(s, every), changes, limits, found)
        check_stale(s, limits.stale(every), found)


def _hours(s: Series, hours: dict[str, Hours]) -> Hours:
    """Hours of the asset's calendar, made once for all assets of a span."""
    first, last = (pl.Series([int(day)]).cast(pl.Datetime("us")).dt.date()[0] for day in (s.opened[0], s.opened[-1]))
    key = f"{s.asset.calendar} {first} {last}"
    if key not in hours:
        hours[key] = hours_of(Calendar(s.asset.calendar), first, last)
    return hours[key]


def _frame(frame: pl.DataFrame, found: Findings, order: Whole | None, given: dict[str, Whole | None]) -> pl.DataFrame:
    """Findings as a frame, by rule and, within, by asset and time; those of `given` are rows of the frame as given."""
    told = zip(found.rules, found.places, found.rows, found.values, found.expected, strict=True)
    parts = [_part(*each, order) for each in told]
    texts = {"missing": "a time", "unsorted": "rows in order of time"}
    for rule, rows in given.items():
        if rows is not None and len(rows):
            parts.append(
                _part(rule, rows, np.ones(len(rows), np.int64), np.full(len(rows), np.nan), [texts[rule]], None)
            )
    if not parts:
        return FINDINGS.to_frame()
    made = pl.concat(parts)
    at = made["row"]
    rank = pl.col("rule").replace_strict({name: i for i, name in enumerate(RULES)}, return_dtype=pl.UInt8)
    severity = pl.col("rule").replace_strict({name: rule.severity for name, rule in RULES.items()})
    known = made.with_columns(frame["asset"].gather(at), frame["time"].gather(at), severity=severity)
    return known.sort(rank, maintain_order=True).select(FINDINGS.names())


def _part(
    rule: str, places: Whole, rows: Whole, values: Whole, expected: Sequence[str], order: Whole | None
) -> pl.DataFrame:
    text = pl.lit(expected[0]) if len(expected) == 1 else pl.Series(expected, dtype=pl.String)
    numbers = {
        "row": places if order is None else order[places],
        "rows": rows,
        "value": pl.Series(values, nan_to_null=True),
    }
    return pl.DataFrame(numbers).select(
        pl.col("row", "rows").cast(pl.Int64), pl.lit(rule).alias("rule"), "value", text.alias("expected")
    )
