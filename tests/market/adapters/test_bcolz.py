"""Zipline's bundles, written as Zipline does and read back; the reference reads the tables with bcolz alone."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import hand_made_bundle
import polars as pl
import pytest
from hand_made_bundle import nanoseconds, seconds

from workbench.errors import ParameterError, StorageError, UnknownAssetError, UnsupportedError
from workbench.market.adapters.bcolz import Bcolz
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar

bcolz = pytest.importorskip("bcolz", reason="bcolz-zipline has no wheel for this Python")

SESSIONS = Calendar("XNYS").sessions(date(2012, 5, 18), date(2012, 7, 9))
OPENS = {day: datetime(day.year, day.month, day.day, 13, 30, tzinfo=UTC) for day in SESSIONS}
FIRST, LAST = SESSIONS[0], SESSIONS[-1]


def prices(days: list[date], base: int) -> pl.DataFrame:
    """Whole cents and mills, as far as the format goes: up to 4,294,967.294."""
    rows = [(day, base + i + 0.111, base + i + 0.999, base + i, base + i + 0.5, 1000 + i) for i, day in enumerate(days)]
    return pl.DataFrame(rows, schema=["date", "open", "high", "low", "close", "volume"], orient="row")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two ingests; the newer one has FB, a day it did not trade, an earlier holder of a symbol, and a future."""
    top = tmp_path_factory.mktemp("bundle")
    folder = top / "2024-01-02T03;04;05.678901"
    old = top / "2023-01-02T03;04;05.678901"
    holes = [day for day in SESSIONS if day != date(2012, 5, 22)]
    daily = {3: prices(holes, 38), 11: prices(SESSIONS[:5], 100), 12: prices(SESSIONS[5:], 4_294_000)}
    for place in (folder, old):
        place.mkdir()
        hand_made_bundle.write_daily(place / "daily_equities.bcolz", daily, SESSIONS)
    at = [OPENS[FIRST], OPENS[FIRST] + timedelta(minutes=389), datetime(2012, 7, 3, 16, 59, tzinfo=UTC)]
    rows = [(t, 38.1234, 38.9, 38.0001, 38.5, 7) for t in at]
    minutes = pl.DataFrame(rows, schema=["open_time", "open", "high", "low", "close", "volume"], orient="row")
    hand_made_bundle.write_minutes(folder / "minute_equities.bcolz", {3: minutes, 987654: minutes}, OPENS, {3: 10_000})
    hand_made_bundle.write_assets(folder / "assets-7.sqlite", {})
    hand_made_bundle.write_assets(
        folder / "assets-8.sqlite",
        {
            "exchanges": [("NASDAQ", "NASDAQ GLOBAL SELECT", "US")],
            "equities": [
                (3, "META PLATFORMS", nanoseconds(FIRST), nanoseconds(LAST), None, None, "NASDAQ"),
                (11, "FIRST OF THE NAME", nanoseconds(FIRST), nanoseconds(SESSIONS[4]), None, None, "NASDAQ"),
                (12, "SECOND", nanoseconds(SESSIONS[5]), 2**63 - 1, None, None, "ELSEWHERE"),
            ],
            "equity_symbol_mappings": [
                (2, 3, "META", "META", "", nanoseconds(date(2012, 6, 9)), nanoseconds(LAST)),
                (1, 3, "FB", "FB", "", nanoseconds(FIRST), nanoseconds(date(2012, 6, 8))),
                (3, 11, "Q", "Q", "", nanoseconds(FIRST), nanoseconds(SESSIONS[4])),
                (4, 12, "Q", "Q", "", nanoseconds(SESSIONS[5]), nanoseconds(LAST)),
            ],
            "futures_contracts": [
                (987654, "CLN12", "CL", "Crude", nanoseconds(FIRST), nanoseconds(LAST), None, "NYMEX",
                 nanoseconds(date(2012, 6, 22)), nanoseconds(date(2012, 6, 20)), nanoseconds(LAST), 1000.0, 0.01),
            ],
        },
    )  # fmt: skip
    ex, pay = seconds(date(2012, 6, 1)), seconds(date(2012, 6, 15))
    hand_made_bundle.write_adjustments(
        folder / "adjustments.sqlite",
        {
            "splits": [
                (0, seconds(date(2012, 6, 5)), 1 / 7, 3),
                (1, seconds(date(2012, 6, 6)), 2.0, 3),
                (2, ex, 0.5, 11),
            ],
            "mergers": [(0, ex, 0.9, 3)],
            "dividends": [(0, ex, 0.99, 3)],
            "dividend_payouts": [(0, 0.265, None, ex, pay, None, 3)],
            "stock_dividend_payouts": [(0, None, ex, pay, None, 11, 0.5, 3)],
        },
    )
    return top


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
    assert actions.rows() == [
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


def test_everything_is_given_once(bundle: Path) -> None:
    members = {member.listed.name: member for member in Bcolz(bundle).everything()}
    assert list(members) == ["META", "Q#11", "Q", "CLN12"]
    assert members["META"].actions.height == 3
    assert members["META"].daily is not None
    assert members["META"].daily.equals(Bcolz(bundle).fetch("META"))
    assert members["META"].minute is not None
    assert members["Q"].minute is None
    assert members["CLN12"].daily is None


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
