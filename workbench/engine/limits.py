"""Limits on what a strategy may ask for and lose: the check before every order.

The one idea: `Limits` only says the numbers. The core measures them in the one place where an order is approved or
denied, at the last marks of the slice and in the worst case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final, get_args

from workbench._types import OnBreach
from workbench.engine.costs.amount import Amount, amount, finite, plain
from workbench.engine.names import Named
from workbench.errors import NumberError, ParameterError

__all__ = ["Limits"]

QUANTITY_DIGITS: Final = 8
COUNT_MAX: Final = 1_000_000_000
NUMBERS: Final = ("order_notional", "position_weight", "position_notional", "leverage")
PARTS: Final = ("daily_loss", "drawdown", "price_collar")
COUNTS: Final = ("orders_per_day", "open_positions")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Limits(Named):
    """What the orders of a run must stay within; None, False or nothing named is no limit.

    To be exactly at a limit is to be within it, and all comparisons are exact. Prices and equity are those of the last
    closes when an order is asked for. In the worst case all working buys are filled and no working sell is, on margin
    also the other way round; of linked orders (`oco=`) only the largest is filled, and an order whose cancel is on its
    way still works. So what is held can never go beyond what a limit allowed when the last order for more was asked;
    prices may carry it there later.

    An order that only reduces always passes: a sell of no more than is held, on margin with all that works on its side,
    a buy of no more than is short likewise, and a `reduce_only` one. The children of a bracket reduce, and are not
    checked. An `all_in` order keeps the size it has when it is asked for.

    A refused order is DENIED with the limit's name as its reason, and with the allowed and the actual number; it
    reaches `on_reject`, and stands in `run.orders` and `run.notices`; of several, the first of lists, counts, sizes,
    prices, positions and losses is named. The numbers are units for quantities, orders or
    positions for counts, price units for the collar, and the account's currency for all else. Without a close of the
    asset yet, a limit that needs one denies as "unpriced".

    Args:
        order_quantity: units of one order.
        order_notional: value of one order in the account's currency: quantity at its limit, else its stop, else the
            last close.
        position_weight: worst-case value of one asset's position, as a part of equity.
        position_notional: the same in the account's currency.
        leverage: worst-case value of all positions together, short ones as well as long ones, in multiples of equity.
        orders_per_day: approved orders in one session of the bars (24/7: UTC day), reducing ones counted, children not.
        open_positions: assets that are held, long or short, or have a working order that could open a position.
        allowed: the only assets in which a position may be opened or raised; None is all.
        restricted: assets in which none may be.
        long_only: a sell of more than is held is denied, instead of being cut to the holding when it fills, or of
            selling short on margin.
        daily_loss: part of the equity at the end of the session before (in the first: of the cash) that may be lost
            since then. Beyond it every order is refused that does not reduce, for as long as the loss is that large.
        drawdown: the same of the highest equity at the end of any slice so far: a drawdown stop.
        price_collar: distance of every limit and stop price from the last close, as a part of that close, either way.
        on_breach: "deny" refuses the order. "halt" does that, cancels all working orders, protective ones included, and
            from then to the end denies as "halted" whatever does not reduce. "raise" ends the run with a LimitError
            that names the bar. Under the last two, losses are looked at after each close, also if nothing is asked for.

    Raises:
        ParameterError: an unknown name, no limit at all, names that are no collection of text, an unknown `on_breach`.
        NumberError: a number that is not above 0, a part above 1, a count that is not whole.

    Example:
        >>> Limits(order_notional=25_000, position_weight=0.2, on_breach="halt")
        Limits(order_notional=25000, position_weight=0.2, on_breach='halt')
    """

    order_quantity: Amount | None = None
    order_notional: Amount | None = None
    position_weight: Amount | None = None
    position_notional: Amount | None = None
    leverage: Amount | None = None
    orders_per_day: int | None = None
    open_positions: int | None = None
    allowed: Iterable[str] | None = None
    restricted: Iterable[str] = ()
    long_only: bool = False
    daily_loss: Amount | None = None
    drawdown: Amount | None = None
    price_collar: Amount | None = None
    on_breach: OnBreach = "deny"

    def __post_init__(self) -> None:
        kept: dict[str, object] = {"order_quantity": _number("order_quantity", self.order_quantity, QUANTITY_DIGITS)}
        kept |= {name: _number(name, getattr(self, name)) for name in NUMBERS}
        kept |= {name: _part(name, getattr(self, name)) for name in PARTS}
        kept |= {name: _count(name, getattr(self, name)) for name in COUNTS}
        kept["allowed"] = None if self.allowed is None else _names("allowed", self.allowed)
        kept["restricted"] = _names("restricted", self.restricted)
        for name, value in kept.items():
            object.__setattr__(self, name, value)
        if not isinstance(self.long_only, bool):
            raise ParameterError(f"long_only={self.long_only!r}: give True or False")
        if self.on_breach not in get_args(OnBreach):
            raise ParameterError(f"on_breach={self.on_breach!r}: allowed are {', '.join(get_args(OnBreach))}")
        if not set(self.given()) - {"on_breach"}:
            raise ParameterError("Limits() limits nothing; name one, such as order_notional=25_000, or leave it out")

    def given(self) -> dict[str, object]:
        """The limits that are not left out, by name: numbers as Decimals, assets as sorted tuples.

        Example:
            >>> Limits(restricted=["KO", "IBM"]).given()
            {'restricted': ('IBM', 'KO')}
        """
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) != f.default}

    def __repr__(self) -> str:
        shown = [f"{name}={_shown(value)}" for name, value in self.given().items()]
        return f"Limits({', '.join(shown)})"


def _shown(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else repr(list(value) if isinstance(value, tuple) else value)


def _number(name: str, given: object, digits: int | None = None) -> Decimal | None:
    if given is None:
        return None
    if isinstance(given, str):
        given = given.replace("_", "")
    if finite(given, f"{name} of Limits") <= 0:
        raise NumberError(f"{name} of Limits must be above 0, got {given!r}; leave it out for no limit")
    number = amount(given, f"{name} of Limits")
    if digits is not None and number != round(number, digits):
        raise NumberError(f"{name} of Limits must have at most {digits} digits after the point, got {given!r}")
    return number


def _part(name: str, given: object) -> Decimal | None:
    number = _number(name, given)
    if number is not None and number > 1:
        raise NumberError(f"{name} of Limits is a part, above 0 and up to 1, got {given!r}; write 0.05 for 5 percent")
    return number


def _count(name: str, given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= COUNT_MAX:
        raise NumberError(f"{name} of Limits must be a whole number above 0, got {given!r}; leave it out for no limit")
    return given


def _names(name: str, given: object) -> tuple[str, ...]:
    names = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [None]
    if not all(isinstance(each, str) and each for each in names):
        raise ParameterError(f"{name}={given!r} of Limits must be names of assets, such as {name}=['AAPL', 'MSFT']")
    if name == "allowed" and not names:
        raise ParameterError("allowed=[] of Limits would forbid every position; name assets, or leave it out")
    return tuple(sorted({str(each) for each in names}))
