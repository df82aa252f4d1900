"""Parameters by sliders, without a page: what is shown belongs to what was asked last, and is the run of itself alone.

Threads meet by events that the strategies set; none of them waits for a time.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import polars as pl
import pytest

import workbench as wb
from workbench import ta
from workbench.engine import Cancel
from workbench.errors import Interrupted, ParameterError, StrategyError, UnsupportedError
from workbench.market import simulate
from workbench.research.explore import Explore

LONG_S = 60
BARS = wb.sample["IBM"].between("2005-01-01", "2007-01-01")


class Cross(wb.Strategy):
    fast: int = 5
    slow: int = 20
    on: bool = True

    def on_start(self, ctx: wb.Context) -> None:
        if self.fast >= self.slow:
            raise ParameterError(f"fast={self.fast} must be below slow={self.slow}")
        self.gap = ctx.watch(ta.sma(self.fast) - ta.sma(self.slow))

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, weight=1 if self.on and self.gap[bar.asset] > 0 else 0)


@wb.signals
def cross(fast: int = 5, slow: int = 20) -> wb.Signals:
    gap = ta.sma(fast) - ta.sma(slow)
    return wb.Signals(entry=gap > 0, exit=gap < 0, all_in=True)


@pytest.fixture
def test() -> wb.Backtest:
    return wb.Backtest(Cross(), BARS, cash="100_000 USD", fees=wb.fees.bps(5))


@pytest.fixture
def explore(test: wb.Backtest) -> Explore:
    return test.explore(fast=range(2, 31), slow=range(10, 101, 10))


@pytest.mark.parametrize("strategy", [Cross(), cross()], ids=["callbacks", "signals"])
def test_the_run_is_the_same_as_alone(strategy: wb.Strategy) -> None:
    test = wb.Backtest(strategy, BARS, cash="100_000 USD", fees=wb.fees.bps(5))
    explore = test.explore(fast=range(2, 31), slow=range(10, 101, 10))
    for params in ({"fast": 5, "slow": 20}, {"fast": 7, "slow": 50}):
        explore.params = params
        alone = test.with_params(**params).run()
        assert explore.params == params
        assert (explore.run.state_hash, explore.run.journal_hash) == (alone.state_hash, alone.journal_hash)
        assert explore.run.fills.equals(alone.fills)


def test_what_is_not_set_stays(explore: Explore) -> None:
    explore.params = {"fast": 9}
    explore.params = {"slow": 60}
    assert explore.params == {"fast": 9, "slow": 60}


def test_a_move_is_shown_when_it_is_done(explore: Explore) -> None:
    explore.move({"fast": 6, "slow": 3})
    newest = explore._latest._newest
    assert newest is not None
    assert newest.over.wait(LONG_S)
    assert explore.params == {"fast": 8, "slow": 40}
    assert explore.run.spec["parameters"] == {"fast": "8", "slow": "40", "on": "True"}


class Held(wb.Strategy):
    """Stands still in its run where it is told to, until it is let go or cancelled."""

    n: int = 0
    begun: object = None
    go_on: object = None

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        if self.n and isinstance(self.begun, dict) and isinstance(self.go_on, dict):
            self.begun[self.n].set()
            assert self.go_on[self.n].wait(LONG_S)
        if not ctx.position(bar.asset):
            ctx.buy(bar.asset, 10 + self.n)


def held() -> tuple[Explore, dict[int, Event], dict[int, Event]]:
    begun, go_on = ({n: Event() for n in range(5)} for _ in range(2))
    test = wb.Backtest(Held(begun=begun, go_on=go_on), BARS.last(300))
    return test.explore(n=range(5)), begun, go_on


def test_an_older_result_never_takes_the_place_of_a_newer_one() -> None:
    explore, begun, go_on = held()
    explore.move({"n": 1})
    assert begun[1].wait(LONG_S)
    explore.move({"n": 2})
    explore.move({"n": 3})
    newest = explore._latest._newest
    assert newest is not None
    assert explore.params == {"n": 0}
    go_on[1].set()
    assert begun[3].wait(LONG_S)
    assert explore.params == {"n": 0}
    go_on[3].set()
    assert newest.over.wait(LONG_S)
    assert explore.params == {"n": 3}
    assert explore.run.fills["quantity"][0] == 13
    assert not begun[2].is_set()


def test_a_stale_run_ends_at_the_next_bar() -> None:
    """The event is set once more at each bar, and the stale run sees one only."""
    bars: list[int] = []
    begun, go_on = Event(), Event()

    class Counting(wb.Strategy):
        n: int = 0

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            if self.n == 1:
                bars.append(1)
                begun.set()
                assert go_on.wait(LONG_S)

    explore = wb.Backtest(Counting(), BARS).explore(n=range(3))
    explore.move({"n": 1})
    assert begun.wait(LONG_S)
    explore.move({"n": 2})
    newest = explore._latest._newest
    assert newest is not None
    go_on.set()
    assert newest.over.wait(LONG_S)
    assert explore.params == {"n": 2}
    assert len(bars) == 1


@pytest.mark.parametrize("by_signals", [True, False])
def test_a_run_is_cancelled_from_another_thread(by_signals: bool) -> None:
    """A million bars take long enough; the other thread asks as soon as the run has told of itself."""
    told, cancel = Event(), Cancel()
    strategy: wb.Strategy = cross() if by_signals else Cross()
    test = wb.Backtest(strategy, simulate.bars("X", n=1_000_000))
    asker = Thread(target=lambda: told.wait(LONG_S) and cancel.ask())
    asker.start()

    def tell(done: int, total: int) -> None:
        told.set()
        asker.join(LONG_S)

    with pytest.raises(Interrupted, match="stopped at"):
        test.run(progress=tell, cancel=cancel)
    assert cancel.asked
    assert repr(cancel) == "Cancel(asked)"


def test_a_run_with_a_cancel_that_nobody_asks_is_the_same_run(test: wb.Backtest) -> None:
    assert test.run(cancel=Cancel()).state_hash == test.run().state_hash
    assert repr(Cancel()) == "Cancel()"


def test_an_error_is_told_and_what_was_shown_stays(explore: Explore) -> None:
    before = explore.run
    with pytest.raises(ParameterError, match="fast=25 must be below slow=20"):
        explore.params = {"fast": 25}
    assert explore.run is before
    assert explore.params == {"fast": 5, "slow": 20}
    assert str(explore.error) == "fast=25 must be below slow=20"
    explore.params = {"fast": 6}
    assert explore.error is None


def test_an_exit_in_a_strategy_is_an_error_like_others() -> None:
    class Exits(wb.Strategy):
        n: int = 0

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            if self.n:
                raise SystemExit("enough")

    explore = wb.Backtest(Exits(), BARS).explore(n=range(2))
    with pytest.raises(SystemExit, match="enough"):
        explore.params = {"n": 1}
    assert explore.params == {"n": 0}


def test_pins_keep_results(explore: Explore) -> None:
    first = explore.run
    explore.pin()
    explore.pin()
    explore.params = {"fast": 9}
    explore.pin()
    assert [pin.params for pin in explore.pins] == [{"fast": 5, "slow": 20}, {"fast": 9, "slow": 20}]
    assert explore.pins[0].run is first
    assert repr(explore.pins[0]) == f"Result(fast=5, slow=20: {first.final_equity:,.2f} USD)"
    explore.unpin(0)
    assert [pin.params["fast"] for pin in explore.pins] == [9]
    explore.unpin()
    assert explore.pins == ()


def test_the_code_gives_the_same_run(explore: Explore, test: wb.Backtest) -> None:
    explore.params = {"fast": 12, "slow": 70}
    assert explore.code == "run = test.with_params(fast=12, slow=70).run()\nrun"
    space: dict[str, wb.Run] = {}
    exec(explore.code, {"test": test}, space)
    assert space["run"].state_hash == explore.run.state_hash


def test_the_code_names_the_backtest_as_the_notebook_does(test: wb.Backtest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("__main__.mine", test, raising=False)
    assert test.explore(fast=[5, 6]).code == "run = mine.with_params(fast=5).run()\nrun"


AT_THE_DOOR: tuple[tuple[dict[str, object], str], ...] = (
    ({}, r"explore\(\) of nothing; write test.explore\(fast=range\(5, 51\)\)"),
    ({"fats": range(5)}, r"Cross has no parameter 'fats'; it has fast, slow, on; did you mean .explore\(fast=range"),
    ({"fast": (5, 50)}, r"fast=\(5, 50\) is a tuple, .*; write fast=range\(5, 50 \+ 1\) for all between"),
    ({"fast": 5}, "fast=5 is a int; give a range, a list"),
    ({"fast": []}, "fast=.* holds no value"),
    ({"fast": ["x"]}, "fast of Cross must be an int, got 'x'"),
    (
        {"fees": [1]},
        r"explore takes parameters of Cross, fees is one of Backtest; write test.replace\(fees=...\).explore",
    ),
    ({"bars": [1]}, r"write wb.Backtest\(strategy, bars\).explore\(...\)"),
    ({"fast": range(10_001)}, "fast has 10,001 values, and a slider has at most 10,000"),
)


@pytest.mark.parametrize(("spaces", "message"), AT_THE_DOOR)
def test_refused_at_the_door(test: wb.Backtest, spaces: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        test.explore(**spaces)


NOT_SET: tuple[tuple[object, str], ...] = (
    ({"fast": 99}, r"fast=99 is not in range\(2, 31\), which is explored; the nearest is 30"),
    ({"fats": 9}, "'fats' is not explored, but fast, slow; did you mean 'fast'"),
    ({"on": False}, "'on' is not explored, but fast, slow"),
    (5, r"params=5: give a dict, such as \{'fast': 5, 'slow': 20\}"),
)


@pytest.mark.parametrize(("given", "message"), NOT_SET)
def test_params_refused(explore: Explore, given: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        explore.params = given
    assert explore.params == {"fast": 5, "slow": 20}


REFUSED: tuple[tuple[Callable[[Explore], object], type[Exception], str], ...] = (
    (lambda e: e.unpin(0), ParameterError, r"unpin\(0\): there are 0 pins"),
    (lambda e: e.unpin(True), ParameterError, r"unpin\(True\)"),
    (lambda e: e.move({"fast": 99, "slow": 0}), ParameterError, "fast has no place 99; there are 29 from 0"),
    (lambda e: e.parms, AttributeError, "did you mean params"),
    (lambda e: setattr(e, "run", 1), ParameterError, r"run of an exploration cannot be set; write explore.params = \{"),
)


@pytest.mark.parametrize(("act", "error", "message"), REFUSED)
def test_refused(explore: Explore, act: Callable[[Explore], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        act(explore)


def test_a_strategy_cannot_set_what_explores_it() -> None:
    box: list[Explore] = []

    class Meddling(wb.Strategy):
        n: int = 0

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            if self.n:
                box[0].params = {"n": 0}

    box.append(wb.Backtest(Meddling(), BARS).explore(n=range(2)))
    with pytest.raises(UnsupportedError, match="params cannot be set by what runs or draws a result"):
        box[0].params = {"n": 1}


def test_a_strategy_that_fails_where_the_sliders_begin_says_so(test: wb.Backtest) -> None:
    with pytest.raises(ParameterError, match="fast=30 must be below slow=20"):
        test.explore(fast=[30])


def test_the_runs_of_a_sweep_can_be_explored(test: wb.Backtest) -> None:
    runs = test.sweep(fast=[3, 5, 8], slow=[20, 40]).run(workers=1)
    explore = runs.explore()
    assert explore.params == {"fast": 5, "slow": 20}
    explore.params = {"fast": 8, "slow": 40}
    assert explore.run.state_hash == runs.pick(fast=8, slow=40).state_hash
    assert explore.runs is runs


def test_runs_over_assets_cannot_be_explored() -> None:
    bars = wb.sample["IBM", "AAPL"].between("2005-01-01", "2006-01-01")
    runs = wb.Backtest(Cross(), bars).sweep(fast=[3, 5]).over(assets=["IBM", "AAPL"]).run(workers=1)
    with pytest.raises(ParameterError, match=r"choose one, and write test.explore\(fast=\[3, 5\]\)"):
        runs.explore()


def test_completion_knows_what_there_is(explore: Explore) -> None:
    assert dir(explore) == ["code", "error", "params", "pin", "pins", "run", "unpin"]
    assert all(hasattr(explore, name) for name in dir(explore))


def test_what_was_watched_is_known_by_the_run(explore: Explore) -> None:
    assert explore.run.watched == (ta.sma(5) - ta.sma(20),)


def test_bars_with_no_session_are_refused() -> None:
    with pytest.raises((StrategyError, ParameterError, ValueError)):
        wb.Backtest(Cross(), BARS, start="2030-01-01").explore(fast=[5, 6])


def test_the_plain_twin_tells_what_is_shown(explore: Explore) -> None:
    explore.pin()
    explore.params = {"fast": 9}
    shown, pinned = repr(explore).splitlines()
    assert shown.startswith("Explore Cross: fast=9, slow=20; 100,000.00 USD became ")
    assert f"{explore.run.final_equity:,.2f} USD" in shown
    assert pinned.startswith("pinned fast=5, slow=20; 100,000.00 USD became ")
    assert isinstance(explore.run.equity, pl.DataFrame)
