"""The two SQLite databases of a Zipline bundle: who its assets are, and what happened to them.

The one idea: rows are read as they stand and turned into our terms one by one: nanoseconds into dates, a split's ratio
(old price times ratio is the new one) into new and old units.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from workbench._types import Notice
from workbench.errors import StorageError
from workbench.market.adapters.ratios import amount_of, ratio_of
from workbench.market.adjustments import checked_actions, no_actions
from workbench.market.assets import Asset

__all__ = ["Listed", "actions_of", "listed", "unread"]

ADJUSTMENTS: Final = "adjustments.sqlite"
NANOSECONDS: Final = 1_000_000_000
KNOWN_S: Final = (-9_214_560_000, 9_183_110_400)  # 1678 to 2260, the years that nanoseconds in 64 bits hold


@dataclass(frozen=True, slots=True)
class Listed:
    """An asset of a bundle: its number, its name here, its symbols through time, and what else is known of it.

    Example:
        >>> Listed(24, "AAPL", (("AAPL", date(1980, 12, 12), None),)).kind
        'equity'
    """

    sid: int
    name: str
    symbols: tuple[tuple[str, date | None, date | None], ...] = ()  # symbol, first date, last date
    kind: str = "equity"  # or "future"
    title: str | None = None
    exchange: str | None = None  # its full name where the bundle has one
    country: str | None = None
    first: date | None = None
    last: date | None = None
    root: str | None = None
    expiry: date | None = None
    notice: date | None = None
    multiplier: float | None = None
    tick_size: float | None = None


def listed(folder: Path, sids: Sequence[int]) -> list[Listed]:
    """What the newest assets database of a folder says of some assets; without one they are named by their numbers.

    Raises:
        StorageError: a database that cannot be read.
    """
    found = sorted(folder.glob("assets-*.sqlite"), key=_version)
    if not found:
        return [Listed(sid, str(sid)) for sid in sids]
    known = {**_equities(found[-1]), **_futures(found[-1])}
    return _apart([known.get(sid, Listed(sid, str(sid))) for sid in sids])


def _version(path: Path) -> int:
    number = path.stem.removeprefix("assets-")
    return int(number) if number.isdigit() else -1


def _equities(path: Path) -> dict[int, Listed]:
    spans: dict[int, list[tuple[str, date | None, date | None]]] = {}
    for row in _rows(path, "equity_symbol_mappings", "start_date"):
        spans.setdefault(row["sid"], []).append((row["symbol"], _day(row["start_date"]), _day(row["end_date"])))
    places = {row["exchange"]: row for row in _rows(path, "exchanges")}
    made = {}
    for row in _rows(path, "equities"):
        symbols = tuple(spans.get(row["sid"], ()))
        name = symbols[-1][0] if symbols else str(row["sid"])
        made[row["sid"]] = Listed(row["sid"], name, symbols, **_about(row, places))
    return made


def _futures(path: Path) -> dict[int, Listed]:
    places = {row["exchange"]: row for row in _rows(path, "exchanges")}
    made = {}
    for row in _rows(path, "futures_contracts"):
        span = (row["symbol"], _day(row["start_date"]), _day(row["end_date"]))
        made[row["sid"]] = Listed(
            row["sid"],
            row["symbol"] or str(row["sid"]),
            (span,) if row["symbol"] else (),
            kind="future",
            root=row["root_symbol"],
            expiry=_day(row["expiration_date"]),
            notice=_day(row["notice_date"]),
            multiplier=row.get("multiplier"),
            tick_size=row.get("tick_size"),
            **_about(row, places),
        )
    return made


def _about(row: dict[str, Any], places: dict[str, dict[str, Any]]) -> dict[str, Any]:
    place = places.get(row["exchange"], {})
    return {
        "title": row["asset_name"],
        "exchange": place.get("canonical_name") or row["exchange"],
        "country": place.get("country_code"),
        "first": _day(row["start_date"]),
        "last": _day(row["end_date"]),
    }


def _apart(assets: list[Listed]) -> list[Listed]:
    """A symbol belongs to the asset that had it last; an earlier holder is told apart by its number."""
    owners: dict[str, Listed] = {}
    for each in sorted(assets, key=lambda a: (a.last or date.max, a.sid)):
        owners[each.name] = each
    return [each if owners[each.name] is each else _renamed(each) for each in assets]


def _renamed(each: Listed) -> Listed:
    return replace(each, name=f"{each.name}#{each.sid}")


def actions_of(folder: Path, each: Listed) -> pl.DataFrame:
    """Splits and declared dividends of an asset, by the schema `ACTIONS`.

    Raises:
        StorageError: a database that cannot be read.
        BarsError: a ratio or amount that cannot be.
    """
    path = folder / ADJUSTMENTS
    if not path.is_file():
        return no_actions()
    rows = [_split(row) for row in _rows(path, "splits", "effective_date", each.sid)]
    rows += [_dividend(row) for row in _rows(path, "dividend_payouts", "ex_date", each.sid)]
    return checked_actions(pl.DataFrame(rows, infer_schema_length=None), (Asset(each.name),)) if rows else no_actions()


def _split(row: dict[str, Any]) -> dict[str, object]:
    """Zipline multiplies the prices before by the ratio, which is old units / new units."""
    old, new = ratio_of(float(row["ratio"]))
    return {"ex": _day(row["effective_date"], 1), "kind": "split", "numerator": new, "denominator": old}


def _dividend(row: dict[str, Any]) -> dict[str, object]:
    pay = _day(row["pay_date"], 1)
    return {"ex": _day(row["ex_date"], 1), "kind": "dividend", "amount": amount_of(row["amount"]), "pay": pay}


def unread(folder: Path, each: Listed) -> tuple[Notice, ...]:
    """A remark on what the adjustments of an asset hold and actions cannot.

    Raises:
        StorageError: a database that cannot be read.
    """
    path = folder / ADJUSTMENTS
    if not path.is_file():
        return ()
    counts = {
        "mergers": len(_rows(path, "mergers", "effective_date", each.sid)),
        "dividends in stock": len(_rows(path, "stock_dividend_payouts", "ex_date", each.sid)),
    }
    found = [f"{count:,} {what}" for what, count in counts.items() if count]
    if not found:
        return ()
    text = f"{each.name}: {' and '.join(found)} were left out"
    return (Notice("actions", sum(counts.values()), text, "actions are splits and cash dividends; enter them by hand"),)


def _rows(path: Path, table: str, order: str | None = None, sid: int | None = None) -> list[dict[str, Any]]:
    """The rows of a table; one that an older bundle lacks has none."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                return []
            chosen = "" if sid is None else " WHERE sid = :sid"
            sorted_by = "" if order is None else f" ORDER BY {order}"
            return [dict(row) for row in database.execute(f"SELECT * FROM {table}{chosen}{sorted_by}", {"sid": sid})]
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be read: {error}; ingest the bundle again") from error


def _day(given: int | None, unit: int = NANOSECONDS) -> date | None:
    """A date from nanoseconds (assets) or seconds (adjustments); what lies beyond every calendar is unknown."""
    if given is None or not KNOWN_S[0] <= given // unit < KNOWN_S[1]:
        return None
    return datetime.fromtimestamp(given // unit, UTC).date()
