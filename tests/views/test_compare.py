"""What a comparison shows: the runs' own numbers side by side, better and worse by direction, always the same."""

from __future__ import annotations

import re

import pytest

import workbench as wb
from workbench.analytics.metrics import FIGURES, written
from workbench.research.compare import Comparison


class Timed(wb.Strategy):
    """Is in the market every `stride` sessions of two strides."""

    stride: int = 30

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        self.n = getattr(self, "n", -1) + 1
        ctx.target(bar.asset, weight=0.9 if self.n // self.stride % 2 else 0)


@pytest.fixture(scope="module")
def shown() -> Comparison:
    test = wb.Backtest(Timed(), wb.sample["IBM"].between("2008-01-01", "2009-06-01"), fees=wb.fees.bps(5))
    return wb.compare(test.run(), test.with_params(stride=45).run())


def test_the_text_has_the_figures_of_both(shown: Comparison) -> None:
    lines = repr(shown).splitlines()
    assert lines[0] == "Timed: stride 30 against 45"
    assert lines[1].split() == ["stride", "30", "stride", "45", "difference"]
    for name, figure in FIGURES.items():
        [line] = [line for line in lines if line.startswith(f"{figure.label} ")]
        for run in shown.runs.values():
            assert written(name, run.metrics[name]) in line
    assert re.fullmatch(r"\d+ bars with other fills, the first on 2008-\d\d-\d\d", lines[-1])


def test_the_page_has_the_figures_of_both(shown: Comparison) -> None:
    page = shown._repr_mimebundle_()["text/html"]
    for name in FIGURES:
        for run in shown.runs.values():
            assert f"<td>{written(name, run.metrics[name])}</td>" in page
    assert page.count("<svg") == 3
    assert page == shown._repr_mimebundle_()["text/html"]
    sections = re.findall(r"<h2>([^<]*)", page)
    assert [title.strip() for title in sections] == [
        "What differs",
        "Key figures",
        "Equity",
        "Drawdown",
        "Monthly returns",
        "Profit by cause",
        "Fills that differ",
    ]


def test_a_difference_is_green_where_it_is_better(shown: Comparison) -> None:
    page = shown._repr_mimebundle_()["text/html"]
    for row in shown.frame.iter_rows(named=True):
        apart, better = row["stride 45 - stride 30"], row["better"]
        label = {"final_equity": "Final equity", "fills": "Fills", "denied": "Denied orders"} | {
            name: figure.label for name, figure in FIGURES.items()
        }
        [last] = re.findall(rf">{label[row['figure']]}</th>.*?<td([^>]*)>[^<]*</td></tr>", page)
        good = better and apart and (apart > 0) == (better == "high")
        bad = better and apart and not good
        tones = re.findall(r"wb-up|wb-down", last.split("<td")[-1])
        assert tones == (["wb-up"] if good else ["wb-down"] if bad else []), row["figure"]


def test_runs_that_are_the_same_say_so() -> None:
    test = wb.Backtest(Timed(), wb.sample["IBM"].between("2008-01-01", "2008-04-01"))
    same = wb.compare(a=test.run(), b=test.run())
    assert repr(same).endswith("every fill is the same")
    page = same._repr_mimebundle_()["text/html"]
    assert "Nothing: all options, the bars and the code are the same." in page
    assert "wb-up" not in page.partition("</style>")[2]


def test_a_run_of_one_session_has_no_curve() -> None:
    test = wb.Backtest(Timed(), wb.sample["IBM"].between("2008-01-02", "2008-01-02"))
    page = wb.compare(a=test.run(), b=test.run())._repr_mimebundle_()["text/html"]
    assert "Fewer than two sessions" in page


def test_three_runs_have_a_difference_each(shown: Comparison) -> None:
    first, other = shown.runs.values()
    three = wb.compare(a=first, b=other, c=first)
    assert three.frame.columns[3:] == ["a", "b", "c", "b - a", "c - a"]
    page = three._repr_mimebundle_()["text/html"]
    assert re.findall(r"Monthly returns <small>([^,]*),", page) == ["b less a", "c less a"]
    assert "wb-line wb-muted" in page
