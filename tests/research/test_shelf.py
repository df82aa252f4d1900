"""The saved runs of a folder, listed from their indexes alone."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from hand_made import days

import workbench as wb
from workbench.analytics.metrics import FIGURES
from workbench.errors import ParameterError, StorageError
from workbench.research import demo, storage
from workbench.research.run import Run
from workbench.research.shelf import Shelf, summary


@pytest.fixture(scope="module")
def run() -> Run:
    return demo.run()


@pytest.fixture
def shelf(run: Run, tmp_path: Path) -> Shelf:
    run.save(tmp_path / "first")
    run.save(tmp_path / "deeper" / "second")
    (tmp_path / ".being-written").mkdir()
    (tmp_path / ".being-written" / "run.json").write_text("{}")
    (tmp_path / "notes").mkdir()
    return Shelf(tmp_path)


def test_lists_what_is_saved_at_any_depth(shelf: Shelf) -> None:
    assert [each.name for each in shelf.runs()] == ["deeper/second", "first"]
    assert {each.trouble for each in shelf.runs()} == {""}


def test_a_folder_that_is_a_run_is_listed_by_its_own_name(shelf: Shelf) -> None:
    (only,) = Shelf(shelf.folder / "first").runs()
    assert only.name == "first"


def test_tells_what_the_run_says_of_itself(run: Run, shelf: Shelf) -> None:
    about = shelf.runs()[1].about
    assert (about["strategy"], about["assets"], about["every"]) == ("Cross", ["AAPL"], "1d")
    assert (about["parameters"], about["currency"], about["deposits"]) == (
        {"fast": "20", "slow": "100"},
        "USD",
        "100000",
    )
    assert (about["first"], about["last"]) == ("2001-01-02", "2013-03-01")
    assert {name: about["figures"][name] for name in FIGURES} == {**run.metrics}
    assert about["figures"]["final_equity"] == float(run.final_equity)
    assert (about["figures"]["fills"], about["figures"]["denied"]) == (run.fills.height, 0)
    assert len(about["curve"]) == 64
    assert (about["curve"][0], about["curve"][-1]) == (1.0, round(float(run.final_equity) / 100_000, 4))


def test_reads_no_frame(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a frame was read")

    monkeypatch.setattr(storage, "_read_frame", refused)
    assert len(shelf.runs()) == 2


def test_a_run_saved_before_there_were_summaries_is_read(run: Run, shelf: Shelf) -> None:
    place = shelf.folder / "first"
    frames, document, files = storage.load(place)
    del document["summary"]
    writers = {name: partial(_write, content) for name, content in files.items()}
    storage.save(place, frames, document, writers)
    assert shelf.runs()[1].about == summary(run)


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


TORN = {
    "an index that was cut": lambda place: (place / "run.json").write_bytes((place / "run.json").read_bytes()[:-9]),
    "an index that is none": lambda place: (place / "run.json").write_text(json.dumps({"format": "another"})),
    "a frame that was cut": lambda place: (place / "fills.parquet").write_bytes(b"PAR1"),
    "a frame that is missing": lambda place: (place / "equity.parquet").unlink(),
    "a journal that is missing": lambda place: (place / "events.journal").unlink(),
}


@pytest.mark.parametrize("name", TORN)
def test_what_is_torn_is_listed_with_its_reason(name: str, shelf: Shelf) -> None:
    TORN[name](shelf.folder / "first")
    whole, torn = shelf.runs()
    assert (whole.name, whole.trouble) == ("deeper/second", "")
    assert torn.name == "first"
    assert str(shelf.folder / "first") in torn.trouble
    with pytest.raises(StorageError):
        shelf.load("first")


def test_loads_and_compares_by_name(run: Run, shelf: Shelf) -> None:
    assert shelf.load("deeper/second").state_hash == run.state_hash
    assert shelf.compare("first", "deeper/second").names == ["first", "deeper/second"]
    with pytest.raises(ParameterError):
        shelf.compare("first", "first")
    with pytest.raises(StorageError, match="there is no saved run third"):
        shelf.load("third")


def test_a_run_of_one_bar_and_one_without_trades_have_summaries() -> None:
    class Idle(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            pass

    told = summary(wb.Backtest(Idle(), days(A=[10])).run())
    assert (told["curve"], told["figures"]["fills"], told["figures"]["sharpe"]) == ([1.0], 0, None)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no folder"):
        Shelf(tmp_path / "nowhere")
    assert Shelf(tmp_path).runs() == []
