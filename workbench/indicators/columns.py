"""An indicator over a whole column: of a series, of any Polars frame, of Bars.

The one idea: a column is the stream that `ctx.watch` gives, fed row by row in one call into Rust, so a row never knows
of a later one. Undefined is null; a null or NaN has the effect that the indicator states. A rule is a Boolean column.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench import _native
from workbench.errors import ParameterError, UnsupportedError
from workbench.indicators.indicator import FIELDS, Field, Indicator
from workbench.indicators.outputs import Outputs
from workbench.indicators.spelling import label
from workbench.market.adjustments import adjusted, unit_changes
from workbench.market.bars import with_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from workbench.market.bars import Bars

__all__ = ["all_of_values", "beside", "column", "columns", "expression", "of_values"]


def of_values(indicator: Indicator, values: object) -> pl.Series:
    """The indicator over a Series or a flat array, taken as the one field it reads, or over a frame's own columns.

    Raises:
        ParameterError: something else, or one series for an indicator that reads several fields.
        UnsupportedError: an indicator of longer bars.

    Example:
        >>> from workbench import ta
        >>> of_values(ta.sma(2), pl.Series([1.0, 3.0, 5.0])).to_list()
        [None, 2.0, 4.0]
    """
    return column(indicator, _frame(indicator, values))


def all_of_values(several: Outputs, values: object) -> pl.DataFrame:
    """Every output over what `of_values` takes.

    Raises:
        ParameterError: something else, or one series for an indicator that reads several fields.
        UnsupportedError: an indicator of longer bars.

    Example:
        >>> from workbench import ta
        >>> all_of_values(ta.macd(2, 3, 2), pl.Series([1.0, 3.0])).columns
        ['macd.line', 'macd.signal', 'macd.histogram']
    """
    return pl.DataFrame(columns([several], _frame(several.description, values)))


def _frame(indicator: Indicator, values: object) -> pl.DataFrame:
    if isinstance(values, pl.DataFrame):
        return values
    if isinstance(values, np.ndarray) and values.ndim == 1:
        values = pl.Series(values)
    if not isinstance(values, pl.Series):
        given = f"an array of {values.ndim} dimensions" if isinstance(values, np.ndarray) else type(values).__name__
        raise ParameterError(f"{indicator!r} takes a polars Series or DataFrame or a flat numpy array, got {given}")
    read = _read(indicator)
    if len(read) > 1:
        raise ParameterError(f"{indicator!r} reads {', '.join(read)}: give a DataFrame with these, not one series")
    return values.alias(read[0]).to_frame()


def column(indicator: Indicator, frame: pl.DataFrame) -> pl.Series:
    """The indicator at each row of a frame that has the fields it reads; named as its column.

    Raises:
        ParameterError: a field that is missing or holds no numbers.
        UnsupportedError: an indicator of longer bars.

    Example:
        >>> from workbench import ta
        >>> column(ta.close() > ta.open(), pl.DataFrame({"open": [1, 3], "close": [2, 2]})).to_list()
        [True, False]
    """
    return columns([indicator], frame)[0]


def columns(wanted: Sequence[Indicator | Outputs], frame: pl.DataFrame) -> list[pl.Series]:
    """What `column` gives for each of them, on all cores; those with several outputs have a column for each.

    Raises:
        ParameterError: a field that is missing or holds no numbers.
        UnsupportedError: an indicator of longer bars.

    Example:
        >>> from workbench import ta
        >>> [each.name for each in columns([ta.macd(), ta.sma(2)], pl.DataFrame({"close": [1.0, 3.0]}))]
        ['macd.line', 'macd.signal', 'macd.histogram', 'sma_2']
    """
    if not wanted:
        return []
    read: dict[Field, pl.Series] = {}
    for it in (_one(each) for each in wanted):
        read.update({field: _values(it, field, frame) for field in _read(it) if field not in read})
    found = pl.DataFrame(_native.indicator_columns([_one(each).node for each in wanted], pl.DataFrame(read)))
    outputs = [output for each in wanted for output in _outputs(each)]
    return [_typed(values, it).alias(label(it)) for values, it in zip(found, outputs, strict=True)]


def _one(it: Indicator | Outputs) -> Indicator:
    return it if isinstance(it, Indicator) else it.description


def _outputs(it: Indicator | Outputs) -> list[Indicator]:
    return [it] if isinstance(it, Indicator) else list(it.each.values())


def _typed(values: pl.Series, it: Indicator) -> pl.Series:
    return values.cast(pl.Boolean) if it.is_rule else values


def _values(indicator: Indicator, field: Field, frame: pl.DataFrame) -> pl.Series:
    """A field that it reads, as the numbers they are."""
    if field not in frame.columns:
        raise ParameterError(f"{indicator!r} reads {field}; the frame has {', '.join(frame.columns) or 'no columns'}")
    values = frame[field]
    if not (values.dtype.is_numeric() or values.dtype == pl.Null):
        raise ParameterError(f"{indicator!r} reads numbers; {field} is {values.dtype}")
    return values if values.dtype == pl.Float64 else values.cast(pl.Float64)


def expression(indicator: Indicator, over: str | None = None) -> pl.Expr:
    """The indicator as an expression over the columns open, high, low, close and volume that it reads.

    Raises:
        ParameterError: `over` is no name of a column.
        UnsupportedError: an indicator of longer bars.

    Example:
        >>> from workbench import ta
        >>> frame = pl.DataFrame({"asset": ["A", "B", "A"], "close": [1.0, 9.0, 3.0]})
        >>> frame.select(expression(ta.sma(2), over="asset")).to_series().to_list()
        [None, None, 2.0]
    """
    if not isinstance(over, str | None):
        raise ParameterError(f'over={over!r} is no name of a column; write over="asset"')
    inputs = pl.struct(pl.col(field) for field in _read(indicator))
    found = inputs.map_batches(partial(_of_struct, indicator), return_dtype=_type(indicator))
    return (found if over is None else found.over(over)).alias(label(indicator))


def beside(bars: Bars, indicators: Sequence[object], named: Mapping[str, object]) -> pl.DataFrame:
    """The frame of Bars with a column for each indicator; see `Bars.with_columns`."""
    wanted = _named(bars, indicators, named)
    parts = [_beside(bars.select(asset), wanted) for asset in bars.assets]
    return pl.concat(parts) if parts else bars.frame


def _beside(bars: Bars, wanted: Mapping[str, Indicator | Outputs]) -> pl.DataFrame:
    """One asset: the rows from each split on are computed over history in the units of that time, as streams are."""
    starts = _starts(bars)
    ends = [*(row for row, _ in starts[1:]), len(bars)]
    parts: dict[str, list[pl.Series]] = {name: [] for given, each in wanted.items() for name in _names(given, each)}
    for (start, ex), end in zip(starts, ends, strict=True):
        known = with_frame(bars, bars.frame.head(end))
        history = known if ex is None else adjusted(known, ex)
        for name, values in zip(parts, columns(list(wanted.values()), history.frame), strict=True):
            parts[name].append(values.slice(start))
    return bars.frame.with_columns(pl.concat(found).alias(name) for name, found in parts.items())


def _starts(bars: Bars) -> list[tuple[int, date | None]]:
    """The first row in each unit of the asset, and the split that made it; the first has none."""
    sessions = bars.frame["session"]
    days: list[date] = unit_changes(bars.actions)["ex"].unique().sort().to_list()
    rows = [(int(sessions.search_sorted(day, side="left")), day) for day in days]
    return [(0, None), *((row, day) for row, day in rows if 0 < row < len(bars))]


def _named(bars: Bars, indicators: Sequence[object], named: Mapping[str, object]) -> dict[str, Indicator | Outputs]:
    wanted: dict[str, Indicator | Outputs] = {}
    taken = set(bars.frame.columns)
    for name, each in [*((None, each) for each in indicators), *named.items()]:
        if not isinstance(each, Indicator | Outputs):
            raise ParameterError(f"with_columns takes indicators such as ta.sma(20), got {_given(name, each)}")
        stem = name or (label(each) if isinstance(each, Indicator) else each.description.name)
        for clash in taken.intersection(_names(stem, each)):
            raise ParameterError(f"there is a column {clash!r} already; give {each!r} another name: other={each!r}")
        taken.update(_names(stem, each))
        wanted[stem] = each
    return wanted


def _names(stem: str, it: Indicator | Outputs) -> list[str]:
    """The columns of an indicator that is called so."""
    return [stem] if isinstance(it, Indicator) else [f"{stem}.{output}" for output in it.outputs]


def _given(name: str | None, given: object) -> str:
    return f"{name}={given!r}" if name else f"a {type(given).__name__}"


def _of_struct(indicator: Indicator, rows: pl.Series) -> pl.Series:
    return column(indicator, rows.struct.unnest())


def _type(indicator: Indicator) -> type[pl.Boolean | pl.Float64]:
    return pl.Boolean if indicator.is_rule else pl.Float64


def _read(indicator: Indicator) -> list[Field]:
    """The fields that it reads, in the order of a bar's."""
    found = _fields(indicator)
    return [field for field in FIELDS if field in found]


def _fields(indicator: Indicator) -> set[str]:
    if indicator.every is not None:
        raise UnsupportedError(
            f"{indicator!r} lives on bars of {indicator.every}, and a column has none; "
            f"resample the bars first, or watch it: ctx.watch({indicator!r})"
        )
    inner = [_fields(each) if isinstance(each, Indicator) else {str(each)} for each in indicator.inputs]
    return set().union(*inner)
