"""Indicators of other assets, and columns of what is not in their rows: what is known at a bar is what closed by then.

The one idea: at every slice each stream is compared with plain loops over the rows of both assets known at that time,
in the units of that time; a column must say at each row what the stream says at its bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hand_made import days, outcome, split
from hypothesis import HealthCheck, Phase, given, settings
from longer_twin import Known, Twin
from test_longer import cases, flat, hours, same, values_at

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError, UndefinedError, UnknownAssetError, UnsupportedError
from workbench.indicators import Indicator

MINUTE = timedelta(minutes=1)
Seen = list[tuple[Any, dict[str, list[float | None]]]]
slow = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.shrink}
)


def watched(lengths: Sequence[str]) -> list[Indicator]:
    """Indicators of X, alone, on its longer bars, beside the reader's own, and read by others."""
    short, long = lengths[0], lengths[-1]
    return [
        ta.close().on("X"),
        ta.sma(3).on("X"),
        ta.sma(2, of="high", every=short).on("X"),
        ta.sma(2, of=ta.ema(2, every=short)).on("X"),
        ta.close().on("X") - ta.close(),
        ta.sma(2, every=long) - ta.sma(2, of="open", every=long).on("X"),
        ta.sma(3, of=ta.close().on("X")),
        ta.sma(2, of=ta.sma(2).on("X"), every=short),
        ta.sma(2, of=ta.close(every=short).on("X"), every=short),
        (ta.close() > ta.close().on("Y")).on("X"),
    ]


def expected(now: Any, asset: str, twin: Twin) -> list[float | None]:
    """The same values by plain loops over what is known."""
    own, other, y = twin.known(asset, now), twin.known("X", now), twin.known("Y", now)
    short, long = twin.lengths[0], twin.lengths[-1]
    hour, day = own.longer[short], own.longer[long]
    closes = [bar.close for bar in other.own]
    return [
        last(closes),
        last(means(3, closes)),
        other.value(ta.sma(2, of="high", every=short)),
        other.value(ta.sma(2, of=ta.ema(2, every=short))),
        less(last(closes), last([bar.close for bar in own.own])),
        less(last(means(2, [bar.close for bar in day])), last(means(2, [bar.open for bar in other.longer[long]]))),
        last(means(3, [held(bar.time, other, closes) for bar in own.own])),
        last(means(2, [held(bar.time, other, means(2, closes)) for bar in hour])),
        last(means(2, [held(bar.time, other, [b.close for b in other.longer[short]], short) for bar in hour])),
        None if not (closes and y.own) else float(closes[-1] > y.own[-1].close),
    ]


def held(time: Any, known: Known, values: Sequence[float | None], every: str | None = None) -> float | None:
    """What was known of a series at a time."""
    bars = known.longer[every] if every else known.own
    return last([value for bar, value in zip(bars, values, strict=True) if bar.time <= time])


def means(n: int, values: Sequence[float | None]) -> list[float | None]:
    windows = [values[max(0, i - n + 1) : i + 1] for i in range(len(values))]
    return [sum(w) / n if len(w) == n and None not in w else None for w in windows]  # type: ignore[arg-type]


def last(values: Sequence[float | None]) -> float | None:
    return values[-1] if values else None


def less(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def seen_of(bars: wb.Bars, lengths: Sequence[str]) -> Seen:
    seen: Seen = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.streams = [ctx.watch(each) for each in watched(lengths)]

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        seen.append((ctx.now, {asset: [stream.get(asset) for stream in self.streams] for asset in ctx.assets}))

    outcome(bars, {"warmup": False, "volume_cap": None}, on_start=on_start, on_slice=on_slice)
    return seen


def disagreements(seen: Seen, twin: Twin) -> list[Any]:
    found = []
    for now, values in seen:
        for asset, told in values.items():
            if not all(map(same, told, expected(now, asset, twin))):
                found.append((now, asset, told, expected(now, asset, twin)))
    return found


@slow
@given(cases())
def test_plain_loops_agree_at_every_moment(case: tuple[wb.Bars, list[str]]) -> None:
    bars, lengths = case
    seen = seen_of(bars, lengths)
    assert len(seen) == bars.frame["time"].n_unique()
    assert disagreements(seen, Twin(bars, lengths)) == []


@slow
@given(cases())
def test_columns_are_streams(case: tuple[wb.Bars, list[str]]) -> None:
    bars, lengths = case
    asked = {f"c{i}": each for i, each in enumerate(watched(lengths))}
    frame = bars.with_columns(**asked)
    assert frame.select(bars.frame.columns).equals(bars.frame)
    at = dict(seen_of(bars, lengths))
    for row in frame.cast({pl.Boolean: pl.Float64}).iter_rows(named=True):
        assert [row[name] for name in asked] == at[row["time"]][row["asset"]], row


@pytest.mark.parametrize("bars_ahead", [-1, 1])
def test_a_leak_of_one_bar_would_be_seen(bars_ahead: int) -> None:
    bars, lengths = hours(), ["15m", "1h"]
    seen = seen_of(bars, lengths)
    assert disagreements(seen, Twin(bars, lengths)) == []
    assert len(disagreements(seen, Twin(bars, lengths, bars_ahead * MINUTE))) > 20


def test_columns_over_holes_a_half_day_and_a_split() -> None:
    bars, lengths = hours(), ["15m", "1h"]
    asked = {f"c{i}": each for i, each in enumerate(watched(lengths))}
    at = dict(seen_of(bars, lengths))
    rows = bars.with_columns(**asked).cast({pl.Boolean: pl.Float64}).iter_rows(named=True)
    assert all([row[name] for name in asked] == at[row["time"]][row["asset"]] for row in rows)


def test_a_bar_of_the_same_moment_counts() -> None:
    """B is fed after A, but both are there at 00:30; B's second bar is missing, so its first one stands."""
    a = flat([(0, 0), (0, 30), (1, 0)], [10, 11, 12], "A")
    b = flat([(0, 0), (1, 0)], [5, 6], "B")
    bars = wb.Bars.from_frame(pl.concat([a, b]), every="30m")
    assert values_at(bars, ta.close().on("B")) == [("00:30", 5), ("01:00", 5), ("01:30", 6)]
    assert values_at(bars, ta.close() - ta.close().on("B")) == [("00:30", 5), ("01:00", 6), ("01:30", 6)]
    assert bars.select(["A", "B"]).with_columns(ta.close().on("B"))["close.on('B')"].to_list() == [5, 5, 6, 5, 6]


def test_two_calendars() -> None:
    """From Friday on: a share stands still over the weekend, a coin does not; each knows the other's last close."""
    share = days(date(2024, 1, 5), calendar="XNYS", S=[100, 101, 102])
    coin = days(date(2024, 1, 5), C=[10, 11, 12, 13])
    bars = wb.Bars(pl.concat([share.frame, coin.frame]), share.actions, (*share.assets, *coin.assets), "1d", "by hand")
    frame = bars.with_columns(s=ta.close().on("S"), c=ta.close().on("C"))
    # New York closes at 21:00, a day of the coin at midnight: on Friday evening the coin's first bar still runs.
    assert frame.filter(asset="S")["c"].to_list() == [None, 12, 13]
    assert frame.filter(asset="C")["s"].to_list() == [100, 100, 100, 101]


def test_a_split_of_the_other_asset() -> None:
    """2:1 before B's third day: its first closes are then 5 and 6, and all that was made of them is made anew."""
    bars = days(A=[1, 1, 1, 1], B=[10, 12, 7, 9], actions=[split("B", 3, 2, 1)])
    mean = ta.sma(2).on("B")
    over = ta.sma(3, of=ta.close().on("B"))
    frame = bars.with_columns(mean=mean, over=over).filter(asset="A")
    assert frame["mean"].to_list() == [None, 11, 6.5, 8]
    assert frame["over"].to_list() == [None, None, 6, pytest.approx(22 / 3, rel=1e-15)]
    assert [value for _, value in values_at(bars, over)] == [None, None, 6, pytest.approx(22 / 3, rel=1e-15)]


def test_rules_wait_for_the_other_asset() -> None:
    """B has its second bar on the fourth day: until then nothing is decided, also for A, which has bars."""
    bars = days(A=[1, 2, 3, 4, 5], B=[None, 4, None, 4, 4])
    told: list[tuple[str, int, bool]] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.above = ctx.watch(ta.close() > ta.sma(2).on("B"))

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        told.append((str(bar.asset), bar.time.day - 1, bool(self.above[bar.asset])))

    outcome(bars, on_start=on_start, on_bar=on_bar)
    assert told == [("A", 4, False), ("B", 4, False), ("A", 5, True), ("B", 5, False)]


def test_what_is_missing_is_told() -> None:
    bars = days(A=[1, 2, 3], B=[None, 4, 4])

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.mean, self.weeks = ctx.watch(ta.sma(2).on("B")), ctx.watch(ta.sma(1, every="1w").on("B"))

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        if ctx.now.day == 3:
            with pytest.raises(
                UndefinedError, match=r"ta.sma\(2\).on\('B'\) of A has no value yet: it needs 2 bars of B"
            ):
                self.mean["A"]
            with pytest.raises(UndefinedError, match="it needs 1 bars of 1w of B and 0 have closed"):
                self.weeks["A"]

    outcome(bars, {"warmup": False}, on_start=on_start, on_slice=on_slice)


BARS = days(AAPL=[1, 2], KO=[3, 4])
REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "an unknown asset": (lambda: BARS.with_columns(ta.close().on("K0")), UnknownAssetError, "did you mean 'KO'"),
    "inside": (lambda: BARS.with_columns(ta.sma(2, of=ta.close().on("APL")) > 1), UnknownAssetError, "mean 'AAPL'"),
    "no name": (lambda: ta.close().on(""), ParameterError, "on takes the name of an asset, got ''; write ta.close"),
    "a series": (lambda: ta.close().on("KO")(pl.Series([1.0])), UnsupportedError, "bars of KO, and a column has none"),
    "a frame": (lambda: ta.close(every="1h").on("KO")(BARS.frame), UnsupportedError, "lives on bars of KO"),
    "an expression": (lambda: ta.close().on("KO").expr(), UnsupportedError, r"give it to bars.with_columns\(...\)"),
    "hours of days": (lambda: BARS.with_columns(ta.close(every="1h")), ParameterError, "every='1h'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    ask, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        ask()


def test_an_unknown_asset_is_refused_where_it_is_watched() -> None:
    def on_start(self: Any, ctx: wb.Context) -> None:
        ctx.watch(ta.close().on("K0"))

    with pytest.raises(UnknownAssetError, match="K0"):
        outcome(BARS, on_start=on_start)
