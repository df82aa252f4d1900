"""Trades to bars: where a bar ends, trade by trade, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.errors import BarsError, ParameterError, TimeError
from workbench.market.assets import Asset
from workbench.market.bars import BARS, Bars

DAY = "2024-01-02T"
TEN = [  # time, price, size
    ("00:00:00", 10.0, 1.0),
    ("00:00:10", 12.0, 2.0),
    ("00:00:59.999999", 9.0, 1.0),
    ("00:01:00", 11.0, 4.0),
    ("00:01:00", 10.5, 0.5),
    ("00:03:30", 20.0, 0.5),
    ("00:03:31", 19.0, 6.0),
    ("00:03:32", 18.0, 1.0),
    ("00:04:00", 21.0, 1.0),
    ("00:04:00", 22.0, 1.0),
]


def frame(rows: list[tuple[Any, ...]] = TEN, day: str = DAY, zone: str = "+00:00") -> pl.DataFrame:
    return pl.DataFrame([(f"{day}{t}{zone}", p, s) for t, p, s in rows], schema=["time", "price", "size"], orient="row")


def shown(bars: Bars) -> list[tuple[Any, ...]]:
    """Opens and closes of bars as minutes and seconds, with prices and volume."""
    clock = pl.col("open_time", "time").dt.strftime("%M:%S%.6f").str.strip_suffix(".000000")
    return bars.frame.select(clock, "open", "high", "low", "close", "volume").rows()


def test_minutes() -> None:
    """A trade at 00:01:00 opens the next minute; 00:02 has no trade and no bar; 00:04 is not over."""
    bars = Bars.from_trades(frame(), "X", every="1m")
    assert shown(bars) == [
        ("00:00", "01:00", 10.0, 12.0, 9.0, 9.0, 4.0),
        ("01:00", "02:00", 11.0, 11.0, 10.5, 10.5, 4.5),
        ("03:00", "04:00", 20.0, 20.0, 18.0, 18.0, 7.5),
    ]
    assert (bars.every, bars.frame.schema, bars.assets[0].price_digits) == ("1m", BARS, 1)


@pytest.mark.parametrize(
    ("options", "last"),
    [
        pytest.param({"until": DAY + "00:05Z"}, ("04:00", "05:00"), id="the trades are said to be complete"),
        pytest.param({"until": DAY + "00:04:59Z"}, ("03:00", "04:00"), id="not for the whole minute"),
        pytest.param({"partial": True}, ("04:00", "04:00.000001"), id="known just after its last trade"),
        pytest.param({"partial": True, "until": DAY + "00:04:30Z"}, ("04:00", "04:30"), id="known at that time"),
    ],
)
def test_the_last_minute(options: dict[str, Any], last: tuple[str, str]) -> None:
    assert shown(Bars.from_trades(frame(), "X", every="1m", **options))[-1][:2] == last


def test_every_three_trades() -> None:
    """The third trade ends the bar; the second bar opens where its first trade is. The tenth trade is left over."""
    bars = Bars.from_trades(frame(), "X", ticks=3)
    assert shown(bars) == [
        ("00:00", "01:00", 10.0, 12.0, 9.0, 9.0, 4.0),
        ("01:00", "03:30.000001", 11.0, 20.0, 10.5, 20.0, 5.0),
        ("03:31", "04:00.000001", 19.0, 21.0, 18.0, 21.0, 8.0),
    ]
    assert bars.every == "3 trades"
    assert bars.gaps == {"X": 0}
    assert "Bars: 3 x 3 trades of X" in repr(bars)
    left = shown(Bars.from_trades(frame(), "X", ticks=3, partial=True))[-1]
    assert left == ("04:00.000001", "04:00.000002", 22.0, 22.0, 22.0, 22.0, 1.0)


@pytest.mark.parametrize(
    ("volume", "volumes"),
    [
        pytest.param(4, [4.0, 4.0, 7.0], id="1+2+1, 4, .5+.5+6, then 1+1+1 of 4 is left over"),
        pytest.param(5, [8.0, 7.0], id="1+2+1+4, .5+.5+6; what lies beyond is not carried on"),
        pytest.param(0.5, [1.0, 2.0, 1.0, 4.0, 0.5, 0.5, 6.0, 1.0, 1.0, 1.0], id="every trade reaches it"),
        pytest.param(100, [], id="never reached"),
    ],
)
def test_volume(volume: float, volumes: list[float]) -> None:
    bars = Bars.from_trades(frame(), "X", volume=volume)
    assert bars.frame["volume"].to_list() == volumes
    assert bars.every == f"{volume} volume"


def test_value() -> None:
    """10 + 24 + 9 = 43 reaches 43 exactly; 44 does alone; 5.25 + 10 + 114; then 18 + 21 = 39, + 22 = 61."""
    bars = Bars.from_trades(frame(), "X", value=43)
    assert bars.frame["volume"].to_list() == [4.0, 4.0, 7.0, 3.0]
    assert bars.every == "43 value"
    assert Bars.from_trades(frame(), "X", value=43.0).every == "43 value"
    assert Bars.from_trades(frame(), "X", value=50.50).every == "50.5 value"


def test_measures_are_counted_exactly() -> None:
    """Three times 0.1 is 0.30000000000000004 in floats and reaches 0.3 exactly; ten times 0.1 is not below 1."""
    tenths = frame([(f"00:00:{i:02}", 1.1, 0.1) for i in range(10)])
    assert Bars.from_trades(tenths, "X", volume=0.3).frame["volume"].to_list() == [0.3] * 3
    assert Bars.from_trades(tenths, "X", volume=Decimal(1)).frame["volume"].to_list() == [1.0]
    assert Bars.from_trades(tenths, "X", value=0.33).frame["volume"].to_list() == [0.3] * 3


def test_values_beyond_64_bits() -> None:
    """65,000.01 on 8 digits times 20,000 on 8 digits is 1.3e25 steps."""
    asset = Asset("BTC/USDT", price_digits=8, quantity_digits=8)
    rows = frame([(f"00:00:{i:02}", 65_000.01, 20_000.0) for i in range(6)])
    bars = Bars.from_trades(rows, asset, value=2_600_000_400)
    assert bars.frame["volume"].to_list() == [40_000.0] * 3


def test_bars_of_one_microsecond_do_not_overlap() -> None:
    """Five trades at one instant, a bar each: every bar begins where the last ended."""
    bars = Bars.from_trades(frame([("00:00:01", 1.0, 1.0)] * 5 + [("00:00:02", 1.0, 1.0)]), "X", ticks=1)
    assert [row[:2] for row in shown(bars)] == [
        ("00:01", "00:01.000001"),
        ("00:01.000001", "00:01.000002"),
        ("00:01.000002", "00:01.000003"),
        ("00:01.000003", "00:01.000004"),
        ("00:01.000004", "00:01.000005"),
        ("00:02", "00:02.000001"),
    ]


NEW_YORK = [("09:30:00", 10.0, 1.0), ("15:59:59", 11.0, 2.0), ("16:00:00", 12.0, 50.0)]


def test_a_trade_at_the_close_belongs_to_it() -> None:
    rows = pl.concat([frame(NEW_YORK, f"2024-01-0{d}T", "-05:00") for d in (2, 3)])
    bars = Bars.from_trades(rows, "X", every="1d", calendar="XNYS")
    assert bars.frame.select("session", "open", "close", "volume").rows() == [
        (date(2024, 1, 2), 10.0, 12.0, 53.0),
        (date(2024, 1, 3), 10.0, 12.0, 53.0),
    ]
    assert shown(Bars.from_trades(rows, "X", every="1m", calendar="XNYS"))[1][:2] == ("59:00", "00:00")


def test_a_session_ends_a_bar_of_trades() -> None:
    """Three trades a session, two a bar: the third is a bar of its own; that of the last session may not be over."""
    rows = pl.concat([frame(NEW_YORK, f"2024-01-0{d}T", "-05:00") for d in (2, 3)])
    bars = Bars.from_trades(rows, "X", ticks=2, calendar="XNYS")
    assert bars.frame.select("session", "volume").rows() == [
        (date(2024, 1, 2), 3.0),
        (date(2024, 1, 2), 50.0),
        (date(2024, 1, 3), 3.0),
    ]
    by_volume = Bars.from_trades(rows, "X", volume=52, calendar="XNYS")
    assert by_volume.frame["volume"].to_list() == [53.0, 53.0]


def test_around_the_clock_a_bar_runs_over_midnight() -> None:
    rows = pl.concat([frame([("23:59:59", 1.0, 1.0)]), frame([("00:00:01", 2.0, 1.0)], "2024-01-03T")])
    bars = Bars.from_trades(rows, "X", ticks=2)
    assert bars.frame.select("session", "open", "close").rows() == [(date(2024, 1, 3), 1.0, 2.0)]


@pytest.mark.parametrize(
    ("rows", "options", "error", "message"),
    [
        pytest.param(TEN, {}, ParameterError, "give one of every=, ticks=, volume=, value=.*given: none", id="no cut"),
        pytest.param(TEN, {"ticks": 2, "value": 3}, ParameterError, "given: ticks=, value=", id="two cuts"),
        pytest.param(TEN, {"ticks": 0}, ParameterError, "ticks=0: give a number above 0", id="no trades"),
        pytest.param(TEN, {"ticks": 2.5}, ParameterError, "ticks=2.5: give a whole number", id="half a trade"),
        pytest.param(TEN, {"volume": float("nan")}, ParameterError, "volume=nan: give a number above 0", id="NaN"),
        pytest.param(TEN, {"value": "much"}, ParameterError, "'much' is no number", id="a word"),
        pytest.param(TEN, {"every": "1w"}, ParameterError, "at most '1d'", id="weeks"),
        pytest.param(TEN[::-1], {"ticks": 1}, BarsError, r"trade 2 .*: comes before the trade above it", id="order"),
        pytest.param(
            [("00:00", 0.0, 1.0)], {"ticks": 1}, BarsError, r"trade 0 \(0.0\): price is no number above 0", id="0"
        ),
        pytest.param([("00:00", 1.0, None)], {"ticks": 1}, BarsError, r"trade 0 \(None\): size is no", id="null"),
        pytest.param([], {"ticks": 1}, BarsError, "the frame has no trades", id="empty"),
        pytest.param(
            TEN, {"ticks": 1, "calendar": "XNYS"}, TimeError, r"outside the trading hours of XNYS \(10", id="night"
        ),
        pytest.param(
            [("00:00", 0.001, 1.0)], {"ticks": 1, "price_digits": 2}, BarsError, "price is 0 on 2 digits", id="digits"
        ),
    ],
)
def test_refusals(rows: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    schema = {"time": pl.String, "price": pl.Float64, "size": pl.Float64}
    table = pl.DataFrame([(f"{DAY}{t}Z", p, s) for t, p, s in rows], schema=schema, orient="row")
    with pytest.raises(error, match=message):
        Bars.from_trades(table, "X", **options)


def test_columns_by_their_usual_names() -> None:
    """As exchanges give them; a frame of two assets is refused, and one without sizes."""
    named = frame().rename({"time": "Timestamp", "price": "px", "size": "Qty"})
    assert len(Bars.from_trades(named, "X", ticks=1)) == 10
    two = named.with_columns(symbol=pl.Series(["A", "B"] * 5))
    with pytest.raises(BarsError, match="the trades are of 2 assets"):
        Bars.from_trades(two, "X", ticks=1)
    with pytest.raises(BarsError, match="trades lack size; found Timestamp, px"):
        Bars.from_trades(named.drop("Qty"), "X", ticks=1)


def test_moved_prices_are_told() -> None:
    bars = Bars.from_trades(frame([("00:00:00", 1.236, 1.0)] * 2), "X", ticks=1, price_digits=2)
    assert bars.frame["close"].to_list() == [1.24, 1.24]
    assert "2 prices were moved onto 2 digits" in str(bars.notices[0])


def test_minutes_agree_with_bars_of_each_trade() -> None:
    """A million random trades: volume is kept, highs and lows are those of the trades."""
    draw, n = np.random.default_rng(3), 1_000_000
    at = np.sort(draw.integers(0, 5 * 86_400_000_000, n)) + 1_704_067_200_000_000
    table = pl.DataFrame({"time": at, "price": np.round(100 + draw.random(n), 2), "size": draw.integers(1, 9, n)})
    bars = Bars.from_trades(table, "X", every="1m", partial=True)
    dollars = Bars.from_trades(table, "X", value=1_000_000, partial=True)
    for made in (bars, dollars):
        assert made.frame["volume"].sum() == table["size"].sum()
        assert (made.frame["high"].max(), made.frame["low"].min()) == (table["price"].max(), table["price"].min())
    assert (dollars.frame["open_time"] >= dollars.frame["time"].shift(1)).all()
    assert (dollars.frame["volume"] * dollars.frame["high"]).head(-1).min() >= 1_000_000  # type: ignore[operator]
