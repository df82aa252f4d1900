"""Sweeps of signals: the core folds them, and each is still the run made alone."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench import ta
from workbench.market import simulate

PLAIN = simulate.bars("X", every="1d", n=300, seed=5)
TERMS = {"kind": "perpetual", "initial_margin": "0.1", "maintenance_margin": "0.05"}
CONTRACT = simulate.bars(wb.Asset("X/USD", **TERMS), every="1d", n=300, seed=5)  # type: ignore[arg-type]  # by name
REAL = wb.sample["AAPL"].since("2000-01-01").until("2001-12-31")


@wb.signals
def cross(fast: int = 5, slow: int = 20) -> wb.Signals:
    gap = ta.sma(fast) - ta.sma(slow)
    return wb.Signals(entry=gap > 0, exit=gap < 0, all_in=True)


@pytest.mark.parametrize(
    ("bars", "account"),
    [(PLAIN, None), (REAL, None), (CONTRACT, wb.Margin())],
    ids=["plain", "with a split", "a perpetual, whose exposure is undefined"],
)
def test_every_row_is_the_run_made_alone(bars: wb.Bars, account: wb.Margin | None) -> None:
    test = wb.Backtest(cross(), bars, fees=wb.fees.bps(10), account=account)
    runs = test.sweep(fast=range(2, 6), slow=range(10, 31, 10)).where(lambda p: p.fast != 3).run()
    assert len(runs) == 9
    for i, (fast, slow) in enumerate(runs.frame.select("fast", "slow").iter_rows()):
        alone = test.with_params(fast=fast, slow=slow).run()
        row = runs.frame.row(i, named=True)
        assert {name: row[name] for name in alone.metrics} == dict(alone.metrics)
        assert (row["final_equity"], row["fills"]) == (float(alone.final_equity), alone.fills.height)
        assert runs[i].state_hash == alone.state_hash


def test_what_is_beside_the_best_comes_from_the_run_itself() -> None:
    runs = wb.Backtest(cross(), PLAIN, fees=wb.fees.bps(10)).sweep(fast=range(2, 6), slow=[10, 20, 30]).run()
    assert runs.deflated_sharpe().trials == 12
    assert "deflated Sharpe" in repr(runs)
    assert runs.robust("sharpe").name == "cross"


def test_signals_are_tried_for_robustness() -> None:
    found = wb.Backtest(cross(), PLAIN, fees=wb.fees.bps(10)).robust()
    assert found.frame["test"].to_list()[-4:] == ["fast=4", "fast=6", "slow=18", "slow=22"]
    assert found.frame["reason"].null_count() == found.frame.height


def test_run_again_gives_the_same() -> None:
    sweep = wb.Backtest(cross(), PLAIN).sweep(fast=[2, 5])
    assert sweep.run().frame.equals(sweep.run().frame)


def test_rules_are_values_like_others() -> None:
    above, below = ta.close() > ta.sma(5), ta.close() < ta.sma(5)
    sweep = wb.Backtest(wb.Signals(entry=above), PLAIN).sweep(entry=[above, below], exit=[None, below, above])
    runs = sweep.run()
    assert runs.frame["entry"].to_list() == ["ta.close() > ta.sma(5)"] * 3 + ["ta.close() < ta.sma(5)"] * 3
    assert runs.frame["exit"].to_list() == [None, "ta.close() < ta.sma(5)", "ta.close() > ta.sma(5)"] * 2
    alone = wb.Backtest(wb.Signals(entry=below, exit=above), PLAIN).run()
    assert runs.pick(entry=below, exit=above).state_hash == alone.state_hash == runs[5].state_hash
    assert "ta.close()" in repr(runs)
    assert runs.heatmap("total_return").data[0].y == ("None", "ta.close() < ta.sma(5)", "ta.close() > ta.sma(5)")
