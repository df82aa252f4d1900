"""Checks of the times of one asset: order, copies, overlaps; and against the hours of its calendar.

The one idea: sessions are few, so the rows of each are found by binary search in the sorted times. Where a session
holds as many bars as the calendar gives it, begins and ends with them, nothing in it is looked at.

A row belongs to the session whose middle of the night lies before it. A session whose first and last bar lie the same
whole number of hours away from where they should be has a wrong clock; its times are taken as shifted back before gaps
and strange hours are looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from workbench.market.calendars import Calendar
from workbench.market.clock import every_us, is_span
from workbench.market.periods import LONG, period_of
from workbench.market.quality.series import Findings, Series, Whole, kept

if TYPE_CHECKING:
    from datetime import date

    from workbench.market.quality.rules import Limits

__all__ = ["Hours", "check_hours", "distinct", "hours_of", "nights_of"]

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
TIME: Final = pl.Datetime("us", "UTC")


def distinct(s: Series, found: Findings) -> Series:
    """Rows in order without backward bars, copies and overlaps, which are told."""
    if (back := s.closed <= s.opened).any():
        lengths = (s.closed[back] - s.opened[back]) / 1e6
        found.add("backwards", s.places[back], lengths, "a close after the open (seconds)")
        s = kept(s, ~back)
    if (again := s.opened[1:] == s.opened[:-1]).any():
        s = _without_copies(s, np.flatnonzero(again) + 1, found)
    while (wrong := s.opened[1:] < s.closed[:-1]).any():
        s = _without_overlaps(s, np.flatnonzero(wrong), found)
    return s


def _without_copies(s: Series, rows: Whole, found: Findings) -> Series:
    """The first row of each time."""
    same = np.ones(len(rows), dtype=np.bool_)
    for column in s[3:]:
        one, other = column[rows], column[rows - 1]
        same &= (one == other) | ((one != one) & (other != other))  # NaN, an unknown volume, is like itself
    found.add("duplicate", s.places[rows[same]], s.close[rows[same]], "one row of a time")
    before = s.close[rows[~same] - 1]
    found.add(
        "conflict",
        s.places[rows[~same]],
        s.close[rows[~same]],
        lambda i: f"the close {before[i]:.15g} of the row before",
    )
    return kept(s, ~np.isin(np.arange(len(s.opened)), rows))


def _without_overlaps(s: Series, rows: Whole, found: Findings) -> Series:
    """Of two bars that overlap the longer one is wrong, else the later one."""
    lengths = s.closed - s.opened
    wrong = np.unique(np.where(lengths[rows] > lengths[rows + 1], rows, rows + 1))
    found.add("overlap", s.places[wrong], lengths[wrong] / 1e6, "bars that do not overlap (length in seconds)")
    return kept(s, ~np.isin(np.arange(len(s.opened)), wrong))


class Hours(NamedTuple):
    """Hours of the sessions of a span, in microseconds and days, and of their unbroken parts."""

    calendar: Calendar
    days: Whole
    opens: Whole
    closes: Whole
    edges: Whole
    part_opens: Whole
    part_closes: Whole
    of_part: Whole  # the session of each part


def hours_of(calendar: Calendar, first: date, last: date) -> Hours:
    """The hours of a calendar around a span of sessions.

    Example:
        >>> from datetime import date
        >>> len(hours_of(Calendar("XNYS"), date(2024, 7, 4), date(2024, 7, 4)).days)
        8
    """
    low, high = calendar.limits
    around = max(low, _moved(first, -6)), min(high, _moved(last, 6))
    table, parts = calendar.table(*around), calendar.parts(*around)
    days = table["session"].to_physical().to_numpy()
    opens, closes = (table[name].to_physical().to_numpy() for name in ("open_time", "time"))
    nights = closes[:-1] + (opens[1:] - closes[:-1]) // 2
    edges = np.concatenate((opens[:1] - DAY_US, nights, closes[-1:] + DAY_US))
    part_opens, part_closes = (parts[name].to_physical().to_numpy() for name in ("open_time", "time"))
    of_part = np.searchsorted(days, parts["session"].to_physical().to_numpy())
    return Hours(calendar, days, opens, closes, edges, part_opens, part_closes, of_part)


def _moved(day: date, days: int) -> date:
    return day.fromordinal(day.toordinal() + days)


def nights_of(s: Series, every: str) -> Whole | None:
    """Which returns lead into a new session of an exchange; None where all are alike."""
    if s.asset.calendar == "24/7" or every == "1d" or every in LONG:
        return None
    nights: Whole = s.session[1:] != s.session[:-1]
    return nights


def check_hours(s: Series, every: str, hours: Hours, limits: Limits, found: Findings) -> None:
    """Gaps, strange hours, holidays and wrong clocks of one asset, by the length of its bars."""
    if every in LONG:
        numbers = pl.DataFrame({"session": pl.Series(s.session).cast(pl.Date)}).select(period_of(every))
        _tell_gaps(s, numbers.to_series().to_numpy(), every, limits, found)
    elif every == "1d":
        _check_days(s, hours, limits, found)
    elif s.asset.calendar == "24/7":
        _check_always(s, every, limits, found)
    else:
        _check_intraday(s, every, hours, limits, found)


def _tell_gaps(s: Series, slots: Whole, every: str, limits: Limits, found: Findings) -> None:
    """Where the whole numbers of neighbouring bars are more than one apart."""
    missing = np.diff(slots) - 1
    rows = np.flatnonzero(missing >= limits.gap_bars)
    found.add("gap", s.places[rows + 1], missing[rows], f"no {every} bar missing before it")


def _check_days(s: Series, hours: Hours, limits: Limits, found: Findings) -> None:
    at = np.searchsorted(hours.days, s.session).clip(0, len(hours.days) - 1)
    strange = hours.days[at] != s.session
    found.add("holiday", s.places[strange], 0, f"a session of {hours.calendar.name}")
    s, at = kept(s, ~strange), at[~strange]
    shift = s.opened - hours.opens[at]
    wrong = np.flatnonzero((shift != 0) & (shift % HOUR_US == 0) & (s.closed - hours.closes[at] == shift))
    found.add("clock", s.places[wrong], shift[wrong] / HOUR_US, "no shift against the calendar (hours)")
    _tell_gaps(s, at, "1d", limits, found)


def _check_always(s: Series, every: str, limits: Limits, found: Findings) -> None:
    """Bars around the clock: counted from the first one on."""
    if not is_span(every):
        return
    step = every_us(every)
    if (s.opened[1:] - s.opened[:-1] == step).all():
        return
    slots, off = np.divmod(s.opened - s.opened[0], step)
    _tell_off_grid(s, np.flatnonzero(off), off, found)
    _tell_gaps(s, slots, every, limits, found)


def _tell_off_grid(s: Series, rows: Whole, off: Whole, found: Findings) -> None:
    found.add("grid", s.places[rows], off[rows] / 1e6, "a whole number of bars after the open (seconds off)")


def _check_intraday(s: Series, every: str, hours: Hours, limits: Limits, found: Findings) -> None:
    if not is_span(every):
        _inside(s, hours, s.opened, found)
        return
    step = every_us(every)
    times = _on_time(s, hours, step, found)
    s, times, parts = _inside(s, hours, times, found)
    if not len(times):
        return
    counts = -(-(hours.part_closes - hours.part_opens) // step)
    base = np.concatenate(([0], np.cumsum(counts)[:-1]))
    if _complete(times, parts, base, hours, step):
        return
    slots, off = np.divmod(times - hours.part_opens[parts], step)
    if off.any():
        _tell_off_grid(s, np.flatnonzero(off), off, found)
    _tell_gaps(s, base[parts] + slots, every, limits, found)


def _complete(times: Whole, parts: Whole, base: Whole, hours: Hours, step: int) -> bool:
    """Whether bars follow each other in each part, which begins where it should, and no place is empty."""
    ends = base[parts[[0, -1]]] + (times[[0, -1]] - hours.part_opens[parts[[0, -1]]]) // step
    heads = np.concatenate(([0], np.flatnonzero(parts[1:] != parts[:-1]) + 1))
    begun = (times[heads] - hours.part_opens[parts[heads]]) % step
    broken = times[1:] - times[:-1] != step
    broken[heads[1:] - 1] = False
    return bool(ends[1] - ends[0] + 1 == len(times) and not begun.any() and not broken.any())


def _on_time(s: Series, hours: Hours, step: int, found: Findings) -> Whole:
    """Times of the rows, those of sessions with a wrong clock shifted back, which are told."""
    bounds = np.searchsorted(s.opened, hours.edges)
    starts, ends = bounds[:-1], bounds[1:]
    several = np.flatnonzero(ends - starts >= 2)
    last_part = np.searchsorted(hours.of_part, np.arange(len(hours.days)), side="right") - 1
    begun = hours.part_opens[last_part]
    last_opens = begun + (hours.part_closes[last_part] - begun - 1) // step * step
    early = s.opened[starts[several]] - hours.opens[several]
    late = s.opened[ends[several] - 1] - last_opens[several]
    wrong = (early == late) & (early != 0) & (early % HOUR_US == 0)
    if not wrong.any():
        return s.opened
    shifts, first, end = early[wrong], starts[several][wrong], ends[several][wrong]
    rows = s.places[end - 1] - s.places[first] + 1
    found.add("clock", s.places[first], shifts / HOUR_US, "no shift against the calendar (hours)", rows)
    times = s.opened.copy()
    for shift, start, stop in zip(shifts, first, end, strict=True):
        times[start:stop] -= shift
    return times


def _inside(s: Series, hours: Hours, times: Whole, found: Findings) -> tuple[Series, Whole, Whole]:
    """Rows in which the market trades, their times, and the part of a session that each lies in."""
    lows, highs = np.searchsorted(times, hours.part_opens), np.searchsorted(times, hours.part_closes)
    if (highs - lows).sum() == len(times):
        return s, times, np.repeat(np.arange(len(lows)), highs - lows)
    parts = np.searchsorted(hours.part_opens, times, side="right") - 1
    strange = (parts < 0) | (times >= hours.part_closes[parts])
    if not strange.any():
        return s, times, parts
    _tell_strange(kept(s, strange), hours, times[strange], found)
    return kept(s, ~strange), times[~strange], parts[~strange]


def _tell_strange(s: Series, hours: Hours, times: Whole, found: Findings) -> None:
    """Rows outside trading hours: on a day without a session, or before, after or between the hours of one."""
    at = (np.searchsorted(hours.edges, times, side="right") - 1).clip(0, len(hours.days) - 1)
    extended = hours.calendar.session_of(pl.Series(times).cast(TIME), extended=True)
    in_break = (times >= hours.opens[at]) & (times < hours.closes[at])
    outside = extended.is_null().to_numpy() | in_break
    s, times, at = kept(s, outside), times[outside], at[outside]
    day = hours.days[at] + np.floor_divide(times - hours.opens[at], DAY_US)
    off = ~np.isin(day, hours.days)
    name = hours.calendar.name
    found.add("holiday", s.places[off], 0, f"a session of {name}")
    nearest = np.minimum(np.abs(times - hours.opens[at]), np.abs(times - hours.closes[at]))[~off]
    found.add("hours", s.places[~off], nearest / 60e6, f"trading hours of {name} (minutes from open or close)")
