"""Descriptions of indicators: values, refusals and the tuples that cross into Rust."""

from __future__ import annotations

import math
import operator
import pickle
from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench import ta
from workbench.errors import ParameterError, StrategyError, WorkbenchError
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
    "a field": (ta.high(), ("field", (), ("high",)), "ta.high()"),
    "a field of hours": (ta.close(every="60m"), ("field", (), CLOSE, "1h"), "ta.close(every='1h')"),
    "of a field as an indicator": (ta.sma(3, of=ta.high()), ("sma", (3,), ("high",)), "ta.sma(3, of='high')"),
    "times a number": (ta.sma(1) * 2, ("mul", (), (("sma", (1,), CLOSE), 2.0)), "ta.sma(1) * 2"),
    "a number over": (0.5 / ta.volume(), ("div", (), (0.5, "volume")), "0.5 / ta.volume()"),
    "a numpy number minus": (np.float64(3) - ta.close(), ("sub", (), (3.0, "close")), "3 - ta.close()"),
    "a number plus": (1 + ta.open(), ("add", (), (1.0, "open")), "1 + ta.open()"),
    "a number times": (Decimal("1.5") * ta.open(), ("mul", (), (1.5, "open")), "1.5 * ta.open()"),
    "negated": (-(ta.close() + 1), ("neg", (), (("add", (), ("close", 1.0)),)), "-(ta.close() + 1)"),
    "without its sign": (abs(ta.close() - 1), ("abs", (), (("sub", (), ("close", 1.0)),)), "ta.abs(of=ta.close() - 1)"),
    "a log return": (
        ta.log(ta.close() / ta.open()),
        ("log", (), (("div", (), ("close", "open")),)),
        "ta.log(of=ta.close() / ta.open())",
    ),
    "minus a negative": (ta.close() - -1, ("sub", (), ("close", -1.0)), "ta.close() - -1"),
    "from the left": (ta.close() - 1 - 2, ("sub", (), (("sub", (), ("close", 1.0)), 2.0)), "ta.close() - 1 - 2"),
    "a sum over a product": (
        (ta.close() + 1) / (ta.open() * 3),
        ("div", (), (("add", (), ("close", 1.0)), ("mul", (), ("open", 3.0)))),
        "(ta.close() + 1) / (ta.open() * 3)",
    ),
    "a rule": (ta.close() <= 5, ("le", (), ("close", 5.0)), "ta.close() <= 5"),
    "a rule with the number first": (operator.lt(5, ta.close()), ("gt", (), ("close", 5.0)), "ta.close() > 5"),
    "a rule of rules": (
        (ta.close() >= 5) > (ta.open() < 5),
        ("gt", (), (("ge", (), ("close", 5.0)), ("lt", (), ("open", 5.0)))),
        "(ta.close() >= 5) > (ta.open() < 5)",
    ),
    "rules joined": (
        (ta.close() > 5) & ~((ta.low() < 1) | (ta.low() > 2)),
        (
            "and",
            (),
            (
                ("gt", (), ("close", 5.0)),
                ("not", (), (("or", (), (("lt", (), ("low", 1.0)), ("gt", (), ("low", 2.0)))),)),
            ),
        ),
        "(ta.close() > 5) & ~((ta.low() < 1) | (ta.low() > 2))",
    ),
    "and before or": (
        (ta.close() > 5).shift(1) | (ta.low() < 1) & (ta.low() > 2),
        (
            "or",
            (),
            (
                ("shift", (1,), (("gt", (), ("close", 5.0)),)),
                ("and", (), (("lt", (), ("low", 1.0)), ("gt", (), ("low", 2.0)))),
            ),
        ),
        "(ta.close() > 5).shift(1) | (ta.low() < 1) & (ta.low() > 2)",
    ),
    "shifted": (ta.close().shift(3), ("shift", (3,), CLOSE), "ta.close().shift(3)"),
    "shifted by nothing": (ta.close().shift(0), ("field", (), CLOSE), "ta.close()"),
    "a crossing": (
        (ta.close() - 1).crosses_above(ta.sma(3)),
        ("crosses_above", (), (("sub", (), ("close", 1.0)), ("sma", (3,), CLOSE))),
        "(ta.close() - 1).crosses_above(ta.sma(3))",
    ),
    "a crossing of a number": (
        ta.close().crosses_below(0.1),
        ("crosses_below", (), ("close", 0.1)),
        "ta.close().crosses_below(0.1)",
    ),
    "a real number": (ta.t3(5, vfactor=1), ("t3", (5, 1.0), CLOSE), "ta.t3(5, 1)"),
    "two real numbers": (ta.alma(9, sigma=4.0), ("alma", (9, 0.85, 4.0), CLOSE), "ta.alma(9, 0.85, 4)"),
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


def operand(sign: str, given: str) -> str:
    return f"{sign} takes an indicator or a plain number, got {given}"


def finite(sign: str, given: str) -> str:
    return f"{sign} takes finite numbers up to 1e+290, got {given}"


def rules(sign: str, given: str) -> str:
    hint = "compare first, each in parentheses: (ta.close() > 5) & (ta.sma(20) > ta.sma(100))"
    return f"{sign} joins rules, and {given} is none; {hint}"


def nothing(given: str) -> str:
    return f"/ {given} has no value at any bar; divide by another number or by an indicator"


def shifted(given: str) -> str:
    return f"shift takes a whole number of bars from 0 to 1,000,000, got {given}"


WATCH = "write self.value = ctx.watch(...) in on_start and read self.value[bar.asset] in on_bar"
LENGTHS = "every={}: give '5m', '1h', '4h', '1d', '1w' or '1mo'"
A, B = ta.sma(1), ta.sma(2)
REFUSED: dict[str, tuple[Callable[..., object], tuple[Any, ...], type[WorkbenchError], str]] = {
    "zero bars": (ta.sma, (0,), ParameterError, length("0")),
    "negative bars": (ta.ema, (-5,), ParameterError, length("-5", "ema")),
    "too many bars": (ta.sma, (1_000_001,), ParameterError, length("1000001")),
    "a float": (ta.sma, (20.0,), ParameterError, length("20.0")),
    "a bool": (ta.sma, (True,), ParameterError, length("True")),
    "text": (ta.sma, ("20",), ParameterError, length("'20'")),
    "None": (ta.sma, (None,), ParameterError, length("None")),
    "TA-Lib's call, with an array first": (
        ta.sma,
        (np.zeros(5), 20),
        ParameterError,
        length("array([0., 0., 0., 0., 0.])"),
    ),
    "a series first": (ta.ema, (pl.Series([1.0]), 20), ParameterError, length("a Series", "ema")),
    "a misspelt field": (ta.sma, (20, "clsoe"), ParameterError, source("'clsoe'", "did you mean of='close'?")),
    "a field in capitals": (ta.sma, (20, "Close"), ParameterError, source("'Close'", "did you mean of='close'?")),
    "a field nobody has": (ta.sma, (20, "xyz"), ParameterError, source("'xyz'")),
    "a number for a field": (ta.sma, (20, 50), ParameterError, source("50")),
    "an array for a field": (ta.sma, (20, np.zeros(5)), ParameterError, source("array([0., 0., 0., 0., 0.])")),
    "no length": (lambda every: ta.sma(20, every=every), ("hour",), ParameterError, LENGTHS.format("'hour'")),
    "a length of 0": (lambda every: ta.ema(20, every=every), ("0m",), ParameterError, LENGTHS.format("'0m'")),
    "a number for a length": (lambda every: ta.sma(20, every=every), (60,), ParameterError, LENGTHS.format("60")),
    "plus text": (operator.add, (A, "5"), ParameterError, operand("+", "'5'")),
    "a bool minus": (operator.sub, (True, A), ParameterError, operand("-", "True")),
    "over a series": (operator.truediv, (A, pl.Series([1.0])), ParameterError, operand("/", "a Series")),
    "over nothing": (operator.truediv, (A, 0), ParameterError, nothing("0")),
    "over nothing, negative": (operator.truediv, (A, -0.0), ParameterError, nothing("-0.0")),
    "over less than any float": (
        operator.truediv,
        (A, Decimal("1e-999")),
        ParameterError,
        nothing("Decimal('1E-999')"),
    ),
    "over False": (operator.truediv, (A, False), ParameterError, operand("/", "False")),
    "an array plus": (operator.add, (np.zeros(2), A), ParameterError, operand("+", "array([0., 0.])")),
    "greater than an expression": (operator.gt, (A, pl.col("x")), ParameterError, operand(">", "a Expr")),
    "crossing None": (A.crosses_above, (None,), ParameterError, operand("crosses_above", "None")),
    "times NaN": (operator.mul, (A, math.nan), ParameterError, finite("*", "nan")),
    "less than infinity": (operator.lt, (A, math.inf), ParameterError, finite("<", "inf")),
    "plus a number beyond floats": (operator.add, (A, 10**400), ParameterError, finite("+", "a int")),
    "and of numbers": (operator.and_, (A, A > 1), ParameterError, rules("&", "ta.sma(1)")),
    "or of a bool": (operator.or_, (A > 1, True), ParameterError, rules("|", "True")),
    "not of a number": (operator.invert, (A,), ParameterError, rules("~", "ta.sma(1)")),
    "without parentheses": (lambda: A > B & A, (), ParameterError, rules("&", "ta.sma(2)")),
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
    "a chain": (
        lambda: A < B < A,
        (),
        StrategyError,
        "ta.sma(1) < ta.sma(2) is a description, neither true nor false; join rules by & | ~ instead of and, or, not, "
        f"each in parentheses; {WATCH}",
    ),
    "what it is measured against": (
        lambda: ta.correl(5, against="opne"),  # type: ignore[arg-type]
        (),
        ParameterError,
        "against= takes open, high, low, close, volume or an indicator, got 'opne'; did you mean against='open'?",
    ),
    "ahead": (
        A.shift,
        (-1,),
        ParameterError,
        "shift(-1) would look ahead: no bar knows what comes after it; give 0 or more",
    ),
    "shifted by half": (A.shift, (0.5,), ParameterError, shifted("0.5")),
    "shifted too far": (A.shift, (1_000_001,), ParameterError, shifted("1000001")),
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


def test_size_is_limited_before_it_is_felt() -> None:
    with pytest.raises(ParameterError) as caught:
        reduce(lambda wide, _: wide + wide, range(40), ta.close() + 0)
    assert str(caught.value) == "an expression has at most 10,000 indicators; split it into two watches"


@pytest.mark.parametrize("over", [5, ["asset"], b"asset"])
def test_what_is_no_column_to_go_over(over: Any) -> None:
    with pytest.raises(ParameterError, match="is no name of a column; write over="):
        ta.sma(2).expr(over=over)


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


@pytest.mark.parametrize(
    ("it", "name", "message"),
    [
        (ta.sma(5), "cross_above", "ta.sma(5) has no attribute 'cross_above'; did you mean .crosses_above?"),
        (ta.close() > 5, "shfit", "ta.close() > 5 has no attribute 'shfit'; did you mean .shift?"),
        (ta.sma(5), "zzz", "ta.sma(5) has no attribute 'zzz'"),
    ],
    ids=str,
)
def test_names_that_are_not_there_are_answered(it: Indicator, name: str, message: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(it, name)
    assert str(caught.value) == message


def test_a_property_keeps_its_own_error() -> None:
    class Long(Indicator):
        def update(self, bar: object) -> None: ...

        @property
        def warmup(self) -> int:  # type: ignore[override]
            return len(self.lost)  # type: ignore[attr-defined]

    with pytest.raises(AttributeError, match="has no attribute 'lost'"):
        _ = Long().warmup  # type: ignore[call-arg]
