"""The benchmark workloads end on exact finals, worked by references that share nothing with the engine."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bench_data import daily_panel, minute_bars, month_starts

import workbench as wb
from workbench import ta

if TYPE_CHECKING:
    import polars as pl

CASH, FEE, MARGIN, UNITS = 1_000_000, Decimal("0.001"), 1e-6, 100
TOP, LOOKBACK, WEIGHT = 10, 60, "0.095"


class Cross(wb.Strategy):
    """W1: long 100 units while the 10-bar mean is above the 50-bar mean by a hair."""

    def on_start(self, ctx):
        self._gap = ctx.watch(ta.sma(10) - ta.sma(50))

    def on_bar(self, ctx, bar):
        gap, held = self._gap[bar.asset], ctx.position(bar.asset).quantity
        if held == 0 and gap > MARGIN:
            ctx.buy(bar.asset, UNITS)
        elif held and gap < -MARGIN:
            ctx.sell(bar.asset, UNITS)


@pytest.mark.parametrize(
    ("bars", "fill", "final", "fills"),
    [
        pytest.param(100_000, "next_open", "973444.130", 2_733, id="next-open"),
        pytest.param(100_000, "next_close", "973524.332", 2_733, id="next-close"),
        pytest.param(100_000, "same_close", "973397.187", 2_733, id="same-close"),
        pytest.param(1_000_000, "next_open", "768505.776", 27_375, id="a-million-bars"),
    ],
)
def test_w1_ends_on_the_exact_final(bars, fill, final, fills):
    data = wb.Bars.from_frame(minute_bars(bars), every="1m")
    run = wb.Backtest(
        Cross(), data, cash=f"{CASH} USD", fees=wb.fees.bps(10), slippage=wb.slippage.none(), fill=fill, volume_cap=None
    ).run()
    assert run.final_equity == Decimal(final)
    assert run.fills.height == fills


class Momentum(wb.Strategy):
    """W2: on the first bar of a month the ten best of sixty bars, 9.5% each."""

    def on_start(self, ctx):
        self._closes, self._day = [], None

    def on_slice(self, ctx, bars):
        self._closes.append([bars[asset].close for asset in ctx.assets])
        before, self._day = self._day, ctx.session
        if before is not None and before.month != self._day.month and len(self._closes) > LOOKBACK:
            best = top(self._closes[-1], self._closes[-1 - LOOKBACK])
            ctx.rebalance({ctx.assets[i]: WEIGHT for i in best})


def top(now, then):
    """Numbers of the ten assets with the best momentum, ties by place."""
    return np.argsort(-(np.array(now) / np.array(then) - 1), kind="stable")[:TOP].tolist()


def reference(panel: pl.DataFrame, fill: str) -> tuple[Decimal, int]:
    """W2 in a plain loop over Decimals: whole units, sized and valued at the decision's closes."""
    wide = {f: panel.pivot(on="asset", index="open_time", values=f).drop("open_time") for f in ("open", "close")}
    opens, closes = ([[Decimal(str(x)) for x in row] for row in wide[f].rows()] for f in ("open", "close"))
    first = month_starts(panel["open_time"].unique().sort().dt.replace_time_zone(None).to_numpy())
    cash, held, fills, todo = Decimal(CASH), [0] * len(closes[0]), 0, None
    for t, close in enumerate(closes):
        if todo is not None:
            cash, held, fills = trade(cash, held, todo, opens[t] if fill == "next_open" else close, fills)
            todo = None
        if first[t] and t >= LOOKBACK:
            equity = cash + sum(q * c for q, c in zip(held, close, strict=True))
            best = top([float(c) for c in close], [float(c) for c in closes[t - LOOKBACK]])
            todo = [int(Decimal(WEIGHT) * equity // close[i]) if i in best else 0 for i in range(len(close))]
            if fill == "same_close":
                cash, held, fills = trade(cash, held, todo, close, fills)
                todo = None
    return cash + sum(q * c for q, c in zip(held, closes[-1], strict=True)), fills


def trade(cash, held, wanted, prices, fills):
    """Exchange what is held for what is wanted at these prices and 0.1%."""
    changes = [(w - h, p) for w, h, p in zip(wanted, held, prices, strict=True) if w != h]
    cost = sum(q * p + abs(q) * p * FEE for q, p in changes)
    return cash - cost, wanted, fills + len(changes)


@pytest.mark.parametrize(
    ("fill", "finals"),
    [
        pytest.param("next_open", (Decimal("1108634.43869"), 295), id="next-open"),
        pytest.param("next_close", (Decimal("1048040.01507"), 297), id="next-close"),
        pytest.param("same_close", (Decimal("1110226.40665"), 296), id="same-close"),
    ],
)
def test_w2_equals_the_reference(fill, finals):
    panel = daily_panel()
    run = wb.Backtest(
        Momentum(),
        wb.Bars.from_frame(panel, every="1d"),
        cash=f"{CASH} USD",
        fees=wb.fees.bps(10),
        slippage=wb.slippage.none(),
        fill=fill,
        volume_cap=None,
    ).run()
    assert (run.final_equity, run.fills.height) == reference(panel, fill) == finals


def test_a_short_series_is_a_prefix_of_a_long_one():
    lengths = [minute_bars(n) for n in (10, 100, 1_000)]
    assert all(short.equals(long.head(short.height)) for short, long in pairwise(lengths))
