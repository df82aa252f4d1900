"""Many assets at once: a portfolio that is decided on once a month. Prints one JSON line per measurement::

    python tests/benchmarks/portfolio.py                         50 assets, 504 days, the ten that rose most (W2)
    python tests/benchmarks/portfolio.py --against vectorbt      the ratio to vectorbt's Rust engine, if it is installed
    python tests/benchmarks/portfolio.py --wide                  1,000 assets, 2,520 days, all of them at equal weights
    python tests/benchmarks/portfolio.py --growth                time and memory from 100 to 1,000 assets

On the first bar of each month W2 puts 9.5% into each of the ten assets whose last close is highest against that of 60
bars before, in whole units sized at that close; the fee is 0.1% of each fill, the cash 1,000,000. A run takes some
milliseconds, so each engine runs in a process of its own and tells the best of several runs, the first left out.
`seconds_core` is the run alone: no imports, no making of data, nothing that is compiled on first use.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib import util
from typing import Any

import numpy as np
from measuring import SEED, Row, alone, best_of, peak_bytes, peak_mb, walk

__all__ = ["main", "panel"]

CASH, FEE = 1_000_000.0, 0.001
TOP, LOOKBACK, INVESTED = 10, 60, 0.95
SIGMA = 0.018
ASSETS, DAYS, TRIES = 50, 504, 7
WIDE_ASSETS, WIDE_DAYS = 1_000, 2_520
# A thousand positions at equal weights of a million would be a handful of units each.
RICH = 100_000_000.0


def panel(assets: int, days: int) -> dict[str, np.ndarray]:
    """Open, high, low, close and volume, one row per day and one column per asset, and the days themselves."""
    columns = [walk(days, SIGMA, np.random.default_rng([SEED, at])) for at in range(assets)]
    table = {name: np.column_stack([column[name] for column in columns]) for name in columns[0]}
    table["day"] = np.busday_offset("2022-01-03", np.arange(days)).astype("datetime64[D]")
    return table


def names(count: int) -> list[str]:
    """What the assets are called."""
    return [f"A{at:03d}" for at in range(count)]


def bars_of(table: dict[str, np.ndarray]) -> Any:
    """The panel as Bars; a weekday without an exchange is a day around the clock."""
    import polars as pl

    import workbench as wb

    days, assets = table["close"].shape
    fields = {name: table[name].T.ravel() for name in ("open", "high", "low", "close", "volume")}
    frame = pl.DataFrame(
        {
            "asset": np.repeat(names(assets), days),
            "open_time": np.tile(table["day"], assets).astype("datetime64[us]"),
            **fields,
        }
    )
    return wb.Bars.from_frame(frame, every="1d", calendar="24/7", tz="UTC", price_digits=2, quantity_digits=0)


def momentum() -> Any:
    """The ten assets that rose most, once a month."""
    import workbench as wb

    class Momentum(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            ctx.schedule(self.rotate, every="1mo")

        def rotate(self, ctx: wb.Context) -> None:
            windows = ((asset, ctx.history(asset, LOOKBACK + 1)) for asset in ctx.assets)
            rise = {asset: window[-1] / window[0] for asset, window in windows}
            best = sorted(rise, key=rise.__getitem__, reverse=True)[:TOP]
            ctx.rebalance(dict.fromkeys(best, INVESTED / TOP))

    return Momentum()


def equal() -> Any:
    """All assets at equal weights, once a month."""
    import workbench as wb

    class Equal(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            ctx.schedule(self.rotate, every="1mo")

        def rotate(self, ctx: wb.Context) -> None:
            ctx.rebalance(dict.fromkeys(ctx.assets, INVESTED / len(ctx.assets)))

    return Equal()


def run_workbench(assets: int, days: int) -> Row:
    """W2 on this engine; the first bars are history only."""
    table = panel(assets, days)
    test = backtest(momentum(), bars_of(table), CASH, start=str(table["day"][LOOKBACK]))
    seconds, run = best_of(TRIES, lambda: test.run(progress=False))
    return row("workbench", our_version(), "W2", (assets, days), seconds, run.final_equity, run.fills.height)


def run_equal(assets: int, days: int) -> Row:
    """All assets at equal weights, once: this one takes long enough."""
    test = backtest(equal(), bars_of(panel(assets, days)), RICH)
    before = peak_bytes()
    began = time.perf_counter()
    run = test.run(progress=False)
    seconds = time.perf_counter() - began
    grown = round((peak_bytes() - before) / 2**20, 1)
    fills = run.fills.height
    return row("workbench", our_version(), "equal", (assets, days), seconds, run.final_equity, fills, grown_mb=grown)


def backtest(strategy: Any, bars: Any, cash: float, **options: Any) -> Any:
    """The terms that all runs share."""
    import workbench as wb

    return wb.Backtest(strategy, bars, cash=cash, fees=wb.fees.bps(10), volume_cap=None, **options)


def our_version() -> str:
    """The version of this engine."""
    import workbench as wb

    return wb.__version__


def run_loop(assets: int, days: int) -> Row:
    """W2 in numpy, without an engine: what the others are checked against."""
    table = panel(assets, days)
    seconds, (final, fills) = best_of(TRIES, lambda: numpy_loop(table))
    return row("loop", np.__version__, "W2", (assets, days), seconds, final, fills)


def numpy_loop(table: dict[str, np.ndarray]) -> tuple[float, int]:
    """Final equity and the number of fills."""
    opens, closes, cash, fills = table["open"], table["close"], CASH, 0
    held = wanted = np.zeros(closes.shape[1])
    begins = begins_month(table["day"])
    for at, close in enumerate(closes):
        change = wanted - held
        cash -= (change * opens[at]).sum() + (np.abs(change) * opens[at]).sum() * FEE
        held, fills = wanted, fills + np.count_nonzero(change)
        if begins[at] and at >= LOOKBACK:
            best = np.argsort(-close / closes[at - LOOKBACK], kind="stable")[:TOP]
            wanted = np.zeros_like(held)
            wanted[best] = np.floor(INVESTED / TOP * (cash + held @ close) / close[best])
    return cash + held @ closes[-1], fills


def begins_month(days: np.ndarray) -> np.ndarray:
    """Whether a day is the first bar of a month; of the very first one that is not known."""
    months = days.astype("datetime64[M]")
    return np.concatenate(([False], months[1:] != months[:-1]))


def run_vectorbt(assets: int, days: int) -> Row:
    """W2 on vectorbt's Rust engine, from the environment of whoever compares: orders from a table of target weights."""
    import vectorbt

    vectorbt.settings["engine"] = "rust"
    table = panel(assets, days)
    seconds, (final, fills) = best_of(TRIES, lambda: in_vectorbt(table))
    return row("vectorbt:rust", vectorbt.__version__, "W2", (assets, days), seconds, final, fills)


def in_vectorbt(table: dict[str, np.ndarray]) -> tuple[float, int]:
    """Weights are ordered at the next open and measured by the close before it."""
    import pandas as pd
    import vectorbt

    index = pd.DatetimeIndex(table["day"])
    opened, close = (pd.DataFrame(table[name], index=index) for name in ("open", "close"))
    rise = close.pct_change(LOOKBACK).to_numpy()
    size = np.full(close.shape, np.nan)
    for at in np.flatnonzero(begins_month(table["day"])):
        if LOOKBACK <= at < len(close) - 1:
            size[at + 1] = 0.0
            size[at + 1, np.argsort(-rise[at], kind="stable")[:TOP]] = INVESTED / TOP
    orders = {"size": size, "size_type": "targetpercent", "size_granularity": 1.0, "call_seq": "auto"}
    account = {"fees": FEE, "init_cash": CASH, "cash_sharing": True, "group_by": True, "freq": "1D"}
    folio = vectorbt.Portfolio.from_orders(close, price=opened, val_price=close.shift(1), **orders, **account)
    return folio.final_value(), len(folio.orders.records_arr)


def row(
    peer: str, version: str, work: str, size: tuple[int, int], seconds: float, final: Any, fills: int, **extra: Any
) -> Row:
    """One measurement, in the terms that all engines share."""
    return {
        "peer": peer,
        "version": version,
        "workload": work,
        "n_bars": size[1],
        "n_assets": size[0],
        "n_runs": 1,
        "seconds_core": round(seconds, 6),
        "peak_rss_mb": peak_mb(),
        "final_value": round(float(final), 4),
        "n_trades": int(fills),
        "python": sys.version.split()[0],
        **extra,
    }


ENGINES: dict[str, Callable[[int, int], Row]] = {
    "workbench": run_workbench,
    "equal": run_equal,
    "loop": run_loop,
    "vectorbt": run_vectorbt,
}


def measure(engine: str, assets: int, days: int) -> Row:
    """One measurement in a fresh process."""
    return alone(__file__, "--one", engine, "--assets", assets, "--days", days)


def compare(against: str, assets: int, days: int, repeat: int) -> Row:
    """Both engines in turn; the ratio is that of each pair, so a slow machine cancels out."""
    if against == "vectorbt" and util.find_spec("vectorbt_rust") is None:
        sys.exit("vectorbt's Rust engine is not in this environment; without it there is nothing to compare with.")
    exact, ratios = measure("loop", assets, days), []
    for _ in range(repeat):
        ours, theirs = measure("workbench", assets, days), measure(against, assets, days)
        print(json.dumps(ours), json.dumps(theirs), sep="\n", flush=True)
        if (ours["final_value"], ours["n_trades"]) != (exact["final_value"], exact["n_trades"]):
            sys.exit("the result is not that of the bare loop; the times cannot be compared")
        # The other engine rounds some sizes another way, which the number of trades does not show.
        if ours["n_trades"] != theirs["n_trades"] or abs(ours["final_value"] / theirs["final_value"] - 1) > 1e-3:
            sys.exit("the two engines disagree on the result; their times cannot be compared")
        ratios.append(theirs["seconds_core"] / ours["seconds_core"])
    rounded = [round(ratio, 2) for ratio in ratios]
    return {"workload": "W2", "against": against, "ratio": round(statistics.median(ratios), 2), "ratios": rounded}


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--assets", type=int, default=ASSETS)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--against", choices=["vectorbt", "loop"], help="pair each run with it and print the ratio")
    parser.add_argument("--wide", action="store_true", help="1,000 assets over 2,520 days at equal weights")
    parser.add_argument("--growth", action="store_true", help="100, 300 and 1,000 assets over 2,520 days")
    parser.add_argument("--one", choices=list(ENGINES), help="a single measurement in this process")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(ENGINES[chosen.one](chosen.assets, chosen.days)))
    elif chosen.against:
        print(json.dumps(compare(chosen.against, chosen.assets, chosen.days, chosen.repeat)))
    elif chosen.growth:
        for assets in (100, 300, 1_000):
            print(json.dumps(measure("equal", assets, WIDE_DAYS)), flush=True)
    else:
        work = ("equal", WIDE_ASSETS, WIDE_DAYS) if chosen.wide else ("workbench", chosen.assets, chosen.days)
        for _ in range(chosen.repeat):
            print(json.dumps(measure(*work)), flush=True)


if __name__ == "__main__":
    main()
