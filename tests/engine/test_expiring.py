"""Options held to their expiry and rolls between contracts, worked by hand.

The days are those of `hand_made`: what is asked after the first fills at the open of the second. Cash is 10,000 USD.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, outcome
from hand_made import run_of as on_margin

import workbench as wb
from workbench.errors import ContextError, ParameterError, UnknownNameError, UnsupportedError, WorkbenchError

Ask = Callable[[wb.Context], object]


def option(right: str, strike: float, **terms: Any) -> wb.Asset:
    about = {"underlying": "A", "strike": strike, "right": right, "expiry": "2024-01-03", "multiplier": 100}
    return wb.Asset("O", kind="option", **{**about, **terms})


def bars_of(asset: wb.Asset, marks: list[Any], prices: list[Any]) -> wb.Bars:
    bars = days(O=marks, A=prices)
    return replace(bars, assets=(asset, bars.assets[1]))


run_of = partial(on_margin, account=None)


def buy(quantity: int) -> Ask:
    return lambda ctx: ctx.buy("O", quantity)


# Two options at a premium of 2 cost 2 x 100 x 2 = 400. They expire at the close of the third day.
EXPIRIES: list[tuple[str, wb.Asset, float, int]] = [
    ("a call in the money", option("call", 100), 105, 10_000 - 400 + 2 * 100 * 5),
    ("a call at the money", option("call", 105), 105, 9_600),
    ("a call out of the money", option("call", 110), 105, 9_600),
    ("a put in the money", option("put", 110), 105, 10_600),
    ("a put out of the money", option("put", 100), 105, 9_600),
]


@pytest.mark.parametrize(("asset", "price", "cash"), [row[1:] for row in EXPIRIES], ids=[row[0] for row in EXPIRIES])
def test_an_option_ends_at_what_it_is_worth(asset: wb.Asset, price: float, cash: int) -> None:
    run = run_of(bars_of(asset, [2, 2, 3], [100, 100, price, price]), {1: buy(2)})
    assert run.exact.equity["cash"].to_list() == [10_000, 9_600, 9_600, cash]
    assert run.exact.equity["positions"].to_list() == [0, 400, 600, 0]
    trade = run.exact.trades.row(0, named=True)
    assert (trade["exit_time"], trade["profit"], trade["exit_price"]) == (at(4), cash - 10_000, (cash - 9_600) / 200)
    assert dict(run.explain().total)["price"] == cash - 10_000
    events = run.ledger.filter(event="expiry")
    assert sum(events.filter(account="cash")["amount"]) == cash - 9_600


def test_what_was_given_settles_an_option() -> None:
    frame = pl.DataFrame({"known_at": [at(4)], "asset": ["O"], "session": [date(2024, 1, 3)], "price": [104.5]})
    given = wb.Dataset.from_frame(frame)
    run = run_of(bars_of(option("call", 100), [2, 2, 3], [100, 100, 105, 105]), {1: buy(2)}, settlement=given)
    assert run.final_equity == 9_600 + 900
    alone = replace(days(O=[2, 2, 3], B=[1] * 4), assets=(option("call", 100), wb.Asset("B")))
    assert run_of(alone, {1: buy(2)}, settlement=given).final_equity == 10_500


def test_an_index_settles_an_option_and_is_not_bought() -> None:
    bars = bars_of(option("call", 100), [2, 2, 3], [100, 100, 105, 105])
    bars = replace(bars, assets=(bars.assets[0], wb.Asset("A", kind="index")))
    assert run_of(bars, {1: buy(2)}).final_equity == 10_600


def test_working_orders_end_with_an_option() -> None:
    asks: dict[int, Ask] = {1: lambda ctx: ctx.buy("O", 1, limit=1), 4: buy(1)}
    run = run_of(bars_of(option("call", 100), [2, 2, 3], [100] * 5), asks)
    assert run.orders.select("status", "reason").rows() == [("CANCELED", "expiry"), ("DENIED", "expiry")]
    assert run.exact.equity["cash"][-1] == 10_000


def test_an_option_is_not_sold_short_even_where_the_shares_are_held() -> None:
    """100 shares for a call on 100: what would be a covered call elsewhere is refused, and said to be that."""
    bars = bars_of(option("call", 100), [2, 2, 2], [10, 10, 10, 10])
    run = run_of(bars, {1: lambda ctx: ctx.buy("A", 100), 2: lambda ctx: ctx.sell("O", 1)})
    assert run.orders.select("asset", "status", "reason").row(1) == ("O", "DENIED", "nothing_held")
    assert [str(notice) for notice in run.notices] == [
        "1 order was denied at 2024-01-03 00:00 because an option can only be sold while it is held: options are not "
        "sold short in this version, covered by shares or not; test ctx.position(asset) first; see run.orders"
    ]


def test_a_premium_that_halves_is_no_split() -> None:
    run = run_of(bars_of(option("call", 100), [2, 1, 0.5], [100, 100, 90, 90]), {1: buy(1)})
    assert [notice for notice in run.notices if notice.kind == "split"] == []


WRONG: list[tuple[str, wb.Bars, dict[str, Any], type[WorkbenchError], str]] = [
    (
        "on margin", bars_of(option("call", 100), [2, 2], [1, 1]), {"account": wb.Margin()}, UnsupportedError,
        "'O' is an option: margin for options is not available in this version",
    ),
    (
        "no price of the underlying", replace(days(O=[2, 2, 2]), assets=(option("call", 100),)), {}, ParameterError,
        "'O' expires on 2024-01-03, and nothing tells the price of A then",
    ),
    (
        "nothing to buy", replace(days(A=[1, 1]), assets=(wb.Asset("A", kind="index"),)), {}, UnsupportedError,
        "nothing here can be bought: A only serves for signals",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("bars", "options", "kind", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_what_cannot_be_is_refused(
    bars: wb.Bars, options: dict[str, Any], kind: type[WorkbenchError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        run_of(bars, {1: buy(1)}, **options)


def test_signals_decide_on_every_asset_so_each_must_be_one() -> None:
    bars = replace(days(A=[1, 1], B=[1, 1]), assets=(wb.Asset("A", kind="index"), wb.Asset("B")))
    with pytest.raises(UnsupportedError, match="signals decide on every asset of the bars, and A cannot be bought"):
        wb.Backtest(wb.Signals(entry=wb.ta.close() > 0), bars)


def contracts() -> wb.Bars:
    """March is left at the close of the third day, two sessions before its last, at 103 for a June of 113."""
    about = {"kind": "future", "root": "F", "multiplier": 10, "initial_margin": "0.1", "maintenance_margin": "0.05"}
    march = wb.Asset("MAR", month="2024-03", expiry="2024-01-05", **about)
    june = wb.Asset("JUN", month="2024-06", expiry="2024-04-05", **about)
    bars = days(MAR=[101, 102, 103, 104, 105], JUN=[111, 112, 113, 114, 115, 116])
    return replace(bars, assets=(march, june))


def rolled(size: int, fronts: list[str], **options: Any) -> wb.Run:
    """A run that holds so many contracts from the first day on and keeps the front of each day."""

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.roll = wb.roll(ctx, "F", days=2, **options)

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        fronts.append(str(self.roll.front))
        if len(fronts) == 1:
            (ctx.buy if size > 0 else ctx.sell)(self.roll.front, abs(size))

    return outcome(contracts(), {"cash": 10_000, "account": wb.Margin()}, on_start=on_start, on_slice=on_slice)


@pytest.mark.parametrize("size", [3, -3])
def test_a_roll_moves_what_is_held(size: int) -> None:
    # March from 102 to 104, the open after its roll; June from 114 to the last close of 116: 3 x 10 x (2 + 2).
    fronts: list[str] = []
    run = rolled(size, fronts)
    assert fronts == ["MAR", "MAR", "MAR", "JUN", "JUN", "JUN"]
    sides = ["buy", "sell", "buy"] if size > 0 else ["sell", "buy", "sell"]
    assert run.fills.select("asset", "side", "quantity", "price").rows() == [
        ("MAR", sides[0], 3.0, 102.0), *sorted([("MAR", sides[1], 3.0, 104.0), ("JUN", sides[2], 3.0, 114.0)],
                                               key=lambda row: row[1] == "buy"),
    ]  # fmt: skip
    assert run.final_equity == 10_000 + size * 10 * 4
    # Variation over the roll: 30 at the second close's session, then up to the fill of the roll, then June's own.
    moved = run.exact.ledger.filter(event="variation", account="cash").select("asset", "amount").rows()
    unit = Decimal(size) * 10
    assert moved == [("MAR", unit), ("MAR", unit), ("JUN", unit), ("JUN", unit)][: len(moved)]


def test_a_roll_may_only_leave() -> None:
    run = rolled(3, [], carry=False)
    assert run.fills.select("asset", "side").rows() == [("MAR", "buy"), ("MAR", "sell")]


def test_a_chain_tells_what_is_known() -> None:
    seen: list[Any] = []

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        chain = ctx.chain("F", days=2)
        seen.append((str(chain.front), chain.rolls.select("date", "gap").rows()))

    outcome(contracts(), {"account": wb.Margin()}, on_slice=on_slice)
    assert seen[1] == ("MAR", [])
    assert seen[2] == seen[-1] == ("JUN", [(date(2024, 1, 3), 10.0)])


def test_a_roll_of_nothing_is_refused() -> None:
    def on_start(self: Any, ctx: wb.Context) -> None:
        wb.roll(ctx, "G")

    with pytest.raises(UnknownNameError, match="this run has no future of root 'G'; there are F"):
        outcome(contracts(), {"account": wb.Margin()}, on_start=on_start)
    with pytest.raises(ParameterError, match=r"roll takes the context and a root, got 3, 'F'"):
        wb.roll(3, "F")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ContextError, match=r"roll belongs into on_start, .* self.chain = wb.roll\(ctx, 'F'\) there"):
        outcome(contracts(), {"account": wb.Margin()}, on_slice=lambda self, ctx, told: wb.roll(ctx, "F"))
    wrong: Any = "yes"
    with pytest.raises(ParameterError, match="carry='yes': give True, to open as many of the next contract, or False"):
        outcome(contracts(), {"account": wb.Margin()}, on_start=lambda self, ctx: wb.roll(ctx, "F", carry=wrong))
