"""Data cut to what was known at a time: Bars, datasets, and frames of any kind whose rows say when they are of.

The one idea: each kind of value has one way of being cut; what has none is told with the reason, so that nothing is
taken for checked which was not.

- Bars: rows closed by the time; actions announced by then, or acting in a session that has begun by then.
- A Dataset: rows known by then.
- A Polars, pandas, Arrow or structured NumPy table: by the first of `TIMES` that it has, or by a pandas index of times.
  A time counts up to the cut; `open_time` only before it, as that bar then only begins. A date counts from its session
  on; where the rows have a close, high, low or volume, from the close of that session on.
- What such a table holds beside prices may have been made of later rows. It is cut all the same, and told, unless the
  table says when its rows became known.
- A dict of numbers by dates or times, likewise. Lists, tuples and dicts of such data are cut inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import compress
from typing import Any, Final

import numpy as np
import polars as pl

from workbench.market.bars import Bars, with_frame
from workbench.market.catalog import Catalog
from workbench.market.datasets import Dataset, first_rows

__all__ = ["TIMES", "Cut", "Way", "cut_bars", "way_of"]

KNOWN: Final = ("known_at", "known", "announced", "published", "available_at", "released", "filed")
TIMES: Final = (*KNOWN, "time", "datetime", "timestamp", "date", "session", "open_time", "day", "index")
DAYS: Final = ("date", "session", "day", "index")  # midnights in these are dates, whatever their zone
PRICES: Final = {"close", "adj_close", "high", "low", "volume"}
PLAIN: Final = {*TIMES, "asset", "symbol", "ticker", "open", "high", "low", "close", "volume"}
MANY: Final = 20  # so many numbers may be settings; more of them may be data
TIMELESS: Final = "its rows have no column that says when they are of; name one time or known_at"
BARE: Final = "bare numbers have no times; keep them in a frame with a column time or known_at"
MADE: Final = "how {} came about; make it inside the strategy, or give a Dataset that says when it was known"
FITTED: Final = "what it was fitted on cannot be cut; fit it inside the strategy"
READS: Final = "a catalog reads files while the strategy runs; load its Bars before and name those"
Rule = Callable[["Cut"], pl.Expr]


@dataclass(frozen=True, slots=True)
class Cut:
    """A moment to cut at: the close of a slice, its session, and whether that session is over by then."""

    time: datetime
    session: date
    is_over: bool


@dataclass(frozen=True, slots=True)
class Way:
    """How a value is cut, by what, and why it cannot be, or not all of it."""

    by: str = ""
    cut: Callable[[Cut], object] | None = None
    lack: str = ""


def way_of(value: object) -> Way | None:
    """How a value can be cut; None where there is nothing to cut.

    Example:
        >>> way_of("AAPL"), way_of(pl.DataFrame({"date": [date(2024, 1, 2)], "close": [1.5]})).by
        (None, "'date'")
        >>> way_of([1.5] * 100).lack
        'bare numbers have no times; keep them in a frame with a column time or known_at'
    """
    for kinds, find in _WAYS:
        if isinstance(value, kinds):
            return find(value)
    package = type(value).__module__.partition(".")[0]
    if package in _PACKAGES:
        return _PACKAGES[package](value)
    is_fitted = not isinstance(value, type) and callable(getattr(value, "predict", None))
    return Way(lack=FITTED) if is_fitted else None


def cut_bars(bars: Bars, at: Cut) -> Bars:
    """Bars closed by the time, of the same assets, with the actions known by then.

    Example:
        >>> from datetime import UTC
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", every="1d", n=10, start="2024-01-01")
        >>> len(cut_bars(bars, Cut(datetime(2024, 1, 5, tzinfo=UTC), date(2024, 1, 4), True)))
        4
    """
    announced = (pl.col("known") <= at.time).fill_null(False)
    acting = pl.col("known").is_null() & (pl.col("ex") <= at.session)
    rows = bars.frame.filter(pl.col("time") <= at.time)
    return with_frame(bars, rows, actions=bars.actions.filter(announced | acting))


def _bars(bars: Any) -> Way:
    return Way("the close of each bar", lambda at: cut_bars(bars, at))


def _dataset(data: Any) -> Way:
    def cut(at: Cut) -> Dataset:
        return first_rows(data, int((data.frame["known_at"] <= at.time).sum()), data.assets)

    return Way("'known_at'", cut)


def _polars(frame: Any) -> Way | None:
    """A frame of Polars, lazy or not."""
    schema = frame.collect_schema()
    name = _time_column(schema)
    if name is None:
        return _timeless(frame.lazy().select(pl.len()).collect().item())
    times = frame.lazy().select(name).collect().to_series()
    return _by(times, list(schema), lambda rule, at: frame.filter(rule(at)))


def _by(times: pl.Series, columns: Sequence[object], cut: Callable[[Rule, Cut], object]) -> Way:
    """The way by a column of times, if they can be compared with those of the run."""
    named = [{_key(part) for part in (each if isinstance(each, tuple) else (each,))} for each in columns]
    try:
        rule = _rule(times, any(PRICES & parts for parts in named))
    except ValueError as error:
        return Way(lack=str(error))
    made = [str(each) for each, parts in zip(columns, named, strict=True) if not parts & PLAIN]
    # A row that says when it became known says it of all its values; a row of a time of the market does not.
    lack = "" if _key(times.name) in KNOWN or not made else MADE.format(", ".join(made[:3]))
    return Way(repr(times.name), lambda at: cut(rule, at), lack)


def _key(name: object) -> str:
    """A name without its capitals, spaces as underscores."""
    return str(name).lower().strip().replace(" ", "_")


def _time_column(names: Iterable[str]) -> str | None:
    """The first of `TIMES` among the columns, whatever its capitals."""
    named = {_key(name): name for name in reversed(list(names))}
    return next((named[name] for name in TIMES if name in named), None)


def _timeless(height: int) -> Way | None:
    return Way(lack=TIMELESS) if height > MANY else None


def _rule(times: pl.Series, has_prices: bool) -> Rule:
    """Which rows are kept at a cut, as an expression over the column of these times; a row without one always is.

    Raises:
        ValueError: times that cannot be compared with those of the run; the reason is given.
    """
    name, column = times.name, pl.col(times.name)
    if times.dtype == pl.String:
        if times.str.to_date(strict=False).null_count() > times.null_count():
            raise ValueError(f"its {name!r} is text that is no date; make times of it")
        column = column.str.to_date()
    elif isinstance(times.dtype, pl.Datetime):
        if times.dtype.time_zone is not None and not (name.lower() in DAYS and _are_midnights(times)):
            moment = column.dt.convert_time_zone("UTC")
            return lambda at: _kept(moment < at.time if name.lower() == "open_time" else moment <= at.time)
        if not _are_midnights(times):
            raise ValueError(f"its {name!r} has times without a zone; give them one")
        column = column.dt.date()
    elif times.dtype != pl.Date:
        raise ValueError(f"its {name!r} holds {times.dtype}, no times; make times of them")
    return lambda at: _kept(column < at.session if has_prices and not at.is_over else column <= at.session)


def _are_midnights(times: pl.Series) -> bool:
    return not (times.dt.truncate("1d") != times).any()


def _kept(rows: pl.Expr) -> pl.Expr:
    return rows.fill_null(True)


def _mask(times: pl.Series, rule: Rule, at: Cut) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return times.to_frame().select(rule(at)).to_series().to_numpy()


def _values(series: Any) -> Way | None:
    is_data = len(series) > MANY and (series.dtype.is_numeric() or series.dtype == pl.Boolean)
    return Way(lack=BARE) if is_data else None


def _array(array: Any) -> Way | None:
    fields = array.dtype.names or ()
    if (name := _time_column(fields)) is None or array.dtype[name].kind != "M":
        return Way(lack=BARE) if array.size > MANY and array.dtype.kind in "biufV" else None
    times = pl.Series(name, array[name].astype("datetime64[us]"))
    return _by(times, fields, lambda rule, at: array[_mask(times, rule, at)])


def _pandas(value: Any) -> Way | None:
    """A frame or a series of pandas, by its index of times or by a column; pandas itself is not named here."""
    index = getattr(value, "index", None)
    if index is None or not hasattr(value, "iloc"):
        return None
    columns = list(getattr(value, "columns", ()))
    levels = [index.get_level_values(i) for i in range(index.nlevels)]
    times = next((level for level in levels if type(level).__name__ == "DatetimeIndex"), None)
    if times is None and (name := _time_column([each for each in columns if isinstance(each, str)])) is None:
        return _timeless(len(value))
    held = value[name].rename(name) if times is None else times.to_series().rename("index")
    asked = pl.from_pandas(held.reset_index(drop=True))
    return _by(asked, columns or [value.name or "values"], lambda rule, at: value[_mask(asked, rule, at)])


def _arrow(table: Any) -> Way | None:
    if not hasattr(table, "column_names"):
        return None
    frame = pl.DataFrame(table)
    way = _polars(frame)
    if way is None or way.cut is None:
        return way
    inner = way.cut
    return Way(way.by, lambda at: inner(at).to_arrow(), way.lack)  # type: ignore[attr-defined]  # a frame stays one


def _mapping(given: Any) -> Way | None:
    keys, values = list(given), list(given.values())
    if keys and all(isinstance(key, date) for key in keys) and all(isinstance(each, _NUMBERS) for each in values):
        return _dated(given, keys)
    return _inside(values, lambda cut: dict(zip(keys, cut, strict=True)))


def _dated(given: Any, keys: list[Any]) -> Way:
    try:
        times = pl.Series("its keys", keys)
    except (TypeError, pl.exceptions.PolarsError):
        return Way(lack="its keys are dates and times side by side; use one of them")
    return _by(times, ["values"], lambda rule, at: dict(compress(given.items(), _mask(times, rule, at))))


def _listed(given: Any) -> Way | None:
    if given and all(isinstance(each, (*_NUMBERS, type(None))) for each in given):
        return Way(lack=BARE) if len(given) > MANY else None
    kind = type(given)
    return _inside(list(given), getattr(kind, "_make", kind))


def _inside(values: list[Any], made: Callable[[list[object]], object]) -> Way | None:
    """The way of what holds other data: each of it by its own."""
    ways = [way_of(each) for each in values]
    by = sorted({way.by for way in ways if way is not None and way.by})
    lack = next((way.lack for way in ways if way is not None and way.lack), "")
    if not by:
        return Way(lack=lack) if lack else None

    def cut(at: Cut) -> object:
        pairs = zip(values, ways, strict=True)
        return made([each if way is None or way.cut is None else way.cut(at) for each, way in pairs])

    return Way(", ".join(by), cut, lack)


_NUMBERS: Final = (int, float, Decimal, np.number)
_WAYS: Final[tuple[tuple[Any, Callable[[Any], Way | None]], ...]] = (
    (Bars, _bars),
    (Dataset, _dataset),
    (Catalog, lambda _: Way(lack=READS)),
    ((pl.DataFrame, pl.LazyFrame), _polars),
    (pl.Series, _values),
    (np.ndarray, _array),
    (dict, _mapping),
    ((list, tuple), _listed),
)
_PACKAGES: Final[dict[str, Callable[[Any], Way | None]]] = {"pandas": _pandas, "pyarrow": _arrow}
