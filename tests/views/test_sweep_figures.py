"""Charts of a sweep: every cell where it belongs, medians where several runs meet, the best and the robust marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.errors import ParameterError
from workbench.market import simulate
from workbench.research.outcomes import OUTCOMES


class Three(wb.Strategy):
    """Has parameters of three kinds."""

    a: int = 1
    b: float = 1.0
    c: str = "x"

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None: ...


TEST = wb.Backtest(Three(), simulate.bars("X", every="1d", n=5))


def made_up(spaces: dict[str, Any], metric: str, values: list[float | None]) -> wb.Runs:
    """Runs with figures of our own."""
    frame = pl.DataFrame({n: values if n == metric else [None] * len(values) for n in OUTCOMES}, OUTCOMES, strict=False)
    frame = frame.with_columns(returns=100, skew=0.0, kurtosis=3.0)
    return wb.Runs(TEST.sweep(**spaces)._design, np.arange(len(values)), frame)


PLANE = made_up({"a": [3, 1, 2], "b": [0.5, 1.5]}, "sharpe", [1.0, -2.0, 3.0, 4.0, None, 6.0])


def test_cells_stand_in_the_order_of_their_values() -> None:
    trace = PLANE.heatmap("sharpe").data[0]
    assert list(trace.x) == [1, 2, 3]
    assert list(trace.y) == [0.5, 1.5]
    assert [list(row) for row in trace.z] == [[3.0, None, 1.0], [4.0, 6.0, -2.0]]
    turned = PLANE.heatmap("sharpe", x="b").data[0]
    assert [list(row) for row in turned.z] == [[3.0, 4.0], [None, 6.0], [1.0, -2.0]]


def test_the_best_is_marked_and_the_robust() -> None:
    best, robust = PLANE.heatmap("sharpe").data[1:]
    assert (best.name, best.x[0], best.y[0]) == ("best", 2, 1.5)
    # Around a=1, b=1.5: 3, 4, 6, and one unknown; around a=2, b=1.5: 1, -2, 3, 4, 6, and one unknown.
    assert (robust.name, robust.x[0], robust.y[0]) == ("robust", 1, 0.5)


def test_several_runs_in_a_cell_are_their_median() -> None:
    runs = made_up({"a": [1, 2], "b": [1, 2, 3], "c": ["x", "y"]}, "sharpe", [float(i * i) for i in range(12)])
    trace = runs.heatmap("sharpe", x="a", y="c").data[0]
    assert [list(row) for row in trace.z] == [[4.0, 64.0], [9.0, 81.0]]
    assert list(trace.y) == ["x", "y"]


def test_good_is_green_and_zero_is_between() -> None:
    assert PLANE.heatmap("sharpe").data[0].zmid == 0
    low = made_up({"a": [1, 2], "b": [1, 2]}, "volatility", [0.1, 0.2, 0.3, 0.4]).heatmap("volatility").data[0]
    assert low.reversescale
    assert low.zmid is None


@pytest.mark.parametrize("name", ["heatmap", "surface", "parallel"])
def test_every_title_says_what_luck_would_show(name: str) -> None:
    runs = wb.Backtest(Buy(), simulate.bars("X", every="1d", n=40)).sweep(a=[1, 2, 3], b=[0.5, 1]).run(workers=1)
    figure = getattr(runs, name)("sharpe")
    assert repr(runs.deflated_sharpe()) in figure.layout.title.text
    assert figure.to_json()


class Buy(Three):
    """Trades now and then."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, weight=self.b if len(ctx.bars()) % (self.a + 3) else 0)


def test_without_a_sharpe_ratio_there_is_no_line_about_luck() -> None:
    runs = made_up({"a": [1, 2], "b": [1, 2]}, "total_return", [0.1, 0.2, 0.3, 0.4])
    assert "luck" not in runs.heatmap("total_return").layout.title.text
    assert made_up({"c": ["x", "y"], "b": [1, 2]}, "sharpe", [None] * 4).heatmap("sharpe").data[0].z is not None


def test_a_surface_has_the_same_cells() -> None:
    trace = PLANE.surface("sharpe", x="b", y="a").data[0]
    assert (trace.type, list(trace.x), list(trace.y)) == ("surface", [0.5, 1.5], [1, 2, 3])
    assert trace.cmid == 0


def test_lines_have_an_axis_for_each_parameter_and_the_figure() -> None:
    runs = made_up({"a": [1, 2], "c": ["x", "y"]}, "sharpe", [1.0, None, 3.0, 2.0])
    trace = runs.parallel("sharpe").data[0]
    assert [axis.label for axis in trace.dimensions] == ["a", "c", "Sharpe"]
    assert list(trace.dimensions[0].values) == [2, 2, 1]
    assert list(trace.dimensions[1].ticktext) == ["x", "y"]
    assert list(trace.line.color) == [3.0, 2.0, 1.0]


def test_of_many_runs_only_some_are_drawn_and_that_is_said() -> None:
    runs = made_up({"a": range(5_000)}, "sharpe", [float(i) for i in range(5_000)])
    figure = runs.parallel("sharpe")
    assert len(figure.data[0].line.color) == 1_667
    assert "1,667 of 5,000 runs drawn" in figure.layout.title.text


def test_one_parameter_makes_no_plane() -> None:
    runs = made_up({"a": [1, 2]}, "sharpe", [1.0, 2.0])
    with pytest.raises(ParameterError, match="two parameters make a picture, and the runs differ by a"):
        runs.heatmap("sharpe")
