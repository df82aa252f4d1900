"""Splits and dividends: what is accepted, and history as of a date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from workbench.errors import BarsError
from workbench.market import catalog
from workbench.market.adjustments import adjusted, checked_actions, no_actions
from workbench.market.assets import Asset
from workbench.market.bars import ACTIONS, Bars

DAYS = [date(2024, 1, d) for d in (1, 2, 3, 4)]


def bars(actions: list[dict[str, Any]]) -> Bars:
    """Four daily bars at 60 with a volume of 120, of X and of Y."""
    prices = {name: [60.0] * 8 for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"date": DAYS * 2, "asset": ["X"] * 4 + ["Y"] * 4, **prices, "volume": [120.0] * 8})
    return Bars.from_frame(frame, actions=pl.DataFrame(actions, infer_schema_length=None) if actions else None)


def split(ex: int, numerator: int, denominator: int) -> dict[str, Any]:
    terms = {"numerator": numerator, "denominator": denominator, "amount": None}
    return {"asset": "X", "ex": date(2024, 1, ex), "kind": "split", **terms}


def dividend(ex: int, amount: str) -> dict[str, Any]:
    terms = {"numerator": None, "denominator": None, "amount": amount}
    return {"asset": "X", "ex": date(2024, 1, ex), "kind": "dividend", **terms}


@pytest.mark.parametrize(
    ("actions", "as_of", "closes", "volumes"),
    [
        pytest.param([], 4, [60, 60, 60, 60], [120] * 4, id="no action"),
        pytest.param([split(3, 2, 1)], 4, [30, 30, 60, 60], [240, 240, 120, 120], id="2:1 on the third"),
        pytest.param([split(3, 2, 1)], 3, [30, 30, 60, 60], [240, 240, 120, 120], id="on the ex-date itself"),
        pytest.param([split(3, 2, 1)], 2, [60, 60, 60, 60], [120] * 4, id="the day before it is not known"),
        pytest.param([split(3, 1, 10)], 4, [600, 600, 60, 60], [12, 12, 120, 120], id="a reverse split"),
        pytest.param([split(2, 3, 2), split(4, 2, 1)], 4, [20, 30, 30, 60], [360, 240, 240, 120], id="two splits"),
        pytest.param([dividend(3, "1.5")], 4, [60, 60, 60, 60], [120] * 4, id="dividends change no price"),
    ],
)  # fmt: skip
def test_history_as_of_a_date(
    actions: list[dict[str, Any]], as_of: int, closes: list[float], volumes: list[float]
) -> None:
    made = adjusted(bars(actions), date(2024, 1, as_of)).frame.filter(pl.col("asset") == "X")
    for name in ("open", "high", "low", "close"):
        assert made[name].to_list() == closes
    assert made["volume"].to_list() == volumes


def test_other_assets_are_left_alone() -> None:
    made = adjusted(bars([split(3, 2, 1)]), date(2024, 1, 4)).frame.filter(pl.col("asset") == "Y")
    assert made["close"].to_list() == [60.0] * 4


@pytest.mark.parametrize(
    ("actions", "as_of", "known"),
    [
        pytest.param([dividend(2, "3"), split(3, 2, 1)], 4, ["1.5"], id="before the split: per new unit"),
        pytest.param([dividend(2, "3"), split(3, 2, 1)], 2, ["3"], id="the split is not known yet"),
        pytest.param([dividend(3, "3"), split(3, 2, 1)], 4, ["3"], id="on the same day it is per new unit already"),
        pytest.param([dividend(2, "1"), split(3, 3, 1)], 4, ["0.333333333333"], id="rounded at 12 digits"),
        pytest.param([dividend(2, "1"), dividend(4, "2")], 3, ["1"], id="later ones are not known"),
    ],
)
def test_dividends_as_of_a_date(actions: list[dict[str, Any]], as_of: int, known: list[str]) -> None:
    made = adjusted(bars(actions), date(2024, 1, as_of)).actions
    assert made.schema == ACTIONS
    assert made["amount"].to_list() == [Decimal(amount) for amount in known]


def test_real_closes_divide_without_an_error_in_the_last_bit() -> None:
    apple = catalog.sample()["AAPL"]
    raw = apple.until("2000-06-20").frame["close"].to_list()
    made = adjusted(apple, date(2013, 3, 1)).until("2000-06-20").frame["close"].to_list()
    assert made == [close / 4 for close in raw]


ACTION_REFUSALS = [
    pytest.param({"kind": ["split"]}, "actions lack ex; found kind; wanted asset, ex, kind", id="no ex"),
    pytest.param({"ex": [date(2024, 1, 2)]}, "actions lack kind", id="no kind"),
    pytest.param({"ex": [None], "kind": ["split"]}, "actions row 0: the ex-date is missing", id="missing ex"),
    pytest.param({"ex": ["soon"], "kind": ["split"]}, "actions row 0: ex 'soon' is no date", id="ex in words"),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["merger"]}, "actions row 0: kind 'merger' is neither", id="unknown kind"
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["split"], "numerator": [2], "denominator": [0]},
        "actions row 0: a split is new to old units in whole numbers, not 2:0", id="ratio with zero",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["split"], "numerator": [1.5], "denominator": [1]},
        "actions row 0: a split is new to old units in whole numbers, not 1.5:1", id="ratio with a fraction",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["dividend"], "amount": [0.0]},
        "actions row 0: a dividend is a positive amount of at most 12 digits, not 0.0", id="dividend of zero",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["dividend"], "amount": ["much"]},
        "actions row 0: a dividend is a positive amount of at most 12 digits, not 'much'", id="dividend in words",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["dividend"]},
        "actions row 0: a dividend is a positive amount of at most 12 digits, not None", id="no amount",
    ),
    pytest.param(
        {"asset": ["Z"], "ex": ["2024-01-02"], "kind": ["split"]}, "actions row 0: asset 'Z' is not among X",
        id="unknown asset",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "message"), ACTION_REFUSALS)
def test_refusals(columns: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(BarsError) as refused:
        checked_actions(pl.DataFrame(columns), (Asset("X"),))
    assert str(refused.value).startswith(message)


def test_several_assets_need_their_column() -> None:
    with pytest.raises(BarsError, match="actions of 2 assets need an asset column; found ex, kind"):
        checked_actions(pl.DataFrame({"ex": ["2024-01-02"], "kind": ["split"]}), (Asset("X"), Asset("Y")))


def test_no_actions_follow_the_schema() -> None:
    assert no_actions().schema == ACTIONS
