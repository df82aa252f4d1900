"""Longer bars out of shorter ones, aligned to sessions: an hour of New York runs from 9:30, not from 9:00.

The one idea: every row gets a whole number, its slot, from the open of its session; rows of one slot stand together, so
each column is folded over runs of neighbours and nothing is hashed or sorted. Rows are in `BARS` order.

The rules. A slot begins at the open of its session, or at the end of a break, and every `every` from there; the last
one before a break or the close is shorter. Open, high, low and close are those of the rows in it. Its volume is their
sum, and null (unknown) as soon as one of them is null. A row that reaches beyond its slot moves the slot's close, so a
bar is never known before all that is in it. A slot without rows makes no bar. A bar that the rows of its asset do not
reach the end of is unfinished: it is left out, or asked for closes where they end. Weeks and months are made from
sessions, belong to their last session, and are in the units of that session where a split falls inside.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.errors import ParameterError, TimeError
from workbench.market.bars import BARS, Bars
from workbench.market.calendars import Calendar
from workbench.market.clock import UNITS_US, every_us, is_span
from workbench.market.digits import Draft, put_on_digits
from workbench.market.periods import LONG, period_of, periods, unsplit_inside

if TYPE_CHECKING:
    from datetime import date

    from workbench._types import Notice

__all__ = ["by_clock", "length", "longer", "on_digits", "resampled", "slots", "vwap"]

Whole = npt.NDArray[Any]
Values = npt.NDArray[np.float64]
TIME: Final = pl.Datetime("us", "UTC")
# What becomes of the last bar of an asset whose rows end before it does.
Ending = Literal["left out", "as known", "by the clock"]
MISSING: Final = np.iinfo(np.int64).min  # a day without a session


def resampled(bars: Bars, every: str, *, partial: bool = False) -> Bars:
    """Longer bars; see `Bars.resample`.

    Example:
        >>> from workbench.market import simulate
        >>> hours = resampled(simulate.bars("X", "1m", n=900, start="2024-07-02", calendar="XNYS"), "1h")
        >>> hours.frame["open_time"].dt.strftime("%H:%M").head(8).to_list()
        ['13:30', '14:30', '15:30', '16:30', '17:30', '18:30', '19:30', '13:30']
    """
    return _resampled(bars, longer(bars.every, every), "as known" if partial else "left out")


def by_clock(bars: Bars, every: str) -> Bars:
    """Longer bars that close by the clock, the last ones too: at the end of their slot, whether or not a row is there.

    At any time, those with `time` up to then are what the rows closed by then make; none of them changes later.

    Example:
        >>> from workbench.market import simulate
        >>> minutes = simulate.bars("X", n=119, start="2024-07-02")
        >>> len(minutes.resample("1h")), len(by_clock(minutes, "1h"))
        (1, 2)
    """
    return _resampled(bars, longer(bars.every, every), "by the clock")


def _resampled(bars: Bars, wanted: str, ending: Ending) -> Bars:
    if wanted == bars.every or not len(bars):
        return replace(bars, every=wanted)
    if wanted in LONG and bars.every != "1d":
        return _resampled(_resampled(bars, "1d", ending), wanted, ending)
    folded = _in_order(bars, [_folded(part, bars, name, wanted, ending) for name, part in _by_calendar(bars)])
    frame, moved = on_digits(folded, bars)
    return replace(bars, frame=frame, every=wanted, notices=(*bars.notices, *moved))


def vwap(bars: Bars, every: str) -> pl.DataFrame:
    """Volume-weighted average price of each longer bar; see `Bars.vwap`.

    Example:
        >>> from workbench.market import simulate
        >>> vwap(simulate.bars("X", n=120), "1h").columns
        ['asset', 'open_time', 'time', 'session', 'vwap']
    """
    wanted = longer(bars.every, every)
    if wanted in LONG:
        raise ParameterError(f"vwap(every={every!r}): a split may fall inside; give at most '1d'")
    frames = [_averages(part, name, wanted) for name, part in _by_calendar(bars) if part.height]
    schema = pl.Schema({**{c: BARS[c] for c in BARS.names()[:4]}, "vwap": pl.Float64()})
    return _in_order(bars, frames) if frames else schema.to_frame()


def length(every: object) -> str:
    """The length of a bar in its shortest spelling: "60m" is "1h", "24h" is "1d"; "1w" and "1mo" are known too.

    Raises:
        ParameterError: anything else.

    Example:
        >>> length("60m"), length("24h"), length("1w")
        ('1h', '1d', '1w')
    """
    if isinstance(every, str) and every in LONG:
        return every
    try:
        step = every_us(every)
    except ParameterError as error:
        raise ParameterError(f"every={every!r}: give '5m', '1h', '4h', '1d', '1w' or '1mo'") from error
    unit = next(u for u in "dhms" if step % UNITS_US[u] == 0)
    return f"{step // UNITS_US[unit]}{unit}"


def longer(source: str, every: object) -> str:
    """`every` in its shortest spelling, if whole bars of the length `source` make whole bars of it.

    Raises:
        ParameterError: no length, or one that the bars do not make up.

    Example:
        >>> longer("5m", "60m")
        '1h'
    """
    wanted = length(every)
    _check(source, wanted)
    return wanted


def _check(source: str, wanted: str) -> None:
    if wanted == source or (wanted in LONG and source not in LONG and _timed(source)):
        return
    if not _timed(source):
        raise ParameterError(f"every={wanted!r}: bars of {source} are no spans of time; make bars of the trades anew")
    if source in LONG or (wanted != "1d" and every_us(wanted) % every_us(source)):
        raise ParameterError(f"every={wanted!r} is no multiple of the bars' own {source}; give a whole multiple of it")


def _timed(every: str) -> bool:
    return every in LONG or is_span(every)


def _by_calendar(bars: Bars) -> list[tuple[str, pl.DataFrame]]:
    names = list(dict.fromkeys(a.calendar for a in bars.assets))
    if len(names) == 1:
        return [(names[0], bars.frame)]
    of = {name: [str(a) for a in bars.assets if a.calendar == name] for name in names}
    return [(name, bars.frame.filter(pl.col("asset").is_in(of[name]))) for name in names]


def _in_order(bars: Bars, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Frames of several calendars as one, asset after asset in the order of the bars."""
    if len(frames) == 1:
        return frames[0]
    order = pl.DataFrame({"asset": [str(a) for a in bars.assets]})
    columns = frames[0].columns
    return order.join(pl.concat(frames), on="asset", how="inner", maintain_order="left_right").select(columns)


class _Slots(NamedTuple):
    """Runs of rows that make one bar each: their first rows, opens and closes in microseconds."""

    starts: Whole
    opens: Whole
    closes: Whole


def slots(rows: pl.DataFrame, calendar: Calendar, every: str) -> _Slots:
    """Cut rows of asset, open_time and session, in `BARS` order, into slots of one session, or of a week or month.

    Where a row belongs depends on itself and the calendar alone, so rows may come in pieces.

    Raises:
        TimeError: a row whose session is none of the calendar's.

    Example:
        >>> from workbench.market import simulate
        >>> slots(simulate.bars("X", n=120).frame, Calendar("24/7"), "1h").starts.tolist()
        [0, 60]
    """
    if every in LONG:
        keys = rows.select(period_of(every)).to_series().to_numpy()
        starts = _starts(rows, keys)
        return _Slots(starts, *periods(calendar, every, rows["session"], keys[starts]))
    days = _days(rows["session"], calendar)
    sessions = rows["session"].to_physical().to_numpy()
    runs = _starts(rows, sessions)
    at = sessions[runs] - days.first
    opens = _known(days, at, calendar)
    if every == "1d":
        return _Slots(runs, opens, days.closes[at])
    step = every_us(every)
    lengths = np.diff(runs, append=rows.height)
    bases, times = np.repeat(opens, lengths), rows["open_time"].to_physical().to_numpy()
    if days.broken:
        resumed = np.repeat(days.break_ends[at], lengths)
        np.copyto(bases, resumed, where=times >= resumed)
    starts = _steps(times, bases, step, runs)
    begun = bases[starts] + (times[starts] - bases[starts]) // step * step
    return _Slots(starts, begun, _closes(begun, begun + step, days, sessions[starts] - days.first))


def _steps(times: Whole, bases: Whole, step: int, runs: Whole) -> Whole:
    """First rows of runs, and rows that are other whole steps from their base than the row before, or have another."""
    # One array is worked on in place: on ten million rows new ones cost more than the arithmetic.
    count = times - bases
    count //= step
    new = np.empty(len(times), dtype=np.bool_)
    np.not_equal(count[1:], count[:-1], out=new[1:])
    new[1:] |= bases[1:] != bases[:-1]
    new[runs] = True
    return np.flatnonzero(new)


class _Days(NamedTuple):
    """Hours of every date of a span in microseconds, at the date's distance from the first one."""

    first: int
    opens: Whole
    closes: Whole
    break_starts: Whole
    break_ends: Whole
    broken: bool


def _days(sessions: pl.Series, calendar: Calendar) -> _Days:
    span: tuple[date, date] = (sessions.min(), sessions.max())  # type: ignore[assignment]
    dates = pl.DataFrame({"session": pl.date_range(*span, eager=True)})
    schedule = dates.join(calendar.schedule(*span), on="session", how="left", maintain_order="left")
    # A time without a break lies before its end and, later, after its start: neither ever cuts a slot.
    empty = {"open_time": MISSING, "time": MISSING, "break_start": MISSING, "break_end": np.iinfo(np.int64).max}
    arrays = (schedule[name].cast(pl.Int64).fill_null(value).to_numpy() for name, value in empty.items())
    opens, closes, break_starts, break_ends = arrays
    broken = schedule["break_end"].null_count() < schedule.height
    return _Days(int(dates["session"].to_physical()[0]), opens, closes, break_starts, break_ends, broken)


def _known(days: _Days, at: Whole, calendar: Calendar) -> Whole:
    opens: Whole = days.opens[at]
    if (strange := opens == MISSING).any():
        day = np.datetime64(days.first + int(at[strange.argmax()]), "D")
        raise TimeError(
            f"{day} is no session of {calendar.name}, but bars belong to it; give the assets their calendar"
        )
    return opens


def _closes(begun: Whole, ends: Whole, days: _Days, at: Whole) -> Whole:
    """Ends of slots, cut at the break or the close; what begins after the close is left whole."""
    limits = days.closes[at]
    if days.broken:
        limits = np.where(begun < days.break_ends[at], np.minimum(days.break_ends[at], limits), limits)
        limits = np.where(begun < days.break_starts[at], days.break_starts[at], limits)
    return np.where(begun < limits, np.minimum(ends, limits), ends)


def _starts(rows: pl.DataFrame, keys: Whole) -> Whole:
    """Rows at which the key or the asset changes."""
    new = np.empty(len(keys), dtype=np.bool_)
    new[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    if rows["asset"][0] != rows["asset"][-1]:
        new[1:] |= (rows["asset"].slice(1) != rows["asset"].head(-1)).to_numpy()
    return np.flatnonzero(new)


def _folded(rows: pl.DataFrame, bars: Bars, calendar: str, every: str, ending: Ending) -> pl.DataFrame:
    """The bars of one calendar."""
    if rows.is_empty():
        return rows
    if every in LONG:
        rows = unsplit_inside(rows, bars.actions, every)
    return _finished(_merged(rows, slots(rows, Calendar(calendar), every)), ending)


def _merged(rows: pl.DataFrame, cut: _Slots) -> pl.DataFrame:
    """One bar for each slot, with `reached`, when the last of its rows closed."""
    first, last = cut.starts, np.append(cut.starts[1:], rows.height) - 1
    high, low, volume = (rows[name].to_numpy() for name in ("high", "low", "volume"))
    total = pl.Series("volume", np.add.reduceat(volume, first), nan_to_null=True)
    ends = rows["time"].gather(last)
    return pl.DataFrame(
        {
            "asset": rows["asset"].gather(first),
            "open_time": pl.Series(cut.opens).cast(TIME),
            "time": pl.Series(cut.closes).cast(TIME),
            "session": rows["session"].gather(last),
            "open": rows["open"].gather(first),
            "high": np.maximum.reduceat(high, first),
            "low": np.minimum.reduceat(low, first),
            "close": rows["close"].gather(last),
            "volume": total,
            "reached": ends,
        }
    )


def _finished(merged: pl.DataFrame, ending: Ending) -> pl.DataFrame:
    """With the last bar of an asset as `ending` says where its rows end before the bar does."""
    if ending == "by the clock":
        return merged.with_columns(time=pl.max_horizontal("time", "reached")).select(BARS.names())
    last = (pl.col("asset") != pl.col("asset").shift(-1)).fill_null(True)
    short = last & (pl.col("reached") < pl.col("time"))
    known = pl.when(short).then(pl.col("reached")).otherwise(pl.max_horizontal("time", "reached"))
    told = merged.with_columns(time=known, short=short)
    return (told if ending == "as known" else told.filter(~pl.col("short"))).select(BARS.names())


def on_digits(frame: pl.DataFrame, bars: Bars) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    """Sums of volumes without the dust of floats, and prices that a split moved, on the digits of their assets.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", n=10)
        >>> on_digits(bars.frame, bars)[0].equals(bars.frame)
        True
    """
    rows = dict(frame.group_by("asset").len().iter_rows())
    drafts = [Draft(a, a.price_digits, a.quantity_digits) for a in bars.assets if str(a) in rows]
    frame, _, moved = put_on_digits(frame, drafts)
    return frame, tuple(notice for notice in moved if "price" in notice.text)


def _averages(rows: pl.DataFrame, calendar: str, every: str) -> pl.DataFrame:
    cut = slots(rows, Calendar(calendar), every)
    money = rows.select((pl.col("high") + pl.col("low") + pl.col("close")) / 3 * pl.col("volume")).to_series()
    totals = [np.add.reduceat(column.to_numpy(), cut.starts) for column in (money, rows["volume"])]
    merged = _finished(_merged(rows, cut), "as known").drop("open", "high", "low", "close", "volume")
    paid, traded = (pl.Series(total, nan_to_null=True) for total in totals)
    return merged.with_columns(vwap=pl.select(pl.when(traded > 0).then(paid / traded)).to_series())
