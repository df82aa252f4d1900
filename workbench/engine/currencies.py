"""What the engine is told of a run in several currencies: their names, what is paid in, and which pairs are rates.

The one idea: a currency is its place in `names`, the account's own first; everything else follows from the assets. A
pair whose base is one of these currencies exchanges balances; other pairs with one base share a holding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

import polars as pl

from workbench.errors import UnknownNameError
from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.datasets import unknown

__all__ = ["PAIRS", "Balances", "Currencies", "Listing", "Pair", "only"]

PAIRS: Final = ("fx", "crypto")
RATE: Final = pl.Decimal(38, 20)


class Balances(dict[str, float]):
    """Cash by currency, as `ctx.balances` gives it; a currency that the account does not have is told with the nearest.

    Raises:
        UnknownNameError: a currency that is not there is asked for by `[]`; `get` and `in` answer as those of any dict.

    Example:
        >>> Balances(EUR=100.0).get("CHF", 0.0)
        0.0
    """

    def __missing__(self, currency: object) -> float:
        raise UnknownNameError(unknown("the account", "currency", currency, list(self)))


class Listing(NamedTuple):
    """The currency of an asset's prices; "exchange" with that of its base, "shared" with the asset of its holding."""

    currency: int
    pairing: str | None = None
    number: int = 0


class Pair(NamedTuple):
    """A pair that tells rates: base and quote, its place among the assets of the run, or else its rows."""

    base: int
    quote: int
    traded: int | None
    asset: Asset
    rows: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Currencies:
    """All currencies of a run, the account's first; deposits by currency, and pairs that only give rates."""

    names: tuple[str, ...]
    deposits: tuple[tuple[str, Decimal], ...]
    fx: Bars | None = None

    def paid_in(self) -> list[tuple[int, Decimal]]:
        """Deposits by the number of their currency."""
        return [(self.names.index(name), amount) for name, amount in self.deposits]

    def listings(self, assets: Sequence[Asset]) -> list[Listing]:
        """What each asset of the run is in, and what its fills move.

        Example:
            >>> pairs = [Asset(name, kind="crypto") for name in ("BTC/USDT", "BTC/EUR", "ETH/EUR")]
            >>> [tuple(each) for each in Currencies(("EUR", "USDT"), ()).listings(pairs)]
            [(1, 'shared', 0), (0, 'shared', 0), (0, None, 0)]
        """
        return [self._listing(asset, assets) for asset in assets]

    def _listing(self, asset: Asset, assets: Sequence[Asset]) -> Listing:
        currency = self.names.index(asset.settled_in)
        if asset.kind not in PAIRS:
            return Listing(currency)
        if asset.base in self.names:
            return Listing(currency, "exchange", self.names.index(asset.base))
        same = [at for at, other in enumerate(assets) if other.kind in PAIRS and other.base == asset.base]
        return Listing(currency, "shared", same[0]) if len(same) > 1 else Listing(currency)

    def pairs(self, assets: Sequence[Asset]) -> list[Pair]:
        """The pairs that tell rates between these currencies: those of `fx`, then those that are traded."""
        given = [] if self.fx is None else [self._pair(asset, None, self._rows(asset)) for asset in self.fx.assets]
        traded = [self._pair(asset, at, None) for at, asset in enumerate(assets)]
        known = {(pair.base, pair.quote) for pair in given if pair}
        return [pair for pair in (*given, *traded) if pair and (pair in given or pair[:2] not in known)]

    def _pair(self, asset: Asset, traded: int | None, rows: pl.DataFrame | None) -> Pair | None:
        if asset.kind not in PAIRS or asset.base not in self.names or asset.quote not in self.names:
            return None
        return Pair(self.names.index(asset.base), self.names.index(asset.quote), traded, asset, rows)

    def _rows(self, asset: Asset) -> pl.DataFrame:
        """The bars of a pair as the core reads them."""
        assert self.fx is not None
        times = [pl.col("open_time").dt.epoch("us").alias("open_us"), pl.col("time").dt.epoch("us").alias("close_us")]
        columns = ("session", "open", "high", "low", "close", "volume")
        return self.fx.frame.filter(pl.col("asset") == str(asset)).select(*times, *columns)

    def ways(self, pairs: Sequence[Pair]) -> Iterator[tuple[str, list[Pair]]]:
        """For each currency but the account's, the pairs that lead to it; none where there is no way."""
        dollar = self.names.index("USD") if "USD" in self.names else None
        for number, name in enumerate(self.names[1:], 1):
            yield name, _direct(pairs, number, 0) or _through(pairs, number, dollar)


def _direct(pairs: Sequence[Pair], one: int, other: int) -> list[Pair]:
    ends = [(one, other), (other, one)]
    return next(([pair] for end in ends for pair in pairs if pair[:2] == end), [])


def _through(pairs: Sequence[Pair], number: int, dollar: int | None) -> list[Pair]:
    if dollar is None or number == dollar:
        return []
    first, second = _direct(pairs, number, dollar), _direct(pairs, dollar, 0)
    return first + second if first and second else []


def only(equity: pl.DataFrame, currency: str) -> pl.DataFrame:
    """The balances of a run in one currency: what its equity says, at a rate of 1."""
    one = pl.lit(1).cast(equity.schema["cash"]).alias("rate")
    return equity.select("time", "session", pl.lit(currency).alias("currency"), "cash", "positions", "receivable", one)
