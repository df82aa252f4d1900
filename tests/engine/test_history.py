"""Bars as of now: heads of what there is, made once, in the units of now."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hand_made import at, days, split

import workbench as wb
from workbench.engine.history import History
from workbench.errors import ParameterError
from workbench.market.adjustments import no_actions


def us(time: datetime) -> int:
    """Microseconds since 1970."""
    return int((time - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def closes(history: History, time: datetime, every: str | None = None) -> dict[str, list[float]]:
    """What is known of each asset."""
    frame = history.known(us(time), every).frame
    return {asset: part["close"].to_list() for (asset,), part in frame.group_by("asset", maintain_order=True)}


PAIR = days(A=[10, 12, 15], B=[None, 4, 6])


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        pytest.param(at(1, 23, 59), {}, id="nothing has closed"),
        pytest.param(at(2), {"A": [10]}, id="the first bar, at its close"),
        pytest.param(at(3), {"A": [10, 12], "B": [4]}, id="the head of each asset"),
        pytest.param(at(30), {"A": [10, 12, 15], "B": [4, 6]}, id="all of it"),
    ],
)
def test_heads(time: datetime, expected: dict[str, list[float]]) -> None:
    assert closes(History(PAIR), time) == expected


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        pytest.param(at(2), [100], id="before its open nobody knows of it"),
        pytest.param(at(2, 0, 1), [50], id="once it has opened, all before is in its units"),
        pytest.param(at(30), [50, 52], id="one after the last bar never acts"),
    ],
)
def test_splits_act_with_the_first_open(time: datetime, expected: list[float]) -> None:
    bars = days(A=[100, 52], actions=[split("A", 2, 2, 1), split("A", 20, 10, 1)])
    assert closes(History(bars), time) == {"A": expected}


def test_what_has_not_changed_is_the_same() -> None:
    """January 1st, 2024 is a Monday: the first week is known from the 8th on."""
    history = History(days(A=list(range(1, 17))))
    first, second = history.known(us(at(8)), "1w"), history.known(us(at(14)), "1w")
    assert first is second
    assert history.known(us(at(15)), "1w").frame["close"].to_list() == [7, 14]
    assert history.window(us(at(14)), "1w", 0, 3, "close") == [7]


def test_an_asset_without_bars_has_none() -> None:
    empty = wb.Bars(PAIR.frame.filter(pl.col("asset") == "B"), no_actions(), PAIR.assets, "1d", "half")
    assert closes(History(empty), at(30)) == {"B": [4, 6]}
    assert History(empty).window(us(at(30)), "1d", 1, 1, "close") == [6]
    assert History(empty).window(us(at(30)), "1d", 0, 1, "close") == []


def test_lengths_are_checked() -> None:
    with pytest.raises(ParameterError, match="every='5m' is no multiple of the bars' own 1d"):
        History(PAIR).known(us(at(3)), "5m")
