"""Pairs of two currencies on a margin account, worked by hand: what they borrow, and the price of a margin call.

The account is in USD or EUR, the pair EUR/USD asks for a tenth of what it is worth at first and for a twentieth after
that; days are those of `hand_made`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hand_made import days, outcome

import workbench as wb
from workbench.errors import UnsupportedError

Ask = Callable[[wb.Context], object]
NAME = "EUR/USD"


def bars_of(prices: list[Any], name: str = NAME, kind: str = "fx") -> wb.Bars:
    about = {"initial_margin": "0.1", "maintenance_margin": "0.05", "price_digits": 6, "quantity_digits": 0}
    return replace(days(**{name: prices}), assets=(wb.Asset(name, kind=kind, **about),))


def run_of(bars: wb.Bars, cash: object, *asks: Ask, **options: Any) -> wb.Run:
    """A run that asks the first at the first close, the second at the second, and so on."""
    left = iter(asks)

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        next(left, lambda _: None)(ctx)

    return outcome(bars, {"cash": cash, "account": wb.Margin(), **options}, on_slice=on_slice)


def sell(quantity: int) -> Ask:
    return lambda ctx: ctx.sell(NAME, quantity)


def buy(quantity: int) -> Ask:
    return lambda ctx: ctx.buy(NAME, quantity)


@pytest.mark.parametrize(
    ("cash", "ask", "price", "expected"),
    [
        # 9,000 - 8,000 p = 0.05 x 8,000 p.
        pytest.param("1_000 USD", sell(8_000), 1, "1.071428571429", id="short"),
        # 1,000 - 8,000 + 8,000 p = 400 p.
        pytest.param("1_000 USD", buy(8_000), 1, "0.921052631579", id="long"),
        # 9,000 - 6,000 p = 400 p: the euros that were there rise too.
        pytest.param({"USD": 1_000, "EUR": 2_000}, sell(8_000), 1, "1.40625", id="short beside euros"),
        # 5,000 EUR - 5,000 USD / p = 0.05 x 4,000 EUR, whatever the price.
        pytest.param("1_000 EUR", buy(4_000), 1.25, "1.041666666667", id="long in its base"),
        # -3,000 EUR + 5,000 USD / p = 200.
        pytest.param("1_000 EUR", sell(4_000), 1.25, "1.5625", id="short in its base"),
        # 1,000 + 2,000 EUR against 400 p: no price is high enough.
        pytest.param({"USD": 1_000, "EUR": 10_000}, sell(8_000), 1, None, id="more there than sold"),
    ],
)
def test_the_price_of_a_margin_call(cash: object, ask: Ask, price: float, expected: str | None) -> None:
    seen: list[Any] = []
    look: Ask = lambda ctx: seen.append(ctx.position(NAME).exact.liquidation_price)  # noqa: E731  # short
    run_of(bars_of([price] * 3), cash, ask, lambda _: None, look)
    assert seen == [None if expected is None else Decimal(expected)]


@pytest.mark.parametrize(
    ("cash", "ask", "begun", "price", "calls"),
    [
        ("1_000 USD", sell(8_000), 1, 1.071428, 0),
        ("1_000 USD", sell(8_000), 1, 1.071429, 1),
        ({"USD": 1_000, "EUR": 2_000}, sell(8_000), 1, 1.40625, 0),
        ({"USD": 1_000, "EUR": 2_000}, sell(8_000), 1, 1.406251, 1),
        ("1_000 EUR", buy(4_000), 1.25, 1.041667, 0),
        ("1_000 EUR", buy(4_000), 1.25, 1.041666, 1),
    ],
)
def test_a_margin_call_comes_there(cash: object, ask: Ask, begun: float, price: float, calls: int) -> None:
    run = run_of(bars_of([begun, begun, price]), cash, ask)
    assert run.margin_calls.height == calls


def test_a_pair_borrows_what_it_gives_away_and_no_more() -> None:
    run = run_of(bars_of([1, 1, 1]), "1_000 USD", sell(300))
    assert run.balances.filter(session=run.balances["session"].max())["cash"].to_list() == [1_300, -300]
    assert set(run.ledger["event"]) == {"deposit", "fill"}


def test_all_cash_is_spent_once() -> None:
    # 1,000 USD at 1.25 buy 800; asked again there is nothing left, as the 1,000 USD are owed.
    again: Ask = lambda ctx: ctx.target(NAME, all_in=True)  # noqa: E731  # short
    run = run_of(bars_of([1.25] * 4), "1_000 USD", again, again, again)
    assert run.exact.fills["quantity"].to_list() == [800]


def test_pairs_that_share_a_holding_stay_refused() -> None:
    frames = [bars_of([10] * 3, name, "crypto") for name in ("BTC/USD", "BTC/EUR")]
    bars = replace(days(**{"BTC/USD": [10] * 3, "BTC/EUR": [10] * 3}), assets=tuple(b.assets[0] for b in frames))
    with pytest.raises(UnsupportedError, match="keep one pair of BTC, or leave account= out"):
        run_of(bars, "1_000 USD", fx=bars_of([1.1] * 3))


@pytest.mark.parametrize(("left_at", "expected"), [(1.18160, 290), (1.17000, -290)])
def test_a_round_trip_is_that_of_a_broker(left_at: float, expected: int) -> None:
    """50,000 EUR bought at 1.17580 and sold 58 pips of 5 USD higher, or lower.

    Source: HYCM, examples of a forex trade, https://help.hycm.com/hc/en-us/articles/360000598839. It differs in that it
    leaves out what is paid for holding overnight, and that such a gain becomes money of the account's currency at once;
    here it stays in the quote's. The account is in USD, so that both are one.
    """
    run = run_of(bars_of([1.17580, 1.17580, left_at]), "50_000 USD", buy(50_000), sell(50_000))
    assert run.final_equity - 50_000 == expected


@pytest.mark.parametrize(("share", "rate"), [(130, 1.05), (75, 0.9), (120, 0.95), (90, 1.1)])
def test_a_foreign_return_is_that_of_the_textbooks(share: float, rate: float) -> None:
    """The return at home is (1 + return abroad) x (1 + return of the currency) - 1.

    Source: CFA Institute, Currency Management: An Introduction, return decomposition. It differs in where the product
    of both goes, which it tells by itself: here the price's part is told at the rate of now, and has the product.
    """
    bars = replace(days(X=[100, 100, share]), assets=(wb.Asset("X", currency="EUR"),))
    rates = bars_of([1, 1, rate])
    ask: Ask = lambda ctx: ctx.buy("X", 10)  # noqa: E731  # short
    run = run_of(bars, "1_000 USD", ask, account=None, fx=rates)
    abroad, currency = Decimal(share) / 100 - 1, Decimal(str(rate)) - 1
    assert run.final_equity / 1_000 - 1 == (1 + abroad) * (1 + currency) - 1
    causes = {cause: amount for cause, amount in run.explain().total.items() if amount}
    assert causes == {"price": 1_000 * (abroad + abroad * currency), "fx": 1_000 * currency}
