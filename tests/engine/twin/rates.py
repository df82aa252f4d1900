"""Rates between currencies: the last closes of pairs, and the one path from one currency to another.

The one idea: a step multiplies by a pair's close or divides by it and is rounded once; a path is a step, or two by way
of the account's currency or of USD, or two paths. Source: semantics.md, Ledger.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import MONEY, ZERO, half_even, on_step

if TYPE_CHECKING:
    from datetime import datetime

    from twin.case import Case

__all__ = ["Rates"]

Rounding = Callable[[Fraction], int]


class Rates:
    """All pairs of a case; given rates stand before those of traded pairs."""

    def __init__(self, case: Case) -> None:
        self.account = case.config.currency
        self.series: dict[tuple[str, str], list[tuple[datetime, Decimal]]] = {}
        for asset in case.assets:
            if asset.base is not None:
                own = sorted((bar.time, bar.close) for bar in case.bars if bar.asset == asset.index)
                self.series.setdefault((asset.base, asset.currency), own)
        for pair, rows in case.fx:
            self.series[pair] = sorted(rows)

    def _close(self, base: str, quote: str, now: datetime) -> Decimal | None:
        rows = self.series.get((base, quote), [])
        place = bisect_right([time for time, _ in rows], now)
        return rows[place - 1][1] if place else None

    def _step(self, amount: Decimal, c: str, d: str, now: datetime, rounding: Rounding) -> Decimal | None:
        direct, inverse = self._close(c, d, now), self._close(d, c, now)
        if direct is not None:
            return on_step(Fraction(amount) * Fraction(direct), MONEY, rounding)
        return None if inverse is None else on_step(Fraction(amount) / Fraction(inverse), MONEY, rounding)

    def convert(self, amount: Decimal, c: str, d: str, now: datetime, rounding: Rounding = half_even) -> Decimal:
        """An amount of one currency in another one."""
        if c == d or not amount:
            return amount
        direct = self._step(amount, c, d, now, rounding)
        if direct is not None:
            return direct
        for via in dict.fromkeys((self.account, "USD")):
            first = None if via in (c, d) else self._step(amount, c, via, now, rounding)
            second = None if first is None else self._step(first, via, d, now, rounding)
            if second is not None:
                return second
        if self.account in (c, d):
            raise AssertionError(f"no rate from {c} to {d} at {now}")
        return self.convert(self.convert(amount, c, self.account, now, rounding), self.account, d, now, rounding)

    def worth(self, amount: Decimal, c: str, now: datetime) -> Decimal:
        """An amount in the account's currency."""
        return self.convert(amount, c, self.account, now)

    def rate(self, c: str, now: datetime) -> Decimal:
        """What one unit of a currency is worth."""
        return self.worth(Decimal(1), c, now) + ZERO
