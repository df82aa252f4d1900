"""A sweep: what it takes, what it refuses, what it shows, and that its runs are those made alone."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.errors import NumberError, ParameterError, StrategyError, UnknownAssetError
from workbench.market import simulate

ONE = simulate.bars("X", every="1d", n=60, seed=1)
TWO = wb.sample[["IBM", "AAPL"]].since("2012-06-01").until("2012-09-01")


class Hold(wb.Strategy):
    """Buy on some days, sell on others."""

    buy: int = 2
    sell: int = 3
    part: float = 0.5
    why: str = "none"

    def on_start(self, ctx: wb.Context) -> None:
        self.n = 0

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        self.n += 1
        if self.n % self.buy == 0:
            ctx.target(bar.asset, weight=self.part)
        elif self.n % self.sell == 0:
            ctx.target(bar.asset, weight=0)


class Other(Hold):
    """Another class with the same parameters."""


TEST = wb.Backtest(Hold(), ONE)


def sweep(**spaces: Any) -> wb.Sweep:
    return TEST.sweep(**spaces)


def test_every_run_is_the_one_made_alone() -> None:
    runs = sweep(buy=range(2, 5), part=[0.25, 1]).run(workers=1)
    assert runs.frame.select("buy", "part").rows() == [(b, p) for b in (2, 3, 4) for p in (0.25, 1.0)]
    for i, (buy, part) in enumerate(runs.frame.select("buy", "part").iter_rows()):
        alone = TEST.with_params(buy=buy, part=part).run()
        assert runs[i].state_hash == alone.state_hash
        row = runs.frame.row(i, named=True)
        assert {name: row[name] for name in alone.metrics} == dict(alone.metrics)
        assert (row["final_equity"], row["fills"]) == (float(alone.final_equity), alone.fills.height)


def test_in_processes_it_is_the_same_to_the_digit() -> None:
    """The class is one of this module, which the workers get as it is, with the bars once."""
    made = [sweep(buy=range(2, 8), sell=[3, 5], why=["a", "b"]).run(workers=n) for n in (1, 2, 3)]
    for other in made[1:]:
        assert other.frame.equals(made[0].frame)
        assert [run.state_hash for run in other.top("sharpe", n=3)] == [
            r.state_hash for r in made[0].top("sharpe", n=3)
        ]


def test_with_params_is_a_backtest_of_its_own() -> None:
    other = TEST.with_params(buy=5)
    assert (repr(other), repr(TEST)) == (
        "Backtest(Hold(buy=5, sell=3, part=0.5, why='none'), X)",
        "Backtest(Hold(buy=2, sell=3, part=0.5, why='none'), X)",
    )


@pytest.mark.parametrize(
    ("spaces", "kind", "text"),
    [
        (
            {"byu": [2]},
            ParameterError,
            "Hold has no parameter 'byu'; it has buy, sell, part, why; did you mean .sweep(buy=[2])?",
        ),
        ({"zzz": [2]}, ParameterError, "Hold has no parameter 'zzz'; it has buy, sell, part, why"),
        ({"buy": (2, 5)}, ParameterError, "buy=(2, 5) is a tuple"),
        ({"buy": [2, "x"]}, ParameterError, "buy of Hold must be an int, got 'x' (str)"),
        ({"buy": [2, 2.5]}, ParameterError, "buy of Hold must be an int, got 2.5 (float)"),
        ({"part": [1, 1.0]}, ParameterError, "part holds 1.0 twice"),
        ({"buy": wb.space.uniform(2, 5.5)}, ParameterError, "buy of Hold takes whole numbers only"),
        (
            {"fees": [wb.fees.bps(1)]},
            ParameterError,
            "fees is one of Backtest; write test.replace(fees=...).sweep(...)",
        ),
        ({"bars": [ONE]}, ParameterError, "write .sweep(...).over(assets=[...])"),
        ({"strategy": [Hold()]}, ParameterError, "write .sweep(...).over(strategies=[...])"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_keywords_are_parameters_of_the_strategy(spaces: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        sweep(**spaces)
    assert text in str(caught.value)


class Loose(wb.Strategy):
    """Takes anything."""

    what: Any = None

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None: ...


def test_a_value_that_can_change_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"what holds \[1\], which can change under way; give tuples, not lists"):
        wb.Backtest(Loose(), ONE).sweep(what=[[1], [2]])


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda s: s.where("fast"), ParameterError, ".where('fast'): give a function"),
        (lambda s: s.sample(0), NumberError, "n=0: give a whole number from 1 on"),
        (lambda s: s.sample(2.0), NumberError, "n=2.0"),
        (lambda s: s.sample(2, seed=-1), NumberError, "seed=-1"),
        (lambda s: s.over(), ParameterError, ".over() of nothing"),
        (lambda s: s.over(assets=["Y"]), UnknownAssetError, "no 'Y'; nearest: X"),
        (lambda s: s.over(assets=["X", "X"]), ParameterError, "holds an asset twice"),
        (lambda s: s.over(assets="X"), ParameterError, "give a list, such as assets=['AAPL', 'KO']"),
        (lambda s: s.over(assets=[]), ParameterError, "give a list"),
        (lambda s: s.over(strategies=[Hold]), StrategyError, "Hold is the class"),
        (lambda s: s.over(strategies=[Hold(), Hold()]), ParameterError, "holds the same strategy twice"),
        (lambda s: s.over(strategies=[Loose()]), ParameterError, "Loose has no parameter 'buy'"),
        (lambda s: s.run(workers=0), NumberError, "workers=0: give a whole number from 1 to 1,024"),
        (lambda s: s.run(workers=True), NumberError, "workers=True"),
        (lambda s: s.where(lambda p: False).run(), ParameterError, "no combination passes .where"),
        (lambda s: s.run(folder=5), ParameterError, "folder=5: give a path"),
        (lambda s: s.rnu, AttributeError, "Sweep has no attribute 'rnu'; did you mean run?"),
    ],
)
def test_what_a_sweep_refuses(make: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        make(sweep(buy=range(2, 5)))
    assert text in str(caught.value)


def test_copies_leave_the_first_alone() -> None:
    first = sweep(buy=range(2, 6))
    assert len(first.where(lambda p: p.buy > 3)) == 2
    assert len(first.where(lambda p: p.buy > p.sell)) == 2  # what is not varied is there too
    assert len(first.sample(3, seed=1)) == 3
    assert len(first) == 4


def test_over_assets_each_runs_alone() -> None:
    test = wb.Backtest(Hold(), TWO)
    runs = test.sweep(buy=[2, 3]).over(assets=["IBM", "AAPL"]).run(workers=1)
    assert runs.frame.select("asset", "buy").rows() == [("IBM", 2), ("IBM", 3), ("AAPL", 2), ("AAPL", 3)]
    assert runs.pick(asset="AAPL", buy=3).state_hash == wb.Backtest(Hold(buy=3), TWO.select("AAPL")).run().state_hash


def test_over_strategies_each_takes_the_place_of_the_first() -> None:
    runs = sweep(buy=[2, 3]).over(strategies=[Hold(sell=4), Other()]).run(workers=1)
    assert runs.frame.select("strategy", "buy").rows() == [("Hold", 2), ("Hold", 3), ("Other", 2), ("Other", 3)]
    assert runs.pick(strategy="Hold", buy=3).state_hash == TEST.with_params(buy=3, sell=4).run().state_hash
    assert runs.pick(strategy="Other", buy=2).name == "Other"


def test_strategies_of_one_class_are_told_apart_by_their_parameters() -> None:
    runs = sweep().over(strategies=[Hold(buy=4), Hold(buy=5)]).run(workers=1)
    assert runs.frame["strategy"].to_list() == [repr(Hold(buy=4)), repr(Hold(buy=5))]


class Named(Hold):
    """Has parameters called like a column and like a figure."""

    asset: str = "X"
    volatility: float = 0.1


def test_names_that_are_taken() -> None:
    test = wb.Backtest(Named(), ONE)
    with pytest.raises(ParameterError, match="'asset' is a parameter of this sweep too"):
        test.sweep(asset=["X"]).over(assets=["X"])
    runs = test.sweep(volatility=[0.1, 0.2]).run(workers=1)
    assert runs.frame["volatility_parameter"].to_list() == [0.1, 0.2]
    assert runs.pick(volatility=0.2).spec["parameters"]["volatility"] == "0.2"  # type: ignore[index]
    assert len(test.sweep(buy=[2]).over(assets=["X"]).where(lambda p: p.asset == "X")) == 1


def test_a_sample_of_continuous_spaces_runs() -> None:
    runs = sweep(part=wb.space.uniform(0.1, 1), buy=wb.space.uniform(2, 9)).sample(5, seed=2).run(workers=1)
    assert runs.frame["buy"].dtype == pl.Int64
    assert runs.frame["part"].is_between(0.1, 1).all()
    again = sweep(part=wb.space.uniform(0.1, 1), buy=wb.space.uniform(2, 9)).sample(5, seed=2).run(workers=2)
    assert again.frame.equals(runs.frame)


class Picky(Hold):
    """Fails with some parameters."""

    _calls: ClassVar[list[int]] = []

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        if self.buy > 3:
            raise ZeroDivisionError(f"buy is {self.buy}")
        super().on_bar(ctx, bar)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_fails_is_a_row_and_a_notice(workers: int) -> None:
    runs = wb.Backtest(Picky(), ONE).sweep(buy=[2, 4, 3, 5]).run(workers=workers)
    assert runs.failed.rows() == [(1, 4, "ZeroDivisionError: buy is 4"), (3, 5, "ZeroDivisionError: buy is 5")]
    assert "2 of 4 runs raised an error, the first ZeroDivisionError: buy is 4" in str(runs.notices[0])
    assert runs.frame["sharpe"].is_null().to_list() == [False, True, False, True]
    assert set(runs.order("sharpe")) == {0, 2}
    with pytest.raises(ZeroDivisionError, match="buy is 5"):
        runs[3]


@pytest.mark.parametrize(("count", "tried"), [(2, 2), (40, 10)])
def test_where_all_fail_the_first_error_is_raised(count: int, tried: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.research.workers.PIECE_S", 0.0)
    sweep = wb.Backtest(Picky(), ONE).sweep(buy=range(4, 4 + count))
    with pytest.raises(ZeroDivisionError, match="buy is 4") as caught:
        sweep.run(workers=1)
    assert f"in the sweep, with buy=4; all {tried} runs tried failed" in caught.value.__notes__
    assert len(sweep.partial) == 0


class Moody(Hold):
    """Does something else each time."""

    _count: ClassVar[list[int]] = []

    def on_start(self, ctx: wb.Context) -> None:
        Moody._count.append(1)
        self.n = len(Moody._count) % 2


def test_a_strategy_that_does_not_repeat_itself_is_told() -> None:
    runs = wb.Backtest(Moody(), ONE).sweep(buy=[2]).run(workers=1)
    with pytest.raises(StrategyError, match=r"run 0 \(buy=2\) ended with .* the strategy does not repeat itself"):
        runs[0]


class Unsendable(Hold):
    """Reads a lock."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        assert LOCK


LOCK: Any = (value for value in ())


def test_what_cannot_be_sent_is_told() -> None:
    with pytest.raises(StrategyError, match=r"cannot be sent to a worker \(TypeError: .*workers=1"):
        wb.Backtest(Unsendable(), ONE).sweep(buy=[2, 3]).run(workers=2)


def test_what_it_shows() -> None:
    made = sweep(buy=range(2, 5), part=[0.5, 1]).where(lambda p: p.buy > 2).sample(3, seed=7)
    first, *rest = repr(made).splitlines()
    assert re.fullmatch(r"Sweep of Hold on X: 3 combinations, about \S+ (s|min)", first)
    assert rest == [
        "  buy     range(2, 5)  3",
        "  part    [0.5, 1]     2",
        "  where   1 condition",
        "  sample  3, seed=7",
    ]
    shown = made._repr_mimebundle_()
    assert shown["text/plain"] == repr(made)
    assert "range(2, 5)" in shown["text/html"]
    made.run(workers=1)
    assert repr(made).splitlines()[0] == "Sweep of Hold on X: 3 combinations, 3 finished"


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (sweep(part=wb.space.uniform(0.1, 1)), "has no end of values; draw some: .sample(500, seed=1)"),
        (
            wb.Backtest(Picky(), ONE).sweep(buy=[7]),
            "1 combination, the first of which raises ZeroDivisionError: buy is 7",
        ),
        (sweep().over(assets=["X"]), "1 combination, about "),
    ],
    ids=["continuous", "failing", "without parameters"],
)
def test_what_it_shows_of_what_cannot_run(made: wb.Sweep, text: str) -> None:
    assert text in repr(made)
    assert text in made._repr_mimebundle_()["text/html"].replace("&#x27;", "'")


def test_the_estimate_ends_a_long_trial() -> None:
    """A first run of many seconds is tried for a quarter of one."""
    test = wb.Backtest(Hold(), simulate.bars("X", n=1_000_000))
    shown = re.search(r"about (\S+) (s|min|h)", repr(test.sweep(buy=range(2, 1002))))
    assert shown is not None
    assert shown[2] in ("min", "h")


def test_progress_can_be_a_function() -> None:
    told: list[tuple[int, int]] = []
    TEST.run(progress=lambda done, total: told.append((done, total)))
    assert all(done <= total == 60 for done, total in told)


def test_more_workers_than_there_can_be() -> None:
    with pytest.raises(NumberError, match="workers=5000: give a whole number from 1 to 1,024"):
        sweep(buy=[2]).run(workers=5000)


@pytest.mark.parametrize("progress", ["yes", 1, None])
def test_progress_is_a_switch_or_a_function(progress: Any) -> None:
    with pytest.raises(ParameterError, match="give True, False or a function"):
        sweep(buy=[2]).run(progress=progress)


def test_sweeps_and_backtests_are_frozen() -> None:
    made = sweep(buy=[2])
    with pytest.raises(ParameterError, match="a Sweep is frozen, so workers cannot be set"):
        made.workers = 4  # type: ignore[attr-defined]
    with pytest.raises(ParameterError, match=r"a Backtest is frozen; make another one: test\.replace\(cash=\.\.\.\)"):
        TEST.cash = 5  # type: ignore[attr-defined]


def test_run_again_gives_the_same_without_running() -> None:
    made = wb.Backtest(Moody(), ONE).sweep(buy=[2, 3])
    first = made.run(workers=1).frame
    count = len(Moody._count)
    assert made.run(workers=1).frame.equals(first)
    assert len(Moody._count) == count


def test_numpy_values_become_plain_ones() -> None:
    runs = sweep(buy=np.arange(2, 4), part=np.linspace(0.5, 1, 2)).run(workers=1)
    assert [type(value) for value in runs.given(0).values()] == [int, float]
