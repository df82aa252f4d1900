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

    def on_start(self, ctx: wb.Context) -> None:
        entry, leave = self.rules.entry, self.rules.exit
        self.enters = None if entry is None else ctx.watch(entry)
        self.leaves = None if leave is None else ctx.watch(leave)

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        asset = bar.asset
        enters = self.enters is not None and bool(self.enters.get(asset))
        leaves = self.leaves is not None and bool(self.leaves.get(asset))
        own = [order for order in ctx.open_orders if order.asset == asset and order.parent is None]
        if any(order.side == "sell" for order in own):
            return
        if ctx.position(asset) or own:
            if leaves:
                ctx.target(asset, quantity=0)
        elif enters and not leaves:
            ctx.target(asset, **self.size(ctx), **self.protection())

    def size(self, ctx: wb.Context) -> dict[str, Any]:
        """How much an entry is for."""
        if self.rules.all_in:
            return {"all_in": True}
        if self.rules.quantity is not None:
            return {"quantity": self.rules.quantity}
        return {"weight": 1 / len(ctx.assets) if self.rules.weight is None else self.rules.weight}

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
    return make(signals), make(Ruled(rules=signals))


def assert_alike(one: wb.Run, other: wb.Run) -> None:
    """Every frame and both hashes are the same."""
    for name in FRAMES:
        assert getattr(one, name).equals(getattr(other, name)), name
    assert (one.journal_hash, one.state_hash) == (other.journal_hash, other.state_hash)
    assert one.final_equity == other.final_equity
