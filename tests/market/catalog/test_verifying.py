"""Damage of every kind is named; what is sound is told so."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from workbench.market import catalog as catalogs
from workbench.market.catalog import Catalog

SAMPLE = catalogs.sample()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Catalog]:
    """Apple and Facebook in a first file, the last months of both in a second one."""
    made = Catalog(tmp_path)
    made.ingest(SAMPLE[["AAPL", "FB"]].until("2012-12-31"))
    made.ingest(SAMPLE[["AAPL", "FB"]].since("2013-01-01"))
    yield made
    made.close()


def files(folder: Path) -> list[Path]:
    return sorted((folder / "bars").iterdir())


def flip(folder: Path) -> None:
    data = bytearray(files(folder)[0].read_bytes())
    data[len(data) // 2] ^= 1
    files(folder)[0].write_bytes(data)


def sql(statement: str) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
            connection.execute(statement)
            connection.commit()

    return work


def rewrite(folder: Path) -> None:
    """The second file in the place of the first one, with a row of the database that fits it."""
    first, second = files(folder)
    first.write_bytes(second.read_bytes())
    copy = "SELECT hash, bytes FROM segments WHERE id = 2"
    sql(f"UPDATE segments SET (hash, bytes) = ({copy}) WHERE id = 1")(folder)


def test_sound(held: Catalog) -> None:
    found = held.verify()
    assert found
    assert found.problems.is_empty()
    assert (found.files, found.rows) == (2, 3270 + 196)
    assert repr(found).endswith(", all sound")


@pytest.mark.parametrize(
    ("damage", "problems"),
    [
        pytest.param(flip, [("first", None, "its SHA-256 is ")], id="a flipped bit"),
        pytest.param(lambda f: files(f)[1].unlink(), [("second", None, "it is missing")], id="a missing file"),
        pytest.param(
            lambda f: files(f)[0].write_bytes(files(f)[0].read_bytes()[:-1]), [("first", None, "it has ")], id="cut off"
        ),
        pytest.param(
            sql("UPDATE spans SET row = row + 1 WHERE id = 1"),
            [("first", "AAPL", "the database says other times for bars of 1d in rows 1 to 3,230 than the file")],
            id="rows moved by one",
        ),
        pytest.param(
            sql("UPDATE spans SET rows = 5000 WHERE id = 2"),
            [("first", "FB", "the database says bars of 1d in rows 3,229 to 8,229, the file has 3,384")],
            id="rows beyond the end",
        ),
        pytest.param(
            sql("UPDATE spans SET start_us = start_us - 864000000000 WHERE id = 3"),
            [
                ("second", "AAPL", "the database says other times for bars of 1d in rows 0 to 41 than the file"),
                ("second", "AAPL", "bars of 1d in rows 0 to 41 overlap those of bars/"),
            ],
            id="a time edited",
        ),
        pytest.param(
            sql("UPDATE spans SET asset_id = 1 WHERE id = 4"),
            [("second", "AAPL", "bars of 1d in rows 41 to 82 overlap those of bars/")],
            id="rows given to another asset",
        ),
        pytest.param(
            sql("DELETE FROM segments WHERE id = 2"),
            [("segment 2", None, "the database has no such file, but 2 spans of it")],
            id="a file forgotten",
        ),
        pytest.param(rewrite, [("first", None, "torn or not a file of this catalog|fewer rows")], id="another's file"),
    ],
)
def test_damage_is_named(
    held: Catalog, tmp_path: Path, damage: Callable[[Path], None], problems: list[tuple[str, str | None, str]]
) -> None:
    names = dict(zip(("first", "second"), [f"bars/{path.name}" for path in files(tmp_path)], strict=True))
    damage(tmp_path)
    found = held.verify()
    assert not found
    assert len(found.problems) == len(problems)
    for (file, asset, text), (where, whose, wanted) in zip(found.problems.iter_rows(), problems, strict=True):
        assert (file, asset) == (names.get(where, where), whose)
        assert any(part in text for part in wanted.split("|"))
    assert repr(found).startswith(f"! {len(problems)} problem")
    assert "restore the files from a copy" in found._repr_mimebundle_()["text/html"]
