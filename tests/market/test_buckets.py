"""Merged columns against a slow reading, row by row."""

from __future__ import annotations

import math
import random

import polars as pl
import pytest

from workbench.errors import ParameterError
from workbench.market.buckets import merged

HOWS = ("first", "last", "max", "min", "sum")
READINGS = {
    "first": lambda known: known[0],
    "last": lambda known: known[-1],
    "max": max,
    "min": min,
    "sum": sum,
}


def read_slowly(values: list[float | None], size: int, how: str) -> list[float | None]:
    buckets = [values[at : at + size] for at in range(0, len(values), size)]
    known = [[value for value in bucket if value is not None and not math.isnan(value)] for bucket in buckets]
    return [READINGS[how](bucket) if bucket else None for bucket in known]


@pytest.mark.parametrize("size", [1, 2, 4, 7, 64, 1000])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0], ids=["all known", "some unknown", "nothing known"])
def test_merged_columns(size: int, share: float) -> None:
    draw = random.Random(size)
    values = [None if draw.random() < share else float(draw.randint(-50, 50)) for _ in range(250)]
    rows = pl.DataFrame([pl.Series(how, values, pl.Float64()) for how in HOWS])
    found = merged(rows, size, {how: how for how in HOWS})  # type: ignore[misc]  # each is one of the five
    for how in HOWS:
        assert found[how].to_list() == read_slowly(values, size, how), how


def test_nan_is_unknown_and_chunks_are_one_column() -> None:
    parts = [pl.DataFrame({"x": [1.0, math.nan, 3.0]}), pl.DataFrame({"x": [4.0, math.nan]})]
    assert merged(pl.concat(parts, rechunk=False), 2, {"x": "max"})["x"].to_list() == [1.0, 4.0, None]


def test_nothing_gives_nothing() -> None:
    assert merged(pl.DataFrame({"x": []}, schema={"x": pl.Float64}), 3, {"x": "sum"}).rows() == []


@pytest.mark.parametrize(
    ("size", "how", "message"),
    [pytest.param(0, "sum", "size=0", id="size"), pytest.param(2, "middle", 'no "middle"', id="how")],
)
def test_what_cannot_be_merged(size: int, how: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        merged(pl.DataFrame({"x": [1.0]}), size, {"x": how})  # type: ignore[dict-item]  # that is what is refused
