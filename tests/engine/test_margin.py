"""Margin accounts through the public face, worked by hand: what runs report of shorts, loans, calls and their end.

The days are those of `hand_made`: what is asked in slice k fills at the open of day k + 2. Cash is 1,000 USD.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, dividend, outcome, split, strategy

import workbench as wb
from workbench import ta
from workbench.errors import NumberError, OrderError, ParameterError, UnsupportedError

Ask = Callable[[wb.Context], object]
HALF = wb.Margin()


def run_of(asks: Mapping[int, Ask], options: dict[str, Any] | None = None, **prices: Any) -> wb.Run:
    """A run on margin that asks in slices by number."""

    def on_slice(self: Any, ctx: wb.Context, bars: dict[str, wb.Bar]) -> None:
        self._n = getattr(self, "_n", -1) + 1
        if self._n in asks:
            asks[self._n](ctx)

    actions = prices.pop("actions", [])
    return outcome(days(actions=actions, **prices), {"account": HALF, **(options or {})}, on_slice=on_slice)


def sell(quantity: float, **options: Any) -> Ask:
    return lambda ctx: ctx.sell("A", quantity, **options)


def buy(quantity: float, **options: Any) -> Ask:
    return lambda ctx: ctx.buy("A", quantity, **options)


def test_a_short_is_a_trade() -> None:
    """Sold 10 at 10, covered at 8 with 1 each time: 100 - 80 - 2."""
    run = run_of({0: sell(10), 1: buy(10)}, {"fees": wb.fees.per_trade(1)}, A=[10, 10, 8, 8])
    row = run.trades.row(0, named=True)
    assert (row["side"], row["quantity"], row["entry_price"], row["exit_price"]) == ("short", 10, 10, 8)
    assert (row["fees"], row["profit"], row["return"], row["open"]) == (2, 18, 0.18, False)
    assert run.final_equity == 1_018


def test_a_fill_beyond_zero_ends_one_trade_and_begins_another() -> None:
    """Bought 10 at 10; sold 40 at 12, of whose fee of 4 a quarter is the first trade's; 30 are short at 11 then."""
    run = run_of({0: buy(10), 1: sell(40)}, {"fees": wb.fees.per_share("0.1")}, A=[10, 10, (12, 12, 11, 11)])
    assert run.fills.height == 2
    columns = ("side", "quantity", "entry_price", "exit_price", "fees", "profit", "open")
    assert run.trades.select(columns).rows() == [
        ("long", 10, 10, 12, 2, 18, False),  # 120 - 100 - 1 - 1
        ("short", 30, 12, None, 3, 27, True),  # 360 - 330 - 3
    ]
    assert run.final_equity == 1_045


def test_what_is_short_is_less_than_nothing() -> None:
    held: list[tuple[float, float | None, float, float, float]] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        position = ctx.position("A")
        held.append((position.quantity, position.average_price, position.value, position.cost, position.profit))
        if not position:
            ctx.target("A", weight=-0.5)

    run = outcome(days(A=[10, (10, 10, 9, 9)]), {"account": HALF}, on_bar=on_bar)
    assert held == [(0, None, 0, 0, 0), (-50, 10, -450, -500, 50)]
    assert run.equity.select("cash", "positions", "equity").row(-1) == (1_500, -450, 1_050)


def test_profit_is_explained_with_borrow_and_interest() -> None:
    """A day of 18% on 1,000 is 0.5; with the 500 that 50 units bring at 10, 1,500.5 earn 0.75025 on the next one, and
    a day of 36% on 500 is 0.5. The midnight of the last close is not processed.
    """
    account = wb.Margin(borrow_bps=3_600, credit_bps=1_800)
    run = run_of({0: sell(50)}, {"account": account}, A=[10, 10, 10])
    moved = {cause: amount for cause, amount in run.explain().total.items() if amount}
    assert moved == {"borrow": Decimal("-0.5"), "interest": Decimal("1.25025")}
    assert run.explain().by_asset.select("asset", "change").rows() == [("A", -0.5), ("USD", 1.25025)]
    assert run.final_equity == Decimal("1000.75025")
    rows = run.explain().exact.frame.select("asset", "cause", "amount").rows()
    assert rows == [
        ("USD", "interest", Decimal("0.5")),
        ("A", "borrow", Decimal("-0.5")),
        ("USD", "interest", Decimal("0.75025")),
    ]
    legs = run.ledger.filter(pl.col("event").is_in(["borrow", "interest"])).select("event", "account", "asset")
    assert legs.rows()[-2:] == [("borrow", "cash", "A"), ("borrow", "borrow", "A")]


def test_who_is_short_pays_the_dividend() -> None:
    """0.5 for each of 10, owed from day 3 on and paid before the open of day 5."""
    actions = [dividend("A", 3, "0.5", pay=5)]
    run = run_of({0: sell(10)}, A=[10] * 5, actions=actions)
    assert run.equity["receivable"].to_list() == [0, 0, -5, -5, 0]
    assert run.equity["equity"].to_list() == [1_000, 1_000, 995, 995, 995]
    assert run.trades["dividends"].to_list() == [-5]


def test_a_split_mirrors_that_of_a_long() -> None:
    """5 become 7 and a half: half a unit is bought back for 3 with a fifteenth of the 50 that all brought."""
    run = run_of({0: sell(5)}, {"lots": "fifo"}, A=[10, 10, 6], actions=[split("A", 3, 3, 2)])
    assert run.equity.select("cash", "positions").row(-1) == (1_047, -42)
    realised = run.exact.ledger.filter(account="realised")["amount"].to_list()
    assert realised == [Decimal("-0.33333333333333333333")]  # 3.33.. came in for what cost 3


EXITS: dict[str, tuple[dict[str, Any], Any, float]] = {
    "a stop lies above": ({"stop_loss": 11}, (10, 11.5, 10, 10), 11),
    "a target lies below": ({"take_profit": 9}, (10, 10, 8.5, 10), 9),
    "parts of the price, the stop": ({"stop_loss_pct": 0.05, "take_profit_pct": 0.05}, (10, 10.6, 10, 10), 10.5),
    "parts of the price, the target": ({"stop_loss_pct": 0.05, "take_profit_pct": 0.05}, (10, 10, 9.4, 10), 9.5),
    "a loss of more than the price": ({"stop_loss_pct": 1.5}, (10, 26, 10, 10), 25),
    "both: the stop": ({"stop_loss": 11, "take_profit": 9}, (10, 11, 9, 10), 11),
}


@pytest.mark.parametrize(("options", "bar", "price"), EXITS.values(), ids=EXITS)
def test_a_short_is_protected(options: dict[str, Any], bar: Any, price: float) -> None:
    ways: list[dict[int, Ask]] = [
        {0: sell(10, **options)},
        {0: lambda ctx: ctx.target("A", quantity=-10, **options)},
        {0: sell(10), 1: lambda ctx: ctx.protect("A", **options)},
    ]
    for asks in ways:
        run = run_of(asks, A=[10, 10, bar])
        assert run.fills.select("side", "quantity", "price").rows()[1:] == [("buy", 10, price)]
        assert run.equity["positions"][-1] == 0


def test_what_only_closes_never_opens() -> None:
    """The stop has sold all of it at 9 before the exit that was asked at the same close is looked at."""
    asks: dict[int, Ask] = {0: buy(10, stop_loss=9), 1: lambda ctx: ctx.target("A", quantity=0)}
    run = run_of(asks, {"fill": "next_close"}, A=[10, 10, (10, 10, 8, 8)])
    assert run.orders.select("origin", "status", "reason").rows()[1:] == [
        ("bracket", "FILLED", None),
        ("target", "CANCELED", "flat"),
    ]
    assert run.equity["positions"][-1] == 0


def test_an_order_beyond_the_margin_is_denied() -> None:
    """Of 1,000 the half carries 200 at 10."""
    run = run_of({0: lambda ctx: (buy(200)(ctx), sell(1)(ctx), buy(1)(ctx))}, A=[10, 10])
    columns = ("side", "quantity", "status", "reason", "allowed", "actual")
    assert run.orders.select(columns).rows() == [
        ("buy", 200, "FILLED", None, None, None),
        ("sell", 1, "FILLED", None, None, None),  # it raises nothing: 200 long are worse than 1 short
        ("buy", 1, "DENIED", "margin", 1_000, 1_005),
    ]
    assert [notice.kind for notice in run.notices] == ["denied"]
    assert "the margin was too little" in run.notices[0].text


def test_a_call_is_told() -> None:
    """200 at 10, then 6: equity of 200 carries 133 at a quarter of 6, so that 67 are sold at the next open."""
    cancels: list[object] = []

    def on_slice(self: Any, ctx: wb.Context, bars: object) -> None:
        if not self.__dict__.setdefault("asked", []):
            self.asked.append(ctx.buy("A", 200))
        for order in ctx.open_orders:
            cancels.append((order.origin, order.quantity))
            ctx.cancel(order)

    run = outcome(days(A=[10, 10, 6, 6, 6]), {"account": HALF}, on_slice=on_slice)
    assert cancels == [("liquidation", 67)]
    assert run.orders.select("origin", "side", "filled", "status").row(1) == ("liquidation", "sell", 67, "FILLED")
    assert run.margin_calls.select("event", "equity", "maintenance").rows() == [
        ("margin_call", Decimal(200), Decimal(300)),
    ]
    text = "1 margin call at 2024-01-04 00:00; 1 order was made to reduce positions"
    assert text in [notice.text for notice in run.notices if notice.kind == "margin_call"]


def test_the_end_is_told() -> None:
    """100 short at 10, then 25: all is bought back for 2,500, and 500 are owed when nothing is held any more."""
    seen: list[int] = []

    def on_slice(self: Any, ctx: wb.Context, bars: object) -> None:
        seen.append(ctx.now.day)
        if len(seen) == 1:
            ctx.sell("A", 100)

    run = outcome(days(A=[10, 10, 25, 25, 25, 25]), {"account": HALF}, on_slice=on_slice)
    assert seen == [2, 3, 4]
    assert run.equity["equity"].to_list() == [1_000, 1_000, -500, -500]
    assert run.margin_calls["event"].to_list() == ["margin_call", "bankrupt"]
    text = "the account was bankrupt at 2024-01-05 00:00, where the run ended"
    assert text in [notice.text for notice in run.notices if notice.kind == "bankrupt"]
    assert run.final_equity == -500
    with pytest.raises(wb.errors.TimeError):
        run.at("2024-01-06T00:00:00+00:00")
    assert run.at("2024-01-05T00:00:00+00:00").equity == -500


def test_cash_that_is_owed_buys_nothing_more() -> None:
    run = run_of({0: buy(150), 1: lambda ctx: ctx.target("A", all_in=True)}, A=[10, 10, 10])
    assert run.orders.select("status", "reason", "allowed", "actual").row(1) == ("DENIED", "cash", -500, 10)


LIMITS: dict[str, tuple[dict[str, Any], dict[int, Ask], list[str | None]]] = {
    "leverage counts both sides": ({"leverage": 1}, {0: sell(60), 1: lambda ctx: ctx.buy("B", 41)}, [None, "leverage"]),
    "leverage at": ({"leverage": 1}, {0: sell(60), 1: lambda ctx: ctx.buy("B", 40)}, [None, None]),
    "leverage of more than one": ({"leverage": "1.5"}, {0: sell(150)}, [None]),
    "a short position has a weight": ({"position_weight": 0.5}, {0: sell(51)}, ["position_weight"]),
    "and a notional": ({"position_notional": 500}, {0: sell(50), 1: sell(1)}, [None, "position_notional"]),
    "a cover always passes": ({"order_quantity": 10}, {0: sell(10), 1: buy(10)}, [None, None]),
    "a turn does not": ({"order_quantity": 10}, {0: sell(10), 1: buy(11)}, [None, "order_quantity"]),
    "long only": ({"long_only": True}, {0: sell(1)}, ["long_only"]),
    "long only: two sells of all": (
        {"long_only": True}, {0: buy(10), 1: lambda ctx: (ctx.sell("A", 10, limit=50), ctx.sell("A", 10, limit=50))},
        [None, None, "long_only"],
    ),
    "open positions": ({"open_positions": 1}, {0: sell(1), 1: lambda ctx: ctx.sell("B", 1)}, [None, "open_positions"]),
    "restricted": ({"restricted": ["A"]}, {0: sell(1)}, ["restricted"]),
}  # fmt: skip


@pytest.mark.parametrize(("limits", "asks", "reasons"), LIMITS.values(), ids=LIMITS)
def test_limits_hold_on_both_sides(limits: dict[str, Any], asks: dict[int, Ask], reasons: list[str | None]) -> None:
    run = run_of(asks, {"limits": wb.Limits(**limits)}, A=[10, 10, 10], B=[10, 10, 10])
    assert run.orders["reason"].to_list() == reasons


def test_a_run_on_margin_comes_back_from_disk_and_journal(tmp_path: Path) -> None:
    account = wb.Margin(initial="0.4", borrow_bps=100, interest_bps=600)
    asks: dict[int, Ask] = {0: sell(200), 2: buy(300)}
    log = tmp_path / "run.journal"
    bars = days(A=[10, 10, 11, 12, 12, 7, 7], actions=[dividend("A", 4, "0.2", pay=6)])

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        self._n = getattr(self, "_n", -1) + 1
        if self._n in asks:
            asks[self._n](ctx)

    run = wb.Backtest(strategy(on_slice=on_slice), bars, cash=1_000, account=account).run(journal=log)
    run.save(tmp_path / "run")
    again = wb.load(tmp_path / "run")
    assert again.spec == run.spec
    assert again.margin_calls.equals(run.margin_calls)
    assert run.margin_calls.height > 0
    found = wb.journal.read(log)
    assert found.end.fields["state_hash"] == run.state_hash
    events = found.events["event"].to_list()
    assert {"borrow", "interest", "margin_call", "dividend", "payment"} <= set(events)
    assert found.rebuild(bars).final_equity == run.final_equity
    owed = found.seek(time="2024-01-03T12:00:00+00:00")
    assert owed.positions["A"] == (Decimal(-200), Decimal(-2_000))


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no part": ({"initial": 0}, NumberError, "initial of Margin is a part, above 0 and up to 1, got 0"),
    "more than all": ({"maintenance": 25}, NumberError, "maintenance of Margin is a part, .* write 0.25 for"),
    "not a number": ({"initial": float("nan")}, NumberError, "initial of Margin must be a finite number"),
    "too fine": ({"initial": "0.123456789012345678901"}, NumberError, "at most 20 digits"),
    "called at once": ({"initial": 0.2}, NumberError, r"maintenance=0\.25 of Margin is above initial=0\.2"),
    "called at once when short": (
        {"initial": 0.27}, NumberError, r"maintenance_short=0\.3 of Margin is above initial=0\.27",
    ),
    "a rate below 0": ({"borrow_bps": -1}, NumberError, "borrow_bps of Margin must not be negative"),
    "a rate of a hundred times": ({"credit_bps": 2_000_000}, NumberError, "at most 1,000,000 bps"),
    "a leverage": ({"leverage": 2}, ParameterError, "Margin has no 'leverage'; .* initial=0.5 is a leverage of 2"),
    "a slip": ({"mantenance": 0.2}, ParameterError, "Margin has no 'mantenance'; .* write maintenance="),
}  # fmt: skip


@pytest.mark.parametrize(("given", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_terms_that_make_no_sense_are_refused(given: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wb.Margin(**given)
    with pytest.raises(error, match=message):
        wb.Margin().replace(**given)


def test_terms_come_by_name() -> None:
    given: Any = 0.5
    with pytest.raises(ParameterError, match=r"Margin takes its terms by name, got 0.5; write Margin\(initial=0.5\)"):
        wb.Margin(given)
    with pytest.raises(ParameterError, match=r"Limits takes its terms by name, got 0.5; write Limits\(\w+=0.5\)"):
        wb.Limits(given)


def test_an_account_says_what_it_is() -> None:
    account = wb.Margin(initial="0.50", interest_bps=650)
    assert (account, repr(account)) == (wb.Margin(interest_bps="650"), "Margin(interest_bps=650)")
    run = run_of({}, {"account": account}, A=[10, 10])
    assert run.spec["account"] == "Margin(interest_bps=650)"
    assert run.provenance["account"] == "Margin(interest_bps=650)"
    assert run_of({}, {"account": None}, A=[10, 10]).spec["account"] == "cash"
    test = wb.Backtest(wb.Signals(entry=ta.close() > 1), days(A=[10, 11]), account=account)
    assert "account=Margin(interest_bps=650)" in repr(test)
    with pytest.raises(ParameterError, match=r"write account=wb\.Margin"):
        wb.Backtest(wb.Signals(entry=ta.close() > 1), days(A=[10, 11]), leverage=2)  # type: ignore[call-arg]


DOORS: dict[str, tuple[Ask, str]] = {
    "a stop below": (sell(1, limit=10, stop_loss=9), "stop_loss= of a short position must lie above"),
    "a target above": (sell(1, limit=10, take_profit=12), "take_profit= below the entry's price"),
    "targets the wrong way": (sell(1, take_profit=[(8, 0.5), (9, 0.5)]), "from the nearest target to the farthest"),
    "a gain of more than the price": (sell(1, take_profit_pct=1), "above 0 and below 1"),
    "of a negative target": (lambda ctx: ctx.target("A", weight=-0.1, stop_loss=8, take_profit=9), "must lie above"),
}


@pytest.mark.parametrize(("ask", "message"), DOORS.values(), ids=DOORS)
def test_protection_on_the_wrong_side_is_refused(ask: Ask, message: str) -> None:
    with pytest.raises(OrderError, match=message):
        run_of({0: ask}, A=[10, 10])


def test_a_cash_account_stays_one() -> None:
    for ask in (lambda ctx: ctx.target("A", weight=-0.1), lambda ctx: ctx.rebalance({"A": -0.1})):
        with pytest.raises(UnsupportedError, match=r"account=wb\.Margin\(\)"):
            run_of({0: ask}, {"account": None}, A=[10, 10])


def test_a_sweep_of_both_sides_is_its_runs() -> None:
    prices = [10, 11, 12, 11, 9, 8, 9, 12, 13, 11, 8, 7, 9, 12]

    @wb.signals
    def turns(level: float = 10) -> wb.Signals:
        above, below = ta.close() > level, ta.close() < level
        return wb.Signals(entry=above, exit=below, short_entry=below, short_exit=above, weight=0.5)

    test = wb.Backtest(turns(), days(A=prices), cash=1_000, account=wb.Margin(borrow_bps=500), volume_cap=None)
    runs = test.sweep(level=[9, 10, 11]).run(progress=False)
    alone = [float(test.with_params(level=level).run(progress=False).final_equity) for level in (9, 10, 11)]
    assert runs.frame["final_equity"].to_list() == alone
    assert len(set(alone)) == 3


def test_signals_of_a_frame_go_short() -> None:
    bars = days(A=[10, 10, 9, 8, 8])
    rule = lambda *held: [day in held for day in range(5)]  # noqa: E731
    frame = bars.frame.select("asset", "time").with_columns(
        entry=pl.Series(rule()), exit=pl.Series(rule()), short_entry=pl.Series(rule(0)), short_exit=pl.Series(rule(2))
    )
    made = wb.Signals.from_frame(frame, quantity=10)
    run = wb.Backtest(made, bars, cash=1_000, account=HALF, volume_cap=None).run(progress=False)
    assert run.fills.select("side", "price").rows() == [("sell", 10), ("buy", 8)]
    with pytest.raises(UnsupportedError, match="short positions, which need a margin account"):
        wb.Backtest(made, bars)
    with pytest.raises(ParameterError, match=r"short_entry|columns"):
        wb.Signals.from_frame(frame.drop("short_exit"))


def test_a_price_of_liquidation_beyond_every_number_is_none() -> None:
    """At 47 the equity is 7 million and 11.75 must be kept. What A keeps of its own is all but the 12th digit of its
    worth, so that only a price above 10^26 of the smallest holding would make good what is missing.
    """
    bars = days(A=[1, 1, 1, 1], B=[100, 100, 47, 47])
    own = {"quantity_digits": 8, "initial_margin": 1, "maintenance_margin": "0.999999999999"}
    bars = replace(bars, assets=(wb.Asset("A", kind="crypto", base="A", quote="USD", **own), bars.assets[1]))
    seen: list[Any] = []

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        if ctx.session.day == 1:
            ctx.buy("A", "0.00000001")
            ctx.buy("B", 1_000_000)
        if ctx.session.day == 3:
            seen.append(ctx.position("A"))

    outcome(bars, {"cash": 60_000_000, "account": wb.Margin(initial="0.5")}, on_slice=on_slice)
    assert (seen[0].quantity, seen[0].liquidation_price, seen[0].exact.liquidation_price) == (1e-8, None, None)


def test_a_kept_position_keeps_its_price_of_liquidation() -> None:
    seen: list[Any] = []

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        if ctx.session.day == 1:
            ctx.buy("A", 15)
        if ctx.session.day == 2:
            ctx.buy("A", 1)
        if ctx.session.day in (2, 3):
            seen.append(ctx.position("A"))

    outcome(days(A=[100, 100, 100]), {"account": wb.Margin()}, on_slice=on_slice)
    # (15 x 100 - 1,000) / (15 x 0.75) and (16 x 100 - 1,000) / (16 x 0.75), asked for after the run.
    assert [each.exact.liquidation_price for each in seen] == [Decimal("44.444444444444"), Decimal(50)]


def test_what_is_borrowed_under_another_name_is_paid_for_at_the_last_close() -> None:
    """10 are short at a last close of 12 when A becomes B, which opens at 25: 1% a day of 120."""
    row = {"asset": "A", "ex": date(2024, 1, 3), "kind": "symbol_change", "pay": None, "other": "B"}
    renamed = {**row, "numerator": None, "denominator": None, "amount": None}
    prices = {"A": [10, (10, 12, 10, 12)], "B": [None, None, (25, 30, 25, 30), 30]}
    options = {"account": HALF.replace(borrow_bps=36_000)}
    run = run_of({0: sell(10)}, options, actions=[renamed], **prices)
    paid = run.exact.ledger.filter(event="borrow", account="borrow").select("time", "asset", "amount").rows()
    assert paid[0] == (at(3), "B", Decimal("1.2"))
