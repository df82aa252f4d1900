"""Descriptions of indicators: values, refusals and the tuples that cross into Rust."""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench import ta
from workbench.errors import ParameterError, StrategyError, UnsupportedError, WorkbenchError
from workbench.indicators import Indicator

CLOSE = ("close",)
HLC = ("high", "low", "close")
TWENTY: Any = np.int64(20)
DESCRIBED = {
    "sma": (ta.sma(20), ("sma", (20,), CLOSE), "ta.sma(20)"),
    "ema": (ta.ema(20), ("ema", (20,), CLOSE), "ta.ema(20)"),
    "of a field": (ta.sma(3, of="high"), ("sma", (3,), ("high",)), "ta.sma(3, of='high')"),
    "of an indicator": (
        ta.sma(3, of=ta.ema(5)),
        ("sma", (3,), (("ema", (5,), CLOSE),)),
        "ta.sma(3, of=ta.ema(5))",
    ),
    "a numpy length": (ta.sma(TWENTY), ("sma", (20,), CLOSE), "ta.sma(20)"),
    "a difference": (
        ta.sma(20) - ta.sma(100),
        ("sub", (), (("sma", (20,), CLOSE), ("sma", (100,), CLOSE))),
        "ta.sma(20) - ta.sma(100)",
    ),
    "a difference of a difference": (
        ta.sma(1) - (ta.sma(2) - ta.ema(3)),
        ("sub", (), (("sma", (1,), CLOSE), ("sub", (), (("sma", (2,), CLOSE), ("ema", (3,), CLOSE))))),
        "ta.sma(1) - (ta.sma(2) - ta.ema(3))",
    ),
    "an average of a difference": (
        ta.ema(9, of=ta.ema(12) - ta.ema(26)),
        ("ema", (9,), (("sub", (), (("ema", (12,), CLOSE), ("ema", (26,), CLOSE))),)),
        "ta.ema(9, of=ta.ema(12) - ta.ema(26))",
    ),
    "on hours": (ta.sma(20, every="1h"), ("sma", (20,), CLOSE, "1h"), "ta.sma(20, every='1h')"),
    "on hours, spelt in minutes": (ta.sma(20, every="60m"), ("sma", (20,), CLOSE, "1h"), "ta.sma(20, every='1h')"),
    "a field of weeks": (
        ta.ema(5, of="low", every="1w"),
        ("ema", (5,), ("low",), "1w"),
        "ta.ema(5, of='low', every='1w')",
    ),
    "minutes beside hours": (
        ta.sma(20) - ta.sma(20, every="1h"),
        ("sub", (), (("sma", (20,), CLOSE), ("sma", (20,), CLOSE, "1h"))),
        "ta.sma(20) - ta.sma(20, every='1h')",
    ),
    "hours inside of days": (
        ta.sma(3, of=ta.ema(5, every="1h"), every="1d"),
        ("sma", (3,), (("ema", (5,), CLOSE, "1h"),), "1d"),
        "ta.sma(3, of=ta.ema(5, every='1h'), every='1d')",
    ),
    "a real number": (ta.t3(5, vfactor=1), ("t3", (5, 1.0), CLOSE), "ta.t3(5, 1.0)"),
    "two real numbers": (ta.alma(9, sigma=4.0), ("alma", (9, 0.85, 4.0), CLOSE), "ta.alma(9, 0.85, 4.0)"),
    "a field beside the chosen input": (ta.vwma(20), ("vwma", (20,), ("close", "volume")), "ta.vwma(20)"),
    "a chosen input beside a field": (
        ta.vwma(20, of="low", every="1h"),
        ("vwma", (20,), ("low", "volume"), "1h"),
        "ta.vwma(20, of='low', every='1h')",
    ),
    "a usual length": (ta.rsi(), ("rsi", (14,), CLOSE), "ta.rsi(14)"),
    "the prices of a bar": (ta.atr(14, every="1h"), ("atr", (14,), HLC, "1h"), "ta.atr(14, every='1h')"),
    "no number": (ta.bop(), ("bop", (), ("open", *HLC)), "ta.bop()"),
    "two lengths": (ta.apo(12, 26, of="open"), ("apo", (12, 26), ("open",)), "ta.apo(12, 26, of='open')"),
    "the longest": (ta.sma(1_000_000), ("sma", (1_000_000,), CLOSE), "ta.sma(1000000)"),
}


@pytest.mark.parametrize(("indicator", "node", "text"), DESCRIBED.values(), ids=DESCRIBED)
def test_described(indicator: Indicator, node: object, text: str) -> None:
    assert indicator.node == node
    assert repr(indicator) == text
    assert eval(text, {"ta": ta}) == indicator
    assert pickle.loads(pickle.dumps(indicator)) == indicator
    assert len({indicator, pickle.loads(pickle.dumps(indicator))}) == 1


def test_descriptions_are_frozen_and_told_apart() -> None:
    assert len({ta.sma(20), ta.sma(21), ta.ema(20), ta.sma(20, of="open"), ta.sma(20) - ta.ema(20)}) == 5
    assert len({ta.sma(20), ta.sma(20, every="1h"), ta.sma(20, every="1d"), ta.sma(20, every="60m")}) == 3
    with pytest.raises(AttributeError):
        ta.sma(20).name = "ema"  # type: ignore[misc]


def length(given: str, name: str = "sma") -> str:
    return f"ta.{name} takes a whole number of bars from 1 to 1,000,000, got {given}; write ta.{name}(20)"


def source(given: str, hint: str = 'write ta.sma(20, of="close")') -> str:
    return f"of= takes open, high, low, close, volume or an indicator, got {given}; {hint}"


WATCH = "write self.value = ctx.watch(...) in on_start and read self.value[bar.asset] in on_bar"
MINUS = f"this version subtracts one indicator from another and nothing else; {WATCH}"
LENGTHS = "every={}: give '5m', '1h', '4h', '1d', '1w' or '1mo'"
A, B = ta.sma(1), ta.sma(2)
REFUSED: dict[str, tuple[Callable[..., object], tuple[Any, ...], type[WorkbenchError], str]] = {
    "zero bars": (ta.sma, (0,), ParameterError, length("0")),
    "negative bars": (ta.ema, (-5,), ParameterError, length("-5", "ema")),
    "too many bars": (ta.sma, (1_000_001,), ParameterError, length("1000001")),
    "a float": (ta.sma, (20.0,), ParameterError, length("20.0")),
    "a bool": (ta.sma, (True,), ParameterError, length("True")),
    "text": (ta.sma, ("20",), ParameterError, length("'20'")),
    "None": (ta.sma, (None,), ParameterError, length("a NoneType")),
    "TA-Lib's call, with an array first": (ta.sma, (np.zeros(5), 20), ParameterError, length("a ndarray")),
    "a series first": (ta.ema, (pl.Series([1.0]), 20), ParameterError, length("a Series", "ema")),
    "a misspelt field": (ta.sma, (20, "clsoe"), ParameterError, source("'clsoe'", "did you mean of='close'?")),
    "a field in capitals": (ta.sma, (20, "Close"), ParameterError, source("'Close'", "did you mean of='close'?")),
    "a field nobody has": (ta.sma, (20, "xyz"), ParameterError, source("'xyz'")),
    "a number for a field": (ta.sma, (20, 50), ParameterError, source("50")),
    "an array for a field": (ta.sma, (20, np.zeros(5)), ParameterError, source("a ndarray")),
    "no length": (lambda every: ta.sma(20, every=every), ("hour",), ParameterError, LENGTHS.format("'hour'")),
    "a length of 0": (lambda every: ta.ema(20, every=every), ("0m",), ParameterError, LENGTHS.format("'0m'")),
    "a number for a length": (lambda every: ta.sma(20, every=every), (60,), ParameterError, LENGTHS.format("60")),
    "a window that has no half": (
        ta.hma,
        (1,),
        ParameterError,
        "ta.hma takes a whole number of bars from 2 to 1,000,000, got 1; write ta.hma(20)",
    ),
    "a window without a change": (
        ta.rsi,
        (1,),
        ParameterError,
        "ta.rsi takes a whole number of bars from 2 to 1,000,000, got 1; write ta.rsi(20)",
    ),
    "prices over a window of 0": (ta.atr, (0,), ParameterError, length("0", "atr")),
    "fast and slow mixed up": (
        ta.apo,
        (26, 12),
        ParameterError,
        "ta.apo takes a fast window shorter than the slow one, got 26 and 12; write ta.apo(12, 26)",
    ),
    "a slow length that is none": (
        ta.ppo,
        (12, 26.0),
        ParameterError,
        "ta.ppo takes a whole number of bars from 2 to 1,000,000, got 26.0; write ta.ppo(20)",
    ),
    "a factor above 1": (
        lambda v: ta.t3(5, vfactor=v),
        (1.5,),
        ParameterError,
        "ta.t3 takes a number from 0 to 1 here, got 1.5; write ta.t3(5, vfactor=0.7)",
    ),
    "a factor that is text": (
        lambda v: ta.t3(5, vfactor=v),
        ("0.7",),
        ParameterError,
        "ta.t3 takes a number from 0 to 1 here, got '0.7'; write ta.t3(5, vfactor=0.7)",
    ),
    "an offset outside of the window": (
        lambda offset: ta.alma(9, offset=offset),
        (float("nan"),),
        ParameterError,
        "ta.alma takes a number from 0 to 1 here, got nan; write ta.alma(20, offset=0.85)",
    ),
    "a bell without a width": (
        lambda sigma: ta.alma(9, sigma=sigma),
        (0,),
        ParameterError,
        "ta.alma takes a number from 0.01 to 100 here, got 0; write ta.alma(20, sigma=6)",
    ),
    "minus a number": (operator.sub, (A, 5), UnsupportedError, f"ta.sma(1) - 5: {MINUS}"),
    "a number minus": (operator.sub, (5, A), UnsupportedError, f"5 - ta.sma(1): {MINUS}"),
    "negated": (operator.neg, (A,), UnsupportedError, f"-ta.sma(1): {MINUS}"),
    "plus": (operator.add, (A, B), UnsupportedError, f"+ of ta.sma(1) and ta.sma(2): {MINUS}"),
    "times": (operator.mul, (2, A), UnsupportedError, f"* of ta.sma(1) and 2: {MINUS}"),
    "over": (operator.truediv, (A, B), UnsupportedError, f"/ of ta.sma(1) and ta.sma(2): {MINUS}"),
    "less": (
        operator.lt,
        (A, 30),
        UnsupportedError,
        f"< of ta.sma(1) and 30: rules are not available in this version; {WATCH}",
    ),
    "greater": (
        operator.gt,
        (A, B),
        UnsupportedError,
        f"> of ta.sma(1) and ta.sma(2): rules are not available in this version; {WATCH}",
    ),
    "and": (
        operator.and_,
        (A, B),
        UnsupportedError,
        f"& of ta.sma(1) and ta.sma(2): rules are not available in this version; {WATCH}",
    ),
    "in an if": (bool, (A,), StrategyError, f"ta.sma(1) is a description, neither true nor false; {WATCH}"),
    "as a number": (float, (A,), StrategyError, f"ta.sma(1) is a description and has no value of its own; {WATCH}"),
    "by index": (operator.getitem, (A, -1), StrategyError, f"ta.sma(1) is a description and holds no values; {WATCH}"),
    "in a loop": (list, (A,), StrategyError, f"ta.sma(1) is a description and holds no values; {WATCH}"),
}


@pytest.mark.parametrize(("call", "given", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(
    call: Callable[..., object], given: tuple[Any, ...], error: type[WorkbenchError], message: str
) -> None:
    with pytest.raises(error) as caught:
        call(*given)
    assert str(caught.value) == message
    assert type(caught.value) is error


def test_depth_is_limited() -> None:
    deep = ta.sma(1)
    for _ in range(99):
        deep = ta.sma(1, of=deep)
    with pytest.raises(ParameterError) as caught:
        ta.sma(1, of=deep)
    assert str(caught.value) == "indicators nest at most 100 deep; split the expression into two watches"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("SMA", "ta has no indicator 'SMA'; did you mean ta.sma?"),
        ("xyz", f"ta has no indicator 'xyz'; there are {', '.join(ta.__all__)}"),
    ],
)
def test_an_unknown_indicator(name: str, message: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(ta, name)
    assert str(caught.value) == message
    assert dir(ta) == sorted(ta.__all__)
