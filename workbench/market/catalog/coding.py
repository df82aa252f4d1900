"""How the columns of bars, trades and quotes become whole numbers that compress well, and floats again.

The one idea: every float on d digits is the quotient of a whole number by 10^d, rounded once, so the whole number is
all that has to be kept. Null is -1, which no price and no size can be.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.errors import InternalError
from workbench.market.bars import BARS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BLOCK", "KINDS", "Coded", "Kind", "ticks_back", "ticks_coded"]

BLOCK: Final = 1 << 14  # rows from one fresh start of the differences to the next: the least that is read
DAY_US: Final = 86_400_000_000
SMALL_MAX: Final = 2**31 - 1
TIME: Final = pl.Datetime("us", "UTC")
NULL: Final = -1
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data: its columns after `asset`, which of them are prices, which sizes, and which tells the time."""

    schema: dict[str, pl.DataType]
    time: str
    prices: tuple[str, ...]
    sizes: tuple[str, ...]


def _ticks_kind(prices: tuple[str, ...], sizes: tuple[str, ...]) -> Kind:
    return Kind({"time": TIME, **dict.fromkeys(prices + sizes, pl.Float64())}, "time", prices, sizes)


KINDS: Final = {
    "bars": Kind(
        {name: dtype for name, dtype in BARS.items() if name != "asset"},
        "open_time",
        ("close", "open", "high", "low"),
        ("volume",),
    ),
    "trades": _ticks_kind(("price",), ("size",)),
    "quotes": _ticks_kind(("bid", "ask"), ("bid_size", "ask_size")),
}
# What the value of a column of bars is told by, beside what is stored of it.
NEEDS: Final = {
    "open": ("close",),
    "high": ("close", "open"),
    "low": ("close", "open"),
    "time": ("open_time",),
    "session": ("open_time",),
}
# Columns of bars that are stored as a distance, and left out where it is the same in every row.
DISTANCES: Final = {"time": "length", "session": "later"}


def ticks_coded(
    kind: str, frame: pl.DataFrame, pieces: Sequence[tuple[int, int, int]]
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The columns as they are stored, and the layout: what holds for every row, and when each block begins.

    Args:
        kind: a name of `KINDS`.
        frame: rows by its schema.
        pieces: rows, price digits and quantity digits, one after another.

    Raises:
        InternalError: a value that does not lie on its digits.

    Example:
        >>> from workbench.market import simulate
        >>> table, layout = ticks_coded("bars", simulate.bars("X", "1h", n=30).frame, [(30, 2, 8)])
        >>> table.columns, layout["length"], table["open_time"][1]
        (['open_time', 'close', 'open', 'high', 'low', 'volume'], 3600000000, 3600000000)
    """
    columns = {name: frame[name].to_physical().to_numpy() for name in KINDS[kind].schema}
    times = columns[KINDS[kind].time].astype(np.int64, copy=False)
    stored, layout = _distances(columns, times) if kind == "bars" else ({}, {})
    places = _blocks(frame.height, _joined(pieces))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        blocks = list(pool.map(lambda place: _block(kind, columns, place), places))
    values = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    layout["starts"] = times[::BLOCK].tolist()
    return pl.DataFrame({KINDS[kind].time: _differences(times), **stored, **values}), layout


def _distances(columns: dict[str, Array], times: Array) -> tuple[dict[str, Array], dict[str, Any]]:
    """Length of each bar and how many days its session lies after the day it opens on, alone where always the same."""
    whole = {"length": columns["time"] - times, "later": columns["session"] - (times // DAY_US).astype(np.int32)}
    stored: dict[str, Array] = {}
    layout: dict[str, Any] = {}
    for name, values in whole.items():
        if (values == values[0]).all():
            layout[name] = int(values[0])
        else:
            stored[name] = values
    return stored, layout


def _differences(times: Array) -> Array:
    made = np.diff(times, prepend=0)
    made[::BLOCK] = times[::BLOCK]
    return made


def _joined(pieces: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int, int]]:
    """First row, end, price digits and quantity digits; neighbours with the same digits are one."""
    made: list[tuple[int, int, int, int]] = []
    at = 0
    for rows, price, quantity in pieces:
        if made and made[-1][2:] == (price, quantity):
            made[-1] = (made[-1][0], at + rows, price, quantity)
        else:
            made.append((at, at + rows, price, quantity))
        at += rows
    return made


def _blocks(height: int, pieces: list[tuple[int, int, int, int]]) -> list[list[tuple[int, int, int, int]]]:
    """The pieces of each block, cut at its ends."""
    blocks: list[list[tuple[int, int, int, int]]] = [[] for _ in range(0, height, BLOCK)]
    for begin, end, price, quantity in pieces:
        for block in range(begin // BLOCK, (end - 1) // BLOCK + 1):
            cut = (max(begin, block * BLOCK), min(end, (block + 1) * BLOCK), price, quantity)
            blocks[block].append(cut)
    return blocks


def _block(kind: str, columns: dict[str, Array], pieces: list[tuple[int, int, int, int]]) -> dict[str, Array]:
    first, last = pieces[0][0], pieces[-1][1]
    prices, sizes = KINDS[kind].prices, KINDS[kind].sizes
    ticks = {name: np.empty(last - first, np.int64) for name in prices + sizes}
    for begin, end, price, quantity in pieces:
        for name in prices + sizes:
            digits = price if name in prices else quantity
            ticks[name][begin - first : end - first] = _ticks(name, columns[name][begin:end], digits)
    small = max(int(values.max()) for values in ticks.values()) <= SMALL_MAX
    made = _near(ticks) if kind == "bars" else ticks
    return {name: values.astype(np.int32) for name, values in made.items()} if small else made


def _ticks(name: str, values: Array, digits: int) -> Array:
    unknown = np.isnan(values)
    steps = np.rint(values * 10.0**digits)
    if not ((steps / 10.0**digits == values) | unknown).all():
        raise InternalError(f"{name} holds values that are not on {digits} digits; they were to be put on them before")
    if unknown.any():
        steps[unknown] = NULL
    return steps


def _near(ticks: dict[str, Array]) -> dict[str, Array]:
    close, opened = ticks["close"], ticks["open"]
    before = np.concatenate(([0], close[:-1]))
    high = ticks["high"] - np.maximum(opened, close)
    low = np.minimum(opened, close) - ticks["low"]
    return {"close": close - before, "open": opened - before, "high": high, "low": low, "volume": ticks["volume"]}


class Coded:
    """The columns wanted of one kind: what has to be read for them, and the arrays they are put in."""

    def __init__(self, kind: str, columns: Sequence[str] | None) -> None:
        self.kind = KINDS[kind]
        self.wanted = [*(columns or ["asset", *self.kind.schema])]
        self.fields = [name for name in self.wanted if name != "asset"]
        self.bars = kind == "bars"

    def stored(self, layout: dict[str, Any]) -> list[str]:
        """The columns of the file that they are told by."""
        names = dict.fromkeys([n for field in self.fields for n in self._needs(field)] or [self.kind.time])
        return [name for name in names if name not in layout]

    def _needs(self, field: str) -> tuple[str, ...]:
        if not self.bars:
            return (field,)
        return (*NEEDS.get(field, ()), DISTANCES.get(field, field))

    def empty(self, rows: int) -> dict[str, Array]:
        """Room for so many rows."""
        kinds = {name: np.int64 if dtype == TIME else np.int32 for name, dtype in self.kind.schema.items()}
        floats = (*self.kind.prices, *self.kind.sizes)
        return {name: np.empty(rows, np.float64 if name in floats else kinds[name]) for name in self.fields}

    def put(
        self, arrays: dict[str, Array], ticks: dict[str, Array], rows: slice, at: int, price: int, size: int
    ) -> None:
        """Some rows of a block into their place, as floats on their digits."""
        place = slice(at, at + rows.stop - rows.start)
        for name in self.fields:
            values = ticks[name][rows]
            if name in self.kind.prices:
                _floats(values, price, arrays[name][place])
            elif name in self.kind.sizes:
                _floats(values, size, arrays[name][place])
            else:
                arrays[name][place] = values

    def frame(self, arrays: dict[str, Array], owners: Sequence[tuple[str, int]]) -> pl.DataFrame:
        """The arrays as a frame, with the asset of each stretch of rows."""
        made = [_owners(owners) if name == "asset" else self._series(name, arrays[name]) for name in self.wanted]
        return pl.DataFrame(made)

    def _series(self, name: str, values: Array) -> pl.Series:
        series = pl.Series(name, values)
        if values.dtype == np.float64:
            return series.fill_nan(None) if np.isnan(values).any() else series
        return series.cast(self.kind.schema[name])


def _floats(ticks: Array, digits: int, out: Array) -> None:
    np.divide(ticks, 10.0**digits, out=out)
    if len(ticks) and ticks.min() < 0:
        out[ticks < 0] = np.nan


def _owners(owners: Sequence[tuple[str, int]]) -> pl.Series:
    names = list(dict.fromkeys(name for name, _ in owners))
    if len(names) == 1:
        return pl.Series("asset", names).new_from_index(0, sum(rows for _, rows in owners))
    numbers = {name: i for i, name in enumerate(names)}
    counts = [rows for _, rows in owners]
    which = np.repeat(np.array([numbers[name] for name, _ in owners], dtype=np.uint32), counts)
    return pl.Series("asset", names, dtype=pl.String).gather(pl.Series(which))


def ticks_back(coded: Coded, part: dict[str, Array], layout: dict[str, Any]) -> dict[str, Array]:
    """Rows from the start of a block on as they are stored, as the ticks and times they stand for."""
    if not coded.bars:
        return {name: _summed(values) if name == "time" else values for name, values in part.items()}
    made = {name: part[name] for name in ("volume",) if name in part}
    if "open_time" in part:
        _times(made, part, layout)
    if "close" in part:
        _prices(made, part)
    return made


def _times(made: dict[str, Array], part: dict[str, Array], layout: dict[str, Any]) -> None:
    made["open_time"] = _summed(part["open_time"])
    made["time"] = made["open_time"] + part.get("length", layout.get("length", 0))
    made["session"] = made["open_time"] // DAY_US + part.get("later", layout.get("later", 0))


def _prices(made: dict[str, Array], part: dict[str, Array]) -> None:
    close = made["close"] = _summed(part["close"])
    if "open" not in part:
        return
    opened = made["open"] = part["open"].copy()
    opened[1:] += close[:-1]
    opened[BLOCK::BLOCK] -= close[BLOCK - 1 : -1 : BLOCK]
    if "high" in part:
        made["high"] = part["high"] + np.maximum(opened, close)
    if "low" in part:
        made["low"] = np.minimum(opened, close) - part["low"]


def _summed(differences: Array) -> Array:
    """Running sums that begin anew with each block."""
    made = np.empty_like(differences)
    whole = len(made) // BLOCK * BLOCK
    if whole:
        np.cumsum(differences[:whole].reshape(-1, BLOCK), axis=1, out=made[:whole].reshape(-1, BLOCK))
    np.cumsum(differences[whole:], out=made[whole:])
    return made
