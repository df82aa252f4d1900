"""Continuous futures against tables worked by hand: when contracts are exchanged, at what gap, and no day too early."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random
from typing import Any

import polars as pl
import pytest

from workbench.errors import BarsError, ParameterError, TimeError, WorkbenchError
from workbench.market.assets import Asset
from workbench.market.bars import Bars, with_frame
from workbench.market.continuous import PRICES, ROLLS, continuous, rolls

Row = tuple[int, float, float | None]  # day of March 2024, close, volume
TERMS: dict[str, Any] = {"kind": "future", "root": "ES", "multiplier": 50}
A = Asset("A", month="2024-03", expiry="2024-03-06", first_notice="2024-03-04", **TERMS)
B = Asset("B", month="2024-04", expiry="2024-03-10", **TERMS)
C = Asset("C", month="2024-05", expiry="2024-03-31", **TERMS)


def day(number: int) -> date:
    return date(2024, 3, number)


def contracts(*of: tuple[Asset, list[Row]], around: tuple[int, int, int] = (0, 0, 0)) -> Bars:
    """Daily bars whose open, high and low are so far from the close."""
    rows = [(str(asset), day(number), close, volume) for asset, given in of for number, close, volume in given]
    frame = pl.DataFrame(rows, ["asset", "date", "close", "volume"], orient="row").cast({"close": pl.Float64})
    others = {name: pl.col("close") + by for name, by in zip(("open", "high", "low"), around, strict=True)}
    return Bars.from_frame(frame.with_columns(**others), assets=[asset for asset, _ in of])


# A expires on the 6th, B on the 10th. C has more volume than B from the 7th on, B more than A from the 3rd on.
THREE = contracts(
    (A, [(1, 100, 90), (2, 101, 80), (3, 102, 40), (4, 103, 20), (5, 104, 10), (6, 105, 5)]),
    (B, [
        (2, 111, 10), (3, 112, 50), (4, 112, 80), (5, 114, 90), (6, 115, 90), (7, 116, 40), (8, 117, 9), (10, 119, 1),
    ]),
    (C, [(4, 90, 1), (7, 93, 60), (8, 95, 90), (9, 96, 95), (10, 97, 99), (11, 98, 99)]),
    around=(-1, 2, -3),
)  # fmt: skip
ROLLED: dict[str, tuple[dict[str, Any], list[tuple[int, str, str, float, float]]]] = {
    "three days before expiry": ({"days": 3}, [(3, "A", "B", 102, 112), (7, "B", "C", 116, 93)]),
    "at expiry": ({"days": 0}, [(6, "A", "B", 105, 115), (10, "B", "C", 119, 97)]),
    "one day before, where B has no bar on the 9th": ({"days": 1}, [(5, "A", "B", 104, 114), (10, "B", "C", 119, 97)]),
    "due before the first bar of the next": ({"days": 5}, [(2, "A", "B", 101, 111), (7, "B", "C", 116, 93)]),
    "by volume, on the day after": ({"roll": "volume"}, [(4, "A", "B", 103, 112), (8, "B", "C", 117, 95)]),
    "by volume, five days before at the latest": (
        {"roll": "volume", "days": 4}, [(2, "A", "B", 101, 111), (7, "B", "C", 116, 93)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "expected"), ROLLED.values(), ids=ROLLED)
def test_rolls(rule: dict[str, Any], expected: list[tuple[int, str, str, float, float]]) -> None:
    table = rolls(THREE, **rule)
    assert table.schema == ROLLS
    wanted = [(day(on), old, new, left, entered) for on, old, new, left, entered in expected]
    assert table.select("date", "from", "to", "from_close", "to_close").rows() == wanted
    assert table["gap"].to_list() == [entered - left for *_, left, entered in expected]
    assert table["ratio"].to_list() == [entered / left for *_, left, entered in expected]


@pytest.mark.parametrize(
    ("before", "on"),
    [
        pytest.param("first_notice", 3, id="a session before the notice of the 4th"),
        pytest.param("expiry", 5, id="a session before the expiry of the 6th"),
        pytest.param(5, 4, id="a session before the 5th of the contract month"),
    ],
)
def test_anchors(before: Any, on: int) -> None:
    later = Asset("N", month="2024-04", expiry="2024-04-19", first_notice="2024-04-10", **TERMS)
    bars = contracts((A, [(n, 100, 9) for n in range(1, 7)]), (later, [(n, 101, 1) for n in range(1, 9)]))
    assert rolls(bars, days=1, before=before)["date"].to_list() == [day(on)]


def test_sessions_are_those_of_the_calendar() -> None:
    """Friday 2024-06-21 is the expiry; the 19th is a holiday, so two sessions before is Tuesday the 18th."""
    about: dict[str, Any] = {**TERMS, "calendar": "XNYS"}
    june = Asset("M", month="2024-06", expiry="2024-06-21", **about)
    september = Asset("U", month="2024-09", expiry="2024-09-20", **about)
    days = [date(2024, 6, n) for n in (17, 18, 20, 21)]
    frame = pl.DataFrame({"date": days * 2, "asset": ["M"] * 4 + ["U"] * 4})
    frame = frame.with_columns(pl.lit(10.0).alias(name) for name in ("open", "high", "low", "close"))
    assert rolls(Bars.from_frame(frame, assets=[june, september]), days=2)["date"].to_list() == [date(2024, 6, 18)]


# days=3: A up to the 3rd, B up to the 7th, C from the 8th. Gaps +10 and -23, ratios 112/102 and 93/116.
CLOSES: dict[str | None, list[float]] = {
    None: [100, 101, 102, 112, 114, 115, 116, 95, 96, 97, 98],
    "additive": [87, 88, 89, 89, 91, 92, 93, 95, 96, 97, 98],
    "ratio": [
        100 * 112 / 102 * 93 / 116, 101 * 112 / 102 * 93 / 116, 93 / 116 * 112,
        112 * 93 / 116, 114 * 93 / 116, 115 * 93 / 116, 93, 95, 96, 97, 98,
    ],
}  # fmt: skip


@pytest.mark.parametrize(("adjustment", "expected"), CLOSES.items(), ids=str)
def test_series(adjustment: Any, expected: list[float]) -> None:
    bars = continuous(THREE, days=3, adjustment=adjustment)
    assert bars.frame["session"].to_list() == [day(number) for number in range(1, 12)]
    assert bars.frame["close"].to_list() == pytest.approx(expected, rel=1e-14)
    assert bars.frame["volume"].to_list() == [90, 80, 40, 80, 90, 90, 40, 90, 95, 99, 99]


# Forward, prices of A stay; B lies 112 - 102 = 10 above A, and C 116 - 93 = 23 below B.
FORWARD = {
    None: [100, 101, 102, 112, 114, 115, 116, 95, 96, 97, 98],
    "additive": [100, 101, 102, 102, 104, 105, 106, 108, 109, 110, 111],
    "ratio": [
        100, 101, 102, 102, 114 * 102 / 112, 115 * 102 / 112, 116 * 102 / 112,
        95 * 102 / 112 * 116 / 93, 96 * 102 / 112 * 116 / 93, 97 * 102 / 112 * 116 / 93, 98 * 102 / 112 * 116 / 93,
    ],
}  # fmt: skip


@pytest.mark.parametrize(("adjustment", "expected"), FORWARD.items(), ids=str)
def test_a_series_from_its_first_contract_on(adjustment: Any, expected: list[float]) -> None:
    bars = continuous(THREE, days=3, adjustment=adjustment, direction="forward")
    assert bars.frame["close"].to_list() == pytest.approx(expected, rel=1e-14)
    assert [notice.kind for notice in bars.notices] == []


@pytest.mark.parametrize("adjustment", ["additive", "ratio"])
def test_forward_no_price_changes_as_time_goes_on(adjustment: Any) -> None:
    """What was known on each day is the head of what is known at the end; backward it is not."""
    whole, held = (
        continuous(THREE, days=3, adjustment=adjustment, direction=way).frame for way in ("forward", "backward")
    )
    for number in range(1, 12):
        rule: dict[str, Any] = {"days": 3, "adjustment": adjustment, "as_of": day(number)}
        assert continuous(THREE, direction="forward", **rule).frame.equals(whole.head(number))
        assert continuous(THREE, **rule).frame.equals(held.head(number)) == (number >= 7)


def test_a_level_that_looks_ahead_is_told() -> None:
    told = [n for n in continuous(THREE, days=3).notices if n.kind == "lookahead"]
    assert [str(n) for n in told] == [
        "prices before 2 rolls hold gaps that came later, so their level looks ahead: write direction='forward' for a "
        "series that a run may use"
    ]
    assert told[0].count == 2
    for quiet in ({"adjustment": None}, {"direction": "forward"}, {"as_of": day(2)}):
        made = continuous(THREE, **{"days": 3, **quiet})  # type: ignore[arg-type]  # a table of keywords
        assert not [n for n in made.notices if n.kind == "lookahead"]


def test_bars_have_them_too() -> None:
    rule: dict[str, Any] = {"roll": "volume", "days": 1, "before": "expiry"}
    more: dict[str, Any] = {"adjustment": "additive", "direction": "forward", "as_of": day(9), "name": "ES*"}
    assert THREE.rolls(**rule, as_of=day(9)).equals(rolls(THREE, **rule, as_of=day(9)))
    ours, theirs = THREE.continuous(**rule, **more), continuous(THREE, **rule, **more)
    assert (ours.fingerprint, ours.assets) == (theirs.fingerprint, theirs.assets)
    both = THREE.join(ours)
    assert both.assets == ("A", "B", "C", "ES*")


def test_all_four_prices_move_alike() -> None:
    frame = continuous(THREE, days=3, adjustment="additive").frame
    assert frame.select("open", "high", "low", "close").row(0) == (86, 89, 84, 87)
    frame = continuous(THREE, days=3, adjustment="ratio").frame
    factor = 112 / 102 * 93 / 116
    assert frame.select("open", "high", "low", "close").row(0) == pytest.approx(
        (99 * factor, 102 * factor, 97 * factor, 100 * factor), rel=1e-14
    )


def test_a_ratio_keeps_returns_and_a_sum_keeps_differences() -> None:
    """Over a roll the change is that of the contract entered: C went from 93 to 95 on the 8th."""
    plain = continuous(THREE, days=3, adjustment="ratio").frame["close"]
    moved = continuous(THREE, days=3, adjustment="additive").frame["close"]
    assert plain[7] / plain[6] == pytest.approx(95 / 93, rel=1e-14)
    assert moved[7] - moved[6] == 2


def test_additive_prices_are_on_the_digits() -> None:
    """0.3 - 0.1 is 0.19999999999999998 in floats; the series says 0.2 and 0.4."""
    cents = contracts((A, [(1, 0.2, 1), (6, 0.1, 1)]), (C, [(6, 0.3, 1), (7, 0.4, 1)]))
    bars = continuous(cents, days=0, adjustment="additive")
    assert bars.frame["close"].to_list() == [0.4, 0.3, 0.4]


def test_what_the_series_is() -> None:
    bars = continuous(THREE, roll="volume", adjustment=None)
    (asset,) = bars.assets
    terms = {"kind": "continuous", "root": "ES", "roll": "volume", "days": 0, "multiplier": 50}
    assert (asset, {name: asset.attributes()[name] for name in terms}) == ("ES", terms)
    assert (asset.adjustment, bars.every, bars.actions.height) == (None, "1d", 0)
    assert bars.source.startswith("3 contracts of ES from ")
    assert continuous(THREE, name="ES.c").assets == ("ES.c",)


def test_a_roll_that_came_late_is_told() -> None:
    bars = continuous(THREE, days=1)
    assert [str(n) for n in bars.notices if n.kind == "rolls"] == [
        "1 of 2 rolls came later than due, as one of the contracts had no bars: see date and due of the rolls"
    ]
    assert rolls(THREE, days=1)["due"].to_list() == [day(5), day(9)]
    assert not [n for n in continuous(THREE, days=0).notices if n.kind == "rolls"]


@pytest.mark.parametrize(
    ("as_of", "count", "first_close"),
    [
        pytest.param("2024-03-02", 0, 100.0, id="no roll is known"),
        pytest.param(day(3), 1, 110.0, id="on the day of the first"),
        pytest.param(datetime(2024, 3, 3, 23, 59, tzinfo=UTC), 0, 100.0, id="a minute before its close"),
        pytest.param(datetime(2024, 3, 4, tzinfo=UTC), 1, 110.0, id="at its close"),
        pytest.param("2024-03-06", 1, 110.0, id="the day before the second"),
        pytest.param("2024-03-07", 2, 87.0, id="both"),
    ],
)
def test_as_of(as_of: Any, count: int, first_close: float) -> None:
    assert rolls(THREE, days=3, as_of=as_of).equals(rolls(THREE, days=3).head(count))
    bars = continuous(THREE, days=3, adjustment="additive", as_of=as_of)
    assert bars.frame["close"][0] == first_close
    assert bars.frame["time"].max() <= datetime(2024, 3, 8, tzinfo=UTC)  # type: ignore[operator]


def random_contracts(seed: int) -> Bars:
    """Four contracts with random closes, volumes and missing bars, each traded up to its expiry."""
    random = Random(seed)
    made = []
    for number, name in enumerate("PQRS"):
        asset = Asset(name, month=f"2024-{number + 4:02}", expiry=day(7 * number + 9), **TERMS)
        days = [n for n in range(max(1, 7 * number - 6), 7 * number + 10) if random.random() > 0.15]
        made.append((asset, [(n, random.randint(50, 150), random.choice([None, *range(20)])) for n in days]))
    return contracts(*made)


@pytest.mark.parametrize("roll", ["calendar", "volume"])
@pytest.mark.parametrize("seed", range(8))
def test_nothing_of_the_future_leaks(roll: Any, seed: int) -> None:
    """What was known on any day is the beginning of what is known at the end."""
    bars = random_contracts(seed)
    table, series = rolls(bars, roll=roll, days=2), continuous(bars, roll=roll, days=2, adjustment=None).frame
    assert table.height >= 2
    for number in range(bars.frame["session"].min().day, 31):  # type: ignore[union-attr]
        on = day(number)
        assert rolls(bars, roll=roll, days=2, as_of=on).equals(table.filter(pl.col("date") <= on))
        known = continuous(bars, roll=roll, days=2, adjustment=None, as_of=on).frame
        assert known.equals(series.filter(pl.col("session") <= on))


@pytest.mark.parametrize("seed", range(8))
def test_against_a_slow_reference(seed: int) -> None:
    """Walk backwards over the series and add each gap to all that lies before it."""
    bars = random_contracts(seed)
    table = rolls(bars, days=2)
    closes = dict(continuous(bars, days=2, adjustment=None).frame.select("session", "close").rows())
    for on, gap in table.select("date", "gap").rows():
        closes = {session: close + gap if session <= on else close for session, close in closes.items()}
    assert continuous(bars, days=2, adjustment="additive").frame["close"].to_list() == list(closes.values())


def hourly(asset: Asset, hours: list[tuple[int, int, float]]) -> pl.DataFrame:
    rows = [(str(asset), datetime(2024, 3, d, h, tzinfo=UTC), close, 5.0) for d, h, close in hours]
    frame = pl.DataFrame(rows, ["asset", "open_time", "close", "volume"], orient="row")
    return frame.with_columns(pl.col("close").cast(pl.Float64).alias(name) for name in ("open", "high", "low", "close"))


@pytest.mark.parametrize(
    ("hours", "left", "entered"),
    [
        pytest.param([(6, 1, 20), (6, 2, 21), (6, 4, 25)], 11, 21, id="the last hour of both"),
        pytest.param([(6, 4, 25)], 12, 25, id="no hour of both: the last of each"),
    ],
)
def test_bars_within_the_day_are_exchanged_at_one_time(
    hours: list[tuple[int, int, float]], left: float, entered: float
) -> None:
    frame = pl.concat([hourly(A, [(6, 1, 10), (6, 2, 11), (6, 3, 12)]), hourly(B, [*hours, (7, 1, 30)])])
    bars = Bars.from_frame(frame, assets=[A, B], every="1h")
    assert rolls(bars, days=0).select("from_close", "to_close").row(0) == (left, entered)
    assert continuous(bars, days=0, adjustment=None).frame["close"].to_list() == [10, 11, 12, 30]


def test_a_start_inside_the_window_of_a_roll_begins_with_the_next() -> None:
    bars = contracts((A, [(5, 104, 1), (6, 105, 1)]), (B, [(5, 114, 1), (6, 115, 1), (7, 116, 1)]))
    assert rolls(bars, days=3).is_empty()
    assert continuous(bars, days=3).frame["close"].to_list() == [114, 115, 116]


def test_the_last_contract_goes_on_alone() -> None:
    bars = contracts((A, [(5, 104, 1), (6, 105, 1)]))
    assert continuous(bars, days=3).frame["close"].to_list() == [104, 105]


def test_serial_months_without_volume_are_passed_over() -> None:
    bars = contracts(
        (A, [(1, 10, 9), (2, 11, 5), (3, 12, 1)]), (B, [(n, 20, 0) for n in range(1, 4)]),
        (C, [(1, 30, 8), (2, 31, 9), (3, 32, 9)]),
    )  # fmt: skip
    assert rolls(bars, roll="volume").select("date", "from", "to").rows() == [(day(3), "A", "C")]


def test_an_unknown_volume_decides_nothing() -> None:
    bars = contracts((A, [(n, 10, None) for n in range(1, 7)]), (B, [(n, 20, 5) for n in range(1, 8)]))
    assert rolls(bars, roll="volume")["date"].to_list() == [day(6)]


OTHER = Asset("D", month="2024-06", expiry="2024-03-31", **{**TERMS, "multiplier": 5})
APART = contracts((A, [(1, 100, 1), (2, 101, 1)]), (C, [(8, 95, 1), (9, 96, 1)]))
SPREAD = contracts((A, [(5, 1, 1), (6, 37, 1)]), (C, [(6, 20, 1), (7, 21, 1)]))
SUNK = pl.when(pl.col("close") == 37).then(-37)
BELOW = with_frame(SPREAD, SPREAD.frame.with_columns(SUNK.otherwise(pl.col(name)).alias(name) for name in PRICES))


@pytest.mark.parametrize(
    ("bars", "options", "error", "message"),
    [
        pytest.param(THREE, {"roll": "open interest"}, ParameterError, "give 'calendar' or 'volume'", id="roll"),
        pytest.param(THREE, {"days": -1}, ParameterError, "whole number of sessions from 0 to 366", id="days"),
        pytest.param(THREE, {"before": 29}, ParameterError, "a day of the month from 1 to 28", id="before"),
        pytest.param(THREE, {"before": "first_notice"}, ParameterError, "'B' has no first_notice", id="notice"),
        pytest.param(THREE, {"before": 20}, ParameterError, "2024-03-20 lies after 'A' expires", id="after expiry"),
        pytest.param(THREE, {"adjustment": "log"}, ParameterError, "'additive', 'ratio' or None", id="adjustment"),
        pytest.param(THREE, {"direction": "up"}, ParameterError, "direction='up': give 'forward'", id="direction"),
        pytest.param(THREE, {"as_of": "yesterday"}, TimeError, "as_of='yesterday'", id="no date"),
        pytest.param(THREE, {"as_of": "2020-01-01"}, BarsError, "no bars of these contracts by then", id="too early"),
        pytest.param(APART, {}, BarsError, "'A' ends on 2024-03-02 and has no session with 'C'", id="a hole"),
        pytest.param(BELOW, {"days": 0}, BarsError, r"from -37.0 to 20.0: a ratio needs prices above 0", id="below 0"),
        pytest.param(
            contracts((A, [(1, 1, 1)]), (OTHER, [(1, 1, 1)])), {}, ParameterError, "multiplier 5, 50", id="sizes"
        ),
        pytest.param(
            contracts((A, [(1, 1, 1)]), (Asset("E", month="2024-03", expiry="2024-03-06", **TERMS), [(1, 1, 1)])), {},
            ParameterError, "'A' and 'E' both expire on 2024-03-06", id="one expiry",
        ),
        pytest.param(
            contracts((Asset("AAPL"), [(1, 1, 1)])), {}, ParameterError, "'AAPL' has kind='equity'", id="no future"
        ),
    ],
)  # fmt: skip
def test_refusals(bars: Bars, options: dict[str, Any], error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=message):
        continuous(bars, **options)


def test_prices_below_zero_are_adjusted_by_sums() -> None:
    assert continuous(BELOW, days=0, adjustment="additive").frame["close"].to_list() == [58, 20, 21]
    assert rolls(BELOW, days=0)["ratio"].to_list() == [None]


def test_a_series_that_sinks_below_zero_says_so() -> None:
    bars = contracts((A, [(5, 30, 1), (6, 37, 1)]), (C, [(6, 5, 1), (7, 6, 1)]))
    made = continuous(bars, days=0, adjustment="additive")
    assert made.frame["close"].to_list() == [-2, 5, 6]
    assert [n.text for n in made.notices if n.kind == "sunk"] == [
        "1 of 3 bars of the series reach 0 or below, so returns of them mean nothing"
    ]
    assert not [n for n in continuous(bars, days=0).notices if n.kind == "sunk"]
