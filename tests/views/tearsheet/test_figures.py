"""What a tearsheet shows is what the Run has: each figure of the page and of the JSON is read back and compared."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench import fees, slippage, ta
from workbench.analytics.metrics import FIGURES
from workbench.analytics.relative import RELATIVE
from workbench.analytics.risk import RISK
from workbench.errors import InputError, ParameterError, StorageError
from workbench.market import simulate
from workbench.research import demo
from workbench.research.run import Run
from workbench.views.tearsheet import Tearsheet

from .reading import Read, number, read

HALF_A_CENT = Decimal("0.005")


def swings() -> Run:
    """Two assets, long and short, stops that are ambiguous, costs of several kinds."""
    two = [simulate.bars(name, every="1d", n=500, seed=seed, price_digits=2) for name, seed in (("A", 4), ("B", 5))]
    bars = wb.Bars.from_frame(
        pl.concat(part.frame.drop("session", "time") for part in two), every="1d", price_digits=2, quantity_digits=0
    )
    rising = ta.close() > ta.sma(10)
    rules = wb.Signals(entry=rising, exit=~rising, short_entry=~rising, short_exit=rising, stop_loss_pct=0.02,
                       take_profit_pct=0.02, weight=0.4)  # fmt: skip
    costs = {"fees": fees.bps(5), "slippage": slippage.bps(3), "account": wb.Margin()}
    return wb.Backtest(rules, bars, **costs, volume_cap=None).run(progress=False)


@pytest.fixture(scope="module", params=["demo", "swings"])
def run(request: pytest.FixtureRequest) -> Run:
    return demo.run() if request.param == "demo" else swings()


@pytest.fixture(scope="module")
def sheet(run: Run) -> Tearsheet:
    return run.tearsheet()


@pytest.fixture(scope="module")
def page(sheet: Tearsheet) -> Read:
    return read(str(sheet))


def is_rounded(shown: str, exact: float | Decimal, step: str) -> bool:
    return abs(number(shown) - Decimal(str(exact))) <= Decimal(step) / 2 * Decimal("1.000001")


def test_every_key_figure_is_that_of_the_run(run: Run, page: Read) -> None:
    steps = {"percent": "0.0001", "ratio": "0.01", "money": "0.01", "sessions": "1"}
    for name, figure in FIGURES.items():
        value, shown = run.metrics[name], page.figures[name]
        assert (shown == "-") == (value is None), name
        assert value is None or is_rounded(shown, value, steps[figure.unit]), (name, shown, value)


def test_every_figure_of_risk_is_that_of_the_returns(sheet: Tearsheet, page: Read) -> None:
    for known, found in ((RISK, sheet.facts.risk), (RELATIVE, sheet.facts.relative)):
        for name, figure in known.items():
            value, step = found.values[name], "0.0001" if figure.unit == "percent" else "0.01"
            assert value is not None
            assert is_rounded(page.figures[name], value, step), name


def test_the_final_equity_has_every_digit(run: Run, page: Read) -> None:
    assert f"{run.final_equity:f} {run.currency}" in page.text


def test_the_waterfall_shows_the_exact_causes(run: Run, page: Read) -> None:
    rows = {row[0]: row[-1] for row in page.tables["explain"][0]}
    moved = {name.replace("_", " "): amount for name, amount in run.explain().total.items() if amount}
    shown = {name: number(text) for name, text in rows.items()}
    ends = {"deposits": run.deposits, "final equity": run.final_equity}
    assert shown == {name: to_the_cent(amount) for name, amount in (moved | ends).items()}


def to_the_cent(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def test_costs_are_the_exact_ones(run: Run, page: Read) -> None:
    rows = {row[0]: number(row[1]) for row in page.tables["costs"][0][1:]}
    exact = run.explain().total
    kinds = {name: exact[name] for name in ("slippage", "fees", "borrow", "interest", "funding")}
    wanted = {name: to_the_cent(amount) for name, amount in kinds.items()}
    assert rows == {**wanted, "all": to_the_cent(sum(kinds.values(), Decimal(0)))}


def test_trades_are_the_exact_ones_newest_first(run: Run, page: Read) -> None:
    head, *rows = page.tables["trades"][-1]
    profit, fee = head.index("Profit"), head.index("Fees")
    exact = run.exact.trades.sort("entry_time", descending=True, maintain_order=True).head(100)
    assert [number(row[profit]) for row in rows] == [to_the_cent(amount) for amount in exact["profit"]]
    assert [number(row[fee]) for row in rows] == [to_the_cent(amount) for amount in exact["fees"]]


def test_sides_and_holding_times_add_up(run: Run, page: Read) -> None:
    sides, held = page.tables["trades"][:2]
    for table in (sides[1:-1], held[1:]):
        assert sum(int(row[1].replace(",", "")) for row in table) == run.trades.height
        assert abs(sum(number(row[6]) for row in table) - Decimal(str(run.trades["profit"].sum()))) < Decimal("0.05")
    assert sides[-1][0] == "all"


def test_months_are_compounded_from_session_closes(run: Run, page: Read) -> None:
    closes = run.equity.group_by("session", maintain_order=True).agg(pl.col("equity").last())
    ends = closes.group_by(pl.col("session").dt.year(), maintain_order=True).agg(pl.col("equity").last())
    base, wanted = closes["equity"][0], []
    for end in ends["equity"]:
        wanted.append(100 * (end / base - 1))
        base = end
    shown = [float(row[-1].replace(",", "")) for row in page.tables["returns"][0][1:]]
    assert shown == pytest.approx(wanted, abs=0.0501)


def test_ambiguous_fills_are_counted(run: Run, sheet: Tearsheet) -> None:
    count = int(run.fills["ambiguous"].sum())
    told = f"{count:,} of {run.fills.height:,} fills" if count else "None: no bar left open what happened in it."
    assert told in str(sheet)


def test_what_can_be_pointed_at_is_the_value_of_that_session(run: Run, sheet: Tearsheet) -> None:
    closes = dict(run.equity.group_by("session", maintain_order=True).agg(pl.col("equity").last()).iter_rows())
    hits = str(sheet).partition('class="wb-hits"')[2].partition("</div>")[0]
    told = [part.partition('"')[0].split("&#10;") for part in hits.split('data-v="')[1:]]
    assert len(told) == min(160, len(closes))
    values = {str(day): f"{value:,.2f}" for day, value in closes.items()}
    assert all(line.removeprefix(f"{run.name}  ") == values[day] for day, line, *_ in told)


def test_json_has_the_same_figures(run: Run, sheet: Tearsheet) -> None:
    found = json.loads(sheet.to_json())
    assert found["schema"] == "workbench.tearsheet/1"
    assert found["metrics"] == dict(run.metrics)
    assert found["run"]["final_equity"] == f"{run.final_equity:f}"
    assert {name: Decimal(text) for name, text in found["profit"].items()} == dict(run.explain().total)
    assert sum((Decimal(text) for text in found["profit"].values()), run.deposits) == run.final_equity
    assert found["curves"]["equity"][-1] == run.equity["equity"][-1]
    assert len({len(values) for values in found["curves"].values()}) == 1
    assert found["cell"] == run.cell


def test_json_is_stable_and_can_be_written(sheet: Tearsheet, tmp_path: Path) -> None:
    text = sheet.to_json()
    assert sheet.to_json(tmp_path / "sheet.json").read_text("utf-8") == text == sheet.to_json()
    with pytest.raises(StorageError, match=r"cannot write .*: No such file or directory"):
        sheet.to_json(tmp_path / "nowhere" / "sheet.json")


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("bars", "Buy and hold IBM, dividends reinvested, no fees"),
        ("run", "Cross on IBM"),
        ("nothing", "Buy and hold AAPL, dividends reinvested, no fees"),
    ],
)
def test_a_benchmark_is_bars_or_a_run(name: str, about: str) -> None:
    ibm = wb.sample["IBM"]
    other: Any = {"bars": ibm, "nothing": None}
    if name == "run":
        other["run"] = wb.Backtest(demo.Cross(), ibm, cash=5_000, start="2001-01-01").run(progress=False)
    sheet = demo.run().tearsheet(benchmark=other[name])
    assert sheet.facts.benchmark.about == about
    assert about in str(sheet)
    # Whatever was paid into the other run, both start with the same.
    assert sheet.facts.benchmark.closes["equity"][0] == pytest.approx(100_000, rel=0.05)


def test_a_run_beside_itself_is_the_market() -> None:
    run = demo.run()
    found = run.tearsheet(benchmark=run).facts.relative
    assert (found.values["beta"], found.values["correlation"]) == pytest.approx((1.0, 1.0))
    assert found.reasons == {"information_ratio": "the difference of the returns does not vary"}


@pytest.mark.parametrize(
    ("other", "error", "words"),
    [
        ("SPY", ParameterError, r"benchmark='SPY' is neither Bars nor a Run; give prices, such as wb\.sample\['IBM'\]"),
        (
            simulate.bars("X", every="1d", n=30, start="2015-01-01"),
            InputError,
            "the benchmark has no session from 2001",
        ),
    ],
    ids=["a name", "later"],
)
def test_what_is_no_benchmark_is_refused_at_the_door(other: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        demo.run().tearsheet(benchmark=other)


def test_another_currency_is_told() -> None:
    euro = simulate.bars("X", every="1d", n=4_000, start="2001-01-01", currency="EUR", seed=1)
    other = wb.Backtest(demo.Cross(), euro, cash="1_000 EUR").run(progress=False)
    assert demo.run().tearsheet(benchmark=other).facts.benchmark.about == "Cross on X (SYNTHETIC), in EUR"
