"""The tables of a catalog's database: what is held, where it lies, and where it came from.

The one idea: prices lie in Parquet files that are never changed once written; a row of `spans` says which rows of which
file are the bars of an asset in a stretch of time. Changing the catalog means writing a new file and then, in one
transaction, changing `spans`: readers see the old state or the new one, never a mixture.

Times are whole microseconds since 1970 in UTC, exact numbers are text. Every table works on SQLite and PostgreSQL.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

__all__ = [
    "SCHEMA_VERSION",
    "TABLES",
    "actions",
    "assets",
    "covered",
    "datasets",
    "ingests",
    "retired",
    "segments",
    "spans",
    "state",
    "symbols",
]

SCHEMA_VERSION: Final = 2
TABLES: Final = MetaData()

# Single values, such as the version of the schema.
state = Table("state", TABLES, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

assets = Table(
    "assets",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),  # stable: it outlives every change of symbol
    Column("name", Text, nullable=False, unique=True),
    Column("folded", Text, nullable=False, index=True),  # the name without regard to case, for finding
    Column("kind", Text, nullable=False),
    Column("exchange", Text),
    Column("currency", Text, nullable=False),
    Column("calendar", Text, nullable=False),
    Column("first", Date),
    Column("last", Date),
    Column("root", Text, index=True),
    Column("month", Text),
    Column("expiry", Date),
    Column("underlying", Text, index=True),  # by its present name
    Column("right", Text),
    Column("strike", Float),  # for choosing; the exact one stands in `attributes`
    Column("attributes", JSON, nullable=False),  # the other arguments of `Asset`, exact numbers as text
    sqlite_autoincrement=True,
)

# Under which symbol an asset was traded, from `start` to `end`, both included; null is open.
symbols = Table(
    "symbols",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("asset_id", ForeignKey("assets.id"), nullable=False, index=True),
    Column("symbol", Text, nullable=False),
    Column("folded", Text, nullable=False, index=True),
    Column("start", Date),
    Column("end", Date),
)

ingests = Table(
    "ingests",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("every", Text, nullable=False),
    Column("began_us", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("report", JSON, nullable=False),
    Column("hash", String(64), nullable=False),  # SHA-256 of what came in
    sqlite_autoincrement=True,
)

segments = Table(
    "segments",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("file", String(128), nullable=False, unique=True),  # relative to the catalog's folder
    Column("kind", String(16), nullable=False),  # bars, trades, quotes
    Column("every", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),  # SHA-256 of the file
    Column("ingest_id", ForeignKey("ingests.id"), nullable=False),
    Column("layout", JSON, nullable=False),  # what holds for every row, and where its blocks begin in time
    sqlite_autoincrement=True,
)

# Files that no span points to any more; they stay for a while, since a reader may still be at them.
retired = Table(
    "retired",
    TABLES,
    Column("file", String(128), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
)

# The rows [row, row + rows) of a segment; those of one asset and length never overlap in time.
spans = Table(
    "spans",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("segment_id", ForeignKey("segments.id"), nullable=False, index=True),
    Column("asset_id", ForeignKey("assets.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("every", Text, nullable=False),
    Column("row", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("start_us", BigInteger, nullable=False),  # open_time of the first row
    Column("end_us", BigInteger, nullable=False),  # time of the last row
    Column("price_digits", SmallInteger, nullable=False),  # those the rows were written with
    Column("quantity_digits", SmallInteger, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Index("spans_of_asset", "asset_id", "kind", "every", "start_us"),
)

# What a source has been asked for, so that the next ingest asks for the rest only.
covered = Table(
    "covered",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("asset_id", ForeignKey("assets.id"), nullable=False, index=True),
    Column("every", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
)

actions = Table(
    "actions",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("asset_id", ForeignKey("assets.id"), nullable=False, index=True),
    Column("ex", Date, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("numerator", BigInteger),
    Column("denominator", BigInteger),
    Column("amount", String(64)),
    Column("pay", Date),
    Column("known_us", BigInteger),
    Column("other", String(128)),
    Column("ingest_id", ForeignKey("ingests.id"), nullable=False),
)

datasets = Table(
    "datasets",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("file", String(128), nullable=False, unique=True),
    Column("rows", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("ingest_id", ForeignKey("ingests.id"), nullable=False),
)
