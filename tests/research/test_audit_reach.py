"""Where data may be kept: an audit cuts it in every place that the strategy's code reaches, and puts it back.

The mistake is the same everywhere, the next close; the frame it comes from stands in another place each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pytest

import workbench as wb
from workbench import ta

BARS = wb.simulate.bars("X", every="1d", n=60, seed=11, start="2024-01-01")
FRAME = BARS.frame.select("time", "close")
HOUR = timedelta(hours=1)


def nexts(frame: pl.DataFrame) -> dict[datetime, float]:
    return dict(frame.with_columns(next=pl.col("close").shift(-1)).select("time", "next").rows())


class Peek(wb.Strategy):
    """Holds when the next close is higher; where it knows that from is a matter of its subclasses."""

    def peek(self) -> pl.DataFrame:
        raise NotImplementedError

    def on_start(self, ctx: wb.Context) -> None:
        self.nexts = nexts(self.peek())

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, weight=1 if (self.nexts[bar.time] or 0) > bar.close else 0)


class ModuleGlobal(Peek):
    def peek(self) -> pl.DataFrame:
        return FRAME


class GlobalBars(Peek):
    def peek(self) -> pl.DataFrame:
        return BARS.frame


class ClassAttribute(Peek):
    table: ClassVar[pl.DataFrame] = FRAME

    def peek(self) -> pl.DataFrame:
        return self.table


class Inherited(ClassAttribute):
    pass


class Parameter(Peek):
    table: Any = None

    def peek(self) -> pl.DataFrame:
        return self.table


class Default(Peek):
    def peek(self, table: pl.DataFrame = FRAME, *, other: pl.DataFrame = FRAME) -> pl.DataFrame:
        return table


class KeywordDefault(Peek):
    def peek(self, *, table: pl.DataFrame = FRAME) -> pl.DataFrame:
        return table


def read() -> pl.DataFrame:
    return FRAME


class Called(Peek):
    def peek(self) -> pl.DataFrame:
        return read()


@lru_cache
def remembered() -> pl.DataFrame:
    return FRAME.with_columns(pl.col("close") * 1)


class Remembered(Peek):
    def peek(self) -> pl.DataFrame:
        return remembered()


@dataclass(frozen=True)
class Store:
    table: pl.DataFrame

    def get(self) -> pl.DataFrame:
        return self.table


STORE = Store(FRAME)
NESTED: dict[str, Any] = {"a": [FRAME, "text"], "b": (1, 2)}
SLOTTED_TABLE = FRAME


class Slotted:
    __slots__ = ("table",)

    def __init__(self) -> None:
        self.table = SLOTTED_TABLE


SLOTTED = Slotted()
BOUND = STORE.get
PARTIAL = partial(nexts, FRAME)


class OfAnObject(Peek):
    def peek(self) -> pl.DataFrame:
        return STORE.get()


class OfSlots(Peek):
    def peek(self) -> pl.DataFrame:
        return SLOTTED.table


class OfABoundMethod(Peek):
    def peek(self) -> pl.DataFrame:
        return BOUND()


class OfContainers(Peek):
    def peek(self) -> pl.DataFrame:
        return NESTED["a"][0]


class OfAProperty(Peek):
    @property
    def held(self) -> pl.DataFrame:
        return FRAME

    def peek(self) -> pl.DataFrame:
        return self.held


class OfALambda(Peek):
    def peek(self) -> pl.DataFrame:
        return (lambda: max([FRAME], key=lambda _: FRAME.height))()


def around() -> Peek:
    table = FRAME

    class Around(Peek):
        def peek(self) -> pl.DataFrame:
            return table

    return Around()


class Ahead(wb.Indicator):
    """How much higher the next close is."""

    def on_start(self) -> None:
        closes = FRAME["close"].to_list()
        self.nexts = dict(pairwise(closes))

    def update(self, bar: wb.Bar) -> float:
        return self.nexts.get(bar.close, 0.0) - bar.close


RISES = Ahead() > 0


class OfAnIndicator(wb.Strategy):
    ahead: wb.Indicator = ta.sma(1, of=Ahead())

    def on_start(self, ctx: wb.Context) -> None:
        self.gain = ctx.watch(self.ahead)

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, weight=1 if self.gain[bar.asset] > 0 else 0)


BANDS = ta.bbands(2, of=Ahead())


class OfOutputs(wb.Strategy):
    def on_start(self, ctx: wb.Context) -> None:
        self.gain = ctx.watch(BANDS.middle)

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, weight=1 if self.gain[bar.asset] > 0 else 0)


@wb.signals
def of_a_rule() -> wb.Signals:
    return wb.Signals(entry=RISES, exit=~RISES)


PLACES: dict[str, Callable[[], wb.Strategy]] = {
    "a global of the module": ModuleGlobal,
    "Bars": GlobalBars,
    "an attribute of the class": ClassAttribute,
    "an attribute of a base": Inherited,
    "a parameter": lambda: Parameter(table=FRAME),
    "a default": Default,
    "a default by keyword": KeywordDefault,
    "a function that is called": Called,
    "a function that remembers": Remembered,
    "an object": OfAnObject,
    "an object with slots": OfSlots,
    "a bound method": OfABoundMethod,
    "a list in a dict": OfContainers,
    "a property": OfAProperty,
    "a lambda in a lambda": OfALambda,
    "a closure": around,
    "an indicator of signals": lambda: wb.Signals(entry=Ahead() > 0, exit=Ahead() < 0),
    "a rule in a global": of_a_rule,
    "what a parameter reads": OfAnIndicator,
    "what several outputs read": OfOutputs,
}


@pytest.mark.parametrize("made", PLACES.values(), ids=PLACES)
def test_data_is_cut_where_it_stands(made: Callable[[], wb.Strategy]) -> None:
    audit = wb.Backtest(made(), BARS).audit(samples=12, progress=False)
    assert audit.verdict == "look-ahead"
    assert audit.not_checked == ()
    assert len(audit.data) >= 1
    assert FRAME.height == 60
    assert len(BARS) == 60
    assert STORE.table is SLOTTED.table is NESTED["a"][0] is ClassAttribute.table is FRAME
    assert Default.peek.__defaults__ is not None
    assert Default.peek.__defaults__[0] is FRAME
    assert remembered().height == 60


KINDS: dict[str, Any] = {
    "a Polars frame": FRAME,
    "a lazy frame": FRAME.lazy(),
    "a frame of other times": FRAME.rename({"time": "Timestamp"}),
    "a pandas frame": pd.DataFrame({"time": FRAME["time"].to_list(), "close": FRAME["close"].to_list()}),
    "a pandas frame by its index": pd.DataFrame({"close": FRAME["close"].to_list()}, index=FRAME["time"].to_list()),
    "a pandas series": pd.Series(FRAME["close"].to_list(), index=FRAME["time"].to_list()),
    "an Arrow table": FRAME.to_arrow(),
    "a dict by times": dict(FRAME.rows()),
    "a dict by dates": dict(BARS.frame.select("session", "close").rows()),
    "a structured array": np.array(
        [
            (row[0].replace(tzinfo=None), row[1])
            for row in BARS.frame.select(pl.col("session").cast(pl.Datetime("us")), "close").rows()
        ],
        dtype=[("date", "datetime64[us]"), ("close", "f8")],
    ),
    "a Dataset": wb.Dataset.from_frame(FRAME, known_at="time"),
    "Bars": BARS,
}


class ByCount(wb.Strategy):
    """Reads one row further than the bar it is at, however the data is kept."""

    data: Any

    def on_start(self, ctx: wb.Context) -> None:
        self.seen = 0
        self.closes = closes(self.data)

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        self.seen += 1
        later = self.closes[self.seen] if self.seen < len(self.closes) else 0
        ctx.target(bar.asset, weight=1 if later > bar.close else 0)


def closes(data: Any) -> list[float]:
    if isinstance(data, dict):
        return list(data.values())
    if isinstance(data, pd.Series):
        return data.tolist()
    if isinstance(data, pl.LazyFrame):
        data = data.collect()
    data = getattr(data, "frame", data)
    held = data["close"]
    return (
        held.to_pylist() if hasattr(held, "to_pylist") else held.tolist() if hasattr(held, "tolist") else held.to_list()
    )


@pytest.mark.parametrize("data", KINDS.values(), ids=KINDS)
def test_every_kind_of_table_is_cut(data: Any) -> None:
    audit = wb.Backtest(ByCount(data=data), BARS).audit(samples=12, progress=False)
    assert audit.verdict == "look-ahead"
    assert all("how values came about" in told for told in audit.not_checked)


LACKS: dict[str, tuple[Any, str]] = {
    "a list": (FRAME["close"].to_list(), "bare numbers have no times"),
    "an array": (FRAME["close"].to_numpy(), "bare numbers have no times"),
    "a series": (FRAME["close"], "bare numbers have no times"),
    "a frame without times": (FRAME.select("close"), "no column that says when they are of"),
    "whole numbers as times": (FRAME.with_columns(pl.col("time").dt.epoch("us")), "holds Int64, no times"),
    "times without a zone": (FRAME.with_columns(pl.col("time").dt.replace_time_zone(None) + HOUR), "without a zone"),
    "text that is no date": (FRAME.with_columns(time=pl.lit("soon")), "text that is no date"),
    "dates and times": ({date(2024, 1, 1): 1.0, datetime(2024, 1, 2, tzinfo=UTC): 2.0}, "side by side"),
    "a catalog": (wb.sample, "reads files while the strategy runs"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "why"), LACKS.values(), ids=LACKS)
def test_what_cannot_be_cut_is_told(data: Any, why: str) -> None:
    class Holds(wb.Strategy):
        data: Any

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.target(bar.asset, weight=1 if bar.close > 100 else 0)

    audit = wb.Backtest(Holds(data=data), BARS).audit(samples=5, progress=False)
    assert (audit.verdict, audit.clean, audit.findings.height) == ("incomplete", False, 0)
    assert len(audit.not_checked) == 1
    assert why in audit.not_checked[0]
    assert "Holds.data: " in audit.not_checked[0]
