"""What a user types, as type checkers see it: everything here must pass mypy --strict and basedpyright."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, assert_type

import polars as pl

import workbench as wb
from workbench import ta
from workbench.engine import Deal
from workbench.market import Item


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
            ctx.buy(bar.asset, 10, trailing_stop_pct=self.risk, break_even="1.5", take_profit_pct=[(0.1, 0.5)])
            ctx.protect(bar.asset, stop_loss=bar.close * 0.9, take_profit=((bar.close * 2, "0.5"),))
        ctx.record(close=bar.close)


class Surprise(wb.Strategy):
    """Buy on the day after earnings that beat what was expected, sell before the next ones."""

    def on_data(self, ctx: wb.Context, item: Item) -> None:
        """Look at a row as it becomes known."""
        assert_type(item.asset, str | None)
        assert_type(item.known_at, datetime)
        if item.asset and item.asset in ctx.assets and item["eps"] > item["expected"]:
            ctx.target(item.asset, weight=0.1)

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        """Read what is known now."""
        earnings = ctx.data["earnings"].select(bar.asset).latest(by=["period"])
        assert_type(earnings, wb.Dataset)
        assert_type(earnings.frame, pl.DataFrame)
        ctx.record(quarters=len(earnings))


class Trend(wb.Strategy):
    """Trade minutes with the hours and days behind them."""

    def on_start(self, ctx: wb.Context) -> None:
        """Watch longer bars beside the run's own."""
        self.hours = ctx.watch(ta.sma(20, every="1h") - ta.ema(50, of="high", every="1d"))
        self.held = ctx.watch(ta.sma(5, of=ta.ema(20, every="1h")))
        self.up = ctx.watch((ta.close() > 1.05 * ta.sma(20)) & ~(ta.sma(5).shift(1) < 3) | ta.low().crosses_below(5))

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        """Read what has closed."""
        assert_type(self.hours[bar.asset], float)
        assert_type(self.held.get(bar.asset), float | None)
        assert_type(ctx.bars(every="1w"), wb.Bars)
        assert_type(ctx.history(bar.asset, 3, field="low", every="1d").min(), float)


class Plain(wb.Indicator):
    """An indicator without parameters."""

    def update(self, bar: wb.Bar) -> float:
        """Give the close."""
        return bar.close


class Level(wb.Indicator):
    """An indicator with a parameter."""

    reads = ("close", "time")
    level: float = 5

    def update(self, bar: wb.Bar) -> float:
        """Give the distance, a day's last hour aside."""
        return bar.close - self.level if bar.time.hour < 23 else 0.0


made: list[wb.Indicator] = [
    Plain(),
    Plain(every="1h"),
    Level(),
    Level(3),
    Level(level=3, every="1d"),
    Plain() / Level(),
]

earnings = wb.Dataset.from_frame(pl.DataFrame(), known_at="announced", name="earnings", tz="America/New_York")
assert_type(earnings.as_of("2024-02-01"), wb.Dataset)
bars = wb.sample["AAPL"].since("2001-01-01").until(date(2012, 12, 31))
pair = wb.sample[["AAPL", "MSFT"]]
weeks: wb.Bars = wb.sample.bars(
    ["AAPL", "FB"], every="1w", start="2012-01-01", adjusted="all", as_of=date(2012, 12, 31)
)
closes: wb.Bars = wb.sample.bars(fields=["close"])
names: list[str] = wb.sample.list(kind="equity", every="1d")
missing: int = wb.sample.coverage("AAPL").missing
sound: bool = bool(wb.sample.verify())
walk = wb.simulate.bars("BTC/USDT", every="1m", n=1_000, seed=7)
assert_type(bars, wb.Bars)
assert_type(bars.frame, pl.DataFrame)

june = wb.Asset("ESM24", kind="future", root="ES", month="2024-06", expiry=date(2024, 6, 21), multiplier=50)
assert_type(june.expiry, date | None)
assert_type(june.multiplier, Decimal)
catalog = wb.Catalog("folder")
assert_type(catalog.assets.add(june), list[int])
assert_type(catalog.assets.find("fb", as_of="2013-05-01"), wb.Asset)
assert_type(catalog.assets.list(kind="future", root="ES"), list[str])
assert_type(catalog.assets.options("AAPL", expiry="2024-06-21", right="call", strike=(190, "210.5")), pl.DataFrame)
assert_type(catalog.continuous("ES", roll="volume", adjustment=None), wb.Bars)
assert_type(catalog.rolls("ES", days=8, before="first_notice"), pl.DataFrame)

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


def own(deal: Deal) -> Decimal:
    """A fee that a user writes."""
    assert_type(deal.side, Literal["buy", "sell"])
    return deal.exact.value / 1000 if deal.is_maker else Decimal(deal.quantity)


assert_type(wb.fees.schedule("ib-us-fixed") + wb.fees.custom(own, cap=5, side="sell"), wb.fees.Fee)
assert_type(wb.fees.tiered([(0, 25, 40), ("10000", 20.5, 35)], currency="base"), wb.fees.Fee)
assert_type(wb.slippage.custom(own), wb.slippage.Slippage)


@wb.signals
def reversion(window: int = 14, low: float = 30, high: float = 55) -> wb.Signals:
    """Buy weakness."""
    rsi = ta.rsi(window)
    return wb.Signals(entry=rsi < low, exit=rsi > high, weight=1, stop_loss_pct=0.05)


@wb.signals
def ready_made(bars: wb.Bars, level: float = 30) -> wb.Signals:
    """Levels of a frame."""
    frame = bars.with_columns(rsi=ta.rsi(14))
    return wb.Signals.from_frame(frame.select("asset", "time", entry=pl.col("rsi") < level, exit=pl.col("rsi") > 55))


assert_type(wb.Backtest(reversion(window=3), bars).run(), wb.Run)
assert_type(wb.Backtest(ready_made(level=3), bars).run().is_auditable, bool)
assert_type(wb.Backtest(wb.Signals(entry=ta.close() > 5, all_in=True), bars).with_params(all_in=False), wb.Backtest)
assert_type(wb.Signals(entry=ta.close() > 5).replace(weight=Decimal("0.5")), wb.Signals)
run = test.run()
assert_type(run, wb.Run)
assert_type(test.replace(data={"earnings": earnings}), wb.Backtest)
assert_type(run.data["earnings"], wb.Dataset)
assert_type(wb.Limits(leverage=1).replace(drawdown=0.2), wb.Limits)
assert_type(wb.sizing.risk(100_000, 50, Decimal(48), fraction=0.01, weight_max=0.5), float)
assert_type(wb.sizing.kelly(0.55, 1, part=0.5), float)
assert_type(run.final_equity, Decimal)
assert_type(run.fills, pl.DataFrame)
assert_type(run.exact.fills, pl.DataFrame)
assert_type(run.explain().total["fees"], Decimal)
assert_type(run.explain().exact.by_asset, pl.DataFrame)
replay = run.replay(ta.sma(20), asset="AAPL")
replay.at = "2008-10-10"
assert_type(replay.at, wb.Context)
replay.on_move(lambda ctx: print(ctx.cash))
assert_type(wb.load("folder"), wb.Run)
assert_type(ta.sma(20)(pl.Series([1.0])), pl.Series)
assert_type(wb.sample["AAPL"].with_columns(ta.sma(20), up=ta.close() > 5), pl.DataFrame)
assert_type(ta.close().crosses_above(5).expr(over="asset"), pl.Expr)


def swept(bars: wb.Bars) -> wb.Run:
    """A sweep, what comes of it, and what a run of it is."""
    sweep = wb.Backtest(Breakout(), bars).sweep(days=range(5, 50, 5), risk=wb.space.steps(0.01, 0.1, 0.01))
    narrowed = sweep.where(lambda p: p.days > 10).over(assets=["AAPL"]).sample(20, seed=1)
    assert_type(narrowed, wb.Sweep)
    runs = narrowed.run(workers=2, progress=False, folder="kept")
    assert_type(runs, wb.Runs)
    assert_type(runs.frame, pl.DataFrame)
    assert_type(runs.top("sharpe", n=5), wb.Runs)
    assert_type(runs[:3], wb.Runs)
    assert_type(runs.pick(days=5, risk=0.01), wb.Run)
    assert_type(runs.best("sharpe"), wb.Run)
    assert_type(runs.deflated_sharpe().probability, float)
    assert_type(wb.Backtest(Breakout(), bars).robust().verdict, str)
    explore = wb.Backtest(Breakout(), bars).explore(days=range(5, 50))
    explore.params = {"days": 20}
    assert_type(explore.params, dict[str, object])
    assert_type(runs.explore().pins[0].run, wb.Run)
    return explore.run
