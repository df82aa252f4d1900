"""What was read of a catalog's files and may be wanted again: bounded, and the longest unused goes first.

The one idea: files never change once written, so what is kept can never be old; the cache needs no rule but its size.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from workbench.errors import ParameterError
from workbench.market.catalog.shown import Page, Shown, many

if TYPE_CHECKING:
    from collections.abc import Hashable

    import polars as pl

__all__ = ["Cache"]

MB: Final = 1 << 20


class Cache(Shown):
    """Pieces of files in memory, at most `mb` megabytes of them; safe to use from several threads.

    Args:
        mb: megabytes that may be kept; 0 keeps nothing.

    Raises:
        ParameterError: a size that is no number from 0 on.

    Example:
        >>> cache = Cache(mb=64)
        >>> cache.get("piece") is None, cache.hit_rate
        (True, 0.0)
    """

    def __init__(self, mb: float = 256) -> None:
        if isinstance(mb, bool) or not isinstance(mb, (int, float)) or not 0 <= mb < float("inf"):
            raise ParameterError(f"cache_mb={mb!r}: give the megabytes that may be kept, 0 for none")
        self.bytes_max = int(mb * MB)
        self._kept: OrderedDict[Hashable, tuple[pl.Series, int]] = OrderedDict()
        self._bytes = self._hits = self._misses = 0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """Bytes that are kept now."""
        return self._bytes

    @property
    def hits(self) -> int:
        """How often a piece was there."""
        return self._hits

    @property
    def misses(self) -> int:
        """How often a piece had to be read."""
        return self._misses

    @property
    def hit_rate(self) -> float:
        """Share of the pieces asked for that were there; 0 before the first."""
        return self._hits / max(self._hits + self._misses, 1)

    def get(self, key: Hashable) -> pl.Series | None:
        """A piece that is kept, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                self._misses += 1
                return None
            self._kept.move_to_end(key)
            self._hits += 1
            return found[0]

    def put(self, key: Hashable, piece: pl.Series) -> None:
        """Keep a piece, and let go of the longest unused ones; one that is larger than the cache is not kept."""
        size = int(piece.estimated_size())
        if size > self.bytes_max:
            return
        with self._lock:
            self._bytes += size - self._kept.pop(key, (piece, 0))[1]
            self._kept[key] = (piece, size)
            while self._bytes > self.bytes_max:
                self._bytes -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Let go of everything and count from 0 again.

        Example:
            >>> cache = Cache()
            >>> cache.clear()
            >>> cache.bytes
            0
        """
        with self._lock:
            self._kept.clear()
            self._bytes = self._hits = self._misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    def _page(self) -> Page:
        size = f"{self._bytes / MB:,.1f} of {self.bytes_max / MB:,.0f} MB"
        return Page(
            f"Cache: {many(len(self), 'piece')}, {size}, hit rate {self.hit_rate:.0%} ({many(self._hits, 'hit')})"
        )
