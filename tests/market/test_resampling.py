"""Longer bars out of shorter ones: by hand at the awkward places, and against plain loops on random sessions."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ParameterError, TimeError
from workbench.market import catalog, simulate
from workbench.market.adjustments import adjusted, no_actions
from workbench.market.assets import Asset
from workbench.market.bars import BARS, Bars
from workbench.market.calendars import Calendar
from workbench.market.resampling import by_clock, length

Row = dict[str, Any]
MINUTE = timedelta(minutes=1)


def clocks(bars: Bars, zone: str) -> list[str]:
    local = bars.frame.select(pl.col("open_time", "time").dt.convert_time_zone(zone))
    return [f"{a:%d %H:%M}-{b:%H:%M}" for a, b in local.rows()]


@pytest.mark.parametrize(
    ("calendar", "start", "n", "every", "zone", "expected"),
    [
        pytest.param(
            "XNYS",
            "2024-07-03",
            210,
            "1h",
            "America/New_York",
            ["03 09:30-10:30", "03 10:30-11:30", "03 11:30-12:30", "03 12:30-13:00"],
            id="a half day ends with half an hour",
        ),
        pytest.param(
            "XNYS",
            "2024-03-08",
            780,
            "4h",
            "America/New_York",
            ["08 09:30-13:30", "08 13:30-16:00", "11 09:30-13:30", "11 13:30-16:00"],
            id="the clocks went forward over the weekend",
        ),
        pytest.param(
            "XHKG",
            "2024-01-02",
            330,
            "1h",
            "Asia/Hong_Kong",
            [
                "02 09:30-10:30",
                "02 10:30-11:30",
                "02 11:30-12:00",
                "02 13:00-14:00",
                "02 14:00-15:00",
                "02 15:00-16:00",
            ],
            id="lunch cuts an hour",
        ),
        pytest.param(
            "24/7",
            "2024-02-29",
            1440,
            "7h",
            "UTC",
            ["29 00:00-07:00", "29 07:00-14:00", "29 14:00-21:00", "29 21:00-00:00"],
            id="around the clock on UTC days",
        ),
        pytest.param(
            "XASX", "2024-01-15", 360, "1d", "Australia/Sydney", ["15 10:00-16:00"], id="a session over UTC midnight"
        ),
    ],
)
def test_slots(calendar: str, start: str, n: int, every: str, zone: str, expected: list[str]) -> None:
    assert clocks(simulate.bars("X", n=n, start=start, calendar=calendar).resample(every), zone) == expected


def made(rows: list[tuple[Any, ...]], every: str = "1m", calendar: str = "24/7", **options: Any) -> Bars:
    """Bars from (open time, open, high, low, close, volume)."""
    names = ("open_time", "open", "high", "low", "close", "volume")
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    return Bars.from_frame(frame, "X", every=every, calendar=calendar, **options)


FIVE = [
    ("2024-01-02T00:00Z", 10.0, 12.0, 9.0, 11.0, 0.1),
    ("2024-01-02T00:01Z", 11.0, 11.5, 10.5, 11.2, 0.2),
    ("2024-01-02T00:04Z", 11.3, 14.0, 11.3, 13.0, 0.4),
    ("2024-01-02T00:05Z", 13.0, 13.0, 8.0, 8.5, 1.0),
    ("2024-01-02T00:09Z", 8.5, 9.0, 8.5, 9.0, 2.0),
]


def test_prices_and_volume_by_hand() -> None:
    """0.1 + 0.2 + 0.4 is 0.7000000000000001 in floats; on one digit it is 0.7."""
    frame = made(FIVE).resample("5m").frame
    assert frame.select(BARS.names()[4:]).rows() == [(10.0, 14.0, 9.0, 13.0, 0.7), (13.0, 13.0, 8.0, 9.0, 3.0)]
    assert frame.schema == BARS
    assert str(frame["open_time"][1]) == "2024-01-02 00:05:00+00:00"


def test_an_unknown_volume_makes_the_sum_unknown() -> None:
    rows = [(*row[:5], None if i == 1 else row[5]) for i, row in enumerate(FIVE)]
    assert made(rows).resample("5m").frame["volume"].to_list() == [None, 3.0]


@pytest.mark.parametrize(
    ("count", "partial", "ends"),
    [
        pytest.param(5, False, ["00:05", "00:10"], id="the last minute is there: finished"),
        pytest.param(4, False, ["00:05"], id="it is not: left out"),
        pytest.param(4, True, ["00:05", "00:06"], id="asked for: known at its last row"),
    ],
)
def test_the_unfinished_bar(count: int, partial: bool, ends: list[str]) -> None:
    frame = made(FIVE[:count]).resample("5m", partial=partial).frame
    assert frame["time"].dt.strftime("%H:%M").to_list() == ends


def test_no_bar_knows_more_than_its_time() -> None:
    """A strategy at any minute may only see longer bars made of rows that had closed by then."""
    minutes = simulate.bars("X", n=400, start="2024-07-02", calendar="XNYS")
    whole = minutes.resample("15m").frame
    for at in minutes.frame["time"]:
        seen = minutes.frame.filter(pl.col("time") <= at)
        known = Bars(seen, no_actions(), minutes.assets, "1m", "as of").resample("15m").frame
        assert known.equals(whole.filter(pl.col("time") <= at))


def test_leaving_out_an_unfinished_bar_leaves_the_others_alone() -> None:
    """X has no finished bar; Y's first one misses its second minute, yet ends by the clock, not by its rows."""
    frame = simulate.bars("X", n=4, start="2024-01-02").frame
    both = pl.concat([frame[[0]], frame[[0, 2, 3]].with_columns(asset=pl.lit("Y"))])
    found = Bars.from_frame(both, every="1m").resample("2m").frame
    assert found["asset"].to_list() == ["Y", "Y"]
    assert found["time"].dt.strftime("%H:%M").to_list() == ["00:02", "00:04"]


def test_a_row_beyond_its_slot_moves_the_close() -> None:
    """An hour that starts at half past reaches over the end of the two-hour slot it opens in."""
    rows = [(f"2024-01-02T0{h}:30Z", 1.0, 1.0, 1.0, 1.0, 1.0) for h in (0, 1, 2, 3)]
    frame = made(rows, "1h").resample("2h").frame
    assert frame["time"].dt.strftime("%H:%M").to_list() == ["02:30", "04:30"]


def test_a_row_inside_of_a_break_ends_with_it() -> None:
    """Hong Kong's lunch from 12:00 to 13:00 (04:00 to 05:00 UTC): a slot that begins in it does not reach beyond."""
    rows = [
        (f"2024-01-02T{at}Z", 1.0, 1.0, 1.0, 1.0, 1.0) for at in ("03:59", "04:10", "04:40", "05:00", "05:29", "07:59")
    ]
    frame = pl.DataFrame(rows, ("open_time", "open", "high", "low", "close", "volume"), orient="row")
    opened = frame["open_time"].str.to_datetime().cast(pl.Datetime("us", "UTC"))
    whole = frame.with_columns(
        asset=pl.lit("X"), open_time=opened, time=opened.dt.offset_by("1m"), session=pl.lit(date(2024, 1, 2))
    )
    bars = Bars(whole.select(BARS.names()), no_actions(), (Asset("X", calendar="XHKG"),), "1m", "by hand")
    found = clocks(bars.resample("1h"), "UTC")
    # What began before the break, at 03:30, holds a row of 04:10 and is known when that closes.
    assert found == ["02 03:30-04:11", "02 04:30-05:00", "02 05:00-06:00", "02 07:00-08:00"]


def test_the_clock_ends_what_rows_do_not() -> None:
    """The hour from 01:00 has no row at its end: left out, or known from 02:00 on."""
    bars = made([(f"2024-01-02T0{at}Z", 1.0, 1.0, 1.0, 1.0, 1.0) for at in ("0:30", "1:00")], "30m")
    assert clocks(bars.resample("1h"), "UTC") == ["02 00:00-01:00"]
    assert clocks(by_clock(bars, "1h"), "UTC") == ["02 00:00-01:00", "02 01:00-02:00"]
    assert clocks(by_clock(bars, "1w"), "UTC") == ["01 00:00-00:00"]
    assert by_clock(bars, "1w").frame["session"].to_list() == [date(2024, 1, 2)]


def test_assets_and_calendars_stay_apart() -> None:
    """Y has the same times as X's last bar; Z trades elsewhere, between them in the order."""
    x = simulate.bars("X", n=120, start="2024-01-02").frame
    z = simulate.bars("Z", n=390, start="2024-01-02", calendar="XNYS").frame
    y = x.tail(60).with_columns(asset=pl.lit("Y"))
    assets = [Asset("X"), Asset("Z", calendar="XNYS"), Asset("Y")]
    bars = Bars.from_frame(pl.concat([x, z, y]), assets=assets, every="1m").resample("1h")
    assert bars.frame["asset"].to_list() == ["X"] * 2 + ["Z"] * 7 + ["Y"]
    assert bars.frame["volume"].sum() == sum(f["volume"].sum() for f in (x, y, z))


def test_minutes_hours_days_are_the_same_on_any_way() -> None:
    minutes = simulate.bars("X", n=390 * 6, start="2024-07-01", calendar="XNYS")
    assert minutes.resample("1d").frame.equals(minutes.resample("1h").resample("1d").frame)
    assert minutes.resample("1w").frame.equals(minutes.resample("30m").resample("1w").frame)
    assert minutes.resample("60m").every == "1h"
    assert minutes.resample("1m") == minutes or minutes.resample("1m").frame.equals(minutes.frame)


def test_weeks_and_months_of_the_sample() -> None:
    """2012-07: the week of July 4 has four sessions; the month runs from the 2nd to the 31st, 21 sessions."""
    days = catalog.sample()["IBM"].between("2012-07-02", "2012-07-31")
    weeks, months = days.resample("1w"), days.resample("1mo")
    first = days.frame.head(4)
    row = weeks.frame.row(0, named=True)
    assert (row["open"], row["close"], row["session"]) == (first["open"][0], first["close"][3], date(2012, 7, 6))
    assert (row["high"], row["low"], row["volume"]) == (first["high"].max(), first["low"].min(), first["volume"].sum())
    assert (row["open_time"], row["time"]) == (first["open_time"][0], first["time"][3])
    assert [w["session"] for w in weeks.frame.iter_rows(named=True)] == [date(2012, 7, d) for d in (6, 13, 20, 27)]
    assert months.frame["volume"].to_list() == [days.frame["volume"].sum()]
    assert weeks.gaps == months.gaps == {"IBM": 0}
    assert "x 1w of IBM" in repr(weeks)


def test_a_split_inside_a_week_puts_it_in_the_units_of_its_end() -> None:
    """Wednesday 2024-06-12 is the ex-date of 2:1: Monday and Tuesday at 100 are 50 in the week's units."""
    days = [(f"2024-06-{d}", p, p, p, p, v) for d, p, v in ((10, 100.0, 10), (11, 104.0, 10), (12, 53.0, 30))]
    days += [(f"2024-06-{d}", 54.0, 55.0, 53.0, 54.0, 30) for d in (13, 14)]
    split = pl.DataFrame({"ex": ["2024-06-12"], "kind": ["split"], "numerator": [2], "denominator": [1]})
    names = ("date", "open", "high", "low", "close", "volume")
    bars = Bars.from_frame(pl.DataFrame(days, schema=names, orient="row"), "X", calendar="XNYS", actions=split)
    week = bars.resample("1w")
    assert week.frame.select(BARS.names()[4:]).rows() == [(50.0, 55.0, 50.0, 54.0, 130.0)]
    assert adjusted(week, date(2024, 6, 14)).frame.equals(week.frame)
    before = bars.until("2024-06-11").resample("1w", partial=True)
    assert before.frame["open"].to_list() == [100.0]
    assert adjusted(before, date(2024, 6, 14)).frame["open"].to_list() == [50.0]


@pytest.mark.parametrize(
    ("source", "wanted", "message"),
    [
        pytest.param("1h", "30m", "every='30m' is no multiple of the bars' own 1h", id="shorter"),
        pytest.param("7m", "1h", "every='1h' is no multiple of the bars' own 7m", id="no multiple"),
        pytest.param("1d", "4h", "every='4h' is no multiple of the bars' own 1d", id="from days"),
        pytest.param("1m", "2w", "every='2w': give '5m', '1h', '4h', '1d', '1w' or '1mo'", id="two weeks"),
        pytest.param("1m", 5, "every=5: give", id="no text"),
    ],
)
def test_lengths_that_do_not_fit(source: str, wanted: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        simulate.bars("X", source, n=5).resample(wanted)


def test_weeks_make_no_months() -> None:
    with pytest.raises(ParameterError, match="every='1mo' is no multiple of the bars' own 1w"):
        simulate.bars("X", "1d", n=30).resample("1w").resample("1mo")


def test_a_session_that_is_none_is_told() -> None:
    frame = simulate.bars("X", n=60, start="2024-07-04").frame
    bars = Bars(frame, no_actions(), (Asset("X", calendar="XNYS"),), "1m", "by hand")
    with pytest.raises(TimeError, match="2024-07-04 is no session of XNYS"):
        bars.resample("1h")


def test_nothing_stays_nothing() -> None:
    empty = simulate.bars("X", n=3).since("2100-01-01").resample("1h")
    assert (len(empty), empty.every) == (0, "1h")
    assert empty.vwap().height == 0


def test_vwap_by_hand() -> None:
    """(10 * 1 + 20 * 3) / 4 = 17.5; nothing traded and unknown volume have none."""
    rows: list[tuple[Any, ...]] = [
        (f"2024-01-02T00:0{m}Z", p, p, p, p, v) for m, p, v in ((0, 10.0, 1.0), (1, 20.0, 3.0), (5, 9.0, 0.0))
    ]
    rows += [("2024-01-02T00:10Z", 9.0, 9.0, 9.0, 9.0, None)]
    assert made(rows).vwap("5m")["vwap"].to_list() == [17.5, None, None]
    with pytest.raises(ParameterError, match="a split may fall inside"):
        made(rows).vwap("1w")


def slot(calendar: Calendar, row: Row, step: timedelta) -> tuple[datetime, datetime]:
    """The slot of a row by walking from the open of its part, as a person would."""
    parts = calendar.parts(row["session"], row["session"]).rows(named=True)
    part = next(p for p in parts if p["open_time"] <= row["open_time"] < p["time"])
    begin = part["open_time"]
    while begin + step <= row["open_time"]:
        begin += step
    return begin, min(begin + step, part["time"])


def reference(bars: Bars, step: timedelta) -> list[tuple[Any, ...]]:
    """Every bar by plain loops: rows of one slot in a list, unfinished last ones left out."""
    out = []
    for asset in bars.assets:
        groups: dict[tuple[datetime, datetime], list[Row]] = {}
        for row in bars.frame.filter(pl.col("asset") == str(asset)).iter_rows(named=True):
            groups.setdefault(slot(Calendar(asset.calendar), row, step), []).append(row)
        for (begin, end), rows in groups.items():
            if rows is not list(groups.values())[-1] or rows[-1]["time"] >= end:
                volumes = [r["volume"] for r in rows]
                total = None if None in volumes else round(math.fsum(volumes), asset.quantity_digits)
                high, low = max(r["high"] for r in rows), min(r["low"] for r in rows)
                prices = rows[0]["open"], high, low, rows[-1]["close"], total
                out.append((str(asset), begin, end, rows[0]["session"], *prices))
    return out


@st.composite
def sessions(draw: st.DrawFn) -> tuple[Bars, int]:
    """Minutes with holes and unknown volumes of two assets, around breaks, half days and clock changes."""
    name = draw(st.sampled_from(["XNYS", "XHKG", "24/7", "24/5", "XASX"]))
    start = draw(st.sampled_from([date(2024, 3, 8), date(2024, 7, 3), date(2024, 2, 9), date(2024, 10, 31)]))
    whole = [
        simulate.bars(a, n=1500, seed=s, start=start, calendar=name, quantity_digits=1) for s, a in enumerate("XY")
    ]
    frames = []
    for bars in whole:
        kept = sorted(draw(st.sets(st.integers(0, 1499), min_size=1, max_size=80)))
        unknown = draw(st.sets(st.sampled_from(kept), max_size=5))
        gone = pl.Series([row in unknown for row in kept])
        volume = pl.when(gone).then(None).otherwise(pl.col("volume")).alias("volume")
        frames.append(bars.frame[kept].with_columns(volume))
    assets = tuple(bars.assets[0] for bars in whole)
    return Bars(pl.concat(frames), no_actions(), assets, "1m", "random"), draw(st.sampled_from([2, 5, 7, 60, 95, 240]))


@settings(max_examples=60, deadline=None)
@given(sessions())
def test_plain_loops_agree(case: tuple[Bars, int]) -> None:
    bars, minutes = case
    assert bars.resample(f"{minutes}m").frame.rows() == reference(bars, minutes * MINUTE)


def test_spelling() -> None:
    assert [length(e) for e in ("60m", "90m", "24h", "1440m", "3600s", "1mo")] == ["1h", "90m", "1d", "1d", "1h", "1mo"]
