"""The tearsheet: whole, escaped, without script, and saying what it leaves out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import pytest

from workbench.analytics.metrics import Metrics
from workbench.errors import StorageError
from workbench.market import simulate
from workbench.views.summary import run_html
from workbench.views.tearsheet import Tearsheet
from workbench.views.tearsheet.page import SECTIONS
from workbench.views.tearsheet.parts import RATIOS, Line, over_time

from ..made import MadeRun, made_run
from ..test_summary import check

if TYPE_CHECKING:
    from pathlib import Path


def page_of(run: MadeRun) -> str:
    return str(Tearsheet.of(run))


def shown_in_a_notebook(run: MadeRun) -> str:
    return Tearsheet.of(run)._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(
    "part",
    [
        "<h1>Cross</h1>",
        "3 orders were &lt;denied&gt;",
        "Max drawdown",
        'aria-label="Equity of Cross and of Buy and hold AAPL, dividends reinvested, no fees"',
        'aria-label="Drawdown of Cross"',
        "<h3>Profit by cause <small>USD, to the cent</small></h3>",
        '<td class="wb-down">-51.00</td>',
        ">nothing from fx<",
        "Monthly returns",
        "Deepest drawdowns",
        "Provenance",
        "<dt>final equity</dt><dd>2604602.885 USD</dd>",
        "<dt>fees</dt><dd>per_share(0.005)</dd>",
        "<dt>parameters</dt><dd>fast=20, slow=100</dd>",
        "<dt>assets</dt><dd>AAPL, IBM</dd>",
        "<dt>volume_cap</dt><dd>none</dd>",
    ],
)
def test_has(part: str, run: MadeRun) -> None:
    assert part in page_of(run)


def test_is_one_whole_page_that_fetches_nothing(run: MadeRun) -> None:
    page = page_of(run)
    check(page.removeprefix("<!DOCTYPE html>"))
    assert not re.findall(r"https?://|url\(|@import", page)
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page
    assert page == page_of(run)


def test_in_a_notebook_it_follows_the_theme_of_lab(run: MadeRun) -> None:
    shown = shown_in_a_notebook(run)
    check(shown)
    assert "var(--jp-ui-font-color1," in shown
    assert "<body" not in shown


def test_hostile_names_are_escaped(run: MadeRun) -> None:
    named = replace(run, name="<script>alert(1)</script>", provenance={"<b>": "<i>"}, currency="<u>")
    check(page_of(named))
    assert "<script>" not in page_of(named)


def test_a_cut_table_of_trades_says_so() -> None:
    run = made_run(simulate.bars("X", every="1d", n=1_000, seed=3), stride=3)
    page = page_of(run)
    assert f"The last 100 of {run.trades.height:,} trades, newest first; all of them: run.trades" in page
    trades = page.partition('data-part="trades"')[2].partition('data-part="exposure"')[0]
    assert trades.count('<td class="wb-text">X</td>') == 100


@pytest.mark.parametrize(
    ("n", "part"),
    [(1, "Fewer than two sessions"), (2, "No trade was made."), (40, "Monthly returns")],
    ids=["one session", "no trade", "a month"],
)
def test_short_runs(n: int, part: str) -> None:
    run = made_run(simulate.bars("X", every="1d", n=n, seed=3))
    empty = replace(run, fills=run.fills.clear(), trades=run.trades.clear())
    check(page_of(empty).removeprefix("<!DOCTYPE html>"))
    assert part in page_of(empty)


def test_monthly_returns_are_coloured_by_sign(run: MadeRun) -> None:
    page = page_of(run)
    assert re.search(r'<td class="wb-gained" style="--heat:62">\d', page)
    assert re.search(r'<td class="wb-lost" style="--heat:62">-\d', page)
    assert ">-0.0<" not in page


def test_saves_itself(run: MadeRun, tmp_path: Path) -> None:
    target = Tearsheet.of(run).to_html(tmp_path / "sheet.html")
    assert target.read_text("utf-8") == str(Tearsheet.of(run)) == page_of(run)


def test_says_why_it_cannot_be_saved(run: MadeRun, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot write .*: No such file or directory; name a file"):
        Tearsheet.of(run).to_html(tmp_path / "nowhere" / "sheet.html")


def test_shows_itself_in_a_notebook(run: MadeRun) -> None:
    bundle = Tearsheet.of(run)._repr_mimebundle_()
    assert bundle["text/plain"].startswith("! 3 orders")
    assert bundle["text/html"] == shown_in_a_notebook(run)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("simulation", None),
        ("paper", "Paper trading: live prices, simulated fills"),
        ("live", "LIVE: real orders, real money"),
    ],
)
def test_what_is_no_simulation_has_a_frame(run: MadeRun, mode: str, words: str | None) -> None:
    for shown in (
        page_of(replace(run, mode=mode)),
        shown_in_a_notebook(replace(run, mode=mode)),
        run_html(replace(run, mode=mode)),
    ):
        assert (f'<div class="wb wb-frame" data-mode="{mode}">' in shown) == (words is not None)
        assert words is None or words in shown
        check(shown.removeprefix("<!DOCTYPE html>"))


def test_every_section_can_be_chosen_without_script(run: MadeRun) -> None:
    page = page_of(run)
    names = [section.name for section in SECTIONS]
    assert re.findall(r'name="section" value="(\w+)"', page) == [*names, "all"]
    assert re.findall(r'<section class="wb-part" data-part="(\w+)"', page) == names
    assert all(f".wb-sheet:has(.wb-tabs [value={name}]:checked)" in page for name in names)
    assert "<script" not in page
    assert not re.findall(r"\son\w+=", page)


def test_keys_belong_to_what_is_in_focus(run: MadeRun) -> None:
    """JupyterLab lets go of a key only where the element in focus itself asks for it."""
    reached = re.findall(r'<(?:input|div class="wb-pan") [^<>]*>', page_of(run))
    assert len(reached) > 20
    assert [each for each in reached if 'data-lm-suppress-shortcuts="true"' not in each] == []


def test_no_two_charts_share_a_width(run: MadeRun) -> None:
    names = re.findall(r'name="zoom-(\w+)" value="1"', page_of(run))
    assert len(names) == len(set(names)) > 5


def test_whatever_has_a_figure_has_an_explanation(run: MadeRun) -> None:
    cells = page_of(run).split('<div class="wb-cell"')[1:]
    assert len(cells) > 25
    assert [
        cell[:40] for cell in cells if '<details class="wb-i"' not in cell or "<summary aria-label=" not in cell
    ] == []


def test_gaps_are_not_drawn_over() -> None:
    days = [date(2024, 1, day) for day in range(1, 6)]
    rows = pl.DataFrame({"session": days, "sharpe": [1.0, 2.0, None, 3.0, 4.0]})
    drawn = over_time([Line("Sharpe", rows, "sharpe")], "Sharpe", RATIOS, name="sharpe")
    assert drawn.count('class="wb-line wb-accent"') == 2
    nothing = over_time([Line("Sharpe", rows.filter(pl.lit(value=False)), "sharpe")], "Sharpe", RATIOS, name="sharpe")
    assert nothing == '<p class="wb-more">Sharpe: there is nothing to draw.</p>'


def test_ambiguous_fills_are_listed(run: MadeRun) -> None:
    doubtful = run.fills.with_columns(ambiguous=pl.lit(value=True))
    shown = page_of(replace(run, fills=doubtful))
    assert f"{doubtful.height:,} of {doubtful.height:,} fills" in shown
    assert f"The first 20 of {doubtful.height:,}; all of them: run.fills.filter(pl.col(&#x27;ambiguous&#x27;))" in shown


def test_an_undefined_exposure_has_its_reason(run: MadeRun) -> None:
    known = {name: value for name, value in run.metrics.items() if name != "exposure"}
    undefined = replace(run, metrics=Metrics(**known, reasons={"exposure": "of futures"}))
    assert '<p class="wb-more">Undefined: of futures.</p>' in page_of(undefined)
