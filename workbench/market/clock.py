"""When each bar opens and closes, and to which session it belongs, from whatever time column a frame has.

The one idea: times become instants in UTC, or, for daily bars, sessions of a calendar. A naive time is never guessed.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError, TimeError
from workbench.market.columns import ROW

if TYPE_CHECKING:
    from workbench.market.calendars import Calendar

__all__ = ["UNITS_US", "check_zone", "every_us", "from_epoch", "instants", "is_span", "readable", "stamped", "timed"]

TIME: Final = pl.Datetime("us", "UTC")
UNITS_US: Final = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
DAY_US: Final = UNITS_US["d"]
SPAN: Final = re.compile(r"([1-9]\d{0,5})([smhd])")
EPOCHS: Final = ((10**11, "s"), (10**14, "ms"), (10**17, "us"))  # below this; else ns
EPOCH_US: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
WRITTEN_DATES: Final = (1900_01_01, 2199_12_31)  # as seconds these are days of 1970, when nobody sold minute bars
HEAD: Final = 1024  # rows tried first, so that minute bars are told from daily ones at once
Timed = tuple[pl.DataFrame, str, list[Notice]]


def every_us(every: object) -> int:
    """Length of a bar in microseconds.

    Raises:
        ParameterError: a text that is no length, or one of several days.

    Example:
        >>> every_us("5m")
        300000000
    """
    match = SPAN.fullmatch(every) if isinstance(every, str) else None
    if match is None:
        raise ParameterError(f"every={every!r}: give the length of a bar as '30s', '1m', '4h' or '1d'")
    length = int(match[1]) * UNITS_US[match[2]]
    if length > DAY_US:
        raise ParameterError(f"every={every!r}: bars are at most '1d' long; aggregate longer ones from daily bars")
    return length


def is_span(every: str) -> bool:
    """Whether bars are so long in time, and not in trades or volume.

    Example:
        >>> is_span("5m"), is_span("1000 trades")
        (True, False)
    """
    return SPAN.fullmatch(every) is not None


def instants(table: pl.DataFrame, column: str, tz: str | None) -> pl.Series:
    """A column of times as UTC, from whatever it holds; `table` also names the asset of each row.

    Raises:
        TimeError: naive times without `tz`, or times that cannot be read.

    Example:
        >>> instants(pl.DataFrame({"asset": ["X"], "time": ["2024-02-29T10:00Z"]}), "time", None).dt.hour().to_list()
        [10]
    """
    check_zone(tz)
    return _instants(table, readable(table, column), tz)


def timed(table: pl.DataFrame, calendar: Calendar, every: str | None, tz: str | None) -> Timed:
    """The frame with open_time, time and session; `every`, found where it was not given; and remarks.

    Args:
        table: rows of one calendar, asset after asset, with open_time, time or date.
        calendar: theirs.
        every: length of a bar, or None for the usual distance.
        tz: zone of naive times, and of the midnights that stand for days.

    Raises:
        TimeError: naive or unreadable times, or a day that is no session.
        BarsError: times and `every` that do not fit each other.
    """
    if "open_time" in table.columns and "time" in table.columns:
        check_zone(tz)
        return _given(table, calendar, every, tz)
    source, times = stamped(table, every, tz)
    remarks = [_remark(table.height)] if source == "time" else []
    rest = table.drop(source)
    if times.dtype == pl.Date:
        return _daily(rest, table, times, calendar), "1d", remarks
    step = every or _usual(table, times)
    return _intraday(rest, table, times, source, calendar, step), step, remarks


def stamped(table: pl.DataFrame, every: str | None, tz: str | None) -> tuple[str, pl.Series]:
    """Which column tells the time of bars, and its values: dates of daily bars, else instants in UTC.

    Args:
        table: rows with asset and one of open_time, date, time.
        every: length of a bar, or None.
        tz: zone of naive times, and of the midnights that stand for days.

    Raises:
        TimeError: naive times without `tz`, or times that cannot be read.

    Example:
        >>> table = pl.DataFrame({"asset": ["X"], "open_time": ["2024-02-29 00:00:00"]})
        >>> stamped(table, None, None)[1].to_list()
        [datetime.date(2024, 2, 29)]
    """
    check_zone(tz)
    source = next(c for c in ("open_time", "date", "time") if c in table.columns)
    column = readable(table, source)
    days = _days(column, every, tz)
    return source, _instants(table, column, tz) if days is None else days


def _remark(rows: int) -> Notice:
    text = "the column 'time' was read as the bars' close"
    return Notice("time", rows, text, "rename it to open_time if it is when they open")


def check_zone(tz: str | None) -> None:
    """Refuse a zone that does not exist.

    Raises:
        TimeError: see above.

    Example:
        >>> check_zone("America/New_York")
    """
    try:
        ZoneInfo("UTC" if tz is None else tz)
    except (ZoneInfoNotFoundError, ValueError, TypeError) as error:
        raise TimeError(f"tz={tz!r} is no time zone; write 'UTC' or 'America/New_York'") from error


def _given(table: pl.DataFrame, calendar: Calendar, every: str | None, tz: str | None) -> Timed:
    """Both ends are there and are taken as they are; the session too, where it is."""
    both = {c: _instants(table, readable(table, c), tz) for c in ("open_time", "time")}
    frame = table.with_columns(**both)
    if "session" in frame.columns:
        frame = frame.with_columns(session=readable(table, "session").cast(pl.Date))
    else:
        frame = frame.with_columns(session=_sessions(table, both["open_time"], calendar, "open_time"))
    once = not frame.select(pl.struct("asset", "session").is_duplicated().any()).item()
    long = bool(((both["time"] - both["open_time"]).dt.total_microseconds() > UNITS_US["h"]).all())
    return frame, every or ("1d" if once and long else _usual(table, both["open_time"])), []


def readable(table: pl.DataFrame, name: str) -> pl.Series:
    """A column of times as Date or Datetime: text is parsed as ISO 8601, whole numbers as Unix epochs.

    Args:
        table: names the asset of each row beside the column.
        name: of the column.

    Raises:
        TimeError: a time that is missing or cannot be read.

    Example:
        >>> readable(pl.DataFrame({"asset": ["X"], "day": ["2024-02-29"]}), "day").dtype
        Date
    """
    column = table[name]
    if column.dtype == pl.String:
        column = _parsed(table, column)
    elif column.dtype.is_integer():
        column = _from_numbers(table, column)
    elif column.dtype not in (pl.Date, pl.Datetime):
        raise TimeError(f"column {name} holds {column.dtype}, not times; write 2024-02-29 15:30 or whole ms")
    if column.null_count():
        raise TimeError(f"{_row(table, column.is_null())}: {name} is missing; fill it or drop the row")
    return column


def _parsed(table: pl.DataFrame, text: pl.Series) -> pl.Series:
    first = str(text.drop_nulls().first()) if text.null_count() < len(text) else ""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", first):
            parsed = text.str.to_date("%Y-%m-%d", strict=False)
        else:
            datetime.fromisoformat(first)
            parsed = text.str.to_datetime(strict=False, time_unit="us")
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise TimeError(f"row 0: {text.name} {first!r} cannot be read; write ISO 8601, 2024-02-29 15:30") from error
    wrong = parsed.is_null() & text.is_not_null()
    if wrong.any():
        given = text[int(wrong.arg_max() or 0)]
        raise TimeError(f"{_row(table, wrong)}: {text.name} {given!r} cannot be read; write all rows like {first!r}")
    return parsed


def _from_numbers(table: pl.DataFrame, numbers: pl.Series) -> pl.Series:
    """Dates such as 20240229 where all numbers could be some, else Unix epochs."""
    if not numbers.drop_nulls().is_between(*WRITTEN_DATES).all():
        return from_epoch(numbers)
    return _parsed(table, numbers.cast(pl.String).str.replace(r"^(\d{4})(\d{2})(\d{2})$", "$1-$2-$3"))


def from_epoch(numbers: pl.Series, unit: str | None = None) -> pl.Series:
    """Seconds, milli-, micro- or nanoseconds since 1970 as UTC: the size tells, for any year from 1973 to 5138.

    Example:
        >>> from_epoch(pl.Series([1704067200]), "s")[0].year
        2024
    """
    if unit is None:
        size = int(numbers.cast(pl.Float64).abs().max() or 0)  # type: ignore[arg-type]
        unit = next((u for limit, u in EPOCHS if size < limit), "ns")
    whole = numbers.cast(pl.Int64)
    return (whole // 1_000 if unit == "ns" else whole * EPOCH_US[unit]).cast(TIME)


def _instants(table: pl.DataFrame, column: pl.Series, tz: str | None) -> pl.Series:
    if column.dtype == pl.Date:
        raise TimeError(f"column {column.name} holds dates; bars shorter than a day need times, 2024-02-29 15:30")
    if column.dtype.time_zone is not None:  # type: ignore[attr-defined]
        return column.dt.convert_time_zone("UTC").cast(TIME)
    if tz is None:
        raise TimeError(
            f"column {column.name} holds naive times ({column[0]}); say in which zone they are: tz='UTC' or "
            "tz='America/New_York'"
        )
    aware = column.dt.replace_time_zone(tz, ambiguous="null", non_existent="null")
    if aware.null_count():
        given = column[int(aware.is_null().arg_max() or 0)]
        where = _row(table, aware.is_null())
        raise TimeError(f"{where}: {given} is there twice or not at all in {tz}; give times in UTC")
    return aware.dt.convert_time_zone("UTC").cast(TIME)


def _days(column: pl.Series, every: str | None, tz: str | None) -> pl.Series | None:
    """The dates of daily bars, or None where the times are instants."""
    if every is not None and every != "1d":
        return None
    if column.dtype == pl.Date:
        return column
    zone = column.dtype.time_zone  # type: ignore[attr-defined]
    local = column.dt.convert_time_zone(tz) if zone is not None and tz is not None else column
    whole = local.dt.replace_time_zone(None)
    for part in (whole.head(HEAD), whole):
        if not (part.dt.truncate("1d") == part).all():
            return None
    return whole.dt.date()


def _daily(rest: pl.DataFrame, table: pl.DataFrame, days: pl.Series, calendar: Calendar) -> pl.DataFrame:
    bounds = calendar.bounds(days)
    if bounds["time"].null_count():
        closed = bounds["time"].is_null()
        given = days[int(closed.arg_max() or 0)]
        where = _row(table, closed)
        raise TimeError(f"{where}: {given} is no session of {calendar.name}; drop the row or give its calendar=")
    return rest.with_columns(bounds["session"], bounds["open_time"], bounds["time"])


def _intraday(
    rest: pl.DataFrame, table: pl.DataFrame, instants: pl.Series, source: str, calendar: Calendar, every: str
) -> pl.DataFrame:
    if every == "1d" and calendar.name != "24/7":
        raise BarsError(
            f"daily bars of {calendar.name} are known by their date; give a Date column, or the tz= in which each "
            "time is midnight"
        )
    step = pl.duration(microseconds=every_us(every))
    opened = instants if source != "time" else pl.select(pl.lit(instants) - step).to_series()
    frame = rest.with_columns(open_time=opened.cast(TIME))
    frame = frame.with_columns(session=_sessions(table, frame["open_time"], calendar, source))
    ended = (pl.col("open_time") + step).cast(TIME)
    if calendar.name == "24/7":
        return frame.with_columns(time=ended)
    closes = calendar.part_ends(frame["open_time"]).alias("end_of_trading")
    clipped = pl.min_horizontal(ended, pl.lit(closes))
    return frame.with_columns(time=clipped)


def _sessions(table: pl.DataFrame, instants: pl.Series, calendar: Calendar, source: str) -> pl.Series:
    sessions = calendar.session_of(instants)
    if sessions.null_count():
        outside = sessions.is_null()
        given = instants[int(outside.arg_max() or 0)]
        closes = "; the column time is taken for the close of a bar, so name it open_time where it is the open"
        raise TimeError(
            f"{_row(table, outside)}: {given} lies outside the sessions of {calendar.name} "
            f"({int(outside.sum()):,} such rows); keep regular hours only, or give another calendar="
            f"{closes if source == 'time' else ''}"
        )
    return sessions.alias("session")


def _usual(table: pl.DataFrame, instants: pl.Series) -> str:
    """The most frequent distance between neighbours of one asset, as a length of bars."""
    frame = pl.DataFrame({"asset": table["asset"], "at": instants})
    same = pl.col("asset") == pl.col("asset").shift(1)
    apart = frame.select(pl.col("at").diff().dt.total_microseconds().filter(same).alias("us"))["us"]
    positive = apart.filter(apart > 0)
    usual = positive.mode().min() if len(positive) else None
    if not isinstance(usual, int) or usual > DAY_US or usual % UNITS_US["s"]:
        raise BarsError("the length of the bars cannot be told from their times; give every='1m' (or '1h', '1d', ...)")
    unit = next(u for u in "dhms" if usual % UNITS_US[u] == 0)
    return f"{usual // UNITS_US[unit]}{unit}"


def _row(table: pl.DataFrame, marks: pl.Series) -> str:
    """Number of the first marked row as the input counted it, with its asset."""
    at = int(marks.arg_max() or 0)
    number = table[ROW][at] if ROW in table.columns else at
    return f"row {number} ({table['asset'][at]})"
