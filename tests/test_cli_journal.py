"""The commands on a journal, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hand_made import days, strategy

import workbench as wb
from workbench import journal


def told(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workbench", "journal", *arguments], capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def log(tmp_path: Path) -> journal.Journal:
    hold = strategy(on_bar=lambda self, ctx, bar: ctx.buy("A", 1))
    wb.Backtest(hold, days(A=[10, 11, 12]), cash=1_000, volume_cap=None).run(journal=tmp_path / "a.journal")
    return journal.read(tmp_path / "a.journal")


def test_info(log: journal.Journal) -> None:
    assert told("info", str(log.path)) == (0, f"{log}\n", "")
    code, out, _ = told("info", str(log.path), "--json")
    answer = json.loads(out)
    assert (code, answer["records"], answer["notices"]) == (0, len(log), [])
    assert answer["header"] == log.header


def test_verify(log: journal.Journal) -> None:
    assert told("verify", str(log.path)) == (
        0,
        f"{len(log)} records are as they were written; chain {log.verify()}\n",
        "",
    )
    assert json.loads(told("verify", str(log.path), "--json")[1])["chain"] == log.verify()


def test_what_is_torn_or_changed_ends_with_1(log: journal.Journal) -> None:
    content = log.path.read_bytes()
    log.path.write_bytes(content[:-100])
    code, out, _ = told("verify", str(log.path))
    assert (code, out.startswith("! ")) == (1, True)
    log.path.write_bytes(content[:-300] + b"xx" + content[-298:])
    code, out, err = told("verify", str(log.path))
    assert (code, out) == (1, "")
    assert "is not what was written" in err


def test_no_journal() -> None:
    code, _, err = told("info", "nowhere")
    assert code == 1
    assert "there is no journal at nowhere" in err
