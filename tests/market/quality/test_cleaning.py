"""What each policy leaves of a bad frame, rule by rule, and what is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError
from workbench.market import catalog, simulate
from workbench.market.bars import BARS, with_frame
from workbench.market.quality import RULES, cleaned, inspect

from .made import asset, daily, edited, frame

GOOD = frame(12)
NAN = float("nan")


def clean(given: pl.DataFrame, policy: Any, calendar: str = "24/7", every: str = "1m", **rules: Any) -> pl.DataFrame:
    made, _ = cleaned(given, inspect(given, [asset(calendar)], every), policy, **rules)
    assert made.schema == BARS
    return made


def without(*rows: int) -> pl.DataFrame:
    return GOOD[[i for i in range(GOOD.height) if i not in rows]]


TWICE = pl.concat([GOOD[:5], edited(GOOD, 4, close=10.02)[4:]])  # row 5 stands in for row 4
ABA = pl.concat([GOOD[:5], edited(GOOD, 4, close=10.02)[4:5], GOOD[4:]])
AAB = pl.concat([GOOD[:5], GOOD[4:5], edited(GOOD, 4, close=10.02)[4:]])
ABB = pl.concat([GOOD[:5], edited(GOOD, 4, close=10.02)[4:5], edited(GOOD, 4, close=10.02)[4:]])
LAST = edited(GOOD, 4, close=10.02)

BOTH = [
    pytest.param(edited(GOOD, 4, close=None), without(4), without(4), id="missing"),
    pytest.param(edited(GOOD, 4, open_time=None), without(4), without(4), id="a missing time"),
    pytest.param(edited(GOOD, 4, open=10.5), without(4), edited(GOOD, 4, open=10.5, high=10.5), id="open above high"),
    pytest.param(edited(GOOD, 4, close=9.5), without(4), edited(GOOD, 4, close=9.5, low=9.5), id="close below low"),
    pytest.param(
        edited(GOOD, 4, high=9.0, low=11.0), without(4), edited(GOOD, 4, high=11.0, low=9.0), id="high below low"
    ),
    pytest.param(edited(GOOD, 4, volume=-2.0), without(4), edited(GOOD, 4, volume=None), id="volume"),
    pytest.param(edited(GOOD, 4, time="2024-07-02T13:30"), without(4), without(4), id="backwards"),
    pytest.param(GOOD[[1, 0, *range(2, 12)]], GOOD, GOOD, id="unsorted"),
    pytest.param(GOOD[::-1], GOOD, GOOD, id="upside down"),
    pytest.param(pl.concat([GOOD[:5], GOOD[4:]]), GOOD, GOOD, id="duplicate"),
    pytest.param(TWICE, GOOD, LAST, id="conflict: the first when dropped, the last when mended"),
    pytest.param(ABA, GOOD, GOOD, id="there and back: first and last are one"),
    pytest.param(AAB, GOOD, LAST, id="a copy, then another"),
    pytest.param(ABB, GOOD, LAST, id="another, then its copy"),
    pytest.param(edited(GOOD, 4, time="2024-07-02T13:37"), without(4), without(4), id="overlap"),
    pytest.param(
        pl.concat([edited(GOOD, 4, close=None, volume=-1.0)[::-1], GOOD[7:8]]), without(4), without(4), id="all at once"
    ),
]


@pytest.mark.parametrize(("given", "dropped", "fixed"), BOTH)
def test_drop_and_fix(given: pl.DataFrame, dropped: pl.DataFrame, fixed: pl.DataFrame) -> None:
    assert clean(given, "drop").equals(dropped)
    assert clean(given, "fix").equals(fixed)
    assert clean(given, "flag") is given
    assert inspect(clean(given, "fix"), [asset()], "1m").ok
    with pytest.raises(BarsError, match="look at the report, or give another policy"):
        clean(given, "fail")


def sessions(days: list[str], hours: int) -> pl.DataFrame:
    """Seven bars of an hour a day from 13:30 UTC on, which is the open of New York in summer, moved by some hours."""
    parts = [frame(7, f"{day}T{13 + hours}:30", 60, day=date.fromisoformat(day)) for day in days]
    return pl.concat(parts)


def test_a_wrong_clock_is_set_back() -> None:
    """The middle day is an hour late."""
    days = ["2024-07-01", "2024-07-02", "2024-07-08"]
    right = sessions(days, 0)
    wrong = pl.concat([right[:7], sessions(days[1:2], 1), right[14:]])
    assert clean(wrong, "fix", "XNYS", "1h").equals(right)
    assert clean(wrong, "drop", "XNYS", "1h").equals(pl.concat([right[:7], right[14:]]))
    turned = pl.concat([wrong[14:], wrong[:14]])
    assert clean(turned, "fix", "XNYS", "1h").equals(right)


def test_a_wrong_clock_of_daily_bars() -> None:
    right = daily(["2024-07-01", "2024-07-02"])
    wrong = right.with_columns(pl.col("open_time", "time").dt.offset_by("-3h"))
    assert clean(wrong, "fix", "XNYS", "1d").equals(right)


@pytest.mark.parametrize("policy", ["drop", "fix"])
def test_strange_hours_and_holidays_go(policy: Any) -> None:
    right = sessions(["2024-07-01", "2024-07-02", "2024-07-05"], 0)
    night = frame(1, "2024-07-02T03:30", 60)
    holiday = frame(1, "2024-07-04T14:30", 60)
    strange = pl.concat([right[:7], night, right[7:14], holiday, right[14:]])
    assert clean(strange, policy, "XNYS", "1h").equals(right)


def test_warnings_and_notes_stay_until_they_are_named() -> None:
    flat = pl.concat([GOOD[:2], *[GOOD[2:3].with_columns(pl.col("open_time", "time").dt.offset_by(f"{i}m"))
                                  for i in range(30)]])  # fmt: skip
    quiet = edited(flat, 0, volume=0.0)
    assert clean(quiet, "drop").equals(quiet)
    assert clean(quiet, "flag", stale="drop").equals(quiet[:3])
    assert clean(quiet, "flag", zero_volume="drop").equals(quiet[1:])
    with pytest.raises(BarsError, match=r"row 0 \(X, 2024-07-02 13:31:00\+00:00\): zero_volume 0, expected a volume"):
        clean(quiet, "flag", zero_volume="fail")
    with pytest.raises(BarsError, match=r"row 2 .*: gap 1, expected no 1m bar missing before it; look at"):
        clean(GOOD[[0, 1, 3]], "fix", gap="fail")


def test_what_was_done_is_told() -> None:
    given = pl.concat([edited(GOOD, 3, close=9.9)[:6], GOOD[5:8], edited(GOOD, 9, volume=0.0)[9:]])
    told = cleaned(given, inspect(given, [asset()], "1m"), "fix", duplicate="drop")[1]
    remedy = "see bars.validate() of the bars before"
    assert told == (
        Notice("quality", 1, "1 finding was dropped: 1 duplicate", remedy),
        Notice("quality", 1, "1 finding was mended: 1 ohlc", remedy),
        Notice("quality", 2, "2 findings were kept: 1 gap, 1 zero_volume", remedy),
    )
    assert cleaned(GOOD, inspect(GOOD, [asset()], "1m"), "fix") == (GOOD, ())


@pytest.mark.parametrize(
    ("policy", "rules", "message"),
    [
        pytest.param("mend", {}, "policy='mend': give 'drop', 'fix', 'fail' or 'flag'", id="policy"),
        pytest.param("fix", {"gaps": "drop"}, "'gaps' is no rule of data quality; did you mean 'gap'", id="rule"),
        pytest.param("fix", {"gap": "fill"}, "gap='fill': give 'drop', 'fix', 'fail' or 'flag'", id="rule's policy"),
        pytest.param("fix", {"outlier": "fix"}, "outlier='fix': nobody can know what is right", id="cannot be mended"),
        pytest.param("fix", {"gap": "drop"}, "gap='drop': there is no row to drop; give 'fail'", id="no row"),
    ],
)
def test_refusals(policy: Any, rules: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        simulate.bars("X", n=5).clean(policy, **rules)


def test_bars_are_cleaned() -> None:
    apple = catalog.sample()["AAPL"]
    assert apple.clean().frame.equals(apple.frame)
    assert [n.text for n in apple.clean().notices] == ["1 finding was kept: 1 outlier"]
    made = apple.clean(outlier="drop")
    assert (len(made), made.gaps) == (3269, {"AAPL": 1})
    hours = with_frame(simulate.bars("X", "1h", n=70, calendar="XNYS"), sessions(["2024-07-01", "2024-07-02"], 1))
    assert hours.clean().validate().counts == {}


def test_every_rule_says_what_mending_does() -> None:
    errors = {name for name, rule in RULES.items() if rule.severity == "error"}
    assert {name for name, rule in RULES.items() if rule.fix} == errors
