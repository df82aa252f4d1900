"""Corporate actions one by one: which kinds there are, what each kind must say, and how a row is checked.

The one idea: each kind is a row of the table `KINDS`: whether it needs a ratio, an amount and another asset. A ratio is
always new units for `denominator` units held; an amount is always per unit held, gross, in the asset's currency.

- split: `numerator` new units take the place of `denominator` old ones.
- stock_dividend: `numerator` new units beside `denominator` held ones; 5% is 1 for 20.
- dividend: `amount` in cash, paid at `pay`.
- spin_off: `numerator` units of `other` beside `denominator` held ones; `amount` is their value, where it is known.
- merger: the asset ends; `numerator` units of `other` for `denominator` held ones, or `amount` in cash, or both.
- symbol_change: the asset is called `other` from the ex-date on.
- delisting: the asset ends; `amount` is what a unit still brings, where it is known.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation, localcontext
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import polars as pl

from workbench.errors import BarsError
from workbench.market.bars import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.market.assets import Asset

__all__ = ["KINDS", "Kind", "checked_action", "widened"]

AMOUNT_MAX: Final = 10**15
UNITS_MAX: Final = 10**15
YEARS: Final = (1678, 2261)  # what nanoseconds since 1970 reach in 64 bits
Need = Literal["must", "may", "never"]


class Kind(NamedTuple):
    """What a kind of action must say; `order` is the one in which actions of one day act."""

    order: int
    ratio: Need
    amount: Need
    other: Need


KINDS: Final = {
    "symbol_change": Kind(0, "never", "never", "must"),
    "split": Kind(1, "must", "never", "never"),
    "stock_dividend": Kind(2, "must", "never", "never"),
    "spin_off": Kind(3, "must", "may", "must"),
    "dividend": Kind(4, "never", "must", "never"),
    "merger": Kind(5, "may", "may", "may"),
    "delisting": Kind(6, "never", "may", "never"),
}


def checked_action(index: int, row: Mapping[str, object], assets: tuple[Asset, ...]) -> dict[str, object]:
    """One row of `ACTIONS` out of what was given; `index` is its number in a refusal.

    Raises:
        BarsError: a row that cannot be; the reason is given.

    Example:
        >>> from workbench.market.assets import Asset
        >>> row = {"ex": "2022-06-09", "kind": "symbol_change", "other": "META"}
        >>> checked_action(0, row, (Asset("FB"),))["other"]
        'META'
    """
    asset, name = row.get("asset", str(assets[0])), row["kind"]
    if asset not in assets:
        raise BarsError(f"actions row {index}: asset {asset!r} is not among {', '.join(assets)}")
    kind = _kind(index, name)
    dates = {"ex": _date(index, "ex", row["ex"]), "pay": _date(index, "pay", row.get("pay"))}
    if dates["ex"] is None:
        raise BarsError(f"actions row {index}: the ex-date is missing")
    numerator, denominator = _ratio(index, str(name), kind.ratio, row)
    amount = _amount(index, str(name), kind.amount, row.get("amount"))
    other = _other(index, str(name), kind.other, row.get("other"))
    _check_merger(index, str(name), numerator, amount, other)
    return {
        "asset": str(asset),
        "ex": dates["ex"],
        "kind": name,
        "numerator": numerator,
        "denominator": denominator,
        "amount": amount,
        "pay": dates["pay"],
        "known": _known(index, row.get("known")),
        "other": other,
    }


def _kind(index: int, given: object) -> Kind:
    if isinstance(given, str) and given in KINDS:
        return KINDS[given]
    near = get_close_matches(given, KINDS, n=1) if isinstance(given, str) else []
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise BarsError(f"actions row {index}: kind {given!r} is unknown; {hint}there are {', '.join(KINDS)}")


def _date(index: int, what: str, given: object) -> date | None:
    if given is None:
        return None
    try:
        day = date.fromisoformat(str(given)[:10])
    except ValueError as error:
        raise BarsError(f"actions row {index}: {what} {given!r} is no date; write '2024-02-29'") from error
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise BarsError(f"actions row {index}: {what} {given!r} lies outside the years {YEARS[0]} to {YEARS[1]}")
    return day


def _known(index: int, given: object) -> datetime | None:
    if given is None:
        return None
    try:
        time = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        time = None
    if not isinstance(time, datetime) or time.tzinfo is None:
        raise BarsError(
            f"actions row {index}: known {given!r} is no time with its zone; write '2024-02-29T21:30+00:00'"
        )
    return time


def _ratio(index: int, kind: str, need: Need, row: Mapping[str, object]) -> tuple[int | None, int | None]:
    numbers = [row.get("numerator"), row.get("denominator")]
    if need != "must" and numbers == [None, None]:
        return None, None
    if need == "never":
        raise BarsError(f"actions row {index}: a {kind} has no ratio; leave numerator and denominator empty")
    whole = [int(n) if isinstance(n, (int, float)) and 0 < n < UNITS_MAX and n == int(n) else 0 for n in numbers]
    if 0 in whole:
        given = f"{numbers[0]}:{numbers[1]}"
        raise BarsError(f"actions row {index}: a {kind} is new to old units in whole numbers, not {given}")
    return whole[0], whole[1]


def _amount(index: int, kind: str, need: Need, given: object) -> Decimal | None:
    if given is None and need != "must":
        return None
    if need == "never":
        raise BarsError(f"actions row {index}: a {kind} has no amount; leave it empty")
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        amount = Decimal("NaN")
    with localcontext(prec=60):
        fits = amount.is_finite() and 0 <= amount < AMOUNT_MAX and amount == round(amount, 12)
    if not fits or (amount == 0 and kind != "delisting"):
        least = "0 or more" if kind == "delisting" else "above 0"
        told = f"the amount of a {kind} is {least}, with at most 12 digits after the point, not {given!r}"
        raise BarsError(f"actions row {index}: {told}")
    return amount


def _other(index: int, kind: str, need: Need, given: object) -> str | None:
    if given is None and need != "must":
        return None
    if need == "never":
        raise BarsError(f"actions row {index}: a {kind} has no other asset; leave it empty")
    if not isinstance(given, str) or not given.strip():
        raise BarsError(f"actions row {index}: a {kind} names the other asset, not {given!r}; give other='META'")
    return str(given)


def _check_merger(index: int, kind: str, numerator: int | None, amount: Decimal | None, other: str | None) -> None:
    if kind != "merger":
        return
    if numerator is None and amount is None:
        raise BarsError(
            f"actions row {index}: a merger brings units, cash or both; give numerator and denominator, or amount"
        )
    if (numerator is None) != (other is None):
        raise BarsError(
            f"actions row {index}: a merger for units names whose they are: give a ratio and other, or neither"
        )


def widened(actions: pl.DataFrame) -> pl.DataFrame:
    """Actions that were stored when there were only splits and dividends, with the columns of today, which are null.

    Any other frame is given back as it is.

    Example:
        >>> widened(ACTIONS.to_frame().drop("known", "other")).schema == ACTIONS
        True
    """
    early = pl.Schema({name: kind for name, kind in ACTIONS.items() if name not in ("known", "other")})
    if actions.schema != early:
        return actions
    return actions.with_columns(pl.lit(None, ACTIONS[name]).alias(name) for name in ("known", "other"))
