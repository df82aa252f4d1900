"""`ctx.check`: what it says, what it keeps, and that it leaves a run as it is."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hand_made import at, days, outcome, strategy

import workbench as wb
from workbench import ta
from workbench.errors import ContextError, NumberError, ParameterError, UnknownAssetError
from workbench.strategies.portfolio import Portfolio

NAN = float("nan")

# value, thresholds, what it says, the value kept, the reason kept
ANSWERS: dict[str, tuple[Any, dict[str, Any], bool, float | None, str | None]] = {
    "above": (0.5, {"above": 0}, True, 0.5, None),
    "at the threshold is not above it": (0, {"above": 0}, False, 0.0, None),
    "at the threshold is at least it": (0, {"at_least": 0}, True, 0.0, None),
    "below": (-1, {"below": 0}, True, -1.0, None),
    "at the threshold is not below it": (2, {"below": 2}, False, 2.0, None),
    "at the threshold is at most it": (2, {"at_most": 2}, True, 2.0, None),
    "between": (50, {"above": 30, "below": 70}, True, 50.0, None),
    "over both ends": (71, {"above": 30, "below": 70}, False, 71.0, None),
    "under both ends": (30, {"above": 30, "at_most": 70}, False, 30.0, None),
    "a truth": (True, {}, True, None, None),
    "an untruth": (False, {}, False, None, None),
    "numpy's truth": (np.bool_(True), {}, True, None, None),
    "numpy's number": (np.float32(0.5), {"above": np.int64(0)}, True, 0.5, None),
    "exact numbers": (Decimal("0.3"), {"at_least": Decimal("0.3")}, True, 0.3, None),
    "None": (None, {"above": 0}, False, None, "no value"),
    "None without a threshold": (None, {}, False, None, "no value"),
    "NaN": (NAN, {"below": 5}, False, None, "no value"),
    "numpy's NaN": (np.float32("nan"), {"below": 5}, False, None, "no value"),
    "infinity": (float("inf"), {"above": 0}, False, None, "no value"),
    "a threshold without a value": (5, {"above": None}, False, 5.0, "no threshold"),
    "one of two without a value": (5, {"above": 0, "below": NAN}, False, 5.0, "no threshold"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_what_a_check_says_and_keeps(case: str) -> None:
    value, given, holds, kept, reason = ANSWERS[case]
    said: list[bool] = []
    run = outcome(days(A=[10]), on_bar=lambda self, ctx, bar: said.append(ctx.check("it", value, **given)))
    assert said == [holds]
    row = run.checks.row(0, named=True)
    assert (row["time"], row["asset"], row["name"]) == (at(2), None, "it")
    assert (row["value"], row["passed"], row["reason"]) == (kept, holds, reason)
    for name in ("above", "at_least", "below", "at_most"):
        threshold = given.get(name)
        is_known = threshold is not None and float(threshold) == float(threshold)
        assert row[name] == (float(threshold) if is_known else None)


REFUSALS: dict[str, tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = {
    "nothing to compare with": (("gap", 0.5), {}, ParameterError, "nothing to compare with; give above="),
    "a truth with a threshold": (("up", True), {"above": 0}, ParameterError, "a truth to check and needs no threshold"),
    "two lower ends": (("gap", 1), {"above": 0, "at_least": 1}, ParameterError, "takes above= or at_least=, not both"),
    "two upper ends": (("gap", 1), {"below": 0, "at_most": 1}, ParameterError, "takes below= or at_most=, not both"),
    "no name": ((5, 0.5), {"above": 0}, ParameterError, "a check is named by text, got 5"),
    "an empty name": (("", 0.5), {"above": 0}, ParameterError, "a check is named by text"),
    "a text": (("gap", "up"), {"above": 0}, NumberError, "gap must be a number, got 'up'"),
    "a threshold that is no number": (("gap", 1), {"above": "up"}, NumberError, "a threshold must be a number"),
    "a description": (("gap", ta.close()), {"above": 0}, NumberError, "gap must be a number, got ta.close()"),
    "another asset": (("gap", 1), {"above": 0, "asset": "B"}, UnknownAssetError, "asset 'B' is not in this run"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_a_check_refuses_is_not_kept(case: str) -> None:
    given, named, kind, told = REFUSALS[case]
    raised: list[Exception] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        try:
            ctx.check(*given, **named)
        except Exception as error:  # noqa: BLE001  # which one is what is tested
            raised.append(error)

    run = outcome(days(A=[10]), on_bar=on_bar)
    assert type(raised[0]) is kind
    assert told in str(raised[0])
    assert run.checks.is_empty()


def test_a_check_belongs_into_a_callback() -> None:
    with pytest.raises(ContextError, match="there is no market yet in on_start"):
        outcome(days(A=[10]), on_start=lambda self, ctx: ctx.check("it", True), on_bar=lambda self, ctx, bar: None)
    run = outcome(days(A=[10]), on_bar=lambda self, ctx, bar: None)
    with pytest.raises(ContextError, match="check notes what a callback sees"):
        run.at("2024-01-01").check("it", True)


def test_checks_are_kept_in_their_order_with_time_and_asset() -> None:
    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.check("price", bar.close, above=10.5, asset=bar.asset)
        ctx.check("any", True)

    run = outcome(days(A=[10, 11], B=[20, None]), on_bar=on_bar)
    assert run.checks.select("time", "asset", "name", "passed").rows() == [
        (at(2), "A", "price", False),
        (at(2), None, "any", True),
        (at(2), "B", "price", True),
        (at(2), None, "any", True),
        (at(3), "A", "price", True),
        (at(3), None, "any", True),
    ]


def test_a_check_changes_no_hash() -> None:
    def plain(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, weight=0.5)

    def checking(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.check("price", bar.close, above=10)
        ctx.target(bar.asset, weight=0.5)

    bars = days(A=[10, 11, 12])
    one, other = outcome(bars, on_bar=plain), outcome(bars, on_bar=checking)
    assert (one.state_hash, one.journal_hash) == (other.state_hash, other.journal_hash)
    assert one.checks.is_empty()
    assert one.checks.schema == other.checks.schema


def test_checks_are_saved_with_their_run(tmp_path: Path) -> None:
    run = outcome(days(A=[10, 11]), on_bar=lambda self, ctx, bar: ctx.check("price", bar.close, above=10.5))
    assert wb.load(run.save(tmp_path / "run")).checks.equals(run.checks)


def test_members_of_a_portfolio_have_checks_of_their_own() -> None:
    up = strategy(on_bar=lambda self, ctx, bar: ctx.check("price", bar.close, above=10.5))
    down = strategy(on_bar=lambda self, ctx, bar: ctx.check("price", bar.close, below=10.5))
    run = wb.Backtest(Portfolio({"up": up, "down": down}), days(A=[10]), cash=1_000).run()
    assert run.checks.select("strategy", "name", "passed").rows() == [("up", "price", False), ("down", "price", True)]
