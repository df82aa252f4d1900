"""Outside witnesses: backtrader and backtesting.py make the same trades wherever the rules coincide.

The one idea: one market from a seed, one strategy in three dialects, and every fill must agree in time, side, quantity
and price. Run with `pytest -m peers`, which makes an environment of their own on its first day.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from environment import asked
from known import DIFFERENCES
from our_side import answer

SEEDS = (1, 2, 3)
PEERS = ("backtesting", "backtrader")
README = Path(__file__).parent / "README.md"
AGREE = [(peer, name) for name in ("Cross", "Pullback", "Breakout", "Bracket") for peer in PEERS]
AGREE += [("backtesting", "AllIn"), ("backtrader", "Rotation")]


def market(seed: int, names: str, days: int = 1_500) -> dict[str, list[list[float]]]:
    """Daily bars in cents around 100 with small gaps; volume is never scarce."""
    r = Random(seed)
    return {name: list(_walk(r, days)) for name in names}


def _walk(r: Random, days: int) -> Any:
    last = 100.0
    for _ in range(days):
        first = max(5.0, last * (1 + r.gauss(0, 0.004)))
        last = max(5.0, first * (1 + r.gauss(0, 0.013)) + (100 - first) / 50)
        high, low = max(first, last) * (1 + abs(r.gauss(0, 0.005))), min(first, last) * (1 - abs(r.gauss(0, 0.005)))
        row = [round(price, 2) for price in (first, high, low, last)]
        yield [*row, 1e7]
        last = row[3]


def question(strategy: str, seed: int) -> dict[str, Any]:
    names = "ABC" if strategy == "Rotation" else "A"
    return {"strategy": strategy, "bars": market(seed, names), "cash": 1_000_000, "fee_bps": 10, "volume_cap": None}


def settled(fills: list[list[Any]]) -> list[tuple[Any, ...]]:
    """In one order: fills of one bar and side may be told in any."""
    return sorted((bar, asset, side, float(quantity), round(price, 10)) for bar, asset, side, quantity, price in fills)


@cache
def witness(peer: str) -> dict[str, Any]:
    """All that a peer is ever asked, in one go, for it takes long to begin."""
    names = {f"{name} {seed}": question(name, seed) for of, name in AGREE if of == peer for seed in SEEDS}
    names |= {row.title: _asking(row) for row in DIFFERENCES if peer in row.theirs}
    return dict(zip(names, asked(peer, list(names.values())), strict=True))


@pytest.mark.peers
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("peer", "strategy"), AGREE)
def test_every_trade_is_theirs_too(peer: str, strategy: str, seed: int) -> None:
    ours, theirs = answer(question(strategy, seed)), witness(peer)[f"{strategy} {seed}"]
    assert settled(ours["fills"]) == settled(theirs["fills"])
    assert len(ours["fills"]) >= 20
    assert ours["equity"] == pytest.approx(theirs["equity"], rel=1e-9)


SHOWN = [(row, peer) for row in DIFFERENCES for peer in row.theirs]


@pytest.mark.peers
@pytest.mark.parametrize(("row", "peer"), SHOWN, ids=lambda part: getattr(part, "title", part))
def test_a_known_difference_is_still_one(row: Any, peer: str) -> None:
    told = witness(peer)[row.title]["fills"]
    assert [(bar, side, quantity, price) for bar, _, side, quantity, price in told] == row.theirs[peer]


@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: row.title)
def test_ours_is_as_the_table_says(row: Any) -> None:
    told = answer(_asking(row))["fills"]
    assert [(bar, side, quantity, price) for bar, _, side, quantity, price in told] == row.ours
    assert any(theirs != row.ours for theirs in row.theirs.values())


def _asking(row: Any) -> dict[str, Any]:
    common = {"strategy": "Script", "bars": {"A": row.bars}, "fee_bps": 0}
    return common | {"script": row.script, "cash": row.cash, "volume_cap": row.volume_cap}


def test_the_text_tells_every_difference() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| **")] == [f"| **{r.title}** | {r.why} |" for r in DIFFERENCES]
