"""An audit as text and as HTML: verdict first, both tell the same, and nothing of the user's breaks out of the page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from workbench.research.audit import CUTS, FINDINGS, Audit

START = datetime(2024, 1, 1, 21, tzinfo=UTC)


def made(findings: int = 0, failed: int = 0, **changes: object) -> Audit:
    """An audit of ten cuts with so many findings and cuts that failed."""
    days = [START + timedelta(days=i) for i in range(10)]
    rows = [(START + timedelta(days=i % 10), "A&B", f"target weight 0.{i}", None, days[-1], 2) for i in range(findings)]
    cuts = [
        (day, "decision", int(i < findings), "raised X: <no>" if i < failed else None) for i, day in enumerate(days)
    ]
    about = Audit(
        name="Peek",
        findings=pl.DataFrame(rows, FINDINGS, orient="row"),
        cuts=pl.DataFrame(cuts, CUTS, orient="row"),
        decisions=200,
        checked=150,
        at_cut=8,
        data=(),
        not_checked=(),
        is_repeatable=True,
        seconds=1.25,
    )
    return replace(about, **changes)  # type: ignore[arg-type]  # names of the fields


SCOPE = "10 cuts in 1.2 s: 150 of 200 decisions (75%) at or before one, 8 in the very slice of one"
TEXTS: dict[str, tuple[Audit, list[str]]] = {
    "clean": (made(), ["Peek is clean: no decision changes when later data is taken away", SCOPE]),
    "incomplete": (
        made(failed=2, not_checked=("PRICES: bare numbers",), data=("F by 'time'", "G by 'date'")),
        [
            "No look-ahead found in Peek, but not all of it could be checked",
            SCOPE,
            "! 2 cuts left too little data to begin with (raised X: <no>)",
            "! not checked: PRICES: bare numbers",
            "cut beside the bars, each row taken as known at its time: F by 'time'; G by 'date'",
        ],
    ),
    "one": (
        made(1),
        [
            "Peek looks ahead: 1 decision changes when later data is taken away",
            SCOPE,
            "decided at        asset  with all data      with the data of then  found by the cut at  cuts",
            "2024-01-01 21:00  A&B    target weight 0.0  nothing                2024-01-10 21:00     2",
        ],
    ),
}


@pytest.mark.parametrize(("audit", "lines"), TEXTS.values(), ids=TEXTS)
def test_the_text_tells_everything(audit: Audit, lines: list[str]) -> None:
    assert repr(audit).splitlines() == lines


def test_many_findings_are_cut_short() -> None:
    lines = repr(made(12)).splitlines()
    assert lines[0] == "Peek looks ahead: 12 decisions change when later data is taken away"
    assert (len(lines), lines[-1]) == (2 + 1 + 8 + 1, "... and 4 more in audit.findings")


def test_long_orders_are_cut_short() -> None:
    audit = made(1)
    long = audit.findings.with_columns(full=pl.lit("buy 1 " + "x" * 99))
    assert f"{'buy 1 ' + 'x' * 51}...  nothing" in repr(replace(audit, findings=long))


def test_the_page_tells_the_same_and_lets_nothing_out() -> None:
    audit = made(12, failed=1, not_checked=("<script>: bare",), data=("F by 'time'",))
    bundle = audit._repr_mimebundle_()
    page = bundle["text/html"]
    assert bundle["text/plain"] == repr(audit)
    assert "<script>" not in page
    assert "A&amp;B" in page
    assert "&lt;no&gt;" in page
    assert '<p class="wb-title wb-down">Peek looks ahead' in page
    assert "... and 4 more in audit.findings" in page
    assert page.count('role="note"') == 2
    assert page.count("<svg") == 2
    assert re.findall(r'aria-label="([^"]*)"', page) == ["cuts", "that changed a decision"]


@pytest.mark.parametrize(("audit", "svgs"), [(made(), 1), (replace(made(), cuts=made().cuts.head(1)), 0)])
def test_where_it_was_cut_is_drawn(audit: Audit, svgs: int) -> None:
    page = audit._repr_mimebundle_()["text/html"]
    assert page.count("<svg") == svgs
    assert '<p class="wb-title wb-up">' in page
    assert "<table" not in page or svgs
