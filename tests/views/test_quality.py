"""Pictures of data quality: a strip of time for each rule, and a figure."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from workbench.market import catalog, simulate
from workbench.market.bars import with_frame
from workbench.views.quality import quality_figure, quality_html
from workbench.views.svg import strip


def test_a_strip_marks_what_is_not_empty() -> None:
    drawn = strip([0, 4, 0, 1], "loss", width=40, height=10, label="a < b")
    assert drawn.count('class="wb-area wb-loss"') == 2
    assert 'x="10.0" y="1" width="10.0" height="8" fill="#c2412d" fill-opacity="1.00"' in drawn
    assert 'x="30.0" y="1" width="10.0" height="8" fill="#c2412d" fill-opacity="0.59"' in drawn
    assert "a &lt; b" in drawn
    assert strip([], "muted").count("<rect") == 1


def test_findings_lie_where_their_time_is() -> None:
    """Of 120 minutes the gap is told at the 61st, in the second half: the bucket that begins at 240 / 2."""
    bars = simulate.bars("X", n=121)
    html = quality_html(with_frame(bars, bars.frame.filter(pl.int_range(pl.len()) != 60)).validate())
    assert html.count('class="wb-area wb-warn"') == 1
    assert 'class="wb-area wb-warn" x="122.0"' in html


def test_a_figure_has_a_line_for_each_rule() -> None:
    """Without the day on which AAPL lost half, the next one looks like a split."""
    report = catalog.sample()["AAPL"].clean(outlier="drop").validate()
    figure = quality_figure(report)
    assert [(trace.name, list(trace.y)) for trace in figure.data] == [("split", ["split"]), ("gap", ["gap"])]
    assert figure.layout.title.text == "Quality of 3,269 x 1d of AAPL: 2 warnings"
    assert figure.data[1].customdata[0][3] == "no 1d bar missing before it"
    assert report.plot().to_dict() == figure.to_dict()


def test_very_many_findings_are_thinned() -> None:
    bars = simulate.bars("X", n=9_001)
    figure = with_frame(bars, bars.frame.gather_every(2)).validate().plot()
    assert len(figure.data[0].x) == 1_500
    assert figure.data[0].x[1] - figure.data[0].x[0] == timedelta(minutes=6)


def test_nothing_found_draws_nothing() -> None:
    assert len(simulate.bars("X", n=5).validate().plot().data) == 0
    bars = simulate.bars("X", n=5)
    assert len(with_frame(bars, bars.frame.clear()).validate().plot().data) == 0


def test_a_comparison_is_a_table() -> None:
    bars = simulate.bars("X", n=5)
    html = bars.compare(with_frame(bars, bars.frame[1:]))._repr_mimebundle_()["text/html"]
    assert "Comparison of 4 bars of 1 asset: 1 missing_there" in html
    assert html.count("<tr>") == 2
