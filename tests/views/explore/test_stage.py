"""What an exploration sends to the page, and what the page asks for, without a page.

What is asked runs in a thread of its own; a test waits for its end, never for a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

import workbench as wb
from workbench import ta
from workbench.analytics.drawdown import drawdowns
from workbench.analytics.returns import session_closes
from workbench.market import simulate
from workbench.research.explore import Explore
from workbench.views.explore import blocks
from workbench.views.explore.stage import WIDGET

from ..replay.test_packing import unpacked

LONG_S = 60
BARS = wb.sample["AAPL", "IBM"].between("2004-06-01", "2006-06-01")


class Cross(wb.Strategy):
    fast: int = 5
    slow: int = 20

    def on_start(self, ctx: wb.Context) -> None:
        if self.fast >= self.slow:
            raise ValueError(f"fast={self.fast} & slow={self.slow}")
        self.gap = ctx.watch(ta.sma(self.fast) - ta.sma(self.slow))
        ctx.watch(ta.sma(self.fast))

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, weight=0.5 if self.gap[bar.asset] > 0 else 0)


@pytest.fixture(scope="module")
def test() -> wb.Backtest:
    return wb.Backtest(Cross(), BARS, cash="100_000 USD", fees=wb.fees.bps(5))


@pytest.fixture
def explore(test: wb.Backtest) -> Explore:
    return test.explore(fast=range(2, 31), slow=[10, 20, 50])


def sent(block: bytes) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    head, columns = unpacked(block)
    return head["about"], columns


def moved(explore: Explore, places: dict[str, int]) -> None:
    """The page moves the sliders, and the result is there."""
    explore._stage.widget.places = places
    newest = explore._latest._newest
    assert newest is not None
    assert newest.over.wait(LONG_S)


def test_the_bars_of_the_asset_that_was_traded_first(explore: Explore) -> None:
    """Apple split 2 for 1 on 2005-02-28: prices are in the units of the last session."""
    about, columns = sent(explore._stage.widget.bars)
    name = explore.run.fills["asset"][0]
    raw = BARS.frame.filter(asset=name)
    scale = pl.when((pl.col("session") < pl.date(2005, 2, 28)) & (pl.lit(name) == "AAPL")).then(0.5).otherwise(1.0)
    expected = raw.select(pl.col("open", "high", "low", "close") * scale)
    assert about["asset"] == name
    for price in ("open", "high", "low", "close"):
        assert columns[price] == pytest.approx(expected[price].to_list())
    assert columns["session"] == raw["session"].cast(pl.Int32).to_list()


def test_the_controls_and_their_texts(explore: Explore) -> None:
    about, columns = sent(explore._stage.widget.bars)
    assert about["controls"] == [{"name": "fast", "kind": "slider"}, {"name": "slow", "kind": "slider"}]
    head, _ = unpacked(explore._stage.widget.bars)
    texts = {each["name"]: each.get("texts") for each in head["columns"]}
    assert texts["stops/slow"] == ["10", "20", "50"]
    assert columns["stops/slow"] == [0, 1, 2]
    assert about["heat"] is None


def test_a_result_is_that_of_the_run(explore: Explore) -> None:
    moved(explore, {"fast": 6, "slow": 2})
    run = explore.run
    assert explore.params == {"fast": 8, "slow": 50}
    about, columns = sent(explore._stage.widget.shown)
    assert columns["money/equity"] == run.equity["equity"].to_list()
    by_session = dict(zip(run.equity["session"], columns["money/drawdown"], strict=True))
    fallen = drawdowns(session_closes(run.equity))
    assert [by_session[day] for day in fallen["session"]] == pytest.approx(fallen["drawdown"].to_list())
    assert about["places"] == {"fast": 6, "slow": 2}
    assert about["texts"] == {"fast": "8", "slow": "50"}
    assert about["figures"]["sharpe"] == run.metrics.sharpe
    assert about["written"]["final_equity"] == f"{run.final_equity:,.2f}"
    assert about["code"] == explore.code


def test_fills_stand_in_the_row_that_knows_of_them(explore: Explore) -> None:
    about, columns = sent(explore._stage.widget.shown)
    run, name = explore.run, explore._stage._block.ground.name
    own = run.fills.filter(asset=name)
    opens = BARS.frame.filter(asset=name)["open_time"].to_list()
    assert [opens[row] for row in columns["fills/row"]] == own["time"].to_list()
    assert about["marks"] == run.fills.height > own.height


def test_what_is_watched_is_drawn_with_its_warm_up(explore: Explore) -> None:
    about, columns = sent(explore._stage.widget.shown)
    assert [(line["name"], line["pane"]) for line in about["lines"]] == [
        ("sma_5", ""),
        ("sma_5 - sma_20", "sma_5 - sma_20"),
    ]
    drawn = columns[f"lines/{about['lines'][0]['column']}"]
    _, bars = sent(explore._stage.widget.bars)
    assert drawn[10] == pytest.approx(sum(bars["close"][6:11]) / 5)


def test_an_error_is_sent_as_words(explore: Explore) -> None:
    shown = explore._stage.widget.shown
    moved(explore, {"fast": 20, "slow": 0})
    widget = explore._stage.widget
    assert widget.failed == {"places": {"fast": 20, "slow": 0}, "text": "ValueError: fast=22 & slow=10"}
    assert widget.shown == shown
    moved(explore, {"fast": 0, "slow": 0})
    assert widget.failed == {}


def test_a_cell_moves_the_sliders(explore: Explore) -> None:
    widget = explore._stage.widget
    explore.params = {"fast": 9}
    assert widget.places == {"fast": 7, "slow": 1}
    assert sent(widget.shown)[0]["texts"] == {"fast": "9", "slow": "20"}


def test_the_page_pins_and_lets_go(explore: Explore) -> None:
    widget = explore._stage.widget
    widget.pressed = {"do": "pin", "at": 1}
    moved(explore, {"fast": 6, "slow": 2})
    widget.pressed = {"do": "pin", "at": 2}
    about, columns = sent(widget.pins)
    assert [pin["texts"]["fast"] for pin in about["pins"]] == ["5", "8"]
    assert columns["equity/1"] == explore.run.equity["equity"].to_list()
    widget.pressed = {"do": "unpin", "which": 0, "at": 3}
    assert [pin["texts"]["fast"] for pin in sent(widget.pins)[0]["pins"]] == ["8"]
    widget.pressed = {}
    assert len(explore.pins) == 1


def test_many_bars_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten bars with room for four rows: three bars make one, and the last row has one."""
    monkeypatch.setattr(blocks, "ROWS_MAX", 4)
    bars = simulate.bars("X", n=10, seed=3)
    explore = wb.Backtest(Cross(fast=1, slow=2), bars).explore(fast=[1], slow=[2, 3])
    about, columns = sent(explore._stage.widget.bars)
    frame = bars.frame
    assert about["bars_a_row"] == 3
    assert columns["open"] == frame["open"].gather([0, 3, 6, 9]).to_list()
    assert columns["high"] == [frame["high"][a : a + 3].max() for a in (0, 3, 6, 9)]
    assert columns["low"] == [frame["low"][a : a + 3].min() for a in (0, 3, 6, 9)]
    assert columns["close"] == frame["close"].gather([2, 5, 8, 9]).to_list()
    _, shown = sent(explore._stage.widget.shown)
    equity = explore.run.equity["equity"]
    fallen = (equity / equity.cum_max() - 1).to_list()
    assert shown["money/equity"] == equity.gather([2, 5, 8, 9]).to_list()
    assert shown["money/drawdown"] == [min(fallen[a : a + 3]) for a in (0, 3, 6, 9)]
    assert all(row < 4 for row in shown["fills/row"])


def test_more_fills_than_can_be_told_apart_are_counted_only(explore: Explore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MARKS_MAX", 3)
    about, columns = sent(explore._stage.widget.shown)
    assert columns["fills/row"] == []
    assert about["marks"] == explore.run.fills.height > 3


def test_the_heatmap_of_a_sweep(test: wb.Backtest) -> None:
    runs = test.sweep(fast=[3, 5], slow=[20, 50, 10]).where(lambda p: p.fast < 5 or p.slow > 10).run(workers=1)
    explore = runs.explore()
    about, columns = sent(explore._stage.widget.bars)
    assert (about["heat"]["x"], about["heat"]["y"], about["heat"]["runs"]) == ("fast", "slow", 5)
    found = dict(zip(zip(columns["heat/x"], columns["heat/y"], strict=True), columns["heat/z"], strict=True))
    sharpe = {(p["fast"], p["slow"]): p["sharpe"] for p in runs.frame.iter_rows(named=True)}
    assert len(found) == 6
    for (x, y), z in found.items():
        known = sharpe.get(([3, 5][int(x)], [10, 20, 50][int(y)]))
        assert z == known if known is not None else z != z
    assert about["heat"]["high"] == max(sharpe.values())


def test_the_picture_tells_what_is_shown_and_pinned(explore: Explore) -> None:
    explore.pin()
    explore.params = {"fast": 9}
    bundle = explore._repr_mimebundle_()
    assert bundle["text/plain"] == repr(explore)
    for text in ("fast=9, slow=20", "pinned: fast=5, slow=20", f"{explore.run.final_equity:,.2f}"):
        assert text in bundle["text/html"]
    assert bundle["text/html"].count("<svg") == 3
    assert "<script" not in bundle["text/html"]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An IPython that leaves nothing behind."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    yield
    InteractiveShell.clear_instance()


@pytest.mark.usefixtures("shell")
def test_a_cell_shows_the_picture_and_then_the_widget(explore: Explore) -> None:
    with capture_output() as captured:
        explore._ipython_display_()
    picture, widget = (output.data for output in captured.outputs)
    assert "wb-explore-still" in picture["text/html"]
    assert widget[WIDGET]["model_id"] == explore._stage.widget.model_id


def test_the_progress_of_a_long_run_is_told(explore: Explore) -> None:
    widget, heard = explore._stage.widget, []
    widget.observe(lambda change: heard.append(change["new"]), "part")
    explore._tell(1, 4)
    moved(explore, {"fast": 6, "slow": 2})
    assert heard == [0.25, 1.0]


def test_a_run_on_other_slices_sends_its_bars(explore: Explore, test: wb.Backtest) -> None:
    stage, bars = explore._stage, explore._stage.widget.bars
    later = test.replace(start="2005-06-01")
    explore._test = later
    moved(explore, {"fast": 6, "slow": 2})
    assert stage.widget.bars != bars
    assert sent(stage.widget.pins)[0]["pins"] == []
    assert len(sent(stage.widget.bars)[1]["time"]) == explore.run.equity.height == later.run().equity.height


def test_it_is_a_component_of_panel(explore: Explore) -> None:
    pn = pytest.importorskip("panel", reason="Panel is not installed")
    component = pn.panel(explore)
    assert component.shown == explore._stage.widget.shown
    explore.params = {"fast": 9}
    assert component.shown == explore._stage.widget.shown
