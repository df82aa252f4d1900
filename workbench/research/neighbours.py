"""Medians over the neighbours in a grid: what a figure is worth when the parameters are a little off.

The one idea: a combination's neighbours are those at most one step away on every axis whose values are numbers, itself
included; on other axes, such as names, neighbours have the same value. What is not there is left out of the median.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from workbench.research.grid import Codes

__all__ = ["medians"]

CELLS_MAX: Final = 4_000_000
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def medians(places: Sequence[Codes], is_ordered: Sequence[bool], sizes: Sequence[int], figures: Floats) -> Floats:
    """The median of a figure over each combination and its neighbours.

    Args:
        places: for each axis the place of each combination's value, from 0.
        is_ordered: for each axis whether one place and the next are neighbours.
        sizes: for each axis how many places there are.
        figures: of each combination; NaN where there is none.

    Returns:
        A median for each combination; NaN where it has no figure itself, or fewer than half of the neighbours that the
        axes have room for.

    Example:
        >>> line = [np.arange(5)]
        >>> medians(line, [True], [5], np.array([1.0, 9.0, 2.0, 3.0, 4.0])).tolist()
        [5.0, 2.0, 3.0, 3.0, 3.5]
    """
    steps = list(product(*([-1, 0, 1] if ordered else [0] for ordered in is_ordered)))
    flat = np.ravel_multi_index(tuple(places), tuple(sizes)) if places else np.zeros(len(figures), np.int64)
    order = np.argsort(flat)
    found = np.empty(len(figures))
    length = max(1, CELLS_MAX // len(steps))
    for begin in range(0, len(figures), length):
        part = slice(begin, begin + length)
        around = [_moved([place[part] for place in places], sizes, step) for step in steps]
        cells = np.stack([_looked_up(flat, order, figures, *each) for each in around], axis=1)
        room = np.stack([inside for _, inside in around], axis=1).sum(axis=1)
        found[part] = _medians(cells, room, figures[part])
    return found


def _moved(places: Sequence[Codes], sizes: Sequence[int], step: Sequence[int]) -> tuple[Codes, Bools]:
    """The flat places one step away, and whether they lie on the axes."""
    moved = [place + by for place, by in zip(places, step, strict=True)]
    inside = np.all([(m >= 0) & (m < size) for m, size in zip(moved, sizes, strict=True)], axis=0)
    flat = np.ravel_multi_index(tuple(moved), tuple(sizes), mode="clip")
    return flat, inside


def _looked_up(flat: Codes, order: Codes, figures: Floats, wanted: Codes, inside: Bools) -> Floats:
    at = np.searchsorted(flat, wanted, sorter=order).clip(max=len(flat) - 1)
    rows = order[at]
    return np.where(inside & (flat[rows] == wanted), figures[rows], np.nan)


def _medians(cells: Floats, room: Codes, own: Floats) -> Floats:
    known = np.count_nonzero(~np.isnan(cells), axis=1)
    # The combination itself is a cell as well, in the count and in the room.
    enough = ~np.isnan(own) & (2 * (known - 1) >= room - 1)
    found = np.full(len(own), np.nan)
    if enough.any():
        found[enough] = np.nanmedian(cells[enough], axis=1)
    return found
