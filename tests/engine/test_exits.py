"""What a strategy sees of managed exits, and what a saved run brings back of them.

The one idea: prices and fills are the business of the worked cases; here it is what is shown, told, saved and drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hand_made import at, days, outcome

import workbench as wb

RISING = [10, 10, (10, 11, 10, 11), (11, 12, 10.5, 11.5), 11.5]
ASKS: dict[str, Mapping[str, Any]] = {
    "stop": {"stop_loss": 9},
    "stop part": {"stop_loss_pct": "0.123"},
    "trail": {"trailing_stop": 1.5},
    "trail part, break even": {"trailing_stop_pct": "0.2", "break_even": "0.75"},
    "break even part": {"stop_loss": 9, "break_even_pct": 0.2},
    "target": {"take_profit": 12.5},
    "target part": {"take_profit_pct": 0.3},
    "targets": {"stop_loss": 8, "take_profit": [(11, 0.4), ("12.25", "0.25")]},
    "targets parts": {"take_profit_pct": ((0.1, 0.4), (0.2, 0.6))},
}


@pytest.mark.parametrize("options", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("call", ["buy", "protect"])
def test_recorded_words_rebuild_the_orders(call: str, options: Mapping[str, Any], tmp_path: Path) -> None:
    """What works at each slice is the same in the run, after a save and a load, without the strategy."""
    seen: dict[Any, list[str]] = {}

    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        seen[ctx.now] = [repr(order) for order in ctx.open_orders]
        if ctx.now == at(2):
            ctx.buy("A", 10, **(options if call == "buy" else {}))
        if ctx.now == at(3) and call == "protect":
            ctx.protect("A", **options)

    run = outcome(days(A=RISING), {}, on_slice=on_slice)
    assert any(seen.values())
    again = wb.load(run.save(tmp_path / "run"))
    assert {time: [repr(order) for order in again.at(time).open_orders] for time in seen} == seen


def test_what_is_seen_of_protection() -> None:
    """Asked when the entry is told; stop and targets are linked, have no parent, and replace each other."""
    told: list[Any] = []

    def on_fill(self: object, ctx: wb.Context, fill: wb.Fill) -> None:
        told.append((fill.side, fill.quantity, fill.price))
        if fill.side == "buy":
            ctx.protect("A", stop_loss=9, break_even=1, take_profit=[(11, 0.5)])

    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        if ctx.now == at(2):
            ctx.buy("A", 10, stop_loss=8)

    run = outcome(days(A=[10, 10, (10, 11, 10, 11), (11, 11, 9.9, 10)]), {}, on_slice=on_slice, on_fill=on_fill)
    assert told == [("buy", 10, 10), ("sell", 5, 11), ("sell", 5, 10)]
    columns = ("order", "parent", "origin", "type", "stop", "limit", "quantity", "status", "reason")
    assert run.orders.select(columns).rows() == [
        (1, None, "order", "market", None, None, 10, "FILLED", None),
        (2, 1, "bracket", "stop", 8, None, 10, "CANCELED", "replaced"),
        (3, None, "protect", "stop", 10, None, 5, "FILLED", "oco"),
        (4, None, "protect", "limit", None, 11, 5, "FILLED", None),
    ]


def test_nothing_to_protect_is_told() -> None:
    told: list[Any] = []

    def on_reject(self: object, ctx: wb.Context, order: wb.Order) -> None:
        told.append((order.side, order.quantity, order.reason))

    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        if ctx.now == at(2):
            ctx.protect("A", stop_loss=9, take_profit=12)

    run = outcome(days(A=[10, 10]), {}, on_slice=on_slice, on_reject=on_reject)
    assert told == [("sell", 0, "nothing_to_reduce")]
    assert [notice.kind for notice in run.notices] == ["denied"]


def test_a_stop_that_has_moved_is_in_the_journal() -> None:
    """Two runs that differ in nothing but a move of a stop that never trades."""
    journals = []
    for gain in (0.5, 5):

        def on_slice(self: object, ctx: wb.Context, bars: object, gain: float = gain) -> None:
            if ctx.now == at(2):
                ctx.buy("A", 10, stop_loss=9, break_even=gain)

        run = outcome(days(A=[10, 10, 11, 11]), {}, on_slice=on_slice)
        journals.append((run.orders["stop"].to_list(), run.journal_hash))
    (moved, first), (still, second) = journals
    assert (moved, still) == ([None, 10], [None, 9])
    assert first != second


def late(**options: Any) -> wb.Run:
    """Ten buys of one unit, one a day, each of them on its way for up to three days."""

    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        ctx.buy("A", 1)

    return outcome(days(A=[10] * 14), {"latency": (0, 3 * 86_400), **options}, on_slice=on_slice)


def test_latency_is_drawn_from_the_seed(tmp_path: Path) -> None:
    run = late(seed=3)
    assert run.spec["latency"] == [0, 259_200]
    assert run.journal_hash == late(seed=3).journal_hash != late(seed=4).journal_hash
    again = wb.load(run.save(tmp_path / "run"))
    assert again.spec == run.spec
    assert again.at("2024-01-10").exact == run.at("2024-01-10").exact


def test_a_later_order_may_overtake_an_earlier_one() -> None:
    """Live times lie up to three days apart: fills do not come in the order of asking."""
    orders = late(seed=3).fills["order"].to_list()
    assert orders != sorted(orders)
    assert all(fill["order"] == number for number, fill in enumerate(late(latency=0).fills.to_dicts(), 1))
