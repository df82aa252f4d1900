"""What begins anew with each session: the volume-weighted average price and pivot points.

The one idea: the sessions of New York are not days of UTC, so a day is found by the session of its bars alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Indicator, Outputs

NAN = float("nan")
Rows = list[dict[str, float]]


def hours(days: int = 15, seed: int = 4, every: int = 30) -> wb.Bars:
    """Bars of New York in winter, 14:30 to 21:00 UTC, with a weekend and a holiday inside."""
    opens = [
        start + timedelta(minutes=every * i)
        for day in range(days)
        if (start := datetime(2024, 1, 8, 14, 30, tzinfo=UTC) + timedelta(days=day)).weekday() < 5
        and start.date() != date(2024, 1, 15)
        for i in range(390 // every)
    ]
    rng = np.random.default_rng(seed)
    close = np.round(100 + np.cumsum(rng.normal(0, 0.3, len(opens))), 2)
    begun = np.round(close + rng.normal(0, 0.2, len(opens)), 2)
    frame = pl.DataFrame(
        {
            "open_time": opens,
            "open": begun,
            "high": np.round(np.maximum(begun, close) + rng.uniform(0, 0.3, len(opens)), 2),
            "low": np.round(np.minimum(begun, close) - rng.uniform(0, 0.3, len(opens)), 2),
            "close": close,
            "volume": rng.integers(0, 500, len(opens)).astype(float),
        }
    )
    return wb.Bars.from_frame(frame, "X", every=f"{every}m", calendar="NYSE")


BARS = hours()


def sessions(frame: pl.DataFrame) -> list[Rows]:
    """The bars of each session."""
    return [part.to_dicts() for part in frame.partition_by("session", maintain_order=True)]


def typical(bar: dict[str, float]) -> float:
    return (bar["high"] + bar["low"] + bar["close"]) / 3


def vwap(days: list[Rows]) -> list[float | None]:
    out: list[float | None] = []
    for day in days:
        for i in range(len(day)):
            known = [(typical(bar), bar["volume"]) for bar in day[: i + 1]]
            volume = math.fsum(v for _, v in known)
            out.append(math.fsum(t * v for t, v in known) / volume if volume else None)
    return out


def of_day(day: Rows) -> tuple[float, float, float]:
    return max(bar["high"] for bar in day), min(bar["low"] for bar in day), day[-1]["close"]


def classic(high: float, low: float, close: float) -> dict[str, float]:
    p = (high + low + close) / 3
    return {
        "pivot": p,
        "r1": 2 * p - low,
        "r2": p + (high - low),
        "r3": high + 2 * (p - low),
        "s1": 2 * p - high,
        "s2": p - (high - low),
        "s3": low - 2 * (high - p),
    }


def fibonacci(high: float, low: float, close: float) -> dict[str, float]:
    p, range_ = (high + low + close) / 3, high - low
    parts = {"1": 0.382, "2": 0.618, "3": 1.0}
    above = {f"r{i}": p + part * range_ for i, part in parts.items()}
    return {"pivot": p} | above | {f"s{i}": p - part * range_ for i, part in parts.items()}


def camarilla(high: float, low: float, close: float) -> dict[str, float]:
    parts = {"1": 12, "2": 6, "3": 4, "4": 2}
    above = {f"r{i}": close + (high - low) * 1.1 / part for i, part in parts.items()}
    return (
        {"pivot": (high + low + close) / 3}
        | above
        | {f"s{i}": close - (high - low) * 1.1 / part for i, part in parts.items()}
    )


KINDS: list[tuple[Callable[..., Outputs], Callable[[float, float, float], dict[str, float]]]] = [
    (ta.pivots, classic),
    (ta.pivots_fibonacci, fibonacci),
    (ta.pivots_camarilla, camarilla),
]


class Watch(wb.Strategy):
    """Keeps what each stream says at every bar."""

    indicators: tuple[Indicator, ...]

    def on_start(self, ctx: wb.Context) -> None:
        self.streams = [ctx.watch(each) for each in self.indicators]

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        found = {f"_{i}": stream.get(bar.asset) for i, stream in enumerate(self.streams)}
        ctx.record(seen=1.0, **{name: value for name, value in found.items() if value is not None})


def streams(*indicators: Indicator, bars: wb.Bars = BARS) -> list[list[float | None]]:
    recorded = wb.Backtest(Watch(indicators=indicators), bars, cash="1000 USD", warmup=False).run().recorded
    return [recorded[f"_{i}"].to_list() for i in range(len(indicators))]


def close_to(expected: Sequence[float | None]) -> object:
    return pytest.approx([NAN if value is None else value for value in expected], rel=1e-12, nan_ok=True)


def floats(values: Sequence[float | None]) -> list[float]:
    return [NAN if value is None else value for value in values]


def test_a_mean_price_begins_anew_with_each_session() -> None:
    expected = close_to(vwap(sessions(BARS.frame)))
    assert floats(streams(ta.vwap())[0]) == expected
    assert floats(BARS.with_columns(ta.vwap())["vwap"].to_list()) == expected
    assert floats(BARS.frame.select(ta.vwap().expr(over="asset"))["vwap"].to_list()) == expected


def test_a_mean_price_on_longer_bars() -> None:
    found = floats(streams(ta.vwap(every="1h"))[0])
    longer = BARS.resample("1h").frame
    values = dict(zip(longer["time"].to_list(), floats(vwap(sessions(longer))), strict=True))
    # The last longer bar that has closed, which are those of the half hours that end one.
    last, expected = NAN, []
    for time in BARS.frame["time"].to_list():
        last = values.get(time, last)
        expected.append(last)
    assert found == pytest.approx(expected, rel=1e-12, nan_ok=True)
    assert floats(BARS.with_columns(hourly=ta.vwap(every="1h"))["hourly"].to_list()) == close_to(expected)


@pytest.mark.parametrize(("ours", "formula"), KINDS)
def test_levels_are_those_of_the_session_before(
    ours: Callable[..., Outputs], formula: Callable[[float, float, float], dict[str, float]]
) -> None:
    days = sessions(BARS.frame)
    known = [None, *(formula(*of_day(day)) for day in days)]
    each = ours().each
    found = streams(*each.values())
    beside = BARS.with_columns(ours())
    assert ours().outputs == tuple(formula(1, 1, 1))
    for (output, indicator), values in zip(each.items(), found, strict=True):
        expected = [
            None if levels is None else levels[output] for levels, day in zip(known, days, strict=False) for _ in day
        ]
        assert floats(values) == close_to(expected), output
        assert floats(beside[f"{indicator.name}"].to_list()) == close_to(expected), output


@pytest.mark.parametrize("every", ["1d", "1w"])
def test_levels_of_the_last_longer_bar_that_closed(every: str) -> None:
    longer = BARS.resample(every).frame.to_dicts()
    expected: list[float | None] = []
    for time in BARS.frame["time"].to_list():
        ended = [bar for bar in longer if bar["time"] <= time]
        expected.append(classic(ended[-1]["high"], ended[-1]["low"], ended[-1]["close"])["s2"] if ended else None)
    assert floats(streams(ta.pivots(every=every).s2)[0]) == close_to(expected)
    assert floats(BARS.with_columns(ta.pivots(every=every))["pivots.s2"].to_list()) == close_to(expected)
    assert expected[0] is None
    assert expected[-1] is not None


def test_levels_on_daily_bars_are_those_of_the_day_before() -> None:
    bars = wb.sample["AAPL"]
    frame = bars.frame.filter(pl.col("session") >= date(2012, 1, 1))
    found = ta.pivots().r1(frame).to_list()
    rows = frame.to_dicts()
    before = [None, *(classic(row["high"], row["low"], row["close"])["r1"] for row in rows[:-1])]
    assert floats(found) == close_to(before)


def table(sessions: list[date | None], **columns: list[float | None]) -> pl.DataFrame:
    close = columns["close"]
    prices = {"high": close, "low": close, "volume": [1.0] * len(close)} | columns
    return pl.DataFrame(prices | {"session": sessions}, schema_overrides={"session": pl.Date})


ONE, TWO, THREE = date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)
WORKED: dict[str, tuple[Indicator, pl.DataFrame, list[float | None]]] = {
    "no price before anything was traded": (
        ta.vwap(),
        table([ONE, ONE, ONE, TWO, TWO], close=[1, 2, 4, 8, 9], volume=[0, 1, 1, 0, 3]),
        [None, 2, 3, None, 9],
    ),
    "an unknown volume spoils the session": (
        ta.vwap(),
        table([ONE, ONE, ONE, TWO, TWO], close=[1, 2, 4, 8, 10], volume=[1, None, 1, 1, 1]),
        [1, None, None, 8, 9],
    ),
    "an unknown session spoils the one it may belong to": (
        ta.vwap(),
        table([ONE, None, ONE, TWO], close=[1, 2, 4, 8]),
        [1, None, None, 8],
    ),
    "levels of a session with an unknown price": (
        ta.pivots().pivot,
        table([ONE, TWO, TWO, THREE, THREE, date(2024, 1, 4)], close=[3, 6, None, 9, 12, 1]),
        [None, 3, 3, None, None, 11],
    ),
    "levels of a session that began with an unknown price": (
        ta.pivots().pivot,
        table([ONE, TWO, TWO, THREE], close=[3, None, 6, 9]),
        [None, 3, 3, None],
    ),
    "levels of a session with a row of none": (
        ta.pivots().pivot,
        table([ONE, None, ONE, TWO, THREE], close=[3, 3, 3, 6, 9]),
        [None, None, None, None, 6],
    ),
}


@pytest.mark.parametrize("name", WORKED)
def test_values_worked_by_hand(name: str) -> None:
    indicator, frame, expected = WORKED[name]
    assert indicator(frame).to_list() == expected


def test_a_split_moves_levels_into_new_units() -> None:
    prices = [40.0, 44.0, 11.0, 12.0]
    frame = pl.DataFrame({"date": ["2024-07-01", "2024-07-02", "2024-07-03", "2024-07-05"]})
    frame = frame.with_columns(pl.Series(name, prices) for name in ("open", "high", "low", "close"))
    split = pl.DataFrame({"ex": ["2024-07-03"], "kind": ["split"], "numerator": [4], "denominator": [1]})
    bars = wb.Bars.from_frame(frame, "X", calendar="XNYS", actions=split)
    # On the 3rd the 44 of the session before count as 11.
    assert bars.with_columns(ta.pivots())["pivots.pivot"].to_list() == [None, 40, 11, 11]
    assert streams(ta.pivots().pivot, bars=bars) == [[None, 40, 11, 11]]


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "a bare series": (lambda: ta.vwap()(pl.Series([1.0])), "reads high, low, close, volume, session: give a DataFrame"),
    "no sessions": (
        lambda: ta.vwap()(BARS.frame.drop("session")),
        r"reads session; the frame has .*it is the date of a row's session, which Bars know: bars.with_columns",
    ),
    "sessions of another kind": (
        lambda: ta.pivots()(BARS.frame.with_columns(session=pl.lit(1))),
        "reads the session as a date; session is Int32",
    ),
    "a session as an input": (lambda: ta.sma(3, of="session"), "of= takes open, high, low, close, volume"),  # type: ignore[arg-type]
    "no length": (lambda: ta.pivots(every="1 day"), "every="),
}


@pytest.mark.parametrize("name", BAD)
def test_refusals(name: str) -> None:
    make, says = BAD[name]
    with pytest.raises(ParameterError, match=says):
        make()


def test_history_has_no_sessions() -> None:
    class Asks(wb.Strategy):
        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.history(bar.asset, 1, field="session")  # type: ignore[arg-type]

    with pytest.raises(ParameterError, match="use open, high, low, close or volume"):
        wb.Backtest(Asks(), BARS, cash="1000 USD").run()
