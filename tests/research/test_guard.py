"""The look-ahead guard: an audit of one cut, by `run.guard` and `replay.guard`, and what the replay's badge says."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_made import days, outcome

import workbench as wb
from workbench import ta
from workbench.errors import TimeError, UnsupportedError
from workbench.views.replay.asking import answer

PRICES = [10, 12, 11, 13, 12, 14]


def honest(**options: Any) -> wb.Run:
    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target("A", quantity=1 if bar.close > 11 else 0)

    return outcome(days(A=PRICES), options, on_bar=on_bar)


def peeking() -> wb.Run:
    """Buys where the next close is higher: decided otherwise wherever the data ends."""
    bars = days(A=PRICES)

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.later = dict(zip(bars.frame["time"], bars.frame["close"].shift(-1), strict=True))

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target("A", quantity=1 if (self.later[bar.time] or 0) > bar.close else 0)

    return outcome(bars, on_start=on_start, on_bar=on_bar)


def peeking_rule() -> wb.Run:
    @wb.signals
    def rule(bars: wb.Bars) -> wb.Signals:
        later = pl.col("close").shift(-1).over("asset")
        frame = bars.frame.select("asset", "time", entry=(later > pl.col("close")).fill_null(False))
        return wb.Signals.from_frame(frame.with_columns(exit=~pl.col("entry")), weight=0.5)

    return wb.Backtest(rule(), days(A=PRICES), cash=1_000).run()


def honest_rule() -> wb.Run:
    return wb.Backtest(wb.Signals(entry=ta.close() > 11, weight=0.5), days(A=PRICES), cash=1_000).run()


def random_run() -> wb.Run:
    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target("A", quantity=random.randint(1, 10**9))

    return outcome(days(A=[1] * 6), {"cash": 10**12}, on_bar=on_bar)


VERDICTS = [
    (honest, "clean", "up", "2024-01-03: decisions unchanged on data cut here"),
    (honest_rule, "clean", "up", "2024-01-03: decisions unchanged on data cut here"),
    (
        peeking_rule,
        "look-ahead",
        "down",
        "2024-01-03: looks ahead: on data cut here it decides nothing instead of target weight 0.5",
    ),
    (random_run, "not repeatable", "down", "2024-01-03: decides differently each time on the same data"),
]


class Heard:
    """Who asks, and what it hears."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []

    def send(self, content: dict[str, Any]) -> None:
        self.answers.append(content)

    def ask(self, run: wb.Run, **asked: Any) -> dict[str, Any]:
        answer(self, run, "A", asked)
        for _ in range(1_000):
            if self.answers:
                return self.answers.pop()
            time.sleep(0.01)
        raise AssertionError(f"no answer to {asked}")


@pytest.mark.parametrize(("made", "verdict", "tone", "text"), VERDICTS)
def test_the_verdict_and_the_badge(made: Any, verdict: str, tone: str, text: str) -> None:
    run = made()
    assert run.guard("2024-01-03").verdict == verdict
    replay = run.replay()
    replay.at = "2024-01-03"
    assert replay.guard().verdict == verdict
    told = Heard().ask(run, ask="guard", slice=2)
    assert (told["answer"], told["slice"], told["tone"]) == ("guard", 2, tone)
    assert told["text"].startswith(text)


def test_what_is_reached_is_cut_and_put_back() -> None:
    run = peeking()
    assert run.reaches_data
    assert not honest().reaches_data
    found = run.guard("2024-01-03")
    assert found.verdict == "look-ahead"
    assert found.findings.select("full", "cut").rows()[0] == ("target quantity 1", None)
    assert run.guard("2024-01-03").verdict == "look-ahead"


def test_a_guard_is_an_audit_of_one_cut() -> None:
    found = honest().guard("2024-01-03")
    assert found.cuts["why"].to_list() == ["asked for"]
    assert (found.clean, found.findings.height) == (True, 0)
    assert "clean" in repr(found)


def test_the_last_bar_can_be_cut_at() -> None:
    assert honest().guard("2024-01-06").verdict == "clean"


def test_what_cannot_be_guarded(tmp_path: Path) -> None:
    run = honest()
    with pytest.raises(TimeError, match=r"guard\('2025-01-01'\) lies after the last slice"):
        run.guard("2025-01-01")
    loaded = wb.load(run.save(tmp_path / "run"))
    with pytest.raises(UnsupportedError, match="a run that was loaded does not know its strategy"):
        loaded.guard("2024-01-03")
    told = Heard().ask(loaded, ask="guard", slice=2)
    assert (told["tone"], "does not know its strategy" in told["text"]) == ("warn", True)
    bars = days(A=PRICES)
    frame = bars.frame.select("asset", "time", entry=pl.col("close") > 11, exit=pl.col("close") < 11)
    ready = wb.Backtest(wb.Signals.from_frame(frame, weight=0.5), bars, cash=1_000).run()
    with pytest.raises(UnsupportedError, match="signals from a ready frame cannot be audited"):
        ready.guard("2024-01-03")


def test_too_little_data_is_told() -> None:
    @wb.signals
    def picky(bars: wb.Bars) -> wb.Signals:
        if len(bars) < 6:
            raise ValueError("too few bars")
        frame = bars.frame.select("asset", "time", entry=pl.lit(True), exit=pl.lit(False))
        return wb.Signals.from_frame(frame, weight=0.5)

    run = wb.Backtest(picky(), days(A=PRICES), cash=1_000).run()
    told = Heard().ask(run, ask="guard", slice=2)
    assert (told["tone"], told["text"]) == (
        "warn",
        "2024-01-03: too little data to begin with: raised ValueError: too few bars",
    )


def test_the_browser_is_told_what_it_can_ask_and_why() -> None:
    run = honest()
    assert Heard().ask(run, ask="what") == {"answer": "what"}
    told = Heard().ask(run, ask="why", slice=1)
    assert (told["slice"], told["notes"], told["rules"], told["members"]) == (1, [], [], [])
    [call] = told["calls"]
    assert (
        call["name"].endswith("honest.on_bar, A")
        or call["name"] == "honest.<locals>.on_bar, A"
        or "on_bar" in call["name"]
    )
    rules = Heard().ask(honest_rule(), ask="why", slice=1)["rules"]
    assert rules == [{"name": "entry", "lines": [[0, "ta.close() > 11", "yes", "up"], [1, "ta.close()", "12", ""]]}]


def test_a_strategy_that_fails_when_it_is_repeated_is_told() -> None:
    calls: list[int] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        calls.append(1)
        if len(calls) > 6:
            raise RuntimeError("only once")

    told = Heard().ask(outcome(days(A=PRICES), on_bar=on_bar), ask="why", slice=1)
    assert told["notes"] == ["RuntimeError: only once"]


def test_an_unknown_question_is_not_answered() -> None:
    heard = Heard()
    answer(heard, honest(), "A", {"ask": "more"})
    assert heard.answers == []
