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
    "aroon.up": (ta.aroon(6).up, 7),
    "stoch.k": (ta.stoch(7, 3, 2).k, 10),
    "stochf.d": (ta.stochf(7, 3).d, 9),
    "donchian.middle": (ta.donchian(7).middle, 7),
    "donchian.upper": (ta.donchian(7).upper, 7),
    "ichimoku.conversion": (ta.ichimoku(7, 9, 20, 5).conversion, 7),
    "ichimoku.base": (ta.ichimoku(7, 9, 20, 5).base, 9),
    "parkinson": (ta.parkinson(7), 7),
    "garman_klass": (ta.garman_klass(7), 7),
    "yang_zhang": (ta.yang_zhang(7), 8),
}
# By how many bars less where a price is not looked back at like the others.
OWN_BAR = {
    **{("yang_zhang", field): 1 for field in ("open", "high", "low")},
    ("stoch.k", "close"): 6,
    ("stochf.d", "close"): 6,
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
    "keltner.upper": ta.keltner(5, 2, 7).upper,
    "keltner.middle": ta.keltner(5, 2, 7).middle,
    "supertrend.line": ta.supertrend(5, 1).line,
    "supertrend.direction": ta.supertrend(5, 1).direction,
    "vortex.plus": ta.vortex(5).plus,
    "vortex.minus": ta.vortex(5).minus,
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
    for field in fields(indicator):
        found = indicator(without(bars(), field)).to_numpy()
        length = span - OWN_BAR.get((indicator.name, field), 0)
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


def test_spans_are_undefined_as_many_bars_later() -> None:
    full, found = ta.ichimoku(7, 9, 20, 5)(bars()), ta.ichimoku(7, 9, 20, 5)(without(bars(), "high"))
    for output, span in (("ichimoku.span_a", 9), ("ichimoku.span_b", 20)):
        away = {i for hole in HOLES for i in range(hole + 5, hole + 5 + span)}
        away |= set(full[output].is_null().arg_true().to_list())
        assert found[output].is_null().arg_true().to_list() == sorted(away)


def test_an_rsi_is_not_moved_by_a_hole_but_its_range_is() -> None:
    volume = walk(ROWS, 8)
    holed = volume.copy()
    holed[HOLES] = np.nan
    smooth = ta.stochrsi(5, 7, 3, of="volume").d
    found, kept = smooth(holed).to_numpy(), np.delete(np.arange(ROWS), HOLES)
    away = sorted({*range(13), *(i for hole in HOLES for i in range(hole, hole + 9))})
    assert np.flatnonzero(np.isnan(found)).tolist() == away
    moved = smooth(volume[kept]).to_numpy()
    rest = ~np.isnan(found[kept])
    np.testing.assert_allclose(found[kept][rest], moved[rest], rtol=1e-11)
