"""Zipline's bundles, written as Zipline does and read back; the reference reads the tables with bcolz alone."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import hand_made_bundle
import polars as pl
import pytest
from hand_made_bundle import OPENS, SESSIONS, prices

from workbench.errors import ParameterError, StorageError, UnknownAssetError, UnsupportedError
from workbench.market.adapters.bcolz import Bcolz
from workbench.market.bars import Bars

bcolz = pytest.importorskip("bcolz", reason="bcolz-zipline has no wheel for this Python")

FIRST, LAST = SESSIONS[0], SESSIONS[-1]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hand_made_bundle.example(tmp_path_factory.mktemp("bundle"))


def test_the_newest_ingest_is_read(bundle: Path) -> None:
    assert Bcolz(bundle).describe()["path"] == str(bundle / "2024-01-02T03;04;05.678901")
    assert Bcolz(bundle / "2023-01-02T03;04;05.678901").assets() == ["3", "11", "12"]


def test_daily_bars_are_those_of_the_table(bundle: Path) -> None:
    folder = bundle / "2024-01-02T03;04;05.678901"
    table = bcolz.open(str(folder / "daily_equities.bcolz"), mode="r")
    for name, sid in {"META": 3, "Q": 12, "Q#11": 11}.items():
        rows = [i for i in range(len(table)) if table["id"][i] == sid and table["close"][i] > 0]
        wanted = [
            (
                datetime.fromtimestamp(int(table["day"][i]), UTC).date(),
                *(int(table[c][i]) / 1000 for c in ("open", "high", "low", "close")),
                float(table["volume"][i]),
            )
            for i in rows
        ]
        assert Bcolz(bundle).fetch(name).rows() == wanted
        assert wanted


def test_a_day_without_trade_has_no_bar(bundle: Path) -> None:
    days = Bcolz(bundle).fetch("META")["date"]
    assert date(2012, 5, 21) in days
    assert date(2012, 5, 22) not in days


def test_a_price_that_zipline_could_not_keep_is_told(tmp_path: Path) -> None:
    """A high above 4,294,967.295 was stored as 0."""
    frame = prices(SESSIONS[:3], 4_000_000).with_columns(high=pl.Series([4_100_000.0, 0.0, 4_100_000.0]))
    hand_made_bundle.write_daily(tmp_path / "daily_equities.bcolz", {5: frame}, SESSIONS)
    assert Bcolz(tmp_path).fetch("5")["date"].to_list() == [SESSIONS[0], SESSIONS[2]]
    (told,) = Bcolz(tmp_path).notices("5")
    assert told.text == "5: 1 bars lack one of their prices and were left out"


def test_minutes_lie_where_zipline_counts_them(bundle: Path) -> None:
    """The last minute of a full day, and the last of the half day before the 4th of July."""
    frame = Bcolz(bundle).fetch("META", every="1m")
    assert frame["open_time"].to_list() == [
        datetime(2012, 5, 18, 13, 30, tzinfo=UTC),
        datetime(2012, 5, 18, 19, 59, tzinfo=UTC),
        datetime(2012, 7, 3, 16, 59, tzinfo=UTC),
    ]
    assert frame["open"].to_list() == [38.1234] * 3  # by its own ratio of 10,000
    assert Bcolz(bundle).fetch("CLN12")["open"].to_list() == [38.123] * 3
    bars = Bars.from_frame(frame, "META", calendar="XNYS", every="1m")
    assert bars.frame["session"].to_list() == [FIRST, FIRST, date(2012, 7, 3)]


def test_what_lies_after_an_early_close_is_left_out(tmp_path: Path) -> None:
    at = [datetime(2012, 7, 3, 16, 59, tzinfo=UTC), datetime(2012, 7, 3, 17, 0, tzinfo=UTC)]
    rows = [(t, 1.0, 1.0, 1.0, 1.0, 1) for t in at]
    minutes = pl.DataFrame(rows, schema=["open_time", "open", "high", "low", "close", "volume"], orient="row")
    hand_made_bundle.write_minutes(tmp_path / "minute_equities.bcolz", {1: minutes}, OPENS, {})
    assert Bcolz(tmp_path).fetch("1")["open_time"].to_list() == at[:1]
    assert Bcolz(tmp_path, calendar="24/7").fetch("1").height == 2


def test_actions(bundle: Path) -> None:
    """A ratio of 1/7 is seven new for one old, 2.0 one new for two old; amounts and pay dates are as declared."""
    actions = Bcolz(bundle).actions("META")
    assert actions.select(pl.exclude("known", "other")).rows() == [
        ("META", date(2012, 6, 1), "dividend", None, None, Decimal("0.265"), date(2012, 6, 15)),
        ("META", date(2012, 6, 5), "split", 7, 1, None, None),
        ("META", date(2012, 6, 6), "split", 1, 2, None, None),
    ]
    assert Bcolz(bundle).actions("Q").is_empty()
    assert "1 mergers and 1 dividends in stock were left out" in Bcolz(bundle).notices("META")[0].text
    assert Bcolz(bundle).notices("Q") == ()


def test_what_is_known_of_the_assets(bundle: Path) -> None:
    source = Bcolz(bundle)
    assert source.assets() == ["META", "Q#11", "Q", "CLN12"]
    meta = source.listing("META")
    assert meta.symbols == (("FB", FIRST, date(2012, 6, 8)), ("META", date(2012, 6, 9), LAST))
    assert (meta.exchange, meta.country, meta.first, meta.last) == ("NASDAQ GLOBAL SELECT", "US", FIRST, LAST)
    later = source.listing("Q")
    assert (later.exchange, later.last) == ("ELSEWHERE", None)
    future = source.listing("CLN12")
    assert (future.kind, future.root, future.multiplier, future.tick_size) == ("future", "CL", 1000.0, 0.01)
    assert (future.expiry, future.notice) == (date(2012, 6, 20), date(2012, 6, 22))


def test_who_has_bars_of_which_length(bundle: Path) -> None:
    source = Bcolz(bundle)
    assert (source.holding("1d"), source.holding("1m")) == (["META", "Q#11", "Q"], ["META", "CLN12"])
    assert source.holding("1h") == []
    assert (source.calendar_name, Bcolz(bundle, "24/7").calendar_name) == ("XNYS", "24/7")


def test_a_change_in_place_shows(bundle: Path) -> None:
    source = Bcolz(bundle)
    before = source.state()
    assert Bcolz(bundle).state() == before
    path = bundle / "2024-01-02T03;04;05.678901" / "adjustments.sqlite"
    os.utime(path, ns=(0, 0))
    assert source.state() != before


def test_a_bundle_that_does_not_say_its_calendar(tmp_path: Path) -> None:
    hand_made_bundle.write_daily(tmp_path / "daily_equities.bcolz", {5: prices(SESSIONS, 1)}, SESSIONS)
    attrs = tmp_path / "daily_equities.bcolz" / "__attrs__"
    attrs.write_text(json.dumps({k: v for k, v in json.loads(attrs.read_text()).items() if k != "calendar_name"}))
    assert Bcolz(tmp_path, "XNYS").calendar_name == "XNYS"
    with pytest.raises(ParameterError, match="does not say its calendar; give it: calendar='XNYS'"):
        _ = Bcolz(tmp_path).calendar_name


def test_lengths_and_names(bundle: Path) -> None:
    with pytest.raises(UnsupportedError, match="no such bars of Q"):
        Bcolz(bundle).fetch("Q", every="1m")
    with pytest.raises(ParameterError, match="every='1 day'"):
        Bcolz(bundle).fetch("Q", every="1 day")
    with pytest.raises(UnknownAssetError, match="no asset 'FB'"):
        Bcolz(bundle).fetch("FB")


def test_without_databases(tmp_path: Path) -> None:
    hand_made_bundle.write_daily(tmp_path / "daily_equities.bcolz", {5: prices(SESSIONS, 1)}, SESSIONS)
    source = Bcolz(tmp_path)
    assert source.assets() == ["5"]
    assert source.actions("5").is_empty()
    assert source.notices("5") == ()


def test_a_database_of_a_few_tables(tmp_path: Path) -> None:
    hand_made_bundle.write_daily(tmp_path / "daily_equities.bcolz", {5: prices(SESSIONS, 1)}, SESSIONS)
    for name in ("adjustments.sqlite", "assets-6.sqlite"):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            database.execute("CREATE TABLE other (a TEXT)")
    assert Bcolz(tmp_path).assets() == ["5"]
    assert Bcolz(tmp_path).actions("5").is_empty()


def test_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"neither daily_equities\.bcolz nor"):
        Bcolz(tmp_path)
    with pytest.raises(ParameterError, match="path=7"):
        Bcolz(7)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="calendar='NYX'"):
        Bcolz(tmp_path, calendar="NYX")


def test_torn_files(tmp_path: Path) -> None:
    (tmp_path / "daily_equities.bcolz").mkdir()
    with pytest.raises(StorageError, match="no readable bcolz table"):
        Bcolz(tmp_path).assets()
    hand_made_bundle.write_daily(tmp_path / "daily_equities.bcolz", {5: prices(SESSIONS, 1)}, SESSIONS)
    (tmp_path / "assets-8.sqlite").write_text("no database")
    with pytest.raises(StorageError, match=r"assets-8\.sqlite cannot be read"):
        Bcolz(tmp_path).assets()


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (json.dumps({"ohlc_ratio": 1000}), UnsupportedError, "is of version 0"),
        ("{", StorageError, "metadata.json cannot be read"),
    ],
)
def test_metadata_refused(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    hand_made_bundle.write_minutes(tmp_path / "minute_equities.bcolz", {}, OPENS, {})
    (tmp_path / "minute_equities.bcolz" / "00" / "00" / "000001.bcolz").mkdir(parents=True)
    (tmp_path / "minute_equities.bcolz" / "metadata.json").write_text(text)
    with pytest.raises(error, match=message):
        Bcolz(tmp_path).fetch("1")


def test_without_the_package(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bcolz", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'workbench\[zipline-data\]'"):
        Bcolz(bundle)
