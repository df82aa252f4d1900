"""What goes and what stays: history by age, files that nobody needs."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import ParameterError, StorageError, TimeError, UnsupportedError
from workbench.market import catalog as catalogs
from workbench.market import simulate
from workbench.market.bars import with_frame
from workbench.market.catalog import Catalog

SAMPLE = catalogs.sample()
PAIR = SAMPLE[["AAPL", "FB"]]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Catalog]:
    """Both in a first file, the last months of both in a second one, hours of one more."""
    made = Catalog(tmp_path)
    made.ingest(PAIR.until("2012-12-31"))
    made.ingest(PAIR.since("2013-01-01"))
    made.ingest(simulate.bars("X", "1h", n=240, start="2024-01-01", seed=1))
    yield made
    made.close()


def later(folder: Path, hours: float = 2) -> None:
    """As if what was retired had been so for hours."""
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        connection.execute("UPDATE retired SET at_us = at_us - ?", (round(hours * 3.6e9),))
        connection.commit()


@pytest.mark.parametrize(
    ("keep", "first"),
    [
        pytest.param("1y", {"AAPL": date(2012, 3, 1), "FB": date(2012, 5, 18)}, id="a year before each last session"),
        pytest.param("6mo", {"AAPL": date(2012, 8, 30), "FB": date(2012, 8, 30)}, id="183 days"),
        pytest.param("2w", {"AAPL": date(2013, 2, 15), "FB": date(2013, 2, 15)}, id="two weeks"),
        pytest.param("10d", {"AAPL": date(2013, 2, 19), "FB": date(2013, 2, 19)}, id="ten days"),
        pytest.param("2013-01-02", {"AAPL": date(2013, 1, 2), "FB": date(2013, 1, 2)}, id="a date between the files"),
        pytest.param(date(2012, 6, 1), {"AAPL": date(2012, 6, 1), "FB": date(2012, 6, 1)}, id="a date"),
        pytest.param("50y", {"AAPL": date(2000, 3, 1), "FB": date(2012, 5, 18)}, id="more than there is"),
    ],
)
def test_history_that_is_kept(held: Catalog, keep: Any, first: dict[str, date]) -> None:
    """The same as cutting in memory; hours of 2024 are ten days, so an age of ten keeps them all."""
    would = held.clean(keep=keep, dry_run=True)
    assert len(held["AAPL"]) == 3270
    did = held.clean(keep=keep)
    assert did.rows.equals(would.rows)
    for name, start in first.items():
        assert held[name].frame.equals(SAMPLE[name].since(start).frame)
    gone = {name: len(SAMPLE[name]) - len(SAMPLE[name].since(start)) for name, start in first.items()}
    assert dict(did.rows.filter(every="1d").select("asset", "rows").iter_rows()) == {n: k for n, k in gone.items() if k}
    assert held.verify()
    assert held.clean(keep=keep).rows.is_empty()


def test_a_cut_within_hours(held: Catalog) -> None:
    assert held.clean(keep="3d").rows.filter(asset="X").rows() == [("X", "bars", "1h", 6 * 24)]
    assert held.bars("X", every="1h").frame["session"].min() == date(2024, 1, 7)


def test_trades_go_by_days_in_utc(tmp_path: Path) -> None:
    times = pl.datetime_range(datetime(2024, 1, 1, 12), datetime(2024, 1, 4), "6h", time_zone="UTC", eager=True)  # noqa: DTZ001
    trades = pl.DataFrame({"time": times}).with_columns(price=pl.lit(10.5), size=pl.lit(1.0))
    catalog = Catalog(tmp_path)
    catalog.ingest_trades(trades, "X")
    assert catalog.clean(keep="2024-01-03").rows.rows() == [("X", "trades", "", 6)]
    assert catalog.trades("X")["time"].equals(times[6:])
    assert catalog.clean(keep="1d").rows.rows() == []
    assert catalog.verify()
    catalog.close()


NO_AGE = pytest.mark.parametrize(
    ("keep", "error"),
    [
        pytest.param(3, ParameterError, id="a number"),
        pytest.param("0d", TimeError, id="no age"),
        pytest.param("3x", TimeError, id="no unit of time"),
        pytest.param("two years", TimeError, id="words"),
        pytest.param("2024-01-01T00:00+00:00", ParameterError, id="a time"),
    ],
)


@NO_AGE
def test_what_cannot_be_kept(held: Catalog, keep: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        held.clean(keep=keep)
    assert len(held["AAPL"]) == 3270


@NO_AGE
def test_what_cannot_be_kept_of_nothing(catalog: Catalog, keep: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        catalog.clean(keep=keep)


def test_files_go_an_hour_after_their_last_row(held: Catalog, tmp_path: Path) -> None:
    before = held["AAPL"]
    held.clean(keep="2013-01-02")
    assert len(list((tmp_path / "bars").iterdir())) == 3
    assert before.frame.equals(SAMPLE["AAPL"].frame)
    later(tmp_path)
    unread = held["AAPL"]
    would = held.clean(dry_run=True)
    assert (len(would.files), would.bytes > 0, repr(would).startswith("Clean: 0 rows would go, 1 file of")) == (
        1,
        True,
        True,
    )
    assert held.clean().files == would.files
    assert len(list((tmp_path / "bars").iterdir())) == 2
    assert held.clean().files == ()
    assert len(unread.frame) == 41
    assert held.verify()


def test_bars_asked_for_before_their_file_went(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, cache_mb=0)
    catalog.ingest(SAMPLE["FB"])
    before = catalog["FB"]
    catalog.ingest(with_frame(SAMPLE["FB"], SAMPLE["FB"].frame.with_columns(pl.col("volume") + 1)))
    later(tmp_path)
    assert len(catalog.clean().files) == 1
    with pytest.raises(StorageError, match="cleaned away after the bars were asked for; ask for them again"):
        _ = before.frame
    assert len(catalog["FB"].frame) == 196
    catalog.close()


def test_what_a_killed_writer_left(held: Catalog, tmp_path: Path) -> None:
    stray = tmp_path / "bars" / "000009-0123456789abcdef.parquet"
    stray.write_bytes(b"half of a")
    os.utime(stray, (time.time() - 7200,) * 2)
    assert held.clean().files == (f"bars/{stray.name}",)
    assert not stray.exists()


def test_a_catalog_that_may_not_be_written() -> None:
    with pytest.raises(UnsupportedError, match="read-only"):
        SAMPLE.clean()
