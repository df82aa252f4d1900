"""What the browser gets of a run, and when: a short one whole, a long one in parts that it asks for.

The one idea: a part is a run of its own. One of level 0 has `SIZE` slices; at level n a row is a bucket of so many as
`FACTOR` ** n slices, for when each would be narrower than a pixel. So a part is found by its level and its number, all
have the same layout, and the browser needs some near its cursor and a few of the whole run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from workbench.errors import ParameterError
from workbench.market.buckets import BAR, How, merged
from workbench.views.replay.data import about, block, details, replay_tables, too_long

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.views.drawn import Drawn
    from workbench.views.replay.beside import Beside
    from workbench.views.run_view import ReplayView

__all__ = ["FACTOR", "SIZE", "WHOLE", "Parts", "Place"]

Place = tuple[int, int]
"""A level, and the number of a part at it."""
Numbers = np.ndarray[Any, Any]
WHOLE: Final = 10_000
"""A run of so many slices is sent whole."""
SIZE: Final = 2_048
FACTOR: Final = 4
COARSEST: Final = 1_024
"""The coarsest level has at most so many buckets."""
KEPT: Final = 4 * COARSEST
"""Levels of at most so many buckets are sent at once."""
FILE: Final = 100
"""Parts of level 0 that a file takes along: those nearest to its cursor."""
MARKED: Final = ("fills", "rival_fills", "parting")
"""Tables of what is marked over the prices."""
MERGED: Final[Mapping[str, How]] = {**BAR, "equity": "last", "drawdown": "min", "holding": "last"}


@dataclass(frozen=True, eq=False)
class Parts:
    """A run as tables, and about it; those of a long run are cut when they are asked for."""

    tables: Mapping[str, pl.DataFrame]
    about: Mapping[str, Any]
    details: Callable[[slice], Mapping[str, pl.DataFrame]]
    """Tables that are made for some slices when these are sent, as they may be long."""
    are_long: bool

    @classmethod
    def of(
        cls, run: ReplayView, spans: tuple[pl.DataFrame, pl.DataFrame], found: Drawn, more: Beside | None = None
    ) -> Parts:
        """A run with its spans, as `workbench.engine.simulation.walked` gives them, what is drawn, and more of both."""
        told, long = {**about(run, found), **(more.about if more else {})}, too_long(run)
        left = long if told.get("hidden") else []

        def made(rows: slice) -> dict[str, pl.DataFrame]:
            return {name: table for name, table in details(run, found, rows).items() if name not in left}

        return cls(replay_tables(run, spans, found, more), {**told, "left_out": left}, made, bool(long))

    @property
    def count(self) -> int:
        """How many slices there are."""
        return int(self.tables["slices"].height)

    @property
    def is_whole(self) -> bool:
        """Whether everything is sent at once: the score of who guesses at hidden bars needs all of them."""
        return (self.count <= WHOLE and not self.are_long) or bool(self.about.get("hidden"))

    @property
    def levels(self) -> int:
        """How many levels there are."""
        return 1 + next(level for level in count() if self.buckets(level) <= COARSEST)

    def buckets(self, level: int) -> int:
        """How many rows all parts of a level have."""
        return int(-(-self.count // FACTOR**level))

    def parts(self, level: int) -> int:
        """How many parts a level has."""
        return -(-self.buckets(level) // SIZE)

    @cached_property
    def data(self) -> bytes:
        """The block that is sent first: a short run whole, of a long one where things happened."""
        if not self.is_whole:
            return self._head({})
        return block({**self.tables, **self.details(slice(0, self.count))}, self.about)

    def _head(self, bounds: Mapping[str, int]) -> bytes:
        shape = {"count": self.count, "size": SIZE, "levels": self.levels, **bounds}
        return block(self._outline, {**self.about, "parts": shape})

    def first(self, cursor: int) -> list[Place]:
        """The parts of a long run that are sent with it: what a picture needs at a cursor, and few buckets for all."""
        if self.is_whole:
            return []
        kept = [(n, k) for n in range(1, self.levels) if self.buckets(n) <= KEPT for k in range(self.parts(n))]
        return sorted({*kept, *((n, cursor // FACTOR**n // SIZE) for n in range(self.levels))})

    def in_file(self, cursor: int) -> dict[str, bytes]:
        """The blocks of a file by name: the first has none; of a long run all buckets, and slices near a cursor."""
        if self.is_whole:
            return {"": self.data}
        last = self.parts(0)
        start = max(0, min(cursor // SIZE - FILE // 2, last - FILE))
        near = [(0, k) for k in range(start, min(start + FILE, last))]
        coarse = [(n, k) for n in range(1, self.levels) for k in range(self.parts(n))]
        bounds = {"first": start * SIZE, "last": min(self.count, (near[-1][1] + 1) * SIZE) - 1}
        return {"": self._head(bounds), **{f"{n}-{k}": self.part(n, k) for n, k in near + coarse}}

    def answer(self, asked: Sequence[Any]) -> list[object]:
        """The blocks of parts that are asked for; the first one asked is a number that comes back as it is."""
        return [*asked[:1], *([level, number, self.part(level, number)] for level, number in asked[1:])]

    def part(self, level: int, number: int) -> bytes:
        """A part as a block.

        Raises:
            ParameterError: there is no such part.
        """
        if not (0 <= level < self.levels and 0 <= number < self.parts(level)):
            raise ParameterError(f"the replay has no part {number} at level {level}")
        first = number * SIZE * FACTOR**level
        rows = slice(first, min(first + SIZE * FACTOR**level, self.count))
        return self._slices(rows) if level == 0 else self._buckets(rows, FACTOR**level)

    def _slices(self, rows: slice) -> bytes:
        tables = {name: _cut(table, rows) for name, table in {**self.tables, **self.details(rows)}.items()}
        tables["orders"] = _with_working(self.tables["orders"], tables["working"], rows)
        return block(tables, self._before(rows.start) if rows.start else {})

    def _before(self, start: int) -> dict[str, Any]:
        """What a part cannot know of the slices before it: the highest equity, and the last bar."""
        known = int(self._closed[start - 1])
        told = self.tables["slices"].slice(known, 1).select("close", "scale", "time", "session")
        last = {} if known < 0 else {"last": told.to_dict(as_series=False)}
        return {"peak": float(self._peaks[start]), **last}

    @cached_property
    def _closed(self) -> Numbers:
        """The last slice with a bar of the drawn asset, up to each; -1 where there is none."""
        has_bar = self.tables["slices"]["close"].is_not_null().to_numpy()
        return np.maximum.accumulate(np.where(has_bar, np.arange(self.count), -1))

    def _buckets(self, rows: slice, size: int) -> bytes:
        own = self._lines.slice(rows.start, rows.stop - rows.start)
        told = own.select("time", "session").gather_every(size)
        shades = {str(layer["column"]) for layer in self.about["layers"] if layer.get("rule")}
        layers: dict[str, How] = {str(layer["column"]): "last" for layer in self.about["layers"]}
        how = {**MERGED, **layers, **dict.fromkeys(shades, MERGED["low"])}
        tables = {"slices": told.hstack(merged(own, size, how))}
        tables |= {name: self._marks(name, rows, size) for name in MARKED if name in self.tables}
        if self._rival is not None:
            other = self._rival.slice(rows.start, rows.stop - rows.start)
            tables["rival"] = merged(other, size, {"equity": "last", "holding": "last"})
        return block(tables, {})

    def _marks(self, name: str, rows: slice, size: int) -> pl.DataFrame:
        """What is marked in each bucket, once for each asset and side."""
        marks = _cut(self.tables[name], rows).with_columns(pl.col("slice") // size)
        kept = [column for column in ("slice", "asset", "side", "drawn") if column in marks.columns]
        return marks.select(kept).unique([*kept[:3]], maintain_order=True)

    @cached_property
    def _peaks(self) -> Numbers:
        """The highest equity before each slice; nothing is before the first."""
        equity = self.tables["slices"]["equity"].to_numpy()
        return np.concatenate(([-np.inf], np.maximum.accumulate(equity)))

    @cached_property
    def _lines(self) -> pl.DataFrame:
        """What is merged: the columns of each slice, with its drawdown and what is held of the drawn asset."""
        slices, peaks = self.tables["slices"], self._peaks[1:]
        fallen = np.where(peaks > 0, slices["equity"].to_numpy() / peaks - 1, np.nan)
        return slices.with_columns(drawdown=fallen, holding=self._holding("held"))

    @cached_property
    def _rival(self) -> pl.DataFrame | None:
        """Equity and holding of a second run, where there is one."""
        rival = self.tables.get("rival")
        return None if rival is None else rival.with_columns(holding=self._holding("rival_held"))

    def _holding(self, table: str) -> Numbers:
        """What is held of the drawn asset in each slice, by a table of spans."""
        spans = self.tables[table].filter(pl.col("asset") == self.about["asset"]).sort("first")
        first, until = spans["first"].to_numpy(), spans["until"].to_numpy()
        which = np.zeros(self.count + 1, np.int64)
        which[until] = -1  # nothing any more, unless the next span begins there
        which[first] = np.arange(1, len(first) + 1)
        changed = np.maximum.accumulate(np.where(which != 0, np.arange(self.count + 1), 0))
        values = np.concatenate(([0.0], spans["quantity"].to_numpy(), [0.0]))
        return np.asarray(values[which[changed]][: self.count])

    @cached_property
    def _outline(self) -> dict[str, pl.DataFrame]:
        """Where something happened, and which slice is the last of each session."""
        fills, orders = self.tables["fills"], self.tables["orders"]
        refused = orders.filter(pl.col("status") == "DENIED")
        runs = self.tables["slices"]["session"].rle().struct.unnest()
        days = runs.select(session="value", last=pl.col("len").cum_sum().cast(pl.Int32) - 1)
        stops = {"fill": fills, "refusal": refused}
        if "parting" in self.tables:
            stops["difference"] = self.tables["parting"].sort("slice")
        return {
            **{name: rows.select("slice").unique(maintain_order=True) for name, rows in stops.items()},
            "days": days,
        }


def _cut(table: pl.DataFrame, rows: slice) -> pl.DataFrame:
    """The rows of a table that belong to some slices, which are counted from the first of these."""
    if "slice" in table.columns:
        start, end = (int(table["slice"].search_sorted(edge, "left")) for edge in (rows.start, rows.stop))
        return table.slice(start, end - start).with_columns(pl.col("slice") - rows.start)
    if "until" in table.columns:
        own = table.filter((pl.col("until") > rows.start) & (pl.col("first") < rows.stop))
        return own.with_columns(pl.col("first", "until") - rows.start)
    return table.slice(rows.start, rows.stop - rows.start)


def _with_working(orders: pl.DataFrame, working: pl.DataFrame, rows: slice) -> pl.DataFrame:
    """The orders asked in some slices, and those that worked then and were asked before."""
    ids = working["order"].unique()
    own = pl.col("slice").is_between(rows.start, rows.stop - 1) | pl.col("order").is_in(ids.implode())
    return orders.filter(own).with_columns(pl.col("slice") - rows.start)
