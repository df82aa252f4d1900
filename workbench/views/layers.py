"""Indicators in a chart of prices: which lie over the prices, which in panes below, and how each is drawn.

The one idea: what an indicator measures decides where it is drawn. Levels share the scale of the prices, a rule is a
shade behind them, and everything else has a scale of its own. What stands still between its bars is drawn in steps.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from workbench.errors import ParameterError
from workbench.indicators import Indicator, Outputs, patterns
from workbench.indicators.columns import beside
from workbench.indicators.feeds import feeds
from workbench.indicators.spelling import label
from workbench.indicators.units import PIVOTS, unit
from workbench.views.downsample import curve_rows
from workbench.views.theme import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import plotly.graph_objects as go

    from workbench.market.bars import Bars

__all__ = ["Layer", "Layers", "draw", "layers"]

# Tones between light and dark, so that a line stands out on either ground.
COLOURS: Final = ("#3f83d8", "#d08a1d", "#8e6fd8", "#2a9d87", "#cf5a84", "#7d8a9b")
SHADES: Final = ("rgba(63,131,216,0.13)", "rgba(208,138,29,0.17)", "rgba(142,111,216,0.17)")
FILL: Final = "rgba(125,138,155,0.14)"
POINTS: Final = 2_000
# Two outputs with the ground filled between them.
BANDS: Final = (("upper", "lower"), ("span_a", "span_b"))


class Layer(NamedTuple):
    """A column of the rows, what it is called, and how it is drawn."""

    column: str
    name: str
    output: str = ""
    """Which one of several outputs it is."""
    in_steps: bool = False
    as_bars: bool = False


@dataclass(frozen=True, slots=True)
class Layers:
    """The rows with a column for everything that is drawn, and where each column belongs."""

    rows: pl.DataFrame
    shades: list[Layer] = field(default_factory=list)
    over: list[list[Layer]] = field(default_factory=list)
    """Over the prices; those of one indicator together."""
    panes: dict[str, list[Layer]] = field(default_factory=dict)
    """Below them, by the title of their pane."""

    @property
    def every(self) -> list[Layer]:
        """All of them, in the order in which they are told."""
        below = (layer for group in self.panes.values() for layer in group)
        return [*self.shades, *(layer for group in self.over for layer in group), *below]


def layers(bars: Bars, indicators: Sequence[Indicator | Outputs]) -> Layers:
    """Every indicator over the first asset of the bars.

    Raises:
        ParameterError: something that is no indicator.

    Example:
        >>> from workbench import sample, ta
        >>> found = layers(sample["IBM"].last(100), [ta.sma(20), ta.macd(), ta.bbands(), ta.close() > 100])
        >>> [[each.name for each in group] for group in found.over], list(found.panes), found.shades[0].name
        ([['sma_20'], ['bbands.upper', 'bbands.middle', 'bbands.lower']], ['macd(12, 26, 9)'], 'close > 100')
    """
    for each in indicators:
        if not isinstance(each, Indicator | Outputs):
            raise ParameterError(f"plot takes indicators such as ta.sma(20), got a {type(each).__name__}")
    named = {f"_{number}": each for number, each in enumerate(indicators)}
    asset = bars.assets[0]
    reads_others = any(feed.asset for each in indicators for one in _parts(each).values() for feed in feeds(one))
    rows = beside(bars if reads_others else bars.select(asset), (), named).filter(pl.col("asset") == str(asset))
    found, ambiguous = Layers(rows), _ambiguous(indicators)
    for stem, each in named.items():
        _place(found, stem, each, ambiguous)
    return found


def _ambiguous(indicators: Sequence[Indicator | Outputs]) -> set[str]:
    """Names that different ones share, such as those of two MACDs."""
    each = dict.fromkeys(one for it in indicators for one in _parts(it).values())
    counts = Counter(label(one) for one in each)
    return {name for name, count in counts.items() if count > 1}


def _parts(it: Indicator | Outputs) -> dict[str, Indicator]:
    return {"": it} if isinstance(it, Indicator) else it.each


def _place(found: Layers, stem: str, it: Indicator | Outputs, ambiguous: set[str]) -> None:
    if isinstance(it, Indicator):
        layer = _layer(stem, it, ambiguous)
        if it.is_rule:
            found.shades.append(layer)
        elif unit(it) == "level":
            found.over.append([layer])
        else:
            found.panes.setdefault(layer.name, []).append(layer)
        return
    levels = {name: each for name, each in it.each.items() if unit(each) == "level"}
    group = [_layer(f"{stem}.{name}", each, ambiguous) for name, each in (levels or it.each).items()]
    if levels:
        found.over.append(group)
    else:
        found.panes.setdefault(repr(it).removeprefix("ta."), []).extend(group)


def _layer(column: str, it: Indicator, ambiguous: set[str]) -> Layer:
    name, _, output = it.name.partition(".")
    known = label(it)
    in_steps = it.every is not None or name in PIVOTS
    shown = re.sub(r"\bta\.", "", repr(it)) if known in ambiguous else known
    return Layer(column, shown, output, in_steps, output == "histogram" or name in patterns.__all__)


def draw(figure: go.Figure, found: Layers) -> None:
    """Puts everything into a figure whose first row is the prices, with a row for each pane below.

    Example:
        >>> from workbench import sample, ta
        >>> from workbench.views.figures import panes
        >>> figure = panes(2, [0.7, 0.3])
        >>> draw(figure, layers(sample["IBM"].last(100), [ta.sma(20), ta.rsi(14)]))
        >>> [trace.name for trace in figure.data]
        ['sma_20', 'rsi_14']
    """
    figure.update_layout(legend_traceorder="normal")  # a fill between two lines would turn it around
    if found.shades:
        figure.update_layout(yaxis99={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})
    for layer, tone in zip(found.shades, cycle(SHADES), strict=False):
        figure.add_trace(_shade(found.rows, layer, tone))
    colours = cycle(COLOURS)
    for group in found.over:
        for trace in _lines(found.rows, group, colours):
            figure.add_trace(trace, row=1, col=1)
    for row, group in enumerate(found.panes.values(), start=2):
        for layer in group:
            figure.add_trace(_below(found.rows, layer, next(colours)), row=row, col=1)


def _shade(rows: pl.DataFrame, layer: Layer, tone: str) -> go.Scatter:
    """1 where the rule holds, as steps: two points for each change, however long it holds."""
    import plotly.graph_objects as go

    holds = rows.select("open_time", "time", on=pl.col(layer.column).fill_null(False).cast(pl.Int8))
    last = pl.int_range(pl.len()) == pl.len() - 1
    kept = holds.filter((pl.col("on") != pl.col("on").shift(1)).fill_null(True) | last)
    looks: dict[str, Any] = {"line": {"width": 0, "shape": "hv"}, "fill": "tozeroy", "fillcolor": tone}
    x, y = kept["time"].to_list(), kept["on"].to_list()
    return go.Scatter(x=x, y=y, name=layer.name, mode="lines", yaxis="y99", xaxis="x", hoverinfo="skip", **looks)


def _lines(rows: pl.DataFrame, group: list[Layer], colours: Iterator[str]) -> Iterator[go.Scatter]:
    """The lines of one indicator over the prices; between the two of a band the ground is filled."""
    outputs = [layer.output for layer in group]
    # A fill reaches to the line before, so the two of a band stand together, and the other lines come over it.
    first = next((pair for pair in BANDS if set(pair) <= set(outputs)), ())
    tones: dict[str, str] = {}
    for layer in sorted(group, key=lambda each: first.index(each.output) if each.output in first else len(first)):
        family = _family(layer.output)
        if family not in tones:
            tones[family] = next(colours)
        filled = {"fill": "tonexty", "fillcolor": FILL} if layer.output in first[1:] else {}
        yield _line(rows, layer, tones[family], 0.9 if layer.output in first else 1.4, filled)


def _family(output: str) -> str:
    """The outputs that share a colour: a band with its middle, the resistances r1 to r3, span_a and span_b."""
    return "" if output in ("upper", "middle", "lower") else output.partition("_")[0].rstrip("0123456789")


def _line(
    rows: pl.DataFrame, layer: Layer, colour: str, width: float, filled: Mapping[str, str] = MappingProxyType({})
) -> go.Scatter:
    import plotly.graph_objects as go

    kept = curve_rows(rows.select("time", layer.column), layer.column, POINTS)
    x, y = kept["time"].to_list(), kept[layer.column].to_list()
    line = {"color": colour, "width": width, "shape": "hv" if layer.in_steps else "linear"}
    return go.Scatter(x=x, y=y, name=layer.name, mode="lines", connectgaps=False, line=line, **filled)


def _below(rows: pl.DataFrame, layer: Layer, colour: str) -> go.Scatter | go.Bar:
    """A line in a pane of its own; histograms and patterns as bars, in the colours of gain and loss."""
    import plotly.graph_objects as go

    if not layer.as_bars:
        return _line(rows, layer, colour, 1.4)
    kept = curve_rows(rows.select("time", layer.column), layer.column, POINTS)
    values = kept[layer.column].to_list()
    tones = [ROLES["gain" if (value or 0) >= 0 else "loss"].between for value in values]
    marker = {"color": tones, "line": {"width": 0}, "opacity": 0.6}
    return go.Bar(x=kept["time"].to_list(), y=values, name=layer.name, marker=marker)
