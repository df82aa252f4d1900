"""Commands in words: every kind of command a strategy can give, and what two runs did not decide alike."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hand_made import days, outcome

import workbench as wb
from workbench.engine.simulation import COMMANDS
from workbench.research.decisions import changed, decisions

ASSETS = ["A", "B"]
BARS = days(A=[10, 11, 12], B=[20, 21, 22])
Ask = Callable[[wb.Context], object]

# What is asked in the second slice, with 10 of A held since the first, and how it reads.
ASKED: dict[str, tuple[Ask, list[tuple[str | None, str]]]] = {
    "an order": (lambda ctx: ctx.buy("B", 3), [("B", "buy 3")]),
    "a limit order": (lambda ctx: ctx.buy("A", 3, limit=9), [("A", "buy 3 limit=9")]),
    "a day order": (lambda ctx: ctx.sell("A", 3, tif="DAY"), [("A", "sell 3 day")]),
    "a bracket": (lambda ctx: ctx.buy("B", 2, stop_loss_pct=0.1), [("B", "buy 2 stop loss pct=0.1")]),
    "a target": (lambda ctx: ctx.target("A", weight=0.5), [("A", "target weight 0.5")]),
    "all in": (lambda ctx: ctx.target("B", all_in=True), [("B", "target all in")]),
    "a rebalance": (
        lambda ctx: ctx.rebalance({"A": 0.1, "B": 0.2}), [("A", "rebalance to 0.1"), ("B", "rebalance to 0.2")]),
    "a rebalance within a band": (
        lambda ctx: ctx.rebalance({"B": 0.2}, band=0.05), [("B", "rebalance to 0.2 within 0.05")]),
    "out of all": (lambda ctx: ctx.rebalance({}), [(None, "rebalance to nothing")]),
    "flatten": (lambda ctx: ctx.flatten("A"), [("A", "flatten")]),
    "a cancel": (lambda ctx: ctx.cancel(ctx.open_orders[0]), [(None, "cancel order 2")]),
    "two in a row": (lambda ctx: (ctx.buy("B", 1), ctx.buy("B", 2)), [("B", "buy 1; buy 2")]),
    "protection": (lambda ctx: ctx.protect("A", stop_loss_pct=0.1), [("A", "protect stop loss pct=0.1")]),
}  # fmt: skip


@pytest.mark.parametrize(("ask", "told"), ASKED.values(), ids=ASKED)
def test_commands_read(ask: Ask, told: list[tuple[str | None, str]]) -> None:
    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        if ctx.now == BARS.frame["time"][0]:
            ctx.buy("A", 10)
            ctx.buy("A", 1, limit=1)
        elif ctx.now == BARS.frame["time"][1]:
            ask(ctx)

    run = outcome(BARS, on_slice=on_slice)
    table = decisions(run.commands.filter(pl.col("slice") == 2), ASSETS)
    assert table.select("asset", "decided").rows() == told


def commands(*rows: tuple[int, str, list[str]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), COMMANDS, orient="row")


FLAT_A, FLAT_B = ("flatten", ["0"]), ("flatten", ["1"])
PAIRS: dict[str, tuple[pl.DataFrame, pl.DataFrame, list[tuple[int, str | None, str | None, str | None]]]] = {
    "the same": (commands((1, *FLAT_A)), commands((1, *FLAT_A)), []),
    "one is missing": (commands((1, *FLAT_A)), commands(), [(1, "A", "flatten", None)]),
    "one is more": (commands(), commands((1, *FLAT_A)), [(1, "A", None, "flatten")]),
    "another asset": (
        commands((1, *FLAT_A)), commands((1, *FLAT_B)), [(1, "A", "flatten", None), (1, "B", None, "flatten")]),
    "twice": (commands((1, *FLAT_A)), commands((1, *FLAT_A), (1, *FLAT_A)), [(1, "A", "flatten", "flatten; flatten")]),
    "after what is compared": (commands((5, *FLAT_A)), commands(), []),
    "the rest of a slice is no finding": (
        commands((1, *FLAT_A), (1, *FLAT_B)), commands((1, *FLAT_B)), [(1, "A", "flatten", None)]),
    "without an asset": (
        commands((2, "cancel", ["7"])),
        commands((2, "cancel", ["8"])),
        [(2, None, "cancel order 7", "cancel order 8")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("full", "cut", "told"), PAIRS.values(), ids=PAIRS)
def test_what_changed(full: pl.DataFrame, cut: pl.DataFrame, told: list[tuple[object, ...]]) -> None:
    assert changed(full, cut, 4, ASSETS).rows() == told
