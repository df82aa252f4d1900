"""Ten million minute bars of a hundred assets to hours, beside bare Polars on the same frame in the same process.

Prints one JSON line for New York and one for a market around the clock: seconds of `Bars.resample("1h")`, aligned to
sessions, of `group_by_dynamic` to hours of the clock, and their ratio. The two take turns; the best round counts::

    python tests/benchmarks/resample.py --rows 10000000
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from workbench.market.adjustments import no_actions
from workbench.market.assets import Asset
from workbench.market.bars import BARS, Bars
from workbench.market.calendars import Calendar

__all__ = ["main", "minutes"]

ASSETS, ROUNDS, SEED = 100, 5, 7
FIRST, LAST = date(2015, 1, 2), date(2024, 12, 31)


def minutes(rows: int, calendar: str) -> Bars:
    """Minute bars in whole cents, the same times for every asset."""
    each = rows // ASSETS
    hours = Calendar(calendar).parts(FIRST, LAST)
    starts = pl.int_ranges(pl.col("open_time").cast(pl.Int64), pl.col("time").cast(pl.Int64), 60_000_000)
    grid = hours.select("session", starts.alias("open_time")).explode("open_time", empty_as_null=False).head(each)
    opened = pl.col("open_time").cast(pl.Datetime("us", "UTC"))
    times = grid.select("session", open_time=opened, time=opened.dt.offset_by("1m"))
    names = [f"A{i:03}" for i in range(ASSETS)]
    frame = pl.concat([_walk(times, name, i) for i, name in enumerate(names)]).rechunk()
    assets = tuple(Asset(name, calendar=calendar) for name in names)
    return Bars(frame, no_actions(), assets, "1m", f"benchmark seed {SEED}", synthetic=True)


def _walk(times: pl.DataFrame, name: str, number: int) -> pl.DataFrame:
    draw = np.random.default_rng((SEED, number))
    close = np.round(100 + np.abs(np.cumsum(draw.standard_normal(times.height) * 0.02)), 2)
    volume = draw.integers(1, 1000, times.height).astype(float)
    prices = {"open": close, "high": close + 0.25, "low": close - 0.25, "close": close, "volume": volume}
    return times.with_columns(asset=pl.lit(name), **{k: pl.Series(v) for k, v in prices.items()}).select(BARS.names())


def bare(frame: pl.DataFrame) -> pl.DataFrame:
    """What Polars does by itself: hours of the clock, no sessions, no digits."""
    groups = frame.group_by_dynamic("open_time", every="1h", group_by="asset")
    prices = pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last()
    return groups.agg(*prices, pl.col("volume").sum())


def measured(rows: int, calendar: str) -> dict[str, Any]:
    """Best seconds of both, taking turns."""
    bars = minutes(rows, calendar)
    ours = bars.resample("1h")
    best = {"ours": 1e9, "bare": 1e9}
    for _ in range(ROUNDS):
        for name, work in (("ours", lambda: bars.resample("1h")), ("bare", lambda: bare(bars.frame))):
            best[name] = min(best[name], _seconds(work))
    row = {"rows": len(bars), "hours": len(ours), "seconds": best["ours"], "seconds_bare": best["bare"]}
    return {"calendar": calendar, **row, "ratio": best["ours"] / best["bare"]}


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    for calendar in ("XNYS", "24/7"):
        print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in measured(rows, calendar).items()}))


if __name__ == "__main__":
    main()
