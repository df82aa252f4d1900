"""What an ingest did, counted: the answer of `catalog.ingest`.

The one idea: every row that came in is new, replaced or unchanged; whatever was moved, missing or left out has a count
and a notice with its remedy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from workbench._types import Notice
from workbench.market.catalog.shown import Page, page_bundle

if TYPE_CHECKING:
    from workbench.market.quality import QualityReport

__all__ = ["IngestReport"]

COUNTS: Final = ("rows", "new", "replaced", "unchanged", "moved", "gaps", "duplicates", "outliers", "actions")


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Counts of one ingest; `rows` is `new` + `replaced` + `unchanged`.

    `moved` values were put on their asset's digits, `gaps` bars are missing between the first and the last of what came
    in, `actions` are splits and dividends that are new or different. `findings` counts what every rule of quality
    found, rows that were dropped or mended included; `quality` has the reports themselves, row by row.

    Example:
        >>> print(IngestReport("a frame", "bars", "1d", ("AAPL",), rows=3, new=2, unchanged=1))
        3 bars of AAPL (1d) from a frame: 2 new, 1 unchanged
    """

    source: str
    kind: str
    every: str
    assets: tuple[str, ...]
    rows: int = 0
    new: int = 0
    replaced: int = 0
    unchanged: int = 0
    moved: int = 0
    gaps: int = 0
    duplicates: int = 0
    outliers: int = 0
    actions: int = 0
    seconds: float = 0.0
    hash: str = ""
    findings: Mapping[str, int] = field(default_factory=dict, repr=False)
    notices: tuple[Notice, ...] = field(default=(), repr=False)
    quality: tuple[QualityReport, ...] = field(default=(), repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON.

        Example:
            >>> IngestReport("a frame", "bars", "1d", ("AAPL",)).to_dict()["assets"]
            ['AAPL']
        """
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "quality"}
        made = {"assets": list(self.assets), "findings": dict(self.findings)}
        return {**told, **made, "notices": [asdict(notice) for notice in self.notices]}

    def __add__(self, other: IngestReport) -> IngestReport:
        """Both as one: what batches of the same ingest add up to."""
        counts = {name: getattr(self, name) + getattr(other, name) for name in COUNTS}
        names = tuple(dict.fromkeys(self.assets + other.assets))
        notices = tuple(dict.fromkeys(self.notices + other.notices))
        found = dict(Counter(self.findings) + Counter(other.findings))
        told: dict[str, Any] = {"hash": other.hash, "notices": notices, "quality": self.quality + other.quality}
        seconds = self.seconds + other.seconds
        return IngestReport(
            self.source, self.kind, self.every, names, **counts, seconds=seconds, findings=found, **told
        )

    def __str__(self) -> str:
        counts = {name: getattr(self, name) for name in COUNTS[1:]}
        found = [_counted(count, name) for name, count in counts.items() if count]
        return f"{self.rows:,} {self._title()}: {', '.join(found) or 'nothing'}"

    def _title(self) -> str:
        """What came in, whose it is, and where from."""
        names = ", ".join(self.assets) if len(self.assets) <= 3 else f"{len(self.assets):,} assets"
        length = f" ({self.every})" if self.every else ""
        return f"{self.kind}{' of ' * bool(names)}{names}{length} from {self.source}"

    def _told(self) -> tuple[Notice, ...]:
        """The notices, before them the finding that costs most where it goes unseen."""
        count = self.findings.get("split", 0)
        like = "looks like a split" if count == 1 else "look like splits"
        text = f"{_counted(count, 'jumps')} {like} without an action"
        remedy = "a run takes that for a loss; ingest the actions too, unless they are held already; see report.quality"
        return (*([Notice("split", count, text, remedy)] if count else []), *self.notices)

    def __repr__(self) -> str:
        return "\n".join([*(f"! {notice}" for notice in self._told()), f"{self}, in {self.seconds:.2f} s"])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        cells = (*(f"{getattr(self, name):,}" for name in COUNTS), f"{self.seconds:.2f}")
        page = Page(self._title(), (*COUNTS, "seconds"), (cells,), tuple(map(str, self._told())))
        return page_bundle(page)["text/html"]


def _counted(count: int, name: str) -> str:
    """Counts of things end in an s, and lose it for one."""
    return f"{count:,} {name.removesuffix('s') if count == 1 else name}"
