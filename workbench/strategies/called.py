"""What the core calls: the hooks of a strategy, or those of each member of a Portfolio.

The one idea: signals beside other strategies are asked through hooks as well, by a script of their rules, so that a
member is the same to the core whatever it is written as.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from workbench.market.bars import Bars
from workbench.strategies.callbacks import Strategy, hooks, members_of
from workbench.strategies.signals import Plan, planned

if TYPE_CHECKING:
    from workbench.engine import Bar, Context

__all__ = ["called", "heard"]

Hooks = Mapping[str, Callable[..., object]]
RULES: Final = ("entry", "exit", "short_entry", "short_exit")
PARTS: Final = {
    "stop_loss_pct": "stop_loss_pct",
    "take_profit_pct": "take_profit_pct",
    "trail_pct": "trailing_stop_pct",
}


def called(strategy: Strategy, bars: Bars, fed: Bars | None = None, *, has_shorts: bool = False) -> Hooks | list[Hooks]:
    """The hooks of a run, of a Portfolio those of each member in their order.

    Args:
        strategy: as it is run.
        bars: those that a function of signals is given.
        fed: those of the run, where these are fewer.
        has_shorts: whether the account can hold short positions.

    Raises:
        StrategyError, UnsupportedError, BarsError: signals that cannot be made on these bars.

    Example:
        >>> from workbench import sample, ta
        >>> from workbench.strategies.portfolio import Portfolio
        >>> from workbench.strategies.signals import Signals
        >>> rules = Portfolio({"up": Signals(entry=ta.close() > 5)})
        >>> [list(each) for each in called(rules, sample["IBM"])]
        [['on_start', 'on_bar']]
    """
    members = members_of(strategy)
    if members == (strategy,):
        return hooks(strategy)
    plans = (planned(member, bars, fed, has_shorts=has_shorts) for member in members)
    scripts = (None if plan is None else Script(plan, fed or bars, has_shorts) for plan in plans)
    return [
        hooks(member) if script is None else {"on_start": script.on_start, "on_bar": script.on_bar}
        for member, script in zip(members, scripts, strict=True)
    ]


def heard(strategy: Strategy) -> set[str]:
    """The hooks that some member has.

    Example:
        >>> class Hold(Strategy):
        ...     def on_bar(self, ctx, bar): ...
        >>> heard(Hold())
        {'on_bar'}
    """
    return {name for member in members_of(strategy) for name in hooks(member)}


class Script:
    """The hooks that decide as signals do."""

    def __init__(self, plan: Plan, bars: Bars, has_shorts: bool) -> None:
        self._plan, self._has_shorts = plan, has_shorts
        self._rows: dict[tuple[str, Any], dict[str, Any]] = {}
        if plan.levels is not None:
            for asset, levels in zip(bars.assets, plan.levels, strict=True):
                times = bars.frame.filter(asset=str(asset))["time"]
                rows = zip(times, levels.iter_rows(named=True), strict=True)
                self._rows.update({(str(asset), time): row for time, row in rows})
        self._exits = {PARTS[name]: given for name in PARTS if (given := getattr(plan, name)) is not None}

    def on_start(self, ctx: Context) -> None:
        """Watches the rules."""
        rules = {} if self._plan.levels is not None else {name: getattr(self._plan, name) for name in RULES}
        self._streams = {name: ctx.watch(rule) for name, rule in rules.items() if rule is not None}

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        """Asks for what the rules ask for at this bar."""
        row = self._rows.get((str(bar.asset), bar.time), {}) if self._rows else {}
        holds = {name: bool(self._streams[name].get(bar.asset)) for name in self._streams} or row
        side, wanted = self._stand(ctx, bar), _wanted(holds)
        if side is None:
            return
        if wanted and wanted != side:
            ctx.target(bar.asset, **self._size(wanted, row), **self._exits)
        elif side and holds.get("exit" if side > 0 else "short_exit"):
            ctx.target(bar.asset, quantity=0)

    def _stand(self, ctx: Context, bar: Bar) -> int | None:
        """The side of what is held or coming, 0 for nothing; None while it is being closed."""
        working = [each for each in ctx.open_orders if each.asset == bar.asset and each.origin == "target"]
        buys, sells = (any(each.side == side for each in working) for side in ("buy", "sell"))
        held = ctx.position(bar.asset).quantity
        if held:
            return None if (sells if held > 0 else buys) else (1 if held > 0 else -1)
        if sells:
            return -1 if self._has_shorts and not buys else None
        return int(buys)

    def _size(self, side: int, row: Mapping[str, Any]) -> dict[str, Any]:
        plan = self._plan
        if plan.all_in:
            return {"all_in": True}
        if plan.quantity is not None:
            return {"quantity": side * plan.quantity}
        return {"weight": side * row.get("weight", plan.weight)}


def _wanted(holds: Mapping[str, Any]) -> int:
    """The side to be on: an exit forbids its entry, and entries on both sides contradict each other."""
    long = bool(holds.get("entry")) and not holds.get("exit")
    short = bool(holds.get("short_entry")) and not holds.get("short_exit")
    return int(long) - int(short)
