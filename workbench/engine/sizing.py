"""How much to trade: quantities and weights from risk, volatility and edge.

The one idea: pure functions of numbers. Each returns a float, a quantity for `ctx.buy` or a part of equity for
`ctx.target(weight=)`; what has no answer raises with the reason, and never becomes NaN or infinity in an order. A float
is taken as its shortest decimal and only the answer is rounded, so that 50 - 49.9 is 0.1 and no step is lost.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING, TypeAlias

from workbench.engine.names import missing
from workbench.errors import NumberError, UndefinedError

__all__ = ["fixed_fraction", "kelly", "kelly_continuous", "risk", "volatility_target"]

Number: TypeAlias = float | Decimal


def fixed_fraction(equity: Number, price: Number, *, fraction: Number, multiplier: Number = 1) -> float:
    """The quantity whose value is a fixed part of equity: `equity * fraction / (price * multiplier)`.

    Args:
        equity: in the account's currency.
        price: of one unit, in the same currency.
        fraction: part of equity to put in; 1 is all of it, more needs leverage.
        multiplier: units of the underlying in one unit traded; 1 for shares and coins.

    Returns:
        A quantity, not on any step; the engine puts orders on theirs toward zero.

    Raises:
        NumberError: a number that is not finite, negative, or zero where it divides.

    Example:
        >>> fixed_fraction(100_000, 50, fraction=0.1)
        200.0
    """
    worth = _positive("price", price) * _positive("multiplier", multiplier)
    return _float(_least("equity", equity) * _least("fraction", fraction) / worth)


def risk(
    equity: Number,
    entry: Number,
    stop: Number,
    *,
    fraction: Number,
    multiplier: Number = 1,
    weight_max: Number | None = None,
) -> float:
    """The quantity that loses a fixed part of equity if the stop is hit: fixed fractional position sizing.

    It is `equity * fraction / (abs(entry - stop) * multiplier)`. Costs and gaps beyond the stop come on top.

    Args:
        equity: in the account's currency.
        entry: price that the position is opened at.
        stop: price that it is given up at: below the entry for a long position, above it for a short one.
        fraction: part of equity that may be lost, such as 0.01; at most 1.
        multiplier: units of the underlying in one unit traded; 1 for shares and coins.
        weight_max: largest part of equity that the position may be worth at its entry; None is no cap. Near stops
            make large positions.

    Returns:
        A quantity, never negative, not on any step.

    Raises:
        NumberError: a number that is not finite, negative, or out of its range.
        UndefinedError: entry and stop are the same price, so that no size risks the fraction.

    Source:
        Vince, R. (1990), Portfolio Management Formulas; Tharp, V. (1998), Trade Your Way to Financial Freedom.

    Example:
        >>> risk(100_000, 50, 48, fraction=0.01)
        500.0
        >>> risk(100_000, 50, 49.9, fraction=0.01)
        10000.0
        >>> risk(100_000, 50, 49.9, fraction=0.01, weight_max=0.5)
        1000.0
    """
    opened, closed = _positive("entry", entry), _least("stop", stop)
    distance = abs(opened - closed) * _positive("multiplier", multiplier)
    if not distance:
        raise UndefinedError(f"entry and stop are both {entry!r}: no quantity loses a part of equity; move the stop")
    lost = _least("equity", equity) * _share("fraction", fraction)
    if weight_max is None:
        return _float(lost / distance)
    most = _least("equity", equity) * _least("weight_max", weight_max) / (opened * _positive("multiplier", multiplier))
    return _float(min(lost / distance, most))


def volatility_target(volatility: Number, *, target: Number, weight_max: Number = 1) -> float:
    """The weight that gives a position the volatility wanted: `min(target / volatility, weight_max)`.

    Args:
        volatility: standard deviation of the asset's returns over some time, usually a year, as a part: 0.2 is 20
            percent.
        target: the volatility that the position shall bring to equity, over the same time.
        weight_max: largest weight; quiet times would ask for more than there is.

    Returns:
        A part of equity, for `ctx.target(asset, weight=...)`.

    Raises:
        NumberError: a number that is not finite or negative.
        UndefinedError: a volatility of zero, which no weight brings to a target.

    Source:
        Moreira, A. and Muir, T. (2017), Volatility-Managed Portfolios, Journal of Finance 72(4), with the volatility in
        place of the variance; Harvey, C. et al. (2018), The Impact of Volatility Targeting.

    Example:
        >>> volatility_target(0.25, target=0.1)
        0.4
        >>> volatility_target(0.05, target=0.1)
        1.0
    """
    moved = _least("volatility", volatility)
    if not moved:
        raise UndefinedError("volatility=0: no weight brings a price that does not move to a target; wait for returns")
    return _float(min(_least("target", target) / moved, _least("weight_max", weight_max)))


def kelly(probability: Number, payoff: Number, *, part: Number = 1, weight_max: Number = 1) -> float:
    """The part of equity to bet on a win or loss: `part * (p - (1 - p) / payoff)`, from 0 up to a cap.

    It makes the logarithm of wealth grow fastest if the odds are known. They are estimates, so practice takes a half or
    a quarter of it.

    Args:
        probability: of a win, from 0 to 1.
        payoff: what a win brings for each unit that a loss costs, above 0.
        part: of the full bet, such as 0.5 for half Kelly; at most 1.
        weight_max: the cap.

    Returns:
        A part of equity; 0 where the edge is zero or negative, for then the best bet is none.

    Raises:
        NumberError: a number that is not finite, negative, or out of its range.

    Source:
        Kelly, J. (1956), A New Interpretation of Information Rate; Thorp, E. (2006), The Kelly Criterion in Blackjack,
        Sports Betting, and the Stock Market.

    Example:
        >>> kelly(0.55, 1)
        0.1
        >>> kelly(0.9, 2, part=0.5, weight_max=0.2)
        0.2
        >>> kelly(0.4, 1)
        0.0
    """
    wins, ratio = _share("probability", probability, zero=True), _positive("payoff", payoff)
    edge = wins - (1 - wins) / ratio
    return _float(min(max(_share("part", part) * edge, Fraction(0)), _least("weight_max", weight_max)))


def kelly_continuous(excess: Number, volatility: Number, *, part: Number = 1, weight_max: Number = 1) -> float:
    """The part of equity for returns that move continuously: `part * excess / volatility**2`, from 0 up to a cap.

    Args:
        excess: mean return above the riskless one over some time, usually a year, as a part.
        volatility: standard deviation of the returns over the same time.
        part: of the full bet, such as 0.5 for half Kelly; at most 1.
        weight_max: the cap; above 1 needs leverage.

    Returns:
        A part of equity; 0 where the excess return is zero or negative.

    Raises:
        NumberError: a number that is not finite, or out of its range.
        UndefinedError: a volatility of zero: a sure gain has no largest bet.

    Source:
        Thorp, E. (2006), The Kelly Criterion in Blackjack, Sports Betting, and the Stock Market, section 7; Merton, R.
        (1969), Lifetime Portfolio Selection under Uncertainty, for logarithmic utility.

    Example:
        >>> kelly_continuous(0.0625, 0.5, part=0.5)
        0.125
    """
    mean, moved = _finite("excess", excess), _least("volatility", volatility)
    most, share = _least("weight_max", weight_max), _share("part", part)
    if not moved:
        raise UndefinedError("volatility=0: returns without risk have no largest bet; wait for returns")
    return _float(min(max(share * mean / moved**2, Fraction(0)), most))


def _finite(name: str, given: object) -> Fraction:
    try:
        if not isinstance(given, bool) and isinstance(given, (Real, Decimal)):
            return Fraction(str(given))
    except ValueError:
        # NaN and infinity spell no fraction.
        pass
    raise NumberError(f"{name} must be a finite number, got {given!r}; indicators have no value while they warm up")


def _least(name: str, given: object) -> Fraction:
    """A number from 0 on."""
    number = _finite(name, given)
    if number < 0:
        raise NumberError(f"{name} must not be negative, got {given!r}")
    return number


def _positive(name: str, given: object) -> Fraction:
    number = _finite(name, given)
    if number <= 0:
        raise NumberError(f"{name} must be above 0, got {given!r}")
    return number


def _share(name: str, given: object, *, zero: bool = False) -> Fraction:
    """A part above 0, or from 0 on, up to 1."""
    number = _least(name, given) if zero else _positive(name, given)
    if number > 1:
        raise NumberError(f"{name} is a part, at most 1, got {given!r}; write 0.01 for 1 percent")
    return number


def _float(number: Fraction) -> float:
    """The nearest float; a division by next to nothing can leave their range."""
    try:
        return float(number)
    except OverflowError:
        raise UndefinedError("the answer is larger than any float; check prices, distances and volatility") from None


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

    def __getattr__(name: str) -> object:
        raise missing("wb.sizing", name, __all__)
