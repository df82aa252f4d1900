"""Segments: immutable Parquet files of whole ticks, and how rows of them become frames of float64 again.

The one idea: a price is a whole number of its last digit, close to its neighbours. A file is cut into blocks of equal
length; inside a block times and closes are differences to the row above, and the other prices distances to the close,
so that they are small, take a third of the room of floats and come back exactly: ticks / 10^digits is the float that
was put on those digits. Every block begins anew, so any of them is read alone.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.errors import StorageError
from workbench.market.catalog.coding import BLOCK, Coded, ticks_back, ticks_coded
from workbench.market.disk import sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["Gone", "Piece", "Span", "Written", "file_hash", "narrowed", "read", "write"]

Whole = npt.NDArray[np.int64]
GROUP: Final = 1 << 18  # rows; few groups keep the index at the end of a file short, small pages can be skipped
PAGE_BYTES: Final = 1 << 15
JOB: Final = 4  # blocks that one thread turns into floats at a time
NEAR: Final = 16  # blocks: a hole this small is read along rather than making two reads


class Gone(StorageError):
    """A file that a span points to is no longer there: the catalog has changed since the spans were read."""


@dataclass(frozen=True, slots=True)
class Span:
    """Rows [row, row + rows) of a file: one asset in one stretch of time."""

    id: int
    segment_id: int
    asset: str
    kind: str
    every: str
    file: str
    source: str
    ingest_id: int
    layout: dict[str, Any] = field(repr=False)
    row: int
    rows: int
    start_us: int
    end_us: int
    price_digits: int
    quantity_digits: int
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """So many rows of a frame to be written belong to one asset, with these digits."""

    asset: str
    rows: int
    price_digits: int
    quantity_digits: int


@dataclass(frozen=True, slots=True)
class Written:
    """What the database keeps of a new file."""

    file: str
    rows: int
    bytes: int
    hash: str
    layout: dict[str, Any]


def write(folder: Path, name: str, kind: str, frame: pl.DataFrame, pieces: Sequence[Piece]) -> Written:
    """A new file of the rows of a frame, complete on the disk or not there at all.

    Args:
        folder: the catalog's.
        name: of the new file, relative to it; `{hash}` in it becomes the beginning of its hash.
        kind: "bars", "trades" or "quotes".
        frame: by the schema of the kind, asset after asset in the order of `pieces`, sorted by time.
        pieces: the rows and digits of each asset.

    Raises:
        StorageError: the disk refuses.
        InternalError: values that are not on their digits.
    """
    table, layout = ticks_coded(kind, frame, [(p.rows, p.price_digits, p.quantity_digits) for p in pieces])
    draft = folder / name.format(hash="new")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        table.write_parquet(
            draft,
            compression="zstd",
            compression_level=1,
            row_group_size=GROUP,
            data_page_size=PAGE_BYTES,
            statistics=False,
            mkdir=False,
        )
        sync(draft)
        size, digest = draft.stat().st_size, file_hash(draft)
        name = name.format(hash=digest[:16])
        draft.replace(folder / name)
        sync(draft.parent)
    except OSError as error:
        raise StorageError(
            f"{draft} cannot be written: {error}; see who may write there and what room is left"
        ) from error
    return Written(name, frame.height, size, digest, layout)


def file_hash(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def narrowed(spans: Iterable[Span], start_us: int | None, end_us: int | None) -> list[Span]:
    """The spans without the blocks that lie wholly before `start_us` or from `end_us` on; rows are not looked at."""
    kept = (_narrowed(span, start_us, end_us) for span in spans)
    return [span for span in kept if span is not None]


def _narrowed(span: Span, start_us: int | None, end_us: int | None) -> Span | None:
    if (start_us is not None and span.end_us < start_us) or (end_us is not None and span.start_us >= end_us):
        return None
    first, last = span.row, span.row + span.rows
    starts = span.layout["starts"]
    inner = range(first // BLOCK + 1, (last - 1) // BLOCK + 1)  # blocks that begin inside the span
    for block in inner:
        if start_us is not None and starts[block] <= start_us:
            first = block * BLOCK
        if end_us is not None and starts[block] >= end_us:
            last = block * BLOCK
            break
    return replace(span, row=first, rows=last - first)


@dataclass(frozen=True, slots=True)
class _Target:
    """Rows of a file, and where in the frame they go."""

    file: str
    layout: dict[str, Any]
    row: int
    rows: int
    at: int
    price_digits: int
    quantity_digits: int

    def follows(self, other: _Target) -> bool:
        """Whether it goes on where another one ends, so that both are one."""
        mine = (self.file, self.row, self.at, self.price_digits, self.quantity_digits)
        after = (other.file, other.row + other.rows, other.at + other.rows, other.price_digits, other.quantity_digits)
        return mine == after


def read(
    folder: Path, spans: Sequence[Span], columns: Sequence[str] | None = None, *, kind: str = "bars"
) -> pl.DataFrame:
    """One frame of the rows of some spans, in the order given.

    Args:
        folder: the catalog's.
        spans: of one kind.
        columns: those wanted, in this order; None takes all of the kind.
        kind: of the frame where there are no spans.

    Raises:
        Gone: a file is no longer there.
        StorageError: a file is torn or not one of ours.
    """
    coded = Coded(spans[0].kind if spans else kind, columns)
    arrays = coded.empty(sum(span.rows for span in spans))
    targets = _joined(_targets(spans))
    targets.sort(key=lambda t: (t.file, t.row))
    jobs: list[Callable[[], None]] = []
    for file, group in groupby(targets, key=lambda t: t.file):
        for run in _runs(list(group)):
            jobs += _jobs(folder / file, run, coded, arrays)
    _work(jobs)
    return coded.frame(arrays, [(span.asset, span.rows) for span in spans])


def _targets(spans: Sequence[Span]) -> list[_Target]:
    made, at = [], 0
    for s in spans:
        made.append(_Target(s.file, s.layout, s.row, s.rows, at, s.price_digits, s.quantity_digits))
        at += s.rows
    return made


def _joined(targets: list[_Target]) -> list[_Target]:
    made: list[_Target] = []
    for target in targets:
        if made and target.follows(made[-1]):
            made[-1] = replace(made[-1], rows=made[-1].rows + target.rows)
        else:
            made.append(target)
    return made


def _runs(targets: list[_Target]) -> list[list[_Target]]:
    """Targets of a file, by row, cut where more than a few blocks between them are not needed."""
    runs = [[targets[0]]]
    reach = targets[0].row + targets[0].rows
    for target in targets[1:]:
        if target.row // BLOCK - reach // BLOCK > NEAR:
            runs.append([])
        runs[-1].append(target)
        reach = max(reach, target.row + target.rows)
    return runs


def _jobs(
    path: Path, run: list[_Target], coded: Coded, arrays: dict[str, npt.NDArray[Any]]
) -> list[Callable[[], None]]:
    """One job for each few blocks of a run, which puts the rows wanted in their places."""
    first = run[0].row // BLOCK * BLOCK
    last = max(t.row + t.rows for t in run)
    layout = run[0].layout
    jobs: list[Callable[[], None]] = []
    begin = first
    for part in _parts(_columns(path, coded.stored(layout), first, last)):
        end = begin + len(next(iter(part.values())))
        inside = [t for t in run if t.row < end and t.row + t.rows > begin]
        if inside:
            jobs.append(_job(part, layout, inside, begin, end, coded, arrays))
        begin = end
    return jobs


def _job(
    part: dict[str, Whole],
    layout: dict[str, Any],
    targets: list[_Target],
    begin: int,
    end: int,
    coded: Coded,
    arrays: dict[str, npt.NDArray[Any]],
) -> Callable[[], None]:
    def work() -> None:
        ticks = ticks_back(coded, part, layout)
        for target in targets:
            first, last = max(begin, target.row), min(end, target.row + target.rows)
            rows, place = slice(first - begin, last - begin), slice(target.at + first - target.row, None)
            coded.put(arrays, ticks, rows, place.start, target.price_digits, target.quantity_digits)

    return work


def _work(jobs: list[Callable[[], None]]) -> None:
    """All jobs, on all cores when there are several: numpy lets others run while it counts."""
    if len(jobs) < 4:
        for job in jobs:
            job()
        return
    with ThreadPoolExecutor(min(len(jobs), os.cpu_count() or 1)) as pool:
        for _ in pool.map(lambda job: job(), jobs):
            pass


def _columns(path: Path, names: list[str], first: int, last: int) -> pl.DataFrame:
    """Columns of the rows from a block's first on."""
    try:
        scan = pl.scan_parquet(path, glob=False).select(names)
        frame = scan.slice(first, last - first).collect()
    except FileNotFoundError as error:
        raise Gone(f"{path} is no longer there") from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StorageError(f"{path} is torn or not a file of this catalog ({error}); see catalog.verify()") from error
    if frame.height != last - first:
        raise StorageError(f"{path} has fewer rows than the catalog knows; see catalog.verify()")
    return frame


def _parts(frame: pl.DataFrame) -> Iterator[dict[str, Whole]]:
    """The columns cut into a few blocks each: within the row groups as they came, without a copy, where that can be."""
    chunks = {name: frame[name].get_chunks() for name in frame.columns}
    lengths = {tuple(map(len, each)) for each in chunks.values()}
    if len(lengths) > 1 or any(length % BLOCK for length in next(iter(lengths))[:-1]):
        chunks = {name: [frame[name]] for name in frame.columns}
    arrays = {name: [chunk.to_numpy() for chunk in each] for name, each in chunks.items()}
    for i, array in enumerate(next(iter(arrays.values()))):
        for start in range(0, len(array), JOB * BLOCK):
            yield {name: each[i][start : start + JOB * BLOCK] for name, each in arrays.items()}
