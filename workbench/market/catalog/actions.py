"""Splits and dividends of the database: what came in replaces what was known of the same asset, day and kind.

The one idea: a day's actions of one kind are told together, so a correction replaces them and nothing stays twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from sqlalchemy import bindparam, delete, insert, select

from workbench.market.actions import KINDS
from workbench.market.bars import ACTIONS
from workbench.market.catalog.tables import actions, assets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

__all__ = ["put_actions", "stored_actions"]

TERMS = ("numerator", "denominator", "pay", "other")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NONE: Final = ACTIONS.to_frame()
OF_SOME: Final = (
    select(assets.c.name, actions)
    .join(assets)
    .where(actions.c.asset_id.in_(bindparam("ids", expanding=True)))
    .order_by(actions.c.ex, actions.c.id)
)
Key = tuple[str, Any, str]


def put_actions(connection: Connection, ids: Mapping[str, int], frame: pl.DataFrame, ingest_id: int) -> int:
    """Store actions by the schema `ACTIONS`; how many are new or different."""
    if frame.is_empty():
        return 0
    names = frame["asset"].unique().to_list()
    have = _by_day(stored_actions(connection, {name: ids[name] for name in names}))
    changed = 0
    for key, rows in _by_day(frame).items():
        if have.get(key) != rows:
            changed += len(rows)
            _replace(connection, ids[key[0]], key, rows, ingest_id)
    return changed


def _by_day(frame: pl.DataFrame) -> dict[Key, list[dict[str, Any]]]:
    made: dict[Key, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        made.setdefault((row["asset"], row["ex"], row["kind"]), []).append(row)
    return made


def _replace(connection: Connection, number: int, key: Key, rows: list[dict[str, Any]], ingest_id: int) -> None:
    same = (actions.c.asset_id == number) & (actions.c.ex == key[1]) & (actions.c.kind == key[2])
    connection.execute(delete(actions).where(same))
    told = {"asset_id": number, "ex": key[1], "kind": key[2], "ingest_id": ingest_id}
    connection.execute(insert(actions), [{**told, **_terms(row)} for row in rows])


def _terms(row: dict[str, Any]) -> dict[str, Any]:
    amount = None if row["amount"] is None else str(row["amount"])
    known_us = None if row["known"] is None else (row["known"] - EPOCH) // MICROSECOND
    return {**{name: row[name] for name in TERMS}, "amount": amount, "known_us": known_us}


def stored_actions(connection: Connection, ids: Mapping[str, int]) -> pl.DataFrame:
    """Actions of some assets by the schema `ACTIONS`, in the order of the assets, by ex-date, as those of a day act."""
    order = {name: i for i, name in enumerate(ids)}
    rows = [dict(row) for row in connection.execute(OF_SOME, {"ids": list(ids.values())}).mappings()]
    rows.sort(key=lambda row: (order[row["name"]], row["ex"], KINDS[row["kind"]].order))
    exact = [{"asset": row["name"], "amount": _exact(row["amount"]), "known": _time(row["known_us"])} for row in rows]
    if not rows:
        return NONE
    made = [{**row, **one} for row, one in zip(rows, exact, strict=True)]
    return pl.DataFrame([{name: row[name] for name in ACTIONS} for row in made], schema=ACTIONS, orient="row")


def _time(us: int | None) -> datetime | None:
    return None if us is None else EPOCH + us * MICROSECOND


def _exact(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
