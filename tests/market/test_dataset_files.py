"""A dataset in a Parquet file comes back equal in every value, or not at all."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import workbench as wb
from workbench.errors import StorageError


def everything() -> wb.Dataset:
    """Every type of column, with a null in each, values at their edges and a text of several bytes a letter."""
    columns = {
        "announced": [
            datetime(2024, 1, 25, 21, 30, 0, 1, tzinfo=UTC),
            datetime(1960, 1, 1, 8, tzinfo=UTC),
            datetime(2200, 1, 1, 8, tzinfo=UTC),
        ],
        "asset": ["BTC/USDT", "Ä", "A"],
        "eps": [0.1, None, float("nan")],
        "small": pl.Series([-0.0, 1e-45, None], dtype=pl.Float32),
        "count": pl.Series([2**63 - 1, -(2**63), None]),
        "byte": pl.Series([255, 0, None], dtype=pl.UInt8),
        "text": ["", None, "größer 😀" * 9],
        "exact": [Decimal("12345678901234567890.123456789"), None, Decimal("-0.000000001")],
        "period": [date(2023, 12, 31), None, date(1, 1, 1)],
        "filed": [datetime(2024, 1, 1, 8, tzinfo=UTC), None, datetime(2024, 1, 1, 9, tzinfo=UTC)],
        "clock": [time(16, 30), None, time(0)],
        "delay": [timedelta(microseconds=1), None, timedelta(days=-1)],
        "is_final": [True, None, False],
        "void": [None, None, None],
    }
    return wb.Dataset.from_frame(pl.DataFrame(columns), known_at="announced", name="everything 😀")


def test_what_comes_back_is_equal(tmp_path: Path) -> None:
    made = everything()
    path = made.to_parquet(tmp_path / "all.parquet")
    back = wb.Dataset.from_parquet(str(path))
    assert_frame_equal(back.frame, made.frame, check_exact=True)
    assert back.frame.schema == made.frame.schema
    assert (back.name, back.notices, back.fingerprint) == (made.name, made.notices, made.fingerprint)
    assert len(made.notices) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["all.parquet"]


def test_any_reader_of_parquet_reads_it(tmp_path: Path) -> None:
    path = everything().to_parquet(tmp_path / "all.parquet")
    assert pl.read_parquet(path).columns[:2] == ["known_at", "asset"]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    path.write_bytes(b"something else")
    everything().as_of("2024-02-01").to_parquet(path)
    assert len(wb.Dataset.from_parquet(path)) == 2


def rewritten(path: Path, change: Any, about: Any) -> None:
    metadata = json.loads(pl.read_parquet_metadata(path)["workbench.dataset"])
    frame = change(pl.read_parquet(path))
    frame.write_parquet(path, metadata={"workbench.dataset": json.dumps(about(metadata))})


def same(given: Any) -> Any:
    return given


def put(**values: Any) -> Any:
    return lambda about: {**about, **values}


BROKEN: dict[str, tuple[Any, str]] = {
    "missing": (lambda p: p.unlink(), "is not a file; give the path of a file that Dataset.to_parquet wrote"),
    "empty": (lambda p: p.write_bytes(b""), "is torn or no Parquet file"),
    "torn": (lambda p: p.write_bytes(p.read_bytes()[:-9]), "is torn or no Parquet file"),
    "of another hand": (lambda p: pl.DataFrame({"a": [1]}).write_parquet(p), "was not written by Dataset.to_parquet"),
    "of a later version": (
        lambda p: rewritten(p, same, put(version=2)), "is of version 2, this workbench reads version 1",
    ),
    "a changed value": (
        lambda p: rewritten(p, lambda f: f.with_columns(eps=pl.lit(1.0)), same), "was changed after it was written",
    ),
    "a lost column": (lambda p: rewritten(p, lambda f: f.drop("known_at"), same), "is torn or was changed: the first"),
    "a lost name": (
        lambda p: rewritten(p, same, lambda about: {k: v for k, v in about.items() if k != "name"}),
        "is torn or was changed: 'name'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "message"), BROKEN.values(), ids=BROKEN)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Any, message: str) -> None:
    path = everything().to_parquet(tmp_path / "all.parquet")
    damage(path)
    with pytest.raises(StorageError) as raised:
        wb.Dataset.from_parquet(path)
    assert message in str(raised.value)


def test_a_place_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read or written: No such file or directory"):
        everything().to_parquet(tmp_path / "no" / "all.parquet")
