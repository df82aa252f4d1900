"""Two sources side by side, by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from workbench.errors import ParameterError
from workbench.market import catalog, simulate
from workbench.market.bars import Bars, with_frame

BASE = {"open": 10.0, "high": 11.0, "low": 9.0, "close": 10.0, "volume": 100.0}


def bars(hours: list[int], changed: dict[int, dict[str, float | None]] | None = None, asset: str = "X") -> Bars:
    """Hourly bars of one day; some with other values."""
    rows = [{"open_time": f"2024-01-02T{h:02}:00Z", **BASE, **(changed or {}).get(h, {})} for h in hours]
    return Bars.from_frame(pl.DataFrame(rows, infer_schema_length=None), asset, every="1h", price_digits=4)


FIVE = bars([0, 1, 2, 3, 4])


@pytest.mark.parametrize(
    ("other", "options", "expected"),
    [
        pytest.param(FIVE, {}, [], id="the same"),
        pytest.param(bars([1, 2, 4, 5]), {}, [
            (1, "missing_there", 10.0, None, None), (4, "missing_there", 10.0, None, None),
            (6, "missing_here", None, 10.0, None)], id="bars that only one has"),
        pytest.param(bars([0, 1, 2, 3, 4], {2: {"high": 12.1}}), {}, [
            (3, "high", 11.0, 12.1, 0.1)], id="a high that is a tenth higher"),
        pytest.param(bars([0, 1, 2, 3, 4], {2: {"high": 12.1}}), {"tolerance": 0.11}, [], id="within the tolerance"),
        pytest.param(bars([0, 1, 2, 3, 4], {2: {"close": 9.9, "open": 10.1}}), {}, [
            (3, "open", 10.0, 10.1, 0.01), (3, "close", 10.0, 9.9, -0.01)], id="two of a bar"),
        pytest.param(bars([0, 1, 2, 3, 4], {2: {"volume": 101.0}}), {}, [], id="volume within 1%"),
        pytest.param(bars([0, 1, 2, 3, 4], {2: {"volume": 102.0}}), {}, [
            (3, "volume", 100.0, 102.0, 0.02)], id="volume beyond"),
        pytest.param(bars([0, 1, 2, 3, 4], {2: {"volume": None}}), {}, [
            (3, "volume", 100.0, None, None)], id="volume that only one knows"),
    ],
)  # fmt: skip
def test_differences(other: Bars, options: dict[str, float], expected: list[Any]) -> None:
    found = FIVE.compare(other, **options).frame
    rows = found.select(pl.col("time").dt.hour(), "kind", "here", "there", "difference").rows()
    assert [row[:4] for row in rows] == [row[:4] for row in expected]
    assert [row[4] for row in rows] == [row[4] and pytest.approx(row[4], abs=1e-12) for row in expected]


def test_summary_of_each_asset() -> None:
    here = [bars([0, 1, 2]), bars([0, 1, 2], asset="Y")]
    there = [bars([1, 2, 3], {2: {"close": 10.5, "volume": 200.0}}), bars([0, 1], asset="Y")]
    one, other = (
        Bars.from_frame(pl.concat([b.frame for b in pair]), every="1h", price_digits=4) for pair in (here, there)
    )
    compared = one.compare(other)
    assert compared.counts == {"missing_here": 1, "missing_there": 2, "close": 1, "volume": 1}
    assert compared.summary.rows() == [
        ("X", 2, 1, 1, 1, pytest.approx(0.05), pytest.approx(1.0), None),
        ("Y", 2, 0, 1, 0, 0.0, 0.0, None),
    ]
    assert repr(compared).splitlines()[:2] == [
        "Comparison of 4 bars of 2 assets: 1 missing_here, 2 missing_there, 1 close, 1 volume",
        "asset  matched  missing_here  missing_there  differing  price_apart  volume_apart  shift",
    ]
    assert (len(compared), bool(one.compare(one))) == (5, True)


def test_daily_bars_match_by_session() -> None:
    """The same sessions, once as an exchange times them and once as UTC days."""
    apple = catalog.sample()["AAPL"].last(30)
    days = apple.frame.select(pl.col("session").alias("date"), "open", "high", "low", "close", "volume")
    other = Bars.from_frame(days, "AAPL", every="1d")
    assert apple.compare(other).counts == {}


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [pytest.param(5, 18_000, id="ahead"), pytest.param(-1, -3_600, id="behind"), pytest.param(0, None, id="right")],
)
def test_a_wrong_clock_is_found_by_the_best_lag(hours: int, seconds: int | None) -> None:
    walk = simulate.bars("X", "1m", n=3_000, seed=5)
    moved = walk.frame.with_columns(pl.col("open_time", "time") + timedelta(hours=hours))
    compared = walk.compare(with_frame(walk, moved))
    assert compared.summary["shift"].to_list() == [seconds]
    assert ("the clock of 1 is shifted" in compared.headline) == (seconds is not None)


def test_a_day_late() -> None:
    """UTC days named after the day after, as a source does that stamps bars with their close."""
    walk = simulate.bars("X", "1d", n=60, seed=5)
    day = pl.duration(days=1)
    late = walk.frame.with_columns(pl.col("open_time", "time") + day, pl.col("session") + day)
    assert walk.compare(with_frame(walk, late)).summary["shift"].to_list() == [86_400]


def test_nothing_can_be_said_of_prices_that_stand_still() -> None:
    prices = dict.fromkeys(("open", "high", "low", "close"), pl.lit(1.0))
    start = datetime.fromisoformat("2024-01-02T00:00+00:00")
    times = pl.DataFrame({"open_time": [start + timedelta(hours=i) for i in range(40)]}).with_columns(**prices)
    still = Bars.from_frame(times, "X", every="1h")
    assert still.compare(still).summary["shift"].to_list() == [None]
    assert still.frame["session"][0] == date(2024, 1, 2)


@pytest.mark.parametrize(
    ("other", "options", "message"),
    [
        pytest.param(simulate.bars("X", "1m", n=5), {}, "bars of 1h and 1m cannot be compared; resample", id="length"),
        pytest.param(bars([0], asset="Y"), {}, "no asset in common: these are X, the others Y", id="assets"),
        pytest.param(FIVE, {"tolerance": -1}, "tolerance -1: give a fraction from 0 on", id="negative"),
        pytest.param(FIVE, {"volume_tolerance": float("inf")}, "tolerance inf: give a fraction", id="infinite"),
        pytest.param(FIVE, {"tolerance": True}, "tolerance True: give a fraction", id="a truth"),
    ],
)
def test_refusals(other: Bars, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        FIVE.compare(other, **options)
