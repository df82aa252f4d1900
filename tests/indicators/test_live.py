"""Streams outside of a run: to the digit what a column says, fed with numbers or with bars."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError, UnsupportedError
from workbench.indicators import Indicator

BARS = wb.simulate.bars("X", n=120, every="1h", calendar="24/7")
OF_BARS: dict[str, Indicator] = {
    "one field": ta.ema(5),
    "another field": ta.sma(5, of="volume"),
    "several fields": ta.atr(5),
    "an output": ta.stoch(5, 3, 3).d,
    "the session too": ta.vwap(),
    "a rule": ta.close() > ta.sma(3),
}


@pytest.mark.parametrize("indicator", OF_BARS.values(), ids=OF_BARS)
def test_bars_one_after_the_other_are_the_column(indicator: Indicator) -> None:
    stream = indicator.stream()
    found = [stream.update(SimpleNamespace(**row)) for row in BARS.frame.iter_rows(named=True)]
    expected = BARS.with_columns(x=indicator).cast({"x": pl.Float64})["x"].to_list()
    assert found == expected
    assert stream.value == found[-1]


@pytest.mark.parametrize("indicator", OF_BARS.values(), ids=OF_BARS)
def test_fields_by_their_names_are_the_column(indicator: Indicator) -> None:
    stream = indicator.stream()
    rows = BARS.frame.select("open", "high", "low", "close", "volume", "session", "time").iter_rows(named=True)
    expected = BARS.with_columns(x=indicator).cast({"x": pl.Float64})["x"].to_list()
    assert [stream.update(**row) for row in rows] == expected


def test_a_field_whose_number_is_unknown_is_named_all_the_same() -> None:
    stream = ta.trange().stream()
    assert stream.update(high=3, low=1, close=2) is None
    assert stream.update(high=None, low=1, close=9) is None
    assert stream.update(high=5.0, low=4, close=4.5) == 3.0, "from the last close that was known in a whole bar"


def test_bars_of_a_run_are_the_column() -> None:
    streams = [indicator.stream() for indicator in OF_BARS.values()]
    found: list[list[float | None]] = []

    class Feeding(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            found.append([stream.update(bar) for stream in streams])

    wb.Backtest(Feeding(), BARS).run(progress=False)
    columns = [BARS.with_columns(x=each).cast({"x": pl.Float64})["x"].to_list() for each in OF_BARS.values()]
    assert found == [list(row) for row in zip(*columns, strict=True)]


def test_numbers_and_what_is_unknown() -> None:
    stream = ta.sma(2).stream()
    assert [stream.update(x) for x in (1.0, 3, None, 5.0, float("nan"), 2.0, 4.0)] == [
        *(None, 2.0, None, None, None, None, 3.0)
    ]
    assert (stream.value, repr(stream)) == (3.0, "sma_2 = 3")


REFUSED: dict[str, tuple[Indicator, Any, str]] = {
    "a number for several fields": (
        ta.atr(3),
        1.0,
        "atr_3 reads high, low, close of a bar, got 1.0; "
        "give a bar, or its fields by name: update(high=..., low=..., close=...)",
    ),
    "a word": (
        ta.sma(3),
        "1",
        "sma_3 reads close of a bar, got '1'; "
        "give a number, None where it is unknown, or a bar, or its fields by name: update(close=...)",
    ),
    "a bar that lacks a field": (
        ta.atr(3),
        SimpleNamespace(high=1.0, low=1.0),
        "atr_3 reads high, low, close of a bar, got namespace",
    ),
    "a field that is no number": (ta.sma(3), SimpleNamespace(close="1"), "sma_3 reads close of a bar, got namespace"),
}


@pytest.mark.parametrize(("indicator", "given", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_and_nothing_changes(indicator: Indicator, given: Any, message: str) -> None:
    stream = indicator.stream()
    with pytest.raises(ParameterError, match=re.escape(message)):
        stream.update(given)
    assert stream.value is None


OF_NAMES: dict[str, tuple[Indicator, tuple[Any, ...], dict[str, Any], str]] = {
    "nothing": (
        ta.sma(3),
        (),
        {},
        "sma_3 is updated with one bar, got nothing; give a number, None",
    ),
    "a number and a name": (ta.sma(3), (1.0,), {"close": 1.0}, "got a bar or a number and fields beside it; give"),
    "a name that is none": (ta.sma(3), (), {"clsoe": 1.0}, "sma_3: a bar has no field 'clsoe'; it has open, high"),
    "one field too few": (
        ta.atr(3),
        (),
        {"high": 2.0, "low": 1.0},
        "got {'high': 2.0, 'low': 1.0}; give a bar",
    ),
    "a word": (
        ta.atr(3),
        (),
        {"high": "2", "low": 1, "close": 1},
        "atr_3 reads high, low, close of a bar, got {",
    ),
    "a time that is none": (ta.sma(3), (), {"close": 1, "time": 5}, "sma_3 reads close of a bar, got {'close'"),
}


@pytest.mark.parametrize(("indicator", "given", "fields", "message"), OF_NAMES.values(), ids=OF_NAMES)
def test_names_refused_and_nothing_changes(
    indicator: Indicator, given: tuple[Any, ...], fields: dict[str, Any], message: str
) -> None:
    stream = indicator.stream()
    with pytest.raises(ParameterError, match=re.escape(message)):
        stream.update(*given, **fields)
    assert stream.value is None


@pytest.mark.parametrize("indicator", [ta.sma(3, every="1h"), ta.close().on("KO")], ids=["longer", "another asset"])
def test_what_lives_on_more_than_its_bars_is_refused(indicator: Indicator) -> None:
    with pytest.raises(UnsupportedError, match="lives on bars of"):
        indicator.stream()


class Failing(wb.Indicator):
    """Raises at a price below a level."""

    level: float

    def update(self, bar: Any) -> float:
        if bar.close < self.level:
            raise ValueError("too low")
        return float(bar.close)


def test_a_class_of_the_users_own_raises_what_it_raised() -> None:
    stream = Failing(0.0).stream()
    assert stream.update(SimpleNamespace(open=2, high=3, low=1, close=2)) == 2.0
    with pytest.raises(ValueError, match="too low"):
        stream.update(SimpleNamespace(open=2, high=3, low=-1, close=-1))
