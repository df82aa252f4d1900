"""The account of a Backtest: what it starts with, in which currencies, and the rates between them.

The one idea: whatever a run will have to convert is known before it begins, so a rate that is missing is refused with
its name when the Backtest is made, never met on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation, localcontext
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

import polars as pl

from workbench.engine.costs.fee import Fee
from workbench.engine.currencies import PAIRS, Currencies, Listing, Pair
from workbench.engine.simulation import Setup
from workbench.errors import NumberError, ParameterError, UnsupportedError
from workbench.indicators.given import short
from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.catalog import Catalog

__all__ = ["Account", "account", "check_pairs", "is_finer", "told"]

CASH: Final = re.compile(r"\s*(\d{1,3}(?:,\d{3})+(?:\.\d+)?|[\d_]*\.?\d+(?:[eE][+-]?\d+)?)\s*([A-Z][A-Z0-9]{1,11})?\s*")
CODE: Final = re.compile(r"[A-Z][A-Z0-9]{1,11}")
CASH_MAX: Final = 10**17
MONEY_DIGITS: Final = 20
LENGTHS: Final = ("1m", "5m", "15m", "30m", "1h", "4h", "1d")


class Account(NamedTuple):
    """What the account has of its own currency, which one that is, and all currencies if there are several."""

    cash: Decimal
    currency: str
    currencies: Currencies | None


def account(cash: object, currency: object, fx: object, fees: Fee, bars: Bars) -> Account:
    """The account that these options mean.

    Raises:
        NumberError: an amount that makes no sense.
        ParameterError: a currency that is not clear, or one that no rate leads to.
    """
    deposits, named = _deposits(cash)
    home = _home(currency, named, bars)
    paid = tuple((home if name is None else name, amount) for name, amount in deposits)
    if any(amount < 0 for _, amount in paid) or not sum(amount for _, amount in paid):
        raise NumberError(f"cash={cash!r}: start with more than 0, such as cash='100_000 {home}'")
    names = _names(home, [name for name, _ in paid], bars, fees)
    if len(names) == 1:
        if fx is not None:
            raise ParameterError(f"fx= has nothing to convert: account, bars and fees are in {home}; leave it out")
        return Account(paid[0][1], home, None)
    made = Currencies(names, paid, _rates(fx, names, bars.every))
    made = _by_dollar(made, bars)
    _check_ways(made, bars)
    return Account(dict(paid).get(home, Decimal(0)), home, made)


def _deposits(given: object) -> tuple[list[tuple[str | None, Decimal]], str | None]:
    """Amounts by currency, None where that is not named, and the first name."""
    if isinstance(given, Mapping):
        if not given:
            raise NumberError("cash={} is no amount; write cash={'USD': 50_000, 'EUR': 20_000}")
        paid = [(_code("cash", name), _own(given, name, amount)) for name, amount in given.items()]
        return list(paid), paid[0][0]
    amount, name = _amount(given, given)
    if amount <= 0:
        raise NumberError(f"cash={given!r}: start with more than 0, such as cash='100_000 {name or 'USD'}'")
    return [(name, amount)], name


def _own(given: object, name: object, value: object) -> Decimal:
    """The amount of one currency among several, which may say that currency once more and no other."""
    amount, said = _amount(given, value)
    if said not in (None, name):
        raise ParameterError(f"cash={given!r}: {name!r} has an amount in {said}; write cash={{{said!r}: ...}} for that")
    return amount


def _amount(given: object, value: object) -> tuple[Decimal, str | None]:
    """An exact amount and its currency, from "100_000 USD", "100000", 100_000 or a Decimal."""
    name = None
    if isinstance(value, str) and (match := CASH.fullmatch(value)):
        text, name = match[1].replace("_", "").replace(",", ""), match[2]
    elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        text = str(value)
    else:
        raise _no_cash(given)
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise _no_cash(given) from None
    if not amount.is_finite():
        raise NumberError(f"cash={given!r}: start with more than 0, such as cash='100_000 USD'")
    if amount > CASH_MAX or is_finer(amount, MONEY_DIGITS):
        raise NumberError(
            f"cash={given!r}: give at most {CASH_MAX:,} with at most {MONEY_DIGITS} digits after the point"
        )
    return amount, name


def _no_cash(given: object) -> NumberError:
    write = "cash={'USD': 50_000}" if isinstance(given, Mapping) else "cash='100_000 USD' or cash=100_000"
    return NumberError(f"cash={given!r} is no amount; write {write}")


def is_finer(amount: Decimal, digits: int) -> bool:
    """Whether an amount has more digits after the point than these, whatever the user's decimal context.

    Example:
        >>> is_finer(Decimal("123456789012.5"), 20), is_finer(Decimal("0.125"), 2)
        (False, True)
    """
    with localcontext(prec=100):
        return amount != round(amount, digits)


def _code(what: str, given: object) -> str:
    if isinstance(given, str) and CODE.fullmatch(given):
        return given
    code = given.strip().upper() if isinstance(given, str) else ""
    write = repr(code) if CODE.fullmatch(code) else "'EUR'"
    raise ParameterError(f"{given!r} in {what}= is no currency; write its code in capitals, such as {write}")


def _home(currency: object, named: str | None, bars: Bars) -> str:
    """The account's currency: the one given, else the first that cash names, else that of all bars."""
    if currency is not None:
        return _code("currency", currency)
    if named is not None:
        return named
    known = list(dict.fromkeys(asset.settled_in for asset in bars.assets))
    if len(known) > 1:
        raise ParameterError(
            f"the bars are in {', '.join(known)}: name the account's currency, such as cash='100_000 {known[0]}'"
        )
    return known[0]


def _names(home: str, paid: Iterable[str], bars: Bars, fees: Fee) -> tuple[str, ...]:
    """Every currency of the run, the account's first."""
    quoted = [asset.settled_in for asset in bars.assets]
    bases = [asset.base for asset in bars.assets if asset.kind == "fx" and asset.base]
    charged = [part.currency for part in fees.parts if part.currency not in ("quote", "base")]
    return tuple(dict.fromkeys([home, *paid, *quoted, *bases, *charged]))


def _rates(fx: object, names: Sequence[str], every: str) -> Bars | None:
    """Bars of pairs, from Bars or a Catalog that holds them."""
    if fx is None:
        return None
    if isinstance(fx, Catalog):
        return _held(fx, names, every)
    if not isinstance(fx, Bars):
        raise ParameterError(f"fx={short(fx)}: give Bars of pairs such as 'EUR/USD', or a Catalog")
    for asset in fx.assets:
        if asset.kind not in PAIRS:
            raise ParameterError(
                f"fx= holds {str(asset)!r} of kind={asset.kind!r}; give pairs: wb.Asset('EUR/USD', kind='fx')"
            )
    if not fx.frame["close"].is_not_null().all() or (fx.frame["close"] <= 0).any():
        raise ParameterError("fx= has closes that are missing or not above 0; drop those rows")
    return fx


def _held(catalog: Catalog, names: Sequence[str], every: str) -> Bars | None:
    """Bars of the pairs between these currencies that a catalog holds, of the first length that all have."""
    held = [name for kind in PAIRS for name in catalog.list(kind=kind)]
    known = {*names, "USD"}
    wanted = [name for name in held if {catalog.assets[name].base, catalog.assets[name].quote} <= known]
    for length in (every, *LENGTHS):
        if wanted and set(wanted) <= {name for kind in PAIRS for name in catalog.list(kind=kind, every=length)}:
            return catalog.bars(wanted, every=length)
    return None


def _by_dollar(made: Currencies, bars: Bars) -> Currencies:
    """With the dollar among the currencies, where a way leads through it."""
    if "USD" in made.names or all(way for _, way in made.ways(made.pairs(bars.assets))):
        return made
    wider = replace(made, names=(*made.names, "USD"))
    known = [name for name, way in made.ways(made.pairs(bars.assets)) if way]
    found = [name for name, way in wider.ways(wider.pairs(bars.assets)) if way]
    return wider if len(found) > len(known) + 1 else made


def _check_ways(made: Currencies, bars: Bars) -> None:
    """Every currency has a way into the account's."""
    home, pairs = made.names[0], made.pairs(bars.assets)
    lost = [name for name, way in made.ways(pairs) if not way]
    if not lost:
        return
    near = get_close_matches(lost[0], [home], n=1, cutoff=0.6)
    hint = f" ({lost[0]} is not {home})" if near else ""
    there = [*(() if made.fx is None else made.fx.assets), *bars.assets]
    known = ", ".join(dict.fromkeys(str(asset) for asset in there if asset.kind in PAIRS)) or "none"
    raise ParameterError(
        f"no rate leads from {', '.join(lost)} to {home}{hint}: give fx= Bars of {lost[0]}/{home} (kind 'fx'), or a "
        f"Catalog that holds them; pairs that are there: {known}"
    )


def told(setup: Setup) -> dict[str, object]:
    """What was paid in; of a run in several currencies also the account's and where rates come from."""
    if setup.money is None:
        return {"cash": f"{setup.cash:f} {setup.currency}"}
    fx = setup.money.fx
    return {
        "cash": ", ".join(f"{amount:f} {name}" for name, amount in setup.money.deposits),
        "currency": setup.currency,
        "fx": "the traded pairs" if fx is None else f"bars {fx.fingerprint}",
    }


def check_pairs(setup: Setup, bars: Bars) -> None:
    """Refuses what cannot be converted when it is needed, and actions on what is a balance.

    Raises:
        ParameterError: a rate that begins after the run.
        UnsupportedError: a corporate action on a pair, or one that leads into another currency.
    """
    if setup.money is None:
        return
    first = _first_slice(setup, bars)
    for name, way in setup.money.ways(setup.pairs):
        for pair in way:
            _check_start(name, pair, first, setup, bars)
    for at, (asset, actions) in enumerate(zip(setup.assets, setup.actions, strict=True)):
        others = [setup.assets[action.other] for action in actions if action.other is not None]
        _check_asset(asset, setup, setup.listings[at])
        if actions and setup.listings[at].pairing is not None:
            raise UnsupportedError(f"{str(asset)!r} is a pair and has corporate actions; drop them from its bars")
        if foreign := [other for other in others if other.settled_in != asset.settled_in]:
            raise UnsupportedError(
                f"{str(asset)!r} becomes {str(foreign[0])!r}, which is in {foreign[0].settled_in}: that is not "
                "available in this version; end the bars before it"
            )


def _check_asset(asset: Asset, setup: Setup, listing: Listing) -> None:
    """What an account in several currencies cannot hold."""
    if setup.account is not None and listing.pairing == "shared":
        raise UnsupportedError(
            f"{str(asset)!r} shares its holding with other pairs of {asset.base}, which is not available on margin in "
            f"several currencies; keep one pair of {asset.base}, or leave account= out"
        )
    if listing.pairing == "exchange" and asset.base == asset.settled_in:
        raise ParameterError(f"{str(asset)!r} is a pair of {asset.base} with itself; give two currencies")
    if listing.pairing == "exchange" and asset.multiplier != 1:
        raise ParameterError(
            f"{str(asset)!r} has multiplier={asset.multiplier:f}; a unit of a pair is one {asset.base}, so leave it out"
        )
    under = next((other for other in setup.assets if str(other) == asset.underlying), asset)
    if under.currency != asset.currency:
        raise UnsupportedError(
            f"{str(asset)!r} is in {asset.currency} and what it is an option on, {str(under)!r}, in {under.currency}: "
            "that is not available in this version; leave one of them out"
        )


def _first_slice(setup: Setup, bars: Bars) -> datetime:
    """When the first traded bar closes."""
    frame = bars.frame
    if setup.start is not None:
        frame = frame.filter(pl.col("session").cast(pl.Int32) >= setup.start)
    if setup.start_us is not None:
        frame = frame.filter(pl.col("open_time").dt.epoch("us") >= setup.start_us)
    first: Any = frame["time"].min()
    return first if isinstance(first, datetime) else datetime.max.replace(tzinfo=UTC)


def _check_start(name: str, pair: Pair, first: datetime, setup: Setup, bars: Bars) -> None:
    fx = None if setup.money is None else setup.money.fx
    source = bars if pair.traded is not None or fx is None else fx
    begun: Any = source.frame.filter(pl.col("asset") == str(pair.asset))["time"].min()
    if begun is None or begun > first:
        raise ParameterError(
            f"{name} cannot be converted when the run begins at {first}: the first bar of {pair.asset} closes at "
            f"{begun}; give earlier bars in fx=, or a later start="
        )
