"""The same inputs give the same journal and the same state: again, in other chunks, and one bar at a time.

The one idea: what arrives when is no input. A file, its pieces and a feed that knows only the past must agree in every
event and every balance, which is what the two hashes cover.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from bench_data import minute_bars
from busy_cases import busy_case
from face import Seen, backtest
from hypothesis import HealthCheck, given, settings
from random_cases import cases
from test_data import scattered
from test_workloads import Cross

import workbench as wb
from workbench._native import Simulation
from workbench.engine.simulation import COLUMNS, Host, feed_finer
from workbench.market import Item
from workbench.strategies.callbacks import fresh
from workbench.strategies.called import called

HASHES = Path(__file__).resolve().parents[1] / "golden" / "hashes.json"


def rows_of(bars: wb.Bars) -> pl.DataFrame:
    """Rows as the core takes them, with the number of their asset, in the order of their opens."""
    numbers = {str(asset): index for index, asset in enumerate(bars.assets)}
    times = [pl.col("open_time").dt.epoch("us").alias("open_us"), pl.col("time").dt.epoch("us").alias("close_us")]
    number = pl.col("asset").replace_strict(numbers, return_dtype=pl.Int64).alias("number")
    return bars.frame.select(number, *times, *COLUMNS[2:]).sort("open_us", "number")


def pieces(rows: pl.DataFrame, size: int) -> list[pl.DataFrame]:
    """The rows cut into pieces; bars that open at one time stay together."""
    opens = rows["open_us"].unique().sort()
    edges = [opens[i] for i in range(0, len(opens), size)]
    spans = zip(edges, [*edges[1:], None], strict=True)
    return [rows.filter((pl.col("open_us") >= a) & (True if b is None else pl.col("open_us") < b)) for a, b in spans]


def fed(test: wb.Backtest, size: int) -> tuple[str, str]:
    """Hashes of a run whose bars arrive `size` opens at a time, each piece played out before the next one arrives."""
    strategy = fresh(test._strategy)
    asked = called(strategy, test._bars, on_margin=test._setup.account is not None)
    host = Host(test._bars, test._setup.seed, test._data, books=test._setup.books)
    simulation = Simulation(test._setup, asked, host)
    simulation.start()
    feed_finer(simulation, test._setup)
    for piece in pieces(rows_of(test._bars), size):
        simulation.fed_until(piece["open_us"][0])
        if simulation.run():
            return simulation.hashes()  # an account that is bankrupt has ended, whatever would still come
        for (number,), rows in piece.group_by("number", maintain_order=True):
            simulation.feed(number, rows.drop("number"))
    simulation.complete()
    assert simulation.run() is True
    return simulation.hashes()


def crossing(frame: pl.DataFrame) -> wb.Backtest:
    """W1 on a frame."""
    bars = wb.Bars.from_frame(frame, every="1m")
    return wb.Backtest(Cross(), bars, cash="1_000_000 USD", fees=wb.fees.bps(10), slippage=wb.slippage.bps(1))


def hashes(run: wb.Run) -> tuple[str, str]:
    return run.journal_hash, run.state_hash


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_one_bar_at_a_time_equals_the_file(case):
    whole = hashes(backtest(case, Seen()).run())
    assert fed(backtest(case, Seen()), 1) == whole
    assert fed(backtest(case, Seen()), 3) == whole


@pytest.mark.parametrize("seed", range(20))
def test_a_crowded_market_fed_bar_by_bar_equals_the_file(seed):
    case = busy_case(seed)
    assert fed(backtest(case, Seen()), 1) == hashes(backtest(case, Seen()).run())


class OnNews(wb.Strategy):
    """Trades on what it is told and on how much it can read."""

    def on_data(self, ctx: wb.Context, item: Item) -> None:
        ctx.buy("A", 1 + item["n"] % 3)

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        if len(ctx.data["x"]) % 2:
            ctx.sell("A", 2)


@pytest.mark.parametrize("seed", range(10))
def test_datasets_fed_with_bars_in_pieces_equal_the_file(seed):
    bars, data = scattered(seed)
    test = wb.Backtest(OnNews(), bars, data=data)
    run = test.run()
    assert run.orders.height > 0
    assert [fed(test, size) for size in (1, 3, 7)] == [hashes(run)] * 3


def test_a_replay_without_the_strategy_meets_the_same_books():
    bars, data = scattered(1)
    run = wb.Backtest(OnNews(), bars, data=data).run()
    for time, cash in run.exact.equity.select("time", "cash").iter_rows():
        # Commands asked in a slice do not change cash before the next Open.
        assert run.at(time).exact.cash == cash


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_w1_in_pieces_equals_the_file(size):
    test = crossing(minute_bars(3_000))
    assert fed(test, size) == hashes(test.run())


def test_the_same_run_again_is_the_same_run():
    test = crossing(minute_bars(3_000))
    assert hashes(test.run()) == hashes(test.run())


@pytest.mark.parametrize("size", [1, 13, 999, 3_000])
def test_the_chunks_of_the_input_do_not_matter(size):
    frame = minute_bars(3_000)
    cut = pl.concat([frame.slice(i, size) for i in range(0, 3_000, size)], rechunk=False)
    assert hashes(crossing(cut).run()) == hashes(crossing(frame.rechunk()).run())


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"fees": wb.fees.bps(11)}, id="fees"),
        pytest.param({"cash": "1_000_000.01 USD"}, id="cash"),
        pytest.param({"fill": "next_close"}, id="fill"),
    ],
)
def test_other_inputs_are_another_run(changed):
    test = crossing(minute_bars(3_000))
    assert test.replace(**changed).run().state_hash != test.run().state_hash


@pytest.mark.parametrize("seed", range(30, 42))
def test_recorded_commands_give_the_same_money_without_the_strategy(seed):
    case = busy_case(seed)
    run = backtest(case, Seen()).run()
    fills_at_once = case["config"]["fill"] == "same_close"  # a context shows its slice before the fills of its commands
    for row in [] if fills_at_once else run.exact.equity.tail(5).to_dicts():
        assert run.at(row["time"]).exact == (row["cash"], row["equity"])


def test_every_python_and_machine_gives_the_golden_hashes():
    golden = json.loads(HASHES.read_text(encoding="utf-8"))["w1-3000"]
    assert list(hashes(crossing(minute_bars(3_000)).run())) == golden
