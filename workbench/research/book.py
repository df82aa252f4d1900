"""The book of one strategy of a Portfolio: what it had, traded and earned by itself.

The one idea: a book is a part of its run, so its frames are rows of the run's, and its figures are those of its returns
without the cash that other books gave it or took.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Final

import polars as pl

from workbench._native import statistics
from workbench.analytics.metrics import Metrics, measure
from workbench.analytics.returns import sessions_per_year
from workbench.engine.books import Books
from workbench.engine.events import TRADES, float_schema
from workbench.engine.simulation import Setup
from workbench.errors import ParameterError
from workbench.market.bars import Bars

__all__ = ["Book", "OfBooks"]

OF_ACCOUNT: Final = ("win_rate", "profit_factor", "average_win", "average_loss", "turnover")
Read = Callable[[str, bool], pl.DataFrame]


def _names_of(books: Books | None) -> tuple[str, ...]:
    """The names of the books of a run.

    Raises:
        ParameterError: a run of one strategy.

    Example:
        >>> _names_of(Books(("trend", "carry"), ("0.5", "0.5")))
        ('trend', 'carry')
    """
    if books is None:
        raise ParameterError("this run has one strategy, and the account is its book; run a wb.Portfolio of several")
    return books.names


def _book_of(name: str, setup: Setup, read: Read, bars: Bars) -> Book:
    """The book of that name of a run.

    Raises:
        ParameterError: a run of one strategy, or another name.
    """
    if setup.books is None or name not in (names := _names_of(setup.books)):
        near = get_close_matches(str(name), _names_of(setup.books), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "give one of them"
        raise ParameterError(f"this run has no strategy {name!r}; it has {', '.join(names)}; {hint}")
    return Book(name, setup.books.starts(setup.cash)[name], read, bars)


class Book:
    """What a strategy of a Portfolio did: `equity`, `fills`, `metrics`, and the exact twins of the frames.

    Example:
        >>> from workbench.research.demo import shared
        >>> book = shared().book("slow")
        >>> book.equity.columns
        ['time', 'session', 'cash', 'equity', 'received']
    """

    def __init__(self, name: str, started_with: Decimal, read: Read, bars: Bars) -> None:
        self.name = name
        self.started_with = started_with
        self._read = read
        self._bars = bars

    def frame(self, name: str, *, exact: bool = False) -> pl.DataFrame:
        """Its rows of a frame of the run: "books" or "book_fills"."""
        return self._read(name, exact).filter(pl.col("strategy") == self.name).drop("strategy")

    @cached_property
    def equity(self) -> pl.DataFrame:
        """A row for each slice: cash, equity, and what other books gave it, less than nothing of what it gave."""
        return self.frame("books")

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Every fill of its orders; those with `venue` False were crossed with another book."""
        return self.frame("book_fills")

    @cached_property
    def returns(self) -> pl.DataFrame:
        """Its returns per slice, net of what other books gave it: time, session, return."""
        before, given = pl.col("equity").shift(1, fill_value=float(self.started_with)), pl.col("received")
        gained = pl.when(before > 0).then((pl.col("equity") - given) / before - 1).otherwise(0.0)
        return self.equity.select("time", "session", gained.alias("return"))

    @cached_property
    def metrics(self) -> Metrics:
        """Key figures of its equity net of transfers; those of trades and turnover are the account's only."""
        start = float(self.started_with)
        growth = (1 + self.returns["return"]).cum_prod()
        holds = self.equity["equity"] - self.equity["cash"]
        parts = holds / self.equity["equity"]
        equity = self.equity.select("time", "session").with_columns(
            equity=start * growth, positions=(start * growth * parts).fill_nan(0.0)
        )
        found = measure(
            equity,
            self.fills.select("time", "value", "fee"),
            pl.DataFrame(schema=float_schema(TRADES)),
            deposits=start,
            per_year=sessions_per_year(self._bars),
            fold=statistics,
        )
        reasons = {
            **found.reasons,
            **dict.fromkeys(OF_ACCOUNT, "it is told of the account as a whole, see run.metrics"),
        }
        return replace(found, reasons=reasons, **dict.fromkeys(OF_ACCOUNT, None))

    def __repr__(self) -> str:
        last = self.equity["equity"][-1]
        crossed = self.fills.height - self.fills["venue"].sum()
        return f"Book({self.name}: equity {last:,.2f}, {self.fills.height:,} fills, {crossed:,} of them crossed)"


class OfBooks:
    """What a Run has of the strategies of a Portfolio."""

    _setup: Setup
    _read: Read
    bars: Bars

    @cached_property
    def books(self) -> pl.DataFrame:
        """What each strategy of a Portfolio had at the end of each slice; see `BOOKS`.

        Raises:
            ParameterError: a run of one strategy.

        Example:
            >>> from workbench.research.demo import shared
            >>> shared().books.select("strategy", "cash", "equity").head(2).rows()
            [('fast', 50000.0, 50000.0), ('slow', 50000.0, 50000.0)]
        """
        _names_of(self._setup.books)
        return self._read("books", False)

    @cached_property
    def book_fills(self) -> pl.DataFrame:
        """Every fill as it came to the book of a strategy, crosses with other books too; see `BOOK_FILLS`.

        Raises:
            ParameterError: a run of one strategy.
        """
        _names_of(self._setup.books)
        return self._read("book_fills", False)

    @cached_property
    def transfers(self) -> pl.DataFrame:
        """Cash that went from one book of a Portfolio to another; see `TRANSFERS`.

        Raises:
            ParameterError: a run of one strategy.
        """
        _names_of(self._setup.books)
        return self._read("transfers", False)

    def book(self, name: str) -> Book:
        """What one strategy of a Portfolio had, traded and earned.

        Raises:
            ParameterError: a run of one strategy, or a name that is none of its strategies.

        Example:
            >>> from workbench.research.demo import shared
            >>> shared().book("fast").metrics.total_return > 0
            True
        """
        return _book_of(name, self._setup, self._read, self.bars)
