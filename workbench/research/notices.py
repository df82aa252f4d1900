"""Notices of a run: what was denied, trimmed, capped or optimistic, each with its remedy. Nothing stays silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from workbench._types import Notice
from workbench.engine.simulation import Setup
from workbench.market.bars import Bars
from workbench.market.datasets import Dataset
from workbench.market.quality import unrecorded_splits

__all__ = ["collect", "standing"]

SPLITTING: Final = ("equity", "etf", "crypto")  # an option loses half of its price on a quiet day
APART: Final = 0.01  # official highs and lows leave out some trades; what differs by more is another series

SHORT_OPTION: Final = "nothing_held of an option"
WHY: Final = {
    "cash": (
        "cash was too little",
        "give more cash=, or leave room for costs: weight=0.99, all_in=True",
    ),
    "nothing_held": ("nothing was held to sell", "test ctx.position(asset) before selling"),
    SHORT_OPTION: (
        "an option can only be sold while it is held",
        "options are not sold short in this version, covered by shares or not; test ctx.position(asset) first",
    ),
    "stale": ("the asset had no bar in that slice", "test ctx.can_trade(asset) first"),
    "minimum_notional": ("the minimum notional was not reached", "ask for more"),
    "nothing_to_reduce": ("there was no position to reduce", "test ctx.position(asset) before reduce_only=True"),
    "post_only": ("a post_only order would have traded at once", "ask further away from the price"),
    "margin": ("the margin was too little", "ask for less, or give more cash= or a smaller initial= to wb.Margin"),
    "restricted": ("the asset is restricted by the limits", "trade another asset, or change restricted="),
    "not_allowed": ("the asset is not among those allowed by the limits", "trade another asset, or change allowed="),
    "unpriced": ("the asset had no close yet to measure a limit by", "test ctx.can_trade(asset) first"),
    "halted": ("trading was halted by a limit", "only what reduces a position passes after that"),
    "symbol_change": ("the asset had gone on under another name", "trade it under that name"),
    "merger": ("the asset had been merged away", "test ctx.can_trade(asset) first"),
    "delisting": ("the asset had been delisted", "test ctx.can_trade(asset) first"),
    "expiry": ("the asset had expired", "test ctx.can_trade(asset) first"),
    "zero_quantity": ("the quantity was zero on the asset's step", "ask for at least one step"),
}


def collect(
    orders: pl.DataFrame,
    fills: pl.DataFrame,
    sessions: Callable[[], pl.Series],
    bars: Bars,
    data: Sequence[Dataset],
    setup: Setup,
    document: Mapping[str, Any],
) -> tuple[Notice, ...]:
    """All notices of a run, the gravest first; `sessions` reads those of its slices, which takes time in a long run."""
    found = [
        *_unsplit(bars, sessions),
        *_replaced(document),
        *_bankrupt(document),
        *_called(document, orders),
        *_halted(document),
        *_waiting(bars, document),
        *_unheard(bars, data, document),
        *_ended(bars, document),
        *_unfunded(fills, setup),
        *_renamed(orders, bars),
        *_ready(document),
        *_unlisted(setup),
        *_contradicted(bars, setup),
        *_optimistic(setup),
        *_ambiguous(fills),
        *_denied(orders, bars),
        *_counted(orders, "trimmed", pl.col("status").ne("DENIED") & pl.col("reason").is_in(["cash", "holding"])),
        *_counted(orders, "canceled", pl.col("reason").is_in(EMPTIED) & pl.col("status").eq("CANCELED")),
        *_capped(bars, document),
        *_counted(orders, "unfilled", pl.col("status") == "END_OF_DATA"),
        *bars.notices,
        *(notice for dataset in data for notice in dataset.notices),
    ]
    return tuple(found)


def standing(bars: Bars, setup: Setup) -> tuple[Notice, ...]:
    """The notices that every run on these bars under these rules has."""
    return (*_optimistic(setup), *bars.notices)


def _some(names: Sequence[str]) -> str:
    """The first few of them."""
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _unsplit(bars: Bars, sessions: Callable[[], pl.Series]) -> Iterator[Notice]:
    """Jumps like those of splits that no action explains: the run has taken each for a loss or a profit."""
    found = unrecorded_splits(bars.frame, bars.assets, bars.actions)
    traded = set(sessions().unique()) if found else set()
    can_split = {str(asset) for asset in bars.assets if asset.kind in SPLITTING}
    rows = [row for row in found if row[1] in traded and row[0] in can_split]
    if rows:
        like = "jump looks like a split" if len(rows) == 1 else "jumps look like splits"
        said = [
            f"{asset} opened {day} at {jump.ratio:.3g} of the close before, as if split {jump.new}:{jump.old}"
            for asset, day, jump in rows[:3]
        ]
        named = "; ".join(said) + ("; ..." if len(rows) > len(said) else "")
        remedy = "a run takes that for a loss or a profit; give the splits as actions=; see run.bars.validate()"
        yield Notice("split", len(rows), f"{len(rows):,} {like} without an action ({named})", remedy)


def _replaced(document: Mapping[str, Any]) -> list[Notice]:
    text = f"{document['name']} was defined again after this Backtest was made"
    return (
        [Notice("replaced", 1, text, "make the Backtest again to run the new class")] if document["is_replaced"] else []
    )


def _halted(document: Mapping[str, Any]) -> list[Notice]:
    if document["halted"] is None:
        return []
    time_us, limit = document["halted"]
    text = f"trading was halted at {_time(time_us)} because the limit {limit} was breached"
    return [Notice("halted", 1, text, "positions were kept; see run.orders, and the limits in run.spec")]


def _bankrupt(document: Mapping[str, Any]) -> list[Notice]:
    """A margin account that has lost everything; a run saved by an earlier version knows of none."""
    ends = [row for row in document.get("margin_calls", ()) if row[1] == "bankrupt"]
    if not ends:
        return []
    text = f"the account was bankrupt at {_time(ends[0][0])}, where the run ended"
    return [Notice("bankrupt", 1, text, "see run.margin_calls; ask for less of a position, or give a larger initial=")]


def _called(document: Mapping[str, Any], orders: pl.DataFrame) -> list[Notice]:
    """Margin calls, and the orders that followed from them."""
    calls = [row for row in document.get("margin_calls", ()) if row[1] == "margin_call"]
    if not calls:
        return []
    count, forced = len(calls), orders.filter(origin="liquidation").height
    text = (
        f"{count:,} margin call{_s(count)}{_span(calls[0][0], calls[-1][0])}; {forced:,} order{_s(forced)} "
        f"{'was' if forced == 1 else 'were'} made to reduce positions"
    )
    return [
        Notice("margin_call", count, text, "see run.margin_calls and origin liquidation in run.orders; ask for less")
    ]


def _time(time_us: int) -> str:
    return f"{datetime.fromtimestamp(time_us // 1_000_000, UTC):%Y-%m-%d %H:%M}"


def _span(first_us: int, last_us: int) -> str:
    """When something was that is told once, however often it was."""
    return f" at {_time(first_us)}" if first_us == last_us else f" from {_time(first_us)} to {_time(last_us)}"


def _ready(document: Mapping[str, Any]) -> list[Notice]:
    """Levels that were ready before the run may have been made from later bars, which no audit could find."""
    text = "the signals were ready before the run, so that it cannot be audited for look-ahead"
    remedy = "make the frame inside a @wb.signals function, from the bars it is given"
    return [] if document.get("is_auditable", True) else [Notice("ready", 1, text, remedy)]


def _unlisted(setup: Setup) -> list[Notice]:
    """Names in the limits that are no asset of the run: a slip of the pen there would limit nothing."""
    named = set() if setup.limits is None else {*(setup.limits.allowed or ()), *setup.limits.restricted}
    names = sorted(named - {str(asset) for asset in setup.assets})
    text = f"the limits name what is no asset of this run ({_some(names)})"
    return [Notice("unlisted", len(names), text, "check the spelling in allowed= and restricted=")] if names else []


def _waiting(bars: Bars, document: Mapping[str, Any]) -> list[Notice]:
    """Assets that the strategy never saw: their history was shorter than its indicators."""
    rows = [_lacks(bars, *row) for row in document["waiting"]]
    if not rows:
        return []
    names = _some(rows)
    text = f"{_never(document)} where indicators lacked bars ({names})"
    return [Notice("waiting", len(rows), text, "give more history or shorter windows")]


def _never(document: Mapping[str, Any]) -> str:
    """What was not done about them."""
    if document.get("has_signals"):
        return "signals were never looked at"
    return "on_slice was given no bar" if document.get("waits_for_slices") else "on_bar was never called"


def _unheard(bars: Bars, data: Sequence[Dataset], document: Mapping[str, Any]) -> list[Notice]:
    """Data that was waited for in vain, or that is about other assets than the run's."""
    found = []
    if document["waits_for_data"] and not data:
        found.append(Notice("data", 1, "on_data was never called: there are no datasets", "give them as data=[...]"))
    for dataset in data:
        if dataset.assets and not set(dataset.assets) & set(bars.assets):
            text = f"no row of dataset {dataset.name} is about an asset of this run"
            remedy = f"spell assets as in the bars; it has {', '.join(dataset.assets[:3])}"
            found.append(Notice("data", len(dataset), text, remedy))
    return found


ENDED: Final = {
    "symbol_change": ("went on as another one", "position and orders went with it"),
    "merger": ("ended in a merger", "orders were canceled, the position became units or cash"),
    "delisting": ("was delisted", "orders were canceled, the position was closed without costs"),
    "expiry": (
        "expired",
        "orders were canceled, the position was settled without costs; wb.roll leaves futures earlier",
    ),
}


def _ended(bars: Bars, document: Mapping[str, Any]) -> Iterator[Notice]:
    """Assets that ended while they were held or ordered; a run saved by an earlier version knows of none."""
    names: dict[str, list[str]] = {}
    for kind, asset, other, _ in document.get("ends", ()):
        into = "" if other is None else f" into {bars.assets[other]}"
        names.setdefault(kind, []).append(f"{bars.assets[asset]}{into}")
    for kind, of in names.items():
        said, done = ENDED[kind]
        verb = said if len(of) == 1 else said.replace("was ", "were ").replace("another one", "others")
        text = f"{len(of):,} asset{_s(len(of))} {verb} while held or ordered ({_some(of)})"
        yield Notice(kind, len(of), text, f"{done}; see the event {kind} in run.ledger")


def _unfunded(fills: pl.DataFrame, setup: Setup) -> list[Notice]:
    """Perpetuals that were held while nothing told of their funding."""
    told = {row.asset for row in setup.agenda if row.kind == "funding"}
    lacking = [str(asset) for n, asset in enumerate(setup.assets) if asset.kind == "perpetual" and n not in told]
    names = [name for name in lacking if name in fills["asset"]]
    text = f"no funding was paid for {_some(names)}, as none was given"
    return [Notice("funding", len(names), text, "give it as funding=, a Dataset of asset and rate")] if names else []


def _renamed(orders: pl.DataFrame, bars: Bars) -> Iterator[Notice]:
    """Assets that were ordered and have another name since some session of the run, under which no other bars go on."""
    spans = bars.frame.group_by("asset").agg(first=pl.col("session").min(), last=pl.col("session").max())
    rows = bars.actions.filter(pl.col("kind") == "symbol_change").join(spans, on="asset", maintain_order="left")
    named = rows.filter(pl.col("ex") > pl.col("first"), pl.col("ex") <= pl.col("last"))
    for row in named.filter(pl.col("asset").is_in(orders["asset"].implode())).iter_rows(named=True):
        text = f"{row['asset']} is called {row['other']} from {row['ex']} on"
        yield Notice("symbol_change", 1, text, f"nothing else changed; in this run it is {row['asset']} all the time")


def _lacks(bars: Bars, asset: int, needed: int, seen: int, every: str = "") -> str:
    if seen >= needed:  # it waited for something else than its own bars, such as an indicator of another asset
        return f"{bars.assets[asset]} had no value in {seen:,}" + (f" bars of {every}" if every else "")
    return f"{bars.assets[asset]} has {seen:,} of {needed:,}" + (f" bars of {every}" if every else "")


def _contradicted(bars: Bars, setup: Setup) -> Iterator[Notice]:
    """Bars that their finer ones leave: orders fill at prices of the finer ones, all else is at those of the bars."""
    if setup.finer is None:
        return
    place = ["asset", "open_time"]
    finer = setup.finer.frame.select(*place, "high", "low").sort("open_time")
    coarse = bars.frame.select(*place, "time", most=pl.col("high") * (1 + APART), least=pl.col("low") * (1 - APART))
    inside = finer.join_asof(
        coarse.sort("open_time"), on="open_time", by="asset", coalesce=False, check_sortedness=False
    )
    within = inside.filter(pl.col("open_time") < pl.col("time"))
    apart = within.filter((pl.col("high") > pl.col("most")) | (pl.col("low") < pl.col("least")))
    if count := apart.select("asset", "time").n_unique():
        text = f"{count:,} bar{_s(count)} whose finer ones of path= go beyond high or low by more than {APART:.0%}"
        yield Notice(
            "path", count, text, "give those the bars are made of, adjusted like them; bars.resample makes both"
        )


def _optimistic(setup: Setup) -> list[Notice]:
    text = "same_close fills at the close that the decision was made on"
    remedy = "use fill='next_open' for what could have been traded"
    return [Notice("optimistic", 1, text, remedy)] if setup.fill == "same_close" else []


def _ambiguous(fills: pl.DataFrame) -> list[Notice]:
    """Exits of which the bar does not tell whether stop or target came first."""
    count = int(fills["ambiguous"].sum())
    text = f"{count:,} fill{_s(count)} could have gone another way inside the bar"
    remedy = "see ambiguous in run.fills, and run again with the other path="
    return [Notice("ambiguous", count, text, remedy)] if count else []


def _denied(orders: pl.DataFrame, bars: Bars) -> list[Notice]:
    """One notice for each reason; who sells an option that is not held mostly means to write it."""
    options = [str(asset) for asset in bars.assets if asset.kind == "option"]
    written = pl.col("asset").is_in(options) & pl.col("reason").eq("nothing_held")
    reason = pl.when(written).then(pl.lit(SHORT_OPTION)).otherwise("reason").alias("reason")
    asked = pl.col("time").dt.epoch("us")
    denied = orders.filter(pl.col("status") == "DENIED").group_by(reason, maintain_order=True)
    return [_denial(*row) for row in denied.agg(pl.len(), asked.min().alias("first"), asked.max()).iter_rows()]


def _denial(reason: str, count: int, first_us: int, last_us: int) -> Notice:
    why, remedy = WHY.get(reason) or (f"the limit {reason} was breached", "ask for less, or change it in limits=")
    were = "order was" if count == 1 else "orders were"
    text = f"{count:,} {were} denied{_span(first_us, last_us)} because {why}"
    return Notice("denied", count, text, f"{remedy}; see run.orders")


EMPTIED: Final = ("nothing_held", "split", "symbol_change")
SAID: Final = {
    "trimmed": ("reduced to what cash or the holding allowed", "see the reason in run.orders"),
    "canceled": ("canceled because nothing of it was left to trade", "see the reason in run.orders"),
    "unfilled": ("still working when the data ended", "nothing was closed; see run.orders"),
}


def _counted(orders: pl.DataFrame, kind: str, which: pl.Expr) -> list[Notice]:
    count = orders.filter(which).height
    text, remedy = SAID[kind]
    verb = "was" if count == 1 else "were"
    return [Notice(kind, count, f"{count:,} order{_s(count)} {verb} {text}", remedy)] if count else []


def _capped(bars: Bars, document: Mapping[str, Any]) -> list[Notice]:
    hit = {str(asset): count for asset, count in zip(bars.assets, document["capped"], strict=True) if count}
    if not hit:
        return []
    names = _some(list(hit))
    total = sum(hit.values())
    text = f"the volume cap held back orders {total:,} time{_s(total)} ({names})"
    return [Notice("capped", total, text, "trade less, or change volume_cap=")]
