"""The cell that makes a run again: it stands alone, and in a fresh process it comes to the same last digit."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from own_rules import Crossing, Reads, reversion

import workbench as wb
from workbench import fees, slippage, ta
from workbench.market import simulate
from workbench.market.spelling import call, spelling
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
    assert again(run, tmp_path) == [f"{run.final_equity:f}", run.state_hash]


def again(run: Run, folder: Path) -> list[str]:
    """The exact result and the hash that the cell comes to in a process of its own."""
    file = folder / "again.py"
    file.write_text(f"{run.cell}\nprint(f'{{run.final_equity:f}} {{run.state_hash}}')\n")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{run.cell}"
    return done.stdout.split()


def prices(seed: int = 5, name: str = "ABC") -> wb.Bars:
    about = wb.Asset(name, calendar="XNYS", price_digits=3)
    return simulate.bars(about, every="1d", n=400, seed=seed, start="2020-01-02")


def eps() -> wb.Dataset:
    times = ["2020-05-04T12:00Z", "2020-08-03T12:00Z", "2021-02-01T12:00Z"]
    return wb.Dataset.from_frame(
        pl.DataFrame({"known_at": times, "asset": ["ABC"] * 3, "eps": [1.0, 2.0, 3.0]}), name="eps"
    )


def filled() -> wb.Catalog:
    catalog = wb.Catalog("my prices")
    catalog.assets.add(wb.Asset("EUR/USD", kind="fx", price_digits=5))
    for bars in (prices(), prices(6, "XYZ"), simulate.bars("EUR/USD", "1d", n=600, price=1.1, volatility=0.05)):
        catalog.ingest(bars)
    catalog.ingest_dataset(eps())
    return catalog


def of_a_catalog() -> Run:
    bars = filled()[["XYZ", "ABC"]].since("2020-02-03").select(["ABC"])
    return made(Crossing(fast=5, slow=20), bars, end="2021-03-01")


def of_longer_bars() -> Run:
    return made(Crossing(fast=5, slow=20), filled().bars("ABC", every="1w", adjusted="splits"))


def of_a_file() -> Run:
    prices().frame.select("open", "high", "low", "close", "volume", date="session").write_csv("abc.csv")
    return made(Crossing(fast=5, slow=20), wb.Bars.from_csv("abc.csv", "ABC", every="1d", calendar="XNYS"))


def with_datasets() -> Run:
    news = wb.Dataset.from_frame(eps().frame, name="news")
    news.to_parquet("news.parquet")
    data = [filled().dataset("eps"), wb.Dataset.from_parquet("news.parquet").as_of("2020-12-31")]
    return made(Crossing(fast=5, slow=20), wb.Catalog("my prices")["ABC"], data=data)


def in_euro(fx: Any) -> Run:
    return made(Crossing(fast=5, slow=20), prices(), cash={"EUR": 10_000}, currency="EUR", fx=fx, start="2020-03-02")


def inside_of_finer() -> Run:
    hours = simulate.bars("BTC/USD", every="1h", n=3_000, seed=3)
    return made(Crossing(fast=5, slow=20), hours.resample("1d"), path=hours)


ELSEWHERE = {
    "of a catalog": of_a_catalog,
    "of longer bars of a catalog": of_longer_bars,
    "of a file": of_a_file,
    "with a dataset of a catalog": with_datasets,
    "with rates of a catalog": lambda: in_euro(filled()),
    "with rates by name": lambda: in_euro(filled()["EUR/USD"]),
    "inside of finer bars": inside_of_finer,
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_was_read_by_name_is_read_again(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also once it was saved; and no path stands there that nobody typed."""
    monkeypatch.chdir(tmp_path)
    run = ELSEWHERE[name]()
    assert run.fills.height > 0
    assert "..." not in run.cell
    assert str(tmp_path) not in run.cell
    assert wb.load(run.save("kept")).cell == run.cell
    assert again(run, tmp_path) == [f"{run.final_equity:f}", run.state_hash]


def test_what_may_be_a_secret_is_not_passed_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/held.sqlite"
    assert spelling(wb.Catalog("held", database=url)) == f'wb.Catalog("held", database="{url}")'
    for who in ("me:word", "me"):
        assert spelling(wb.Catalog("held", database=f"postgresql+pg8000://{who}@host/name")) is None


TYPED = {
    "a text": ("wb.Bars", ('a "b"',), {}, r'wb.Bars("a \"b\"")'),
    "a path": ("wb.Bars", (Path("some") / "where",), {}, 'wb.Bars("some/where")'),
    "a date": ("wb.Bars", (date(2024, 1, 2),), {}, 'wb.Bars("2024-01-02")'),
    "a time": ("wb.Bars", (datetime(2024, 1, 2, tzinfo=UTC),), {}, 'wb.Bars("2024-01-02T00:00:00+00:00")'),
    "a mapping": ("wb.Bars", (), {"columns": {"c": "close"}}, 'wb.Bars(columns={"c": "close"})'),
    "an asset": ("wb.Bars", (wb.Asset("X", price_digits=5),), {}, "wb.Bars(Asset('X', price_digits=5))"),
    "a frame": ("wb.Bars", (pl.DataFrame(),), {}, None),
    "a function among others": ("wb.Bars", ([1, len],), {}, None),
    "a function in a mapping": ("wb.Bars", (), {"read": {"a": len}}, None),
}


@pytest.mark.parametrize("name", TYPED)
def test_a_call_as_it_is_typed(name: str) -> None:
    function, args, options, expected = TYPED[name]
    assert call(function, args, options) == expected


def test_a_verb_adds_itself_where_all_is_known() -> None:
    walk = simulate.bars("X", every="1d", n=30, start="2024-01-01")
    other = simulate.bars("Y", every="1d", n=30, start="2024-01-01")
    whole = 'wb.simulate.bars("X", every="1d", n=30, start="2024-01-01")'
    joined = f'{whole}.since("2024-01-03").join({whole.replace("X", "Y")})'
    assert spelling(walk.since(date(2024, 1, 3)).join(other)) == joined
    assert spelling(walk.join(wb.Bars.from_frame(other.frame, every="1d"))) is None
    assert walk.select("X") is walk
    assert spelling(walk) == whole


def test_a_name_that_the_cell_needs_is_no_variable() -> None:
    rows = pl.DataFrame({"known_at": ["2005-01-25T21:30Z"], "eps": [2.18]})
    data = [wb.Dataset.from_frame(rows, name=name) for name in ("bars", "fees", "class", "my eps")]
    assert "data=[data_bars, data_fees, data_class, data_my_eps]," in made(Crossing(), data=data).cell


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
