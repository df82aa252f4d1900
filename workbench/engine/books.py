"""The books of several strategies in one account, as a set-up keeps them, and what each is to have of the account.

The one idea: the core asks once a session whether a new period has begun, and then what part of the account each book
is to have; what it does with the answer stands in the journal, so that nothing of this is needed to run it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["ALLOCATIONS", "CASH", "PERIODS", "RETURNS_LEAST", "Books", "Sharing", "in_digits", "weights"]

CASH: Final = "cash"
RETURNS_LEAST: Final = 20
DRAWDOWN_MOST: Final = 0.2
SPREAD_LEAST: Final = 1e-12  # of returns; what is below is the rounding of interest on cash that lies
DIGITS: Final = 6
WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
MONEY: Final = Decimal(1).scaleb(-20)
ROUNDS: Final = 200
CLOSE: Final = 1e-8
RIDGE: Final = 1e-14
EPOCH: Final = date(1970, 1, 1)
Column = npt.NDArray[np.float64]

PERIODS: Final[Mapping[str, Callable[[date], int]]] = {
    "1d": lambda day: day.toordinal(),
    "1w": lambda day: (day.toordinal() - 1) // 7,
    "1mo": lambda day: day.year * 12 + day.month - 1,
    "3mo": lambda day: (day.year * 12 + day.month - 1) // 3,
    "1y": lambda day: day.year,
}


@dataclass(frozen=True, slots=True)
class Books:
    """Names of the books and the exact part of each in the cash, the last one taking the rest; how they share anew.

    Where the parts of the strategies do not make a whole, the last book is that of the cash no strategy has.
    """

    names: tuple[str, ...]
    shares: tuple[str, ...]
    allocation: str | None = None
    rebalance: str | None = None
    lookback: int = 63

    def starts(self, cash: Decimal) -> dict[str, Decimal]:
        """What each book begins with.

        Example:
            >>> {name: str(part) for name, part in Books(("a", "b"), ("0.3", "0.7")).starts(Decimal(10)).items()}
            {'a': '3.00000000000000000000', 'b': '7.00000000000000000000'}
        """
        parts = [WIDE.quantize(WIDE.multiply(cash, Decimal(share)), MONEY) for share in self.shares[:-1]]
        rest = cash
        for part in parts:
            rest = WIDE.subtract(rest, part)
        return dict(zip(self.names, (*parts, rest), strict=True))

    def given(self) -> dict[str, Any]:
        """As a document keeps them."""
        plain = {"allocation": self.allocation, "rebalance": self.rebalance, "lookback": self.lookback}
        return {"names": list(self.names), "shares": list(self.shares), **plain}


class Sharing:
    """When books share out anew, and what each is to have.

    Example:
        >>> monthly = Sharing(Books(("a", "b"), ("0.5", "0.5"), rebalance="1mo"))
        >>> [monthly.lookback(day) for day in (0, 30, 31)]
        [None, None, 0]
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._period: int | None = None

    def lookback(self, session: int) -> int | None:
        """How many closes the shares of a new period look at; None where no new period has begun.

        Args:
            session: days since 1970.
        """
        if self._books.rebalance is None:
            return None
        period = PERIODS[self._books.rebalance](EPOCH + timedelta(days=session))
        before, self._period = self._period, period
        if before is None or before == period:
            return None
        return self._books.lookback if self._books.allocation in ALLOCATIONS else 0

    def shares(self, returns: list[list[float]]) -> list[str]:
        """The part of the account for each book, as exact text, from the returns of each."""
        made = ALLOCATIONS.get(self._books.allocation or "")
        if made is None:
            return list(self._books.shares)
        return [f"{weight:f}" for weight in weights(np.array(returns, np.float64), made)]


def weights(returns: Column, made: Callable[[Column], Column]) -> list[Decimal]:
    """Weights of books by a rule, on six digits; the largest takes the rest, and too few returns make all equal.

    Args:
        returns: a row for each book, a column for each close.
        made: one of `ALLOCATIONS`.

    Example:
        >>> calm = np.array([0.01, -0.01] * 20)
        >>> [str(weight) for weight in weights(np.array([calm, 3 * calm]), ALLOCATIONS["inverse_volatility"])]
        ['0.750000', '0.250000']
    """
    count, closes = returns.shape
    found = made(returns) if closes >= RETURNS_LEAST else np.ones(count)
    return in_digits(found if found.sum() > 0 else np.ones(count))


def in_digits(found: Column) -> list[Decimal]:
    """Parts of 1 in proportion to some numbers, on six digits; the largest takes the rest.

    Example:
        >>> [str(part) for part in in_digits(np.ones(3))]
        ['0.333334', '0.333333', '0.333333']
    """
    parts = [Decimal(float(part)).quantize(Decimal(1).scaleb(-DIGITS)) for part in found / found.sum()]
    parts[parts.index(max(parts))] += 1 - sum(parts)
    return parts


def _inverse_volatility(returns: Column) -> Column:
    spread = _spread(returns)
    return np.reciprocal(spread) if spread.any() else np.ones(len(spread))


def _spread(returns: Column) -> Column:
    """Standard deviations; a book without one counts with the mean of the others'."""
    spread: Column = returns.std(axis=1)
    spread[spread <= SPREAD_LEAST] = 0
    if not spread.any():
        return spread
    return np.where(spread > 0, spread, spread[spread > 0].mean())


def _risk_parity(returns: Column) -> Column:
    """Weights at which each book brings the same risk: the root of C y = 1 / y, by Newton's method with damped steps.

    C are the correlations and y the weights times deviations. Descent by coordinates would go on without end where
    books move against each other; the smallest `RIDGE` keeps the root finite where they do so completely.

    Source: Maillard, Roncalli and Teiletche (2010); Spinu (2013).
    """
    spread = _spread(returns)
    if not spread.any():
        return np.ones(len(spread))
    alike = np.atleast_2d(np.cov(returns, bias=True)) / np.outer(spread, spread)
    np.fill_diagonal(alike, 1 + RIDGE)
    part: Column = np.ones(len(spread))
    for _ in range(ROUNDS):
        slope: Column = alike @ part - np.reciprocal(part)
        step: Column = np.linalg.solve(alike + np.diag(np.reciprocal(part * part)), slope)
        size = max(float(slope @ step), 0.0) ** 0.5
        part = part - step / (1 + size)
        if size <= CLOSE:
            break
    return part / spread


def _drawdown(returns: Column) -> Column:
    """The less a book has lost from its highest, the more: none of what has lost a fifth."""
    worth = np.cumprod(np.column_stack([np.ones(len(returns)), 1 + returns]), axis=1)
    lost = 1 - worth[:, -1] / worth.max(axis=1)
    left: Column = np.maximum(0, 1 - lost / DRAWDOWN_MOST)
    return left


ALLOCATIONS: Final[Mapping[str, Callable[[Column], Column]]] = {
    "inverse_volatility": _inverse_volatility,
    "risk_parity": _risk_parity,
    "drawdown": _drawdown,
}
