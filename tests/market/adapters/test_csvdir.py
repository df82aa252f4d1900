"""Zipline's csvdir folders: both lengths, splits and dividends."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from workbench.errors import BarsError, ParameterError, StorageError, UnknownAssetError, UnsupportedError
from workbench.market.adapters.csvdir import Csvdir
from workbench.market.adjustments import adjusted
from workbench.market.bars import Bars

DAILY = """date,open,high,low,close,volume,dividend,split
2014-06-05,640,650,640,648,10,0.0,1.0
2014-06-06,648,652,644,644,20,3.29,1.0
2014-06-09,92,94,91,93,140,0.0,7.0
"""
MINUTES = """timestamp,open,high,low,close,volume,dividend,split
2014-06-06 13:31:00,10,12,10,11,5,0.5,1.0
2014-06-06 13:32:00,11,12,10,12,6,0.5,1.0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"daily/AAPL.csv": DAILY, "minute/AAPL.csv": MINUTES, "minute/X.csv": MINUTES}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_both_lengths(folder: Path) -> None:
    source = Csvdir(folder)
    assert source.assets() == ["AAPL", "X"]
    assert source.fetch("AAPL")["date"][0] == date(2014, 6, 5)
    minutes = source.fetch("AAPL", every="1m")
    assert minutes["open_time"][0] == datetime(2014, 6, 6, 13, 30, tzinfo=UTC)  # a minute is named by its end
    assert minutes["time"][0] == datetime(2014, 6, 6, 13, 31, tzinfo=UTC)
    with pytest.raises(UnsupportedError, match="holds bars of 1d and 1m"):
        source.fetch("AAPL", every="1h")
    with pytest.raises(UnknownAssetError, match="no asset 'AAPX'"):
        source.actions("AAPX")


def test_splits_and_dividends(folder: Path) -> None:
    """AAPL's 7 for 1 of 2014: the closes before it, over seven, go on where the new ones begin."""
    source = Csvdir(folder)
    actions = source.actions("AAPL")
    assert actions.select("ex", "kind", "numerator", "denominator", "amount").rows() == [
        (date(2014, 6, 6), "dividend", None, None, Decimal("3.29")),
        (date(2014, 6, 9), "split", 7, 1, None),
    ]
    bars = Bars.from_frame(source.fetch("AAPL"), "AAPL", calendar="XNYS", actions=actions)
    assert adjusted(bars, date(2014, 6, 9)).frame["close"].to_list() == [648 / 7, 92.0, 93.0]


def test_minutes_repeat_the_dividend_of_their_day(folder: Path) -> None:
    assert Csvdir(folder).actions("X").select("ex", "amount").rows() == [(date(2014, 6, 6), Decimal("0.5"))]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("2.0", (2, 1)), ("0.5", (1, 2)), ("1.5", (3, 2)), ("0.142857", (1, 7)), ("1", None), ("0", None), ("", None)],
)
def test_split_column(tmp_path: Path, cell: str, expected: tuple[int, int] | None) -> None:
    (tmp_path / "daily").mkdir()
    (tmp_path / "daily" / "A.csv").write_text(f"date,open,high,low,close,volume,split\n2024-01-02,1,1,1,1,1,{cell}\n")
    rows = Csvdir(tmp_path).actions("A").select("numerator", "denominator").rows()
    assert rows == ([] if expected is None else [expected])


def test_a_negative_split_is_refused(tmp_path: Path) -> None:
    (tmp_path / "daily").mkdir()
    (tmp_path / "daily" / "A.csv").write_text("date,open,high,low,close,volume,split\n2024-01-02,1,1,1,1,1,-2\n")
    with pytest.raises(BarsError, match="2024-01-02: the split '-2' is not positive"):
        Csvdir(tmp_path).actions("A")


def test_a_row_that_is_skipped_keeps_its_dividend(tmp_path: Path) -> None:
    (tmp_path / "daily").mkdir()
    text = "date,open,high,low,close,volume,dividend\n2024-01-02,1,1,1,1,1,0\n2024-01-03,,,,,,0.25\n"
    (tmp_path / "daily" / "A.csv").write_text(text)
    source = Csvdir(tmp_path, missing="skip")
    assert source.fetch("A").height == 1
    assert source.actions("A").select("ex", "amount").rows() == [(date(2024, 1, 3), Decimal("0.25"))]
    assert [notice.kind for notice in source.notices("A")] == ["missing"]


def test_no_columns_of_actions(tmp_path: Path) -> None:
    (tmp_path / "daily").mkdir()
    (tmp_path / "daily" / "A.csv").write_text("date,open,high,low,close,volume,trades\n2024-01-02,1,1,1,1,1,7\n")
    assert Csvdir(tmp_path).actions("A").is_empty()
    assert "trades" in Csvdir(tmp_path).notices("A")[0].text


def test_folders_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="neither a folder daily nor minute"):
        Csvdir(tmp_path)
    with pytest.raises(ParameterError, match="path=7"):
        Csvdir(7)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="missing='drop'"):
        Csvdir(tmp_path, missing="drop")
