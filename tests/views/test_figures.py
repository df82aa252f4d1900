"""Plotly figures: what is drawn, on which scale, and how much of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import InputError, UnknownAssetError
from workbench.market import catalog, simulate
from workbench.views.figures import bars_figure, run_figure

from .made import MadeRun, made_run

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.market.bars import Bars


def traces(figure: go.Figure) -> list[tuple[str, str]]:
    return [(trace.type, trace.name) for trace in figure.data]


def trace(figure: go.Figure, name: str) -> Any:
    return next(found for found in figure.data if found.name == name)


def test_one_asset_is_candles_and_volume() -> None:
    assert traces(bars_figure(simulate.bars("X", n=30))) == [("candlestick", "X"), ("bar", "volume")]


WEEKENDS = [
    ("none trades on one", catalog.sample()["IBM"].last(20), True),
    ("both traded", simulate.bars("BTC/USDT", every="1d", n=20), False),
    ("Sunday evening", simulate.bars("EUR/USD", every="1h", n=200), False),
]


@pytest.mark.parametrize(("bars", "are_closed"), [case[1:] for case in WEEKENDS], ids=[case[0] for case in WEEKENDS])
def test_weekends_are_left_out_where_no_bar_stands_on_one(bars: Bars, are_closed: bool) -> None:
    breaks = bars_figure(bars).layout.xaxis.rangebreaks
    assert [tuple(each.bounds) for each in breaks] == ([("sat", "mon")] if are_closed else [])


def test_the_bars_beside_a_weekend_are_drawn_whole() -> None:
    """From a Monday to a Friday, with half a bar on each side, which is in the week before and the one after."""
    bars = catalog.sample()["IBM"].between("2012-10-01", "2012-10-05")
    first, last = (at.isoformat() for at in bars_figure(bars).layout.xaxis.range)
    assert (first, last) == ("2012-10-01T08:00:00+00:00", "2012-10-08T08:00:00+00:00")


def test_one_bar_has_no_range_of_its_own() -> None:
    assert bars_figure(catalog.sample()["IBM"].last(1)).layout.xaxis.range is None


def test_a_run_leaves_weekends_out_of_all_its_panes(run: MadeRun) -> None:
    layout = run_figure(run).layout
    assert [len(layout[name].rangebreaks) for name in ("xaxis", "xaxis2", "xaxis3")] == [1, 1, 1]


def test_several_assets_are_lines_from_100() -> None:
    figure = bars_figure(catalog.sample()[["AAPL", "IBM"]])
    assert traces(figure) == [("scatter", "AAPL"), ("scatter", "IBM")]
    assert [line.y[0] for line in figure.data] == [100.0, 100.0]


def test_many_bars_are_merged_and_the_title_says_so() -> None:
    figure = bars_figure(simulate.bars("X", n=10_000))
    assert len(figure.data[0].close) == 2_000
    assert "5 bars drawn as one" in figure.layout.title.text
    assert "SYNTHETIC" in figure.layout.title.text


def test_prices_are_adjusted_for_splits() -> None:
    """AAPL split 2:1 on 2005-02-28; it closed at 88.99 the session before."""
    figure = bars_figure(catalog.sample()["AAPL"].between("2005-02-25", "2005-02-28"))
    assert list(figure.data[0].close) == [44.495, 44.86]


def test_a_run_has_price_fills_equity_benchmark_and_drawdown_on_one_axis(run: MadeRun) -> None:
    figure = run_figure(run)
    assert traces(figure) == [
        ("candlestick", "AAPL"),
        ("scatter", "buy"),
        ("scatter", "sell"),
        ("scatter", "buy and hold"),
        ("scatter", "Cross"),
        ("scatter", "drawdown"),
    ]
    assert {figure.layout.xaxis.matches, figure.layout.xaxis2.matches} == {"x3"}
    assert len(trace(figure, "buy").x) + len(trace(figure, "sell").x) == run.fills.height


def test_fills_stand_on_the_adjusted_scale() -> None:
    """A buy at the open of 2005-02-25, before the 2:1 split, is drawn at half its price."""
    bars = catalog.sample()["AAPL"].between("2005-02-24", "2005-03-04")
    made = made_run(bars)
    raw = bars.frame["open"][1]
    fills = made.fills.with_columns(price=raw + 0.0 * made.fills["price"])
    figure = run_figure(replace(made, bars=bars, fills=fills))
    assert list(trace(figure, "buy").y) == [raw / 2]


def test_a_run_without_sessions_is_refused(run: MadeRun) -> None:
    with pytest.raises(InputError, match="no session to draw"):
        run_figure(replace(run, equity=run.equity.clear()))


def test_no_bars_are_refused() -> None:
    with pytest.raises(InputError, match="no bars to draw"):
        bars_figure(simulate.bars("X", n=3).since("2100-01-01"))


def test_an_unknown_asset_is_refused(run: MadeRun) -> None:
    with pytest.raises(UnknownAssetError, match="no asset 'MSFT'"):
        run_figure(run, asset="MSFT")
