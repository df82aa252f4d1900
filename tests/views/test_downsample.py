"""Merged bars and cut curves, by hand."""

from __future__ import annotations

import polars as pl
import pytest

from workbench.market import simulate
from workbench.market.bars import BARS
from workbench.views.downsample import curve_rows, merged_bars


def bars(volumes: list[float | None]) -> pl.DataFrame:
    made = simulate.bars("X", every="1d", n=5, seed=1).frame
    prices = {"open": [1.0, 2.0, 3.0, 4.0, 5.0], "high": [9.0, 7.0, 8.0, 6.0, 5.5], "low": [0.5, 0.4, 3.0, 2.0, 4.0]}
    columns = {**prices, "close": [2.0, 3.0, 4.0, 5.0, 5.2], "volume": volumes}
    return made.with_columns(pl.Series(name, values, pl.Float64()) for name, values in columns.items())


def test_a_merged_bar_is_a_true_bar() -> None:
    rows = bars([1.0, 2.0, 3.0, 4.0, 5.0])
    found = merged_bars(rows, 3)
    assert found.schema == BARS
    assert found.select("open", "high", "low", "close", "volume").rows() == [
        (1.0, 9.0, 0.4, 3.0, 3.0),
        (3.0, 8.0, 2.0, 5.0, 7.0),
        (5.0, 5.5, 4.0, 5.2, 5.0),
    ]
    assert found["open_time"].to_list() == rows["open_time"].gather([0, 2, 4]).to_list()
    assert found["time"].to_list() == rows["time"].gather([1, 3, 4]).to_list()


def test_an_unknown_volume_stays_unknown_only_where_all_are() -> None:
    assert merged_bars(bars([None, None, 3.0, None, 0.0]), 3)["volume"].to_list() == [None, 3.0, 0.0]


def test_few_bars_stay_as_they_are() -> None:
    rows = bars([1.0] * 5)
    assert merged_bars(rows, 5) is rows


@pytest.mark.parametrize(
    ("values", "most", "wanted"),
    [
        ([1.0, 2.0], 2, [1.0, 2.0]),
        ([3.0, 1.0, 9.0, 2.0], 2, [1.0, 9.0]),
        ([5.0, 1.0, 5.0, 4.0, 6.0, 5.0, 8.0, 7.0], 4, [5.0, 1.0, 5.0, 8.0]),
    ],
    ids=["short", "extremes", "of each bucket"],
)
def test_curve_rows(values: list[float], most: int, wanted: list[float]) -> None:
    assert curve_rows(pl.DataFrame({"y": values}), "y", most)["y"].to_list() == wanted
