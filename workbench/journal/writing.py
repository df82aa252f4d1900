"""What a journal is told before its first record: where it goes, how much it keeps, and of which run it is.

The one idea: the header is a plain document without a clock in it, so the same run writes the same file, to the byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

import polars as pl

from workbench._native import Log, Simulation, record, write_log
from workbench.engine.agenda import READ
from workbench.engine.setups import to_document
from workbench.engine.simulation import Setup
from workbench.errors import JournalError, ParameterError
from workbench.market.bars import Bars
from workbench.market.datasets import Dataset
from workbench.market.paths import local

__all__ = ["File", "begin", "document", "write"]

Mode = Literal["delta", "full"]
Fsync = Literal["never", "block", "always"]
EVERY: Final = 2_048
EVERY_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class File:
    """Where and how a run writes its journal: `Backtest.run(journal=journal.File("day.journal", mode="full"))`.

    Args:
        path: the file. A path that holds another run's journal, or anything else, is refused; the journal of the very
            same run is written anew.
        mode: "delta" keeps commands and events, "full" also the books at every slice.
        snapshot_every: after so many records the books are kept in full, so that seeking reads no more than that.
        fsync: when bytes are forced onto the disk: "never" (the system decides), after every "block", or "always",
            before the run goes on. Only with "always" does a process that is killed lose nothing but the slice it was
            in, and that costs much; with the others it loses a few thousand records at most.

    Raises:
        ParameterError: an option that makes no sense.

    Example:
        >>> File("day.journal", mode="full").snapshot_every
        2048
    """

    path: str | Path
    mode: Mode = "delta"
    snapshot_every: int = EVERY
    fsync: Fsync = "never"

    def __post_init__(self) -> None:
        if not isinstance(self.path, (str, os.PathLike)) or not str(self.path):
            raise ParameterError(f"journal={self.path!r}: give the path of a file, or a journal.File")
        for name, given, allowed in (("mode", self.mode, Mode), ("fsync", self.fsync, Fsync)):
            if given not in get_args(allowed):
                raise ParameterError(f"{name}={given!r} of a journal: give one of {', '.join(get_args(allowed))}")
        every = self.snapshot_every
        if type(every) is not int or not 1 <= every <= EVERY_MAX:
            raise ParameterError(f"snapshot_every={every!r} of a journal: give a whole number from 1 to {EVERY_MAX:,}")

    @property
    def place(self) -> Path:
        """The path, from the root."""
        return local("journal", self.path).absolute()


def document(
    about: Mapping[str, object], setup: Setup, bars: Bars, data: Sequence[Dataset], mode: Mode, snapshot_every: int
) -> dict[str, Any]:
    """The header of a journal; `about` is the strategy's name, parameters and code hash."""
    from workbench import __version__

    rows = bars.frame.select(pl.len(), pl.col("open_time").min(), last=pl.col("time").max()).row(0)
    return {
        "workbench": __version__,
        "mode": mode,
        "snapshot_every": snapshot_every,
        "strategy": dict(about),
        "setup": to_document(setup),
        "data": {
            "fingerprint": bars.fingerprint,
            "every": bars.every,
            "assets": [str(asset) for asset in bars.assets],
            "calendars": sorted({asset.calendar for asset in bars.assets}),
            "rows": rows[0],
            "first": rows[1].isoformat(),
            "last": rows[2].isoformat(),
            "finer": None if setup.finer is None else setup.finer.fingerprint,
        },
        "datasets": [[dataset.name, dataset.fingerprint] for dataset in data],
        **{name: read.fingerprint for name in READ if (read := getattr(setup, name)) is not None},
    }


def begin(file: File, header: Callable[[], dict[str, Any]]) -> Callable[[Simulation], None]:
    """What begins the journal once the run does; a path that is taken is refused at once.

    Raises:
        JournalError: the path holds something else, or cannot be written.
    """
    place = file.place
    _check_kind(place)

    def start(simulation: Simulation) -> None:
        told = header()
        _check_same(place, told)
        record(simulation, place, told, file.mode == "full", file.snapshot_every, file.fsync)

    return start


def write(simulation: Simulation, path: Path, header: dict[str, Any]) -> None:
    """The journal of a simulation that has ended, in the mode "delta"."""
    write_log(simulation, path, header, header["snapshot_every"])


def _check_kind(place: Path) -> None:
    """Refuse what can be seen to be wrong before anything runs."""
    if not place.parent.is_dir():
        raise JournalError(f"the folder of the journal {place} does not exist; make it first")
    if place.is_dir():
        raise JournalError(f"{place} is a folder; give the path of a file for the journal")
    if place.exists():
        try:
            Log(place)
        except JournalError as error:
            raise JournalError(f"{place} holds something else and is kept ({error}); give another path") from error


def _check_same(place: Path, header: dict[str, Any]) -> None:
    """A journal is evidence: it is replaced by the same run only, which writes the same again."""
    if place.exists() and not Log(place).is_of(header):
        raise JournalError(
            f"{place} holds the journal of another run and is kept; give another path, or remove that file first"
        )
