"""Simulated bars: seeded, a prefix of longer ones, and sound."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from workbench.errors import ParameterError, TimeError, WorkbenchError
from workbench.market import simulate
from workbench.market.assets import Asset
from workbench.market.bars import BARS, Bars


def test_the_same_seed_gives_the_same_bars_and_shorter_is_a_prefix() -> None:
    long = simulate.bars("BTC/USDT", every="1m", n=5_000, seed=7)
    assert long.fingerprint == simulate.bars("BTC/USDT", every="1m", n=5_000, seed=7).fingerprint
    assert long.fingerprint != simulate.bars("BTC/USDT", every="1m", n=5_000, seed=8).fingerprint
    assert simulate.bars("BTC/USDT", every="1m", n=1_000, seed=7).frame.equals(long.frame.head(1_000))


@pytest.mark.parametrize(
    ("every", "options", "first", "last_close"),
    [
        pytest.param("1m", {"n": 3}, "2020-01-01T00:00", "2020-01-01T00:03", id="minutes"),
        pytest.param("1d", {"n": 31}, "2020-01-01T00:00", "2020-02-01T00:00", id="days"),
        pytest.param(
            "1d", {"n": 3, "start": "2024-07-02", "calendar": "XNYS"}, "2024-07-02T13:30", "2024-07-05T20:00",
            id="sessions around a holiday",
        ),
        pytest.param(
            "1h", {"n": 8, "start": "2024-07-02", "calendar": "XNYS"}, "2024-07-02T13:30", "2024-07-03T14:30",
            id="hours of two sessions",
        ),
        pytest.param(
            "4h", {"n": 7, "start": "2024-03-01", "calendar": "24/5"}, "2024-03-01T00:00", "2024-03-04T04:00",
            id="over a weekend",
        ),
        pytest.param(
            "1h", {"n": 1, "start": datetime(2024, 3, 1, 5, tzinfo=UTC)}, "2024-03-01T05:00", "2024-03-01T06:00",
            id="from a time on",
        ),
        pytest.param("1h", {"n": 1, "start": date(2024, 3, 1)}, "2024-03-01T00:00", "2024-03-01T01:00", id="a date"),
    ],
)  # fmt: skip
def test_times(every: str, options: dict[str, Any], first: str, last_close: str) -> None:
    frame = simulate.bars("X", every=every, **options).frame
    assert frame.schema == BARS
    assert frame.height == options["n"]
    assert frame["open_time"][0] == datetime.fromisoformat(first + "+00:00")
    assert frame["time"][-1] == datetime.fromisoformat(last_close + "+00:00")


@pytest.mark.parametrize("calendar", ["24/7", "24/5", "XNYS"])
@pytest.mark.parametrize("every", ["1m", "7m", "1h", "1d"])
def test_what_is_simulated_passes_the_door(calendar: str, every: str) -> None:
    made = simulate.bars("X", every=every, n=500, seed=1, calendar=calendar)
    again = Bars.from_frame(made.frame, assets=made.assets, every=every)
    assert again.fingerprint == made.fingerprint
    assert again.notices == ()
    assert made.gaps == {"X": 0}


def test_volatility_is_annual() -> None:
    closes = simulate.bars("X", every="1d", n=20_000, seed=1, volatility=0.5, price=1e6).frame["close"]
    yearly = float(closes.log().diff().std() or 0) * 365**0.5  # type: ignore[arg-type]
    assert yearly == pytest.approx(0.5, rel=0.03)


def test_prices_never_fall_below_one_step() -> None:
    frame = simulate.bars("X", every="1d", n=5_000, seed=1, price=0.02, volatility=3.0).frame
    assert frame.select(pl.min_horizontal("open", "high", "low", "close").min()).item() == 0.01


@pytest.mark.parametrize(
    ("asset", "options", "currency", "digits"),
    [
        pytest.param("BTC/USDT", {}, "USDT", (2, 3), id="a pair's quote"),
        pytest.param("SIM", {}, "USD", (2, 0), id="a share"),
        pytest.param("SIM", {"currency": "EUR", "price_digits": 4, "quantity_digits": 1}, "EUR", (4, 1), id="as said"),
        pytest.param(Asset("ES", price_digits=1, currency="CHF"), {}, "CHF", (1, 0), id="an Asset's own"),
    ],
)
def test_the_asset(asset: str | Asset, options: dict[str, Any], currency: str, digits: tuple[int, int]) -> None:
    bars = simulate.bars(asset, n=10, **options)
    made = bars.assets[0]
    assert (made.currency, made.price_digits, made.quantity_digits) == (currency, *digits)
    assert bars.synthetic
    assert "SYNTHETIC (simulate.bars seed 0)" in repr(bars)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n": 0}, ParameterError, "n=0: give a whole number of bars"),
        ({"n": True}, ParameterError, "n=True"),
        ({"seed": -1}, ParameterError, "seed=-1: give a whole number from 0 on"),
        ({"price": 0}, ParameterError, "price=0: give a finite number above 0"),
        ({"price": float("nan")}, ParameterError, "price=nan"),
        ({"volatility": -0.1}, ParameterError, "volatility=-0.1: give a finite number from 0 on"),
        ({"every": "fast"}, ParameterError, "every='fast': give the length of a bar"),
        ({"start": datetime(2024, 1, 1)}, TimeError, "is naive"),  # noqa: DTZ001
        ({"calendar": "XNYZ"}, ParameterError, "calendar='XNYZ' does not exist"),
    ],
    ids=["no bars", "bool", "negative seed", "no price", "NaN price", "volatility", "every", "naive start", "calendar"],
)
def test_refusals(options: dict[str, Any], error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=message):
        simulate.bars("X", **options)
