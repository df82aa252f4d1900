"""A Backtest: what start and end mean, what a changed copy is, and that a run leaves everything as it was."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, dividend, outcome, split, strategy

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError, TimeError
from workbench.research import progress as bar
from workbench.research.demo import Cross


class Buy(wb.Strategy):
    units: int = 1
    seen: tuple[int, ...] = ()

    def on_start(self, ctx: wb.Context) -> None:
        self.count = 0

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        self.count += 1
        ctx.target(bar.asset, quantity=self.units * self.count)


PRICES = [10, 11, 12, 13, 14]
# The first and last session of the run, and how many bars the first callback can look back on.
SPANS: dict[str, tuple[dict[str, Any], int, int, int]] = {
    "all": ({}, 1, 5, 1),
    "start by its session": ({"start": "2024-01-03"}, 3, 5, 3),
    "start as a date": ({"start": date(2024, 1, 3)}, 3, 5, 3),
    "start at the open": ({"start": at(3)}, 3, 5, 3),
    "start after the open: that bar had begun": ({"start": at(3, 0, 1)}, 4, 5, 4),
    "start in another zone": ({"start": "2024-01-03T02:00+02:00"}, 3, 5, 3),
    "start before the first": ({"start": "1999-01-01"}, 1, 5, 1),
    "end by its session": ({"end": "2024-01-03"}, 1, 3, 1),
    "end at the close": ({"end": at(4)}, 1, 3, 1),
    "end before the close: that bar is not over": ({"end": at(3, 23, 59)}, 1, 2, 1),
    "end after the last": ({"end": "2030-01-01"}, 1, 5, 1),
    "one session": ({"start": "2024-01-02", "end": "2024-01-02"}, 2, 2, 2),
}  # fmt: skip


@pytest.mark.parametrize(("options", "first", "last", "bars"), SPANS.values(), ids=SPANS)
def test_start_and_end(options: dict[str, Any], first: int, last: int, bars: int) -> None:
    seen: list[tuple[int, int]] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        seen.append((bar.session.day, len(ctx.bars())))

    run = outcome(days(A=PRICES), options, on_bar=on_bar)
    assert seen[0] == (first, bars)
    assert (seen[-1][0], len(seen)) == (last, last - first + 1)
    assert run.equity["session"].dt.day().to_list() == list(range(first, last + 1))
    assert (run.spec["start"], run.spec["end"]) == (date(2024, 1, first), date(2024, 1, last))


@pytest.mark.parametrize(
    "options", [{"start": "2024-02-01"}, {"end": "2023-12-31"}, {"start": "2024-01-03", "end": "2024-01-02"}],
    ids=["start too late", "end too early", "reversed"],
)  # fmt: skip
def test_a_span_without_bars_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(TimeError, match="there are sessions from 2024-01-01 to 2024-01-05"):
        wb.Backtest(Buy(), days(A=PRICES), **options)


def test_bars_before_start_feed_streams_and_move_no_money() -> None:
    """Splits and dividends before start leave the account alone, and history is adjusted for them."""
    bars = days(A=[20, 10, 11, 12], actions=[split("A", 2, 2, 1), dividend("A", 2, "5")])
    seen: list[float] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.mean = ctx.watch(ta.sma(3))

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        seen.append(self.mean[bar.asset])

    run = outcome(bars, {"start": "2024-01-03"}, on_start=on_start, on_bar=on_bar)
    assert seen == [pytest.approx(31 / 3), 11.0]
    assert run.ledger["event"].unique().to_list() == ["deposit"]
    assert run.final_equity == 1000


def test_the_end_leaves_everything_as_it_is() -> None:
    """What is due at the very time of the last close is not processed; nothing is sold, working orders end."""

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if bar.session.day == 1:
            ctx.buy("A", 10)
            ctx.buy("A", 1, limit=5)
        ctx.buy("A", 1) if bar.session.day == 4 else None

    run = outcome(days(A=[10] * 4, actions=[dividend("A", 3, "2", pay=5)]), on_bar=on_bar)
    assert run.equity.row(-1, named=True)["receivable"] == 20.0
    assert run.orders.select("order", "status").rows() == [(1, "FILLED"), (2, "END_OF_DATA"), (3, "END_OF_DATA")]
    assert run.trades["open"].to_list() == [True]
    assert run.final_equity == Decimal(1020)


BY_NAME: dict[str, tuple[Any, str]] = {
    "a figure": (lambda t: t.robust("sharpe"), "robust() takes progress=, got 'sharpe'; of a sweep, the robust run is"),
    "a wrong name": (
        lambda t: t.robust(progres=False),
        "robust() takes progress=, got progres=; did you mean progress=?",
    ),
    "a number": (lambda t: t.audit(5), "audit() takes samples=, seed=, progress=, got 5"),
    "a switch": (lambda t: t.run(False), "run() takes progress=, journal=, cancel=, got False"),
    "no cancel": (lambda t: t.run(cancel=3), "cancel=3 is no workbench.engine.Cancel; make one, and call its ask()"),
    "a parameter": (lambda t: t.run(fast=5), "run() takes progress=, journal=, cancel=, got fast="),
}


@pytest.mark.parametrize("name", BY_NAME)
def test_what_a_backtest_does_is_told_by_name(name: str) -> None:
    ask, message = BY_NAME[name]
    with pytest.raises(ParameterError, match=re.escape(message)):
        ask(wb.Backtest(Cross(), wb.sample["IBM"]))


def test_a_strategy_is_a_template() -> None:
    template = Buy(units=2)
    test = wb.Backtest(template, days(A=PRICES))
    first, second = test.run(), test.run()
    assert not hasattr(template, "count")
    assert (first.state_hash, first.journal_hash) == (second.state_hash, second.journal_hash)
    assert first.fills.equals(second.fills)


def test_the_bars_stay_as_they_are() -> None:
    bars = days(A=PRICES, actions=[split("A", 3, 2, 1)])
    before = bars.fingerprint, bars.frame.clone()
    wb.Backtest(Buy(), bars, start="2024-01-02", end="2024-01-04").run()
    assert (bars.fingerprint, bars.frame.equals(before[1])) == (before[0], True)


def test_replace_changes_a_copy() -> None:
    test = wb.Backtest(Buy(), days(A=PRICES), start="2024-01-02", cash=500)
    wider = test.replace(start=None, end="2024-01-04", fees=wb.fees.per_trade(1))
    assert repr(test) == "Backtest(Buy(units=1, seen=()), A, cash=500, start='2024-01-02')"
    assert repr(wider) == "Backtest(Buy(units=1, seen=()), A, cash=500, end='2024-01-04', fees=fees.per_trade(1))"
    assert [t.run().equity.height for t in (test, wider)] == [4, 4]
    assert wider.replace(end=None).run().equity.height == 5


def test_with_params_changes_a_copy() -> None:
    test = wb.Backtest(Buy(), days(A=PRICES))
    more = test.with_params(units=3)
    assert [t.run().fills["quantity"][0] for t in (test, more)] == [1.0, 3.0]
    with pytest.raises(ParameterError, match="unit"):
        test.with_params(unit=3)


CASH: dict[str, tuple[Any, str]] = {
    "text": ("100_000 USD", "100000"),
    "text with commas": ("1,000.50", "1000.50"),
    "int": (5000, "5000"),
    "float": (0.1, "0.1"),
    "Decimal": (Decimal("1234.00000000000000000001"), "1234.00000000000000000001"),
    "exponent": ("1e6 USD", "1000000"),
    "a large float": (100_000_000.0, "100000000"),
    "the largest": ("100_000_000_000_000_000", "100000000000000000"),
}


@pytest.mark.parametrize(("given", "expected"), CASH.values(), ids=CASH)
def test_cash(given: Any, expected: str) -> None:
    run = outcome(days(A=[10, 11]), {"cash": given}, on_bar=lambda *_: None)
    assert (run.final_equity, run.deposits, run.currency) == (Decimal(expected), Decimal(expected), "USD")


FILLS = {"next_open": (at(3), 12.0), "next_close": (at(4), 12.5), "same_close": (at(3), 11.5)}


@pytest.mark.parametrize(("rule", "expected"), FILLS.items(), ids=FILLS)
def test_fill_rules(rule: str, expected: tuple[datetime, float]) -> None:
    """Asked at the close of the second day, at 11.5."""
    prices = [(open_, open_ + 1, open_, open_ + 0.5) for open_ in (10, 11, 12, 13)]

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if bar.session.day == 2:
            ctx.buy("A", 1)

    run = outcome(days(A=prices), {"fill": rule}, on_bar=on_bar)
    assert run.fills.select("time", "price").rows() == [expected]


def test_an_exchange_session_fills_at_its_open() -> None:
    bars = days(first=date(2024, 7, 2), calendar="XNYS", A=[10, 11, 12])
    run = outcome(bars, on_bar=lambda self, ctx, bar: ctx.target("A", quantity=1))
    assert run.fills["time"].to_list() == [datetime(2024, 7, 3, 13, 30, tzinfo=UTC)]
    assert run.equity["time"].to_list()[1] == datetime(2024, 7, 3, 17, tzinfo=UTC)


def long_run(progress: bool = True, fails: bool = False) -> None:
    """600 slices of a third of a millisecond: several looks at the clock."""

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        time.sleep(0.0003)
        if fails and len(ctx.bars()) == 590:
            raise ZeroDivisionError

    wb.Backtest(strategy(on_bar=on_bar), days(A=[10] * 600)).run(progress=progress)


def test_a_long_run_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bar, "PATIENCE_S", 0.0)
    long_run()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "backtest: " in shown.err
    assert "/600 " in shown.err


def test_a_failed_run_takes_its_bar_away(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bar, "PATIENCE_S", 0.0)
    with pytest.raises(ZeroDivisionError):
        long_run(fails=True)
    shown = capsys.readouterr().err
    assert "backtest: " in shown
    assert shown.endswith("\r")


@pytest.mark.parametrize(("patience_s", "progress"), [(0.0, False), (3600.0, True)], ids=["not wanted", "a short run"])
def test_other_runs_stay_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], patience_s: float, progress: bool
) -> None:
    monkeypatch.setattr(bar, "PATIENCE_S", patience_s)
    long_run(progress=progress)
    assert capsys.readouterr().err == ""


def test_the_patience_is_a_second() -> None:
    assert bar.PATIENCE_S == 1.0


def dataset(name: str = "", n: int = 1) -> wb.Dataset:
    return wb.Dataset.from_frame(pl.DataFrame({"known_at": ["2024-01-01T08:00Z"] * n, "n": range(n)}), name=name)


GIVEN: dict[str, tuple[Any, list[str]]] = {
    "none": ((), []),
    "a list": ([dataset("x"), dataset("y")], ["x", "y"]),
    "a tuple": ((dataset("x"),), ["x"]),
    "a mapping names them": ({"x": dataset(), "y": dataset("z")}, ["x", "y"]),
}


@pytest.mark.parametrize(("data", "names"), GIVEN.values(), ids=GIVEN)
def test_datasets_have_names(data: Any, names: list[str]) -> None:
    run = wb.Backtest(Buy(), days(A=PRICES), data=data).run()
    assert list(run.data) == run.spec["data"] == names
    assert [run.provenance[f"dataset {name}"] for name in names] == [dataset().fingerprint] * len(names)


BAD_DATA: dict[str, tuple[Any, str]] = {
    "one dataset": (dataset("x"), "data is a Dataset; give a list of datasets, data=[earnings], or a dict"),
    "a frame": (
        [pl.DataFrame()],
        "data holds a DataFrame; wrap it: wb.Dataset.from_frame(frame, known_at='announced')",
    ),
    "a frame with a name": ({"x": pl.DataFrame()}, "data holds a DataFrame; wrap it: wb.Dataset.from_frame("),
    "no name": ([dataset()], "a dataset has no name; write data={'earnings': dataset} or give it name='earnings'"),
    "a name that is no text": ({1: dataset()}, "a dataset has no name; write data={'earnings': dataset}"),
    "a name twice": ([dataset("x"), dataset("x")], "two datasets are called 'x'; name them apart: data={'first': a,"),
}


@pytest.mark.parametrize(("data", "message"), BAD_DATA.values(), ids=BAD_DATA)
def test_what_is_no_data(data: Any, message: str) -> None:
    with pytest.raises(ParameterError) as raised:
        wb.Backtest(Buy(), days(A=PRICES), data=data)
    assert str(raised.value).startswith(message)


def test_datasets_are_replaced_in_a_copy() -> None:
    test = wb.Backtest(Buy(), days(A=PRICES), data=[dataset("x"), dataset("y")])
    assert repr(test) == "Backtest(Buy(units=1, seen=()), A, data=[x, y])"
    other = test.replace(data={"z": dataset("x", 2)})
    assert (list(other.run().data), list(test.run().data)) == (["z"], ["x", "y"])
    assert len(other.with_params(units=2).run().data["z"]) == 2
    assert repr(test.replace(data=())) == "Backtest(Buy(units=1, seen=()), A)"
