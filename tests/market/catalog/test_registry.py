"""Assets in a database: what goes in comes out, under a number that stays."""

from __future__ import annotations

import pytest

from workbench.market.assets import Asset
from workbench.market.catalog.database import Database
from workbench.market.catalog.registry import load, put

KINDS = [
    Asset("AAPL", exchange="XNAS", calendar="XNYS", first="1980-12-12"),
    Asset("SPY", kind="etf", exchange="ARCX", min_notional="0.1", last="2024-01-02"),
    Asset("^GSPC", kind="index", exchange="XNYS"),
    Asset("ESM24", kind="future", root="ES", month="2024-06", expiry="2024-06-21", multiplier=50, price_step="0.25"),
    Asset("ES", kind="continuous", root="ES", roll="calendar", days=5, adjustment="ratio", multiplier=50),
    Asset(
        "AAPL C200", kind="option", underlying="AAPL", strike="200.5", right="call", expiry="2024-06-21", multiplier=100
    ),
    Asset("BTC/USDT", kind="crypto", price_digits=1, quantity_digits=8, quantity_step="0.00000002"),
    Asset("BTC/USDT:USDT", kind="perpetual", quantity_digits=3),
    Asset("EUR/USD", kind="fx", price_digits=5, calendar="24/5"),
]


@pytest.mark.parametrize("asset", KINDS, ids=[a.kind for a in KINDS])
def test_every_kind_comes_back_as_it_was(database: Database, asset: Asset) -> None:
    with database.writing() as connection:
        number = put(connection, asset)
    with database.reading() as connection:
        found = load(connection)[asset]
    assert found[0] == number
    assert repr(found[1]) == repr(asset)
    assert found[1].attributes() == asset.attributes()


def test_attributes_change_and_the_number_stays(database: Database) -> None:
    with database.writing() as connection:
        numbers = [put(connection, Asset(name)) for name in ("A", "B")]
        assert put(connection, Asset("A", exchange="XNYS", price_digits=4)) == numbers[0]
        assert put(connection, Asset("C")) not in numbers
        number, asset = load(connection, ["A"])["A"]
    assert (number, asset.exchange, asset.price_digits) == (numbers[0], "XNYS", 4)


def test_an_update_takes_away_what_is_no_longer_said(database: Database) -> None:
    with database.writing() as connection:
        put(connection, Asset("A", exchange="XNYS", first="2020-01-02"))
        put(connection, Asset("A"))
        asset = load(connection)["A"][1]
    assert (asset.exchange, asset.first) == (None, None)


def test_names_come_in_the_order_asked_and_unknown_ones_are_left_out(database: Database) -> None:
    with database.writing() as connection:
        for name in "ABC":
            put(connection, Asset(name))
        assert list(load(connection, ["C", "X", "A", "C"])) == ["C", "A"]
        assert list(load(connection)) == ["A", "B", "C"]
        assert load(connection, []) == {}


def test_more_names_than_one_query_takes(database: Database) -> None:
    names = [f"N{i}" for i in range(501)]
    with database.writing() as connection:
        for name in names:
            put(connection, Asset(name))
        assert list(load(connection, reversed(names))) == names[::-1]


def fail(database: Database) -> None:
    with database.writing() as connection:
        put(connection, Asset("A"))
        raise KeyError


def test_what_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(KeyError):
        fail(database)
    with database.reading() as connection:
        assert load(connection) == {}
