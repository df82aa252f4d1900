"""What a strategy may ask: order, cancel, target, rebalance, flatten, protect.

The one idea: every command ends in `_ask`, which approves an order or denies it. Source: semantics.md, Orders, Steps,
target / rebalance, Cash accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from twin.exact import PRICE, ZERO, on_step, toward_zero
from twin.exits import average, legs, ordered, read
from twin.limits import count, refusal
from twin.margin import refused
from twin.orders import Order, safe
from twin.purse import available, lent, sellable, worth
from twin.sessions import home, next_session

if TYPE_CHECKING:
    from twin.state import State

__all__ = ["carry_out", "halt"]

Json = Mapping[str, Any]


def carry_out(state: State, now: datetime, commands: Iterable[Json]) -> None:
    """The commands of a slice, book by book in their order; all orders pass the door first, and get their numbers."""
    names = [book.name for book in state.portfolio]
    turns = sorted(((names.index(c["book"]) if names else None, c) for c in commands), key=lambda turn: turn[0] or 0)
    asked = {}
    for state.turn, command in turns:
        if command["do"] == "order":
            asked[id(command)] = door(state, now, command)
    for state.turn, command in turns:
        if command["do"] != "order":
            CALLS[command["do"]](state, now, command)
        elif order := asked[id(command)]:
            _ask(state, now, order)
    state.turn = None


def _index(state: State, name: str) -> int:
    return next(asset.index for asset in state.case.assets if asset.name == name)


def door(state: State, now: datetime, command: Json) -> Order | None:
    """An order as it was asked, with its number; None where it is refused before it is one."""
    asset = state.case.assets[_index(state, command["asset"])]
    quantity = on_step(Decimal(command["quantity"]), asset.quantity_step, toward_zero)
    side, type_ = command["side"], command["type"]
    type_, auction = AUCTIONS.get(type_, (type_, None))
    order = Order(0, command["id"], asset.index, side, type_, quantity, now, auction=auction, book=state.turn)
    for name in ("limit", "stop"):
        if name in command:
            setattr(order, name, safe(side, Decimal(command[name]), asset.price_step))
    if type_ == "trailing":
        order.trail, order.trail_part = (_optional(command.get(key)) for key in ("trail_amount", "trail_fraction"))
        order.best = state.marks.get(asset.index)
        order.stop = None if order.best is None else order.level(asset.price_step)
        if order.stop is None or order.stop <= 0:
            return None  # it starts from a last close that is wide enough
    order.post_only, order.reduce_only = bool(command.get("post_only")), bool(command.get("reduce_only"))
    other = "sell" if side == "buy" else "buy"
    order.oco = _group(state, command.get("oco"))
    order.exits = read(command.get("bracket") or {}, other, asset.price_step)
    order.live = now + state.latency(state.numbers + 1)
    _time_in_force(state, now, order, command)
    if not _is_sensible(order) or (order.until is not None and order.until <= now):
        return None
    order.number = state.claim()
    return order


def _is_sensible(order: Order) -> bool:
    """Whether every price is one, and given exits lie on their sides of the entry."""
    given = [order.limit, order.stop, *([] if order.exits is None else order.exits.prices())]
    own = None if order.type == "trailing" else order.price
    return all(price is None or price > 0 for price in given) and ordered(order.exits, own, long=order.buys)


def _group(state: State, name: str | None) -> str | None:
    """A name of linked orders is each book's own."""
    return name if name is None or state.turn is None else f"{state.turn}: {name}"


AUCTIONS = {
    "moo": ("market", "open"),
    "moc": ("market", "close"),
    "loo": ("limit", "open"),
    "loc": ("limit", "close"),
}


def _optional(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _time_in_force(state: State, now: datetime, order: Order, command: Json) -> None:
    """DAY and MOC belong to the first session in which they can trade, MOO to the next one that opens."""
    order.tif = command.get("tif", "GTC")
    if order.tif == "GTD":
        order.until = datetime.fromisoformat(command["until"]).replace(tzinfo=UTC)
    asset, bar = state.asset(order), state.open_bars.get(order.asset)
    first_is_asked = state.case.config.fill == "same_close" and order.type == "market" and not order.auction
    if order.auction == "open":
        order.session = next_session(state.case, asset, order.live)
    elif order.tif == "DAY" and first_is_asked and bar is not None and bar.time == now:
        order.session = home(state.case, asset, bar.open_time, None)
    elif order.tif == "DAY" or order.auction == "close":
        order.session = home(state.case, asset, order.live, state.lengths.get(order.asset))


def _ask(state: State, now: datetime, order: Order) -> None:
    """Approve an order, or deny it."""
    order.sequence = len(state.orders)
    denied = _denied(state, order)
    if not denied:
        order.breach = refused(state, order) or refusal(state, order)
    state.enter(order, now)
    if denied or order.breach:
        order.refuse()
        if order.breach and order.breach[0] not in ("halted", "margin", "unpriced"):
            _answer(state, order.asked)
    else:
        count(state, order)
        order.reserved = state.reservation(order)


def _answer(state: State, now: datetime) -> None:
    if state.case.config.limits.get("on_breach") == "halt":
        halt(state, now)


def halt(state: State, now: datetime) -> None:
    """Cancel whatever works; from now on only what reduces is approved."""
    state.guard.halted = True
    for order in state.working():
        if not order.liquidation:
            _send_cancel(state, now, order)


def _own(state: State, asset: int | None = None) -> list[Order]:
    """Working orders but those of a margin call, which are not ours to cancel."""
    return [order for order in state.own(asset) if not order.liquidation]


def _denied(state: State, order: Order) -> bool:
    if order.asset in state.ended:
        return True
    if order.all_in:
        return bool(state.case.config.margin) and order.asset in state.marks and not order.quantity
    if not order.quantity or _below_minimum(state, order):
        return True
    if order.reduce_only and not state.against(order):
        return True
    if state.case.config.margin:
        return False
    if order.buys:
        wanted = state.reservation(order)
        return order.price is not None and wanted > available(state, order, lent(state, order))
    return not sellable(state, order) and not any(other.buys for other in state.own(order.asset))


def _below_minimum(state: State, order: Order) -> bool:
    """Tested once, when asked: at the limit, else the stop, else the last close."""
    price = state.marks.get(order.asset) if order.price is None else order.price
    asset = state.asset(order)
    return price is not None and asset.size(order.quantity, price) < asset.min_notional


def _cancel(state: State, now: datetime, command: Json) -> None:
    for order in _own(state):
        if command.get("id") in (None, order.id) and command.get("asset") in (None, state.asset(order).name):
            _send_cancel(state, now, order)


def _send_cancel(state: State, now: datetime, order: Order) -> None:
    """A cancel takes the same latency as an order."""
    if not state.case.config.latency[1]:
        order.status = "CANCELED"
    elif order.cancel_at is None:
        assert order.number is not None
        order.cancel_at = now + state.latency(order.number, cancel=True)


def _flatten(state: State, now: datetime, command: Json) -> None:
    """Cancel everything of the asset, then close the exact quantity."""
    for asset in state.case.assets:
        if command.get("asset") in (None, asset.name):
            _cancel(state, now, {"asset": asset.name})
            if held := state.holding(asset.index).quantity:
                order = _made(state, f"{command['id']}.{asset.name}", asset.index, -held)
                order.reduce_only = state.case.config.margin is not None
                _ask(state, now, order)


def _target(state: State, now: datetime, command: Json) -> None:
    asset = _index(state, command["asset"])
    if command.get("all_in"):
        _cancel_targets(state, now, asset)
        order = _made(state, command["id"], asset, ZERO, all_in=True)
        mark = state.marks.get(asset)
        if mark is not None:
            coming = state.coming(order) - state.unpaid(order)
            order.quantity = state.affordable(order, None, state.ahead(order, mark), coming)
        left = available(state, order) + state.coming(order) - state.unpaid(order)
        owes = state.case.config.margin is not None and left <= 0
        if mark is None or order.quantity or owes:
            _ask_fresh(state, now, order)
        return
    _reach(state, now, command["id"], asset, _wanted(state, asset, command))


def _equity(state: State) -> Fraction:
    """What weights are parts of: all that the account has, or the book."""
    return Fraction(state.equity_now() if state.turn is None else state.portfolio[state.turn].equity(state))


def _wanted(state: State, asset: int, command: Json) -> Fraction | None:
    """The quantity that a target means, None where only a price that does not exist could tell."""
    if "quantity" in command:
        return Fraction(command["quantity"])
    whole = Fraction(1) if "value" in command else _equity(state)
    part = Fraction(command.get("value", command.get("weight")))
    if not part:
        return Fraction(0)
    if asset not in state.marks:
        return None
    own = state.case.assets[asset]
    one = worth(state, own.size(own.quantity_step, state.marks[asset]), own.currency)
    return Fraction(on_step(whole * part / Fraction(one), Decimal(1), toward_zero) * own.quantity_step)


def _rebalance(state: State, now: datetime, command: Json) -> None:
    band = Fraction(command.get("band", "0"))
    equity = _equity(state)
    homes = {state.case.home(asset) for asset in state.case.assets if asset.name in command["weights"]}
    left_out = [asset.name for asset in state.case.assets if state.case.home(asset) not in homes]
    left_out = [name for name in left_out if _is_home(state, name)]
    for name in [*command["weights"], *left_out]:
        asset, weight = _index(state, name), command["weights"].get(name, "0")
        wanted = _wanted(state, asset, {"weight": weight})
        terms = Fraction(weight), band * equity, equity
        _reach(state, now, f"{command['id']}.{name}", asset, wanted, terms)


def _is_home(state: State, name: str) -> bool:
    """Whether an asset keeps its holding itself."""
    asset = state.case.assets[_index(state, name)]
    return state.case.home(asset) == asset.index


def _cancel_targets(state: State, now: datetime, asset: int) -> None:
    """A new target takes the place of what earlier targets still have working."""
    for order in state.own(asset):
        if order.target:
            _send_cancel(state, now, order)


def _pending(state: State, asset: int) -> Decimal:
    """Signed leaves that a target counts: of market orders and limits that open; no stops, nothing that reduces."""
    counted = [order for order in state.own(asset) if not (order.waits or order.cancel_at)]
    counted = [order for order in counted if order.liquidation or not order.reduce_only]
    counted = [order for order in counted if order.market or _opens(state, order)]
    return sum((order.sign * order.leaves for order in counted), ZERO)


def _opens(state: State, order: Order) -> bool:
    """Whether a limit is not against the position; in a cash account only a buy can open."""
    return not state.against(order) and (order.buys or state.case.config.margin is not None)


def _reach(
    state: State, now: datetime, id_: str, asset: int, wanted: Fraction | None, band: tuple[Fraction, ...] | None = None
) -> None:
    """Order the difference between what is wanted and what is held or on its way."""
    _cancel_targets(state, now, asset)
    base = state.holding(asset).quantity + _pending(state, asset)
    step = state.case.assets[asset].quantity_step
    goal = ZERO if wanted is None else on_step(wanted, step, toward_zero)
    difference = ZERO if wanted is None else goal - base
    if goal:  # all of a holding may go, whatever fees in kind have left of it; else whole steps
        difference = on_step(difference, step, toward_zero)
    if wanted is not None and (not difference or _within(state, asset, base, band)):
        return
    order = _made(state, id_, asset, difference)
    order.reduce_only = state.case.config.margin is not None and ZERO < order.quantity <= state.against(order)
    _ask_fresh(state, now, order)


def _made(state: State, id_: str, asset: int, signed: Decimal, *, all_in: bool = False) -> Order:
    """The market order that a target makes."""
    side = "sell" if signed < 0 else "buy"
    return Order(0, id_, asset, side, "market", abs(signed), target=True, all_in=all_in, book=state.turn)


def _within(state: State, asset: int, base: Decimal, band: tuple[Fraction, ...] | None) -> bool:
    """Whether the weight to be reached differs from the present one by at most the band."""
    if band is None or not band[1] or asset not in state.marks:
        return False
    weight, tolerance, equity = band
    own = state.case.assets[asset]
    return abs(weight * equity - Fraction(worth(state, own.size(base, state.marks[asset]), own.currency))) <= tolerance


def _ask_fresh(state: State, now: datetime, order: Order) -> None:
    """Ask for a target's order; an asset without a bar in this slice, nor a longer one open, is stale: DENIED."""
    bar = state.open_bars.get(order.asset)
    if bar is not None and bar.time >= now:
        _ask(state, now, order)
        return
    state.enter(order, now)
    order.refuse()


def _protect(state: State, now: datetime, command: Json) -> None:
    """A stop and targets for what is held, in the place of what protects it already."""
    asset = state.case.assets[_index(state, command["asset"])]
    holding = state.holding(asset.index)
    held, group, long = holding.quantity, object(), holding.quantity >= 0
    side, entry = ("sell", "buy") if long else ("buy", "sell")
    exits = read(command["bracket"], side, asset.price_step)
    if not ordered(exits, None, long=long) or (exits and min(exits.prices(), default=1) <= 0):
        return
    for order in state.own(asset.index):
        if order.group is not None:
            _send_cancel(state, now, order)
    if not held:
        state.enter(
            Order(0, f"{command['id']}.stop", asset.index, "sell", "market", ZERO, group=group, status="DENIED"), now
        )
        return
    assert exits is not None
    cost = average(asset, -holding.cost if asset.inverse else holding.cost, held)
    paid = safe(side, cost[0] / cost[1], PRICE)
    for place, leg in list(legs(exits, asset, entry, paid, state.marks.get(asset.index, paid))):
        size = abs(held) if place is None else exits.share(place, abs(held), True, asset.quantity_step)
        if size:
            name = f"target{place + 1 if place else ''}" if leg.limit else "stop"
            own = {"id": f"{command['id']}.{name}", "quantity": size, "paid": cost, "book": state.turn}
            _ask(state, now, replace(leg, group=group, place=place, **own))


CALLS = {
    "cancel": _cancel,
    "target": _target,
    "rebalance": _rebalance,
    "flatten": _flatten,
    "protect": _protect,
}
