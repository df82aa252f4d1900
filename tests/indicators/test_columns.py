"""Indicators as columns: values worked by hand, splits against streams of a real run, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError, UnsupportedError, WorkbenchError
from workbench.indicators import Indicator

CLOSES = [3.0, 6.0, 9.0, 12.0, 3.0]
MEANS = [None, 4.5, 7.5, 10.5, 7.5]
SHAPES: dict[str, tuple[object, list[float | None]]] = {
    "a series": (pl.Series(CLOSES), MEANS),
    "an array": (np.array(CLOSES), MEANS),
    "whole numbers": (pl.Series([3, 6, 9, 12, 3]), MEANS),
    "a strided array": (np.array([3.0, 0.0, 6.0, 0.0, 9.0])[::2], MEANS[:3]),
    "a frame": (pl.DataFrame({"x": [1] * 5, "close": CLOSES}), MEANS),
    "a hole": (pl.Series([3.0, None, 9.0, 12.0]), [None, None, None, 10.5]),
    "a NaN": (pl.Series([3.0, float("nan"), 9.0, 12.0]), [None, None, None, 10.5]),
    "nothing known": (pl.Series([None, None]), [None, None]),
    "nothing": (pl.Series([], dtype=pl.Float64), []),
    "two chunks": (pl.concat([pl.Series(CLOSES[:2]), pl.Series(CLOSES[2:])], rechunk=False), MEANS),
}


@pytest.mark.parametrize(("values", "expected"), SHAPES.values(), ids=SHAPES)
def test_of_values(values: Any, expected: list[float | None]) -> None:
    found = ta.sma(2)(values)
    assert found.to_list() == expected
    assert (found.name, found.dtype) == ("sma_2", pl.Float64)


def test_a_series_is_the_one_field_that_is_read() -> None:
    assert ta.sma(2, of="volume")(pl.Series(CLOSES)).to_list() == MEANS
    assert (ta.high() > 5)(pl.Series([3.0, None, 6.0])).to_list() == [False, None, True]


NAMES = {
    "a field": (ta.close(), "close"),
    "of the close": (ta.sma(20), "sma_20"),
    "of a field": (ta.ema(5, of="high"), "ema_5_high"),
    "of an indicator": (ta.sma(3, of=ta.ema(5)), "sma_3_of_ema_5"),
    "of an expression": (ta.sma(3, of=ta.close() - 1), "sma_3_of_(close - 1)"),
    "a difference": (ta.sma(20) - ta.sma(100), "sma_20 - sma_100"),
    "a rule": ((ta.close() > 0.5) & ~(ta.low() < 3), "(close > 0.5) & ~(low < 3)"),
    "a method": (ta.sma(20).shift(1).crosses_above(5), "sma_20.shift(1).crosses_above(5)"),
}


@pytest.mark.parametrize(("indicator", "name"), NAMES.values(), ids=NAMES)
def test_names(indicator: Indicator, name: str) -> None:
    frame = pl.DataFrame({field: [1.0] for field in ("open", "high", "low", "close", "volume")})
    assert indicator(frame).name == name
    assert frame.select(indicator.expr()).columns == [name]


def test_expressions_keep_assets_apart() -> None:
    frame = pl.DataFrame({"asset": ["A", "B", "A", "B", "A"], "close": [1.0, 10.0, 3.0, 30.0, 5.0]})
    found = frame.lazy().with_columns(ta.sma(2).expr(over="asset"), up=(ta.close() > 3).expr()).collect()
    assert found["sma_2"].to_list() == [None, None, 2.0, 20.0, 4.0]
    assert found["up"].to_list() == [False, True, False, True, True]
    assert frame.select(ta.sma(2).expr()).to_series().to_list() == [None, 5.5, 6.5, 16.5, 17.5]


class Watch(wb.Strategy):
    """Keeps what a stream says at every bar."""

    indicator: Indicator

    def on_start(self, ctx: wb.Context) -> None:
        self.stream = ctx.watch(self.indicator)

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.record(**{str(bar.asset): self.stream[bar.asset]})


ON_SPLITS = [ta.sma(20), ta.ema(9, of="volume"), ta.close().crosses_above(ta.sma(10)), ta.close() - ta.close().shift(3)]


@pytest.mark.parametrize("indicator", ON_SPLITS, ids=str)
def test_beside_bars_is_what_a_strategy_reads_through_splits(indicator: Indicator) -> None:
    bars = wb.sample[["AAPL", "IBM"]].between("2004-12-01", "2005-06-01")
    assert "split" in bars.actions["kind"].to_list()
    frame = bars.with_columns(value=indicator)
    assert frame.drop("value").equals(bars.frame)
    recorded = wb.Backtest(Watch(indicator=indicator), bars, cash="1000 USD").run().recorded
    for asset in bars.assets:
        rows = frame.filter(pl.col("asset") == asset, pl.col("value").is_not_null())
        streamed = recorded.select("time", asset).drop_nulls()
        assert rows["value"].cast(pl.Float64).to_list() == streamed[asset].to_list()
        assert rows["time"].to_list() == streamed["time"].to_list()


def test_a_split_bends_no_average() -> None:
    frame = pl.DataFrame({"date": ["2024-07-01", "2024-07-02", "2024-07-03", "2024-07-05"]})
    prices = [40.0, 44.0, 11.0, 12.0]
    frame = frame.with_columns(pl.Series(name, prices) for name in ("open", "high", "low", "close"))
    split = pl.DataFrame({"ex": ["2024-07-03"], "kind": ["split"], "numerator": [4], "denominator": [1]})
    bars = wb.Bars.from_frame(frame, "X", calendar="XNYS", actions=split)
    # From the 3rd on 44 counts as 11 and 40 as 10; on the 2nd nobody knew of that.
    assert bars.with_columns(ta.sma(2))["sma_2"].to_list() == [None, 42.0, 11.0, 11.5]
    assert bars.with_columns(ta.close().shift(2))["close.shift(2)"].to_list() == [None, None, 10.0, 11.0]


def test_names_beside_bars() -> None:
    bars = wb.simulate.bars("X", n=5)
    assert bars.with_columns(ta.sma(2), ta.close() > 1, fast=ta.ema(3)).columns[-3:] == ["sma_2", "close > 1", "fast"]
    assert bars.with_columns().equals(bars.frame)
    assert bars.since("2100-01-01").with_columns(ta.sma(2)).columns[-1] == "sma_2"


BARS = wb.simulate.bars("X", n=5)
HOURLY = "ta.sma(2, every='1h')"
LONGER = (
    "{0} lives on bars of 1h, and a column has none; give it to bars.with_columns(...), or watch it: ctx.watch({0})"
)
TAKES = "ta.sma(2) takes a polars Series or DataFrame or a flat numpy array, got "
REFUSED: dict[str, tuple[Callable[[], object], type[WorkbenchError], str]] = {
    "a list": (lambda: ta.sma(2)([1.0]), ParameterError, TAKES + "list"),  # type: ignore[arg-type]
    "Bars": (
        lambda: ta.sma(2)(BARS),
        ParameterError,
        "ta.sma(2) takes columns, got Bars; write bars.with_columns(ta.sma(2))",
    ),  # type: ignore[arg-type]
    "several assets as one": (
        lambda: ta.sma(2)(pl.DataFrame({"asset": ["A", "A", "B"], "close": [1.0, 2.0, 3.0]})),
        ParameterError,
        "ta.sma(2) takes the rows of one asset, and the frame has 2; write bars.with_columns(...), or "
        'frame.with_columns(ta.sma(20).expr(over="asset"))',
    ),
    "a matrix": (lambda: ta.sma(2)(np.zeros((2, 2))), ParameterError, TAKES + "an array of 2 dimensions"),
    "text": (lambda: ta.sma(2)(pl.Series(["1"])), ParameterError, "ta.sma(2) reads numbers; close is String"),
    "one series for two fields": (
        lambda: (ta.close() - ta.open())(pl.Series([1.0])),
        ParameterError,
        "ta.close() - ta.open() reads open, close: give a DataFrame with these, not one series",
    ),
    "a frame without it": (
        lambda: ta.sma(2)(pl.DataFrame({"Close": [1.0]})),
        ParameterError,
        "ta.sma(2) reads close; the frame has Close",
    ),
    "an empty frame": (
        lambda: ta.sma(2)(pl.DataFrame()),
        ParameterError,
        "ta.sma(2) reads close; the frame has no columns",
    ),
    "longer bars": (
        lambda: ta.sma(2, every="1h")(pl.Series([1.0])),
        UnsupportedError,
        LONGER.format(HOURLY),
    ),
    "longer bars inside": (
        lambda: (ta.sma(2, every="1h") > 1).expr(),
        UnsupportedError,
        LONGER.format(f"{HOURLY} > 1"),
    ),
    "a number beside bars": (
        lambda: BARS.with_columns(fast=3),  # type: ignore[arg-type]
        ParameterError,
        "with_columns takes indicators such as ta.sma(20), got fast=3",
    ),
    "an expression beside bars": (
        lambda: BARS.with_columns(pl.col("close")),  # type: ignore[arg-type]
        ParameterError,
        "with_columns takes indicators such as ta.sma(20), got a Expr",
    ),
    "a name twice": (
        lambda: BARS.with_columns(ta.sma(2), sma_2=ta.ema(2)),
        ParameterError,
        "there is a column 'sma_2' already; give ta.ema(2) another name: other=ta.ema(2)",
    ),
    "a name of a bar": (
        lambda: BARS.with_columns(ta.close()),
        ParameterError,
        "there is a column 'close' already; give ta.close() another name: other=ta.close()",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call: Callable[[], object], error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message
