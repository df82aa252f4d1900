"""Key figures: by hand, against empyrical-reloaded on random walks, and where they do not exist."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench._native import statistics
from workbench.analytics.metrics import FIGURES, Metrics, measure, written
from workbench.engine.events import EQUITY, FILLS, TRADES, float_schema
from workbench.errors import NumberError, ParameterError

FIRST = date(2024, 1, 1)


def equity(*rows: tuple[int, float, float]) -> pl.DataFrame:
    """Rows of (day, positions, equity)."""
    data = [{"session": FIRST + timedelta(d), "positions": p, "equity": e} for d, p, e in rows]
    return pl.DataFrame(data, schema=float_schema(EQUITY))


def fills(*rows: tuple[float, float]) -> pl.DataFrame:
    """Rows of (value, fee)."""
    return pl.DataFrame([{"value": v, "fee": f} for v, f in rows], schema=float_schema(FILLS))


def trades(*rows: tuple[float, bool]) -> pl.DataFrame:
    """Rows of (profit, open)."""
    return pl.DataFrame([{"profit": p, "open": o} for p, o in rows], schema=float_schema(TRADES))


def measured(curve: pl.DataFrame, filled: pl.DataFrame | None = None, traded: pl.DataFrame | None = None) -> Metrics:
    parts = fills() if filled is None else filled, trades() if traded is None else traded
    return measure(curve, *parts, deposits=100.0, per_year=252.0, fold=statistics)


CURVE = equity((0, 0.0, 100.0), (1, 55.0, 110.0), (2, 99.0, 99.0), (3, 0.0, 118.8))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        # Returns +0.1, -0.1, +0.2: mean 0.2 / 3, sample variance 7 / 300, mean squared loss 0.01 / 3.
        ("total_return", 0.188),
        ("annual_return", 1.188**84 - 1),
        ("volatility", math.sqrt(7 / 300 * 252)),
        ("sharpe", 0.2 / 3 / math.sqrt(7 / 300) * math.sqrt(252)),
        ("sortino", 0.2 / 3 * 252 / math.sqrt(0.01 / 3 * 252)),
        ("calmar", (1.188**84 - 1) / 0.1),
        ("max_drawdown", -0.1),
        ("drawdown_length", 1),
        ("recovery_time", 1),
        ("win_rate", 0.5),
        ("profit_factor", 4.0),
        ("average_win", 6.0),
        ("average_loss", -3.0),
        ("exposure", (0.0 + 0.5 + 1.0 + 0.0) / 4),
        ("turnover", 200.0 / 2 / ((100.0 + 110.0 + 99.0 + 118.8) / 4) / (3 / 252)),
        ("fees", 1.5),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_by_hand(name: str, wanted: float) -> None:
    traded = trades((8.0, False), (4.0, False), (-3.0, False), (0.0, False), (99.0, True))
    found = measured(CURVE, fills((120.0, 1.0), (80.0, 0.5)), traded)
    assert found[name] == pytest.approx(wanted, rel=1e-12)
    assert getattr(found, name) == found[name]
    assert not found.reasons


@pytest.mark.parametrize(
    ("curve", "name", "reason"),
    [
        pytest.param(equity((0, 0, 100)), "annual_return", "needs at least 2 sessions", id="one session"),
        pytest.param(equity((0, 0, 100), (1, 0, 101)), "sharpe", "needs at least 3 sessions", id="one return"),
        pytest.param(equity((0, 0, 100), (1, 0, 100), (2, 0, 100)), "sharpe", "the returns do not vary", id="flat"),
        pytest.param(equity((0, 0, 100), (1, 0, 101), (2, 0, 103)), "sortino", "no session lost money", id="no loss"),
        pytest.param(
            equity((0, 0, 100), (1, 0, 101)), "calmar", "the equity never fell below an earlier peak", id="no fall"
        ),
        pytest.param(
            equity((0, 0, 100), (1, 0, 99)),
            "recovery_time",
            "the equity did not return to its peak before the end",
            id="not recovered",
        ),
        pytest.param(
            equity((0, 0, 100), (1, 0, 0)), "annual_return", "the equity fell to zero or below", id="wiped out"
        ),
        pytest.param(equity((0, 0, 100), (1, 0, 0)), "exposure", "the equity fell to zero or below", id="no base"),
        pytest.param(
            equity((0, 0, 1), (1, 0, 1e9)),
            "annual_return",
            "the run is too short to be scaled to a year",
            id="too short",
        ),
        pytest.param(equity((0, 0, 100)), "turnover", "needs at least 2 sessions", id="no time for turnover"),
        pytest.param(CURVE, "win_rate", "no trade was closed", id="no trade"),
    ],
)
def test_undefined_is_none_with_its_reason(curve: pl.DataFrame, name: str, reason: str) -> None:
    found = measured(curve)
    assert found[name] is None
    assert found.reasons[name] == reason
    assert reason in repr(found)
    assert reason in found._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(
    ("traded", "name", "reason"),
    [
        (trades((5.0, False)), "profit_factor", "no closed trade lost money"),
        (trades((5.0, False)), "average_loss", "no closed trade lost money"),
        (trades((-5.0, False)), "average_win", "no closed trade made money"),
        (trades((5.0, True)), "win_rate", "no trade was closed"),
    ],
)
def test_undefined_figures_of_trades(traded: pl.DataFrame, name: str, reason: str) -> None:
    found = measured(CURVE, traded=traded)
    assert (found[name], found.reasons[name]) == (None, reason)


@settings(max_examples=300, deadline=None)
@given(
    returns=st.lists(st.floats(-0.3, 0.3).map(lambda r: round(r, 6)), min_size=2, max_size=120),
    per_year=st.sampled_from([252.0, 365.0]),
)
def test_equal_to_empyrical_where_it_defines_them(returns: list[float], per_year: float) -> None:
    import empyrical

    closes = [100.0]
    for change in returns:
        closes.append(closes[-1] * (1 + change))
    # empyrical gets the very returns that the closes have, so that only the figures are compared.
    changes = np.diff(np.array(closes)) / np.array(closes[:-1])
    spread = float(changes.max() - changes.min())
    assume(spread == 0 or spread > 1e-7)
    # Where rises and falls cancel, the mean is what rounding left of it, and no two ways to round agree on that.
    assume(spread == 0 or abs(float(changes.mean())) > 1e-5 * spread)
    found = statistics(closes, 100.0, per_year)
    options: dict[str, Any] = {"annualization": per_year}
    wanted = {
        "total_return": empyrical.cum_returns_final(changes),
        "annual_return": empyrical.annual_return(changes, **options),
        "volatility": empyrical.annual_volatility(changes, **options),
        "sharpe": empyrical.sharpe_ratio(changes, **options),
        "sortino": empyrical.sortino_ratio(changes, **options),
        "calmar": empyrical.calmar_ratio(changes, **options),
        "max_drawdown": empyrical.max_drawdown(changes),
    }
    for name, value in wanted.items():
        ours = getattr(found, name)
        assert (ours is None) == (not math.isfinite(value)), name
        assert ours is None or ours == pytest.approx(value, rel=1e-9, abs=1e-13), name


def test_the_mapping_is_whole() -> None:
    found = measured(CURVE)
    assert list(found) == list(FIGURES) == found._ipython_key_completions_()
    assert dict(found)["fees"] == found.get("fees") == 0.0
    assert len(found) == 16
    assert "sharpe" in found
    assert "nonsense" not in found


def test_an_unknown_figure_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match="no figure 'sharp'; did you mean 'sharpe'"):
        measured(CURVE)["sharp"]


@pytest.mark.parametrize(
    ("closes", "deposits", "per_year", "message"),
    [
        ([1.0, math.nan], 1.0, 252.0, "the close of row 1 is NaN"),
        ([1.0], 0.0, 252.0, "deposits is 0"),
        ([1.0], 1.0, math.inf, "per_year is inf"),
    ],
)
def test_refused_curves(closes: list[float], deposits: float, per_year: float, message: str) -> None:
    with pytest.raises(NumberError, match=message):
        statistics(closes, deposits, per_year)


@pytest.mark.parametrize(
    ("charged", "text"),
    [
        (["251.205"], "251.20"),
        (["0.005"] * 3, "0.02"),  # 0.015
        (["0.001"] * 251_205, "251.20"),
        (["100.1", "100.2", "50.905"], "251.20"),
    ],
)
def test_fees_are_shown_as_their_exact_sum_is(charged: list[str], text: str) -> None:
    shown = measured(CURVE, fills(*((1.0, float(fee)) for fee in charged)))
    assert written("fees", shown.fees) == text == f"{sum(map(Decimal, charged)):.2f}"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("total_return", -0.00001, "0.00%"),
        ("total_return", 12.5, "1,250.00%"),
        ("sharpe", 1.005, "1.00"),
        ("drawdown_length", 1, "1 session"),
        ("drawdown_length", 1200, "1,200 sessions"),
        ("calmar", None, "-"),
        ("fees", 251.205, "251.20"),  # a float a little above 251.205, which is half way to the even cent
        ("fees", 0.015, "0.02"),
        ("fees", 1234567890123.125, "1,234,567,890,123.12"),
        ("average_loss", -2.675, "-2.68"),
        ("average_loss", -0.001, "0.00"),
        ("average_win", 0.1 + 0.2, "0.30"),
    ],
)
def test_written(name: str, value: float | None, text: str) -> None:
    assert written(name, value) == text
