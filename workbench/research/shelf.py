"""The saved runs of a folder, told without reading them whole.

The one idea: a saved run has a summary of itself in its index, so a list of a thousand runs reads a thousand small
files and no frame. What is torn is listed, too, with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.analytics.returns import session_closes
from workbench.errors import StorageError, WorkbenchError
from workbench.research import storage

if TYPE_CHECKING:
    from workbench.research.compare import Comparison
    from workbench.research.run import Run

__all__ = ["Saved", "Shelf", "summary"]

POINTS: Final = 64


@dataclass(frozen=True)
class Saved:
    """A saved run in a list: its folder's name, what it says of itself, and what is wrong with it, if anything is."""

    name: str
    saved: datetime
    about: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True)
class Shelf:
    """The runs that `run.save` has written below a folder.

    Raises:
        StorageError: there is no such folder.

    Example:
        >>> Shelf("nowhere")
        Traceback (most recent call last):
        workbench.errors.StorageError: there is no folder nowhere; give the one below which run.save wrote runs
    """

    folder: Path

    def __init__(self, folder: str | Path) -> None:
        place = Path(folder).expanduser()
        if not place.is_dir():
            raise StorageError(f"there is no folder {folder}; give the one below which run.save wrote runs")
        object.__setattr__(self, "folder", place)

    def runs(self) -> list[Saved]:
        """Every run as it is now, by name."""
        return [_listed(index.parent, self._name(index.parent)) for index in sorted(self._indexes())]

    def load(self, name: str) -> Run:
        """One of them, whole and checked.

        Raises:
            StorageError: it is not there any more, or torn.
        """
        from workbench.research.run import load

        known = {self._name(index.parent): index.parent for index in self._indexes()}
        if name not in known:
            raise StorageError(f"there is no saved run {name} in {self.folder} any more; look at the list again")
        return load(known[name])

    def compare(self, base: str, other: str) -> Comparison:
        """Two of them side by side.

        Raises:
            StorageError: one is not there any more, or torn.
            WorkbenchError: they cannot be compared.
        """
        from workbench.research.compare import compare

        return compare(**{name: self.load(name) for name in (base, other)})

    def _indexes(self) -> list[Path]:
        """The folder itself may be a saved run; names with a dot in front are being written, or thrown away."""
        found = self.folder.rglob(storage.INDEX)
        return [each for each in found if not any(p.startswith(".") for p in each.relative_to(self.folder).parts)]

    def _name(self, place: Path) -> str:
        return place.relative_to(self.folder).as_posix() if place != self.folder else place.resolve().name


def _listed(place: Path, name: str) -> Saved:
    saved = datetime.fromtimestamp((place / storage.INDEX).stat().st_mtime, UTC)
    try:
        document = storage.document(place)
        return Saved(name, saved, document["summary"] if "summary" in document else _of_old(place))
    except WorkbenchError as error:
        return Saved(name, saved, trouble=str(error))


def _of_old(place: Path) -> dict[str, Any]:
    """A run that was saved before runs had a summary must be read."""
    from workbench.research.run import load

    return summary(load(place))


def summary(run: Run) -> dict[str, Any]:
    """What a list says of a run: strategy, parameters, assets, span, figures, counts, and its curve in a few points."""
    sessions = run.equity["session"]
    return {
        "strategy": run.name,
        "parameters": run.spec["parameters"],
        "assets": run.spec["assets"],
        "every": run.bars.every,
        "first": None if sessions.is_empty() else str(sessions[0]),
        "last": None if sessions.is_empty() else str(sessions[-1]),
        "currency": run.currency,
        "deposits": str(run.deposits),
        "figures": {**run.metrics, "final_equity": float(run.final_equity), **_counts(run)},
        "curve": _curve(run),
    }


def _counts(run: Run) -> dict[str, int]:
    return {"fills": run.fills.height, "denied": run.orders.filter(pl.col("status") == "DENIED").height}


def _curve(run: Run) -> list[float]:
    """Equity over deposits at evenly spaced session closes, the first and the last among them."""
    closes = session_closes(run.equity)["equity"]
    last = closes.len() - 1
    places = sorted({round(i * last / (POINTS - 1)) for i in range(POINTS)}) if last > 0 else range(last + 1)
    return [round(closes[place] / float(run.deposits), 4) for place in places]
