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
    """A fill has opened: its asset, what is held, and the slices of the last order for more of that side and of any."""

    asset: str
    held: Held
    own: Slice
    any: Slice


def value(after: After) -> Decimal:
    return abs(after.held[after.asset]) * after.own.marks[after.asset]


def gross(after: After) -> Decimal:
    return sum((abs(held) * after.any.marks[asset] for asset, held in after.held.items() if held), Decimal(0))


CHECKS: list[tuple[dict[str, Any], Callable[[After], bool]]] = [
    ({"position_notional": "700"}, lambda after: value(after) <= 700),
    ({"position_notional": "1800.5", "on_breach": "halt"}, lambda after: value(after) <= Decimal("1800.5")),
    ({"position_weight": "0.2"}, lambda after: value(after) <= after.own.equity * Decimal("0.2")),
    ({"leverage": "0.45"}, lambda after: gross(after) <= after.any.equity * Decimal("0.45")),
    ({"open_positions": 1}, lambda after: sum(map(bool, after.held.values())) <= 1),
]


def run_of(seed: int, limits: dict[str, Any], *, on_margin: bool) -> wb.Run:
    """A crowded program whose only actions are dividends: so quantities compare across days; rows are its marks.

    No order says that it only reduces: frames do not tell it from others, and it is never measured.
    """
    case = busy_case(seed, on_margin=on_margin)
    case["assets"] = [{**asset, "multiplier": "1"} for asset in case["assets"]]
    case["commands"] = [{**command, "reduce_only": False} for command in case["commands"]]
    fill = "next_open" if case["config"]["fill"] == "same_close" else case["config"]["fill"]
    case["actions"] = [action for action in case["actions"] if action["kind"] == "dividend"]
    case["config"] = {**case["config"], "fill": fill, "limits": limits}
    return backtest(case, Seen()).run()


@pytest.mark.parametrize("seed", range(COUNT))
@pytest.mark.parametrize("on_margin", [False, True], ids=["cash", "margin"])
def test_nothing_held_was_ever_more_than_was_allowed_when_asked(seed: int, on_margin: bool) -> None:
    limits, is_within = CHECKS[seed % len(CHECKS)]
    run = run_of(seed, limits, on_margin=on_margin)
    assert all(map(is_within, opened(run)))
    assert all(row["actual"] > row["allowed"] for row in refusals(run, limits))


@pytest.mark.parametrize("number", range(len(CHECKS)))
@pytest.mark.parametrize("on_margin", [False, True], ids=["cash", "margin"])
def test_the_programs_are_filled_and_refused_often_enough_to_tell(number: int, on_margin: bool) -> None:
    limits, _ = CHECKS[number]
    runs = [run_of(number + len(CHECKS) * k, limits, on_margin=on_margin) for k in range(8)]
    fills = [after for run in runs for after in opened(run)]
    assert len(fills) >= 4
    assert any(after.held[after.asset] < 0 for after in fills) == on_margin
    assert sum(len(refusals(run, limits)) for run in runs) >= 2


def refusals(run: wb.Run, limits: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for row in run.exact.orders.to_dicts() if row["status"] == "DENIED" and row["reason"] in limits]


class Story:
    """What is held while a journal is read, and when more of each side was asked for last.

    An order against what is held then is measured with it, if at all; where a stop has filled first, what it opens may
    be more than was measured. Such a position is `loose` until it is gone.
    """

    def __init__(self, *, has_shorts: bool) -> None:
        self.has_shorts = has_shorts
        self.held: dict[str, Decimal] = defaultdict(Decimal)
        self.asked: dict[tuple[str, str], Any] = {}
        self.against: set[int] = set()
        self.loose: set[str] = set()

    def ask(self, row: dict[str, Any]) -> None:
        can_open = self.has_shorts or row["side"] == "buy"
        if not can_open or self.held[row["asset"]] * SIGNS[row["side"]] < 0:
            self.against.add(row["order"])
        else:
            self.asked[row["asset"], row["side"]] = row["time"]

    def fill(self, row: dict[str, Any]) -> bool:
        """Whether it has opened what was measured."""
        asset, sign = row["asset"], SIGNS[row["side"]]
        before, self.held[asset] = self.held[asset], self.held[asset] + sign * row["quantity"] - row["withheld"]
        if before * self.held[asset] <= 0:
            self.loose.discard(asset)
        has_opened = self.held[asset] * sign > 0
        if has_opened and row["order"] in self.against:
            self.loose.add(asset)
        return has_opened and not self.loose


SIGNS = {"buy": 1, "sell": -1}
ASKERS = ("order", "target")
CLOSE, ASKED, OPEN = range(3)  # what is asked at a close comes after the fills of that close and before an open's


def opened(run: wb.Run) -> Iterator[After]:
    """Every fill that makes what is held of an asset more, in the order of the journal."""
    # Children, protection and liquidations only reduce.
    orders = [row for row in run.exact.orders.to_dicts() if row["status"] != "DENIED" and row["origin"] in ASKERS]
    steps = [(row["time"], ASKED, row) for row in orders if row["parent"] is None]
    fills = run.exact.fills.sort("sequence").to_dicts()
    steps += [(fill["time"], OPEN if fill["moment"] == "open" else CLOSE, fill) for fill in fills]
    story = Story(has_shorts=run.spec["account"] != "cash")
    for _, kind, row in sorted(steps, key=lambda step: step[:2]):
        if kind == ASKED:
            story.ask(row)
        elif story.fill(row):
            own, last = story.asked[row["asset"], row["side"]], max(story.asked.values())
            yield After(row["asset"], dict(story.held), slice_at(run, own), slice_at(run, last))


def slice_at(run: wb.Run, time: Any) -> Slice:
    """The last closes by then, and the equity of that slice's row."""
    known = run.bars.frame.filter(run.bars.frame["time"] <= time).sort("time")
    marks = {asset: Decimal(repr(close)) for asset, close in known.select("asset", "close").iter_rows()}
    rows = run.exact.equity
    return Slice(marks, rows.filter(rows["time"] == time)["equity"][0])
