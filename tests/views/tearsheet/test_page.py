"""The tearsheet: whole, escaped, without script, and saying what it leaves out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from workbench.errors import StorageError
from workbench.market import simulate
from workbench.views.tearsheet import Tearsheet

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
