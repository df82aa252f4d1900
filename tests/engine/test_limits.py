"""Limits through the public face; each expectation is worked by hand from their definitions.

The one idea: a row is a few days of A and B (at 20, with 1,000 USD and no costs), the limits, what is asked after which
day, and the end of every order as (status, reason, allowed, actual).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hand_made import at, days, minutes, outcome, split

import workbench as wb
from workbench.errors import LimitError, NumberError, ParameterError

Ask = Callable[[wb.Context], object]
End = tuple[str, str | None, float | None, float | None]
FILLED: End = ("FILLED", None, None, None)
RESTS: End = ("END_OF_DATA", None, None, None)
HALTED: End = ("DENIED", "halted", None, None)
STOPPED: End = ("CANCELED", "halted", None, None)
DROP = (10, 10, 7.99, 7.99)


def asking(asks: Mapping[int, Ask]) -> Any:
    """An on_slice that asks after the slices of these numbers."""

    def on_slice(self: Any, ctx: wb.Context, bars: object) -> None:
        self._n = getattr(self, "_n", -1) + 1
        if self._n in asks:
            asks[self._n](ctx)

    return on_slice


def buy(quantity: float, asset: str = "A", **options: Any) -> Ask:
    return lambda ctx: ctx.buy(asset, quantity, **options)


def sell(quantity: float, asset: str = "A", **options: Any) -> Ask:
    return lambda ctx: ctx.sell(asset, quantity, **options)


def target(asset: str = "A", **size: Any) -> Ask:
    return lambda ctx: ctx.target(asset, **size)


def both(*asks: Ask) -> Ask:
    return lambda ctx: [ask(ctx) for ask in asks]


def denied(reason: str, allowed: float | None = None, actual: float | None = None) -> End:
    return ("DENIED", reason, allowed, actual)


FLAT = [10, 10, 10]
Row = tuple[dict[str, Any], list[Any], dict[int, Ask], list[End]]
ROWS: dict[str, Row] = {
    "order quantity: inside": ({"order_quantity": 10}, FLAT, {0: buy(9)}, [FILLED]),
    "order quantity: at": ({"order_quantity": 10}, FLAT, {0: buy(10)}, [FILLED]),
    "order quantity: beyond": ({"order_quantity": 10}, FLAT, {0: buy(11)}, [denied("order_quantity", 10, 11)]),
    "order quantity: a sale of all that is held is larger and passes": (
        {"order_quantity": 10}, FLAT, {0: both(buy(10), buy(10)), 1: sell(20)}, [FILLED, FILLED, FILLED],
    ),
    "order quantity: a target is an order too": (
        {"order_quantity": 10}, FLAT, {0: target(weight=0.5)}, [denied("order_quantity", 10, 50)],
    ),
    "order notional: at": ({"order_notional": 100}, FLAT, {0: buy(10)}, [FILLED]),
    "order notional: beyond": ({"order_notional": 100}, FLAT, {0: buy(11)}, [denied("order_notional", 100, 110)]),
    "order notional: at its limit": ({"order_notional": 100}, FLAT, {0: buy(11, limit=9)}, [RESTS]),
    "order notional: a cent beyond at its limit": (
        {"order_notional": 100}, FLAT, {0: buy(10, limit=10.01)}, [denied("order_notional", 100, 100.1)],
    ),
    "order notional: at its stop": (
        {"order_notional": 100}, FLAT, {0: buy(9, stop=12)}, [denied("order_notional", 100, 108)],
    ),
    "order notional: a stop-limit at its limit": (
        {"order_notional": 100}, FLAT, {0: buy(9, stop=12, limit=11)}, [RESTS],
    ),
    "order notional: no close yet, and no price of its own": (
        {"order_notional": 100}, FLAT, {0: buy(1, "C")}, [denied("unpriced")],
    ),
    "order notional: no close yet, but a price of its own": (
        {"order_notional": 100}, FLAT, {0: buy(1, "C", limit=5)}, [RESTS],
    ),
    "position notional: at, in two orders": ({"position_notional": 100}, FLAT, {0: buy(5), 1: buy(5)}, [FILLED] * 2),
    "position notional: beyond, in two orders": (
        {"position_notional": 100}, FLAT, {0: buy(5), 1: buy(6)}, [FILLED, denied("position_notional", 100, 110)],
    ),
    "position notional: a working buy counts at the last close": (
        {"position_notional": 100}, FLAT, {0: both(buy(5, limit=9), buy(6))},
        [RESTS, denied("position_notional", 100, 110)],
    ),
    "position notional: of linked buys one counts": (
        {"position_notional": 50}, FLAT,
        {0: both(buy(5, limit=9, oco="g"), buy(4, stop=11, oco="g"), buy(1))},
        [RESTS, RESTS, denied("position_notional", 50, 60)],
    ),
    "position notional: a working sale does not make room": (
        {"position_notional": 100}, FLAT, {0: buy(10), 1: both(sell(10), buy(1))},
        [FILLED, FILLED, denied("position_notional", 100, 110)],
    ),
    "position notional: a canceled buy makes room": (
        {"position_notional": 100}, FLAT,
        {0: buy(10, limit=9), 1: both(lambda ctx: ctx.cancel(asset="A"), buy(10))},
        [("CANCELED", "asked", None, None), FILLED],
    ),
    "position notional: what rose beyond may not be raised": (
        {"position_notional": 100}, [10, (10, 12, 10, 12), 12], {0: buy(8), 1: buy(1)},
        [FILLED, denied("position_notional", 100, 108)],
    ),
    "position notional: what rose beyond may be reduced": (
        {"position_notional": 100}, [10, (10, 12, 10, 12), 12], {0: buy(10), 1: sell(1)}, [FILLED, FILLED],
    ),
    "position notional: each asset has its own": (
        {"position_notional": 100}, FLAT, {0: both(buy(10), buy(5, "B"))}, [FILLED, FILLED],
    ),
    "position notional: no close yet": (
        {"position_notional": 100}, FLAT, {0: buy(1, "C", limit=5)}, [denied("unpriced")],
    ),
    "position weight: at": ({"position_weight": 0.2}, FLAT, {0: target(weight=0.2)}, [FILLED]),
    "position weight: beyond by a unit": (
        {"position_weight": 0.2}, FLAT, {0: buy(21)}, [denied("position_weight", 200, 210)],
    ),
    "position weight: of equity at this slice's marks": (
        {"position_weight": 0.2}, [10, (10, 11, 10, 11), 11], {0: buy(18), 1: buy(1)},
        [FILLED, denied("position_weight", 203.6, 209)],  # 820 + 18 x 11 = 1018
    ),
    "leverage: at, in two assets": ({"leverage": 0.5}, FLAT, {0: both(buy(30), buy(10, "B"))}, [FILLED, FILLED]),
    "leverage: beyond, working buys included": (
        {"leverage": 0.5}, FLAT, {0: both(buy(30), buy(10, "B"), buy(1))},
        [FILLED, FILLED, denied("leverage", 500, 510)],
    ),
    "leverage: the orders of one rebalance count together": (
        {"leverage": 0.5}, FLAT, {0: lambda ctx: ctx.rebalance({"A": 0.4, "B": 0.12})},
        [FILLED, denied("leverage", 500, 520)],
    ),
    "leverage: a working sale does not make room, a filled one does": (
        {"leverage": 0.5}, [10] * 4, {0: buy(50), 1: both(sell(50), buy(1, "B")), 2: buy(25, "B")},
        [FILLED, FILLED, denied("leverage", 500, 520), FILLED],
    ),
    "orders per day: one too many": (
        {"orders_per_day": 2}, FLAT, {0: both(buy(1), buy(1), buy(1))},
        [FILLED, FILLED, denied("orders_per_day", 2, 3)],
    ),
    "orders per day: a new session counts anew": (
        {"orders_per_day": 2}, FLAT, {0: both(buy(1), buy(1)), 1: both(buy(1), buy(1))}, [FILLED] * 4,
    ),
    "orders per day: what reduces passes and counts": (
        {"orders_per_day": 2}, FLAT, {0: buy(9), 1: both(sell(1), sell(1), sell(1), buy(1))},
        [FILLED] * 4 + [denied("orders_per_day", 2, 4)],
    ),
    "orders per day: a refused order does not count": (
        {"orders_per_day": 1}, FLAT, {0: both(sell(1), buy(1))}, [denied("nothing_held"), FILLED],
    ),
    "orders per day: a rebalance asks for what it names before it sells what it leaves out": (
        {"orders_per_day": 1}, FLAT, {0: buy(5, "B"), 1: lambda ctx: ctx.rebalance({"A": 0.1})}, [FILLED] * 3,
    ),
    "orders per day: children do not count": (
        {"orders_per_day": 1}, FLAT, {0: buy(1, stop_loss=5, take_profit=20), 1: buy(1)},
        [FILLED, RESTS, RESTS, FILLED],
    ),
    "open positions: at": ({"open_positions": 2}, FLAT, {0: both(buy(1), buy(1, "B"))}, [FILLED, FILLED]),
    "open positions: one too many": (
        {"open_positions": 1}, FLAT, {0: buy(1), 1: both(buy(1, "B"), buy(1))},
        [FILLED, denied("open_positions", 1, 2), FILLED],
    ),
    "open positions: a working buy is one": (
        {"open_positions": 1}, FLAT, {0: both(buy(1, limit=5), buy(1, "B"))}, [RESTS, denied("open_positions", 1, 2)],
    ),
    "open positions: closed ones make room": (
        {"open_positions": 1}, [10] * 4, {0: buy(1), 1: sell(1), 2: buy(1, "B")}, [FILLED] * 3,
    ),
    "allowed": ({"allowed": ["A"]}, FLAT, {0: both(buy(1), buy(1, "B"))}, [FILLED, denied("not_allowed")]),
    "restricted": ({"restricted": ["B"]}, FLAT, {0: both(buy(1), buy(1, "B"))}, [FILLED, denied("restricted")]),
    "restricted: goes before allowed": (
        {"allowed": ["A", "B"], "restricted": ["B"]}, FLAT, {0: buy(1, "B")}, [denied("restricted")],
    ),
    "long only: at": ({"long_only": True}, FLAT, {0: buy(5), 1: sell(5)}, [FILLED, FILLED]),
    "long only: beyond": ({"long_only": True}, FLAT, {0: buy(5), 1: sell(6)}, [FILLED, denied("long_only", 5, 6)]),
    "long only: before the entry has filled": (
        {"long_only": True}, FLAT, {0: both(buy(5, limit=9), sell(5, stop=8))}, [RESTS, denied("long_only", 0, 5)],
    ),
    "long only: reduce-only is cut to the holding": (
        {"long_only": True}, FLAT, {0: buy(5), 1: sell(6, reduce_only=True)},
        [FILLED, ("FILLED", "holding", None, None)],
    ),
    "daily loss: at": ({"daily_loss": 0.1}, [10, (10, 10, 8, 8), 8], {0: buy(50), 1: buy(1)}, [FILLED, FILLED]),
    "daily loss: beyond": (
        {"daily_loss": 0.1}, [10, DROP, 7.99], {0: buy(50), 1: buy(1)},
        [FILLED, denied("daily_loss", 100, 100.5)],
    ),
    "daily loss: the next session starts from there": (
        {"daily_loss": 0.1}, [10, DROP, 7.99, 7.99], {0: buy(50), 2: buy(1)}, [FILLED, FILLED],
    ),
    "daily loss: what reduces passes": (
        {"daily_loss": 0.1}, [10, DROP, 7.99], {0: buy(50), 1: sell(50)}, [FILLED, FILLED],
    ),
    "drawdown: at": (
        {"drawdown": 0.1}, [10, (10, 12, 10, 12), (12, 12, 9.8, 9.8), 9.8], {0: buy(50), 2: buy(1)}, [FILLED, FILLED],
    ),
    "drawdown: beyond, from the peak": (
        {"drawdown": 0.1}, [10, (10, 12, 10, 12), (12, 12, 9.78, 9.78), 10], {0: buy(50), 2: buy(1)},
        [FILLED, denied("drawdown", 110, 111)],
    ),
    "drawdown: over when equity is back": (
        {"drawdown": 0.1}, [10, (10, 12, 10, 12), (12, 12, 9, 9), (9, 10, 9, 10), 10], {0: buy(50), 3: buy(1)},
        [FILLED, FILLED],
    ),
    "price collar: at": ({"price_collar": 0.05}, FLAT, {0: buy(1, limit=10.5)}, [FILLED]),
    "price collar: above": (
        {"price_collar": 0.05}, FLAT, {0: buy(1, limit=10.51)}, [denied("price_collar", 0.5, 0.51)],
    ),
    "price collar: below": (
        {"price_collar": 0.05}, FLAT, {0: buy(1, limit=9.49)}, [denied("price_collar", 0.5, 0.51)],
    ),
    "price collar: the stop of a stop-limit": (
        {"price_collar": 0.05}, FLAT, {0: buy(1, stop=10.6, limit=10.4)}, [denied("price_collar", 0.5, 0.6)],
    ),
    "price collar: a market order has no price": ({"price_collar": 0.05}, FLAT, {0: buy(1)}, [FILLED]),
    "price collar: what reduces passes": (
        {"price_collar": 0.05}, FLAT, {0: buy(1), 1: sell(1, limit=20)}, [FILLED, RESTS],
    ),
    "price collar: no close yet": ({"price_collar": 0.05}, FLAT, {0: buy(1, "C", limit=5)}, [denied("unpriced")]),
    "all in: at": ({"order_quantity": 100}, FLAT, {0: target(all_in=True)}, [FILLED]),
    "all in: beyond": (
        {"order_quantity": 99}, FLAT, {0: target(all_in=True)}, [denied("order_quantity", 99, 100)],
    ),
    "two limits: the first that is beyond is named": (
        {"order_notional": 100, "order_quantity": 10}, FLAT, {0: buy(11)}, [denied("order_quantity", 10, 11)],
    ),
    "halt: what works is canceled, what does not reduce is denied": (
        {"order_quantity": 10, "on_breach": "halt"}, [10] * 4,
        {0: both(buy(5), buy(5, limit=8, stop_loss=7)), 1: buy(11), 2: both(buy(1), sell(6), sell(5))},
        [FILLED, STOPPED, denied("order_quantity", 10, 11), HALTED, HALTED, FILLED],
    ),
    "halt: orders asked before in the same slice too": (
        {"order_quantity": 10, "on_breach": "halt"}, FLAT, {0: both(buy(5), buy(11), buy(1))},
        [STOPPED, denied("order_quantity", 10, 11), HALTED],
    ),
    "halt: also inside one rebalance": (
        {"open_positions": 1, "on_breach": "halt"}, FLAT,
        {0: lambda ctx: ctx.rebalance({"A": 0.1, "B": 0.1})}, [STOPPED, denied("open_positions", 1, 2)],
    ),
    "halt: a list is a limit": (
        {"restricted": ["B"], "on_breach": "halt"}, FLAT, {0: both(buy(1, "B"), buy(1))},
        [denied("restricted"), HALTED],
    ),
    "halt: by a loss, though nothing is asked": (
        {"daily_loss": 0.1, "on_breach": "halt"}, [10, DROP, 7.99, 10, 10],
        {0: buy(50, stop_loss=5), 3: buy(1)}, [FILLED, STOPPED, HALTED],
    ),
    "halt: a loss that is just allowed": (
        {"daily_loss": 0.1, "on_breach": "halt"}, [10, (10, 10, 8, 8), 8, 8], {0: buy(50), 2: buy(1)}, [FILLED, FILLED],
    ),
    "halt: without a price is no breach": (
        {"price_collar": 0.05, "on_breach": "halt"}, FLAT, {0: both(buy(1, "C", limit=5), buy(1))},
        [denied("unpriced"), FILLED],
    ),
}  # fmt: skip


def run_of(limits: dict[str, Any], prices: list[Any], asks: dict[int, Ask], **options: Any) -> wb.Run:
    # A last day at 10.01 gives A its cents; only then C has its first bar.
    count = len(prices)
    actions = options.pop("actions", ())
    bars = days(A=[*prices, 10.01], B=[20] * (count + 1), C=[None] * count + [10], actions=actions)
    return outcome(bars, {"limits": wb.Limits(**limits), **options}, on_slice=asking(asks))


def ends_of(run: wb.Run) -> list[tuple[Any, ...]]:
    return run.orders.select("status", "reason", "allowed", "actual").rows()


@pytest.mark.parametrize(("limits", "prices", "asks", "ends"), ROWS.values(), ids=ROWS)
def test_limits(limits: dict[str, Any], prices: list[Any], asks: dict[int, Ask], ends: list[End]) -> None:
    assert ends_of(run_of(limits, prices, asks)) == ends


def test_orders_of_one_session_are_counted_over_its_bars() -> None:
    """Two bars of half a day each are one UTC day."""
    opened = [datetime(2024, 1, day, hour, tzinfo=UTC) for day in (1, 2) for hour in (0, 12)]
    asks = {0: buy(1), 1: buy(1), 2: buy(1)}
    run = outcome(minutes(opened, "12h"), {"limits": wb.Limits(orders_per_day=1)}, on_slice=asking(asks))
    assert ends_of(run) == [FILLED, denied("orders_per_day", 1, 2), FILLED]


def test_an_all_in_order_does_not_outgrow_what_was_approved() -> None:
    """At 8 the cash buys 125; the order was measured at 100."""
    run = run_of({"order_quantity": 100}, [10, 8, 8], {0: target(all_in=True)})
    assert run.fills["quantity"].to_list() == [100]


def test_a_comparison_is_exact_where_floats_are_not() -> None:
    """3 x 0.1 is 0.30000000000000004 in floats; a part of 1e-12 more is beyond."""
    cheap = days(A=[0.1, 0.1, 0.1])
    for most, end in [("0.3", "FILLED"), ("0.299999999999", "DENIED")]:
        run = outcome(cheap, {"limits": wb.Limits(position_notional=most)}, on_slice=asking({0: buy(3)}))
        assert run.orders["status"].to_list() == [end]


def test_a_split_changes_neither_value_nor_room() -> None:
    """10 at 10 become 20 at 5: still 100, so that one more is beyond."""
    run = run_of({"position_notional": 100}, [10, 10, 5, 5], {0: buy(10), 2: buy(1)}, actions=[split("A", 3, 2, 1)])
    assert ends_of(run)[1] == denied("position_notional", 100, 105)


def test_the_cancels_of_a_halt_take_the_latency_of_all_others() -> None:
    limits = {"order_quantity": 10, "on_breach": "halt"}
    run = run_of(limits, [10] * 4, {0: buy(5, limit=8), 1: buy(11)}, latency=3600)
    assert run.orders.select("status", "reason", "ended").row(0) == ("CANCELED", "halted", at(3, 1))


def test_under_same_close_the_orders_of_the_slice_are_measured_before_they_fill() -> None:
    asks = {0: both(buy(6), buy(5)), 1: buy(4)}
    run = run_of({"position_notional": 100}, FLAT, asks, fill="same_close")
    assert ends_of(run) == [FILLED, denied("position_notional", 100, 110), FILLED]


def test_a_refusal_reaches_the_strategy_and_the_notices() -> None:
    told: list[Any] = []

    def on_reject(self: object, ctx: wb.Context, order: wb.Order) -> None:
        told.append((order.reason, order.allowed, order.actual))

    limits = wb.Limits(order_quantity=10, restricted=["A"])
    run = outcome(days(A=FLAT, B=FLAT), {"limits": limits}, on_reject=on_reject,
                  on_slice=asking({0: both(buy(11, "B"), buy(1), buy(12, "B"))}))  # fmt: skip
    assert told == [("order_quantity", 10, 11), ("restricted", None, None), ("order_quantity", 10, 12)]
    assert [str(notice) for notice in run.notices] == [
        "2 orders were denied at 2024-01-02 00:00 because the limit order_quantity was breached: ask for less, or "
        "change it in limits=; see run.orders",
        "1 order was denied at 2024-01-02 00:00 because the asset is restricted by the limits: trade another asset, or "
        "change restricted=; see run.orders",
    ]


def test_a_halt_and_a_misspelt_name_are_told() -> None:
    limits = {"daily_loss": 0.1, "on_breach": "halt", "restricted": ["Z"]}
    run = run_of(limits, [10, DROP, 8], {0: buy(50, stop_loss=5)})
    assert [str(notice) for notice in run.notices] == [
        "trading was halted at 2024-01-03 00:00 because the limit daily_loss was breached: positions were kept; "
        "see run.orders, and the limits in run.spec",
        "the limits name what is no asset of this run (Z): check the spelling in allowed= and restricted=",
    ]


RAISED = {
    "by an order": (
        {"order_quantity": 10}, {1: buy(11)},
        r"the limit order_quantity was breached by order 1, buy 11 A: 10 is allowed, it would be 11; at the bar that "
        r"closed 2024-01-03 00:00:00\+00:00",
    ),
    "by a list": (
        {"restricted": ["B"]}, {0: buy(11, "B")},
        r"the limit restricted was breached by order 1, buy 11 B; at the bar that closed 2024-01-02 00:00:00\+00:00",
    ),
    "by a loss": (
        {"drawdown": 0.1}, {0: buy(50)},
        r"the limit drawdown was breached: 100 is allowed, the loss is 100\.5; at the bar that closed 2024-01-03",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("limits", "asks", "message"), RAISED.values(), ids=RAISED)
def test_raise_ends_the_run_at_the_bar(limits: dict[str, Any], asks: dict[int, Ask], message: str) -> None:
    with pytest.raises(LimitError, match=message):
        run_of({**limits, "on_breach": "raise"}, [10, DROP, 8], asks)


def test_limits_are_in_spec_and_provenance_and_survive_the_disk(tmp_path: Any) -> None:
    limits = {
        "order_quantity": "10.5",
        "drawdown": 0.1,
        "allowed": ["B", "A"],
        "orders_per_day": 9,
        "on_breach": "halt",
    }
    run = run_of(limits, [10, (10, 10, 7, 7), 7, 7], {0: both(*[buy(10)] * 4), 2: buy(1)})
    text = "Limits(order_quantity=10.5, orders_per_day=9, allowed=['A', 'B'], drawdown=0.1, on_breach='halt')"
    assert run.spec["limits"] == run.provenance["limits"] == text
    again = wb.load(run.save(tmp_path / "run"))
    assert again.spec == run.spec
    assert again.notices == run.notices
    assert ends_of(again)[-1] == HALTED
    assert again.at("2024-01-04").position("A").quantity == 40
    free = outcome(days(A=FLAT), on_slice=asking({}))
    assert free.spec["limits"] is None
    assert "limits" not in free.provenance


def test_limits_are_values() -> None:
    made = wb.Limits(leverage="1.50", restricted=("B", "A", "B"))
    assert made == wb.Limits(leverage=1.5, restricted=["A", "B"])
    assert hash(made) == hash(wb.Limits(leverage=Decimal("1.5"), restricted={"A", "B"}))
    assert (
        repr(made.replace(order_notional="25_000"))
        == "Limits(order_notional=25000, leverage=1.5, restricted=['A', 'B'])"
    )
    with pytest.raises(AttributeError):
        made.leverage = 2  # type: ignore[misc]


BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "nothing": ({}, ParameterError, r"Limits\(\) limits nothing; name one"),
    "only an answer": ({"on_breach": "halt"}, ParameterError, r"Limits\(\) limits nothing"),
    "an unknown name": ({"max_leverage": 1}, ParameterError, r"Limits has no 'max_leverage'; .* write leverage="),
    "zero": ({"order_quantity": 0}, NumberError, "order_quantity of Limits must be above 0, got 0"),
    "negative": (
        {"leverage": -1},
        NumberError,
        "^leverage of Limits must be above 0, got -1; leave it out for no limit$",
    ),
    "negative text": ({"drawdown": "-0.2"}, NumberError, "drawdown of Limits must be above 0, got '-0.2'"),
    "nan": ({"order_notional": float("nan")}, NumberError, "must be a finite number"),
    "a bool": ({"order_notional": True}, NumberError, "must be a number"),
    "too fine": ({"order_quantity": "0.000000001"}, NumberError, "at most 8 digits after the point"),
    "percent": ({"drawdown": 20}, NumberError, "drawdown of Limits is a part, above 0 and up to 1, got 20; write 0.05"),
    "half an order": ({"orders_per_day": 1.5}, NumberError, "orders_per_day of Limits must be a whole number above 0"),
    "no position": ({"open_positions": 0}, NumberError, "open_positions of Limits must be a whole number above 0"),
    "a bare name": ({"allowed": "AAPL"}, ParameterError, r"allowed='AAPL' of Limits must be names of assets"),
    "numbers for names": ({"restricted": [1]}, ParameterError, r"restricted=\[1\] of Limits must be names"),
    "no names": ({"allowed": []}, ParameterError, r"allowed=\[\] of Limits would forbid every position"),
    "text for a switch": ({"long_only": "yes"}, ParameterError, "long_only='yes': give True or False"),
    "an unknown answer": (
        {"leverage": 1, "on_breach": "stop"}, ParameterError, "on_breach='stop': allowed are deny, halt, raise",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "error", "message"), BAD.values(), ids=BAD)
def test_what_limits_refuse(given: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wb.Limits(**given)


def test_what_a_copy_and_a_backtest_refuse() -> None:
    with pytest.raises(ParameterError, match=r"Limits has no 'leverag'; .* write leverage="):
        wb.Limits(leverage=1).replace(leverag=2)
    with pytest.raises(ParameterError, match=r"limits=\{'leverage': 1\}: give wb\.Limits"):
        outcome(days(A=FLAT), {"limits": {"leverage": 1}}, on_slice=asking({}))
