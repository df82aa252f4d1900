"""Corners where money once went astray; each expectation is worked by hand from the rules."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hand_made import days, dividend, outcome, split

import workbench as wb
from workbench.errors import OrderError


def script(**asked: Any) -> Any:
    """An on_slice that calls `s0`, `s1`, ... at the slice of that number."""

    def on_slice(self: Any, ctx: wb.Context, bars: dict[str, wb.Bar]) -> None:
        self._n = getattr(self, "_n", -1) + 1
        if do := asked.get(f"s{self._n}"):
            do(ctx)

    return on_slice


def test_all_in_counts_what_a_sale_of_the_same_slice_will_bring() -> None:
    def rotate(ctx: wb.Context) -> None:
        ctx.flatten("A")
        ctx.target("B", all_in=True)

    bars = days(A=[10] * 6, B=[20] * 6)
    run = outcome(bars, on_slice=script(s0=lambda ctx: ctx.target("A", all_in=True), s2=rotate))
    assert run.fills.select("side", "asset", "quantity").rows() == [
        ("buy", "A", 100.0), ("sell", "A", 100.0), ("buy", "B", 50.0),
    ]  # fmt: skip


def test_all_in_counts_what_is_held_once_however_many_sells_work() -> None:
    # A stop and a target for the same 90 bring 900 or so, not 1,800; 100 is left of the cash.
    def protected(ctx: wb.Context) -> None:
        ctx.buy("A", 90, stop_loss=5, take_profit=20)

    bars = days(A=[10] * 4, B=[20] * 4)
    run = outcome(bars, on_slice=script(s0=protected, s1=lambda ctx: ctx.target("B", all_in=True)))
    assert run.orders.filter(origin="target").select("quantity", "filled").rows() == [(5.0, 5.0)]
    limits = wb.Limits(order_notional=1_100)  # 55 of B: what 1,000 can buy, and nothing beyond it
    options = {"limits": limits}
    run = outcome(bars, options, on_slice=script(s0=protected, s1=lambda ctx: ctx.target("B", all_in=True)))
    assert run.orders.filter(origin="target").select("status", "filled").rows() == [("FILLED", 5.0)]


def test_a_sale_may_owe_more_than_it_brings() -> None:
    # 1 share brings 10 and owes 25: what protects is never refused for its fee, and nothing can be bought until then.
    def sell(ctx: wb.Context) -> None:
        ctx.sell("A", 1)

    options = {"cash": 36, "fees": wb.fees.bps(1, minimum=25)}
    asked = script(s0=lambda ctx: ctx.buy("A", 1), s1=sell, s2=lambda ctx: ctx.buy("A", 1))
    run = outcome(days(A=[10] * 5), options, on_slice=asked)
    assert run.exact.equity["cash"].to_list() == [36, 1, -14, -14, -14]
    assert run.orders["status"].to_list() == ["FILLED", "FILLED", "DENIED"]


def test_a_dividend_of_an_earlier_day_is_per_old_share() -> None:
    # 10 shares on 01-03 are paid 10 x 1; the split of 01-04 comes after it, though both wait for the bar of 01-05.
    bars = days(A=[10, 10, None, None, 5], actions=[dividend("A", 3, "1"), split("A", 4, 2, 1)])
    run = outcome(bars, on_slice=script(s0=lambda ctx: ctx.buy("A", 10)))
    assert run.exact.ledger.filter(event="dividend", account="cash")["amount"].to_list() == [Decimal(10)]
    assert run.final_equity == 1000 - 100 + 10 + 20 * 5


def test_a_stop_that_slips_leaves_the_reservations_of_others_alone() -> None:
    # The stop reserves 100 x 11 = 1,100, the limit 10 x 5 = 50, of 1,150. Gapped to 12 and capped to 10 a bar, the stop
    # spends 120 a bar; what exceeds 11 comes out of its own promise, and the limit still fills when B falls to 5.
    bars = days(volume=100, A=[10, (12, 12, 12, 12), 12, 12], B=[6, 6, 6, (6, 6, 5, 5)])

    def ask(ctx: wb.Context) -> None:
        ctx.buy("A", 100, stop=11)
        ctx.buy("B", 10, limit=5)

    run = outcome(bars, {"cash": 1150, "volume_cap": 0.1}, on_slice=script(s0=ask))
    assert run.orders["status"].to_list() == ["END_OF_DATA", "FILLED"]
    assert run.exact.equity["cash"][-1] == 1150 - 3 * 120 - 50


def test_fees_of_parts_add_up_to_the_fee_of_the_whole() -> None:
    # 0.7777 bps of 30 x 3.333333 is no multiple of 1e-20 for a part; the sum over parts is rounded once.
    asset = wb.Asset("A", price_digits=6, quantity_digits=8)
    bars = days(volume=100, A=[4, 3.333333, 3.333333, 3.333333])
    bars = wb.Bars.from_frame(bars.frame, assets=[asset])
    options = {"cash": 1000, "volume_cap": 0.1, "fees": wb.fees.bps("0.7777")}
    run = outcome(bars, options, on_slice=script(s0=lambda ctx: ctx.buy("A", "29.12345678", limit="3.333333")))
    value = Decimal("29.12345678") * Decimal("3.333333")
    assert run.fills.height == 3
    assert sum(run.exact.fills["fee"]) == (value * Decimal("0.00007777")).quantize(Decimal("1e-20"))


def test_all_in_rests_in_a_bar_without_volume() -> None:
    bars = days(A=[10, 2000, 10])
    frame = bars.frame.with_columns(volume=bars.frame["session"].dt.day().replace_strict({1: 1000.0, 2: 0.0, 3: 1e6}))
    bars = wb.Bars.from_frame(frame, assets=["A"])
    run = outcome(bars, {"volume_cap": 0.1}, on_slice=script(s0=lambda ctx: ctx.target("A", all_in=True)))
    assert run.fills.select("quantity", "price").rows() == [(100.0, 10.0)]


def test_an_all_in_order_shows_all_that_cash_would_buy() -> None:
    bars = days(volume=100, A=[10, 10, 10])
    run = outcome(bars, {"volume_cap": 0.1}, on_slice=script(s0=lambda ctx: ctx.target("A", all_in=True)))
    assert run.orders.select("quantity", "filled", "status").rows() == [(100.0, 20.0, "END_OF_DATA")]
    assert [notice.count for notice in run.notices if notice.kind == "capped"] == [2]


def test_a_weight_of_an_asset_that_has_never_closed_is_stale() -> None:
    run = outcome(days(A=[10, 10], B=[None, 10]), on_slice=script(s0=lambda ctx: ctx.target("B", weight=0.5)))
    assert run.orders.select("status", "reason").rows() == [("DENIED", "stale")]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        pytest.param(
            lambda ctx: ctx.target("A", 0.5), "target takes its size by name: target('A', quantity=0.5)", id="bare"
        ),
        pytest.param(lambda ctx: ctx.buy("A"), "buy needs a quantity: ctx.buy(asset, 100)", id="none"),
    ],
)
def test_a_size_has_a_name(ask: Any, message: str) -> None:
    with pytest.raises(OrderError, match=re.escape(message)):
        outcome(days(A=[10]), on_slice=script(s0=ask))
