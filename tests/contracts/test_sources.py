"""What every source of price data does, run over all that are registered; a new one adds a maker to `MAKERS`.

The one idea: the same few bars are written in the form of each source and must come back as they are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import hand_made_bundle
import polars as pl
import pytest

from workbench.errors import BarsError, TimeError, UnknownAssetError, UnsupportedError
from workbench.market.adapters import Source, source, sources
from workbench.market.bars import ACTIONS, Bars

NUMBERS = ["open", "high", "low", "close", "volume"]
SESSIONS = [date(2024, 7, day) for day in (1, 2, 3, 5, 8)]  # the 3rd ends at 17:00 UTC, the 4th is a holiday
OPENS = {day: datetime(day.year, day.month, day.day, 13, 30, tzinfo=UTC) for day in SESSIONS}
AT = [
    datetime(2024, 7, day, hour, minute, tzinfo=UTC)
    for day, hour, minute in ((3, 13, 30), (3, 13, 31), (3, 13, 33), (3, 16, 59), (5, 13, 30), (5, 19, 59))
]
THIRD = "theirs"
HIDDEN = "open-sesame"


def bars_of(times: pl.Series, base: float) -> pl.DataFrame:
    """Prices of three decimals that differ in every row, so that no two of them can be mistaken."""
    steps = range(len(times))
    rows = {
        "open": [round(base + i + 0.125, 3) for i in steps],
        "high": [round(base + i + 1.875, 3) for i in steps],
        "low": [round(base + i - 0.625, 3) for i in steps],
        "close": [round(base + i + 0.251, 3) for i in steps],
        "volume": [float(1000 + i) for i in steps],
    }
    return pl.DataFrame([times, *(pl.Series(name, values, pl.Float64) for name, values in rows.items())])


TRUTH: dict[str, dict[str, pl.DataFrame]] = {
    "1d": {
        "AAA": bars_of(pl.Series("date", SESSIONS), 10),
        "BBB": bars_of(pl.Series("date", [SESSIONS[1], SESSIONS[2], SESSIONS[4]]), 200),
    },
    "1m": {
        "AAA": bars_of(pl.Series("open_time", AT, pl.Datetime("us", "UTC")), 10),
        "BBB": bars_of(pl.Series("open_time", AT[1:4], pl.Datetime("us", "UTC")), 200),
    },
}


def make_csv(folder: Path, every: str) -> Source:
    for name, frame in TRUTH[every].items():
        frame.write_csv(folder / f"{name}.csv")
    return source("csv", path=folder)


def make_parquet(folder: Path, every: str) -> Source:
    for name, frame in TRUTH[every].items():
        frame.write_parquet(folder / f"{name}.parquet")
    return source("parquet", path=folder)


def make_csvdir(folder: Path, every: str) -> Source:
    inner = folder / {"1d": "daily", "1m": "minute"}[every]
    inner.mkdir()
    for name, frame in TRUTH[every].items():
        if every == "1m":  # a minute is named by its end, without a zone
            ends = (pl.col("open_time") + timedelta(minutes=1)).dt.strftime("%Y-%m-%d %H:%M:%S").alias("date")
            frame = frame.select(ends, *NUMBERS)
        frame.with_columns(dividend=0.0, split=1.0).write_csv(inner / f"{name}.csv")
    return source("csvdir", path=folder)


def make_bcolz(folder: Path, every: str) -> Source:
    pytest.importorskip("bcolz", reason="bcolz-zipline has no wheel for this Python")
    assets = {7: TRUTH[every]["AAA"], 12345: TRUTH[every]["BBB"]}
    if every == "1d":
        hand_made_bundle.write_daily(folder / "daily_equities.bcolz", assets, SESSIONS)
    else:
        hand_made_bundle.write_minutes(folder / "minute_equities.bcolz", assets, OPENS, {12345: 10_000})
    span = hand_made_bundle.nanoseconds(SESSIONS[0]), hand_made_bundle.nanoseconds(SESSIONS[-1])
    hand_made_bundle.write_assets(
        folder / "assets-8.sqlite",
        {
            "equities": [(7, "A", *span, None, None, "XNYS"), (12345, "B", *span, None, None, "XNYS")],
            "equity_symbol_mappings": [(1, 7, "AAA", "AAA", "", *span), (2, 12345, "BBB", "BBB", "", *span)],
        },
    )
    return source("bcolz", path=folder)


def make_sql(folder: Path, every: str) -> Source:
    path = folder / "prices.db"
    name = "date" if every == "1d" else "open_time"
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE TABLE prices (symbol TEXT, {name} TEXT, o REAL, h REAL, l REAL, c REAL, v REAL)")
        for asset, frame in TRUTH[every].items():
            text = frame.with_columns(pl.col(name).cast(pl.String).str.replace("+0000", "Z", literal=True))
            rows = [(asset, *row) for row in text.iter_rows()]
            database.executemany("INSERT INTO prices VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        database.commit()
    query = f"SELECT * FROM prices WHERE symbol = :asset AND {name} >= :start AND {name} < :end ORDER BY {name}"
    listing = "SELECT DISTINCT symbol FROM prices ORDER BY symbol"
    return source("sql", url=f"sqlite:///{path}?timeout=5", query=query, assets_query=listing, tz="UTC")


THEIR_CODE = '''
"""A source of another package."""
import polars as pl
from workbench.errors import UnknownAssetError, UnsupportedError
from workbench.market.adapters import Source
from workbench.market.adapters.source import within

class Theirs(Source):
    def __init__(self, frames, token):
        self.frames, self.token = frames, token

    def fetch(self, asset, start=None, end=None, every=None):
        if asset not in self.frames:
            raise UnknownAssetError(f"no asset {asset!r}; did you mean 'AAA'?")
        frame = self.frames[asset]
        if every not in (None, "1d" if "date" in frame.columns else "1m"):
            raise UnsupportedError(f"every={every!r} is not there")
        return within(frame, start, end)

    def assets(self):
        return list(self.frames)
'''


def make_third(folder: Path, every: str) -> Source:
    return source(THIRD, frames=TRUTH[every], token=HIDDEN)


MAKERS: dict[str, Callable[[Path, str], Source]] = {
    "bcolz": make_bcolz,
    "csv": make_csv,
    "csvdir": make_csvdir,
    "parquet": make_parquet,
    "sql": make_sql,
    THIRD: make_third,
}


@pytest.fixture(autouse=True)
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package on the path, as pip would have left it."""
    site = tmp_path / "site"
    about = site / "their_prices-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "their_prices.py").write_text(THEIR_CODE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: their-prices\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[workbench.sources]\n{THIRD} = their_prices:Theirs\n")
    monkeypatch.syspath_prepend(site)


@pytest.fixture(params=sorted({*sources(), THIRD}))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def made(name: str, tmp_path: Path) -> Callable[[str], Source]:
    def make(every: str) -> Source:
        folder = tmp_path / f"data {every}"
        folder.mkdir(exist_ok=True)
        return MAKERS[name](folder, every)

    return make


LENGTHS = pytest.mark.parametrize("every", ["1d", "1m"])


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Without the close, where the open is there too."""
    return frame.drop("time") if {"open_time", "time"} <= set(frame.columns) else frame


def test_every_registered_source_is_made_here() -> None:
    assert set(sources()) == set(MAKERS)


@LENGTHS
@pytest.mark.parametrize("asset", ["AAA", "BBB"])
def test_values_are_those_written(made: Callable[[str], Source], every: str, asset: str) -> None:
    it = made(every)
    assert plain(it.fetch(asset)).rows() == TRUTH[every][asset].rows()
    assert plain(it.fetch(asset, every=every)).rows() == TRUTH[every][asset].rows()


@LENGTHS
def test_columns_and_types(made: Callable[[str], Source], every: str) -> None:
    frame = made(every).fetch("AAA")
    times = frame.columns[:-5]
    assert frame.columns[-5:] == NUMBERS
    assert times in (["date"], ["open_time"], ["time"], ["open_time", "time"])
    wanted = pl.Date() if times == ["date"] else pl.Datetime("us", "UTC")
    assert frame.dtypes == [wanted] * len(times) + [pl.Float64()] * 5


@LENGTHS
def test_rows_are_in_order_and_there_once(made: Callable[[str], Source], every: str) -> None:
    at = made(every).fetch("AAA").to_series(0)
    assert at.is_sorted()
    assert at.is_unique().all()


DAY_WINDOWS: list[tuple[Any, Any, list[int]]] = [
    ("2024-07-02", "2024-07-05", [1, 2, 3]),
    (date(2024, 7, 2), None, [1, 2, 3, 4]),
    (None, date(2024, 7, 2), [0, 1]),
    (datetime(2024, 7, 2, tzinfo=UTC), datetime(2024, 7, 5, tzinfo=UTC), [1, 2]),
    (datetime(2024, 7, 2, 0, 1, tzinfo=UTC), None, [2, 3, 4]),
    ("2024-07-04", "2024-07-04", []),
    ("1999-01-01", "1999-12-31", []),
    ("2030-01-01", None, []),
]
MINUTE_WINDOWS: list[tuple[Any, Any, list[int]]] = [
    ("2024-07-03", "2024-07-03", [0, 1, 2, 3]),
    ("2024-07-04", None, [4, 5]),
    (AT[1], AT[3], [1, 2]),
    (AT[1], None, [1, 2, 3, 4, 5]),
    (None, AT[1], [0]),
    ("2024-07-03T13:32+00:00", "2024-07-05T13:31+00:00", [2, 3, 4]),
    ("2024-07-03T09:31-04:00", "2024-07-03T09:33:30-04:00", [1, 2]),
    (AT[1], AT[1], []),
    ("2024-07-04", "2024-07-04", []),
]
WINDOWS = [("1d", *window) for window in DAY_WINDOWS] + [("1m", *window) for window in MINUTE_WINDOWS]


@pytest.mark.parametrize(("every", "start", "end", "rows"), WINDOWS)
def test_windows(made: Callable[[str], Source], every: str, start: Any, end: Any, rows: list[int]) -> None:
    """A date takes part as a whole at both ends; a time is the first that is, or the first that is not."""
    it = made(every)
    frame = it.fetch("AAA", start, end, every)
    assert plain(frame).rows() == TRUTH[every]["AAA"][rows].rows()
    assert frame.schema == it.fetch("AAA").schema


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        pytest.param("2024-07-05", "2024-07-02", "the end lies before the start", id="reversed"),
        pytest.param(datetime(2024, 7, 2), None, "is naive", id="naive"),  # noqa: DTZ001
        pytest.param(None, "July", "cannot be read", id="no time"),
    ],
)
def test_windows_that_are_none(made: Callable[[str], Source], start: Any, end: Any, message: str) -> None:
    with pytest.raises(TimeError, match=message):
        made("1d").fetch("AAA", start, end)


def test_unknown_asset(made: Callable[[str], Source]) -> None:
    with pytest.raises(UnknownAssetError, match=r"AAX.*AAA"):
        made("1d").fetch("AAX")


@pytest.mark.parametrize(("have", "wanted"), [("1d", "1m"), ("1m", "1h")])
def test_a_length_that_is_not_there(made: Callable[[str], Source], have: str, wanted: str) -> None:
    with pytest.raises((BarsError, UnsupportedError), match=f"every='{wanted}'"):
        made(have).fetch("AAA", every=wanted)


@LENGTHS
def test_the_same_again(made: Callable[[str], Source], every: str) -> None:
    it = made(every)
    first = it.fetch("AAA")
    it.fetch("BBB", "2024-07-03")
    assert it.fetch("AAA").equals(first)


@LENGTHS
def test_several_at_once(made: Callable[[str], Source], every: str) -> None:
    it = made(every)
    together = list(it.fetch_many(["BBB", "AAA"], start="2024-07-03", every=every))
    assert [asset for asset, _ in together] == ["BBB", "AAA"]
    assert all(frame.equals(it.fetch(asset, "2024-07-03", every=every)) for asset, frame in together)


@LENGTHS
def test_bars_accept_the_frame(made: Callable[[str], Source], every: str) -> None:
    bars = Bars.from_frame(made(every).fetch("AAA"), "AAA", calendar="XNYS", every=every)
    assert bars.frame["close"].to_list() == TRUTH[every]["AAA"]["close"].to_list()
    if every == "1m":
        assert bars.frame["open_time"].to_list() == AT


def test_what_it_says_of_itself(made: Callable[[str], Source]) -> None:
    it = made("1d")
    assert sorted(map(str, it.assets())) == ["AAA", "BBB"]
    assert it.actions("AAA").schema == ACTIONS
    assert all(str(notice) for notice in it.notices("AAA"))
    told = json.dumps(it.describe(), default=str) + repr(it)
    assert HIDDEN not in told
