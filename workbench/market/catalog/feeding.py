"""The two ways into a catalog, from a frame and from a source, with the options of the call that asked for it.

The one idea: both end in the same `ingest_bars`; a source only brings many frames, one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterError
from workbench.market.bars import Bars
from workbench.market.catalog import registry
from workbench.market.catalog.covered import Moment
from workbench.market.catalog.door import bars_of, present
from workbench.market.catalog.ingest import Origin, ingest_bars
from workbench.market.catalog.sources import Asked, Catch, identity, ingest_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from workbench.market.assets import Asset
    from workbench.market.catalog.database import Database
    from workbench.market.catalog.report import IngestReport
    from workbench.market.quality import QualityReport

__all__ = ["Feeding"]


@dataclass(frozen=True, slots=True)
class Feeding:
    """One call of `ingest`."""

    database: Database
    folder: Path
    every: str | None
    options: Mapping[str, Any]
    redigit: bool
    found: list[QualityReport] = field(default_factory=list)  # before rows were dropped or mended

    def frame(self, given: object, assets: str | Sequence[str] | None, start: Moment, end: Moment) -> IngestReport:
        """Bars or a frame."""
        bars = self._bars(given, assets, self.options, self.every, self._known)
        bars = bars if start is None else bars.since(start)
        bars = present(bars if end is None else bars.until(end))
        parameters = {"start": start, "end": end, "redigit": self.redigit}
        origin = Origin(
            str(self.options.get("source", bars.source)),
            parameters,
            self.redigit,
            on_digits=not isinstance(given, Bars),
        )
        return ingest_bars(self.database, self.folder, bars, origin, inspected=self.found)

    def source(
        self,
        given: Any,
        assets: str | Sequence[str] | None,
        start: Moment,
        end: Moment,
        *,
        refresh: bool,
        progress: Callable[[int, int], None] | None = None,
    ) -> IngestReport:
        """What a source has, as far as it was not asked for before."""
        names = _names(given, assets)
        told = {} if progress is None else {"progress": progress}
        asked = Asked(names, start, end, self.every or "1d", refresh, **told)
        origin = Origin(
            str(self.options.get("source", type(given).__name__.lower())),
            {"of": identity(given), "start": start, "end": end, "refresh": refresh, "redigit": self.redigit},
            self.redigit,
            on_digits=True,
        )
        known = self._known(names)

        def bars(frame: object, asset: str, actions: object) -> Bars:
            told = {"source": origin.source, **({} if actions is None else {"actions": actions})}
            one = {asset: known[asset]} if asset in known else {}
            return self._bars(frame, asset, {**told, **self.options}, asked.every, lambda _: one)

        def keep(found: Bars, also: Callable[[Connection], None]) -> IngestReport:
            inspected = self.found.copy()
            self.found.clear()
            return ingest_bars(self.database, self.folder, found, origin, also, inspected=inspected)

        return ingest_source(given, asked, Catch(self.database, bars, keep))

    def _bars(
        self,
        given: object,
        assets: str | Sequence[str] | None,
        options: Mapping[str, Any],
        every: str | None,
        known: Callable[[Sequence[str]], Mapping[str, Asset]],
    ) -> Bars:
        seen: list[QualityReport] = []
        bars = bars_of(given, assets, every, options, known, redigit=self.redigit, inspected=seen.append)
        self.found.extend(seen)  # what was found in rows that were refused is not of this ingest
        return bars

    def _known(self, names: Sequence[str]) -> dict[str, Asset]:
        with self.database.reading() as connection:
            return {name: asset for name, (_, asset) in registry.load(connection, names).items()}


def _names(given: Any, assets: str | Sequence[str] | None) -> list[str]:
    """The assets wanted of a source, each once; all it can name where none are given."""
    if isinstance(assets, str):
        return [assets]
    names = list(assets) if assets is not None else list(given.assets()) if hasattr(given, "assets") else []
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"assets={assets!r}: name the assets wanted of this source, each once")
    return names
