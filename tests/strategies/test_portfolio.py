"""What a Portfolio refuses at the door and shows, and that a member in it trades as it does alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hand_made import days, strategy

import workbench as wb
from workbench import ta
from workbench.errors import NumberError, ParameterError, StrategyError, UnsupportedError
from workbench.research.demo import Cross
from workbench.strategies.portfolio import books_of

RULES = wb.Signals(entry=ta.close() > 5)
TWO = {"a": Cross(), "b": RULES}
ONE = Cross()

REFUSED: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "no mapping": ([Cross()], {}, ParameterError, "strategies by name"),
    "no members": ({}, {}, ParameterError, "strategies by name"),
    "a name that is no text": ({1: Cross()}, {}, ParameterError, "1 is no name"),
    "the name of the rest": ({"cash": Cross()}, {}, ParameterError, "another name"),
    "a class": ({"a": Cross}, {}, StrategyError, r"give an object: Cross\(\)"),
    "no strategy": ({"a": 5}, {}, StrategyError, "a is no strategy, got 5"),
    "a Portfolio": ({"a": wb.Portfolio(TWO)}, {}, StrategyError, "put its members into this one"),
    "one object twice": ({"a": ONE, "b": ONE}, {}, StrategyError, "a and b are one object"),
    "weights of others": (TWO, {"weights": {"a": 1, "c": 0}}, ParameterError, "names every member once: a, b"),
    "too few weights": (TWO, {"weights": {"a": 1}}, ParameterError, "names every member once: a, b"),
    "weights in a list": (TWO, {"weights": [0.5, 0.5]}, ParameterError, "names every member once: a, b"),
    "a weight below 0": (TWO, {"weights": {"a": 1, "b": -0.5}}, NumberError, "the weight of b is -0.5"),
    "a weight that is none": (TWO, {"weights": {"a": 1, "b": float("nan")}}, NumberError, "the weight of b is nan"),
    "a weight of no number": (TWO, {"weights": {"a": 1, "b": "half"}}, NumberError, "the weight of b is 'half'"),
    "a weight that is true": (TWO, {"weights": {"a": True, "b": 0}}, NumberError, "the weight of a is True"),
    "more than all": (TWO, {"weights": {"a": 0.7, "b": 0.4}}, NumberError, "the weights are 1.1"),
    "both ways": (TWO, {"weights": {"a": 1, "b": 0}, "allocation": "equal"}, ParameterError, "not both"),
    "an unknown way": (TWO, {"allocation": "kelly"}, ParameterError, "'inverse_volatility'"),
    "an unknown period": (TWO, {"rebalance": "2w"}, ParameterError, "'1mo'"),
    "too short a look": (TWO, {"lookback": 19}, NumberError, "20 closes or more"),
}


@pytest.mark.parametrize(("members", "given", "error", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(members: Any, given: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        wb.Portfolio(members, **given)


def test_inverse_perpetuals_and_several_currencies_are_refused() -> None:
    coin = {"kind": "perpetual", "base": "BTC", "quote": "USD", "settlement": "BTC"}
    inverse = wb.Asset("A", **coin, initial_margin="0.1", maintenance_margin="0.05")  # type: ignore[arg-type]
    bars = replace(days(A=[10, 10]), assets=(inverse,))
    with pytest.raises(UnsupportedError, match="inverse perpetual"):
        wb.Backtest(wb.Portfolio(TWO), bars, cash="1 BTC", account=wb.Margin())
    with pytest.raises(UnsupportedError, match="an account in one currency"):
        wb.Backtest(wb.Portfolio(TWO), days(A=[10, 10]), cash={"USD": 10, "EUR": 10}, fx=rates())


def rates() -> wb.Bars:
    return replace(days(**{"EUR/USD": [1.25, 1.25]}), assets=(wb.Asset("EUR/USD", kind="fx", calendar="24/7"),))


SHOWN: dict[str, tuple[dict[str, Any], str]] = {
    "equal": ({}, "Portfolio(a, b, equal, rebalanced every 1mo)"),
    "a way": ({"allocation": "drawdown", "rebalance": "1w"}, "Portfolio(a, b, drawdown, rebalanced every 1w)"),
    "weights": ({"weights": {"a": 0.75, "b": 0.25}}, "Portfolio(a 75%, b 25%, rebalanced every 1mo)"),
    "weights in text": ({"weights": {"a": "0.75", "b": "0.25"}}, "Portfolio(a 75%, b 25%, rebalanced every 1mo)"),
    "rest": (
        {"weights": {"a": 0.5, "b": 0.1}, "rebalance": None},
        "Portfolio(a 50%, b 10%, cash 40%, never rebalanced)",
    ),
}


@pytest.mark.parametrize(("given", "shown"), SHOWN.values(), ids=SHOWN)
def test_it_shows_what_it_is(given: dict[str, Any], shown: str) -> None:
    assert repr(wb.Portfolio(TWO, **given)) == shown


def test_thirds_leave_nothing() -> None:
    """Three floats of a third are less than 1 by no more than their digits."""
    members = {name: Cross() for name in "abc"}
    books = books_of(wb.Portfolio(members, weights=dict.fromkeys("abc", 1 / 3)))
    assert books is not None
    assert books.names == ("a", "b", "c")
    assert books.starts(Decimal(3))["c"] == 3 - 2 * Decimal("0.99999999999999990000")


def test_members_are_copies() -> None:
    given = {"a": Cross()}
    made = wb.Portfolio(given)
    given["a"].fast = 3
    assert repr(made.members) == "{'a': Cross(fast=20, slow=100)}"


ALONE: dict[str, tuple[wb.Strategy, dict[str, Any]]] = {
    "callbacks": (Cross(fast=5, slow=20), {}),
    "rules": (wb.Signals(entry=ta.rsi(3) < 20, exit=ta.rsi(3) > 60, stop_loss_pct=0.05, take_profit_pct=0.1), {}),
    "all in": (wb.Signals(entry=ta.close() > ta.sma(50), exit=ta.close() < ta.sma(50), all_in=True, trail_pct=0.1), {}),
    "units, at the close": (wb.Signals(entry=ta.rsi(3) < 20, exit=ta.rsi(3) > 60, quantity=7), {"fill": "same_close"}),
    "short rules": (
        wb.Signals(entry=ta.rsi(3) < 20, short_entry=ta.rsi(3) > 80, short_exit=ta.rsi(3) < 50, weight=0.3),
        {"account": wb.Margin(borrow_bps=100, interest_bps=500)},
    ),
}


@pytest.mark.parametrize(("alone", "options"), ALONE.values(), ids=ALONE)
def test_the_only_member_trades_as_it_does_alone(alone: wb.Strategy, options: dict[str, Any]) -> None:
    terms = {"fees": wb.fees.bps(5), "slippage": wb.slippage.bps(3), "start": "2009-01-01", **options}
    bars = wb.sample[["AAPL", "IBM"]]
    one, other = (wb.Backtest(each, bars, **terms).run() for each in (alone, wb.Portfolio({"x": alone})))
    assert one.exact.fills.height > 5
    assert one.exact.fills.equals(other.exact.fills.drop("strategy"))
    assert one.exact.orders.equals(other.exact.orders.drop("strategy"))
    assert one.exact.equity.equals(other.exact.equity)
    assert other.exact.books["equity"].equals(one.exact.equity["equity"])


def test_ready_levels_serve_a_member() -> None:
    bars = wb.sample["IBM"].with_columns(rsi=ta.rsi(3))
    frame = bars.select("asset", "time", entry=pl.col("rsi") < 20, exit=pl.col("rsi") > 60)
    ready = wb.Signals.from_frame(frame.with_columns(weight=pl.lit(0.5)))
    one, other = (wb.Backtest(each, wb.sample["IBM"]).run() for each in (ready, wb.Portfolio({"x": ready})))
    assert one.fills.height > 5
    assert one.fills.equals(other.fills.drop("strategy"))
    assert not other.is_auditable


def test_a_member_waits_for_its_own_indicators_only() -> None:
    seen: dict[str, int] = {}

    def watching(name: str, window: int) -> wb.Strategy:
        def on_start(self: Any, ctx: wb.Context) -> None:
            self.average = ctx.watch(ta.sma(window))

        def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
            seen.setdefault(name, ctx.now.day - 1)
            ctx.record(average=self.average[bar.asset], **{name: 1})

        return strategy(on_start=on_start, on_bar=on_bar)

    made = wb.Portfolio({"slow": watching("slow", 4), "fast": watching("fast", 2)})
    run = wb.Backtest(made, days(A=[1, 2, 3, 4, 5])).run()
    assert seen == {"slow": 4, "fast": 2}
    assert run.recorded.columns == ["time", "slow.average", "fast.average", "fast", "slow"]
    assert run.recorded["slow.average"].to_list() == [None, None, 2.5, 3.5]


def test_it_is_kept_and_given_again(tmp_path: Any) -> None:
    made = wb.Portfolio({"a": Cross(fast=5, slow=20), "b": RULES.replace(weight=0.2)}, allocation="risk_parity")
    test = wb.Backtest(made, wb.sample[["AAPL", "IBM"]], start="2010-01-01")
    run, again = test.run(journal=tmp_path / "run.journal"), test.run()
    assert run.state_hash == again.state_hash
    assert run.transfers.height > 5
    rebuilt = wb.journal.read(tmp_path / "run.journal").rebuild(test.bars)
    assert (rebuilt.state_hash, rebuilt.journal_hash) == (run.state_hash, run.journal_hash)
    loaded = wb.load(run.save(tmp_path / "kept"))
    assert loaded.books.equals(run.books)
    assert loaded.book("a").fills.equals(run.book("a").fills)
    assert loaded.explain(by="strategy").by_strategy.equals(run.explain().by_strategy)
    assert loaded.at("2011-06-01").equity == run.at("2011-06-01").equity == rebuilt.at("2011-06-01").equity
    assert test.audit(samples=4, progress=False).verdict == "clean"


def test_a_run_of_one_strategy_has_no_books() -> None:
    run = wb.Backtest(RULES, wb.sample["IBM"]).run()
    for ask in (
        lambda: run.books,
        lambda: run.book("a"),
        lambda: run.transfers,
        lambda: run.explain(by="strategy").plot(),
    ):
        with pytest.raises(ParameterError, match="this run has one strategy"):
            ask()
    assert "strategy" not in run.fills.columns + run.orders.columns


def test_another_name_is_refused() -> None:
    run = wb.Backtest(wb.Portfolio({"trend": RULES}), wb.sample["IBM"]).run()
    with pytest.raises(ParameterError, match=r"no strategy 'trand'; it has trend; did you mean 'trend'\?"):
        run.book("trand")
    assert repr(run.book("trend")).startswith("Book(trend: equity ")
    assert run.book("trend").metrics.reasons["turnover"] == "it is told of the account as a whole, see run.metrics"
