"""An asset of which one unit is worth 50 times its price, worked by hand: value, size, costs, actions and reports.

The days are those of `hand_made`: what is asked after the first fills at the open of the second. Cash is 10,000 USD.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

import pytest
from closing import assert_explained
from hand_made import days, dividend, outcome, split

import workbench as wb
from workbench import ta

Ask = Callable[[wb.Context], object]
Row = tuple[list[Any], dict[str, Any], list[dict[str, Any]], Ask, str, str]


def bars_of(prices: list[Any], actions: list[dict[str, Any]] | None = None, **attributes: Any) -> wb.Bars:
    """Flat days of A, of which a unit is 50."""
    bars = days(A=prices, actions=actions or [])
    return replace(bars, assets=(wb.Asset("A", kind="etf", **{"multiplier": 50, **attributes}),))


def run_of(bars: wb.Bars, ask: Ask, **options: Any) -> wb.Run:
    """A run that asks once, after the first day."""

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        if not hasattr(self, "has_asked"):
            self.has_asked = ask(ctx) or True

    return outcome(bars, {"cash": 10_000, **options}, on_slice=on_slice)


def buy(quantity: float, **options: Any) -> Ask:
    return lambda ctx: ctx.buy("A", quantity, **options)


def delisting(day: int) -> dict[str, Any]:
    row = split("A", day, 1, 1)
    return {**row, "kind": "delisting", "numerator": None, "denominator": None, "other": None}


ROWS: dict[str, Row] = {
    # 4 x 50 x 10.01 = 2,002 with 10 bps of it as the fee; then 4 x 50 x 12.
    "value, fee and slippage": (
        [10, 10, 12], {"fees": wb.fees.bps(10), "slippage": wb.slippage.spread("0.02")}, [], buy(4),
        "7995.998", "10395.998",
    ),
    "a fee per unit counts units": ([10, 10, 12], {"fees": wb.fees.per_share(1)}, [], buy(4), "7996", "10396"),
    "a weight counts what units are worth": (
        [10, 10, 12], {}, [], lambda ctx: ctx.target("A", weight=0.5), "5000", "11000",  # 10 units at 500
    ),
    "so does a value": ([10, 10, 12], {}, [], lambda ctx: ctx.target("A", value=1_600), "8500", "10300"),
    "so does all cash": ([10, 10, 12], {}, [], lambda ctx: ctx.target("A", all_in=True), "0", "12000"),
    # 5 become 7 and a half, which is 0.5 x 50 x 8.
    "cash in lieu": ([10, 10, 8], {}, [split("A", 3, 3, 2)], buy(5), "7700", "10500"),
    "a dividend is per unit": ([10, 10, 10], {}, [dividend("A", 3, "0.5")], buy(4), "8002", "10002"),
    "a delisting pays the last close": ([10, (10, 12, 10, 12), None], {}, [delisting(3)], buy(4), "10400", "10400"),
    # Four millionths of a volume of a million are 4 units.
    "volume is in units": ([10, 10], {"volume_cap": 0.000_004}, [], buy(9), "8000", "10000"),
    "a stop counts from the price paid": (
        [10, 10, (10, 10, 9, 9)], {}, [], buy(4, stop_loss_pct=0.1), "9800", "9800",
    ),
    "a stop moves to the price paid": (
        [10, 10, (10, 11, 10, 11), (11, 11, 9, 9)], {}, [], buy(4, stop_loss=5, break_even=1), "10000", "10000",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("prices", "options", "actions", "ask", "cash", "equity"), ROWS.values(), ids=ROWS)
def test_a_multiplier_counts(
    prices: list[Any], options: dict[str, Any], actions: list[dict[str, Any]], ask: Ask, cash: str, equity: str
) -> None:
    whole = [{"other": None, **action} for action in actions]
    others = {"B": [1.0] * len(prices)} if None in prices else {}
    bars = days(A=prices, actions=whole, **others)
    assets = (wb.Asset("A", kind="etf", multiplier=50), *bars.assets[1:])
    run = run_of(replace(bars, assets=assets), ask, **options)
    assert (run.exact.equity["cash"][-1], run.final_equity) == (Decimal(cash), Decimal(equity))


def test_prices_are_told_per_price() -> None:
    def average(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.record(average=ctx.position("A").average_price)
        if not ctx.position("A"):
            ctx.buy("A", 4)

    run = outcome(bars_of([10, 10, 12]), {"cash": 10_000}, on_bar=average)
    trade = run.trades.row(0, named=True)
    assert (trade["entry_price"], trade["profit"], trade["return"]) == (10, 400, 0.2)
    assert run.orders["average_price"].to_list() == [10]
    assert run.recorded["average"].to_list() == [None, 10, 10]


def test_what_is_reserved_is_what_units_are_worth() -> None:
    run = run_of(bars_of([10, 10]), buy(3, limit=8), cash=1_000)
    assert run.orders.select("status", "reason", "allowed", "actual").row(0) == ("DENIED", "cash", 1_000, 1_200)


def test_the_smallest_notional_is_what_units_are_worth() -> None:
    for least, status in ((500, "FILLED"), (501, "DENIED")):
        run = run_of(bars_of([10, 10], min_notional=least), buy(1))
        assert run.orders["status"].to_list() == [status]


def test_limits_are_measured_by_what_units_are_worth() -> None:
    for limits in ({"order_notional": 999}, {"position_notional": 999}, {"position_weight": 0.09}, {"leverage": 0.09}):
        run = run_of(bars_of([10, 10]), buy(2), limits=wb.Limits(**limits))
        assert run.orders["reason"].to_list() == list(limits)


def test_a_sweep_knows_it() -> None:
    bars = bars_of([10, 10, 11, 12, 9, 9, 13, 13])

    @wb.signals
    def above(level: float = 10) -> wb.Signals:
        return wb.Signals(entry=ta.close() > level, exit=ta.close() < level, all_in=True)

    test = wb.Backtest(above(), bars, cash=10_000, volume_cap=None)
    runs = test.sweep(level=[8, 10, 11]).run(progress=False)
    alone = [float(test.with_params(level=level).run(progress=False).final_equity) for level in (8, 10, 11)]
    assert runs.frame["final_equity"].to_list() == alone
    assert len(set(alone)) == 3


def test_units_of_a_contract_pay_no_fee() -> None:
    with pytest.raises(wb.errors.UnsupportedError, match="units are no currency"):
        wb.Backtest(wb.Signals(entry=ta.close() > 1), bars_of([10, 10]), fees=wb.fees.bps(10, currency="base"))


def test_too_many_digits_have_no_exact_worth() -> None:
    bars = bars_of([10, 10], multiplier="0.001", quantity_digits=6)
    with pytest.raises(wb.errors.UnsupportedError, match=r"multiplier=0\.001 and quantity_digits=6"):
        wb.Backtest(wb.Signals(entry=ta.close() > 1), bars)


@pytest.mark.parametrize("bps", ["0.2", "1.3", "5"])
def test_slippage_leaves_no_rest_where_worth_is_rounded(bps: str) -> None:
    """0.12345678 units go over to a name whose unit is a hundred-millionth of its price: 22 digits at a price of six.

    What slipped is the worth at the one price less that at the other, each rounded once, so that the two add up. The
    worth of the distance between the prices is another number in its last digit.
    """
    row = {"asset": "A", "ex": date(2024, 1, 3), "kind": "symbol_change", "pay": None, "other": "B"}
    renamed = {**row, "numerator": None, "denominator": None, "amount": None}
    bars = days(A=[10, 10], B=[None, None, *[23.123457] * 3], actions=[renamed])
    fine = wb.Asset("A", kind="etf", quantity_digits=8)
    bars = replace(bars, assets=(fine, wb.Asset("B", kind="etf", multiplier="0.00000001", price_digits=6)))

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        if ctx.session.day == 1:
            ctx.buy("A", "0.12345678")
        if ctx.session.day == 3:
            ctx.flatten("B")

    run = outcome(bars, {"slippage": wb.slippage.bps(bps)}, on_slice=on_slice)
    sold = run.exact.fills.row(1, named=True)
    with localcontext(prec=60, rounding=ROUND_HALF_EVEN):
        prices = (sold["reference"], sold["price"], sold["reference"] - sold["price"])
        worth = [(price * sold["quantity"] / 10**8).quantize(Decimal("1e-20")) for price in prices]
    assert (sold["quantity"], sold["slippage"]) == (Decimal("0.12345678"), worth[0] - worth[1])
    assert worth[2] - sold["slippage"] == Decimal("1e-20")
    assert_explained(run)
