"""Digits: how many decimals hold an asset's prices and volumes, and putting values on them.

The one idea: a value lies on d digits when round_half_even(x * 10^d) / 10^d is the value again. numpy does this, not
Polars, whose division by a scalar is a product with its inverse and therefore off in the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError
from workbench.market.assets import PRICE_DIGITS_MAX, QUANTITY_DIGITS_MAX, Asset, with_attributes

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DIGITS_FOUND_MAX", "Draft", "put_on_digits", "ticks_of"]

Values = npt.NDArray[np.float64]
DIGITS_FOUND_MAX: Final = 6
TICKS_MAX: Final = 2.0**51  # a float64 holds every whole number of ticks below this with a bit to spare
HEAD: Final = 1024
ROWS: Final = 1 << 20
PRICES: Final = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Draft:
    """An asset whose digits may still have to be found: None stands for 'the fewest that hold every value'."""

    asset: Asset
    price_digits: int | None
    quantity_digits: int | None


@dataclass(frozen=True, slots=True)
class Moved:
    """How many values of one asset were moved onto its digits, and the largest distance."""

    what: str
    digits: int
    count: int
    most: float
    declared: bool


def put_on_digits(
    frame: pl.DataFrame, drafts: Sequence[Draft]
) -> tuple[pl.DataFrame, tuple[Asset, ...], tuple[Notice, ...]]:
    """Find the digits that are not declared and put every price and volume on its asset's digits.

    Args:
        frame: checked bars, asset after asset in the order of `drafts`.
        drafts: one for each asset.

    Returns:
        The frame (the same one when nothing moved), the finished assets, and a notice for values that moved.

    Raises:
        BarsError: a value too large for its digits, or a price that its digits turn into 0.
    """
    counts = dict(frame.group_by("asset").len().iter_rows())
    columns, assets = _Columns(frame), []
    moves: list[Moved] = []
    start = 0
    for draft in drafts:
        length = counts[str(draft.asset)]
        price, quantity = columns.fitted(draft, start, length, moves)
        assets.append(_finished(draft, price, quantity))
        start += length
    return columns.frame(), tuple(assets), _notices(moves)


def _finished(draft: Draft, price: int, quantity: int) -> Asset:
    changes = {}
    if draft.price_digits is None:
        changes["price_digits"] = price
    if draft.quantity_digits is None:
        changes["quantity_digits"] = quantity
    return with_attributes(draft.asset, **changes) if changes else draft.asset


class _Columns:
    """The columns of a frame, copied only when one of their values moves."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._source = frame
        self._copies: dict[str, Values] = {}

    def fitted(self, draft: Draft, start: int, length: int, moves: list[Moved]) -> tuple[int, int]:
        """Digits of prices and of volumes of one asset, after its rows were put on them."""
        price = self._fit(draft.asset, "price", PRICES, draft.price_digits, start, length, moves)
        quantity = self._fit(draft.asset, "volume", ("volume",), draft.quantity_digits, start, length, moves)
        return price, quantity

    def _fit(
        self,
        asset: Asset,
        what: str,
        names: Sequence[str],
        declared: int | None,
        start: int,
        length: int,
        moves: list[Moved],
    ) -> int:
        parts = {name: self._values(name, start, length) for name in names}
        peak = max((float(np.nanmax(v)) for v in parts.values() if not np.isnan(v).all()), default=0.0)
        digits = _fewest(list(parts.values()), peak) if declared is None else declared
        _check_peak(asset, what, peak, digits, parts)
        for name, values in parts.items():
            if not _holds(values, digits):
                moves.append(self._move(asset, what, name, start, values, digits, declared is not None))
        return digits

    def _values(self, name: str, start: int, length: int) -> Values:
        """Rows of a column, null as NaN; a view of the frame's memory where it has no null."""
        return self._source[name].slice(start, length).to_numpy()

    def _move(
        self, asset: Asset, what: str, name: str, start: int, values: Values, digits: int, declared: bool
    ) -> Moved:
        moved = _rounded(values, digits)
        changed = (moved != values) & ~np.isnan(values)
        if what == "price" and bool((moved == 0).any()):
            row = int(np.argmax(moved == 0))
            raise BarsError(
                f"{asset}: {name} {float(values[row])!r} becomes 0 on {digits} digits; declare more price_digits"
            )
        if name not in self._copies:
            self._copies[name] = self._source[name].to_numpy().copy()
        self._copies[name][start : start + len(values)] = moved
        distance = float(np.max(np.abs(moved - values), where=changed, initial=0.0))
        return Moved(what, digits, int(changed.sum()), distance, declared)

    def frame(self) -> pl.DataFrame:
        """The frame with its moved columns; NaN is null again."""
        fresh = [pl.Series(n, v, dtype=pl.Float64, nan_to_null=True) for n, v in self._copies.items()]
        return self._source.with_columns(fresh) if fresh else self._source


def ticks_of(what: str, values: Values, digits: int | None) -> tuple[npt.NDArray[np.int64], int, tuple[Notice, ...]]:
    """Finite values as whole steps of their last digit: the fewest digits that hold them where none are declared.

    Raises:
        BarsError: a value too large for its digits.

    Example:
        >>> ticks_of("price", np.array([1.25, 3.0]), None)[:2]
        (array([125, 300]), 2)
    """
    peak = float(values.max())
    places = _fewest([values], peak) if digits is None else digits
    if peak * 10.0**places >= TICKS_MAX:
        raise BarsError(f"{what} {peak!r} on {places} digits is not below 2^51 steps; declare fewer digits")
    steps = np.rint(values * 10.0**places)
    apart = np.abs(steps / 10.0**places - values)
    count = int((apart > 0).sum())
    moved = (Moved("price" if what == "price" else "volume", places, count, float(apart.max()), digits is not None),)
    return steps.astype(np.int64), places, _notices(moved if count else ())


def _fewest(parts: Sequence[Values], peak: float) -> int:
    """Fewest digits that hold every value, at most 6 and at most what keeps the ticks below 2^51."""
    most = DIGITS_FOUND_MAX
    if peak > 0:
        most = max(0, min(most, math.floor(math.log10(TICKS_MAX / peak))))
    for digits in range(most):
        if all(_holds(values, digits) for values in parts):
            return digits
    return most


def _holds(values: Values, digits: int) -> bool:
    """Whether every value lies on its digits; the head is tried first, so that a wrong guess costs little."""
    return _lies_on(values[:HEAD], digits) and all(
        _lies_on(values[i : i + ROWS], digits) for i in range(HEAD, len(values), ROWS)
    )


def _lies_on(values: Values, digits: int) -> bool:
    return bool(((_rounded(values, digits) == values) | np.isnan(values)).all())


def _rounded(values: Values, digits: int) -> Values:
    """round_half_even(x * 10^d) / 10^d, the formula of the engine."""
    scaled: Values = values * 10.0**digits
    np.rint(scaled, out=scaled)
    scaled /= 10.0**digits
    return scaled


def _check_peak(asset: Asset, what: str, peak: float, digits: int, parts: dict[str, Values]) -> None:
    if peak * 10.0**digits < TICKS_MAX:
        return
    name, row = next((n, int(np.nanargmax(v))) for n, v in parts.items() if peak in v)
    word = "price_digits" if what == "price" else "quantity_digits"
    raise BarsError(
        f"{asset}: {name} {peak!r} (bar {row} of the asset) on {digits} digits is not below 2^51 steps; "
        f"declare fewer {word}"
    )


def _notices(moves: Sequence[Moved]) -> tuple[Notice, ...]:
    groups = [(what, [m for m in moves if m.what == what]) for what in ("price", "volume")]
    return tuple(_notice(what, group) for what, group in groups if group)


def _notice(what: str, moves: Sequence[Moved]) -> Notice:
    count, most = sum(m.count for m in moves), max(m.most for m in moves)
    digits = "/".join(str(d) for d in sorted({m.digits for m in moves}))
    word, top = ("price_digits", PRICE_DIGITS_MAX) if what == "price" else ("quantity_digits", QUANTITY_DIGITS_MAX)
    text = f"{count:,} {what}s were moved onto {digits} digits, by at most {most:.3g}"
    return Notice("digits", count, text, f"declare {word}= (up to {top}) to keep more")
