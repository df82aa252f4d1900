"""What margin, futures and perpetuals cost: W1 on each kind of asset, against the same in a cash account::

    python tests/benchmarks/costs.py --bars 1000000      a JSON line for each kind, then the ratios to spot in cash

The strategy, the bars and the fee are those of W1, so the trades are the same; an inverse perpetual has its account in
coins. All kinds take turns in one process, forth and back, and a ratio is the median of those of the rounds, so that a
busy minute hurts all of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from w1 import CASH, SLOW, plain, prices

if TYPE_CHECKING:
    from measuring import Row

__all__ = ["KINDS", "main"]

MARGINS = {"initial_margin": "0.1", "maintenance_margin": "0.05"}
DATED = {"root": "BTC", "month": "2029-12", "expiry": "2029-12-31"}
# Name, what it is, and whether the account is one on margin.
KINDS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "spot in cash": ("BTC", {}, False),
    "spot on margin": ("BTC", {}, True),
    "future": ("BTCZ9", {"kind": "future", "multiplier": 1, **DATED, **MARGINS}, True),
    "linear perpetual": ("BTC/USD", {"kind": "perpetual", **MARGINS}, True),
    "inverse perpetual": ("BTC/USD:BTC", {"kind": "perpetual", "multiplier": 1, **MARGINS}, True),
}


def test_of(kind: str, count: int) -> Any:
    """W1 on bars of an asset of this kind."""
    import polars as pl

    import workbench as wb

    name, terms, is_on_margin = KINDS[kind]
    asset = wb.Asset(name, price_digits=2, calendar="24/7", **terms)
    frame = pl.DataFrame(prices(count)).rename({"time": "open_time"})
    bars = wb.Bars.from_frame(frame, asset=asset, every="1m", tz="UTC")
    start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=SLOW - 1)
    account = {"account": wb.Margin()} if is_on_margin else {}
    cash = f"{CASH:.0f} BTC" if kind.startswith("inverse") else CASH
    return wb.Backtest(plain(), bars, cash=cash, start=start, fees=wb.fees.bps(10), volume_cap=None, **account)


def measure(count: int, rounds: int) -> list[Row]:
    """Seconds of every round of each kind; the first round is left out."""
    tests = {kind: test_of(kind, count) for kind in KINDS}
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    fills = {}
    for at in range(rounds + 1):
        for kind in list(KINDS)[:: -1 if at % 2 else 1]:
            began = time.perf_counter()
            run = tests[kind].run(progress=False)
            seconds[kind].append(time.perf_counter() - began)
            fills[kind] = run.fills.height
    return [
        {"kind": kind, "n_bars": count, "seconds": each[1:], "n_trades": fills[kind]} for kind, each in seconds.items()
    ]


def ratios(rows: list[Row]) -> dict[str, float]:
    """How many times as long as the first each kind takes: the median over the rounds."""
    first = rows[0]["seconds"]
    pairs = {row["kind"]: zip(row["seconds"], first, strict=True) for row in rows}
    return {kind: round(statistics.median(mine / spot for mine, spot in each), 3) for kind, each in pairs.items()}


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    rows = measure(chosen.bars, chosen.rounds)
    for row in rows:
        print(json.dumps({**row, "seconds": round(statistics.median(row["seconds"]), 4)}))
    print(json.dumps({"workload": "W1", "n_bars": chosen.bars, "ratios": ratios(rows)}))


if __name__ == "__main__":
    main()
