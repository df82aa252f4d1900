"""How assets end, worked by hand: what becomes of holdings, costs, cash and orders.

Days are those of `hand_made`: the n-th opens at 00:00 of 2024-01-n, and what is asked in slice k fills at the open of
day k + 2. Unless a row says otherwise 10 A are bought at 10 on day 2, close at 12, and A ends before day 3, on which B
opens at 25: 900 in cash, a cost of 100, a value of 120.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_made import days, dividend, outcome, split

import workbench as wb

A = [10, (10, 12, 10, 12)]
B = [20, 20, 25, 30]
Ask = Callable[[wb.Context], object]
Row = dict[str, Any]


def end(kind: str, day: int = 3, asset: str = "A", **terms: Any) -> dict[str, Any]:
    """The end of an asset before the open of that day."""
    pay = terms.pop("pay", None)
    shape = {"numerator": None, "denominator": None, "amount": None, "other": None, **terms}
    paid = None if pay is None else date(2024, 1, pay)
    return {"asset": asset, "ex": date(2024, 1, day), "kind": kind, "pay": paid, **shape}


def merger(new: int, old: int, amount: str | None = None, other: str = "B", **more: Any) -> dict[str, Any]:
    return end("merger", numerator=new, denominator=old, amount=amount, other=other, **more)


def stock(asset: str, day: int, new: int, old: int) -> dict[str, Any]:
    return {**split(asset, day, new, old), "kind": "stock_dividend"}


def renamed(day: int = 3, other: str = "B") -> dict[str, Any]:
    return end("symbol_change", day, other=other)


def run_of(actions: list[dict[str, Any]], asks: Mapping[int, Ask], options: Row | None = None, **prices: Any) -> wb.Run:
    """A run that asks in slices by number; the rows of actions are given all columns."""

    def on_slice(self: Any, ctx: wb.Context, bars: dict[str, wb.Bar]) -> None:
        self._n = getattr(self, "_n", -1) + 1
        if self._n in asks:
            asks[self._n](ctx)

    whole = [{"other": None, **action} for action in actions]
    return outcome(days(actions=whole, **prices), options, on_slice=on_slice)


def books(run: wb.Run) -> Row:
    """Cash, receivable and realised profit at the end, cost by asset, each as it is in the ledger; what is held."""
    legs = run.exact.ledger
    total = lambda **by: sum(legs.filter(**by)["amount"], Decimal(0)).normalize()  # noqa: E731
    held = {str(asset): total(account="position", asset=str(asset)) for asset in run.bars.assets}
    return {
        "cash": total(account="cash"),
        "receivable": total(account="receivable"),
        "profit": -total(account="realised"),
        "cost": {asset: cost for asset, cost in held.items() if cost},
        "equity": run.final_equity.normalize(),
    }


def wanted(cash: str, equity: str, profit: str = "0", receivable: str = "0", **cost: str) -> Row:
    exact = {"cash": cash, "receivable": receivable, "profit": profit, "equity": equity}
    return {
        **{name: Decimal(text).normalize() for name, text in exact.items()},
        "cost": {asset: Decimal(text) for asset, text in cost.items()},
    }


def buy(**quantities: int) -> Ask:
    return lambda ctx: [ctx.buy(asset, quantity) for asset, quantity in quantities.items()]


TEN = {0: buy(A=10)}
LOTS = {0: buy(A=4), 1: buy(A=6)}
TWO_LOTS = {"A": [10, 10, 12], "B": [20, 20, 20, 25, 30]}
CASES: dict[str, tuple[list[dict[str, Any]], Mapping[int, Ask], Row, Row, Row]] = {
    "delisted: closed at the last close": ([end("delisting")], TEN, {}, {}, wanted("1020", "1020", "20")),
    "delisted: what a unit still brings": (
        [end("delisting", amount="3")], TEN, {}, {}, wanted("930", "930", "-70"),
    ),
    "delisted: worth nothing": ([end("delisting", amount="0")], TEN, {}, {}, wanted("900", "900", "-100")),
    "delisted: fees and slippage stay away": (
        # Only the purchase costs: 1 in fees, and 10 x 0.1 in its price; the cost is 101.
        [end("delisting")], TEN, {"fees": wb.fees.per_trade(1), "slippage": wb.slippage.bps(100)}, {},
        wanted("1018", "1018", "19"),
    ),
    "delisted: paid on a day that does not come": (
        [end("delisting", amount="3", pay=5)], TEN, {}, {}, wanted("900", "930", "-70", "30"),
    ),
    "delisted: paid on day 4": ([end("delisting", amount="3", pay=4)], TEN, {}, {}, wanted("930", "930", "-70")),
    "delisted: a pay date that has passed is at once": (
        [end("delisting", amount="3", pay=2)], TEN, {}, {}, wanted("930", "930", "-70"),
    ),
    "merged for cash": ([end("merger", amount="15")], TEN, {}, {}, wanted("1050", "1050", "50")),
    "merged for cash: paid later": (
        [end("merger", amount="15", pay=9)], TEN, {}, {}, wanted("900", "1050", "50", "150"),
    ),
    "merged for units": ([merger(1, 1)], TEN, {}, {}, wanted("900", "1200", B="100")),
    "merged for units: more of them": ([merger(5, 2)], TEN, {}, {}, wanted("900", "1650", B="100")),
    "merged for units: a third of one is paid at the open": (
        # 10/3 are 3 and 1/3; a third of 25, and a tenth of the cost.
        [merger(1, 3)], TEN, {}, {},
        wanted("908.33333333333333333333", "998.33333333333333333333", "-1.66666666666666666667", B="90"),
    ),
    "merged for units: less than one": (
        [merger(1, 40)], TEN, {}, {}, wanted("906.25", "906.25", "-93.75"),
    ),
    "merged for units and cash": (
        # 5 of 30 that a unit brings are cash: a sixth of the cost leaves with 50.
        [merger(1, 1, "5")], TEN, {}, {},
        wanted("950", "1250", "33.33333333333333333333", B="83.33333333333333333333"),
    ),
    "merged for units and cash: half and half": (
        [merger(1, 2, "12.5")], TEN, {}, {}, wanted("1025", "1175", "75", B="50"),
    ),
    "merged for units and cash: the fraction after the cash": (
        # Of 25 + 75/4 = 43.75 the 25 are 4/7: 40 of 70 leave with 175. 30 stay for 5.25 units; a quarter of one is 1/21
        # of them, 1.43 of the cost, and is paid with 6.25: 181.25 less 41.43.
        [merger(3, 4, "25")], {0: buy(A=7)}, {"cash": 930},
        {"A": [10, (10, 12, 10, 12)]}, wanted("1041.25", "1191.25", "139.82142857142857142857",
        B="28.57142857142857142857"),
    ),
    "merged for units and cash: the cash is paid later": (
        [merger(1, 2, "12.5", pay=9)], TEN, {}, {}, wanted("900", "1175", "75", "125", B="50"),
    ),
    "merged into what is held: one cost": (
        # 5 B at 20 are there already.
        [merger(1, 1)], {0: buy(A=10, B=5)}, {}, {}, wanted("800", "1250", B="200"),
    ),
    "merged into what is held: the average leaves": (
        # 8 of 15 that cost 200 go at 30 on day 4: 106.67 of the cost.
        [merger(1, 1)], {0: buy(A=10, B=5), 2: lambda ctx: ctx.sell("B", 8)}, {}, {},
        wanted("1040", "1250", "133.33333333333333333333", B="93.33333333333333333333"),
    ),
    "first in, first out: what was there goes first": (
        # 5 at 20, then 3 at 10.
        [merger(1, 1)], {0: buy(A=10, B=5), 2: lambda ctx: ctx.sell("B", 8)}, {"lots": "fifo"}, {},
        wanted("1040", "1250", "110", B="70"),
    ),
    "last in, first out: what came by the merger goes first": (
        [merger(1, 1)], {0: buy(A=10, B=5), 2: lambda ctx: ctx.sell("B", 8)}, {"lots": "lifo"}, {},
        wanted("1040", "1250", "160", B="120"),
    ),
    "first in, first out: lots keep their order": (
        # 4 at 10 and 6 at 12; 5 go at 30: 52 of the cost.
        [merger(1, 1, day=4)], {**LOTS, 3: lambda ctx: ctx.sell("B", 5)}, {"lots": "fifo"}, TWO_LOTS,
        wanted("1038", "1188", "98", B="60"),
    ),
    "first in, first out: the fraction comes out of the oldest lot": (
        # 4/3 at 40 and 2 at 72: a third is a quarter of the first, and 25 / 3.
        [merger(1, 3, day=4)], LOTS, {"lots": "fifo"}, TWO_LOTS,
        wanted("896.33333333333333333333", "986.33333333333333333333", "-1.66666666666666666667", B="102"),
    ),
    "last in, first out: the fraction comes out of the newest lot": (
        # A third is a sixth of the second: 12.
        [merger(1, 3, day=4)], LOTS, {"lots": "lifo"}, TWO_LOTS,
        wanted("896.33333333333333333333", "986.33333333333333333333", "-3.66666666666666666667", B="100"),
    ),
    "first in, first out: cash takes its share of every lot": (
        # Half of 40 and of 72 leave with 125; of the rest 5 B, none more.
        [merger(1, 2, "12.5", day=4)], LOTS, {"lots": "fifo"}, TWO_LOTS,
        wanted("1013", "1163", "69", B="56"),
    ),
    "two assets merged into one": (
        [merger(1, 1), merger(2, 1, asset="C")], {0: buy(A=10, C=10)}, {},
        {"A": A, "B": B, "C": [5, 5]}, wanted("850", "1750", B="150"),
    ),
    "merged twice": (
        # 10 A are 10 B, and before day 4 they are 20 C at 8.
        [merger(1, 1), merger(2, 1, other="C", asset="B", day=4)], TEN, {},
        {"A": A, "B": [20, 20, 25], "C": [9, 9, 9, 8]}, wanted("900", "1060", C="100"),
    ),
    "units wait for the other's open": (
        # B has no bar on day 3, so 10 A are worth 120 until they are 10 B at 30.
        [merger(1, 3)], TEN, {}, {"A": A, "B": [20, 20, None, 30], "C": [1, 1, 1, 1]},
        wanted("910", "1000", B="90"),
    ),
    "cash waits for any open": (
        [end("merger", amount="15")], TEN, {}, {"A": A, "B": [20, 20, None, 30], "C": [1, 1, 1, 1]},
        wanted("1050", "1050", "50"),
    ),
    "the data ends before anything opens": (
        [], TEN, {}, {"A": A, "B": [20, 20]}, wanted("900", "1020", A="100"),
    ),
    "a dividend that waits for an open of its asset is earned before the end": (
        [dividend("A", 3, "1"), end("delisting")], TEN, {}, {}, wanted("1030", "1030", "20"),
    ),
    "a dividend still to be paid is paid under the name it was earned": (
        [dividend("A", 2, "1", 4), merger(1, 1, day=4)], {0: buy(A=10)}, {},
        {"A": [10, 10, 12], "B": [20, 20, 25, 30], "C": [1, 1, 1, 1]}, wanted("900", "1200", B="100"),
    ),
    "a split that waits acts before the end, at the last close": (
        # 10 are 3 and a third, 12 is 36: a third is paid with 12 and a tenth of the cost, 3 are closed at 36.
        [split("A", 3, 1, 3), end("delisting")], TEN, {}, {}, wanted("1020", "1020", "20"),
    ),
    "the other's dividend of that day is not for the units received": (
        [dividend("B", 3, "1"), merger(1, 1)], TEN, {}, {}, wanted("900", "1200", B="100"),
    ),
    "the other's split of that day is over when units come": (
        [split("B", 3, 2, 1), merger(1, 1)], {0: buy(A=10, B=5)}, {}, {}, wanted("800", "1400", B="200"),
    ),
    "a change of the symbol moves the holding at its cost": ([renamed()], TEN, {}, {}, wanted("900", "1200", B="100")),
    "a change of the symbol comes before a split of that day": (
        [renamed(), split("B", 3, 2, 1)], TEN, {}, {}, wanted("900", "1500", B="100"),
    ),
    "what was asked for goes on under the other name": (
        # The stop at 8 of A is one of B, which falls to 7 on day 4.
        [renamed()], {**TEN, 1: lambda ctx: ctx.sell("A", 10, stop=8)}, {},
        {"A": A, "B": [20, 20, 12, (9, 9, 7, 7)]}, wanted("980", "980", "-20"),
    ),
    "cash of an end pays at that very open": (
        # 900 + 120 buy 40 B at 25 on day 3.
        [end("delisting")], {**TEN, 1: lambda ctx: ctx.target("B", all_in=True)}, {}, {},
        wanted("20", "1220", "20", B="1000"),
    ),
    "units can be sold at that very open": (
        # An order for 4 B is asked on day 2, when 1 is held; on day 3 there are 11 at a cost of 120.
        [merger(1, 1)], {0: buy(A=10, B=1), 1: lambda ctx: ctx.sell("B", 4)}, {}, {},
        wanted("980", "1190", "56.36363636363636363636", B="76.36363636363636363636"),
    ),
    "a buy at the open of a merger has the units' cost beside its own": (
        # 10 B come at a cost of 100, 4 more are bought at 25.
        [merger(1, 1)], {**TEN, 1: lambda ctx: ctx.buy("B", 4)}, {}, {}, wanted("800", "1220", B="200"),
    ),
    "a stock dividend: the fraction is paid at the open": (
        # 1 for 20: 10.5 at an open of 11.
        [stock("A", 3, 1, 20)], TEN, {}, {"A": [10, 12, 11, 12]},
        wanted("885.5", "1005.5", "-0.21428571428571428571", A="114.28571428571428571429"),
    ),
    "a stock dividend comes after a split of that day": (
        # 10 are 20, and one beside four makes 25; the dividend is per unit after both.
        [split("A", 3, 2, 1), stock("A", 3, 1, 4), dividend("A", 3, "0.1")], TEN, {}, {"A": [10, 10, 5, 6]},
        wanted("902.5", "1052.5", A="100"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("actions", "asks", "options", "prices", "expected"), CASES.values(), ids=CASES)
def test_books_are_those_worked_by_hand(
    actions: list[dict[str, Any]], asks: Mapping[int, Ask], options: Row, prices: Row, expected: Row
) -> None:
    run = run_of(actions, asks, options, **({"A": A, "B": B} | prices))
    assert books(run) == expected
    # Trades are money in and money out, so theirs is all that was gained.
    assert sum(run.exact.trades["profit"], Decimal(0)) == run.final_equity - run.deposits


def asked(run: wb.Run) -> list[tuple[object, ...]]:
    """What became of the orders after the first, which buys."""
    return run.orders.select("asset", "side", "status", "reason").rows()[1:]


def working(ctx: wb.Context) -> None:
    ctx.buy("A", 1, limit=5)
    ctx.sell("A", 10, stop=4)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        pytest.param(end("delisting"), "delisting", id="delisted"),
        pytest.param(end("merger", amount="15"), "merger", id="merged for cash"),
        pytest.param(merger(1, 1), "merger", id="merged for units"),
    ],
)
def test_working_orders_end_with_their_asset(action: dict[str, Any], reason: str) -> None:
    run = run_of([action], {**TEN, 1: working, 2: lambda ctx: ctx.buy("A", 1)}, A=A, B=B)
    assert asked(run) == [
        ("A", "buy", "CANCELED", reason),
        ("A", "sell", "CANCELED", reason),
        ("A", "buy", "DENIED", reason),
    ]
    assert run.orders["ended"][1].day == 3


def test_what_has_filled_of_an_order_stays_filled() -> None:
    run = run_of([end("delisting")], {0: buy(A=25)}, {"volume_cap": 0.1}, volume=100, A=A, B=B)
    assert run.orders.select("status", "filled", "reason").rows() == [("CANCELED", 10.0, "delisting")]
    assert run.fills.height == 1, "a closing at the end of an asset is no fill"


def test_targets_of_an_asset_that_has_ended_are_denied() -> None:
    asks = {**TEN, 2: lambda ctx: ctx.rebalance({"A": 0.5, "B": 0.2}), 3: lambda ctx: ctx.flatten("A")}
    run = run_of([end("delisting")], asks, A=A, B=B)
    assert asked(run)[0] == ("A", "buy", "DENIED", "delisting")
    assert {row[0] for row in asked(run)[1:]} == {"B"}, "what is left out or flattened has nothing to sell"


def test_an_ended_asset_has_no_bar_any_more() -> None:
    seen: list[tuple[bool, float, float]] = []

    def look(ctx: wb.Context) -> None:
        seen.append((ctx.can_trade("A"), ctx.position("A").quantity, ctx.history("A", 1)[-1]))

    run_of([end("delisting")], {0: buy(A=10), 1: look, 2: look, 3: look}, A=A, B=B)
    assert seen == [(True, 10.0, 12.0), (False, 0.0, 12.0), (False, 0.0, 12.0)]


def test_a_moved_order_is_put_on_the_steps_of_the_other_asset() -> None:
    # The holding keeps its 10, though B trades in steps of 4; a stop to sell 7 at 8.13 is one of 4 at 8.5 and
    # one for 3 comes to nothing.
    bars = days(actions=[{**renamed(), "other": "B"}], A=A, B=B)
    coarse = wb.Asset("B", price_step="0.5", quantity_step="4", price_digits=2, quantity_digits=0)
    made = wb.Bars.from_frame(bars.frame, assets=[wb.Asset("A", price_digits=2), coarse], actions=bars.actions)

    def on_slice(self: Any, ctx: wb.Context, bars: dict[str, wb.Bar]) -> None:
        if ctx.session.day == 1:
            ctx.buy("A", 10)
        if ctx.session.day == 2:
            ctx.sell("A", 7, stop="8.13")
            ctx.sell("A", 3, stop=8)

    run = outcome(made, on_slice=on_slice)
    assert books(run) == wanted("900", "1200", B="100")
    assert run.orders.select("asset", "quantity", "stop", "status", "reason").rows()[1:] == [
        ("B", 4.0, 8.5, "END_OF_DATA", None),
        ("B", 3.0, 8.0, "CANCELED", "symbol_change"),
    ]


def test_a_bracket_stays_linked_under_the_other_name() -> None:
    def entry(ctx: wb.Context) -> None:
        ctx.buy("A", 10, stop_loss=8, take_profit=28)

    run = run_of([renamed()], {0: entry}, A=A, B=B)
    assert run.orders.select("asset", "type", "status", "reason").rows() == [
        ("A", "market", "FILLED", None),
        ("B", "stop", "CANCELED", "oco"),
        ("B", "limit", "FILLED", None),
    ]
    assert run.fills["price"].to_list() == [10.0, 30.0]


def test_a_cancel_on_its_way_arrives_under_the_other_name() -> None:
    # Asked at the close of day 4 and 25 hours on its way, while A becomes B; on day 7 B would have reached the stop.
    def cancel(ctx: wb.Context) -> None:
        ctx.cancel(asset="A")

    prices = {"A": [10, 10, 10, (10, 12, 10, 12)], "B": [20, 20, 20, 20, 20, 20, 5]}
    asks = {0: buy(A=10), 1: lambda ctx: ctx.sell("A", 10, stop=6), 3: cancel}
    run = run_of([renamed(day=5)], asks, {"latency": 90_000}, **prices)
    assert asked(run) == [("B", "sell", "CANCELED", "asked")]
    assert run.orders["ended"][1].hour == 1


def test_reservations_go_with_their_orders() -> None:
    # 9 at 100 hold 900 back, so that only 100 are free for others; under the other name it is the same.
    def ask(ctx: wb.Context) -> None:
        ctx.buy("A", 9, limit=100) if ctx.session.day == 1 else ctx.buy("B", 6, limit=20)

    bars = {"A": [200, 200], "B": [200, 200, 200, 200, 200]}
    run = run_of([renamed()], {0: ask, 3: ask}, **bars)
    assert asked(run) == [("B", "buy", "DENIED", "cash")]
    assert run.exact.orders["allowed"][1] == 100


def trades(run: wb.Run) -> list[tuple[object, ...]]:
    rows = run.trades.select("asset", pl.col("entry_time").dt.day(), "quantity", "entry_price", "exit_price", "profit")
    return [(*row, bars) for row, bars in zip(rows.rows(), run.trades["bars"], strict=True)]


@pytest.mark.parametrize(
    ("actions", "asks", "expected"),
    [
        pytest.param(
            [end("delisting", amount="3")], TEN, [("A", 2, 10.0, 10.0, 3.0, -70.0, 1)], id="closed by a delisting"
        ),
        pytest.param(
            [end("merger", amount="15")], TEN, [("A", 2, 10.0, 10.0, 15.0, 50.0, 1)], id="closed by a merger for cash"
        ),
        pytest.param([merger(1, 40)], TEN, [("A", 2, 0.25, 400.0, None, -93.75, 1)], id="all of it was a fraction"),
        pytest.param([merger(2, 1)], TEN, [("B", 2, 20.0, 5.0, None, 500.0, 3)], id="it goes on in the other asset"),
        pytest.param(
            # 10 A at 10 and 5 B at 20; 4 of the 15 are sold at 30: 120 + 11 x 30 - 200.
            [merger(1, 1)], {0: buy(A=10, B=5), 2: lambda ctx: ctx.sell("B", 4)},
            [("B", 2, 15.0, 13.333333333333, 30.0, 250.0, 3)],
            id="two holdings become one trade",
        ),
        pytest.param(
            # The cash of 5 a unit is part of the profit: 50 + 10 x 30 - 100.
            [merger(1, 1, "5")], TEN, [("B", 2, 10.0, 10.0, None, 250.0, 3)], id="cash beside units",
        ),
    ],
)  # fmt: skip
def test_trades_go_on_or_end(
    actions: list[dict[str, Any]], asks: Mapping[int, Ask], expected: list[tuple[object, ...]]
) -> None:
    assert trades(run_of(actions, asks, A=A, B=B)) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        pytest.param(end("delisting", amount="3"), [("A", "price", -90)], id="worth less than the last close"),
        pytest.param(
            # 10 B are taken at their last close of 20 for what was worth 120, and close at 25.
            merger(1, 1), [("A", "price", 80), ("B", "price", 50)], id="units are taken at the other's last close",
        ),
        pytest.param(
            # 2.5 units: 2 at 20 and 50 in cash for 120, and 12.5 for the half; the 2 close at 25.
            merger(1, 4, "5"), [("A", "price", -30), ("A", "cash_in_lieu", Decimal("12.5")), ("B", "price", 10)],
            id="units, cash and a fraction",
        ),
    ],
)  # fmt: skip
def test_profit_at_an_end_is_explained(action: dict[str, Any], expected: list[tuple[object, ...]]) -> None:
    run = run_of([action], TEN, A=A, B=B)
    third = pl.col("time").dt.day() == 4
    assert run.explain().exact.frame.filter(third).select("asset", "cause", "amount").rows() == expected


def test_a_saved_run_knows_its_ends(tmp_path: Path) -> None:
    run = run_of([merger(1, 1, "5", pay=4)], {**TEN, 2: lambda ctx: ctx.sell("B", 4)}, A=A, B=B)
    again = wb.load(run.save(tmp_path / "run"))
    assert again.notices == run.notices
    assert again.at("2024-01-03").exact == run.at("2024-01-03").exact == (900, 1200)
    assert again.trades.equals(run.trades)


def test_an_end_before_the_start_of_trading_meets_nothing() -> None:
    run = run_of([end("delisting")], {0: lambda ctx: ctx.buy("A", 1)}, {"start": "2024-01-03"}, A=A, B=B)
    assert run.orders.select("status", "reason").rows() == [("DENIED", "delisting")]
    assert run.exact.ledger["event"].unique().to_list() == ["deposit"]
    assert [notice.kind for notice in run.notices] == ["denied"]


def test_the_report_of_a_run_shows_trades_that_went_on() -> None:
    run = run_of([merger(1, 1)], TEN, A=A, B=B)
    assert "B" in repr(run.tearsheet())
    assert run.plot(asset="B") is not None


def test_bars_of_a_catalog_bring_their_ends_along(tmp_path: Path) -> None:
    def on_slice(self: Any, ctx: wb.Context, bars: dict[str, wb.Bar]) -> None:
        if ctx.session.day == 1:
            ctx.buy("A", 10)

    given = days(actions=[merger(1, 3), {**dividend("B", 2, "1"), "other": None}], A=A, B=B)
    with closing(wb.Catalog(tmp_path)) as catalog:
        catalog.ingest(given, source="a list")
        run = outcome(catalog.bars(["A", "B"], every="1d"), on_slice=on_slice)
    assert books(run) == CASES["merged for units: a third of one is paid at the open"][-1]
