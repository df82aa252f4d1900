"""Rules that read other assets, and rules of users' own: decided as in a callback, and swept run by run."""

from __future__ import annotations

from typing import Any

import pytest
from hand_made import days
from ruled import assert_alike, both

import workbench as wb
from workbench import ta
from workbench.indicators import Indicator

BARS = days(A=[5, 6, 7, 6, 5, 6, 8, 9, 4, 5], B=[None, 5, 6, 7, 6, 5, 4, 8, 9, 3])


class Last(wb.Indicator):
    """The close of some bars ago."""

    n: int = 1

    def on_start(self) -> None:
        self.closes: list[float] = []

    def update(self, bar: wb.Bar) -> float | None:
        self.closes = [*self.closes, bar.close][-self.n - 1 :]
        return self.closes[0] if len(self.closes) > self.n else None


def levels(name: str, n: int) -> Indicator:
    return {"told": ta.sma(n).on("B"), "written": Last(n=n), "both": Last(n=n).on("B")}[name]


def above(name: str = "told", n: int = 2) -> wb.Signals:
    level = levels(name, n)
    return wb.Signals(entry=ta.close() > level, exit=ta.close() < level)


@pytest.mark.parametrize("name", ["told", "written", "both"])
def test_signals_are_what_the_callback_does(name: str) -> None:
    ours, theirs = both(above(name), BARS, {"cash": "1000 USD"})
    assert ours.fills.height > 2
    assert_alike(ours, theirs)


@pytest.mark.parametrize("name", ["told", "written", "both"])
def test_a_sweep_gives_the_runs_alone(name: str) -> None:
    swept = wb.signals(above)
    test: Any = wb.Backtest(swept(name=name), BARS, cash="1000 USD")
    runs = test.sweep(n=range(1, 4)).run(workers=1)
    alone = [wb.Backtest(swept(name=name, n=n), BARS, cash="1000 USD").run() for n in (1, 2, 3)]
    assert runs.frame.sort("n")["total_return"].to_list() == [run.metrics.total_return for run in alone]


class Fails(wb.Indicator):
    every: str | None = None

    def update(self, bar: wb.Bar) -> float:
        raise ValueError("of its own")


def test_what_a_rule_raises_reaches_the_user() -> None:
    with pytest.raises(ValueError, match="of its own") as caught:
        wb.Backtest(wb.Signals(entry=Fails() > 1), BARS, cash="1000 USD").run()
    assert caught.value.__notes__ == [
        "workbench: in update of Fails() for A at its bar 1 (5, 5, 5, 5)",
        "workbench: at the bar that closed 2024-01-02 00:00:00+00:00",
    ]
