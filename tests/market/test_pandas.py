"""pandas frames of every shape that people have, yfinance's too."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.errors import BarsError, TimeError
from workbench.market.bars import Bars

PRICES = {"Open": [10.0, 11.0], "High": [12.0, 13.0], "Low": [9.0, 10.0], "Close": [11.0, 12.0], "Volume": [100, 200]}
DAYS = ["2024-01-02", "2024-01-03"]


def frame(index: Any = None, **more: Any) -> pd.DataFrame:
    return pd.DataFrame({**PRICES, **more}, index=index)


def multi(order: list[str], names: list[str], tickers: tuple[str, ...] = ("AAPL", "MSFT")) -> pd.DataFrame:
    """What yf.download(["AAPL", "MSFT"]) gives, in either order of its two levels."""
    columns, data = [], []
    for ticker in tickers:
        for field, values in PRICES.items():
            columns.append((field, ticker) if order[0] == "Price" else (ticker, field))
            data.append(values)
    made = pd.DataFrame(np.array(data).T, index=pd.DatetimeIndex(DAYS, name="Date"))
    made.columns = pd.MultiIndex.from_tuples(columns, names=names)
    return made


@pytest.mark.parametrize(
    ("given", "options"),
    [
        pytest.param(frame(pd.DatetimeIndex(DAYS, name="Date")), {}, id="index named Date"),
        pytest.param(frame(pd.DatetimeIndex(DAYS)), {}, id="index without a name"),
        pytest.param(frame(pd.DatetimeIndex(DAYS, name="Date").tz_localize("America/New_York")), {}, id="aware index"),
        pytest.param(
            frame(pd.DatetimeIndex(DAYS).tz_localize("America/New_York").tz_convert("UTC")),
            {"tz": "America/New_York"}, id="midnights of New York in UTC",
        ),
        pytest.param(frame(Date=pd.to_datetime(DAYS)), {}, id="a Date column"),
        pytest.param(frame(Date=DAYS), {}, id="dates as text"),
        pytest.param(frame(pd.DatetimeIndex(DAYS)).reset_index(), {}, id="an index that was reset"),
        pytest.param(frame(date=[date(2024, 1, 2), date(2024, 1, 3)]), {}, id="objects of datetime.date"),
        pytest.param(frame(pd.DatetimeIndex(DAYS)).rename(columns=str.upper), {}, id="capitals"),
        pytest.param(frame(pd.DatetimeIndex(DAYS)).astype("float32"), {}, id="float32"),
        pytest.param(frame(pd.Index(DAYS, name="date")), {}, id="an index of text"),
    ],
)  # fmt: skip
def test_daily_frames(given: pd.DataFrame, options: dict[str, Any]) -> None:
    before = given.copy()
    bars = Bars.from_frame(given, "AAPL", calendar="XNYS", price_digits=0, **options)
    assert bars.frame["session"].to_list() == [date(2024, 1, 2), date(2024, 1, 3)]
    assert bars.frame["close"].to_list() == [11.0, 12.0]
    assert [str(t) for t in bars.frame["time"]] == ["2024-01-02 21:00:00+00:00", "2024-01-03 21:00:00+00:00"]
    assert (bars.every, bars.notices) == ("1d", ())
    pd.testing.assert_frame_equal(given, before)


@pytest.mark.parametrize(
    ("order", "names"),
    [
        pytest.param(["Price", "Ticker"], ["Price", "Ticker"], id="field first"),
        pytest.param(["Ticker", "Price"], ["Ticker", "Price"], id="ticker first"),
        pytest.param(["Price", "Ticker"], [None, None], id="levels without names"),
    ],
)
def test_two_levels(order: list[str], names: list[str]) -> None:
    bars = Bars.from_frame(multi(order, names), calendar="XNYS", price_digits=0)
    assert bars.assets == ("AAPL", "MSFT")
    assert bars.frame["close"].to_list() == [11.0, 12.0, 11.0, 12.0]
    assert bars.notices == ()


def test_two_levels_of_one_ticker_are_named_by_it() -> None:
    assert Bars.from_frame(multi(["Price", "Ticker"], ["Price", "Ticker"], ("AAPL",))).assets == ("AAPL",)


def test_padding_of_shorter_histories_is_left_out_with_a_notice() -> None:
    given = multi(["Price", "Ticker"], ["Price", "Ticker"])
    given.loc[given.index[0], [c for c in given.columns if c[1] == "MSFT"]] = np.nan
    bars = Bars.from_frame(given, calendar="XNYS", price_digits=0)
    assert bars.frame["asset"].to_list() == ["AAPL", "AAPL", "MSFT"]
    assert [(n.kind, n.count) for n in bars.notices] == [("padding", 1)]


def test_minutes_need_a_zone() -> None:
    index = pd.DatetimeIndex(["2024-01-02 14:30", "2024-01-02 14:31"])
    with pytest.raises(TimeError, match=r"naive times \(2024-01-02 14:30:00\); say in which zone"):
        Bars.from_frame(frame(index), "X")
    made = Bars.from_frame(frame(index), "X", tz="UTC")
    assert str(made.frame["open_time"][1]) == "2024-01-02 14:31:00+00:00"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(frame(), "columns missing: open_time", id="an index that only counts"),
        pytest.param(frame(pd.DatetimeIndex(DAYS), Close=[11.0, np.nan]), "row 1 .*close is missing", id="NaN"),
        pytest.param(multi(["Price", "Ticker"], ["a", "b"]).rename(columns=lambda c: f"{c}_x"), "no level", id="?"),
        pytest.param(
            frame(pd.DatetimeIndex(DAYS)).set_axis(pd.MultiIndex.from_tuples([(c, "a", "b") for c in PRICES]), axis=1),
            "3 levels", id="three levels",
        ),
        pytest.param(frame(pd.DatetimeIndex(DAYS), x=[{1}, "a"]), "cannot be read", id="objects"),
    ],
)  # fmt: skip
def test_refusals(given: pd.DataFrame, message: str) -> None:
    with pytest.raises(BarsError, match=message):
        Bars.from_frame(given, "X")
