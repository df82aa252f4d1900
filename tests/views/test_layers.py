"""Indicators in charts: over the prices, behind them or below them, with the values that columns have."""

from __future__ import annotations

from typing import Any

import pytest
from hand_made import days, split

from workbench import ta
from workbench.errors import ParameterError
from workbench.market import catalog, simulate
from workbench.views.figures import run_figure

from .made import MadeRun


def placed(figure: Any) -> list[tuple[str, str, str]]:
    """Kind, name and axis of every trace."""
    return [(each.type, each.name, each.yaxis or "y") for each in figure.data]


def trace(figure: Any, name: str) -> Any:
    return next(each for each in figure.data if each.name == name)


BARS = simulate.bars("X", n=200, seed=2)


def test_each_is_drawn_where_it_belongs() -> None:
    figure = BARS.plot(ta.sma(20), ta.rsi(14), ta.bbands(), ta.macd(), ta.close() > ta.sma(50), ta.atr(5))
    assert placed(figure) == [
        ("candlestick", "X", "y"),
        ("bar", "volume", "y5"),
        ("scatter", "close > sma_50", "y99"),
        ("scatter", "sma_20", "y"),
        ("scatter", "upper", "y"),
        ("scatter", "lower", "y"),
        ("scatter", "middle", "y"),
        ("scatter", "rsi_14", "y2"),
        ("scatter", "line", "y3"),
        ("scatter", "signal", "y3"),
        ("bar", "histogram", "y3"),
        ("scatter", "atr_5", "y4"),
    ]
    titles = [figure.layout[f"yaxis{n}"].title.text for n in ("", 2, 3, 4, 5)]
    assert titles == ["price, USD", "rsi_14", "macd(12, 26, 9)", "atr_5", "volume"]
    assert (trace(figure, "lower").fill, trace(figure, "upper").fill) == ("tonexty", None)
    assert list(trace(figure, "sma_20").y) == ta.sma(20)(BARS.frame).to_list()
    assert list(trace(figure, "histogram").y) == ta.macd().histogram(BARS.frame).to_list()


def test_two_of_one_name_are_two() -> None:
    figure = BARS.plot(ta.macd(), ta.macd(5, 10, 3))
    assert [name for _, name, axis in placed(figure) if axis == "y3"] == ["line", "signal", "histogram"]


def test_a_rule_is_a_shade_of_steps() -> None:
    """True on the second and third day and on the fifth: it steps up and down where that changes."""
    figure = days(A=[1, 5, 5, 1, 5]).plot(ta.close() > 3)
    shade = trace(figure, "close > 3")
    assert [at.day for at in shade.x] == [2, 3, 5, 6]
    assert list(shade.y) == [0, 1, 0, 1]
    assert (shade.line.shape, shade.fill) == ("hv", "tozeroy")


def test_everything_is_in_the_units_of_the_last_session() -> None:
    figure = days(A=[10, 12, 7], actions=[split("A", 3, 2, 1)]).plot(ta.sma(2))
    assert list(figure.data[0].close) == [5, 6, 7]
    assert list(trace(figure, "sma_2").y) == [None, 5.5, 6.5]


def test_the_first_of_several_assets_is_drawn_and_others_are_read() -> None:
    figure = days(A=[1, 2], B=[30, 40]).plot(ta.close().on("B"))
    assert figure.data[0].name == "A"
    assert placed(figure)[-1] == ("scatter", "close.on('B')", "y2")
    assert list(trace(figure, "close.on('B')").y) == [30, 40]


def test_a_run_shows_them_between_its_prices_and_its_equity(run: MadeRun) -> None:
    figure = run_figure(run, None, [ta.sma(20), ta.rsi(14)])
    assert [(name, axis) for _, name, axis in placed(figure)] == [
        ("AAPL", "y"),
        ("buy", "y"),
        ("sell", "y"),
        ("sma_20", "y"),
        ("rsi_14", "y2"),
        ("buy and hold", "y3"),
        ("Cross", "y3"),
        ("drawdown", "y4"),
    ]


def test_what_is_no_indicator_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"plot takes indicators such as ta.sma\(20\), got a str"):
        catalog.sample()["AAPL"].plot("sma")  # type: ignore[arg-type]
