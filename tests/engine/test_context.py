"""Everything a strategy reads through its context, on bars whose numbers can be followed by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hand_made import at, days, dividend, outcome, split

import workbench as wb
from workbench import ta
from workbench.errors import (
    ContextError,
    LookaheadError,
    NumberError,
    ParameterError,
    UndefinedError,
    UnknownAssetError,
)

# Bought on the second day at 12, held to the end.
PRICES = [10, 12, 15, 11]


def looked_at(read: Any, bars: wb.Bars | None = None, options: dict[str, Any] | None = None) -> list[Any]:
    """What `read(ctx)` gives in each slice of a run that buys 10 A on the first bar."""
    seen: list[Any] = []

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        seen.append(read(ctx))
        if len(seen) == 1:
            ctx.buy("A", 10)

    outcome(bars or days(A=PRICES), options, on_slice=on_slice)
    return seen


# Cash 1,000 - 10 x 12 = 880; marks 12, 15, 11.
READINGS: dict[str, tuple[Any, list[Any]]] = {
    "now is the close": (lambda ctx: ctx.now, [at(2), at(3), at(4), at(5)]),
    "session": (lambda ctx: ctx.session, [date(2024, 1, day) for day in (1, 2, 3, 4)]),
    "assets": (lambda ctx: ctx.assets, [["A"]] * 4),
    "cash": (lambda ctx: ctx.cash, [1000.0, 880.0, 880.0, 880.0]),
    "equity": (lambda ctx: ctx.equity, [1000.0, 1000.0, 1030.0, 990.0]),
    "exact": (
        lambda ctx: tuple(ctx.exact),
        [(Decimal(cash), Decimal(equity)) for cash, equity in ((1000, 1000), (880, 1000), (880, 1030), (880, 990))],
    ),
    "position quantity": (lambda ctx: ctx.position("A").quantity, [0.0, 10.0, 10.0, 10.0]),
    "position value": (lambda ctx: ctx.position("A").value, [0.0, 120.0, 150.0, 110.0]),
    "position cost": (lambda ctx: ctx.position("A").cost, [0.0, 120.0, 120.0, 120.0]),
    "position profit": (lambda ctx: ctx.position("A").profit, [0.0, 0.0, 30.0, -10.0]),
    "position price": (lambda ctx: ctx.position("A").price, [10.0, 12.0, 15.0, 11.0]),
    "position average price": (lambda ctx: ctx.position("A").average_price, [None, 12.0, 12.0, 12.0]),
    "position is true when held": (lambda ctx: bool(ctx.position("A")), [False, True, True, True]),
    "position exact": (
        lambda ctx: tuple(ctx.position("A").exact)[3:6],
        [tuple(map(Decimal, row)) for row in ((0, 0, 0), (120, 120, 0), (150, 120, 30), (110, 120, -10))],
    ),
    "positions": (lambda ctx: {a: p.quantity for a, p in ctx.positions.items()}, [{}, *[{"A": 10.0}] * 3]),
    "history": (lambda ctx: list(ctx.history("A", 1)), [[10.0], [12.0], [15.0], [11.0]]),
    "can_trade": (lambda ctx: ctx.can_trade("A"), [True] * 4),
    "closes of bars": (
        lambda ctx: ctx.bars().frame["close"].to_list(),
        [[10.0], [10.0, 12.0], [10.0, 12.0, 15.0], [10.0, 12.0, 15.0, 11.0]],
    ),
    "no later bar in bars": (lambda ctx: ctx.bars().frame["time"].max() <= ctx.now, [True] * 4),
    "repr": (
        lambda ctx: repr(ctx).partition(": ")[2],
        ["equity 1000, cash 1000, 0 held, 0 orders working)", "equity 1000, cash 880, 1 held, 0 orders working)",
         "equity 1030, cash 880, 1 held, 0 orders working)", "equity 990, cash 880, 1 held, 0 orders working)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("read", "expected"), READINGS.values(), ids=READINGS)
def test_readings(read: Any, expected: list[Any]) -> None:
    assert looked_at(read) == expected


# What a callback is handed may be the object of the callback before, but never one that somebody still holds.
KEEPERS: dict[str, Any] = {
    "all": lambda count: True,
    "every other": lambda count: count % 2 == 0,
    "none": lambda count: False,
}


@pytest.mark.parametrize("keeps", KEEPERS.values(), ids=KEEPERS)
def test_what_is_kept_never_changes(keeps: Any) -> None:
    kept: list[tuple[int, Any, Any]] = []
    passed: list[float] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        passed.append(bar.close)
        if len(passed) == 1:
            ctx.buy("A", 10)
        if keeps(len(passed)):
            kept.append((len(passed) - 1, bar, ctx.position("A")))

    outcome(days(A=PRICES), on_bar=on_bar)
    assert passed == PRICES
    assert [bar.close for _, bar, _ in kept] == [PRICES[row] for row, _, _ in kept]
    assert [bar.time for _, bar, _ in kept] == [at(row + 2) for row, _, _ in kept]
    values = [0, 120, 150, 110]
    assert [position.value for _, _, position in kept] == [values[row] for row, _, _ in kept]


def test_a_missing_bar_is_missing() -> None:
    bars = days(A=[10, 11, 12], B=[5, None, 7])
    assert looked_at(lambda ctx: (ctx.can_trade("A"), ctx.can_trade("B")), bars) == [
        (True, True), (True, False), (True, True)
    ]  # fmt: skip
    assert looked_at(lambda ctx: list(ctx.history("B", 1)), bars) == [[5.0], [5.0], [7.0]]
    assert looked_at(lambda ctx: ctx.position("B").price, bars) == [5.0, 5.0, 7.0]
    assert looked_at(lambda ctx: ctx.bars().frame.filter(asset="B").height, bars) == [1, 1, 2]


def test_dividends_are_receivable_until_they_are_paid() -> None:
    """10 A x 2 USD from the third day on, in cash from the open of the fourth."""
    bars = days(A=[10] * 5, actions=[dividend("A", 3, "2", pay=4)])
    assert looked_at(lambda ctx: (ctx.cash, ctx.equity), bars) == [
        (1000.0, 1000.0), (900.0, 1000.0), (900.0, 1020.0), (920.0, 1020.0), (920.0, 1020.0)
    ]  # fmt: skip


SPLIT = {
    "before": (1, [100.0], [1000.0], [100.0]),
    "two before": (2, [100.0, 104.0], [1000.0, 1000.0], [100.0, 104.0]),
    "one after": (3, [50.0, 52.0, 51.0], [2000.0, 2000.0, 1000.0], [50.0, 52.0, 51.0]),
    "two after": (4, [50.0, 52.0, 51.0, 53.0], [2000.0, 2000.0, 1000.0, 1000.0], [50.0, 52.0, 51.0, 53.0]),
}


@pytest.mark.parametrize(("day", "closes", "volumes", "of_bars"), SPLIT.values(), ids=SPLIT)
def test_history_is_adjusted_as_of_now(
    day: int, closes: list[float], volumes: list[float], of_bars: list[float]
) -> None:
    """2:1 before the open of the third day: earlier prices halve, earlier volumes double, from that day on only."""
    bars = days(A=[100, 104, 51, 53], volume=1000, actions=[split("A", 3, 2, 1)])

    def read(ctx: wb.Context) -> tuple[list[float], list[float], list[float]]:
        n = ctx.session.day
        as_of_now = ctx.bars().frame["close"].to_list()
        return list(ctx.history("A", n)), list(ctx.history("A", n, field="volume")), as_of_now

    assert looked_at(read, bars)[day - 1] == (closes, volumes, of_bars)


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "volume"])
def test_history_of_every_field(field: str) -> None:
    row = {"open": 10.0, "high": 13.0, "low": 9.0, "close": 12.0, "volume": 1_000_000.0}
    seen = looked_at(lambda ctx: list(ctx.history("A", 1, field=field)), days(A=[(10, 13, 9, 12)]))
    assert seen == [[row[field]]]


def test_bars_carry_only_the_actions_known_by_now() -> None:
    bars = days(A=[10] * 4, actions=[dividend("A", 2, "1"), dividend("A", 4, "2")])
    assert looked_at(lambda ctx: ctx.bars().actions["ex"].dt.day().to_list(), bars) == [[], [2], [2], [2, 4]]


def test_actions_wait_for_a_bar_to_act_before() -> None:
    """A has no bar on the ex-date: history, bars and the mark stay as they are until it opens again."""
    acts = [split("A", 3, 2, 1), dividend("A", 3, "1")]
    bars = days(A=[100, 104, None, 53], B=[1, 2, 3, 4], actions=acts)

    def read(ctx: wb.Context) -> Any:
        of_bars, n = ctx.bars(), 3 if ctx.session.day == 4 else min(ctx.session.day, 2)
        closes = of_bars.frame.filter(asset="A")["close"].to_list()
        assert closes == list(ctx.history("A", n))
        return closes, of_bars.actions["kind"].to_list(), ctx.position("A").price

    assert looked_at(read, bars)[1:] == [
        ([100.0, 104.0], [], 104.0), ([100.0, 104.0], [], 104.0), ([50.0, 52.0, 53.0], ["dividend"], 53.0)
    ]  # fmt: skip


def test_bars_can_be_cut_further() -> None:
    bars = days(A=[1, 2, 3], B=[4, 5, 6])
    last = looked_at(lambda ctx: ctx.bars().last(2).frame.select("asset", "close").rows(), bars)
    assert last[-1] == [("A", 2.0), ("A", 3.0), ("B", 5.0), ("B", 6.0)]


def test_open_orders_are_those_that_work() -> None:
    seen: list[Any] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        seen.append([(o.id, o.side, o.type, o.quantity, o.limit, o.stop, o.status) for o in ctx.open_orders])
        if len(seen) == 1:
            assert ctx.buy("A", 3, limit=8).status == "INTENT"
            ctx.buy("A", 4, stop=12)
            ctx.buy("A", 5)

    outcome(days(A=[10, (10, 12, 10, 11), 9, 8]), on_bar=on_bar)
    limit = (1, "buy", "limit", 3.0, 8.0, None, "ACCEPTED")
    assert seen == [[], [limit], [limit], []]


def test_an_order_is_what_was_asked_then() -> None:
    seen: list[Any] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if not seen:
            seen.append(ctx.buy(bar.asset, "3", limit="9.5"))

    outcome(days(A=[10, 9.5]), on_bar=on_bar)
    order = seen[0]
    assert (order.id, order.asset, order.time, order.side, order.type) == (1, "A", at(2), "buy", "limit")
    assert (order.quantity, order.filled, order.limit, order.stop) == (3.0, 0.0, 9.5, None)
    assert (order.reason, order.allowed, order.actual) == (None, None, None)
    assert tuple(order.exact) == (Decimal(3), Decimal(0), Decimal("9.5"), None)
    assert repr(order) == "Order(#1 buy 3 A limit at 9.5: asked)"


def test_a_bar_is_float_and_exact() -> None:
    seen: list[wb.Bar] = []
    bars = days(A=[(10.1, 10.4, 9.9, 10.2)], volume=1234)
    outcome(bars, on_bar=lambda self, ctx, bar: seen.append(bar))
    bar = seen[0]
    assert (bar.asset, bar.open_time, bar.time, bar.session) == ("A", at(1), at(2), date(2024, 1, 1))
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (10.1, 10.4, 9.9, 10.2, 1234.0)
    assert [str(x) for x in bar.exact] == ["10.1", "10.4", "9.9", "10.2", "1234"]
    assert repr(bar).startswith("Bar(A 2024-01-02 00:00:00+00:00: open 10.1, high 10.4, low 9.9, close 10.2")


def test_an_unknown_volume_is_undefined_not_nan() -> None:
    seen: list[str] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        assert bar.exact.volume is None
        for read in (lambda: bar.volume, lambda: ctx.history("A", 1, field="volume")):
            with pytest.raises(UndefinedError) as refused:
                read()
            seen.append(str(refused.value))

    outcome(days(A=[10], volume=None), on_bar=on_bar)
    assert seen == [
        "the volume of A is unknown in this bar; test for it in bars.frame first",
        "the volume of A is unknown in 1 of its last 1 bars; ask for fewer bars",
    ]


def test_random_numbers_are_those_of_the_seed() -> None:
    def draws(seed: int) -> list[float]:
        return looked_at(lambda ctx: float(ctx.rng.random()), options={"seed": seed})

    generator = np.random.Generator(np.random.PCG64(5))
    assert draws(5) == draws(5) == [float(generator.random()) for _ in range(4)]
    assert draws(6) != draws(5)


REFUSALS: dict[str, tuple[Any, type[Exception], str]] = {
    "history of nothing": (
        lambda ctx: ctx.history("A", 0), LookaheadError,
        "history of 0 bars of A would lie ahead; n counts bars back from now, from 1 on",
    ),
    "history ahead": (
        lambda ctx: ctx.history("A", -3), LookaheadError,
        "history of -3 bars of A would lie ahead; n counts bars back from now, from 1 on",
    ),
    "more history than there is": (
        lambda ctx: ctx.history("A", 2), UndefinedError,
        "history of 2 bars of A: 1 have closed; watch an indicator or start later",
    ),
    "no history yet": (
        lambda ctx: ctx.history("B", 1), UndefinedError,
        "history of 1 bars of B: 0 have closed; watch an indicator or start later",
    ),
    "unknown field": (
        lambda ctx: ctx.history("A", 1, field="vwap"), ParameterError,
        'field "vwap" is unknown; use open, high, low, close or volume',
    ),
    "unknown asset": (
        lambda ctx: ctx.position("a"), UnknownAssetError, "asset 'a' is not in this run; there are A, AAPL, B",
    ),
    "nearest asset": (
        lambda ctx: ctx.can_trade("AAPLE"), UnknownAssetError,
        "asset 'AAPLE' is not in this run; there are A, AAPL, B; did you mean 'AAPL'?",
    ),
    "an asset by number": (
        lambda ctx: ctx.position(0), ParameterError,
        "an asset is named by text or an Asset, got 0; use bar.asset or \"AAPL\"",
    ),
    "watch too late": (
        lambda ctx: ctx.watch(ta.sma(2)), ContextError,
        "watch belongs into on_start, so that the indicator sees every bar; move the call there",
    ),
    "schedule too late": (
        lambda ctx: ctx.schedule(print, every="1d"), ContextError,
        "schedule belongs into on_start; move the call there",
    ),
    "record of NaN": (
        lambda ctx: ctx.record(x=float("nan")), NumberError,
        "x must be finite, got NaN; check the calculation it comes from",
    ),
    "record of time": (
        lambda ctx: ctx.record(time=1), ParameterError, "record cannot be given 'time'; every row has it already",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("ask", "kind", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(ask: Any, kind: type[Exception], message: str) -> None:
    seen: list[str] = []

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        if not seen:
            with pytest.raises(kind) as refused:
                ask(ctx)
            assert type(refused.value) is kind
            seen.append(str(refused.value))

    outcome(days(A=[10, 11], B=[None, 5], AAPL=[100, 101]), on_slice=on_slice)
    assert seen == [message]


# What on_start may see: the account, but no market.
BEFORE: dict[str, Any] = {
    "now": lambda ctx: ctx.now,
    "session": lambda ctx: ctx.session,
    "bars": lambda ctx: ctx.bars(),
    "can_trade": lambda ctx: ctx.can_trade("A"),
    "record": lambda ctx: ctx.record(x=1),
}


@pytest.mark.parametrize("read", BEFORE.values(), ids=BEFORE)
def test_there_is_no_market_in_on_start(read: Any) -> None:
    with pytest.raises(ContextError) as refused:
        outcome(days(A=[10]), on_start=lambda self, ctx: read(ctx))
    assert str(refused.value) == "there is no market yet in on_start; ask from on_bar on"


def test_the_account_is_there_in_on_start() -> None:
    seen: list[Any] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        seen.append((ctx.assets, ctx.cash, ctx.equity, ctx.exact.cash, ctx.positions, ctx.open_orders))
        seen.append((repr(ctx), bool(ctx.position("A")), ctx.rng.random()))

    outcome(days(A=[10]), on_start=on_start)
    assert seen[0] == (["A"], 1000.0, 1000.0, Decimal(1000), {}, [])
    assert seen[1] == ("Context(before the first bar)", False, np.random.default_rng(0).random())
