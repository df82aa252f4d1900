"""The frames of a run with all their digits.

The one idea: each is read when it is first asked for, and is the twin of the frame of that name with floats.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ExactFrames"]


class ExactFrames:
    """The frames of a run with Decimal columns: prices at scale 12, quantities at 8, money at 20."""

    def __init__(self, read: Callable[[str, bool], pl.DataFrame]) -> None:
        self._read = read

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Rows of `FILLS`, exact."""
        return self._read("fills", True)

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Rows of `ORDERS`, exact."""
        return self._read("orders", True)

    @cached_property
    def equity(self) -> pl.DataFrame:
        """Rows of `EQUITY`, exact."""
        return self._read("equity", True)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """Rows of `TRADES`, exact."""
        return self._read("trades", True)

    @cached_property
    def ledger(self) -> pl.DataFrame:
        """Rows of `LEDGER`, exact."""
        return self._read("ledger", True)

    @cached_property
    def books(self) -> pl.DataFrame:
        """Rows of `BOOKS`, exact; in a run of a Portfolio."""
        return self._read("books", True)

    @cached_property
    def book_fills(self) -> pl.DataFrame:
        """Rows of `BOOK_FILLS`, exact; in a run of a Portfolio."""
        return self._read("book_fills", True)

    @cached_property
    def transfers(self) -> pl.DataFrame:
        """Rows of `TRANSFERS`, exact; in a run of a Portfolio."""
        return self._read("transfers", True)

    @cached_property
    def balances(self) -> pl.DataFrame:
        """Rows of `BALANCES`, exact."""
        return self._read("balances", True)
