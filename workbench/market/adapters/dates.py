"""How dates and times are written in a file: ISO, American, European, with month names, as 20240229, as epochs.

The one idea: the shape of the first rows leaves a few formats; each reads the whole column, and only one that reads
every row stays. Where two stay and differ (03/04/2020 all through), nothing is guessed.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import product
from typing import Final, NamedTuple

import polars as pl

from workbench.errors import ParameterError, TimeError
from workbench.market.clock import from_epoch

__all__ = ["Dating", "candidates", "checked_format", "times"]

DATES: Final = (
    (r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", ("%Y.%m.%d",)),
    (r"(?:19|20|21)\d{6}", ("%Y%m%d",)),
    (r"\d{1,2}/\d{1,2}/\d{4}", ("%m/%d/%Y", "%d/%m/%Y")),
    (r"\d{1,2}-\d{1,2}-\d{4}", ("%m-%d-%Y", "%d-%m-%Y")),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",)),
    (r"\d{1,2}/\d{1,2}/\d{2}", ("%m/%d/%y", "%d/%m/%y")),
    (r"\d{1,2}-\d{1,2}-\d{2}", ("%m-%d-%y", "%d-%m-%y")),
    (r"\d{1,2}\.\d{1,2}\.\d{2}", ("%d.%m.%y",)),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", ("%d-%b-%Y",)),
    (r"\d{1,2}-[A-Za-z]{3}-\d{2}", ("%d-%b-%y",)),
    (r"\d{1,2} [A-Za-z]{3} \d{4}", ("%d %b %Y",)),
    (r"[A-Za-z]{3} \d{1,2}, \d{4}", ("%b %d, %Y",)),
)
CLOCKS: Final = (
    (r"\d{1,2}:\d{2}", "%H:%M"),
    (r"\d{1,2}:\d{2}:\d{2}", "%H:%M:%S"),
    (r"\d{1,2}:\d{2}:\d{2}(?:\.\d{1,9})?", "%H:%M:%S%.f"),
    (r"\d{1,2}:\d{2} ?[AaPp][Mm]", "%I:%M %p"),
    (r"\d{1,2}:\d{2}:\d{2} ?[AaPp][Mm]", "%I:%M:%S %p"),
    (r"\d{4}", "%H%M"),
    (r"\d{6}", "%H%M%S"),
)
BETWEEN: Final = (("T", "T"), (" ", " "))
ZONES: Final = (("", ""), ("Z", "Z"), (" ?UTC", " UTC"), (r"[+-]\d{2}:?\d{2}", "%z"), (r" [+-]\d{2}:?\d{2}", " %z"))
TAILS: Final = (
    ("", ""),
    *(
        (between[0] + clock[0] + zone[0], between[1] + clock[1] + zone[1])
        for between, clock, zone in product(BETWEEN, CLOCKS, ZONES)
    ),
)
EPOCH: Final = re.compile(r"-?\d{9,19}")
EPOCH_WITH_PARTS: Final = re.compile(r"\d{9,10}\.\d+")
KINDS: Final = ("iso", "us", "eu", "yyyymmdd", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns")
CLOCK_SIGNS: Final = re.compile(r"%[.:\d]*[HIMSTfpsXRcr]")
YEARS: Final = (1700, 2261)
PROBES: Final = 1_000


class Dating(NamedTuple):
    """The times of a column and how they were written.

    Example:
        >>> Dating(pl.Series(["2024-02-29"]).str.to_date(), "%Y-%m-%d").format
        '%Y-%m-%d'
    """

    times: pl.Series
    format: str


def checked_format(given: str | None) -> str | None:
    """What the caller said of dates, refused where it is nothing we know.

    Raises:
        ParameterError: neither one of the names nor a format with %.

    Example:
        >>> checked_format("us"), checked_format("%d.%m.%Y")
        ('us', '%d.%m.%Y')
    """
    if given is None or (isinstance(given, str) and (given in KINDS or "%" in given)):
        return given
    near = get_close_matches(str(given), KINDS, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ParameterError(
        f"date_format={given!r}: {hint}give one of {', '.join(KINDS)}, or a format as '%d.%m.%Y %H:%M'"
    )


def candidates(sample: list[str], given: str | None = None) -> tuple[str, ...]:
    """Formats that the look of a few rows leaves; none where the rows look like no date.

    Example:
        >>> candidates(["03/04/2020", "03/05/2020"])
        ('%m/%d/%Y', '%d/%m/%Y')
        >>> candidates(["1704067200000"])
        ('epoch_ms',)
    """
    if given is not None and "%" in given:
        return (given,)
    rows = [row for row in sample if row]
    if not rows:
        return ()
    shape = _epoch(rows) or _shape(rows) or _shape(rows[:1])
    if given is not None and given.startswith("epoch"):
        return (given,)
    return tuple(f for f in shape if given is None or _is(f, given))


def _epoch(rows: list[str]) -> tuple[str, ...]:
    if all(EPOCH_WITH_PARTS.fullmatch(row) for row in rows):
        return ("epoch_s",)
    if not all(EPOCH.fullmatch(row) for row in rows):
        return ()
    digits = max(len(row.lstrip("-")) for row in rows)
    unit = next(unit for most, unit in ((11, "s"), (14, "ms"), (17, "us"), (19, "ns")) if digits <= most)
    return (f"epoch_{unit}",)


def _shape(rows: list[str]) -> tuple[str, ...]:
    """The formats of the first date and tail that every row fits."""
    for shape, formats in DATES:
        head = re.match(shape, rows[0])
        if head is None:
            continue
        for tail, written in TAILS:
            whole = re.compile(shape + tail)
            if whole.fullmatch(rows[0]) and all(whole.fullmatch(row) for row in rows):
                return tuple(f + written for f in formats)
    return ()


def _is(written: str, kind: str) -> bool:
    starts = {"iso": ("%Y",), "us": ("%m", "%b"), "eu": ("%d",), "yyyymmdd": ("%Y%m%d",)}
    return written.startswith(starts[kind])


def times(column: pl.Series, formats: tuple[str, ...]) -> Dating:
    """A text column read by the one format that reads every row.

    Raises:
        TimeError: a row that no format reads, or rows that two formats read differently.

    Example:
        >>> times(pl.Series("date", ["03/04/2020", "13/04/2020"]), ("%m/%d/%Y", "%d/%m/%Y")).times.to_list()
        [datetime.date(2020, 4, 3), datetime.date(2020, 4, 13)]
    """
    left = _probed(column, formats)
    read = {written: _read(column, written) for written in left}
    whole = {w: t for w, t in read.items() if t.null_count() == column.null_count()}
    if not whole:
        raise _unreadable(column, read)
    (written, values), *others = whole.items()
    if others and not values.equals(others[0][1]):
        raise TimeError(
            f"{column.name} {column.drop_nulls()[0]!r} can be read as {_sense(written)} or {_sense(others[0][0])}, and "
            f"no row of the file tells which; give date_format='us' (month first) or date_format='eu' (day first)"
        )
    _check_years(column, values, written)
    return Dating(values, written)


def _check_years(column: pl.Series, values: pl.Series, written: str) -> None:
    """A format that does not fit may still read something: 20.12.24 by %Y is of the year 24."""
    far = ~values.dt.year().is_between(*YEARS)
    if far.any():
        row = int(far.arg_max() or 0)
        raise TimeError(
            f"row {row}: {column.name} {column[row]!r}, read as {written}, lies in the year {values.dt.year()[row]}; "
            "give date_format= as the times are written"
        )


def _probed(column: pl.Series, formats: tuple[str, ...]) -> tuple[str, ...]:
    """Formats that read some rows from all over the column, so that the whole is seldom read twice."""
    if len(formats) < 2 or len(column) <= PROBES:
        return formats
    probe = column.gather_every(len(column) // PROBES)
    left = tuple(f for f in formats if _read(probe, f).null_count() == probe.null_count())
    return left or formats


def _sense(written: str) -> str:
    return f"month first ({written})" if written.startswith("%m") else f"day first ({written})"


def _read(column: pl.Series, written: str) -> pl.Series:
    if written.startswith("epoch"):
        return _from_epoch(column, written.removeprefix("epoch_"))
    if not CLOCK_SIGNS.search(written):
        return column.str.to_date(written, strict=False)
    read = column.str.to_datetime(written, strict=False, time_unit="us", cache=False)
    return read.dt.replace_time_zone("UTC") if written.endswith(("Z", " UTC")) else read


def _from_epoch(column: pl.Series, unit: str) -> pl.Series:
    whole = column if column.dtype.is_integer() else column.cast(pl.Int64, strict=False)
    if unit == "s" and whole.null_count() > column.null_count():
        parts = column.cast(pl.Float64, strict=False)
        return from_epoch((parts * 1e6).round(), "us")
    return from_epoch(whole, unit)


def _unreadable(column: pl.Series, read: dict[str, pl.Series]) -> TimeError:
    written, best = min(read.items(), key=lambda item: item[1].null_count())
    wrong = best.is_null() & column.is_not_null()
    row = int(wrong.arg_max() or 0)
    good = column.filter(best.is_not_null())
    like = f"write all rows like {good[0]!r}" if len(good) else "give date_format= as they are written"
    return TimeError(f"row {row}: {column.name} {column[row]!r} cannot be read as {written}; {like}")
