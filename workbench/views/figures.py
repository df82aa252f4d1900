"""Charts to look at and zoom into, as plotly figures.

The one idea: a figure is downsampled before it is drawn, and prices are adjusted for splits as of its last session, so
that a split is not drawn as a loss; fills are put on the same scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.analytics.benchmark import buy_and_hold
from workbench.analytics.drawdown import drawdowns
from workbench.analytics.returns import session_closes
from workbench.views.closed import leave_out_closed
from workbench.views.downsample import curve_rows, merged_bars
from workbench.views.drawn import Drawn, as_shown, drawn
from workbench.views.layers import draw, layers
from workbench.views.theme import ROLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from workbench.indicators import Indicator, Outputs
    from workbench.market.bars import Bars
    from workbench.views.run_view import RunView

__all__ = ["bars_figure", "finished", "panes", "run_figure"]

BARS_MAX: Final = 2_000
ASSETS_MAX: Final = 8
UP, DOWN, LINE, DIM = (ROLES[name].between for name in ("gain", "loss", "accent", "muted"))
GRID: Final = "rgba(128,128,128,0.22)"
INK: Final = "#7d8694"
TITLE_MAX: Final = 18


def bars_figure(bars: Bars, indicators: Sequence[Indicator | Outputs] = ()) -> go.Figure:
    """Candlesticks with volume; several assets as one line each, from 100 at their first close.

    Prices are adjusted for splits as of the last session; more than 2,000 bars of an asset are merged into coarser
    ones. With indicators the first asset is drawn; see `Bars.plot`.

    Returns:
        A plotly `go.Figure`.

    Raises:
        InputError: there are no bars.

    Example:
        >>> from workbench.market import simulate
        >>> [trace.type for trace in bars_figure(simulate.bars("X", n=50)).data]
        ['candlestick', 'bar']
    """
    shown = as_shown(bars)
    return _candles(shown, indicators) if len(bars.assets) == 1 or indicators else _compared(shown)


def _candles(bars: Bars, indicators: Sequence[Indicator | Outputs]) -> go.Figure:
    over = layers(bars, indicators)
    own = bars.frame.filter(pl.col("asset") == str(bars.assets[0]))
    rows = merged_bars(own, BARS_MAX)
    figure = panes(2 + len(over.panes), [0.78, *[0.26] * len(over.panes), 0.22])
    figure.add_trace(_candlestick(rows, str(bars.assets[0])), row=1, col=1)
    figure.add_trace(_volume(rows), row=2 + len(over.panes), col=1)
    draw(figure, over)
    leave_out_closed(figure, bars, bars.frame["time"])
    merged = -(-own.height // rows.height)
    note = f", {merged} bars drawn as one" if merged > 1 else ""
    title = f"{bars.assets[0]}, {bars.every} bars{note}{', SYNTHETIC' if bars.synthetic else ''}"
    return finished(figure, title, [f"price, {bars.assets[0].currency}", *over.panes, "volume"])


def _candlestick(rows: pl.DataFrame, name: str) -> go.Candlestick:
    import plotly.graph_objects as go

    prices = {column: rows[column].to_list() for column in ("open", "high", "low", "close")}
    looks = {"increasing_line_color": UP, "decreasing_line_color": DOWN, "line_width": 1}
    return go.Candlestick(x=rows["time"].to_list(), name=name, showlegend=False, **prices, **looks)


def _volume(rows: pl.DataFrame) -> go.Bar:
    import plotly.graph_objects as go

    colours = rows.select(
        pl.when(pl.col("close") >= pl.col("open")).then(pl.lit(UP)).otherwise(pl.lit(DOWN))
    ).to_series()
    marker = {"color": colours.to_list(), "line": {"width": 0}, "opacity": 0.55}
    return go.Bar(x=rows["time"].to_list(), y=rows["volume"].to_list(), name="volume", showlegend=False, marker=marker)


def _compared(bars: Bars) -> go.Figure:
    import plotly.graph_objects as go

    figure = panes(1, [1.0])
    for asset in bars.assets[:ASSETS_MAX]:
        rows = bars.frame.filter(pl.col("asset") == str(asset))
        scaled = rows.select("time", (100 * pl.col("close") / pl.col("close").first()).alias("close"))
        kept = curve_rows(scaled, "close")
        line = {"width": 1.4}
        figure.add_trace(go.Scatter(x=kept["time"].to_list(), y=kept["close"].to_list(), name=str(asset), line=line))
    leave_out_closed(figure, bars, bars.frame["time"])
    left_out = len(bars.assets) - ASSETS_MAX
    title = f"{len(bars.assets)} assets{f', {left_out} not drawn' if left_out > 0 else ''}"
    return finished(figure, title, ["first close = 100"])


def run_figure(run: RunView, asset: str | None = None, indicators: Sequence[Indicator | Outputs] = ()) -> go.Figure:
    """Price with the fills, equity with the benchmark, drawdown: panes with one x axis.

    Args:
        run: a finished run.
        asset: the asset whose price is drawn; None takes the first one that was traded.
        indicators: what is drawn over the price and in panes between it and the equity.

    Returns:
        A plotly `go.Figure`.

    Raises:
        InputError: the run has no session.
        UnknownAssetError: an asset that the run did not have.
    """
    found = drawn(run, asset, indicators)
    below = len(found.layers.panes)
    figure = panes(3 + below, [0.5, *[0.2] * below, 0.32, 0.18])
    _draw_price(figure, found)
    draw(figure, found.layers)
    _draw_equity(figure, run, 2 + below)
    leave_out_closed(figure, run.bars, run.equity["time"])
    title = f"{run.name}: {run.metrics.total_return or 0.0:+,.2%}"
    price = f"{found.name}, {found.bars.assets[0].currency}"
    names = [price, *found.layers.panes, f"equity, {run.currency}", "drawdown"]
    return finished(figure, title, names)


def _draw_price(figure: go.Figure, found: Drawn) -> None:
    figure.add_trace(_candlestick(merged_bars(found.bars.frame, BARS_MAX), found.name), row=1, col=1)
    for side, symbol, colour in (("buy", "triangle-up", UP), ("sell", "triangle-down", DOWN)):
        figure.add_trace(_markers(found.fills.filter(pl.col("side") == side), side, symbol, colour), row=1, col=1)


def _markers(fills: pl.DataFrame, side: str, symbol: str, colour: str) -> go.Scatter:
    import plotly.graph_objects as go

    marker = {"symbol": symbol, "color": colour, "size": 9, "line": {"width": 1, "color": "white"}}
    told = fills.select("quantity", "price", "fee").rows()
    return go.Scatter(
        x=fills["time"].to_list(),
        y=fills["drawn"].to_list(),
        mode="markers",
        name=side,
        marker=marker,
        customdata=told,
        hovertemplate=side + " %{customdata[0]:,} at %{customdata[1]:,}, fee %{customdata[2]:,.2f}<extra></extra>",
    )


def _draw_equity(figure: go.Figure, run: RunView, first: int) -> None:
    times = run.equity.group_by("session", maintain_order=True).agg(pl.col("time").last())
    closes = session_closes(run.equity)
    held = buy_and_hold(run.bars, float(run.deposits), start=run.equity["time"][0])
    pairs = ((held, "equity", "buy and hold", DIM, first), (closes, "equity", run.name, LINE, first))
    fallen = (drawdowns(closes), "drawdown", "drawdown", DOWN, first + 1)
    for frame, column, name, colour, row in (*pairs, fallen):
        rows = curve_rows(frame.join(times, on="session", how="inner", maintain_order="left"), column)
        figure.add_trace(_line(rows, column, name, colour), row=row, col=1)


def _line(rows: pl.DataFrame, column: str, name: str, colour: str) -> go.Scatter:
    import plotly.graph_objects as go

    looks: dict[str, Any] = {"line": {"color": colour, "width": 1.5}, "showlegend": column == "equity"}
    if column == "drawdown":
        looks |= {"fill": "tozeroy", "fillcolor": "rgba(194,65,45,0.15)"}
    return go.Scatter(x=rows["time"].to_list(), y=rows[column].to_list(), name=name, mode="lines", **looks)


def panes(rows: int, heights: list[float]) -> go.Figure:
    """Rows of plots over one x axis."""
    from plotly.subplots import make_subplots

    figure: go.Figure = make_subplots(rows, 1, shared_xaxes=True, vertical_spacing=0.03, row_heights=heights)
    return figure


def finished(figure: go.Figure, title: str, names: list[str]) -> go.Figure:
    """The looks that all figures share: no ground of its own, so that it stands on a light and on a dark page."""
    figure.update_layout(
        template="none",
        title={"text": title, "x": 0.012, "y": 0.98, "yanchor": "top", "font": {"size": 15}},
        font={"color": INK, "size": 12},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 12, "r": 64, "t": 72, "b": 36},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": DIM, "activecolor": LINE},
        height=320 + 110 * len(names),
        hovermode="x unified",
        hoverlabel={"font": {"color": "#17202e"}, "bgcolor": "#ffffff", "namelength": -1},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"},
        dragmode="pan",
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False, rangeslider_visible=False, spikethickness=1, spikecolor=DIM)
    figure.update_yaxes(gridcolor=GRID, zeroline=False, side="right")
    for row, name in enumerate(names, start=1):
        # Titles stand upright, so a long one would reach out of a low pane; the legend has it in full.
        short = name if row == 1 or len(name) <= TITLE_MAX else f"{name[: TITLE_MAX - 1]}\N{HORIZONTAL ELLIPSIS}"
        figure.update_yaxes(title={"text": short, "font": {"size": 11}}, row=row, col=1)
        if name == "drawdown":
            figure.update_yaxes(tickformat=".0%", row=row, col=1)
    return figure
