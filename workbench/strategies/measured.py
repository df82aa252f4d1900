"""What signals measure: the indicators that their rules compare, which is what a picture of them shows.

The one idea: a rule is a tree whose leaves are comparisons, and what stands on the two sides of one can be drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.indicators import Indicator
from workbench.strategies.callbacks import Strategy
from workbench.strategies.signals import RULES, has_signals, made_with, takes_bars

__all__ = ["measured"]


def measured(strategy: Strategy) -> tuple[Indicator, ...]:
    """What the rules of signals compare, and the rules themselves; nothing for other strategies.

    Example:
        >>> from workbench import ta
        >>> from workbench.strategies.signals import Signals
        >>> measured(Signals(entry=ta.rsi(2) < 30, exit=ta.rsi(2) > 70))
        (ta.rsi(2), ta.rsi(2) < 30, ta.rsi(2) > 70)
    """
    if not has_signals(strategy) or takes_bars(strategy):
        return ()
    made = made_with(strategy, {})
    rules = [rule for name in RULES if isinstance(rule := getattr(made, name), Indicator)]
    return tuple(dict.fromkeys([*(each for rule in rules for each in _compared(rule)), *rules]))


def _compared(it: Indicator) -> Iterator[Indicator]:
    """What stands on the sides of comparisons, without the prices, which are drawn anyway."""
    for given in it.inputs:
        if isinstance(given, Indicator) and given.is_rule:
            yield from _compared(given)
        elif isinstance(given, Indicator) and given.name != "field":
            yield given
