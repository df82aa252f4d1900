"""What a bar without a price does to indicators that read the prices of bars; each says so in its docstring."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from watched import market, walk

from workbench import ta
from workbench.indicators import Indicator

ROWS = 200
HOLES = [70, 120, 121]
# Undefined until so many bars have passed.
IN_WINDOW = {
    "midprice": (ta.midprice(7), 7),
    "ao": (ta.ao(3, 7), 7),
    "aroon_osc": (ta.aroon_osc(6), 7),
    "parkinson": (ta.parkinson(7), 7),
    "garman_klass": (ta.garman_klass(7), 7),
    "yang_zhang": (ta.yang_zhang(7), 8),
}
# As if the bar had not been.
SKIPPED = {
    "ultosc": ta.ultosc(2, 4, 8),
    "fisher": ta.fisher(6),
    "plus_di": ta.plus_di(5),
    "minus_di": ta.minus_di(5),
    "dx": ta.dx(5),
    "adx": ta.adx(5),
    "adxr": ta.adxr(5),
    "sar": ta.sar(),
    "mass_index": ta.mass_index(5, 3),
}


def bars() -> pl.DataFrame:
    return pl.DataFrame(market(walk(ROWS, 3)))


def without(frame: pl.DataFrame, field: str) -> pl.DataFrame:
    hole = pl.int_range(pl.len()).is_in(HOLES)
    return frame.with_columns(pl.when(~hole).then(pl.col(field)))


def fields(indicator: Indicator) -> list[str]:
    return [str(each) for each in indicator.inputs]


@pytest.mark.parametrize(("indicator", "span"), IN_WINDOW.values(), ids=IN_WINDOW)
def test_until_it_has_left_the_window(indicator: Indicator, span: int) -> None:
    full = indicator(bars()).to_numpy()
    # A price that is only read at its own bar goes one bar earlier: none of these is read there alone but the close.
    for field in fields(indicator):
        found = indicator(without(bars(), field)).to_numpy()
        length = span - 1 if indicator.name == "yang_zhang" and field != "close" else span
        away = sorted({i for hole in HOLES for i in range(hole, hole + length)} | set(np.flatnonzero(np.isnan(full))))
        assert np.flatnonzero(np.isnan(found)).tolist() == away, field
        np.testing.assert_allclose(np.delete(found, away), np.delete(full, away), rtol=1e-11, err_msg=field)


@pytest.mark.parametrize("indicator", SKIPPED.values(), ids=SKIPPED)
def test_as_if_it_had_not_been(indicator: Indicator) -> None:
    kept = np.setdiff1d(np.arange(ROWS), HOLES)
    expected = indicator(bars()[kept.tolist()]).to_numpy()
    for field in fields(indicator):
        found = indicator(without(bars(), field)).to_numpy()
        assert np.isnan(found[HOLES]).all(), field
        np.testing.assert_array_equal(found[kept], expected, err_msg=field)


LEVELS = {
    "parkinson": (ta.parkinson(3), 3),
    "garman_klass": (ta.garman_klass(3), 3),
    "yang_zhang": (ta.yang_zhang(3), 4),
}


@pytest.mark.parametrize("level", [0.0, -5.0])
@pytest.mark.parametrize(("indicator", "span"), LEVELS.values(), ids=LEVELS)
def test_a_price_without_a_logarithm(indicator: Indicator, span: int, level: float) -> None:
    low = pl.when(pl.int_range(pl.len()) == 50).then(level).otherwise(pl.all()).name.keep()
    found = indicator(bars().with_columns(low)).to_numpy()
    assert np.flatnonzero(np.isnan(found[10:])).tolist() == list(range(40, 40 + span))
