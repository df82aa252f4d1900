"""Random programs with limits, judged by their journal alone: nothing held was ever more than was allowed when asked.

The one idea: no engine is rebuilt here. Whatever fills, what is held after it, at the marks of the slice in which the
last order for more was asked, is within the limit of that slice; and every refusal shows that its limit was exceeded.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from busy_cases import busy_case
from face import Seen, backtest

import workbench as wb

Held = Mapping[str, Decimal]
COUNT = int(os.environ.get("WORKBENCH_EXAMPLES") or 60)


class Slice(NamedTuple):
    """What was known when an order was asked for."""

    marks: Mapping[str, Decimal]
    equity: Decimal


class After(NamedTuple):
    """A buy has filled: its asset, what is held, and the slices of the last approved buy of the asset and of any."""

    asset: str
    held: Held
    own: Slice
    any: Slice


def value(after: After) -> Decimal:
    return after.held[after.asset] * after.own.marks[after.asset]


def gross(after: After) -> Decimal:
    return sum((held * after.any.marks[asset] for asset, held in after.held.items() if held), Decimal(0))


CHECKS: list[tuple[dict[str, Any], Callable[[After], bool]]] = [
    ({"position_notional": "700"}, lambda after: value(after) <= 700),
    ({"position_notional": "1800.5", "on_breach": "halt"}, lambda after: value(after) <= Decimal("1800.5")),
    ({"position_weight": "0.2"}, lambda after: value(after) <= after.own.equity * Decimal("0.2")),
    ({"leverage": "0.45"}, lambda after: gross(after) <= after.any.equity * Decimal("0.45")),
    ({"open_positions": 1}, lambda after: sum(map(bool, after.held.values())) <= 1),
]


def run_of(seed: int, limits: dict[str, Any]) -> wb.Run:
    """A crowded program whose only actions are dividends: so quantities compare across days; rows are its marks."""
    case = busy_case(seed, on_margin=False)
    case["assets"] = [{**asset, "multiplier": "1"} for asset in case["assets"]]
    fill = "next_open" if case["config"]["fill"] == "same_close" else case["config"]["fill"]
    case["actions"] = [action for action in case["actions"] if action["kind"] == "dividend"]
    case["config"] = {**case["config"], "fill": fill, "limits": limits}
    return backtest(case, Seen()).run()


@pytest.mark.parametrize("seed", range(COUNT))
def test_nothing_held_was_ever_more_than_was_allowed_when_asked(seed: int) -> None:
    limits, is_within = CHECKS[seed % len(CHECKS)]
    run = run_of(seed, limits)
    assert all(map(is_within, buys_filled(run)))
    assert all(row["actual"] > row["allowed"] for row in refusals(run, limits))


@pytest.mark.parametrize("number", range(len(CHECKS)))
def test_the_programs_are_filled_and_refused_often_enough_to_tell(number: int) -> None:
    limits, _ = CHECKS[number]
    runs = [run_of(number + len(CHECKS) * k, limits) for k in range(4)]
    assert sum(1 for run in runs for _ in buys_filled(run)) >= 4
    assert sum(len(refusals(run, limits)) for run in runs) >= 2


def refusals(run: wb.Run, limits: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for row in run.exact.orders.to_dicts() if row["status"] == "DENIED" and row["reason"] in limits]


def buys_filled(run: wb.Run) -> Iterator[After]:
    """Every fill of a buy, in the order of the journal."""
    orders = run.exact.orders.to_dicts()
    asked = [(row["time"], row["asset"]) for row in orders if row["side"] == "buy" and row["status"] != "DENIED"]
    held: dict[str, Decimal] = defaultdict(Decimal)
    for fill in run.exact.fills.sort("sequence").to_dicts():
        is_buy, asset = fill["side"] == "buy", fill["asset"]
        held[asset] += fill["quantity"] if is_buy else -fill["quantity"]
        if is_buy:
            # What is asked at a close comes after the fills of that close, and before those of an open at that time.
            is_open = fill["moment"] == "open"
            until = [(t, name) for t, name in asked if t < fill["time"] or (is_open and t == fill["time"])]
            own, last = max(time for time, name in until if name == asset), max(time for time, _ in until)
            yield After(asset, dict(held), slice_at(run, own), slice_at(run, last))


def slice_at(run: wb.Run, time: Any) -> Slice:
    """The last closes by then, and the equity of that slice's row."""
    known = run.bars.frame.filter(run.bars.frame["time"] <= time).sort("time")
    marks = {asset: Decimal(repr(close)) for asset, close in known.select("asset", "close").iter_rows()}
    rows = run.exact.equity
    return Slice(marks, rows.filter(rows["time"] == time)["equity"][0])
