"""Runs: the best, the robust, the picked; their notices, pictures and the deflated Sharpe ratio beside them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.analytics.deflated import Moments, Trials, deflate
from workbench.analytics.metrics import FIGURES, direction
from workbench.errors import NumberError, ParameterError, UndefinedError
from workbench.market import simulate
from workbench.research.outcomes import OUTCOMES

BARS = simulate.bars("X", every="1d", n=90, seed=3)


class Beat(wb.Strategy):
    """Hold for some days out of some."""

    every: int = 5
    days: int = 2
    why: str = "a"

    def on_start(self, ctx: wb.Context) -> None:
        self.n = 0

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        self.n += 1
        ctx.target(bar.asset, weight=0.9 if self.n % self.every < self.days else 0)


TEST = wb.Backtest(Beat(), BARS)
RUNS = TEST.sweep(every=range(3, 8), days=[0, 1, 2]).run(workers=1)


def made_up(spaces: dict[str, Any], **columns: list[float | None]) -> wb.Runs:
    """Runs with figures of our own."""
    design = TEST.sweep(**spaces)._design
    n = len(next(iter(columns.values())))
    frame = pl.DataFrame({name: columns.get(name, [None] * n) for name in OUTCOMES}, OUTCOMES, strict=False)
    return wb.Runs(design, np.arange(n), frame)


LINE = {"every": range(2, 8)}


@pytest.mark.parametrize(
    ("metric", "values", "order"),
    [
        ("sharpe", [1.0, 3.0, None, 2.0, 3.0, -1.0], [1, 4, 3, 0, 5]),
        ("max_drawdown", [-0.1, -0.5, -0.2, 0.0, None, -0.3], [3, 0, 2, 5, 1]),
        ("volatility", [0.1, 0.5, 0.2, 0.0, None, 0.3], [3, 0, 2, 5, 1]),
        ("drawdown_length", [4, 3, 9, None, 1, 3], [4, 1, 5, 0, 2]),
        ("final_equity", [90.0, 120.0, 100.0, None, 110.0, 95.0], [1, 4, 2, 5, 0]),
    ],
)
def test_each_figure_knows_which_way_is_better(metric: str, values: list[float | None], order: list[int]) -> None:
    assert made_up(LINE, **{metric: values}).order(metric) == order


def test_directions() -> None:
    low = {"volatility", "drawdown_length", "recovery_time", "turnover", "fees"}
    assert {name for name, figure in FIGURES.items() if figure.better == "low"} == low
    assert {name for name, figure in FIGURES.items() if figure.better is None} == {"exposure"}


@pytest.mark.parametrize(
    ("ask", "kind", "text"),
    [
        (lambda r: r.best("sharp"), ParameterError, "no figure 'sharp'; did you mean 'sharpe'?"),
        (lambda r: r.best("exposure"), ParameterError, "'exposure' is neither good nor bad"),
        (lambda r: r.best("fills"), ParameterError, "'fills' is neither good nor bad"),
        (lambda r: r.best("every"), ParameterError, "no figure 'every'; there are (total_return, "),
        (lambda r: r.heatmap("sharp"), ParameterError, "did you mean 'sharpe'?"),
        (lambda r: r.heatmap("sharpe", x="evry"), ParameterError, "do not differ by 'evry', but by every, days"),
        (lambda r: r.heatmap("sharpe", x="days", y="days"), ParameterError, "x and y are both 'days'"),
        (lambda r: r.top("sharpe", n=0), NumberError, "n=0"),
        (lambda r: r.pick(evry=3), ParameterError, "the runs do not differ by 'evry', but by every, days"),
        (lambda r: r.pick(every=3), ParameterError, "pick(every=3) fits 3 runs; say days too, such as every=3, days=0"),
        (
            lambda r: r.pick(every=99),
            ParameterError,
            "no run has every=99; there are every: range(3, 8); days: [0, 1, 2]",
        ),
        (
            lambda r: r["every"],
            ParameterError,
            "runs['every']: give the number of a run, or write runs.pick(every=..., days=...)",
        ),
        (lambda r: r[15], IndexError, "runs[15]: there are 15, numbered from 0"),
        (lambda r: r.final_equity, AttributeError, "write runs.frame['final_equity']"),
        (lambda r: r.sharpe, AttributeError, "write runs.frame['sharpe']"),
        (lambda r: r.audit, AttributeError, "Runs has no attribute 'audit'; write test.audit(), with the Backtest"),
        (lambda r: r.deflated_sharpe(15), IndexError, "runs[15]: there are 15, numbered from 0"),
        (lambda r: r.deflated_sharpe("a"), ParameterError, "runs['a']: give the number of a run"),
        (lambda r: r.deflated_sharpe(0), UndefinedError, "run 0 has no Sharpe ratio to deflate"),
    ],
)
def test_what_runs_refuse(ask: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        ask(RUNS)
    assert text in str(caught.value)


def test_runs_are_pickled_without_the_full_ones() -> None:
    best = RUNS.best("sharpe")
    again = pickle.loads(pickle.dumps(RUNS))
    assert again.frame.equals(RUNS.frame)
    assert RUNS.best("sharpe") is best


def test_best_top_and_slices_are_runs_of_the_sweep() -> None:
    best = RUNS.frame["sharpe"].arg_max()
    assert best is not None
    assert RUNS.best("sharpe").state_hash == RUNS[best].state_hash
    top = RUNS.top("sharpe", n=3)
    assert top.frame["sharpe"].to_list() == sorted(RUNS.frame["sharpe"].drop_nulls(), reverse=True)[:3]
    assert top[0].state_hash == RUNS.best("sharpe").state_hash
    assert RUNS[3:6].frame.equals(RUNS.frame[3:6])
    assert RUNS[-1].state_hash == RUNS.pick(every=7, days=2).state_hash
    assert [run.spec["parameters"] for run in RUNS[:2]] == [RUNS[i].spec["parameters"] for i in (0, 1)]


def test_robust_is_the_best_among_good_neighbours() -> None:
    # 9 stands alone between bad ones; around the 5 is nothing worse than 4.
    runs = made_up(LINE, sharpe=[1.0, 9.0, 0.0, 4.0, 5.0, 4.5])
    assert runs.medians("sharpe").tolist() == [5.0, 1.0, 4.0, 4.0, 4.5, 4.75]
    assert runs.robust_row("sharpe") == 0
    # By medians 2.0, 1.0, 1.0, 0.8, 0.9, 0.85, the lowest is the best.
    assert made_up(LINE, volatility=[3.0, 1.0, 0.1, 1.0, 0.8, 0.9]).robust_row("volatility") == 3


def test_values_out_of_order_are_neighbours_by_size() -> None:
    runs = made_up({"every": [9, 3, 6]}, sharpe=[1.0, 3.0, 8.0])
    assert runs.medians("sharpe").tolist() == [4.5, 5.5, 3.0]


@pytest.mark.parametrize(
    ("spaces", "values", "text"),
    [
        ({"why": ["a", "b"]}, [1.0, 2.0], "these runs have no neighbours"),
        ({"every": [5]}, [1.0], "these runs have no neighbours"),
        (LINE, [1.0, None, None, 2.0, None, None], "no run has a sharpe and half of its neighbours"),
    ],
)
def test_where_nothing_is_robust(spaces: Any, values: list[float | None], text: str) -> None:
    with pytest.raises(UndefinedError, match=text):
        made_up(spaces, sharpe=values).robust("sharpe")


def test_drawn_numbers_have_no_neighbours() -> None:
    runs = TEST.sweep(every=wb.space.uniform(3, 9)).sample(3).run(workers=1)
    with pytest.raises(UndefinedError, match="have no neighbours"):
        runs.robust("sharpe")


def test_the_deflated_sharpe_counts_every_run_by_hand() -> None:
    sharpes = RUNS.frame["sharpe"].drop_nulls().to_numpy()
    best = RUNS.best("sharpe")
    equity = best.equity.group_by("session", maintain_order=True).agg(pl.col("equity").last())["equity"].to_numpy()
    r = equity[1:] / equity[:-1] - 1
    deviation = r - r.mean()
    spread = (deviation**2).mean()
    skew, kurtosis = (deviation**3).mean() / spread**1.5, (deviation**4).mean() / spread**2
    wanted = deflate(max(sharpes), 365.0, Moments(len(r), skew, kurtosis), Trials(15, np.var(sharpes, ddof=1) / 365.0))
    found = RUNS.deflated_sharpe()
    assert found.probability == pytest.approx(wanted.probability, rel=1e-9)
    assert found.expected_best == pytest.approx(wanted.expected_best, rel=1e-12)
    assert found.trials == 15


def test_the_top_was_chosen_from_all() -> None:
    assert RUNS.top("sharpe", n=2).deflated_sharpe() == RUNS.deflated_sharpe()
    assert RUNS.top("sharpe", n=2)[1:].trials == RUNS.trials


def test_moments_that_were_not_kept_are_made_from_the_run() -> None:
    bare = wb.Runs(RUNS._design, RUNS.rows, RUNS._outcomes.with_columns(kurtosis=None, skew=None, returns=None))
    assert bare.deflated_sharpe().probability == pytest.approx(RUNS.deflated_sharpe().probability, rel=1e-12)


def test_notices() -> None:
    texts = [str(notice) for notice in RUNS.notices]
    assert any(text.startswith("5 of 15 runs never traded") for text in texts)
    optimistic = TEST.replace(fill="same_close").sweep(every=[4, 5]).run(workers=1)
    assert "same_close fills at the close" in str(optimistic.notices[0])


class Greedy(Beat):
    """Asks for more than there is."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.buy(bar.asset, 1e9)


def test_denied_orders_are_told() -> None:
    runs = wb.Backtest(Greedy(), BARS).sweep(every=[4, 5]).run(workers=1)
    count = sum((run.orders["status"] == "DENIED").sum() for run in runs)
    assert f"orders were denied in 2 of 2 runs, {count} in all" in str([str(n) for n in runs.notices])


def test_runs_without_a_figure() -> None:
    runs = TEST.sweep(days=[0]).run(workers=1)
    assert repr(runs).endswith("1 run of Beat on X: none has a Sharpe ratio")
    assert "none has a Sharpe ratio" in runs._repr_mimebundle_()["text/html"]
    with pytest.raises(UndefinedError, match="no run has a sharpe"):
        runs.best("sharpe")


def test_what_it_shows() -> None:
    lines = repr(RUNS).splitlines()
    notes = len(RUNS.notices)
    assert lines[notes] == "15 runs of Beat on X"
    assert lines[notes + 1].split() == [
        "by",
        "Sharpe",
        "every",
        "days",
        "Sharpe",
        "Total",
        "return",
        "Max",
        "drawdown",
        "Turnover",
        "fills",
    ]
    assert [line.split()[0] for line in lines[notes + 2 : notes + 6]] == ["best", "robust", "median", "worst"]
    assert lines[-2].startswith(f"Sharpe  {RUNS.frame['sharpe'].min():.2f} ")
    assert lines[-1] == repr(RUNS.deflated_sharpe())
    shown = RUNS._repr_mimebundle_()
    assert shown["text/plain"] == repr(RUNS)
    assert "deflated Sharpe" in shown["text/html"]


def test_a_best_by_a_figure_is_a_direction_away() -> None:
    assert direction("sharpe") == "high"
    assert RUNS.best("volatility").metrics.volatility == RUNS.frame["volatility"].min()
