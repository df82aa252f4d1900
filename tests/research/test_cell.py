"""The cell that makes a run again: it stands alone, and in a fresh process it comes to the same last digit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from own_rules import Crossing, Reads, reversion

import workbench as wb
from workbench import fees, slippage, ta
from workbench.market import simulate
from workbench.research import demo
from workbench.research.quoting import quoted
from workbench.research.run import Run

MORE = {
    "start": "2003-01-01",
    "fees": fees.per_share("0.005", minimum=1) + fees.bps("0.278", side="sell"),
    "slippage": slippage.bps(2),
    "limits": wb.Limits(position_weight=0.9),
    "account": wb.Margin(initial=0.6),
    "fill": "next_close",
    "path": "open_high_low_close",
    "limit_through": 2,
    "latency": (0.05, 0.25),
    "lots": "fifo",
    "volume_cap": None,
    "seed": 7,
}
RULES = wb.Signals(entry=ta.rsi(14) < 30, exit=ta.rsi(14) > 55, stop_loss_pct=0.05)


def made(strategy: wb.Strategy, bars: wb.Bars | None = None, **options: Any) -> Run:
    return wb.Backtest(strategy, wb.sample["AAPL"] if bars is None else bars, **options).run(progress=False)


RUNS = {
    "of the library": demo.run,
    "of a file": lambda: made(Crossing(fast=10, share=0.7)),
    "signals": lambda: made(RULES),
    "a function": lambda: made(reversion(window=5), start="2005-03-01"),
    "several assets, cut": lambda: made(RULES, wb.sample[["IBM", "MSFT"]].between("2004-01-01", "2008-12-31")),
    "every option": lambda: made(Crossing(), **MORE),
    "until": lambda: made(Crossing(), end="2006-06-30"),
    "an aware start": lambda: made(Crossing(), start="2004-01-02T14:30:00Z"),
    "a walk": lambda: made(Crossing(), simulate.bars("BTC/USDT", every="1h", n=2_000, seed=9, start="2022-03-01")),
    "a portfolio": lambda: made(wb.Portfolio({"a": Crossing(), "b": RULES}, weights={"a": 0.6, "b": 0.4})),
}


@pytest.mark.parametrize("name", RUNS)
def test_in_a_fresh_process_it_comes_to_the_same_digit(name: str, tmp_path: Path) -> None:
    run = RUNS[name]()
    file = tmp_path / "again.py"
    file.write_text(f"{run.cell}\nprint(f'{{run.final_equity:f}} {{run.state_hash}}')\n")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{run.cell}"
    assert done.stdout.split() == [f"{run.final_equity:f}", run.state_hash]


def test_from_one_notebook_to_another(tmp_path: Path) -> None:
    """What a kernel defined is in no file; the code hash says that it is the same code."""
    import nbformat
    from nbclient import NotebookClient

    def told(*cells: str) -> str:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
        NotebookClient(
            notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
        ).execute()
        return str(notebook.cells[-1].outputs[0].text)

    first = (
        "import workbench as wb\nfrom workbench import ta\nWINDOW = 30",
        "class Trend(wb.Strategy):\n    def on_start(self, ctx):\n        self.mean = ctx.watch(ta.sma(WINDOW))\n\n"
        "    def on_bar(self, ctx, bar):\n        above = bar.close > self.mean[bar.asset]\n"
        "        ctx.target(bar.asset, weight=float(above))",
        "run = wb.Backtest(Trend(), wb.sample['IBM'], cash=10_000).run()",
    )
    cell = told(*first, "print(run.cell)")
    facts = "print(run.final_equity, run.state_hash, run.provenance['code hash'])"
    assert told(cell, facts) == told(*first, facts)
    assert "WINDOW = 30" in cell


def test_a_saved_run_keeps_it(tmp_path: Path) -> None:
    run = made(Crossing(), end="2006-06-30")
    assert wb.load(run.save(tmp_path / "kept")).cell == run.cell


def test_bars_from_elsewhere_are_named_where_they_go_in() -> None:
    frame = wb.sample["IBM"].last(300).frame.select("asset", "open", "high", "low", "close", "volume", date="session")
    bars = wb.Bars.from_frame(frame, every="1d", calendar="XNYS", source="my file")
    assert "\nbars = ...  # put in the bars of IBM, every 1d, from: my file\n" in made(Crossing(), bars).cell
    assert f'assert bars.fingerprint == "{bars.fingerprint}", "these are other bars"' in made(Crossing(), bars).cell


def test_datasets_are_named_where_they_go_in() -> None:
    rows = pl.DataFrame({"known_at": ["2005-01-25T21:30Z"], "eps": [2.18]})
    data = wb.Dataset.from_frame(rows, name="earnings")
    text = made(Crossing(), data=[data]).cell
    assert f"earnings = ...  # put in the dataset 'earnings' whose fingerprint is {data.fingerprint}\n" in text
    assert "    data=[earnings],\n" in text


def test_what_cannot_be_written_is_named() -> None:
    found = quoted(Reads())
    assert found.missing == ("FRAME, a DataFrame that was made elsewhere",)
    assert "# Put in before this cell is run: FRAME, a DataFrame that was made elsewhere.\n" in made(Reads()).cell


def test_own_code_comes_in_the_order_that_it_needs() -> None:
    found = quoted(Crossing())
    assert [text.split("(")[0].split(":")[0] for text in found.definitions] == [
        "SHARE = 0.5",
        "class Parent",
        "def gap",
        "class Crossing",
    ]
    assert found.imports == ("from workbench import ta", "import workbench as wb")
    assert found.made == "Crossing(share=0.5, fast=20, slow=100)"


def test_code_that_left_no_source_is_named() -> None:
    space: dict[str, Any] = {"wb": wb, "__name__": "__main__"}
    exec("class Gone(wb.Strategy):\n    def on_bar(self, ctx, bar): ...", space)
    assert quoted(space["Gone"]()).missing == ("Gone, whose source is not at hand",)
