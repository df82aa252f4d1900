"""Charts of a sweep: a figure over two parameters as colours or as a surface, over all of them as lines.

The one idea: a picture of the best says how much of it luck would have shown: the deflated Sharpe ratio stands in every
title, and the robust run is marked beside the best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.analytics.metrics import RANKED, direction, written
from workbench.errors import UndefinedError
from workbench.views.figures import finished
from workbench.views.theme import ROLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from workbench.views.sweep_view import RunsView

__all__ = ["cells", "heatmap", "parallel", "surface"]

LINES_MAX: Final = 2_000
GAIN, LOSS, ACCENT, MIDDLE = ROLES["gain"].light, ROLES["loss"].light, ROLES["accent"].light, "#f2efe6"
FORMATS: Final = {"percent": ".1%", "ratio": ".2f", "sessions": ",d", "money": ",.0f", "count": ",d"}


def heatmap(runs: RunsView, metric: str, x: str, y: str) -> go.Figure:
    """A figure over two parameters as colours, with the best and the robust run marked."""
    import plotly.graph_objects as go

    across, up, levels = cells(runs, metric, x, y)
    hover = f"{x} %{{x}}<br>{y} %{{y}}<br>{RANKED[metric].label} %{{z:{FORMATS[RANKED[metric].unit]}}}<extra></extra>"
    figure = go.Figure(go.Heatmap(x=across, y=up, z=levels, hovertemplate=hover, **_colours(runs, metric)))
    for name, symbol, i in _marked(runs, metric):
        at = runs.given(i)
        # Ink around white: seen on every colour of the map, and in the legend by day and by night.
        look = {"symbol": symbol, "size": 13, "color": "#ffffff", "line": {"width": 2, "color": "#17202e"}}
        figure.add_trace(go.Scatter(x=[_place(at[x])], y=[_place(at[y])], mode="markers", name=name, marker=look))
    return _laid_out(figure, runs, metric, x, y)


def surface(runs: RunsView, metric: str, x: str, y: str) -> go.Figure:
    """A figure over two parameters as a surface to turn."""
    import plotly.graph_objects as go

    across, up, levels = cells(runs, metric, x, y)
    figure = go.Figure(go.Surface(x=across, y=up, z=levels, **_colours(runs, metric, surface=True)))
    _laid_out(figure, runs, metric, x, y)
    axes = {"xaxis": {"title": x}, "yaxis": {"title": y}, "zaxis": {"title": RANKED[metric].label}}
    figure.update_layout(scene=axes, dragmode="orbit", height=620)
    return figure


def parallel(runs: RunsView, metric: str) -> go.Figure:
    """Every run as a line over its parameters and the figure, coloured by the figure; of many only some, evenly."""
    import plotly.graph_objects as go

    order = list(runs.order(metric))
    step = -(-len(order) // LINES_MAX) or 1
    rows = runs.frame[order[::step]]
    axes = [_axis(name, rows[runs.column(name)]) for name in runs.names]
    axes.append({"label": RANKED[metric].label, "values": rows[metric].to_list()})
    looks = _colours(runs, metric)
    line = {"color": rows[metric].to_list(), "colorscale": looks["colorscale"], "showscale": True}
    line |= {"cmid": looks["zmid"]} if "zmid" in looks else {}
    figure = finished(go.Figure(go.Parcoords(dimensions=axes, line=line)), _title(runs, metric), [])
    drawn = f"<br><sub>{len(rows):,} of {len(order):,} runs drawn</sub>" if step > 1 else ""
    figure.update_layout(title_text=_title(runs, metric) + drawn, margin={"l": 60, "t": 120}, height=480, title_y=0.94)
    return figure


def cells(runs: RunsView, metric: str, x: str, y: str) -> tuple[list[Any], list[Any], list[list[float | None]]]:
    """The places on both axes in order, and a row of figures for each place upward: medians where several runs meet."""
    direction(metric)
    columns = {"x": runs.frame[runs.column(x)], "y": runs.frame[runs.column(y)], "z": runs.frame[metric]}
    frame = pl.DataFrame(columns).with_columns(pl.col("z").cast(pl.Float64))
    found = {(a, b): z for a, b, z in frame.group_by("x", "y").agg(pl.col("z").median()).iter_rows()}
    across, up = _ordered(columns["x"]), _ordered(columns["y"])
    cells = [[found.get((a, b)) for a in across] for b in up]
    return [_place(a) for a in across], [_place(b) for b in up], cells


def _ordered(values: pl.Series) -> list[Any]:
    kept = values.unique(maintain_order=True)
    return (kept.sort() if kept.dtype.is_numeric() else kept).to_list()


def _place(value: object) -> object:
    """A value as plotly takes it: numbers stay numbers, all else is text."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def _axis(name: str, values: pl.Series) -> dict[str, Any]:
    if values.dtype.is_numeric():
        return {"label": name, "values": values.to_list()}
    known = values.unique(maintain_order=True).to_list()
    texts = [str(value) for value in known]
    places = [known.index(value) for value in values.to_list()]
    return {"label": name, "values": places, "tickvals": list(range(len(known))), "ticktext": texts}


def _colours(runs: RunsView, metric: str, *, surface: bool = False) -> dict[str, Any]:
    """Good is green and bad is red, apart at zero where the figure has both signs; else from pale to strong."""
    values = runs.frame[metric].drop_nulls()
    low, high = (values.min(), values.max()) if values.len() else (0, 0)
    unit = RANKED[metric].unit
    bar = {"title": {"text": RANKED[metric].label}, "tickformat": FORMATS[unit], "outlinewidth": 0}
    if low < 0 < high:  # type: ignore[operator]  # figures are numbers
        scale: Sequence[tuple[float, str]] = ((0.0, LOSS), (0.5, MIDDLE), (1.0, GAIN))
        return {"colorscale": scale, "cmid" if surface else "zmid": 0, "colorbar": bar}
    scale = ((0.0, MIDDLE), (1.0, ACCENT))
    return {"colorscale": scale, "reversescale": direction(metric) == "low", "colorbar": bar}


def _marked(runs: RunsView, metric: str) -> list[tuple[str, str, int]]:
    order = runs.order(metric)
    found = [("best", "star", order[0])] if order else []
    try:
        found.append(("robust", "circle", runs.robust_row(metric)))
    except UndefinedError:
        # Without neighbours there is no robust one to mark.
        return found
    return found


def _title(runs: RunsView, metric: str) -> str:
    order = runs.order(metric)
    best = written(metric, runs.frame[metric][order[0]]) if order else "-"
    head = f"{RANKED[metric].label} of {len(runs):,} runs of {runs.subject}, best {best}"
    try:
        return f"{head}<br><sub>{runs.deflated_sharpe()!r}</sub>"
    except UndefinedError:
        # No run has a Sharpe ratio, which the picture shows.
        return head


def _laid_out(figure: go.Figure, runs: RunsView, metric: str, x: str, y: str) -> go.Figure:
    finished(figure, _title(runs, metric), [])
    figure.update_layout(hovermode="closest", height=520, margin={"l": 64, "t": 96, "b": 56}, title_y=0.94)
    figure.update_layout(legend={"x": 0, "y": -0.12, "yanchor": "top"})
    figure.update_xaxes(title={"text": x}, showgrid=False)
    figure.update_yaxes(title={"text": y}, side="left", showgrid=False)
    return figure
