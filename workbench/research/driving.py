"""Why runs of signals were driven bar by bar where others are folded, in words.

The one idea: the core says of each run what kept it from being folded, and here that becomes a reason with a remedy, so
that nobody wonders why a sweep takes minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from workbench._types import Notice

if TYPE_CHECKING:
    import polars as pl

__all__ = ["driven_notices", "way"]

LATER: Final = "search without it first, and run the best with it"
WHY: Final = {
    "ends": ("an asset ends, expires or is renamed", "leave it out for the search, or end the bars before"),
    "longer": ("a rule reads longer bars", "leave out every= where the bars' own length does, or resample the bars"),
    "currencies": ("the account has several currencies", "search in one currency first, and run the best in several"),
    "protection": ("a path= or the volume of a bar decides on stops", "search with the default path, volume_cap=None"),
    "limits": ("limits= watches every order", LATER),
    "margin": ("the account is one on margin", "search in a cash account first, and run the best on margin"),
    "latency": ("orders take their latency= to arrive", LATER),
    "own_costs": ("fees or slippage are a function of yours", "take one of wb.fees and wb.slippage for the search"),
    "withheld": ("a fee is kept from what is bought", "take it in the currency of the price for the search"),
    "range": ("an amount is too large to be counted", "trade less"),
    "rules": ("a rule is written in Python or reads another asset", "write it with workbench.ta over the asset's bars"),
    "shorts": ("rules open short positions", "search the long side alone first, and run the best with both"),
    "bars": ("signals are made from the bars, or beside callbacks", "make rules with workbench.ta, without bars"),
}


def driven_notices(driven: pl.Series) -> Iterator[Notice]:
    """A notice for each reason why some of these runs were driven bar by bar.

    Args:
        driven: the reason of each run, null where it was folded.

    Example:
        >>> import polars as pl
        >>> [told] = driven_notices(pl.Series(["limits", None, "limits"], dtype=pl.String))
        >>> told.text
        '2 of 3 runs were driven bar by bar because limits= watches every order'
    """
    for reason, count in driven.drop_nulls().value_counts(sort=True).iter_rows():
        why, remedy = WHY[reason]
        verb = "was" if count == 1 else "were"
        text = f"{count:,} of {len(driven):,} runs {verb} driven bar by bar because {why}"
        yield Notice("driven", count, text, remedy)


def way(driven: pl.Series) -> str:
    """How these runs are made, in a few words.

    Args:
        driven: as above.

    Example:
        >>> import polars as pl
        >>> way(pl.Series([None], dtype=pl.String)), way(pl.Series(["latency"]))
        ('folded', 'bar by bar because orders take their latency= to arrive')
    """
    reasons = driven.drop_nulls().unique(maintain_order=True)
    if reasons.is_empty():
        return "folded"
    partly = "partly " if driven.null_count() else ""
    return f"{partly}bar by bar because {' and '.join(WHY[reason][0] for reason in reasons)}"
