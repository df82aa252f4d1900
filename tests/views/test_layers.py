"""Indicators in charts: over the prices, behind them or below them, with the values that columns have."""

from __future__ import annotations

from typing import Any

import pytest
from hand_made import days, split

from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Indicator, Outputs
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
        ("scatter", "bbands.upper", "y"),
        ("scatter", "bbands.lower", "y"),
        ("scatter", "bbands.middle", "y"),
        ("scatter", "rsi_14", "y2"),
        ("scatter", "macd.line", "y3"),
        ("scatter", "macd.signal", "y3"),
        ("bar", "macd.histogram", "y3"),
        ("scatter", "atr_5", "y4"),
    ]
    titles = [figure.layout[f"yaxis{n}"].title.text for n in ("", 2, 3, 4, 5)]
    assert titles == ["price, USD", "rsi_14", "macd(12, 26, 9)", "atr_5", "volume"]
    assert (trace(figure, "bbands.lower").fill, trace(figure, "bbands.upper").fill) == ("tonexty", None)
    assert list(trace(figure, "sma_20").y) == ta.sma(20)(BARS.frame).to_list()
    assert list(trace(figure, "macd.histogram").y) == ta.macd().histogram(BARS.frame).to_list()


def test_two_of_one_name_are_two() -> None:
    figure = BARS.plot(ta.macd(), ta.macd(5, 10, 3), ta.macd().line > 0, ta.macd(5, 10, 3).line > 0)
    shades, first, second = (
        [name for _, name, axis in placed(figure) if axis == wanted] for wanted in ("y99", "y2", "y3")
    )
    assert first == ["macd(12, 26, 9).line", "macd(12, 26, 9).signal", "macd(12, 26, 9).histogram"]
    assert second == ["macd(5, 10, 3).line", "macd(5, 10, 3).signal", "macd(5, 10, 3).histogram"]
    assert shades == ["macd(12, 26, 9).line > 0", "macd(5, 10, 3).line > 0"]


COLOUR_GROUPS = [
    (ta.bbands(), ["upper lower middle"]),
    (ta.ichimoku(), ["span_a span_b", "conversion", "base"]),
    (ta.pivots(), ["pivot", "r1 r2 r3", "s1 s2 s3"]),
    (ta.supertrend(), ["line"]),
]


@pytest.mark.parametrize(("indicator", "groups"), COLOUR_GROUPS, ids=str)
def test_lines_that_belong_together_share_a_colour(indicator: Outputs, groups: list[str]) -> None:
    found: dict[str, list[str]] = {}
    for each in BARS.plot(indicator).data[2:]:
        found.setdefault(each.line.color, []).append(each.name.partition(".")[2])
    assert [" ".join(names) for names in found.values()] == groups


def test_the_cloud_is_filled() -> None:
    figure = BARS.plot(ta.ichimoku())
    filled = [each.name for each in figure.data if each.type == "scatter" and each.fill]
    assert [each.name for each in figure.data[2:4]] == ["ichimoku.span_a", "ichimoku.span_b"]
    assert filled == ["ichimoku.span_b"]


STEPS = [(ta.sma(3, every="1d"), "hv"), (ta.pivots(), "hv"), (ta.sma(3), "linear"), (ta.rsi(3, every="1d"), "hv")]


@pytest.mark.parametrize(("indicator", "shape"), STEPS, ids=str)
def test_what_stands_still_is_drawn_in_steps(indicator: Indicator | Outputs, shape: str) -> None:
    assert {each.line.shape for each in BARS.plot(indicator).data[2:]} == {shape}


def test_patterns_and_histograms_are_bars() -> None:
    figure = BARS.plot(ta.doji(), ta.macd().histogram)
    assert placed(figure)[2:] == [("bar", "doji", "y2"), ("bar", "macd.histogram", "y3")]
    assert set(trace(figure, "doji").y) == {None, 0, 100}


def test_a_long_title_is_cut_where_its_pane_is_low() -> None:
    figure = BARS.plot(ta.sma(3, of=ta.ema(5, of="volume")))
    assert figure.data[2].name == "sma_3_of_ema_5_volume"
    assert figure.layout.yaxis2.title.text == "sma_3_of_ema_5_vo\N{HORIZONTAL ELLIPSIS}"


def test_a_rule_is_a_shade_of_steps() -> None:
    """True on the second and third day and on the fifth: it steps up and down where that changes."""
    figure = days(A=[1, 5, 5, 1, 5]).plot(ta.close() > 3)
    shade = trace(figure, "close > 3")
    assert [at.day for at in shade.x] == [2, 3, 5, 6]
    assert list(shade.y) == [0, 1, 0, 1]
    assert (shade.line.shape, shade.fill) == ("hv", "tozeroy")


def test_each_rule_has_a_shade_of_its_own() -> None:
    figure = BARS.plot(ta.close() > 1, ta.doji() > 0)
    assert len({trace(figure, name).fillcolor for name in ("close > 1", "doji > 0")}) == 2


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
