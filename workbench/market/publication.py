"""When each row of a dataset became known, and what its columns may hold: the door of `Dataset.from_frame`.

The one idea: never too early. A time of day is taken as it is given; a bare date says nothing about the time of day, so
its row is known when that day has ended. Fractions of a microsecond count as the next microsecond.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

import polars as pl

from workbench._types import Notice
from workbench.errors import DatasetError, ParameterError, TimeError
from workbench.market.clock import check_zone, instants, readable
from workbench.market.columns import as_polars

__all__ = ["Request", "dataset_frame"]

TIME: Final = pl.Datetime("us", "UTC")
KEPT: Final = (pl.Boolean, pl.Date, pl.Decimal, pl.Null, pl.String, pl.Time)
NANOSECONDS_FROM: Final = 10**17  # whole numbers of this size are epochs in ns, as `clock` reads them
WHY: Final = "without it a strategy would see the future"


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller of `Dataset.from_frame` said about a frame; the arguments stand there."""

    known_at: str
    name: str
    asset: str | None
    tz: str | None
    known_at_time: str | time | None


def dataset_frame(frame: object, request: Request) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    """The frame of a Dataset: known_at, asset where there is one, then every other column; and what was changed.

    Raises:
        DatasetError, TimeError, ParameterError: see `Dataset.from_frame`.
    """
    check_zone(request.tz)
    table, padded = as_polars(frame)
    if table.is_empty():
        raise DatasetError("the frame has no rows; a dataset needs at least one")
    owner = _owner(table, request)
    _check_known_at(table, request, owner)
    assets = _assets(table, owner)
    named = assets if assets is not None else pl.Series([request.name or "dataset"]).new_from_index(0, table.height)
    known, notices = _known_at(named, table[request.known_at], request)
    rest = [_ordinary(table[c], request.tz) for c in table.columns if c not in (request.known_at, owner)]
    columns = [known.alias("known_at"), *([] if assets is None else [assets]), *(column for column, _ in rest)]
    made = pl.DataFrame(columns).sort("known_at", maintain_order=True)
    return made, (*padded, *notices, *(notice for _, found in rest for notice in found))


def _owner(table: pl.DataFrame, request: Request) -> str | None:
    """The column that names the asset of each row, if there is one."""
    if request.asset is None:
        return "asset" if "asset" in table.columns else None
    if request.asset not in table.columns:
        raise DatasetError(f"there is no column asset={request.asset!r}; there are {', '.join(table.columns)}")
    if request.asset != "asset" and "asset" in table.columns:
        raise DatasetError(f"columns 'asset' and {request.asset!r} would both be asset; drop or rename one")
    return request.asset


def _check_known_at(table: pl.DataFrame, request: Request, owner: str | None) -> None:
    given, found = request.known_at, ", ".join(table.columns)
    if given not in table.columns:
        raise DatasetError(
            f"there is no column {given!r} that says when each row became known; {WHY}. "
            f"Name it: known_at='announced'; there are {found}"
        )
    if given == owner:
        raise DatasetError(f"known_at and asset are both {given!r}; name two columns of {found}")
    if given != "known_at" and "known_at" in table.columns:
        raise DatasetError(f"columns 'known_at' and {given!r} would both be known_at; drop or rename one")


def _assets(table: pl.DataFrame, owner: str | None) -> pl.Series | None:
    if owner is None:
        return None
    if table[owner].dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise DatasetError(f"column {owner!r} holds {table[owner].dtype}, no names of assets; convert it to text first")
    assets = table[owner].cast(pl.String).alias("asset")
    missing = assets.is_null() | (assets == "")
    if missing.any():
        remedy = "fill it; what concerns no single asset makes a Dataset of its own"
        raise DatasetError(f"row {missing.arg_max()}: {owner} is missing; {remedy}")
    return assets


def _known_at(named: pl.Series, column: pl.Series, request: Request) -> tuple[pl.Series, list[Notice]]:
    table = pl.DataFrame([named.alias("asset"), _upward(column)])
    read = readable(table, column.name)
    days = _days(read)
    if days is None:
        if request.known_at_time is not None:
            raise ParameterError(f"known_at_time= is for bare dates, but {column.name} has times of its own; leave it")
        return instants(table, column.name, request.tz), _midnights(read)
    return _after(days, request), [] if read.dtype == pl.Date else [_as_dates(read)]


def _upward(column: pl.Series) -> pl.Series:
    """Moved on by up to 999 ns where there are any, so that cutting to microseconds never makes a row known earlier."""
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_unit == "ns":
        return column.dt.offset_by("999ns")
    if column.dtype.is_integer() and (column.cast(pl.Float64).max() or 0) >= NANOSECONDS_FROM:  # type: ignore[operator]
        return column + 999
    return column


def _days(read: pl.Series) -> pl.Series | None:
    """Dates, or naive times that are all midnight, as pandas writes dates."""
    if read.dtype == pl.Date:
        return read
    if read.dtype.time_zone is not None or not _is_midnight(read):  # type: ignore[attr-defined]
        return None
    return read.dt.date()


def _is_midnight(read: pl.Series) -> bool:
    whole = read.dt.truncate("1us")
    return bool((whole.dt.truncate("1d") == whole).all())


def _as_dates(read: pl.Series) -> Notice:
    text = f"every {read.name} is midnight without a zone and was read as a date: known when that day has ended"
    return Notice("known_at", len(read), text, "give aware times if these are the moments themselves")


def _midnights(read: pl.Series) -> list[Notice]:
    if not _is_midnight(read):
        return []
    text = f"every {read.name} is midnight and was taken as that moment, the start of the day"
    remedy = "if these are dates, give a Date column: known when the day has ended"
    return [Notice("known_at", len(read), text, remedy)]


def _after(days: pl.Series, request: Request) -> pl.Series:
    """The end of each day in its zone, or the time of day that was given."""
    zone = request.tz or "UTC"
    if request.known_at_time is None:
        ends = days.dt.offset_by("1d").cast(pl.Datetime("us"))
        # Where clocks skip midnight, the day ends at what is called one o'clock.
        found = _in_zone(ends, zone).fill_null(_in_zone(ends.dt.offset_by("1h"), zone))
    else:
        found = _in_zone(days.dt.combine(_time_of_day(request)), zone)
    _check_shown(days, found.is_null(), zone)
    return found


def _in_zone(naive: pl.Series, zone: str) -> pl.Series:
    """Instants in UTC; the later one where the clock shows a time twice, null where it skips it."""
    aware = naive.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    return aware.dt.convert_time_zone("UTC").cast(TIME)


def _time_of_day(request: Request) -> time:
    given = request.known_at_time
    try:
        read = time.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        read = None
    if not isinstance(read, time) or read.tzinfo is not None:
        raise TimeError(f"known_at_time={given!r}: give a time of day such as '16:30', and its zone as tz=")
    if request.tz is None:
        raise TimeError(f"known_at_time={given!r} needs its zone: tz='America/New_York'")
    return read


def _ordinary(column: pl.Series, tz: str | None) -> tuple[pl.Series, list[Notice]]:
    """A column with one plain value a row: NaN is unknown (null), times are in UTC."""
    dtype = column.dtype
    if dtype in (pl.Categorical, pl.Enum):
        return column.cast(pl.String), []
    if dtype.is_float():
        return _finite(column)
    if dtype == pl.Datetime:
        return _other_time(column, tz), []
    if dtype == pl.Duration:
        return column.cast(pl.Duration("us")), []
    if dtype in KEPT or (dtype.is_integer() and not re.search("128", str(dtype))):
        return column, []
    raise DatasetError(
        f"column {column.name!r} holds {dtype}; a dataset takes numbers, text, dates, times, booleans and decimals, "
        "one value a row: convert or drop it"
    )


def _finite(column: pl.Series) -> tuple[pl.Series, list[Notice]]:
    if (infinite := column.is_infinite().fill_null(False)).any():
        row = int(infinite.arg_max() or 0)
        raise DatasetError(f"row {row}: {column.name} is {column[row]}; make it null or drop the row")
    count = int(column.is_nan().sum())
    if not count:
        return column, []
    text = f"{count:,} value{'s' if count > 1 else ''} of {column.name} {'are' if count > 1 else 'is'} NaN"
    return column.fill_nan(None), [Notice("unknown", count, text, "null from here on: the value is unknown")]


def _other_time(column: pl.Series, tz: str | None) -> pl.Series:
    """A time that does not decide when the row is known, such as the end of a period; naive midnights are dates."""
    if column.dtype.time_zone is not None:  # type: ignore[attr-defined]
        return column.dt.convert_time_zone("UTC").cast(TIME)
    if _is_midnight(column):
        return column.dt.date()
    if tz is None:
        first = column.drop_nulls()[0]
        raise TimeError(f"column {column.name} holds naive times ({first}); say in which zone they are: tz='UTC'")
    found = _in_zone(column, tz)
    _check_shown(column, found.is_null() & column.is_not_null(), tz)
    return found


def _check_shown(given: pl.Series, missing: pl.Series, zone: str) -> None:
    if missing.any():
        row = int(missing.arg_max() or 0)
        raise TimeError(f"row {row}: {given.name} {given[row]} is a time that clocks skip in {zone}; give times in UTC")
