"""What a user types, as type checkers see it: everything here must pass mypy --strict and basedpyright."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import assert_type

import polars as pl

import workbench as wb
from workbench import ta


class Cross(wb.Strategy):
    """Hold while the fast average stands above the slow one."""

    fast: int = 20
    slow: int = 100

    def on_start(self, ctx: wb.Context) -> None:
        """Watch the distance of the averages."""
        self.gap = ctx.watch(ta.sma(self.fast) - ta.sma(self.slow))

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        """Be in or out."""
        assert_type(bar.close, float)
        assert_type(bar.exact.close, Decimal)
        ctx.target(bar.asset, weight=1 if self.gap[bar.asset] > 0 else 0)


class Momentum(wb.Strategy):
    """Hold the best of the last year, changed once a month."""

    top: int = 10

    def on_start(self, ctx: wb.Context) -> None:
        """Ask to be called once a month."""
        ctx.schedule(self.rotate, every="1mo")

    def rotate(self, ctx: wb.Context) -> None:
        """Put the same weight into each of the best."""
        year = ctx.bars().last(252).frame
        growth = pl.col("close").last() / pl.col("close").first()
        best = year.group_by("asset").agg(score=growth).top_k(self.top, by="score")
        ctx.rebalance(best.select("asset", weight=1 / self.top))


class Breakout(wb.Strategy):
    """Buy above the highest close of the last month, with a stop below."""

    days: int = 20
    risk: float = 0.05

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        """Enter once, leave by the stop."""
        window = ctx.history(bar.asset, self.days, field="close")
        assert_type(window.max(), float)
        if bar.close >= window.max() and ctx.can_trade(bar.asset):
            ctx.buy(bar.asset, 100, limit=bar.close * 1.01)
            ctx.sell(bar.asset, "100", stop=bar.close * (1 - self.risk))
            order = ctx.buy(bar.asset, 10, on="close", stop_loss_pct=self.risk, take_profit=bar.close * 2, oco="entry")
            assert_type(order.parent, int | None)
            ctx.sell(bar.asset, 10, trail_pct=self.risk, tif="DAY", reduce_only=True)
        ctx.record(close=bar.close)


bars = wb.sample["AAPL"].since("2001-01-01").until(date(2012, 12, 31))
pair = wb.sample[["AAPL", "MSFT"]]
walk = wb.simulate.bars("BTC/USDT", every="1m", n=1_000, seed=7)
assert_type(bars, wb.Bars)
assert_type(bars.frame, pl.DataFrame)

test = wb.Backtest(
    Cross(fast=10),
    bars,
    cash="100_000 USD",
    start="2001-01-01",
    fees=wb.fees.per_share(0.005, minimum=1),
    slippage=wb.slippage.bps(2),
    limits=wb.Limits(order_notional="25_000", position_weight=0.2, restricted=["KO"], on_breach="halt"),
    fill="next_open",
)
run = test.run()
assert_type(run, wb.Run)
assert_type(wb.Limits(leverage=1).replace(drawdown=0.2), wb.Limits)
assert_type(wb.sizing.risk(100_000, 50, Decimal(48), fraction=0.01, weight_max=0.5), float)
assert_type(wb.sizing.kelly(0.55, 1, part=0.5), float)
assert_type(run.final_equity, Decimal)
assert_type(run.fills, pl.DataFrame)
assert_type(run.exact.fills, pl.DataFrame)
assert_type(wb.load("folder"), wb.Run)
