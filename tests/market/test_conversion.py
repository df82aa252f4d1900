"""Prices in another currency: which rate is taken, and when none may be."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import polars as pl
import pytest

from workbench.errors import BarsError, ParameterError
from workbench.market.adjustments import checked_actions
from workbench.market.assets import Asset
from workbench.market.bars import Bars


def bars(asset: Asset | str, closes: dict[str, float], every: str = "1h", currency: str = "USD") -> Bars:
    """Bars that open at these times, each at one price."""
    prices = {name: list(closes.values()) for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"open_time": [f"{time}Z" for time in closes], **prices})
    return Bars.from_frame(frame, asset, every=every, currency=currency)


def together(*parts: Bars) -> Bars:
    assets = tuple(asset for part in parts for asset in part.assets)
    return replace(parts[0], frame=pl.concat([part.frame for part in parts]), assets=assets)


# The rate of the hour from 10 to 11 is known at 11:00, not before.
RATES = bars("EUR/USD", {"2024-01-02T09:00": 1.25, "2024-01-02T10:00": 1.5, "2024-01-02T11:00": 2.0})
TIMES = {"2024-01-02T09:00": 10.0, "2024-01-02T09:30": 10.0, "2024-01-02T10:00": 10.0, "2024-01-02T11:00": 10.0}
EURO = bars("X", TIMES, "30m", "EUR")  # bars that close at 9:30 (before any rate), 10:00, 10:30 and 11:30
USD = bars("X", TIMES, "30m")


def three_days(*values: float) -> dict[str, float]:
    return {f"2024-01-0{i}T00:00": value for i, value in enumerate(values, start=1)}


def test_the_rate_known_at_each_close() -> None:
    """Closes at 10:00, 10:30 and 11:30: the rates of 10:00 (1.25), 10:00 again, and 11:00 (1.5); 2.0 comes later."""
    made = EURO.since("2024-01-02T09:30+00:00").convert("USD", RATES)
    for name in ("open", "high", "low", "close"):
        assert made.frame[name].to_list() == [12.5, 12.5, 15.0]
    assert made.frame.drop("open", "high", "low", "close").equals(EURO.frame[1:].drop("open", "high", "low", "close"))
    assert (made.assets[0].currency, EURO.assets[0].currency) == ("USD", "EUR")


@pytest.mark.parametrize(
    ("given", "currency", "rates", "expected"),
    [
        pytest.param(EURO, "USD", RATES, [12.5, 12.5, 15.0], id="the pair"),
        pytest.param(USD, "EUR", RATES, [8.0, 8.0, 6.6666667], id="its inverse"),
        pytest.param(EURO, "USD", replace(RATES, frame=RATES.frame.with_columns(asset=pl.lit("EURUSD")),
                     assets=(Asset("EURUSD"),)), [12.5, 12.5, 15.0], id="six letters"),
        pytest.param(EURO, "EUR", RATES, [10.0] * 3, id="nothing to do"),
        pytest.param(EURO, "JPY", together(RATES, bars("USD/JPY", {"2024-01-02T09:00": 100.0})),
                     [1250.0, 1250.0, 1500.0], id="through dollars"),
        pytest.param(EURO, "GBP", together(RATES, bars("GBP/USD", {"2024-01-02T09:00": 2.0})),
                     [6.25, 6.25, 7.5], id="through dollars and an inverse"),
        pytest.param(EURO, "CHF", together(bars("EUR/BTC", {"2024-01-02T08:00": 0.5}),
                     bars("BTC/CHF", {"2024-01-02T08:00": 3.0})), [15.0] * 3, id="through another"),
    ],
)  # fmt: skip
def test_ways(given: Bars, currency: str, rates: Bars, expected: list[float]) -> None:
    made = given.since("2024-01-02T09:30+00:00").convert(currency, rates)
    assert made.frame["close"].to_list() == expected


def test_digits_keep_eight_figures_of_the_lowest_price() -> None:
    tiny = bars("X", {"2024-01-02T11:00": 0.0002}, currency="EUR").convert("USD", RATES)
    assert (tiny.assets[0].price_digits, tiny.frame["close"].to_list()) == (11, [0.0004])
    large = bars("X", {"2024-01-02T11:00": 50_000_000.0}, currency="EUR").convert("USD", RATES)
    assert large.assets[0].price_digits == 2
    assert USD.since("2024-01-02T09:30+00:00").convert("EUR", RATES).assets[0].price_digits == 7


def test_steps_of_the_old_currency_are_taken_off() -> None:
    asset = Asset("X", price_digits=2, price_step="0.05", min_notional=10, currency="EUR", quantity_digits=3)
    made = bars(asset, {"2024-01-02T11:00": 10.0}, currency="EUR").convert("USD", RATES).assets[0]
    assert (made.price_step, made.min_notional, made.quantity_digits) == (Decimal("0.000001"), 0, 3)


def test_amounts_take_the_rate_before_their_ex_date() -> None:
    rates = bars("EUR/USD", three_days(1.25, 1.5, 2.0), "1d")
    days = bars("X", three_days(10.0, 10.0, 10.0), "1d", "EUR")
    rows = [
        {"ex": "2024-01-01", "kind": "dividend", "amount": "1"},
        {"ex": "2024-01-02", "kind": "dividend", "amount": "1"},
        {"ex": "2024-01-03", "kind": "dividend", "amount": "0.3"},
        {"ex": "2024-01-03", "kind": "symbol_change", "other": "Y"},
    ]
    told = checked_actions(pl.DataFrame(rows, infer_schema_length=None), days.assets)
    made = replace(days, actions=told).convert("USD", rates)
    assert made.actions["kind"].to_list() == ["dividend", "dividend", "symbol_change", "dividend"]
    assert made.actions["amount"].to_list() == [Decimal("1.25"), Decimal("1.25"), None, Decimal("0.45")]


def test_it_is_told() -> None:
    given = together(EURO.since("2024-01-02T09:30+00:00"), bars("Y", {"2024-01-02T10:00": 1.0}))
    made = given.convert("USD", RATES)
    assert [str(asset) for asset in made.assets] == ["X", "Y"]
    assert made.frame.filter(pl.col("asset") == "Y").equals(given.frame.filter(pl.col("asset") == "Y"))
    notice = made.notices[-1]
    assert (notice.kind, notice.text) == ("currency", "prices of 1 of 2 assets were converted into USD: x EUR/USD")


def test_an_asset_without_bars_only_changes_its_currency() -> None:
    made = EURO.since("2030-01-01").convert("USD", RATES)
    assert (len(made), made.assets[0].currency) == (0, "USD")


OLD = bars("X", {"2024-01-03T11:00": 1.0}, currency="EUR")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        pytest.param(
            lambda: EURO.convert("USD", RATES), BarsError,
            r"row 0 of X \(2024-01-02 09:30:00\+00:00\): EUR/USD has no rate yet \(1 such rows\)", id="too early",
        ),
        pytest.param(
            lambda: OLD.convert("USD", RATES, max_age="23h"), BarsError,
            "EUR/USD has a rate that is 1 day, 0:00:00 old", id="stale",
        ),
        pytest.param(
            lambda: EURO.convert("CHF", RATES), ParameterError, "no rate leads from EUR to CHF; there are EUR/USD",
            id="no way",
        ),
        pytest.param(
            lambda: EURO.convert("USD", USD), ParameterError, "no pair among X; name rates 'EUR/USD'", id="no pair"
        ),
        pytest.param(
            lambda: EURO.convert("USD", RATES, max_age="soon"), ParameterError, "max_age='soon': give", id="age"
        ),
        pytest.param(lambda: EURO.convert(cast("str", 7), RATES), ParameterError, "currency=7: give its", id="name"),
    ],
)  # fmt: skip
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
