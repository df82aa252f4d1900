"""Several strategies in one account: each keeps a book of its own, and what they ask for meets before the venue.

The one idea: a Portfolio is a strategy whose hooks are those of its members. The core asks each member in turn and
shows it its own book, so that a member need not know that there are others.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import numpy as np

from workbench.engine.books import CASH, RETURNS_LEAST, Books, in_digits
from workbench.engine.costs.amount import Amount, finite
from workbench.errors import NumberError, ParameterError, StrategyError
from workbench.indicators.given import short
from workbench.strategies.callbacks import Strategy, fresh

__all__ = ["Portfolio", "books_of"]

SCALE: Final = Decimal(1).scaleb(-20)
SIXTH: Final = Decimal(1).scaleb(-6)
NEAR: Final = Decimal("1e-9")
Every = Literal["1d", "1w", "1mo", "3mo", "1y"]
Way = Literal["equal", "inverse_volatility", "risk_parity", "drawdown"]


class Portfolio(Strategy):
    """Strategies that share one account, each with its own cash, holdings and orders.

    What a member sees in `ctx` and sizes its orders by is its own book; the books always add up to the account. Market
    orders of several members for one asset that are about to fill at one moment trade with each other first, without
    fee and slippage, and only what is left goes to the venue. Limits and margin are those of the account.

    Args:
        members: strategies by name, callbacks or signals.
        weights: the part of the account that each member has; what is left of 1 stays cash that no member uses.
        allocation: how the parts are found anew at each rebalance, in the place of weights: "equal", or from the
            returns of each book by "inverse_volatility", "risk_parity" (each brings the same risk) or "drawdown" (less
            for what has lost up to a fifth).
        rebalance: how often cash is moved so that each book has its part again: "1d", "1w", "1mo", "3mo", "1y", or None
            for never. No orders are made by that; in a cash account a book gives no more than its free cash.
        lookback: how many closes an allocation looks at, 20 or more.

    Raises:
        ParameterError: no members, names or weights that do not fit, weights beside an allocation.
        NumberError: weights below 0 or of more than 1 together, a lookback below 20.
        StrategyError: a member that is no strategy, or is there twice.

    Example:
        >>> from workbench import ta
        >>> from workbench.strategies.signals import Signals
        >>> trend = Signals(entry=ta.close() > ta.sma(50), exit=ta.close() < ta.sma(50))
        >>> dips = Signals(entry=ta.rsi(3) < 20, exit=ta.rsi(3) > 60)
        >>> Portfolio({"trend": trend, "dips": dips}, weights={"trend": 0.6, "dips": 0.3})
        Portfolio(trend 60%, dips 30%, cash 10%, rebalanced every 1mo)
    """

    _is_native: ClassVar[bool] = True
    _has_members: ClassVar[bool] = True

    members: Any
    weights: Any = None
    allocation: Way | None = None
    rebalance: Every | None = "1mo"
    lookback: int = 63

    if not TYPE_CHECKING:  # a type checker reads the names below

        def __init__(self, members=None, **given):
            super().__init__(members=_members(members), **given)
            _check(self)

    else:

        def __init__(
            self,
            members: Mapping[str, Strategy],
            *,
            weights: Mapping[str, Amount] | None = None,
            allocation: Way | None = None,
            rebalance: Every | None = "1mo",
            lookback: int = 63,
        ) -> None: ...

    def __repr__(self) -> str:
        books = _books(self)
        parts = [f"{name} {float(part):.4g}%" for name, part in _percent(books)]
        shared = ", ".join(books.names) if self.weights is None else ", ".join(parts)
        way = "" if self.weights is not None else f", {books.allocation}"
        often = "never rebalanced" if self.rebalance is None else f"rebalanced every {self.rebalance}"
        return f"Portfolio({shared}{way}, {often})"


def _percent(books: Books) -> list[tuple[str, Decimal]]:
    return [(name, 100 * Decimal(share)) for name, share in zip(books.names, books.shares, strict=True)]


def _members(given: object) -> dict[str, Strategy]:
    """Copies of the members, so that what is done to the objects later changes nothing."""
    if not isinstance(given, Mapping) or not given:
        raise ParameterError(
            f"a Portfolio is made of strategies by name, got {short(given)}; "
            'write wb.Portfolio({"trend": Trend(), "carry": Carry()})'
        )
    seen: dict[int, str] = {}
    for name, member in given.items():
        _check_name(name)
        _check_member(name, member)
        if id(member) in seen:
            raise StrategyError(f"{seen[id(member)]} and {name} are one object and would share what it keeps; make two")
        seen[id(member)] = name
    return {name: fresh(member) for name, member in given.items()}


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name:
        raise ParameterError(f"{name!r} is no name of a strategy; give text, as in {{'trend': Trend()}}")
    if name == CASH:
        raise ParameterError(f"{CASH!r} is the book of what no strategy has; give the strategy another name")


def _check_member(name: object, member: object) -> None:
    if isinstance(member, type) and issubclass(member, Strategy):
        raise StrategyError(f"{name} is the class {member.__name__}; give an object: {member.__name__}()")
    if not isinstance(member, Strategy):
        raise StrategyError(f"{name} is no strategy, got {short(member)}; give a wb.Strategy, or wb.Signals")
    if isinstance(member, Portfolio):
        raise StrategyError(f"{name} is a Portfolio itself; put its members into this one")


def _check(made: Portfolio) -> None:
    if made.weights is not None and made.allocation is not None:
        raise ParameterError("give weights= or allocation=, not both: an allocation finds the weights anew")
    if made.lookback < RETURNS_LEAST:
        raise NumberError(f"lookback={made.lookback}: an allocation needs {RETURNS_LEAST} closes or more")
    if made.weights is not None:
        _check_weights(made.weights, list(made.members))


def _check_weights(weights: object, names: list[str]) -> None:
    if not isinstance(weights, Mapping) or set(weights) != set(names):
        raise ParameterError(f"weights= names every member once: {', '.join(names)}; got {short(weights)}")
    if (total := sum((_part(name, weight) for name, weight in weights.items()), Decimal(0))) > 1 + NEAR:
        raise NumberError(f"the weights are {total.normalize():f} together; give 1 at most, what is left stays cash")


def _part(name: str, weight: Amount) -> Decimal:
    """The weight of a member, exact; text is read as it stands."""
    with suppress(NumberError):
        if 0 <= (part := finite(weight, "a weight")) <= 1:
            return part.quantize(SCALE)
    raise NumberError(f"the weight of {name} is {short(weight)}; give a part of the account, from 0 to 1")


def books_of(strategy: Strategy) -> Books | None:
    """The books that a run of a strategy has; None where it has the account for itself.

    Example:
        >>> from workbench import ta
        >>> from workbench.strategies.signals import Signals
        >>> books_of(Portfolio({"up": Signals(entry=ta.close() > 5)}, weights={"up": 0.75})).names
        ('up', 'cash')
    """
    return _books(strategy) if isinstance(strategy, Portfolio) else None


def _books(strategy: Portfolio) -> Books:
    names, made = tuple(strategy.members), strategy.weights
    shares = in_digits(np.ones(len(names))) if made is None else [_part(name, made[name]) for name in names]
    way = None if made is not None else strategy.allocation or "equal"
    rest = 1 - sum(shares, Decimal(0))
    if rest > NEAR:
        names, shares = (*names, CASH), [*shares, rest]
    texts = tuple(f"{share:f}" for share in shares)
    return Books(names, texts, way, strategy.rebalance, strategy.lookback)
