"""Where runs part, by hand: two slices, two assets, fills at opens and at closes."""

from __future__ import annotations

import polars as pl
import pytest

from workbench.analytics.parting import parted, slices_of

TIMES = pl.Series([10, 20, 30])
Fill = tuple[int, str, str, str, float, float]  # time, moment, asset, side, quantity, price


def fills(*rows: Fill) -> pl.DataFrame:
    types = [pl.Int64, pl.String, pl.String, pl.String, pl.Float64, pl.Float64]
    names = ["time", "moment", "asset", "side", "quantity", "price"]
    return pl.DataFrame(rows, dict(zip(names, types, strict=True)), orient="row")


@pytest.mark.parametrize(
    ("time", "moment", "found"),
    [
        pytest.param(10, "close", 0, id="at a close"),
        pytest.param(10, "open", 1, id="an open at the close of the slice before"),
        pytest.param(12, "open", 1, id="between"),
        pytest.param(5, "open", 0, id="before the first close"),
        pytest.param(30, "close", 2, id="last close"),
    ],
)
def test_a_fill_belongs_to_the_slice_that_knows_of_it(time: int, moment: str, found: int) -> None:
    assert slices_of(fills((time, moment, "X", "buy", 1.0, 1.0)), TIMES).to_list() == [found]


BUY: Fill = (12, "open", "X", "buy", 4.0, 2.5)

CASES = {
    "the same": ([BUY], [BUY], []),
    "nothing at all": ([], [], []),
    "only the first": ([BUY], [], [(20, "X", 4.0, 2.5, 0.0, None)]),
    "only the other": ([], [BUY], [(20, "X", 0.0, None, 4.0, 2.5)]),
    "another size": ([BUY], [(12, "open", "X", "buy", 5.0, 2.5)], [(20, "X", 4.0, 2.5, 5.0, 2.5)]),
    "another price": ([BUY], [(12, "open", "X", "buy", 4.0, 2.0)], [(20, "X", 4.0, 2.5, 4.0, 2.0)]),
    "another side": ([BUY], [(12, "open", "X", "sell", 4.0, 2.5)], [(20, "X", 4.0, 2.5, -4.0, 2.5)]),
    "another moment of one slice is the same": ([BUY], [(15, "open", "X", "buy", 4.0, 2.5)], []),
    "another asset": (
        [BUY],
        [(12, "open", "Y", "buy", 4.0, 2.5)],
        [(20, "X", 4.0, 2.5, 0.0, None), (20, "Y", 0.0, None, 4.0, 2.5)],
    ),
    "in parts: (1 x 2 + 3 x 4) / 4 = 3.5": (
        [(12, "open", "X", "buy", 1.0, 2.0), (13, "open", "X", "buy", 3.0, 4.0)],
        [(12, "open", "X", "buy", 4.0, 3.5)],
        [(20, "X", 4.0, 3.5, 4.0, 3.5)],
    ),
    "out and in again is other than nothing": (
        [(12, "open", "X", "sell", 4.0, 2.0), (13, "open", "X", "buy", 4.0, 2.0)],
        [],
        [(20, "X", 0.0, 2.0, 0.0, None)],
    ),
    "later than before": (
        [BUY],
        [(22, "open", "X", "buy", 4.0, 2.5)],
        [(20, "X", 4.0, 2.5, 0.0, None), (30, "X", 0.0, None, 4.0, 2.5)],
    ),
}


@pytest.mark.parametrize(("first", "other", "found"), CASES.values(), ids=CASES)
def test_where_runs_part(first: list[Fill], other: list[Fill], found: list[tuple[object, ...]]) -> None:
    rows = parted({"a": (fills(*first), TIMES), "b": (fills(*other), TIMES)})
    assert rows.columns == ["time", "asset", "a traded", "a price", "b traded", "b price"]
    assert rows.rows() == found


def test_slices_are_matched_by_time() -> None:
    """The other run has no slice at 20: its fill at 12 is known at 30."""
    rows = parted({"a": (fills(BUY), TIMES), "b": (fills(BUY), pl.Series([10, 30]))})
    assert rows.rows() == [(20, "X", 4.0, 2.5, 0.0, None), (30, "X", 0.0, None, 4.0, 2.5)]


def test_three_runs_are_measured_against_the_first() -> None:
    same, none = fills(BUY), fills()
    assert parted({"a": (same, TIMES), "b": (same, TIMES), "c": (none, TIMES)}).rows() == [
        (20, "X", 4.0, 2.5, 4.0, 2.5, 0.0, None)
    ]
