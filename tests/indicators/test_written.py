"""Indicators that users write: descriptions like any other, whatever their objects keep while they run."""

from __future__ import annotations

import pickle
from collections import deque
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, ClassVar

import cloudpickle
import polars as pl
import pytest
from hand_made import days, outcome, split

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError, StrategyError, UndefinedError, UnsupportedError
from workbench.indicators.spelling import label


class Mid(wb.Indicator):
    """The mean of the middles of the last bars."""

    n: int = 20
    every: str | None = None

    def on_start(self) -> None:
        self.middles: deque[float] = deque(maxlen=self.n)

    def update(self, bar: wb.Bar) -> float | None:
        self.middles.append((bar.high + bar.low) / 2)
        return sum(self.middles) / self.n if len(self.middles) == self.n else None

    @property
    def warmup(self) -> int:  # type: ignore[override]
        return self.n


class Turnover(wb.Indicator):
    """Close times volume, where the volume is known."""

    reads = ("close", "volume")
    every: str | None = None
    _scale: ClassVar[float] = 0.5

    def update(self, bar: wb.Bar) -> float:
        return self._scale * bar.close * bar.volume


class Broken(wb.Indicator):
    """Fails at the bar of a close."""

    at: float

    def update(self, bar: wb.Bar) -> Any:
        if bar.close == self.at:
            raise ZeroDivisionError("no such bar")
        return "high" if bar.close < 0 else bar.close


BARS = wb.simulate.bars("X", n=60, seed=3)
OURS = (ta.sma(3, of="high") + ta.sma(3, of="low")) / 2


def test_a_description_is_a_value() -> None:
    assert Mid(3) == Mid(n=3) != Mid(4)
    assert Mid(3, every="60m") == Mid(3, every="1h") != Mid(3)
    assert {Mid(3): 1}[Mid(3)] == 1
    assert (repr(Mid(3)), repr(Mid(every="1h"))) == ("Mid(n=3)", "Mid(n=20, every='1h')")
    assert repr((Mid(3) > ta.close()).shift(1)) == "(Mid(n=3) > ta.close()).shift(1)"
    assert (label(Mid(3)), label(Mid(3, every="1h") - 1), label(Turnover())) == ("mid_3", "mid_3_1h - 1", "turnover")
    assert pickle.loads(pickle.dumps(Mid(3, every="1h") + 1)) == Mid(3, every="1h") + 1
    assert cloudpickle.loads(cloudpickle.dumps(Mid(3))) == Mid(3)
    assert Mid(3).n == 3


def test_it_is_what_the_same_formula_of_ours_is() -> None:
    columns = BARS.with_columns(Mid(3), ours=OURS, hours=Mid(2, every="5m"), theirs=ta.sma(2, of="high", every="5m"))
    assert columns["mid_3"].to_list() == pytest.approx(columns["ours"].to_list())
    assert columns["hours"].null_count() == columns["theirs"].null_count() == 9
    assert Mid(3)(BARS.frame).name == "mid_3"
    rule = Mid(3).crosses_above(ta.close()) & (Mid(3) > 1)
    assert rule(BARS.frame).to_list() == (OURS.crosses_above(ta.close()) & (OURS > 1))(BARS.frame).to_list()
    assert ta.sma(4, of=Mid(3))(BARS.frame).null_count() == 5
    over = BARS.frame.select(ta.sma(4, of=Mid(3)).expr(over="asset"))
    assert over.to_series().to_list() == ta.sma(4, of=Mid(3))(BARS.frame).to_list()


def test_streams_of_each_asset_are_their_own() -> None:
    bars = days(A=[1, 2, 3, 4], B=[10, 20, 15, 20], actions=[split("B", 3, 2, 1)])
    seen: dict[str, list[Any]] = {"A": [], "B": []}

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.mid, self.told = ctx.watch(Mid(2)), ctx.watch(Mid(2).on("B") + 0)

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        seen[bar.asset].append((bar.time.day - 1, self.mid[bar.asset], self.told[bar.asset]))

    outcome(bars, on_start=on_start, on_bar=on_bar)
    # The split halves B's first two days: (10 + 15) / 2 on the third.
    assert seen["A"] == [(2, 1.5, 15), (3, 2.5, 12.5), (4, 3.5, 17.5)]
    assert seen["B"] == [(2, 15, 15), (3, 12.5, 12.5), (4, 17.5, 17.5)]
    columns = bars.with_columns(Mid(2), told=Mid(2).on("B"))
    assert columns.filter(asset="B")["mid_2"].to_list() == [None, 15, 12.5, 17.5]
    assert columns.filter(asset="A")["told"].to_list() == [None, 15, 12.5, 17.5]


def test_what_is_missing_is_told_by_its_warmup() -> None:
    def on_start(self: Any, ctx: wb.Context) -> None:
        self.mid = ctx.watch(Mid(3))

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if bar.time.day == 2:
            with pytest.raises(
                UndefinedError, match=r"Mid\(n=3\) of A has no value yet: it needs 3 bars and 1 have closed"
            ):
                self.mid["A"]

    outcome(days(A=[1, 2, 3]), {"warmup": False}, on_start=on_start, on_bar=on_bar)


def test_a_bar_without_what_it_reads_has_no_value() -> None:
    frame = pl.DataFrame({"close": [2.0, 4.0, None, 6.0], "volume": [10.0, None, 1.0, 3.0]})
    assert Turnover()(frame).to_list() == [10.0, None, None, 9.0]


class Clock(wb.Indicator):
    """The hour at which a bar closes, and the day of its session."""

    reads = ("session", "time")
    offset: int = 0

    def update(self, bar: wb.Bar) -> float:
        return self.offset + bar.time.hour + 100 * bar.session.day


class Volumes(wb.Indicator):
    """Asks for what it does not name."""

    def update(self, bar: wb.Bar) -> float:
        return bar.volume


HOURS = wb.simulate.bars("X", "1h", n=60, start="2024-07-01", calendar="24/7")
CLOCKS = {
    "every bar": (Clock(), Clock()),
    "longer bars": (Clock(every="4h"), Clock(every="4h")),
    "another asset": (Clock().on("X"), Clock()),
    "longer bars of another asset": (Clock(every="1d").on("X"), Clock(every="1d")),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_a_bar_knows_when_it_closed(name: str) -> None:
    """As a column and as a stream: what a bar of the length it lives on has in its own columns."""
    indicator, own = CLOCKS[name]
    seen = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.clock = ctx.watch(indicator)

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        seen.append((bar.time, self.clock["X"]))

    outcome(HOURS, on_start=on_start, on_bar=on_bar)
    told = HOURS.resample(own.every or "1h").frame
    closes = told.select("time", clock=(pl.col("time").dt.hour() + 100.0 * pl.col("session").dt.day()))
    wanted = HOURS.frame.select("time").join_asof(closes, on="time").drop_nulls()
    assert seen == wanted.rows()
    columns = HOURS.with_columns(clock=indicator)
    assert columns["clock"].drop_nulls().to_list() == wanted["clock"].to_list()


def test_a_frame_and_a_stream_tell_the_time_too() -> None:
    wanted = HOURS.with_columns(clock=Clock())["clock"].to_list()
    assert Clock()(HOURS.frame).to_list() == wanted
    stream = Clock().stream()
    assert [stream.update(SimpleNamespace(**row)) for row in HOURS.frame.iter_rows(named=True)] == wanted
    with pytest.raises(ParameterError, match="reads session, time of a bar, got"):
        stream.update(SimpleNamespace(session=HOURS.frame["session"][0], time=5))


TIMES = {
    "no column": (
        HOURS.frame.drop("time"),
        "reads time; the frame has .* it is when a row's bar closed, which Bars know",
    ),
    "no zone": (
        HOURS.frame.with_columns(pl.col("time").dt.replace_time_zone(None)),
        "reads the time as a datetime with a time zone; time is Datetime",
    ),
}


@pytest.mark.parametrize("name", TIMES)
def test_a_frame_without_times_is_refused(name: str) -> None:
    frame, message = TIMES[name]
    with pytest.raises(ParameterError, match=message):
        Clock()(frame)


def test_what_reads_does_not_name_is_never_something_else() -> None:
    """A column has only what is read; the place of a volume would be taken by another number."""
    message = 'update asks for the volume of a bar, which `reads` does not name; write reads = ."open", .*, "volume".'
    with pytest.raises(ParameterError, match=message):
        BARS.with_columns(Volumes())

    def on_start(self: Any, ctx: wb.Context) -> None:
        ctx.watch(Volumes())

    with pytest.raises(ParameterError, match=message):
        outcome(BARS, on_start=on_start)


def test_a_bar_is_told_by_what_it_has() -> None:
    class Telling(wb.Indicator):
        reads = ("close", "session", "time")

        def update(self, bar: wb.Bar) -> float:
            raise ValueError(repr(bar))

    with pytest.raises(ValueError, match=r"^Prices\(close 1, session 2024-01-01, time 2024-01-02 00:00:00\+00:00\)"):
        days(A=[1]).with_columns(Telling())


def test_an_error_says_where() -> None:
    bars = days(A=[1, 2, 3])

    def on_start(self: Any, ctx: wb.Context) -> None:
        ctx.watch(Broken(2) > 1)

    with pytest.raises(ZeroDivisionError, match="no such bar") as caught:
        outcome(bars, {"start": datetime(2024, 1, 3, tzinfo=UTC)}, on_start=on_start)
    assert caught.value.__notes__ == [
        "workbench: in update of Broken(at=2.0) for A at its bar 2 (2, 2, 2, 2)",
        "workbench: at the bar that closed 2024-01-03 00:00:00+00:00",
    ]
    with pytest.raises(ZeroDivisionError, match="no such bar") as caught:
        bars.with_columns(Broken(3))
    assert caught.value.__notes__ == ["workbench: in update of Broken(at=3.0) for A at its bar 3 (3, 3, 3, 3)"]
    with pytest.raises(ZeroDivisionError) as caught:
        days(A=[1], B=[2]).with_columns(Broken(2).on("B"))
    assert caught.value.__notes__ == ["workbench: in update of Broken(at=2.0) for B at its bar 1 (2, 2, 2, 2)"]
    with pytest.raises(ZeroDivisionError) as caught:
        Broken(3)(bars.frame)
    assert caught.value.__notes__ == ["workbench: in update of Broken(at=3.0) at its bar 3 (3, 3, 3, 3)"]
    assert bars.with_columns(Broken(9))["broken_9.0"].to_list() == [1, 2, 3], "nothing is left of it"


def test_an_answer_is_a_number() -> None:
    frame = pl.DataFrame({name: [-1.0] for name in ("open", "high", "low", "close")})
    with pytest.raises(ParameterError, match="update gave high; it has to give a number or None"):
        Broken(9)(frame)


def refused(name: str, body: dict[str, Any]) -> None:
    made = type(name, (wb.Indicator,), {"__module__": __name__, **body})
    made()


def update(self: Any, bar: Any) -> float:
    return 1.0


async def awaited(self: Any, bar: Any) -> float:
    return 1.0


DEFINED: dict[str, tuple[dict[str, Any], str]] = {
    "no update": ({}, "X has no update; write def update"),
    "an update of nothing": ({"update": lambda self: 1}, r"X.update\(self\) cannot be called as update\(self, bar\)"),
    "an async update": ({"update": awaited}, "X.update must be a plain method"),
    "a hook of a strategy": ({"update": update, "on_bar": update}, "X.on_bar is not called; an indicator has on_start"),
    "a number without annotation": ({"update": update, "n": 3}, "X.n = 3 has no annotation, so it is no parameter"),
    "a name that is ours": ({"update": update, "shift": update}, "X.shift: every indicator has a shift of its own"),
    "a parameter that is ours": ({"update": update, "__annotations__": {"name": "str"}}, "X.name: every indicator has"),
    "a default that changes": ({"update": update, "n": [], "__annotations__": {"n": "list"}}, "the default of X.n can"),
    "its own start": ({"update": update, "__init__": lambda self: None}, "X.__init__ is made by workbench"),
    "an unknown field": ({"update": update, "reads": ("hihg",)}, "got .'hihg',.; did you mean 'high'"),
    "no tuple": ({"update": update, "reads": "high"}, r"X.reads is a tuple of open, high"),
}


@pytest.mark.parametrize("name", DEFINED)
def test_refused_at_its_definition(name: str) -> None:
    body, message = DEFINED[name]
    with pytest.raises(StrategyError, match=message):
        refused("X", body)


MID: Any = Mid
MADE: dict[str, tuple[Any, type[Exception], str]] = {
    "an unknown parameter": (lambda: MID(m=3), ParameterError, "unknown parameter 'm' of Mid; parameters are n"),
    "of another kind": (lambda: MID(2.5), ParameterError, "n of Mid must be an int, got 2.5"),
    "too many": (lambda: MID(2, 3), ParameterError, "Mid takes 1 parameters, got 2; they are n"),
    "twice": (lambda: MID(2, n=3), ParameterError, "Mid got 'n' twice, by place and by name"),
    "none": (lambda: Broken(), ParameterError, "Broken needs the parameter 'at'"),  # type: ignore[call-arg]
    "what on_start refuses": (lambda: Mid(-1), ValueError, "maxlen must be non-negative"),
    "no length": (lambda: Mid(every="soon"), ParameterError, "every='soon'"),
    "changed": (lambda: setattr(Mid(3), "n", 4), StrategyError, r"Mid\(n=3\) is a description and never changes"),
    "deleted": (lambda: delattr(Mid(3), "n"), StrategyError, r"Mid\(n=3\) is a description and never changes"),
    "longer bars of a frame": (lambda: Mid(3, every="1h")(BARS.frame), UnsupportedError, "lives on bars of 1h"),
    "one series": (lambda: Mid(3)(BARS.frame["close"]), ParameterError, "reads open, high, low, close: give"),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_refused_when_made(name: str) -> None:
    ask, error, message = MADE[name]
    with pytest.raises(error, match=message):
        ask()
