"""What a notebook shows of bars and runs."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from workbench.market import catalog, simulate
from workbench.views.summary import bars_html, run_html, run_text

if TYPE_CHECKING:
    from .made import MadeRun

VOID = {"br", "wbr", "meta", "hr", "img", "input", "link"}


class Balance(HTMLParser):
    """Counts the elements left open and the scripts and links met."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.refused: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [] if tag in VOID else [tag]
        self.refused += [tag] if tag in {"script", "link", "iframe", "img"} else []
        self.refused += [name for name, _ in attrs if name.startswith("on") or name in {"src", "href", "id"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(html: str) -> None:
    reader = Balance()
    reader.feed(html)
    assert not reader.open
    assert not reader.refused


def test_plain_text_begins_with_the_notices_and_is_aligned(run: MadeRun) -> None:
    lines = run_text(run).splitlines()
    assert lines[0] == "! 3 orders were <denied>: see run.orders"
    assert lines[1] == "Run of Cross on AAPL: 2001-01-02 to 2013-03-01, 3,058 sessions, 51 fills, 26 trades (1 open)"
    assert lines[2].startswith("100,000.00 USD became ")
    assert len({len(line) for line in lines[3:8]}) == 1
    assert lines[8].startswith("equity  ")


def test_one_is_not_said_like_many(run: MadeRun) -> None:
    fills, trades = run.fills.head(1), run.trades.head(1).with_columns(open=False)
    assert run_text(replace(run, fills=fills, trades=trades)).splitlines()[1].endswith("sessions, 1 fill, 1 trade")


def test_html_has_the_same_facts_escaped_and_begins_with_the_notices(run: MadeRun) -> None:
    shown = run_html(replace(run, name="<Cross>"))
    check(shown)
    assert shown.index("3 orders were &lt;denied&gt;") < shown.index("&lt;Cross&gt;")
    assert "<Cross>" not in shown
    assert f"{run.metrics.sharpe:.2f}" in shown
    assert shown == run_html(replace(run, name="<Cross>"))


def test_html_follows_the_theme_of_lab(run: MadeRun) -> None:
    assert "--wb-ink:var(--jp-ui-font-color1," in run_html(run)


def test_an_undefined_figure_shows_its_reason(run: MadeRun) -> None:
    metrics = replace(run.metrics, sharpe=None, reasons={"sharpe": "the returns do not vary"})
    assert "<dd>- <small>the returns do not vary</small></dd>" in run_html(replace(run, metrics=metrics))


def test_code_in_a_reason_goes_over_to_the_next_line_between_its_words(run: MadeRun) -> None:
    reasons = {"exposure": "2.5 (of 3); see ctx.position(asset).value"}
    shown = run_html(replace(run, metrics=replace(run.metrics, exposure=None, reasons=reasons)))
    assert "2.5 (of 3); see ctx<wbr>.position<wbr>(asset)<wbr>.value" in shown


@pytest.mark.parametrize(
    ("assets", "rows"), [(["AAPL"], 1), (["AAPL", "IBM", "MSFT", "GOOG", "FB"], 5)], ids=["one", "five"]
)
def test_bars_have_a_row_and_a_curve_for_each_asset(assets: list[str], rows: int) -> None:
    shown = bars_html(catalog.sample()[assets])
    check(shown)
    assert shown.count("<tr>") == rows + 1
    assert shown.count("<svg") == rows


def test_bars_of_nothing_and_of_dangerous_names() -> None:
    check(bars_html(simulate.bars("X", n=3).since("2100-01-01")))
    shown = bars_html(simulate.bars("<script>", n=3))
    check(shown)
    assert "SYNTHETIC" in shown
