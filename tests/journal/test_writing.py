"""How a journal is to be written is checked before anything is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hand_made import days, strategy

import workbench as wb
from workbench import journal
from workbench._native import Log, Simulation, record
from workbench.engine.simulation import Host
from workbench.errors import ParameterError

WRONG = [
    ({"path": ""}, "journal='': give the path of a file"),
    ({"path": 3}, "journal=3: give the path of a file, or a journal.File"),
    ({"mode": "both"}, "mode='both' of a journal: give one of delta, full"),
    ({"fsync": True}, "fsync=True of a journal: give one of never, block, always"),
    ({"snapshot_every": 0}, "snapshot_every=0 of a journal: give a whole number from 1 to 1,000,000"),
    ({"snapshot_every": 2.0}, "snapshot_every=2.0 of a journal"),
    ({"snapshot_every": True}, "snapshot_every=True of a journal"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_options(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        journal.File(**{"path": "a", **given})


def test_run_takes_a_path_or_a_file(tmp_path: Path) -> None:
    test = wb.Backtest(strategy(on_bar=lambda *_: None), days(A=[10, 11]), cash=1_000)
    for number, given in enumerate([str(tmp_path / "0"), tmp_path / "1", journal.File(tmp_path / "2")]):
        test.run(journal=given)
        assert len(journal.read(tmp_path / str(number))) == 2
    with pytest.raises(ParameterError, match="journal=3: give the path of a file"):
        test.run(journal=3)  # type: ignore[arg-type]


def test_a_header_holds_plain_values(tmp_path: Path) -> None:
    test = wb.Backtest(strategy(on_bar=lambda *_: None), days(A=[10, 11]), cash=1_000)
    simulation = Simulation(test._setup, {}, Host(test._bars, 0))
    with pytest.raises(ParameterError, match="a header holds text, numbers, bools, None, lists and mappings"):
        record(simulation, tmp_path / "a", {"x": {1}}, False, 10, "never")
    with pytest.raises(ParameterError, match='fsync="often" is unknown; use never, block or always'):
        record(simulation, tmp_path / "a", {}, False, 10, "often")
    plain = {"text": "grün", "list": [1, -7, 2.5, None, True], "inner": {"big": 2**62}}
    record(simulation, tmp_path / "a", plain, False, 10, "block")
    assert Log(tmp_path / "a").header() == plain
    assert Log(tmp_path / "a").is_of(plain)
    assert not Log(tmp_path / "a").is_of({**plain, "text": "x"})
