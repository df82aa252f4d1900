"""What the engine is told of corporate actions, and what it refuses at the door."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench.errors import UnsupportedError
from workbench.market.adjustments import checked_actions
from workbench.market.bars import Bars, with_frame
from workbench.research.demo import Cross


def bars(action: dict[str, Any]) -> Bars:
    """Four days at 10 of A, the first three of them of B, and one action of B."""
    days = [f"2024-01-0{d}" for d in (1, 2, 3, 4)]
    names = ["A"] * 4 + ["B"] * 3
    prices = {name: [10.0] * 7 for name in ("open", "high", "low", "close")}
    made = Bars.from_frame(pl.DataFrame({"date": days + days[:3], "asset": names, **prices}))
    return with_frame(made, made.frame, actions=checked_actions(pl.DataFrame([{"asset": "B", **action}]), made.assets))


STOCK = {"kind": "stock_dividend", "numerator": 1, "denominator": 20}


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({**STOCK, "ex": "2024-01-02"}, id="a stock dividend"),
        pytest.param({"kind": "merger", "amount": "12", "ex": "2024-01-03"}, id="a merger"),
        pytest.param(
            {"kind": "spin_off", "numerator": 1, "denominator": 2, "other": "C", "ex": "2024-01-02"}, id="spin"
        ),
        pytest.param({"kind": "symbol_change", "other": "C", "ex": "2024-01-02"}, id="a symbol change"),
        pytest.param({"kind": "delisting", "ex": "2024-01-04"}, id="a delisting after its last bar, inside the run"),
    ],
)
def test_kinds_that_the_engine_does_not_know_are_refused(action: dict[str, Any]) -> None:
    message = f"B: a run cannot act on the {action['kind']} of {action['ex']} in this version"
    with pytest.raises(UnsupportedError, match=message):
        wb.Backtest(Cross(), bars(action))


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({**STOCK, "ex": "2024-01-01"}, id="before the first open nothing is held"),
        pytest.param({"kind": "delisting", "ex": "2024-01-05"}, id="after the run"),
    ],
)
def test_what_cannot_act_on_the_run_may_stand_there(action: dict[str, Any]) -> None:
    assert wb.Backtest(Cross(), bars(action)).run(progress=False).fills.is_empty()


def test_a_run_that_ends_before_the_action_is_possible() -> None:
    made = bars({"kind": "delisting", "ex": "2024-01-04"})
    assert wb.Backtest(Cross(), made, end="2024-01-03").run(progress=False).fills.is_empty()
