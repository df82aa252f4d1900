"""What cannot be a bar: rows are refused with their number and the reason.

The one idea: each rule is one Polars expression that is true for a bad row. All are asked in one pass; only when one
says yes is its first row looked up.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, TimeError, WorkbenchError
from workbench.market.columns import ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.market.assets import Asset

__all__ = ["refuse_bad_rows", "refuse_bad_times", "weekday_remark"]

WEEKDAYS_LEAST: Final = 10  # days from which the lack of weekends tells something
FRIDAY: Final = 5
PRICES: Final = ("open", "high", "low", "close")


class Rule(NamedTuple):
    """True where a row is bad, and how to say so of that row."""

    bad: pl.Expr
    reason: Callable[[dict[str, Any]], str]
    error: type[WorkbenchError] = BarsError


def _price_rules(name: str) -> list[Rule]:
    column = pl.col(name)
    return [
        Rule(column.is_null() | column.is_nan(), lambda r: f"{name} is missing (null or NaN)"),
        Rule(column.is_infinite(), lambda r: f"{name} is infinite"),
        Rule(column <= 0, lambda r: f"{name} {r[name]:.15g} is not positive"),
    ]


def _outside(name: str) -> Rule:
    bad = (pl.col(name) < pl.col("low")) | (pl.col(name) > pl.col("high"))
    return Rule(bad, lambda r: f"{name} {r[name]:.15g} lies outside low {r['low']:.15g} to high {r['high']:.15g}")


def _shape_rules() -> list[Rule]:
    low, high, volume = pl.col("low"), pl.col("high"), pl.col("volume")
    return [
        Rule(high < low, lambda r: f"high {r['high']:.15g} is below low {r['low']:.15g}"),
        _outside("open"),
        _outside("close"),
        Rule(volume < 0, lambda r: f"volume {r['volume']:.15g} is negative"),
        Rule(volume.is_infinite(), lambda r: "volume is infinite"),
    ]


def _time_rules() -> list[Rule]:
    same = pl.col("asset") == pl.col("asset").shift(1)
    opened, before = pl.col("open_time"), pl.col("open_time").shift(1)
    ended = pl.col("time").shift(1)
    hint = "; if the frame holds several assets, give it an asset column"
    return [
        Rule(pl.col("time") <= opened, lambda r: f"it closes at {r['time']}, not after it opens", TimeError),
        Rule(same & (opened == before), lambda r: f"the time stands there twice{hint}"),
        Rule(same & (opened < before), lambda r: "it comes before the row above it; sort the frame by time"),
        Rule(same & (opened < ended), lambda r: "it opens before the bar above it has closed"),
    ]


def refuse_bad_rows(frame: pl.DataFrame) -> None:
    """Refuse prices and volumes that cannot be.

    Raises:
        BarsError: the first row of the first broken rule, with the number of such rows.
    """
    _refuse(frame, [*chain.from_iterable(map(_price_rules, PRICES)), *_shape_rules()])


def refuse_bad_times(frame: pl.DataFrame) -> None:
    """Refuse bars of one asset that are unsorted, doubled or overlap; the frame is asset after asset.

    Raises:
        BarsError, TimeError: the first row of the first broken rule, with the number of such rows.
    """
    _refuse(frame, _time_rules())


def _refuse(frame: pl.DataFrame, rules: list[Rule]) -> None:
    broken = frame.select(rule.bad.any().alias(str(i)) for i, rule in enumerate(rules)).row(0)
    for rule, bad in zip(rules, broken, strict=True):
        if bad:
            marks = frame.select(rule.bad.alias("bad"))["bad"]
            count, row = int(marks.sum()), int(marks.arg_max() or 0)
            raise rule.error(_message(frame, row, rule.reason, count))


def _message(frame: pl.DataFrame, row: int, reason: Callable[[dict[str, Any]], str], count: int) -> str:
    values = frame.row(row, named=True)
    number = values.get(ROW, row)
    at = next((values[c] for c in ("open_time", "date", "time") if values.get(c) is not None), "no time")
    where = f" ({values['asset']}, {at})"
    more = f" ({count:,} such rows)" if count > 1 else ""
    return f"row {number}{where}: {reason(values)}{more}; correct or drop it first (rows count from 0)"


def weekday_remark(table: pl.DataFrame, assets: Sequence[Asset], every: str) -> tuple[Notice, ...]:
    """A remark on daily bars that look like those of an exchange but are said to trade around the clock.

    A wrong calendar is no error, but gaps, closes and annual figures would be those of 365 days.
    """
    always = [str(a) for a in assets if a.calendar == "24/7"]
    if every != "1d" or not always:
        return ()
    days = table.filter(pl.col("asset").is_in(always))["session"]
    if days.n_unique() < WEEKDAYS_LEAST or days.dt.weekday().max() > FRIDAY:  # type: ignore[operator]
        return ()
    text = "no bar falls on a weekend, yet the calendar is 24/7"
    return (Notice("calendar", len(days), text, "give calendar='XNYS' (or its own) if an exchange trades it"),)
