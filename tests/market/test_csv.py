"""CSV files as they lie on disks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import BarsError, ParameterError, StorageError, TimeError, WorkbenchError
from workbench.market.bars import Bars

YAHOO = """Date,Open,High,Low,Close,Adj Close,Volume
2012-08-08,619.39,623.88,617.10,619.86,79.66,8739500
2012-08-09,617.85,621.73,617.80,620.73,80.11,7915800
"""
BINANCE = """Open time,Open,High,Low,Close,Volume,Close time,Trades
1704067200000,42283.58,42298.62,42261.02,42298.61,35.92724,1704067259999,1327
1704067260000,42298.62,42320.00,42298.61,42320.00,21.16779,1704067319999,1348
"""
STOOQ = """<TICKER>,<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>
AAPL.US,2024-01-02,187.15,188.44,183.885,185.64,82488674
MSFT.US,2024-01-02,373.86,375.90,366.77,370.87,25258633
"""
UNNAMED = """,open,high,low,close
0,1,2,1,2
"""


def file(folder: Path, text: str) -> Path:
    path = folder / "prices.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "asset", "options", "first", "digits", "notices"),
    [
        pytest.param(
            YAHOO, "AAPL", {"calendar": "XNYS"},
            ("2012-08-08 13:30:00+00:00", "2012-08-08 20:00:00+00:00", 619.86), (2, 0), ["columns"], id="yahoo",
        ),
        pytest.param(
            BINANCE, "BTC/USDT", {"currency": "USDT"},
            ("2024-01-01 00:00:00+00:00", "2024-01-01 00:01:00+00:00", 42298.61), (2, 5), ["columns"], id="binance",
        ),
        pytest.param(
            STOOQ, None, {"calendar": "XNYS"},
            ("2024-01-02 14:30:00+00:00", "2024-01-02 21:00:00+00:00", 185.64), (3, 0), [], id="stooq, two tickers",
        ),
    ],
)  # fmt: skip
def test_files(
    tmp_path: Path, text: str, asset: str | None, options: dict[str, Any], first: tuple[str, str, float],
    digits: tuple[int, int], notices: list[str],
) -> None:  # fmt: skip
    bars = Bars.from_csv(file(tmp_path, text), asset, **options)
    row = bars.frame.row(0, named=True)
    assert (str(row["open_time"]), str(row["time"]), row["close"]) == first
    assert (bars.assets[0].price_digits, bars.assets[0].quantity_digits) == digits
    assert [n.kind for n in bars.notices] == notices
    assert bars.source == "csv prices.csv"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        pytest.param("", BarsError, "prices.csv is not a readable CSV file", id="empty file"),
        pytest.param("Date,Open,High,Low,Close\n", BarsError, "the frame has no rows", id="header only"),
        pytest.param(YAHOO.replace("620.73", "62O.73"), BarsError, "row 1: close '62O.73' is not a number", id="typo"),
        pytest.param(
            YAHOO.replace("2012-08-09", "08/09/2012"), TimeError, "row 1: .*write all rows like", id="mixed dates"
        ),
        pytest.param(
            YAHOO.replace("2012-08-0", "08/0"), TimeError, "row 0: date '08/08' cannot be read", id="other dates"
        ),
        pytest.param(YAHOO.replace("2012-08-09", "2012-08-08"), BarsError, "row 1 .*stands there twice", id="twice"),
        pytest.param(UNNAMED, BarsError, "columns missing: open_time", id="a column of row numbers"),
        pytest.param(YAHOO + "2012-08-10,1,2\n", BarsError, "row 2 .*is missing", id="a short line"),
    ],
)
def test_refusals(tmp_path: Path, text: str, error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=message):
        Bars.from_csv(file(tmp_path, text), "X")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere\.csv is not a file"):
        Bars.from_csv(tmp_path / "nowhere.csv", "X")
    with pytest.raises(StorageError, match=r"holds no file that ends in \.csv"):
        Bars.from_csv(tmp_path, "X")


def test_options_are_those_of_from_frame(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="evry"):
        Bars.from_csv(file(tmp_path, YAHOO), "X", evry="1d")
    with pytest.raises(ParameterError, match="every='1w'"):
        Bars.from_csv(file(tmp_path, YAHOO), "X", every="1w")
