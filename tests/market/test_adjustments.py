"""Splits and dividends: what is accepted, and history as of a date."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from workbench.errors import BarsError, ParameterError, TimeError
from workbench.market import catalog
from workbench.market.actions import widened
from workbench.market.adjustments import adjusted, checked_actions, no_actions
from workbench.market.assets import Asset
from workbench.market.bars import ACTIONS, Bars

DAYS = [date(2024, 1, d) for d in (1, 2, 3, 4)]


def bars(actions: list[dict[str, Any]]) -> Bars:
    """Four daily bars at 60 with a volume of 120, of X and of Y."""
    prices = {name: [60.0] * 8 for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"date": DAYS * 2, "asset": ["X"] * 4 + ["Y"] * 4, **prices, "volume": [120.0] * 8})
    return Bars.from_frame(frame, actions=pl.DataFrame(actions, infer_schema_length=None) if actions else None)


def split(ex: int, numerator: int, denominator: int) -> dict[str, Any]:
    terms = {"numerator": numerator, "denominator": denominator, "amount": None}
    return {"asset": "X", "ex": date(2024, 1, ex), "kind": "split", **terms}


def dividend(ex: int, amount: str) -> dict[str, Any]:
    terms = {"numerator": None, "denominator": None, "amount": amount}
    return {"asset": "X", "ex": date(2024, 1, ex), "kind": "dividend", **terms}


@pytest.mark.parametrize(
    ("actions", "as_of", "closes", "volumes"),
    [
        pytest.param([], 4, [60, 60, 60, 60], [120] * 4, id="no action"),
        pytest.param([split(3, 2, 1)], 4, [30, 30, 60, 60], [240, 240, 120, 120], id="2:1 on the third"),
        pytest.param([split(3, 2, 1)], 3, [30, 30, 60, 60], [240, 240, 120, 120], id="on the ex-date itself"),
        pytest.param([split(3, 2, 1)], 2, [60, 60, 60, 60], [120] * 4, id="the day before it is not known"),
        pytest.param([split(3, 1, 10)], 4, [600, 600, 60, 60], [12, 12, 120, 120], id="a reverse split"),
        pytest.param([split(2, 3, 2), split(4, 2, 1)], 4, [20, 30, 30, 60], [360, 240, 240, 120], id="two splits"),
        pytest.param([dividend(3, "1.5")], 4, [60, 60, 60, 60], [120] * 4, id="dividends change no price"),
    ],
)  # fmt: skip
def test_history_as_of_a_date(
    actions: list[dict[str, Any]], as_of: int, closes: list[float], volumes: list[float]
) -> None:
    made = adjusted(bars(actions), date(2024, 1, as_of)).frame.filter(pl.col("asset") == "X")
    for name in ("open", "high", "low", "close"):
        assert made[name].to_list() == closes
    assert made["volume"].to_list() == volumes


def test_other_assets_are_left_alone() -> None:
    made = adjusted(bars([split(3, 2, 1)]), date(2024, 1, 4)).frame.filter(pl.col("asset") == "Y")
    assert made["close"].to_list() == [60.0] * 4


@pytest.mark.parametrize(
    ("actions", "as_of", "known"),
    [
        pytest.param([dividend(2, "3"), split(3, 2, 1)], 4, ["1.5"], id="before the split: per new unit"),
        pytest.param([dividend(2, "3"), split(3, 2, 1)], 2, ["3"], id="the split is not known yet"),
        pytest.param([dividend(3, "3"), split(3, 2, 1)], 4, ["3"], id="on the same day it is per new unit already"),
        pytest.param([dividend(2, "1"), split(3, 3, 1)], 4, ["0.333333333333"], id="rounded at 12 digits"),
        pytest.param([dividend(2, "1"), dividend(4, "2")], 3, ["1"], id="later ones are not known"),
    ],
)
def test_dividends_as_of_a_date(actions: list[dict[str, Any]], as_of: int, known: list[str]) -> None:
    made = adjusted(bars(actions), date(2024, 1, as_of)).actions
    assert made.schema == ACTIONS
    assert made["amount"].to_list() == [Decimal(amount) for amount in known]


def test_real_closes_divide_without_an_error_in_the_last_bit() -> None:
    apple = catalog.sample()["AAPL"]
    raw = apple.until("2000-06-20").frame["close"].to_list()
    made = adjusted(apple, date(2013, 3, 1)).until("2000-06-20").frame["close"].to_list()
    assert made == [close / 4 for close in raw]


ACTION_REFUSALS = [
    pytest.param({"kind": ["split"]}, "actions lack ex; found kind; wanted asset, ex, kind", id="no ex"),
    pytest.param({"ex": [date(2024, 1, 2)]}, "actions lack kind", id="no kind"),
    pytest.param({"ex": [None], "kind": ["split"]}, "actions row 0: the ex-date is missing", id="missing ex"),
    pytest.param({"ex": ["soon"], "kind": ["split"]}, "actions row 0: ex 'soon' is no date", id="ex in words"),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["spilt"]},
        "actions row 0: kind 'spilt' is unknown; did you mean 'split'? there are symbol_change, split,",
        id="unknown kind",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["split"], "numerator": [2], "denominator": [0]},
        "actions row 0: a split is new to old units in whole numbers, not 2:0", id="ratio with zero",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["split"], "numerator": [1.5], "denominator": [1]},
        "actions row 0: a split is new to old units in whole numbers, not 1.5:1", id="ratio with a fraction",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["dividend"], "amount": [0.0]},
        "actions row 0: the amount of a dividend is above 0, with at most 12 digits after the point, not 0.0",
        id="dividend of zero",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["dividend"], "amount": ["much"]},
        "actions row 0: the amount of a dividend is above 0, with at most 12 digits after the point, not 'much'",
        id="dividend in words",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["dividend"]},
        "actions row 0: the amount of a dividend is above 0, with at most 12 digits after the point, not None",
        id="no amount",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["dividend"], "amount": ["1"], "numerator": [2], "denominator": [1]},
        "actions row 0: a dividend has no ratio; leave numerator and denominator empty", id="dividend with a ratio",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["split"], "numerator": [2], "denominator": [1], "amount": ["1"]},
        "actions row 0: a split has no amount; leave it empty", id="split with an amount",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["dividend"], "amount": ["1"], "other": ["Y"]},
        "actions row 0: a dividend has no other asset; leave it empty", id="dividend with another asset",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["symbol_change"]},
        "actions row 0: a symbol_change names the other asset, not None; give other='META'", id="no new symbol",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["merger"], "other": ["Y"]},
        "actions row 0: a merger brings units, cash or both", id="merger for nothing",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["merger"], "numerator": [1], "denominator": [2]},
        "actions row 0: a merger for units names whose they are", id="merger for units of nobody",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["delisting"], "amount": ["-1"]},
        "actions row 0: the amount of a delisting is 0 or more, with at most 12 digits after the point, not '-1'",
        id="delisting below zero",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["delisting"], "known": ["2024-01-01"]},
        "actions row 0: known '2024-01-01' is no time with its zone; write", id="known without a zone",
    ),
    pytest.param(
        {"ex": ["2024-01-02"], "kind": ["delisting"], "known": ["soon"]},
        "actions row 0: known 'soon' is no time with its zone; write", id="known in words",
    ),
    pytest.param(
        {"asset": ["Z"], "ex": ["2024-01-02"], "kind": ["split"]}, "actions row 0: asset 'Z' is not among X",
        id="unknown asset",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "message"), ACTION_REFUSALS)
def test_refusals(columns: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(BarsError) as refused:
        checked_actions(pl.DataFrame(columns), (Asset("X"),))
    assert str(refused.value).startswith(message)


def test_several_assets_need_their_column() -> None:
    with pytest.raises(BarsError, match="actions of 2 assets need an asset column; found ex, kind"):
        checked_actions(pl.DataFrame({"ex": ["2024-01-02"], "kind": ["split"]}), (Asset("X"), Asset("Y")))


def test_no_actions_follow_the_schema() -> None:
    assert no_actions().schema == ACTIONS


def test_kinds_keep_what_they_say_in_the_order_they_act() -> None:
    rows = [
        {"ex": "2024-01-03", "kind": "delisting", "amount": "0"},
        {"ex": "2024-01-03", "kind": "merger", "numerator": 1, "denominator": 3, "amount": "4.5", "other": "Z"},
        {"ex": "2024-01-03", "kind": "dividend", "amount": "0.25", "pay": "2024-02-01"},
        {"ex": "2024-01-03", "kind": "spin_off", "numerator": 1, "denominator": 2, "other": "Y"},
        {"ex": "2024-01-03", "kind": "stock_dividend", "numerator": 1, "denominator": 20},
        {"ex": "2024-01-03", "kind": "symbol_change", "other": "META", "known": "2021-10-28T14:30-04:00"},
    ]
    made = checked_actions(pl.DataFrame(rows, infer_schema_length=None), (Asset("X"),))
    announced = datetime(2021, 10, 28, 18, 30, tzinfo=UTC)
    assert made.select("kind", "numerator", "denominator", "amount", "known", "other").rows() == [
        ("symbol_change", None, None, None, announced, "META"),
        ("stock_dividend", 1, 20, None, None, None),
        ("spin_off", 1, 2, None, None, "Y"),
        ("dividend", None, None, Decimal("0.25"), None, None),
        ("merger", 1, 3, Decimal("4.5"), None, "Z"),
        ("delisting", None, None, Decimal(0), None, None),
    ]


def test_actions_stored_before_there_were_more_kinds_are_widened() -> None:
    early = bars([split(3, 2, 1)]).actions.drop("known", "other")
    assert widened(early).equals(bars([split(3, 2, 1)]).actions)
    assert widened(early.drop("pay")).columns == early.drop("pay").columns


def payment(kind: str, ex: int, amount: str | None, **more: object) -> dict[str, Any]:
    return {"asset": "X", "ex": date(2024, 1, ex), "kind": kind, "amount": amount, **more}


UNITS = {"numerator": 1, "denominator": 4}


@pytest.mark.parametrize(
    ("how", "as_of", "actions", "closes"),
    [
        pytest.param("splits", None, [split(3, 2, 1)], [30, 30, 60, 60], id="splits, as of the end"),
        pytest.param("splits", "2024-01-02", [split(3, 2, 1)], [60, 60], id="a later split and rows are not seen"),
        pytest.param("splits", "2024-01-03", [split(3, 2, 1)], [30, 30, 60], id="on its day it is"),
        pytest.param(None, "2024-01-03", [split(3, 2, 1)], [60, 60, 60], id="nothing is divided out"),
        # 24/7: the session of the 3rd opens at 00:00; the bar of the 2nd closes there.
        pytest.param("splits", "2024-01-02T23:59+00:00", [split(3, 2, 1)], [60], id="a minute before the ex-date"),
        pytest.param("splits", "2024-01-03T00:00+00:00", [split(3, 2, 1)], [30, 30], id="at its open"),
        pytest.param("splits", None, [split(5, 2, 1)], [60] * 4, id="a split after the last bar is not acted on"),
        pytest.param("splits", None, [payment("stock_dividend", 3, None, **UNITS)], [48, 48, 60, 60], id="1 beside 4"),
        pytest.param("splits", None, [dividend(3, "6")], [60] * 4, id="splits leave dividends"),
        pytest.param("all", None, [dividend(3, "6")], [54, 54, 60, 60], id="1 - 6/60 is 0.9"),
        pytest.param("all", "2024-01-02", [dividend(3, "6")], [60, 60], id="a later dividend is not seen"),
        pytest.param("all", None, [dividend(3, "6"), dividend(4, "15")], [40.5, 40.5, 45, 60], id="0.9 and 0.75"),
        pytest.param("all", None, [dividend(3, "6"), dividend(3, "9")], [45, 45, 60, 60], id="two of a day: 1 - 15/60"),
        # In new units the close before is 30 and the dividend of the day is per new unit: 1 - 6/30 = 0.8.
        pytest.param("all", None, [split(3, 2, 1), dividend(3, "6")], [24, 24, 60, 60], id="split, dividend of a day"),
        # The dividend of 6 per old unit is 3 per new one: 1 - 3/30 = 0.9.
        pytest.param("all", None, [dividend(2, "6"), split(3, 2, 1)], [27, 30, 60, 60], id="a dividend before a split"),
        pytest.param("all", None, [dividend(1, "6")], [60] * 4, id="a dividend before the first bar"),
        pytest.param("all", None, [payment("spin_off", 4, "12", other="Y")], None, id="a spin-off needs a ratio"),
        pytest.param("all", None, [payment("spin_off", 4, "12", other="Y", **UNITS)], [48, 48, 48, 60], id="spun off"),
        pytest.param("all", None, [payment("spin_off", 4, None, other="Y", **UNITS)], [60] * 4, id="of unknown value"),
    ],
)  # fmt: skip
def test_as_it_could_be_seen(how: Any, as_of: str | None, actions: list[dict[str, Any]], closes: list[float]) -> None:
    if closes is None:
        with pytest.raises(BarsError, match="a spin_off is new to old units in whole numbers, not None:None"):
            bars(actions)
        return
    made = bars(actions).adjusted(how, as_of=as_of).frame.filter(pl.col("asset") == "X")
    for name in ("open", "high", "low", "close"):
        assert made[name].to_list() == pytest.approx(closes, rel=1e-15)


@pytest.mark.parametrize(
    ("known", "as_of", "close"),
    [
        pytest.param("2024-01-01T12:00Z", "2024-01-03", 30, id="known long before"),
        pytest.param("2024-01-03T23:59Z", "2024-01-03", 30, id="known by the close of that session"),
        pytest.param("2024-01-04T00:01Z", "2024-01-03", 60, id="known after it"),
        pytest.param("2024-01-04T00:01Z", "2024-01-04", 30, id="the next day it is known"),
        pytest.param("2024-01-03T12:00Z", "2024-01-03T11:59+00:00", 60, id="a minute before it was known"),
        pytest.param("2024-01-03T12:00Z", "2024-01-03T12:00+00:00", 30, id="when it was known"),
        pytest.param("2030-01-01T00:00Z", None, 30, id="without a time all is known"),
    ],
)
def test_what_was_not_known_is_not_seen(known: str, as_of: str | None, close: float) -> None:
    made = bars([{**split(3, 2, 1), "known": known}]).adjusted("splits", as_of=as_of)
    assert made.frame["close"][0] == close


def test_an_exchange_acts_at_its_open() -> None:
    """AAPL's split of Monday 2005-02-28 acts at 14:30 UTC; by Saturday it was announced, yet had not acted."""
    apple = catalog.sample()["AAPL"].between("2005-02-24", "2005-02-28")
    for as_of, close in (("2005-02-28T14:29+00:00", 88.93), ("2005-02-28T14:30+00:00", 44.465), ("2005-02-26", 88.93)):
        assert apple.adjusted(as_of=as_of).frame["close"][0] == close


def test_an_ex_date_beyond_its_calendar_has_not_acted() -> None:
    apple = catalog.sample()["AAPL"].between("2005-02-24", "2005-02-25")
    far = pl.DataFrame({"ex": ["2250-01-03"], "kind": ["split"], "numerator": [2], "denominator": [1]})
    told = replace(apple, actions=checked_actions(far, apple.assets))
    assert told.adjusted(as_of="2005-02-28T20:00+00:00").frame.equals(apple.frame)


def test_what_was_divided_out_does_not_act_again() -> None:
    told = [split(2, 2, 1), dividend(3, "6"), payment("symbol_change", 4, None, other="Z")]
    one = bars(told)
    assert one.adjusted("splits").actions["kind"].to_list() == ["dividend", "symbol_change"]
    assert one.adjusted("all").actions["kind"].to_list() == ["symbol_change"]
    assert one.adjusted(None, as_of="2024-01-03").actions["kind"].to_list() == ["split", "dividend"]
    assert one.adjusted(None).fingerprint == one.fingerprint
    assert [n.text for n in one.adjusted("all").notices if n.kind == "adjusted"] == [
        "prices are adjusted for 2 splits and dividends as of the last bar"
    ]


def test_ratios_of_other_kinds_are_per_new_unit() -> None:
    made = bars([payment("spin_off", 2, "3", other="Y", **UNITS), split(3, 2, 1)]).adjusted("splits").actions
    assert made.select("numerator", "denominator", "amount").row(0) == (1, 8, Decimal("1.5"))


def test_a_spin_off_of_unknown_value_is_told() -> None:
    made = bars([payment("spin_off", 4, None, other="Y", **UNITS)]).adjusted("all")
    assert [n.text for n in made.notices if n.kind == "adjusted"][-1].startswith("1 spin-offs are not adjusted for")


@pytest.mark.parametrize(
    ("day", "as_of", "close"),
    [
        pytest.param("2000-06-20", "2000-06-20", 101.25, id="before the split of 2000"),
        pytest.param("2000-06-20", "2000-06-21", 50.625, id="after it"),
        pytest.param("2000-06-20", "2005-02-28", 25.3125, id="and after that of 2005"),
        pytest.param("2005-02-25", "2005-02-25", 88.99, id="before the split of 2005"),
        pytest.param("2005-02-25", "2005-02-28", 44.495, id="after it, again"),
    ],
)
def test_real_splits_of_the_sample(day: str, as_of: str, close: float) -> None:
    assert catalog.sample()["AAPL"].adjusted(as_of=as_of).between(day, day).frame["close"].to_list() == [close]


def test_later_real_splits_by_hand() -> None:
    """AAPL split 7:1 on 2014-06-09 and 4:1 on 2020-08-31: 645.57 / 7 / 4, 93.70 / 4, 499.23 / 4."""
    days = ["2014-06-06", "2014-06-09", "2020-08-28", "2020-08-31"]
    closes = [645.57, 93.70, 499.23, 129.04]
    prices = {name: [*closes] for name in ("open", "high", "low", "close")}
    ratios = {"ex": ["2014-06-09", "2020-08-31"], "kind": ["split"] * 2, "numerator": [7, 4], "denominator": [1, 1]}
    one = Bars.from_frame(pl.DataFrame({"date": days, **prices}), "AAPL", calendar="XNYS", actions=pl.DataFrame(ratios))
    tables = {
        "2014-06-06": [645.57],
        "2014-06-09": [92.22428571428571, 93.70],
        "2020-08-28": [92.22428571428571, 93.70, 499.23],
        "2020-08-31": [23.056071428571429, 23.425, 124.8075, 129.04],
    }
    for as_of, expected in tables.items():
        assert one.adjusted(as_of=as_of).frame["close"].to_list() == pytest.approx(expected, rel=1e-15)


def test_the_published_example_of_adjusted_closes() -> None:
    """Microsoft in February 2003, as Yahoo's help explains it: a split 2:1 on the 18th, 0.08 a share on the 19th."""
    made = catalog.sample()["MSFT"].adjusted("all", as_of="2003-02-19").between("2003-02-13", "2003-02-19")
    factor = 1 - 0.08 / 24.96
    expected = [0.5 * factor * 46.99, 0.5 * factor * 48.30, factor * 24.96, 24.53]
    assert made.frame["close"].to_list() == pytest.approx(expected, rel=1e-15)
    assert [round(close, 2) for close in made.frame["close"]] == [23.42, 24.07, 24.88, 24.53]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        pytest.param(lambda b: b.adjusted("dividends"), ParameterError, "give 'splits', 'all'", id="how"),
        pytest.param(lambda b: b.adjusted(as_of="soon"), TimeError, "as_of='soon' cannot be read", id="as_of"),
        pytest.param(
            lambda b: b.adjusted("all"), BarsError, r"X: the 60\.0+ paid on 2024-01-03 are not less", id="all of it"
        ),
    ],
)
def test_adjusting_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(bars([dividend(3, "60")]))
