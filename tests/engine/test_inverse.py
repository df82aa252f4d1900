"""Inverse perpetuals, worked by hand in the coin that they are settled in.

A contract is 100 USD: q contracts are worth -q x 100 / p coins, so that a rise from 20,000 to 25,000 gains
100 / 20,000 - 100 / 25,000 = 0.001 for each. Days are those of `hand_made`; the account holds 2 BTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, outcome

import workbench as wb
from workbench.errors import NumberError, ParameterError

Ask = Callable[[wb.Context], object]
NAME = "BTC/USD:BTC"


def bars_of(prices: list[Any], multiplier: int = 100) -> wb.Bars:
    about = {"multiplier": multiplier, "initial_margin": "0.1", "maintenance_margin": "0.05"}
    return replace(days(**{NAME: prices}), assets=(wb.Asset(NAME, kind="perpetual", **about),))


def run_of(bars: wb.Bars, asks: dict[int, Ask], **options: Any) -> wb.Run:
    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        self.count = getattr(self, "count", 0) + 1
        if self.count in asks:
            asks[self.count](ctx)

    return outcome(bars, {"cash": "2 BTC", "account": wb.Margin(), **options}, on_slice=on_slice)


def buy(quantity: int, **options: Any) -> Ask:
    return lambda ctx: ctx.buy(NAME, quantity, **options)


def sell(quantity: int, **options: Any) -> Ask:
    return lambda ctx: ctx.sell(NAME, quantity, **options)


def test_gains_are_in_the_coin() -> None:
    # 200 contracts at 20,000 are 1 BTC; at 25,000 they are 0.8, and the fee of 10 bps is of these.
    run = run_of(bars_of([20_000, 20_000, 25_000, 25_000]), {1: buy(200), 2: sell(200)}, fees=wb.fees.bps(10))
    assert (run.currency, run.final_equity) == ("BTC", Decimal("2.2") - Decimal("0.001") - Decimal("0.0008"))
    assert run.exact.fills["value"].to_list() == [1, Decimal("0.8")]
    trade = run.exact.trades.row(0, named=True)
    assert (trade["entry_price"], trade["exit_price"], trade["profit"]) == (20_000, 25_000, Decimal("0.1982"))
    assert dict(run.explain().total)["price"] == Decimal("0.2")


def test_a_short_loses_more_than_a_long_gains() -> None:
    # -200 from 25,000 to 20,000 gain 1 - 0.8; back at 25,000 they have lost that again.
    run = run_of(bars_of([25_000, 25_000, 20_000, 25_000]), {1: sell(200)})
    assert run.exact.equity["equity"].to_list() == [2, 2, Decimal("2.2"), 2]


def test_the_average_price_is_harmonic() -> None:
    # 100 at 20,000 and 100 at 30,000 cost 0.5 + 1/3 coins: 20,000 / 0.8333... is 24,000.
    run = run_of(bars_of([20_000, 20_000, 30_000, 30_000]), {1: buy(100), 2: buy(100)})
    position = run.at("2024-01-04").position(NAME).exact
    assert position.average_price == 24_000
    assert position.cost == -(Decimal("0.5") + Decimal("0.33333333333333333333"))


def test_slippage_is_what_the_worse_price_costs() -> None:
    # Bought at 20,000 instead of 16,000: 100 / 16,000 - 100 / 20,000 is lost for each.
    run = run_of(bars_of([16_000, 16_000, 20_000]), {1: buy(160)}, slippage=wb.slippage.spread("8000"))
    causes = {cause: amount for cause, amount in run.explain().total.items() if amount}
    assert causes == {"price": Decimal("0.2"), "slippage": Decimal("-0.2")}
    assert run.exact.fills["slippage"][0] == Decimal("0.2")


def test_funding_is_paid_in_the_coin() -> None:
    frame = pl.DataFrame({"known_at": [at(3)], "asset": [NAME], "rate": [0.0001], "mark": [25_000.0]})
    run = run_of(bars_of([20_000, 20_000, 20_000]), {1: buy(200)}, funding=wb.Dataset.from_frame(frame))
    assert dict(run.explain().total)["funding"] == Decimal("-0.00008")  # 20,000 / 25,000 x 0.0001


def test_a_weight_is_of_the_coins() -> None:
    # Half of 2 BTC at 20,000 is 20,000 USD: 200 contracts.
    run = run_of(bars_of([20_000, 20_000]), {1: lambda ctx: ctx.target(NAME, weight=0.5)})
    assert run.fills["quantity"].to_list() == [200]


def test_the_price_of_a_margin_call() -> None:
    # 800 at 20,000: 2 + 80,000 (1 / 20,000 - 1 / p) = 0.05 x 80,000 / p at p = 84,000 / 6.
    seen: list[Any] = []
    look: Ask = lambda ctx: seen.append(ctx.position(NAME).exact.liquidation_price)  # noqa: E731  # short
    bars = bars_of([20_000, 20_000, 20_000])
    run_of(bars, {1: buy(800), 3: look})
    run_of(bars, {1: sell(800), 3: look})
    run_of(bars, {1: sell(300), 3: look})
    assert seen == [14_000, 38_000, None]


@pytest.mark.parametrize(("price", "called"), [(14_001, 0), (13_999, 1)])
def test_a_margin_call_comes_there(price: int, called: int) -> None:
    run = run_of(bars_of([20_000, 20_000, price, price]), {1: buy(800)})
    assert run.orders.filter(origin="liquidation").height == called


def test_protection_stands_on_prices() -> None:
    # Bought at 20,000: the stop at 5% below is 19,000, where 1/19,000 - 1/20,000 of 20,000 USD is lost.
    bars = bars_of([20_000, 20_000, (19_500, 19_500, 18_000, 18_000)])
    run = run_of(bars, {1: buy(200, stop_loss_pct=0.05)})
    assert run.exact.fills["price"].to_list() == [20_000, 19_000]
    assert run.final_equity == 2 + 1 - (Decimal(20_000) / 19_000).quantize(Decimal("1e-20"))


@pytest.mark.parametrize(
    ("exit_price", "expected"),
    [
        pytest.param(10_500, "0.4762", id="100,000 contracts from 10,000 to 10,500"),
        pytest.param(9_500, "-0.5263", id="and to 9,500"),
    ],
)
def test_profit_is_that_of_the_published_formula(exit_price: int, expected: str) -> None:
    """Contracts x multiplier x (1 / entry - 1 / exit), with the numbers of its example.

    Source: BitMEX, guide to inverse futures and perpetuals, https://www.bitmex.com/app/inverseFuturesGuide. It differs
    in what it rounds to (satoshis) and in its fees, which are left out here.
    """
    cash = {"cash": "10 BTC"}
    run = run_of(bars_of([10_000, 10_000, exit_price, exit_price], 1), {1: buy(100_000), 2: sell(100_000)}, **cash)
    assert round(run.final_equity - 10, 4) == Decimal(expected)


def test_the_coin_needs_a_way_into_the_account() -> None:
    with pytest.raises(ParameterError, match=r"no rate leads from BTC to USD: give fx= Bars of BTC/USD"):
        run_of(bars_of([1, 1]), {}, cash="2 USD")
    with pytest.raises(NumberError, match="cash='0 BTC'"):
        run_of(bars_of([1, 1]), {}, cash="0 BTC")


def test_a_gain_in_the_coin_is_told_in_the_currency_of_the_account() -> None:
    # The 0.2 coins of the first test; 2 coins rise by 5,000 USD each, and those gained are worth 25,000 each.
    prices: list[Any] = [20_000, 20_000, 25_000, 25_000]
    rates = replace(days(**{"BTC/USD": prices}), assets=(wb.Asset("BTC/USD", kind="crypto"),))
    options = {"cash": {"BTC": 2}, "currency": "USD", "fx": rates}
    run = run_of(bars_of(prices), {1: buy(200), 2: sell(200)}, **options)
    assert (run.currency, run.deposits, run.final_equity) == ("USD", 40_000, 55_000)
    assert {cause: amount for cause, amount in run.explain().total.items() if amount} == {"price": 5_000, "fx": 10_000}
