"""Small bars and strategies made by hand, so that a test can say in one line what happens and work out what follows.

A day of `days(A=[10, 11, None])` is a flat bar of a 24/7 session from 2024-01-01 on, None is a day without a bar.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

import workbench as wb

__all__ = ["at", "dates", "days", "dividend", "minutes", "outcome", "run_of", "split", "strategy"]

FIRST = date(2024, 1, 1)
Price = float | tuple[float, float, float, float] | None


def days(
    first: date = FIRST,
    volume: float | None = 1_000_000,
    actions: Sequence[dict[str, Any]] = (),
    calendar: str = "24/7",
    **prices: Sequence[Price],
) -> wb.Bars:
    """Daily bars of some assets; a price is a flat bar, four are open, high, low and close."""
    sessions = dates(first, max(len(of) for of in prices.values()), calendar)
    rows = [
        (asset, session, *_four(price), volume)
        for asset, of in prices.items()
        for session, price in zip(sessions, of, strict=False)
        if price is not None
    ]
    frame = pl.DataFrame(rows, ["asset", "date", "open", "high", "low", "close", "volume"], orient="row")
    frame = frame.cast(dict.fromkeys(frame.columns[2:], pl.Float64))
    table = pl.DataFrame(list(actions), infer_schema_length=None) if actions else None
    made = wb.Bars.from_frame(frame, assets=list(prices), calendar=calendar, actions=table)
    # Whole prices are what makes these days easy to work out, and are meant.
    return replace(made, notices=tuple(notice for notice in made.notices if notice.kind != "step"))


def minutes(opened: Sequence[datetime], every: str, calendar: str = "24/7") -> wb.Bars:
    """Bars within the day of the asset A, flat at 10, one for each open time."""
    price = [10.0] * len(opened)
    columns = {"open_time": list(opened), "open": price, "high": price, "low": price, "close": price}
    return wb.Bars.from_frame(pl.DataFrame(columns), "A", every=every, calendar=calendar)


def dates(first: date, count: int, calendar: str = "24/7") -> list[date]:
    """The first sessions of a calendar from a date on."""
    from workbench.market.calendars import Calendar

    return Calendar(calendar).sessions(first, first + timedelta(days=2 * count + 10))[:count]


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A time of January 2024 in UTC; the bar of the n-th closes at(n + 1)."""
    return datetime(2024, 1, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)


def split(asset: str, day: int, numerator: int, denominator: int) -> dict[str, Any]:
    """A split before the open of that day of January 2024."""
    terms = {"numerator": numerator, "denominator": denominator, "amount": None, "pay": None}
    return {"asset": asset, "ex": date(2024, 1, day), "kind": "split", **terms}


def dividend(asset: str, day: int, amount: str, pay: int | None = None) -> dict[str, Any]:
    """A cash dividend before the open of that day of January 2024, paid at once or on a later day."""
    paid = None if pay is None else date(2024, 1, pay)
    terms = {"numerator": None, "denominator": None, "amount": amount, "pay": paid}
    return {"asset": asset, "ex": date(2024, 1, day), "kind": "dividend", **terms}


def strategy(**hooks: Callable[..., Any]) -> wb.Strategy:
    """A strategy of these hooks; each is a function of self, the context and what the hook is told."""
    # A local class, so that a later script is no new edition of an earlier one.
    body = {**hooks, "__qualname__": "strategy.<locals>.Script"}
    made: Callable[[], wb.Strategy] = type("Script", (wb.Strategy,), body)
    return made()


def outcome(bars: wb.Bars, options: dict[str, Any] | None = None, **hooks: Callable[..., Any]) -> wb.Run:
    """The run of these hooks on bars, with 1,000 USD, no costs and no volume cap unless `options` say so."""
    given = {"cash": 1_000, "volume_cap": None, **(options or {})}
    return wb.Backtest(strategy(**hooks), bars, **given).run()


def run_of(bars: wb.Bars, asks: dict[int, Callable[[wb.Context], object]], **options: Any) -> wb.Run:
    """A run with 10,000 USD, on margin unless `account` says otherwise, that asks after some slices, counted from 1."""

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        self.count = getattr(self, "count", 0) + 1
        if self.count in asks:
            asks[self.count](ctx)

    return outcome(bars, {"cash": 10_000, "account": wb.Margin(), **options}, on_slice=on_slice)


def _four(price: float | tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    return price if isinstance(price, tuple) else (price, price, price, price)
