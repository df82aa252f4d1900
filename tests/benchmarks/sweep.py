"""A sweep of signals: many combinations of one cross, each with its figures (W3). One JSON line per measurement::

    python tests/benchmarks/sweep.py                         10,000 combinations of 2,520 daily bars
    python tests/benchmarks/sweep.py --runs 1000             1,000 of them
    python tests/benchmarks/sweep.py --against vectorbt      the ratio to vectorbt's Rust engine, if it is installed

Long while the fast average of closes lies above the slow one, all in, at the next open, for 0.1% of each fill. Total
return, maximum drawdown and Sharpe ratio of each combination are what the others give too; this engine gives every
figure that a single run has. Each engine runs in a process of its own and tells the median of five calls, the first
left out. `seconds_core` is the whole call, from the grid to the frame: no imports, no making of data, nothing that is
compiled on first use.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib import util

import numpy as np
from measuring import SEED, Row, alone, peak_mb, walk

__all__ = ["main", "table"]

CASH, FEE, EPS = 1_000_000.0, 0.001, 1e-6
SIGMA, DAYS, TRIES = 0.012, 2_520, 5
GRIDS = {
    100: (range(3, 13), range(30, 80, 5)),
    1_000: (range(3, 28), range(30, 230, 5)),
    10_000: (range(3, 103), range(104, 204)),
}


def table() -> dict[str, np.ndarray]:
    """Open, high, low, close, volume and day of a random walk in cents."""
    made = walk(DAYS, SIGMA, np.random.default_rng(SEED))
    made["day"] = np.busday_offset("2022-01-03", np.arange(DAYS)).astype("datetime64[D]")
    return made


def run_workbench(runs: int) -> Row:
    """The sweep on this engine; units are fine enough for all of the cash to be spent."""
    import polars as pl

    import workbench as wb
    from workbench import ta

    made = table()
    fields = {name: made[name] for name in ("open", "high", "low", "close", "volume")}
    frame = pl.DataFrame({"asset": ["A"] * DAYS, "open_time": made["day"].astype("datetime64[us]"), **fields})
    bars = wb.Bars.from_frame(frame, every="1d", calendar="24/7", tz="UTC", price_digits=2, quantity_digits=8)

    @wb.signals
    def cross(fast: int = 10, slow: int = 50) -> wb.Signals:
        gap = ta.sma(fast) - ta.sma(slow)
        return wb.Signals(entry=gap > EPS, exit=gap < -EPS, all_in=True)

    test = wb.Backtest(cross(), bars, cash=CASH, fees=wb.fees.bps(10), volume_cap=None)
    fast, slow = GRIDS[runs]

    def once() -> tuple[float, float, float, int]:
        found = test.sweep(fast=fast, slow=slow).run(progress=False).frame
        means = [float(found[name].mean()) for name in ("total_return", "max_drawdown", "sharpe")]
        return means[0], means[1], means[2], int(found["fills"].sum())

    return measured("workbench", wb.__version__, runs, once)


def run_vectorbt(runs: int) -> Row:
    """The sweep on vectorbt's Rust engine: signals as one wide matrix."""
    import pandas as pd
    import vectorbt as vbt

    vbt.settings["engine"] = "rust"
    vbt.settings.returns["year_freq"] = "365 days"
    made = table()
    index = pd.DatetimeIndex(made["day"])
    close, opened = (pd.Series(made[name], index=index) for name in ("close", "open"))
    pairs = [(fast, slow) for fast in GRIDS[runs][0] for slow in GRIDS[runs][1]]

    def once() -> tuple[float, float, float, int]:
        fast = vbt.MA.run(close, [each for each, _ in pairs], short_name="fast").ma.values
        slow = vbt.MA.run(close, [each for _, each in pairs], short_name="slow").ma.values
        entries, exits = np.zeros(fast.shape, bool), np.zeros(fast.shape, bool)
        entries[1:], exits[1:] = (fast > slow + EPS)[:-1], (fast < slow - EPS)[:-1]
        folio = vbt.Portfolio.from_signals(close, entries, exits, price=opened, fees=FEE, init_cash=CASH, freq="1D")
        figures = folio.total_return(), folio.max_drawdown(), folio.sharpe_ratio()
        means = [float(each.mean()) for each in figures]
        return means[0], means[1], means[2], len(folio.orders.records_arr)

    return measured("vectorbt:rust", vbt.__version__, runs, once)


def measured(peer: str, version: str, runs: int, once: Callable[[], tuple[float, float, float, int]]) -> Row:
    """The median of several calls, the first left out, and what they gave."""
    means, seconds = once(), []
    for _ in range(TRIES):
        began = time.perf_counter()
        means = once()
        seconds.append(time.perf_counter() - began)
    return {
        "peer": peer,
        "version": version,
        "workload": "W3",
        "n_bars": DAYS,
        "n_runs": runs,
        "seconds_core": round(statistics.median(seconds), 6),
        "peak_rss_mb": peak_mb(),
        "mean_total_return": round(means[0], 4),
        "mean_max_drawdown": round(means[1], 4),
        "mean_sharpe": round(means[2], 4),
        "n_trades": means[3],
        "python": sys.version.split()[0],
    }


ENGINES: dict[str, Callable[[int], Row]] = {"workbench": run_workbench, "vectorbt": run_vectorbt}


def measure(engine: str, runs: int) -> Row:
    """One measurement in a fresh process."""
    return alone(__file__, "--one", engine, "--runs", runs)


def compare(against: str, runs: int, repeat: int) -> Row:
    """Both engines in turn; the ratio is that of each pair, so a slow machine cancels out."""
    if against == "vectorbt" and util.find_spec("vectorbt_rust") is None:
        sys.exit("vectorbt's Rust engine is not in this environment; without it there is nothing to compare with.")
    ratios = []
    for _ in range(repeat):
        ours, theirs = measure("workbench", runs), measure(against, runs)
        print(json.dumps(ours), json.dumps(theirs), sep="\n", flush=True)
        same = ("mean_total_return", "mean_max_drawdown", "mean_sharpe", "n_trades")
        if any(abs(ours[name] - theirs[name]) > 2e-4 for name in same):
            sys.exit("the two engines disagree on the result; their times cannot be compared")
        ratios.append(theirs["seconds_core"] / ours["seconds_core"])
    rounded = [round(ratio, 1) for ratio in ratios]
    return {"workload": "W3", "n_runs": runs, "ratio": round(statistics.median(ratios), 1), "ratios": rounded}


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, choices=list(GRIDS), default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--against", choices=["vectorbt"], help="pair each run with it and print the ratio")
    parser.add_argument("--one", choices=list(ENGINES), help="a single measurement in this process")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(ENGINES[chosen.one](chosen.runs)))
    elif chosen.against:
        print(json.dumps(compare(chosen.against, chosen.runs, chosen.repeat)))
    else:
        for _ in range(chosen.repeat):
            print(json.dumps(measure("workbench", chosen.runs)), flush=True)


if __name__ == "__main__":
    main()
