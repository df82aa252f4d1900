"""Axes of time: what a calendar closes is left out, and every bar and every open stays on the axis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import workbench as wb
from workbench.market.bars import with_frame
from workbench.views.figures import bars_figure, panes

if TYPE_CHECKING:
    from workbench.market.bars import Bars


def left_out(figure: Any) -> list[tuple[datetime, datetime]]:
    """Every break of the first axis, from and to, in order."""
    found = []
    for each in figure.layout.xaxis.rangebreaks:
        for at in each["values"]:
            begin = datetime.fromisoformat(at).replace(tzinfo=UTC)
            found.append((begin, begin + timedelta(milliseconds=each.dvalue)))
    return sorted(found)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-{text}").replace(tzinfo=UTC)


def bars(every: str, n: int, start: str, calendar: str) -> Bars:
    return wb.simulate.bars("X", every, n=n, start=start, calendar=calendar)


NEW_YORK = bars("30m", 26, "2024-07-02", "XNYS")
CASES = {
    # The third of July ends at 17:00 UTC, the fourth is a holiday, and bars of the fifth follow.
    "a half day and a holiday": (NEW_YORK, [("07-02T20:00", "07-03T13:30"), ("07-03T17:00", "07-05T13:30")]),
    # New York leaves summer time over this weekend: the night is an hour longer.
    "a change of the clock": (bars("1h", 14, "2024-11-01", "XNYS"), [("11-01T20:00", "11-04T14:30")]),
    "a break at noon": (
        bars("30m", 12, "2024-10-31", "XHKG"),
        [("10-31T04:00", "10-31T05:00"), ("10-31T08:00", "11-01T01:30")],
    ),
    "around the clock": (bars("1h", 200, "2024-11-01", "24/7"), []),
    "a weekend between": (bars("1h", 30, "2024-11-01", "24/5"), [("11-02T00:00", "11-04T00:00")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_closed_hours_are_left_out(name: str) -> None:
    shown, closed = CASES[name]
    found = left_out(bars_figure(shown))
    tick = timedelta(milliseconds=1)
    assert found == [(at(begin) + tick, at(end)) for begin, end in closed]


@pytest.mark.parametrize("name", CASES)
def test_no_bar_and_no_open_lies_in_a_break(name: str) -> None:
    shown, _ = CASES[name]
    times = [*shown.frame["time"], *shown.frame["open_time"]]
    assert not [time for time in times for begin, end in left_out(bars_figure(shown)) if begin <= time < end]


def test_a_missing_day_stays_a_gap() -> None:
    """Three days without the one in the middle: it is open in the calendar, so its hours stay on the axis."""
    whole = bars("1h", 21, "2024-07-08", "XNYS")
    torn = with_frame(whole, whole.frame.filter(pl.col("session").dt.day() != 9))
    assert left_out(bars_figure(torn)) == left_out(bars_figure(whole))


def test_bars_outside_of_the_calendars_hours_are_seen() -> None:
    shown = with_frame(NEW_YORK, NEW_YORK.frame.with_columns(pl.col("open_time", "time").dt.offset_by("-4h")))
    ((first, _), *_) = left_out(bars_figure(shown))
    assert first == at("07-02T20:00") + timedelta(milliseconds=1), "the hours of the calendar stay too"
    assert all(not begin <= time < end for time in shown.frame["time"] for begin, end in left_out(bars_figure(shown)))


def test_assets_of_two_calendars_are_left_out_where_both_are_closed() -> None:
    """Bitcoin trades while New York sleeps."""
    both = wb.Bars.from_frame(
        pl.concat(
            [
                bars("1h", 48, "2024-07-08", calendar).frame.with_columns(asset=pl.lit(name))
                for name, calendar in (("A", "XNYS"), ("B", "24/7"))
            ]
        ),
        assets=[wb.Asset("A", calendar="XNYS"), wb.Asset("B", calendar="24/7")],
    )
    assert left_out(bars_figure(both)) == []


def test_of_very_many_sessions_only_weekends_are_left_out() -> None:
    figure = bars_figure(bars("1h", 7 * 420, "2022-01-03", "XNYS"))
    assert [tuple(each.bounds) for each in figure.layout.xaxis.rangebreaks] == [("sat", "mon")]


def test_of_very_many_sessions_bars_are_not_asked_for_their_hours() -> None:
    """Bars around the clock leave only weekends closed, but 420 nights of the calendar are too many to look further."""
    night_and_day = bars("1h", 24 * 5 * 84, "2022-01-03", "24/5").frame
    weekdays = night_and_day.filter(pl.col("time").dt.weekday() < 6)
    shown = wb.Bars.from_frame(weekdays, assets=[wb.Asset("X", calendar="XNYS")])
    assert [tuple(each.bounds) for each in bars_figure(shown).layout.xaxis.rangebreaks] == [("sat", "mon")]


def test_every_pane_has_the_same_breaks() -> None:
    layout = NEW_YORK.plot(wb.ta.rsi(3)).layout
    assert layout.xaxis.rangebreaks == layout.xaxis2.rangebreaks == layout.xaxis3.rangebreaks
    assert panes(1, [1.0]).layout.xaxis.rangebreaks == ()
