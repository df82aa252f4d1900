"""Text files in the layouts that sites and programs write; each row is what a reader with a pencil would note down."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import BarsError, ParameterError, StorageError, TimeError, WorkbenchError
from workbench.market.adapters.csv import Csv
from workbench.market.bars import Bars

HEAD = "Date,Open,High,Low,Close,Volume\n"
GERMAN = """Datum;Eröffnung;Hoch;Tief;Schluss;Volumen
29.02.2024;1.234,50;1.240,00;1.230,25;1.235,00;10.500
01.03.2024;1.235,00;1.236,00;999,50;1.000,00;900
"""
US = HEAD + "02/28/2024,10,12,9,11,100\n02/29/2024,11,12,10,11.5,200\n"
EU = HEAD + "28/02/2024,10,12,9,11,100\n29/02/2024,11,12,10,11.5,200\n"
TWO_DAYS = [(date(2024, 2, 28), 10, 12, 9, 11, 100), (date(2024, 2, 29), 11, 12, 10, 11.5, 200)]
NASDAQ = """Date,Close/Last,Volume,Open,High,Low
02/29/2024,$11.50,200,$11.00,$12.00,$10.00
02/28/2024,$11.00,100,$10.00,$12.00,$9.00
"""
METATRADER = """<DATE> <TIME> <OPEN> <HIGH> <LOW> <CLOSE> <VOL>
2024.02.28 09:30:00 10 12 9 11 100
2024.02.28 09:31:00 11 12 10 11.5 200
""".replace(" ", "\t")
HISTDATA = "20240228 093000;10;12;9;11;100\n20240228 093100;11;12;10;11.5;200\n"
NO_HEADER = "2024.02.28,09:30,10,12,9,11,100\n2024.02.28,09:31,11,12,10,11.5,200\n"
STOOQ = """<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>
X,1,20240228,93000,10,12,9,11,100
X,1,20240228,93100,11,12,10,11.5,200
"""
TWO_MINUTES = [
    (datetime(2024, 2, 28, 9, 30, tzinfo=UTC), 10, 12, 9, 11, 100),
    (datetime(2024, 2, 28, 9, 31, tzinfo=UTC), 11, 12, 10, 11.5, 200),
]
PANDAS = ",open,high,low,close,volume\n2024-02-28,10,12,9,11,100\n2024-02-29,11,12,10,11.5,200\n"
FAR_DOWN = "asset,date,open,high,low,close\n" + "A,2024-01-01,1,1,1,1\n" * 20_000
AMPM = "time of bar,open,high,low,close,volume\n2/28/2024 9:30 AM,10,12,9,11,100\n2/28/2024 9:31 AM,11,12,10,11.5,200\n"


def minutes(first: str, second: str, head: str = "timestamp,open,high,low,close,volume\n") -> str:
    return f"{head}{first},10,12,9,11,100\n{second},11,12,10,11.5,200\n"


def days(first: str, second: str, sign: str = ",") -> str:
    return (
        HEAD.replace(",", sign)
        + sign.join([first, "10,12,9,11,100".replace(",", sign)])
        + "\n"
        + sign.join([second, "11,12,10,11.5,200".replace(",", sign)])
    )


LAYOUTS: list[Any] = [
    pytest.param(US, {}, TWO_DAYS, {"times": "%m/%d/%Y"}, id="American dates"),
    pytest.param(EU, {}, TWO_DAYS, {"times": "%d/%m/%Y"}, id="European dates with slashes"),
    pytest.param(
        GERMAN, {},
        [(date(2024, 2, 29), 1234.5, 1240, 1230.25, 1235, 10500), (date(2024, 3, 1), 1235, 1236, 999.5, 1000, 900)],
        {"delimiter": "';'", "numbers": "'1.234,5'", "times": "%d.%m.%Y", "encoding": "utf-8"}, id="German",
    ),
    pytest.param(NASDAQ, {}, TWO_DAYS, {"order": "newest first, turned round"}, id="newest first, with $"),
    pytest.param(METATRADER, {"tz": "UTC"}, TWO_MINUTES, {"times": "%Y.%m.%d %H:%M:%S"}, id="date, time, tabs"),
    pytest.param(HISTDATA, {"tz": "UTC"}, TWO_MINUTES, {"header": "False", "delimiter": "';'"}, id="no header"),
    pytest.param(NO_HEADER, {"tz": "UTC"}, TWO_MINUTES, {"header": "False"}, id="no header, date and time"),
    pytest.param(STOOQ, {"tz": "UTC"}, TWO_MINUTES, {"times": "%Y%m%d %H%M%S"}, id="whole numbers, hour of one digit"),
    pytest.param(PANDAS, {}, TWO_DAYS, {"times": "%Y-%m-%d"}, id="an index without a name"),
    pytest.param(AMPM, {"tz": "UTC", "columns": {"time of bar": "open_time"}}, TWO_MINUTES, {}, id="AM and PM"),
    pytest.param(days("20240228", "20240229"), {}, TWO_DAYS, {"times": "%Y%m%d"}, id="20240228"),
    pytest.param(days("28-Feb-2024", "29-Feb-2024"), {}, TWO_DAYS, {"times": "%d-%b-%Y"}, id="28-Feb-2024"),
    pytest.param(days("28.2.24", "29.2.24", ";"), {}, TWO_DAYS, {"times": "%d.%m.%y"}, id="28.2.24"),
    pytest.param(days("2/28/24", "2/29/24"), {}, TWO_DAYS, {"times": "%m/%d/%y"}, id="2/28/24"),
    pytest.param(days("Feb 28 2024", "Feb 29 2024"), {"date_format": "%b %d %Y"}, TWO_DAYS, {}, id="a format given"),
    pytest.param(days('"Feb 28, 2024"', '"Feb 29, 2024"'), {}, TWO_DAYS, {"times": "%b %d, %Y"}, id="quoted dates"),
    pytest.param(days("'2024-02-28'", "'2024-02-29'"), {}, TWO_DAYS, {"quote": '"\'"'}, id="single quotes"),
    pytest.param(days("2024/02/28", "2024/02/29", "|"), {}, TWO_DAYS, {"delimiter": "'|'"}, id="bars between"),
    pytest.param(days("03/02/2024", "04/02/2024"), {"date_format": "eu"},
                 [(date(2024, 2, 3), *TWO_DAYS[0][1:]), (date(2024, 2, 4), *TWO_DAYS[1][1:])], {}, id="told: European"),
    pytest.param(days("02/03/2024", "02/04/2024"), {"date_format": "us"},
                 [(date(2024, 2, 3), *TWO_DAYS[0][1:]), (date(2024, 2, 4), *TWO_DAYS[1][1:])], {}, id="told: American"),
    pytest.param(minutes("1709112600", "1709112660"), {}, TWO_MINUTES, {"times": "epoch_s"}, id="seconds"),
    pytest.param(minutes("1709112600.0", "1709112660.0"), {}, TWO_MINUTES, {"times": "epoch_s"}, id="seconds, a point"),
    pytest.param(minutes("1709112600000", "1709112660000"), {}, TWO_MINUTES, {"times": "epoch_ms"}, id="milliseconds"),
    pytest.param(minutes("1709112600000000", "1709112660000000"), {}, TWO_MINUTES, {"times": "epoch_us"}, id="us"),
    pytest.param(
        minutes("1709112600000000000", "1709112660000000000"), {}, TWO_MINUTES, {"times": "epoch_ns"}, id="ns"
    ),
    pytest.param(minutes("2024-02-28T09:30:00Z", "2024-02-28T09:31:00Z"), {}, TWO_MINUTES, {}, id="ISO, Z"),
    pytest.param(minutes("2024-02-28 10:30+01:00", "2024-02-28 10:31+01:00"), {}, TWO_MINUTES, {}, id="ISO, offset"),
    pytest.param(
        minutes("2024-02-28 04:30:00.000", "2024-02-28 04:31:00"), {"tz": "America/New_York"}, TWO_MINUTES,
        {"time zone": "America/New_York"}, id="naive, parts of a second",
    ),
    pytest.param("# made by hand\n\n" + US, {"skip_lines": 1}, TWO_DAYS, {}, id="lines before the header"),
    pytest.param(US.replace("\n", "\r\n") + "\r\n", {}, TWO_DAYS, {}, id="CRLF and an empty line at the end"),
    pytest.param(US.replace(",", " , "), {}, TWO_DAYS, {}, id="spaces around"),
    pytest.param(US.replace(",100\n", ",100,\n").replace(",200\n", ",200,\n"), {}, TWO_DAYS, {}, id="a comma more"),
    pytest.param(
        HEAD + '02/28/2024,"1,000.5","1,001","1,000","1,000.5","12,345,678"\n', {},
        [(date(2024, 2, 28), 1000.5, 1001, 1000, 1000.5, 12345678)], {"numbers": "'1,234.5'"}, id="thousands",
    ),
    pytest.param(
        HEAD.replace(",", ";") + "28.02.2024;1 000,5;1 001;1 000;1 000,5;12 345 678\n", {},
        [(date(2024, 2, 28), 1000.5, 1001, 1000, 1000.5, 12345678)], {"numbers": "'1 234,5'"}, id="spaces in thousands",
    ),
    pytest.param(
        HEAD + "2024-02-28,1'000.5,1'001,1'000,1'000.5,12'345'678\n", {},
        [(date(2024, 2, 28), 1000.5, 1001, 1000, 1000.5, 12345678)], {"numbers": "'1'234.5'"}, id="Swiss",
    ),
    pytest.param(
        HEAD.replace(",", ";") + "2024-02-28;1,234;1,234;1,234;1,234;0\n", {"decimal": ","},
        [(date(2024, 2, 28), 1.234, 1.234, 1.234, 1.234, 0)], {"numbers": "'1234,5'"}, id="told: decimal comma",
    ),
    pytest.param(
        HEAD.replace(",", ";") + "2024-02-28;1,234;1,234;1,234;1,234;0\n", {"thousands": ","},
        [(date(2024, 2, 28), 1234, 1234, 1234, 1234, 0)], {"numbers": "'1,234.5'"}, id="told: thousands",
    ),
    pytest.param(
        "Tag,a,b,c,d,e\n2024-02-28,10,12,9,11,100\n",
        {"columns": {"Tag": "date", "a": "open", "b": "high", "c": "low", "d": "close", "e": "volume"}},
        TWO_DAYS[:1], {}, id="names given",
    ),
    pytest.param(
        "11;9;12;10;28.02.2024\n", {"columns": ["close", "low", "high", "open", "date"]},
        [(date(2024, 2, 28), 10, 12, 9, 11, None)], {}, id="names by position",
    ),
]  # fmt: skip


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "prices.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(("text", "options", "rows", "found"), LAYOUTS)
def test_layouts(tmp_path: Path, text: str, options: dict[str, Any], rows: list[Any], found: dict[str, str]) -> None:
    files = Csv(written(tmp_path, text), asset="X", **options)
    assert files.fetch("X").rows() == rows
    report = files.report()
    assert {what: report[what] for what in found} == found
    assert report.rows == len(rows)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "utf-32"]
)
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("told", [True, False])
def test_encodings(tmp_path: Path, encoding: str, header: bool, told: bool) -> None:
    text = "Währung;Datum;Open;High;Low;Close\n" * header + "€;28.02.2024;1,5;1,75;1,25;1,5\n"
    text = text.replace("€", "ä") if encoding == "latin-1" else text
    columns = None if header else ["", "date", "open", "high", "low", "close"]
    path = written(tmp_path, text.encode(encoding))
    given = {"encoding": encoding if told else None, "columns": {"Datum": "date"} if header else columns}
    assert Csv(path, **given).fetch("prices").row(0)[:3] == (date(2024, 2, 28), 1.5, 1.75)


def test_a_compressed_file(tmp_path: Path) -> None:
    path = tmp_path / "ABC.csv.gz"
    path.write_bytes(gzip.compress(US.encode()))
    assert Csv(path).fetch("ABC").rows() == TWO_DAYS
    assert Csv(tmp_path).assets() == ["ABC"]


REFUSED: list[Any] = [
    pytest.param(days("03/04/2020", "04/04/2020"), {}, TimeError, "month first.*day first.*='us'", id="months"),
    pytest.param(
        HEAD.replace(",", ";") + "2024-02-28;1,234;1,234;1,234;1,234;0\n", {}, BarsError, "'1,234' can be read in two",
        id="1,234",
    ),
    pytest.param(US.replace("02/29", "29/02"), {}, TimeError, "row 1: date '29/02/2024' cannot", id="mixed"),
    pytest.param(US.replace("02/29", "02/30"), {}, TimeError, "row 1: date '02/30/2024'", id="no such day"),
    pytest.param(US, {"date_format": "eu"}, TimeError, "row 0: date '02/28/2024' cannot be read as %d", id="not eu"),
    pytest.param(US, {"date_format": "iso"}, TimeError, "cannot be read as iso", id="not iso"),
    pytest.param(US, {"date_format": "%Q%"}, TimeError, "cannot be read as %Q%", id="no format"),
    pytest.param(US, {"encoding": "utf-99"}, ParameterError, "is no encoding", id="no encoding"),
    pytest.param(US, {"encoding": "utf-16"}, BarsError, "is not written in utf-16", id="another encoding"),
    pytest.param(US, {"columns": {"Datum": "date"}}, ParameterError, "'Datum'; did you mean 'Date'", id="name"),
    pytest.param(HEAD.replace("Open", "Close") + "2024-02-28,1,1,1,1,1\n", {}, BarsError, "missing: open", id="twice"),
    pytest.param("1,2\n3,4\n", {}, BarsError, "has no names in 2 columns", id="neither header nor usual"),
    pytest.param("2024-02-28,1,1,1,1\n", {"columns": ["date"] * 9}, BarsError, "9 names for 5", id="many names"),
    pytest.param(US + "1,2,3,4,5,6,7,8,9\n", {}, BarsError, "is not a readable CSV file", id="a long line"),
    pytest.param(HEAD + ",10,12,9,11,1\n,1,1,1,1,1\n", {}, BarsError, "column date is empty", id="no dates"),
    pytest.param(b"a\x00,b,c,d,e\n\x00,1,1,1,1\n", {}, WorkbenchError, None, id="binary"),
    pytest.param("\n \n", {}, BarsError, "is empty", id="empty lines"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options", "error", "message"), REFUSED)
def test_refused(
    tmp_path: Path, text: str | bytes, options: dict[str, Any], error: type[WorkbenchError], message: str | None
) -> None:
    with pytest.raises(error, match=message):
        Csv(written(tmp_path, text), asset="X", **options).fetch("X")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": ";;"}, "delimiter=';;': give one sign"),
        ({"quote": ""}, "quote='': give one sign"),
        ({"skip_lines": -1}, "skip_lines=-1: give a whole number"),
        ({"header": "yes"}, "header='yes': give True or False"),
        ({"missing": "drop"}, "missing='drop': give one of 'fail', 'skip', 'interpolate'"),
        ({"decimal": ";"}, r"decimal=';': give '\.' or ','"),
        ({"thousands": "x"}, "thousands='x'"),
        ({"decimal": ",", "thousands": ","}, "are the same"),
        ({"date_format": "American"}, "date_format='American'"),
        ({"date_format": "epoch"}, "did you mean 'epoch_s'"),
        ({"columns": "date"}, "columns='date': give names as"),
        ({"columns": {"a": "clse"}}, "'clse' is none of our names.*did you mean 'close'"),
        ({"path": ""}, "path='': give the path"),
        ({"asset": 7}, "asset=7: give its name"),
    ],
)
def test_options_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Csv(**{"path": "prices.csv", **options})


def test_what_the_first_rows_do_not_tell_is_told_by_all(tmp_path: Path) -> None:
    """5,000 rows of the first twelve days of months: only the last one tells that months come first."""
    months = [f"{m:02}/{d:02}/{y}" for y in range(1800, 2080) for m in range(1, 13) for d in (1, 2)]
    rows = "".join(f"{day},1,1,1,1,0\n" for day in months)
    files = Csv(written(tmp_path, HEAD + rows + "12/31/2079,1,1,1,1,0\n"))
    assert files.fetch("prices")["date"][-1] == date(2079, 12, 31)
    with pytest.raises(TimeError, match="month first"):
        Csv(written(tmp_path, HEAD + rows)).fetch("prices")


def test_a_decimal_comma_far_down_is_heeded(tmp_path: Path) -> None:
    head = HEAD.replace(",", ";") + "".join(
        f"2024-{m:02}-{d:02};7;7;7;7;1.000\n" for m in range(1, 13) for d in range(1, 29)
    )
    files = Csv(written(tmp_path, head + "2025-01-01;7,5;7,5;7,5;7,5;1.000\n"))
    assert files.fetch("prices").row(-1)[1:] == (7.5, 7.5, 7.5, 7.5, 1000)
    assert files.fetch("prices").row(0)[1:] == (7, 7, 7, 7, 1000)


def test_bytes_of_another_encoding_far_down_are_named(tmp_path: Path) -> None:
    with pytest.raises(BarsError, match=r"not a readable CSV file.*encoding='cp1252'"):
        Csv(written(tmp_path, FAR_DOWN.encode() + "Ä,2024-01-01,1,1,1,1\n".encode("cp1252"))).fetch("A")


def test_a_byte_that_the_encoding_given_does_not_have(tmp_path: Path) -> None:
    path = written(tmp_path, FAR_DOWN.encode() + b"\x81,2024-01-01,1,1,1,1\n")
    with pytest.raises(BarsError, match="is not written in cp1252"):
        Csv(path, encoding="cp1252").fetch("A")


def test_bytes_of_no_usual_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, b"asset;date;open;high;low;close\n\x81;2024-01-01;1;1;1;1\n")
    assert Csv(path).assets() == ["\x81"]
    assert Csv(path).report()["encoding"] == "latin-1"


def test_a_torn_compressed_file(tmp_path: Path) -> None:
    path = tmp_path / "ABC.csv.gz"
    path.write_bytes(gzip.compress(US.encode())[:-9])
    with pytest.raises(StorageError, match="cannot be read"):
        Csv(path).fetch("ABC")


def test_a_cell_without_end(tmp_path: Path) -> None:
    with pytest.raises(BarsError, match="not a readable CSV file"):
        Csv(written(tmp_path, HEAD + "x" * 200_000)).fetch("prices")


def test_a_file_that_changes_is_read_anew(tmp_path: Path) -> None:
    files = Csv(written(tmp_path, US), asset="X")
    assert files.fetch("X").height == 2
    written(tmp_path, US + "03/01/2024,11,12,10,11.5,200\n")
    assert files.fetch("X").height == 3


def test_an_unusual_layout_is_remarked(tmp_path: Path) -> None:
    bars = Bars.from_csv(written(tmp_path, GERMAN), "X")
    assert [n.kind for n in bars.notices] == ["file"]
    assert "delimiter ';', numbers '1.234,5', times %d.%m.%Y" in bars.notices[0].text
    assert bars.frame["close"].to_list() == [1235.0, 1000.0]


def test_a_plain_layout_is_not(tmp_path: Path) -> None:
    assert Bars.from_csv(written(tmp_path, PANDAS), "X").notices == ()


def test_the_report_is_a_table(tmp_path: Path) -> None:
    report = Csv(written(tmp_path, US)).report()
    assert repr(report).splitlines()[0] == "prices.csv: 2 rows"
    assert "times         %m/%d/%Y    detected  date_format=" in repr(report)
    shown = report._repr_mimebundle_()
    assert ">%m/%d/%Y</td>" in shown["text/html"]
    assert shown["text/plain"] == repr(report)


@pytest.mark.parametrize(
    ("head", "columns", "word", "how", "told"),
    [
        pytest.param("time", None, "close", "detected", 1, id="time is the close, which is told"),
        pytest.param("time", {"time": "open_time"}, "open", "given", 0, id="unless it is said to be the open"),
        pytest.param("timestamp", None, "open", "detected", 0, id="timestamp is the open"),
    ],
)
def test_which_moment_of_a_bar_is_written(
    head: str, columns: dict[str, str] | None, word: str, how: str, told: int, tmp_path: Path
) -> None:
    rows = "2024-02-28T14:31Z,1,1,1,1\n2024-02-28T14:32Z,1,1,1,1\n"
    path = written(tmp_path, f"{head},open,high,low,close\n{rows}")
    assert re.search(rf"bars told by +{word} +{how} +columns=", repr(Csv(path, columns=columns).report()))
    notices = Bars.from_csv(path, "X", columns=columns).notices
    assert sum("close" in notice.text for notice in notices) == told


def test_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is not a file"):
        Csv(tmp_path / "nothing.csv").fetch("X")


def test_frames_are_the_same_by_every_way(tmp_path: Path) -> None:
    """One set of values as text, as gzip, as UTF-16 and as Parquet gives one set of Bars."""
    path = written(tmp_path, minutes("2024-02-28T09:30:00Z", "2024-02-28T09:31:00Z"))
    other = tmp_path / "other.csv"
    other.write_bytes(path.read_text().encode("utf-16"))
    pl.read_csv(path, try_parse_dates=True).write_parquet(tmp_path / "prices.parquet")
    one = Bars.from_csv(path, "X")
    assert Bars.from_csv(other, "X").fingerprint == one.fingerprint
    assert Bars.from_parquet(tmp_path / "prices.parquet", "X").fingerprint == one.fingerprint
