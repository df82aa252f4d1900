"""A catalog of ten million minute bars of a hundred assets, beside bare Polars on the same rows in the same process.

Prints one JSON line for each piece of work: the best of some rounds in seconds, and its ratio to Polars where there is
such work. Polars writes and reads its own zstd file of ts, sid and the five numbers::

    python tests/benchmarks/catalog.py --rows 10000000
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from workbench.market.adjustments import no_actions
from workbench.market.assets import Asset
from workbench.market.bars import BARS, Bars
from workbench.market.catalog import Catalog

__all__ = ["main", "minutes"]

ASSETS, ROUNDS, SEED, MANY = 100, 5, 7, 10_000
FIRST = np.datetime64("2020-01-01T00:00", "us")
MINUTE = np.timedelta64(60_000_000, "us")


def minutes(rows: int) -> pl.DataFrame:
    """Minute bars in whole cents around the clock, the same times for every asset."""
    each = rows // ASSETS
    opened = FIRST + np.arange(each) * MINUTE
    times = pl.DataFrame({"open_time": opened, "time": opened + MINUTE}).with_columns(
        pl.all().dt.replace_time_zone("UTC"), session=pl.Series(opened.astype("datetime64[D]"))
    )
    return pl.concat([_walk(times, f"A{i:03}", i) for i in range(ASSETS)]).rechunk()


def _walk(times: pl.DataFrame, name: str, number: int) -> pl.DataFrame:
    draw = np.random.default_rng((SEED, number)).standard_normal((times.height, 4))
    close = 100 * np.exp(np.cumsum(draw[:, 0] * 0.0004))
    opened = np.concatenate(([100.0], close[:-1])) * np.exp(draw[:, 1] * 0.00008)
    high = np.maximum(opened, close) * np.exp(np.abs(draw[:, 2]) * 0.0002)
    low = np.minimum(opened, close) * np.exp(-np.abs(draw[:, 3]) * 0.0002)
    columns = {"open": opened, "high": high, "low": low, "close": close}
    table = {key: np.maximum(np.round(values, 2), 0.01) for key, values in columns.items()}
    volume = np.floor(5_000 + 20_000 * np.abs(draw[:, 1]))
    return times.with_columns(asset=pl.lit(name), **table, volume=volume).select(BARS.names())


def bare(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows as one would keep them with Polars alone."""
    numbers = frame["asset"].cast(pl.Categorical).to_physical().cast(pl.Int32)
    return frame.select(pl.col("open_time").alias("ts"), numbers.alias("sid"), *BARS.names()[4:])


def best(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Seconds of the best round."""
    return min(_seconds(work) for _ in range(rounds))


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def turns(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int = ROUNDS) -> tuple[float, float]:
    """Best seconds of both, taking turns, so that a busy moment hurts both."""
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(rounds)]
    return min(a for a, _ in pairs), min(b for _, b in pairs)


def tell(work: str, **values: float) -> None:
    """One line."""
    print(json.dumps({"work": work, **{key: round(value, 4) for key, value in values.items()}}), flush=True)


def peak_gb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def large(folder: Path, rows: int) -> None:
    """Ingest, read all, read one month of one asset, and what it takes on the disk."""
    frame = minutes(rows)
    before = peak_gb()
    catalog = Catalog(folder / "catalog")
    seconds = _seconds(lambda: catalog.ingest(frame, every="1m"))
    tell("ingest from a frame, checked", seconds=seconds, peak_gb=peak_gb(), peak_gb_before=before)
    tell("the same again", seconds=_seconds(lambda: catalog.ingest(frame, every="1m")), peak_gb=peak_gb())
    theirs = bare(frame)
    names, path = catalog.list(), folder / "polars.parquet"
    tell("polars writes", seconds=_seconds(lambda: theirs.write_parquet(path, compression="zstd")))
    size = sum(file.stat().st_size for file in (folder / "catalog").rglob("*") if file.is_file())
    tell("size", mb=size / 1e6, ratio=size / path.stat().st_size)
    ours, polars = turns(lambda: catalog.bars(names, every="1m").frame, lambda: pl.read_parquet(path))
    tell("read all", seconds=ours, polars=polars, ratio=ours / polars)
    month = {"every": "1m", "start": "2020-02-01T00:00Z", "end": "2020-03-01T00:00Z"}
    tell("one asset, one month", ms=best(lambda: catalog.bars("A042", **month).frame, 50) * 1000)
    bare_files = Catalog(folder / "catalog", cache_mb=0)
    tell("one asset, one month, no cache", ms=best(lambda: bare_files.bars("A042", **month).frame, 50) * 1000)
    bare_files.close()
    catalog.close()


def files(folder: Path, rows: int) -> None:
    """One CSV file of everything into a new catalog, beside Polars that reads it and writes what it read."""
    path = folder / "prices.csv"
    minutes(rows).drop("time", "session").write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    catalog = Catalog(folder / "from_csv")

    def polars(dates: bool) -> None:
        pl.read_csv(path, try_parse_dates=dates).write_parquet(folder / "theirs.parquet", compression="zstd")

    ours = _seconds(lambda: catalog.ingest("csv", path=path, every="1m"))
    plain, dated = _seconds(lambda: polars(False)), _seconds(lambda: polars(True))
    tell("csv", seconds=ours, polars=plain, ratio=ours / plain, ratio_with_dates=ours / dated)
    catalog.close()


def many(folder: Path) -> None:
    """Ten thousand assets with a month of days each: open, find, list."""
    days = np.datetime64("2024-01-01", "D") + np.arange(30)
    opened = days.astype("datetime64[us]")
    times = pl.DataFrame({"open_time": opened, "time": opened + 1440 * MINUTE}).with_columns(
        pl.all().dt.replace_time_zone("UTC"), session=pl.Series(days)
    )
    rows = pl.concat([times.with_columns(asset=pl.lit(f"A{i:05}")) for i in range(MANY)])
    frame = rows.with_columns(open=10.0, high=12.0, low=9.0, close=11.0, volume=100.0).select(BARS.names())
    assets = tuple(Asset(f"A{i:05}", price_digits=2) for i in range(MANY))
    bars = Bars(frame, no_actions(), assets, "1d", "benchmark", synthetic=True)
    with_all = Catalog(folder / "many")
    tell("10,000 assets: ingest", seconds=_seconds(lambda: with_all.ingest(bars)))
    with_all.close()
    catalog = Catalog(folder / "many")
    tell("10,000 assets: open", ms=_seconds(lambda: "A00001" in catalog) * 1000)
    tell("10,000 assets: find", ms=best(lambda: catalog.assets.find("a05000")) * 1000)
    tell("10,000 assets: list", ms=best(catalog.list) * 1000)
    tell("10,000 assets: one of them", ms=best(lambda: catalog["A05000"].frame) * 1000)
    catalog.close()


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with TemporaryDirectory() as folder:
        large(Path(folder), rows)
        files(Path(folder), rows)
        many(Path(folder))


if __name__ == "__main__":
    main()
