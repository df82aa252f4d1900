"""The block that a browser reads, taken apart here by the letter of its description."""

from __future__ import annotations

import json
import math
import struct
import zlib
from typing import Any

import polars as pl
import pytest

from workbench.views.replay.packing import packed


def unpacked(block: bytes) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """The head, and the columns by name."""
    assert block[:4] == b"WBP1"
    (length,) = struct.unpack("<I", block[4:8])
    head = json.loads(block[8 : 8 + length])
    body, columns = block[8 + length :] if head.get("plain") else zlib.decompress(block[8 + length :]), {}
    for column in head["columns"]:
        count, width = column["length"], {"f8": 8, "i4": 4}[column["type"]]
        apart, body = body[: count * width], body[count * width :]
        rows = (bytes(apart[place * count + row] for place in range(width)) for row in range(count))
        numbers = [struct.unpack("<d" if width == 8 else "<i", row)[0] for row in rows]
        over = column.get("over")
        decimals = [math.nan if whole == -(2**31) else whole / over for whole in numbers] if over else numbers
        columns[column["name"]] = decimals
    assert body == b""
    return head, columns


@pytest.mark.parametrize(
    ("column", "kind", "values", "texts"),
    [
        pytest.param(pl.Series([1 / 3, -0.1]), "f8", [1 / 3, -0.1], None, id="floats"),
        pytest.param(pl.Series([1.5, -0.1, 187.43]), "i4", [1.5, -0.1, 187.43], None, id="decimals"),
        pytest.param(pl.Series([0.1 + 0.2]), "f8", [0.1 + 0.2], None, id="nearly a decimal"),
        pytest.param(pl.Series([2.0**31 - 1, 0.0]), "i4", [2147483647.0, 0.0], None, id="largest whole float"),
        pytest.param(pl.Series([-(2.0**31)]), "f8", [-(2.0**31)], None, id="the one that stands for null"),
        pytest.param(pl.Series([21474836.48]), "f8", [21474836.48], None, id="too large for its digits"),
        pytest.param(pl.Series([2**31 - 1, -7]), "i4", [2147483647, -7], None, id="whole numbers"),
        pytest.param(pl.Series([True, False]), "i4", [1, 0], None, id="Booleans"),
        pytest.param(pl.Series(["b", "a", None, "b"]), "i4", [0, 1, -1, 0], ["b", "a"], id="texts"),
        pytest.param(pl.Series([None], dtype=pl.String), "i4", [-1], None, id="texts of nothing"),
        pytest.param(pl.Series([], dtype=pl.Float64), "i4", [], None, id="empty"),
        pytest.param(pl.Series([], dtype=pl.String), "i4", [], None, id="empty texts"),
    ],
)
def test_columns(column: pl.Series, kind: str, values: list[float], texts: list[str] | None) -> None:
    head, columns = unpacked(packed({"a/b": column}, {"é": 1}))
    assert head["about"] == {"é": 1}
    assert (head["columns"][0]["type"], head["columns"][0].get("texts")) == (kind, texts)
    assert columns["a/b"] == values


def test_null_is_not_a_number() -> None:
    for value in (1.0, 1 / 3):
        _, columns = unpacked(packed({"x": pl.Series([None, value])}, {}))
        assert str(columns["x"]) == f"[nan, {value}]"


def test_the_same_columns_give_the_same_bytes() -> None:
    assert packed({"x": pl.Series([1.0])}, {"a": 1}) == packed({"x": pl.Series([1.0])}, {"a": 1})


def test_columns_that_are_not_deflated_are_the_same() -> None:
    columns = {"x": pl.Series([1.5, None, 1 / 3]), "y": pl.Series(["a", "b"])}
    (head, plain), (_, small) = (unpacked(packed(columns, {}, deflated=each)) for each in (False, True))
    assert head["plain"] is True
    assert str(plain) == str(small)
