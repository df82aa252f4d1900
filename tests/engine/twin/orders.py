"""Orders and how they end.

The one idea: an order is what was asked plus how far it came; `leaves` is all that can still fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.exact import ZERO
from twin.result import OrderRow

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

__all__ = ["Order"]


@dataclass
class Order:
    """One order. `price` is its limit or stop; `target` tells that a target made it; `all_in` has no size."""

    sequence: int
    id: str
    asset: int
    side: str
    type: str
    quantity: Decimal
    price: Decimal | None
    live: datetime
    target: bool = False
    all_in: bool = False
    filled: Decimal = ZERO
    value: Decimal = ZERO
    reserved: Decimal = ZERO
    fee_charged: Decimal = ZERO
    triggered: bool = False
    status: str = "WORKING"

    @property
    def working(self) -> bool:
        """Whether it can still fill."""
        return self.status == "WORKING"

    @property
    def leaves(self) -> Decimal:
        """What can still fill."""
        return self.quantity - self.filled

    @property
    def buys(self) -> bool:
        """Whether it is a buy."""
        return self.side == "buy"

    @property
    def market(self) -> bool:
        """A market order, or a stop once it is triggered."""
        return self.type == "market" or self.triggered

    def refuse(self) -> None:
        """DENIED when nothing has filled, else the rest is CANCELED."""
        self.status = "CANCELED" if self.filled else "DENIED"

    def reduce(self, leaves: Decimal) -> None:
        """Make the order smaller; one that is then filled to the full is FILLED, one without anything CANCELED."""
        self.quantity = self.filled + leaves

    def settle(self) -> None:
        """FILLED as soon as nothing is left of it."""
        if self.working and not self.all_in and self.leaves == 0:
            self.status = "FILLED"

    def row(self, asset: str) -> OrderRow:
        """As it is reported at the end."""
        status = "END_OF_DATA" if self.working else self.status
        quantity = self.filled if self.all_in else self.quantity
        origin = "target" if self.target else "order"
        return OrderRow(
            self.id, self.live, asset, origin, self.side, self.type, self.price, quantity, self.filled, status
        )
