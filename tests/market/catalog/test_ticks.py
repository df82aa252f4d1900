"""Trades and quotes: stored and read back as they were, replaced by time, cut by windows."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from workbench.errors import BarsError, ParameterError, TimeError, UnknownAssetError
from workbench.market.assets import Asset
from workbench.market.catalog import Catalog


def trades(seconds: list[int], prices: list[float], sizes: list[float]) -> pl.DataFrame:
    """Trades at seconds after ten o'clock."""
    return pl.DataFrame({"time": at(seconds), "price": prices, "size": sizes})


def at(seconds: list[int]) -> list[datetime]:
    return [datetime.fromisoformat(f"2024-01-02T10:00:{second:02}+00:00") for second in seconds]


FIRST = trades([1, 2, 2, 5, 9], [10.5, 10.25, 10.25, 11.0, 10.0], [3.0, 1.0, 1.0, 2.5, 1.0])


def seconds(frame: pl.DataFrame) -> list[int]:
    return frame["time"].dt.second().to_list()


def test_trades_come_back(catalog: Catalog) -> None:
    report = catalog.ingest_trades(FIRST, "X", source="a test")
    assert (report.new, report.kind, str(report)) == (5, "trades", "5 trades of X from a test: 5 new")
    found = catalog.trades("X")
    assert found.columns == ["asset", "time", "price", "size"]
    assert found.select("time", "price", "size").rows() == FIRST.rows()
    assert catalog.assets["X"].price_digits == 2
    assert catalog.verify()


def test_the_same_trades_change_nothing(catalog: Catalog) -> None:
    catalog.ingest_trades(FIRST, "X")
    report = catalog.ingest_trades(FIRST[1:4], "X")
    assert (report.new, report.replaced, report.unchanged) == (0, 0, 3)
    assert seconds(catalog.trades("X")) == [1, 2, 2, 5, 9]


PARTS = [
    ("in the middle", [2, 3, 5], (0, 3, 0), [1, 2, 3, 5, 9]),
    ("fewer than before", [2, 5], (0, 2, 0), [1, 2, 5, 9]),
    ("more than before", [8, 8, 9], (2, 1, 0), [1, 2, 2, 5, 8, 8, 9]),
    ("after all", [10], (1, 0, 0), [1, 2, 2, 5, 9, 10]),
    ("before all", [0], (1, 0, 0), [0, 1, 2, 2, 5, 9]),
    ("around all", [0, 59], (0, 2, 0), [0, 59]),
]


@pytest.mark.parametrize(("given", "counts", "expected"), [p[1:] for p in PARTS], ids=[p[0] for p in PARTS])
def test_what_comes_in_takes_the_place_of_its_time(
    catalog: Catalog, given: list[int], counts: tuple[int, int, int], expected: list[int]
) -> None:
    catalog.ingest_trades(FIRST, "X")
    report = catalog.ingest_trades(trades(given, [20.0] * len(given), [1.0] * len(given)), "X")
    assert (report.new, report.replaced, report.unchanged) == counts
    assert seconds(catalog.trades("X")) == expected
    assert catalog.verify()


WINDOWS = [
    ("from a time on", "2024-01-02T10:00:02Z", None, [2, 2, 5, 9]),
    ("before a time", None, "2024-01-02T10:00:05Z", [1, 2, 2]),
    ("a day", "2024-01-02", "2024-01-02", [1, 2, 2, 5, 9]),
    ("the day after", "2024-01-03", None, []),
]


@pytest.mark.parametrize(("start", "end", "expected"), [w[1:] for w in WINDOWS], ids=[w[0] for w in WINDOWS])
def test_windows(catalog: Catalog, start: str | None, end: str | None, expected: list[int]) -> None:
    catalog.ingest_trades(FIRST, "X")
    assert seconds(catalog.trades("X", start, end)) == expected


def test_quotes_with_a_side_missing(catalog: Catalog) -> None:
    rows = {
        "time": at([1, 2]),
        "bid": [10.0, None],
        "ask": [10.25, 10.5],
        "bid_size": [3.0, None],
        "ask_size": [0.0, 4.0],
    }
    catalog.ingest_quotes(pl.DataFrame(rows), "X")
    assert catalog.quotes("X").drop("asset").rows() == pl.DataFrame(rows).rows()


def test_usual_names_and_texts(catalog: Catalog) -> None:
    given = pl.DataFrame({"Timestamp": ["2024-01-02 10:00"], "PX": [1.5], "Qty": [2]})
    catalog.ingest_trades(given, "X", tz="UTC")
    assert catalog.trades("X").drop("asset").rows() == [(datetime.fromisoformat("2024-01-02T10:00+00:00"), 1.5, 2.0)]


def test_a_known_asset_keeps_its_digits(catalog: Catalog) -> None:
    catalog.ingest_trades(FIRST, "X", price_digits=2, currency="EUR")
    report = catalog.ingest_trades(trades([20], [10.126], [1.0]), "X")
    assert [notice.kind for notice in report.notices] == ["digits"]
    assert catalog.trades("X", "2024-01-02T10:00:20Z")["price"].to_list() == [10.13]
    with pytest.raises(ParameterError, match="knows it with currency='EUR'"):
        catalog.ingest_trades(FIRST, Asset("X", currency="USD"))
    with pytest.raises(ParameterError, match="knows it with currency='EUR'"):
        catalog.ingest_trades(FIRST, "X", currency="USD")


BAD = [
    ("no rows", FIRST.clear(), "has no trades"),
    ("no size", FIRST.drop("size"), "trades lack size; found time, price"),
    ("backwards", trades([2, 1], [1.0, 1.0], [1.0, 1.0]), r"row 1 of the trades .* comes before the row above it"),
    ("a price of 0", trades([1], [0.0], [1.0]), r"row 0 of the trades \(0.0\): price is no number that can be one"),
    ("no number", trades([1], [1.0], [1.0]).with_columns(price=pl.lit("x")), "price holds String"),
    ("null", trades([1, 2], [1.0, None], [1.0, 1.0]), r"row 1 of the trades \(None\)"),  # type: ignore[list-item]
    ("too small", trades([1], [1e-9], [1.0]), "price is 0 on 6 digits"),
]


@pytest.mark.parametrize(("frame", "message"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_trades_that_cannot_be(catalog: Catalog, frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(BarsError, match=message):
        catalog.ingest_trades(frame, "X")
    assert catalog.list() == []


def test_naive_times_and_unknown_assets(catalog: Catalog) -> None:
    naive = FIRST.with_columns(pl.col("time").dt.replace_time_zone(None))
    with pytest.raises(TimeError):
        catalog.ingest_trades(naive, "X")
    with pytest.raises(UnknownAssetError, match="has no trades of 'X'"):
        catalog.trades("X")
    catalog.ingest_trades(FIRST, "X")
    with pytest.raises(TimeError, match="the end lies before the start"):
        catalog.trades("X", "2024-01-03", "2024-01-02")
