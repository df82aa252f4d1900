"""Datasets in a run: told once, in the first slice at or after they are known, and never read before.

Sessions of New York close at 21:00 UTC in January, bars of a 24/7 asset at the end of their interval. Expected rows are
worked out by hand, or by a reference that knows nothing but the times of the slices.
"""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hand_made import at, days, minutes, outcome, strategy

import workbench as wb
from workbench import ta
from workbench.errors import ContextError, UnknownAssetError, UnknownNameError
from workbench.market import Item

FIRST = date(2024, 1, 2)


def dataset(times: Sequence[datetime | date], name: str = "news", assets: Sequence[str] | None = None) -> wb.Dataset:
    """Rows numbered in the order given."""
    owner = {} if assets is None else {"asset": list(assets)}
    return wb.Dataset.from_frame(pl.DataFrame({"known_at": list(times), "n": range(len(times)), **owner}), name=name)


def told(bars: wb.Bars, data: Any, **options: Any) -> list[tuple[datetime, str, int]]:
    """(time of the slice, name, number) of every row that on_data was told of."""
    seen: list[tuple[datetime, str, int]] = []

    def on_data(self: Any, ctx: wb.Context, item: Item) -> None:
        assert item.known_at <= ctx.now
        seen.append((ctx.now, item.name, item["n"]))

    outcome(bars, {"data": data, **options}, on_data=on_data)
    return seen


def close(day: int) -> datetime:
    return at(day, 21)


# When a row is known, when on_data is told, and at which open an order asked then fills.
ANNOUNCED: dict[str, tuple[datetime | date, datetime, datetime]] = {
    "before the close of day 1": (at(2, 20, 59), close(2), at(3, 14, 30)),
    "at the close of day 1": (at(2, 21), close(2), at(3, 14, 30)),
    "a microsecond after the close": (at(2, 21) + timedelta(microseconds=1), close(3), at(4, 14, 30)),
    "after the close of day 1": (at(2, 21, 30), close(3), at(4, 14, 30)),
    "in the night": (at(3, 3), close(3), at(4, 14, 30)),
    "before the open of day 2": (at(3, 12), close(3), at(4, 14, 30)),
    "on the date of day 1, at no hour": (date(2024, 1, 2), close(3), at(4, 14, 30)),
    "at the open of day 1": (at(2, 14, 30), close(2), at(3, 14, 30)),
    "over the weekend": (at(6, 12), close(8), at(9, 14, 30)),
}


@pytest.mark.parametrize(("known", "seen", "filled"), ANNOUNCED.values(), ids=ANNOUNCED)
def test_an_announcement_reaches_the_next_close_and_fills_at_the_open_after_it(
    known: datetime | date, seen: datetime, filled: datetime
) -> None:
    bars = days(first=FIRST, calendar="XNYS", A=[10] * 7)
    calls: list[datetime] = []

    def on_data(self: Any, ctx: wb.Context, item: Item) -> None:
        calls.append(ctx.now)
        ctx.buy(item.asset, 1)

    run = outcome(bars, {"data": [dataset([known], assets=["A"])]}, on_data=on_data)
    assert calls == [seen]
    assert run.fills["time"].to_list() == [filled]


def test_minutes() -> None:
    """Bars close at 10:01, 10:02, 10:03 (10:04 is missing) and 10:05."""
    bars = minutes([at(1, 10, m) for m in (0, 1, 2, 4)], "1m")
    second = timedelta(seconds=1)
    known = [at(1, 10, 1) - second, at(1, 10, 1), at(1, 10, 1) + second, at(1, 10, 3) + second, at(1, 10, 5) + second]
    assert told(bars, [dataset(known)]) == [
        (at(1, 10, 1), "news", 0), (at(1, 10, 1), "news", 1), (at(1, 10, 2), "news", 2), (at(1, 10, 5), "news", 3),
    ]  # fmt: skip


def funding() -> wb.Dataset:
    """A rate every eight hours of two days, from midnight on."""
    return dataset([at(1) + timedelta(hours=8 * i) for i in range(6)], "funding")


def test_funding_rates_at_the_hours_of_a_market_that_never_closes() -> None:
    bars = minutes([at(1) + timedelta(hours=h) for h in range(48)], "1h")
    assert told(bars, [funding()]) == [
        (at(1, 1), "funding", 0),  # known as the first bar opens, told as it closes
        (at(1, 8), "funding", 1),
        (at(1, 16), "funding", 2),
        (at(2), "funding", 3),
        (at(2, 8), "funding", 4),
        (at(2, 16), "funding", 5),
    ]


def test_funding_rates_on_daily_bars() -> None:
    found = told(days(A=[10, 10]), [funding()])
    assert found == [(at(2), "funding", n) for n in (0, 1, 2, 3)] + [(at(3), "funding", n) for n in (4, 5)]


def test_rows_of_one_time_come_by_dataset_and_then_by_row() -> None:
    first = dataset([at(1, 9), at(1, 8), at(1, 9)], "first")
    second = dataset([at(1, 9), at(1, 7), at(1, 9)], "second")
    order = [("second", 1), ("first", 1), ("first", 0), ("first", 2), ("second", 0), ("second", 2)]
    assert told(days(A=[10, 10]), [first, second]) == [(at(2), *each) for each in order]
    other = [("second", 1), ("first", 1), ("second", 0), ("second", 2), ("first", 0), ("first", 2)]
    assert told(days(A=[10, 10]), [second, first]) == [(at(2), *each) for each in other]


STARTS: dict[str, tuple[Any, list[int]]] = {
    "from the first bar": (None, [1, 2, 3]),
    "at a session": ("2024-01-02", [2, 3]),
    "at a time": (at(2), [2, 3]),
    "at the last session": ("2024-01-03", [3]),
}


@pytest.mark.parametrize(("start", "expected"), STARTS.values(), ids=STARTS)
def test_what_was_known_before_the_start_is_read_but_not_told(start: Any, expected: list[int]) -> None:
    """A row before the first bar, and one inside each of three days."""
    known = [at(1) - timedelta(hours=1), at(1, 1), at(2, 1), at(3, 1)]
    seen: list[int] = []
    read: list[list[int]] = []

    def on_data(self: Any, ctx: wb.Context, item: Item) -> None:
        seen.append(item["n"])
        read.append(ctx.data["news"].frame["n"].to_list())

    outcome(days(A=[10, 10, 10]), {"data": [dataset(known)], "start": start}, on_data=on_data)
    assert seen == expected
    assert read == [list(range(n + 1)) for n in expected]


def test_on_data_comes_after_fills_and_refusals_and_before_bars() -> None:
    calls: list[str] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        calls.append(f"bar {ctx.now.day}")
        if ctx.now == at(2):
            ctx.buy("A", 1)
            ctx.buy("A", 1_000)

    outcome(
        days(A=[10, 10]),
        {"data": [dataset([at(2, 9)])]},
        on_start=lambda self, ctx: ctx.schedule(lambda ctx: calls.append(f"timer {ctx.now.day}"), every="1d"),
        on_bar=on_bar,
        on_fill=lambda self, ctx, fill: calls.append("fill"),
        on_reject=lambda self, ctx, order: calls.append("reject"),
        on_data=lambda self, ctx, item: calls.append("data"),
        on_end=lambda self, ctx: calls.append("end"),
    )
    assert calls == ["bar 2", "timer 2", "fill", "reject", "data", "bar 3", "timer 3", "end"]


def test_orders_of_on_data_go_first() -> None:
    """20 units are paid, so of two orders for 15 the one that was asked first is filled."""
    run = outcome(
        days(A=[10, 10]),
        {"data": [dataset([at(1, 9)])], "cash": 200},
        on_data=lambda self, ctx, item: ctx.buy("A", 15),
        on_bar=lambda self, ctx, bar: ctx.buy("A", 15),
    )
    assert run.orders.select("order", "status", "reason").rows()[:2] == [(1, "FILLED", None), (2, "DENIED", "cash")]


def test_on_data_does_not_wait_for_indicators() -> None:
    seen: list[Any] = []
    outcome(
        days(A=[10, 10, 10]),
        {"data": [dataset([at(1, 9)])]},
        on_start=lambda self, ctx: ctx.watch(ta.sma(3)),
        on_data=lambda self, ctx, item: seen.append(ctx.now),
        on_bar=lambda self, ctx, bar: seen.append(ctx.now),
    )
    assert seen == [at(2), at(4)]


def test_rows_about_other_assets_are_told_too() -> None:
    rows = dataset([at(1, 8), at(1, 9)], assets=["A", "ZZZ"])
    assert told(days(A=[10]), [rows]) == [(at(2), "news", 0), (at(2), "news", 1)]


def test_an_error_in_on_data_has_its_slice() -> None:
    def on_data(self: Any, ctx: wb.Context, item: Item) -> None:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError) as raised:
        outcome(days(A=[10]), {"data": [dataset([at(1, 9)])]}, on_data=on_data)
    assert raised.value.__notes__ == ["workbench: in on_data at the bar that closed 2024-01-02 00:00:00+00:00"]


class Reader(wb.Strategy):
    """Keeps what it is told and what it can read, slice by slice."""

    def on_start(self, ctx: wb.Context) -> None:
        self.told: dict[datetime, list[tuple[str, int]]] = {}
        self.read: dict[datetime, dict[str, list[int]]] = {}
        LAST.append(self)

    def on_data(self, ctx: wb.Context, item: Item) -> None:
        self.told.setdefault(ctx.now, []).append((item.name, item["n"]))

    def on_slice(self, ctx: wb.Context, bars: Any) -> None:
        self.read[ctx.now] = {name: each.frame["n"].to_list() for name, each in ctx.data.items()}


LAST: list[Reader] = []


def scattered(seed: int) -> tuple[wb.Bars, list[wb.Dataset]]:
    """Hours with holes, and two datasets whose rows fall on closes, between them and outside of the bars."""
    rng = Random(seed)
    opened = sorted(rng.sample(range(1, 40), 20))
    bars = minutes([at(1) + timedelta(hours=h) for h in opened], "1h")
    draw = lambda: at(1) + timedelta(minutes=rng.choice([20, 30, 60]) * rng.randrange(0, 80))  # noqa: E731
    return bars, [dataset([draw() for _ in range(rng.randrange(1, 40))], name) for name in ("x", "y")]


@pytest.mark.parametrize("seed", range(25))
def test_a_reference_that_only_compares_times(seed: int) -> None:
    bars, data = scattered(seed)
    run = wb.Backtest(Reader(), bars, data=data).run()
    seen, rows = LAST.pop(), [
        (known, i, row, each.name, n)
        for i, each in enumerate(data)
        for row, (known, n) in enumerate(each.frame.select("known_at", "n").iter_rows())
    ]  # fmt: skip
    before, first = None, bars.frame["open_time"][0]
    for now in run.equity["time"]:
        new = sorted(r for r in rows if r[0] <= now and (r[0] >= first if before is None else r[0] > before))
        assert seen.told.get(now, []) == [(name, n) for *_, name, n in new]
        for each in data:
            assert seen.read[now][each.name] == [
                n for known, _, _, name, n in rows if known <= now and name == each.name
            ]
            context = run.at(now)
            assert context.data[each.name].frame["n"].to_list() == seen.read[now][each.name]
        before = now


# A row known at the first close, and one known a microsecond later about an asset that only it is about.
def secret() -> wb.Dataset:
    known, later = at(2), at(2) + timedelta(microseconds=1)
    columns = {
        "at": [known, later],
        "asset": ["A", "FUTURE"],
        "text": ["past", "FUTURE " * 9],
        "eps": [1.0, float("nan")],
    }
    return wb.Dataset.from_frame(pl.DataFrame(columns), known_at="at", name="news")


def inside(root: object) -> Iterator[object]:
    """Everything that can be reached from an object: by references, and by attributes of any name."""
    pruned = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, wb.Context)
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, pruned):
            continue
        seen[id(each)] = each
        yield each
        waiting += gc.get_referents(each)
        if type(each).__module__.startswith("workbench"):
            waiting += [getattr(each, name) for name in dir(each)]


def shown(value: object) -> str:
    """The content of whatever holds rows."""
    if isinstance(value, pl.DataFrame):
        return str(value.to_dicts())
    return (
        str(value.to_list()) if isinstance(value, pl.Series) else repr(value) if isinstance(value, (str, tuple)) else ""
    )


def test_the_walk_finds_what_it_looks_for() -> None:
    assert any("FUTURE" in shown(each) for each in inside(secret()))


def test_the_future_cannot_be_reached() -> None:
    looked: list[int] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if ctx.now == at(2):
            found = [*inside(ctx.data), *inside(ctx.data["news"]), *inside(self.item)]
            assert [each for each in found if "FUTURE" in shown(each)] == []
            looked.append(len(found))

    outcome(
        days(A=[10, 10]),
        {"data": [secret()]},
        on_data=lambda self, ctx, item: setattr(self, "item", item) if ctx.now == at(2) else None,
        on_bar=on_bar,
    )
    assert looked[0] > 50


TRIES: dict[str, Any] = {
    "frame": lambda news: news.frame,
    "as of later": lambda news: news.as_of("2030-01-01").frame,
    "latest": lambda news: news.latest().frame,
    "latest by": lambda news: news.latest(by="text").frame,
    "the asset that is known": lambda news: news.select("A").frame,
    "beyond the end": lambda news: news.frame.slice(0, 10),
    "through Arrow": lambda news: pl.DataFrame(news.frame.to_arrow()),
    "through numpy": lambda news: pl.DataFrame({"text": np.asarray(news.frame["text"]).tolist()}),
}


@pytest.mark.parametrize("attempt", TRIES.values(), ids=TRIES)
def test_every_way_of_reading_ends_now(attempt: Any) -> None:
    read: dict[datetime, list[str]] = {}

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        read[ctx.now] = attempt(ctx.data["news"])["text"].to_list()

    outcome(days(A=[10]), {"data": [secret()]}, on_bar=on_bar)
    assert read == {at(2): ["past"]}


def test_what_is_about_the_rest_is_not_told() -> None:
    """Its assets, its notices, its fingerprint and whether a name will come."""
    checked: list[bool] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        news = ctx.data["news"]
        assert (news.assets, news.notices, len(news)) == (("A",), (), 1)
        assert news.fingerprint == secret().as_of(at(2)).fingerprint
        for name in ("FUTURE", "NOBODY"):
            with pytest.raises(UnknownAssetError, match=f"no asset '{name}'; known are A, B"):
                news.select(name)
        assert len(news.select("B")) == 0
        checked.append(True)

    outcome(days(A=[10], B=[10]), {"data": [secret()]}, on_bar=on_bar)
    assert checked


def test_what_is_done_to_a_frame_ends_with_it() -> None:
    """The same frame is handed out again and again, until there are new rows."""
    widths: list[tuple[int, int]] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        frame = ctx.data["news"].frame
        widths.append((frame.width, frame["n"][0]))
        frame.insert_column(0, pl.lit(1).alias("mine"))
        frame[0, "n"] = 7

    given = dataset([at(1, 9)])
    outcome(days(A=[10, 10], B=[10, 10]), {"data": [given]}, on_bar=on_bar)
    assert widths == [(2, 0)] * 4
    assert (given.frame.width, given.frame["n"][0]) == (2, 0)


NAMES: dict[str, tuple[Any, str]] = {
    "misspelt": ("newz", "the run has no dataset 'newz'; did you mean 'news'? there are news, rates"),
    "nobody's": ("zzz", "the run has no dataset 'zzz'; there are news, rates"),
    "no text": (3, "the run has no dataset 3; there are news, rates"),
}


@pytest.mark.parametrize(("name", "message"), NAMES.values(), ids=NAMES)
def test_an_unknown_name_is_answered_with_the_nearest(name: Any, message: str) -> None:
    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        with pytest.raises(UnknownNameError) as raised:
            ctx.data[name]
        seen.append(str(raised.value))

    seen: list[str] = []
    outcome(days(A=[10]), {"data": [dataset([at(1)]), dataset([at(1)], "rates")]}, on_bar=on_bar)
    assert seen == [message]


def test_ctx_data_is_a_mapping() -> None:
    seen: list[Any] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        data = ctx.data
        seen.append((list(data), len(data), "news" in data, "zzz" in data, data.get("zzz")))
        seen.append((data._ipython_key_completions_(), repr(data)))

    outcome(days(A=[10]), {"data": {"news": dataset([at(1)], "")}}, on_bar=on_bar)
    assert seen[0] == (["news"], 1, True, False, None)
    assert seen[1] == (["news"], "Dataset news: 1 row, known 2024-01-01 00:00 UTC")


def test_a_run_without_datasets_says_so() -> None:
    seen: list[str] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        with pytest.raises(UnknownNameError) as raised:
            ctx.data["news"]
        seen.extend([str(raised.value), repr(ctx.data)])

    outcome(days(A=[10]), on_bar=on_bar)
    told = "there is no dataset 'news': the run was given none; write Backtest(..., data=[dataset])"
    assert seen == [told, "no datasets"]


def test_there_is_no_now_in_on_start() -> None:
    with pytest.raises(ContextError, match="there is no market yet in on_start"):
        outcome(days(A=[10]), {"data": [dataset([at(1)])]}, on_start=lambda self, ctx: ctx.data)


def test_a_context_that_was_kept_stays_at_the_end_of_the_run() -> None:
    kept: list[Any] = []
    outcome(
        days(A=[10, 10]),
        {"data": [dataset([at(1), at(3), at(3, 1)])]},
        on_bar=lambda self, ctx, bar: kept.append(ctx),
        on_end=lambda self, ctx: kept.append(len(ctx.data["news"])),
    )
    assert (len(kept[0].data["news"]), kept[-1]) == (2, 2)


def test_a_strategy_may_live_on_data_alone() -> None:
    made = strategy(on_data=lambda self, ctx, item: None)
    assert wb.Backtest(made, days(A=[10]), data=[dataset([at(1)])]).run().orders.is_empty()
