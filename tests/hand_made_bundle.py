"""A Zipline bundle as Zipline lays it out on the disk, written by bcolz and sqlite3 alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import polars as pl

PRICES = ("open", "high", "low", "close")
COLUMNS = (*PRICES, "volume", "day", "id")


def nanoseconds(day: date) -> int:
    return seconds(day) * 1_000_000_000


def seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def write_daily(root: Path, assets: Mapping[int, pl.DataFrame], sessions: Sequence[date]) -> None:
    """Frames of date, prices, volume; a session without a row becomes a row of zeros, as Zipline pads them."""
    import bcolz

    columns: dict[str, list[int]] = {name: [] for name in COLUMNS}
    attrs: dict[str, dict[str, int]] = {"first_row": {}, "last_row": {}, "calendar_offset": {}}
    for sid, frame in assets.items():
        rows = {row["date"]: row for row in frame.iter_rows(named=True)}
        days = [day for day in sessions if min(rows) <= day <= max(rows)]
        attrs["first_row"][str(sid)] = len(columns["day"])
        attrs["calendar_offset"][str(sid)] = list(sessions).index(days[0])
        for day in days:
            row = rows.get(day, dict.fromkeys((*PRICES, "volume"), 0))
            for name in PRICES:
                columns[name].append(round(row[name] * 1000))
            columns["volume"].append(int(row["volume"]))
            columns["day"].append(seconds(day))
            columns["id"].append(sid)
        attrs["last_row"][str(sid)] = len(columns["day"]) - 1
    arrays = [np.array(columns[name], dtype=np.uint32) for name in COLUMNS]
    table = bcolz.ctable(columns=arrays, names=list(COLUMNS), rootdir=str(root), mode="w")
    table.attrs["first_trading_day"] = min(columns["day"])
    for name, values in attrs.items():
        table.attrs[name] = values
    table.attrs["calendar_name"] = "NYSE"
    table.attrs["start_session_ns"] = nanoseconds(sessions[0])
    table.attrs["end_session_ns"] = nanoseconds(sessions[-1])
    table.flush()


def write_minutes(
    root: Path, assets: Mapping[int, pl.DataFrame], opens: Mapping[date, datetime], ratios: Mapping[int, int]
) -> None:
    """Frames of open_time, prices, volume; 390 places for each session, whatever its length."""
    import bcolz

    root.mkdir(parents=True)
    days = sorted(opens)
    about: dict[str, Any] = {
        "version": 3,
        "ohlc_ratio": 1000,
        "ohlc_ratios_per_sid": {str(sid): ratio for sid, ratio in ratios.items()} or None,
        "minutes_per_day": 390,
        "calendar_name": "NYSE",
        "start_session": str(days[0]),
        "end_session": str(days[-1]),
    }
    (root / "metadata.json").write_text(json.dumps(about))
    for sid, frame in assets.items():
        ratio = ratios.get(sid, 1000)
        values = {name: np.zeros(390 * len(days), dtype=np.uint32) for name in (*PRICES, "volume")}
        for row in frame.iter_rows(named=True):
            at = row["open_time"]
            place = 390 * days.index(at.date()) + int((at - opens[at.date()]).total_seconds() // 60)
            for name in PRICES:
                values[name][place] = round(row[name] * ratio)
            values["volume"][place] = int(row["volume"])
        used = int(np.flatnonzero(values["close"])[-1]) + 1
        padded = f"{sid:06}"
        folder = root / padded[:2] / padded[2:4]
        folder.mkdir(parents=True, exist_ok=True)
        bcolz.ctable(
            columns=[array[:used] for array in values.values()],
            names=list(values),
            rootdir=str(folder / f"{padded}.bcolz"),
            mode="w",
        ).flush()


def write_adjustments(path: Path, rows: Mapping[str, Sequence[Sequence[object]]]) -> None:
    """Tables of adjustments.sqlite; every one is there, most of them empty."""
    ratio = '"index" INTEGER, effective_date INTEGER, ratio REAL, sid INTEGER'
    dates = "declared_date INTEGER, ex_date INTEGER, pay_date INTEGER, record_date INTEGER"
    tables = {
        "splits": ratio,
        "mergers": ratio,
        "dividends": ratio,
        "dividend_payouts": f'"index" INTEGER, amount REAL, {dates}, sid INTEGER',
        "stock_dividend_payouts": f'"index" INTEGER, {dates}, payment_sid INTEGER, ratio REAL, sid INTEGER',
    }
    _write(path, tables, rows)


def write_assets(path: Path, rows: Mapping[str, Sequence[Sequence[object]]]) -> None:
    """The tables of assets-8.sqlite that are read; dates are nanoseconds."""
    tables = {
        "exchanges": "exchange TEXT, canonical_name TEXT, country_code TEXT",
        "equities": (
            "sid BIGINT, asset_name TEXT, start_date BIGINT, end_date BIGINT, first_traded BIGINT, "
            "auto_close_date BIGINT, exchange TEXT"
        ),
        "equity_symbol_mappings": (
            "id BIGINT, sid BIGINT, symbol TEXT, company_symbol TEXT, share_class_symbol TEXT, start_date BIGINT, "
            "end_date BIGINT"
        ),
        "futures_contracts": (
            "sid BIGINT, symbol TEXT, root_symbol TEXT, asset_name TEXT, start_date BIGINT, end_date BIGINT, "
            "first_traded BIGINT, exchange TEXT, notice_date BIGINT, expiration_date BIGINT, auto_close_date BIGINT, "
            "multiplier FLOAT, tick_size FLOAT"
        ),
    }
    _write(path, tables, rows)


def _write(path: Path, tables: Mapping[str, str], rows: Mapping[str, Sequence[Sequence[object]]]) -> None:
    with closing(sqlite3.connect(path)) as database:
        for table, columns in tables.items():
            database.execute(f"CREATE TABLE {table} ({columns})")
            for row in rows.get(table, ()):
                places = ", ".join("?" * len(row))
                database.execute(f"INSERT INTO {table} VALUES ({places})", row)
        database.commit()
