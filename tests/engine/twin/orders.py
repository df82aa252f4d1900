"""Orders and how they end.

The one idea: an order is what was asked plus how far it came; `leaves` is all that can still fill.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import PRICE, ZERO, away, half_even, on_step, toward_zero
from twin.result import OrderRow

if TYPE_CHECKING:
    from decimal import Decimal

    from twin.exits import Exits
    from twin.result import Breach
    from twin.sessions import Session

__all__ = ["NEVER", "Order", "safe"]

NEVER = datetime(1, 1, 1, tzinfo=UTC)

NAMES = {
    ("market", "open"): "moo",
    ("market", "close"): "moc",
    ("limit", "open"): "loo",
    ("limit", "close"): "loc",
}


def safe(side: str, price: Decimal | Fraction, step: Decimal) -> Decimal:
    """A price on its step: limit buy down, limit sell up, buy stop down, sell stop up."""
    return on_step(price, step, toward_zero if side == "buy" else away)


@dataclass
class Order:
    """One order.

    `type` is market, limit, stop, stop_limit or trailing; `auction` is open or close for what trades there only.
    `number` is the one it has in a run, from 1 on. `target` tells that a target made it, `all_in` that it has no size,
    `liquidation` that a margin call did. `book` is the place of the strategy whose it is.
    `value` is the worth of its fills; `crossed` and `crossed_value` are those against orders of other books.
    `trail` and `trail_part` are the distance of a trailing stop. `exits` protect what it opens. What protects has a
    `group`, its entry's or its command's; a target its `place` among the targets, `partial` if it is for a part; a stop
    the distance `even` at which it moves to what was `paid` (value, units).
    """

    sequence: int
    id: str
    asset: int
    side: str
    type: str
    quantity: Decimal
    asked: datetime = NEVER
    live: datetime = NEVER
    number: int | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    target: bool = False
    all_in: bool = False
    liquidation: bool = False
    book: int | None = None
    auction: str | None = None
    tif: str = "GTC"
    until: datetime | None = None
    session: Session | None = None
    post_only: bool = False
    reduce_only: bool = False
    oco: str | None = None
    trail: Decimal | None = None
    trail_part: Decimal | None = None
    best: Decimal | None = None
    exits: Exits | None = None
    parent: Order | None = None
    group: object = None
    place: int | None = None
    partial: bool = False
    even: tuple[str, Decimal] | None = None
    paid: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    entered: datetime | None = None
    filled: Decimal = ZERO
    value: Decimal = ZERO
    crossed: Decimal = ZERO
    crossed_value: Decimal = ZERO
    reserved: Decimal = ZERO
    fee_charged: dict[str, Decimal] = field(default_factory=dict)
    fee_sums: dict[int, Decimal] = field(default_factory=dict)
    fee_caps: dict[int, Decimal] = field(default_factory=dict)
    triggered: datetime | None = None
    rested: bool = False
    on_book: bool = False
    maker: bool = False
    cancel_at: datetime | None = None
    status: str = "WORKING"
    breach: Breach | None = None

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
    def sign(self) -> int:
        """What a fill does to the position."""
        return 1 if self.buys else -1

    @property
    def price(self) -> Decimal | None:
        """What it is measured and reserved by: its limit, else its stop."""
        return self.stop if self.limit is None else self.limit

    @property
    def waits(self) -> bool:
        """Whether it is conditional: a stop of any kind whose price has not come."""
        return self.type in ("stop", "stop_limit", "trailing") and self.triggered is None

    @property
    def market(self) -> bool:
        """A market order, or a stop without a limit once it is triggered."""
        return self.limit is None and not self.waits

    @property
    def immediate(self) -> bool:
        """Whether it sees one bar only."""
        return self.tif in ("IOC", "FOK")

    def satisfied(self, price: Decimal, through: Decimal) -> bool:
        """Whether a price, `through` beyond the limit, is good enough for the limit."""
        assert self.limit is not None
        return price <= self.limit - through if self.buys else price >= self.limit + through

    def reached(self, price: Decimal) -> bool:
        """Whether a price has reached the stop."""
        assert self.stop is not None
        return price >= self.stop if self.buys else price <= self.stop

    def better(self, *prices: Decimal) -> Decimal:
        """The best of some prices to trade at."""
        return min(prices) if self.buys else max(prices)

    def linked(self, other: Order) -> bool:
        """Whether a fill of one reduces the other: members of one OCO group, stop and target of one position."""
        same_group = self.oco is not None and (self.asset, self.oco) == (other.asset, other.oco)
        protect_one = self.group is not None and self.group is other.group
        return self is not other and (same_group or (protect_one and self.stops != other.stops))

    @property
    def stops(self) -> bool:
        """Whether it is a stop of any kind, whatever has become of it."""
        return self.type in ("stop", "stop_limit", "trailing")

    def level(self, step: Decimal) -> Decimal:
        """Where a trailing stop stands for the best price so far, on the step like a given stop."""
        assert self.best is not None
        distance = self.trail if self.trail_part is None else self.best * self.trail_part
        assert distance is not None
        return safe(self.side, self.best + distance if self.buys else self.best - distance, step)

    def follow(self, high: Decimal, low: Decimal, step: Decimal) -> None:
        """The best high or low of a completed bar moves a trailing stop, never back."""
        assert self.best is not None
        assert self.stop is not None
        if low < self.best if self.buys else high > self.best:
            self.best = low if self.buys else high
            self.stop = min(self.stop, self.level(step)) if self.buys else max(self.stop, self.level(step))

    def split(self, ratio: Fraction, quantity_step: Decimal, price_step: Decimal) -> None:
        """Leaves times ratio toward zero, prices over ratio to the safe side; what becomes zero is canceled.

        Of a trailing stop amount, best price and level are divided half-even at Price's scale.
        """
        leaves = on_step(Fraction(self.leaves) * ratio, quantity_step, toward_zero)
        exact = lambda x: None if x is None else on_step(Fraction(x) / ratio, PRICE, half_even)  # noqa: E731
        given = lambda x, side: None if x is None else safe(side, Fraction(x) / ratio, price_step)  # noqa: E731
        trails, other = self.type == "trailing", "sell" if self.buys else "buy"
        limit, stop = given(self.limit, self.side), exact(self.stop) if trails else given(self.stop, self.side)
        if not leaves or ZERO in (limit, stop):
            self.status = "CANCELED"
            return
        self.reduce(leaves)
        self.limit, self.stop, self.trail, self.best = limit, stop, exact(self.trail), exact(self.best)
        self.exits = self.exits and self.exits.split(other, ratio, price_step)
        self.paid = self.paid[0], self.paid[1] * ratio
        if self.even and self.even[0] == "at":
            self.even = "at", on_step(Fraction(self.even[1]) / ratio, PRICE, half_even)

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
        own = "liquidation" if self.liquidation else "target" if self.target else "order"
        origin = "bracket" if self.parent else "protect" if self.group else own
        name = NAMES[self.type, self.auction] if self.auction else self.type
        sizes = quantity, self.filled
        ends = *sizes, status, self.breach
        return OrderRow(self.id, self.asked, asset, origin, self.side, name, self.limit, self.stop, *ends)
