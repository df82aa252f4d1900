"""Bars joined: every row, action, asset and notice of each, and what two Bars cannot share."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench._types import Notice
from workbench.errors import ParameterError
from workbench.market import simulate
from workbench.market.bars import Bars

APPLE = wb.sample["AAPL"].between("2005-02-01", "2005-03-15")
COIN = simulate.bars("BTC/USD", "1d", n=40, start="2005-02-01", seed=3)
OTHER = simulate.bars("ETH/USD", "1d", n=9, start="2005-02-05", seed=4)


def test_everything_of_each_is_there() -> None:
    found = APPLE.join(COIN, OTHER)
    assert found.assets == ("AAPL", "BTC/USD", "ETH/USD")
    assert [asset.calendar for asset in found.assets] == ["XNYS", "24/7", "24/7"]
    assert found.frame.equals(pl.concat([APPLE.frame, COIN.frame, OTHER.frame]))
    assert found.actions.equals(APPLE.actions)
    assert found.actions.filter(kind="split").height == 2
    assert found.every == "1d"
    assert found.synthetic
    assert found.source == f"{APPLE.source} + {COIN.source} + {OTHER.source}"
    for part in (APPLE, COIN, OTHER):
        again = found.select([str(asset) for asset in part.assets])
        assert again.fingerprint == part.fingerprint


def test_what_both_say_is_said_once() -> None:
    said, more = Notice("moved", 1, "a price was moved", "look at it"), Notice("gaps", 2, "two gaps", "fill them")
    one, other = (Bars(b.frame, b.actions, b.assets, b.every, "a file", b.synthetic, n) for b, n in
                  ((COIN, (said,)), (OTHER, (said, more))))  # fmt: skip
    found = one.join(other)
    assert found.notices == (said, more)
    assert found.source == "a file"


def test_a_run_trades_all_of_them() -> None:
    class Both(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.target(bar.asset, quantity=1)

    run = wb.Backtest(Both(), APPLE.join(COIN), volume_cap=None).run(progress=False)
    assert set(run.fills["asset"]) == {"AAPL", "BTC/USD"}


def test_alone_it_is_the_same() -> None:
    assert APPLE.join().fingerprint == APPLE.fingerprint


HOURS = simulate.bars("SOL/USD", "1h", n=48)
REFUSED: dict[str, tuple[tuple[Any, ...], str]] = {
    "a frame": ((COIN.frame,), r"join takes Bars, got DataFrame; make Bars of it by wb.Bars.from_frame"),
    "a list": (([COIN],), r"join takes Bars, got list; .* unpack: join\(\*many\)"),
    "another length": ((HOURS,), r"AAPL has bars of 1d, SOL/USD of 1h; .* by bars.resample\(every\) on the shorter"),
    "an asset twice": ((COIN, APPLE), r"more than one of the Bars has AAPL; leave it out of one with bars.select"),
    "itself": ((APPLE,), "more than one of the Bars has AAPL"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    given, message = REFUSED[name]
    with pytest.raises(ParameterError, match=message):
        APPLE.join(*given)


def test_resampled_it_can_be_joined() -> None:
    assert COIN.join(HOURS.resample("1d")).assets == ("BTC/USD", "SOL/USD")
