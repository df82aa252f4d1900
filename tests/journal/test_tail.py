"""A journal that was cut short is read up to where it is whole; a byte that was changed is found and named."""

from __future__ import annotations

import os
import re
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_made import days, strategy
from logged import small

import workbench as wb
from workbench import journal
from workbench.errors import Interrupted, JournalError, LimitError

FIXED = 18
HEAD = 44
CHAIN = 32


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> journal.Journal:
    """A journal of some eighty records in several blocks."""
    return small(tmp_path_factory.mktemp("log") / "a.journal", count=8, every=6)[1]


def header_size(content: bytes) -> int:
    return FIXED + struct.unpack_from("<I", content, 10)[0]


def blocks(content: bytes) -> list[tuple[int, int, int, int]]:
    """Start, end, first and last record of each block, by the format alone."""
    found, at = [], header_size(content)
    while content[at : at + 4] == b"WBLK":
        stored, _, count, first = struct.unpack_from("<IIIQ", content, at + 4)
        end = at + HEAD + stored + CHAIN
        found.append((at, end, first, first + count - 1))
        at = end
    assert content[at : at + 4] == b"WBIX"
    return found


def test_the_format_is_as_described(log: journal.Journal) -> None:
    content = log.path.read_bytes()
    assert content[:8] == b"WBJRNL\r\n"
    assert content[8:10] == b"\x01\x00"
    assert content[-4:] == b"WBND"
    assert struct.unpack_from("<Q", content, len(content) - 16)[0] == blocks(content)[-1][1]
    assert [first for _, _, first, _ in blocks(content)][1:] == [last + 1 for *_, last in blocks(content)][:-1]
    assert blocks(content)[-1][3] == len(log)
    assert len(blocks(content)) > 5


def test_cut_at_every_byte(log: journal.Journal, tmp_path: Path) -> None:
    content = log.path.read_bytes()
    header, found = header_size(content), blocks(content)
    path = tmp_path / "cut"
    for size in range(len(content)):
        path.write_bytes(content[:size])
        if size < header:
            with pytest.raises(JournalError, match="is no journal" if size == 0 else "ends inside its header"):
                journal.read(path)
            continue
        whole = [block for block in found if block[1] <= size]
        cut = journal.read(path)
        assert len(cut) == (whole[-1][3] if whole else 0)
        assert cut.verify()
        tell(cut, size - (whole[-1][1] if whole else header), in_index=size >= found[-1][1])


def tell(cut: journal.Journal, lost: int, *, in_index: bool) -> None:
    """What the notices say must be what is missing."""
    first = cut.notices[0]
    if in_index or not lost:
        assert (first.kind, first.count) == ("index", lost)
    else:
        assert (first.kind, first.count) == ("torn", lost)
        assert f"from record {len(cut) + 1} on" in first.text
    assert [notice.kind for notice in cut.notices[1:]] == ([] if in_index else ["unended"])
    assert repr(cut).startswith(f"! {first}")


def test_what_is_left_of_a_cut_journal_is_rebuilt(tmp_path: Path) -> None:
    for mode in ("delta", "full"):
        test, log = small(tmp_path / mode, count=10, every=4, mode=mode)
        content = log.path.read_bytes()
        for _, end, _, last in blocks(content):
            (tmp_path / "cut").write_bytes(content[:end])
            rebuilt = journal.read(tmp_path / "cut").rebuild(test._bars)
            fills = log.events.filter((pl.col("event") == "fill") & (pl.col("sequence") <= last))
            assert rebuilt.frame("fills")["price"].head(fills.height).equals(fills["price"])
            assert rebuilt.equity["time"].max() is None or rebuilt.equity["time"].max() <= log.seek(sequence=last).time


def damage(path: Path) -> str:
    """What is said of a damaged journal: the error, or else the notice."""
    try:
        log = journal.read(path)
        log.verify()
    except JournalError as error:
        return str(error)
    return log.notices[0].kind if log.notices else ""


@pytest.mark.parametrize("bit", [0, 7])
def test_a_flipped_bit_of_every_byte(log: journal.Journal, tmp_path: Path, bit: int) -> None:
    content = log.path.read_bytes()
    header, found = header_size(content), blocks(content)
    path = tmp_path / "flipped"
    for offset in range(len(content)):
        path.write_bytes(content[:offset] + bytes([content[offset] ^ (1 << bit)]) + content[offset + 1 :])
        told = damage(path)
        if offset < 8:
            assert "is no journal of workbench" in told
        elif offset < 10:
            assert "is a journal of version" in told
        elif offset < header:
            assert "header" in told
        elif offset < found[-1][1]:
            start, end, first, _ = next(block for block in found if block[0] <= offset < block[1])
            assert re.search(rf"bytes {start} to {end}, records {first} to", told), (offset, told)
        else:
            assert told == "index" or f"bytes {found[-1][1]} to" in told


def test_a_flipped_bit_of_a_journal_without_its_index(log: journal.Journal, tmp_path: Path) -> None:
    whole = log.path.read_bytes()
    found = blocks(whole)
    content = whole[: found[-1][1]]
    path = tmp_path / "flipped"
    for offset in range(header_size(content), len(content)):
        path.write_bytes(content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :])
        told = damage(path)
        start, _, first, _ = next(block for block in found if block[0] <= offset < block[1])
        assert re.search(rf"bytes {start} to \d+, (from record {first} on|records {first} to)", told), (offset, told)


def test_a_replaced_block_breaks_the_chain(tmp_path: Path) -> None:
    """Checksums agree with what stands there; only the chain tells that another run's records do."""
    small(tmp_path / "a")
    from workbench.market import simulate

    other = wb.Backtest(
        strategy(on_bar=lambda *_: None), simulate.bars("X", every="1d", n=30, seed=4), cash="10_000 USD"
    )
    other.run(journal=tmp_path / "b")
    ours, theirs = (tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()
    theirs_blocks = theirs[header_size(theirs) : blocks(theirs)[-1][1]]
    (tmp_path / "c").write_bytes(ours[: header_size(ours)] + theirs_blocks)
    log = journal.read(tmp_path / "c")
    assert len(log) == 2
    with pytest.raises(
        JournalError, match=r"the chain of .* breaks at byte \d+, record 1: records there or before were"
    ):
        log.verify()


def test_space_that_was_never_written_is_a_tail(log: journal.Journal, tmp_path: Path) -> None:
    """After a crash of the machine a file may be longer than what reached the disk; the rest of it is zeros."""
    content = log.path.read_bytes()
    found = blocks(content)
    path = tmp_path / "zeros"
    path.write_bytes(content[: found[2][1]] + bytes(500))
    cut = journal.read(path)
    assert (len(cut), cut.notices[0].kind, cut.notices[0].count) == (found[2][3], "torn", 500)
    half = (found[2][0] + found[2][1]) // 2
    path.write_bytes(content[:half] + bytes(found[2][1] - half))
    cut = journal.read(path)
    assert (len(cut), cut.notices[0].kind) == (found[1][3], "torn")
    path.write_bytes(content[: found[2][1]] + b"\x01" * 500)
    with pytest.raises(JournalError, match=f"bytes {found[2][1]} to {found[2][1] + HEAD}, from record"):
        journal.read(path)


OTHERS = [
    pytest.param(b"", "is no journal of workbench; give the path of one", id="empty"),
    pytest.param(b"PAR1" * 100, "is no journal of workbench; give the path of one", id="foreign"),
    pytest.param(
        b"WBJRNL\r\n" + b"\x02\x00" + bytes(100), "is a journal of version 2, this workbench reads", id="newer"
    ),
    pytest.param(b"WBJRNL\r\n" + b"\x01\x00" + b"\xff" * 100, "the header of .* is not what was written", id="length"),
]


@pytest.mark.parametrize(("content", "message"), OTHERS)
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(JournalError, match=message):
        journal.read(tmp_path / "x")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "x", tmp_path):
        with pytest.raises(JournalError, match=r"there is no journal at .*; write one with run\(journal="):
            journal.read(path)


KILLED = """
import sys
import workbench as wb
from workbench import journal
from workbench.market import simulate

class Restless(wb.Strategy):
    def on_bar(self, ctx, bar):
        (ctx.sell if ctx.position(bar.asset) else ctx.buy)(bar.asset, 1)
        if ctx.session.year >= 2030:
            print("far", flush=True)
            sys.stdin.read()

bars = simulate.bars("X", every="1d", n=4000, start="2020-01-01", seed=1)
test = wb.Backtest(Restless(), bars, cash="100_000_000 USD", volume_cap=None)
test.run(progress=False, journal=journal.File(sys.argv[1], fsync=sys.argv[2], snapshot_every=500))
"""


@pytest.mark.parametrize("fsync", ["never", "block", "always"])
def test_a_process_that_is_killed_leaves_what_it_wrote(tmp_path: Path, fsync: str) -> None:
    from workbench.market import simulate

    path = tmp_path / "a.journal"
    command = [sys.executable, "-P", "-c", KILLED, str(path), fsync]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "far\n"
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    log = journal.read(path)
    assert [notice.kind for notice in log.notices][-1] == "unended"
    assert log.verify()
    bars = simulate.bars("X", every="1d", n=4000, start="2020-01-01", seed=1)
    rebuilt = log.rebuild(bars)
    assert (
        rebuilt.frame("fills")["price"]
        .head(log.events.filter(event="fill").height)
        .equals(log.events.filter(event="fill")["price"])
    )
    if fsync == "always":  # all but the slice in which it was killed
        assert log.events["time"].max() == rebuilt.equity["time"].max()
        assert str(log.events["time"].max()) > "2029-12-30"
    assert len(log) > 3_000


def stopping(error: BaseException) -> wb.Strategy:
    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if ctx.session.day == 4:
            raise error
        ctx.buy(bar.asset, 1)

    return strategy(on_bar=on_bar)


@pytest.mark.parametrize(
    ("error", "raised"), [(ValueError("no"), ValueError), (KeyboardInterrupt(), Interrupted)], ids=["error", "Ctrl-C"]
)
def test_a_run_that_breaks_off_leaves_its_journal(
    tmp_path: Path, error: BaseException, raised: type[BaseException]
) -> None:
    bars = days(A=[10, 11, 12, 13, 14])
    with pytest.raises(raised):
        wb.Backtest(stopping(error), bars, cash=1_000, volume_cap=None).run(journal=tmp_path / "a")
    log = journal.read(tmp_path / "a")
    assert [notice.kind for notice in log.notices] == ["unended"]
    assert log.verify()
    assert log.commands["slice"].to_list() == [1, 2, 3]
    assert log.events["event"].to_list()[-1] == "fill"  # that of the bar it broke off at
    assert log.events.filter(event="fill").height == 3
    rebuilt = log.rebuild(bars)
    assert rebuilt.frame("fills").height == 3


def test_a_limit_that_ends_the_run_leaves_what_came_before(tmp_path: Path) -> None:
    bars = days(A=[10, 11, 12])
    hold = strategy(on_bar=lambda self, ctx, bar: ctx.buy("A", ctx.session.day))
    limits = wb.Limits(order_quantity=1, on_breach="raise")
    with pytest.raises(LimitError):
        wb.Backtest(hold, bars, cash=1_000, volume_cap=None, limits=limits).run(journal=tmp_path / "a")
    log = journal.read(tmp_path / "a")
    assert log.events["event"].to_list() == ["deposit", "submitted", "accepted"]
    assert log.rebuild(bars).state_hash


def test_a_strategy_that_does_not_start_writes_nothing(tmp_path: Path) -> None:
    def on_start(self: Any, ctx: wb.Context) -> None:
        raise ValueError("no")

    test = wb.Backtest(strategy(on_start=on_start, on_bar=lambda *_: None), days(A=[10, 11]))
    with pytest.raises(ValueError, match="no"):
        test.run(journal=tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


FULL = """
import resource, signal, sys
import workbench as wb
from workbench import errors, journal
from workbench.market import simulate

class Restless(wb.Strategy):
    def on_bar(self, ctx, bar):
        (ctx.sell if ctx.position(bar.asset) else ctx.buy)(bar.asset, 1)

bars = simulate.bars("X", every="1d", n=20_000, start="1970-01-01", seed=1)
test = wb.Backtest(Restless(), bars, cash="100_000_000 USD", volume_cap=None)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    test.run(progress=False, journal=journal.File(sys.argv[1], snapshot_every=500))
except errors.JournalError as error:
    print(error)
"""


def test_a_disk_that_takes_no_more_ends_the_run(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    done = subprocess.run([sys.executable, "-P", "-c", FULL, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{path} cannot be written: File too large")
    log = journal.read(path)
    assert [notice.kind for notice in log.notices] == ["torn", "unended"]
    assert len(log) > 1_000
    assert log.verify()


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    test, log = small(tmp_path / "a")
    before = log.path.read_bytes()
    test.run(journal=journal.File(tmp_path / "a", snapshot_every=16))  # the same run, again
    assert log.path.read_bytes() == before
    with pytest.raises(JournalError, match="holds the journal of another run and is kept; give another path"):
        test.run(journal=tmp_path / "a")
    with pytest.raises(JournalError, match="holds the journal of another run and is kept"):
        test.replace(cash="9_999 USD").run(journal=journal.File(tmp_path / "a", snapshot_every=16))
    assert log.path.read_bytes() == before
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(JournalError, match="holds something else and is kept"):
        test.run(journal=tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "mine"
    with pytest.raises(JournalError, match="is a folder; give the path of a file"):
        test.run(journal=tmp_path)
    with pytest.raises(JournalError, match=r"the folder of the journal .* does not exist; make it first"):
        test.run(journal=tmp_path / "none" / "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "notes"]


def test_a_torn_journal_of_the_same_run_is_written_anew(tmp_path: Path) -> None:
    test, log = small(tmp_path / "a")
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[: len(whole) // 2])
    test.run(journal=journal.File(tmp_path / "a", snapshot_every=16))
    assert log.path.read_bytes() == whole
