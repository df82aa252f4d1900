"""Schedules by the calendar: when a function is called, and what is refused.

XNYS in 2024: closed on Jan 1 and 15, Feb 19, Mar 29, May 27, Jun 19, Jul 4, Sep 2, Nov 28 and Dec 25; the close is at
13:00 in New York on Jul 3, Nov 29 and Dec 24. New York is 5 hours behind UTC in winter, 4 in summer.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hand_made import days, minutes, outcome

import workbench as wb
from workbench.errors import ContextError, ParameterError


def calls(bars: wb.Bars, options: dict[str, Any] | None = None, **schedule: Any) -> list[datetime]:
    """When a scheduled function is called."""
    seen: list[datetime] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        ctx.schedule(lambda ctx: seen.append(ctx.now), **schedule)

    outcome(bars, options, on_start=on_start)
    return seen


def exchange(first: date, count: int) -> wb.Bars:
    return days(first=first, calendar="XNYS", A=[10] * count)


def day(month: int, of: int) -> date:
    return date(2024, month, of)


# The year has 252 sessions of which Jan 2 is the first and Dec 31 the last.
DAILY: dict[str, tuple[date, int, dict[str, Any], list[date]]] = {
    "every session": (day(1, 11), 3, {"every": "1d"}, [day(1, 11), day(1, 12), day(1, 16)]),
    "first of the week": (day(1, 2), 14, {"every": "1w"}, [day(1, 2), day(1, 8), day(1, 16), day(1, 22)]),
    "last of the week": (day(1, 2), 13, {"every": "1w", "on": -1}, [day(1, 5), day(1, 12), day(1, 19)]),
    "third of the week": (day(1, 2), 13, {"every": "1w", "on": 2}, [day(1, 4), day(1, 10), day(1, 18)]),
    "fifth of the week, where there is one": (day(1, 8), 9, {"every": "1w", "on": 4}, [day(1, 12)]),
    "first of the month": (day(2, 1), 60, {"every": "1mo"}, [day(2, 1), day(3, 1), day(4, 1)]),
    "last of the month, before Good Friday": (
        day(2, 1), 41, {"every": "1mo", "on": -1}, [day(2, 29), day(3, 28)],
    ),
    "third of the month": (day(1, 2), 50, {"every": "1mo", "on": 2}, [day(1, 4), day(2, 5), day(3, 5)]),
    "last but one of the month": (day(1, 2), 62, {"every": "1mo", "on": -2}, [day(1, 30), day(2, 28), day(3, 27)]),
    "first of the quarter": (day(1, 2), 252, {"every": "3mo"}, [day(1, 2), day(4, 1), day(7, 1), day(10, 1)]),
    "last of the quarter": (
        day(1, 2), 252, {"every": "3mo", "on": -1}, [day(3, 28), day(6, 28), day(9, 30), day(12, 31)],
    ),
    "last of the year": (day(12, 20), 10, {"every": "1y", "on": -1}, [day(12, 31)]),
    "first of the year": (day(12, 20), 10, {"every": "1y"}, [date(2025, 1, 2)]),
    "the period that began before the data is over": (day(1, 3), 10, {"every": "1mo"}, []),
    "a week over the end of the year": (
        date(2024, 12, 30), 7, {"every": "1w", "on": 2}, [date(2025, 1, 2), date(2025, 1, 8)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("first", "count", "schedule", "expected"), DAILY.values(), ids=DAILY)
def test_sessions_of_daily_bars(first: date, count: int, schedule: dict[str, Any], expected: list[date]) -> None:
    bars = exchange(first, count)
    closes = dict(bars.frame.select("session", "time").iter_rows())
    assert calls(bars, **schedule) == [closes[session] for session in expected]


def test_daily_bars_close_early_on_half_days() -> None:
    bars = exchange(day(7, 2), 3)
    assert calls(bars, every="1d") == [
        datetime(2024, 7, 2, 20, tzinfo=UTC), datetime(2024, 7, 3, 17, tzinfo=UTC), datetime(2024, 7, 5, 20, tzinfo=UTC)
    ]  # fmt: skip


def test_a_missing_bar_moves_the_call_to_the_next_slice() -> None:
    """The last session of January 2024 is the 31st, of which there is no bar."""
    prices = [10.0, None, 10.0]
    assert calls(days(first=day(1, 30), A=prices), every="1mo", on=-1) == [datetime(2024, 2, 2, tzinfo=UTC)]


def test_schedules_begin_with_the_trading() -> None:
    bars = exchange(day(1, 2), 30)
    assert calls(bars, {"start": "2024-01-18"}, every="1w", on=2) == [
        datetime(2024, 1, 18, 21, tzinfo=UTC), datetime(2024, 1, 24, 21, tzinfo=UTC),
        datetime(2024, 1, 31, 21, tzinfo=UTC), datetime(2024, 2, 7, 21, tzinfo=UTC),
    ]  # fmt: skip


def session(day: date, close: tuple[int, int], step: int, summer: bool = False) -> list[datetime]:
    """Opens of the bars of one XNYS session in UTC, from 9:30 in New York on."""
    hour = 13 if summer else 14
    opened = datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)
    closed = datetime(day.year, day.month, day.day, *close, tzinfo=UTC)
    count = (closed - opened) // timedelta(minutes=step)
    return [opened + timedelta(minutes=step * i) for i in range(count)]


FIVE = [*session(day(7, 2), (20, 0), 5, summer=True), *session(day(7, 3), (17, 0), 5, summer=True)]
INTRADAY: dict[str, tuple[dict[str, Any], list[tuple[int, int, int]]]] = {
    "close": ({"every": "1d"}, [(2, 20, 0), (3, 17, 0)]),
    "before the close, of half days too": ({"every": "1d", "at": "close-5m"}, [(2, 19, 55), (3, 16, 55)]),
    "after the open": ({"every": "1d", "at": "open+30m"}, [(2, 14, 0), (3, 14, 0)]),
    "the open is met by the first close": ({"every": "1d", "at": "open"}, [(2, 13, 35), (3, 13, 35)]),
    "every hour of the session": (
        {"every": "1h"},
        [(2, hour, 30) for hour in range(14, 20)] + [(3, hour, 30) for hour in range(14, 17)],
    ),
    "every 90 minutes": (
        {"every": "90m"}, [(2, 15, 0), (2, 16, 30), (2, 18, 0), (2, 19, 30), (3, 15, 0), (3, 16, 30)],
    ),
    "first of the month, after the open": ({"every": "1mo", "at": "open+30m", "on": 1}, [(2, 14, 0)]),
}  # fmt: skip


@pytest.mark.parametrize(("schedule", "expected"), INTRADAY.values(), ids=INTRADAY)
def test_times_of_bars_within_the_day(schedule: dict[str, Any], expected: list[tuple[int, int, int]]) -> None:
    """July 1 was the first session of the month; the 2nd is a whole day, the 3rd closes at 17:00 UTC."""
    bars = minutes(FIVE, "5m", "XNYS")
    assert calls(bars, **schedule) == [datetime(2024, 7, *place, tzinfo=UTC) for place in expected]


def test_a_day_of_24_7_ends_at_midnight() -> None:
    opened = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=i) for i in range(48)]
    assert calls(minutes(opened, "1h"), every="1d", at="close-120m") == [
        datetime(2024, 1, 1, 22, tzinfo=UTC), datetime(2024, 1, 2, 22, tzinfo=UTC)
    ]  # fmt: skip


def test_timers_come_after_the_bars_and_their_orders_fill_next() -> None:
    seen: list[str] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        ctx.schedule(self.trade, every="1d")

    def trade(self: Any, ctx: wb.Context) -> None:
        seen.append("timer")
        if not ctx.positions:
            ctx.target("A", quantity=5)

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        seen.append("bar")

    run = outcome(days(A=[10, 11]), on_start=on_start, on_bar=on_bar, trade=trade)
    assert seen == ["bar", "timer"] * 2
    assert run.fills.select("price", "quantity").rows() == [(11.0, 5.0)]


def test_a_due_time_that_two_schedules_share_calls_both_in_order() -> None:
    seen: list[str] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        for name in ("first", "second"):
            ctx.schedule(lambda ctx, name=name: seen.append(name), every="1d")

    outcome(days(A=[10, 11]), on_start=on_start)
    assert seen == ["first", "second"] * 2


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "no length": ({"every": "monthly"}, "every='monthly': give '1d', '1w', '1mo', '1y', or within the day '15m', '1h'"),
    "zero": ({"every": "0d"}, "every='0d': give '1d', '1w', '1mo', '1y', or within the day '15m', '1h'"),
    "on is no number": (
        {"every": "1w", "on": True}, "on=True: give a session of the period, 0 for the first, -1 for the last",
    ),
    "no such session of a week": ({"every": "1w", "on": 7}, "on=7: every='1w' has at most 7 sessions; give -7 to 6"),
    "no such session of a day": ({"every": "1d", "on": 1}, "on=1: every='1d' has at most 1 sessions; give -1 to 0"),
    "at is no time": ({"every": "1d", "at": "15:30"}, "at='15:30': give 'close', 'open+30m' or 'close-5m'"),
    "after the close": (
        {"every": "1d", "at": "close+5m"}, "at='close+5m' lies outside the session; write 'open+30m' or 'close-5m'",
    ),
    "before the open": (
        {"every": "1d", "at": "open-5m"}, "at='open-5m' lies outside the session; write 'open+30m' or 'close-5m'",
    ),
    "the open of daily bars": (
        {"every": "1d", "at": "open"},
        "at='open' needs bars within the day; daily bars decide at the close: at='close'",
    ),
    "minutes of daily bars": (
        {"every": "1mo", "at": "close-5m"},
        "at='close-5m' falls between two bars of 1d; use finer bars or at='close'",
    ),
    "hours of daily bars": ({"every": "1h"}, "every='1h' is shorter than the bars (1d); use finer bars"),
    "a session within the day": (
        {"every": "1h", "on": -1}, "every='1h' comes all day long; leave on= and at= out, or give every='1d'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schedule", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_on_daily_bars(schedule: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as refused:
        calls(days(A=[10, 11]), **schedule)
    assert str(refused.value) == message


@pytest.mark.parametrize("at", ["close-7m", "open+3m"])
def test_refusals_within_the_day(at: str) -> None:
    with pytest.raises(ParameterError, match=f"falls between two bars of 5m; use finer bars or at='{at[:4]}"):
        calls(minutes(FIVE, "5m", "XNYS"), every="1d", at=at)


def test_a_function_is_needed() -> None:
    with pytest.raises(ParameterError, match="schedule needs a function of one argument, the context, got 5"):
        outcome(days(A=[10]), on_start=lambda self, ctx: ctx.schedule(5, every="1d"))


def test_the_context_of_a_timer_schedules_no_more() -> None:
    def on_start(self: Any, ctx: wb.Context) -> None:
        ctx.schedule(lambda ctx: ctx.schedule(print, every="1d"), every="1d")

    with pytest.raises(ContextError) as refused:
        outcome(days(A=[10]), on_start=on_start)
    assert refused.value.__notes__ == ["workbench: in schedule at the bar that closed 2024-01-02 00:00:00+00:00"]
