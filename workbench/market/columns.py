"""Columns by name: a Polars, pandas or Arrow frame becomes a Polars frame with our names and number types.

The one idea: a name counts without its case, spaces and signs ("Adj Close" is "adjclose"). pandas is recognised by the
module of the object's class and never imported here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError

__all__ = ["KNOWN", "NUMBERS", "ROW", "as_polars", "ignored", "missing_columns", "named", "ours"]

ROW: Final = "row_of_the_input"  # kept while rows are moved, so that a refusal names the row its giver knows
NUMBERS: Final = ("open", "high", "low", "close", "volume")
ALIASES: Final = {
    "o": "open",
    "h": "high",
    "l": "low",
    "c": "close",
    "v": "volume",
    "vol": "volume",
    "symbol": "asset",
    "ticker": "asset",
    "opentime": "open_time",
    "timestamp": "open_time",
    "datetime": "open_time",
    "ts": "open_time",
    "closelast": "close",
    "datum": "date",
    "erffnung": "open",  # the key of Eröffnung
    "hoch": "high",
    "tief": "low",
    "schluss": "close",
    "volumen": "volume",
    "dtyyyymmdd": "date",
    "index": "open_time",
    "none": "open_time",
    "level0": "open_time",
    "": "open_time",
}
UNNAMED: Final = ("index", "none", "level0", "")
KNOWN: Final = ("asset", "open_time", "time", "date", "session", *NUMBERS)
WANTED: Final = "open, high, low, close and one of open_time, time, date (volume and asset as needed)"
BETWEEN: Final = "\x1f"  # stands between the two levels of a column name while they are flat


def as_polars(frame: object) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    """A Polars frame from what was given, with an index as a column.

    Raises:
        ParameterError: something that is no frame.

    Example:
        >>> as_polars(pl.DataFrame({"a": [1]}))[0].columns
        ['a']
    """
    if isinstance(frame, pl.DataFrame):
        return frame, ()
    if isinstance(frame, pl.LazyFrame):
        return frame.collect(), ()
    if type(frame).__module__.split(".")[0] == "pandas" and hasattr(frame, "columns"):
        return _from_pandas(frame)
    if hasattr(frame, "__arrow_c_stream__") and not hasattr(frame, "name"):
        return pl.DataFrame(frame), ()
    raise ParameterError(f"a {type(frame).__name__} is no frame; give a Polars or pandas DataFrame, or an Arrow table")


def _from_pandas(frame: Any) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    levels = frame.columns.nlevels
    if levels > 2:
        raise BarsError(f"the columns have {levels} levels; one, or two as from yfinance, can be read")
    if levels == 1:
        return _indexed(frame), ()
    return _two_levels(frame)


def _indexed(frame: Any) -> pl.DataFrame:
    """Through Arrow, with the index as a column unless it only counts the rows."""
    counts = type(frame.index).__name__ == "RangeIndex"
    try:
        return pl.from_pandas(frame, include_index=not counts)
    except (ValueError, TypeError, pl.exceptions.PolarsError) as error:
        raise BarsError(f"the pandas frame cannot be read: {error}; use plain columns of numbers and times") from error


def _two_levels(frame: Any) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    """Columns as from yfinance, (field, ticker) or (ticker, field): one block of rows for each ticker."""
    pairs = [(str(a), str(b)) for a, b in frame.columns]
    scores = [sum(_key(pair[level]) in NUMBERS for pair in pairs) for level in (0, 1)]
    if max(scores) == 0:
        raise BarsError(f"no level of the columns holds open, high, low, close; found {pairs[0]} and others")
    fields_first = scores[0] >= scores[1]
    ordered = pairs if fields_first else [(b, a) for a, b in pairs]
    flat = frame.set_axis([f"{field}{BETWEEN}{ticker}" for field, ticker in ordered], axis=1)
    table = _indexed(flat)
    tickers = list(dict.fromkeys(ticker for _, ticker in ordered))
    blocks = [_block(table, ticker) for ticker in tickers]
    full = [block.filter(~pl.all_horizontal(_prices(block).is_null())) for block in blocks]
    empty = sum(b.height for b in blocks) - sum(f.height for f in full)
    return pl.concat(full, how="diagonal_relaxed"), _padding(empty)


def _prices(block: pl.DataFrame) -> pl.Expr:
    return pl.col([c for c in block.columns if _key(c) in NUMBERS[:4]])


def _padding(rows: int) -> tuple[Notice, ...]:
    if rows == 0:
        return ()
    text = f"{rows:,} rows without any price were left out"
    return (Notice("padding", rows, text, "two-level columns pad tickers of different lengths; nothing to do"),)


def _block(table: pl.DataFrame, ticker: str) -> pl.DataFrame:
    index = [c for c in table.columns if BETWEEN not in c]
    own = [c for c in table.columns if c.endswith(BETWEEN + ticker)]
    block = table.select(*index, *(pl.col(c).alias(c.split(BETWEEN)[0]) for c in own))
    return block.with_columns(asset=pl.lit(ticker))


def named(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    """The columns that Bars need under our names, prices and volume as Float64, asset as text.

    Raises:
        BarsError: a column that is missing, there twice, or holds no numbers.

    Example:
        >>> table = pl.DataFrame({"Date": ["2024-01-02"], "OPEN": [1], "High": [2], "low": [1], "Close": [2]})
        >>> named(table)[0].columns
        ['date', 'open', 'high', 'low', 'close', 'volume']
    """
    names = ours(table.schema)
    if {"date", "time"} <= set(names.values()):
        raise BarsError("columns date and time: join the two into one column open_time, such as 2024-02-29 15:30")
    missing_columns(list(names.values()), table.columns)
    kept = table.select(pl.col(old).alias(new) for old, new in names.items())
    notices = ignored([c for c in table.columns if c not in names])
    if "volume" not in names.values():
        kept = kept.with_columns(volume=pl.lit(None, pl.Float64))
    numbers = kept.with_columns(_number(kept[c]) for c in NUMBERS)
    if "asset" in names.values():
        numbers = numbers.with_columns(pl.col("asset").cast(pl.String))
    return numbers, (*notices, *_unknown(numbers["volume"], "volume" in names.values()))


def _unknown(volume: pl.Series, given: bool) -> tuple[Notice, ...]:
    count = volume.null_count()
    if not count:
        return ()
    text = f"{count:,} volumes are unknown (null or NaN)" if given else "there is no volume column"
    return (Notice("volume", count, text, "no volume cap acts on such bars"),)


def ours(schema: Mapping[str, pl.DataType], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Given name -> our name, of the columns that Bars need; a date beside an open_time is not needed.

    Args:
        schema: the columns and their types.
        given: names that are said and not to be found.

    Raises:
        BarsError: two columns for one of our names.

    Example:
        >>> ours({"Date": pl.Date(), "Last": pl.Float64(), "Trades": pl.Int64()}, {"Last": "close"})
        {'Date': 'date', 'Last': 'close'}
    """
    said = dict(given or {})
    chosen: dict[str, str] = {}
    for column, dtype in schema.items():
        name = said.get(column) or _ours(column, dtype)
        if name is None or (column not in said and name in said.values()):
            continue
        if name in chosen.values():
            other = next(c for c, n in chosen.items() if n == name)
            raise BarsError(f"columns {other!r} and {column!r} both read as {name}; drop or rename one")
        chosen[column] = name
    taken = set(chosen.values())
    if "open_time" in taken:
        chosen = {c: n for c, n in chosen.items() if n != "date"}
    return {c: n for c, n in chosen.items() if n != "session" or {"open_time", "time"} <= taken}


def _ours(column: str, dtype: pl.DataType) -> str | None:
    key = _key(column)
    if key in UNNAMED and not dtype.is_temporal():
        return None
    name = ALIASES.get(key, key)
    return name if name in KNOWN else None


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def missing_columns(names: Sequence[str], found: Sequence[str]) -> None:
    """Refuse names of which one that every frame of bars has is not there.

    Raises:
        BarsError: what is missing, and what was found instead.
    """
    missing = [n for n in NUMBERS[:4] if n not in names]
    if not {"open_time", "time", "date"} & set(names):
        missing.append("open_time (or time, or date)")
    if missing:
        shown = ", ".join(repr(c) for c in found) or "no columns"
        raise BarsError(f"columns missing: {', '.join(missing)}; found {shown}; wanted {WANTED}")


def ignored(columns: Sequence[str]) -> tuple[Notice, ...]:
    """Remarks on columns that were left out; an unnamed one that counts the rows is no loss.

    Example:
        >>> [notice.text for notice in ignored(["Trades", ""])]
        ['1 columns were ignored: Trades']
    """
    columns = [c for c in columns if _key(c) not in UNNAMED]
    adjusted = [c for c in columns if _key(c) in ("adjclose", "adjustedclose")]
    others = [c for c in columns if c not in adjusted]
    notices = []
    if adjusted:
        text = f"column {adjusted[0]!r} was ignored: Bars hold unadjusted prices"
        notices.append(Notice("columns", 1, text, "give splits and dividends as actions="))
    if others:
        text = f"{len(others)} columns were ignored: {', '.join(others[:8])}"
        notices.append(Notice("columns", len(others), text, "Bars hold open, high, low, close and volume only"))
    return tuple(notices)


def _number(series: pl.Series) -> pl.Series:
    """Float64, or a refusal with the first value that is no number; a volume that is NaN is unknown."""
    if not series.dtype.is_numeric() and series.dtype not in (pl.String, pl.Null):
        raise BarsError(f"column {series.name} holds {series.dtype}, not numbers; convert it first")
    values = series.cast(pl.Float64, strict=False)
    wrong = values.is_null() & series.is_not_null()
    if wrong.any():
        row = int(wrong.arg_max() or 0)
        raise BarsError(f"row {row}: {series.name} {series[row]!r} is not a number; write it as 1234.5 or drop the row")
    return values.fill_nan(None) if series.name == "volume" else values
