"""What is traded: an asset is its name, a plain text, that also knows on which steps it trades.

The one idea: `Asset` is a `str`, so `bar.asset == "AAPL"`, dict keys and frame columns need no conversion.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from workbench.errors import NumberError, ParameterError

__all__ = ["PRICE_DIGITS_MAX", "QUANTITY_DIGITS_MAX", "Asset", "with_attributes"]

PRICE_DIGITS_MAX: Final = 12
QUANTITY_DIGITS_MAX: Final = 8


class Asset(str):
    """The name of something traded, with its digits, steps, currency and calendar.

    Compares, hashes and sorts as its text. Prices are put on `price_step`, quantities on `quantity_step`; both
    default to one unit of the last digit. An order below `min_notional` (in `currency`) is denied.

    Raises:
        ParameterError: an empty name, or digits, currency or calendar that make no sense.
        NumberError: a step that is not a positive multiple of its last digit, or a negative `min_notional`.

    Example:
        >>> apple = Asset("AAPL", price_digits=2, calendar="XNYS")
        >>> apple == "AAPL", apple.price_step
        (True, Decimal('0.01'))
    """

    __slots__ = (
        "calendar",
        "currency",
        "min_notional",
        "price_digits",
        "price_step",
        "quantity_digits",
        "quantity_step",
    )

    price_digits: int
    quantity_digits: int
    currency: str
    calendar: str
    price_step: Decimal
    quantity_step: Decimal
    min_notional: Decimal

    def __new__(
        cls,
        name: str,
        *,
        price_digits: int = 2,
        quantity_digits: int = 0,
        currency: str = "USD",
        calendar: str = "24/7",
        price_step: Decimal | str | int | float | None = None,
        quantity_step: Decimal | str | int | float | None = None,
        min_notional: Decimal | str | int | float = 0,
    ) -> Asset:
        """An Asset from its name; the attributes are checked at birth."""
        asset = super().__new__(cls, _text("name", name))
        digits = _digits("price_digits", price_digits, PRICE_DIGITS_MAX)
        quantity = _digits("quantity_digits", quantity_digits, QUANTITY_DIGITS_MAX)
        values: dict[str, object] = {
            "price_digits": digits,
            "quantity_digits": quantity,
            "currency": _text("currency", currency),
            "calendar": _text("calendar", calendar),
            "price_step": _step("price_step", price_step, digits),
            "quantity_step": _step("quantity_step", quantity_step, quantity),
            "min_notional": _not_negative("min_notional", min_notional),
        }
        for key, value in values.items():
            object.__setattr__(asset, key, value)
        return asset

    def attributes(self) -> dict[str, object]:
        """Everything beside the name, in alphabetical order.

        Example:
            >>> Asset("IBM").attributes()["currency"]
            'USD'
        """
        return {key: getattr(self, key) for key in Asset.__slots__}

    def __setattr__(self, key: str, value: object) -> NoReturn:
        raise AttributeError(f"an Asset is frozen; with_attributes(asset, {key}=...) gives a changed copy")

    def __delattr__(self, key: str) -> NoReturn:
        raise AttributeError(f"an Asset is frozen; {key} stays")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (str(self), self.attributes())

    def __repr__(self) -> str:
        steps = [f"{p}_step={getattr(self, f'{p}_step')}" for p in ("price", "quantity") if not _natural(self, p)]
        notional = [f"min_notional={self.min_notional}"] if self.min_notional else []
        shown = [f"price_digits={self.price_digits}", f"quantity_digits={self.quantity_digits}", *steps, *notional]
        return f"Asset({str(self)!r}, {', '.join(shown)}, currency={self.currency!r}, calendar={self.calendar!r})"


def with_attributes(asset: Asset, **changes: Any) -> Asset:
    """Copy with some attributes changed; steps that were the default follow their digits.

    It is no method because every text has a `replace` already, which still replaces text.

    Raises:
        ParameterError: an attribute that an Asset does not have, or a value it refuses.

    Example:
        >>> with_attributes(Asset("BTC/USDT", quantity_digits=5), quantity_digits=8).quantity_step
        Decimal('1E-8')
    """
    known = asset.attributes()
    if unknown := sorted(set(changes) - set(known)):
        raise ParameterError(f"an Asset has no {unknown[0]!r}; it has {', '.join(known)}")
    for part in ("price", "quantity"):
        if _natural(asset, part):
            known[f"{part}_step"] = None
    arguments: dict[str, Any] = {**known, **changes}
    return Asset(str(asset), **arguments)


def _natural(asset: Asset, part: str) -> bool:
    """Whether a step is just one unit of its last digit."""
    return bool(getattr(asset, f"{part}_step") == Decimal(1).scaleb(-getattr(asset, f"{part}_digits")))


def _rebuilt(name: str, attributes: dict[str, Any]) -> Asset:
    """Unpickle through the constructor, so that a forged pickle is checked too."""
    return Asset(name, **attributes)


def _text(what: str, given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ParameterError(
            f"{what}={given!r}: the {what} of an Asset is a text, such as 'AAPL' or 'USD', and not empty"
        )
    return str.__str__(given)


def _digits(what: str, given: object, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= most:
        raise ParameterError(f"{what}={given!r}: give a whole number from 0 to {most}")
    return given


def _not_negative(what: str, given: object) -> Decimal:
    """An exact, finite number that is 0 or more; a float counts as its shortest decimal."""
    if isinstance(given, bool) or not isinstance(given, (Decimal, str, int, float)):
        raise NumberError(f"{what}={given!r}: give a number, such as 0.01, '0.01' or Decimal('0.01')")
    try:
        number = Decimal(repr(given) if isinstance(given, float) else given)
    except InvalidOperation as error:
        raise NumberError(f"{what}={given!r} is not a number; write it as '0.01'") from error
    if not number.is_finite() or number < 0:
        raise NumberError(f"{what}={given!r}: give a finite number that is not negative")
    return number


def _step(what: str, given: object, digits: int) -> Decimal:
    unit = Decimal(1).scaleb(-digits)
    step = unit if given is None else _not_negative(what, given)
    if step == 0 or step % unit != 0:
        raise NumberError(f"{what}={given!r}: a step is a positive multiple of {unit:f}, the last of {digits} digits")
    return step
