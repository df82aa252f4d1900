"""Futures, worked by hand: what moves in cash and when, what counts in equity, and how a contract ends.

The days are those of `hand_made`: what is asked after the first fills at the open of the second. One contract of A is
50 times its price, 10% of which must be one's own. Cash is 10,000 USD. A session ends at midnight, and what it has
gained is in cash before the next one opens, so the last one of a run is not settled any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import ROUND_UP, Decimal, localcontext
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, run_of

import workbench as wb
from workbench.errors import BarsError, DatasetError, OrderError, ParameterError, UnsupportedError, WorkbenchError

Ask = Callable[[wb.Context], object]
TERMS = {"root": "A", "month": "2024-01", "multiplier": 50, "initial_margin": "0.1", "maintenance_margin": "0.05"}


def future(name: str = "A", expiry: str = "2024-01-31", **terms: Any) -> wb.Asset:
    return wb.Asset(name, kind="future", expiry=expiry, **{**TERMS, **terms})


def bars_of(prices: list[Any], **terms: Any) -> wb.Bars:
    return replace(days(A=prices), assets=(future(**terms),))


def buy(quantity: int, **options: Any) -> Ask:
    return lambda ctx: ctx.buy("A", quantity, **options)


def sell(quantity: int, **options: Any) -> Ask:
    return lambda ctx: ctx.sell("A", quantity, **options)


def legs(run: wb.Run, event: str) -> list[tuple[str, str]]:
    rows = run.exact.ledger.filter(event=event)
    return [(account, f"{amount.normalize():f}") for account, amount in rows.select("account", "amount").iter_rows()]


def settlements(**rows: float) -> wb.Dataset:
    """Prices of A by session, as in `day_2=11`."""
    sessions = [date(2024, 1, int(name[4:])) for name in rows]
    known = [at(session.day + 1, 18) for session in sessions]
    frame = pl.DataFrame({"known_at": known, "asset": "A", "session": sessions, "price": [*rows.values()]})
    return wb.Dataset.from_frame(frame, name="settlement")


def test_gains_move_in_cash_at_the_end_of_each_session() -> None:
    # 2 at 100: 50 x 2 x (101 - 100) = 100 after the second day, 100 x (99 - 101) = -200 after the third.
    run = run_of(bars_of([100, (100, 102, 99, 101), 99, 104]), {1: buy(2)})
    assert legs(run, "fill") == []
    assert legs(run, "variation") == [
        ("cash", "100"), ("realised", "-100"), ("cash", "-200"), ("realised", "200"),
    ]  # fmt: skip
    equity = run.exact.equity.select("cash", "positions", "equity").rows()
    assert [tuple(map(int, row)) for row in equity] == [
        (10_000, 0, 10_000),
        (10_000, 100, 10_100),  # at the close nothing has moved yet
        (10_100, -200, 9_900),
        (9_900, 500, 10_400),
    ]
    times = run.ledger.filter(event="variation")["time"].unique().sort().to_list()
    assert times == [at(3), at(4)]
    assert dict(run.explain().total)["price"] == 400


def test_a_fill_settles_what_was_held_before_it_joins() -> None:
    # The third day opens at 103: 100 x (103 - 101) moves first, then 3 are held from 103; after it 150 x (105 - 103).
    fees = wb.fees.per_contract(2)
    run = run_of(bars_of([100, (100, 102, 99, 101), (103, 106, 103, 105), 105]), {1: buy(2), 2: buy(1)}, fees=fees)
    assert legs(run, "fill") == [("cash", "-4"), ("fees", "4"), ("cash", "-2"), ("fees", "2")]
    moved = run.exact.ledger.filter(event="variation", account="cash").select("time", "amount")
    assert [(time, int(amount)) for time, amount in moved.iter_rows()] == [(at(3), 100), (at(3), 200), (at(4), 300)]
    trade = run.exact.trades.row(0, named=True)
    assert (trade["quantity"], trade["entry_price"], trade["profit"]) == (3, Decimal(101), 600 - 6)
    assert run.final_equity == 10_000 + 600 - 6


def test_a_short_gains_by_a_fall_and_crossing_opens_anew() -> None:
    # -2 from 100 gain 100 x (100 - 98) up to the fill of 5 at 98; 3 long from there gain 150 x (99 - 98).
    run = run_of(bars_of([100, 100, 98, 99]), {1: sell(2), 2: buy(5)})
    assert legs(run, "variation") == [("cash", "200"), ("realised", "-200")]
    trades = run.exact.trades.select("side", "quantity", "entry_price", "exit_price", "profit").rows()
    assert trades == [
        ("short", 2, Decimal(100), Decimal(98), Decimal(200)),
        ("long", 3, Decimal(98), None, Decimal(150)),
    ]
    assert run.final_equity == 10_350


def test_slippage_is_a_cause_of_its_own() -> None:
    # Bought at 100.5 instead of 100: 2 x 50 x 0.5 is lost to slippage, 100 x (104 - 100) is the price's.
    run = run_of(bars_of([100, 100, 104]), {1: buy(2)}, slippage=wb.slippage.spread("1"))
    causes = {cause: amount for cause, amount in run.explain().total.items() if amount}
    assert causes == {"price": Decimal(400), "slippage": Decimal(-50)}
    assert run.final_equity == 10_350


@pytest.mark.parametrize(
    ("given", "cash", "positions"),
    [
        pytest.param({}, 10_200, 0, id="the close"),
        pytest.param({"day_2": 101.5}, 10_150, 50, id="what was given; the rest is not settled"),
        pytest.param({"day_1": 1, "day_3": 7}, 10_200, 0, id="of other sessions"),
    ],
)
def test_the_price_of_a_settlement(given: dict[str, float], cash: int, positions: int) -> None:
    # 2 at 100 and two closes of 102: settled at the second day's price, seen at the third day's close.
    run = run_of(
        bars_of([100, (100, 102, 100, 102), 102]), {1: buy(2)}, settlement=settlements(**given) if given else None
    )
    last = run.exact.equity.row(-1, named=True)
    assert (last["cash"], last["positions"], last["equity"]) == (cash, positions, 10_200)


def test_without_a_session_column_a_settlement_is_of_the_session_that_had_closed() -> None:
    frame = pl.DataFrame({"known_at": [at(3, 18)], "asset": ["A"], "price": ["101.5"]}).cast(
        {"price": pl.Decimal(20, 4)}
    )
    given = wb.Dataset.from_frame(frame)
    run = run_of(bars_of([100, (100, 102, 100, 102), 102]), {1: buy(2)}, settlement=given)
    assert run.exact.equity["cash"][-1] == 10_150


def test_two_rows_that_tell_of_one_session_are_refused() -> None:
    # Both are known after the second day had closed and before the third did.
    frame = pl.DataFrame({"known_at": [at(3, 1), at(3, 18)], "asset": "A", "price": [101.5, 101.0]})
    with pytest.raises(DatasetError, match="two rows of the session 2024-01-02"):
        run_of(bars_of([100, 100, 100]), {}, settlement=wb.Dataset.from_frame(frame))


def test_a_settlement_of_a_day_without_trading_is_refused() -> None:
    # The first of January is no session in New York; that of a session before the first bar is only not needed.
    bars = replace(days(A=[100, 100], calendar="XNYS"), assets=(future(calendar="XNYS"),))
    with pytest.raises(DatasetError, match=r"of A: 2024-01-01 is no session of XNYS; give the session that is settled"):
        run_of(bars, {}, settlement=settlements(day_1=101))
    first = settlements(day_2=101).frame.with_columns(session=pl.lit(date(2023, 12, 29)))
    assert run_of(bars, {}, settlement=wb.Dataset.from_frame(first)).final_equity == 10_000


def test_the_thirteenth_digit_of_a_price_is_rounded_half_even() -> None:
    # 100 x (102.0000000000005 - 100), where ...0005 is half of the last digit that counts.
    for price, gain in (("102.0000000000005", "200"), ("102.0000000000015", "200.0000000002")):
        frame = settlements(day_2=1).frame.with_columns(price=pl.lit(Decimal(price), pl.Decimal(30, 13)))
        with localcontext(rounding=ROUND_UP):
            run = run_of(bars_of([100, 100, 100]), {1: buy(2)}, settlement=wb.Dataset.from_frame(frame))
        assert run.exact.equity["cash"][-1] == 10_000 + Decimal(gain)


def test_a_contract_ends_at_its_settlement() -> None:
    # Expiry is the third day, which closes at 103; other bars go on. 100 x (103 - 100) is in cash then, none held,
    # the stop is canceled, and what is asked afterwards is denied.
    bars = days(A=[100, (100, 102, 100, 102), 103], B=[10, 10, 10, 10, 10])
    bars = replace(bars, assets=(future(expiry="2024-01-03"), bars.assets[1]))
    asks: dict[int, Ask] = {1: buy(2), 2: sell(2, stop=90, reduce_only=True), 4: buy(1)}
    run = run_of(bars, asks)
    assert run.exact.equity["cash"].to_list() == [10_000, 10_000, 10_200, 10_300, 10_300]
    assert legs(run, "variation")[-2:] == [("cash", "100"), ("realised", "-100")]
    assert run.orders.select("status", "reason").rows() == [
        ("FILLED", None), ("CANCELED", "expiry"), ("DENIED", "expiry"),
    ]  # fmt: skip
    trade = run.exact.trades.row(0, named=True)
    assert (trade["exit_price"], trade["profit"], trade["exit_time"], trade["open"]) == (103, 300, at(4), False)
    assert [notice.kind for notice in run.notices].count("expiry") == 1
    assert dict(run.explain().total)["price"] == 300


def test_an_expiry_on_no_session_is_that_of_the_one_before() -> None:
    # 2024-01-06 is a Saturday; the session of the 5th ends at 21:00 UTC.
    bars = days(date(2024, 1, 3), calendar="XNYS", A=[100, 100, 104], B=[10] * 5)
    bars = replace(bars, assets=(future(expiry="2024-01-06", calendar="XNYS"), bars.assets[1]))
    run = run_of(bars, {1: buy(2)})
    moved = run.ledger.filter(event="variation", account="cash").select("time", "amount").rows()
    assert moved == [(at(5, 21), 400.0)]


def test_a_weight_is_notional_over_equity() -> None:
    # 1.6 x 10,000 / (50 x 100) is 3.2, toward zero 3; -0.6 is -1.2, so -1.
    run = run_of(bars_of([100, 100, 100, 100]), {1: lambda ctx: ctx.target("A", weight=1.6)})
    assert run.fills["quantity"].to_list() == [3]
    run = run_of(bars_of([100, 100, 100, 100]), {1: lambda ctx: ctx.target("A", weight=-0.6)})
    assert run.fills.select("side", "quantity").rows() == [("sell", 1)]


def test_margin_is_that_of_the_contract() -> None:
    # 20 contracts at 100 are worth 100,000, of which 10% are all of the equity; 21 are too many.
    run = run_of(bars_of([100, 100, 100]), {1: buy(21), 2: buy(20)})
    denied = run.exact.orders.row(0, named=True)
    assert (denied["reason"], denied["allowed"], denied["actual"]) == ("margin", 10_000, 10_500)
    assert run.orders["status"].to_list() == ["DENIED", "FILLED"]


def test_a_margin_call_lets_go_of_as_many_contracts_as_it_takes() -> None:
    # 20 at 100, then 94: equity 10,000 - 6,000 = 4,000 below 5% of 94,000, 4,700. One contract frees 235: 3 of them.
    run = run_of(bars_of([100, 100, 94, 94, 94]), {1: buy(20)})
    row = run.orders.filter(origin="liquidation").select("quantity", "status").row(0)
    assert row == (3, "FILLED")
    assert run.exact.equity["equity"][-1] == 4_000


def test_the_price_of_a_margin_call_is_shown() -> None:
    # 20 at 100: 10,000 + 1,000 (p - 100) = 0.05 x 1,000 p at p = 90,000 / 950; short: 10,000 - ... = 110,000 / 1,050.
    seen: list[Any] = []
    bars = bars_of([100, 100, 100])
    look: Ask = lambda ctx: seen.append(ctx.position("A").exact)  # noqa: E731  # as short as what is asked
    run_of(bars, {1: buy(20), 3: look})
    run_of(bars, {1: sell(20), 3: look})
    run_of(bars, {1: buy(1), 3: look})
    assert [each.liquidation_price for each in seen] == [Decimal("94.736842105263"), Decimal("104.761904761905"), None]
    assert (seen[0].value, seen[0].cost, seen[0].profit) == (100_000, 100_000, 0)


def test_an_account_is_marked_as_a_textbook_marks_it() -> None:
    """One contract of 125,000 EUR sold at 1.3140, then settled at 1.3126, 1.3133 and 1.3049: 1,700 USD become 2,837.50.

    Source: Eun and Resnick, International Financial Management, problem on marking to market in the chapter on futures
    and options on foreign exchange. It differs in that it knows no fees and no interest, which are left out here too.
    """
    prices = [1.314, (1.314, 1.314, 1.3126, 1.3126), (1.3126, 1.3133, 1.3126, 1.3133), 1.3049, 1.3049]
    bars = bars_of(prices, multiplier=125_000, initial_margin="0.01", maintenance_margin="0.005", price_digits=4)
    run = run_of(bars, {1: sell(1)}, cash=1_700)
    assert run.exact.equity["cash"].to_list()[1:] == [1_700, 1_875, Decimal("1787.5"), Decimal("2837.5")]


@pytest.mark.parametrize("lots", ["average", "fifo", "lifo"])
def test_which_lot_leaves_decides_on_trades_only(lots: str) -> None:
    run = run_of(bars_of([100, 100, 104, 110, 110]), {1: buy(1), 2: buy(1), 3: sell(1)}, lots=lots)
    assert run.final_equity == 10_000 + 50 * 10 + 50 * 6
    cost = {"average": 102, "fifo": 104, "lifo": 100}[lots]
    assert run.at("2024-01-05").position("A").cost == 50 * cost


def test_what_serves_signals_only_cannot_be_ordered() -> None:
    bars = days(A=[100, 100, 100], ES=[100, 101, 102])
    about = {"root": "A", "roll": "calendar"}
    bars = replace(bars, assets=(future(), wb.Asset("ES", kind="continuous", **about)))
    asks: list[Ask] = [
        lambda ctx: ctx.buy("ES", 1),
        lambda ctx: ctx.target("ES", quantity=1),
        lambda ctx: ctx.rebalance({"ES": 0.5}),
        lambda ctx: ctx.protect("ES", stop_loss=90),
    ]
    told = r"cannot be ordered; order a contract \(of a future, wb.roll tells which\) or a fund that follows it"
    for ask in asks:
        with pytest.raises(OrderError, match=told):
            run_of(bars, {1: ask})
    run = run_of(bars, {1: lambda ctx: ctx.rebalance({"A": 1}), 2: lambda ctx: ctx.flatten()})
    assert run.fills["asset"].to_list() == ["A", "A"]


def test_a_saved_run_settles_as_it_did(tmp_path: Any) -> None:
    run = run_of(bars_of([100, (100, 102, 100, 102), 102]), {1: buy(2)}, settlement=settlements(day_2=101.5))
    again = wb.load(run.save(tmp_path / "run"))
    assert again.at("2024-01-03").exact == run.at("2024-01-03").exact
    assert again.at("2024-01-03").cash == 10_150


ABOUT: list[tuple[str, dict[str, Any], dict[str, Any], type[WorkbenchError], str]] = [
    ("a cash account", {}, {"account": None}, UnsupportedError, "'A' has kind='future', which is held on margin"),
    (
        "no margins",
        {"initial_margin": None, "maintenance_margin": None},
        {},
        ParameterError,
        "no initial_margin and no",
    ),
    ("bars after it", {"expiry": "2024-01-02"}, {}, BarsError, "has bars up to 2024-01-03 and expires on 2024-01-02"),
    (
        "fees in base",
        {"multiplier": 1},
        {"fees": wb.fees.bps(1, currency="base")},
        ParameterError,
        "a future such as 'A' brings nothing",
    ),
    ("no dataset", {}, {"settlement": 3}, ParameterError, "settlement is a int; give a Dataset"),
    (
        "no price",
        {},
        {"settlement": settlements(day_2=float("nan"))},
        DatasetError,
        "on 2024-01-02: price None is no number",
    ),
    (
        "two prices of a session",
        {},
        {"settlement": wb.Dataset.from_frame(pl.concat([settlements(day_2=1).frame, settlements(day_2=2).frame]))},
        DatasetError,
        "settlement= of A has two rows of the session 2024-01-02; keep the one that was known at its close",
    ),
    (
        "times of day",
        {},
        {"settlement": wb.Dataset.from_frame(settlements(day_2=1).frame.cast({"session": pl.Datetime("us", "UTC")}))},
        DatasetError,
        "is no date; give dates",
    ),
    ("funding", {}, {"funding": settlements(day_2=1)}, DatasetError, "funding= needs the column 'rate'"),
]


@pytest.mark.parametrize(
    ("terms", "options", "kind", "message"), [row[1:] for row in ABOUT], ids=[row[0] for row in ABOUT]
)
def test_what_cannot_be_held_is_refused(
    terms: dict[str, Any], options: dict[str, Any], kind: type[WorkbenchError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        run_of(bars_of([100, 100, 100], **terms), {1: buy(1)}, **options)
