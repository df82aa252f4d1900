"""The look-ahead audit: each classic mistake is caught, its honest sibling is not accused.

Every honest strategy is cut at every one of its slices, so that a false accusation anywhere would show.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import polars as pl
import pytest
from hand_made import days, split, strategy
from mistakes import HONEST, MISTAKES, Rule, earnings, market

import workbench as wb
from workbench import ta

EVERY_SLICE = 10_000
BARS = market()
EARNINGS = earnings(BARS)


def looked_up(rule: Rule) -> wb.Strategy:
    """Holds what a table made before the first bar says; the table is made of data around the class."""
    bars, data = BARS, EARNINGS

    class LookedUp(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            rows = rule(bars, data).select("asset", "time", "hold").rows()
            self.hold = {(asset, time): bool(hold) for asset, time, hold in rows}

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.target(bar.asset, weight=0.5 if self.hold[bar.asset, bar.time] else 0)

    return LookedUp()


@pytest.mark.parametrize("rule", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_caught(rule: Rule) -> None:
    audit = wb.Backtest(looked_up(rule), BARS).audit(samples=30, progress=False)
    assert audit.verdict == "look-ahead"
    assert not audit.clean
    assert audit.first is not None
    assert audit.first.full != audit.first.cut
    assert audit.first.time <= audit.first.cut_at


@pytest.mark.parametrize("rule", HONEST.values(), ids=HONEST)
def test_its_honest_sibling_is_not_accused(rule: Rule) -> None:
    audit = wb.Backtest(looked_up(rule), BARS).audit(samples=EVERY_SLICE, progress=False)
    assert audit.findings.rows() == []
    assert (audit.verdict, audit.clean) == ("clean", True)
    assert audit.decisions > 10
    assert audit.at_cut >= audit.decisions - 2
    assert audit.share >= 1 - 2 / audit.decisions
