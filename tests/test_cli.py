"""The command line: what it prints, what it writes, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.sign import NotebookNotary

import workbench
from workbench import cli, ta
from workbench.errors import BarsError, Interrupted


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_version(empty: Path) -> None:
    answer = CliRunner().invoke(cli.commands, ["--version"], prog_name="workbench")
    assert (answer.exit_code, answer.stdout) == (0, f"workbench {workbench.__version__}\n")


def test_demo_prints_the_summary_and_writes_one_file(empty: Path) -> None:
    answer = CliRunner().invoke(cli.commands, ["demo"])
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert "Cross" in answer.stdout
    assert "AAPL" in answer.stdout
    assert "workbench lab" in answer.stdout
    assert [path.name for path in empty.iterdir()] == ["tearsheet.html"]


def test_tearsheet_stands_alone(empty: Path) -> None:
    CliRunner().invoke(cli.commands, ["demo"])
    page = (empty / "tearsheet.html").read_text()
    assert "<svg" in page
    assert [word for word in ("<script src", "<link", "@import", "url(http", ' src="http') if word in page] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["demmo"], 2, "No such command 'demmo'", id="unknown command"),
        pytest.param(["demo", "--fast"], 2, "No such option", id="unknown option"),
        pytest.param(["demo", "AAPL"], 2, "unexpected extra argument", id="extra argument"),
    ],
)
def test_usage_errors(arguments: list[str], code: int, message: str) -> None:
    answer = CliRunner().invoke(cli.commands, arguments)
    assert answer.exit_code == code
    assert message in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        pytest.param(BarsError("row 3: high below low"), 1, "Error: row 3: high below low\n", id="the library"),
        pytest.param(PermissionError(13, "denied", "x.html"), 1, "Error: [Errno 13] denied: 'x.html'\n", id="the disk"),
        pytest.param(Interrupted("stopped; go on"), 130, "Interrupted: stopped; go on\n", id="Ctrl-C"),
    ],
)
def test_errors_are_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("workbench.research.demo.run", fail)
    answer = CliRunner().invoke(cli.commands, ["demo"])
    assert (answer.exit_code, answer.stdout, answer.stderr) == (code, "", told)


def test_main_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    assert "demo" in capsys.readouterr().out


def test_lab_without_jupyterlab_names_the_extra(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.cli.util.find_spec", lambda name: None)
    answer = CliRunner().invoke(cli.commands, ["lab"])
    assert answer.exit_code == 1
    assert "pip install 'workbench[lab]'" in answer.stderr
    assert list(empty.iterdir()) == []


def test_lab_opens_the_notebooks_and_keeps_mine(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []

    def call(command: list[str]) -> int:
        called.append(command)
        return 0

    monkeypatch.setattr("workbench.cli.subprocess.call", call)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(empty.parent / f"{empty.name}-jupyter"))
    first = CliRunner().invoke(cli.commands, ["lab", "--no-browser"])
    assert first.exit_code == 0
    assert called[0][1:3] == ["-m", "jupyterlab"]
    assert called[0][3] == f"--ServerApp.root_dir={empty / 'notebooks'}"
    assert called[0][-1] == "--no-browser"
    copied = [nbformat.read(each, as_version=4) for each in (empty / "notebooks").glob("*.ipynb")]
    assert copied
    assert all(map(NotebookNotary().check_signature, copied)), "JupyterLab shows their drawings"

    mine = empty / "notebooks" / "quickstart.ipynb"
    mine.write_text("mine")
    CliRunner().invoke(cli.commands, ["lab"])
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("arguments", [["indicators"], ["indicators", "--list"]], ids=str)
def test_indicators_are_listed(arguments: list[str]) -> None:
    answer = CliRunner().invoke(cli.commands, arguments)
    lines = answer.stdout.splitlines()
    assert (answer.exit_code, [line.split("(")[0] for line in lines]) == (0, [f"ta.{name}" for name in ta.__all__])
    (sma,) = [line for line in lines if line.startswith("ta.sma(")]
    assert sma.split("  ")[0] == "ta.sma(n, of='close', *, every=None)"
    assert sma.endswith("Simple moving average: the mean of the last `n` values, from the n-th bar on.")
    (correl,) = [line for line in lines if line.startswith("ta.correl(")]
    assert correl.split("  ")[0] == "ta.correl(n, of='close', *, against, every=None)"
    (macd,) = [line for line in lines if line.startswith("ta.macd(")]
    assert macd.endswith(" Outputs: line, signal, histogram.")


def test_indicators_as_json() -> None:
    told = json.loads(CliRunner().invoke(cli.commands, ["indicators", "--json"]).stdout)
    (found,) = [each for each in told if each["name"] == "ema"]
    assert found["call"] == "ta.ema(n, of='close', *, every=None)"
    assert found["about"].startswith("Exponential moving average: ")
    assert found["outputs"] == []
    (several,) = [each for each in told if each["name"] == "macd"]
    assert several["outputs"] == ["line", "signal", "histogram"]


def test_app_refuses_a_folder_that_is_not_there(empty: Path) -> None:
    answer = CliRunner().invoke(cli.commands, ["app", "runs"])
    told = "Error: there is no folder runs; give the one below which run.save wrote runs\n"
    assert (answer.exit_code, answer.stdout, answer.stderr) == (1, "", told)


def test_app_without_panel_says_how_to_add_it(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.cli.util.find_spec", lambda name: None)
    answer = CliRunner().invoke(cli.commands, ["app", "."])
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "Panel is not installed" in answer.stderr
    assert "workbench[lab]" in answer.stderr


def test_app_serves_the_runs_of_the_folder(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it serves is tested with a browser; here, that the options arrive."""
    given: list[dict[str, object]] = []
    monkeypatch.setattr("panel.serve", lambda pages, **options: given.append(options))
    answer = CliRunner().invoke(cli.commands, ["app", ".", "--port", "50123", "--show"])
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout == "The runs of . are at http://127.0.0.1:50123; Ctrl-C stops it.\n"
    assert (given[0]["address"], given[0]["port"], given[0]["show"]) == ("127.0.0.1", 50123, True)
