"""Rolling a future: out of one contract and into the next, at the closes at which the rule says so.

The one idea: a roll is nothing but orders. After the callbacks of the slice in which a roll takes place, what is held
of the contract that is left is closed, and as many of the next one are opened; both fill at their next Open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ContextError, ParameterError
from workbench.market.keywords import keyworded

if TYPE_CHECKING:
    from workbench._native import Context
    from workbench.engine.chains import Chain
    from workbench.market.assets import Asset
    from workbench.market.continuous import Before, Roll

__all__ = ["Rolling", "roll"]


class Rolling:
    """The rolls of one future in a run; made by `wb.roll` in `on_start`."""

    __slots__ = ("_carries", "_context", "_front", "_options", "_turned", "root")

    def __init__(self, context: Context, root: str, options: dict[str, Any], *, carries: bool) -> None:
        self.root = root
        self._context = context
        self._options = options
        self._carries = carries
        self._front: Asset | None = None
        self._turned = 0

    @property
    def front(self) -> Asset:
        """The contract to trade in this slice: a roll at its close shows from the next slice on."""
        if self._front is None:
            self._look(self._chain())
        return self._front  # type: ignore[return-value]  # it has been looked up

    def turn(self, context: Context) -> None:
        """Carry out the rolls that have come since the last time; the schedule calls this."""
        chain = self._chain()
        left = chain.rolls["from"].to_list()[self._turned :] if self._front is not None else []
        self._look(chain)
        moved = sum(context.position(name).exact.quantity for name in left)
        for name in left:
            context.flatten(name)
        if moved and self._carries:
            order = context.buy if moved > 0 else context.sell
            order(chain.front, abs(moved))

    def _chain(self) -> Chain:
        return self._context.chain(self.root, **self._options)

    def _look(self, chain: Chain) -> None:
        self._front, self._turned = chain.front, chain.rolls.height

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self._options.items())
        return f"Rolling({self.root!r}, {told})"


@keyworded
def roll(
    ctx: Context,
    root: str,
    *,
    roll: Roll = "calendar",
    days: int | None = None,
    before: Before = "expiry",
    carry: bool = True,
) -> Rolling:
    """Roll the contracts of a future through a run; call it in `on_start` and trade `.front`.

    When a roll takes place, as `workbench.market.continuous.rolls` says, orders are sent at that close, after the
    callbacks: the contract that is left is flattened, its working orders are canceled, and as many contracts of the
    next one are bought or sold. On margin both count until the old ones are closed.

    Args:
        ctx: the context of `on_start`.
        root: of the contracts, such as "ES"; all of them are among the bars of the run.
        roll: "calendar" or "volume".
        days: sessions before the anchor; None is 5, and 0 as the latest of a volume roll.
        before: the anchor: "expiry", "first_notice", or a day of the contract month, 1 to 28.
        carry: open as many of the next contract; else only the old one is closed.

    Raises:
        ContextError: outside of `on_start`.
        ParameterError: something else than a context and a root, or an argument that makes no sense.
        UnknownNameError: no contract of that root in the run, when the first slice comes.

    Example:
        >>> import workbench as wb
        >>> class Held(wb.Strategy):
        ...     def on_start(self, ctx):
        ...         self.es = wb.roll(ctx, "ES", roll="volume")
        ...     def on_slice(self, ctx, told):
        ...         ctx.target(self.es.front, weight=0.5)
    """
    from workbench._native import Context as Given

    if not isinstance(ctx, Given) or not isinstance(root, str):
        raise ParameterError(f"roll takes the context and a root, got {ctx!r}, {root!r}; write wb.roll(ctx, 'ES')")
    if not isinstance(carry, bool):
        raise ParameterError(f"carry={carry!r}: give True, to open as many of the next contract, or False")
    options = {"roll": roll, "days": days, "before": before}
    made = Rolling(ctx, root, options, carries=carry)
    try:
        ctx.schedule(made.turn, every="1d")
    except ContextError:
        raise ContextError(
            f"roll belongs into on_start, so that none is missed; write self.chain = wb.roll(ctx, {root!r}) there and "
            "trade self.chain.front"
        ) from None
    return made
