"""A Zipline bundle as Zipline lays it out on the disk, written by bcolz and sqlite3 alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from workbench.market.calendars import Calendar

PRICES = ("open", "high", "low", "close")
COLUMNS = (*PRICES, "volume", "day", "id")
SESSIONS = Calendar("XNYS").sessions(date(2012, 5, 18), date(2012, 7, 9))
OPENS = {day: datetime(day.year, day.month, day.day, 13, 30, tzinfo=UTC) for day in SESSIONS}


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


def prices(days: list[date], base: int) -> pl.DataFrame:
    """Whole cents and mills, as far as the format goes: up to 4,294,967.294."""
    rows = [(day, base + i + 0.111, base + i + 0.999, base + i, base + i + 0.5, 1000 + i) for i, day in enumerate(days)]
    return pl.DataFrame(rows, schema=["date", "open", "high", "low", "close", "volume"], orient="row")


def example(top: Path) -> Path:
    """Two ingests; the newer one has FB, a day it did not trade, an earlier holder of a symbol, and a future."""
    folder = top / "2024-01-02T03;04;05.678901"
    old = top / "2023-01-02T03;04;05.678901"
    holes = [day for day in SESSIONS if day != date(2012, 5, 22)]
    daily = {3: prices(holes, 38), 11: prices(SESSIONS[:5], 100), 12: prices(SESSIONS[5:], 4_294_000)}
    for place in (folder, old):
        place.mkdir()
        write_daily(place / "daily_equities.bcolz", daily, SESSIONS)
    at = [OPENS[SESSIONS[0]], OPENS[SESSIONS[0]] + timedelta(minutes=389), datetime(2012, 7, 3, 16, 59, tzinfo=UTC)]
    rows = [(t, 38.1234, 38.9, 38.0001, 38.5, 7) for t in at]
    minutes = pl.DataFrame(rows, schema=["open_time", "open", "high", "low", "close", "volume"], orient="row")
    write_minutes(folder / "minute_equities.bcolz", {3: minutes, 987654: minutes}, OPENS, {3: 10_000})
    write_assets(folder / "assets-7.sqlite", {})
    write_assets(
        folder / "assets-8.sqlite",
        {
            "exchanges": [("NASDAQ", "NASDAQ GLOBAL SELECT", "US")],
            "equities": [
                (3, "META PLATFORMS", nanoseconds(SESSIONS[0]), nanoseconds(SESSIONS[-1]), None, None, "NASDAQ"),
                (11, "FIRST OF THE NAME", nanoseconds(SESSIONS[0]), nanoseconds(SESSIONS[4]), None, None, "NASDAQ"),
                (12, "SECOND", nanoseconds(SESSIONS[5]), 2**63 - 1, None, None, "ELSEWHERE"),
            ],
            "equity_symbol_mappings": [
                (2, 3, "META", "META", "", nanoseconds(date(2012, 6, 9)), nanoseconds(SESSIONS[-1])),
                (1, 3, "FB", "FB", "", nanoseconds(SESSIONS[0]), nanoseconds(date(2012, 6, 8))),
                (3, 11, "Q", "Q", "", nanoseconds(SESSIONS[0]), nanoseconds(SESSIONS[4])),
                (4, 12, "Q", "Q", "", nanoseconds(SESSIONS[5]), nanoseconds(SESSIONS[-1])),
            ],
            "futures_contracts": [
                (987654, "CLN12", "CL", "Crude", nanoseconds(SESSIONS[0]), nanoseconds(SESSIONS[-1]), None, "NYMEX",
                 nanoseconds(date(2012, 6, 22)), nanoseconds(date(2012, 6, 20)), None, 1000.0, 0.01),
            ],
        },
    )  # fmt: skip
    ex, pay = seconds(date(2012, 6, 1)), seconds(date(2012, 6, 15))
    write_adjustments(
        folder / "adjustments.sqlite",
        {
            "splits": [
                (0, seconds(date(2012, 6, 5)), 1 / 7, 3),
                (1, seconds(date(2012, 6, 6)), 2.0, 3),
                (2, ex, 0.5, 11),
            ],
            "mergers": [(0, ex, 0.9, 3)],
            "dividends": [(0, ex, 0.99, 3)],
            "dividend_payouts": [(0, 0.265, None, ex, pay, None, 3)],
            "stock_dividend_payouts": [(0, None, ex, pay, None, 11, 0.5, 3)],
        },
    )
    return top
