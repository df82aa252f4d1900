"""Several strategies in one account, worked by hand: books, crosses, shared payments, transfers, and their sums.

The days are those of `hand_made`: what is asked in slice k fills at the open of day k + 2. Cash is 1,000 USD, half of
it for each of two strategies, unless a test says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, dividend, split, strategy

import workbench as wb
from workbench.errors import OrderError

Ask = Callable[[wb.Context], object]
Plan = Mapping[int, Ask]
HALF = wb.Margin()
ONE_PERCENT = {"fees": wb.fees.bps(100)}


def member(plan: Plan) -> wb.Strategy:
    """A strategy that asks in slices by number."""

    def on_slice(self: Any, ctx: wb.Context, bars: dict[str, wb.Bar]) -> None:
        self._n = getattr(self, "_n", -1) + 1
        if self._n in plan:
            plan[self._n](ctx)

    return strategy(on_slice=on_slice)


def run_of(plans: Mapping[str, Plan], options: dict[str, Any] | None = None, **prices: Any) -> wb.Run:
    """A run of several plans; `shares` in the options are the Portfolio's arguments."""
    given = {"cash": 1_000, "volume_cap": None, **(options or {})}
    shares = {"weights": dict.fromkeys(plans, 1 / len(plans)), "rebalance": None, **given.pop("shares", {})}
    made = wb.Portfolio({name: member(plan) for name, plan in plans.items()}, **shares)
    run = wb.Backtest(made, days(actions=prices.pop("actions", []), **prices), **given).run()
    assert_adds_up(run)
    return run


def assert_adds_up(run: wb.Run) -> None:
    """The books are the account, at every row and in every digit; so are the causes of their profit."""
    books = run.exact.books.group_by("time", maintain_order=True).agg(pl.col("equity", "received").sum())
    assert books["equity"].to_list() == run.exact.equity["equity"].to_list()
    assert set(books["received"].to_list()) == {Decimal(0)}
    told = run.explain().exact.by_strategy
    assert sum(told["change"].to_list()) == run.final_equity - run.deposits
    ends = run.exact.books.tail(told.height)["equity"].to_list()
    starts = [run.book(name).started_with for name in told["strategy"]]
    moved = run.exact.books.group_by("strategy", maintain_order=True).agg(pl.col("received").sum())["received"]
    for end, start, given, change in zip(ends, starts, moved, told["change"].to_list(), strict=True):
        assert end - start - given == change


def buy(quantity: float, asset: str = "A", **options: Any) -> Ask:
    return lambda ctx: ctx.buy(asset, quantity, **options)


def sell(quantity: float, asset: str = "A", **options: Any) -> Ask:
    return lambda ctx: ctx.sell(asset, quantity, **options)


def target(asset: str = "A", **size: Any) -> Ask:
    return lambda ctx: ctx.target(asset, **size)


def worth(run: wb.Run, row: int = -1) -> list[Decimal]:
    """The equity of each book at an equity row."""
    count = run.exact.books["strategy"].n_unique()
    rows = run.exact.books["equity"].to_list()
    at = row % (len(rows) // count)
    return rows[at * count : (at + 1) * count]


def crossed(run: wb.Run) -> list[tuple[Any, ...]]:
    return run.book_fills.filter(~pl.col("venue")).select("strategy", "side", "quantity", "price").rows()


def dec(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def test_orders_of_two_strategies_cross_before_the_venue() -> None:
    """One buys 30 at 10 for 300 + 3, sells 12 of them at 11 to the other one: 132, without a fee, which saves 2 x 1.32.
    At 12: 500 - 303 + 132 + 18 x 12 = 545 and 500 - 132 + 12 x 12 = 512.
    """
    run = run_of({"one": {0: buy(30), 1: sell(12)}, "two": {1: buy(12)}}, ONE_PERCENT, A=[10, 10, 11, 12])
    assert crossed(run) == [("two", "buy", 12, 11), ("one", "sell", 12, 11)]
    assert worth(run) == [545, 512]
    assert run.fills.select("strategy", "quantity", "fee").rows() == [("one", 30, 3)]
    assert run.orders.select("strategy", "status", "average_price").rows() == [
        ("one", "FILLED", 10),
        ("one", "FILLED", 11),
        ("two", "FILLED", 11),
    ]


def test_what_is_left_of_a_cross_goes_to_the_venue() -> None:
    """Of 20 sold 12 are crossed at 11, 8 go to the venue for 88 - 0.88, as fees are of what reaches it only.
    At 12: 500 - 303 + 132 + 87.12 + 10 x 12 = 536.12 and 500 - 132 + 144 = 512.
    """
    run = run_of({"one": {0: buy(30), 1: sell(20)}, "two": {1: buy(12)}}, ONE_PERCENT, A=[10, 10, 11, 12])
    assert crossed(run) == [("two", "buy", 12, 11), ("one", "sell", 12, 11)]
    assert run.exact.fills.select("quantity", "fee").rows()[1] == (8, Decimal("0.88"))
    assert worth(run) == dec("536.12", "512")


def test_both_sides_go_in_the_order_of_submission() -> None:
    """7 are sold: the first buyer gets its 5, the second 2, and 3 of the venue."""
    plans: dict[str, Plan] = {"a": {0: buy(7), 1: sell(7)}, "b": {1: buy(5)}, "c": {1: buy(5)}}
    run = run_of(plans, A=[10, 10, 10])
    assert crossed(run) == [("b", "buy", 5, 10), ("a", "sell", 5, 10), ("c", "buy", 2, 10), ("a", "sell", 2, 10)]
    assert run.fills.select("strategy", "side", "quantity").rows() == [("a", "buy", 7), ("c", "buy", 3)]


def both(*asks: Ask) -> Ask:
    return lambda ctx: [ask(ctx) for ask in asks]


UNCROSSED: dict[str, tuple[dict[str, Plan], dict[str, Any]]] = {
    "two orders of one strategy": ({"a": {0: buy(10), 1: both(sell(5), buy(5))}, "b": {}}, {}),
    "limits": ({"a": {0: buy(10), 1: sell(5, limit=10)}, "b": {1: buy(5, limit=10)}}, {}),
    "another moment": ({"a": {0: buy(10), 1: sell(5)}, "b": {2: buy(5)}}, {}),
    "one that must fill at once and whole": ({"a": {0: buy(10), 1: sell(5)}, "b": {1: buy(5, tif="FOK")}}, {}),
    "nothing held": ({"a": {1: both(buy(5, limit=9), sell(5))}, "b": {1: buy(5)}}, {}),
    "no cash": ({"a": {0: buy(10), 1: sell(5)}, "b": {0: buy(50), 1: buy(5)}}, {}),
}


@pytest.mark.parametrize(("plans", "options"), UNCROSSED.values(), ids=UNCROSSED)
def test_what_does_not_cross(plans: dict[str, Plan], options: dict[str, Any]) -> None:
    assert crossed(run_of(plans, options, A=[10] * 5)) == []


CROSSED: dict[str, tuple[Ask, Ask, dict[str, Any], float]] = {
    "at the open of the next session": (sell(5, on="open"), buy(5, on="open"), {}, 11),
    "at the close of a session": (sell(5, on="close"), buy(5, on="close"), {}, 12),
    "at the next close": (sell(5), buy(5), {"fill": "next_close"}, 12),
    "at the close that is asked on": (sell(5), buy(5), {"fill": "same_close"}, 10),
    "targets": (target(quantity=5), target(quantity=5), {}, 11),
    "all in": (sell(5), target(all_in=True), {}, 11),
    "a close of a position": (lambda ctx: ctx.flatten("A"), buy(10), {}, 11),
    "in a bar without volume": (sell(5), buy(5), {"volume_cap": 0.1}, 11),
}


@pytest.mark.parametrize(("out", "into", "options", "price"), CROSSED.values(), ids=CROSSED)
def test_what_crosses(out: Ask, into: Ask, options: dict[str, Any], price: float) -> None:
    """It costs nothing, however high the costs of the venue are."""
    costs = {"fees": wb.fees.bps(100), "slippage": wb.slippage.bps(100)}
    prices = [10, 10, (11, 12, 11, 12), 12]
    if "volume_cap" in options:
        # Ten of a hundred may fill in the second bar, nothing in one of volume zero.
        made = wb.Portfolio({"a": member({0: buy(10), 1: out}), "b": member({1: into})}, rebalance=None)
        bars = days(A=prices)
        frame = bars.frame.with_columns(volume=pl.Series([100.0, 100.0, 0.0, 0.0]))
        from workbench.market.bars import with_frame

        run = wb.Backtest(made, with_frame(bars, frame), cash=1_000, **options).run()
        assert_adds_up(run)
    else:
        run = run_of({"a": {0: buy(10), 1: out}, "b": {1: into}}, {**costs, **options}, A=prices)
    rows = run.book_fills.filter(~pl.col("venue"))
    assert rows["price"].to_list() == [price, price]
    assert not rows["fee"].sum()
    assert not rows["slippage"].sum()


def test_a_fill_is_told_to_whom_it_belongs() -> None:
    told: list[tuple[str, str, float, bool]] = []

    def listening(name: str, plan: Plan) -> wb.Strategy:
        def on_slice(self: Any, ctx: wb.Context, bars: object) -> None:
            self._n = getattr(self, "_n", -1) + 1
            if self._n in plan:
                plan[self._n](ctx)

        def on_fill(self: Any, ctx: wb.Context, fill: Any) -> None:
            told.append((name, fill.side, fill.quantity, fill.venue))

        def on_reject(self: Any, ctx: wb.Context, order: Any) -> None:
            told.append((name, order.side, order.quantity, False))

        return strategy(on_slice=on_slice, on_fill=on_fill, on_reject=on_reject)

    made = wb.Portfolio(
        {"a": listening("a", {0: buy(10), 1: sell(10)}), "b": listening("b", {0: buy(100), 1: buy(4)})}, rebalance=None
    )
    wb.Backtest(made, days(A=[10] * 4), cash=1_000, volume_cap=None).run()
    assert told == [
        ("a", "buy", 10, True),
        ("b", "buy", 100, False),  # its 500 do not pay 1,000
        ("b", "buy", 4, False),
        ("a", "sell", 4, False),
        ("a", "sell", 6, True),
    ]


def test_a_strategy_sees_its_own_book() -> None:
    seen: list[object] = []

    def look(ctx: wb.Context) -> None:
        position = ctx.position("A")
        seen.append((ctx.cash, ctx.equity, position.quantity, position.average_price, position.profit))
        seen.append([order.quantity for order in ctx.open_orders])
        seen.append((list(ctx.positions), ctx.exact.equity, repr(ctx).partition(": ")[2]))

    run_of(
        {"a": {0: both(buy(10), buy(3, limit=5)), 1: look}, "b": {0: buy(20), 1: look}}, A=[10, 10, (10, 12, 10, 12)]
    )
    run_of({"a": {0: both(buy(10), buy(3, limit=5)), 2: look}, "b": {0: buy(20)}}, A=[10, 10, (10, 12, 10, 12)])
    assert seen[:3] == [
        (400, 500, 10, 10, 0), [3], (["A"], Decimal(500), "equity 500, cash 400, 1 held, 1 orders working)"),
    ]  # fmt: skip
    assert seen[3:5] == [(300, 500, 20, 10, 0), []]
    assert seen[6] == (400, 520, 10, 10, 20)


def test_sizes_are_parts_of_the_own_book() -> None:
    """Half of 600 at 10 is 30; all of 400 is 40; then 10 of value 100, and nothing else of the other's is touched."""
    shares = {"shares": {"weights": {"a": 0.6, "b": 0.4}}}
    plans: dict[str, Plan] = {
        "a": {0: target(weight=0.5), 1: lambda ctx: ctx.rebalance({"A": 0.5}), 2: target(value=100)},
        "b": {0: target(all_in=True), 2: lambda ctx: ctx.flatten()},
    }
    run = run_of(plans, shares, A=[10] * 5)
    columns = ("strategy", "side", "quantity")
    assert run.fills.select(columns).rows() == [
        ("a", "buy", 30),
        ("b", "buy", 40),
        ("a", "sell", 20),
        ("b", "sell", 40),
    ]


def test_what_is_left_of_the_weights_is_cash() -> None:
    """Of 1,000.01 a fifth and a third, rounded; the rest belongs to no strategy."""
    third = Decimal("0.33333333333333333333")
    options = {"cash": "1000.01", "shares": {"weights": {"a": 0.2, "b": third}}}
    run = run_of({"a": {}, "b": {}}, options, A=[10, 10])
    assert run.books["strategy"].to_list()[:3] == ["a", "b", "cash"]
    assert worth(run) == dec("200.002", "333.33666666666666666333", "466.67133333333333333667")


def test_a_strategy_leaves_the_orders_of_others_alone() -> None:
    asked: list[Any] = []
    plans: dict[str, Plan] = {
        "a": {0: lambda ctx: asked.append(ctx.buy("A", 1, limit=5, oco="x"))},
        "b": {
            0: buy(1, limit=5, oco="x"),
            1: lambda ctx: (ctx.cancel(), ctx.flatten(), ctx.rebalance({}), ctx.target("A", quantity=0)),
            2: lambda ctx: ctx.cancel(asked[0]),
        },
    }
    with pytest.raises(OrderError, match="not one of this strategy's"):
        run_of(plans, A=[10] * 5)
    plans["b"] = {**plans["b"], 2: lambda ctx: None}
    run = run_of(plans, A=[10, 10, 10, 4, 4])
    assert run.orders.select("strategy", "status").rows() == [("a", "FILLED"), ("b", "CANCELED")]


def test_a_sell_ends_at_the_own_holding() -> None:
    """The account holds 30, the strategy 10 of them."""
    run = run_of({"a": {0: buy(10), 1: sell(25)}, "b": {0: buy(20)}}, A=[10] * 4)
    rows = run.orders.select("strategy", "filled", "status", "reason").rows()
    assert rows[2] == ("a", 10, "FILLED", "holding")


def test_an_order_is_paid_by_the_own_book() -> None:
    """60 at 10 are more than its 500, though the account has 1,000; 40 at a limit hold back what 20 more would need."""
    run = run_of({"a": {0: buy(60)}, "b": {0: both(buy(40, limit=10), buy(20, limit=10))}}, A=[10] * 3)
    assert run.orders.select("strategy", "status", "reason", "allowed").rows() == [
        ("a", "DENIED", "cash", 500),
        ("b", "FILLED", None, None),
        ("b", "DENIED", "cash", 100),
    ]


def test_what_only_reduces_looks_at_the_own_holding() -> None:
    """On margin: the stop of a long book works on while the account as a whole holds nothing, then fills."""
    plans: dict[str, Plan] = {"a": {0: buy(10, stop_loss=8)}, "b": {0: sell(10), 2: buy(10)}}
    run = run_of(plans, {"account": HALF}, A=[10, 10, 10, 10, (10, 10, 7, 7), 7])
    assert run.fills.select("strategy", "side", "quantity", "price").rows() == [
        ("b", "buy", 10, 10),
        ("a", "sell", 10, 8),
    ]
    # 500 - 100 + 80, and 500 + 100 - 100.
    assert worth(run) == [480, 500]


def test_a_dividend_of_one_long_and_one_short_is_nothing_to_the_account() -> None:
    """0.5 for each of 10, owed from day 3 on and paid on day 5: +5 and -5, and no event."""
    run = run_of(
        {"a": {0: buy(10)}, "b": {0: sell(10)}}, {"account": HALF}, A=[10] * 6, actions=[dividend("A", 3, "0.5", pay=5)]
    )
    assert run.fills.is_empty()
    assert [worth(run, row) for row in range(4)] == [[500, 500], [500, 500], [505, 495], [505, 495]]
    assert run.books.filter(strategy="a")["cash"].to_list() == [500, 400, 400, 400, 405, 405]
    assert run.explain().by_strategy["dividends"].to_list() == [5, -5]
    assert run.ledger["event"].unique().to_list() == ["deposit"]


def test_a_dividend_goes_to_who_holds() -> None:
    """0.125 for 7 and for 3 of 10."""
    run = run_of({"a": {0: buy(7)}, "b": {0: buy(3)}}, A=[10] * 4, actions=[dividend("A", 3, "0.125")])
    assert worth(run) == dec("500.875", "500.375")


def test_a_split_leaves_whole_units_in_every_book() -> None:
    """3:2 of 5 and 5 is 15 together: 7 and, with what the first lost, 8; half a unit at 6 is paid for between them."""
    run = run_of({"a": {0: buy(5)}, "b": {0: buy(5)}}, A=[9, 9, 6, 6], actions=[split("A", 3, 3, 2)])
    assert run.ledger.filter(event="split").is_empty() or not run.ledger.filter(event="split", account="cash").height
    # 500 - 45 + 42 + 3, and 500 - 45 + 48 - 3.
    assert worth(run) == [500, 500]
    assert run.books.filter(strategy="a")["cash"].to_list()[-1] == 458
    assert run.explain().by_strategy["cash_in_lieu"].to_list() == [3, -3]


def test_a_split_of_opposite_books_is_nothing_to_the_account() -> None:
    run = run_of(
        {"a": {0: buy(5)}, "b": {0: sell(5)}}, {"account": HALF}, A=[9, 9, 6, 6], actions=[split("A", 3, 3, 2)]
    )
    assert run.books.tail(2)["cash"].to_list() == [458, 542]
    assert worth(run) == [500, 500]


def end(kind: str, day: int, **terms: Any) -> dict[str, Any]:
    row = {"asset": "A", "kind": kind, "numerator": None, "denominator": None, "amount": None, "pay": None}
    return {**row, "ex": at(day).date(), **terms}


ENDS: dict[str, tuple[dict[str, Any], list[int], float]] = {
    # 20 in one book and 10 in the other, bought at 10; A stands at 12 at its last close, B opens and closes at 24.
    "delisted at the last close": (end("delisting", 4), [540, 520], 0),
    "delisted for an amount": (end("delisting", 4, amount="11"), [520, 510], 0),
    "renamed": (end("symbol_change", 4, other="B"), [780, 640], 30),
    "merged into half as many": (end("merger", 4, other="B", numerator=1, denominator=2), [540, 520], 15),
    "merged for units and cash": (end("merger", 4, other="B", numerator=1, denominator=3, amount="4"), [540, 520], 10),
}


@pytest.mark.parametrize(("action", "expected", "left"), ENDS.values(), ids=ENDS)
def test_an_end_meets_every_book(action: dict[str, Any], expected: list[int], left: float) -> None:
    plans: dict[str, Plan] = {"a": {0: buy(20)}, "b": {0: buy(10)}}
    run = run_of(plans, A=[10, 10, 12, None, None], B=[24, 24, 24, 24, 24], actions=[action])
    assert worth(run) == expected
    assert run.equity["positions"][-1] == 24 * left


def test_what_is_borrowed_is_paid_by_who_is_short() -> None:
    """Two nights at 36% of 300 short at 10, which is 3 a night by 1 for 10 and 2 for 20; a loan has nobody to pay."""
    account = wb.Margin(borrow_bps=3_600)
    plans: dict[str, Plan] = {"a": {0: sell(10)}, "b": {0: sell(20)}, "c": {}}
    run = run_of(plans, {"account": account}, A=[10] * 4)
    nights = run.ledger.filter(event="borrow", account="cash").height
    assert run.exact.ledger.filter(event="borrow", account="cash")["amount"].to_list() == dec("-0.3") * nights
    told = run.explain().exact.by_strategy["borrow"].to_list()
    assert [amount / nights for amount in told] == dec("-0.1", "-0.2", "0")


def test_nothing_is_borrowed_where_the_account_is_not_short() -> None:
    account = wb.Margin(borrow_bps=3_600)
    run = run_of({"a": {0: buy(10)}, "b": {0: sell(10)}}, {"account": account}, A=[10] * 4)
    assert worth(run) == [500, 500]


def test_interest_is_paid_by_who_owes() -> None:
    """150 at 10 of 1,000 owes 500: 18% of that is 0.25 a night. The first book has 500 - 1,500, all is its."""
    account = wb.Margin(interest_bps=1_800)
    run = run_of({"a": {0: buy(150)}, "b": {}}, {"account": account}, A=[10] * 3)
    paid = run.exact.ledger.filter(event="interest", account="cash")["amount"].to_list()
    assert paid == dec("-0.25")
    assert worth(run) == dec("499.75", "500")


def test_a_liquidation_is_of_those_who_hold() -> None:
    """100 and 100 at 10, then 6: equity of 200 carries 133 at a quarter of 6, so that 67 are sold, all of the first.
    Its book: 500 - 1,000 + 67 x 6 + 33 x 6 = 100.
    """
    run = run_of({"a": {0: buy(100)}, "b": {0: buy(100)}}, {"account": HALF}, A=[10, 10, 6, 6, 6])
    assert run.orders.select("strategy", "origin", "filled").rows()[2] == (None, "liquidation", 67)
    assert run.book_fills.select("strategy", "side", "quantity").rows()[2:] == [("a", "sell", 67)]
    assert worth(run) == [100, 100]


def test_a_liquidation_goes_on_to_the_next_book() -> None:
    """40 and 150 at 10, 0.1 each: 1,000 - 1,919 + 1,140 at 6 is 221, and 285 are wanted. 43 units bring 64.5 of it:
    the 40 of the first book and 3 of the second, with their parts of the fee. That has cost 4.3 of equity, and 216.7
    are less than the 220.5 that 147 want: 3 more.
    """
    options = {"account": HALF, "fees": wb.fees.per_share("0.1")}
    run = run_of({"a": {0: buy(40)}, "b": {0: buy(150)}}, options, A=[10, 10, 6, 6, 6])
    rows = run.exact.book_fills.filter(side="sell").select("strategy", "quantity", "fee").rows()
    assert rows == [("a", 40, 4), ("b", 3, Decimal("0.3")), ("b", 3, Decimal("0.3"))]


def test_a_fee_kept_in_units_costs_nobody_cash() -> None:
    """1 and 2 units sold short at 10 out of 10 of cash each; at 16 equity of 2 carries none of them, 3 are bought.
    0.34 of a hundred-millionth for each unit make 1 of them, kept out of what is bought: a third of it is no unit, so
    it is the second book's. 10 + 10 - 16 = 4, and 10 + 20 - 32 = -2 with 0.00000001 still short at 16.
    """
    fees = wb.fees.bps("0.000034", currency="base", side="buy")
    options = {"account": HALF, "cash": 20, "fees": fees}
    run = run_of({"a": {0: sell(1)}, "b": {0: sell(2)}}, options, A=[10, 10, 16, 16, 16])
    assert worth(run) == dec("4", "-2.00000016")
    assert run.exact.book_fills.filter(side="buy")["fee"].to_list() == dec("0", "0.00000016")


def test_cash_is_shared_out_anew_in_a_new_week() -> None:
    """Fifty of 10 become 20 each: 1,000 and 500. On margin 250 go over at the close of the second Monday."""
    shares = {"account": HALF, "shares": {"rebalance": "1w"}}
    run = run_of({"a": {0: buy(50)}, "b": {}}, shares, A=[10, 10, 10, 10, 10, 10, 20, 20, 20])
    assert run.transfers.select("giver", "taker", "amount").rows() == [("a", "b", 250)]
    assert run.transfers["time"].item() == at(9)
    assert worth(run, 6) == [1_000, 500]
    assert worth(run, 7) == worth(run) == [750, 750]
    assert run.book("a").equity["received"].to_list() == [0] * 7 + [-250, 0]
    assert run.book("a").returns["return"].to_list()[6:] == [1, 0, 0]


def test_a_cash_account_gives_free_cash_only() -> None:
    """80 at 20 and 200 of cash, 50 of them held back, are 1,800, of which 1,400 are its part. Both others lack 200."""
    plans: dict[str, Plan] = {"a": {0: both(buy(80), buy(5, limit=5), buy(5, limit=5))}, "b": {}, "c": {}}
    weights = {"a": 0.5, "b": 0.25, "c": 0.25}
    options = {"cash": 2_000, "shares": {"rebalance": "1w", "weights": weights}}
    run = run_of(plans, options, A=[10, 10, 10, 10, 10, 10, 20, 20, 20])
    assert run.transfers.select("giver", "taker", "amount").rows() == [("a", "b", 75), ("a", "c", 75)]
    assert worth(run) == [1_650, 575, 575]


def test_futures_belong_to_their_books() -> None:
    """Two contracts of 50 at 100 in one book, one short in the other: the account holds one. At 103: +300 and -150."""
    terms = {"root": "A", "month": "2024-01", "multiplier": 50, "initial_margin": "0.1", "maintenance_margin": "0.05"}
    asset = wb.Asset("A", kind="future", expiry="2024-01-31", **terms)
    bars = replace(days(A=[100, 100, 101, 103]), assets=(asset,))
    seen: list[tuple[float, float]] = []
    plans: dict[str, Plan] = {
        "a": {0: buy(2), 3: lambda ctx: seen.append((ctx.cash, ctx.equity))},
        "b": {0: sell(1), 3: lambda ctx: seen.append((ctx.cash, ctx.equity))},
    }
    made = wb.Portfolio({name: member(plan) for name, plan in plans.items()}, rebalance=None)
    run = wb.Backtest(made, bars, cash=10_000, volume_cap=None, account=HALF).run()
    assert_adds_up(run)
    assert crossed(run) == [("a", "buy", 1, 100), ("b", "sell", 1, 100)]
    assert worth(run) == [5_300, 4_850]
    assert seen == [(5_300, 5_300), (4_850, 4_850)]


def test_funding_goes_to_every_book() -> None:
    """A rate of 1% on 3 at 100 is paid by the account on 2 long less 1 short: 2 by the long book, 1 to the short."""
    asset = wb.Asset("A", kind="perpetual", base="BTC", quote="USD", initial_margin="0.1", maintenance_margin="0.05")
    bars = replace(days(A=[100] * 4), assets=(asset,))
    funding = wb.Dataset.from_frame(
        pl.DataFrame({"known_at": [at(3, 8)], "asset": ["A"], "rate": [0.01]}), name="funding"
    )
    made = wb.Portfolio({"a": member({0: buy(2)}), "b": member({0: sell(1)})}, rebalance=None)
    run = wb.Backtest(made, bars, cash=1_000, volume_cap=None, account=HALF, funding=funding).run()
    assert_adds_up(run)
    assert run.explain().by_strategy["funding"].to_list() == [-2, 1]
