"""The parts of a long run, put together again and against a slow reading of its frames."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest
from hand_made import days, strategy

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError
from workbench.market import simulate
from workbench.views.replay import Replay
from workbench.views.replay.parts import FACTOR, SIZE, WHOLE, Parts

from .test_packing import unpacked

COUNT = 23_000


@wb.signals
def cross(fast: int = 20, slow: int = 300) -> wb.Signals:
    gap = ta.sma(fast) - ta.sma(slow)
    return wb.Signals(entry=gap > 0, exit=gap < 0, weight=0.9, stop_loss_pct=0.02)


@pytest.fixture(scope="module")
def run() -> wb.Run:
    bars = simulate.bars("X", every="1m", n=COUNT, seed=4)
    return wb.Backtest(cross(), bars, cash="10_000 USD", fees=wb.fees.bps(1)).run()


@pytest.fixture(scope="module")
def replay(run: wb.Run) -> Replay:
    return run.replay()


@pytest.fixture(scope="module")
def parts(replay: Replay) -> Parts:
    return replay._parts


@cache
def taken_apart(parts: Parts, level: int, number: int) -> tuple[dict[str, Any], dict[str, list[float]]]:
    return unpacked(parts.part(level, number))


def columns(parts: Parts, level: int, number: int) -> dict[str, list[float]]:
    return taken_apart(parts, level, number)[1]


def joined(parts: Parts, level: int, name: str) -> list[float]:
    return [value for number in range(parts.parts(level)) for value in columns(parts, level, number)[name]]


def test_a_long_run_comes_in_parts(run: wb.Run, parts: Parts) -> None:
    assert parts.count == run.equity.height > WHOLE
    head, found = unpacked(parts.data)
    assert head["about"]["parts"] == {"count": COUNT, "size": SIZE, "levels": 4}
    assert [parts.buckets(level) for level in range(parts.levels)] == [23_000, 5_750, 1_438, 360]
    assert found["fill/slice"] == sorted(set(joined_events(parts, "fills")))
    days = run.equity.with_row_index("row").group_by("session", maintain_order=True).last()
    assert found["days/last"] == days["row"].to_list()


def joined_events(parts: Parts, table: str) -> list[float]:
    found = [(number, columns(parts, 0, number)[f"{table}/slice"]) for number in range(parts.parts(0))]
    return [number * SIZE + row for number, rows in found for row in rows if row >= 0]


def test_slices_put_together_are_those_of_the_run(run: wb.Run, parts: Parts) -> None:
    for name in ("equity", "cash", "positions"):
        assert joined(parts, 0, f"slices/{name}") == run.equity[name].to_list()
    for name in ("open", "high", "low", "close", "volume"):
        assert joined(parts, 0, f"slices/{name}") == run.bars.frame[name].to_list()


def test_events_are_told_in_the_part_of_their_slice(run: wb.Run, parts: Parts) -> None:
    assert len(joined_events(parts, "fills")) == run.fills.height > 50
    assert len(joined_events(parts, "orders")) == run.orders.height
    order = [value for n in range(parts.parts(0)) for value in columns(parts, 0, n)["fills/order"]]
    assert order == run.fills["order"].to_list()


def test_what_is_held_and_works_is_told_in_every_part_it_lasts_in(run: wb.Run, parts: Parts) -> None:
    """Against the context of a slice, also where a position began in an earlier part."""
    for slice_ in (SIZE - 1, SIZE, SIZE + 1, 3 * SIZE, 5 * SIZE + 700, COUNT - 1):
        number, row = divmod(slice_, SIZE)
        head, found = taken_apart(parts, 0, number)
        held = zip(*(found[f"held/{name}"] for name in ("first", "until", "quantity")), strict=True)
        ctx = run.at(run.equity["time"][slice_])
        assert [q for first, until, q in held if first <= row < until] == [
            position.quantity for position in ctx.positions.values()
        ]
        working = zip(*(found[f"working/{name}"] for name in ("first", "until", "order")), strict=True)
        ids = [order for first, until, order in working if first <= row < until]
        assert sorted(ids) == sorted(order.id for order in ctx.open_orders)
        assert set(ids) <= set(found["orders/order"])
        equity = found["slices/equity"][: row + 1]
        peak = max(head["about"].get("peak", -math.inf), *equity)
        assert peak == run.equity["equity"].head(slice_ + 1).max()


class Looking(wb.Strategy):
    """Looks at something in every slice, at two things in every third, and trades every tenth day."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.check("even", bar.close, above=20.0)
        if ctx.session.day % 3 == 0:
            ctx.check("third", bar.volume, below=1e6)
        if ctx.session.day % 10 == 0:
            ctx.target(bar.asset, quantity=0 if ctx.position(bar.asset) else 5)


@pytest.fixture(scope="module")
def looked() -> wb.Run:
    return wb.Backtest(Looking(), wb.sample["AAPL"].last(500), cash="100_000 USD", fees=wb.fees.bps(5)).run()


@pytest.mark.parametrize("table", ["checks", "ledger"])
def test_long_tables_come_with_their_slices(looked: wb.Run, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = looked.replay()._parts
    assert whole.is_whole
    monkeypatch.setattr("workbench.views.replay.data.ROWS_MAX", 100)
    monkeypatch.setattr("workbench.views.replay.parts.SIZE", 128)
    parts = looked.replay()._parts
    assert (parts.is_whole, parts.parts(0)) == (False, 4)
    told = [unpacked(parts.part(0, number)) for number in range(4)]
    for name in ("slice", {"checks": "passed", "ledger": "amount"}[table]):
        found = [
            value + 128 * number if name == "slice" else value
            for number, (_, own) in enumerate(told)
            for value in own[f"{table}/{name}"]
        ]
        assert found == unpacked(whole.data)[1][f"{table}/{name}"]
        assert len(found) == getattr(looked, table).height > 100


def test_hidden_bars_come_without_tables_that_are_too_long(looked: wb.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.views.replay.data.ROWS_MAX", 100)
    head, found = unpacked(looked.replay(hidden=True)._data)
    assert head["about"]["left_out"] == ["checks", "ledger"]
    assert not [name for name in found if name.startswith(("checks/", "ledger/"))]


def test_a_part_knows_the_last_bar_before_it() -> None:
    """B has no bar in the slices 2 to 5, and parts begin at 3 and at 6."""
    bars = days(A=[1.0] * 8, B=[7.0, 8.0, None, None, None, None, 9.0, 9.5])
    run = wb.Backtest(strategy(on_bar=lambda self, ctx, bar: None), bars, cash=1_000).run()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.views.replay.parts.SIZE", 3)
        patch.setattr("workbench.views.replay.parts.WHOLE", 4)
        parts = run.replay(asset="B")._parts
        told = [unpacked(parts.part(0, number))[0]["about"].get("last") for number in range(3)]
    sessions = run.equity["session"].cast(int).to_list()
    seconds = (run.equity["time"].dt.epoch("us") / 1e6).to_list()
    last = {"close": [8.0], "scale": [1.0], "time": [seconds[1]], "session": [sessions[1]]}
    assert told == [None, last, last]


def slowly(run: wb.Run, level: int) -> list[dict[str, Any]]:
    """The buckets of a level, read from the frames one slice after the other."""
    size, rows, peak = FACTOR**level, [], -math.inf
    bars = run.bars.frame.select("open", "high", "low", "close", "volume").rows()
    for (opened, high, low, close, volume), equity in zip(bars, run.equity["equity"], strict=True):
        peak = max(peak, equity)
        rows.append((opened, high, low, close, volume, equity, equity / peak - 1))
    buckets = [rows[at : at + size] for at in range(0, len(rows), size)]
    return [
        {
            "open": bucket[0][0],
            "high": max(row[1] for row in bucket),
            "low": min(row[2] for row in bucket),
            "close": bucket[-1][3],
            "volume": sum(row[4] for row in bucket),
            "equity": bucket[-1][5],
            "drawdown": min(row[6] for row in bucket),
        }
        for bucket in buckets
    ]


@pytest.mark.parametrize("level", [1, 2, 3])
def test_buckets_are_what_a_slow_reading_finds(run: wb.Run, parts: Parts, level: int) -> None:
    expected = slowly(run, level)
    for name in expected[0]:
        assert joined(parts, level, f"slices/{name}") == [bucket[name] for bucket in expected], name
    sessions = run.equity["session"].gather_every(FACTOR**level).to_physical().to_list()
    assert joined(parts, level, "slices/session") == sessions


@pytest.mark.parametrize("level", [1, 2, 3])
def test_holding_of_a_bucket_is_that_of_its_last_slice(parts: Parts, level: int) -> None:
    held = [0.0] * COUNT
    for number in range(parts.parts(0)):
        found = columns(parts, 0, number)
        for first, until, quantity in zip(*(found[f"held/{n}"] for n in ("first", "until", "quantity")), strict=True):
            for row in range(max(0, int(first)), min(SIZE, int(until), COUNT - number * SIZE)):
                held[number * SIZE + row] = quantity
    size = FACTOR**level
    lasts = [held[min(at + size, COUNT) - 1] for at in range(0, COUNT, size)]
    assert joined(parts, level, "slices/holding") == lasts


def test_marks_of_buckets_are_those_of_their_fills(run: wb.Run, parts: Parts) -> None:
    slices = joined_events(parts, "fills")
    for level in (1, 2, 3):
        wanted = dict.fromkeys(
            (int(at) // FACTOR**level, side) for at, side in zip(slices, run.fills["side"], strict=True)
        )
        found = []
        for number in range(parts.parts(level)):
            head, own = taken_apart(parts, level, number)
            texts = next(each["texts"] for each in head["columns"] if each["name"] == "fills/side")
            pairs = zip(own["fills/slice"], own["fills/side"], strict=True)
            found += [(number * SIZE + int(at), texts[int(side)]) for at, side in pairs]
        assert found == list(wanted)


def test_the_first_parts_are_what_a_picture_needs(parts: Parts) -> None:
    assert parts.first(COUNT - 1) == [(0, 11), (1, 2), (2, 0), (3, 0)]
    assert parts.first(0) == [(0, 0), (1, 0), (2, 0), (3, 0)]


def test_the_widget_answers_with_the_parts_that_are_asked_for(replay: Replay, parts: Parts) -> None:
    replay._widget.asked = [7, [0, 3], [2, 0]]
    assert replay._widget.parts == [7, [0, 3, parts.part(0, 3)], [2, 0, parts.part(2, 0)]]
    replay._widget.asked = [8]
    assert replay._widget.parts == [8]


@pytest.mark.parametrize("place", [(4, 0), (-1, 0), (0, 12), (0, -1), (3, 1)])
def test_there_are_no_other_parts(parts: Parts, place: tuple[int, int]) -> None:
    with pytest.raises(ParameterError, match="has no part"):
        parts.part(*place)


def test_a_short_run_is_its_own_only_part() -> None:
    short = wb.Backtest(cross(), simulate.bars("X", every="1m", n=400, seed=4)).run().replay()
    assert short._parts.is_whole
    assert (short._parts.first(9), short._widget.parts) == ([], [0])
    assert short._parts.in_file(0) == {"": short._data}


def test_a_file_has_all_buckets_and_the_slices_near_the_cursor(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = {f"{level}-{number}" for level in range(4) for number in range(parts.parts(level))}
    assert set(parts.in_file(0)) == {"", *everything}
    monkeypatch.setattr("workbench.views.replay.parts.FILE", 3)
    for cursor, numbers in ((0, (0, 1, 2)), (10_000, (3, 4, 5)), (COUNT - 1, (9, 10, 11))):
        blocks = parts.in_file(cursor)
        near = {f"0-{number}" for number in numbers}
        assert set(blocks) == {"", *near, *(name for name in everything if name[0] != "0")}
        shape = unpacked(blocks[""])[0]["about"]["parts"]
        assert (shape["first"], shape["last"]) == (numbers[0] * SIZE, min(COUNT, (numbers[-1] + 1) * SIZE) - 1)


def test_who_guesses_at_hidden_bars_has_all_of_them(run: wb.Run) -> None:
    assert run.replay(hidden=True)._parts.is_whole
