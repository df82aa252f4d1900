"""The command line of a catalog: real files in, text and JSON out, and what is said when something is wrong."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

import workbench as wb
from workbench import cli
from workbench.market import simulate

CSV = "Date;Open;High;Low;Close;Volume\n02.01.2024;1,5;1,6;1,4;1,5;100\n03.01.2024;1,5;1,6;1,4;1,5;100\n"
GAP = CSV + "05.01.2024;1,5;1,6;1,4;1,5;100\n"
MANY = "date,asset,open,high,low,close\n2024-01-02,ABC,1,1,1,1\n2024-01-02,B,1,1,1,1\n"
BAD = "date,open,high,low,close,volume\n2024-01-02,10,11,9,10,5\n2024-01-03,10,9,11,10,5\n2024-01-04,10,11,9,10,5\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, with the catalog of the environment beside what the tests write."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_CATALOG", str(tmp_path / "held"))
    (tmp_path / "abc.csv").write_text(GAP)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.commands, list(arguments), prog_name="workbench")


def told(*arguments: str) -> str:
    """The text of a command that ends well and says nothing on stderr."""
    answer = run(*arguments)
    assert (answer.exit_code, answer.stderr) == (0, ""), answer.output
    return answer.stdout


def value(*arguments: str) -> Any:
    """The JSON of a command, on one line."""
    text = told(*arguments, "--json")
    assert text.count("\n") == 1
    return json.loads(text)


def refused(*arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a command that fails; nothing on stdout, and no traceback."""
    answer = run(*arguments)
    assert answer.stdout == ""
    assert isinstance(answer.exception, SystemExit)
    assert "Traceback" not in answer.stderr
    return answer.exit_code, answer.stderr


def test_a_csv_file_from_ingest_to_export(here: Path) -> None:
    assert (
        told("ingest", "csv", "abc.csv", "--asset", "ABC").splitlines()[-1].startswith("3 bars of ABC (1d) from csv:")
    )
    assert told("catalog", "list") == "ABC\n"
    assert told("catalog", "info", "ABC").startswith("ABC: equity, USD, 24/7, 1 digits of prices")
    assert "3 bars, 1 missing, 2024-01-02 to 2024-01-05" in told("catalog", "coverage")
    assert told("catalog", "validate", "ABC").startswith("Quality of 3 x 1d of ABC: 1 warning")
    assert told("catalog", "verify").endswith(", all sound\n")
    assert told("catalog", "export", "out", "--format", "csv").splitlines() == ["out/ABC.csv", "out/actions.csv"]
    assert told("catalog", "clean", "--keep", "2024-01-03").startswith("Clean: 1 row went")
    assert wb.Catalog(here / "held")["ABC"].frame["open"].to_list() == [1.5, 1.5]


def test_json_of_each_command(here: Path) -> None:
    report = value("ingest", "csv", "abc.csv", "--asset", "ABC")
    assert (report["assets"], report["rows"], report["gaps"]) == (["ABC"], 3, 1)
    assert [notice["kind"] for notice in report["notices"]] == ["file"]
    assert value("catalog", "list") == ["ABC"]
    facts = value("catalog", "info", "ABC")
    assert (facts["asset"], facts["price_step"], facts["series"][0]["rows"]) == ("ABC", "0.1", 3)
    assert facts["series"][0]["first"] == "2024-01-02T00:00:00+00:00"
    whole = value("catalog", "info")
    assert (whole["folder"], whole["assets"], len(whole["ingests"])) == (str(here / "held"), ["ABC"], 1)
    assert value("catalog", "coverage")[0]["missing"] == 1
    quality = value("catalog", "validate")
    assert (quality["ok"], quality["counts"], quality["findings"][0]["rule"]) == (True, {"gap": 1}, "gap")
    checked = value("catalog", "verify")
    assert (checked["ok"], checked["files"], checked["rows"], checked["problems"]) == (True, 1, 3, [])
    assert value("catalog", "clean", "--dry-run") == {"dry_run": True, "files": [], "bytes": 0, "rows": []}
    assert value("catalog", "export", "out") == ["out/ABC.parquet", "out/actions.parquet"]


def test_options_reach_the_file(here: Path) -> None:
    """Dates with the month first, a name for the file, a window, a calendar and a currency."""
    lines = ["date|open|high|low|close", "01/02/2024|1.5|1.5|1.5|1.5", "01/03/2024|2.5|2.5|2.5|2.5"]
    (here / "x.txt").write_text("\n".join(lines), encoding="utf-16")
    layout = ["--delimiter", "|", "--encoding", "utf-16", "--date-format", "us", "--decimal", "."]
    told("ingest", "csv", "x.txt", "--asset", "X", *layout, "--calendar", "XETR", "--currency", "EUR",
         "--start", "2024-01-03", "--missing", "fail", "--every", "1d")  # fmt: skip
    bars = wb.Catalog(here / "held")["X"]
    assert (bars.frame["open"].to_list(), bars.assets[0].calendar, bars.assets[0].currency) == ([2.5], "XETR", "EUR")


def test_times_of_a_zone_and_a_length(here: Path) -> None:
    at = [f"2024-01-02T09:{minute}" for minute in (30, 31, 32)]
    rows = {"open_time": at, **dict.fromkeys(("open", "high", "low", "close", "volume"), 1.0)}
    pl.DataFrame(rows).write_parquet(here / "x.parquet")
    code, error = refused("ingest", "parquet", "x.parquet", "--every", "1m")
    assert code == 1
    assert "tz=" in error
    told("ingest", "parquet", "x.parquet", "--every", "1m", "--tz", "America/New_York", "--calendar", "XNYS")
    assert wb.Catalog(here / "held").bars("x", every="1m").frame["time"][0] == datetime(2024, 1, 2, 14, 31, tzinfo=UTC)
    assert told("catalog", "list", "--every", "1m") == "x\n"
    assert told("catalog", "list", "--every", "1d") == ""


def test_some_assets_of_a_file(here: Path) -> None:
    bars = pl.concat([simulate.bars(name, "1d", n=5).frame for name in "ABC"])
    bars.select("asset", date="session", open="open", high="high", low="low", close="close").write_parquet(
        "all.parquet"
    )
    told("ingest", "parquet", "all.parquet", "--asset", "B")
    told("ingest", "parquet", "all.parquet", "--asset", "A", "--asset", "B")
    assert told("catalog", "list") == "A\nB\n"
    assert "new" in told("ingest", "parquet", "all.parquet")
    assert value("catalog", "list", "--kind", "equity") == ["A", "B", "C"]


def test_a_csvdir(here: Path) -> None:
    (here / "bundle" / "daily").mkdir(parents=True)
    row = "2024-01-02,1,1,1,1,5,0,1\n2024-01-03,1,1,1,1,5,0.25,1\n"
    (here / "bundle" / "daily" / "ABC.csv").write_text("date,open,high,low,close,volume,dividend,split\n" + row)
    assert value("ingest", "csvdir", "bundle", "--calendar", "XNYS")["actions"] == 1


@pytest.mark.parametrize(("policy", "rows"), [("drop", 2), ("fix", 3)])
def test_rows_that_cannot_be_true(here: Path, policy: str, rows: int) -> None:
    (here / "bad.csv").write_text(BAD)
    code, error = refused("ingest", "csv", "bad.csv")
    assert (code, error.startswith("Error: row 1")) == (1, True)
    report = value("ingest", "csv", "bad.csv", "--policy", policy)
    assert (report["rows"], report["findings"]["ohlc"]) == (rows, 1)


def test_what_was_read_is_not_read_again(here: Path) -> None:
    told("ingest", "csv", "abc.csv")
    assert "refresh=True" in told("ingest", "csv", "abc.csv")
    assert value("ingest", "csv", "abc.csv", "--refresh")["unchanged"] == 3
    (here / "abc.csv").write_text(GAP.replace("1,6", "1,7"))
    assert value("ingest", "csv", "abc.csv")["replaced"] == 3


def test_a_catalog_that_is_named_comes_before_that_of_the_environment(here: Path) -> None:
    told("ingest", "csv", "abc.csv", "--catalog", "other")
    assert told("catalog", "list", "--catalog", "other") == "abc\n"
    assert not (here / "held").exists()


def test_without_a_name_the_catalog_is_that_of_the_user(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_CATALOG")
    for name in ("XDG_DATA_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(here / "user"))
    code, error = refused("catalog", "list")
    assert (code, error) == (1, f"Error: {wb.Catalog.default().folder} holds no catalog; give --catalog, or make one: "
                                "workbench ingest\n")  # fmt: skip
    told("ingest", "csv", "abc.csv")
    assert wb.Catalog.default().list() == ["abc"]


READING = ["list", "info", "coverage", "validate", "verify", "clean"]


@pytest.mark.parametrize("command", [[name] for name in READING] + [["export", "out"]], ids=str)
def test_a_folder_without_a_catalog_is_not_an_empty_one(here: Path, command: list[str]) -> None:
    code, error = refused("catalog", *command, "--catalog", "hold")
    assert (code, error.startswith(f"Error: {here / 'hold'} holds no catalog; give --catalog")) == (1, True)
    assert not (here / "hold").exists()


# Each row: the command, its exit code, a part of what is said.
WRONG = {
    "no file": (["ingest", "csv", "nothing.csv"], 2, "'nothing.csv' does not exist"),
    "no argument": (["ingest", "csv"], 2, "Missing argument 'FILE'"),
    "no such command": (["catalog", "lst"], 2, "No such command 'lst'"),
    "no such option": (["catalog", "list", "--kinds", "x"], 2, "No such option"),
    "a policy": (["ingest", "csv", "abc.csv", "--policy", "drp"], 2, "'drp' is not one of"),
    "a format": (["catalog", "export", "out", "--format", "xls"], 2, "'xls' is not one of"),
    "an empty file": (["ingest", "csv", "empty.csv"], 1, "empty.csv"),
    "no prices": (["ingest", "csv", "noise.csv"], 1, "noise.csv"),
    "bytes": (["ingest", "csv", "bytes.csv"], 1, "bytes.csv"),
    "no Parquet": (["ingest", "parquet", "abc.csv"], 1, "abc.csv"),
    "an empty folder": (["ingest", "csv", "nothing"], 1, "holds no file that ends in"),
    "a file as folder": (["ingest", "csvdir", "abc.csv"], 1, "abc.csv"),
    "a calendar": (["ingest", "csv", "abc.csv", "--calendar", "NYX"], 1, "calendar='NYX'"),
    "a zone": (["ingest", "csv", "abc.csv", "--tz", "Mars/Base"], 1, "Mars/Base"),
    "a length": (["ingest", "csv", "abc.csv", "--every", "1 day"], 1, "every='1 day'"),
    "a shorter length": (["ingest", "csv", "abc.csv", "--every", "1m"], 1, "daily bars"),
    "a date": (["ingest", "csv", "abc.csv", "--start", "tomorrow"], 1, "tomorrow"),
    "an end before the start": (
        ["ingest", "csv", "abc.csv", "--start", "2024-01-05", "--end", "2024-01-02"], 1, "the end lies before the start"
    ),
    "an asset of the file": (["ingest", "csv", "folder", "--asset", "ABD"], 1, "ABC"),
    "an asset of a file of many": (["ingest", "csv", "many.csv", "--asset", "BAC"], 1, "many.csv holds"),
    "some assets of a file of many": (["ingest", "csv", "many.csv", "--asset", "BAC", "--asset", "B"], 1, "ABC"),
    "an asset twice": (["ingest", "csv", "folder", "--asset", "ABC", "--asset", "ABC"], 1, "each once"),
    "an unknown asset": (["catalog", "info", "HLD"], 1, "HELD"),
    "an unknown asset to export": (["catalog", "export", "out", "HLD"], 1, "HELD"),
    "an unknown asset to cover": (["catalog", "coverage", "HLD"], 1, "HELD"),
    "an unknown asset to validate": (["catalog", "validate", "HLD"], 1, "HELD"),
    "a kind": (["catalog", "list", "--kind", "share"], 1, "kind='share'"),
    "a length that is not held": (["catalog", "validate", "HELD", "--every", "1m"], 1, "1m"),
    "an age": (["catalog", "clean", "--keep", "long"], 1, "long"),
    "a folder that holds something": (["catalog", "export", "folder"], 1, "folder is not empty"),
    "no bundle": (["catalog", "migrate", "folder"], 1, "holds neither daily_equities.bcolz"),
    "a file as catalog": (["catalog", "list", "--catalog", "abc.csv"], 1, "abc.csv is a file"),
    "a torn catalog": (["catalog", "list", "--catalog", "torn"], 1, "cannot be read or written"),
}  # fmt: skip


@pytest.mark.parametrize(("command", "code", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_words(here: Path, command: list[str], code: int, message: str) -> None:
    wb.Catalog(here / "held").ingest(simulate.bars("HELD", "1d", n=5))
    for folder in ("folder", "nothing", "torn"):
        (here / folder).mkdir()
    (here / "folder" / "ABC.csv").write_text(CSV)
    (here / "many.csv").write_text(MANY)
    (here / "empty.csv").write_text("")
    (here / "noise.csv").write_text("a,b\n1,2\n")
    (here / "bytes.csv").write_bytes(bytes(range(256)) * 8)
    (here / "torn" / "catalog.sqlite").write_text("no database, " * 100)
    ended, error = refused(*command)
    assert ended == code, error
    assert message in error
    assert wb.Catalog(here / "held").list() == ["HELD"]


def test_unsound_and_invalid_end_with_1(here: Path) -> None:
    told("ingest", "csv", "abc.csv", "--calendar", "24/7")
    (path,) = (here / "held" / "bars").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    answer = run("catalog", "verify")
    assert (answer.exit_code, answer.stdout.startswith("! 1 problem")) == (1, True)
    answer = run("catalog", "verify", "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["ok"] is False
    assert len(json.loads(answer.stdout)["problems"]) == 1


@pytest.mark.parametrize(
    ("width", "longest"), [("200", 120), ("100", 100), ("60", 60)], ids=["wide", "usual", "narrow"]
)
def test_the_picture_fits_the_terminal(here: Path, monkeypatch: pytest.MonkeyPatch, width: str, longest: int) -> None:
    wb.Catalog(here / "held").ingest(simulate.bars("X", "1d", n=400))
    monkeypatch.setenv("COLUMNS", width)
    title, *lanes = told("catalog", "coverage").splitlines()
    assert title.startswith("Coverage: 400 bars")
    assert max(map(len, lanes)) <= longest
    assert len(lanes) == (2 if width == "60" else 1)
    assert "█" * 10 in lanes[0]


@pytest.mark.parametrize("command", [["ingest"], ["ingest", "csv"], ["catalog"], ["catalog", "migrate"]], ids=str)
def test_help(command: list[str]) -> None:
    text = told(*command, "-h")
    assert text.startswith(f"Usage: workbench {' '.join(command)} ")
    assert "..." not in text.split("Commands:")[-1], "a summary is cut off"
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is made by pty, which is not on Windows")
def test_progress_is_for_a_terminal_alone(here: Path) -> None:
    """The bar goes to a terminal on stderr; stdout has the answer alone."""
    import pty
    import termios

    reader, writer = pty.openpty()
    termios.tcsetwinsize(writer, (24, 80))
    command = [sys.executable, "-m", "workbench", "ingest", "csv", "abc.csv", "--json"]
    place = {**os.environ, "PYTHONPATH": str(Path(wb.__file__).resolve().parents[1])}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=writer, env=place, check=True, cwd=here)
    shown = os.read(reader, 4096) if select.select([reader], [], [], 0)[0] else b""
    os.close(writer)
    os.close(reader)
    assert json.loads(done.stdout)["new"] == 3
    assert b"csv: " in shown
