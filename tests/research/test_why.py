"""`run.why`: the reasons, the facts as values, the lines that ran and their values, the rules part by part."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, minutes, outcome, strategy

import workbench as wb
from workbench import ta
from workbench.errors import TimeError, UnknownAssetError
from workbench.research.why import Why
from workbench.strategies.portfolio import Portfolio


class Level(wb.Strategy):
    """Buys above a level once its mean is known, in a method of its own."""

    level: float = 11
    _step = 2

    def on_start(self, ctx: wb.Context) -> None:
        self.mean = ctx.watch(ta.sma(2))

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        gap = bar.close - self.level
        if ctx.check("level", gap, above=0) and not ctx.position(bar.asset):
            self.enter(ctx, bar)

    def enter(self, ctx: wb.Context, bar: wb.Bar) -> None:
        for number in range(self._step):
            size = number + 1
            ctx.buy(bar.asset, size)


PRICES = [10, 10, 12, 13]


def levels(**options: Any) -> wb.Run:
    return wb.Backtest(Level(), days(A=PRICES), **{"cash": 1_000, "volume_cap": None, **options}).run()


REASONS = [
    ("2024-01-01", ("No order: sma_2 has 1 of 2 bars",)),
    ("2024-01-02", ("No order: level does not hold, -1, wants > 0",)),
    ("2024-01-03", ("Asked: buy 1 A, market", "Asked: buy 2 A, market")),
    ("2024-01-04", ("Filled: bought 1 A at 13", "Filled: bought 2 A at 13", "No order: the strategy asked for none")),
]


@pytest.mark.parametrize(("day", "because"), REASONS)
def test_the_reasons_of_a_bar(day: str, because: tuple[str, ...]) -> None:
    assert levels().why(day).because == because


def ran_at(run: wb.Run, day: str) -> list[tuple[str, list[str]]]:
    return [(call.name, [line.text.strip() for line in call.ran]) for call in run.why(day).calls]


GAP = "gap = bar.close - self.level"
CHECK = 'if ctx.check("level", gap, above=0) and not ctx.position(bar.asset):'
LOOP = ["for number in range(self._step):", "size = number + 1", "ctx.buy(bar.asset, size)"]
RAN = [
    ("2024-01-01", []),
    ("2024-01-02", [("Level.on_bar", [GAP, CHECK])]),
    ("2024-01-03", [("Level.on_bar", [GAP, CHECK, "self.enter(ctx, bar)"]), ("Level.enter", LOOP)]),
    ("2024-01-04", [("Level.on_bar", [GAP, CHECK])]),
]


@pytest.mark.parametrize(("day", "ran"), RAN)
def test_the_lines_that_ran(day: str, ran: list[tuple[str, list[str]]]) -> None:
    assert ran_at(levels(), day) == ran


def test_the_values_beside_the_lines() -> None:
    """Close 12 and level 11 make a gap of 1; the loop runs twice, and its last number is 1."""
    on_bar, enter = levels().why("2024-01-03").calls
    assert [line.values for line in on_bar.ran] == [
        {"bar.close": "12", "self.level": "11", "gap": "1"},
        {"gap": "1", "ctx.position(bar.asset)": "0 held"},
        {},
    ]
    assert [(line.ran, line.values) for line in enter.ran] == [
        (3, {"self._step": "2", "number": "1"}),
        (2, {"number": "1", "size": "2"}),
        (2, {"size": "2"}),
    ]
    first = on_bar.lines[0]
    assert (first.text.strip().startswith("def on_bar"), first.ran) == (True, 0)
    assert Path(__file__).read_text("utf-8").splitlines()[first.number - 1].strip() == first.text.strip()


def test_the_facts_as_values() -> None:
    found = levels().why("2024-01-04")
    assert (found.name, found.asset, found.time, found.session) == ("Level", "A", at(5), date(2024, 1, 4))
    assert (found.position.quantity, found.position.average_price) == (3.0, 13.0)
    assert found.watched == {"sma_2": 12.5}
    assert found.checks.select("name", "value", "passed").rows() == [("level", 2.0, True)]
    assert found.fills.select("quantity", "price").rows() == [(1.0, 13.0), (2.0, 13.0)]
    assert (found.asked.height, found.refused.height, found.open_orders) == (0, 0, ())
    assert found.ledger.group_by("account").agg(pl.col("amount").sum()).sort("account").rows() == [
        ("cash", -39.0),
        ("position", 39.0),
    ]
    asked = levels().why("2024-01-03")
    assert asked.asked.select("side", "quantity").rows() == [("buy", 1.0), ("buy", 2.0)]


def test_a_refusal_has_its_reason() -> None:
    run = outcome(days(A=[10, 10]), on_bar=lambda self, ctx, bar: ctx.buy("A", 1_000))
    found = run.why("2024-01-01")
    assert found.because == ("buy 1,000 A refused: cash",)
    assert (found.asked.height, found.refused["reason"].to_list()) == (0, ["cash"])


def test_a_working_order_is_told_of() -> None:
    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if not ctx.open_orders:
            ctx.buy("A", 1, limit=5)

    found = outcome(days(A=[10, 10]), on_bar=on_bar).why("2024-01-02")
    assert found.because == ("No new order: buy 1 A, limit 5 is working",)
    assert [order.limit for order in found.open_orders] == [5.0]


def test_a_day_without_a_bar_tells_the_last_close() -> None:
    found = outcome(days(A=[10, None], B=[20, 21]), on_bar=lambda self, ctx, bar: None).why("2024-01-02", "A")
    assert found.because == ("No order: A has no bar here, none came",)
    assert list(found.sections[1].rows) == [("no bar", "none came", ""), ("Last close", "10, of 2024-01-01", "")]


# What is asked for, and what is said of it: 2024-01-06 is a Saturday.
PLACES: list[tuple[Any, tuple[str, ...], date]] = [
    ("2024-01-05", (), date(2024, 1, 5)),
    ("2024-01-06", ("XNYS was closed at 2024-01-06; this is the last bar before it",), date(2024, 1, 5)),
    ("2024-01-05T16:00-05:00", (), date(2024, 1, 5)),
    (
        "2024-01-08T10:00-05:00",
        ("no bar closed at 2024-01-08T10:00-05:00; this is the last bar before it",),
        date(2024, 1, 5),
    ),
    (
        "2024-01-07T10:00-05:00",
        ("XNYS was closed at 2024-01-07T10:00-05:00; this is the last bar before it",),
        date(2024, 1, 5),
    ),
]


@pytest.mark.parametrize(("time", "notes", "session"), PLACES)
def test_a_closed_market_and_a_time_between_bars(time: str, notes: tuple[str, ...], session: date) -> None:
    bars = days(first=date(2024, 1, 4), calendar="XNYS", A=[10, 11, 12])
    found = outcome(bars, on_bar=lambda self, ctx, bar: None).why(time)
    assert (found.session, found.notes) == (session, notes)


BAD: list[tuple[Callable[[wb.Run], object], type[Exception], str]] = [
    (lambda run: run.why("2023-12-31"), TimeError, r"why\('2023-12-31'\) lies before the first slice"),
    (lambda run: run.why("2024-01-09"), TimeError, r"why\('2024-01-09'\) lies after the last slice"),
    (lambda run: run.why("2024-01-02T10:00"), TimeError, "is naive"),
    (lambda run: run.why("tomorrow"), TimeError, "cannot be read"),
    (lambda run: run.why("2024-01-02", "B"), UnknownAssetError, "no asset 'B'"),
    (lambda run: run.why("2024-01-02").becuse, AttributeError, "did you mean because"),
]


@pytest.mark.parametrize(("ask", "kind", "told"), BAD)
def test_what_cannot_be_asked(ask: Callable[[wb.Run], object], kind: type[Exception], told: str) -> None:
    with pytest.raises(kind, match=told):
        ask(levels())


def test_on_bar_of_other_assets_is_passed_over() -> None:
    run = wb.Backtest(Level(), days(A=[10, 10, 10], B=[20, 20, 20]), cash=1_000).run()
    assert [call.asset for call in run.why("2024-01-02", "B").calls] == ["B", "B"]
    assert [call.asset for call in run.why("2024-01-02", "A").calls] == ["A"]


def test_scheduled_methods_and_slices_are_heard() -> None:
    class Monthly(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            ctx.schedule(self.rotate, every="1d")

        def on_slice(self, ctx: wb.Context, bars: Any) -> None:
            self.seen = len(bars)

        def rotate(self, ctx: wb.Context) -> None:
            ctx.rebalance({"A": 0.5})

    found = wb.Backtest(Monthly(), days(A=[10, 11]), cash=1_000).run().why("2024-01-01")
    assert [call.name for call in found.calls] == ["Monthly.on_slice", "Monthly.rotate"]
    assert (
        found.calls[0].ran[0].values == {"len(bars)": "1", "self.seen": "1"}
        or "self.seen" in found.calls[0].ran[0].values
    )


def test_a_statement_over_several_lines_is_read_once_it_is_over() -> None:
    class Long(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            total = (
                bar.open
                + bar.close
            )  # fmt: skip
            ctx.record(total=total)

    found = wb.Backtest(Long(), days(A=[10]), cash=1_000).run().why("2024-01-01")
    assert found.calls[0].ran[0].values["total"] == "20"


def test_a_strategy_that_is_not_repeatable_is_told() -> None:
    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target("A", quantity=random.randint(1, 1_000_000_000), value=None)

    run = outcome(days(A=[1, 1, 1]), {"cash": 10**12}, on_bar=on_bar)
    assert "decides otherwise" in run.why("2024-01-02").notes[0]


def test_what_prints_is_silent_when_it_is_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    run = outcome(days(A=[10, 11]), on_bar=lambda self, ctx, bar: print("seen"))
    capsys.readouterr()
    run.why("2024-01-02")
    assert capsys.readouterr().out == ""


def test_code_without_source_is_told_and_the_rest_is_answered() -> None:
    space: dict[str, Any] = {"wb": wb}
    exec("class Made(wb.Strategy):\n    def on_bar(self, ctx, bar):\n        ctx.check('it', True)", space)
    found = wb.Backtest(space["Made"](), days(A=[10]), cash=1_000).run().why("2024-01-01")
    assert "no source of Made.on_bar is known" in found.calls[0].unknown
    assert found.calls[0].lines == []
    assert found.checks.height == 1


def test_source_that_was_edited_since_is_not_shown(tmp_path: Path) -> None:
    import importlib.util

    file = tmp_path / "edited.py"
    head = "import workbench as wb\nclass Edited(wb.Strategy):\n"
    body = head + "    def on_bar(self, ctx, bar):\n        ctx.check('it', {})\n"
    file.write_text(body.format("True"))
    spec = importlib.util.spec_from_file_location("edited", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    run = wb.Backtest(module.Edited(), days(A=[10]), cash=1_000).run()
    assert run.why("2024-01-01").calls[0].unknown == ""
    file.write_text(body.format("False, below=5"))
    assert run.why("2024-01-01").calls[0].unknown == "the source of Edited has changed since it was defined"


def test_a_loaded_run_says_what_it_cannot_know(tmp_path: Path) -> None:
    run = levels()
    loaded = wb.load(run.save(tmp_path / "run"))
    found = loaded.why("2024-01-04")
    assert "a run that was loaded does not know its strategy" in found.notes[0]
    assert (found.calls, found.because) == ((), run.why("2024-01-04").because)
    assert found.checks.equals(run.why("2024-01-04").checks)


def test_a_repeated_run_leaves_the_run_as_it_is() -> None:
    run = levels()
    before = (run.state_hash, run.journal_hash, run.checks.height)
    run.why("2024-01-03")
    assert (run.state_hash, run.journal_hash, run.checks.height) == before


def rule_lines(found: Why, name: str) -> list[tuple[int, str, float | None, bool | None]]:
    def told(part: Any, depth: int) -> Any:
        yield depth, part.text, part.value, part.holds
        for each in part.parts:
            yield from told(each, depth + 1)

    return list(told(found.rules[name], 0))


def test_rules_part_by_part() -> None:
    """Closes 10, 12, 11: the mean of two is 11.5 at the third bar, so it is above 11 but the close is not."""
    rules = wb.Signals(entry=(ta.sma(2) > 11) & (ta.close() > 11), exit=ta.close() < 5)
    found = wb.Backtest(rules, days(A=[10, 12, 11]), cash=1_000).run().why("2024-01-03")
    assert rule_lines(found, "entry") == [
        (0, "(ta.sma(2) > 11) & (ta.close() > 11)", 0.0, False),
        (1, "ta.sma(2) > 11", 1.0, True),
        (2, "ta.sma(2)", 11.5, None),
        (1, "ta.close() > 11", 0.0, False),
        (2, "ta.close()", 11.0, None),
    ]
    assert rule_lines(found, "exit")[0] == (0, "ta.close() < 5", 0.0, False)
    assert found.notes == ("signals have no lines; see the rules",)


def test_rules_without_a_value_and_levels_of_a_frame() -> None:
    rules = wb.Signals(entry=ta.sma(3) > 11)
    found = wb.Backtest(rules, days(A=[10, 12, 11]), cash=1_000).run().why("2024-01-02")
    assert rule_lines(found, "entry")[0] == (0, "ta.sma(3) > 11", None, None)
    bars = days(A=[10, 12, 11])
    frame = bars.frame.select("asset", "time", entry=pl.col("close") > 11, exit=pl.col("close") < 11)
    ready = wb.Backtest(wb.Signals.from_frame(frame, weight=0.5), bars, cash=1_000).run().why("2024-01-02")
    assert rule_lines(ready, "entry") == [(0, "entry from the frame of signals", 1.0, True)]
    assert rule_lines(ready, "exit") == [(0, "exit from the frame of signals", 0.0, False)]


def test_members_of_a_portfolio() -> None:
    members = {"level": Level(), "rules": wb.Signals(entry=ta.close() > 11, weight=0.5)}
    found = wb.Backtest(Portfolio(members), days(A=PRICES), cash=1_000, volume_cap=None).run().why("2024-01-03")
    assert [call.name for call in found.calls] == ["level: Level.on_bar", "level: Level.enter"]
    assert list(found.rules) == ["rules: entry"]
    assert {name: (each.equity, each.asked.height, each.fills.height) for name, each in found.members.items()} == {
        "level": (500.0, 2, 0),
        "rules": (500.0, 1, 0),
    }


SHOWN = [
    "Why Level did what it did with A at 2024-01-04 00:00 UTC, session 2024-01-03",
    "- Asked: buy 1 A, market",
    "Level.on_bar, A, > ran:",
    "bar.close = 12, self.level = 11, gap = 1",
    "2 times; number = 1, size = 2",
    "Checks:",
    "level  ✓ 1 > 0",
]


def test_the_text_and_the_picture_say_the_same() -> None:
    found = levels().why("2024-01-03")
    bundle = found._repr_mimebundle_()
    assert bundle["text/plain"] == repr(found)
    for line in SHOWN:
        assert line in repr(found)
    html = bundle["text/html"]
    for text in ("Asked: buy 1 A, market", "gap = bar.close - self.level", "2 times; number = 1", "wb-idle"):
        assert text in html
    assert "<details><summary>Ledger</summary>" in levels().why("2024-01-04")._repr_mimebundle_()["text/html"]
    assert "http" not in html


def test_names_are_escaped_in_the_picture() -> None:
    run = outcome(days(A=[10]), on_bar=lambda self, ctx, bar: ctx.check("<b>", True))
    assert "&lt;b&gt;" in run.why("2024-01-01")._repr_mimebundle_()["text/html"]


def test_bars_within_the_day_are_called_by_their_time() -> None:
    run = wb.Backtest(strategy(on_bar=lambda self, ctx, bar: None), minutes([at(1), at(1, 1)], "1h")).run()
    assert "2024-01-01 02:00 UTC" in repr(run.why(at(1, 2)))
