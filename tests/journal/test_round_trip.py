"""What a run writes is what it was: records, books, hashes, and the run itself, given again without the strategy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bench_data import minute_bars
from hand_made import at, days, dividend, outcome, split, strategy
from logged import again, busy, costs_of, folded, small
from test_data import scattered
from test_determinism import OnNews

import workbench as wb
from workbench import journal
from workbench.engine.simulation import FRAMES
from workbench.errors import JournalError, ParameterError, StorageError, TimeError, UndefinedError

SEEDS = range(24)


@pytest.fixture(scope="module", params=SEEDS)
def crowded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[wb.Backtest, wb.Run, Any]:
    """A crowded case, its run, and its journal; every other one is full."""
    test = busy(request.param)
    path = tmp_path_factory.mktemp("log") / "a.journal"
    mode = "full" if request.param % 2 else "delta"
    run = test.run(journal=journal.File(path, mode=mode, snapshot_every=7 + request.param))
    return test, run, journal.read(path)


def test_it_is_whole_and_ends_with_the_hashes(crowded: tuple[wb.Backtest, wb.Run, journal.Journal]) -> None:
    _, run, log = crowded
    assert log.notices == ()
    assert len(log.verify()) == 64
    assert log.end is not None
    told = log.end.fields
    assert (told["journal_hash"], told["state_hash"]) == (run.journal_hash, run.state_hash)
    assert (told["equity"], told["slices"]) == (run.final_equity, run.equity.height)


def test_events_legs_and_commands_are_those_of_the_run(crowded: tuple[wb.Backtest, wb.Run, journal.Journal]) -> None:
    _, run, log = crowded
    entries = [log.seek(sequence=n) for n in range(1, len(log) + 1)]
    assert [e.sequence for e in entries] == list(range(1, len(log) + 1))
    assert [e.time for e in entries] == sorted(e.time for e in entries)
    events = [e for e in entries if e.kind == "event"]
    legs = [(e.fields["event"], e.time, e.name, *leg) for e in events for leg in e.legs]
    assert legs == run.exact.ledger.select("sequence", "time", "event", "account", "asset", "amount").rows()
    fills = [e for e in events if e.name == "fill"]
    columns = ["asset", "side", "quantity", "price", "reference", "value", "fee", "withheld", "slippage", "moment"]
    wanted = run.exact.fills.select("sequence", "time", "order", *columns, "ambiguous").rows()
    names = ["order", *columns, "ambiguous"]
    assert [(e.fields["event"], e.time, *(e.fields[name] for name in names)) for e in fills] == wanted
    assert log.commands.select("slice", "command", "words").equals(run.commands.select("slice", "command", "words"))
    assert log.events["sequence"].to_list() == [e.sequence for e in events]
    assert log.events["event"].to_list() == [e.name for e in events]
    assert log.events.filter(event="fill")["price"].to_list() == run.fills["price"].to_list()


def test_a_command_stands_before_what_it_caused(crowded: tuple[wb.Backtest, wb.Run, journal.Journal]) -> None:
    _, _, log = crowded
    numbers = 0
    for sequence in range(1, len(log) + 1):
        entry = log.seek(sequence=sequence)
        if entry.kind == "command":
            numbers += 1
            assert entry.fields["number"] == numbers
        if entry.kind == "event":
            assert entry.fields["command"] in (None, numbers)


def test_seeking_finds_the_books_that_all_records_add_up_to(crowded: tuple[wb.Backtest, wb.Run, Any]) -> None:
    _, _, log = crowded
    entries = []
    for entry, books in folded(log):
        assert (dict(entry.balances), dict(entry.positions)) == books
        entries.append(entry)
    for entry in entries:
        last = max(e.sequence for e in entries if e.time <= entry.time)
        assert log.seek(time=entry.time) == entries[last - 1]


def test_rebuilt_without_the_strategy(crowded: tuple[wb.Backtest, wb.Run, journal.Journal]) -> None:
    test, run, log = crowded
    rebuilt = again(test, log)
    assert (rebuilt.journal_hash, rebuilt.state_hash) == (run.journal_hash, run.state_hash)
    assert rebuilt.final_equity == run.final_equity
    for name in FRAMES:
        assert rebuilt.frame(name, exact=True).equals(getattr(run.exact, name), null_equal=True)
    for time in run.equity["time"].to_list()[::3]:
        assert rebuilt.at(time).exact == run.at(time).exact


def test_the_slices_of_a_full_journal(crowded: tuple[wb.Backtest, wb.Run, journal.Journal]) -> None:
    _, run, log = crowded
    if log.header["mode"] == "delta":
        with pytest.raises(UndefinedError, match="this journal holds changes only; write it with"):
            _ = log.equity
        return
    assert log.equity.drop("sequence").equals(run.equity)
    number = 0
    for entry in (log.seek(sequence=n) for n in range(1, len(log) + 1)):
        if entry.kind == "slice":
            row = run.exact.equity.row(number, named=True)
            number += 1
            assert (entry.fields["number"], entry.fields["session"], entry.time) == (
                number,
                row["session"],
                row["time"],
            )
            assert {name: entry.fields[name] for name in ("cash", "positions", "receivable")} == {
                name: row[name] for name in ("cash", "positions", "receivable")
            }
            assert (entry.slice, entry.cash) == (number, row["cash"])


def test_the_same_run_writes_the_same_bytes(crowded: tuple[wb.Backtest, wb.Run, Any], tmp_path: Path) -> None:
    test, _, log = crowded
    file = journal.File(tmp_path / "b", mode=log.header["mode"], snapshot_every=log.header["snapshot_every"])
    test.run(journal=file)
    assert (tmp_path / "b").read_bytes() == log.path.read_bytes()


def test_a_saved_run_holds_the_same_journal(crowded: tuple[wb.Backtest, wb.Run, Any], tmp_path: Path) -> None:
    test, run, _ = crowded
    test.run(journal=tmp_path / "b")
    saved = run.save(tmp_path / "run") / "events.journal"
    assert saved.read_bytes() == (tmp_path / "b").read_bytes()
    assert wb.load(tmp_path / "run").commands.equals(run.commands)


def test_a_run_without_a_journal_is_the_same_run(crowded: tuple[wb.Backtest, wb.Run, Any]) -> None:
    test, run, _ = crowded
    assert test.run().state_hash == run.state_hash


@pytest.mark.parametrize("fsync", ["never", "block", "always"])
def test_the_policy_does_not_change_what_is_read(tmp_path: Path, fsync: Any) -> None:
    test, log = small(tmp_path / "a")
    test.run(journal=journal.File(tmp_path / "b", snapshot_every=16, fsync=fsync))
    other = journal.read(tmp_path / "b")
    assert other.verify()
    assert other.events.equals(log.events)
    assert other.commands.equals(log.commands)
    assert (other.verify() == log.verify()) is (fsync != "always")  # then every append is a block of its own


def test_datasets_are_looked_at_and_not_needed(tmp_path: Path) -> None:
    bars, data = scattered(1)
    run = wb.Backtest(OnNews(), bars, data=data).run(journal=tmp_path / "a")
    log = journal.read(tmp_path / "a")
    assert log.rebuild(bars).state_hash == run.state_hash
    rebuilt = log.rebuild(bars, data=data)
    time = run.equity["time"][-1]
    assert {name: len(each) for name, each in rebuilt.at(time).data.items()} == {
        name: len(each) for name, each in run.at(time).data.items()
    }
    with pytest.raises(
        JournalError, match="these datasets are not those of the journal, which has x, y; give the same"
    ):
        log.rebuild(bars, data=[wb.Dataset("y", data[0].frame, ())])


def test_what_is_asked_when_all_is_over_is_recorded_too(tmp_path: Path) -> None:
    """The fill of the last slice is told after it; what is asked then is checked, and nothing of it trades."""
    bars = days(A=[10, 10, 10])
    hooks: dict[str, Any] = {
        "on_bar": lambda self, ctx, bar: ctx.buy("A", 1) if ctx.session.day == 3 else None,
        "on_fill": lambda self, ctx, fill: ctx.buy("A", 1, limit=5),
    }
    test = wb.Backtest(strategy(**hooks), bars, cash=1_000, volume_cap=None, fill="same_close")
    run = test.run(journal=tmp_path / "a")
    log = journal.read(tmp_path / "a")
    assert run.commands["slice"].to_list() == [3, 4]
    assert log.rebuild(bars).state_hash == run.state_hash
    content = log.path.read_bytes()
    (tmp_path / "b").write_bytes(content[: content.rindex(b"WBIX")])
    assert journal.read(tmp_path / "b").rebuild(bars).state_hash == run.state_hash


def test_more_bars_than_the_run_had_are_cut(tmp_path: Path) -> None:
    bars = days(A=[10, 11, 12, 13], actions=[split("A", 3, 2, 1), dividend("A", 2, "0.5", pay=4)])
    hold = strategy(on_bar=lambda self, ctx, bar: ctx.target("A", weight=0.5))
    test = wb.Backtest(hold, bars, cash=1_000, volume_cap=None, end="2024-01-03")
    run = test.run(journal=tmp_path / "a")
    assert journal.read(tmp_path / "a").rebuild(bars).state_hash == run.state_hash


OTHERS = [
    pytest.param(lambda: days(A=[10, 11, 13]), "these bars .* are not those of the journal", id="another close"),
    pytest.param(lambda: days(A=[10, 11]), "these bars .* are not those of the journal", id="too few"),
    pytest.param(lambda: days(B=[10, 11, 12]), "these bars .* are not those of the journal", id="another name"),
]


@pytest.mark.parametrize(("other", "message"), OTHERS)
def test_other_bars_are_refused(tmp_path: Path, other: Any, message: str) -> None:
    test = wb.Backtest(strategy(on_bar=lambda self, ctx, bar: ctx.buy("A", 1)), days(A=[10, 11, 12]))
    test.run(journal=tmp_path / "a")
    with pytest.raises(JournalError, match=message):
        journal.read(tmp_path / "a").rebuild(other())


NO_PARTS = [
    ({"bars": "A"}, ParameterError, "rebuild: bars is a str; give the Bars that the run had"),
    ({"finer": 3}, ParameterError, "rebuild: finer is a int; give the finer Bars that the run had"),
    ({"finer": days(A=[10, 11, 12])}, JournalError, "the run took its path from no finer bars; leave finer= out"),
    ({"data": 3}, ParameterError, "rebuild: data is a int; give the datasets that the run had, as a list"),
    ({"data": [3]}, ParameterError, "rebuild: one of data is a int; give the datasets that the run had, as a list"),
    ({"fees": 3}, ParameterError, r"rebuild: fees is a int; give the run's own, such as wb.fees.custom\(function\)"),
    ({"slippage": wb.fees.bps(1)}, ParameterError, "rebuild: slippage is a Fee; give the run's own, such as wb.slip"),
]


@pytest.mark.parametrize(("given", "kind", "message"), NO_PARTS)
def test_what_is_no_part_of_a_run_is_refused(tmp_path: Path, given: Any, kind: type[Exception], message: str) -> None:
    bars = days(A=[10, 11, 12])
    wb.Backtest(strategy(on_bar=lambda self, ctx, bar: ctx.buy("A", 1)), bars).run(journal=tmp_path / "a")
    with pytest.raises(kind, match=message):
        journal.read(tmp_path / "a").rebuild(**{"bars": bars, **given})


def test_finer_bars_are_asked_for_and_checked(tmp_path: Path) -> None:
    test = next(busy(seed) for seed in SEEDS if busy(seed)._setup.finer is not None)
    test.run(journal=tmp_path / "a")
    log = journal.read(tmp_path / "a")
    for finer in (None, test._bars):
        with pytest.raises(JournalError, match="the run took its path from finer bars"):
            log.rebuild(test._bars, finer=finer, **costs_of(test))


def own(deal: Any) -> Any:
    return deal.exact.value / 1000


def test_costs_that_are_functions_must_be_given_again(tmp_path: Path) -> None:
    bars = days(A=[10, 11, 12])
    hold = strategy(on_bar=lambda self, ctx, bar: ctx.buy("A", 1))
    run = wb.Backtest(hold, bars, cash=1_000, fees=wb.fees.custom(own)).run(journal=tmp_path / "a")
    log = journal.read(tmp_path / "a")
    assert log.rebuild(bars, fees=wb.fees.custom(own)).state_hash == run.state_hash
    with pytest.raises(StorageError, match=r"the cost function .* was not saved, only its name"):
        log.rebuild(bars)
    with pytest.raises(JournalError, match="the run did not have these fees; give those it had, or none"):
        log.rebuild(bars, fees=wb.fees.bps(1))
    with pytest.raises(JournalError, match=r"differs from it first at record \d+ \(fill\): logged fee .*, rebuilt fee"):
        log.rebuild(bars, fees=wb.fees.custom(wraps(lambda deal: deal.exact.value / 999)))


def wraps(function: Any) -> Any:
    """Another function under the same name."""
    function.__module__, function.__qualname__, function.__name__ = own.__module__, own.__qualname__, own.__name__
    return function


def test_w1_comes_back(tmp_path: Path) -> None:
    from test_workloads import Cross

    bars = wb.Bars.from_frame(minute_bars(3_000), every="1m")
    test = wb.Backtest(Cross(), bars, cash="1_000_000 USD", fees=wb.fees.bps(10), slippage=wb.slippage.bps(1))
    run = test.run(journal=journal.File(tmp_path / "a", snapshot_every=64))
    golden = json.loads((Path(__file__).resolve().parents[1] / "golden" / "hashes.json").read_text())["w1-3000"]
    rebuilt = journal.read(tmp_path / "a").rebuild(bars)
    assert [rebuilt.journal_hash, rebuilt.state_hash] == golden == [run.journal_hash, run.state_hash]


def test_nothing_happens(tmp_path: Path) -> None:
    test = wb.Backtest(strategy(on_bar=lambda *_: None), days(A=[10, 11]), cash=1_000)
    run = test.run(journal=tmp_path / "a")
    log = journal.read(tmp_path / "a")
    assert [log.seek(sequence=n).name for n in (1, 2)] == ["deposit", "end"]
    assert log.commands.is_empty()
    assert log.rebuild(days(A=[10, 11])).state_hash == run.state_hash


def test_seek_says_what_it_takes(tmp_path: Path) -> None:
    _, log = small(tmp_path / "a")
    first = log.seek(sequence=1)
    wrong: list[tuple[type[Exception], dict[str, Any], str]] = [
        (ParameterError, {}, "seek takes exactly one of sequence= and time="),
        (ParameterError, {"sequence": 1, "time": first.time}, "seek takes exactly one"),
        (ParameterError, {"sequence": 0}, "sequence=0: this journal has the records 1 to"),
        (ParameterError, {"sequence": len(log) + 1}, "this journal has the records 1 to"),
        (ParameterError, {"sequence": True}, "sequence=True: this journal has"),
        (TimeError, {"time": "1999-01-01"}, "time='1999-01-01' lies before the first record"),
        (TimeError, {"time": "2024-01-01T00:00"}, "is naive"),
    ]
    for error, given, message in wrong:
        with pytest.raises(error, match=message):
            log.seek(**given)


def test_a_date_is_the_close_of_its_session(tmp_path: Path) -> None:
    bars = days(A=[10, 11, 12, 13, 14], calendar="XNYS", first=at(4).date())
    test = wb.Backtest(strategy(on_bar=lambda self, ctx, bar: ctx.buy("A", 1)), bars, cash=1_000)
    run = test.run(journal=tmp_path / "a")
    log = journal.read(tmp_path / "a")
    friday, monday = (run.equity.filter(session=at(day).date())["time"].item() for day in (5, 8))
    assert log.seek(time="2024-01-05").time == log.seek(time="2024-01-07").time == friday
    assert log.seek(time="2024-01-08").time == monday


def test_how_it_looks(tmp_path: Path) -> None:
    _, log = small(tmp_path / "a")
    shown = log._repr_mimebundle_()
    assert shown["text/plain"] == repr(log)
    assert repr(log).splitlines()[0] == f"Journal of Daily(): {len(log)} records"
    for text in (log.header["data"]["fingerprint"], "delta, a snapshot every 16 records", "workbench"):
        assert text in repr(log)
        assert text in shown["text/html"]
    assert repr(log.rebuild(small(tmp_path / "b")[0]._bars)).startswith("Rebuilt(30 slices, ")
    with pytest.raises(ParameterError, match="a run has no frame 'fees'; there are fills, orders"):
        log.rebuild(small(tmp_path / "c")[0]._bars).frame("fees")


def test_a_loaded_run_saves_the_journal_it_came_with(tmp_path: Path) -> None:
    outcome(days(A=[10, 11]), on_bar=lambda *_: None).save(tmp_path / "a")
    wb.load(tmp_path / "a").save(tmp_path / "b")
    assert (tmp_path / "a" / "events.journal").read_bytes() == (tmp_path / "b" / "events.journal").read_bytes()
