"""Runs side by side: titles, differences worked by hand, and what cannot be compared."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench import ta
from workbench.errors import InputError, ParameterError, StorageError
from workbench.research.compare import Comparison

START = datetime(2024, 1, 29, tzinfo=UTC)
# Opens and closes of six days, two in January: what is bought at the second open and sold at the fifth.
OPENS = (10.0, 10.0, 12.0, 11.0, 15.0, 15.0)
CLOSES = (10.0, 12.0, 11.0, 15.0, 15.0, 16.0)


def bars(first: int = 0, until: int = 6, closes: tuple[float, ...] = CLOSES, currency: str = "USD") -> wb.Bars:
    times = [START + timedelta(days=n) for n in range(6)]
    shapes = {"open": OPENS, "close": closes}
    low, high = ([f(pair) for pair in zip(OPENS, closes, strict=True)] for f in (min, max))
    frame = pl.DataFrame({"asset": "X", "open_time": times, **shapes, "low": low, "high": high, "volume": 1e6})
    return wb.Bars.from_frame(frame[first:until], every="1d", currency=currency, calendar="24/7", source="by hand")


class Timed(wb.Strategy):
    """Buys `size` on bar `enter` and sells on bar `leave`, both counted from the first of the data and from 0."""

    enter: int = 0
    leave: int = 3
    size: int = 100

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        n = (ctx.now - START).days - 1
        if n == self.enter:
            ctx.buy(bar.asset, self.size)
        if n == self.leave and ctx.position(bar.asset):
            ctx.flatten(bar.asset)


class Idle(wb.Strategy):
    """Does nothing."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        pass


def run(strategy: wb.Strategy | None = None, **options: Any) -> wb.Run:
    asked = {"cash": "10_000 USD", **options}
    return wb.Backtest(strategy or Timed(), asked.pop("bars", None) or bars(), **asked).run()


@pytest.fixture(scope="module")
def pair() -> Comparison:
    return wb.compare(base=run(), late=run(Timed(enter=1, size=50)))


def test_figures_are_those_of_the_runs(pair: Comparison) -> None:
    for name, each in pair.runs.items():
        told = dict(pair.frame.select("figure", name).iter_rows())
        assert {figure: told[figure] for figure in each.metrics} == dict(each.metrics)
        assert (told["final_equity"], told["fills"], told["denied"]) == (float(each.final_equity), 2.0, 0.0)


def test_differences_of_figures_by_hand(pair: Comparison) -> None:
    """Base: 100 x (15 - 10) = 500 of 10,000. Late: 50 x (15 - 12) = 150."""
    told = {row["figure"]: row for row in pair.frame.iter_rows(named=True)}
    assert told["final_equity"]["late - base"] == pytest.approx(150 - 500)
    assert told["total_return"]["late - base"] == pytest.approx(0.015 - 0.05)
    assert {name: row["better"] for name, row in told.items() if row["better"] != "high"} == {
        **dict.fromkeys(("volatility", "drawdown_length", "recovery_time", "turnover", "fees"), "low"),
        **dict.fromkeys(("exposure", "fills", "denied")),
    }


def test_what_is_undefined_has_no_difference() -> None:
    frame = wb.compare(a=run(), b=run(Idle())).frame
    [row] = frame.filter(pl.col("figure") == "sharpe").rows(named=True)
    assert row["a"] is not None
    assert (row["b"], row["b - a"]) == (None, None)


def test_profit_by_cause_is_exact_and_adds_up() -> None:
    """Fees of 10 bps: base pays (1,000 + 1,500) / 1,000, late (600 + 750) / 1,000."""
    shown = wb.compare(base=run(), late=run(Timed(enter=1, size=50), fees=wb.fees.bps(10)))
    assert shown.profit.rows() == [
        ("price", Decimal(500), Decimal(150), Decimal(-350)),
        ("fees", Decimal(0), Decimal("-1.35"), Decimal("-1.35")),
        ("change", Decimal(500), Decimal("148.65"), Decimal("-351.35")),
    ]
    assert shown.profit.schema["late - base"] == pl.Decimal(38, 20)


def test_where_they_part(pair: Comparison) -> None:
    """Asked at the close of the first and of the second day, filled at the opens after; the exits differ in size."""
    assert pair.differences.rows() == [
        (START + timedelta(days=2), date(2024, 1, 30), "X", 100.0, 0.0, 10.0, None, 100.0, 0.0),
        (START + timedelta(days=3), date(2024, 1, 31), "X", 0.0, 50.0, None, 12.0, 100.0, 50.0),
        (START + timedelta(days=5), date(2024, 2, 2), "X", -100.0, -50.0, 15.0, 15.0, 0.0, 0.0),
    ]  # fmt: skip


def test_equity_and_months_by_hand(pair: Comparison) -> None:
    """Base after its buy at 10: 100 x (12, 11, 15) - 1,000, then 500. Late after its buy at 12: 50 x (11, 15) - 600."""
    assert pair.is_in_money
    assert pair.equity.drop("session").rows() == [
        (10_000.0, 10_000.0), (10_200.0, 10_000.0), (10_100.0, 9_950.0), (10_500.0, 10_150.0), (10_500.0, 10_150.0),
        (10_500.0, 10_150.0),
    ]  # fmt: skip
    [january, february] = pair.monthly.rows(named=True)
    assert january["base"] == pytest.approx(0.01)
    assert january["late - base"] == pytest.approx(-0.005 - 0.01)
    assert february["late - base"] == pytest.approx(10_150 / 9_950 - 10_500 / 10_100)


TITLES: dict[str, tuple[list[dict[str, Any]], str, list[str]]] = {
    "a parameter": ([{}, {"strategy": Timed(enter=1)}], "Timed: enter 0 against 1", ["enter 0", "enter 1"]),
    "three values": (
        [{}, {"strategy": Timed(enter=1)}, {"strategy": Timed(enter=2)}],
        "Timed: enter 0 against 1 against 2",
        ["enter 0", "enter 1", "enter 2"],
    ),
    "costs": (
        [{"fees": wb.fees.bps(10)}, {"fees": wb.fees.bps(20)}],
        "Timed: fees bps(10) against bps(20)",
        ["fees bps(10)", "fees bps(20)"],
    ),
    "a number with zeros": (
        [{}, {"volume_cap": 0.5}],
        "Timed: volume_cap 0.1 against 0.5",
        ["volume_cap 0.1", "volume_cap 0.5"],
    ),
    "strategies": ([{}, {"strategy": Idle()}], "Timed against Idle", ["Timed", "Idle"]),
    "strategies and costs": (
        [{}, {"strategy": Idle(), "seed": 3}],
        "Timed against Idle: seed 0 against 3",
        ["Timed", "Idle"],
    ),
    "dates": (
        [{}, {"start": "2024-01-31"}],
        "Timed: start 2024-01-29 against 2024-01-31",
        ["start 2024-01-29", "start 2024-01-31"],
    ),
    "nothing": ([{}, {}], "Timed: nothing differs", ["Timed", "Timed (2)"]),
    "data": ([{}, {"bars": bars(closes=(*CLOSES[:5], 17.0))}], "Timed: other bars", ["Timed", "Timed (2)"]),
    "more than a line holds": (
        [{}, {"strategy": Timed(enter=1, leave=2, size=7), "seed": 1}],
        "Timed: enter 0 against 1, leave 3 against 2, size 100 against 7, and 1 more",
        ["enter 0, leave 3", "enter 1, leave 2"],
    ),
}


@pytest.mark.parametrize(("options", "title", "names"), TITLES.values(), ids=TITLES)
def test_titled_and_named_by_what_differs(options: list[dict[str, Any]], title: str, names: list[str]) -> None:
    shown = wb.compare(*(run(**each) for each in options))
    assert (shown.title, shown.names) == (title, names)


def test_other_code_is_told() -> None:
    def made(extra: int) -> type[wb.Strategy]:
        class Same(wb.Strategy):
            def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
                ctx.record(n=extra)

        class Other(wb.Strategy):
            def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
                ctx.record(m=extra)

        Other.__name__ = "Same"
        return Same if extra else Other

    assert wb.compare(run(made(1)()), run(made(0)())).title == "Same: other code"


def test_options_that_only_one_has_stand_in_the_settings() -> None:
    settings = wb.compare(run(), run(Idle())).settings
    assert settings.rows()[:4] == [
        ("strategy", "Timed", "Idle"),
        ("enter", "0", None),
        ("leave", "3", None),
        ("size", "100", None),
    ]


def test_names_that_are_given_come_first() -> None:
    shown = wb.compare(run(), Timed=run(Timed(enter=1)))
    assert shown.names == ["Timed (2)", "Timed"]


def test_a_run_of_other_spans_is_compared_where_both_are() -> None:
    shown = wb.compare(all=run(), late=run(Timed(enter=2), start="2024-01-31"))
    assert not shown.is_in_money
    assert shown.equity.columns == ["session", "all", "late"]
    assert shown.equity.row(0) == (date(2024, 1, 31), 1.0, 1.0)
    assert [str(notice).partition(";")[0] for notice in shown.notices] == ["the runs have other spans"]
    assert shown.differences["session"].to_list() == [date(2024, 2, 1), date(2024, 2, 2)][: shown.differences.height]


def test_other_money_is_told() -> None:
    shown = wb.compare(a=run(), b=run(cash="20_000 USD"))
    assert [notice.kind for notice in shown.notices] == ["deposits"]
    assert shown.equity["b"].to_list()[-1] == pytest.approx(1.025)


def test_splits_and_finer_bars_are_no_hindrance() -> None:
    """A whole year of real prices, one run daily and one that starts later: slices meet by time."""

    class Cross(wb.Strategy):
        fast: int = 5

        def on_start(self, ctx: wb.Context) -> None:
            self.gap = ctx.watch(ta.sma(self.fast) - ta.sma(20))

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.target(bar.asset, weight=0.5 if self.gap[bar.asset] > 0 else 0)

    test = wb.Backtest(Cross(), wb.sample["AAPL", "IBM"].between("2004-06-01", "2005-06-01"))
    shown = wb.compare(a=test.run(), b=test.with_params(fast=10).run())
    for name, each in shown.runs.items():
        for time, asset, held in shown.differences.select("time", "asset", f"{name} held").iter_rows():
            assert each.at(time).position(asset).quantity == held
    assert shown.differences.height > 20


REFUSED: dict[str, tuple[list[Any], type[Exception], str]] = {
    "one run": ([{}], ParameterError, r"takes 2 to 5 runs, got 1"),
    "six": ([{}] * 6, ParameterError, r"takes 2 to 5 runs, got 6"),
    "currencies": (
        [{}, {"cash": "10_000 EUR", "bars": bars(currency="EUR")}],
        ParameterError,
        "the accounts are in EUR and USD; run both with cash in one currency",
    ),
    "no common time": (
        [{"bars": bars(0, 3)}, {"bars": bars(3, 6)}],
        InputError,
        "no time in common: one ends on 2024-01-31, another starts on 2024-02-01",
    ),
}


@pytest.mark.parametrize(("options", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_compared(options: list[dict[str, Any]], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wb.compare(*(run(**each) for each in options))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param("run", "takes finished runs, got str", id="text"),
        pytest.param(bars(), r"got Bars; sources of prices are compared by bars\.compare", id="bars"),
        pytest.param(
            wb.Backtest(Timed(), bars()).sweep(enter=[0, 1]).run(workers=1), r"got Runs; .* runs\[0\]", id="runs"
        ),
    ],
)
def test_what_is_no_run(given: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        wb.compare(run(), given)  # type: ignore[arg-type]


def test_it_is_written_as_one_page(pair: Comparison, tmp_path: Path) -> None:
    page = pair.to_html(tmp_path / "duel.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    with pytest.raises(StorageError, match="the comparison cannot be written"):
        pair.to_html(tmp_path / "nowhere" / "duel.html")
