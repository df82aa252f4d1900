"""What must be the same whichever way it is told: another name, units by a merger or a split, a closing or a sale.

The one idea: cut the bars of one asset in two and let the second part go on under another name; but for that name a run
must not notice, whatever its orders are. Other ends are compared with what anybody could have done by hand.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from busy_cases import START, busy_case
from face import Seen, backtest
from hypothesis import HealthCheck, given, settings
from random_cases import cases

import workbench as wb

Json = dict[str, Any]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
AT = f"{START + timedelta(days=4):%Y-%m-%dT%H:%M}"


def whole_cases(count: int) -> list[Any]:
    """Crowded cases of one asset that has bars, and volumes, on both sides of the cut."""
    found: list[Any] = []
    for seed in range(1, 10 * count):
        case = only(busy_case(seed))
        later = [bar for bar in case["bars"] if bar["open_time"] >= AT and bar["v"] not in (None, "0")]
        early = [bar for bar in case["bars"] if bar["open_time"] < AT and bar["v"] not in (None, "0")]
        has_paths = case["config"]["path"] != "finer" or any(part["open_time"] >= AT for part in case["finer"])
        if len(early) > 2 and later and has_paths and len(found) < count:
            found.append(pytest.param(case, id=f"seed {seed}"))
    return found


def only(case: Json) -> Json:
    """A case with its first asset alone, held all the way, without limits and actions."""
    name = case["assets"][0]["name"]
    kept = {key: [row for row in case[key] if row.get("asset") == name] for key in ("bars", "finer", "commands")}
    slices = len({bar["time"] for bar in kept["bars"]})
    # Orders asked under another name are no members of a group that was named under the first one.
    asked = [{key: value for key, value in command.items() if key != "oco"} for command in kept["commands"]]
    kept["commands"] = [command for command in asked if command["after"] < slices]
    config = {**case["config"], "limits": None}
    if config["account"] != "cash":
        # What is borrowed is paid for by its last close, and another name has none yet.
        config["account"] = {**config["account"], "borrow_bps": "0"}
    return {**case, **kept, "assets": case["assets"][:1], "actions": [], "config": config}


def cut(case: Json) -> Json:
    """The same case, but from the cut on the asset is another one, which commands name where it is the one there is."""
    (asset,) = case["assets"]
    closes = sorted({bar["time"] for bar in case["bars"]})
    name = lambda is_new: "NEW" if is_new else asset["name"]  # noqa: E731
    move = lambda rows: [{**bar, "asset": name(bar["open_time"] >= AT)} for bar in rows]  # noqa: E731
    commands = [
        command if command.get("asset") is None else {**command, "asset": name(closes[command["after"]] > AT)}
        for command in case["commands"]
    ]
    actions = [{"asset": asset["name"], "ex": AT, "kind": "symbol_change", "other": "NEW"}]
    parts = {"bars": move(case["bars"]), "finer": move(case["finer"]), "commands": commands, "actions": actions}
    return {**case, **parts, "assets": [asset, {**asset, "name": "NEW"}]}


@pytest.mark.parametrize("case", whole_cases(60))
def test_another_name_changes_nothing_but_names(case: Json) -> None:
    one, two = (backtest(told, Seen()).run() for told in (case, cut(case)))
    fills = [run.exact.fills.drop("asset", "sequence") for run in (one, two)]
    assert fills[0].equals(fills[1])
    assert one.exact.equity.equals(two.exact.equity)
    assert one.exact.trades.drop("asset").equals(two.exact.trades.drop("asset"))
    kept = ["order", "time", "side", "type", "quantity", "limit", "stop", "filled", "status", "ended"]
    assert one.exact.orders.select(kept).equals(two.exact.orders.select(kept))


def profits(run: wb.Run) -> Decimal:
    """Of all trades, and of cash on margin."""
    return sum(run.exact.trades["profit"], run.explain().total.get("interest", Decimal(0)))


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(cases())
def test_the_profits_of_all_trades_are_what_was_gained(case: Json) -> None:
    run = backtest(case, Seen()).run()
    assert profits(run) == run.final_equity - run.deposits


@pytest.mark.parametrize("seed", range(100, 140))
def test_they_are_so_in_a_crowd(seed: int) -> None:
    run = backtest(busy_case(seed), Seen()).run()
    assert profits(run) == run.final_equity - run.deposits
