"""What is known at a bar of a run, and why there was an order or none: the same sections as the panel of a replay.

The one idea: the browser makes these sections from the columns it was sent, `js/facts.js`, and Python makes them here
from the frames; the words come from one file, and a test compares both at every bar of a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from workbench.analytics.parting import slices_of
from workbench.views.closed import is_inside_days
from workbench.views.happened import absent, asked_in, posted_in, warming
from workbench.views.wording import fixed, number, percent, say, short, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from workbench.engine import Context
    from workbench.views.drawn import Drawn
    from workbench.views.run_view import ReplayView

__all__ = ["Facts", "Row", "Section", "facts", "moment"]

BOUNDS: Final = {"above": ">", "at_least": "≥", "below": "<", "at_most": "≤"}
CHECKS_MAX: Final = 3


class Row(NamedTuple):
    """A name, what is said of it, and its tone: "up", "down" or none."""

    name: str
    text: str
    tone: str = ""


class Section(NamedTuple):
    """Rows under a title; a folded one is shown when it is asked for."""

    title: str
    rows: list[Row]
    is_folded: bool = False


class Facts(NamedTuple):
    """Why there was an order or none, in sentences, and everything that is known at the bar."""

    because: list[str]
    sections: list[Section]


def facts(run: ReplayView, found: Drawn, ctx: Context, slice: int) -> Facts:
    """Everything about a slice.

    Args:
        run: a finished run.
        found: the asset that is looked at, with the indicators that were watched.
        ctx: the context of the slice, before what is asked in it.
        slice: its number, from 0.
    """
    made = _Made(run, found, ctx, slice)
    parts = (
        made.checks(), made.warmup(), made.bar(), made.account(), made.held(), made.watched(), made.recorded(),
        made.working(), made.asked(), made.fills(), made.ledger(),
    )  # fmt: skip
    because = list(made.because())
    why = Section(say("why"), [Row(text, "") for text in because])
    return Facts(because, [each for each in (why, *parts) if each.rows])


def moment(time: datetime, session: object, is_daily: bool) -> str:
    """What a slice is called: its session, or its time where days have several."""
    return f"{session}" if is_daily else f"{time:%Y-%m-%d %H:%M} UTC"


class _Made:
    """The sections of one slice in the making."""

    def __init__(self, run: ReplayView, found: Drawn, ctx: Context, slice: int) -> None:
        self._run, self._found, self._ctx, self._slice = run, found, ctx, slice
        self._row = run.equity.row(slice, named=True)
        self._digits = {str(each): (each.price_digits, each.quantity_digits) for each in run.bars.assets}
        self._absent = absent(run, found).filter(pl.col("slice") == slice)

    def _at(self, rows: pl.DataFrame, slices: pl.Series) -> pl.DataFrame:
        return rows.filter(slices == self._slice)

    def _raw(self) -> pl.DataFrame:
        """The bars of the asset up to now, in the units of then."""
        own = (pl.col("asset") == self._found.name) & (pl.col("time") <= self._row["time"])
        return self._run.bars.frame.filter(own)

    def bar(self) -> Section:
        asset, known = self._found.name, self._raw()
        if self._absent.height:
            return Section(asset, [Row(say("no_bar"), self._missing()), *self._stale(known)])
        row, digits = known.row(-1, named=True), self._digits[asset][0]
        prices = [Row(say(name), fixed(row[name], digits)) for name in ("open", "high", "low", "close")]
        currency = str(self._found.bars.assets[0].currency)
        return Section(say("bar", asset=asset, currency=currency), [*prices, Row(say("volume"), short(row["volume"]))])

    def _missing(self) -> str:
        calendar = self._found.bars.assets[0].calendar
        return say("is_closed", calendar=calendar) if self._absent["closed"][0] else say("none_came")

    def _stale(self, known: pl.DataFrame) -> Iterator[Row]:
        own = known.filter(pl.col("time") >= self._run.equity["time"][0])
        if own.height:
            last = own.row(-1, named=True)
            price = fixed(last["close"], self._digits[self._found.name][0])
            when = moment(last["time"], last["session"], self._is_daily())
            yield Row(say("last_close"), say("stale", price=price, day=when))

    def _is_daily(self) -> bool:
        return not is_inside_days(self._found.bars.every)

    def account(self) -> Section:
        peak = max(self._run.equity["equity"].head(self._slice + 1))
        fallen = self._row["equity"] / peak - 1 if peak > 0 else float("nan")
        rows = [Row(say(name), fixed(self._row[name], 2)) for name in ("equity", "cash", "positions")]
        rows.append(Row(say("drawdown"), percent(fallen), "down" if fallen < 0 else ""))
        return Section(say("account", currency=self._run.currency), rows)

    def held(self) -> Section:
        held = sorted((str(asset), position.quantity) for asset, position in self._ctx.positions.items())
        rows = [Row(asset, number(quantity, self._digits[asset][1])) for asset, quantity in held]
        return Section(say("held"), rows or [Row(say("nothing"), "")])

    def warmup(self) -> Section:
        found, never = warming(self._run, self._found)
        layers = self._found.layers.every
        rows = [
            Row(layers[row["layer"]].name, say("of_bars", seen=number(row["seen"]), needed=number(row["needed"])))
            for row in found.filter(pl.col("slice") == self._slice).iter_rows(named=True)
        ]
        rows += [Row(layer.name, say("no_value_yet")) for layer in layers if layer.column in never]
        return Section(say("warmup"), rows)

    def watched(self) -> Section:
        seen = self._found.layers.rows if self._found.seen is None else self._found.seen
        now = seen.filter(pl.col("time") == self._row["time"])
        shades = {layer.column for layer in self._found.layers.shades}
        rows = []
        for layer in self._found.layers.every:
            given = now[layer.column][0] if now.height else None
            is_truth = layer.column in shades and given is not None
            rows.append(Row(layer.name, say("yes" if given else "no") if is_truth else value(given)))
        return Section(say("watched"), rows)

    def _checked(self) -> list[dict[str, Any]]:
        return self._run.checks.filter(pl.col("time") == self._row["time"]).rows(named=True)

    def checks(self) -> Section:
        rows = [
            Row(self._called(row), f"{'✓' if row['passed'] else '✗'} {_judged(row)}", "up" if row["passed"] else "down")
            for row in self._checked()
        ]
        return Section(say("checks"), rows)

    def _called(self, row: Mapping[str, Any]) -> str:
        member = f"{row['strategy']}: " if row.get("strategy") else ""
        other = f", {row['asset']}" if row["asset"] not in (None, self._found.name) else ""
        return f"{member}{row['name']}{other}"

    def recorded(self) -> Section:
        rows = self._run.recorded.filter(pl.col("time") == self._row["time"])
        names = [name for name in self._run.recorded.columns if name != "time"]
        return Section(say("recorded"), [Row(name, value(rows[name][0] if rows.height else None)) for name in names])

    def working(self) -> Section:
        rows = []
        for order in self._ctx.open_orders:
            digits = self._digits[str(order.asset)]
            prices = {name: given for name in ("limit", "stop") if (given := getattr(order, name)) is not None}
            at = ", ".join(say("at_price", name=name, price=fixed(x, digits[0])) for name, x in prices.items())
            rows.append(Row(self._order(order.side, order.quantity - order.filled, str(order.asset)), at or order.type))
        return Section(say("open_orders"), rows)

    def _order(self, side: str, quantity: float, asset: str) -> str:
        return say("order", side=side, quantity=number(quantity, self._digits[asset][1]), asset=asset)

    def _orders(self) -> list[dict[str, Any]]:
        return self._at(self._run.orders, asked_in(self._run, self._run.orders["time"])).rows(named=True)

    def asked(self) -> Section:
        return Section(say("asked"), [self._ask(row) for row in self._orders()])

    def _ask(self, row: Mapping[str, Any]) -> Row:
        what = self._order(row["side"], row["quantity"], row["asset"])
        if row["status"] == "DENIED":
            return Row(what, say("refused", reason=row["reason"]), "down")
        return Row(what, row["type"])

    def _filled(self) -> list[dict[str, Any]]:
        return self._at(self._run.fills, slices_of(self._run.fills, self._run.equity["time"])).rows(named=True)

    def fills(self) -> Section:
        return Section(say("fills"), [self._fill(row) for row in self._filled()])

    def _fill(self, row: Mapping[str, Any]) -> Row:
        is_buy = row["side"] == "buy"
        quantity = number(row["quantity"], self._digits[row["asset"]][1])
        what = say("bought" if is_buy else "sold", quantity=quantity, asset=row["asset"])
        fee = say("fee", fee=fixed(row["fee"], 2)) if row["fee"] else ""
        doubt = say("ambiguous") if row["ambiguous"] else ""
        return Row(what, f"{say('filled', price=number(row['price'], 12))}{fee}{doubt}", "up" if is_buy else "down")

    def ledger(self) -> Section:
        legs = self._at(self._run.ledger, posted_in(self._run, self._run.ledger)).rows(named=True)
        rows = []
        for leg in legs:
            place = leg["account"] if leg["asset"] is None else f"{leg['account']}, {leg['asset']}"
            amount = f"{number(abs(leg['amount']))} {leg['currency']}"
            rows.append(Row(place, say("credit" if leg["amount"] < 0 else "debit", amount=amount)))
        return Section(say("ledger"), rows, True)

    def because(self) -> Iterator[str]:
        """Why there was an order or a fill of the asset, or none."""
        asset = self._found.name
        for row in self._filled():
            if row["asset"] == asset:
                told = self._fill(row)
                yield say("because_filled", what=told.name, how=told.text)
        # What protects a position comes with its fill; nobody asked for it at this bar.
        asked = [row for row in self._orders() if row["asset"] == asset and row["origin"] != "bracket"]
        for row in asked:
            told = self._ask(row)
            key = "because_refused" if row["status"] == "DENIED" else "because_asked"
            yield say(key, what=told.name, how=told.text)
        if not asked:
            yield from self._because_none(asset)

    def _because_none(self, asset: str) -> Iterator[str]:
        if self._absent.height:
            yield say("because_no_bar", asset=asset, how=self._missing())
            return
        told = [say("because_warmup", name=row.name, how=row.text) for row in self.warmup().rows]
        failed = [row for row in self._checked() if not row["passed"] and row["asset"] in (None, asset)]
        told += [say("because_check", name=self._called(row), how=_judged(row)) for row in failed[:CHECKS_MAX]]
        working = [row for row in self.working().rows if row.name.endswith(f" {asset}")]
        told += [say("because_working", what=row.name, how=row.text) for row in working]
        yield from told or [say("because_nothing")]


def _judged(row: Mapping[str, Any]) -> str:
    """What a check compared, in a few letters."""
    bounds = " and ".join(f"{sign} {value(row[name])}" for name, sign in BOUNDS.items() if row[name] is not None)
    if row["reason"] == "no value":
        return str(row["reason"])
    if row["value"] is None:
        return say("yes" if row["passed"] else "no")
    if row["reason"] is not None:
        return f"{value(row['value'])}, {row['reason']}"
    return f"{value(row['value'])} {bounds}" if row["passed"] else f"{value(row['value'])}, wants {bounds}"
