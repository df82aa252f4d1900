"""Windows of history and watched streams: what they hold, and what numpy makes of the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hand_made import days, outcome, split

import workbench as wb
from workbench import ta
from workbench.errors import ContextError, ParameterError, UndefinedError, UnknownAssetError

VALUES = [10.5, 12.25, 9.0, 11.75, 13.5]


def window(values: list[float] = VALUES) -> Any:
    """History of all the values, as the last callback reads it; it outlives the run."""
    kept: list[Any] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        kept.append(ctx.history("A", len(kept) + 1))

    outcome(days(A=values), on_bar=on_bar)
    return kept[-1]


READINGS: dict[str, tuple[Any, Any]] = {
    "length": (len, 5),
    "first": (lambda w: w[0], 10.5),
    "last": (lambda w: w[-1], 13.5),
    "numpy index": (lambda w: w[np.int64(2)], 9.0),
    "iteration": (list, VALUES),
    "backwards": (lambda w: list(reversed(w)), VALUES[::-1]),
    "slice": (lambda w: list(w[1:3]), VALUES[1:3]),
    "open slice": (lambda w: list(w[-2:]), VALUES[-2:]),
    "every second": (lambda w: list(w[::2]), VALUES[::2]),
    "reversed slice": (lambda w: list(w[::-1]), VALUES[::-1]),
    "slice too long": (lambda w: list(w[3:100]), VALUES[3:]),
    "empty slice": (lambda w: list(w[3:1]), []),
    "slice is a window": (lambda w: w[1:3].mean(), 10.625),
    "contains": (lambda w: 9.0 in w, True),
    "sum": (lambda w: w.sum(), 57.0),
    "mean": (lambda w: w.mean(), 11.4),
    "min": (lambda w: w.min(), 9.0),
    "max": (lambda w: w.max(), 13.5),
    "repr": (repr, "Window(close of A, 5 values: ..., 9, 11.75, 13.5)"),
}


@pytest.mark.parametrize(("read", "expected"), READINGS.values(), ids=READINGS)
def test_readings(read: Any, expected: Any) -> None:
    assert read(window()) == expected


@pytest.mark.parametrize("index", [5, -6])
def test_outside(index: int) -> None:
    with pytest.raises(IndexError, match=f"index {index} is outside the window of 5 values"):
        window()[index]


@pytest.mark.parametrize("index", [1.0, "a", None])
def test_an_index_is_a_whole_number(index: Any) -> None:
    with pytest.raises(TypeError):
        window()[index]


STATISTICS: dict[str, tuple[Any, Any]] = {
    "sum": (lambda w: w.sum(), np.sum),
    "mean": (lambda w: w.mean(), np.mean),
    "min": (lambda w: w.min(), np.min),
    "max": (lambda w: w.max(), np.max),
    "sample deviation": (lambda w: w.std(), lambda x: np.std(x, ddof=1)),
    "population deviation": (lambda w: w.std(ddof=0), np.std),
}


@pytest.mark.parametrize(("ours", "numpys"), STATISTICS.values(), ids=STATISTICS)
def test_statistics_equal_numpys(ours: Any, numpys: Any) -> None:
    values = [round(x, 4) for x in np.random.default_rng(3).uniform(5, 50, 400)]
    made = window(values)
    assert ours(made) == pytest.approx(numpys(np.array(values)), rel=1e-13)


def test_a_long_sum_loses_nothing() -> None:
    made = window([0.1] * 1000)
    assert made.sum() == 100.0
    assert made.std() == pytest.approx(0, abs=1e-15)


UNDEFINED: dict[str, tuple[Any, str]] = {
    "mean": (lambda w: w[:0].mean(), "the mean of close of A needs 1 values or more, the window has 0"),
    "min": (lambda w: w[:0].min(), "the minimum of close of A needs 1 values or more, the window has 0"),
    "max": (lambda w: w[:0].max(), "the maximum of close of A needs 1 values or more, the window has 0"),
    "std": (lambda w: w[:1].std(), "the standard deviation of close of A needs 2 values or more, the window has 1"),
}


@pytest.mark.parametrize(("read", "message"), UNDEFINED.values(), ids=UNDEFINED)
def test_what_does_not_exist_is_undefined(read: Any, message: str) -> None:
    with pytest.raises(UndefinedError) as refused:
        read(window())
    assert str(refused.value) == message


def test_arrays() -> None:
    made = window()
    array = np.asarray(made)
    assert array.dtype == np.float64
    assert array.tolist() == VALUES
    array[0] = 99
    assert (made[0], np.asarray(made)[0]) == (10.5, 10.5)
    assert np.asarray(made, dtype="float32").dtype == np.float32
    assert np.array(made, dtype=int).tolist() == [10, 12, 9, 11, 13]
    assert np.array(made, copy=True).tolist() == VALUES
    assert float(np.log(made)[2]) == np.log(9.0)
    assert np.asarray(made[:0]).tolist() == []


def test_an_array_without_a_copy_does_not_exist() -> None:
    with pytest.raises(ValueError, match="its values are always copied; leave copy=False out"):
        np.array(window(), copy=False)


def test_a_window_stays_as_it_was() -> None:
    kept: list[Any] = []
    outcome(days(A=VALUES), on_bar=lambda self, ctx, bar: kept.append(ctx.history("A", 1)))
    assert [list(each) for each in kept] == [[value] for value in VALUES]


def streamed(read: Any, bars: wb.Bars, indicator: Any = None, options: dict[str, Any] | None = None) -> list[Any]:
    """What `read(stream)` gives in each slice, the warm-up included."""
    seen: list[Any] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.stream = ctx.watch(ta.sma(2) if indicator is None else indicator)
        ctx.schedule(lambda ctx: seen.append(read(self.stream)), every="1d")

    outcome(bars, options, on_start=on_start)
    return seen


# Means of two closes: A from the second day on, B from the third.
PAIR: dict[str, Any] = {"A": [10, 12, 15, 11], "B": [None, 4, 6, 8]}
STREAMS: dict[str, tuple[Any, list[Any]]] = {
    "get": (lambda s: s.get("A"), [None, 11.0, 13.5, 13.0]),
    "get with a default": (lambda s: s.get("B", -1.0), [-1.0, -1.0, 5.0, 7.0]),
    "contains": (lambda s: ("A" in s, "B" in s), [(False, False), (True, False), (True, True), (True, True)]),
    "keys": (list, [[], ["A"], ["A", "B"], ["A", "B"]]),
    "length": (len, [0, 1, 2, 2]),
    "items by key": (lambda s: {a: s[a] for a in s}, [{}, {"A": 11.0}, {"A": 13.5, "B": 5.0}, {"A": 13.0, "B": 7.0}]),
    "repr": (repr, ["Stream(ta.sma(2))"] * 4),
}


@pytest.mark.parametrize(("read", "expected"), STREAMS.values(), ids=STREAMS)
def test_a_stream_is_a_mapping(read: Any, expected: list[Any]) -> None:
    assert streamed(read, days(**PAIR)) == expected


def test_a_value_that_does_not_exist_has_its_reason() -> None:
    def read(stream: Mapping[str, float]) -> str:
        with pytest.raises(UndefinedError) as refused:
            stream["A"]
        return str(refused.value)

    assert streamed(read, days(A=[10]))[0] == (
        "ta.sma(2) of A has no value yet: it needs 2 bars and 1 have closed; .get(asset) gives None instead"
    )


def test_an_unknown_input_has_its_reason() -> None:
    def read(stream: Mapping[str, float]) -> str:
        with pytest.raises(UndefinedError) as refused:
            stream["A"]
        return str(refused.value)

    seen = streamed(read, days(volume=None, A=[10, 11]), ta.sma(2, of="volume"))
    assert seen[-1].endswith("of A has no value yet: its input is undefined; .get(asset) gives None instead")


def test_an_unknown_asset_of_a_stream() -> None:
    with pytest.raises(UnknownAssetError, match="asset 'C' is not in this run"):
        streamed(lambda stream: stream["C"], days(A=[10]))


@pytest.mark.parametrize("given", ["sma", 20, lambda: 1], ids=["text", "number", "function"])
def test_only_indicators_are_watched(given: Any) -> None:
    with pytest.raises(ParameterError, match=r"watch needs an indicator such as ta\.sma"):
        outcome(days(A=[10]), on_start=lambda self, ctx: ctx.watch(given), on_bar=lambda self, ctx, bar: None)


@pytest.mark.parametrize("hook", ["on_bar", "on_slice", "on_end"])
def test_watching_is_for_on_start(hook: str) -> None:
    hooks: dict[str, Any] = {"on_start": lambda self, ctx: None, hook: lambda self, ctx, *_: ctx.watch(ta.sma(2))}
    with pytest.raises(ContextError, match="watch belongs into on_start"):
        outcome(days(A=[10]), **hooks)


def test_streams_are_rebuilt_at_a_split() -> None:
    """2:1 before the third day: the mean of (104, 51) is (52 + 51) / 2."""
    bars = days(A=[100, 104, 51, 53], actions=[split("A", 3, 2, 1)])
    assert streamed(lambda s: s.get("A"), bars) == [None, 102.0, 51.5, 52.0]


def test_streams_see_the_bars_before_start() -> None:
    bars = days(A=[10, 12, 15, 11])
    assert streamed(lambda s: s["A"], bars, options={"start": "2024-01-03"}) == [13.5, 13.0]


def test_a_difference_and_the_same_indicator_twice() -> None:
    """sma(1) - sma(2) is half of the last change."""
    seen: list[Any] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.streams = [ctx.watch(ta.sma(1) - ta.sma(2)) for _ in range(2)]

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        seen.append([stream[bar.asset] for stream in self.streams])

    outcome(days(A=[10, 12, 15, 11]), on_start=on_start, on_bar=on_bar)
    assert seen == [[1.0, 1.0], [1.5, 1.5], [-2.0, -2.0]]
