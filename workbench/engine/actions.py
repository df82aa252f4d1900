"""What the engine is told of corporate actions, and which of them it cannot act on.

The one idea: a row of `bars.actions` becomes one flat `Action`, so that the core knows numbers only; a row that can
never act on the run is left out, and one that could but must not be ignored is refused when the Backtest is made.

An asset ends by a delisting, by a merger, or by a change of its symbol where its bars end and those of an asset of the
new name go on. Where its own bars go on, a change of symbol is a matter of names only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

import polars as pl

from workbench.errors import InternalError, UnsupportedError
from workbench.market.actions import KINDS
from workbench.market.adjustments import unit_changes
from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar

__all__ = ["Action", "day", "told"]

EPOCH: Final = date(1970, 1, 1)
DAY_US: Final = 86_400_000_000
ENDS: Final = ("symbol_change", "merger", "delisting")
OUT: Final = "end before it with bars.until(...), or take the row out of bars.actions if it may be ignored"


class Action(NamedTuple):
    """One action as the core reads it; `other` is an index, numbers are exact text, times are since 1970 in UTC.

    `open_us` is when the session of the ex-date opens: an asset does not end before.
    """

    session: int
    rank: int
    kind: str
    numerator: int | None = None
    denominator: int | None = None
    amount: str | None = None
    pay_us: int | None = None
    other: int | None = None
    open_us: int | None = None


def told(bars: Bars, asset: Asset) -> tuple[Action, ...]:
    """The actions of an asset that can act on the run, in the order in which they act.

    Raises:
        UnsupportedError: an action that could act on the run and that the engine cannot carry out.

    Example:
        >>> from workbench.market import catalog
        >>> apple = catalog.sample()["AAPL"]
        >>> told(apple, apple.assets[0])[1][:5]  # of 2005-02-28
        (12842, 1, 'split', 2, 1)
    """
    rows = bars.actions.filter(pl.col("asset") == str(asset))
    return tuple(_told(bars, asset, rows)) if rows.height else ()


def _told(bars: Bars, asset: Asset, rows: pl.DataFrame) -> Iterator[Action]:
    span: _Span | None = None  # most assets only split and pay
    for row in rows.iter_rows(named=True):
        if row["ex"] is None:
            raise InternalError(f"an action without ex-date reached the engine: {row}")
        if row["kind"] in ENDS or row["kind"] == "spin_off":
            span = span or _Span.of(bars, asset)
            action = span.end(row) if row["kind"] in ENDS else span.spin_off(row)
        else:
            action = _change(row)
        if action is not None:
            yield action
        if action is not None and action.open_us is not None:
            return  # nothing acts on what has ended


def _change(row: Mapping[str, Any]) -> Action:
    """A split, a stock dividend, which is a split too, or a dividend."""
    place = day(row["ex"]), KINDS[row["kind"]].order
    if row["kind"] == "dividend":
        return Action(*place, "dividend", amount=format(row["amount"], "f"), pay_us=_pay_us(row))
    new, old = unit_changes(pl.DataFrame([row])).select("numerator", "denominator").row(0)
    return Action(*place, "split", new, old)


def _pay_us(row: Mapping[str, Any]) -> int | None:
    return None if row["pay"] is None else day(row["pay"]) * DAY_US


class _Span(NamedTuple):
    """The bars of an asset among those of the run: its first and last session, and all opens of the run."""

    bars: Bars
    asset: Asset
    first: date | None
    last: date | None

    @staticmethod
    def of(bars: Bars, asset: Asset) -> _Span:
        own = bars.frame.filter(pl.col("asset") == str(asset))["session"]
        return _Span(bars, asset, own.min(), own.max())  # type: ignore[arg-type]  # sessions are dates

    def end(self, row: Mapping[str, Any]) -> Action | None:
        """How an asset ends, or None where that cannot act or changes nothing but a name."""
        ex, kind, other = row["ex"], row["kind"], self._place(row["other"])
        if self._is_outside(ex) or (kind == "symbol_change" and self._goes_on(ex)):
            return None
        opened = self._opened(ex)
        if not self._opens(None, opened):
            return None
        if self._goes_on(ex):
            raise UnsupportedError(
                f"{self.asset} has bars up to {self.last}, though its {kind} is of {ex}, the first day without it; "
                "correct the ex-date, or take out the bars from then on"
            )
        if row["other"] is not None:
            self._check_other(row, other, opened)
        new, old = (1, 1) if kind == "symbol_change" else (row["numerator"], row["denominator"])
        amount = None if row["amount"] is None else format(row["amount"], "f")
        return Action(day(ex), KINDS[kind].order, kind, new, old, amount, _pay_us(row), other, opened)

    def spin_off(self, row: Mapping[str, Any]) -> None:
        """Nothing, where it cannot act."""
        if not self._is_outside(row["ex"]) and row["ex"] <= self.bars.frame["session"].max():
            raise UnsupportedError(f"{self.asset}: a run cannot act on the spin_off of {row['ex']} yet; {OUT}")

    def _place(self, other: str | None) -> int | None:
        names = [str(asset) for asset in self.bars.assets]
        return names.index(other) if other in names else None

    def _is_outside(self, ex: date) -> bool:
        """Whether nothing can be held by then, as there is no bar before it."""
        return self.first is None or ex <= self.first

    def _opened(self, ex: date) -> int:
        """When the first session on or after a date opens."""
        calendar = Calendar(self.asset.calendar)
        session = ex if calendar.is_session(ex) else calendar.next_session(ex)
        return calendar.open_close(session)[0] // 1_000

    def _goes_on(self, ex: date) -> bool:
        return self.last is not None and self.last >= ex

    def _opens(self, name: str | None, since_us: int) -> bool:
        """Whether an asset, or any, opens at a time or later."""
        rows = self.bars.frame if name is None else self.bars.frame.filter(pl.col("asset") == name)
        return not rows.filter(pl.col("open_time").dt.epoch("us") >= since_us).is_empty()

    def _check_other(self, row: Mapping[str, Any], other: int | None, opened: int) -> None:
        """The units of another asset can only be held where that has bars."""
        name, what = row["other"], f"the {row['kind']} of {row['ex']}"
        if other is None:
            raise UnsupportedError(f"{self.asset}: {what} needs bars of {name}; add {name} to the bars, or {OUT}")
        if name == self.asset:
            raise UnsupportedError(f"{self.asset}: {what} names the asset itself as the other one; correct the row")
        if not self._opens(name, opened):
            raise UnsupportedError(f"{self.asset}: {what} needs a bar of {name} on that day or later; {OUT}")


def day(session: date) -> int:
    """Days since 1970, as the core counts sessions.

    Example:
        >>> day(date(1970, 1, 2))
        1
    """
    return (session - EPOCH).days
