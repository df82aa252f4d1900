"""The contracts of a future as a run goes by: which of them is held now, and which rolls there have been.

The one idea: the table of rolls decides from what was known before each of them, so that it is made once of all bars
and then cut to the rolls whose session has closed.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import UnknownNameError
from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar
from workbench.market.continuous import chain
from workbench.market.datasets import unknown

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Chain", "Chains"]


class Chain(NamedTuple):
    """The contract that is held now, and the rolls up to now: the columns of `workbench.market.continuous.ROLLS`."""

    front: Asset
    rolls: pl.DataFrame


@dataclass(frozen=True)
class Chains:
    """All rolls of a future, with the times at which they become known."""

    contracts: dict[str, Asset]
    first: str
    rolls: pl.DataFrame
    known_us: list[int]

    @staticmethod
    def of(bars: Bars, root: object, **options: Any) -> Chains:
        """Those of the contracts of one root among some bars.

        Raises:
            UnknownNameError: no contract of this root; ParameterError, BarsError: as `continuous.rolls`.

        Example:
            >>> from workbench.market.catalog import sample
            >>> Chains.of(sample()["AAPL"], "ES")
            Traceback (most recent call last):
            workbench.errors.UnknownNameError: this run has no future of root 'ES'; there are none
        """
        contracts = {str(asset): asset for asset in bars.assets if asset.kind == "future" and asset.root == root}
        if not contracts:
            roots = sorted({str(asset.root) for asset in bars.assets if asset.kind == "future"})
            raise UnknownNameError(unknown("this run", "future of root", root, roots))
        first, rolls = chain(bars.select(list(contracts)), **options)
        calendar = Calendar(next(iter(contracts.values())).calendar)
        known_us = calendar.bounds(rolls["date"])["time"].dt.epoch("us").to_list()
        return Chains(contracts, first, rolls, known_us)

    def upto(self, now_us: int) -> Chain:
        """Those whose session has closed by now."""
        count = bisect_right(self.known_us, now_us)
        front = self.first if count == 0 else self.rolls["to"][count - 1]
        return Chain(self.contracts[front], self.rolls.head(count))
