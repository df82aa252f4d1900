"""Splits and dividends: the frame of corporate actions, and history adjusted for splits as of a date.

The one idea: stored prices are never adjusted. A view as of a date divides out the splits that had acted by then, so
it never knows of a later one.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.errors import BarsError
from workbench.market.bars import ACTIONS, Bars, with_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.market.assets import Asset

__all__ = ["adjusted", "checked_actions", "no_actions", "unsplit"]

PRICES: Final = ("open", "high", "low", "close")
AMOUNT_SCALE: Final = Decimal("1E-12")
AMOUNT_MAX: Final = 10**15
UNITS_MAX: Final = 10**15
YEARS: Final = (1678, 2261)  # what nanoseconds since 1970 reach in 64 bits


def no_actions() -> pl.DataFrame:
    """An empty frame of actions.

    Example:
        >>> no_actions().height
        0
    """
    return ACTIONS.to_frame()


def adjusted(bars: Bars, as_of: date) -> Bars:
    """Bars adjusted for the splits with ex-date up to `as_of`, on all rows of sessions before that ex-date.

    Prices are multiplied by old / new, volumes by new / old, in float64. Of the actions only the dividends known by
    `as_of` remain, per unit of that date (half-even at 12 digits), so that nothing acts twice.

    Example:
        >>> from workbench.market import catalog
        >>> apple = catalog.sample()["AAPL"].between("2005-02-25", "2005-02-28")
        >>> apple.frame["close"].to_list(), adjusted(apple, date(2005, 2, 28)).frame["close"].to_list()
        ([88.99, 44.86], [44.495, 44.86])
    """
    known = bars.actions.filter(pl.col("ex") <= as_of)
    splits = known.filter(pl.col("kind") == "split")
    frame = bars.frame if splits.is_empty() else _unsplit(bars.frame, splits)
    return with_frame(bars, frame, actions=_dividends(known))


def _unsplit(frame: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Prices x old / new and volume x new / old, with the products over all splits after a row.

    Both products are columns: Polars turns a division by a scalar into a product with 1 / scalar, off in the last bit.
    """
    new, old = pl.lit(1.0), pl.lit(1.0)
    for row in splits.iter_rows(named=True):
        before = (pl.col("asset") == row["asset"]) & (pl.col("session") < row["ex"])
        new = pl.when(before).then(new * row["numerator"]).otherwise(new)
        old = pl.when(before).then(old * row["denominator"]).otherwise(old)
    prices = [(pl.col(price) * old / new).alias(price) for price in PRICES]
    return frame.with_columns(*prices, (pl.col("volume") * new / old).alias("volume"))


def unsplit(frame: pl.DataFrame, split: dict[str, Any], rows: pl.Expr) -> pl.DataFrame:
    """Some rows in the units after one split, given as a row of `ACTIONS`.

    Example:
        >>> frame = pl.DataFrame({name: [6.0] for name in (*PRICES, "volume")})
        >>> unsplit(frame, {"numerator": 2, "denominator": 1}, pl.lit(True)).row(0)
        (3.0, 3.0, 3.0, 3.0, 12.0)
    """
    factors = pl.when(rows).then(pl.lit(float(split["numerator"]))).otherwise(1.0).alias("_new")
    new, old = pl.col("_new"), pl.when(rows).then(pl.lit(float(split["denominator"]))).otherwise(1.0)
    prices = [(pl.col(price) * old / new).alias(price) for price in PRICES]
    changed = frame.with_columns(factors).with_columns(*prices, (pl.col("volume") * new / old).alias("volume"))
    return changed.drop("_new")


def _dividends(known: pl.DataFrame) -> pl.DataFrame:
    dividends = known.filter(pl.col("kind") == "dividend")
    splits = known.filter(pl.col("kind") == "split")
    if splits.is_empty() or dividends.is_empty():
        return dividends
    return _typed([_rescaled(row, splits) for row in dividends.iter_rows(named=True)])


def _rescaled(row: dict[str, object], splits: pl.DataFrame) -> dict[str, object]:
    """A dividend per unit after all later splits; one on the split's own day is per new unit already."""
    amount = Decimal(str(row["amount"]))
    later = splits.filter((pl.col("asset") == row["asset"]) & (pl.col("ex") > pl.lit(row["ex"])))
    with localcontext(prec=60):
        for new, old in later.select("numerator", "denominator").iter_rows():
            amount = amount * old / new
        return {**row, "amount": amount.quantize(AMOUNT_SCALE, ROUND_HALF_EVEN)}


def _typed(rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ACTIONS, orient="row")


def checked_actions(frame: pl.DataFrame, assets: tuple[Asset, ...]) -> pl.DataFrame:
    """Actions by the schema, sorted by asset, ex-date and kind (splits first).

    Args:
        frame: columns ex, kind and, as needed, asset, numerator, denominator, amount, pay, in any capitalisation.
        assets: the assets of the bars; a frame without an asset column belongs to the only one.

    Raises:
        BarsError: a missing column or a row that cannot be; its number and the reason are given.

    Example:
        >>> from workbench.market.assets import Asset
        >>> rows = pl.DataFrame({"ex": ["2024-06-10"], "kind": ["split"], "numerator": [10], "denominator": [1]})
        >>> checked_actions(rows, (Asset("NVDA"),)).row(0)[:5]
        ('NVDA', datetime.date(2024, 6, 10), 'split', 10, 1)
    """
    named = frame.rename({c: c.strip().lower() for c in frame.columns})
    found, wanted = ", ".join(frame.columns), ", ".join(ACTIONS)
    if missing := [c for c in ("ex", "kind") if c not in named.columns]:
        raise BarsError(f"actions lack {', '.join(missing)}; found {found}; wanted {wanted}")
    if "asset" not in named.columns and len(assets) != 1:
        raise BarsError(f"actions of {len(assets)} assets need an asset column; found {found}")
    rows = [_checked(i, row, assets) for i, row in enumerate(named.iter_rows(named=True))]
    order = {str(a): i for i, a in enumerate(assets)}
    rows.sort(key=lambda r: (order[str(r["asset"])], str(r["ex"]), r["kind"] != "split"))
    return _typed(rows)


def _checked(index: int, row: dict[str, object], assets: tuple[Asset, ...]) -> dict[str, object]:
    asset, kind = row.get("asset", str(assets[0])), row["kind"]
    if asset not in assets:
        raise BarsError(f"actions row {index}: asset {asset!r} is not among {', '.join(assets)}")
    if kind not in ("split", "dividend"):
        raise BarsError(f"actions row {index}: kind {kind!r} is neither 'split' nor 'dividend'")
    dates = {"ex": _date(index, "ex", row["ex"]), "pay": _date(index, "pay", row.get("pay"))}
    if dates["ex"] is None:
        raise BarsError(f"actions row {index}: the ex-date is missing")
    terms = _ratio_of(index, row) if kind == "split" else _amount_of(index, row)
    return {"asset": str(asset), "ex": dates["ex"], "kind": kind, **terms, "pay": dates["pay"]}


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


def _ratio_of(index: int, row: dict[str, object]) -> dict[str, object]:
    numbers = [row.get("numerator"), row.get("denominator")]
    whole = [int(n) if isinstance(n, (int, float)) and 0 < n < UNITS_MAX and n == int(n) else 0 for n in numbers]
    if 0 in whole:
        given = f"{numbers[0]}:{numbers[1]}"
        raise BarsError(f"actions row {index}: a split is new to old units in whole numbers, not {given}")
    return {"numerator": whole[0], "denominator": whole[1], "amount": None}


def _amount_of(index: int, row: dict[str, object]) -> dict[str, object]:
    given = row.get("amount")
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        amount = Decimal("NaN")
    with localcontext(prec=60):
        fits = amount.is_finite() and 0 < amount < AMOUNT_MAX and amount == round(amount, 12)
    if not fits:
        raise BarsError(f"actions row {index}: a dividend is a positive amount of at most 12 digits, not {given!r}")
    return {"numerator": None, "denominator": None, "amount": amount}
