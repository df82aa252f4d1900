"""The panel in the browser and `run.why` say the same of every bar: both are made from one run and compared."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hand_made import days, dividend, split
from hand_made import strategy as made_of

import workbench as wb
from workbench import ta
from workbench.strategies.portfolio import Portfolio

TOLD = Path(__file__).parents[1] / "js" / "told.mjs"
Sections = list[tuple[str, list[tuple[str, str, str]], bool]]


class Busy(wb.Strategy):
    """Buys dips with a stop and a target, asks for too much now and then, checks and records."""

    def on_start(self, ctx: wb.Context) -> None:
        self.rsi = ctx.watch(ta.rsi(5))
        self.band = ctx.watch(ta.bbands(20))
        self.up = ctx.watch(ta.close() > ta.sma(10))

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        rsi = self.rsi[bar.asset]
        ctx.record(rsi=rsi)
        dips = ctx.check("dip", rsi, below=40, asset=bar.asset)
        if dips and ctx.check("flat", not ctx.position(bar.asset)):
            ctx.buy(bar.asset, 100, limit=bar.close * 0.995, tif="DAY", stop_loss_pct=0.05, take_profit_pct=0.06)
        if ctx.check("hot", rsi, at_least=85, at_most=99.5, asset=bar.asset):
            ctx.buy(bar.asset, 10_000_000)


def shares() -> wb.Run:
    bars = wb.sample["AAPL", "IBM"].between("2005-02-01", "2005-05-01")
    return wb.Backtest(Busy(), bars, cash="100_000 USD", fees=wb.fees.bps(5)).run()


def holes() -> wb.Run:
    """Days without a bar, a split, a dividend; an indicator that never has a value."""
    bars = days(
        A=[10, 11, None, 12, 6, 6], B=[20, 21, 22, None, 23, 24], actions=[split("A", 5, 2, 1), dividend("A", 6, "0.5")]
    )

    def on_start(self: object, ctx: wb.Context) -> None:
        ctx.watch(ta.sma(2))
        ctx.watch(ta.sma(50))

    def on_slice(self: object, ctx: wb.Context, told: object) -> None:
        ctx.check("none", None)
        ctx.target("A", weight=0.5)

    return wb.Backtest(made_of(on_start=on_start, on_slice=on_slice), bars, cash=1_000, warmup=False).run()


def closed() -> wb.Run:
    """A market that is open each day beside one that has weekends."""
    shares = days(calendar="XNYS", K=[10, 11, 12, 13, 14, 15, 16])
    coins = days(C=[100] * 10)
    buy = made_of(on_bar=lambda self, ctx, bar: ctx.target("K", quantity=10) if ctx.can_trade("K") else None)
    return wb.Backtest(buy, shares.join(coins), cash=1_000).run()


def several() -> wb.Run:
    members = {"dips": Busy(), "trend": wb.Signals(entry=ta.close() > ta.sma(20), exit=ta.close() < ta.sma(20))}
    bars = wb.sample["AAPL"].between("2005-01-01", "2005-03-15")
    return wb.Backtest(Portfolio(members), bars, cash="100_000 USD").run()


@pytest.mark.parametrize("made", [shares, holes, closed, several])
def test_the_browser_and_python_say_the_same_of_every_bar(made: Callable[[], wb.Run], tmp_path: Path) -> None:
    run = made()
    block = tmp_path / "run.bin"
    block.write_bytes(run.replay()._data)
    said = subprocess.run(["node", TOLD, block], capture_output=True, check=True, text=True).stdout
    browser = [[_of_browser(section) for section in sections] for sections in json.loads(said)]
    for time, sections in zip(run.equity["time"], browser, strict=True):
        told = [(each.title, [tuple(row) for row in each.rows], each.is_folded) for each in run.why(time).sections]
        assert told == sections, time


def _of_browser(section: dict[str, object]) -> tuple[str, list[tuple[str, str, str]], bool]:
    rows = [tuple([*row, "", ""][:3]) for row in section["rows"]]
    return section["title"], rows, bool(section.get("folded"))
