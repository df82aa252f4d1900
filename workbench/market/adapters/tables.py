"""From the cells of a table to a frame of bars: columns by name, times, numbers, gaps; the same for every kind of file.

The one idea: a table is typed once it has our names, `Float64` numbers and real times; text columns are read by the
styles that `dates` and `numerals` find, columns that are typed already stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError, TimeError, WorkbenchError
from workbench.market.adapters import dates, numerals
from workbench.market.adapters.missing import checked_policy, without_missing
from workbench.market.adapters.report import Detected, FileReport
from workbench.market.columns import KNOWN, NUMBERS, ignored, missing_columns, ours

__all__ = ["Reading", "Table", "lacking", "mapped", "settled", "time_of"]

TIMES: Final = ("open_time", "date", "time")
SAMPLE: Final = 1_000
PLAIN_DATES: Final = ("%Y-%m-%d", "epoch", "%Y%m%d")


class Table(NamedTuple):
    """A frame with our names and types, how it was read, and what was left out or changed."""

    frame: pl.DataFrame
    report: FileReport
    notices: tuple[Notice, ...]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the caller said of how a table is written; None is found from the table itself.

    Args:
        columns: their names -> ours, such as {"Kurs": "close"}; the others are found by name.
        date_format: "iso", "us", "eu", "yyyymmdd", "epoch_s" (ms, us, ns), or a format such as "%d.%m.%Y %H:%M".
        decimal: the sign before the decimals, "." or ",".
        thousands: the sign between thousands, or "" for none.
        tz: time zone of naive times.
        missing: rows without a price: "fail", "skip" or "interpolate".

    Raises:
        ParameterError: an option that makes no sense.

    Example:
        >>> Reading(decimal=",").missing
        'fail'
    """

    columns: Mapping[str, str] | Sequence[str] | None = None
    date_format: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    tz: str | None = None
    missing: str = "fail"

    def __post_init__(self) -> None:
        dates.checked_format(self.date_format)
        numerals.given(self.decimal, self.thousands)
        checked_policy(self.missing)
        if isinstance(self.columns, str):
            raise ParameterError(f"columns={self.columns!r}: give names as {{'Kurs': 'close'}}")
        for name in _our_names(self.columns):
            if name and name not in KNOWN:
                near = get_close_matches(str(name), KNOWN, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ParameterError(f"columns: {name!r} is none of our names {', '.join(KNOWN)}{hint}")

    def options(self) -> dict[str, Any]:
        """Everything that was said, without what was left to be found.

        Example:
            >>> Reading(tz="UTC").options()
            {'tz': 'UTC'}
        """
        said = {f.name: getattr(self, f.name) for f in fields(self) if f.init and f.repr}
        plain = {f.name: f.default for f in fields(self)}
        return {name: value for name, value in said.items() if value != plain[name]}


def _our_names(columns: Mapping[str, str] | Sequence[str] | None) -> list[str]:
    return list(columns.values() if isinstance(columns, Mapping) else columns or ())


def mapped(schema: Mapping[str, pl.DataType], reading: Reading) -> tuple[dict[str, str], tuple[Notice, ...]]:
    """Their names -> ours of the columns that are read, and a remark on the others.

    Raises:
        BarsError: a column that is missing, or there twice.
        ParameterError: `columns` names one that is not there; the nearest is given.

    Example:
        >>> row = {"Datum": pl.Date(), "o": pl.Float64(), "h": pl.Float64(), "l": pl.Float64(), "c": pl.Float64()}
        >>> mapped(row, Reading(columns={"Datum": "date"}))[0]["Datum"]
        'date'
    """
    said = dict(reading.columns) if isinstance(reading.columns, Mapping) else {}
    for name in said:
        if name not in schema:
            near = get_close_matches(name, list(schema), n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ParameterError(f"columns: there is no column {name!r}; {hint}found {', '.join(map(repr, schema))}")
    names = ours(schema, said)
    missing_columns(list(names.values()), list(schema))
    return names, ignored([column for column in schema if column not in names])


def time_of(names: Sequence[str]) -> tuple[str, ...]:
    """Which of our columns tell the time: both of a date and a time of day, else the first there is.

    Example:
        >>> time_of(["date", "time", "close"]), time_of(["date", "close"])
        (('date', 'time'), ('date',))
    """
    if {"date", "time"} <= set(names) and "open_time" not in names:
        return ("date", "time")
    if {"open_time", "time"} <= set(names):
        return ("open_time", "time")
    return tuple(name for name in TIMES if name in names)[:1]


def lacking(frame: pl.DataFrame) -> pl.Expr:
    """True where a row holds nothing at all, as an empty line of a file."""
    return pl.all_horizontal(pl.all().is_null()) if frame.columns else pl.lit(False)


def settled(frame: pl.DataFrame, reading: Reading, file: str, found: Sequence[Detected] = ()) -> Table:
    """A table with our names, read through and through.

    Args:
        frame: columns with our names, text or typed; asset and volume as needed.
        reading: what the caller said.
        file: what it is called in messages.
        found: what is known of it already, for the report.

    Raises:
        BarsError: numbers that cannot be read, or only in two ways.
        TimeError: times that cannot be read, or only in two ways.

    Example:
        >>> cells = {"date": ["29.02.2024"], "open": ["1,5"], "high": ["1,5"], "low": ["1,5"], "close": ["1,5"]}
        >>> table = settled(pl.DataFrame(cells), Reading(), "prices.csv")
        >>> table.frame.select("date", "close").row(0)
        (datetime.date(2024, 2, 29), 1.5)
    """
    blank = int(frame.select(lacking(frame).sum()).item()) if frame.height else 0
    frame = frame.filter(~lacking(frame)) if blank else frame
    if frame.is_empty():
        raise BarsError(f"{file}: the frame has no rows; Bars need at least one")
    frame = frame.with_columns(pl.col("asset").cast(pl.String)) if "asset" in frame.columns else frame
    try:
        frame, style = _numbered(frame, reading)
        frame, written = _dated(_joined(frame, reading), reading)
    except WorkbenchError as error:
        raise type(error)(f"{file}: {error}") from error
    frame, turned = _oldest_first(frame)
    frame, gaps = without_missing(frame, reading.missing)
    report = FileReport(
        file, frame.height, (*found, *_findings(reading, style, written), _told_by(frame, reading), turned)
    )
    return Table(frame, report, (*report.remarks(), *gaps))


def _numbered(frame: pl.DataFrame, reading: Reading) -> tuple[pl.DataFrame, numerals.Numerals]:
    columns = [c for c in NUMBERS if c in frame.columns]
    text = [numerals.tidied(frame[c]) for c in columns if frame[c].dtype == pl.String]
    styles = numerals.given(reading.decimal, reading.thousands)
    style, typed = numerals.read(text, styles) if text else (numerals.PLAIN, [])
    whole = [frame[c].cast(pl.Float64) for c in columns if frame[c].dtype.is_numeric() or frame[c].dtype == pl.Null]
    return frame.with_columns(*typed, *whole), style


def _joined(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """A date and a time of day beside it are one moment, at which the bar opens."""
    if time_of(frame.columns) != ("date", "time") or frame["time"].dtype in (pl.Date, pl.Datetime):
        return frame
    day, clock = frame["date"].cast(pl.String), frame["time"].cast(pl.String).str.strip_chars()
    width = 4 if (clock.str.len_chars().max() or 0) <= 4 else 6  # type: ignore[operator]
    digits = clock.str.contains(r"^\d+$").all()
    clock = clock.str.zfill(width) if digits else clock
    moment = pl.select(pl.concat_str(day.str.strip_chars(), clock, separator=" ").alias("open_time")).to_series()
    return frame.drop("date", "time").insert_column(0, moment)


def _dated(frame: pl.DataFrame, reading: Reading) -> tuple[pl.DataFrame, str | None]:
    written = None
    for name in time_of(frame.columns):
        column, formats = _formats(frame[name], reading)
        if column is None:
            continue
        if not formats:
            raise _no_date(column, reading)
        values, written = dates.times(column, formats)
        frame = frame.with_columns(values.alias(name))
    return frame, written


def _formats(column: pl.Series, reading: Reading) -> tuple[pl.Series | None, tuple[str, ...]]:
    """A column that has still to be read, and how; None is one that is typed, or for `clock` to read."""
    if column.dtype == pl.String:
        text = numerals.tidied(column)
        return text, dates.candidates(text.head(SAMPLE).drop_nulls().to_list(), reading.date_format)
    if not column.dtype.is_integer():
        return None, ()
    formats = dates.candidates([str(column.cast(pl.Int64).abs().max())], reading.date_format)
    if formats and formats[0].startswith("epoch"):
        return column, formats
    return (None if reading.date_format is None else column.cast(pl.String)), formats


def _oldest_first(frame: pl.DataFrame) -> tuple[pl.DataFrame, Detected]:
    """Rows of one asset turned round where the newest stands first, as many sites write them."""
    at = frame[time_of(frame.columns)[0]]
    one = "asset" not in frame.columns and len(at) > 1 and not at.null_count()
    newest_first = one and at.dtype.is_temporal() and at[0] > at[-1] and at.is_sorted(descending=True)
    order = "newest first, turned round" if newest_first else "as written"
    return frame.reverse() if newest_first else frame, Detected("order", order, "detected", "nothing")


def _told_by(frame: pl.DataFrame, reading: Reading) -> Detected:
    """Which moment of a bar its time is; many files mean the open by "time", which is taken for the close."""
    names = time_of(frame.columns)
    word = {"open_time": "open", "date": "date", "time": "close"}[names[0]]
    said = set(names) & set(_our_names(reading.columns))
    return Detected("bars told by", word, "given" if said else "detected", "columns=")


def _no_date(text: pl.Series, reading: Reading) -> WorkbenchError:
    if text.null_count() == len(text):
        return BarsError(f"column {text.name} is empty; name the column of the times with columns=")
    asked = f" as {reading.date_format}" if reading.date_format else ""
    return TimeError(
        f"row 0: {text.name} {text.drop_nulls()[0]!r} cannot be read{asked}; write ISO 8601, 2024-02-29 15:30, or give "
        "date_format="
    )


def _findings(reading: Reading, style: numerals.Numerals, written: str | None) -> list[Detected]:
    numbers = Detected(
        "numbers",
        style.label,
        "given" if reading.decimal or reading.thousands else "detected",
        "decimal= and thousands=",
        style == numerals.PLAIN,
    )
    how: Any = "given" if reading.date_format else "detected"
    plain = written is None or written.startswith(PLAIN_DATES)
    times = Detected("times", written or "typed", how, "date_format=", plain)
    zone = Detected("time zone", reading.tz or "as written", "given" if reading.tz else "default", "tz=")
    gaps = Detected("missing", reading.missing, "default" if reading.missing == "fail" else "given", "missing=")
    return [numbers, times, zone, gaps]
