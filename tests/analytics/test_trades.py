"""Trades in groups, exposure, turnover and the spread of returns: rows written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from workbench.analytics.distribution import histogram
from workbench.analytics.exposure import exposure, monthly_turnover
from workbench.analytics.trades import by_holding, by_side
from workbench.engine.events import EQUITY, FILLS, TRADES, float_schema


def trades(*rows: tuple[str, float, int, bool]) -> pl.DataFrame:
    """Rows of (side, profit, bars, open)."""
    data = [{"side": side, "profit": profit, "bars": bars, "open": still} for side, profit, bars, still in rows]
    return pl.DataFrame(data, schema=float_schema(TRADES))


SEVERAL = trades(
    ("long", 8.0, 0, False), ("long", -2.0, 1, False), ("short", -3.0, 2, False), ("long", 0.0, 5, False),
    ("short", 5.0, 6, False), ("long", 99.0, 251, True),
)  # fmt: skip


def test_long_and_short_by_hand() -> None:
    # Long and closed: 8, -2, 0. Short: -3, 5.
    assert by_side(SEVERAL).rows() == [
        ("long", 4, 1, 1 / 3, 4.0, 2.0, 105.0, 64.25),
        ("short", 2, 0, 0.5, 5 / 3, 1.0, 2.0, 4.0),
        ("all", 6, 1, 0.4, 13 / 5, 8 / 5, 107.0, 265 / 6),
    ]


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ("0 to 1", (2, 0, 0.5, 4.0, 3.0, 6.0, 0.5)),
        ("2 to 5", (2, 0, 0.0, 0.0, -1.5, -3.0, 3.5)),
        ("6 to 20", (1, 0, 1.0, None, 5.0, 5.0, 6.0)),
        ("21 to 60", (0, 0, None, None, None, 0.0, None)),
        ("61 to 250", (0, 0, None, None, None, 0.0, None)),
        ("over 250", (1, 1, None, None, None, 99.0, 251.0)),
    ],
)
def test_by_holding_time_by_hand(held: str, wanted: tuple[float | None, ...]) -> None:
    assert by_holding(SEVERAL).filter(pl.col("held") == held).row(0)[1:] == wanted


def test_without_trades_there_is_no_side() -> None:
    assert by_side(SEVERAL.clear()).is_empty()


@pytest.mark.parametrize(
    ("returns", "bins", "wanted"),
    [
        ([], 4, []),
        ([0.0, 0.0], 4, [(0.0, 0.01, 2)]),
        # The spread 0.06 in 6 bins is 0.01 each; 0.03 stands at a lower end.
        ([-0.03, -0.021, 0.03], 6, [
            (-0.03, -0.02, 2), (-0.02, -0.01, 0), (-0.01, 0.0, 0), (0.0, 0.01, 0), (0.01, 0.02, 0), (0.02, 0.03, 0),
            (0.03, 0.04, 1),
        ]),
        # 0.07 / 4 = 0.0175 is rounded up to 0.02.
        ([-0.01, 0.06, None], 4, [(-0.02, 0.0, 1), (0.0, 0.02, 0), (0.02, 0.04, 0), (0.04, 0.06, 0), (0.06, 0.08, 1)]),
    ],
    ids=["none", "still", "on the edges", "rounded width"],
)  # fmt: skip
def test_histogram(returns: list[float | None], bins: int, wanted: list[tuple[float, float, int]]) -> None:
    assert histogram(pl.Series(returns, dtype=pl.Float64), bins).rows() == wanted


def at(day: int, hour: int, month: int = 1) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC)


CURVE = pl.DataFrame(
    [
        {"time": at(30, 12), "session": date(2024, 1, 30), "positions": 1.0, "equity": 10.0},
        {"time": at(30, 21), "session": date(2024, 1, 30), "positions": 50.0, "equity": 100.0},
        {"time": at(31, 21), "session": date(2024, 1, 31), "positions": -40.0, "equity": 200.0},
        {"time": at(1, 21, 2), "session": date(2024, 2, 1), "positions": 0.0, "equity": 0.0},
    ],
    schema=float_schema(EQUITY),
)


def test_exposure_by_hand() -> None:
    times = [(at(30, 14), at(31, 14)), (at(30, 21), None), (at(31, 22), None)]
    rows = [{"entry_time": begun, "exit_time": ended} for begun, ended in times]
    found = exposure(CURVE, pl.DataFrame(rows, schema=float_schema(TRADES)))
    assert found.rows() == [
        (date(2024, 1, 30), 0.5, 2),
        (date(2024, 1, 31), -0.2, 1),
        (date(2024, 2, 1), None, 2),
    ]


def test_turnover_by_hand() -> None:
    # January: closes of 100 and 200, traded 30 + 60; a fill at a close belongs to that session; February has no equity.
    rows = [
        {"time": at(30, 14), "value": 30.0},
        {"time": at(31, 21), "value": 60.0},
        {"time": at(1, 14, 2), "value": 5.0},
    ]
    found = monthly_turnover(CURVE, pl.DataFrame(rows, schema=float_schema(FILLS)))
    assert found.rows() == [(date(2024, 1, 1), 90 / 2 / 150), (date(2024, 2, 1), None)]
