"""Whether a catalog's files are still what was written, and its database fits them.

The one idea: every file was hashed when it was written, and every span says where it begins and ends in time; so a
changed byte, a missing file and an edited row of the database all show without anything to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from typing import TYPE_CHECKING, Final

import polars as pl
from sqlalchemy import func, select

from workbench.errors import StorageError
from workbench.market.catalog.index import found
from workbench.market.catalog.shown import Page, Shown
from workbench.market.catalog.store import file_hash, read
from workbench.market.catalog.tables import datasets, segments, spans
from workbench.market.datasets import Dataset

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from workbench.market.catalog.store import Span

__all__ = ["Verified", "verified"]

MB: Final = 1 << 20
TOGETHER: Final = 200  # spans that are read at once
PROBLEMS: Final = pl.Schema({"file": pl.String(), "asset": pl.String(), "problem": pl.String()})
Problem = tuple[str, str | None, str]


@dataclass(frozen=True, eq=False, repr=False)
class Verified(Shown):
    """What a catalog's files and database were found to be; true when everything is sound.

    `problems` has a row for each: file, asset (null where the whole file is meant), problem.
    """

    problems: pl.DataFrame
    files: int
    rows: int
    bytes: int

    def __bool__(self) -> bool:
        return self.problems.is_empty()

    def _page(self) -> Page:
        size = f"{self.files:,} file{'' if self.files == 1 else 's'}, {self.rows:,} rows, {self.bytes / MB:,.1f} MB"
        if self:
            return Page(f"Verified: {size}, all sound")
        rows = tuple((file, asset or "-", problem) for file, asset, problem in self.problems.iter_rows())
        count = self.problems.height
        note = f"{count:,} problem{'' if count == 1 else 's'}: restore the files from a copy, or ingest again"
        return Page(f"Verified: {size}", ("file", "asset", "problem"), rows, notes=(note,))


def verified(connection: Connection, folder: Path) -> Verified:
    """Hash every file and read every span's ends; see `Catalog.verify`."""
    rows = [dict(row) for row in connection.execute(select(segments).order_by(segments.c.id)).mappings()]
    problems = list(_strays(connection))
    spans_of = {} if problems else _by_segment(connection)
    for row in rows:
        flaws = list(_file(folder, row["file"], row["hash"], row["bytes"]))
        problems += flaws or _segment(folder, spans_of.get(row["id"], []), row["rows"])
    beside = connection.execute(select(datasets.c.file, datasets.c.hash, datasets.c.rows).order_by(datasets.c.id)).all()
    for file, digest, count in beside:
        problems += list(_file(folder, file, digest, None)) or _dataset(folder, file, count)
    problems += _overlaps(spans_of)
    held = sum(row["rows"] for row in rows) + sum(count for _, _, count in beside)
    size = sum(row["bytes"] for row in rows) + sum(_size(folder / file) for file, _, _ in beside)
    made = pl.DataFrame(problems, schema=PROBLEMS, orient="row")
    return Verified(made, len(rows) + len(beside), held, size)


def _strays(connection: Connection) -> Iterator[Problem]:
    """Spans of files that the database does not have."""
    query = select(spans.c.segment_id, func.count()).group_by(spans.c.segment_id)
    for number, count in connection.execute(query.where(spans.c.segment_id.not_in(select(segments.c.id)))):
        yield f"segment {number}", None, f"the database has no such file, but {count:,} spans of it"


def _by_segment(connection: Connection) -> dict[int, list[Span]]:
    made: dict[int, list[Span]] = {}
    for kind, every in connection.execute(select(spans.c.kind, spans.c.every).distinct()).all():
        for of_asset in found(connection, None, kind, every).values():
            for span in of_asset:
                made.setdefault(span.segment_id, []).append(span)
    return made


def _file(folder: Path, name: str, digest: str, size: int | None) -> Iterator[Problem]:
    path = folder / name
    try:
        if size is not None and path.stat().st_size != size:
            yield name, None, f"it has {path.stat().st_size:,} bytes, not {size:,}"
        elif (now := file_hash(path)) != digest:
            yield name, None, f"its SHA-256 is {now[:12]}..., not {digest[:12]}..."
    except FileNotFoundError:
        yield name, None, "it is missing"
    except OSError as error:
        yield name, None, f"it cannot be read: {error}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _dataset(folder: Path, file: str, rows: int) -> Iterator[Problem]:
    """Whether the sound file of a dataset has the rows that the database says."""
    try:
        held = len(Dataset.from_parquet(folder / file))
    except StorageError as error:
        yield file, None, str(error)
        return
    if held != rows:
        yield file, None, f"the database says {rows:,} rows, the file has {held:,}"


def _segment(folder: Path, spans_of: Sequence[Span], rows: int) -> Iterator[Problem]:
    """Whether the spans of a sound file lie in it and are as they say."""
    for span in spans_of:
        if span.row < 0 or span.rows < 1 or span.row + span.rows > rows:
            yield span.file, span.asset, f"the database says {_where(span)}, the file has {rows:,}"
            return
    for i in range(0, len(spans_of), TOGETHER):
        try:
            yield from _ends(folder, spans_of[i : i + TOGETHER])
        except StorageError as error:
            yield spans_of[i].file, None, str(error)


def _ends(folder: Path, spans_of: Sequence[Span]) -> Iterator[Problem]:
    """Spans whose rows do not begin and end when the database says, or are out of order."""
    first = "open_time" if spans_of[0].kind == "bars" else "time"
    times = read(folder, spans_of, list(dict.fromkeys([first, "time"])))
    for span, end in zip(spans_of, accumulate(span.rows for span in spans_of), strict=True):
        rows = times.slice(end - span.rows, span.rows)
        if (rows[first].to_physical()[0], rows["time"].to_physical()[-1]) != (span.start_us, span.end_us):
            yield span.file, span.asset, f"the database says other times for {_where(span)} than the file"
        elif not rows[first].is_sorted():
            yield span.file, span.asset, f"{_where(span)} are not in order of time"


def _where(span: Span) -> str:
    return f"{span.kind}{f' of {span.every}' if span.every else ''} in rows {span.row:,} to {span.row + span.rows:,}"


def _overlaps(spans_of: dict[int, list[Span]]) -> Iterator[Problem]:
    """Spans of one series that lie over each other in time."""
    flat = [span for of_segment in spans_of.values() for span in of_segment]
    flat.sort(key=lambda span: (span.asset, span.kind, span.every, span.start_us))
    for _, group in groupby(flat, key=lambda span: (span.asset, span.kind, span.every)):
        for before, after in pairwise(group):
            if after.start_us < before.end_us:
                yield after.file, after.asset, f"{_where(after)} overlap those of {before.file} in time"
