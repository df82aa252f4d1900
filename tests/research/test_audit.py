"""The look-ahead audit: each classic mistake is caught, its honest sibling is not accused.

Honest strategies that use what the engine has are cut at every one of their slices, so that a false accusation
anywhere would show.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_made import days, split, strategy
from mistakes import HONEST, MISTAKES, Rule, earnings, market

import workbench as wb
from workbench import ta
from workbench.errors import Interrupted, NumberError, UnsupportedError
from workbench.market.bars import with_frame

EVERY_SLICE = 10_000
BARS = market()
EARNINGS = earnings(BARS)


def signalled(rule: Rule) -> wb.Strategy:
    """The same as signals of a function of the bars."""

    @wb.signals
    def levels(bars: wb.Bars) -> wb.Signals:
        held = rule(bars, EARNINGS).with_columns(entry=pl.col("hold"), exit=~pl.col("hold"))
        return wb.Signals.from_frame(held.select("asset", "time", "entry", "exit"), weight=0.5)

    return levels()


def looked_up(rule: Rule) -> wb.Strategy:
    """Holds what a table made before the first bar says; the table is made of data around the class."""
    bars, data = BARS, EARNINGS

    class LookedUp(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            rows = rule(bars, data).select("asset", "time", "hold").rows()
            self.hold = {(asset, time): bool(hold) for asset, time, hold in rows}

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.target(bar.asset, weight=0.5 if self.hold[bar.asset, bar.time] else 0)

    return LookedUp()


STYLES = {"callbacks": looked_up, "signals": signalled}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("rule", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_caught(rule: Rule, style: str) -> None:
    audit = wb.Backtest(STYLES[style](rule), BARS).audit(samples=30, progress=False)
    assert audit.verdict == "look-ahead"
    assert not audit.clean
    assert audit.first is not None
    assert audit.first.full != audit.first.cut
    assert audit.first.time <= audit.first.cut_at


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("rule", HONEST.values(), ids=HONEST)
def test_its_honest_sibling_is_not_accused(rule: Rule, style: str) -> None:
    audit = wb.Backtest(STYLES[style](rule), BARS).audit(samples=60, progress=False)
    assert audit.findings.rows() == []
    assert (audit.verdict, audit.clean) == ("clean", True)
    assert audit.decisions > 3
    assert audit.at_cut > 3
    assert audit.share > 0.9


def four(seed: int, n: int) -> list[tuple[float, float, float, float]]:
    """Open, high, low and close of some days of a walk."""
    frame = wb.simulate.bars("X", every="1d", n=n, seed=seed).frame
    return [tuple(round(value, 2) for value in row) for row in frame.select("open", "high", "low", "close").rows()]  # type: ignore[misc]


def several() -> wb.Bars:
    """Three assets: one from the start, one whose first bar is the 30th day and which has holes, one that is split."""
    late: list[Any] = [None if i < 30 or i % 11 == 0 else price for i, price in enumerate(four(2, 45))]
    return days(A=four(1, 45), B=late, C=four(3, 45), actions=[split("C", 20, 2, 1)])


def hourly() -> wb.Bars:
    """Bars of two lengths of day: when the one closes, the other is still running."""
    new_york = wb.simulate.bars("US", every="1h", n=70, seed=4, calendar="XNYS", start="2024-01-02").frame
    london = wb.simulate.bars("UK", every="1h", n=70, seed=5, calendar="XLON", start="2024-01-02").frame
    assets = [wb.Asset("US", calendar="XNYS"), wb.Asset("UK", calendar="XLON")]
    return wb.Bars.from_frame(pl.concat([new_york, london]), assets=assets, every="1h")


def with_late_volumes() -> wb.Bars:
    """Without any volume at first, so that no cap holds, or so it would look if the later ones were not known of."""
    bars = several()
    volume = pl.when(pl.col("session") < date(2024, 1, 30)).then(0.0).otherwise(1_000.0)
    return with_frame(bars, bars.frame.with_columns(volume=volume))


def by_large_orders(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
    if ctx.position(bar.asset).quantity < 500:
        ctx.buy(bar.asset, 300 if ctx.position(bar.asset) else 200)


def on_average(self: Any, ctx: wb.Context) -> None:
    self.mean = ctx.watch(ta.sma(5))


def by_average(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
    ctx.target(bar.asset, weight=0.3 if bar.close > self.mean[bar.asset] else 0)


def by_chance(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
    if ctx.rng.random() < 0.3:
        ctx.target(bar.asset, weight=round(ctx.rng.random() / 3, 3))


def by_orders(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
    if not ctx.position(bar.asset) and not ctx.open_orders:
        ctx.buy(bar.asset, 2, limit=round(bar.close * 0.995, 2), stop_loss_pct=0.02, take_profit_pct=0.03)
    elif bar.session.day % 7 == 0:
        for order in ctx.open_orders:
            ctx.cancel(order)


def by_fills(self: Any, ctx: wb.Context, fill: wb.Context) -> None:
    if ctx.position(fill.asset).quantity < 20:  # type: ignore[attr-defined]
        ctx.buy(fill.asset, 1, tif="DAY")  # type: ignore[attr-defined]


def monthly(self: Any, ctx: wb.Context) -> None:
    ctx.schedule(self.rotate, every="1w", on=-1)


def rotate(self: Any, ctx: wb.Context) -> None:
    seen = ctx.bars().last(5).frame
    if len(seen) > 10:
        grown = seen.group_by("asset", maintain_order=True).agg(g=pl.col("close").last() / pl.col("close").first())
        chosen = grown.sort("g", "asset", descending=True).head(2)["asset"].to_list()
        ctx.rebalance({asset: 1 / len(ctx.assets) for asset in chosen})


def longer(self: Any, ctx: wb.Context) -> None:
    self.mean = ctx.watch(ta.sma(3, every="4h"))


def last_word(self: Any, ctx: wb.Context) -> None:
    ctx.record(done=1)


def on_news(self: Any, ctx: wb.Context, item: Any) -> None:
    ctx.target(item.asset, weight=0.2 * item["surprise"])


@wb.signals
def averages(fast: int = 3, slow: int = 8) -> wb.Signals:
    gap = ta.sma(fast) - ta.sma(slow)
    return wb.Signals(entry=gap > 0, exit=gap < 0)


class SkipsToday(wb.Strategy):
    """Looks rows up that a cut takes away, but only those of bars that it has seen."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        row = BARS.frame.filter(pl.col("asset") == bar.asset, pl.col("time") == bar.time).row(0, named=True)
        ctx.target(bar.asset, weight=0.4 if row["close"] > row["open"] else 0)


HONEST_RUNS: dict[str, tuple[Callable[[], wb.Bars], dict[str, Any], Callable[[], wb.Strategy]]] = {
    "indicators that warm up": (several, {}, lambda: strategy(on_start=on_average, on_bar=by_average)),
    "no waiting for indicators": (several, {"warmup": False}, lambda: strategy(on_bar=by_chance)),
    "random numbers": (several, {"seed": 3}, lambda: strategy(on_bar=by_chance)),
    "orders, brackets and cancels": (several, {}, lambda: strategy(on_bar=by_orders)),
    "orders of fills": (several, {}, lambda: strategy(on_bar=by_orders, on_fill=by_fills)),
    "fills at the next close": (several, {"fill": "next_close"}, lambda: strategy(on_bar=by_chance)),
    "fills at the same close": (several, {"fill": "same_close"}, lambda: strategy(on_bar=by_chance)),
    "random latency": (several, {"latency": (0, 90_000)}, lambda: strategy(on_bar=by_orders)),
    "start and end": (several, {"start": "2024-01-10", "end": "2024-02-10"}, lambda: strategy(on_bar=by_chance)),
    "a schedule by the calendar": (several, {}, lambda: strategy(on_start=monthly, rotate=rotate)),
    "fees and a little cash": (several, {"fees": wb.fees.bps(10), "cash": 900}, lambda: strategy(on_bar=by_orders)),
    "bars that overlap": (hourly, {}, lambda: strategy(on_bar=by_orders, on_fill=by_fills)),
    "longer bars of bars that overlap": (hourly, {}, lambda: strategy(on_start=longer, on_bar=by_average)),
    "the end": (several, {}, lambda: strategy(on_bar=by_chance, on_end=last_word)),
    "news": (lambda: BARS, {"data": [EARNINGS]}, lambda: strategy(on_data=on_news)),
    "a table looked up by the bar": (lambda: BARS.last(40), {}, SkipsToday),
    "rules": (several, {}, lambda: wb.Signals(entry=ta.rsi(5) < 45, exit=ta.rsi(5) > 55)),
    "rules with protection": (several, {}, lambda: wb.Signals(entry=ta.close() > ta.sma(3), trail_pct=0.02)),
    "a function of rules": (several, {"fees": wb.fees.bps(10)}, lambda: averages(fast=2, slow=5)),
    "volumes known late": (with_late_volumes, {"cash": 10**7}, lambda: strategy(on_bar=by_large_orders)),
}  # fmt: skip


@pytest.mark.parametrize(("bars", "options", "made"), HONEST_RUNS.values(), ids=HONEST_RUNS)
def test_an_honest_run_is_not_accused(bars: Any, options: dict[str, Any], made: Callable[[], wb.Strategy]) -> None:
    audit = wb.Backtest(made(), bars(), **options).audit(samples=EVERY_SLICE, progress=False)
    assert audit.findings.rows() == []
    assert audit.not_checked == ()
    assert audit.clean
    assert audit.decisions > 3
    assert audit.cuts["failed"].null_count() == audit.cuts.height > 30


STATE: dict[str, int] = {"runs": 0}
TABLE = BARS.frame.filter(pl.col("asset") == "A").select("time", "close")


def test_a_run_that_differs_by_itself_is_not_accused() -> None:
    class Counts(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            STATE["runs"] += 1

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.target(bar.asset, quantity=STATE["runs"])

    audit = wb.Backtest(Counts(), several()).audit(progress=False)
    assert (audit.verdict, audit.clean, audit.checked, audit.share) == ("not repeatable", False, 0, 0)
    assert audit.first is not None
    assert audit.first.full != audit.first.cut
    assert "decides differently each time on the same data" in repr(audit)


class Reads(wb.Strategy):
    """The row after that of now, by its number."""

    least: int = 0

    def on_start(self, ctx: wb.Context) -> None:
        if len(TABLE) < self.least:
            raise ValueError(f"{len(TABLE)} rows are too few")

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        if bar.asset == "A" and bar.session < date(2024, 3, 1):
            following = TABLE.filter(pl.col("time") > bar.time)["close"][0]
            ctx.target("A", weight=0.5 if following > bar.close else 0)


def test_an_error_that_later_data_prevents_is_a_finding() -> None:
    audit = wb.Backtest(Reads(), BARS.until("2024-03-20")).audit(samples=10, progress=False)
    assert audit.verdict == "look-ahead"
    assert audit.first is not None
    assert audit.first.cut is not None
    assert audit.first.cut.startswith("raised IndexError")
    assert audit.first.time == audit.first.cut_at


def test_an_error_after_the_cut_is_none() -> None:
    class UpToNow(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            row = TABLE.filter(pl.col("time") == bar.time)["close"][0]
            ctx.target(bar.asset, weight=0.5 if row > bar.open else 0)

    assert wb.Backtest(UpToNow(), BARS.select("A")).audit(samples=12, progress=False).clean


@pytest.mark.parametrize(
    ("least", "verdict", "failed"), [(30, "look-ahead", "some"), (75, "incomplete", "all")], ids=["some", "all"]
)
def test_too_little_data_to_begin_with_is_told(least: int, verdict: str, failed: str) -> None:
    audit = wb.Backtest(Reads(least=least), BARS.until("2024-03-15")).audit(samples=20, progress=False)
    count = audit.cuts["failed"].count()
    assert (audit.verdict, audit.cuts.height) == (verdict, 20)
    assert {"some": 0 < count < 20, "all": count == 20}[failed]
    assert "cuts left too little data to begin with (raised ValueError: " in repr(audit)
    assert ("no cut could be run; see audit.cuts" in audit.not_checked) == (failed == "all")


def test_what_is_reached_is_put_back_after_an_interrupt() -> None:
    class Stops(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            if len(TABLE) < 130:
                raise KeyboardInterrupt
            ctx.target(bar.asset, quantity=1)

    with pytest.raises(Interrupted, match=r"stopped at 0% of the cuts; nothing was kept, run the cell again"):
        wb.Backtest(Stops(), BARS).audit(samples=5, progress=False)
    assert len(TABLE) == 130


def test_an_error_on_all_data_is_raised() -> None:
    class Broken(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            raise ZeroDivisionError("as in run()")

    with pytest.raises(ZeroDivisionError, match=r"as in run\(\)"):
        wb.Backtest(Broken(), several()).audit()


def test_a_run_without_decisions_is_not_called_clean() -> None:
    audit = wb.Backtest(strategy(on_bar=lambda self, ctx, bar: None), several()).audit(progress=False)
    assert (audit.verdict, audit.share, audit.first) == ("incomplete", 0, None)
    assert audit.not_checked == ("there is nothing to check: the run decides nothing",)


def test_files_and_networks_are_told() -> None:
    class Files(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            if ctx.cash < 0:
                pl.read_csv("prices.csv")
                open("prices.csv")  # noqa: PTH123, SIM115  # never reached

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.target(bar.asset, weight=0.1 if bar.close > bar.open else 0)

    audit = wb.Backtest(Files(), several()).audit(samples=3, progress=False)
    assert audit.verdict == "incomplete"
    assert audit.not_checked == (
        "Files.on_start uses read_csv, open: files and networks cannot be cut; read before the run",
    )


LEVELS = """
from pathlib import Path
import polars as pl
import workbench as wb

CLOSES = wb.simulate.bars("X", every="1d", n=60, seed=11, start="2024-01-01").frame.select("time", "close")

class Level(wb.Indicator):
    def update(self, bar): return bar.close

class Tomorrow(wb.Indicator):
    def on_start(self): self.row = 0
    def update(self, bar):
        self.row += 1
        return later(self.row, bar.close)

def later(row, close): return CLOSES["close"][row] if row < CLOSES.height else close

class Kept(wb.Indicator):
    def update(self, bar): return bar.close if bar.close > 0 else float(pl.read_csv("closes.csv")["close"][0])
"""
THEIRS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "honest": ("Level", "clean", (), ()),
    "peeks": ("Tomorrow", "look-ahead", ("CLOSES by 'time'",), ()),
    "reads a file": (
        "Kept",
        "incomplete",
        (),
        ("Kept.update uses read_csv: files and networks cannot be cut; read before the run",),
    ),
}


@pytest.mark.parametrize("name", THEIRS)
def test_indicators_of_installed_packages_are_followed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the name that the package gives them; data that it keeps is cut as the user's own is."""
    made, verdict, cut, not_checked = THEIRS[name]
    info = tmp_path / "site-packages" / "their_levels-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their_levels\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[workbench.indicators]\ntheirs = their_levels:{made}\n")
    (info.parent / "their_levels.py").write_text(LEVELS)
    monkeypatch.syspath_prepend(info.parent)
    monkeypatch.delitem(sys.modules, "their_levels", raising=False)
    bars = wb.simulate.bars("X", every="1d", n=60, seed=11, start="2024-01-01")
    rule = ta.theirs() > bars.frame["close"].median()  # type: ignore[attr-defined]
    audit = wb.Backtest(wb.Signals(entry=rule, exit=~rule), bars).audit(samples=20, progress=False)
    assert (audit.verdict, audit.data, audit.not_checked) == (verdict, cut, not_checked)


class Tabled(wb.Indicator):
    table: tuple[float, ...]

    def update(self, bar: wb.Bar) -> float:
        return self.table[0]


def test_a_large_parameter_of_an_indicator_is_told_once() -> None:
    audit = wb.Backtest(wb.Signals(entry=Tabled((1.5,) * 50) > 1), BARS).audit(samples=3, progress=False)
    (told,) = audit.not_checked
    assert told.partition(":")[0].endswith(".table")


def levels(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("asset", "time", entry=pl.col("close") > pl.col("open"), exit=pl.col("close") < pl.col("open"))


READY = levels(BARS.frame)


def test_signals_that_are_ready_are_refused() -> None:
    ready = wb.Signals.from_frame(READY)
    with pytest.raises(UnsupportedError, match=r"make the frame in a function of the bars: @wb\.signals, def rule"):
        wb.Backtest(ready, BARS).audit()


def test_ready_levels_in_a_function_without_bars_are_told() -> None:
    @wb.signals
    def made_before() -> wb.Signals:
        return wb.Signals.from_frame(READY)

    audit = wb.Backtest(made_before(), BARS).audit(samples=5, progress=False)
    assert (audit.verdict, audit.data) == ("incomplete", ("READY by 'time'",))
    assert audit.not_checked == (
        "how the frame of signals was made: take bars as the first parameter, and make it from them",
        "READY: how entry, exit came about; make it inside the strategy, or give a Dataset that says when it was known",
    )


def test_a_look_ahead_made_before_is_not_called_clean() -> None:
    made = BARS.frame.with_columns(following=pl.col("close").shift(-1).over("asset"))

    class Holds(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            self.following = {
                (asset, time): value for asset, time, value in made.select("asset", "time", "following").rows()
            }

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.target(bar.asset, weight=0.5 if (self.following[bar.asset, bar.time] or 0) > bar.close else 0)

    audit = wb.Backtest(Holds(), BARS).audit(samples=20, progress=False)
    assert (audit.verdict, audit.findings.height) == ("incomplete", 0)
    assert audit.not_checked[0].startswith("made around on_start: how following came about; make it inside")


def test_a_function_that_needs_more_bars_is_told_from_one_that_looks_ahead() -> None:
    @wb.signals
    def long_history(bars: wb.Bars, least: int = 40) -> wb.Signals:
        if len(bars.last(least)) < least * len(bars.assets):
            raise ValueError(f"{len(bars)} rows are too few")
        return wb.Signals.from_frame(levels(bars.frame))

    audit = wb.Backtest(long_history(), BARS).audit(samples=20, progress=False)
    assert audit.clean
    assert 0 < audit.cuts["failed"].count() < 20
    assert audit.name == "long_history"


def test_a_seed_chooses_the_same_cuts() -> None:
    test = wb.Backtest(strategy(on_bar=by_chance), several())
    one, same, other = (test.audit(samples=8, seed=seed, progress=False) for seed in (1, 1, 2))
    assert one.cuts.equals(same.cuts)
    assert not one.cuts.equals(other.cuts)
    assert one.cuts.height == other.cuts.height == 8


@pytest.mark.parametrize("samples", [0, -1, 1.5, True, "5", 10_001])
def test_bad_samples_are_refused(samples: Any) -> None:
    with pytest.raises(NumberError, match=r"samples=.*: give a whole number from 1 to 10,000"):
        wb.Backtest(Reads(), BARS).audit(samples=samples)


def test_bad_names_are_answered() -> None:
    audit = wb.Backtest(strategy(on_bar=by_chance), several()).audit(samples=2, progress=False)
    with pytest.raises(AttributeError, match="findings"):
        audit.finding  # type: ignore[attr-defined]  # noqa: B018
