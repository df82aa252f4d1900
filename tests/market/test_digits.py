"""Digits: the fewest that hold every value, and what is said when values move."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.market.assets import Asset
from workbench.market.bars import Bars


def made(closes: list[float], volumes: list[float] | None = None, **options: Any) -> Bars:
    columns = dict.fromkeys(("open", "high", "low", "close"), closes)
    frame = pl.DataFrame({**columns, "volume": volumes or [1.0] * len(closes)})
    times = pl.Series("open_time", [1_704_187_800 + 60 * i for i in range(len(closes))])
    return Bars.from_frame(frame.with_columns(times), "X", every="1m", **options)


@pytest.mark.parametrize(
    ("prices", "volumes", "price_digits", "quantity_digits"),
    [
        pytest.param([100.0, 99.0], [5.0, 7.0], 0, 0, id="whole"),
        pytest.param([100.25, 99.1], [5.0, 7.0], 2, 0, id="cents"),
        pytest.param([1.10005, 1.1], [0.001, 3.0], 5, 3, id="pips"),
        pytest.param([0.000001, 1.0], [1e-6, 3.0], 6, 6, id="six"),
        pytest.param([8.95, 4.35, 1.15, 0.07], [2.675, 1.005], 2, 3, id="values that x 100 misses by a bit"),
        pytest.param([123456789.01], [1e15], 2, 0, id="large"),
    ],
)
def test_the_fewest_digits(prices: list[float], volumes: list[float], price_digits: int, quantity_digits: int) -> None:
    volumes += [1.0] * (len(prices) - len(volumes))
    bars = made(prices, volumes)
    assert (bars.assets[0].price_digits, bars.assets[0].quantity_digits) == (price_digits, quantity_digits)
    assert [notice.kind for notice in bars.notices] == ([] if price_digits else ["step"])
    assert bars.frame["close"].to_list() == prices


@pytest.mark.parametrize(
    ("prices", "options", "stored", "text"),
    [
        pytest.param(
            [1.23456789, 2.0], {}, [1.234568, 2.0],
            "4 prices were moved onto 6 digits, by at most 1.1e-07: declare price_digits= (up to 12) to keep more",
            id="more than six",
        ),
        pytest.param(
            [620.914, 2.0], {"price_digits": 2}, [620.91, 2.0],
            "4 prices were moved onto 2 digits, by at most 0.004: declare price_digits= (up to 12) to keep more",
            id="declared",
        ),
        pytest.param(
            [0.125, 0.375], {"price_digits": 2}, [0.12, 0.38],
            "8 prices were moved onto 2 digits, by at most 0.005: declare price_digits= (up to 12) to keep more",
            id="half to even",
        ),
    ],
)  # fmt: skip
def test_what_moves_is_reported(prices: list[float], options: dict[str, Any], stored: list[float], text: str) -> None:
    bars = made(prices, **options)
    assert bars.frame["close"].to_list() == stored
    assert [str(n) for n in bars.notices] == [text]


def test_volumes_move_apart_and_nulls_stay() -> None:
    frame = made([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]).frame.with_columns(volume=pl.Series([1.5, None, 2.25]))
    bars = Bars.from_frame(frame, price_digits=0, quantity_digits=1, every="1m")
    assert bars.frame["volume"].to_list() == [1.5, None, 2.2]
    assert [(n.kind, n.count) for n in bars.notices] == [("volume", 1), ("digits", 1)]


def test_unknown_volume_has_no_digits() -> None:
    frame = made([1.0]).frame.with_columns(volume=pl.lit(None, pl.Float64))
    assert Bars.from_frame(frame, every="1m").assets[0].quantity_digits == 0


def test_a_long_column_is_looked_through_to_its_end() -> None:
    prices = [1.0] * 5_000
    prices[-1] = 1.5
    assert made(prices).assets[0].price_digits == 1


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.decimals("0.000001", "999999", places=6), min_size=1, max_size=20),
    st.integers(0, 6),
)
def test_declared_digits_round_half_even_as_decimal_does(values: list[Decimal], digits: int) -> None:
    # A tie in the text is seldom one in the float, and x * 10^d may round onto it: there either neighbour is right.
    unit = Decimal(1).scaleb(-digits)
    expected = [float(v.quantize(unit, ROUND_HALF_EVEN)) for v in values]
    if min(expected) > 0 and not any(_tie(v, unit) for v in values):
        assert made([float(v) for v in values], price_digits=digits).frame["close"].to_list() == expected


def _tie(value: Decimal, unit: Decimal) -> bool:
    return (value / unit) % 1 == Decimal("0.5")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.decimals("0.01", "9999999", places=2), min_size=1, max_size=30))
def test_found_digits_never_move_a_value(values: list[Decimal]) -> None:
    prices = [float(v) for v in values]
    bars = made(prices)
    assert bars.frame["close"].to_list() == prices
    digits = max(-int(v.normalize().as_tuple().exponent) if v % 1 else 0 for v in values)
    assert bars.assets[0].price_digits == digits
    assert [notice.kind for notice in bars.notices] == ([] if digits else ["step"])


def several(closes: dict[str, float], **options: Any) -> Bars:
    """A day of some assets, flat at a price each."""
    same = pl.Series("close", list(closes.values()))
    days = pl.DataFrame({"asset": list(closes), "date": ["2024-01-02"] * len(closes), "close": same})
    frame = days.with_columns(open=same, high=same, low=same)
    return Bars.from_frame(frame, **options)


STEPS: dict[str, tuple[dict[str, float], dict[str, Any], list[tuple[int, str]]]] = {
    "one": ({"X": 96.0}, {}, [(1, "X")]),
    "one of two": ({"X": 96.5, "Y": 96.0}, {}, [(1, "Y")]),
    "many": ({f"X{i}": 9.0 for i in range(7)}, {}, [(7, "X0, X1, X2, X3, X4, ...")]),
    "not whole": ({"X": 96.5}, {}, []),
    "declared as cents": ({"X": 96.0}, {"price_digits": 2}, []),
    "declared as whole": ({"X": 96.0}, {"price_digits": 0}, []),
    "an asset with its digits": ({"X": 96.0}, {"asset": Asset("X", price_digits=0)}, []),
}


@pytest.mark.parametrize(("closes", "options", "expected"), STEPS.values(), ids=STEPS)
def test_whole_prices_make_steps_of_1(
    closes: dict[str, float], options: dict[str, Any], expected: list[tuple[int, str]]
) -> None:
    text = "prices are whole numbers, so limits and stops are put on steps of 1 ({})"
    told = [(n.count, n.text) for n in several(closes, every="1d", **options).notices if n.kind == "step"]
    assert told == [(count, text.format(names)) for count, names in expected]
