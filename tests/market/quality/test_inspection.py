"""Each rule finds what it should, with row and value, and nothing else; frames by hand."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import polars as pl
import pytest

from workbench.errors import BarsError, ParameterError
from workbench.market import catalog, simulate
from workbench.market.adjustments import checked_actions, no_actions
from workbench.market.quality import Limits, inspect, unrecorded_splits
from workbench.market.quality.rules import RULES

from .made import asset, daily, edited, frame

Found = list[tuple[str, int, float | None]]


def found(given: pl.DataFrame, calendar: str = "24/7", every: str = "1m", **more: Any) -> Found:
    report = inspect(given, [asset(calendar)], every, **more)
    return report.frame.select("rule", "row", "value").rows()


GOOD = frame(20)
NAN = float("nan")

ROWS = [
    pytest.param(GOOD, [], id="nothing"),
    pytest.param(edited(GOOD, 4, close=None), [("missing", 4, None), ("gap", 5, 1)], id="a price is null"),
    pytest.param(edited(GOOD, 4, open=NAN), [("missing", 4, None), ("gap", 5, 1)], id="a price is NaN"),
    pytest.param(edited(GOOD, 4, low=0.0), [("missing", 4, 0), ("gap", 5, 1)], id="a price is zero"),
    pytest.param(edited(GOOD, 4, high=math.inf), [("missing", 4, math.inf), ("gap", 5, 1)], id="a price is infinite"),
    pytest.param(edited(GOOD, 4, open_time=None), [("missing", 4, None), ("gap", 5, 1)], id="no open time"),
    pytest.param(edited(GOOD, 4, time=None), [("missing", 4, None), ("gap", 5, 1)], id="no time"),
    pytest.param(edited(GOOD, 4, high=10.0, close=10.005), [("ohlc", 4, 10.01)], id="open above high"),
    pytest.param(edited(GOOD, 4, close=9.9), [("ohlc", 4, 9.9)], id="close below low"),
    pytest.param(edited(GOOD, 4, high=9.9, low=10.1), [("ohlc", 4, 9.9)], id="high below low"),
    pytest.param(edited(GOOD, 4, volume=-1.0), [("volume", 4, -1)], id="a negative volume"),
    pytest.param(edited(GOOD, 4, volume=math.inf), [("volume", 4, math.inf)], id="an infinite volume"),
    pytest.param(edited(GOOD, 4, volume=0.0), [("zero_volume", 4, 0)], id="no trades"),
    pytest.param(edited(GOOD, 4, volume=None), [], id="an unknown volume is none of zero"),
    pytest.param(frame(20, volume=[0.0] * 20), [], id="an asset without any volume"),
    pytest.param(edited(GOOD, 4, time="2024-07-02T13:34"), [("backwards", 4, 0), ("gap", 5, 1)], id="no length"),
    pytest.param(pl.concat([GOOD[:5], GOOD[4:]]), [("duplicate", 5, 10.01)], id="a row twice"),
    pytest.param(
        pl.concat([GOOD[:5], edited(GOOD, 4, close=10.02)[4:]]), [("conflict", 5, 10.02)], id="a time twice"
    ),
    pytest.param(
        pl.concat([GOOD[:5], edited(GOOD, 4, close=10.02)[4:5], GOOD[4:]]),
        [("conflict", 5, 10.02), ("conflict", 6, 10.01)], id="a time three times",
    ),
    pytest.param(
        edited(GOOD, 4, time="2024-07-02T13:36"), [("overlap", 4, 120), ("gap", 5, 1)], id="the long bar overlaps"
    ),
    pytest.param(
        edited(GOOD, 5, open_time="2024-07-02T13:34:30", time="2024-07-02T13:35:30"),
        [("overlap", 5, 60), ("gap", 6, 1)], id="of two alike the later one overlaps",
    ),
    pytest.param(
        edited(GOOD, 5, open_time="2024-07-02T13:35:20", time="2024-07-02T13:36"), [("grid", 5, 20)], id="off the grid"
    ),
    pytest.param(pl.concat([GOOD[:5], GOOD[7:9], GOOD[12:]]), [("gap", 5, 2), ("gap", 7, 3)], id="two gaps"),
    pytest.param(GOOD[[0, 1, 3, 2, *range(4, 20)]], [("unsorted", 3, None)], id="out of order"),
    # Sorted by time the copy of row 4 stands beside it; the finding names the row as given.
    pytest.param(pl.concat([GOOD, GOOD[4:5]]), [("unsorted", 20, None), ("duplicate", 20, 10.01)], id="a late copy"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), ROWS)
def test_rows_and_times(given: pl.DataFrame, expected: Found) -> None:
    assert found(given) == expected


# Returns of 0.001, 0 and -0.001, twenty of each: MAD 0.001, so a deviation is 0.0014826.
QUIET = [10.0 * math.exp(0.001 * min(i % 3, 1)) for i in range(61)]


def prices(closes: list[float], **more: Any) -> pl.DataFrame:
    n = len(closes)
    return frame(n, **{"open": closes, "close": closes, "high": closes, "low": closes, **more})  # type: ignore[arg-type]


def spiked(row: int, factor: float) -> list[float]:
    return [p * (factor if i == row else 1.0) for i, p in enumerate(QUIET)]


def z(value: float) -> Any:
    return pytest.approx(value, rel=1e-9)


DEVIATION = 1.4826 * 0.001
OUTLIERS = [
    pytest.param(QUIET, {}, [], id="quiet"),
    # Into row 30 prices fall by 0.001, out of it they rise by as much.
    pytest.param(
        spiked(30, math.exp(0.05)), {}, [("outlier", 30, 0.049 / DEVIATION), ("outlier", 31, -0.049 / DEVIATION)],
        id="there and back",
    ),
    pytest.param(spiked(30, math.exp(0.0155)), {}, [], id="9.8 deviations, still usual"),
    pytest.param(spiked(30, math.exp(0.0155)), {"outlier_z": 9}, [
        ("outlier", 30, 0.0145 / DEVIATION), ("outlier", 31, -0.0145 / DEVIATION)], id="not with a limit of 9"),
    pytest.param(spiked(30, math.exp(0.05)), {"outlier_return": 0.06}, [], id="less than what is told"),
]  # fmt: skip


@pytest.mark.parametrize(("closes", "limits", "expected"), OUTLIERS)
def test_outliers(closes: list[float], limits: dict[str, float], expected: Found) -> None:
    made = found(prices(closes), limits=Limits(**limits))  # type: ignore[arg-type]
    assert [row[:2] for row in made] == [row[:2] for row in expected]
    assert [row[2] for row in made] == [z(float(row[2] or 0)) for row in expected]


@pytest.mark.parametrize(
    ("side", "value"), [("high", math.log(2) / DEVIATION), ("low", -math.log(2) / DEVIATION)], ids=["high", "low"]
)
def test_a_wrong_print_in_a_good_bar(side: str, value: float) -> None:
    wick = QUIET[30] * (2.0 if side == "high" else 0.5)
    assert found(edited(prices(QUIET), 30, **{side: wick})) == [("outlier", 30, z(value))]


def test_where_most_returns_are_equal_their_mean_deviation_counts() -> None:
    """59 returns, two of them 0.02 up and down, the others 0: the deviation is 1.2533 x 0.04 / 59."""
    closes = [10.0] * 60
    closes[30] = 10.0 * math.exp(0.02)
    deviation = 1.2533 * 0.04 / 59
    expected = [("outlier", 30, z(0.02 / deviation)), ("outlier", 31, z(-0.02 / deviation)), ("stale", 31, 29)]
    made = found(prices(closes), limits=Limits(stale_bars=29))
    assert made[:3] == [*expected[:2], ("stale", 0, 30)]


def test_nights_are_measured_among_themselves() -> None:
    """24 sessions of 7 hours: 0.001 within, 0.02 over each night; one night of 0.5 and one hour of 0.05 are strange."""
    hours = simulate.bars("X", "1h", n=24 * 7, calendar="XNYS", start="2024-06-03").frame
    days = hours["session"].unique(maintain_order=True).to_list()
    level, closes = 10.0, []
    for i, session in enumerate(hours["session"]):
        new = i > 0 and session != hours["session"][i - 1]
        step = (0.02 if days.index(session) % 2 else -0.02) if new else 0.001 * (1 if i % 2 else -1)
        step += 0.48 if new and session == days[12] else 0.05 if i == 40 else 0
        level *= math.exp(step)
        closes.append(level)
    made = hours.with_columns(pl.Series(closes).alias(name) for name in ("open", "high", "low", "close"))
    rows = [row[:2] for row in found(made, "XNYS", "1h") if row[0] == "outlier"]
    night = hours["session"].to_list().index(days[12])
    assert rows == [("outlier", 40), ("outlier", night)]


@pytest.mark.parametrize(
    ("flat", "limits", "expected"),
    [
        pytest.param((10, 39), {}, [], id="29 are none"),
        pytest.param((10, 40), {}, [("stale", 10, 30)], id="30 are"),
        pytest.param((10, 15), {"stale_bars": 5}, [("stale", 10, 5)], id="by a limit of 5"),
        pytest.param((0, 60), {}, [("stale", 0, 60)], id="all"),
    ],
)
def test_stale_prices(flat: tuple[int, int], limits: dict[str, int], expected: Found) -> None:
    closes = [5.0 if flat[0] <= i < flat[1] else 5.0 + 0.001 * (1 + i % 2) for i in range(60)]
    made = inspect(prices(closes), [asset()], "1m", limits=Limits(**limits))  # type: ignore[arg-type]
    assert made.frame.select("rule", "row", "value").rows() == expected
    assert made.frame["rows"].to_list() == [int(value or 0) for _, _, value in expected]


def days_of_june(count: int) -> list[str]:
    bars = simulate.bars("X", "1d", n=count, calendar="XNYS", start="2024-06-03").frame
    return [str(day) for day in bars["session"]]


def test_session_dates_of_june() -> None:
    assert days_of_june(14)[-2:] == ["2024-06-20", "2024-06-21"]  # the 19th is a holiday


JUMPED = [(20.0 if i < 15 else 10.0) * math.exp(0.001 * (i % 2)) for i in range(30)]
JUMP_DAY = "2024-06-25"
SPLIT = {"ex": JUMP_DAY, "kind": "split", "numerator": 2, "denominator": 1}


@pytest.mark.parametrize(
    ("closes", "actions", "limits", "expected"),
    [
        pytest.param(JUMPED, None, {}, [("split", 15, 0.5)], id="a half without a split"),
        pytest.param(JUMPED, SPLIT, {}, [], id="a half with its split"),
        pytest.param(JUMPED, {**SPLIT, "ex": "2024-06-24"}, {}, [
            ("split", 15, 0.5), ("adjusted", 14, 1.0)], id="its split on another day"),
        pytest.param(JUMPED, {"ex": JUMP_DAY, "kind": "dividend", "amount": "9"}, {}, [
            ("outlier", 15, None)], id="any action explains it, but it is a loss still"),
        pytest.param([10.0 + 0.01 * (i % 2) for i in range(30)], SPLIT, {}, [
            ("adjusted", 15, 1.0)], id="adjusted already"),
        pytest.param([p * (1 if i < 15 else 20) for i, p in enumerate(JUMPED)], None, {}, [
            ("split", 15, 10.0)], id="a reverse split 1:10"),
        pytest.param([p * (1 if i < 15 else 1.14) for i, p in enumerate(JUMPED)], None, {}, [
            ("outlier", 15, None)], id="no ratio that is looked for"),
        pytest.param([p * (1 if i < 15 else 1.6) for i, p in enumerate(JUMPED)], None, {"split_ratio": 1.25}, [
            ("split", 15, 0.8)], id="5:4, if asked for"),
        pytest.param([p * (2 if i > 15 else 1) for i, p in enumerate(JUMPED)], None, {}, [
            ("outlier", 15, None), ("outlier", 16, None)], id="a wrong print that goes back"),
    ],
)  # fmt: skip
def test_splits(closes: list[float], actions: Any, limits: dict[str, Any], expected: Found) -> None:
    days = days_of_june(30)
    assert days[15] == JUMP_DAY
    made = daily(days, **dict.fromkeys(("open", "high", "low", "close"), closes))
    told = None if actions is None else checked_actions(pl.DataFrame([actions]), (asset(),))
    rows = found(made, "XNYS", "1d", actions=told, limits=Limits(**limits))
    assert [(rule, row) for rule, row, _ in rows] == [(rule, row) for rule, row, _ in expected]
    for row, wanted in zip(rows, expected, strict=True):
        assert wanted[2] is None or row[2] == pytest.approx(wanted[2], rel=0.002)
    alone = unrecorded_splits(made, [asset("XNYS")], no_actions() if told is None else told, Limits(**limits))
    assert [("split", jump.row, jump.ratio) for _, _, jump in alone] == [row for row in rows if row[0] == "split"]
    assert [str(session) for _, session, _ in alone] == [days[jump.row] for _, _, jump in alone]


def test_aapl_without_its_split() -> None:
    apple = catalog.sample()["AAPL"]
    told = inspect(apple.frame, apple.assets, "1d")
    days = told.frame.filter(rule="split").select(pl.col("time").dt.date(), "expected").rows()
    wanted = "a split 1:2 among the actions"
    assert [day for day, _ in days] == [date(2000, 6, 21), date(2005, 2, 28)]
    assert {text for _, text in days} == {wanted.replace("1:2", "2:1")}
    assert "split" not in inspect(apple.frame, apple.assets, "1d", apple.actions).counts


SESSION = date(2024, 7, 2)


def hour_bars(starts: list[str], **more: Any) -> pl.DataFrame:
    """Bars of an hour that open at these times; all belong to the second of July unless told otherwise."""
    parts = [frame(1, start, 60, day=SESSION, **more) for start in starts]
    return pl.concat(parts).with_columns(close=pl.col("close") + 0.001 * pl.int_range(pl.len()))


DAY = [f"2024-07-02T{h}:30" for h in range(13, 20)]  # 9:30 to 15:30 in New York, all seven hours of the session
NEXT = [f"2024-07-03T{h}:30" for h in range(13, 17)]  # a half day


def moved(day: list[str], hours: int) -> list[str]:
    return [f"{t[:11]}{int(t[11:13]) + hours:02}{t[13:]}" for t in day]


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        pytest.param([*DAY, *NEXT], [], id="a session and a half day"),
        pytest.param(DAY[:3] + DAY[5:], [("gap", 3, 2)], id="a gap inside"),
        pytest.param([*DAY[:6], *NEXT], [("gap", 6, 1)], id="the last hour is missing"),
        pytest.param([*DAY, "2024-07-05T13:30"], [("gap", 7, 4)], id="a half day is missing, a holiday is not"),
        pytest.param([*moved(DAY, 1), *NEXT], [("clock", 0, 1)], id="an hour late"),
        pytest.param([*DAY, *moved(NEXT, -5)], [("clock", 7, -5)], id="five hours early"),
        pytest.param([*DAY, "2024-07-04T14:30"], [("holiday", 7, 0), ], id="a bar on the Fourth of July"),
        # 2:30 in New York, eleven hours before the open; the pre-market begins at 4:00.
        pytest.param(["2024-07-02T06:30", *DAY], [("hours", 0, 420)], id="in the night, seven hours before the open"),
        pytest.param(["2024-07-02T08:30", *DAY], [], id="the pre-market is known"),
        pytest.param([*DAY[:6], "2024-07-02T19:40"], [("grid", 6, 600)], id="ten minutes late"),
    ],
)  # fmt: skip
def test_hours_of_new_york(starts: list[str], expected: Found) -> None:
    assert found(hour_bars(starts), "XNYS", "1h") == expected


def test_breaks_are_no_hours() -> None:
    """Hong Kong trades from 9:30 to 12:00 and from 13:00 to 16:00; UTC is eight hours earlier."""
    starts = ["2024-07-02T01:30", "2024-07-02T02:30", "2024-07-02T03:30", "2024-07-02T05:00", "2024-07-02T06:00"]
    assert found(hour_bars([*starts, "2024-07-02T07:00"]), "XHKG", "1h") == []
    assert found(hour_bars([*starts[:2], "2024-07-02T04:00", *starts[3:]]), "XHKG", "1h") == [
        ("hours", 2, 150), ("gap", 3, 1)
    ]  # fmt: skip


def test_summer_time_that_a_source_forgot() -> None:
    """Bars at 14:30 UTC all year: right until Friday 2024-03-08, an hour late from Monday on, for two sessions of 7."""
    days = ["2024-03-08", "2024-03-11", "2024-03-12"]
    frames = [frame(7, f"{day}T14:30", 60, day=date.fromisoformat(day)) for day in days]
    report = inspect(pl.concat(frames), [asset("XNYS")], "1h")
    assert report.frame.select("rule", "row", "rows", "value").rows() == [("clock", 7, 7, 1.0), ("clock", 14, 7, 1.0)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(["2024-07-01", "2024-07-02", "2024-07-03", "2024-07-05"], [], id="over a holiday"),
        pytest.param(["2024-07-01", "2024-07-03"], [("gap", 1, 1)], id="a session is missing"),
        pytest.param(["2024-07-03", "2024-07-04", "2024-07-05"], [("holiday", 1, 0)], id="a holiday"),
        pytest.param(["2024-07-05", "2024-07-07", "2024-07-08"], [("holiday", 1, 0)], id="a Sunday"),
    ],
)
def test_daily_bars(days: list[str], expected: Found) -> None:
    made = daily(days).with_columns(time=pl.when(pl.col("session") == date(2024, 7, 3)).then(
        pl.datetime(2024, 7, 3, 17, time_zone="UTC")).otherwise("time"))  # fmt: skip
    assert found(made, "XNYS", "1d") == expected


def test_daily_bars_in_another_zone() -> None:
    made = daily(["2024-07-01", "2024-07-02"]).with_columns(pl.col("open_time", "time").dt.offset_by("4h"))
    assert found(made, "XNYS", "1d") == [("clock", 0, 4), ("clock", 1, 4)]


@pytest.mark.parametrize(
    ("every", "days", "expected"),
    [
        pytest.param("1w", ["2024-06-07", "2024-06-14", "2024-06-28"], [("gap", 2, 1)], id="a week"),
        pytest.param("1mo", ["2024-05-31", "2024-06-28", "2024-08-30"], [("gap", 2, 1)], id="a month"),
    ],
)
def test_weeks_and_months(every: str, days: list[str], expected: Found) -> None:
    assert found(daily(days), "XNYS", every) == expected


def test_bars_of_trades_have_hours_but_no_gaps() -> None:
    assert found(hour_bars([DAY[0], DAY[3], "2024-07-03T02:30"]), "XNYS", "100 trades") == [("hours", 2, 390)]
    assert found(GOOD[[0, 5, 19]], "24/7", "100 trades") == []


def test_short_gaps_may_be_left_out() -> None:
    assert found(GOOD[[0, 2, 3, 7]], limits=Limits(gap_bars=2)) == [("gap", 3, 3)]


def test_several_assets_in_turns() -> None:
    both = pl.concat([GOOD, frame(20, asset="Y")[[*range(5), *range(7, 20)]]]).sort("open_time", maintain_order=True)
    report = inspect(both, [asset(), asset(name="Y")], "1m")
    row = both.with_row_index().filter((pl.col("asset") == "Y") & (pl.col("open_time").dt.minute() == 37))["index"][0]
    assert report.frame.select("asset", "rule", "row", "value").rows() == [("Y", "gap", row, 2.0)]
    assert report.rows == 38


def test_order_is_each_assets_own() -> None:
    mixed = pl.concat([GOOD[5:], frame(5, asset="Y"), GOOD[:5]])
    report = inspect(mixed, [asset(), asset(name="Y")], "1m")
    assert report.frame.select("asset", "rule", "row").rows() == [("X", "unsorted", 20)]


def test_findings_are_the_same_in_any_order() -> None:
    """The same bad frame upside down: only the row numbers and the order of rows differ."""
    bad = pl.concat([edited(GOOD, 4, close=9.9), frame(30, asset="Y").gather_every(2)])
    names = [asset(), asset(name="Y")]
    straight, turned = (inspect(f, names, "1m").frame.filter(pl.col("rule") != "unsorted") for f in (bad, bad[::-1]))
    columns = ["asset", "time", "rule", "value", "expected", "severity"]
    assert straight.select(columns).equals(turned.select(columns))
    assert (bad.height - 1 - turned["row"]).to_list() == straight["row"].to_list()


def test_chunks_and_empty_frames() -> None:
    chunked = pl.concat([GOOD[:7], GOOD[7:]], rechunk=False)
    assert found(chunked) == []
    empty = inspect(GOOD.clear(), [asset()], "1m")
    assert (empty.counts, empty.span, repr(empty)) == ({}, (None, None), "Quality of 0 x 1m of X: nothing was found")
    assert found(GOOD[:1]) == []
    assert found(edited(GOOD[:1], 0, close=None)) == [("missing", 0, None)]


@pytest.mark.parametrize(
    ("given", "names", "message"),
    [
        pytest.param(GOOD.drop("volume"), ["X"], "the frame has the schema", id="another schema"),
        pytest.param(GOOD, ["Z"], "rows of X, but the assets are Z; name them all", id="another asset"),
    ],
)
def test_refusals(given: pl.DataFrame, names: list[str], message: str) -> None:
    with pytest.raises(BarsError, match=message):
        inspect(given, [asset(name=name) for name in names], "1m")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        pytest.param({"outlier": 3}, "'outlier' is no limit; did you mean 'outlier_z'?", id="unknown"),
        pytest.param({"zzz": 3}, "'zzz' is no limit; there are outlier_z, outlier_return", id="far from any"),
        pytest.param({"outlier_z": -1}, "outlier_z=-1: give a number from 0 on", id="negative"),
        pytest.param({"outlier_z": NAN}, "outlier_z=nan: give a number from 0 on", id="NaN"),
        pytest.param({"stale_bars": 2.5}, "stale_bars=2.5: give a whole number from 0 on", id="not whole"),
        pytest.param({"gap_bars": True}, "gap_bars=True: give a whole number from 1 on", id="a truth"),
    ],
)
def test_limits_are_checked(limits: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message.replace("?", r"\?")):
        simulate.bars("X", n=5).validate(**limits)


def test_every_rule_is_shown_to_find() -> None:
    """The tables above name every rule there is."""
    tables = [*ROWS, *OUTLIERS]
    named = {rule for table in tables for rule, *_ in table.values[-1]}  # type: ignore[attr-defined]
    assert named | {"stale", "split", "adjusted", "clock", "holiday", "hours"} == set(RULES)
