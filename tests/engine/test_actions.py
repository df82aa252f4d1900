"""What the engine is told of corporate actions, and what it refuses at the door."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench.engine.actions import told
from workbench.errors import UnsupportedError
from workbench.market.adjustments import checked_actions
from workbench.market.bars import Bars, with_frame
from workbench.research.demo import Cross


def bars(*actions: dict[str, Any]) -> Bars:
    """Four days at 10 of A, the first three of them of B, and actions of B."""
    days = [f"2024-01-0{d}" for d in (1, 2, 3, 4)]
    names = ["A"] * 4 + ["B"] * 3
    prices = {name: [10.0] * 7 for name in ("open", "high", "low", "close")}
    made = Bars.from_frame(pl.DataFrame({"date": days + days[:3], "asset": names, **prices}))
    rows = pl.DataFrame([{"asset": "B", **action} for action in actions], infer_schema_length=None)
    return with_frame(made, made.frame, actions=checked_actions(rows, made.assets))


SPIN = {"kind": "spin_off", "numerator": 1, "denominator": 2, "other": "A"}
UNITS = {"kind": "merger", "numerator": 1, "denominator": 2}
# The 4th of January 2024 is day 19,726 since 1970, and 1,704,326,400 seconds.
OPENED_US = 1_704_326_400_000_000


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        pytest.param(
            {"kind": "stock_dividend", "numerator": 1, "denominator": 20, "ex": "2024-01-02"},
            (19724, 2, "split", 21, 20, None, None, None, None),
            id="a stock dividend is a split: 1 beside 20 is 21 for 20",
        ),
        pytest.param(
            {"kind": "dividend", "amount": "0.25", "pay": "1970-01-02", "ex": "2024-01-02"},
            (19724, 4, "dividend", None, None, "0.250000000000", 86_400_000_000, None, None),
            id="a dividend",
        ),
        pytest.param(
            {"kind": "delisting", "ex": "2024-01-04"},
            (19726, 6, "delisting", None, None, None, None, None, OPENED_US),
            id="a delisting at the last close",
        ),
        pytest.param(
            {"kind": "merger", "amount": "12", "pay": "1970-01-03", "ex": "2024-01-04"},
            (19726, 5, "merger", None, None, "12.000000000000", 172_800_000_000, None, OPENED_US),
            id="a merger for cash",
        ),
        pytest.param(
            {**UNITS, "other": "A", "ex": "2024-01-04"},
            (19726, 5, "merger", 1, 2, None, None, 0, OPENED_US),
            id="a merger for units",
        ),
        pytest.param(
            {"kind": "symbol_change", "other": "A", "ex": "2024-01-04"},
            (19726, 0, "symbol_change", 1, 1, None, None, 0, OPENED_US),
            id="bars that go on under the other name",
        ),
    ],
)
def test_an_action_as_the_core_reads_it(action: dict[str, Any], wanted: tuple[object, ...]) -> None:
    made = bars(action)
    assert told(made, made.assets[1]) == (wanted,)
    assert told(made, made.assets[0]) == ()


def test_an_end_waits_for_the_session_of_its_own_calendar() -> None:
    # 2024-01-06 is a Saturday; New York opens on Monday, the 8th, at 14:30 UTC.
    days = ["2024-01-04", "2024-01-05", "2024-01-08"]
    prices = {name: [10.0] * 5 for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"date": [*days, *days[:2]], "asset": ["A"] * 3 + ["B"] * 2, **prices})
    rows = pl.DataFrame([{"asset": "B", "kind": "delisting", "ex": "2024-01-06"}])
    made = Bars.from_frame(frame, calendar="XNYS", actions=rows)
    assert told(made, made.assets[1])[0].open_us == 1_704_724_200_000_000


@pytest.mark.parametrize(
    ("action", "message"),
    [
        pytest.param(
            {**SPIN, "ex": "2024-01-02"}, "a run cannot act on the spin_off of 2024-01-02 yet; end before it", id="spin"
        ),
        pytest.param(
            {**UNITS, "other": "C", "ex": "2024-01-04"},
            "needs bars of C; add C to the bars, or end",
            id="no such asset",
        ),
        pytest.param(
            {"kind": "symbol_change", "other": "C", "ex": "2024-01-04"}, "needs bars of C; add C", id="no bars go on"
        ),
        pytest.param({**UNITS, "other": "B", "ex": "2024-01-04"}, "names the asset itself", id="into itself"),
        pytest.param(
            {"kind": "delisting", "ex": "2024-01-03"},
            "B has bars up to 2024-01-03, though its delisting is of 2024-01-03, the first day without it; correct",
            id="bars after the end",
        ),
        pytest.param({"kind": "merger", "amount": "12", "ex": "2024-01-02"}, "though its merger", id="bars after it"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_with_a_remedy(action: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        wb.Backtest(Cross(), bars(action))


def test_units_need_a_bar_of_the_other_asset_from_then_on() -> None:
    days = [f"2024-01-0{d}" for d in (1, 2, 3, 4)]
    names = ["A"] * 4 + ["B"] * 3 + ["C"] * 2
    prices = {name: [10.0] * 9 for name in ("open", "high", "low", "close")}
    row = {"asset": "B", "kind": "merger", "numerator": 1, "denominator": 1, "other": "C", "ex": "2024-01-04"}
    made = Bars.from_frame(
        pl.DataFrame({"date": days + days[:3] + days[:2], "asset": names, **prices}), actions=pl.DataFrame([row])
    )
    with pytest.raises(UnsupportedError, match="the merger of 2024-01-04 needs a bar of C on that day or later"):
        wb.Backtest(Cross(), made)


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({**SPIN, "ex": "2024-01-01"}, id="before the first open nothing is held"),
        pytest.param({**SPIN, "ex": "2024-01-05"}, id="a spin-off after the run"),
        pytest.param({"kind": "delisting", "ex": "2024-01-01"}, id="an earlier asset of the same name"),
        pytest.param({"kind": "delisting", "ex": "2024-01-05"}, id="after the run"),
        pytest.param({**UNITS, "other": "C", "ex": "2024-01-05"}, id="after the run the other is not needed"),
        pytest.param({"kind": "symbol_change", "other": "C", "ex": "2024-01-02"}, id="another name for what goes on"),
    ],
)
def test_what_cannot_act_on_the_run_may_stand_there(action: dict[str, Any]) -> None:
    made = bars(action)
    assert told(made, made.assets[1]) == ()
    assert wb.Backtest(Cross(), made).run(progress=False).fills.is_empty()


def test_a_run_that_ends_before_the_action_is_possible() -> None:
    made = bars({**UNITS, "other": "C", "ex": "2024-01-04"})
    assert wb.Backtest(Cross(), made, end="2024-01-03").run(progress=False).fills.is_empty()
