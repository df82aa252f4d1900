"""Indicators over columns and as streams, beside TA-Lib on the same numbers in the same process.

Prints one JSON line for each indicator and size: nanoseconds per row of a column here and of TA-Lib (of numpy where
that has none), medians of rounds that take turns, and how many times faster the column is; their geometric mean; one
column and two in one call, on every core and on one; and all indicators over 10,000 bars in one call. What an update of
a stream costs is printed by `cargo test --release -p workbench-indicators -- --ignored --nocapture nanoseconds`::

    python tests/benchmarks/indicators.py --rows 1000000 10000000
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

import numpy as np
import polars as pl
import talib

import workbench as wb
from workbench import ta
from workbench.indicators import Indicator
from workbench.indicators.columns import columns as computed

__all__ = ["main"]

ROUNDS, SEED, BARS = 5, 7, 10_000
# What is no number of bars.
NEEDED: dict[str, object] = {"q": 0.3, "against": "open"}
STREAM_ROUNDS, RUST_TEST = 40, "nanoseconds_per_update"
STREAMS: dict[str, Indicator] = {
    "sma": ta.sma(20),
    "ema": ta.ema(20),
    "rsi": ta.rsi(14),
    "macd.line": ta.macd(12, 26, 9).line,
    "bbands.upper": ta.bbands(20, 2).upper,
    "atr": ta.atr(14),
    "stoch.k": ta.stoch(14, 3, 3).k,
    "rolling_vwap": ta.rolling_vwap(20),
}
Table = dict[str, tuple[Callable[[], object], Callable[[], object]]]


def prices(rows: int) -> dict[str, np.ndarray[Any, Any]]:
    """A walk in whole cents, and whole volumes."""
    draw = np.random.default_rng(SEED)
    close = np.round(100 + np.abs(np.cumsum(draw.standard_normal(rows) * 0.02)), 2)
    reach = np.round(draw.random((2, rows)), 2)
    volume = draw.integers(1, 1000, rows).astype(float)
    return {"open": close, "high": close + reach[0], "low": close - reach[1], "close": close, "volume": volume}


def table(rows: int) -> Table:
    """Ours and theirs, each over the same arrays."""
    p = prices(rows)
    h, lo, c, v = p["high"], p["low"], p["close"], p["volume"]
    frame = pl.DataFrame(p)
    found: Table = {
        "sma": (lambda: ta.sma(20)(c), lambda: talib.SMA(c, 20)),
        "ema": (lambda: ta.ema(20)(c), lambda: talib.EMA(c, 20)),
        "rsi": (lambda: ta.rsi(14)(c), lambda: talib.RSI(c, 14)),
        "macd": (lambda: ta.macd(12, 26, 9)(c), lambda: talib.MACD(c, 12, 26, 9)),
        "bbands": (lambda: ta.bbands(20, 2)(c), lambda: talib.BBANDS(c, 20, 2, 2)),
        "atr": (lambda: ta.atr(14)(frame), lambda: talib.ATR(h, lo, c, 14)),
    }
    stoch, vwap = getattr(ta, "stoch", None), getattr(ta, "rolling_vwap", None)
    if stoch:
        theirs = partial(talib.STOCH, h, lo, c, fastk_period=14, slowk_period=3, slowd_period=3)
        found["stoch"] = (lambda: stoch(14, 3, 3)(frame), theirs)
    if vwap:
        found["vwap"] = (lambda: vwap(20)(frame), lambda: np.cumsum((h + lo + c) / 3 * v) / np.cumsum(v))
    return found


def taking_turns(*works: Callable[[], object]) -> list[float]:
    """The median seconds of each."""
    rounds = [[_seconds(work) for work in works] for _ in range(ROUNDS + 1)][1:]
    return [median(each) for each in zip(*rounds, strict=True)]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    kept = work()
    ended = time.perf_counter()
    del kept
    return ended - began


def columns(rows: int) -> None:
    """Each indicator beside its peer, and the geometric mean."""
    ratios = []
    for name, (ours, theirs) in table(rows).items():
        seconds, peer = taking_turns(ours, theirs)
        ratios.append(peer / seconds)
        _print(rows=rows, indicator=name, ns=seconds / rows * 1e9, ns_peer=peer / rows * 1e9, times_faster=ratios[-1])
    _print(rows=rows, geometric_mean=geometric_mean(ratios))


def on_every_core(rows: int) -> None:
    """One column and two of them on every core, against one core."""
    every = one_and_two(rows)
    with ProcessPoolExecutor(1, get_context("spawn"), _on_one_core) as alone:
        single = alone.submit(one_and_two, rows).result()
    for columns, ours, theirs in zip((1, 2), every, single, strict=True):
        _print(rows=rows, columns=columns, seconds=ours, seconds_on_one_core=theirs, times_faster=theirs / ours)


def one_and_two(rows: int) -> list[float]:
    """The seconds of one column and of two in one call."""
    close = _bars(rows).frame.select("close")
    one, two = ta.bbands(20, 2), ta.bbands(21, 2)
    return taking_turns(lambda: computed([one], close), lambda: computed([one, two], close))


def _on_one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def every_indicator() -> None:
    """All of `ta` as it is usually called, in one call."""
    bars, wanted = _bars(BARS), [_usual(getattr(ta, name)) for name in ta.__all__]
    named = {f"x{i}": each for i, each in enumerate(wanted)}
    (seconds,) = taking_turns(lambda: bars.with_columns(**named))
    _print(rows=BARS, indicators=len(named), milliseconds=seconds * 1e3)


def streams() -> None:
    """An update of each from Python."""
    bars = _of_a_run()
    closes = [bar.close for bar in bars]
    for name, made in STREAMS.items():
        one = len(made.inputs) == 1
        _print(
            stream=name,
            ns_python=_nanoseconds(made, closes if one else bars),
            ns_python_of_bars=_nanoseconds(made, bars),
        )


def _nanoseconds(of: Indicator, given: Sequence[object]) -> float:
    """The best of an update, with what the loop around it takes."""
    update, best = of.stream().update, float("inf")
    for _ in range(STREAM_ROUNDS):
        began = time.perf_counter()
        for each in given:
            update(each)
        best = min(best, time.perf_counter() - began)
    return best / len(given) * 1e9


def _of_a_run() -> list[wb.Bar]:
    kept: list[wb.Bar] = []

    class Keep(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            kept.append(bar)

    wb.Backtest(Keep(), _bars(BARS)).run(progress=False)
    return kept


def streams_in_rust(cargo: str) -> None:
    """An update of each from Rust, as the native tests print it."""
    root = Path(__file__).parents[2] / "native"
    command = [cargo, "test", "--release", "-p", "workbench-indicators", "--", "--ignored", "--nocapture", RUST_TEST]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    for name, ns in re.findall(r"^(\S+): (\S+) ns$", told, re.MULTILINE):
        _print(stream=name, ns_rust=float(ns))


def _usual(make: Callable[..., Any]) -> Any:
    """With 14 bars where it has no usual length."""
    needed = [p.name for p in inspect.signature(make).parameters.values() if p.default is p.empty]
    return make(**{name: NEEDED.get(name, 14 + i) for i, name in enumerate(needed)})


def _bars(rows: int) -> wb.Bars:
    return wb.simulate.bars("X", n=rows, every="1m", calendar="24/7")


def _print(**row: object) -> None:
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--cargo", help="the command that builds the native tests, which tell of streams in Rust")
    chosen = parser.parse_args()
    for rows in chosen.rows:
        columns(rows)
        on_every_core(rows)
    every_indicator()
    streams()
    if chosen.cargo:
        streams_in_rust(chosen.cargo)


if __name__ == "__main__":
    main()
