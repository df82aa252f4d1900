"""Indicators with several outputs: one description, whose outputs are indicators, wherever an indicator can be used."""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError, StrategyError, WorkbenchError
from workbench.indicators.spelling import label

BARS = wb.simulate.bars("X", n=60, seed=3)
MACD: Any = ta.macd()
CLOSE: Any = ta.close()
NAMES = "ta.macd\\(12, 26, 9\\) has the outputs line, signal, histogram; take one: ta.macd\\(12, 26, 9\\).line"

SPELT = {
    "an output": (ta.macd().line, "ta.macd(12, 26, 9).line", "macd.line"),
    "of a field": (ta.macd(2, 3, 4, of="high").signal, "ta.macd(2, 3, 4, of='high').signal", "macd.signal"),
    "on hours": (ta.bbands(5, every="60m").upper, "ta.bbands(5, 2, every='1h').upper", "bbands.upper"),
    "composed": (
        (ta.macd().line - ta.macd().signal).shift(1),
        "(ta.macd(12, 26, 9).line - ta.macd(12, 26, 9).signal).shift(1)",
        "(macd.line - macd.signal).shift(1)",
    ),
    "read by another": (ta.sma(3, of=ta.macd().line), "ta.sma(3, of=ta.macd(12, 26, 9).line)", "sma_3_of_macd.line"),
}


@pytest.mark.parametrize("name", SPELT)
def test_spelling(name: str) -> None:
    indicator, spelt, column = SPELT[name]
    assert repr(indicator) == spelt
    assert eval(spelt, {"ta": ta}) == indicator
    assert label(indicator) == column


def test_the_whole_is_a_value() -> None:
    assert ta.macd() == ta.macd(12, 26) != ta.macd(12, 27)
    assert {ta.macd(): 1}[pickle.loads(pickle.dumps(ta.macd()))] == 1
    assert repr(ta.bbands(of="high", every="1h")) == "ta.bbands(20, 2, of='high', every='1h')"
    assert set(dir(ta.macd())) >= {"line", "signal", "histogram"}
    assert ta.macd().outputs == ("line", "signal", "histogram")


REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "compared": (lambda: MACD > 0, StrategyError, NAMES),
    "comparing": (lambda: CLOSE > MACD, StrategyError, NAMES),
    "added": (lambda: 1 + MACD, StrategyError, NAMES),
    "joined": (lambda: (ta.close() > 0) & MACD, StrategyError, NAMES),
    "read": (lambda: ta.sma(3, of=MACD), StrategyError, NAMES),
    "as a truth": (lambda: bool(MACD), StrategyError, NAMES),
    "as a number": (lambda: float(MACD), StrategyError, NAMES),
    "by an asset": (lambda: MACD["X"], StrategyError, NAMES),
    "misspelt": (lambda: MACD.lime, AttributeError, "Macd has no 'lime'; did you mean .line\\?"),
    "a method of one": (lambda: MACD.shift(1), AttributeError, f"Macd has no 'shift'; {NAMES}"),
    "fast after slow": (lambda: ta.macd(26, 12), ParameterError, "a fast window shorter than the slow one, got 26"),
    "no deviation": (lambda: ta.bbands(20, 0), ParameterError, "from 0.01 to 100 here, got 0; write ta.bbands"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    ask, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        ask()


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "lt", "le", "gt", "ge", "and_", "or_"])
def test_no_operator_takes_the_whole(name: str) -> None:
    operate = getattr(operator, name)
    with pytest.raises(StrategyError, match=NAMES):
        operate(MACD, ta.close())
    with pytest.raises(WorkbenchError):
        operate(ta.close() > 0 if name in ("and_", "or_") else ta.close(), MACD)


def test_columns() -> None:
    frame = BARS.with_columns(ta.macd(), ta.macd(2, 5, 3).line.shift(1), quick=ta.macd(5, 10, 3), up=ta.bbands().upper)
    assert frame.columns[len(BARS.frame.columns) :] == [
        "macd.line",
        "macd.signal",
        "macd.histogram",
        "macd.line.shift(1)",
        "quick.line",
        "quick.signal",
        "quick.histogram",
        "up",
    ]
    assert frame["quick.signal"].to_list() == ta.macd(5, 10, 3).signal(BARS.frame).to_list()
    assert (frame["macd.line"] - frame["macd.signal"]).to_list() == frame["macd.histogram"].to_list()


CLASHES: dict[str, tuple[tuple[Any, ...], str]] = {
    "two of one name": (
        (ta.macd(), ta.macd(5, 10, 3)),
        "there is a column 'macd.[a-z]+' already; give ta.macd\\(5, 10, 3\\)",
    ),
    "one of the other": (
        (ta.macd(), ta.macd(5, 10, 3).line),
        "a column 'macd.line' already; give ta.macd\\(5, 10, 3\\).line another name",
    ),
}


@pytest.mark.parametrize("name", CLASHES)
def test_clashes(name: str) -> None:
    given, message = CLASHES[name]
    with pytest.raises(ParameterError, match=message):
        BARS.with_columns(*given)


def test_frames() -> None:
    assert ta.macd(2, 3, 2)(BARS.frame["close"]).columns == ["macd.line", "macd.signal", "macd.histogram"]
    assert ta.macd(2, 3, 2)(BARS.frame["close"].to_numpy()).equals(ta.macd(2, 3, 2)(BARS.frame))
    with pytest.raises(ParameterError, match="reads close; the frame has open"):
        ta.macd()(BARS.frame.select("open"))


class Follow(wb.Strategy):
    """Records what the outputs say, and how the streams answer for themselves."""

    def on_start(self, ctx: wb.Context) -> None:
        self.macd = ctx.watch(ta.macd(3, 6, 2))
        self.upper = ctx.watch(ta.bbands(4).upper)
        assert repr(self.macd) == "Streams(ta.macd(3, 6, 2): line, signal, histogram)"
        assert dir(self.macd) == ["histogram", "line", "signal"]
        assert repr(self.macd.signal) == "Stream(ta.macd(3, 6, 2).signal)"
        with pytest.raises(AttributeError, match=r"ta.macd\(3, 6, 2\) has no output 'lime'; it has line, signal"):
            _ = self.macd.lime

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        with pytest.raises(ParameterError, match=r"has the outputs line, signal, histogram; read one of them: \.line"):
            self.macd[bar.asset]
        ctx.record(line=self.macd.line[bar.asset], gap=self.macd.histogram[bar.asset], upper=self.upper[bar.asset])


def test_streams() -> None:
    recorded = wb.Backtest(Follow(), BARS, cash="1000 USD").run().recorded
    columns = BARS.with_columns(ta.macd(3, 6, 2), upper=ta.bbands(4).upper).drop_nulls()
    assert recorded.height == 60 - 6
    for stream, column in {"line": "macd.line", "gap": "macd.histogram", "upper": "upper"}.items():
        assert recorded[stream].to_list() == columns[column].to_list()
