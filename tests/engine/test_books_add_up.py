"""Whatever several strategies ask for, their books add up to the account: at every row, in every digit, by every cause.

The one idea: programs are drawn from seeds on small markets with splits, dividends and an end, in both kinds of account
and under every fill rule; a run is looked at by what must hold for any run, so nothing has to be worked out.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest
from hand_made import days, dividend, split, strategy

import workbench as wb
from workbench.errors import OrderError

ASSETS = "AB"
DAYS = 30
ACCOUNT = {"initial": 0.3, "maintenance": 0.29, "maintenance_short": 0.29, "borrow_bps": 900, "interest_bps": 700}
SIZES: tuple[dict[str, Any], ...] = (
    {"weight": 0.5},
    {"quantity": 7},
    {"value": 333},
    {"all_in": True},
    {"quantity": 0},
)


def prices(chance: Random) -> list[tuple[float, float, float, float]]:
    """Bars that open near the last close."""
    last, rows = 20.0, []
    for _ in range(DAYS):
        opened, closed = (round(last * chance.uniform(0.93, 1.08), 2) for _ in range(2))
        high, low = max(opened, closed) * chance.uniform(1, 1.03), min(opened, closed) * chance.uniform(0.97, 1)
        rows.append((opened, round(high, 2) + 0.01, round(low, 2), closed))
        last = closed
    return rows


def ask(chance: Random, ctx: wb.Context, has_shorts: bool) -> None:
    """One thing that a strategy may ask for; what the door refuses has changed nothing."""
    asset, size = chance.choice(ASSETS), chance.choice(SIZES)
    if has_shorts and "weight" in size:
        size = {"weight": chance.choice([0.5, 1.5, 2.5])}
    near = float(ctx.history(asset, 1)[0]) * chance.uniform(0.95, 1.05)
    sign = -1 if has_shorts and chance.random() < 0.4 else 1
    signed = {name: value if name == "all_in" else sign * value for name, value in size.items()}
    order = chance.choice([ctx.buy, ctx.sell])
    ways = [
        lambda: ctx.target(asset, **signed),
        lambda: ctx.target(asset, **signed),
        lambda: order(asset, chance.randint(1, 30)),
        lambda: order(asset, chance.randint(1, 30), on=chance.choice(["open", "close"])),
        lambda: order(asset, chance.randint(1, 30), limit=near),
        lambda: order(asset, chance.randint(1, 9), tif=chance.choice(["IOC", "FOK"])),
        lambda: order(asset, chance.randint(1, 9), reduce_only=True),
        lambda: ctx.buy(asset, chance.randint(1, 9), stop_loss_pct=0.05, take_profit_pct=0.05),
        lambda: ctx.rebalance({asset: 0.4}),
        lambda: ctx.protect(asset, stop_loss_pct=0.04),
        ctx.flatten,
        ctx.cancel,
    ]
    try:
        chance.choice(ways)()
    except OrderError:
        return


def member(seed: int, has_shorts: bool) -> wb.Strategy:
    def on_start(self: Any, ctx: wb.Context) -> None:
        self.chance = Random(seed)

    def on_slice(self: Any, ctx: wb.Context, bars: dict[str, wb.Bar]) -> None:
        while self.chance.random() < 0.5:
            ask(self.chance, ctx, has_shorts)

    return strategy(on_start=on_start, on_slice=on_slice)


def drawn(seed: int) -> wb.Run:
    chance = Random(seed)
    on_margin, count = chance.random() < 0.6, chance.randint(2, 3)
    members = {f"book{at}": member(1_000 * seed + at, on_margin) for at in range(count)}
    way = chance.choice(
        [
            {"weights": {name: round(chance.uniform(0.1, 0.33), 2) for name in members}},
            {"allocation": "equal"},
            {"allocation": chance.choice(["inverse_volatility", "drawdown", "risk_parity"]), "lookback": 20},
        ]
    )
    actions = [split("A", 9, *chance.choice([(3, 2), (1, 3), (7, 5)])), dividend("B", 12, "0.37", pay=15)]
    if chance.random() < 0.5:
        actions.append({"asset": "A", "ex": dividend("A", 25, "1")["ex"], "kind": "delisting", **dict.fromkeys(
            ("numerator", "denominator", "pay")), "amount": "11.11"})  # fmt: skip
    table = {"A": prices(chance), "B": prices(chance)}
    if len(actions) == 3:
        table["A"] = table["A"][:24]
    fill = chance.choice(["next_open", "next_open", "next_close", "same_close"])
    options: dict[str, Any] = {
        "cash": 3_000,
        "fill": fill,
        "fees": chance.choice([None, wb.fees.bps(13), wb.fees.per_share(0.017, minimum=1)]),
        "slippage": wb.slippage.bps(chance.choice([0, 7])),
        "volume_cap": chance.choice([None, 0.1]),
        "latency": 0 if fill == "same_close" else chance.choice([0, 3]),
    }
    if on_margin:
        options["account"] = wb.Margin(**ACCOUNT)
    made = wb.Portfolio(members, rebalance=chance.choice(["1d", "1w", None]), **way)
    return wb.Backtest(made, days(volume=chance.choice([40, 400]), actions=actions, **table), **options).run()


@pytest.mark.parametrize("seed", range(60))
def test_books_add_up(seed: int) -> None:
    run = drawn(seed)
    books, equity = run.exact.books, run.exact.equity["equity"]
    summed = books.group_by("time", maintain_order=True).agg(pl.col("equity", "received").sum())
    assert summed["equity"].to_list() == equity.to_list()
    assert not any(summed["received"].to_list())
    told = run.explain().exact.by_strategy
    assert sum(told["change"].to_list()) == run.final_equity - run.deposits
    moved = dict(books.group_by("strategy").agg(pl.col("received").sum()).iter_rows())
    ends = dict(books.filter(time=books["time"][-1]).select("strategy", "equity").iter_rows())
    for name, change in told.select("strategy", "change").iter_rows():
        assert ends[name] == run.book(name).started_with + moved[name] + change
    if "account" not in run.spec or run.spec["account"] == "cash":
        assert min(books["cash"].to_list()) >= Decimal(0)


def test_enough_happened() -> None:
    """The programs are worth something: they traded, crossed and moved cash."""
    runs = [drawn(seed) for seed in range(20)]
    assert sum(run.fills.height for run in runs) > 500
    assert sum(run.book_fills.height - run.book_fills["venue"].sum() for run in runs) > 20
    assert sum(run.transfers.height for run in runs) > 50
