"""Which asset a name or symbol means, today and as of a date; histories are those of real changes of symbol."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from workbench.errors import ParameterError, TimeError, UnknownAssetError, WorkbenchError
from workbench.market.assets import Asset
from workbench.market.catalog import symbols
from workbench.market.catalog.assets import Assets
from workbench.market.catalog.database import Database


@pytest.fixture(scope="module")
def assets(filled: Database) -> Assets:
    """FB became META; FB is then borne by another asset. SAP trades on two exchanges. OLD was delisted."""
    told = Assets(filled)
    told.add(Asset("FB", exchange="XNAS", first="2012-05-18"), Asset("AAPL"), Asset("OLD", last="2015-06-30"))
    told.rename("FB", "META", on="2022-06-09")
    told.add(Asset("FB", kind="etf", exchange="BATS", first="2024-01-02"))
    told.add(Asset("SAP.XETR", exchange="XETR", first="1988-11-04", currency="EUR"), symbol="SAP")
    told.add(Asset("SAP.XNYS", exchange="XNYS", first="1995-09-18"), symbol="SAP")
    return told


@pytest.mark.parametrize(
    ("name", "as_of", "number"),
    [
        pytest.param("META", None, 1, id="its name today"),
        pytest.param("meta", None, 1, id="in other letters"),
        pytest.param("FB", None, 4, id="the name of another by now"),
        pytest.param("FB", "2013-05-01", 1, id="what was FB then"),
        pytest.param("fb", "2013-05-01", 1, id="what was FB then, in other letters"),
        pytest.param("FB", date(2012, 5, 18), 1, id="its first day"),
        pytest.param("FB", "2022-06-08", 1, id="its last day as FB"),
        pytest.param("META", "2022-06-09", 1, id="its first day as META"),
        pytest.param("FB", "2024-01-02", 4, id="the first day of the next FB"),
        pytest.param("FB", datetime(2024, 1, 2, 23, tzinfo=UTC), 4, id="at a time"),
        pytest.param("OLD", None, 3, id="delisted, by name"),
        pytest.param("OLD", "2015-06-30", 3, id="its last day"),
        pytest.param("AAPL", "1900-01-01", 2, id="no dates are known"),
        pytest.param("SAP.XETR", "2020-01-02", 5, id="a name that was never a symbol"),
        pytest.param("SAP", "1990-01-02", 5, id="listed on one exchange only then"),
    ],
)
def test_find(assets: Assets, name: str, as_of: Any, number: int) -> None:
    assert assets.id(name, as_of) == number
    assert assets.find(name, as_of) == ["", "META", "AAPL", "OLD", "FB", "SAP.XETR", "SAP.XNYS"][number]


@pytest.mark.parametrize(
    ("name", "as_of", "error", "message"),
    [
        pytest.param("AAPPL", None, UnknownAssetError, "no asset 'AAPPL'; did you mean 'AAPL'", id="near"),
        pytest.param("zzzz", None, UnknownAssetError, "no asset 'zzzz' among the 6 here", id="far"),
        pytest.param("zzzz", "2020-01-02", UnknownAssetError, "no asset 'zzzz' among the 6 here", id="far, then"),
        pytest.param(
            "SAP", None, ParameterError,
            r"'SAP' may be 'SAP.XETR' \(equity on XETR, 'SAP' from 1988-11-04 to today\) or "
            r"'SAP.XNYS' \(equity on XNYS, 'SAP' from 1995-09-18 to today\); write the name",
            id="on two exchanges",
        ),
        pytest.param("SAP", "2020-01-02", ParameterError, "may be 'SAP.XETR'", id="on two exchanges then"),
        pytest.param(
            "META", "2013-05-01", UnknownAssetError,
            r"no asset bore 'META' on 2013-05-01; it was borne by 'META' \(equity on XNAS, 'META' from 2022-06-09",
            id="not yet META",
        ),
        pytest.param("FB", "2023-01-01", UnknownAssetError, "no asset bore 'FB' on 2023-01-01", id="between two"),
        pytest.param("FB", "1 May", TimeError, "as_of='1 May'", id="no date"),
        pytest.param(3, None, ParameterError, "3 is no asset's name", id="a number"),
    ],
)  # fmt: skip
def test_refusals(assets: Assets, name: Any, as_of: Any, error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=message):
        assets.find(name, as_of)


def test_a_symbol_of_the_past_is_found_with_a_notice(database: Database) -> None:
    assets = Assets(database)
    assets.add(Asset("FB"))
    assets.rename("FB", "META", on="2022-06-09")
    with database.reading() as connection:
        found = symbols.find(connection, "fb")
        assert symbols.find(connection, "META").notice is None
    assert (found.id, found.asset) == (1, "META")
    assert str(found.notice) == "'fb' was borne until 2022-06-08 by what is 'META' today: write 'META'"


def test_a_symbol_of_several_in_the_past_is_not_guessed(database: Database) -> None:
    assets = Assets(database)
    for year, name in ((2001, "ONE"), (2011, "TWO")):
        assets.add(Asset("X", first=f"{year}-01-01"))
        assets.rename("X", name, on=f"{year + 5}-01-01")
    with pytest.raises(ParameterError, match=r"'X' may be 'ONE' .*, 'X' from 2001-01-01 to 2005-12-31.* or 'TWO'"):
        assets.find("X")
    assert assets.find("X", as_of="2012-01-01") == "TWO"


def test_a_symbol_that_is_free_begins_after_its_last_bearer(database: Database) -> None:
    assets = Assets(database)
    assets.add(Asset("FB"))
    assets.rename("FB", "META", on="2022-06-09")
    assets.add(Asset("FB"))
    assert assets.symbols("FB").rows() == [("FB", date(2022, 6, 9), None)]
    assert (assets.id("FB", "2022-06-08"), assets.id("FB", "2022-06-09")) == (1, 2)


# Each way of telling ends in the same history.
TOLD: dict[str, list[Callable[[Assets], object]]] = {
    "as it happened": [
        lambda a: a.add(Asset("ONE")),
        lambda a: a.rename("ONE", "TWO", on="2005-01-01"),
        lambda a: a.rename("TWO", "THREE", on="2010-01-04"),
    ],
    "twice": [
        lambda a: a.add(Asset("ONE")),
        lambda a: a.rename("ONE", "TWO", on="2005-01-01"),
        lambda a: a.rename("ONE", "TWO", on="2005-01-01"),
        lambda a: a.rename("TWO", "THREE", on="2010-01-04"),
        lambda a: a.rename("ONE", "TWO", on="2005-01-01"),
    ],
    "afterwards": [
        lambda a: a.add(Asset("THREE")),
        lambda a: a.rename("TWO", "THREE", on="2010-01-04"),
        lambda a: a.rename("ONE", "TWO", on=date(2005, 1, 1)),
    ],
    "with a slip put right": [
        lambda a: a.add(Asset("ONE")),
        lambda a: a.rename("ONE", "TOW", on="2005-01-01"),
        lambda a: a.rename("TOW", "TWO", on="2005-01-01"),
        lambda a: a.rename("TWO", "THREE", on="2010-01-04"),
    ],
}


@pytest.mark.parametrize("steps", TOLD.values(), ids=TOLD)
def test_rename(database: Database, steps: list[Callable[[Assets], object]]) -> None:
    assets = Assets(database)
    for step in steps:
        step(assets)
    assert assets.list() == ["THREE"]
    assert assets.symbols("THREE").rows() == [
        ("ONE", None, date(2004, 12, 31)),
        ("TWO", date(2005, 1, 1), date(2010, 1, 3)),
        ("THREE", date(2010, 1, 4), None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "on", "error", "message"),
    [
        pytest.param("AAPL", "META", "2024-01-02", ParameterError, "are two assets", id="both are there"),
        pytest.param("APL", "GOOG", "2024-01-02", UnknownAssetError, "did you mean 'AAPL'", id="neither is there"),
        pytest.param("META", "MVRS", "2020-01-02", ParameterError, "bears 'META' from 2022-06-09", id="before"),
        pytest.param("OLD", "NEW", "2016-01-04", ParameterError, "bears 'OLD' .* to 2015-06-30", id="after its end"),
        pytest.param("X", "META", "2022-06-09", ParameterError, "a date after the first of 'META'", id="differs"),
        pytest.param("X", "META", "2013-01-02", ParameterError, "it bore 'FB' from", id="inside an older symbol"),
        pytest.param("META", "MVRS", "soon", TimeError, "on='soon'", id="no date"),
    ],
)
def test_what_cannot_be_told_changes_nothing(
    assets: Assets, old: str, new: str, on: str, error: type[WorkbenchError], message: str
) -> None:
    before = assets.frame(), assets.symbols("META")
    with pytest.raises(error, match=message):
        assets.rename(old, new, on=on)
    assert assets.frame().equals(before[0])
    assert assets.symbols("META").equals(before[1])


def test_options_follow_their_underlying(database: Database) -> None:
    assets = Assets(database)
    call = Asset("C", kind="option", underlying="FB", strike=300, right="call", expiry="2024-01-19", multiplier=100)
    assets.add(Asset("FB"), call)
    assets.rename("FB", "META", on="2022-06-09")
    assert assets.find("C").underlying == "META"
    assert assets.options("META")["asset"].to_list() == ["C"]
    assert assets.options("fb")["asset"].to_list() == ["C"]


def test_first_and_last_dates_bound_the_symbols(database: Database) -> None:
    assets = Assets(database)
    assets.add(Asset("FB"))
    assets.rename("FB", "META", on="2022-06-09")
    assets.add(Asset("META", first="2012-05-18", last="2030-12-31"))
    assert assets.symbols("META").rows() == [
        ("FB", date(2012, 5, 18), date(2022, 6, 8)),
        ("META", date(2022, 6, 9), date(2030, 12, 31)),
    ]


def test_names_that_differ_in_letters_only_are_not_guessed(database: Database) -> None:
    assets = Assets(database)
    assets.add(Asset("Meta"), Asset("META"))
    assert (assets.find("Meta"), assets.find("META")) == ("Meta", "META")
    with pytest.raises(ParameterError, match="'meta' may be 'META' or 'Meta'; write it exactly"):
        assets.find("meta")
