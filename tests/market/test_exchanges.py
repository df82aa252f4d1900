"""Tables of sessions, made for whole decades, are those of the years that were asked for."""

from __future__ import annotations

from datetime import date

import pytest
from polars.testing import assert_frame_equal

from workbench.errors import TimeError
from workbench.market.exchanges import span, table

YEARS = [
    pytest.param("XNYS", 2001, 2001, id="a closed week in it"),
    pytest.param("XNYS", 2009, 2010, id="over two decades"),
    pytest.param("XHKG", 2020, 2020, id="a break at noon, first of its decade"),
    pytest.param("XSHG", 1991, 1991, id="of a decade that is not all known"),
    pytest.param("24/5", 2019, 2019, id="last of its decade"),
]


@pytest.mark.parametrize(("name", "first", "last"), YEARS)
def test_years_of_a_table(name: str, first: int, last: int) -> None:
    assert_frame_equal(table(name, first, last), span(name, date(first, 1, 1), date(last, 12, 31)))


def test_years_that_are_not_known() -> None:
    for name, year in (("XSHG", 1990), ("XNYS", 1899)):
        with pytest.raises(TimeError, match=f"calendar {name} .*{year}"):
            table(name, year, year)
