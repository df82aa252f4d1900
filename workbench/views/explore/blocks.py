"""What an exploration sends to the browser: the bars once, and for every result what the strategy made of them.

The one idea: each block is stamped with the places of the controls that it belongs to, so that the page can never show
it as the result of others. What many bars show is thinned: as many rows as a screen has room for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.analytics.metrics import RANKED, written
from workbench.analytics.parting import slices_of
from workbench.indicators import Indicator, Outputs
from workbench.indicators.given import short
from workbench.views.closed import is_inside_days
from workbench.views.layers import COLOURS, Layer
from workbench.views.replay.packing import packed
from workbench.views.sweep_figures import cells

if TYPE_CHECKING:
    from workbench.views.drawn import Ground
    from workbench.views.explore.faces import ControlView, ExploreView, ResultView
    from workbench.views.run_view import RunView
    from workbench.views.sweep_view import RunsView

__all__ = ["FIGURES", "Block", "bars_block", "pins_block", "result_block"]

FIGURES: Final = (
    "final_equity",
    "total_return",
    "annual_return",
    "volatility",
    "sharpe",
    "max_drawdown",
    "win_rate",
    "profit_factor",
    "exposure",
    "fills",
)
METRIC: Final = "sharpe"
ROWS_MAX: Final = 4_000
MARKS_MAX: Final = 1_500
PRICES: Final = ("open", "high", "low", "close")


class Block:
    """Rows of slices as they are drawn: each, or of many each group of so many."""

    def __init__(self, run: RunView, ground: Ground) -> None:
        self.ground = ground
        self.times = run.equity.select("time", "session")
        self.each = -(-run.equity.height // ROWS_MAX)

    def is_of(self, run: RunView) -> bool:
        """Whether a run has the same slices."""
        return bool(run.equity["time"].equals(self.times["time"]))

    def beside(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows by time beside the slices, null where there are none."""
        return self.times.join(rows, on="time", how="left", maintain_order="left")

    def thinned(self, rows: pl.DataFrame, **kept: pl.Expr) -> pl.DataFrame:
        """A row for each group of slices: of every column what is said, else its last value."""
        if self.each == 1:
            return rows
        last = {name: pl.col(name).drop_nulls().last() for name in rows.columns}
        group = (pl.int_range(pl.len()) // self.each).alias("_group")
        return rows.group_by(group, maintain_order=True).agg(**{**last, **kept}).drop("_group")


def bars_block(explore: ExploreView, block: Block) -> bytes:
    """The bars of the drawn asset, a row for each group of slices; the controls, the figures and the heatmap."""
    bars = block.beside(block.ground.bars.frame.select("time", *PRICES))
    of = {name: pl.col(name).drop_nulls() for name in PRICES}
    kept = {"open": of["open"].first(), "high": of["high"].max(), "low": of["low"].min(), "close": of["close"].last()}
    rows = block.thinned(bars, **kept)
    seconds = rows["time"].dt.epoch("us") / 1_000_000
    columns = {"time": seconds, "session": rows["session"].cast(pl.Int32), **{name: rows[name] for name in PRICES}}
    columns |= {f"stops/{each.name}": _texts(each) for each in explore.controls}
    heat, squares = _heat(explore)
    return packed({**columns, **squares}, {**_about(explore, block), "heat": heat})


def _about(explore: ExploreView, block: Block) -> dict[str, Any]:
    run, bars = explore.shown.run, block.ground.bars
    return {
        "name": run.name,
        "asset": block.ground.name,
        "every": bars.every,
        "bars_a_row": block.each,
        "synthetic": bars.synthetic,
        "daily": not is_inside_days(bars.every),
        "currency": run.currency,
        "digits": bars.assets[0].price_digits,
        "controls": [{"name": each.name, "kind": each.kind} for each in explore.controls],
        "figures": [_figure(name) for name in FIGURES],
    }


def _figure(name: str) -> dict[str, Any]:
    figure = RANKED[name]
    return {"name": name, "label": figure.label, "unit": figure.unit, "better": figure.better, "says": figure.meaning}


def _texts(control: ControlView) -> pl.Series:
    return pl.Series(control.name, [_text(stop) for stop in control.stops], pl.String)


def _text(value: object) -> str:
    """A value as it is read on a page: text without quotation marks."""
    return value if isinstance(value, str) else short(value)


def _heat(explore: ExploreView) -> tuple[dict[str, Any] | None, dict[str, pl.Series]]:
    """The heatmap of a sweep: its axes, and for each square the places on both controls and the figure."""
    runs, names = explore.runs, [each.name for each in explore.controls]
    if runs is None or len(names) < 2:
        return None, {}
    x, y = names[-2], names[-1]
    controls = {each.name: each for each in explore.controls}
    squares = pl.DataFrame(list(_squares(runs, controls[x], controls[y])), ["x", "y", "z"], orient="row")
    known = squares["z"].drop_nulls()
    told = {"x": x, "y": y, "label": RANKED[METRIC].label, "runs": len(runs), "low": known.min(), "high": known.max()}
    return told, {f"heat/{name}": squares[name] for name in ("x", "y", "z")}


def _squares(runs: RunsView, x: ControlView, y: ControlView) -> Iterator[tuple[int, int, float | None]]:
    across, up, levels = cells(runs, METRIC, x.name, y.name)
    right, above = [x.place(value) for value in across], [y.place(value) for value in up]
    return ((a, b, z) for b, row in zip(above, levels, strict=True) for a, z in zip(right, row, strict=True))


def result_block(explore: ExploreView, result: ResultView, block: Block) -> bytes:
    """What came out of some parameters: indicators, fills, equity and drawdown, with the key figures."""
    found = block.ground.layers(_lines_of(result.run.watched))
    lines = [*_over(found.over), *_below(found.panes)]
    named = [line["column"] for line in lines]
    drawn = block.beside(found.rows.select("time", pl.col(named).cast(pl.Float64))).drop("time", "session")
    rows = block.thinned(_money(result.run), drawdown=pl.col("drawdown").min())
    marks = _marks(result.run, block)
    about = {**stamp(explore, result), "lines": lines, "marks": result.run.fills.height}
    columns = {**_named(rows, "money"), **_named(block.thinned(drawn), "lines"), **_named(marks, "fills")}
    return packed(columns, about, deflated=False)


def _lines_of(watched: Sequence[Indicator | Outputs]) -> list[Indicator | Outputs]:
    """What is drawn as a line; what a rule decided is seen by the fills."""
    return [each for each in watched if not (isinstance(each, Indicator) and each.is_rule)]


def stamp(explore: ExploreView, result: ResultView) -> dict[str, Any]:
    """What a result belongs to, its figures, and the cell that gives its run."""
    figures = _figures(result.run)
    return {
        "places": explore.places(result.params),
        "texts": {name: _text(value) for name, value in result.params.items()},
        "figures": figures,
        "written": {name: written(name, value) for name, value in figures.items()},
        "code": result.code,
    }


def _figures(run: RunView) -> dict[str, float | int | None]:
    counted = {"final_equity": float(run.final_equity), "fills": run.fills.height}
    return {name: counted[name] if name in counted else run.metrics[name] for name in FIGURES}


def _named(rows: pl.DataFrame, table: str) -> dict[str, pl.Series]:
    return {f"{table}/{column.name}": column for column in rows.get_columns()}


def _money(run: RunView) -> pl.DataFrame:
    equity = pl.col("equity")
    return run.equity.select("equity", drawdown=equity / equity.cum_max() - 1)


def _marks(run: RunView, block: Block) -> pl.DataFrame:
    """The fills of the drawn asset, each with its row; none where there are more than can be told apart."""
    fills = block.ground.fills(run)
    if fills.height > MARKS_MAX:
        fills = fills.clear()
    rows = (slices_of(fills, block.times["time"]) // block.each).alias("row")
    return fills.select(rows, "drawn", buys=pl.col("side") == "buy")


def _over(groups: Sequence[Sequence[Layer]]) -> Iterator[dict[str, Any]]:
    for group, colour in zip(groups, cycle(COLOURS), strict=False):
        yield from (_line(layer, "", colour) for layer in group)


def _below(panes: Mapping[str, Sequence[Layer]]) -> Iterator[dict[str, Any]]:
    for title, group in panes.items():
        yield from (_line(layer, title, colour) for layer, colour in zip(group, cycle(COLOURS), strict=False))


def _line(layer: Layer, pane: str, colour: str) -> dict[str, Any]:
    looks = {"steps": layer.in_steps, "bars": layer.as_bars, "colour": colour}
    return {"column": layer.column, "name": layer.name, "pane": pane, **looks}


def pins_block(explore: ExploreView, block: Block) -> bytes:
    """The equity of every pin, and its figures."""
    pins = explore.pins
    columns = {f"equity/{i}": block.thinned(_money(pin.run))["equity"] for i, pin in enumerate(pins)}
    return packed(columns, {"pins": [stamp(explore, pin) for pin in pins]})
