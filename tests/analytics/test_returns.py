"""Folding equity to sessions and the returns between them, worked by hand."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from workbench.analytics.returns import monthly_returns, session_closes, session_returns, sessions_per_year
from workbench.market import catalog, simulate


def curve(*rows: tuple[str, float]) -> pl.DataFrame:
    days = [date.fromisoformat(day) for day, _ in rows]
    return pl.DataFrame({"session": days, "equity": [value for _, value in rows]})


def test_intraday_rows_fold_to_the_last_of_each_session() -> None:
    rows = curve(("2024-01-02", 1.0), ("2024-01-02", 3.0), ("2024-01-02", 2.0), ("2024-01-03", 5.0))
    assert session_closes(rows).rows() == [(date(2024, 1, 2), 2.0), (date(2024, 1, 3), 5.0)]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        pytest.param([100.0], [], id="one row is only the base"),
        pytest.param([100.0, 150.0, 75.0], [0.5, -0.5], id="n rows give n - 1 returns"),
        pytest.param([100.0, 0.0, 50.0], [-1.0, None], id="no return on a base of zero"),
    ],
)
def test_session_returns(values: list[float], wanted: list[float | None]) -> None:
    rows = curve(*((f"2024-01-0{i + 2}", value) for i, value in enumerate(values)))
    assert session_returns(rows)["return"].to_list() == wanted


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        pytest.param([("2024-01-30", 100.0)], [], id="the base alone has no month"),
        pytest.param([("2024-01-31", 100.0), ("2024-02-01", 125.0)], [(2024, 2, 0.25)], id="base at a month's end"),
        pytest.param(
            [("2023-12-29", 100.0), ("2024-01-02", 150.0), ("2024-01-31", 200.0), ("2024-03-01", 100.0)],
            [(2024, 1, 1.0), (2024, 3, -0.5)],
            id="a month without a session has no row",
        ),
        pytest.param(
            [("2024-01-02", 80.0), ("2024-01-31", 100.0), ("2024-02-29", 50.0), ("2025-02-03", 75.0)],
            [(2024, 1, 0.25), (2024, 2, -0.5), (2025, 2, 0.5)],
            id="the same month of two years is two rows",
        ),
    ],
)
def test_monthly_returns(rows: list[tuple[str, float]], wanted: list[tuple[int, int, float]]) -> None:
    assert monthly_returns(curve(*rows)).rows() == wanted


def test_a_year_has_252_sessions_on_an_exchange_and_365_around_the_clock() -> None:
    assert sessions_per_year(catalog.sample()["AAPL"]) == 252.0
    assert sessions_per_year(simulate.bars("BTC/USDT", n=3)) == 365.0
