"""A run made by hand: in and out of the first asset every `stride` bars, filled at the open without fees for shares."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from workbench._native import statistics
from workbench.analytics.metrics import Metrics, measure
from workbench.analytics.returns import sessions_per_year
from workbench.engine.events import EQUITY, FILLS, ORDERS, TRADES, float_schema
from workbench.market.adjustments import adjusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench._types import Notice
    from workbench.market.bars import Bars

DEPOSITS = 100_000.0
FEE = 1.0
SPEC = {
    "parameters": {"fast": 20, "slow": 100},
    "assets": ["AAPL", "IBM"],
    "fees": "per_share(0.005)",
    "volume_cap": None,
}


@dataclass(frozen=True)
class MadeRun:
    name: str
    bars: Bars
    equity: pl.DataFrame
    fills: pl.DataFrame
    orders: pl.DataFrame
    trades: pl.DataFrame
    metrics: Metrics
    notices: tuple[Notice, ...] = ()
    deposits: Decimal = Decimal(100_000)
    final_equity: Decimal = Decimal(0)
    currency: str = "USD"
    spec: Mapping[str, object] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    mode: str = "simulation"
    cell: str = "run = <made by hand>"

    @property
    def exact(self) -> MadeRun:
        return self

    @property
    def by_asset(self) -> pl.DataFrame:
        return pl.DataFrame({"asset": [str(self.bars.assets[0])], "change": [self.final_equity - self.deposits]})

    @property
    def by_session(self) -> pl.DataFrame:
        """Each fee in the session of its fill."""
        days = self.equity.group_by("session", maintain_order=True).agg(pl.col("time").last())
        paid = pl.Series(self.fills["time"].search_sorted(days["time"], "right")) * -FEE
        return days.select("session", fees=paid - paid.shift(1, fill_value=0.0))

    @property
    def total(self) -> dict[str, Decimal]:
        """Fees and prices alone."""
        fees = Decimal(repr(self.fills["fee"].sum()))
        return {"price": self.final_equity - self.deposits + fees, "fees": -fees, "fx": Decimal(0)}

    def explain(self) -> MadeRun:
        return self


def made_run(bars: Bars, stride: int = 90, notices: tuple[Notice, ...] = ()) -> MadeRun:
    """Long for `stride` bars, out for `stride` / 3, from the second bar on; prices adjusted for splits."""
    bars = bars.select([bars.assets[0]])
    bars = adjusted(bars, bars.frame["session"][-1])
    equity, fills, trades = _walk(bars, stride)
    orders = pl.DataFrame(schema=float_schema(ORDERS))
    per_year = sessions_per_year(bars)
    metrics = measure(equity, fills, trades, deposits=DEPOSITS, per_year=per_year, fold=statistics)
    final = Decimal(repr(round(equity["equity"][-1], 6)))
    run = MadeRun("Cross", bars, equity, fills, orders, trades, metrics, notices, final_equity=final)
    hashes = {
        "Data": bars.fingerprint,
        "Code": "c0de" * 16,
        "State": "5747e" * 12 + "0123",
        "Versions": "workbench 0.1.0",
    }
    return replace(run, provenance=hashes, spec=SPEC)


def _walk(bars: Bars, stride: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    cash, units, rows, fills, trades = DEPOSITS, 0.0, [], [], []
    asset, entry = str(bars.assets[0]), None
    for i, bar in enumerate(bars.frame.iter_rows(named=True)):
        wanted = i > 0 and (i - 1) % (stride + stride // 3) < stride
        if wanted != (units > 0):
            price = bar["open"]
            before, units = units, float(cash * 0.99 // price) if wanted else 0.0
            moved = units - before
            cash -= moved * price + FEE
            fills.append(_fill(len(fills), bar["open_time"], asset, moved, price))
            if wanted:
                entry = (bar["open_time"], units, price, i)
            elif entry is not None:
                trades.append(_trade(asset, entry, bar["open_time"], price, i, still=False))
        held = units * bar["close"]
        rows.append((bar["time"], bar["session"], cash, held, 0.0, cash + held))
    if units and entry is not None:
        trades.append(_trade(asset, entry, None, bar["close"], i, still=True))
    frames = ((rows, EQUITY), (fills, FILLS), (trades, TRADES))
    made = [pl.DataFrame(data, schema=float_schema(columns), orient="row") for data, columns in frames]
    return made[0], made[1], made[2]


def _fill(n: int, time: object, asset: str, moved: float, price: float) -> tuple[object, ...]:
    side, size = ("buy" if moved > 0 else "sell"), abs(moved)
    return (n, time, n, asset, side, size, price, price, size * price, FEE, 0.0, 0.0, "open", False)


def _trade(asset: str, entry: tuple, time: object, price: float, i: int, *, still: bool) -> tuple[object, ...]:
    start, units, paid, first = entry
    profit = units * (price - paid) - (FEE if still else 2 * FEE)
    shown = None if still else price
    fees = FEE if still else 2 * FEE
    return (asset, "long", start, time, units, paid, shown, fees, 0.0, profit, profit / units / paid, i - first, still)
