"""The rules of data quality: what each one finds, how bad that is, what mending does; and the limits they go by.

The one idea: a rule is a row of the table `RULES`. A policy acts on errors, which are wrong for certain; what may be
true (a crash looks like an outlier) is only told, unless its rule is named.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import polars as pl

from workbench.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FINDINGS", "RULES", "Limits", "Rule", "limits_of", "nearest"]

FINDINGS: Final = pl.Schema(
    {
        "asset": pl.String(),
        "time": pl.Datetime("us", "UTC"),  # the bar's close
        "row": pl.Int64(),  # from 0, in the frame as it was given
        "rows": pl.Int64(),  # how many rows from there on are meant, in order of time
        "rule": pl.String(),
        "value": pl.Float64(),
        "expected": pl.String(),
        "severity": pl.String(),
    }
)


class Rule(NamedTuple):
    """What a rule finds and what mending does; None where only a person can know."""

    severity: Literal["error", "warning", "note"]
    finds: str
    fix: str | None


RULES: Final = {
    "missing": Rule("error", "a price or a time that is null, NaN, infinite, zero or negative", "the row is dropped"),
    "ohlc": Rule("error", "open or close outside low to high", "high and low are widened to hold open and close"),
    "volume": Rule("error", "a volume that is negative or infinite", "the volume becomes unknown (null)"),
    "backwards": Rule("error", "a bar that closes before it opens, or at once", "the row is dropped"),
    "unsorted": Rule("error", "a row that comes before the one above it", "rows are sorted by asset and time"),
    "duplicate": Rule("error", "a row that is the same as the one before", "the copy is dropped"),
    "conflict": Rule("error", "another row of the same time with other values", "the last row wins"),
    "overlap": Rule("error", "a bar that opens before the one above it has closed", "the row is dropped"),
    "clock": Rule("error", "a session shifted by whole hours: a zone or daylight saving", "its times are shifted back"),
    "holiday": Rule("error", "a bar on a day without a session", "the row is dropped"),
    "hours": Rule("error", "a bar outside all trading hours of its day", "the row is dropped"),
    "gap": Rule("warning", "bars that the calendar has and the asset lacks", None),
    "grid": Rule("warning", "a bar that does not begin a whole number of bars after the open", None),
    "outlier": Rule("warning", "a return, high or low many robust deviations away from the usual", None),
    "stale": Rule("warning", "bars with the same open, high, low and close in a row", None),
    "split": Rule("warning", "a jump like that of a split, without an action on that day", None),
    "adjusted": Rule("warning", "a split on record that the prices do not show: they are adjusted already", None),
    "zero_volume": Rule("note", "a bar without trades", None),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still taken as usual.

    Raises:
        ParameterError: a limit that is no number, or out of its range.

    Example:
        >>> Limits(outlier_z=20).outlier_z
        20
    """

    outlier_z: float = 10.0  # robust deviations from the median return
    outlier_return: float = 0.01  # a smaller change is no outlier, however quiet the asset
    stale_bars: int = 0  # identical bars in a row; 0 is 5 for daily and longer bars, else 30
    split_ratio: float = 1.5  # the smallest ratio of a split that is looked for; 1.25 looks for 5:4 too
    split_tolerance: float = 0.03  # how far the opening may lie from the ratio
    gap_bars: int = 1  # shorter gaps are not told

    def __post_init__(self) -> None:
        least = {"outlier_z": 0, "outlier_return": 0, "stale_bars": 0, "split_ratio": 1, "split_tolerance": 0}
        for field in fields(self):
            value, low = getattr(self, field.name), least.get(field.name, 1)
            whole = field.type == "int"
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not value >= low:
                kind = "a whole number" if whole else "a number"
                raise ParameterError(f"{field.name}={value!r}: give {kind} from {low} on")

    def stale(self, every: str) -> int:
        """Identical bars from which on prices are stale.

        Example:
            >>> Limits().stale("1d"), Limits().stale("1m")
            (5, 30)
        """
        return max(self.stale_bars, 2) if self.stale_bars else 5 if every in ("1d", "1w", "1mo") else 30


def limits_of(given: dict[str, Any]) -> Limits:
    """Limits by name.

    Raises:
        ParameterError: a name that is none, or a value out of range.

    Example:
        >>> limits_of({"gap_bars": 3}).gap_bars
        3
    """
    known = [field.name for field in fields(Limits)]
    for name in given:
        if name not in known:
            raise ParameterError(f"{name!r} is no limit; {nearest(name, known)}")
    return Limits(**given)


def nearest(name: str, known: Iterable[str]) -> str:
    """The nearest of the known names, or all of them.

    Example:
        >>> nearest("gaps", RULES)
        "did you mean 'gap'?"
    """
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
