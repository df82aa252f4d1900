"""The fluent face of Bars: cutting, choosing, travelling, showing."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from workbench.errors import BarsError, ParameterError, TimeError, UnknownAssetError, WorkbenchError
from workbench.market import catalog, simulate
from workbench.market.bars import ACTIONS, BARS, Bars, with_frame

HOURS = simulate.bars("BTC/USDT", every="1h", n=72, start="2024-01-01", seed=3)
TWO = catalog.sample()[["MSFT", "AAPL"]]


@pytest.mark.parametrize(
    ("cut", "first", "last", "count"),
    [
        pytest.param(lambda b: b.since("2024-01-02"), 2, 3, 48, id="since a session"),
        pytest.param(lambda b: b.until(date(2024, 1, 2)), 1, 2, 48, id="until a session"),
        pytest.param(lambda b: b.between("2024-01-02", "2024-01-02"), 2, 2, 24, id="one session"),
        pytest.param(lambda b: b.since(datetime(2024, 1, 3, 22, tzinfo=UTC)), 3, 3, 2, id="opened from a time on"),
        pytest.param(lambda b: b.until("2024-01-01T02:00+00:00"), 1, 1, 2, id="closed by a time"),
        pytest.param(lambda b: b.until("2024-01-01T03:00+01:00"), 1, 1, 2, id="in another zone"),
        pytest.param(lambda b: b.between("2024-01-02", "2024-01-02T01:00+00:00"), 2, 2, 1, id="session to time"),
        pytest.param(lambda b: b.last(5), 3, 3, 5, id="the last five"),
        pytest.param(lambda b: b.last(500), 1, 3, 72, id="more than there are"),
    ],
)
def test_cuts(cut: Any, first: int, last: int, count: int) -> None:
    made = cut(HOURS)
    assert len(made) == count
    assert made.frame["session"].min() == date(2024, 1, first)
    assert made.frame["session"].max() == date(2024, 1, last)
    assert made.assets == HOURS.assets
    assert len(HOURS) == 72


def test_a_cut_may_be_empty() -> None:
    empty = HOURS.since("2030-01-01")
    assert len(empty) == 0
    assert empty.gaps == {"BTC/USDT": 0}
    assert "0 x 1h of BTC/USDT" in repr(empty)
    assert len(empty.fingerprint) == 64


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        pytest.param(
            lambda: HOURS.since(datetime(2024, 1, 1)), TimeError,  # noqa: DTZ001
            "since=datetime.datetime(2024, 1, 1, 0, 0) is naive; add its zone, '2024-01-01T00:00:00+00:00', or give a "
            "date",
            id="naive datetime",
        ),
        pytest.param(
            lambda: HOURS.since("2024-01-01 10:00"), TimeError,
            "since='2024-01-01 10:00' is naive; add its zone, '2024-01-01T10:00:00+00:00', or give a date",
            id="naive text",
        ),
        pytest.param(
            lambda: HOURS.until("01/02/2024"), TimeError,
            "until='01/02/2024' cannot be read; write '2024-02-29' or '2024-02-29T15:30+00:00'", id="unreadable",
        ),
        pytest.param(
            lambda: HOURS.until("2024-02-30"), TimeError,
            "until='2024-02-30' cannot be read; write '2024-02-29' or '2024-02-29T15:30+00:00'", id="no such day",
        ),
        pytest.param(
            lambda: HOURS.since(2024), TimeError,  # type: ignore[arg-type]
            "since=2024: give a date ('2024-02-29' is that session) or an aware datetime", id="a number",
        ),
        pytest.param(
            lambda: HOURS.between("2024-01-03", "2024-01-02"), TimeError,
            "between('2024-01-03', '2024-01-02'): the end lies before the start; give them in order", id="reversed",
        ),
        pytest.param(
            lambda: HOURS.last(0), ParameterError, "last(0): give a whole number of bars from 1 on", id="last none"
        ),
        pytest.param(
            lambda: HOURS.last(True), ParameterError, "last(True): give a whole number of bars from 1 on", id="a bool"
        ),
        pytest.param(
            lambda: TWO.select("APPL"),
            UnknownAssetError,
            "no asset 'APPL'; did you mean 'AAPL'? these bars have MSFT, AAPL",
            id="misspelt",
        ),
        pytest.param(
            lambda: TWO.select(["AAPL", "AAPL"]), ParameterError,
            "['AAPL', 'AAPL']: name at least one asset, and each once", id="one asset twice",
        ),
        pytest.param(lambda: TWO.select([]), ParameterError, "[]: name at least one asset, and each once", id="none"),
        pytest.param(
            lambda: TWO.select(3), ParameterError,  # type: ignore[arg-type]
            "3 is no asset's name; write 'AAPL' or ['AAPL', 'MSFT']", id="a number as asset",
        ),
    ],
)  # fmt: skip
def test_refusals(call: Any, error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error) as refused:
        call()
    assert str(refused.value) == message


def test_a_frame_of_another_schema_is_no_bars() -> None:
    with pytest.raises(BarsError, match=r"frame has the schema .*; use Bars.from_frame"):
        with_frame(HOURS, HOURS.frame.drop("volume"))


def test_last_counts_for_each_asset_and_keeps_their_order() -> None:
    made = TWO.last(2).frame
    assert made["asset"].to_list() == ["MSFT", "MSFT", "AAPL", "AAPL"]
    assert made.schema == BARS


def test_select_takes_the_order_given_and_its_actions_along() -> None:
    made = TWO.select(["AAPL", "MSFT"])
    assert made.assets == ("AAPL", "MSFT")
    assert made.frame["asset"][0] == "AAPL"
    assert TWO.select("AAPL").actions["asset"].unique().to_list() == ["AAPL"]


def test_they_travel_by_pickle() -> None:
    TWO.gaps  # noqa: B018 - cached values travel too
    twin = pickle.loads(pickle.dumps(TWO))
    assert twin.frame.equals(TWO.frame)
    assert twin.actions.schema == ACTIONS
    assert twin.assets[0].attributes() == TWO.assets[0].attributes()
    assert twin.fingerprint == TWO.fingerprint


def test_they_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        HOURS.every = "1d"  # type: ignore[misc]


def test_text_says_what_they_are() -> None:
    assert repr(TWO.until("2000-03-03")) == (
        "Bars: 6 x 1d of 2 assets, XNYS, USD, no bars missing, "
        "Quandl WIKI Prices (public domain) from bokeh_sampledata\n"
        "asset  bars  missing       first        last     low    high   close  splits  dividends\n"
        "MSFT      3        0  2000-03-01  2000-03-03   88.94   98.87   96.12       1         37\n"
        "AAPL      3        0  2000-03-01  2000-03-03  118.50  132.06  128.00       2          3"
    )


def test_many_assets_are_shown_in_part() -> None:
    one = HOURS.last(1).frame
    frame = pl.concat([one.with_columns(asset=pl.lit(f"A{i:02}")) for i in range(15)])
    assert repr(Bars.from_frame(frame, every="1h")).endswith("... and 3 more assets: bars.assets")


def test_the_bundle_has_a_plain_twin() -> None:
    bundle = HOURS._repr_mimebundle_()
    assert bundle["text/plain"] == repr(HOURS)
    assert "<svg" in bundle["text/html"]
    assert "SYNTHETIC" in bundle["text/html"].upper()


def test_plot_is_a_plotly_figure() -> None:
    assert type(HOURS.plot()).__module__.startswith("plotly.")
