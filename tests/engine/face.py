"""A case run through the public face, and told in the twin's words.

The one idea: a scripted strategy asks for the commands of the k-th Close time in its k-th `on_slice`; what the Run
reports becomes a `Result`, so that ``==`` compares two engines. An order that a target made has no id of its own: it is
named by the moment, the asset and its number among them, in both engines.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import polars as pl
from scripts import Seen, script
from twin import BookRow, Call, Cross, EquityRow, Event, Fill, OrderRow, Part, Result, Transfer, instant, parse

import workbench as wb
from workbench.engine import Deal
from workbench.market.bars import ACTIONS

__all__ = ["Seen", "assert_agree", "backtest", "bars_of", "comparable", "named", "result_of", "run_case"]

Json = Mapping[str, Any]
CURRENCY = "USD"


def run_case(case: Json) -> Result:
    """The case through `wb.Backtest`."""
    seen = Seen()
    return result_of(backtest(case, seen).run(), seen)


def backtest(case: Json, seen: Seen) -> wb.Backtest:
    """The case as a Backtest whose script fills `seen`."""
    config = case["config"]
    return wb.Backtest(
        script(case, seen),
        bars_of(case),
        cash=_cash(config),
        fees=_fees(config["fees"]),
        slippage=_slippage(config["slippage"]),
        fill=config["fill"],
        path=_finer(case) if config.get("path") == "finer" else config.get("path", "pessimistic"),
        limit_through=config.get("limit_through", 0),
        latency=_latency(config.get("latency_s", 0)),
        seed=config.get("seed", 0),
        lots=config.get("lots", "average"),
        volume_cap=config["volume_cap"],
        limits=wb.Limits(**config["limits"]) if config.get("limits") else None,
        account=_account(config.get("account", "cash")),
        **_money(case),
        **_told(case),
    )


def _account(raw: Json | str) -> wb.Margin | None:
    """A name, or a name with terms that are not the usual ones."""
    given = {"kind": raw} if isinstance(raw, str) else raw
    terms = {name: value for name, value in given.items() if name != "kind"}
    return None if given["kind"] == "cash" else wb.Margin(**terms)


def _cash(config: Json) -> Any:
    cash = config["cash"]
    return f"{cash} {config.get('currency', CURRENCY)}" if isinstance(cash, str) else dict(cash)


def _money(case: Json) -> dict[str, Any]:
    """The account's currency where several are given, and the rates of exchange where there are any."""
    several = {} if isinstance(case["config"]["cash"], str) else {"currency": currency_of(case)}
    return {**several, "fx": _fx(case)} if case.get("fx") else several


def _told(case: Json) -> dict[str, wb.Dataset]:
    """What the case tells of funding and settlements, where it does."""
    found = {}
    if rows := case.get("funding"):
        marks = [row.get("mark") for row in rows]
        table = {"asset": [row["asset"] for row in rows], "rate": [row["rate"] for row in rows], "mark": marks}
        known = [datetime.fromisoformat(row["time"]).replace(tzinfo=UTC) for row in rows]
        found["funding"] = _dataset(known, table, {"rate": EXACT, "mark": EXACT})
    if rows := case.get("settlements"):
        sessions = [datetime.fromisoformat(row["session"]).date() for row in rows]
        table = {"asset": [row["asset"] for row in rows], "session": sessions, "price": [row["price"] for row in rows]}
        known = [datetime.fromisoformat(row["session"]).replace(tzinfo=UTC) + timedelta(days=2) for row in rows]
        found["settlement"] = _dataset(known, table, {"price": EXACT})
    return found


EXACT = pl.Decimal(38, 12)


def _dataset(known: list[datetime], table: dict[str, Any], kinds: dict[str, pl.Decimal]) -> wb.Dataset:
    return wb.Dataset.from_frame(pl.DataFrame({"known_at": known, **table}).cast(kinds))


def currency_of(case: Json) -> str:
    """That of the account: the one named, else the first of its cash."""
    cash = case["config"]["cash"]
    return str(case["config"].get("currency") or (CURRENCY if isinstance(cash, str) else next(iter(cash))))


def _fx(case: Json) -> wb.Bars:
    """Each rate as the bar of the day that ends with it."""
    rows, assets = [], []
    for pair in case["fx"]:
        name = f"{pair['base']}/{pair['quote']}"
        assets.append({"name": name, "base": pair["base"], "currency": pair["quote"], "kind": "fx", **FINE})
        for row in pair["bars"]:
            begin = datetime.fromisoformat(row["time"]) - timedelta(days=1)
            prices = dict.fromkeys("ohlc", row["c"])
            rows.append(
                {"asset": name, "open_time": f"{begin:%Y-%m-%dT%H:%M}", "time": row["time"], "v": None} | prices
            )
    return bars_of({"bars": rows, "assets": assets, "actions": [], "config": case["config"]})


FINE = {"price_step": "0.000001", "quantity_step": "0.01", "min_notional": "0", "calendar": "24/7"}


def _latency(given: Any) -> Any:
    return tuple(given) if isinstance(given, list) else given


def _slippage(raw: Json) -> object:
    if raw["kind"] == "custom":
        return wb.slippage.custom(_own_slippage)
    return getattr(wb.slippage, raw["kind"])(*(() if raw["kind"] == "none" else (raw["value"],)))


def _own_fee(deal: Deal) -> Decimal:
    with localcontext(prec=60):
        exact = deal.exact
        return Decimal("0.35") + exact.value / 1024 if deal.side == "buy" else exact.quantity * Decimal("0.003")


def _own_slippage(deal: Deal) -> Decimal:
    with localcontext(prec=60):
        return deal.exact.price / 256 + deal.exact.quantity / 2**20


def _fees(raw: Json) -> wb.fees.Fee:
    if raw["kind"] == "sum":
        return sum(map(_fees, raw["parts"]), wb.fees.none())
    if raw["kind"] == "none":
        return wb.fees.none()
    if raw["kind"] == "per_trade":
        return wb.fees.per_trade(raw["rate"], side=raw.get("side"), currency=raw.get("currency", "quote"))
    options = {name: raw[name] for name in ("minimum", "cap", "cap_bps", "round_to", "side", "currency") if name in raw}
    if raw["kind"] == "tiered":
        return wb.fees.tiered(raw["tiers"], **options)
    if raw["kind"] == "custom":
        return wb.fees.custom(_own_fee, **options)
    if raw["kind"] == "percent":
        return wb.fees.bps(Decimal(raw["rate"]) * 100, **options)
    return getattr(wb.fees, raw["kind"])(raw["rate"], **options)


def _finer(case: Json) -> wb.Bars:
    """The finer bars of a case, with their own steps of an hour or so."""
    return bars_of({**case, "bars": case["finer"], "actions": []})


def bars_of(case: Json) -> wb.Bars:
    """The case's bars and actions as a user would hand them over."""
    moment = pl.Datetime("us", "UTC")
    columns = {
        "asset": "asset",
        "open_time": "open_time",
        "time": "time",
        "open": "o",
        "high": "h",
        "low": "l",
        "close": "c",
    }
    rows = {name: [bar[key] for bar in case["bars"]] for name, key in columns.items()}
    volume = [None if bar["v"] is None else float(bar["v"]) for bar in case["bars"]]
    frame = pl.DataFrame(rows | {"volume": pl.Series(volume, dtype=pl.Float64)}).with_columns(
        pl.col("open_time", "time").str.to_datetime("%Y-%m-%dT%H:%M").cast(moment),
        pl.col("open", "high", "low", "close").cast(pl.Float64),
    )
    assets = [_asset(raw, currency_of(case)) for raw in case["assets"]]
    return wb.Bars.from_frame(frame, every=_every(case), assets=assets, actions=_actions(case))


def _every(case: Json) -> str:
    """The most frequent length of the bars; where most are missing, their distances do not tell it."""
    spans = [datetime.fromisoformat(bar["time"]) - datetime.fromisoformat(bar["open_time"]) for bar in case["bars"]]
    minutes = Counter(spans).most_common(1)[0][0] // timedelta(minutes=1)
    return "1d" if minutes == 24 * 60 else f"{minutes}m"


def _asset(raw: Json, currency: str) -> wb.Asset:
    digits = {
        key: max(0, -int(Decimal(raw[f"{key}_step"]).normalize().as_tuple().exponent)) for key in ("price", "quantity")
    }
    steps = {key: raw[key] for key in ("price_step", "quantity_step", "min_notional", "multiplier") if key in raw}
    sizes = {"price_digits": digits["price"], "quantity_digits": digits["quantity"], **steps}
    money = raw.get("currency", currency)
    pair = {"base": raw["base"], "quote": money} if "base" in raw else {}
    if raw.get("kind") == "perpetual":
        base = raw.get("base", raw["name"])
        pair = {"base": base, "quote": money, "settlement": base if raw.get("inverse") else money}
    terms = {name: raw[name] for name in ("expiry", "underlying", "strike", "right") if name in raw}
    if raw.get("kind") == "future":
        terms |= {"root": raw["name"], "month": raw["expiry"][:7]}
    kind = {"kind": raw["kind"]} if "kind" in raw else {}
    return wb.Asset(
        raw["name"],
        calendar=raw.get("calendar", "24/7"),
        currency=money,
        **kind,
        **pair,
        **terms,
        **_margins(raw),
        **sizes,
    )


def _margins(raw: Json) -> Json:
    """The parts of its value that an asset asks for by itself."""
    return {f"{name}_margin": raw[name] for name in ("initial", "maintenance") if name in raw}


def _actions(case: Json) -> pl.DataFrame | None:
    rows = []
    for action in case["actions"]:
        row = {key: action.get(key) for key in ("asset", "kind", "other")}
        row |= {"ex": _date(action["ex"]), "pay": _date(action.get("pay")), "amount": _amount(action.get("amount"))}
        if action.get("ratio"):
            ratio = Fraction(action["ratio"])
            row |= {"numerator": ratio.numerator, "denominator": ratio.denominator}
        rows.append(row)
    return pl.DataFrame(rows, schema=ACTIONS) if rows else None


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _date(text: str | None) -> object:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC).date()


def result_of(run: wb.Run, seen: Seen) -> Result:
    """What a Run reports, row by row."""
    exact = run.exact
    orders = exact.orders.sort("order").to_dicts()
    names = _names(orders, seen.ids)
    fills = tuple(map(_fill(names), exact.fills.sort("sequence").to_dicts()))
    rows = tuple(_order_row(row, names[row["order"]]) for row in orders)
    columns = exact.equity.select("time", "cash", "positions", "receivable", "equity")
    equity = tuple(EquityRow(**row) for row in columns.to_dicts())
    told = run.explain().exact.frame
    told = told if "currency" in told.columns else told.with_columns(currency=pl.lit(run.currency))
    parts = told.select("time", "asset", "cause", "amount", "currency").iter_rows()
    with localcontext(prec=60):  # the usual 28 digits are too few for the cents of billions at scale 20
        events = _events(exact.ledger)
    calls = tuple(Call(*row) for row in run.margin_calls.iter_rows())
    made = Result(fills, rows, events, equity, seen.held, tuple(Part(*row) for row in parts), calls, tuple(seen.brinks))
    return made if "strategy" not in exact.orders.columns else replace(made, **_books(run, seen, names))


def _books(run: wb.Run, seen: Seen, names: Mapping[int, str]) -> dict[str, Any]:
    """What a portfolio reports beside the account."""
    exact, told = run.exact, run.explain().exact.by_strategy
    rows = exact.books.select("time", "strategy", "cash", "equity").iter_rows()
    crossed = exact.book_fills.filter(pl.col("venue").not_()).sort("sequence").to_dicts()
    terms = ("time", "asset", "price", "quantity")
    pairs = zip(crossed[::2], crossed[1::2], strict=True)
    crosses = (Cross(*(buy[t] for t in terms), names[buy["order"]], names[sell["order"]]) for buy, sell in pairs)
    profits = {
        row["strategy"]: {c: x for c, x in row.items() if c not in ("strategy", "change") and x}
        for row in told.to_dicts()
    }
    nothing = dict.fromkeys(map(str, run.bars.assets), Decimal(0))
    return {
        "books": tuple(BookRow(*row) for row in rows),
        "crosses": tuple(crosses),
        "transfers": tuple(Transfer(*row) for row in exact.transfers.iter_rows()),
        "shares": {name: seen.shares.get(name, nothing) for name in profits},
        "profits": profits,
    }


def _names(orders: Iterable[Json], ids: Mapping[int, str]) -> dict[int, str]:
    counts: dict[tuple[object, str], int] = defaultdict(int)
    names = {}
    for row in orders:
        key = row["time"], row["asset"]
        if row["parent"] is not None:
            kind = "target" if row["type"] == "limit" else "stop"
            count = counts[row["parent"], kind] = counts[row["parent"], kind] + 1
            names[row["order"]] = f"{names[row['parent']]}.{kind}{count if count > 1 else ''}"
            continue
        if row["origin"] == "liquidation":
            names[row["order"]] = _called(*key)
            continue
        names[row["order"]] = ids.get(row["order"]) or _made(*key, counts[key])
        counts[key] += row["order"] not in ids
    return names


def _made(time: datetime, asset: str, number: int) -> str:
    return f"{time:%m-%dT%H:%M} {asset} {number}"


def _called(time: datetime, asset: str) -> str:
    """The one order that a margin call makes for an asset."""
    return f"{time:%m-%dT%H:%M} {asset} call"


def named(result: Result) -> Result:
    """The twin's result with the orders that have no id of their own named as this file names them."""
    counts: dict[tuple[object, str], int] = defaultdict(int)
    names = {}
    for row in result.orders:
        names[row.order] = row.order
        if row.origin == "liquidation":
            names[row.order] = _called(row.time, row.asset)
        if row.origin in ("target", "protect"):
            names[row.order] = _made(row.time, row.asset, counts[row.time, row.asset])
            counts[row.time, row.asset] += 1
    fills = tuple(replace(fill, order=names[fill.order]) for fill in result.fills)
    crosses = tuple(replace(cross, buy=names[cross.buy], sell=names[cross.sell]) for cross in result.crosses)
    return replace(
        result,
        fills=fills,
        crosses=crosses,
        orders=tuple(replace(row, order=names[row.order]) for row in result.orders),
    )


def comparable(result: Result, case: Json) -> Result:
    """The result without what is an engine's own business: the order of its ids, the size of an open all-in."""
    closes = sorted({instant(bar["time"]) for bar in case["bars"]})
    heirs = {act["asset"]: act["other"] for act in case["actions"] if act["kind"] == "symbol_change"}
    asked = {
        (closes[c["after"]], name) for c in case["commands"] if c.get("all_in") for name in _line(c["asset"], heirs)
    }
    rows = (
        replace(row, quantity=row.filled) if row.origin == "target" and (row.time, row.asset) in asked else row
        for row in result.orders
    )
    ordered = tuple(sorted(rows, key=lambda row: (row.time, row.order)))
    is_alone = len(parse(case).currencies) == 1
    told = result.explained if is_alone else _by_asset(result.explained)
    # That of a member's position is not told by the twin, nor one in a currency of its own.
    brinks = result.brinks if is_alone and not case["config"].get("books") else ()
    return replace(result, orders=ordered, explained=told, balances=(), brinks=brinks)


def _by_asset(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Causes by slice and asset, whatever the currency that they are told in."""
    sums: dict[tuple[datetime, str, str], Decimal] = defaultdict(Decimal)
    with localcontext(prec=60):
        for part in parts:
            sums[part.time, part.asset, part.cause] += part.amount
    return tuple(sorted((Part(*key, amount, "") for key, amount in sums.items() if amount), key=astuple))


def _line(name: str, heirs: Mapping[str, str]) -> Iterator[str]:
    """An asset and, one after the other, those that its orders may go over to."""
    yield name
    if name in heirs:
        yield from _line(heirs[name], heirs)


def assert_agree(engine: Result, twin: Result) -> None:
    """Equal part by part, so that what differs is named first."""
    assert engine.orders == twin.orders
    assert engine.fills == twin.fills
    assert engine.events == twin.events
    assert engine.equity == twin.equity
    assert engine.positions == twin.positions
    assert engine.calls == twin.calls
    assert engine.brinks == twin.brinks
    assert engine.explained == twin.explained
    assert engine.transfers == twin.transfers
    assert engine.crosses == twin.crosses
    assert engine.books == twin.books
    assert engine.shares == twin.shares
    assert engine.profits == twin.profits


def _fill(names: Mapping[int, str]) -> Any:
    keys = (
        *("time", "asset", "side", "quantity", "price", "reference", "value", "fee", "withheld", "slippage", "moment"),
        "ambiguous",
    )
    return lambda row: Fill(names[row["order"]], **{key: row[key] for key in keys})


def _order_row(row: Json, name: str) -> OrderRow:
    keys = ("time", "asset", "origin", "side", "type", "limit", "stop", "quantity", "filled", "status")
    is_breach = row["status"] == "DENIED" and row["reason"] in BREACHES
    breach = (row["reason"], row["allowed"], row["actual"]) if is_breach else None
    return OrderRow(name, **{key: row[key] for key in keys}, breach=breach, strategy=row.get("strategy") or "")


BREACHES = (
    *("order_quantity", "order_notional", "position_weight", "position_notional", "leverage", "orders_per_day"),
    *("open_positions", "long_only", "daily_loss", "drawdown", "price_collar"),
    *("not_allowed", "restricted", "unpriced", "halted", "margin"),
)


def _events(ledger: pl.DataFrame) -> tuple[Event, ...]:
    events: dict[int, tuple[datetime, str, dict[tuple[str, str, str], Decimal]]] = {}
    for row in ledger.to_dicts():
        _, _, legs = events.setdefault(row["sequence"], (row["time"], row["event"], defaultdict(Decimal)))
        # A leg of cash names the asset that moved it; there is one cash account all the same.
        # That of interest names none, and is known by its currency.
        asset = "" if row["account"] in ("cash", "deposits") else row["asset"] or row["currency"]
        legs[row["account"], asset, row["currency"]] += row["amount"]
    return tuple(
        Event(time, kind, tuple(sorted((a, n, x, c) for (a, n, c), x in legs.items() if x)))
        for time, kind, legs in events.values()
    )
