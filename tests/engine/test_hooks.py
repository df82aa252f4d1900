"""The hooks of a strategy: when each is called and with what, where orders can be asked, and what an exception says."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hand_made import at, days, outcome

import workbench as wb
from workbench import ta
from workbench.errors import ContextError, NumberError, RangeError


def gated(options: dict[str, Any] | None = None, **prices: Any) -> tuple[list[Any], list[Any]]:
    """Days on which on_bar and on_slice were called, with a mean of two closes watched."""
    bars_of: list[Any] = []
    slices_of: list[Any] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        ctx.watch(ta.sma(2))

    outcome(
        days(**prices), options, on_start=on_start,
        on_bar=lambda self, ctx, bar: bars_of.append((bar.asset, bar.session.day)),
    )  # fmt: skip
    outcome(
        days(**prices), options, on_start=on_start,
        on_slice=lambda self, ctx, bars: slices_of.append((ctx.session.day, sorted(bars))),
    )  # fmt: skip
    return bars_of, slices_of


WARM_UP: dict[str, tuple[dict[str, Any] | None, dict[str, Any], list[Any], list[Any]]] = {
    "each asset when its streams have a value": (
        None, {"A": [1, 2, 3], "B": [None, 5, 6]},
        [("A", 2), ("A", 3), ("B", 3)], [(2, ["A"]), (3, ["A", "B"])],
    ),
    "a gap does not count": (
        None, {"A": [1, 2, 3], "B": [4, None, 6]},
        [("A", 2), ("A", 3), ("B", 3)], [(2, ["A"]), (3, ["A", "B"])],
    ),
    "turned off": (
        {"warmup": False}, {"A": [1, 2], "B": [None, 5]},
        [("A", 1), ("A", 2), ("B", 2)], [(1, ["A"]), (2, ["A", "B"])],
    ),
    "bars before start warm up": (
        {"start": "2024-01-03"}, {"A": [1, 2, 3], "B": [None, 5, 6]},
        [("A", 3), ("B", 3)], [(3, ["A", "B"])],
    ),
    "never warm": (None, {"A": [1]}, [], []),
}  # fmt: skip


@pytest.mark.parametrize(("options", "prices", "bars_of", "slices_of"), WARM_UP.values(), ids=WARM_UP)
def test_warm_up(options: Any, prices: Any, bars_of: list[Any], slices_of: list[Any]) -> None:
    assert gated(options, **prices) == (bars_of, slices_of)


def test_equity_has_rows_while_streams_warm_up() -> None:
    run = outcome(days(A=[1, 2, 3]), on_start=lambda self, ctx: ctx.watch(ta.sma(3)), on_bar=lambda *_: None)
    assert run.equity["session"].dt.day().to_list() == [1, 2, 3]


def test_the_order_of_hooks_in_a_slice() -> None:
    """Fills and refusals in the order of their events, then bars, timers and the end."""
    told: list[str] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        told.append("start")
        ctx.schedule(lambda ctx: told.append("timer"), every="1d")

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        told.append(f"bar {bar.asset}")
        if bar.session.day == 1 and bar.asset == "A":
            ctx.buy("B", 1000)  # 5,000 USD: denied at the open
            ctx.buy("A", 3)
            ctx.sell("B", 1)  # nothing held and a buy working: it waits, and is canceled at the open

    outcome(
        days(A=[10, 11], B=[5, 5]),
        on_start=on_start,
        on_bar=on_bar,
        on_fill=lambda self, ctx, fill: told.append(f"fill {fill.asset}"),
        on_reject=lambda self, ctx, order: told.append(f"reject {order.asset}"),
        on_end=lambda self, ctx: told.append("end"),
    )
    first, second = ["bar A", "bar B", "timer"], ["fill A", "reject B", "bar A", "bar B", "timer"]
    assert told == ["start", *first, *second, "end"]


def test_what_on_fill_is_told() -> None:
    """3 A at the open of the second day, 11 with 10 bps of slippage: 11.011; fee 5 bps of 33.033."""
    told: list[Any] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if not ctx.positions:
            ctx.buy("A", 3)

    def on_fill(self: Any, ctx: wb.Context, fill: wb.Fill) -> None:
        told.append((fill, ctx.now, ctx.position("A").quantity))

    costs = {"slippage": wb.slippage.bps(10), "fees": wb.fees.bps(5)}
    outcome(days(A=[10, 11, 12]), costs, on_bar=on_bar, on_fill=on_fill)
    ((fill, now, held),) = told
    assert (fill.order, fill.asset, fill.time, fill.side, fill.moment) == (1, "A", at(2), "buy", "open")
    assert (fill.quantity, fill.price, fill.reference, fill.value) == (3.0, 11.011, 11.0, 33.033)
    assert (fill.fee, fill.slippage, now, held) == (0.0165165, 0.033, at(3), 3.0)
    assert fill.exact == tuple(map(Decimal, ("3", "11.011", "11", "33.033", "0.0165165", "0.033")))
    assert repr(fill) == "Fill(order #1: buy 3 A at 11.011, fee 0.0165165)"


def test_what_on_reject_is_told() -> None:
    """100 A at 11 cost 1,100 of 1,000 USD."""
    told: list[Any] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if bar.session.day == 1:
            ctx.buy("A", 100)

    outcome(days(A=[10, 11]), on_bar=on_bar, on_reject=lambda self, ctx, order: told.append((order, ctx.now)))
    ((order, now),) = told
    assert (order.id, order.asset, order.status, order.reason, now) == (1, "A", "DENIED", "cash", at(3))
    assert (order.quantity, order.filled, order.allowed, order.actual) == (100.0, 0.0, 1000.0, 1100.0)
    assert repr(order) == "Order(#1 buy 100 A market: DENIED (cash))"


def test_an_order_of_on_fill_is_live_from_the_next_open() -> None:
    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if bar.session.day == 1:
            ctx.buy("A", 5)

    def on_fill(self: Any, ctx: wb.Context, fill: wb.Fill) -> None:
        if fill.side == "buy":
            ctx.sell(fill.asset, fill.quantity)

    run = outcome(days(A=[10, 11, 12]), on_bar=on_bar, on_fill=on_fill)
    assert run.fills.select("side", "time", "price").rows() == [("buy", at(2), 11.0), ("sell", at(3), 12.0)]


def recorded(**hooks: Any) -> pl.DataFrame:
    return outcome(days(A=[10, 11, 12]), **hooks).recorded


def test_records_are_rows_with_holes() -> None:
    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if bar.session.day != 2:
            ctx.record(close=bar.close, text="1.5")
        if bar.session.day == 1:
            ctx.record(close=Decimal("0.25"), gap=None)

    frame = recorded(on_bar=on_bar, on_end=lambda self, ctx: ctx.record(end=np.float32(0.5)))
    assert frame.schema == {
        "time": pl.Datetime("us", "UTC"), "close": pl.Float64, "end": pl.Float64, "gap": pl.Float64, "text": pl.Float64
    }  # fmt: skip
    assert frame.rows() == [(at(2), 0.25, None, None, 1.5), (at(4), 12.0, 0.5, None, 1.5)]


def test_nothing_recorded_is_an_empty_frame() -> None:
    frame = recorded(on_bar=lambda self, ctx, bar: ctx.record())
    assert (frame.height, frame.columns) == (0, ["time"])


# Every way to ask for something, tried where it cannot be asked.
ASKS: dict[str, Callable[[wb.Context], object]] = {
    "buy": lambda ctx: ctx.buy("A", 1),
    "sell": lambda ctx: ctx.sell("A", 1),
    "target": lambda ctx: ctx.target("A", quantity=1),
    "rebalance": lambda ctx: ctx.rebalance({"A": 1}),
    "flatten": lambda ctx: ctx.flatten(),
    "cancel": lambda ctx: ctx.cancel(),
}
MOMENTS = {
    "on_start": "in on_start there is no market yet; ask from on_bar on",
    "on_end": "in on_end the market is closed; only record works there",
    "after the run": "this context is a picture of a finished run; it cannot trade",
    "run.at": "this context is a picture of a finished run; it cannot trade",
}


def late(run: wb.Run, kept: list[Any], moment: str, ask: Any) -> None:
    ask(run.at("2024-01-02") if moment == "run.at" else kept[0])


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_orders_are_asked_in_callbacks_only(ask: Any, moment: str) -> None:
    kept: list[Any] = []
    hooks: dict[str, Any] = {"on_bar": lambda self, ctx, bar: kept.append(ctx)}
    if moment.startswith("on_"):
        hooks[moment] = lambda self, ctx: ask(ctx)
    with pytest.raises(ContextError) as refused:
        late(outcome(days(A=[10, 11]), **hooks), kept, moment, ask)
    assert str(refused.value) == f"orders cannot be asked for now: {MOMENTS[moment]}"


def test_a_finished_run_takes_no_more_records() -> None:
    kept: list[Any] = []
    run = outcome(days(A=[10, 11]), on_bar=lambda self, ctx, bar: kept.append(ctx))
    for ctx in (kept[0], run.at("2024-01-01")):
        with pytest.raises(ContextError, match="record keeps what a callback sees"):
            ctx.record(x=1)
    assert run.recorded.is_empty()


def test_a_context_of_the_past_still_reads() -> None:
    kept: list[Any] = []
    outcome(days(A=[10, 11]), on_bar=lambda self, ctx, bar: kept.append(ctx))
    assert (kept[0].now, kept[0].equity, list(kept[0].history("A", 2))) == (at(3), 1000.0, [10.0, 11.0])


def failing(self: Any, ctx: wb.Context, *_: Any) -> None:
    raise ZeroDivisionError("mine")


def buying(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
    ctx.buy("B", 2)
    ctx.buy("B", 10_000)


NOTES = {
    "on_bar": ("workbench: in on_bar at the bar of A that closed 2024-01-02 00:00:00+00:00", {"on_bar": failing}),
    "on_slice": ("workbench: in on_slice at the bar that closed 2024-01-02 00:00:00+00:00", {"on_slice": failing}),
    "on_end": (
        "workbench: in on_end at the bar that closed 2024-01-03 00:00:00+00:00",
        {"on_end": failing, "on_bar": lambda *_: None},
    ),
    "on_fill": (
        "workbench: in on_fill at the bar of B that closed 2024-01-03 00:00:00+00:00",
        {"on_bar": buying, "on_fill": failing},
    ),
    "on_reject": (
        "workbench: in on_reject at the bar of B that closed 2024-01-03 00:00:00+00:00",
        {"on_bar": buying, "on_reject": failing},
    ),
}


@pytest.mark.parametrize(("note", "hooks"), NOTES.values(), ids=NOTES)
def test_an_exception_comes_out_as_itself(note: str, hooks: dict[str, Any]) -> None:
    with pytest.raises(ZeroDivisionError, match="mine") as raised:
        outcome(days(A=[10, 11], B=[5, 5]), **hooks)
    assert raised.value.__notes__ == [note]
    last = traceback.extract_tb(raised.value.__traceback__)[-1]
    assert (last.name, last.line) == ("failing", 'raise ZeroDivisionError("mine")')


def test_an_exception_of_on_start_has_no_bar() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        outcome(days(A=[10]), on_start=failing)
    assert not hasattr(raised.value, "__notes__")
    assert traceback.extract_tb(raised.value.__traceback__)[-1].name == "failing"


class Mine(Exception):
    """An exception with a shape of its own."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code)
        self.reason = reason


def test_an_exception_of_any_shape_stays_whole() -> None:
    given = Mine(5, "because")

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        raise given from KeyError("cause")

    with pytest.raises(Mine) as raised:
        outcome(days(A=[10]), on_bar=on_bar)
    assert raised.value is given
    assert isinstance(raised.value.__cause__, KeyError)


# What a number at the door becomes, on steps of 0.1: nearest decimal of a float, then toward zero.
NUMBERS: dict[str, tuple[Any, str]] = {
    "int": (3, "3"),
    "text": ("0.7", "0.7"),
    "text with an exponent": ("1e1", "10"),
    "Decimal": (Decimal("1.2"), "1.2"),
    "float": (0.7, "0.7"),
    "float a hair above its step": (0.1 + 0.2, "0.3"),
    "float a hair below its step": (1.1 * 1.1 * 100 / 121 - 0.7, "0.3"),
    "float between steps": (0.38, "0.3"),
    "numpy int64": (np.int64(4), "4"),
    "numpy int8": (np.int8(4), "4"),
    "numpy float64": (np.float64(0.7), "0.7"),
    "numpy float32 is its own decimal": (np.float32(0.7), "0.7"),
    "polars value": (pl.Series([0.7])[0], "0.7"),
}


def fractions() -> wb.Bars:
    """Two days of A, which trades in steps of 0.1 and has prices of two digits."""
    price = [10.0, 10.0]
    columns = {"date": [date(2024, 1, 1), date(2024, 1, 2)], "open": price, "high": price, "low": price, "close": price}
    return wb.Bars.from_frame(pl.DataFrame(columns), "A", price_digits=2, quantity_digits=1)


@pytest.mark.parametrize(("given", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_at_the_door(given: Any, expected: str) -> None:
    seen: list[Decimal] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if not seen:
            seen.append(ctx.buy("A", given).exact.quantity)

    run = outcome(fractions(), on_bar=on_bar)
    assert str(seen[0]) == expected
    assert run.exact.fills["quantity"].to_list() == [Decimal(expected)]


BAD: dict[str, tuple[Any, str]] = {
    "NaN": (float("nan"), "quantity must be finite, got NaN; check the calculation it comes from"),
    "inf": (float("inf"), "quantity must be finite, got inf; check the calculation it comes from"),
    "numpy NaN": (np.float64("nan"), "quantity must be finite, got NaN; check the calculation it comes from"),
    "True": (True, 'quantity must be a number, got True (bool); give 100, 0.5, "0.1" or a Decimal'),
    "numpy True": (np.True_, 'quantity must be a number, got np.True_ (bool); give 100, 0.5, "0.1" or a Decimal'),
    "words": ("ten", "quantity must be a number, got 'ten' (str); give 100, 0.5, \"0.1\" or a Decimal"),
    "Decimal NaN": (Decimal("NaN"), "quantity must be a number, got Decimal('NaN') (Decimal)"),
    "complex": (1j, "quantity must be a number, got 1j (complex)"),
    "a list": ([1], "quantity must be a number, got [1] (list)"),
    "float32 inf": (np.float32("inf"), "quantity must be a number, got np.float32(inf) (float32)"),
}
CALLS: dict[str, Callable[[wb.Context, Any], object]] = {
    "buy": lambda ctx, given: ctx.buy("A", given),
    "sell": lambda ctx, given: ctx.sell("A", given),
    "target": lambda ctx, given: ctx.target("A", quantity=given),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(("given", "message"), BAD.values(), ids=BAD)
def test_what_is_no_number(call: Any, given: Any, message: str) -> None:
    seen: list[str] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        with pytest.raises(NumberError) as refused:
            call(ctx, given)
        seen.append(str(refused.value))

    assert outcome(fractions(), on_bar=on_bar).orders.is_empty()
    assert seen[0].startswith(message)


@pytest.mark.parametrize("given", [10**31, "1e31", Decimal(10) ** 31, 1e31], ids=["int", "text", "Decimal", "float"])
def test_a_quantity_beyond_the_exact_range(given: Any) -> None:
    with pytest.raises(RangeError) as refused:
        outcome(fractions(), on_bar=lambda self, ctx, bar: ctx.buy("A", given))
    assert "is beyond the exact range of +-(10^38 - 1)" in str(refused.value)


def test_session_of_a_slice_of_two_markets() -> None:
    """A slice has the latest session of its bars; its time is their common close."""
    seen: list[Any] = []
    outcome(days(A=[1, 2], B=[3, 4]), on_slice=lambda self, ctx, bars: seen.append((ctx.now, ctx.session, list(bars))))
    both = ["A", "B"]
    second = datetime(2024, 1, 3, tzinfo=UTC)
    assert seen == [(at(2), date(2024, 1, 1), both), (second, date(2024, 1, 2), both)]


def test_no_two_orders_share_an_id_though_the_run_is_over() -> None:
    ids: list[int] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if bar.asset == "A" and bar.session.day == 2:
            ctx.buy("A", 1)

    def on_fill(self: Any, ctx: wb.Context, fill: Any) -> None:
        ctx.target("A", quantity=3)
        ids.append(ctx.buy("B", 1).id)

    run = outcome(days(A=[10, 11], B=[10, 11]), {"fill": "same_close"}, on_bar=on_bar, on_fill=on_fill)
    assert run.orders.sort("order").select("order", "asset").rows() == [(1, "A"), (ids[0], "B"), (3, "A")]
