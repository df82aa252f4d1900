"""Slices and sessions as a strategy meets them: what is known when it is called, and what a session's end ends.

The one idea: each test is a sentence of the rules that shows in what a callback reads or in how an order is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hand_made import at, days, minutes, outcome

import workbench as wb


def test_no_callback_sees_a_half_processed_slice() -> None:
    """Whichever asset is told first, the marks, fills and equity of all are those after the slice."""
    seen: list[Any] = []

    def on_bar(self: object, ctx: wb.Context, bar: wb.Bar) -> None:
        held = {name: (ctx.position(name).quantity, ctx.position(name).price) for name in "AB"}
        seen.append((bar.asset, held["A"], held["B"], ctx.equity))
        if ctx.now == at(2) and bar.asset == "A":
            ctx.buy("A", 10)
            ctx.buy("B", 10)

    outcome(days(A=[10, (10, 12, 10, 12)], B=[20, (20, 25, 20, 25)]), {}, on_bar=on_bar)
    assert seen == [
        ("A", (0, 10), (0, 20), 1000),
        ("B", (0, 10), (0, 20), 1000),
        ("A", (10, 12), (10, 25), 1070),
        ("B", (10, 12), (10, 25), 1070),
    ]


def test_flatten_leaves_no_dust() -> None:
    """0.1 + 0.2 is 0.30000000000000004 in floats; what is sold is 0.3."""
    asks = {at(2): lambda ctx: [ctx.buy("A", 0.1), ctx.buy("A", 0.2)], at(3): lambda ctx: ctx.flatten("A")}

    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        asks.get(ctx.now, lambda ctx: None)(ctx)

    coin = wb.Asset("A", price_digits=2, quantity_digits=8, quantity_step="0.00000001")
    frame = days(A=[10, 10, 10]).frame.drop("session")
    left: list[bool] = []
    bars = wb.Bars.from_frame(frame, assets=[coin], every="1d")
    run = outcome(bars, {}, on_slice=on_slice, on_end=lambda self, ctx: left.append(bool(ctx.position("A"))))
    assert run.exact.fills["quantity"].to_list() == [Decimal("0.1"), Decimal("0.2"), Decimal("0.3")]
    assert left == [False]


def test_a_reduction_makes_an_order_smaller_and_says_why() -> None:
    """15 are asked of 10 held: reduced to the holding, and filled."""

    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        asks: dict[Any, Callable[[], object]] = {at(2): lambda: ctx.buy("A", 10), at(3): lambda: ctx.sell("A", 15)}
        asks.get(ctx.now, lambda: None)()

    run = outcome(days(A=[10, 10, 10]), {}, on_slice=on_slice)
    assert run.orders.select("quantity", "filled", "status", "reason").rows()[1] == (10, 10, "FILLED", "holding")


HALF_DAY = datetime(2024, 7, 3, 13, 30, tzinfo=UTC)  # it closes at 17:00
AFTER = datetime(2024, 7, 5, 13, 30, tzinfo=UTC)
ASKS: dict[str, tuple[Callable[[wb.Context], object], str]] = {
    "a day": (lambda ctx: ctx.buy("A", 1, limit=5, tif="DAY"), "EXPIRED"),
    "an auction at the close": (lambda ctx: ctx.buy("A", 1, on="close"), "CANCELED"),
}


@pytest.mark.parametrize(("ask", "status"), ASKS.values(), ids=ASKS)
def test_a_half_day_whose_last_bar_is_missing_ends_before_the_next_open(
    ask: Callable[[wb.Context], object], status: str
) -> None:
    """The bar from 16:30 is missing; the 4th of July is no session, so the next Open is on the 5th."""
    opened = [HALF_DAY + timedelta(minutes=30 * place) for place in range(6)]

    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        if ctx.now == HALF_DAY + timedelta(minutes=30):
            ask(ctx)

    run = outcome(minutes([*opened, AFTER], "30m", "XNYS"), {}, on_slice=on_slice)
    assert run.fills.is_empty()
    assert run.orders.select("status", "ended").rows() == [(status, AFTER)]


def test_what_is_asked_after_the_close_of_a_half_day_is_for_the_session_after_the_holiday() -> None:
    """The order for the day works through the 5th, which closes at 20:00; its last bar is there."""
    opened = [HALF_DAY + timedelta(hours=3), *(AFTER + timedelta(minutes=30 * place) for place in range(13))]

    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        if ctx.now == HALF_DAY + timedelta(hours=3, minutes=30):
            ctx.buy("A", 1, limit=5, tif="DAY")
            ctx.buy("A", 1, on="close")

    run = outcome(minutes(opened, "30m", "XNYS"), {}, on_slice=on_slice)
    close = datetime(2024, 7, 5, 20, tzinfo=UTC)
    assert run.orders.select("status", "ended").rows() == [("EXPIRED", close), ("FILLED", close)]
