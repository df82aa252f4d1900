"""Longer bars in a run: what `every=` shows at any moment is what had closed by then, and not one bar more.

The one idea: at every callback, all that a strategy can see of longer bars is compared with plain loops over the rows
known at that time. The same loops with now moved by one bar must disagree, so a leak of one bar fails here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hand_made import days, outcome, split
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from longer_twin import Long, Twin
from test_determinism import pieces, rows_of

import workbench as wb
from workbench import ta
from workbench._native import Simulation
from workbench.engine.simulation import Host
from workbench.errors import LookaheadError, ParameterError, TimeError, UndefinedError
from workbench.indicators import Indicator
from workbench.market.bars import ACTIONS
from workbench.strategies.callbacks import fresh, hooks

MINUTE = timedelta(minutes=1)
NO_ACTIONS = pl.DataFrame(schema=ACTIONS)
Seen = list[tuple[Any, ...]]
slow = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def watched(lengths: Sequence[str]) -> list[Indicator]:
    """Every way in which an indicator can live on longer bars; the first length is the shorter one."""
    short, long = lengths[0], lengths[-1]
    return [
        ta.sma(1, every=short),
        ta.sma(2, of="volume", every=long),
        ta.ema(3, of="high", every=short),
        ta.sma(2, every=short) - ta.sma(3),
        ta.sma(1, every=short) - ta.sma(1, of="open", every=long),
        ta.sma(2, of=ta.ema(2), every=short),
        ta.sma(3, of=ta.sma(2, every=short)),
        ta.sma(2, of=ta.sma(2, every=short), every=long),
        ta.sma(2, of=ta.sma(1, of="low", every=long), every=short),
    ]


class Watch(wb.Strategy):
    """Tells `look` of every slice: the time, what each stream says of each asset, and the longer bars."""

    look: Any
    lengths: tuple[str, ...]

    def on_start(self, ctx: wb.Context) -> None:
        self.streams = [ctx.watch(each) for each in watched(self.lengths)]

    def on_slice(self, ctx: wb.Context, bars: Any) -> None:
        values = {asset: [stream.get(asset) for stream in self.streams] for asset in ctx.assets}
        longer = {every: bars_of(ctx.bars(every=every)) for every in self.lengths}
        self.look((ctx.now, values, longer))


def bars_of(bars: wb.Bars) -> dict[str, list[Long]]:
    """The rows of some bars by asset."""
    out: dict[str, list[Long]] = {str(asset): [] for asset in bars.assets}
    for row in bars.frame.drop("open_time").iter_rows(named=True):
        out[row.pop("asset")].append(Long(**row))
    return out


def backtest_of(bars: wb.Bars, lengths: Sequence[str], seen: Seen) -> wb.Backtest:
    return wb.Backtest(Watch(look=seen.append, lengths=tuple(lengths)), bars, warmup=False, volume_cap=None)


def seen_of(bars: wb.Bars, lengths: Sequence[str]) -> Seen:
    """All that a run shows."""
    seen: Seen = []
    backtest_of(bars, lengths, seen).run()
    return seen


def same(found: object, expected: object) -> bool:
    """Equal, floats up to the order of their sums."""
    if isinstance(found, float) and isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    if isinstance(found, Long) and isinstance(expected, Long):
        return all(same(getattr(found, n), getattr(expected, n)) for n in Long.__dataclass_fields__)
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return found == expected


def disagreements(seen: Seen, twin: Twin) -> list[tuple[datetime, str]]:
    """Where a run shows something else than the loops find."""
    out = []
    for now, values, longer in seen:
        for asset in twin.rows:
            known = twin.known(asset, now)
            expected = [known.value(node) for node in watched(twin.lengths)]
            bars = {every: of[asset] for every, of in longer.items()}
            if not same(values[asset], expected) or not all(same(bars[e], known.longer[e]) for e in twin.lengths):
                out.append((now, asset))
    return out


def holed(kept: dict[str, Sequence[int]], whole: wb.Bars, actions: pl.DataFrame = NO_ACTIONS) -> wb.Bars:
    """Some rows of each asset."""
    frames = [whole.frame.filter(asset=asset)[list(rows)] for asset, rows in kept.items()]
    return wb.Bars(pl.concat(frames), actions, whole.assets, whole.every, "with holes")


def market(calendar: str, start: date, every: str, n: int, names: str = "XY") -> wb.Bars:
    """Bars without holes, in hundredths but on digits so fine that no split is rounded."""
    options = {"n": n, "start": start, "calendar": calendar, "price_digits": 6, "quantity_digits": 6}
    parts = [wb.simulate.bars(name, every, seed=i, **options) for i, name in enumerate(names)]  # type: ignore[arg-type]
    assets = tuple(part.assets[0] for part in parts)
    frame = pl.concat([part.frame for part in parts]).with_columns(pl.col(pl.Float64).round(2))
    return wb.Bars(frame, NO_ACTIONS, assets, every, "simulated")


def splits(whole: wb.Bars, session: date, asset: str = "X") -> pl.DataFrame:
    row = {"asset": asset, "ex": session, "kind": "split", "numerator": 4, "denominator": 1}
    return pl.DataFrame([row | {"amount": None, "pay": None}], schema=ACTIONS)


@st.composite
def cases(draw: st.DrawFn) -> tuple[wb.Bars, list[str]]:
    """Minutes with holes of two assets around breaks, half days and clock changes, some with a split between days."""
    calendar = draw(st.sampled_from(["XNYS", "XHKG", "24/7", "XASX"]))
    start = draw(st.sampled_from([date(2024, 3, 8), date(2024, 7, 3), date(2024, 2, 9), date(2024, 10, 31)]))
    every, n = draw(st.sampled_from([("1m", 1500), ("5m", 900), ("1h", 400), ("1d", 150)]))
    lengths = {"1m": ["5m", "1h"], "5m": ["95m", "1d"], "1h": ["4h", "1w"], "1d": ["1w", "1mo"]}[every]
    whole = market(calendar, start, every, n)
    first = draw(st.integers(0, n - 61))
    near = st.integers(first, first + 60) | st.integers(0, n - 1)
    kept = {asset: sorted(draw(st.sets(near, min_size=1, max_size=60))) for asset in "XY"}
    ex = whole.frame["session"][draw(st.sampled_from(kept["X"]))]
    actions = splits(whole, ex) if draw(st.booleans()) else NO_ACTIONS
    bars = holed(kept, whole, actions)
    unknown = pl.int_range(pl.len()).is_in(draw(st.sets(st.integers(0, len(bars) - 1), max_size=3)))
    frame = bars.frame.with_columns(volume=pl.when(unknown).then(None).otherwise(pl.col("volume")))
    return wb.Bars(frame, actions, bars.assets, every, "random"), lengths


@slow
@given(cases())
def test_plain_loops_agree_at_every_moment(case: tuple[wb.Bars, list[str]]) -> None:
    bars, lengths = case
    seen = seen_of(bars, lengths)
    assert len(seen) == bars.frame["time"].n_unique()
    assert disagreements(seen, Twin(bars, lengths)) == []


@slow
@given(cases(), st.data())
def test_later_bars_change_nothing_that_was_seen(case: tuple[wb.Bars, list[str]], data: st.DataObject) -> None:
    bars, lengths = case
    seen = seen_of(bars, lengths)
    for cut in data.draw(st.sets(st.sampled_from([now for now, *_ in seen]), min_size=1, max_size=6)):
        frame = bars.frame.filter(pl.col("time") <= cut)
        # Assets that have no bar yet stay in the order of the bars.
        head = wb.Bars(frame, bars.actions, bars.assets, bars.every, "cut")
        assert seen_of(head, lengths) == [row for row in seen if row[0] <= cut]


@slow
@given(cases(), st.sampled_from([1, 5]))
def test_bar_by_bar_equals_the_file(case: tuple[wb.Bars, list[str]], size: int) -> None:
    bars, lengths = case
    seen: Seen = []
    test = backtest_of(bars, lengths, seen)
    simulation = Simulation(test._setup, dict(hooks(fresh(test._strategy))), Host(bars, 0))
    simulation.start()
    for piece in pieces(rows_of(bars), size):
        simulation.fed_until(piece["open_us"][0])
        assert simulation.run() is False
        for (number,), rows in piece.group_by("number", maintain_order=True):
            simulation.feed(number, rows.drop("number"))
    simulation.complete()
    assert simulation.run() is True
    assert seen == seen_of(bars, lengths)


def hours() -> wb.Bars:
    """A half day and a day of New York around the ends of quarters; X lacks the last minute of some, Y has little."""
    whole = market("XNYS", date(2024, 7, 3), "1m", 600)
    near = [i for i in range(600) if i % 15 in (0, 13, 14) and i not in (59, 119, 120, 209, 400)]
    kept = {"X": near, "Y": [0, 7, 58, 61, 130, 269, 270, 599]}
    return holed(kept, whole, splits(whole, date(2024, 7, 5)))


@pytest.mark.parametrize("bars_ahead", [-1, 1])
def test_a_leak_of_one_bar_would_be_seen(bars_ahead: int) -> None:
    """The loops agree as they are; one bar early is a leak, one bar late is stale, and both show."""
    bars, lengths = hours(), ["15m", "1h"]
    seen = seen_of(bars, lengths)
    assert disagreements(seen, Twin(bars, lengths)) == []
    assert len(disagreements(seen, Twin(bars, lengths, bars_ahead * MINUTE))) > 20


def stamp(hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 1, 2, hour, minute, tzinfo=UTC)


def flat(times: Sequence[tuple[int, int]], prices: Sequence[float], name: str, every: str = "30m") -> pl.DataFrame:
    columns = {each: list(prices) for each in ("open", "high", "low", "close")}
    opened = [stamp(*at) for at in times]
    return pl.DataFrame({"asset": [name] * len(times), "open_time": opened, **columns, "volume": [1.0] * len(times)})


def values_at(bars: wb.Bars, node: Indicator, asset: str = "A") -> list[tuple[str, float | None]]:
    """What a stream says of an asset in each slice."""
    seen: list[tuple[str, float | None]] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.stream = ctx.watch(node)

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        seen.append((f"{ctx.now:%H:%M}", self.stream.get(asset)))

    outcome(bars, {"warmup": False}, on_start=on_start, on_slice=on_slice)
    return seen


def test_an_hour_counts_in_the_slice_that_it_ends_with() -> None:
    bars = wb.Bars.from_frame(flat([(0, 0), (0, 30), (1, 0), (1, 30)], [10, 11, 12, 13], "A"), every="30m")
    assert values_at(bars, ta.sma(1, every="1h")) == [("00:30", None), ("01:00", 11), ("01:30", 11), ("02:00", 13)]


def test_an_hour_without_its_last_bar_ends_by_the_clock() -> None:
    """A has no bar from 00:30; its hour is known at 01:00 where B shows the time, at 01:30 where nobody does."""
    a = flat([(0, 0), (1, 0)], [10, 12], "A")
    alone = wb.Bars.from_frame(a, every="30m")
    assert values_at(alone, ta.sma(1, every="1h")) == [("00:30", None), ("01:30", 10)]
    both = wb.Bars.from_frame(pl.concat([a, flat([(0, 30)], [5], "B")]), every="30m")
    assert values_at(both, ta.sma(1, every="1h")) == [("00:30", None), ("01:00", 10), ("01:30", 10)]
    # The hour's 10 stands beside A's own last close, 10, and then beside 12.
    gap = ta.sma(1, every="1h") - ta.sma(1)
    assert values_at(both, gap) == [("00:30", None), ("01:00", 0), ("01:30", -2)]


def test_two_hours_that_end_unseen_come_in_their_order() -> None:
    """Both are known at 02:00 at once: the mean of 10 and 12, not one of them alone."""
    bars = wb.Bars.from_frame(flat([(0, 0), (1, 30)], [10, 12], "A"), every="30m")
    assert values_at(bars, ta.sma(2, every="1h")) == [("00:30", None), ("02:00", 11)]
    assert values_at(bars, ta.sma(1, of=ta.sma(1), every="1h"))[-1] == ("02:00", 12)


def test_an_hour_waits_for_a_bar_that_runs_over_its_end() -> None:
    """A's second bar runs from 00:45 to 01:15; B shows 01:00, but the hour of A is not all there yet."""
    a = flat([(0, 15), (0, 45), (1, 15)], [10, 11, 12], "A")
    bars = wb.Bars.from_frame(pl.concat([a, flat([(0, 30)], [5], "B")]), every="30m")
    assert values_at(bars, ta.sma(1, every="1h")) == [("00:45", None), ("01:00", None), ("01:15", 11), ("01:45", 11)]
    seen: list[int] = []
    outcome(bars, on_slice=lambda self, ctx, bars: seen.append(ctx.bars(every="1h").frame.filter(asset="A").height))
    assert seen == [0, 0, 1, 1]


def test_a_split_inside_a_week_by_hand() -> None:
    """2:1 before Wednesday, January 3rd: Monday and Tuesday count half, so the week's high is 52, its open 50."""
    bars = days(A=[100, 104, 51, 52, 50, None, None, 48], actions=[split("A", 3, 2, 1)])
    rows: list[Any] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.high = ctx.watch(ta.sma(1, of="high", every="1w"))
        self.open = ctx.watch(ta.sma(1, of="open", every="1w"))

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        week = ctx.bars(every="1w").frame.select("open", "high", "close", "volume").rows()
        rows.append((ctx.session.day, self.open.get("A"), self.high.get("A"), week))

    outcome(bars, {"warmup": False}, on_start=on_start, on_bar=on_bar)
    # The week ends on Sunday, which has no bar: it is known with the first bar after it.
    week = [(50.0, 52.0, 50.0, 7_000_000.0)]
    assert rows == [*((day, None, None, []) for day in range(1, 6)), (8, 50.0, 52.0, week)]


def test_a_split_moves_the_weeks_before_it() -> None:
    bars = days(A=[100] * 7 + [104] * 2 + [26] * 6, actions=[split("A", 10, 4, 1)])
    node = ta.sma(1, every="1w")
    assert [value for _, value in values_at(bars, node)] == [None] * 6 + [100] * 3 + [25] * 4 + [26] * 2


def test_on_bar_waits_for_longer_bars() -> None:
    calls: list[str] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.stream = ctx.watch(ta.sma(2, every="1h"))

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        calls.append(f"{ctx.now:%H:%M} {self.stream[bar.asset]}")

    times = [(0, 0), (0, 30), (1, 0), (1, 30), (2, 0)]
    bars = wb.Bars.from_frame(flat(times, [10, 11, 12, 13, 14], "A"), every="30m")
    outcome(bars, on_start=on_start, on_bar=on_bar)
    assert calls == ["02:00 12.0", "02:30 12.0"]


def test_what_is_missing_is_told_in_longer_bars() -> None:
    bars = wb.Bars.from_frame(flat([(0, 0), (0, 30), (1, 0)], [10, 11, 12], "A"), every="30m")
    told: list[str] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.stream = ctx.watch(ta.sma(3, every="1h") - ta.sma(1))

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        with pytest.raises(UndefinedError) as refused:
            self.stream["A"]
        told.append(str(refused.value))

    outcome(bars, {"warmup": False}, on_start=on_start, on_slice=on_slice)
    assert told[-1].endswith("it needs 3 bars of 1h and 1 have closed; .get(asset) gives None instead")
    run = outcome(bars, on_start=on_start, on_bar=lambda self, ctx, bar: None)
    text = "on_bar was never called where indicators lacked bars (A has 1 of 3 bars of 1h)"
    assert [notice.text for notice in run.notices if notice.kind == "waiting"] == [text]


WRONG = [
    pytest.param("7m", "every='7m' is no multiple of the bars' own 30m; give a whole multiple of it", id="no multiple"),
    pytest.param("10m", "every='10m' is no multiple of the bars' own 30m; give a whole multiple of it", id="shorter"),
    pytest.param("hour", "every='hour': give '5m', '1h', '4h', '1d', '1w' or '1mo'", id="nonsense"),
    pytest.param(60, "every=60: give '5m', '1h', '4h', '1d', '1w' or '1mo'", id="a number"),
]
ASKED = {
    "an indicator": (lambda self, ctx, e: ctx.watch(ta.sma(2, every=e)), "on_start"),
    "an indicator inside": (lambda self, ctx, e: ctx.watch(ta.ema(2, of=ta.sma(2, every=e))), "on_start"),
    "bars": (lambda self, ctx, e: ctx.bars(every=e), "on_slice"),
    "history": (lambda self, ctx, e: ctx.history("A", 1, every=e), "on_slice"),
}


@pytest.mark.parametrize(("every", "message"), WRONG)
@pytest.mark.parametrize(("ask", "hook"), ASKED.values(), ids=ASKED)
def test_lengths_that_cannot_be(ask: Any, hook: str, every: Any, message: str) -> None:
    bars = wb.Bars.from_frame(flat([(0, 0)], [10], "A"), every="30m")
    asked = {"on_slice": lambda self, ctx, bars: None, hook: lambda self, ctx, *_: ask(self, ctx, every)}
    with pytest.raises(ParameterError) as refused:
        outcome(bars, **asked)
    assert str(refused.value) == message


def test_a_session_that_the_calendar_does_not_have_is_told() -> None:
    frame = flat([(15, 0)], [10.0], "A").with_columns(session=date(2024, 1, 1))
    times = frame.with_columns(time=pl.col("open_time").dt.offset_by("30m")).select(
        "asset", "open_time", "time", "session", "open", "high", "low", "close", "volume"
    )
    typed = times.cast({"open_time": pl.Datetime("us", "UTC"), "time": pl.Datetime("us", "UTC")})
    bars = wb.Bars(typed, NO_ACTIONS, (wb.Asset("A", calendar="XNYS"),), "30m", "by hand")
    with pytest.raises(TimeError, match="2024-01-01 is no session of XNYS"):
        values_at(bars, ta.sma(1, every="1h"))


def test_the_own_length_is_the_bars_themselves() -> None:
    bars = days(A=[10, 12, 15], B=[None, 4, 6])
    assert [v for _, v in values_at(bars, ta.sma(2, every="1d"))] == [v for _, v in values_at(bars, ta.sma(2))]
    # Inside of a week an own length keeps its days: the mean of Saturday and Sunday, once a week.
    week = days(A=[10, 11, 12, 13, 14, 15, 17, 18])
    node = ta.sma(1, of=ta.sma(2, every="1d"), every="1w")
    assert [v for _, v in values_at(week, node)] == [None] * 6 + [16, 16]


def test_history_of_longer_bars() -> None:
    times = [(0, 0), (0, 30), (1, 0), (1, 30), (2, 0)]
    bars = wb.Bars.from_frame(flat(times, [10, 11, 12, 13, 14], "A"), every="30m")
    seen: list[Any] = []

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        if ctx.now < stamp(2):
            with pytest.raises(UndefinedError, match=r"history of 2 bars of 1h of A: [01] have closed"):
                ctx.history("A", 2, every="1h")
            return
        window = ctx.history("A", 2, field="open", every="60m")
        seen.append((list(window), list(ctx.history("A", 1, every="1h"))))
        with pytest.raises(LookaheadError):
            ctx.history("A", 0, every="1h")

    run = outcome(bars, on_slice=on_slice)
    assert seen == [([10, 12], [13])] * 2
    past = run.at(stamp(1, 30))
    assert list(past.history("A", 1, every="1h")) == [11]
    assert past.bars(every="1h").frame["close"].to_list() == [11]


def test_an_unknown_volume_of_a_longer_bar() -> None:
    frame = flat([(0, 0), (0, 30)], [10, 11], "A").with_columns(volume=pl.Series([1.0, None]))

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        if ctx.now == stamp(1):
            message = "the volume of A is unknown in 1 of its last 1 bars of 1h; ask for fewer bars"
            with pytest.raises(UndefinedError, match=message):
                ctx.history("A", 1, field="volume", every="1h")

    outcome(wb.Bars.from_frame(frame, every="30m"), on_slice=on_slice)
