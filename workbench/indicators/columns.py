"""An indicator over a whole column: of a series, of any Polars frame, of Bars.

The one idea: a column is the stream that `ctx.watch` gives, fed row by row in one call into Rust, so a row never knows
of a later one. Undefined is null; a null or NaN has the effect that the indicator states. A rule is a Boolean column.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench import _native
from workbench.errors import ParameterError, UnsupportedError
from workbench.indicators.feeds import Feed, Stretch, Told, check, feeds, stretches
from workbench.indicators.indicator import FIELDS, PARTS, Indicator, Part
from workbench.indicators.outputs import Outputs
from workbench.indicators.spelling import label
from workbench.market.bars import Bars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["all_of_values", "beside", "column", "columns", "expression", "of_values", "stream"]


def of_values(indicator: Indicator, values: object) -> pl.Series:
    """The indicator over a Series or a flat array, taken as the one field it reads, or over a frame's own columns.

    Raises:
        ParameterError: something else, or one series for an indicator that reads several fields.
        UnsupportedError: an indicator of longer bars or of another asset.

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
        UnsupportedError: an indicator of longer bars or of another asset.

    Example:
        >>> from workbench import ta
        >>> all_of_values(ta.macd(2, 3, 2), pl.Series([1.0, 3.0])).columns
        ['macd.line', 'macd.signal', 'macd.histogram']
    """
    return pl.DataFrame(columns([several], _frame(several.description, values)))


def _frame(indicator: Indicator, values: object) -> pl.DataFrame:
    _refuse_feeds(indicator)
    if isinstance(values, pl.DataFrame):
        _check_one_asset(indicator, values)
        return values
    if isinstance(values, Bars):
        raise ParameterError(f"{indicator!r} takes columns, got Bars; write bars.with_columns({indicator!r})")
    if isinstance(values, np.ndarray) and values.ndim == 1:
        values = pl.Series(values)
    if not isinstance(values, pl.Series):
        given = f"an array of {values.ndim} dimensions" if isinstance(values, np.ndarray) else type(values).__name__
        raise ParameterError(f"{indicator!r} takes a polars Series or DataFrame or a flat numpy array, got {given}")
    read = _read(indicator)
    if len(read) > 1:
        raise ParameterError(f"{indicator!r} reads {', '.join(read)}: give a DataFrame with these, not one series")
    return values.alias(read[0]).to_frame()


def _check_one_asset(indicator: Indicator, frame: pl.DataFrame) -> None:
    """Rows of several assets are no series: the first values of one would be made of the last ones of another."""
    if "asset" in frame.columns and (count := frame["asset"].n_unique()) > 1:
        raise ParameterError(
            f"{indicator!r} takes the rows of one asset, and the frame has {count:,}; write bars.with_columns(...), or "
            'frame.with_columns(ta.sma(20).expr(over="asset"))'
        )


def column(indicator: Indicator, frame: pl.DataFrame) -> pl.Series:
    """The indicator at each row of a frame that has the fields it reads; named as its column.

    Raises:
        ParameterError: a field that is missing or holds no numbers.
        UnsupportedError: an indicator of longer bars or of another asset.

    Example:
        >>> from workbench import ta
        >>> column(ta.close() > ta.open(), pl.DataFrame({"open": [1, 3], "close": [2, 2]})).to_list()
        [True, False]
    """
    return columns([indicator], frame)[0]


def columns(
    wanted: Sequence[Indicator | Outputs], frame: pl.DataFrame, stretch: Stretch | None = None
) -> list[pl.Series]:
    """What `column` gives for each of them, on all cores; those with several outputs have a column for each.

    Args:
        wanted: What is computed.
        frame: The rows in their order.
        stretch: The bars beside them, for what lives on more than the rows.

    Raises:
        ParameterError: a field that is missing or holds no numbers.
        UnsupportedError: an indicator of longer bars or of another asset, without a stretch.

    Example:
        >>> from workbench import ta
        >>> [each.name for each in columns([ta.macd(), ta.sma(2)], pl.DataFrame({"close": [1.0, 3.0]}))]
        ['macd.line', 'macd.signal', 'macd.histogram', 'sma_2']
    """
    labels = [label(one) for it in wanted for one in _outputs(it)]
    return [values.alias(name) for values, name in zip(_computed(wanted, frame, stretch), labels, strict=True)]


def _computed(
    wanted: Sequence[Indicator | Outputs], frame: pl.DataFrame, stretch: Stretch | None
) -> Iterator[pl.Series]:
    """The columns before they are named: a label takes longer to spell than a short column to compute."""
    asset = None if stretch is None else stretch.asset
    of_rows = iter(_values([one for one in map(_one, wanted) if not feeds(one)], frame, asset))
    for it in wanted:
        outputs = _outputs(it)
        read = feeds(outputs[0])
        told = _told(outputs[0], read, stretch) if read else None
        values = _values(outputs, frame, asset, told) if told else islice(of_rows, len(outputs))
        for each, one in zip(values, outputs, strict=True):
            yield each.cast(pl.Boolean) if one.is_rule else each


def _outputs(it: Indicator | Outputs) -> list[Indicator]:
    return [it] if isinstance(it, Indicator) else list(it.each.values())


def _told(indicator: Indicator, read: list[Feed], stretch: Stretch | None) -> Told:
    if stretch is None:
        raise _unsupported(indicator, read[0])
    return stretch.told(read)


def _values(
    wanted: Sequence[Indicator], frame: pl.DataFrame, asset: str | None, told: Told | None = None
) -> list[pl.Series]:
    """All of them in one call; a description with several outputs gives all of these."""
    if not wanted:
        return []
    read, events = told or ([], None)
    found = _native.indicator_columns([each.node for each in wanted], _rows(wanted, frame), events, read, asset)
    return pl.DataFrame(found).get_columns()


def _rows(wanted: Sequence[Indicator], frame: pl.DataFrame) -> pl.DataFrame:
    """The fields that they read, as the numbers they are."""
    readers = {field: one for one in reversed(wanted) for field in _read(one)}
    # Something that reads no field of the rows has as many values as there are rows all the same.
    read = readers or dict.fromkeys([name for name in PARTS if name in frame.columns][:1], wanted[0])
    given = [_numbers(field, _found(indicator, field, frame)) for field, indicator in read.items()]
    # A frame is made of a series sooner than of a list, which might hold anything.
    return given[0].to_frame().hstack(given[1:]) if given else pl.DataFrame()


def _found(indicator: Indicator, field: Part, frame: pl.DataFrame) -> pl.Series:
    names = frame.columns
    if field not in names:
        raise ParameterError(
            f"{indicator!r} reads {field}; the frame has {', '.join(names) or 'no columns'}{_hint(field)}"
        )
    values = frame.get_column(field)
    _check_type(indicator, field, values.dtype)
    return values


def _hint(field: Part) -> str:
    known = {"session": "the date of a row's session", "time": "when a row's bar closed"}
    return f"; it is {known[field]}, which Bars know: bars.with_columns(...)" if field in known else ""


def _check_type(indicator: Indicator, field: Part, found: pl.DataType) -> None:
    if field == "session" and found not in (pl.Date, pl.Null):
        raise ParameterError(f"{indicator!r} reads the session as a date; session is {found}")
    if field == "time" and not (isinstance(found, pl.Datetime) and found.time_zone):
        raise ParameterError(f"{indicator!r} reads the time as a datetime with a time zone; time is {found}")
    if field in FIELDS and not (found.is_numeric() or found == pl.Null):
        raise ParameterError(f"{indicator!r} reads numbers; {field} is {found}")


def _numbers(field: Part, given: pl.Series) -> pl.Series:
    """Sessions are days since 1970, times microseconds."""
    if field == "time":
        given = given.dt.epoch("us")
    whole = given.cast(pl.Int32) if field == "session" else given
    return whole if whole.dtype == pl.Float64 else whole.cast(pl.Float64)


def expression(indicator: Indicator, over: str | None = None) -> pl.Expr:
    """The indicator as an expression over the columns open, high, low, close and volume that it reads.

    Raises:
        ParameterError: `over` is no name of a column.
        UnsupportedError: an indicator of longer bars or of another asset.

    Example:
        >>> from workbench import ta
        >>> frame = pl.DataFrame({"asset": ["A", "B", "A"], "close": [1.0, 9.0, 3.0]})
        >>> frame.select(expression(ta.sma(2), over="asset")).to_series().to_list()
        [None, None, 2.0]
    """
    if not isinstance(over, str | None):
        raise ParameterError(f'over={over!r} is no name of a column; write over="asset"')
    _refuse_feeds(indicator)
    inputs = pl.struct(pl.col(field) for field in _read(indicator))
    found = inputs.map_batches(partial(_of_struct, indicator), return_dtype=_type(indicator))
    return (found if over is None else found.over(over)).alias(label(indicator))


def stream(indicator: Indicator) -> _native.IndicatorStream:
    """The indicator as a stream outside of a run; see `Indicator.stream`.

    Raises:
        UnsupportedError: an indicator of longer bars or of another asset.

    Example:
        >>> from types import SimpleNamespace
        >>> from workbench import ta
        >>> spread = stream(ta.high() - ta.low())
        >>> spread.update(SimpleNamespace(high=3.0, low=1.0)), spread
        (2.0, high - low = 2)
    """
    _refuse_feeds(indicator)
    return _native.IndicatorStream(indicator.node, _read(indicator), label(indicator))


def beside(bars: Bars, indicators: Sequence[object], named: Mapping[str, object]) -> pl.DataFrame:
    """The frame of Bars with a column for each indicator; see `Bars.with_columns`."""
    wanted = _named(bars, indicators, named)
    read = [feed for each in wanted.values() for feed in feeds(_one(each))]
    check(bars, read)
    parts = [_beside(bars, asset, wanted, read) for asset in bars.assets]
    return pl.concat(parts) if parts else bars.frame


def _beside(bars: Bars, asset: str, wanted: Mapping[str, Indicator | Outputs], read: Sequence[Feed]) -> pl.DataFrame:
    """One asset: each stretch of rows is computed over history in the units of that time, as streams are."""
    parts: dict[str, list[pl.Series]] = {name: [] for given, each in wanted.items() for name in _names(given, each)}
    for stretch in stretches(bars, asset, read):
        for name, values in zip(parts, _computed([*wanted.values()], stretch.own.frame, stretch), strict=True):
            parts[name].append(values.slice(stretch.start))
    # That they are beside each other needs no plan, as an expression for each does.
    return bars.select(asset).frame.hstack([pl.concat(found).alias(name) for name, found in parts.items()])


def _one(it: Indicator | Outputs) -> Indicator:
    """What tells what all of them read."""
    return it if isinstance(it, Indicator) else it.description


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


def _read(indicator: Indicator) -> list[Part]:
    """The fields that it reads, in the order of a bar's."""
    found = _fields(indicator)
    return [part for part in PARTS if part in found]


def _fields(indicator: Indicator) -> set[str]:
    """Without what is read of longer bars and of other assets."""
    if indicator.every is not None or indicator.asset is not None:
        return set()
    inner = [_fields(each) if isinstance(each, Indicator) else {str(each)} for each in indicator.inputs]
    return set().union(*inner)


def _refuse_feeds(indicator: Indicator) -> None:
    for feed in feeds(indicator):
        raise _unsupported(indicator, feed)


def _unsupported(indicator: Indicator, feed: Feed) -> UnsupportedError:
    what = " of ".join(each for each in (feed.every, feed.asset) if each is not None)
    return UnsupportedError(
        f"{indicator!r} lives on bars of {what}, and a column has none; "
        f"give it to bars.with_columns(...), or watch it: ctx.watch({indicator!r})"
    )
