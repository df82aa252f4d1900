"""What is kept of what was read: bounded, counted, and never old."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import ParameterError, StorageError
from workbench.market import simulate
from workbench.market.bars import BARS, with_frame
from workbench.market.catalog import Catalog
from workbench.market.catalog.cache import Cache
from workbench.market.catalog.coding import BLOCK

MINUTES = simulate.bars("X", every="1m", n=8 * BLOCK, start="2024-01-01", seed=5)
EIGHT = pl.Series("x", [1.0] * 131_072)  # a megabyte


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path)
    made.ingest(MINUTES)
    yield made
    made.close()


def test_the_longest_unused_goes_first() -> None:
    cache = Cache(mb=3)
    for key in "abc":
        cache.put(key, EIGHT)
    assert cache.get("a") is not None
    cache.put("d", EIGHT)
    assert [key for key in "abcd" if cache.get(key) is not None] == ["a", "c", "d"]
    assert cache.bytes == 3 << 20
    assert (cache.hits, cache.misses, cache.hit_rate) == (4, 1, 0.8)


def test_the_same_again_takes_no_more_room_and_what_is_too_large_none() -> None:
    cache = Cache(mb=1.5)
    cache.put("a", EIGHT)
    cache.put("a", EIGHT)
    cache.put("large", pl.concat([EIGHT, EIGHT]))
    assert (len(cache), cache.bytes) == (1, 1 << 20)
    assert repr(cache) == "Cache: 1 piece, 1.0 of 2 MB, hit rate 0% (0 hits)"
    cache.clear()
    assert (len(cache), cache.bytes, cache.hits, cache.misses) == (0, 0, 0, 0)


@pytest.mark.parametrize("mb", [-1, float("nan"), float("inf"), "64", True, None])
def test_sizes_that_are_refused(tmp_path: Path, mb: Any) -> None:
    with pytest.raises(ParameterError, match="give the megabytes that may be kept, 0 for none"):
        Catalog(tmp_path, cache_mb=mb)


def test_windows_share_their_blocks(held: Catalog) -> None:
    """One block of eight columns is read once; another window of it finds them all."""
    days = [datetime(2024, 1, day, 1, tzinfo=UTC) for day in (2, 3, 4)]
    first = held.bars("X", every="1m", start=days[0], end=days[1]).frame
    assert (held.cache.hits, held.cache.misses) == (0, 8)
    second = held.bars("X", every="1m", start=days[1], end=days[2]).frame
    assert (held.cache.hits, held.cache.misses) == (8, 8)
    assert pl.concat([first, second]).equals(MINUTES.between(days[0], days[2]).frame)
    assert held.bars("X", every="1m", start=days[0], end=days[1], fields="close").frame.height == 1440
    assert (held.cache.hits, held.cache.misses) == (12, 8)


def test_what_is_large_goes_past_the_cache(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, cache_mb=20)
    catalog.ingest(MINUTES)
    assert catalog.bars("X", every="1m").frame.equals(MINUTES.frame)
    assert len(catalog.cache) == 0
    catalog.close()


def test_nothing_old_is_given_after_an_ingest(held: Catalog) -> None:
    assert held.bars("X", every="1m").frame.equals(MINUTES.frame)
    changed = MINUTES.frame.with_columns(volume=pl.when(pl.int_range(pl.len()) == 7).then(5.0).otherwise("volume"))
    held.ingest(with_frame(MINUTES, changed))
    assert held.bars("X", every="1m").frame.equals(changed)


def test_many_threads_read_the_same(held: Catalog) -> None:
    def read(day: int) -> bool:
        window = datetime(2024, 1, day, tzinfo=UTC), datetime(2024, 1, day + 20, tzinfo=UTC)
        made = held.bars("X", every="1m", start=window[0], end=window[1]).frame
        return made.equals(MINUTES.between(*window).frame) and made.schema == BARS

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, list(range(1, 10)) * 4))


def test_a_torn_file_is_told(held: Catalog, tmp_path: Path) -> None:
    [path] = (tmp_path / "bars").iterdir()
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(StorageError, match="torn"):
        _ = held.bars("X", every="1m").frame
