"""What is offered to an order: a reference price at a place in a bar, and how the fill price follows from it.

The one idea: everything that matching decides about a single fill is in this one value.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Offer"]


@dataclass(frozen=True)
class Offer:
    """`moment` is open, inside or close; without a `reference` a stop-limit is only triggered.

    `bound` is a limit that slippage must not cross, `guess` marks a stop-limit triggered and filled inside one bar,
    `denied` a post-only order that would trade.
    """

    reference: Decimal | None
    moment: str
    slips: bool = False
    bound: Decimal | None = None
    guess: bool = False
    denied: bool = False
