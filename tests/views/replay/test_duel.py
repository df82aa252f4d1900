"""Two runs under one cursor: what is sent of the second run is what its engine says at the same time."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import polars as pl
import pytest

import workbench as wb
from workbench import ta
from workbench.errors import TimeError, UnknownAssetError, UnsupportedError
from workbench.research.compare import Comparison
from workbench.views.replay import Duel

from .test_packing import unpacked


class Turns(wb.Strategy):
    """In the market every second stretch of bars, of both assets; the first stretch is in it from bar `first` on."""

    stretch: int = 20
    first: int = 5

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        self.n = getattr(self, "n", -1) + 1
        wanted = self.n >= self.first and self.n // self.stretch % 2 == 0
        if bool(ctx.position(bar.asset)) != wanted:
            ctx.target(bar.asset, weight=0.4 if wanted else 0)


def run(start: str = "2005-01-03", end: str = "2005-08-01", **parameters: int) -> wb.Run:
    bars = wb.sample["AAPL", "IBM"].between("2004-12-01", end)
    return wb.Backtest(Turns(**parameters), bars, start=start, fees=wb.fees.bps(5)).run()


@pytest.fixture(scope="module")
def shown() -> Comparison:
    return wb.compare(base=run(), other=run(start="2005-01-10", end="2005-06-01", stretch=30))


@pytest.fixture(scope="module")
def duel(shown: Comparison) -> Duel:
    return shown.replay(asset="AAPL")


def sent(duel: Duel) -> tuple[dict[str, object], dict[str, list[float]], dict[str, list[str]]]:
    head, columns = unpacked(duel._data)
    return head["about"], columns, {each["name"]: each.get("texts", []) for each in head["columns"]}


def test_each_slice_says_what_the_second_engine_says(duel: Duel) -> None:
    """Equity and holdings by time, over a split; nothing before its start and after its end."""
    about, columns, texts = sent(duel)
    assert (about["own"], about["rival"]) == ("base", "other")
    base, other = duel._runs.values()
    names = ("first", "until", "asset", "quantity")
    held = list(zip(*(columns[f"rival_held/{name}"] for name in names), strict=True))
    assert len(held) > 5
    for number, time in enumerate(base.equity["time"]):
        equity = columns["rival/equity"][number]
        if not other.equity["time"][0] <= time <= other.equity["time"][-1]:
            assert isnan(equity)
            continue
        ctx = other.at(time)
        assert equity == ctx.equity
        ours = {texts["rival_held/asset"][int(a)]: q for first, until, a, q in held if first <= number < until}
        assert ours == {str(asset): position.quantity for asset, position in ctx.positions.items()}


def test_fills_of_the_second_stand_at_their_slice(duel: Duel) -> None:
    _, columns, texts = sent(duel)
    base, other = duel._runs.values()
    assert len(columns["rival_fills/slice"]) == other.fills.height > 5
    scale = columns["slices/scale"]
    for row, fill in enumerate(other.fills.iter_rows(named=True)):
        slice_ = int(columns["rival_fills/slice"][row])
        assert base.equity["session"][slice_] == fill["time"].date()
        drawn = columns["rival_fills/drawn"][row]
        assert isnan(drawn) if fill["asset"] != "AAPL" else drawn == fill["price"] * scale[slice_]
        assert texts["rival_fills/side"][int(columns["rival_fills/side"][row])] == fill["side"]


def test_it_opens_where_they_part(duel: Duel) -> None:
    _, columns, _ = sent(duel)
    differences = duel._shown.differences
    assert duel.at.now == differences["time"][0]
    base = next(iter(duel._runs.values()))
    times = [base.equity["time"][int(n)] for n in columns["parting/slice"]]
    assert times == differences["time"].to_list()


def test_both_contexts_are_those_of_the_cursor(duel: Duel) -> None:
    base, other = duel._runs.values()
    duel.at = "2005-03-10"
    assert {name: ctx.equity for name, ctx in duel.both.items()} == {
        "base": base.at("2005-03-10").equity,
        "other": other.at("2005-03-10").equity,
    }
    duel.at = "2005-01-04"
    with pytest.raises(TimeError, match="before the first slice"):
        _ = duel.both


def test_the_same_run_twice_opens_at_its_end() -> None:
    once = run(end="2005-03-01")
    assert wb.compare(a=once, b=once).replay().at.session == once.equity["session"][-1]


def test_a_picture_and_a_page(shown: Comparison, duel: Duel, tmp_path: Path) -> None:
    bundle = duel._repr_mimebundle_()
    assert bundle["text/plain"].startswith(
        "Replay of Turns: stretch 20 against 30, start 2005-01-03 against 2005-01-10"
    )
    assert bundle["text/html"].count("<svg") == 2
    assert "wb-still" in bundle["text/html"]
    page = duel.to_html(tmp_path / "duel.html").read_text("utf-8")
    assert "<title>Replay of Turns: stretch 20 against 30" in page


def test_parts_of_a_long_run_have_both_sides() -> None:
    """What the second run holds in a part counts from the start of that part, also where it was bought before it."""

    @wb.signals
    def cross(fast: int = 50) -> wb.Signals:
        return wb.Signals(entry=ta.sma(fast) > ta.sma(400), exit=ta.sma(fast) < ta.sma(400), weight=0.5)

    test = wb.Backtest(cross(), wb.simulate.bars("A", n=12_000, seed=3))
    base, other = test.run(), test.with_params(fast=80).run()
    parts = wb.compare(base=base, other=other).replay()._parts
    assert not parts.is_whole
    side = pl.when(pl.col("side") == "buy").then(1).otherwise(-1)
    fills = other.fills.with_columns(signed=side * pl.col("quantity"))
    assert set(fills["moment"]) == {"open"}
    size = unpacked(parts.data)[0]["about"]["parts"]["size"]
    for number in range(parts.parts(0)):
        _, columns = unpacked(parts.part(0, number))
        names = ("first", "until", "quantity")
        held = list(zip(*(columns[f"rival_held/{name}"] for name in names), strict=True))
        for row in range(0, len(columns["slices/time"]), 100):
            time = base.equity["time"][number * size + row]
            before = fills.filter(pl.col("time") < time)["signed"].sum()  # At an open, which is the close before.
            assert sum(q for first, until, q in held if first <= row < until) == before
            assert columns["rival/equity"][row] == other.equity["equity"][number * size + row]


def test_what_cannot_be_replayed(shown: Comparison) -> None:
    once = run(end="2005-03-01")
    with pytest.raises(UnsupportedError, match="shows two runs, and here are 3"):
        wb.compare(a=once, b=once, c=once).replay()
    with pytest.raises(UnknownAssetError, match="GOOG"):
        wb.compare(a=once, b=once).replay(asset="GOOG")
