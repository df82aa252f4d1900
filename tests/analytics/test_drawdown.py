"""Drawdowns, worked by hand."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from workbench.analytics.drawdown import drawdowns, worst_drawdowns

FIRST = date(2024, 1, 1)


def curve(values: list[float]) -> pl.DataFrame:
    return pl.DataFrame({"session": [FIRST + timedelta(i) for i in range(len(values))], "equity": values})


def day(row: int) -> date:
    return FIRST + timedelta(row)


def test_distance_from_the_highest_so_far() -> None:
    found = drawdowns(curve([100.0, 50.0, 75.0, 200.0, 150.0]))["drawdown"].to_list()
    assert found == [0.0, -0.5, -0.25, 0.0, -0.25]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        pytest.param([100.0, 110.0, 120.0], [], id="only rising"),
        pytest.param([100.0, 50.0], [(day(0), day(1), None, -0.5, 1, None)], id="lasts to the end"),
        pytest.param([100.0, 50.0, 100.0], [(day(0), day(1), day(2), -0.5, 1, 1)], id="ends at the old peak"),
        pytest.param(
            [100.0, 75.0, 90.0, 50.0, 60.0, 70.0, 110.0],
            [(day(0), day(3), day(6), -0.5, 3, 3)],
            id="one fall with a pause",
        ),
        pytest.param(
            [100.0, 75.0, 100.0, 50.0, 200.0, 180.0],
            [
                (day(2), day(3), day(4), -0.5, 1, 1),
                (day(0), day(1), day(2), -0.25, 1, 1),
                (day(4), day(5), None, -0.1, 1, None),
            ],
            id="deepest first",
        ),
    ],
)
def test_worst_drawdowns(values: list[float], wanted: list[tuple[object, ...]]) -> None:
    assert worst_drawdowns(curve(values)).rows() == wanted


def test_only_as_many_as_asked() -> None:
    assert worst_drawdowns(curve([100.0, 75.0, 100.0, 50.0, 200.0]), 1)["depth"].to_list() == [-0.5]
