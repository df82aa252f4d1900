"""The strategies in workbench's words, and how a question of the witnesses is put to it.

The one idea: nothing is said here but what the strategy does; a fill is told by the number of its bar, as theirs are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

import workbench as wb

__all__ = ["STRATEGIES", "answer"]

START = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class Told(wb.Strategy):
    def on_start(self, ctx: wb.Context) -> None:
        self._n, self._held = -1, 0

    def on_slice(self, ctx: wb.Context, bars: Mapping[wb.Asset, wb.Bar]) -> None:
        self._n += 1
        first = next(iter(bars.values()))
        self._held = self._held + 1 if ctx.position(first.asset) else 0
        if self._n:  # backtesting.py does not show the first bar
            self.act(ctx, first, bars)

    def act(self, ctx: wb.Context, bar: wb.Bar, bars: Mapping[wb.Asset, wb.Bar]) -> None:
        raise NotImplementedError


class Cross(Told):
    def act(self, ctx: wb.Context, bar: wb.Bar, bars: Mapping[wb.Asset, wb.Bar]) -> None:
        if self._n < 20:
            return
        gap = ctx.history(bar.asset, 5).mean() - ctx.history(bar.asset, 20).mean()
        if gap > 1e-9 and not ctx.position(bar.asset):
            ctx.buy(bar.asset, 100)
        elif gap < -1e-9 and ctx.position(bar.asset):
            ctx.sell(bar.asset, 100)


class Pullback(Told):
    def act(self, ctx: wb.Context, bar: wb.Bar, bars: Mapping[wb.Asset, wb.Bar]) -> None:
        if self._held >= 5:
            ctx.sell(bar.asset, 100)
        elif not ctx.position(bar.asset):
            ctx.cancel()
            ctx.buy(bar.asset, 100, limit=round(bar.close * 0.98, 2))


class Breakout(Told):
    def act(self, ctx: wb.Context, bar: wb.Bar, bars: Mapping[wb.Asset, wb.Bar]) -> None:
        if self._held >= 5:
            ctx.sell(bar.asset, 100)
        elif self._n >= 5 and not ctx.position(bar.asset):
            ctx.cancel()
            ctx.buy(bar.asset, 100, stop=round(ctx.history(bar.asset, 5, field="high").max() + 0.01, 2))


class Bracket(Told):
    def act(self, ctx: wb.Context, bar: wb.Bar, bars: Mapping[wb.Asset, wb.Bar]) -> None:
        if not ctx.position(bar.asset) and self._n % 7 == 0:
            ctx.buy(bar.asset, 100, stop_loss=round(bar.close * 0.95, 2), take_profit=round(bar.close * 1.06, 2))


class Rotation(Told):
    def act(self, ctx: wb.Context, bar: wb.Bar, bars: Mapping[wb.Asset, wb.Bar]) -> None:
        if self._n >= 10 and self._n % 10 == 0:
            windows = {asset: ctx.history(asset, 11) for asset in ctx.assets}
            best = max(ctx.assets, key=lambda asset: windows[asset][-1] / windows[asset][0])
            for asset in ctx.assets:
                ctx.target(asset, quantity=100 if asset == best else 0)


class AllIn(Told):
    def act(self, ctx: wb.Context, bar: wb.Bar, bars: Mapping[wb.Asset, wb.Bar]) -> None:
        if self._n % 21 == 0:
            ctx.target(bar.asset, all_in=True)
        elif self._n % 21 == 15:
            ctx.flatten(bar.asset)


class Script(Told):
    """What a difference asks: a list of [bar, word, options]."""

    lines: tuple[Any, ...] = ()

    def act(self, ctx: wb.Context, bar: wb.Bar, bars: Mapping[wb.Asset, wb.Bar]) -> None:
        for number, word, given in self.lines:
            if number == self._n:
                WORDS[word](ctx, bar.asset, **given)


WORDS: dict[str, Any] = {
    "market": lambda ctx, asset, side, size: getattr(ctx, side)(asset, size),
    "limit": lambda ctx, asset, size, **prices: ctx.buy(asset, size, **prices),
    "stop_limit": lambda ctx, asset, size, **prices: ctx.buy(asset, size, **prices),
    "bracket": lambda ctx, asset, size, **prices: ctx.buy(asset, size, **prices),
    "limit_bracket": lambda ctx, asset, size, **prices: ctx.buy(asset, size, **prices),
    "trailing": lambda ctx, asset, size, trail: ctx.sell(asset, size, trail=trail),
    "all_in": lambda ctx, asset: ctx.target(asset, all_in=True),
}
STRATEGIES = {kind.__name__: kind for kind in (Cross, Pullback, Breakout, Bracket, Rotation, AllIn)}


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """Fills as (bar, asset, side, quantity, price), and the money at the end."""
    options = {"cash": question["cash"], "fees": wb.fees.bps(question["fee_bps"]), "volume_cap": question["volume_cap"]}
    name = question["strategy"]
    strategy = Script(lines=tuple(question["script"])) if name == "Script" else STRATEGIES[name]()
    run = wb.Backtest(strategy, _bars(question["bars"]), **options).run()
    fills = []
    for fill in run.fills.sort("sequence").to_dicts():
        opened = fill["time"] if fill["moment"] == "open" else fill["time"] - DAY
        fills.append([(opened - START).days, *(fill[key] for key in ("asset", "side", "quantity", "price"))])
    return {"fills": fills, "equity": float(run.final_equity)}


def _bars(rows: Mapping[str, list[list[float]]]) -> wb.Bars:
    columns = ("open", "high", "low", "close", "volume")
    table = [
        {"asset": name, "open_time": START + DAY * n, "time": START + DAY * (n + 1)}
        | dict(zip(columns, row, strict=True))
        for name, of in rows.items()
        for n, row in enumerate(of)
    ]
    frame = pl.DataFrame(table, schema_overrides=dict.fromkeys(columns, pl.Float64)).with_columns(
        pl.col("open_time", "time").cast(pl.Datetime("us", "UTC"))
    )
    return wb.Bars.from_frame(frame, assets=[wb.Asset(name, price_digits=2, quantity_digits=0) for name in rows])
