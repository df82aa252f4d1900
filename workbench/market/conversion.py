"""Bars in another currency, at the rate that was known when each bar closed.

The one idea: a pair "EUR/USD" is what one EUR costs in USD, so prices in EUR become USD by multiplying and prices in
USD become EUR by dividing. A rate is known at the close of its bar and never used before it; all prices of a bar take
the one rate of its close, so that open, high, low and close keep their order.

Where neither the pair nor its inverse is there, two pairs that share a currency are combined, through USD before any
other; the older of both rates is the age of a cross. An action's amount takes the rate of the last bar before its
ex-date, so that dividend / previous close stays what it was. Prices are put on as many digits as keep eight figures of
the lowest one; price step and minimum notional were in the old currency and are taken off.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, Final, NamedTuple

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError
from workbench.market.assets import PRICE_DIGITS_MAX, Asset, with_attributes
from workbench.market.bars import ACTIONS, Bars
from workbench.market.clock import UNITS_US
from workbench.market.digits import TICKS_MAX, Draft, put_on_digits
from workbench.market.sessions import by_asset

__all__ = ["converted"]

PRICES: Final = ("open", "high", "low", "close")
PAIR: Final = re.compile(r"([A-Z0-9]{2,10})/([A-Z0-9]{2,10})|([A-Z]{3})([A-Z]{3})")
AGE: Final = re.compile(r"([1-9]\d{0,4})([smhd])")
USUAL: Final = "USD"
FIGURES: Final = 8
DIGITS_LEAST: Final = 2
AMOUNT_SCALE: Final = Decimal("1E-12")


class Leg(NamedTuple):
    """A pair on the way, and whether its rate divides."""

    pair: str
    divides: bool


def converted(bars: Bars, currency: str, rates: Bars, max_age: str) -> Bars:
    """Bars in another currency; see `Bars.convert`."""
    oldest, pairs = _age(max_age), _pairs(rates)
    paths = {str(a): _path(a, currency, pairs) for a in bars.assets if a.currency != currency}
    if not paths:
        return bars
    drafts, frames, actions, parts = [], [], [], by_asset(bars)
    for asset in bars.assets:
        rows = parts[str(asset)]
        acted = bars.actions.filter(pl.col("asset") == str(asset))
        if str(asset) in paths:
            rated = _rated(rows, paths[str(asset)], rates, oldest)
            acted = _amounts(acted, rated)
            rows = rated.with_columns(pl.col(name) * pl.col("rate") for name in PRICES).drop("rate")
            asset = _renamed(asset, currency, rows)
        drafts.append(Draft(asset, asset.price_digits, asset.quantity_digits))
        frames.append(rows)
        actions.append(acted)
    frame, assets = _on_digits(pl.concat(frames), drafts)
    notices = (*bars.notices, _notice(bars, currency, paths))
    return replace(bars, frame=frame, assets=assets, actions=pl.concat(actions), notices=notices)


def _notice(bars: Bars, currency: str, paths: dict[str, tuple[Leg, ...]]) -> Notice:
    ways = {" and ".join(("/ " if leg.divides else "x ") + leg.pair for leg in path) for path in paths.values()}
    text = (
        f"prices of {len(paths)} of {len(bars.assets)} assets were converted into {currency}: {', '.join(sorted(ways))}"
    )
    return Notice("currency", len(paths), text, "they hold the moves of the rate too; trade the bars before")


def _age(given: object) -> timedelta:
    match = AGE.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise ParameterError(f"max_age={given!r}: give a length of time such as '30m', '1h' or '7d'")
    return timedelta(microseconds=int(match[1]) * UNITS_US[match[2]])


def _pairs(rates: Bars) -> dict[tuple[str, str], str]:
    """The assets of the rates by (base, quote)."""
    found = {}
    for asset in rates.assets:
        if match := PAIR.fullmatch(str(asset)):
            base, quote, *plain = match.groups()
            found[(base or plain[0], quote or plain[1])] = str(asset)
    if not found:
        raise ParameterError(f"no pair among {', '.join(rates.assets[:5])}; name rates 'EUR/USD' or 'EURUSD'")
    return found


def _path(asset: Asset, currency: object, pairs: dict[tuple[str, str], str]) -> tuple[Leg, ...]:
    """The pair, its inverse, or two of them through a currency that both have."""
    if not isinstance(currency, str):
        raise ParameterError(f"currency={currency!r}: give its name, such as 'EUR'")
    if leg := _leg(asset.currency, currency, pairs):
        return (leg,)
    between = dict.fromkeys(name for pair in pairs for name in pair)
    for middle in sorted(between, key=lambda name: name != USUAL):
        first, second = _leg(asset.currency, middle, pairs), _leg(middle, currency, pairs)
        if first and second:
            return first, second
    raise ParameterError(
        f"{asset}: no rate leads from {asset.currency} to {currency}; there are {', '.join(pairs.values())}"
    )


def _leg(base: str, quote: str, pairs: dict[tuple[str, str], str]) -> Leg | None:
    if (base, quote) in pairs:
        return Leg(pairs[(base, quote)], False)
    return Leg(pairs[(quote, base)], True) if (quote, base) in pairs else None


def _rated(rows: pl.DataFrame, path: tuple[Leg, ...], rates: Bars, oldest: timedelta) -> pl.DataFrame:
    """Rows with `rate`, the last one that was known at each close."""
    rate = pl.lit(1.0)
    for i, leg in enumerate(path):
        known = rates.frame.filter(pl.col("asset") == leg.pair).select(
            pl.col("time"), pl.col("time").alias(f"since_{i}"), pl.col("close").alias(f"rate_{i}")
        )
        rows = rows.sort("time").join_asof(known.sort("time"), on="time")
        _check_known(rows, leg, rows["time"] - rows[f"since_{i}"], oldest)
        rate = rate / pl.col(f"rate_{i}") if leg.divides else rate * pl.col(f"rate_{i}")
    return rows.with_columns(rate.alias("rate")).select(*rates.frame.columns, "rate")


def _check_known(rows: pl.DataFrame, leg: Leg, ages: pl.Series, oldest: timedelta) -> None:
    if not len(ages):
        return
    unknown = ages.is_null() | (ages > oldest)
    if not unknown.any():
        return
    first = int(unknown.arg_max() or 0)
    what = "no rate yet" if ages[first] is None else f"a rate that is {ages[first]} old"
    raise BarsError(
        f"row {first} of {rows['asset'][first]} ({rows['time'][first]}): {leg.pair} has {what} "
        f"({int(unknown.sum()):,} such rows); give rates that cover the bars, or a longer max_age"
    )


def _amounts(actions: pl.DataFrame, rated: pl.DataFrame) -> pl.DataFrame:
    """Actions with their amounts at the rate of the last bar before their ex-date, else of the first bar."""
    if actions["amount"].null_count() == actions.height or rated.is_empty():
        return actions
    places = rated["session"].search_sorted(actions["ex"], side="left")
    used = [rated["rate"][max(0, int(place) - 1)] for place in places]
    rows = [_in_currency(row, rate) for row, rate in zip(actions.iter_rows(named=True), used, strict=True)]
    return pl.DataFrame(rows, schema=ACTIONS, orient="row")


def _in_currency(row: dict[str, Any], rate: float) -> dict[str, Any]:
    if row["amount"] is None:
        return row
    with localcontext(prec=60):
        exact = Decimal(str(row["amount"])) * Decimal(repr(rate))
        return {**row, "amount": exact.quantize(AMOUNT_SCALE, ROUND_HALF_EVEN)}


def _renamed(asset: Asset, currency: str, rows: pl.DataFrame) -> Asset:
    """The asset in the new currency, on digits that keep eight figures of its lowest price."""
    digits = asset.price_digits
    if len(rows):
        low, high = float(rows["low"].min()), float(rows["high"].max())  # type: ignore[arg-type]  # prices
        wanted = FIGURES - 1 - math.floor(math.log10(low))
        most = math.floor(math.log10(TICKS_MAX / high))
        digits = max(0, min(max(DIGITS_LEAST, wanted), most, PRICE_DIGITS_MAX))
    return with_attributes(asset, currency=currency, price_digits=digits, price_step=None, min_notional=0)


def _on_digits(frame: pl.DataFrame, drafts: list[Draft]) -> tuple[pl.DataFrame, tuple[Asset, ...]]:
    """Prices on their digits; an asset without rows has none to be put on them."""
    there = set(frame["asset"].unique())
    made, _, _ = put_on_digits(frame, [draft for draft in drafts if str(draft.asset) in there])
    return made, tuple(draft.asset for draft in drafts)
