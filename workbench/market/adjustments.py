"""Splits and dividends: the frame of corporate actions, and history adjusted for them as of a time.

The one idea: stored prices are never adjusted. A view as of a time divides out what had acted and was known by then,
so it never knows of a later action.

The rules. A split or stock dividend changes the units of all rows of sessions before its ex-date: prices x old / new,
volumes x new / old. A dividend (and a spin-off, by its value) lowers the prices before its ex-date by the factor
1 - amount / previous close, both in the units of the time, several of one day by their sum; volumes stay. These are the
multipliers of CRSP's adjusted prices, as Yahoo Finance uses them too ("What is the adjusted close?").
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from math import gcd
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError
from workbench.market.actions import KINDS, checked_action
from workbench.market.bars import ACTIONS, Bars, with_frame
from workbench.market.calendars import Calendar
from workbench.market.moments import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.market.assets import Asset

__all__ = ["How", "adjusted", "as_known", "checked_actions", "no_actions", "unit_changes", "unsplit"]

How = Literal["splits", "all"] | None
PRICES: Final = ("open", "high", "low", "close")
UNITS: Final = ("split", "stock_dividend")
PAYING: Final = ("dividend", "spin_off")
FAR_DAYS: Final = 31
AMOUNT_SCALE: Final = Decimal("1E-12")


def no_actions() -> pl.DataFrame:
    """An empty frame of actions.

    Example:
        >>> no_actions().height
        0
    """
    return ACTIONS.to_frame()


def adjusted(bars: Bars, as_of: date, how: How = "splits") -> Bars:
    """Bars adjusted for the actions with ex-date up to `as_of`; their rows are those given, none is cut.

    Of the actions those remain that had acted by `as_of` and were not divided out, per unit of that date (half-even at
    12 digits), so that nothing acts twice.

    Example:
        >>> from workbench.market import catalog
        >>> apple = catalog.sample()["AAPL"].between("2005-02-25", "2005-02-28")
        >>> apple.frame["close"].to_list(), adjusted(apple, date(2005, 2, 28)).frame["close"].to_list()
        ([88.99, 44.86], [44.495, 44.86])
    """
    return _divided(bars, bars.actions.filter(pl.col("ex") <= as_of), how)


def as_known(bars: Bars, how: How, as_of: str | date | datetime | None) -> Bars:
    """Bars as they could be seen at a time; see `Bars.adjusted`."""
    if how not in ("splits", "all", None):
        raise ParameterError(f"adjusted({how!r}): give 'splits', 'all' (dividends too) or None")
    if as_of is None:
        seen = bars.actions.filter(pl.col("ex") <= pl.lit(bars.frame["session"].max(), pl.Date))
        kept, at = bars, "the last bar"
    else:
        when = moment("as_of", as_of)
        rows = pl.col("time") <= when if isinstance(when, datetime) else pl.col("session") <= when
        seen = _seen(bars, when)
        kept, at = with_frame(bars, bars.frame.filter(rows)), str(when)
    made = _divided(kept, seen, how)
    return replace(made, notices=(*made.notices, *_remarks(seen, how, at)))


def _remarks(seen: pl.DataFrame, how: How, at: str) -> list[Notice]:
    if how is None:
        return []
    kinds = UNITS if how == "splits" else (*UNITS, *PAYING)
    count = seen.filter(pl.col("kind").is_in(kinds)).height
    what = "splits" if how == "splits" else "splits and dividends"
    text = f"prices are adjusted for {count} {what} as of {at}"
    notices = (
        [Notice("adjusted", count, text, "look and compute with them; trade the unadjusted bars")] if count else []
    )
    unvalued = seen.filter((pl.col("kind") == "spin_off") & pl.col("amount").is_null()).height if how == "all" else 0
    if unvalued:
        text = f"{unvalued} spin-offs are not adjusted for, as their value is unknown"
        notices.append(Notice("adjusted", unvalued, text, "give the value per unit held as their amount"))
    return notices


def _seen(bars: Bars, when: date | datetime) -> pl.DataFrame:
    """Actions that had acted and were known at a time; a date means the close of that session."""
    if bars.actions.is_empty():
        return bars.actions
    frames = []
    for asset in bars.assets:
        rows = bars.actions.filter(pl.col("asset") == str(asset))
        calendar = Calendar(asset.calendar)
        at = when if isinstance(when, datetime) else _end(calendar, when)
        acted = pl.Series([_acts(calendar, ex, when) for ex in rows["ex"]], dtype=pl.Boolean)
        known = rows["known"].is_null() | (rows["known"] <= at)
        frames.append(rows.filter(acted & known))
    return pl.concat(frames)


def _end(calendar: Calendar, day: date) -> datetime:
    """The close of a session, or the end of a UTC day that is none."""
    close = calendar.bounds(pl.Series([day]))["time"][0]
    return close if close is not None else datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _acts(calendar: Calendar, ex: date, when: date | datetime) -> bool:
    """Whether an action has acted: from the open of the first session on or after its ex-date on."""
    if not isinstance(when, datetime):
        return ex <= when
    days = (when.astimezone(UTC).date() - ex).days
    if abs(days) > FAR_DAYS:  # no calendar need be known that far
        return days > 0
    session = ex if calendar.is_session(ex) else calendar.next_session(ex)
    return bool(calendar.bounds(pl.Series([session]))["open_time"][0] <= when)


def _divided(bars: Bars, acted: pl.DataFrame, how: How) -> Bars:
    """Bars whose history is in the units that hold after the actions, without those that were divided out."""
    if how is None:
        return with_frame(bars, bars.frame, actions=acted)
    splits = unit_changes(acted)
    frame = bars.frame if splits.is_empty() else _unsplit(bars.frame, splits)
    left = _in_new_units(acted.filter(~pl.col("kind").is_in(UNITS)), splits)
    if how == "splits":
        return with_frame(bars, frame, actions=left)
    paying = pl.col("kind").is_in(PAYING) & pl.col("amount").is_not_null()
    return with_frame(bars, _without_payments(frame, left.filter(paying)), actions=left.filter(~paying))


def unit_changes(actions: pl.DataFrame) -> pl.DataFrame:
    """Splits and stock dividends, all as splits: 1 for 20 beside what is held is 21 for 20.

    Example:
        >>> unit_changes(no_actions()).height
        0
    """
    beside = pl.when(pl.col("kind") == "stock_dividend").then(pl.col("denominator")).otherwise(0)
    return actions.filter(pl.col("kind").is_in(UNITS)).with_columns(pl.col("numerator") + beside)


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


def _without_payments(frame: pl.DataFrame, paying: pl.DataFrame) -> pl.DataFrame:
    """Prices x the product of 1 - amount / previous close over all payments after a row."""
    if paying.is_empty():
        return frame
    factors = np.ones(frame.height)
    for (asset,), rows in paying.group_by("asset", maintain_order=True):
        at = frame.select(pl.arg_where(pl.col("asset") == asset)).to_series().to_numpy()
        factors[at] = _payment_factors(frame[at], rows.group_by("ex", maintain_order=True).agg(pl.col("amount").sum()))
    factor = pl.Series("_factor", factors)
    changed = frame.with_columns(factor).with_columns(pl.col(price) * pl.col("_factor") for price in PRICES)
    return changed.drop("_factor")


def _payment_factors(rows: pl.DataFrame, paid: pl.DataFrame) -> npt.NDArray[np.float64]:
    """The factor of each row of one asset; a payment without a row before it changes nothing."""
    closes = rows["close"].to_numpy()
    steps = np.ones(rows.height)
    places = rows["session"].search_sorted(paid["ex"], side="left")
    for place, (ex, amount) in zip(places, paid.iter_rows(), strict=True):
        if place == 0:
            continue
        factor = 1.0 - float(amount) / closes[place - 1]
        if factor <= 0:
            raise BarsError(
                f"{rows['asset'][0]}: the {amount:f} paid on {ex} are not less than the close before, "
                f"{closes[place - 1]:.15g}; correct the action's amount or ex-date"
            )
        steps[place - 1] *= factor
    factors: npt.NDArray[np.float64] = np.cumprod(steps[::-1], dtype=np.float64)[::-1]
    return factors


def _in_new_units(left: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    if splits.is_empty() or left.is_empty():
        return left
    return _typed([_rescaled(row, splits) for row in left.iter_rows(named=True)])


def _rescaled(row: dict[str, Any], splits: pl.DataFrame) -> dict[str, object]:
    """An action per unit after all later splits; one on the split's own day is per new unit already."""
    new = old = 1
    later = splits.filter((pl.col("asset") == row["asset"]) & (pl.col("ex") > pl.lit(row["ex"])))
    for each in later.select("numerator", "denominator").iter_rows():
        new, old = new * each[0], old * each[1]
    changed: dict[str, object] = {}
    if row["amount"] is not None:
        with localcontext(prec=60):
            exact = Decimal(str(row["amount"])) * old / new
            changed["amount"] = exact.quantize(AMOUNT_SCALE, ROUND_HALF_EVEN)
    if row["numerator"] is not None:
        units, held = row["numerator"] * old, row["denominator"] * new
        changed |= {"numerator": units // gcd(units, held), "denominator": held // gcd(units, held)}
    return {**row, **changed}


def _typed(rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ACTIONS, orient="row")


def checked_actions(frame: pl.DataFrame, assets: tuple[Asset, ...]) -> pl.DataFrame:
    """Actions by the schema, sorted by asset, ex-date and the order in which those of one day act.

    Args:
        frame: columns ex, kind and, as needed, asset, numerator, denominator, amount, pay, known, other, in any
            capitalisation; what each kind says stands in `workbench.market.actions`.
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
    rows = [checked_action(i, row, assets) for i, row in enumerate(named.iter_rows(named=True))]
    order = {str(a): i for i, a in enumerate(assets)}
    rows.sort(key=lambda r: (order[str(r["asset"])], str(r["ex"]), KINDS[str(r["kind"])].order))
    return _typed(rows)
