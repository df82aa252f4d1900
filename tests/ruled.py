"""Signals written out as a callback: the slow and obvious reading, which the core must equal to the digit.

The one idea: everything is asked of the context at each bar. Nothing is shared with the core but the rules, the size
and what protects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import workbench as wb

__all__ = ["Ruled", "assert_alike", "both"]

FRAMES = ("fills", "orders", "equity", "trades", "ledger", "commands")


class Ruled(wb.Strategy):
    """The rules of some signals, as `on_bar`."""

    rules: wb.Signals

    has_shorts: bool = False

    def on_start(self, ctx: wb.Context) -> None:
        given = {name: getattr(self.rules, name) for name in ("entry", "exit", "short_entry", "short_exit")}
        self.watched = {name: ctx.watch(rule) for name, rule in given.items() if rule is not None}

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        holds = {name: bool(stream.get(bar.asset)) for name, stream in self.watched.items()}
        long = holds.get("entry", False) and not holds.get("exit", False)
        short = holds.get("short_entry", False) and not holds.get("short_exit", False)
        wanted, side = long - short, self.side(ctx, bar.asset)
        if side is None:
            return
        if wanted and wanted != side:
            ctx.target(bar.asset, **self.size(ctx, wanted), **self.protection())
        elif holds.get({1: "exit", -1: "short_exit", 0: ""}[side], False):
            ctx.target(bar.asset, quantity=0)

    def side(self, ctx: wb.Context, asset: str) -> int | None:
        """That of the position, else of what works to open one; None while a position is being closed."""
        own = {order.side for order in ctx.open_orders if order.asset == asset and order.origin == "target"}
        held = ctx.position(asset).quantity
        if held:
            side = 1 if held > 0 else -1
            return None if {1: "sell", -1: "buy"}[side] in own else side
        if "sell" in own:
            return -1 if self.has_shorts and "buy" not in own else None
        return 1 if own else 0

    def size(self, ctx: wb.Context, side: int) -> dict[str, Any]:
        """How much an entry is for."""
        if self.rules.all_in:
            return {"all_in": True}
        if self.rules.quantity is not None:
            return {"quantity": side * self.rules.quantity}
        return {"weight": side * (1 / len(ctx.assets) if self.rules.weight is None else self.rules.weight)}

    def protection(self) -> dict[str, Any]:
        """What protects it, by the names that orders have for it."""
        given = {
            "stop_loss_pct": self.rules.stop_loss_pct,
            "take_profit_pct": self.rules.take_profit_pct,
            "trailing_stop_pct": self.rules.trail_pct,
        }
        return {name: value for name, value in given.items() if value is not None}


def both(signals: wb.Signals, bars: wb.Bars, options: dict[str, Any]) -> tuple[wb.Run, wb.Run]:
    """The run by signals, and that of the callback."""
    make: Callable[[wb.Strategy], wb.Run] = lambda strategy: wb.Backtest(strategy, bars, **options).run(progress=False)  # noqa: E731
    return make(signals), make(Ruled(rules=signals, has_shorts=options.get("account") is not None))


def assert_alike(one: wb.Run, other: wb.Run) -> None:
    """Every frame and both hashes are the same."""
    for name in FRAMES:
        assert getattr(one, name).equals(getattr(other, name)), name
    assert (one.journal_hash, one.state_hash) == (other.journal_hash, other.state_hash)
    assert one.final_equity == other.final_equity
