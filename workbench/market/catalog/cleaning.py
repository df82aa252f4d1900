"""Letting go of what nobody needs: files without bars, and history that is too old.

The one idea: what the catalog shows changes only by `keep`, in the database; files are removed when no span points to
them and no reader can still be at them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import polars as pl
from sqlalchemy import select

from workbench.errors import ParameterError
from workbench.market.catalog.index import Cut, cut, found, swept, unneeded
from workbench.market.catalog.plans import reach_us
from workbench.market.catalog.shown import Page, Shown, many
from workbench.market.catalog.store import read
from workbench.market.catalog.tables import spans
from workbench.market.moments import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from workbench.market.catalog.store import Span

__all__ = ["Cleaned", "cleaned", "horizon", "kept"]

MB: Final = 1 << 20
AGE: Final = re.compile(r"([1-9]\d{0,4})(d|w|mo|y)")
ROWS: Final = pl.Schema({"asset": pl.String(), "kind": pl.String(), "every": pl.String(), "rows": pl.Int64()})
SERIES: Final = ("asset", "kind", "every")
DAYS: Final = {"d": 1, "w": 7, "mo": 30.4375, "y": 365.25}


@dataclass(frozen=True, eq=False, repr=False)
class Cleaned(Shown):
    """What went, or would go: `rows` has the rows by asset, kind and length, `files` the files that were removed."""

    rows: pl.DataFrame
    files: tuple[str, ...]
    bytes: int
    dry_run: bool

    def _page(self) -> Page:
        word = "would go" if self.dry_run else "went"
        held = int(self.rows["rows"].sum())
        size = f"{many(len(self.files), 'file')} of {self.bytes / MB:,.1f} MB"
        title = f"Clean: {many(held, 'row')} {word}, {size} {word}"
        rows = tuple((*series, f"{count:,}") for *series, count in self.rows.iter_rows())
        return Page(title, tuple(self.rows.columns), rows)


def cleaned(connection: Connection, folder: Path, keep: int | date | None, *, dry_run: bool) -> Cleaned:
    """Drop what is older than `keep`, and the files that nobody needs; see `Catalog.clean`."""
    cuts = [] if keep is None else list(_cuts(connection, folder, keep))
    rows = pl.DataFrame(
        [(c.span.asset, c.span.kind, c.span.every, c.span.rows - c.tail) for c in cuts], schema=ROWS, orient="row"
    )
    files = unneeded(connection, folder)
    size = sum((folder / name).stat().st_size for name in files if (folder / name).exists())
    if not dry_run:
        cut(connection, cuts)
        swept(connection, folder)
    sums = rows.group_by(SERIES, maintain_order=True).agg(pl.col("rows").sum())
    return Cleaned(sums.sort(SERIES), tuple(files), size, dry_run)


def _cuts(connection: Connection, folder: Path, keep: int | date) -> Iterator[Cut]:
    """Where each series is cut so that only its newest part stays."""
    for kind, every in connection.execute(select(spans.c.kind, spans.c.every).distinct()).all():
        for of_asset in found(connection, None, kind, every).values():
            last = _days(folder, _tail(of_asset[-1], 1))["day"][0]
            yield from _older(folder, of_asset, horizon(keep, last))


def _days(folder: Path, span: Span) -> pl.DataFrame:
    """When each row begins, and its day: the session of a bar, the day in UTC of a trade or quote."""
    if span.kind == "bars":
        return read(folder, [span], ["open_time", "session"]).select(pl.col("open_time").alias("at"), day="session")
    return read(folder, [span], ["time"]).select(pl.col("time").alias("at"), day=pl.col("time").dt.date())


def horizon(keep: int | date, last: date) -> date:
    """The first day that is kept of a series that ends at `last`.

    Example:
        >>> horizon(90, date(2024, 4, 1)), horizon(date(2024, 2, 29), date(2024, 4, 1))
        (datetime.date(2024, 1, 2), datetime.date(2024, 2, 29))
    """
    return date.fromordinal(max(last.toordinal() - keep, 1)) if isinstance(keep, int) else keep


def kept(keep: object) -> int | date:
    """How many days before the last one are kept, or the first date that is.

    Raises:
        ParameterError, TimeError: something that is neither an age nor a date.

    Example:
        >>> kept("12w"), kept("2024-02-29")
        (84, datetime.date(2024, 2, 29))
    """
    if isinstance(keep, str) and (age := AGE.fullmatch(keep)):
        return round(int(age[1]) * DAYS[age[2]])
    given = moment("keep", keep) if isinstance(keep, (str, date)) else None
    if given is None or isinstance(given, datetime):
        raise ParameterError(
            f"keep={keep!r}: give an age such as '90d', '12w', '6mo' or '2y', or the first date to keep"
        )
    return given


def _older(folder: Path, of_asset: list[Span], first: date) -> Iterator[Cut]:
    """Cuts of the spans that begin before a session; those that lie wholly before it go without being read."""
    for span in of_asset:
        if span.end_us < reach_us(first, -1, span.every):
            yield Cut(span, 0, 0, 0, 0)
        elif span.start_us < reach_us(first, 1, span.every):
            rows = _days(folder, span)
            old = int((rows["day"] < first).sum())
            if old:
                start = rows["at"].to_physical()[old] if old < span.rows else 0
                yield Cut(span, 0, 0, span.rows - old, start)


def _tail(span: Span, rows: int) -> Span:
    return replace(span, row=span.row + span.rows - rows, rows=rows)
