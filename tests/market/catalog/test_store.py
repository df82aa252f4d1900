"""Files of whole ticks: what is read is what was written, bit by bit, also in parts, and damage is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from workbench.errors import InternalError, StorageError
from workbench.market.bars import BARS
from workbench.market.catalog import store
from workbench.market.catalog.coding import BLOCK

T0 = datetime(2024, 1, 1, tzinfo=UTC)
T0_US = 1_704_067_200_000_000
MINUTE_US = 60_000_000


def bars(name: str, prices: list[float], volumes: list[float | None]) -> pl.DataFrame:
    """Minutes whose open, high, low and close are the same."""
    count = len(prices)
    starts = pl.Series(np.arange(count) * MINUTE_US + T0_US).cast(pl.Datetime("us", "UTC"))
    columns = {"open_time": starts, "time": starts.dt.offset_by("1m"), "session": starts.dt.date()}
    values = dict.fromkeys(("open", "high", "low", "close"), pl.Series(prices, dtype=pl.Float64))
    volume = pl.Series(volumes, dtype=pl.Float64)
    return pl.DataFrame({"asset": [name] * count, **columns, **values, "volume": volume}, schema=BARS)


def kept(folder: Path, frame: pl.DataFrame, digits: dict[str, tuple[int, int]]) -> list[store.Span]:
    """The frame written, as spans of its assets."""
    runs = [(row["value"], row["len"]) for row in frame["asset"].rle().to_list()]
    pieces = [store.Piece(name, rows, *digits[name]) for name, rows in runs]
    file = store.write(folder, "bars/1-{hash}.parquet", "bars", frame, pieces)
    assert store.file_hash(folder / file.file) == file.hash
    assert (file.rows, file.bytes) == (frame.height, (folder / file.file).stat().st_size)
    spans, at = [], 0
    for piece in pieces:
        times = frame.slice(at, piece.rows)["open_time"].to_physical()
        made = store.Span(
            id=0,
            segment_id=0,
            ingest_id=0,
            asset=piece.asset,
            kind="bars",
            every="1m",
            file=file.file,
            source="a test",
            layout=file.layout,
            row=at,
            rows=piece.rows,
            start_us=times[0],
            end_us=times[-1] + MINUTE_US,
            price_digits=piece.price_digits,
            quantity_digits=piece.quantity_digits,
            synthetic=False,
        )
        spans.append(made)
        at += piece.rows
    return spans


DRAW = np.random.default_rng(5)
WALK = (np.cumsum(DRAW.integers(-3, 4, 2 * BLOCK + 77)) + 100_000) / 100
VALUES = [
    ("a price of 1e-10", [1e-10, 3e-10, 2e-10], [1.0, 2.0, 3.0], (12, 0)),
    ("volumes of 1e13", [1.5, 2.5, 3.5], [1e13, 12_345_678_901_234.25, 0.0], (1, 2)),
    ("unknown volumes", [1.5, 2.5, 3.5], [None, 5.0, None], (1, 0)),
    ("a step beyond 32 bits", [0.01, 21_474_836.48, 0.01], [1.0, 1.0, 1.0], (2, 0)),
    ("up to 2^51 ticks", [2.0**51 - 1, 1.0, 2.0**50], [2.0**51 - 1, 0.0, 1.0], (0, 0)),
    ("tenths that floats do not hold", [0.1, 0.2, 0.3], [0.7, 0.6, 1.1], (1, 1)),
    ("one row", [5.0], [1.0], (0, 0)),
    ("several blocks", WALK.tolist(), [float(i % 7) for i in range(len(WALK))], (2, 0)),
]


@pytest.mark.parametrize(("prices", "volumes", "digits"), [v[1:] for v in VALUES], ids=[v[0] for v in VALUES])
def test_what_is_read_is_what_was_written(
    tmp_path: Path, prices: list[float], volumes: list[float | None], digits: tuple[int, int]
) -> None:
    frame = bars("X", prices, volumes)
    spans = kept(tmp_path, frame, {"X": digits})
    assert store.read(tmp_path, spans).equals(frame)


def test_a_bar_has_its_own_bounds_and_session(tmp_path: Path) -> None:
    """A half day, a session that opens on the evening before it, and one of two days later."""
    times = [(0, 3), (20, 24), (48, 49)]
    frame = bars("X", [3.0, 4.0, 5.0], [1.0, 2.0, 3.0]).with_columns(
        open_time=pl.Series([T0_US + a * 3_600_000_000 for a, _ in times]).cast(pl.Datetime("us", "UTC")),
        time=pl.Series([T0_US + b * 3_600_000_000 for _, b in times]).cast(pl.Datetime("us", "UTC")),
        session=pl.Series([date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 5)]),
    )
    spans = kept(tmp_path, frame, {"X": (0, 0)})
    assert store.read(tmp_path, spans).equals(frame)
    assert store.read(tmp_path, spans, ["session", "time"]).equals(frame.select("session", "time"))


@pytest.mark.parametrize("columns", [["close"], ["open"], ["high", "volume"], ["low", "asset"], ["time"], ["session"]])
def test_columns_alone(tmp_path: Path, columns: list[str]) -> None:
    frame = bars("X", [1.0, 7.0, 3.0], [1.0, None, 3.0])
    assert store.read(tmp_path, kept(tmp_path, frame, {"X": (0, 0)}), columns).equals(frame.select(columns))


def test_rows_of_several_spans_in_any_order(tmp_path: Path) -> None:
    """Assets with digits of their own in one file; parts that begin and end inside blocks."""
    frames = {name: bars(name, (WALK + i).tolist(), [1.0] * len(WALK)) for i, name in enumerate("ABC")}
    spans = kept(tmp_path, pl.concat(frames.values()), {"A": (2, 0), "B": (4, 1), "C": (2, 0)})
    whole = store.read(tmp_path, [spans[2], spans[0], spans[1]])
    assert whole.equals(pl.concat([frames["C"], frames["A"], frames["B"]]))
    some = [replace(spans[1], row=spans[1].row + 5, rows=BLOCK + 9), replace(spans[0], row=3, rows=4)]
    assert store.read(tmp_path, some).equals(pl.concat([frames["B"][5 : BLOCK + 14], frames["A"][3:7]]))


@pytest.mark.parametrize(
    ("start", "end", "least", "most"),
    [
        (0, None, 0, 2 * BLOCK + 77),
        (BLOCK + 1, BLOCK + 2, BLOCK, 2 * BLOCK),
        (2 * BLOCK, None, 2 * BLOCK, 2 * BLOCK + 77),
    ],
    ids=["all", "the middle block", "the last block"],
)
def test_blocks_outside_a_window_are_left_out(
    tmp_path: Path, start: int, end: int | None, least: int, most: int
) -> None:
    (span,) = kept(tmp_path, bars("X", WALK.tolist(), [1.0] * len(WALK)), {"X": (2, 0)})
    end_us = None if end is None else T0_US + end * MINUTE_US
    (found,) = store.narrowed([span], T0_US + start * MINUTE_US, end_us)
    assert (found.row, found.row + found.rows) == (least, most)


def test_spans_outside_a_window_are_left_out(tmp_path: Path) -> None:
    (span,) = kept(tmp_path, bars("X", [1.0, 2.0], [1.0, 1.0]), {"X": (0, 0)})
    assert store.narrowed([span], T0_US + 3 * MINUTE_US, None) == []
    assert store.narrowed([span], None, T0_US) == []


def test_no_spans_give_no_rows(tmp_path: Path) -> None:
    assert store.read(tmp_path, []).schema == BARS


def test_values_off_their_digits_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(InternalError, match="close holds values that are not on 1 digits"):
        kept(tmp_path, bars("X", [1.25], [1.0]), {"X": (1, 0)})
    assert not list(tmp_path.rglob("*.*"))


def test_damage_is_told(tmp_path: Path) -> None:
    (span,) = kept(tmp_path, bars("X", [1.0, 2.0], [1.0, 1.0]), {"X": (0, 0)})
    with pytest.raises(StorageError, match="fewer rows than the catalog knows"):
        store.read(tmp_path, [replace(span, rows=3)])
    path = tmp_path / span.file
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(StorageError, match="torn or not a file of this catalog"):
        store.read(tmp_path, [span])
    path.unlink()
    with pytest.raises(store.Gone, match="no longer there"):
        store.read(tmp_path, [span])


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "bars").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot be written"):
        kept(tmp_path, bars("X", [1.0], [1.0]), {"X": (0, 0)})
