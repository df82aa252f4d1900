"""Folders, files of many assets, and prices that are missing."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import BarsError, StorageError, TimeError, UnknownAssetError
from workbench.market.adapters.csv import Csv
from workbench.market.adapters.parquet import Parquet
from workbench.market.bars import Bars

HEAD = "date,open,high,low,close,volume\n"
A = HEAD + "2024-01-02,1,2,1,2,10\n2024-01-03,2,3,2,3,20\n"
B = HEAD + "2024-01-02,5,6,5,6,30\n"
LONG = "symbol,date,open,high,low,close\nB,2024-01-02,5,6,5,6\nA,2024-01-02,1,2,1,2\nA,2024-01-03,2,3,2,3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"A.csv": A, "B.txt": B, "notes.md": "nothing"}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_folder_holds_one_file_for_each_asset(folder: Path) -> None:
    files = Csv(folder)
    assert files.assets() == ["A", "B"]
    assert files.fetch("B").rows() == [(date(2024, 1, 2), 5, 6, 5, 6, 30)]
    with pytest.raises(UnknownAssetError, match="no asset 'AA'; did you mean 'A'"):
        files.fetch("AA")


def test_a_pattern_chooses_files(folder: Path) -> None:
    assert Csv(folder / "*.csv").assets() == ["A"]
    assert Csv(str(folder / "[AB].*")).assets() == ["A", "B"]


def test_bars_of_a_folder(folder: Path) -> None:
    bars = Bars.from_csv(folder)
    assert bars.assets == ("A", "B")
    assert bars.frame["close"].to_list() == [2.0, 3.0, 6.0]
    assert bars.source == f"csv {folder.name}"
    assert Bars.from_csv(folder, "B").frame["close"].to_list() == [6.0]


def test_bars_of_a_folder_whose_files_differ(folder: Path) -> None:
    (folder / "C.csv").write_text("open_time,open,high,low,close\n2024-01-02T00:00Z,1,1,1,1\n")
    with pytest.raises(BarsError, match="tell times by different columns"):
        Bars.from_csv(folder)


@pytest.mark.parametrize(
    ("names", "path", "message"),
    [
        pytest.param([], "", "holds no file that ends in .csv", id="an empty folder"),
        pytest.param(["A.csv"], "*.tsv", "holds no file", id="a pattern of nothing"),
        pytest.param(["A.csv", "A.txt"], "", "holds two files of one asset", id="one asset twice"),
    ],
)
def test_folders_refused(tmp_path: Path, names: list[str], path: str, message: str) -> None:
    for name in names:
        (tmp_path / name).write_text(A)
    with pytest.raises(StorageError, match=message):
        Csv(tmp_path / path if path else tmp_path).assets()


def test_a_file_of_many_assets(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text(LONG)
    files = Csv(path)
    assert files.assets() == ["B", "A"]
    assert files.fetch("A", "2024-01-03").rows() == [(date(2024, 1, 3), 2, 3, 2, 3, None)]
    parts = dict(files.fetch_many(["A", "B"]))
    assert {asset: frame.height for asset, frame in parts.items()} == {"A": 2, "B": 1}
    with pytest.raises(UnknownAssetError, match="no asset 'C'"):
        files.fetch("C")
    assert Bars.from_csv(path).assets == ("B", "A")
    assert Csv(path, asset="A").assets() == ["A"]
    with pytest.raises(UnknownAssetError, match="no asset 'AA'; did you mean 'A'"):
        Csv(path, asset="AA").fetch("AA")


def test_a_file_is_the_asset_it_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(A)
    assert Csv(path).assets() == ["prices"]
    assert Csv(path, asset="A").assets() == ["A"]
    with pytest.raises(UnknownAssetError, match=r"no asset 'prices'; .*holds A"):
        Csv(path, asset="A").fetch("prices")


def test_a_length_that_the_file_does_not_have(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(A)
    with pytest.raises(BarsError, match="these are daily bars"):
        Csv(path).fetch("A", every="1h")
    path.write_text(A.replace("2024-01-02,", "2024-01-02T10:00Z,").replace("2024-01-03", "2024-01-02T10:01Z"))
    with pytest.raises(BarsError, match="these bars are 60 seconds apart; give every='1m', and resample"):
        Csv(path).fetch("A", every="1h")


def test_naive_times_need_a_zone(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(A.replace("2024-01-02,", "2024-01-02 10:00,").replace("2024-01-03", "2024-01-02 10:01"))
    with pytest.raises(TimeError, match="naive times"):
        Csv(path).fetch("A")
    assert Csv(path, tz="America/New_York").fetch("A")["open_time"][0].hour == 15


def test_both_ends_of_bars_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text("open_time,time,open,high,low,close\n2024-01-02T10:00Z,2024-01-02T10:07Z,1,1,1,1\n")
    frame = Csv(path).fetch("A", every="7m")
    assert frame.columns[:2] == ["open_time", "time"]
    assert (frame["time"][0] - frame["open_time"][0]).seconds == 420


GAPS = HEAD + "2024-01-02,10,14,8,12,1\n2024-01-03,,,,,\n2024-01-04,20,24,18,22,3\n"
HALF = HEAD + "2024-01-02,10,14,8,12,1\n2024-01-03,11,13,10,n/a,2\n2024-01-04,20,24,18,22,3\n"
LOWS = HEAD + "2024-01-02,10,14,8,12,1\n2024-01-03,30,-,-,9,2\n2024-01-04,20,24,18,22,3\n"

MISSING: list[Any] = [
    pytest.param(GAPS, "skip", [(10, 14, 8, 12, 1), (20, 24, 18, 22, 3)], "1 rows .* left out", id="skip"),
    pytest.param(
        GAPS, "interpolate", [(10, 14, 8, 12, 1), (15, 19, 13, 17, None), (20, 24, 18, 22, 3)], "1 rows .* filled in",
        id="halfway",
    ),
    pytest.param(
        HALF, "interpolate", [(10, 14, 8, 12, 1), (11, 13, 10, 13, 2), (20, 24, 18, 22, 3)], "filled in",
        id="17 is above the given high",
    ),
    pytest.param(
        LOWS, "interpolate", [(10, 14, 8, 12, 1), (30, 30, 9, 9, 2), (20, 24, 18, 22, 3)], "filled in",
        id="19 and 13 are inside the given open and close",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "policy", "rows", "notice"), MISSING)
def test_missing_prices(tmp_path: Path, text: str, policy: str, rows: list[Any], notice: str) -> None:
    path = tmp_path / "A.csv"
    path.write_text(text)
    files = Csv(path, missing=policy)
    assert [row[1:] for row in files.fetch("A").rows()] == rows
    (told,) = files.notices("A")
    assert told.kind == "missing"
    assert notice.split()[-1] in told.text
    assert Bars.from_csv(path, "A", missing=policy).notices[0] == told


@pytest.mark.parametrize("policy", ["fail", "skip", "interpolate"])
def test_nothing_missing(tmp_path: Path, policy: str) -> None:
    path = tmp_path / "A.csv"
    path.write_text(A)
    assert Csv(path, missing=policy).fetch("A").height == 2
    assert Csv(path, missing=policy).notices("A") == ()


def test_missing_prices_are_refused_unless_said_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(GAPS)
    with pytest.raises(BarsError, match=r"row 1 \(A, .*open is missing"):
        Bars.from_csv(path, "A")


def test_nothing_is_filled_in_at_an_end(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(GAPS + "2024-01-05,,,,,\n")
    with pytest.raises(BarsError, match="row 3: a missing price at the first or last row"):
        Csv(path, missing="interpolate").fetch("A")


def test_gaps_of_one_asset_are_not_filled_from_another(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("asset,date,open,high,low,close\nA,2024-01-02,1,1,1,1\nA,2024-01-03,,,,\nB,2024-01-02,3,3,3,3\n")
    with pytest.raises(BarsError, match="row 1: a missing price"):
        Csv(path, missing="interpolate").fetch("A")


TYPED: list[Any] = [
    pytest.param({"date": [date(2024, 1, 2)]}, {}, ("date", date(2024, 1, 2)), id="date"),
    pytest.param({"date": [20240102]}, {}, ("date", date(2024, 1, 2)), id="whole numbers as dates"),
    pytest.param({"date": ["2.1.2024"]}, {}, ("date", date(2024, 1, 2)), id="text"),
    pytest.param({"date": [1704153600]}, {"date_format": "epoch_s"}, ("date", date(2024, 1, 2)), id="seconds"),
    pytest.param({"date": [2012024]}, {"date_format": "%d%m%Y"}, None, id="whole numbers that lost a 0"),
    pytest.param({"at": [datetime(2024, 1, 2)]}, {"columns": {"at": "date"}}, ("date", date(2024, 1, 2)), id="named"),  # noqa: DTZ001
]


@pytest.mark.parametrize(("times", "options", "expected"), TYPED)
def test_parquet_times(tmp_path: Path, times: dict[str, Any], options: dict[str, Any], expected: Any) -> None:
    path = tmp_path / "A.parquet"
    prices = {name: [1] for name in ("open", "high", "low", "close", "volume")}
    pl.DataFrame({**times, **prices}).write_parquet(path)
    files = Parquet(path, **options)
    if expected is None:
        with pytest.raises(TimeError, match="row 0"):
            files.fetch("A")
        return
    frame = files.fetch("A")
    assert (frame.columns[0], frame[0, 0]) == expected
    assert frame["close"].dtype == pl.Float64


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Categorical])
def test_assets_that_are_no_text(tmp_path: Path, dtype: Any) -> None:
    names = pl.Series("asset", ["7", "8"]).cast(dtype)
    prices = {name: [1.0, 2.0] for name in ("open", "high", "low", "close")}
    pl.DataFrame({"asset": names, "date": [date(2024, 1, 2)] * 2, **prices}).write_parquet(tmp_path / "all.parquet")
    files = Parquet(tmp_path / "all.parquet")
    assert files.assets() == ["7", "8"]
    assert files.fetch("8")["close"].to_list() == [2.0]


def test_parquet_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "A.parquet"
    path.write_text("no")
    with pytest.raises(StorageError, match="no readable Parquet file"):
        Bars.from_parquet(path, "A")


def test_what_is_ignored_is_remarked(tmp_path: Path) -> None:
    pl.DataFrame(
        {"date": [date(2024, 1, 2)], "open": [1], "high": [1], "low": [1], "close": [1], "vwap": [1]}
    ).write_parquet(tmp_path / "A.parquet")
    assert "vwap" in Parquet(tmp_path).notices("A")[0].text
    assert "vwap" in Bars.from_parquet(tmp_path).notices[0].text
