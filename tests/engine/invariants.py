"""What must hold of every run, whatever was asked: no engine is rebuilt here, the journal is held against itself.

The one idea: each rule is a function of a `Books` that yields what breaks it in words; `broken` asks all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any

import workbench as wb

__all__ = ["ENDS", "Books", "broken"]

Row = dict[str, Any]
ZERO = Decimal(0)


class Books:
    """A run's exact frames as rows, and which orders the strategy saw working in each slice."""

    def __init__(self, run: wb.Run, working: Mapping[datetime, set[int]]) -> None:
        exact = run.exact
        self.run, self.working = run, working
        self.orders: dict[int, Row] = {row["order"]: row for row in exact.orders.to_dicts()}
        self.fills: list[Row] = exact.fills.sort("sequence").to_dicts()
        # Where orders of two members met, nothing came from the venue.
        shared = exact.book_fills.filter(~exact.book_fills["venue"]) if "strategy" in exact.orders.columns else None
        self.crossed: list[Row] = [] if shared is None else shared.to_dicts()
        # What only reduces does so for the member that asked.
        kept = {fill["sequence"]: fill["withheld"] for fill in self.fills}
        ours = [] if shared is None else exact.book_fills.to_dicts()
        self.moves = [row | {"withheld": kept.get(row["sequence"], ZERO)} for row in ours] or self.fills
        self.legs: list[Row] = exact.ledger.to_dicts()
        self.equity: list[Row] = exact.equity.to_dicts()
        self.has_shorts = run.spec["account"] != "cash"
        self.multipliers = {str(asset): asset.multiplier for asset in run.bars.assets}
        # Nothing is paid for a contract but its fee, and a pair may have been there as a balance from the start.
        self.contracts = {str(asset) for asset in run.bars.assets if asset.kind in ("future", "perpetual")}
        self.pairs = {str(asset) for asset in run.bars.assets if asset.kind in ("fx", "crypto")}
        quoted = {asset.currency for asset in run.bars.assets}
        self.has_several = len({leg["currency"] for leg in self.legs} | quoted) > 1
        changing = run.bars.actions.filter(run.bars.actions["kind"] != "dividend")
        # What is held of these is changed by more than fills.
        self.split = {*changing["asset"], *changing["other"].drop_nulls()}

    @cached_property
    def bars(self) -> dict[tuple[str, str, datetime], Row]:
        """(asset, moment, time) to the bar that a fill stamped so was in; prices are those of the engine."""
        found = {}
        for bar in self.run.bars.frame.to_dicts():
            row = bar | {name: Decimal(repr(bar[name])) for name in ("open", "high", "low", "close")}
            found[bar["asset"], "open", bar["open_time"]] = found[bar["asset"], "close", bar["time"]] = row
        return found

    def bar(self, fill: Row) -> Row:
        """The bar that a fill was in."""
        return self.bars[fill["asset"], fill["moment"], fill["time"]]

    @cached_property
    def reducing(self) -> set[int]:
        """Orders that may only reduce: by their origin, as they were asked, and those of slices that only flatten."""
        asked = self.run.commands.to_dicts()
        told = {int(c["words"][0]) for c in asked if c["command"] == "order" and "reduce_only=true" in c["words"]}
        sized = {c["slice"] for c in asked if c["command"] in ("target", "rebalance")}
        names, times = [str(asset) for asset in self.run.bars.assets], [row["time"] for row in self.equity]
        flat = [c for c in asked if c["command"] == "flatten" and c["slice"] not in sized and self.has_shorts]
        places = {(times[c["slice"] - 1], names[int(c["words"][0])]) for c in flat}
        rows = self.orders.items()
        by_origin = {number for number, row in rows if row["origin"] in ("bracket", "protect", "liquidation")}
        flattens = {n for n, row in rows if row["origin"] == "target" and (row["time"], row["asset"]) in places}
        return told | by_origin | (flattens if self.moves is self.fills else set())


def broken(books: Books) -> list[str]:
    """Everything that does not hold; nothing, if all is well."""
    with localcontext(prec=60):
        return [words for rule in RULES for words in rule(books)]


def _legs_sum_to_zero(books: Books) -> Iterator[str]:
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for leg in books.legs:
        sums[leg["sequence"], leg["currency"]] += leg["amount"]
    yield from (f"the legs of event {number} sum to {total} {c}" for (number, c), total in sums.items() if total)


def _cash_comes_from_somewhere(books: Books) -> Iterator[str]:
    """What fills and actions say adds up to the cash of the last row, where all is in one currency."""
    if books.has_several:
        return
    fills = [fill for fill in books.fills if fill["asset"] not in books.contracts]
    kept = {f["sequence"]: f["withheld"] * f["price"] * books.multipliers[f["asset"]] for f in fills}
    paid = sum((f["value"] + f["fee"] - kept[f["sequence"]] for f in fills if f["side"] == "buy"), ZERO)
    got = sum((f["value"] - f["fee"] for f in fills if f["side"] == "sell"), ZERO)
    cash = [leg for leg in books.legs if leg["account"] == "cash"]
    other = sum((leg["amount"] for leg in cash if leg["event"] != "fill" or leg["asset"] in books.contracts), ZERO)
    if other + got - paid != books.equity[-1]["cash"]:
        yield f"cash is {books.equity[-1]['cash']}, {other} + {got} - {paid} came in"


def _a_buy_is_paid(books: Books) -> Iterator[str]:
    """Without margin cash is never below zero after a buy; a sale may owe more fees than it brings."""
    if books.has_shorts or books.has_several:
        return
    buys = {fill["sequence"] for fill in books.fills if fill["side"] == "buy"}
    cash = ZERO
    for leg in books.legs:
        if leg["account"] == "cash":
            cash += leg["amount"]
            if cash < 0 and leg["sequence"] in buys:
                yield f"cash is {cash} after the buy of event {leg['sequence']}"


def _equity_is_the_sum_of_its_parts(books: Books) -> Iterator[str]:
    for row in books.equity:
        if row["equity"] != row["cash"] + row["positions"] + row["receivable"]:
            yield f"equity at {row['time']} is not the sum of its parts"
    if books.run.final_equity != books.equity[-1]["equity"]:
        yield "the final equity is not that of the last row"


def _every_row_shows_the_cash_of_its_time(books: Books) -> Iterator[str]:
    """What happens at an Open of the same time comes after the row, what comes before a fill at a close does not."""
    if books.has_several:
        return
    last: dict[datetime, int] = defaultdict(int)
    for fill in books.fills:
        if fill["moment"] == "close":
            last[fill["time"]] = max(last[fill["time"]], fill["sequence"])
    legs = [leg for leg in books.legs if leg["account"] == "cash"]
    for row in books.equity:
        early = (leg for leg in legs if leg["time"] < row["time"] or leg["event"] == "deposit")
        late = (leg for leg in legs if leg["time"] == row["time"] and leg["event"] != "deposit")
        late = (leg for leg in late if leg["sequence"] <= last[row["time"]])
        if (cash := sum((leg["amount"] for leg in (*early, *late)), ZERO)) != row["cash"]:
            yield f"cash at {row['time']} is {row['cash']}, the ledger says {cash}"


def _fills_add_up_to_their_orders(books: Books) -> Iterator[str]:
    filled: dict[int, Decimal] = defaultdict(Decimal)
    for fill in books.fills + books.crossed:
        filled[fill["order"]] += fill["quantity"]
        if fill["quantity"] <= 0:
            yield f"a fill of {fill['quantity']} in order {fill['order']}"
    for number, row in books.orders.items():
        if filled[number] != row["filled"]:
            yield f"order {number} has filled {row['filled']}, its fills say {filled[number]}"
        if not 0 <= row["filled"] <= row["quantity"]:
            yield f"order {number} has filled {row['filled']} of {row['quantity']}"


def _ends_say_what_happened(books: Books) -> Iterator[str]:
    for number, row in books.orders.items():
        rest, status = row["quantity"] - row["filled"], row["status"]
        if status not in ENDS or (status == "DENIED" and row["filled"]) or (status == "FILLED" and rest):
            yield f"order {number} is {status} with {row['filled']} of {row['quantity']} filled"
        if status in ("DENIED", "CANCELED", "EXPIRED") and not row["reason"]:
            yield f"order {number} is {status} for no reason"


ENDS = ("FILLED", "CANCELED", "EXPIRED", "DENIED", "END_OF_DATA")


def _prices_are_those_of_the_bar(books: Books) -> Iterator[str]:
    """The reference lies in its bar, slippage goes against the account, a limit is kept."""
    for fill in books.fills:
        bar, order, buys = books.bar(fill), books.orders[fill["order"]], fill["side"] == "buy"
        if not bar["low"] <= fill["reference"] <= bar["high"]:
            yield f"{fill['reference']} is outside of its bar in order {fill['order']}"
        worse = fill["price"] - fill["reference"] if buys else fill["reference"] - fill["price"]
        if worse < 0 or fill["slippage"] != worse * fill["quantity"] * books.multipliers[fill["asset"]]:
            yield f"order {fill['order']} slipped from {fill['reference']} to {fill['price']}"
        beyond = order["limit"] is not None and (fill["price"] - order["limit"]) * (1 if buys else -1) > 0
        if beyond and fill["asset"] not in books.split:
            yield f"order {fill['order']} filled at {fill['price']}, beyond its limit {order['limit']}"


def _no_bar_gives_more_than_its_volume_allows(books: Books) -> Iterator[str]:
    part = books.run.spec["volume_cap"]
    if part is None:
        return
    has_volume = {row["asset"] for row in books.bars.values() if row["volume"]}
    taken: dict[tuple[str, datetime], Decimal] = defaultdict(Decimal)
    for fill in books.fills:
        bar = books.bar(fill)
        taken[fill["asset"], bar["open_time"]] += fill["quantity"]
        if bar["volume"] is not None and fill["asset"] in has_volume:
            most = Decimal(repr(bar["volume"])) * Decimal(str(part))
            if taken[fill["asset"], bar["open_time"]] > most:
                yield f"more than {most} was filled in the bar of {bar['open_time']}"


def _nothing_trades_before_it_is_live(books: Books) -> Iterator[str]:
    """Children trade in the bar they appear in, and same-close orders at the close they were asked on."""
    given = books.run.spec["latency"]
    latency = timedelta(seconds=given[0] if isinstance(given, list) else float(str(given)))
    for fill in books.fills:
        order = books.orders[fill["order"]]
        is_late = books.bar(fill)["open_time"] >= order["time"] + latency
        at_once = books.run.spec["fill"] == "same_close" and fill["time"] == order["time"]
        if not is_late and not at_once and order["origin"] in ("order", "target"):
            yield f"order {fill['order']} filled at {fill['time']} before it was live"


def _no_sale_without_a_holding(books: Books) -> Iterator[str]:
    """Without margin nothing is short; splits change what is held, so only assets without any are counted."""
    if books.has_shorts:
        return
    held: dict[str, Decimal] = defaultdict(Decimal)
    for fill in books.fills:
        held[fill["asset"]] += fill["quantity"] - fill["withheld"] if fill["side"] == "buy" else -fill["quantity"]
        if held[fill["asset"]] < 0 and fill["asset"] not in books.split | books.pairs:
            yield f"{held[fill['asset']]} of {fill['asset']} is held after order {fill['order']}"


def _what_only_reduces_never_turns_a_holding(books: Books) -> Iterator[str]:
    """What protects, a liquidation, and what was asked to reduce or to flatten bring a holding nearer to zero alone."""
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for fill in books.moves:
        asset, whose = fill["asset"], (fill["asset"], fill.get("strategy", ""))
        before = held[whose]
        moved = fill["quantity"] - fill["withheld"] if fill["side"] == "buy" else -fill["quantity"]
        held[whose] = before + moved
        is_told = fill["order"] in books.reducing and asset not in books.split | books.pairs
        if is_told and not (before and 0 <= held[whose] / before < 1):
            yield f"order {fill['order']} only reduces, and {before} of {asset} became {held[whose]}"


def _the_strategy_saw_what_worked(books: Books) -> Iterator[str]:
    """What ended, or appeared, at the time of a slice may have done so before its callbacks or after them."""
    # A liquidation is an order of the account, and no member's.
    rows = {number: row for number, row in books.orders.items() if row.get("strategy", "") is not None}
    for time, seen in books.working.items():
        must, may = set(), set()
        for number, row in rows.items():
            ended = None if row["status"] == "END_OF_DATA" else row["ended"]
            appeared = row["time"] < time or (
                row["time"] == time and row["origin"] in ("bracket", "protect", "liquidation")
            )
            if appeared and (ended is None or ended >= time):
                may.add(number)
            if row["time"] < time and (ended is None or ended > time):
                must.add(number)
        if not must <= seen <= may:
            yield f"at {time} the strategy saw {sorted(seen)} working, not {sorted(must)}"


RULES = (
    _legs_sum_to_zero,
    _cash_comes_from_somewhere,
    _a_buy_is_paid,
    _equity_is_the_sum_of_its_parts,
    _every_row_shows_the_cash_of_its_time,
    _fills_add_up_to_their_orders,
    _ends_say_what_happened,
    _prices_are_those_of_the_bar,
    _no_bar_gives_more_than_its_volume_allows,
    _nothing_trades_before_it_is_live,
    _no_sale_without_a_holding,
    _what_only_reduces_never_turns_a_holding,
    _the_strategy_saw_what_worked,
)
