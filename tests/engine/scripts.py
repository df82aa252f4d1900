"""The commands of a case as the strategy that asks for them.

The one idea: a script asks for the commands of the k-th Close time in its k-th `on_slice`; of a portfolio each member
has a script of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from twin import Brink, instant

import workbench as wb
from workbench.errors import OrderError

__all__ = ["HAS_BOOKS", "Seen", "script"]

Json = Mapping[str, Any]
# Cases of several strategies are run, and drawn, as soon as there are portfolios.
HAS_BOOKS = hasattr(wb, "Portfolio")


@dataclass
class Seen:
    """What the script notes: the names of the orders it asked for, what worked in each slice, what each held last.

    `brinks` are the liquidation prices of what was held in each slice.
    """

    ids: dict[int, str] = field(default_factory=dict)
    working: dict[datetime, set[int]] = field(default_factory=dict)
    shares: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    brinks: list[Brink] = field(default_factory=list)

    @property
    def held(self) -> dict[str, Decimal]:
        """By asset, whoever holds it."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for asset, quantity in (item for own in self.shares.values() for item in own.items()):
            sums[asset] += quantity
        return dict(sums)


def script(case: Json, seen: Seen) -> Any:
    """The strategy of a case: one that asks for all of its commands, or a portfolio of one for each book."""
    books = case["config"].get("books")
    if not books:
        return _strategy(case["commands"], seen, "")
    members = books["members"]
    own = {name: [command for command in case["commands"] if command["book"] == name] for name in members}
    strategies = {name: _strategy(commands, seen, name) for name, commands in own.items()}
    named = isinstance(members, Mapping)
    given = {"weights": {name: Decimal(weight) for name, weight in members.items()}} if named else {}
    given |= {key: books[key] for key in ("allocation", "rebalance", "lookback") if key in books}
    return wb.Portfolio(strategies, **given)


def _strategy(commands: list[Json], seen: Seen, name: str) -> wb.Strategy:
    desk = _Desk(seen)

    class Script(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            self._slice = 0

        def on_slice(self, ctx: wb.Context, bars: Mapping[str, wb.Bar]) -> None:
            seen.working.setdefault(ctx.now, set()).update(order.id for order in ctx.open_orders)
            for asset in ctx.assets:
                if (price := ctx.position(asset).exact.liquidation_price) is not None:
                    seen.brinks.append(Brink(ctx.now, str(asset), price))
            for command in commands:
                if command["after"] == self._slice:
                    desk.ask(ctx, command)
            self._slice += 1

        def on_end(self, ctx: wb.Context) -> None:
            seen.shares[name] = {str(asset): ctx.position(asset).exact.quantity for asset in ctx.assets}

    return Script()


class _Desk:
    """Turns commands into calls of the context; keeps the orders, so that they can be canceled."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.orders: dict[str, Any] = {}

    def ask(self, ctx: wb.Context, command: Json) -> None:
        getattr(self, command["do"])(ctx, command)

    def order(self, ctx: wb.Context, command: Json) -> None:
        try:
            order = _order(ctx, command)
        except OrderError:  # what the door refuses makes no order in the twin either
            return
        self.orders[command["id"]], self.seen.ids[order.id] = order, command["id"]

    def cancel(self, ctx: wb.Context, command: Json) -> None:
        if command["id"] is None:
            ctx.cancel(asset=command["asset"])
        elif command["id"] in self.orders:
            ctx.cancel(self.orders[command["id"]])

    def protect(self, ctx: wb.Context, command: Json) -> None:
        with suppress(OrderError):
            ctx.protect(command["asset"], **_protection(command))

    def flatten(self, ctx: wb.Context, command: Json) -> None:
        ctx.flatten(command["asset"])

    def rebalance(self, ctx: wb.Context, command: Json) -> None:
        ctx.rebalance(command["weights"], band=command["band"])

    def target(self, ctx: wb.Context, command: Json) -> None:
        ctx.target(command["asset"], **{key: value for key, value in command.items() if key in SIZES})


SIZES = ("quantity", "weight", "value", "all_in")
OPTIONS = {
    "limit": "limit",
    "stop": "stop",
    "trail_amount": "trail",
    "trail_fraction": "trail_pct",
    "tif": "tif",
    "until": "until",
    "oco": "oco",
    "post_only": "post_only",
    "reduce_only": "reduce_only",
}
EXITS = {
    "stop": "stop_loss",
    "stop_part": "stop_loss_pct",
    "target": "take_profit",
    "target_part": "take_profit_pct",
    "targets": "take_profit",
    "targets_part": "take_profit_pct",
    "trail": "trailing_stop",
    "trail_part": "trailing_stop_pct",
    "even": "break_even",
    "even_part": "break_even_pct",
}
AUCTIONS = {"moo": "open", "loo": "open", "moc": "close", "loc": "close"}


def _order(ctx: wb.Context, command: Json) -> wb.Order:
    options = {OPTIONS[key]: value for key, value in command.items() if key in OPTIONS}
    options |= _protection(command)
    if "until" in options:
        options["until"] = instant(options["until"])
    if command["type"] in AUCTIONS:
        options["on"] = AUCTIONS[command["type"]]
    ask = ctx.buy if command["side"] == "buy" else ctx.sell
    return ask(command["asset"], command["quantity"], **options)


def _protection(command: Json) -> Json:
    return {EXITS[key]: value for key, value in (command.get("bracket") or {}).items()}
