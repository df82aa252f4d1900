"""What a report tells: counts, a table, pictures in text, HTML and plotly."""

from __future__ import annotations

import polars as pl

from workbench.market import catalog, simulate
from workbench.market.quality import inspect

from .made import asset, edited, frame

BAD = pl.concat([edited(frame(12), 3, close=9.9)[:6], edited(frame(12), 9, volume=0.0)[8:]])
REPORT = inspect(BAD, [asset()], "1m")


def test_counts_in_the_order_of_the_rules() -> None:
    assert REPORT.counts == {"ohlc": 1, "gap": 1, "zero_volume": 1}
    assert REPORT.severities == {"error": 1, "warning": 1, "note": 1}
    assert (len(REPORT), bool(REPORT), REPORT.ok) == (3, True, False)


def test_text() -> None:
    assert repr(REPORT).splitlines() == [
        "Quality of 10 x 1m of X: 1 error, 1 warning, 1 note",
        "rule         severity  findings  assets  first             what was found",
        "ohlc         error            1       1  2024-07-02 13:34  open or close outside low to high",
        "gap          warning          1       1  2024-07-02 13:39  bars that the calendar has and the asset lacks",
        "zero_volume  note             1       1  2024-07-02 13:40  a bar without trades",
    ]
    none = simulate.bars("X", n=10).validate()
    assert repr(none) == "Quality of 10 x 1m of X: nothing was found"
    assert (bool(none), none.ok, len(none)) == (True, True, 0)
    many = catalog.sample()[["AAPL", "MSFT"]].validate()
    assert many.headline == "Quality of 6,540 x 1d of 2 assets: 6 warnings"


def test_a_missing_time_has_no_first() -> None:
    lost = inspect(edited(frame(3), 1, time=None), [asset()], "1m")
    assert "missing  error            1       1  -  " in repr(lost)


def test_summary_says_what_mending_does() -> None:
    rows = REPORT.summary.select("rule", "findings", "fix").rows()
    assert rows == [("ohlc", 1, "high and low are widened to hold open and close"), ("gap", 1, None),
                    ("zero_volume", 1, None)]  # fmt: skip


def test_bundle_has_text_and_html() -> None:
    bundle = REPORT._repr_mimebundle_()
    assert bundle["text/plain"] == repr(REPORT)
    html = bundle["text/html"]
    assert html.count("<tr>") == 4
    assert html.count('<svg class="wb-strip"') == 3
    assert "high and low are widened" in html
    assert "left alone" in html
    assert "<script" not in html
    assert "nothing was found" in simulate.bars("X", n=10).validate()._repr_mimebundle_()["text/html"]
