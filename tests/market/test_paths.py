"""Whatever takes a path takes the same ones, and refuses the same ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.errors import JournalError, ParameterError, StorageError
from workbench.market.paths import local

BARS = wb.simulate.bars("X", every="1d", n=5, seed=1, start="2024-01-01")


class Idle(wb.Strategy):
    """Does nothing."""

    def on_bar(self, ctx, bar):
        """Wait."""


TEST = wb.Backtest(Idle(), BARS)
RUN = TEST.run(progress=False)
ASKS: dict[str, Callable[[Any], object]] = {
    "save": RUN.save,
    "load": wb.load,
    "to_html": RUN.to_html,
    "to_beancount": RUN.to_beancount,
    "journal": lambda path: TEST.run(journal=path),
    "read": wb.journal.read,
    "from_parquet": wb.Dataset.from_parquet,
}
NO_PATHS = [5, b"bytes", "", "a\0b", ["a"]]


@pytest.mark.parametrize("given", NO_PATHS, ids=repr)
@pytest.mark.parametrize("ask", ASKS)
def test_what_is_no_path(ask: str, given: object) -> None:
    with pytest.raises(ParameterError, match=r"(path|folder|journal)=.*: give (a path, as text|the path of a file)"):
        ASKS[ask](given)


@pytest.mark.parametrize("ask", ASKS)
def test_a_name_that_is_too_long(ask: str) -> None:
    with pytest.raises(StorageError, match=r"=.*aaa\.\.\.aaa.* cannot be looked for: File name too long; give another"):
        ASKS[ask]("a" * 300)


def test_no_home() -> None:
    with pytest.raises(StorageError, match=r"path='~nobody-of-that-name/x' cannot be looked for: .*home"):
        local("path", "~nobody-of-that-name/x")


def test_home_and_letters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert RUN.to_html("~/blatt ü.html") == tmp_path / "blatt ü.html"
    assert RUN.to_beancount("~/bücher.beancount").is_file()
    assert wb.load(RUN.save("~/läufe/1")).state_hash == RUN.state_hash
    assert wb.load("~/läufe/1").state_hash == RUN.state_hash
    TEST.run(journal="~/täg.journal", progress=False)
    assert wb.journal.read("~/täg.journal").path == tmp_path / "täg.journal"


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    RUN.save(tmp_path / "run")
    with pytest.raises(JournalError, match=r"run is a saved run; its journal is .*run/events\.journal"):
        wb.journal.read(tmp_path / "run")
    with pytest.raises(JournalError, match=r"there is no journal at .*; write one"):
        wb.journal.read(tmp_path)
