"""Workload W1: a cross of two averages over one-minute bars, one Python callback per bar.

The position is 100 units or none, the fee 0.1% of each fill, the cash 1,000,000. Prints one JSON line per measurement::

    python tests/benchmarks/w1.py --bars 1000000                         time and memory
    python tests/benchmarks/w1.py --bars 1000000 --against backtesting   the ratio to backtesting.py, if it is installed
    python tests/benchmarks/w1.py --bars 1000000 --against loop          the ratio to a bare loop in Python
    python tests/benchmarks/w1.py --growth                               time and memory from 1 to 10 million bars
    python tests/benchmarks/w1.py --bars 1000000 --signals --against vectorbt    as signals, without a callback

`--variant history` takes both averages from `ctx.history` at every bar, `--variant target` calls `ctx.target` at every
bar; both trade as the plain one does, whose averages are watched indicators. `--signals` is `--variant signals`, the
same rules as `wb.Signals`: the best of some runs, frames of fills and equity included. vectorbt, which `--python` may
have in an environment of its own, makes its averages, its signals and its curve of equity in that time.

Each measurement runs in a process of its own, and the two engines take turns, so that a busy minute hurts both.
`seconds_core` is the run alone: no imports, no making of data. `bytes_per_bar` is how far the peak grew during it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import util
from typing import Any

import numpy as np
from measuring import SEED, Row, alone, best_of, peak_bytes, peak_mb, walk

__all__ = ["CASH", "main", "plain", "prices"]

CASH, FEE, UNITS, FAST, SLOW = 1_000_000.0, 0.001, 100, 10, 50
# Prices are cents, so the distance of the averages is a multiple of 0.0002 or zero; the margin keeps sums comparable.
MARGIN = 1e-6
# After some 4 million bars a million is gone in fees, and every bar from there on asks for an order that is denied.
RICH = 100_000_000.0
SIGMA = 0.0004
TRIES = 5


def prices(count: int) -> dict[str, np.ndarray]:
    """Open, high, low, close, volume and `time` (the start of the minute), the same for every engine."""
    table = walk(count, SIGMA, np.random.default_rng(SEED))
    table["time"] = np.datetime64("2020-01-01T00:00", "us") + np.arange(count) * np.timedelta64(1, "m")
    return table


def plain() -> Any:
    """The strategy as one would write it: watched averages, orders only where the position is to change."""
    import workbench as wb
    from workbench import ta

    class Cross(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            self.gap = ctx.watch(ta.sma(FAST) - ta.sma(SLOW))

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            gap = self.gap[bar.asset]
            if not ctx.position(bar.asset):
                if gap > MARGIN:
                    ctx.target(bar.asset, quantity=UNITS)
            elif gap < -MARGIN:
                ctx.target(bar.asset, quantity=0)

    return Cross()


def history() -> Any:
    """Both averages are taken from the bars at every bar."""
    import workbench as wb

    class History(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            gap = ctx.history(bar.asset, FAST).mean() - ctx.history(bar.asset, SLOW).mean()
            if not ctx.position(bar.asset):
                if gap > MARGIN:
                    ctx.target(bar.asset, quantity=UNITS)
            elif gap < -MARGIN:
                ctx.target(bar.asset, quantity=0)

    return History()


def target() -> Any:
    """The position that is wanted is said at every bar; mostly it is there already."""
    import workbench as wb
    from workbench import ta

    class Target(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            self.gap = ctx.watch(ta.sma(FAST) - ta.sma(SLOW))
            self.wanted = 0

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            gap = self.gap[bar.asset]
            if gap > MARGIN:
                self.wanted = UNITS
            elif gap < -MARGIN:
                self.wanted = 0
            ctx.target(bar.asset, quantity=self.wanted)

    return Target()


def signals() -> Any:
    """The same as rules, on which the core decides by itself."""
    import workbench as wb
    from workbench import ta

    gap = ta.sma(FAST) - ta.sma(SLOW)
    return wb.Signals(entry=gap > MARGIN, exit=gap < -MARGIN, quantity=UNITS)


VARIANTS: dict[str, Callable[[], Any]] = {"plain": plain, "history": history, "target": target, "signals": signals}


def run_workbench(count: int, variant: str = "plain", cash: float = CASH) -> Row:
    """The workload on this engine; the first bars are history only, as averages need them."""
    import polars as pl

    import workbench as wb

    frame = pl.DataFrame(prices(count)).rename({"time": "open_time"})
    bars = wb.Bars.from_frame(frame, asset="BTC", every="1m", calendar="24/7", tz="UTC", price_digits=2)
    start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=SLOW - 1)
    test = wb.Backtest(VARIANTS[variant](), bars, cash=cash, start=start, fees=wb.fees.bps(10), volume_cap=None)
    before = peak_bytes()
    if variant == "signals":
        seconds, run = best_of(TRIES, lambda: with_frames(test))
    else:
        began = time.perf_counter()
        run = test.run(progress=False)
        seconds = time.perf_counter() - began
    grown = (peak_bytes() - before) / count
    version = wb.__version__
    name = "workbench" if variant == "plain" else f"workbench:{variant}"
    return row(name, version, count, seconds, run.final_equity, run.fills.height, bytes_per_bar=round(grown, 1))


def with_frames(test: Any) -> Any:
    """A run whose fills and equity are there as frames."""
    run = test.run(progress=False)
    run.fills, run.equity  # noqa: B018 (frames are made when they are first asked for)
    return run


def run_vectorbt(count: int, _: str = "plain") -> Row:
    """The workload on vectorbt's Rust engine: averages, signals, orders and the curve of equity."""
    import pandas as pd
    import vectorbt

    vectorbt.settings["engine"] = "rust"
    table = prices(count)
    index = pd.DatetimeIndex(table["time"])
    opened, close = (pd.Series(table[name], index=index) for name in ("open", "close"))
    seconds, (final, fills) = best_of(TRIES, lambda: in_vectorbt(opened, close))
    return row("vectorbt:rust", vectorbt.__version__, count, seconds, final, fills)


def in_vectorbt(opened: Any, close: Any) -> tuple[float, int]:
    """What is decided at a close is traded at the next open."""
    import vectorbt

    fast, slow = (vectorbt.MA.run(close, window).ma.to_numpy() for window in (FAST, SLOW))
    enters, leaves = fast > slow + MARGIN, fast < slow - MARGIN
    entries, exits = (np.concatenate(([False], rule[:-1])) for rule in (enters, leaves))
    terms = {"size": UNITS, "fees": FEE, "init_cash": CASH, "freq": "1min"}
    folio = vectorbt.Portfolio.from_signals(close, entries, exits, price=opened, **terms)
    return folio.value().iloc[-1], len(folio.orders.records_arr)


def run_loop(count: int, _: str = "plain") -> Row:
    """The same money in a bare Python loop over floats: no orders, no records, nothing that could be looked at."""
    table = prices(count)
    opens, closes = table["open"].tolist(), table["close"].tolist()
    began = time.perf_counter()
    final, fills = bare_loop(opens, closes)
    return row("loop", "-", count, time.perf_counter() - began, final, fills)


def bare_loop(opens: list[float], closes: list[float]) -> tuple[float, int]:
    """Final equity and the number of fills."""
    cash, held, wanted, fills = CASH, 0, 0, 0
    fast = slow = 0.0
    for at, (opened, close) in enumerate(zip(opens, closes, strict=True)):
        if wanted != held:
            change = wanted - held
            cash -= change * opened + abs(change) * opened * FEE
            held, fills = wanted, fills + 1
        fast, slow = fast + close, slow + close
        if at >= FAST:
            fast -= closes[at - FAST]
        if at >= SLOW:
            slow -= closes[at - SLOW]
        if at >= SLOW - 1:
            gap = fast / FAST - slow / SLOW
            if not held:
                if gap > MARGIN:
                    wanted = UNITS
            elif gap < -MARGIN:
                wanted = 0
    return cash + held * closes[-1], fills


def run_backtesting(count: int, _: str = "plain") -> Row:
    """The workload on backtesting.py, from the environment of whoever compares; its run includes its statistics."""
    import backtesting
    import pandas as pd

    class Cross(backtesting.Strategy):
        def init(self) -> None:
            self.fast = self.I(lambda x: pd.Series(x).rolling(FAST).mean(), self.data.Close)
            self.slow = self.I(lambda x: pd.Series(x).rolling(SLOW).mean(), self.data.Close)

        def next(self) -> None:
            fast, slow = self.fast[-1], self.slow[-1]
            if not self.position:
                if fast > slow + MARGIN:
                    self.buy(size=UNITS)
            elif fast < slow - MARGIN:
                self.position.close()

    backtesting.backtesting._tqdm = lambda bars, **_: bars
    table = prices(count)
    index = pd.DatetimeIndex(table.pop("time"))
    test = backtesting.Backtest(
        pd.DataFrame(table, index=index).rename(columns=str.capitalize), Cross, cash=CASH, commission=FEE
    )
    began = time.perf_counter()
    result = test.run()
    seconds = time.perf_counter() - began
    fills = 2 * len(result["_trades"]) + len(result["_strategy"].trades)
    return row("backtesting.py", backtesting.__version__, count, seconds, result["Equity Final [$]"], fills)


def row(peer: str, version: str, count: int, seconds: float, final: Any, fills: int, **extra: Any) -> Row:
    """One measurement, in the terms that all engines share."""
    return {
        "peer": peer,
        "version": version,
        "workload": "W1",
        "n_bars": count,
        "n_assets": 1,
        "n_runs": 1,
        "seconds_core": round(seconds, 6),
        "peak_rss_mb": peak_mb(),
        "final_value": round(float(final), 4),
        "n_trades": fills,
        "python": sys.version.split()[0],
        **extra,
    }


ENGINES: dict[str, Callable[..., Row]] = {
    "workbench": run_workbench,
    "backtesting": run_backtesting,
    "loop": run_loop,
    "vectorbt": run_vectorbt,
}


def measure(engine: str, count: int, variant: str = "plain", python: str = sys.executable) -> Row:
    """One measurement in a fresh process."""
    return alone(__file__, "--bars", count, "--one", engine, "--variant", variant, python=python)


def compare(count: int, repeat: int, variant: str, against: str, python: str) -> Row:
    """Both engines in turn; the ratio is that of each pair, so a slow machine cancels out."""
    if against == "backtesting" and util.find_spec("backtesting") is None:
        sys.exit("backtesting.py is not in this environment; without it there is nothing to compare with.")
    ratios = []
    for _ in range(repeat):
        ours, theirs = measure("workbench", count, variant), measure(against, count, python=python)
        print(json.dumps(ours), json.dumps(theirs), sep="\n", flush=True)
        if (ours["final_value"], ours["n_trades"]) != (theirs["final_value"], theirs["n_trades"]):
            sys.exit("the two engines disagree on the result; their times cannot be compared")
        ratios.append(theirs["seconds_core"] / ours["seconds_core"])
    rounded = [round(ratio, 2) for ratio in ratios]
    words = {"workload": "W1", "variant": variant, "against": against, "n_bars": count}
    return {**words, "ratio": round(statistics.median(ratios), 2), "ratios": rounded}


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bars", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--variant", choices=list(VARIANTS), default="plain")
    parser.add_argument("--signals", action="store_const", dest="variant", const="signals", help="--variant signals")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of whoever is compared with")
    parser.add_argument(
        "--against", choices=["backtesting", "loop", "vectorbt"], help="pair each run with it and print the ratio"
    )
    parser.add_argument(
        "--growth", action="store_true", help="time and memory from 1 to 10 million bars, cash that lasts"
    )
    parser.add_argument("--one", choices=list(ENGINES), help="a single measurement in this process")
    chosen = parser.parse_args()
    if chosen.growth:
        for count in (1_000_000, 3_000_000, 10_000_000):
            print(json.dumps(run_workbench(count, chosen.variant, RICH)), flush=True)
    elif chosen.one:
        print(json.dumps(ENGINES[chosen.one](chosen.bars, chosen.variant)))
    elif chosen.against:
        print(json.dumps(compare(chosen.bars, chosen.repeat, chosen.variant, chosen.against, chosen.python)))
    else:
        for _ in range(chosen.repeat):
            print(json.dumps(measure("workbench", chosen.bars, chosen.variant)), flush=True)


if __name__ == "__main__":
    main()
