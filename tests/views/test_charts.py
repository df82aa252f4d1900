"""Labels of the time axis."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from workbench.views.charts import chart, curve, day_ticks


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        ("2024-01-02", "2024-01-02", ["01-02"]),
        ("2024-01-02", "2024-01-20", ["01-02", "01-05", "01-08", "01-11", "01-14", "01-17", "01-20"]),
        ("2024-01-02", "2024-06-10", ["2024-02", "2024-03", "2024-04", "2024-05", "2024-06"]),
        ("2023-11-15", "2024-11-15", ["2024", "2024-03", "2024-05", "2024-07", "2024-09", "2024-11"]),
        ("2001-01-02", "2013-03-01", ["2002", "2004", "2006", "2008", "2010", "2012"]),
        ("1900-01-01", "2024-01-01", ["1920", "1940", "1960", "1980", "2000", "2020"]),
    ],
    ids=["one day", "days", "months", "every other month", "years", "decades"],
)
def test_day_ticks(first: str, last: str, wanted: list[str]) -> None:
    assert [text for _, text in day_ticks(date.fromisoformat(first), date.fromisoformat(last))] == wanted


def test_a_chart_escapes_what_it_is_told() -> None:
    days = [date(2024, 1, 1) + timedelta(i) for i in range(3)]
    drawn = chart([curve("<i>", days, [1.0, 2.0, 3.0])], "<script>", lambda level: f"<{level}>")
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn
    assert "&lt;2.0&gt;" in drawn
