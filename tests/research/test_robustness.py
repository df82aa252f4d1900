"""`test.robust()`: what each change is, to the digit, and what the verdict says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import polars as pl
import pytest

import workbench as wb
from workbench import ta
from workbench.engine import Deal
from workbench.errors import UnsupportedError
from workbench.market import simulate
from workbench.research.robustness import TESTS, Robustness, late

BARS = simulate.bars("X", every="1d", n=80, seed=4)
REAL = wb.sample["AAPL"].since("2000-01-01").until("2001-12-31")


class Some(wb.Strategy):
    """Trades on given bars; `behind` bars later than it could."""

    behind: int = 0
    window: int = 7
    part: float = 0.5
    exact: Decimal = Decimal("0.25")
    mode: Literal[1, 2] = 1
    name: str = "a"
    on: bool = True

    def on_start(self, ctx: wb.Context) -> None:
        self.n = 0

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        self.n += 1
        n = self.n - self.behind
        if n > 0 and n % self.window == 0:
            ctx.target(bar.asset, weight=self.part, stop_loss_pct=0.2)
        elif n > 0 and n % self.window == 4:
            ctx.target(bar.asset, weight=0)
        elif n > 0 and n % self.window == 5:
            ctx.buy(bar.asset, 10)


OPTIONS: dict[str, Any] = {"fees": wb.fees.bps(10, minimum=1), "slippage": wb.slippage.bps(5)}


@pytest.mark.parametrize("bars", [BARS, REAL], ids=["synthetic", "real"])
def test_late_is_what_the_strategy_would_have_done_a_bar_later(bars: wb.Bars) -> None:
    """A split lies inside the real prices. Sizes, stops and costs come from the later bar, as they would have."""
    base = wb.Backtest(Some(), bars, **OPTIONS)
    behind = wb.Backtest(Some(behind=1), bars, **OPTIONS).run()
    found = late(base, base.run())
    assert found.exact.fills.equals(behind.exact.fills)
    assert found.exact.equity.equals(behind.exact.equity)
    assert found.fills.height > 10


def test_late_by_nothing_is_the_run_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    test = wb.Backtest(Some(), REAL, **OPTIONS)
    base = test.run()
    monkeypatch.setitem(base.__dict__, "commands", base.commands.with_columns(pl.col("slice") - 1))
    found = late(test, base)
    assert found.exact.ledger.equals(base.exact.ledger)
    assert found.exact.equity.equals(base.exact.equity)
    assert found.metrics == base.metrics


def test_late_signals_are_those_of_rules_shifted_by_one() -> None:
    rule, out = ta.sma(3) > ta.sma(8), ta.sma(3) < ta.sma(8)
    # Without a volume cap, under which the rest of an order that still works would stand in the way of the next.
    options = {**OPTIONS, "volume_cap": None}
    test = wb.Backtest(wb.Signals(entry=rule, exit=out, weight=0.5), BARS, **options)
    shifted = wb.Backtest(wb.Signals(entry=rule.shift(1), exit=out.shift(1), weight=0.5), BARS, **options)
    assert late(test, test.run()).exact.fills.equals(shifted.run().exact.fills)


class Cancels(Some):
    """Takes an order back."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        order = ctx.buy(bar.asset, 1, limit=bar.close / 2)
        if order is not None:
            ctx.cancel(order)


def test_single_cancels_are_not_made_late() -> None:
    test = wb.Backtest(Cancels(), BARS)
    with pytest.raises(UnsupportedError, match="the strategy cancels single orders"):
        late(test, test.run())


def rows_of(test: wb.Backtest) -> dict[str, dict[str, Any]]:
    return {row["test"]: row for row in test.robust(progress=False).frame.iter_rows(named=True)}


def test_every_change_is_the_backtest_it_says() -> None:
    test = wb.Backtest(Some(), BARS, **OPTIONS)
    rows = rows_of(test)
    sessions = BARS.frame["session"]
    alone = {
        "base": test,
        "costs doubled": test.replace(fees=wb.fees.bps(20, minimum=2), slippage=wb.slippage.bps(10)),
        f"start {sessions[8]}": test.replace(start=sessions[8]),
        f"start {sessions[20]}": test.replace(start=sessions[20]),
        "window=6": test.with_params(window=6),
        "window=8": test.with_params(window=8),
        "part=0.45": test.with_params(part=0.45),
        "part=0.55": test.with_params(part=0.55),
        "exact=Decimal('0.225')": test.with_params(exact=Decimal("0.225")),
        "exact=Decimal('0.275')": test.with_params(exact=Decimal("0.275")),
        "mode=2": test.with_params(mode=2),
    }
    assert [name for name in rows if name != "one bar late"] == list(alone)
    for name, other in alone.items():
        assert rows[name]["sharpe"] == other.run().metrics.sharpe, name


@pytest.mark.parametrize(
    ("fees", "slippage", "doubled"),
    [
        (wb.fees.per_trade(3), None, {"fees": wb.fees.per_trade(6)}),
        (None, wb.slippage.spread("0.5"), {"slippage": wb.slippage.spread(1)}),
        (None, wb.slippage.custom(lambda deal: "0.3"), {"slippage": wb.slippage.custom(lambda deal: "0.6")}),
        (wb.fees.custom(lambda deal: deal.value * 0.001), None, {"fees": wb.fees.bps(20)}),
    ],
    ids=["per trade", "spread", "own slippage", "own fee"],
)
def test_costs_are_doubled_of_every_kind(fees: Any, slippage: Any, doubled: Any) -> None:
    test = wb.Backtest(Some(), BARS, fees=fees, slippage=slippage)
    wanted = wb.Backtest(Some(), BARS, **doubled).run().metrics.total_return
    assert rows_of(test)["costs doubled"]["total_return"] == pytest.approx(wanted, rel=1e-9)


def test_slippage_of_the_user_sees_the_deal_once_for_each_double() -> None:
    def own(deal: Deal) -> float:
        return deal.price * 0.001

    test = wb.Backtest(Some(), BARS, slippage=wb.slippage.custom(own))
    wanted = wb.Backtest(Some(), BARS, slippage=wb.slippage.bps(20)).run().metrics.total_return
    assert rows_of(test)["costs doubled"]["total_return"] == pytest.approx(wanted, rel=1e-6)


def test_what_cannot_be_run_says_why() -> None:
    rows = rows_of(wb.Backtest(Some(), BARS))
    assert rows["costs doubled"]["reason"] == "there are no costs to double; give the Backtest fees= and slippage="
    assert rows["costs doubled"]["holds"] is None


def made(*rows: tuple[float | None, bool | None]) -> Robustness:
    """A table of (Sharpe ratio, holds)."""
    data = [("base" if i == 0 else f"t{i}", s, None, None, None, h, None) for i, (s, h) in enumerate(rows)]
    return Robustness("Some", pl.DataFrame(data, TESTS, orient="row"), ())


@pytest.mark.parametrize(
    ("rows", "verdict", "headline"),
    [
        ([(1.0, None), (0.5, True)], "robust", "robust: all 1 tests keep at least half of the Sharpe ratio"),
        (
            [(1.0, None), (0.5, True), (0.4, False), (None, None)],
            "fragile",
            "fragile: 1 of 2 tests lose more than half of the Sharpe ratio",
        ),
        ([(1.0, None), (0.5, True), (None, None)], "untested", "untested: 1 tests hold, 1 could not be run"),
        ([(0.0, None), (0.5, False)], "no edge", "no edge: the base has no Sharpe ratio above 0 that could be lost"),
        ([(None, None), (0.5, False)], "no edge", "no edge: the base has no Sharpe ratio above 0 that could be lost"),
    ],
)
def test_the_verdict(rows: Any, verdict: str, headline: str) -> None:
    found = made(*rows)
    assert (found.verdict, found.headline) == (verdict, headline)
    assert repr(found).splitlines()[0] == f"Some is {headline}"
    assert headline in found._repr_mimebundle_()["text/html"]


def test_half_is_enough_and_less_is_not() -> None:
    frame = wb.Backtest(Some(), BARS, **OPTIONS).robust().frame
    base = frame["sharpe"][0]
    for sharpe, kept, holds in frame[1:].select("sharpe", "kept", "holds").iter_rows():
        assert kept == sharpe / base
        assert holds == (base > 0 and sharpe >= base / 2)


def test_an_error_of_the_strategy_itself_is_raised() -> None:
    class Fails(Some):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            raise KeyError("x")

    with pytest.raises(KeyError):
        wb.Backtest(Fails(), BARS).robust()
