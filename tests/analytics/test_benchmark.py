"""Buying and holding, worked by hand, and against the adjusted closes of the sample's source."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from workbench.analytics.benchmark import buy_and_hold
from workbench.errors import InputError
from workbench.market import catalog
from workbench.market.bars import Bars

FIRST = date(2024, 1, 1)


def day(row: int) -> date:
    return FIRST + timedelta(row)


def bars(prices: dict[str, dict[int, tuple[float, float]]], actions: list[dict[str, Any]] | None = None) -> Bars:
    """Daily bars from asset -> row -> (open, close)."""
    rows = [
        {"asset": a, "date": day(i), "open": o, "high": max(o, c), "low": min(o, c), "close": c}
        for a, series in prices.items()
        for i, (o, c) in series.items()
    ]
    acts = None if actions is None else pl.DataFrame(actions, infer_schema_length=None)
    return Bars.from_frame(pl.DataFrame(rows), every="1d", actions=acts)


def split(row: int, numerator: int, denominator: int = 1) -> dict[str, Any]:
    shape = {"numerator": numerator, "denominator": denominator, "amount": None}
    return {"asset": "A", "ex": day(row), "kind": "split", **shape}


def dividend(row: int, amount: float) -> dict[str, Any]:
    shape = {"numerator": None, "denominator": None, "amount": amount}
    return {"asset": "A", "ex": day(row), "kind": "dividend", **shape}


def beside(row: int, numerator: int, denominator: int) -> dict[str, Any]:
    return {**split(row, numerator, denominator), "kind": "stock_dividend"}


def end(kind: str, **terms: Any) -> dict[str, Any]:
    """The end of A before the second day."""
    shape = {"numerator": None, "denominator": None, "amount": None, "other": None}
    return {"asset": "A", "ex": day(1), "kind": kind, **shape, **terms}


WHOLE = {0: (5.0, 5.0), 1: (5.0, 5.0), 2: (5.0, 7.5)}
TWO = {0: (10.0, 12.0), 1: (8.0, 9.0)}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(bars({"A": {0: (10.0, 12.0), 1: (12.0, 15.0)}}), [1200.0, 1500.0], id="bought at the first open"),
        pytest.param(
            bars({"A": {0: (10.0, 20.0), 1: (20.0, 10.0)}, "B": {0: (5.0, 5.0), 1: (5.0, 10.0)}}),
            [1500.0, 1500.0],
            id="an equal part for each asset",
        ),
        pytest.param(
            bars({"A": {0: (10.0, 20.0), 1: (20.0, 20.0)}, "B": {1: (4.0, 5.0)}}),
            [1500.0, 1625.0],
            id="cash until an asset's first bar",
        ),
        pytest.param(
            bars({"A": {0: (10.0, 20.0), 2: (10.0, 10.0)}, "B": {0: (4.0, 4.0), 1: (4.0, 8.0), 2: (8.0, 8.0)}}),
            [1500.0, 2000.0, 1500.0],
            id="a missing bar counts at the last close",
        ),
        pytest.param(
            bars({"A": {0: (10.0, 12.0), 1: (6.0, 7.0)}}, [split(1, 2)]),
            [1200.0, 1400.0],
            id="a split makes more units",
        ),
        pytest.param(
            bars({"A": TWO}, [dividend(1, 2.0)]), [1200.0, 1125.0], id="a dividend buys at the open of its ex-date"
        ),
        pytest.param(
            bars({"A": {0: (10.0, 12.0), 1: (4.0, 5.0)}}, [dividend(1, 1.0), split(1, 2)]),
            [1200.0, 1250.0],
            id="split first, the dividend is per new unit",
        ),
        pytest.param(
            bars({"A": {0: (10.0, 12.0), 1: (8.0, 10.0)}}, [beside(1, 1, 4)]),
            [1200.0, 1250.0],
            id="one beside four is a quarter more",
        ),
        pytest.param(
            bars({"A": {0: (10.0, 12.0)}, "B": WHOLE}, [end("delisting")]),
            [1100.0, 1100.0, 1350.0],
            id="delisted: the last close is kept as cash",
        ),
        pytest.param(
            bars({"A": {0: (10.0, 12.0)}, "B": WHOLE}, [end("delisting", amount=3.0)]),
            [1100.0, 650.0, 900.0],
            id="delisted: what a unit still brings",
        ),
        pytest.param(
            bars({"A": {0: (10.0, 12.0)}, "B": WHOLE}, [end("merger", amount=20.0)]),
            [1100.0, 1500.0, 1750.0],
            id="merged for cash",
        ),
        pytest.param(
            # 500 buy 50 A; they are 100 B that open at 4: at 4 and 6 they are 400 and 600, and so is the other half.
            bars(
                {"A": {0: (10.0, 12.0)}, "B": {0: (5.0, 5.0), 1: (4.0, 4.0), 2: (6.0, 6.0)}},
                [end("merger", numerator=2, denominator=1, other="B")],
            ),
            [1100.0, 800.0, 1200.0],
            id="merged into another asset",
        ),
        pytest.param(
            # 50 A bring 50 B and 50 x 2 in cash, which buys 25 more at 4; 75 B at 4 and 6, and 100 B beside them.
            bars(
                {"A": {0: (10.0, 12.0)}, "B": {0: (5.0, 5.0), 1: (4.0, 4.0), 2: (6.0, 6.0)}},
                [end("merger", numerator=1, denominator=1, other="B", amount=2.0)],
            ),
            [1100.0, 700.0, 1050.0],
            id="merged for units and cash",
        ),
        pytest.param(
            # A becomes B before the second day, B splits 2:1 before the third: 50 A are 50, then 100 B.
            bars(
                {"A": {0: (10.0, 12.0)}, "B": {1: (12.0, 12.0), 2: (7.0, 8.0)}},
                [end("symbol_change", other="B"), {**split(2, 2), "asset": "B"}],
            ),
            [1100.0, 1100.0, 100 * 8 + 500 / 12 * 2 * 8],
            id="another name",
        ),
        pytest.param(
            bars({"A": {0: (10.0, 12.0), 3: (5.0, 6.0)}}, [split(2, 2)]), [1200.0, 1200.0], id="acts at the next bar"
        ),
        pytest.param(bars({"A": TWO}, [split(0, 3)]), [1200.0, 900.0], id="acted before the purchase"),
        pytest.param(bars({"A": TWO}, [split(5, 3)]), [1200.0, 900.0], id="what comes after the end does nothing"),
    ],
)
def test_buy_and_hold(given: Bars, wanted: list[float]) -> None:
    assert buy_and_hold(given, 1000.0)["equity"].to_list() == pytest.approx(wanted, rel=1e-12)


def test_starts_with_the_bar_that_closes_at_the_start() -> None:
    given = bars({"A": {0: (1.0, 1.0), 1: (10.0, 11.0), 2: (11.0, 12.0)}})
    found = buy_and_hold(given, 1000.0, start=given.frame["time"][1])
    assert found.rows() == [(day(1), pytest.approx(1100.0)), (day(2), pytest.approx(1200.0))]


def test_no_bars_left_is_refused() -> None:
    given = bars({"A": TWO})
    with pytest.raises(InputError, match="no bars at or after"):
        buy_and_hold(given, 1000.0, start=given.frame["time"][1] + timedelta(days=9))


@pytest.mark.parametrize("asset", ["AAPL", "GOOG", "FB"])
def test_agrees_with_the_adjusted_close_of_the_source(asset: str) -> None:
    """The source reinvests at the close of the ex-date, we at its open: equal but for that within 0.2%."""
    from bokeh_sampledata import stocks

    source = getattr(stocks, asset)
    found = catalog.sample()[asset]
    growth = source["adj_close"][-1] / source["adj_close"][0] * source["close"][0] / found.frame["open"][0]
    assert buy_and_hold(found, 1.0)["equity"][-1] == pytest.approx(growth, rel=2e-3)
