"""A tearsheet: how long its page takes and how large it is. Prints one JSON line per measurement::

    python tests/benchmarks/tearsheet.py                 2,520 daily bars, ten years
    python tests/benchmarks/tearsheet.py --million       1,000,000 bars of a minute

Each round makes the run anew, which is not timed, then `run.tearsheet()` and its page twice: `seconds` is the median of
the first, which reads the frames of the run and explains its profit, `seconds_again` of the second. The first round is
left out; what a process needs once (imports, the first query) is told as `seconds_first`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from measuring import Row

__all__ = ["main"]

ROUNDS = 9
DAYS, MINUTES = 2_520, 1_000_000


def made(bars: Any) -> Any:
    """A run of a cross of two averages with fees, slippage and stops."""
    import workbench as wb
    from workbench import fees, slippage, ta

    gap = ta.sma(20) - ta.sma(100)
    rules = wb.Signals(entry=gap > 0, exit=gap < 0, stop_loss_pct=0.1, weight=0.9)
    costs = {"fees": fees.bps(5), "slippage": slippage.bps(2)}
    return wb.Backtest(rules, bars, **costs).run(progress=False)


def timed(run: Any) -> tuple[float, str]:
    """Seconds to the page, and the page."""
    began = time.perf_counter()
    page = str(run.tearsheet())
    return time.perf_counter() - began, page


def measured(bars: Any, rounds: int) -> Row:
    """Median seconds and bytes of the page."""
    seconds, again = [], []
    for _ in range(rounds + 1):
        run = made(bars)
        seconds.append(timed(run)[0])
        took, page = timed(run)
        again.append(took)
    return {
        "bars": len(bars),
        "trades": run.trades.height,
        "seconds": round(statistics.median(seconds[1:]), 4),
        "seconds_again": round(statistics.median(again[1:]), 4),
        "seconds_first": round(seconds[0], 4),
        "bytes": len(page.encode()),
    }


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true")
    asked = parser.parse_args()

    import workbench as wb

    if asked.million:
        bars = wb.simulate.bars("X", every="1m", n=MINUTES, seed=7)
        print(json.dumps({"what": "tearsheet", **measured(bars, 3)}), flush=True)
    else:
        bars = wb.simulate.bars("X", every="1d", n=DAYS, seed=7, calendar="XNYS", start="2004-01-02")
        print(json.dumps({"what": "tearsheet", **measured(bars, ROUNDS)}), flush=True)


if __name__ == "__main__":
    main()
