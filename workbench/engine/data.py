"""The datasets of a run as time goes by: each cut to what is known now, and the new rows one by one.

The one idea: what a strategy is handed holds no later row. It is a copy (that shares the values), so that nothing done
to it reaches what is handed out next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import numpy as np

from workbench.errors import UnknownNameError
from workbench.market.datasets import Dataset, Item, copied, first_rows, items, unknown

__all__ = ["Data", "Releases"]

NEVER_US: Final = 2**63 - 1


class Data(Mapping[str, Dataset]):
    """Datasets by name: `data["earnings"]` is a copy, an unknown name an error that names the nearest.

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], "eps": [2.18]})
        >>> len(Data([Dataset.from_frame(frame, name="earnings")])["earnings"])
        1
    """

    __slots__ = ("_named",)

    def __init__(self, datasets: Sequence[Dataset]) -> None:
        self._named = {dataset.name: dataset for dataset in datasets}

    def __getitem__(self, name: str) -> Dataset:
        try:
            held = self._named[name]
        except KeyError:
            raise UnknownNameError(self._missing(name)) from None
        return copied(held)

    def _missing(self, name: object) -> str:
        if not self._named:
            return f"there is no dataset {name!r}: the run was given none; write Backtest(..., data=[dataset])"
        return unknown("the run", "dataset", name, list(self._named))

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._named)

    def __repr__(self) -> str:
        from workbench.market.display import dataset_headline

        return "\n".join(map(dataset_headline, self._named.values())) or "no datasets"


class Releases:
    """The datasets of one run and how many rows of each have been told.

    A row is told once, in the first slice at or after its `known_at`, in the order (known_at, dataset, row). Rows known
    before the first traded bar opened are not told; they can be read like all others.
    """

    def __init__(self, datasets: Sequence[Dataset], assets: Sequence[str]) -> None:
        self._datasets = tuple(datasets)
        self._assets = tuple(map(str, assets))
        self._known = [dataset.frame["known_at"].to_physical().to_numpy() for dataset in datasets]
        self._told: list[int] = []
        self._rows: list[Iterator[Item]] | None = None
        self._cut = Data([])
        self._since_us, self._until_us = NEVER_US, NEVER_US

    def as_of(self, now_us: int) -> Data:
        """Each dataset as it was known at that time; cut anew only when the next row becomes known."""
        if not self._since_us <= now_us < self._until_us:
            counts = self._counts(now_us, "right")
            cuts = zip(self._datasets, counts, strict=True)
            self._cut = Data([first_rows(dataset, count, self._assets) for dataset, count in cuts])
            self._since_us, self._until_us = now_us, self._next_us(counts)
        return self._cut

    def due(self, now_us: int, open_us: int) -> tuple[list[Item], int]:
        """The rows to tell now, and when the next one becomes known; `open_us` is when the bars of now opened."""
        if self._rows is None:
            self._told = self._counts(open_us, "left")
            self._rows = [items(dataset, told) for dataset, told in zip(self._datasets, self._told, strict=True)]
        known = self._counts(now_us, "right")
        parts = zip(self._rows, self._told, known, strict=True)
        rows = [item for each, a, b in parts for item in islice(each, b - a)]
        self._told = known
        # A stable sort keeps the order of the datasets, and of the rows in each, among rows of one time.
        return sorted(rows, key=lambda item: item.known_at), self._next_us(known)

    def _counts(self, time_us: int, side: str) -> list[int]:
        """How many rows of each dataset are known at that time ("right"), or before it ("left")."""
        return [int(np.searchsorted(known, time_us, side)) for known in self._known]  # type: ignore[call-overload]

    def _next_us(self, counts: Sequence[int]) -> int:
        """When the first row after so many of each dataset becomes known."""
        later = [int(known[n]) for known, n in zip(self._known, counts, strict=True) if n < len(known)]
        return min(later, default=NEVER_US)
