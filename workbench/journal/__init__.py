"""The journal: the event log of a run on the disk, written while it goes, read, checked, sought in and replayed.

The one idea: what was commanded and what came of it stand in one chain of records; with the bars they were met by, the
commands alone give the run again, without the strategy.
"""

from __future__ import annotations

from workbench.journal.log import Entry, Journal, read
from workbench.journal.replay import Rebuilt
from workbench.journal.writing import File

__all__ = ["Entry", "File", "Journal", "Rebuilt", "read"]
