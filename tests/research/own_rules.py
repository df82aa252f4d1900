"""Strategies as a user writes them in a file of his own, with constants and functions beside them."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

import workbench as wb
from workbench import ta

LEVELS = (30, Decimal("55.5"))
SHARE = 0.5
FRAME = pl.DataFrame({"a": [1]})


def gap(fast: int, slow: int) -> wb.Indicator:
    return ta.sma(fast) - ta.sma(slow)


class Parent(wb.Strategy):
    share: float = SHARE

    def size(self) -> float:
        return min(self.share, 1.0)


class Crossing(Parent):
    fast: int = 20
    slow: int = 100

    def on_start(self, ctx: wb.Context) -> None:
        self.gap = ctx.watch(gap(self.fast, self.slow))

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, weight=self.size() if self.gap[bar.asset] > 0 else 0)


@wb.signals
def reversion(window: int = 14) -> wb.Signals:
    rsi = ta.rsi(window)
    return wb.Signals(entry=rsi < LEVELS[0], exit=rsi > float(LEVELS[1]), weight=SHARE)


class Reads(wb.Strategy):
    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, weight=FRAME["a"][0] / 2)
