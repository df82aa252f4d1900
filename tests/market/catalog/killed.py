"""A child that ingests without end, for the test that kills it; the fork server imports it, so it starts at once."""

from __future__ import annotations

import sqlite3  # noqa: F401  what is imported here, the fork server imports once for all children
from collections.abc import Sequence
from itertools import cycle
from multiprocessing.synchronize import Event
from pathlib import Path

import polars as pl
import sqlalchemy.dialects.sqlite  # noqa: F401

from workbench.market import simulate
from workbench.market.adjustments import checked_actions
from workbench.market.bars import Bars, with_frame
from workbench.market.catalog import Catalog, feeding  # noqa: F401

NAMES = ("A", "B")
ROWS = 300
VERSIONS = 4


def version(number: int) -> Bars:
    """Bars of two assets that share the first and the last hundred rows with every other version, with one split."""
    parts = [_of(name, number) for name in NAMES]
    rows = [
        {"asset": name, "ex": "2024-01-05", "kind": "split", "numerator": number + 2, "denominator": 1}
        for name in NAMES
    ]
    assets = tuple(asset for part in parts for asset in part.assets)
    frame = pl.concat([part.frame for part in parts])
    return Bars(frame, checked_actions(pl.DataFrame(rows), assets), assets, "1h", "versions")


def _of(name: str, number: int) -> Bars:
    same = simulate.bars(name, "1h", n=ROWS, seed=99)
    other = simulate.bars(name, "1h", n=ROWS, seed=number).frame
    middle = pl.int_range(pl.len()).is_between(100 + number, 199 - number)
    columns = [pl.when(middle).then(other[c]).otherwise(pl.col(c)).alias(c) for c in ("open", "high", "low", "close")]
    return with_frame(same, same.frame.with_columns(columns))


def ingest_for_ever(folder: Path, versions: Sequence[Bars], ready: Event) -> None:
    """Version after version, until the end of the process; `ready` is set when the first is in."""
    catalog = Catalog(folder)
    for bars in cycle(versions):
        catalog.ingest(bars)
        ready.set()
