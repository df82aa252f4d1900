"""The journal: the event log of a run on the disk, written while it goes, read, checked, sought in and replayed.

The one idea: what was commanded and what came of it stand in one chain of records; with the bars they were met by, the
commands alone give the run again, without the strategy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engine.names import missing
from workbench.journal.log import Entry, Journal, read
from workbench.journal.replay import Rebuilt
from workbench.journal.writing import File

__all__ = ["Entry", "File", "Journal", "Rebuilt", "read"]


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

    def __getattr__(name: str) -> object:
        raise missing("wb.journal", name, __all__)
