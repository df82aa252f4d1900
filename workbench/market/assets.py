"""What is traded: an asset is its name, a plain text, that also knows what it is and on which steps it trades.

The one idea: `Asset` is a `str`, so `bar.asset == "AAPL"`, dict keys and frame columns need no conversion. What a kind
of asset is made of stands in one table, `KINDS`; every attribute is checked by one function, found in `CHECKS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, NoReturn, TypedDict, Unpack

from workbench.errors import NumberError, ParameterError, TimeError

__all__ = [
    "KINDS",
    "MARGINS",
    "PRICE_DIGITS_MAX",
    "QUANTITY_DIGITS_MAX",
    "Asset",
    "as_text",
    "from_text",
    "with_attributes",
]

PRICE_DIGITS_MAX: Final = 12
QUANTITY_DIGITS_MAX: Final = 8
MARGIN_DIGITS: Final = 12
MARGIN_MAX: Final = 10

Number = Decimal | str | int | float
MONTH: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
PLAIN: Final = ("calendar", "currency", "min_notional")
STEPS: Final = ("price_digits", "price_step", "quantity_digits", "quantity_step")


class Kind(NamedTuple):
    """What an asset of a kind is made of, beside what every asset has."""

    wanted: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


MARGINS: Final = ("initial_margin", "maintenance_margin")
PAIR: Final = Kind(("base", "quote"), MARGINS)
KINDS: Final[dict[str, Kind]] = {
    "equity": Kind((), MARGINS),
    "etf": Kind((), MARGINS),
    "index": Kind(),
    "future": Kind(("root", "month", "expiry", "multiplier"), ("first_notice", *MARGINS)),
    "continuous": Kind(("root", "roll"), ("adjustment", "days")),
    "option": Kind(("underlying", "strike", "right", "expiry", "multiplier")),
    "crypto": PAIR,
    "perpetual": Kind(("base", "quote"), ("settlement", *MARGINS)),
    "fx": PAIR,
}


class Terms(TypedDict, total=False):
    """The attributes that only some kinds of assets have."""

    adjustment: str | None
    base: str | None
    days: int | None
    expiry: date | str | None
    first_notice: date | str | None
    initial_margin: Number | None
    maintenance_margin: Number | None
    month: str | None
    quote: str | None
    right: str | None
    roll: str | None
    root: str | None
    settlement: str | None
    strike: Number | None
    underlying: str | None


class Asset(str):
    """The name of something traded, with what it is, its digits, steps, currency and calendar.

    Compares, hashes and sorts as its text. Prices are put on `price_step`, quantities on `quantity_step`; both
    default to one unit of the last digit. An order below `min_notional` (in `currency`) is denied.

    Args:
        name: what it is called, such as "AAPL", "ESM24" or "BTC/USDT".
        kind: "equity", "etf", "index", "future", "continuous", "option", "crypto", "perpetual" or "fx".
        exchange: where it is listed, such as "XNAS".
        multiplier: what one unit is worth at a price of 1; a future and an option must say it, else 1.
        first: first date on which it was traded.
        last: last date; None while it is traded.
        price_digits: digits of prices, 0 to 12.
        quantity_digits: digits of quantities, 0 to 8.
        currency: of its prices; None takes the quote of a pair, else "USD".
        calendar: "24/7", "24/5" or an exchange such as "XNYS".
        price_step: smallest change of a price.
        quantity_step: smallest change of a quantity.
        min_notional: least worth of an order.
        terms: of a future: root, month ("2024-06"), expiry and, if it has one, first_notice; of a continuous future:
            root, roll ("calendar" or "volume"), days and adjustment ("additive" or "ratio"); of an option:
            underlying, strike, right ("call" or "put") and expiry; of crypto, perpetual and fx: base and quote, which
            a name such as "BTC/USDT" says already; of a perpetual also settlement, the currency that gains are paid in:
            the quote, or the base of an inverse one, which "BTC/USD:BTC" says. What can be held on margin may have
            initial_margin and maintenance_margin, parts of its worth (0.1 is 10%).

    Raises:
        ParameterError: an empty name, a term that the kind lacks or does not have, or a value that makes no sense.
        NumberError: a step that is not a positive multiple of its last digit, or a number out of its range.
        TimeError: a date that cannot be read, or `last` before `first`.

    Example:
        >>> apple = Asset("AAPL", price_digits=2, calendar="XNYS")
        >>> apple == "AAPL", apple.price_step
        (True, Decimal('0.01'))
        >>> june = Asset("ESM24", kind="future", root="ES", month="2024-06", expiry="2024-06-21", multiplier=50)
        >>> june.expiry, june.multiplier
        (datetime.date(2024, 6, 21), Decimal('50'))
        >>> Asset("BTC/USDT", kind="crypto", quantity_digits=5)
        Asset('BTC/USDT', kind='crypto', base='BTC', currency='USDT', quantity_digits=5, quote='USDT')
        >>> Asset("BTC/USD:BTC", kind="perpetual").settled_in
        'BTC'
    """

    __slots__ = (
        "adjustment",
        "base",
        "calendar",
        "currency",
        "days",
        "exchange",
        "expiry",
        "first",
        "first_notice",
        "initial_margin",
        "kind",
        "last",
        "maintenance_margin",
        "min_notional",
        "month",
        "multiplier",
        "price_digits",
        "price_step",
        "quantity_digits",
        "quantity_step",
        "quote",
        "right",
        "roll",
        "root",
        "settlement",
        "strike",
        "underlying",
    )

    adjustment: str | None
    base: str | None
    calendar: str
    currency: str
    days: int | None
    exchange: str | None
    expiry: date | None
    first: date | None
    first_notice: date | None
    initial_margin: Decimal | None
    kind: str
    last: date | None
    maintenance_margin: Decimal | None
    min_notional: Decimal
    month: str | None
    multiplier: Decimal
    price_digits: int
    price_step: Decimal
    quantity_digits: int
    quantity_step: Decimal
    quote: str | None
    right: str | None
    roll: str | None
    root: str | None
    settlement: str | None
    strike: Decimal | None
    underlying: str | None

    def __new__(
        cls,
        name: str,
        *,
        kind: str = "equity",
        exchange: str | None = None,
        multiplier: Number | None = None,
        first: date | str | None = None,
        last: date | str | None = None,
        price_digits: int = 2,
        quantity_digits: int = 0,
        currency: str | None = None,
        calendar: str = "24/7",
        price_step: Number | None = None,
        quantity_step: Number | None = None,
        min_notional: Number = 0,
        **terms: Unpack[Terms],
    ) -> Asset:
        """An Asset from its name; the attributes are checked at birth."""
        asset = super().__new__(cls, _text("name", name))
        price = _digits("price_digits", price_digits, PRICE_DIGITS_MAX)
        quantity = _digits("quantity_digits", quantity_digits, QUANTITY_DIGITS_MAX)
        optional = {"exchange": exchange, "first": first, "last": last, "multiplier": multiplier}
        stated = _stated(name, _one_of("kind", kind, tuple(KINDS)), {**terms, **optional})
        values: dict[str, object] = {
            **dict.fromkeys(Asset.__slots__),
            "multiplier": Decimal(1),
            **stated,
            "kind": kind,
            "price_digits": price,
            "quantity_digits": quantity,
            "currency": _currency(currency, stated.get("quote")),
            "calendar": _text("calendar", calendar),
            "price_step": _step("price_step", price_step, price),
            "quantity_step": _step("quantity_step", quantity_step, quantity),
            "min_notional": _not_negative("min_notional", min_notional),
        }
        for key, value in values.items():
            object.__setattr__(asset, key, value)
        return asset

    @property
    def settled_in(self) -> str:
        """The currency that gains, losses and fees are paid in.

        Example:
            >>> Asset("BTC/USDT", kind="perpetual").settled_in, Asset("IBM").settled_in
            ('USDT', 'USD')
        """
        return self.settlement or self.currency

    def attributes(self) -> dict[str, object]:
        """Everything beside the name, in alphabetical order, without what is optional and was not given.

        Example:
            >>> Asset("IBM").attributes()["currency"]
            'USD'
            >>> "multiplier" in Asset("IBM").attributes()
            False
        """
        told = {"kind": self.kind != "equity", "multiplier": self.multiplier != 1}
        always = {*PLAIN, *STEPS, *KINDS[self.kind].wanted}
        values = {key: getattr(self, key) for key in Asset.__slots__}
        return {k: v for k, v in values.items() if k in always or told.get(k, v is not None)}

    def __setattr__(self, key: str, value: object) -> NoReturn:
        raise AttributeError(f"an Asset is frozen; with_attributes(asset, {key}=...) gives a changed copy")

    def __delattr__(self, key: str) -> NoReturn:
        raise AttributeError(f"an Asset is frozen; {key} stays")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (str(self), self.attributes())

    def __repr__(self) -> str:
        plain = {"calendar": "24/7", "currency": "USD", "min_notional": 0, "price_digits": 2, "quantity_digits": 0}
        hidden = {f"{part}_step" for part in ("price", "quantity") if _natural(self, part)}
        told = {k: v for k, v in self.attributes().items() if k not in hidden and plain.get(k) != v}
        first = {"kind": told.pop("kind")} if "kind" in told else {}
        return f"Asset({', '.join([repr(str(self)), *(f'{k}={_plain(v)!r}' for k, v in {**first, **told}.items())])})"


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
    for part in ("price", "quantity"):
        if _natural(asset, part):
            known[f"{part}_step"] = None
    return _rebuilt(str(asset), {**known, **changes})


def as_text(asset: Asset) -> dict[str, str]:
    """The attributes as text, exact: for files, databases and fingerprints.

    Example:
        >>> as_text(Asset("IBM", first="1962-01-02"))["first"]
        '1962-01-02'
    """
    return {key: str(value) for key, value in asset.attributes().items()}


def from_text(name: str, attributes: Mapping[str, Any]) -> Asset:
    """An Asset from what `as_text` gave.

    Raises:
        ParameterError, NumberError, TimeError: as an Asset.

    Example:
        >>> from_text("X", as_text(Asset("X", price_digits=5))).price_digits
        5
    """
    whole = {key: int(value) for key, value in attributes.items() if key == "days" or key.endswith("_digits")}
    return _rebuilt(name, {**attributes, **whole})


def _natural(asset: Asset, part: str) -> bool:
    """Whether a step is just one unit of its last digit."""
    return bool(getattr(asset, f"{part}_step") == Decimal(1).scaleb(-getattr(asset, f"{part}_digits")))


def _rebuilt(name: str, attributes: dict[str, Any]) -> Asset:
    """Unpickle through the constructor, so that a forged pickle is checked too."""
    return Asset(name, **attributes)


def _plain(value: object) -> object:
    """As it can be typed again."""
    return str(value) if isinstance(value, (Decimal, date)) else value


def _stated(name: str, kind: str, given: dict[str, Any]) -> dict[str, object]:
    """The terms and the optional attributes that were given, checked against the kind."""
    wanted, allowed = KINDS[kind]
    told = {key: value for key, value in given.items() if value is not None}
    if "base" in wanted:
        told = {**_pair(name, kind), **told}
    if foreign := sorted(set(told) - {*wanted, *allowed, *OPTIONAL}):
        raise ParameterError(_foreign(kind, foreign[0]))
    if missing := [key for key in wanted if key not in told]:
        raise ParameterError(f"kind={kind!r} needs {', '.join(wanted)}; {name!r} lacks {', '.join(missing)}")
    stated: dict[str, Any] = {key: CHECKS[key](key, value) for key, value in told.items()}
    for earlier, later in ORDERED:
        if earlier in stated and later in stated and stated[later] < stated[earlier]:
            raise TimeError(f"{later} {stated[later]} lies before {earlier} {stated[earlier]}; give them in order")
    _check_margins(name, stated)
    return _settled(name, stated)


def _pair(name: str, kind: str) -> dict[str, str]:
    """Base, quote and settlement of a name such as "BTC/USDT" or "BTC/USD:BTC"."""
    pair, _, settlement = name.partition(":")
    base, _, quote = pair.partition("/")
    told = {"settlement": settlement} if kind == "perpetual" and settlement else {}
    return {"base": base, "quote": quote, **told} if base and quote else {}


def _settled(name: str, stated: dict[str, Any]) -> dict[str, object]:
    """The terms with a settlement in the quote left out, as that is what is usual."""
    settlement, pair = stated.get("settlement"), (stated.get("base"), stated.get("quote"))
    if settlement is not None and settlement not in pair:
        raise ParameterError(
            f"{name!r} is settled in {settlement!r}: a perpetual is settled in its quote, {pair[1]!r}, or in its base, "
            f"{pair[0]!r}"
        )
    return {key: value for key, value in stated.items() if key != "settlement" or value != pair[1]}


def _check_margins(name: str, stated: dict[str, Any]) -> None:
    """Both or none of them, and no more to be kept than was asked for at first."""
    initial, kept = (stated.get(key) for key in MARGINS)
    if (initial is None) != (kept is None):
        raise ParameterError(f"{name!r} has only one of initial_margin, maintenance_margin; give both")
    if initial is not None and kept > initial:
        raise NumberError(
            f"{name!r}: maintenance_margin {kept} is above initial_margin {initial}; give it at most that"
        )


def _foreign(kind: str, key: str) -> str:
    """Why a kind does not take a term."""
    if key in CHECKS:
        takers = [name for name, terms in KINDS.items() if key in (*terms.wanted, *terms.allowed)]
        return f"{key} belongs to {', '.join(takers)}; kind={kind!r} does not have it"
    near = get_close_matches(key, Asset.__slots__, n=1, cutoff=0.7)
    return f"an Asset has no {key!r}; it has {', '.join(near or Asset.__slots__)}"


def _currency(given: str | None, quote: object) -> str:
    """The currency of the prices, which are those of the quote where there is one."""
    currency = _text("currency", quote or "USD" if given is None else given)
    if quote not in (None, currency):
        raise ParameterError(f"currency={given!r}: the prices are in the quote, {quote!r}; leave currency out")
    return currency


def _text(what: str, given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ParameterError(
            f"{what}={given!r}: the {what} of an Asset is a text, such as 'AAPL' or 'USD', and not empty"
        )
    return str.__str__(given)


def _one_of(what: str, given: object, allowed: tuple[str, ...]) -> str:
    if not isinstance(given, str) or given not in allowed:
        raise ParameterError(f"{what}={given!r}: give one of {', '.join(map(repr, allowed))}")
    return str.__str__(given)


def _choice(*allowed: str) -> Callable[[str, object], str]:
    return lambda what, given: _one_of(what, given, allowed)


def _month(what: str, given: object) -> str:
    if not isinstance(given, str) or not MONTH.fullmatch(given):
        raise ParameterError(f"{what}={given!r}: write the contract month as '2024-06'")
    return given


def _day(what: str, given: object) -> date:
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    with suppress(ValueError):
        if isinstance(given, str):
            return date.fromisoformat(given)
    raise TimeError(f"{what}={given!r}: give a date, such as '2024-06-21'")


def _digits(what: str, given: object, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= most:
        raise ParameterError(f"{what}={given!r}: give a whole number from 0 to {most}")
    return given


def _days(what: str, given: object) -> int:
    return _digits(what, given, 366)


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


def _positive(what: str, given: object) -> Decimal:
    if (number := _not_negative(what, given)) == 0:
        raise NumberError(f"{what}={given!r}: give a number above 0")
    return number


def _margin(what: str, given: object) -> Decimal:
    part = _positive(what, given)
    if part != round(part, MARGIN_DIGITS) or part > MARGIN_MAX:
        raise NumberError(
            f"{what}={given!r}: give a part of what a position is worth, up to {MARGIN_MAX}, with at most "
            f"{MARGIN_DIGITS} digits after the point; 0.1 is 10%"
        )
    return part


def _step(what: str, given: object, digits: int) -> Decimal:
    unit = Decimal(1).scaleb(-digits)
    step = unit if given is None else _not_negative(what, given)
    if step == 0 or step % unit != 0:
        raise NumberError(f"{what}={given!r}: a step is a positive multiple of {unit:f}, the last of {digits} digits")
    return step


ORDERED: Final = (("first", "last"), ("first", "expiry"), ("first_notice", "expiry"))
OPTIONAL: Final = ("exchange", "first", "last", "multiplier")
CHECKS: Final[dict[str, Callable[[str, object], Any]]] = {
    "adjustment": _choice("additive", "ratio"),
    "base": _text,
    "days": _days,
    "exchange": _text,
    "expiry": _day,
    "first": _day,
    "first_notice": _day,
    "initial_margin": _margin,
    "last": _day,
    "maintenance_margin": _margin,
    "month": _month,
    "multiplier": _positive,
    "quote": _text,
    "right": _choice("call", "put"),
    "roll": _choice("calendar", "volume"),
    "root": _text,
    "settlement": _text,
    "strike": _positive,
    "underlying": _text,
}
