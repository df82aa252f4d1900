"""Bars that are read on first use behave as those in memory do, and read no more than they must."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import cloudpickle
import polars as pl
import pytest

from workbench.errors import ParameterError, StorageError, TimeError, UnknownAssetError
from workbench.market import simulate
from workbench.market.bars import BARS, Bars, with_frame
from workbench.market.catalog import Catalog
from workbench.market.catalog.lazy import StoredBars

HOURS = simulate.bars("X", every="1h", n=960, start="2024-01-01", seed=1)  # forty days
OTHER = simulate.bars("Y", every="1h", n=480, start="2024-01-11", seed=2)  # twenty of them
BOTH = Bars(
    pl.concat([HOURS.frame, OTHER.frame]), HOURS.actions, (*HOURS.assets, *OTHER.assets), "1h", "two", synthetic=True
)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Both assets, five days of them in each file."""
    made = Catalog(tmp_path_factory.mktemp("catalog"))
    for start in range(1, 41, 5):
        first, last = (date.fromordinal(date(2023, 12, 31).toordinal() + day) for day in (start, start + 4))
        part = BOTH.between(first, last)
        made.ingest(part if len(part.select("Y")) else part.select("X"))
    yield made
    made.close()


def asked(held: Catalog) -> StoredBars:
    bars = held.bars(["X", "Y"], every="1h")
    assert isinstance(bars, StoredBars)
    assert not bars.is_read
    return bars


@pytest.mark.parametrize(
    ("cut", "rows"),
    [
        pytest.param(lambda b: b, 1440, id="all"),
        pytest.param(lambda b: b.since(datetime(2024, 2, 5, 1, tzinfo=UTC)), 120, id="the last of eight files by time"),
        pytest.param(lambda b: b.since("2024-02-09"), 240, id="a session, with four days to spare"),
        pytest.param(lambda b: b.until(datetime(2024, 1, 6, tzinfo=UTC)), 120, id="the first file"),
        pytest.param(lambda b: b.until("2024-01-02"), 120, id="a session of the first file"),
        pytest.param(lambda b: b.between("2024-01-16", "2024-01-16"), 480, id="one session of both"),
        pytest.param(lambda b: b.last(5), 10, id="the last rows alone"),
        pytest.param(lambda b: b.last(130), 260, id="over the edge of a file"),
        pytest.param(lambda b: b.last(500), 980, id="more than one of them has"),
        pytest.param(lambda b: b.since("2024-02-01").last(7), 14, id="since, then last"),
        pytest.param(lambda b: b.last(200).until("2024-02-05"), 400, id="last, then until"),
        pytest.param(lambda b: b.until("2024-01-20").last(3), 960, id="until, then last"),
        pytest.param(lambda b: b.select("Y"), 480, id="one asset"),
        pytest.param(lambda b: b.select(["Y", "X"]).last(1), 2, id="the other way round"),
        pytest.param(lambda b: b.since("2030-01-01"), 0, id="nothing"),
    ],
)
def test_cut_before_reading_as_after(held: Catalog, cut: Any, rows: int) -> None:
    """The same rows as a cut in memory, out of no more of the files than told."""
    made, wanted = cut(asked(held)), cut(BOTH)
    assert not made.is_read
    assert made._plan.rows == rows
    assert made.frame.equals(wanted.frame)
    assert made.frame.schema == BARS
    assert (made.assets, made.every, len(made)) == (wanted.assets, wanted.every, len(wanted))
    assert made.fingerprint == wanted.fingerprint
    assert made.gaps == wanted.gaps


@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param(lambda b: b.since("yesterday"), TimeError, id="since"),
        pytest.param(lambda b: b.until(datetime(2024, 1, 1)), TimeError, id="naive"),  # noqa: DTZ001
        pytest.param(lambda b: b.between("2024-01-03", "2024-01-02"), TimeError, id="reversed"),
        pytest.param(lambda b: b.last(0), ParameterError, id="last"),
        pytest.param(lambda b: b.select("Z"), UnknownAssetError, id="select"),
    ],
)
def test_what_makes_no_sense_is_refused_before_reading(held: Catalog, call: Any, error: type[Exception]) -> None:
    bars = asked(held)
    with pytest.raises(error) as early:
        call(bars)
    with pytest.raises(error) as late:
        call(BOTH)
    assert str(early.value) == str(late.value)
    assert not bars.is_read


def test_the_number_of_rows_is_known_before_reading(held: Catalog) -> None:
    bars = asked(held)
    assert len(bars) == 1440
    assert len(bars.last(5)) == 10
    assert not bars.is_read


def test_cuts_of_what_is_read_are_made_in_memory(held: Catalog) -> None:
    bars = asked(held)
    assert bars.frame.height == 1440
    assert bars.is_read
    later = bars.since("2024-02-01")
    assert later.frame.equals(BOTH.since("2024-02-01").frame)
    assert later.last(1).frame.equals(BOTH.since("2024-02-01").last(1).frame)


def test_text_without_reading_and_with(held: Catalog) -> None:
    bars = held.bars("Y", every="1h")
    assert repr(bars) == (
        "Bars: 480 x 1h of Y, 24/7, SYNTHETIC (two), not read yet\n"
        "asset  rows held             first              last  splits  dividends\n"
        "Y            480  2024-01-11 00:00  2024-01-31 00:00       0          0"
    )
    cut = bars.since("2024-01-30")
    assert repr(cut).startswith("Bars: from at most 240 rows x 1h of Y, 24/7, since 2024-01-30, SYNTHETIC (two), not ")
    assert bars.frame.height == 480
    assert repr(bars).startswith("Bars: 480 x 1h of Y, 24/7, USD, no bars missing, SYNTHETIC (two)\n")


def test_a_cell_shows_what_is_small_and_tells_of_what_is_large(held: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    small = held.bars("Y", every="1h")
    assert "no bars missing" in small._repr_mimebundle_()["text/html"]
    monkeypatch.setattr("workbench.market.catalog.lazy.ROWS_SHOWN_MAX", 100)
    large = held.bars("Y", every="1h")
    shown = large._repr_mimebundle_()
    assert "not read yet" in shown["text/html"]
    assert shown["text/plain"] == repr(large)


@pytest.mark.parametrize("module", [pickle, cloudpickle], ids=["pickle", "cloudpickle"])
def test_travels_with_its_rows(held: Catalog, module: Any) -> None:
    back = module.loads(module.dumps(asked(held)))
    assert type(back) is Bars
    assert back.fingerprint == BOTH.fingerprint


def test_copies_and_views(held: Catalog) -> None:
    bars = asked(held)
    assert dataclasses.replace(bars, source="mine").source == "mine"
    assert len(with_frame(asked(held), HOURS.frame)) == 960
    assert isinstance(bars, Bars)
    assert bars.resample("1d").frame.equals(BOTH.resample("1d").frame)
    with pytest.raises(AttributeError, match="'StoredBars' object has no attribute 'closes'"):
        _ = bars.closes


def test_where_the_rows_came_from(held: Catalog) -> None:
    assert asked(held).ingests == (1, 2, 3, 4, 5, 6, 7, 8)
    assert held.bars("Y", every="1h").ingests == (3, 4, 5, 6)
    assert dataclasses.replace(asked(held), every="1h").ingests == ()


def test_what_was_asked_for_stays_whatever_comes_in(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, cache_mb=0)
    catalog.ingest(HOURS.last(48))
    before = catalog.bars("X", every="1h")
    changed = HOURS.frame.tail(48).with_columns(pl.col("volume") + 1)
    assert catalog.ingest(with_frame(HOURS, changed)).replaced == 48
    assert before.frame.equals(HOURS.last(48).frame)
    assert catalog.bars("X", every="1h").frame.equals(changed)
    catalog.close()


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.ingest(HOURS)
    bars = catalog.bars("X", every="1h")
    next((tmp_path / "bars").iterdir()).unlink()
    with pytest.raises(StorageError, match="it was cleaned away after the bars were asked for; ask for them again"):
        _ = bars.frame
    catalog.close()
