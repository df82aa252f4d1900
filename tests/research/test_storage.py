"""Saved runs on a real disk: what comes back, what is refused, and what a torn file says."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.engine.events import EQUITY, FILLS, exact_schema, float_schema
from workbench.errors import StorageError
from workbench.research import storage

DOCUMENT: dict[str, Any] = {
    "cash": "100000.00000000000000000001",
    "bars": 3,
    "big": 2**80,
    "share": 0.1,
    "warmup": True,
    "end": None,
    "text": "grün 日本 \u0000 \ud800",
    "nested": {"b": [1, [2.5, None]], "a": {}},
}
FRAMES = {
    "equity": pl.DataFrame(
        {"time": [datetime(2001, 1, 2, 21, tzinfo=UTC)], "session": [date(2001, 1, 2)], "cash": [Decimal("0.1")],
         "positions": [Decimal(-3)], "receivable": [None], "equity": [Decimal("999999999999999.12345678901234567891")]},
        schema=exact_schema(EQUITY),
    ),
    "fills": pl.DataFrame(schema=float_schema(FILLS)),
    "recorded": pl.DataFrame({"gap": [0.1, None, float("inf")], "name": ["a", "", None]}),
}  # fmt: skip
TORN = "is torn or was changed after it was saved; restore it, or run again and save"

LATER = "is of version 3, this workbench reads version 2; update workbench"
EARLIER = "is of version 1, this workbench reads version 2; run the Backtest again and save it"


def files(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    storage.save(tmp_path / "run", FRAMES, DOCUMENT)
    return tmp_path / "run"


def refusal(action: Any) -> str:
    with pytest.raises(StorageError) as caught:
        action()
    assert type(caught.value) is StorageError
    return str(caught.value)


def test_everything_comes_back_exactly(saved: Path) -> None:
    frames, document, _ = storage.load(saved)
    assert document == DOCUMENT
    assert list(frames) == list(FRAMES)
    for name, frame in FRAMES.items():
        assert frames[name].schema == frame.schema
        assert frames[name].equals(frame, null_equal=True)
    assert files(saved) == ["equity.parquet", "fills.parquet", "recorded.parquet", "run.json"]
    assert files(saved.parent) == ["run"]


def test_the_index_is_canonical_and_the_files_are_ordinary(saved: Path, tmp_path: Path) -> None:
    content = (saved / "run.json").read_bytes()
    index = json.loads(content)
    assert (index["format"], index["version"]) == ("workbench.run", 2)
    assert content == json.dumps(index, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert pl.read_parquet(saved / "equity.parquet").equals(FRAMES["equity"])
    storage.save(tmp_path / "again", FRAMES, dict(reversed(DOCUMENT.items())))
    assert (tmp_path / "again" / "run.json").read_bytes() == content


def test_saving_again_replaces_the_whole_run(saved: Path) -> None:
    storage.save(saved, {"fills": FRAMES["fills"]}, {"second": True})
    assert storage.load(saved)[1] == {"second": True}
    assert files(saved) == ["fills.parquet", "run.json"]
    assert files(saved.parent) == ["run"]


def test_parents_are_made_and_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "a" / "b" / "c", tmp_path / "empty"):
        storage.save(str(place), {}, {})
        assert storage.load(str(place)) == ({}, {}, {})


@pytest.mark.parametrize("name", ["equity.parquet", "fills.parquet", "run.json"])
def test_a_flipped_bit_is_found_wherever_it_is(saved: Path, name: str) -> None:
    path = saved / name
    content = path.read_bytes()
    for position in range(len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        assert refusal(lambda: storage.load(saved)) == f"{path} {TORN}"
    path.write_bytes(content)
    storage.load(saved)


@pytest.mark.parametrize("name", ["recorded.parquet", "run.json"])
def test_a_torn_file_is_found_at_any_length(saved: Path, name: str) -> None:
    path = saved / name
    content = path.read_bytes()
    for length in {*range(0, len(content), 7), len(content) - 1}:
        path.write_bytes(content[:length])
        assert refusal(lambda: storage.load(saved)) == f"{path} {TORN}"
    path.write_bytes(content + b"\n")
    assert refusal(lambda: storage.load(saved)) == f"{path} {TORN}"


@pytest.mark.parametrize("name", ["equity.parquet", "run.json"])
def test_a_missing_file_is_named(saved: Path, name: str) -> None:
    (saved / name).unlink()
    assert refusal(lambda: storage.load(saved)) == (f"{saved / name} is missing; the folder is no complete saved run")


def signed(content: dict[str, Any]) -> bytes:
    """An index with a hash that agrees, as another program might write it."""
    return storage._encoded({**content, "sha256": storage._sha256(storage._encoded(content))})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (signed({"format": "workbench.run", "version": 3}), LATER),
        (signed({"format": "workbench.run", "version": 1}), EARLIER),
        (signed({"format": "other"}), "is not the index of a saved run"),
        (signed({}), "is not the index of a saved run"),
        (b"", TORN),
        (b"[]\n", TORN),
        (b'{"sha256":5}\n', TORN),
        (b"\xff", TORN),
        (b"[" * 100_000, TORN),
    ],
    ids=["later", "earlier", "other format", "no format", "empty", "a list", "hash is a number", "no text", "deep"],
)  # fmt: skip
def test_another_index_is_refused(saved: Path, content: bytes, reason: str) -> None:
    (saved / "run.json").write_bytes(content)
    assert refusal(lambda: storage.load(saved)) == f"{saved / 'run.json'} {reason}"


def test_nothing_there(tmp_path: Path) -> None:
    place = tmp_path / "none"
    assert refusal(lambda: storage.load(place)) == (
        f'there is no saved run at {place}; write one with run.save("{place}")'
    )


FOREIGN = {
    "somebody's folder": ("notes.txt", "{place} is not empty and not a saved run; give another folder"),
    "another run.json": ("run.json", "{place} is not empty and not a saved run; give another folder"),
}


@pytest.mark.parametrize(("name", "message"), FOREIGN.values(), ids=FOREIGN)
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / name).write_text('{"mine": 1}')
    assert refusal(lambda: storage.save(tmp_path, FRAMES, DOCUMENT)) == message.format(place=tmp_path)
    assert files(tmp_path) == [name]
    assert (tmp_path / name).read_text() == '{"mine": 1}'


def test_a_file_beside_a_saved_run_is_not_lost(saved: Path) -> None:
    (saved / "notes.txt").write_text("mine")
    assert refusal(lambda: storage.save(saved, {}, {})) == (
        f"{saved} holds notes.txt beside a saved run; move that away or give another folder"
    )
    assert storage.load(saved)[1] == DOCUMENT


def test_a_file_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text("mine")
    assert refusal(lambda: storage.save(path, {}, {})) == f"{path} is a file; give the name of a folder"


KINDS = "a document holds text, whole and finite numbers, bools, None, lists and mappings"
BAD_DOCUMENTS: dict[str, tuple[dict[Any, Any], str]] = {
    "a Decimal": ({"cash": Decimal(1)}, f"document.cash is Decimal('1') (Decimal); {KINDS}"),
    "NaN": ({"a": [1, float("nan")]}, f"document.a[1] is nan (float); {KINDS}"),
    "a tuple": ({"a": {"b": (1,)}}, f"document.a.b is (1,) (tuple); {KINDS}"),
    "bytes": ({"a": b"x"}, f"document.a is b'x' (bytes); {KINDS}"),
    "a number as key": ({"a": {1: 2}}, "document.a has the key 1; keys are text"),
}


@pytest.mark.parametrize(("document", "message"), BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_a_document_that_would_come_back_changed(tmp_path: Path, document: Any, message: str) -> None:
    assert refusal(lambda: storage.save(tmp_path / "run", {}, document)) == message
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["", "../fills", "Fills", "a b", "x" * 65])
def test_a_frame_needs_a_plain_name(saved: Path, name: str) -> None:
    message = refusal(lambda: storage.save(saved, {"fills": FRAMES["fills"], name: FRAMES["fills"]}, {}))
    assert message == f"a frame cannot be saved as {name!r}; use small letters, digits and _"
    assert storage.load(saved)[1] == DOCUMENT
    assert files(saved.parent) == ["run"]


def test_a_frame_that_parquet_cannot_hold(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [object()]}, schema={"a": pl.Object})
    message = refusal(lambda: storage.save(tmp_path / "run", {"odd": frame}, {}))
    assert message.startswith("the frame odd cannot be written as Parquet: ")
    assert files(tmp_path) == []


def test_a_failing_disk_keeps_the_old_run(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renames: list[Path] = []
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        renames.append(target)
        if len(renames) == 2:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    message = refusal(lambda: storage.save(saved, {}, {}))
    assert message == f"{saved} cannot be read or written: No space left on device"
    assert storage.load(saved)[1] == DOCUMENT
    assert files(saved.parent) == ["run"]


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        storage.save(tmp_path / "run", FRAMES, DOCUMENT)
    assert files(tmp_path) == []


def test_files_beside_the_frames_come_back_and_are_checked(tmp_path: Path) -> None:
    place = tmp_path / "run"
    storage.save(place, {}, {}, {"events.journal": lambda path: path.write_bytes(b"abc")})
    assert storage.load(place) == ({}, {}, {"events.journal": b"abc"})
    storage.save(place, {}, {"second": True})
    assert files(place) == ["run.json"]
    storage.save(place, {}, {}, {"events.journal": lambda path: path.write_bytes(b"abc")})
    (place / "events.journal").write_bytes(b"abd")
    assert refusal(lambda: storage.load(place)) == f"{place / 'events.journal'} {TORN}"
