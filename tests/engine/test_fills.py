"""The worked fill cases through the public face: every one agrees."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from face import run_case
from fill_cases import CASES, bar_numbers, claims, told
from scripts import HAS_BOOKS


def _ids(case, calls):
    """The names that the face gives to orders without an id of their own, as the ids of the case."""
    closes, names = sorted({bar["time"] for bar in case["bars"]}), [asset["name"] for asset in case["assets"]]
    ids = {f"{call.time:%m-%dT%H:%M} {name} call": f"call{n}.{name}" for n, call in enumerate(calls) for name in names}
    counts = Counter()
    for command in case["commands"]:
        time, do = closes[command["after"]][5:], command["do"]
        if do in ("rebalance", "flatten"):
            ids |= {f"{time} {name} 0": f"{command['id']}.{name}" for name in names}
        elif do in ("target", "protect"):
            made = [command["id"]] if do == "target" else _legs(command)
            start = counts[time, command["asset"]]
            ids |= {f"{time} {command['asset']} {start + n}": name for n, name in enumerate(made)}
            counts[time, command["asset"]] += len(made)
    return ids


def _renamed(result, ids):
    """With the ids of the case for those that refusals are told by."""
    return replace(result, orders=tuple(replace(row, order=ids.get(row.order, row.order)) for row in result.orders))


def _legs(command):
    """The stop, if there is one, then the targets."""
    bracket = command["bracket"]
    targets = len(bracket.get("targets", [None] * bool({"target", "target_part"} & set(bracket))))
    stops = ["stop"] * bool({"stop", "stop_part", "trail"} & set(bracket))
    return [f"{command['id']}.{name}" for name in (*stops, *("target", "target2")[:targets])]


# Those of portfolios as soon as there are any.
TRIED = [case for case in CASES if HAS_BOOKS or "books" not in case["config"]]


@pytest.mark.parametrize("case", TRIED, ids=lambda case: case["name"])
def test_engine_agrees_with_the_worked_case(case):
    result, expect, numbers = run_case(case), case["expect"], bar_numbers(case)
    ids = _ids(case, result.calls)
    got = [(ids.get(f.order, f.order), f.moment, numbers[f.asset, f.moment, f.time], f.side) for f in result.fills]
    assert got == [(f["id"], f["moment"], f["bar"], f["side"]) for f in expect["fills"]]
    amounts = [(Decimal(f["quantity"]), Decimal(f["price"]), Decimal(f["fee"])) for f in expect["fills"]]
    assert [(f.quantity, f.price, f.fee) for f in result.fills] == amounts
    assert [f.ambiguous for f in result.fills] == [f["ambiguous"] for f in expect["fills"]]
    assert {ids.get(row.order, row.order): row.status for row in result.orders} == expect["orders"]
    assert (result.cash, result.equity[-1].equity) == (Decimal(expect["cash"]), Decimal(expect["equity"]))
    assert result.positions == {name: Decimal(held) for name, held in expect["positions"].items()}
    assert told(case, _renamed(result, ids)) == claims(case)
