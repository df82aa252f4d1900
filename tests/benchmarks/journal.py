"""What a journal costs a run, and how fast one is sought in.

Prints one JSON line per measurement::

    python tests/benchmarks/journal.py --bars 1000000             W1 with and without its journal, in turn
    python tests/benchmarks/journal.py --seek --events 10000000   opening and seeking in a long journal

`ratio` is the median of the ratios of neighbouring runs on the same Bars, which know their fingerprint; `first` is the
ratio where the journal also has to take the fingerprint of new Bars. Runs take turns, so a busy minute hurts both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from w1 import CASH, plain, prices

import workbench as wb
from workbench import journal

__all__ = ["main"]

MILLION = 1_000_000


class Restless(wb.Strategy):
    """An order at every bar: four records each, and a fill in the next."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        """Buy and sell in turn."""
        (ctx.sell if ctx.position(bar.asset) else ctx.buy)(bar.asset, 1)


def bars_of(count: int) -> wb.Bars:
    """The bars of W1, new ones that nobody has fingerprinted."""
    frame = pl.DataFrame(prices(count)).rename({"time": "open_time"})
    return wb.Bars.from_frame(frame, asset="BTC", every="1m", calendar="24/7", tz="UTC", price_digits=2)


def seconds(act: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def capture(count: int, repeat: int, mode: str, place: Path) -> dict[str, Any]:
    """W1 without and with its journal, in turn."""
    bars = bars_of(count)
    test = wb.Backtest(plain(), bars, cash=CASH, fees=wb.fees.bps(10), volume_cap=None)
    path = place / "w1.journal"
    file = journal.File(path, mode=mode)
    off = seconds(lambda: test.run(progress=False))
    first = seconds(lambda: test.run(progress=False, journal=file)) / off
    pairs = []
    for turn in range(repeat):
        both: dict[bool, float] = {}
        for on in (False, True) if turn % 2 else (True, False):
            both[on] = seconds(lambda on=on: test.run(progress=False, journal=file if on else None))  # type: ignore[misc]
        pairs.append((both[False], both[True]))
    ratios = sorted(on / off for off, on in pairs)
    return {
        "workload": "W1",
        "n_bars": count,
        "mode": mode,
        "seconds_off": round(statistics.median(off for off, _ in pairs), 4),
        "seconds_on": round(statistics.median(on for _, on in pairs), 4),
        "ratio": round(statistics.median(ratios), 4),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "first": round(first, 3),
        "records": len(journal.read(path)),
        "megabytes": round(path.stat().st_size / MILLION, 2),
    }


def seek(events: int, place: Path, tries: int = 500) -> dict[str, Any]:
    """Opening, and the books at random records and times, of a journal with so many events."""
    path = place / "long.journal"
    test = wb.Backtest(Restless(), bars_of(events // 3 + 2), cash=CASH * 100)
    test.run(progress=False, journal=path)
    opened = [seconds(lambda: journal.read(path)) for _ in range(20)]
    log, random = journal.read(path), Random(7)
    numbers = [random.randint(1, len(log)) for _ in range(tries)]
    times = [log.seek(sequence=number).time for number in numbers[:tries]]
    by_number = [1e3 * seconds(lambda n=n: log.seek(sequence=n)) for n in numbers]  # type: ignore[misc]
    by_time = [1e3 * seconds(lambda t=t: log.seek(time=t)) for t in times]  # type: ignore[misc]
    return {
        "records": len(log),
        "megabytes": round(path.stat().st_size / MILLION, 1),
        "open_ms": round(1e3 * statistics.median(opened), 2),
        "seek_sequence_ms": {"median": round(statistics.median(by_number), 2), "max": round(max(by_number), 2)},
        "seek_time_ms": {"median": round(statistics.median(by_time), 2), "max": round(max(by_time), 2)},
        "verify_s": round(seconds(log.verify), 2),
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bars", type=int, default=MILLION)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--mode", choices=["delta", "full"], default="delta")
    parser.add_argument("--seek", action="store_true", help="measure opening and seeking instead")
    parser.add_argument("--events", type=int, default=10 * MILLION)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if chosen.seek:
            print(json.dumps(seek(chosen.events, place)))
        else:
            print(json.dumps(capture(chosen.bars, chosen.repeat, chosen.mode, place)))


if __name__ == "__main__":
    main()
