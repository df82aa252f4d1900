"""What from_frame takes, what it makes of it, and the exact words with which it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import BarsError, ParameterError, TimeError, WorkbenchError
from workbench.market.assets import Asset
from workbench.market.bars import BARS, Bars

INF, NAN = float("inf"), float("nan")
MINUTES = ["2024-01-02T09:30Z", "2024-01-02T09:31Z", "2024-01-02T09:32Z"]
DAYS = ["2024-01-02", "2024-01-03", "2024-01-04"]


def good(**changes: Any) -> pl.DataFrame:
    """Three sound bars of one minute; a column is changed, or left out with None."""
    columns: dict[str, Any] = {
        "open_time": MINUTES,
        "open": [10.0, 11.0, 12.0],
        "high": [11.5, 12.5, 13.5],
        "low": [9.5, 10.5, 11.5],
        "close": [11.0, 12.0, 13.0],
        "volume": [100.0, 200.0, 300.0],
        **changes,
    }
    return pl.DataFrame({k: v for k, v in columns.items() if v is not None}, strict=False)


def daily(**changes: Any) -> pl.DataFrame:
    return good(open_time=None, **{"date": DAYS, **changes})


DROP = "; correct or drop it first (rows count from 0)"
WANTED = "wanted open, high, low, close and one of open_time, time, date (volume and asset as needed)"
AT_1 = "row 1 (X, 2024-01-02"
PRICE_CASES = [
    pytest.param(good(high=[11.5, 10.0, 13.5]), {}, "high 10 is below low 10.5", id="high below low"),
    pytest.param(good(open=[10.0, 10.0, 12.0]), {}, "open 10 lies outside low 10.5 to high 12.5", id="open below low"),
    pytest.param(
        good(close=[11.0, 99.0, 13.0]), {}, "close 99 lies outside low 10.5 to high 12.5", id="close too high"
    ),
    pytest.param(good(low=[9.5, 0.0, 11.5]), {}, "low 0 is not positive", id="zero price"),
    pytest.param(good(low=[9.5, -3.0, 11.5]), {}, "low -3 is not positive", id="negative price"),
    pytest.param(good(close=[11.0, NAN, 13.0]), {}, "close is missing (null or NaN)", id="NaN price"),
    pytest.param(good(open=[10.0, None, 12.0]), {}, "open is missing (null or NaN)", id="null price"),
    pytest.param(good(high=[11.5, INF, 13.5]), {}, "high is infinite", id="infinite price"),
    pytest.param(good(volume=[1.0, -2.0, 3.0]), {}, "volume -2 is negative", id="negative volume"),
    pytest.param(good(volume=[1.0, INF, 3.0]), {}, "volume is infinite", id="infinite volume"),
]


@pytest.mark.parametrize(("frame", "options", "reason"), PRICE_CASES)
def test_a_row_is_refused_with_number_and_reason(frame: pl.DataFrame, options: dict[str, Any], reason: str) -> None:
    before = frame.clone()
    with pytest.raises(BarsError) as refused:
        Bars.from_frame(frame, "X", **options)
    assert str(refused.value) == f"row 1 (X, 2024-01-02T09:31Z): {reason}{DROP}"
    assert frame.equals(before)


REFUSALS = [
    pytest.param(
        good(high=[1.0, 1.0, 13.5]), {}, BarsError,
        f"row 0 (X, 2024-01-02T09:30Z): high 1 is below low 9.5 (2 such rows){DROP}", id="the number of such rows",
    ),
    pytest.param(
        good(open_time=[MINUTES[0], MINUTES[2], MINUTES[1]]), {"every": "1m"}, BarsError,
        f"row 2 (X, 2024-01-02 09:31:00+00:00): it comes before the row above it; sort the frame by time{DROP}",
        id="unsorted times",
    ),
    pytest.param(
        good(open_time=[MINUTES[0], MINUTES[1], MINUTES[1]]), {"every": "1m"}, BarsError,
        "row 2 (X, 2024-01-02 09:31:00+00:00): the time stands there twice; if the frame holds several assets, give it "
        f"an asset column{DROP}", id="duplicate times",
    ),
    pytest.param(
        good(), {"every": "2m"}, BarsError,
        f"row 1 (X, 2024-01-02 09:31:00+00:00): it opens before the bar above it has closed (2 such rows){DROP}",
        id="bars that overlap",
    ),
    pytest.param(
        good(open_time=[m.replace("Z", "") for m in MINUTES]), {}, TimeError,
        "column open_time holds naive times (2024-01-02 09:30:00); say in which zone they are: tz='UTC' or "
        "tz='America/New_York'", id="naive times",
    ),
    pytest.param(
        good(open_time=["2024-11-03 01:30", "2024-11-03 02:30", "2024-11-03 03:30"]), {"tz": "America/New_York"},
        TimeError, "row 0 (X): 2024-11-03 01:30:00 is there twice or not at all in America/New_York; give times in UTC",
        id="an hour that is there twice",
    ),
    pytest.param(
        good(open_time=[MINUTES[0], None, MINUTES[2]]), {}, TimeError,
        "row 1 (X): open_time is missing; fill it or drop the row", id="missing time",
    ),
    pytest.param(
        good(open_time=["yesterday", *MINUTES[1:]]), {}, TimeError,
        "row 0: open_time 'yesterday' cannot be read; write ISO 8601, 2024-02-29 15:30", id="time in words",
    ),
    pytest.param(
        good(open_time=[MINUTES[0], "later", MINUTES[2]]), {}, TimeError,
        "row 1 (X): open_time 'later' cannot be read; write all rows like '2024-01-02T09:30Z'", id="one time in words",
    ),
    pytest.param(
        good(open_time=[1.5, 2.5, 3.5]), {}, TimeError,
        "column open_time holds Float64, not times; write 2024-02-29 15:30 or whole ms", id="times in floats",
    ),
    pytest.param(
        good(), {"tz": "Mars/Olympus"}, TimeError,
        "tz='Mars/Olympus' is no time zone; write 'UTC' or 'America/New_York'", id="unknown zone",
    ),
    pytest.param(
        good(open=None, close=None), {}, BarsError,
        f"columns missing: open, close; found 'open_time', 'high', 'low', 'volume'; {WANTED}", id="missing columns",
    ),
    pytest.param(
        good(open_time=None), {}, BarsError,
        "columns missing: open_time (or time, or date); found 'open', 'high', 'low', 'close', 'volume'; " + WANTED,
        id="no time column",
    ),
    pytest.param(
        good(Open=[1.0, 2.0, 3.0]), {}, BarsError,
        "columns 'open' and 'Open' both read as open; drop or rename one", id="a column twice",
    ),
    pytest.param(
        good(open_time=None, date=DAYS, time=["09:30"] * 3), {}, BarsError,
        "columns date and time: join the two into one column open_time, such as 2024-02-29 15:30",
        id="date and time apart",
    ),
    pytest.param(
        good(close=["11", "n/a", "13"]), {}, BarsError,
        "row 1: close 'n/a' is not a number; write it as 1234.5 or drop the row", id="text among numbers",
    ),
    pytest.param(
        good(volume=[True, False, True]), {}, BarsError,
        "column volume holds Boolean, not numbers; convert it first", id="booleans for numbers",
    ),
    pytest.param(good().clear(), {}, BarsError, "the frame has no rows; Bars need at least one", id="empty frame"),
    pytest.param(
        good(asset=["X", None, "X"]), {}, BarsError,
        "row 1: the asset is missing; fill the asset column or drop the row", id="missing asset",
    ),
    pytest.param(
        good(asset=["X", "Y", "X"]), {}, BarsError,
        "the frame holds X, Y, but asked for was X; filter the frame first, or leave asset= and assets= out",
        id="other assets than asked for",
    ),
    pytest.param(
        good(), {"assets": ["X"]}, ParameterError,
        "asset= and assets= say the same; give asset= for one, assets= for several", id="asset and assets",
    ),
    pytest.param(
        good(), {"every": "1w"}, ParameterError,
        "every='1w': give the length of a bar as '30s', '1m', '4h' or '1d'", id="unknown length",
    ),
    pytest.param(
        good(), {"every": "5d"}, ParameterError,
        "every='5d': bars are at most '1d' long; aggregate longer ones from daily bars", id="several days",
    ),
    pytest.param(
        good().head(1), {}, BarsError,
        "the length of the bars cannot be told from their times; give every='1m' (or '1h', '1d', ...)",
        id="one bar without every",
    ),
    pytest.param(
        good(), {"calendar": "XNYS"}, TimeError,
        "row 0 (X): 2024-01-02 09:30:00+00:00 lies outside the sessions of XNYS (3 such rows); keep regular hours "
        "only, or give another calendar=", id="outside the session",
    ),
    pytest.param(
        good(time=["2024-01-02T14:30Z", "2024-01-02T14:31Z", "2024-01-02T14:32Z"]).drop("open_time"),
        {"calendar": "XNYS"}, TimeError,
        "row 0 (X): 2024-01-02 14:29:00+00:00 lies outside the sessions of XNYS (1 such rows); keep regular hours "
        "only, or give another calendar=; the column time is taken for the close of a bar, so name it open_time where "
        "it is the open", id="opens under the name of closes",
    ),
    pytest.param(
        daily(date=["2024-01-02", "2024-01-03", "2024-01-06"]), {"calendar": "XNYS"}, TimeError,
        "row 2 (X): 2024-01-06 is no session of XNYS; drop the row or give its calendar=", id="a Saturday",
    ),
    pytest.param(
        daily(date=[20240102, 20240103, 20240199]), {}, TimeError,
        "row 2 (X): date '2024-01-99' cannot be read; write all rows like '2024-01-02'", id="a number that is no date",
    ),
    pytest.param(
        daily(), {"every": "1m"}, TimeError,
        "column date holds dates; bars shorter than a day need times, 2024-02-29 15:30", id="minutes by date",
    ),
    pytest.param(
        good(open_time=["2024-01-02T05:00Z", "2024-01-03T05:00Z", "2024-01-04T05:00Z"]),
        {"every": "1d", "calendar": "XNYS"}, BarsError,
        "daily bars of XNYS are known by their date; give a Date column, or the tz= in which each time is midnight",
        id="New York's midnight as UTC",
    ),
    pytest.param(
        good(time=MINUTES), {}, TimeError,
        "row 0 (X, 2024-01-02 09:30:00+00:00): it closes at 2024-01-02 09:30:00+00:00, not after it opens "
        f"(3 such rows){DROP}", id="closes when it opens",
    ),
    pytest.param(
        good(), {"price_digits": 13}, ParameterError, "price_digits=13: give a whole number from 0 to 12", id="digits",
    ),
    pytest.param(
        good(), {"calendar": "NYSE2"}, ParameterError, None, id="unknown calendar",
    ),
    pytest.param(
        good(low=[0.004, 0.004, 0.004]), {"price_digits": 2}, BarsError,
        "X: low 0.004 becomes 0 on 2 digits; declare more price_digits", id="a price that its digits remove",
    ),
    pytest.param(
        good(volume=[1.0, 3e14, 1.0]), {"quantity_digits": 2}, BarsError,
        "X: volume 300000000000000.0 (bar 1 of the asset) on 2 digits is not below 2^51 steps; declare fewer "
        "quantity_digits", id="too many steps",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "options", "error", "message"), REFUSALS)
def test_refusals(
    frame: pl.DataFrame, options: dict[str, Any], error: type[WorkbenchError], message: str | None
) -> None:
    before = frame.clone()
    with pytest.raises(error) as refused:
        Bars.from_frame(frame, "X", **options)
    assert message is None or str(refused.value) == message
    assert type(refused.value) is error
    assert frame.equals(before)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param([1, 2], "a list is no frame; give a Polars or pandas DataFrame, or an Arrow table", id="list"),
        pytest.param(
            {"open": [1]}, "a dict is no frame; give a Polars or pandas DataFrame, or an Arrow table", id="dict"
        ),
        pytest.param(
            pl.Series([1]), "a Series is no frame; give a Polars or pandas DataFrame, or an Arrow table", id="Series"
        ),
        pytest.param(None, "a NoneType is no frame; give a Polars or pandas DataFrame, or an Arrow table", id="None"),
    ],
)
def test_what_is_no_frame(given: object, message: str) -> None:
    with pytest.raises(ParameterError) as refused:
        Bars.from_frame(given, "X")
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("asset", "assets"),
    [(None, None), (None, ["X", "Y"]), (None, [])],
    ids=["none", "two names", "no names"],
)
def test_a_frame_without_asset_column_needs_one_name(asset: str | None, assets: list[str] | None) -> None:
    with pytest.raises(BarsError, match="there is no asset column: name the asset"):
        Bars.from_frame(good(), asset, assets=assets)


def test_an_asset_that_is_no_name() -> None:
    with pytest.raises(ParameterError, match="asset=5: give its name, such as 'AAPL', or an Asset"):
        Bars.from_frame(good(), 5)  # type: ignore[arg-type]


def test_a_row_keeps_its_number_while_assets_are_sorted_apart() -> None:
    frame = pl.concat([good(asset=["A"] * 3), good(asset=["B"] * 3)]).sort("open_time", "asset")
    late = frame.with_columns(open_time=pl.Series([MINUTES[0]] * 4 + [MINUTES[1]] * 2))
    with pytest.raises(BarsError, match=r"^row 2 \(A, 2024-01-02 09:30:00\+00:00\): the time stands there twice"):
        Bars.from_frame(late, every="1m")


def test_the_published_frame() -> None:
    bars = Bars.from_frame(good(), "X")
    assert bars.frame.schema == BARS
    first = datetime(2024, 1, 2, 9, 30, tzinfo=UTC)
    assert bars.frame.row(0) == ("X", first, first + timedelta(minutes=1), date(2024, 1, 2), 10, 11.5, 9.5, 11, 100)
    assert (bars.every, bars.notices, bars.synthetic) == ("1m", (), False)


def test_the_published_frame_comes_back_as_it_is() -> None:
    bars = Bars.from_frame(daily(), "X", calendar="XNYS")
    again = Bars.from_frame(bars.frame, assets=bars.assets)
    assert again.fingerprint == bars.fingerprint


@pytest.mark.parametrize(
    ("times", "options", "opens", "closes", "session"),
    [
        pytest.param(
            {"open_time": MINUTES}, {}, "2024-01-02T09:30", "2024-01-02T09:31", "2024-01-02", id="ISO text with zone"
        ),
        pytest.param(
            {"Timestamp": ["2024-01-02 09:30", "2024-01-02 09:31", "2024-01-02 09:32"]}, {"tz": "America/New_York"},
            "2024-01-02T14:30", "2024-01-02T14:31", "2024-01-02", id="naive text with tz",
        ),
        pytest.param(
            {"ts": [1_704_187_800_000 + i * 60_000 for i in range(3)]}, {},
            "2024-01-02T09:30", "2024-01-02T09:31", "2024-01-02", id="epoch in ms",
        ),
        pytest.param(
            {"ts": [1_704_187_800 + i * 60 for i in range(3)]}, {},
            "2024-01-02T09:30", "2024-01-02T09:31", "2024-01-02", id="epoch in s",
        ),
        pytest.param(
            {"ts": [(1_704_187_800 + i * 60) * 10**9 for i in range(3)]}, {},
            "2024-01-02T09:30", "2024-01-02T09:31", "2024-01-02", id="epoch in ns",
        ),
        pytest.param(
            {"time": MINUTES}, {}, "2024-01-02T09:29", "2024-01-02T09:30", "2024-01-02", id="time is the close"
        ),
        pytest.param(
            {"Date": ["2024-01-02 09:30", "2024-01-02 09:31", "2024-01-02 09:32"]}, {"tz": "UTC"},
            "2024-01-02T09:30", "2024-01-02T09:31", "2024-01-02", id="a Date column with times",
        ),
        pytest.param(
            {"date": [20240102, 20240103, 20240104]}, {}, "2024-01-02T00:00", "2024-01-03T00:00", "2024-01-02",
            id="dates as numbers",
        ),
        pytest.param({"Date": DAYS}, {}, "2024-01-02T00:00", "2024-01-03T00:00", "2024-01-02", id="dates, 24/7"),
        pytest.param(
            {"Date": DAYS}, {"calendar": "XNYS"}, "2024-01-02T14:30", "2024-01-02T21:00", "2024-01-02", id="dates, XNYS"
        ),
        pytest.param(
            {"datetime": ["2024-01-02T05:00Z", "2024-01-03T05:00Z", "2024-01-04T05:00Z"]},
            {"calendar": "XNYS", "tz": "America/New_York"},
            "2024-01-02T14:30", "2024-01-02T21:00", "2024-01-02", id="midnights of New York",
        ),
        pytest.param(
            {"datetime": ["2024-01-02 00:00", "2024-01-03 00:00", "2024-01-04 00:00"]}, {"every": "1d"},
            "2024-01-02T00:00", "2024-01-03T00:00", "2024-01-02", id="naive midnights are dates",
        ),
        pytest.param(
            {"open_time": ["2024-01-02T09:30Z", "2024-01-03T09:30Z", "2024-01-04T09:30Z"]}, {},
            "2024-01-02T09:30", "2024-01-03T09:30", "2024-01-02", id="daily from the morning on, 24/7",
        ),
        pytest.param(
            {"open_time": ["2012-07-03T16:30Z", "2012-07-05T13:30Z", "2012-07-05T14:30Z"]},
            {"calendar": "XNYS", "every": "1h"},
            "2012-07-03T16:30", "2012-07-03T17:00", "2012-07-03", id="cut at the close of a half day",
        ),
    ],
)  # fmt: skip
def test_times(times: dict[str, Any], options: dict[str, Any], opens: str, closes: str, session: str) -> None:
    row = Bars.from_frame(good(**{"open_time": None, **times}), "X", **options).frame.row(0, named=True)
    assert row["open_time"] == datetime.fromisoformat(opens + "+00:00")
    assert row["time"] == datetime.fromisoformat(closes + "+00:00")
    assert row["session"] == date.fromisoformat(session)


@pytest.mark.parametrize(
    ("distance", "every"),
    [(1, "1s"), (60, "1m"), (300, "5m"), (3600, "1h"), (14_400, "4h"), (90, "90s")],
    ids=["1s", "1m", "5m", "1h", "4h", "90s"],
)
def test_the_length_of_a_bar_is_the_usual_distance(distance: int, every: str) -> None:
    times = [1_704_187_800 + i * distance for i in (0, 1, 2, 3, 9)]
    frame = pl.DataFrame(
        {"open_time": times, "open": [1.0] * 5, "high": [1.0] * 5, "low": [1.0] * 5, "close": [1.0] * 5}
    )
    assert Bars.from_frame(frame, "X").every == every


def test_assets_come_in_the_order_of_their_first_row() -> None:
    frame = pl.concat([good(symbol=["B"] * 3), good(symbol=["A"] * 3)]).sort("open_time", maintain_order=True)
    bars = Bars.from_frame(frame)
    assert bars.assets == ("B", "A")
    assert bars.frame["asset"].to_list() == ["B"] * 3 + ["A"] * 3
    assert Bars.from_frame(frame, assets=["A", "B"]).frame["asset"].to_list() == ["A"] * 3 + ["B"] * 3


def test_ready_made_assets_keep_what_they_declare() -> None:
    bitcoin = Asset("BTC", price_digits=1, quantity_digits=5, price_step="0.5", min_notional=10, currency="USDT")
    made = Bars.from_frame(good(), bitcoin).assets[0]
    assert made.attributes() == bitcoin.attributes()
    assert made.min_notional == Decimal(10)


def test_assets_may_have_different_calendars() -> None:
    frame = pl.concat([daily(asset=["A"] * 3), daily(asset=["B"] * 3)])
    bars = Bars.from_frame(frame, assets=[Asset("A", calendar="XNYS"), Asset("B", calendar="XLON")])
    assert [t.hour for t in bars.frame["time"]] == [21, 21, 21, 16, 16, 16]


@pytest.mark.parametrize(
    ("frame", "kind", "text"),
    [
        pytest.param(
            daily(**{"Adj Close": [1.0, 2.0, 3.0]}), "columns",
            "column 'Adj Close' was ignored: Bars hold unadjusted prices: give splits and dividends as actions=",
            id="adjusted close",
        ),
        pytest.param(
            daily(Dividends=[0.0] * 3, vwap=[1.0] * 3), "columns",
            "2 columns were ignored: Dividends, vwap: Bars hold open, high, low, close and volume only", id="others",
        ),
        pytest.param(
            daily(volume=None), "volume", "there is no volume column: no volume cap acts on such bars", id="no volume"
        ),
        pytest.param(
            good(open_time=None, time=MINUTES), "time",
            "the column 'time' was read as the bars' close: rename it to open_time if it is when they open", id="time",
        ),
    ],
)  # fmt: skip
def test_nothing_stays_silent(frame: pl.DataFrame, kind: str, text: str) -> None:
    bars = Bars.from_frame(frame, "X")
    assert [(n.kind, str(n)) for n in bars.notices] == [(kind, text)]
    assert repr(bars).startswith(f"! {text}\n")


def test_a_volume_that_is_nan_is_unknown() -> None:
    bars = Bars.from_frame(good(volume=[1.0, NAN, None]), "X")
    assert bars.frame["volume"].to_list() == [1.0, None, None]
    assert [str(n) for n in bars.notices] == ["2 volumes are unknown (null or NaN): no volume cap acts on such bars"]


@pytest.mark.parametrize(
    ("days", "calendar", "kinds"),
    [
        pytest.param([d for d in range(1, 20) if d not in (6, 7, 13, 14)], "24/7", ["calendar"], id="an exchange's"),
        pytest.param(list(range(1, 20)), "24/7", [], id="around the clock"),
        pytest.param([d for d in range(1, 20) if d not in (6, 7, 13, 14)], "24/5", [], id="said to be weekdays"),
        pytest.param([1, 2, 3, 4, 5], "24/7", [], id="too few to tell"),
    ],
)
def test_an_exchange_without_its_calendar_is_noticed(days: list[int], calendar: str, kinds: list[str]) -> None:
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), [1.5] * len(days))
    frame = pl.DataFrame({"date": [date(2024, 1, d) for d in days], **columns})
    assert [n.kind for n in Bars.from_frame(frame, "X", calendar=calendar).notices] == kinds


@pytest.mark.parametrize("made", [lambda f: f.lazy(), lambda f: f.to_arrow()], ids=["lazy", "arrow"])
def test_other_frames(made: Any) -> None:
    assert Bars.from_frame(made(good()), "X").fingerprint == Bars.from_frame(good(), "X").fingerprint


def test_splits_and_dividends_come_beside() -> None:
    actions = pl.DataFrame({"ex": ["2024-01-03", "2024-01-03"], "kind": ["dividend", "split"], "amount": [0.1, None],
                            "numerator": [None, 3], "denominator": [None, 2]})  # fmt: skip
    known = Bars.from_frame(daily(), "X", actions=actions).actions
    assert known.select("kind", "numerator", "denominator", "amount").rows() == [
        ("split", 3, 2, None),
        ("dividend", None, None, Decimal("0.1")),
    ]


SPOILED = {"high": 0.5, "low": 99.0, "open": -1.0, "close": NAN, "volume": -1.0}


def walk(n: int, asset: str) -> pl.DataFrame:
    columns: dict[str, Any] = {"open_time": [60 * i for i in range(n)], "open": 2.0, "high": 3.0, "low": 1.0}
    return pl.DataFrame({**columns, "close": 2.5, "volume": 10.0}).with_columns(asset=pl.lit(asset))


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 60), st.data(), st.sampled_from(sorted(SPOILED)))
def test_the_spoiled_row_is_the_one_named(n: int, data: st.DataObject, column: str) -> None:
    row = data.draw(st.integers(0, n - 1))
    spoiled = pl.when(pl.int_range(pl.len()) == row).then(SPOILED[column]).otherwise(pl.col(column)).alias(column)
    with pytest.raises(BarsError) as refused:
        Bars.from_frame(walk(n, "X").with_columns(spoiled), every="1m")
    assert str(refused.value).startswith(f"row {row} (X, {60 * row}): ")


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(24)))
def test_how_assets_are_interleaved_does_not_matter(order: list[int]) -> None:
    apart = pl.concat([walk(8, asset) for asset in "ABC"])
    mixed = apart[order].sort("open_time", maintain_order=True)
    one, two = (Bars.from_frame(frame, assets=["A", "B", "C"], every="1m") for frame in (apart, mixed))
    assert one.fingerprint == two.fingerprint


def test_a_million_rows_are_whole() -> None:
    assert len(Bars.from_frame(walk(1_000_000, "X"))) == 1_000_000
