"""Signals that were made before the run: a frame of levels, checked once and put beside the bars.

The one idea: a row belongs to the bar of the same asset and time, and is known at that bar's close. What belongs to no
bar is refused, for it would be lost without a word; a bar without a row has no signal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from workbench.errors import BarsError, ParameterError
from workbench.market.fingerprints import frame_fingerprint

if TYPE_CHECKING:
    from workbench.market.bars import Bars

__all__ = ["WEIGHT_MAX", "Ready", "check_rows", "levels", "ready"]

TIME: Final = pl.Datetime("us", "UTC")
LEVELS: Final = ("entry", "exit")
SHORTS: Final = ("short_entry", "short_exit")
WEIGHT_MAX: Final = 1_000
EXAMPLE: Final = "asset, time (or session), entry and exit (Boolean), and weight if positions differ in size"


@dataclass(frozen=True, slots=True)
class Ready:
    """Checked levels: asset, `time` or `session`, entry, exit, and weight where sizes differ."""

    frame: pl.DataFrame = field(compare=False)
    fingerprint: str
    """SHA-256 of the frame, which stands for it wherever two are compared."""

    @property
    def largest(self) -> float:
        """The largest weight of an entry; 0 where entries have none."""
        if "weight" not in self.frame.columns:
            return 0.0
        return float(self.frame.filter(_enters(self.frame)).select(pl.col("weight").max().fill_null(0.0)).item())

    @property
    def key(self) -> str:
        """The column that finds a row's bar: "time" or "session"."""
        return self.frame.columns[1]

    def __repr__(self) -> str:
        return f"<{self.frame.height:,} rows, {self.fingerprint[:8]}>"


def ready(frame: object) -> Ready:
    """The levels of a frame, each asset and time once.

    Raises:
        ParameterError: no Polars frame, a column that is missing or unknown, a row twice, or a weight out of range.

    Example:
        >>> from datetime import date
        >>> day = {"asset": ["AAPL"], "session": [date(2012, 1, 3)]}
        >>> ready(pl.DataFrame({**day, "entry": [True], "exit": [False]})).key
        'session'
    """
    if not isinstance(frame, pl.DataFrame):
        kind = type(frame).__name__
        hint = "frame.collect()" if isinstance(frame, pl.LazyFrame) else "pl.from_pandas(frame)"
        raise ParameterError(f"signals are read from a Polars frame, got a {kind}; write {hint}")
    _check_columns(frame.columns)
    key = "time" if "time" in frame.columns else "session"
    kept = frame.select(
        _text(frame), _moments(frame, key), *(_flags(frame, name) for name in _rules(frame)), *_weights(frame)
    )
    _check_values(kept, key)
    return Ready(kept, frame_fingerprint(kept))


def _check_columns(names: list[str]) -> None:
    keys = [name for name in ("time", "session") if name in names]
    rules = (*LEVELS, *SHORTS) if set(SHORTS) & set(names) else LEVELS
    missing = [name for name in ("asset", *rules) if name not in names]
    if missing or len(keys) != 1:
        raise ParameterError(f"a frame of signals has the columns {EXAMPLE}; got {', '.join(names)}")
    unknown = [name for name in names if name not in ("asset", *keys, *rules, "weight")]
    if unknown:
        raise ParameterError(
            f"a frame of signals has no column {', '.join(unknown)}; select {EXAMPLE}, and leave out the rest"
        )


def _rules(frame: pl.DataFrame) -> list[str]:
    """The rules that it has levels of."""
    return [name for name in (*LEVELS, *SHORTS) if name in frame.columns]


def _text(frame: pl.DataFrame) -> pl.Expr:
    if frame["asset"].dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise ParameterError(f"asset holds {frame['asset'].dtype}; give the names of the assets, as in bars.frame")
    return pl.col("asset").cast(pl.String)


def _moments(frame: pl.DataFrame, key: str) -> pl.Expr:
    kind = frame[key].dtype
    if key == "session":
        if kind != pl.Date:
            raise ParameterError(f"session holds {kind}; give dates, as in bars.frame")
        return pl.col(key)
    if not isinstance(kind, pl.Datetime) or kind.time_zone is None:
        raise ParameterError(f"time holds {kind}; give times with a zone: the `time` of bars.frame, a bar's close")
    return pl.col(key).dt.convert_time_zone("UTC").cast(TIME)


def _flags(frame: pl.DataFrame, name: str) -> pl.Expr:
    if frame[name].dtype != pl.Boolean:
        raise ParameterError(f"{name} holds {frame[name].dtype}; give Booleans, as in {name}=pl.col('rsi') < 30")
    return pl.col(name).fill_null(value=False)


def _weights(frame: pl.DataFrame) -> list[pl.Expr]:
    if "weight" not in frame.columns:
        return []
    if not frame["weight"].dtype.is_numeric():
        raise ParameterError(f"weight holds {frame['weight'].dtype}; give parts of equity, such as 0.5")
    return [pl.col("weight").cast(pl.Float64)]


def _check_values(kept: pl.DataFrame, key: str) -> None:
    nulls = kept.select(pl.col("asset", key).null_count()).sum_horizontal().item()
    if nulls:
        raise ParameterError(f"{nulls:,} values of asset and {key} are missing; every row needs both")
    if twice := kept.height - kept.n_unique(["asset", key]):
        raise ParameterError(f"{twice:,} rows repeat an asset and {key}; write frame.unique(['asset', '{key}']) first")
    if "weight" in kept.columns:
        fits = pl.col("weight").is_between(0, WEIGHT_MAX, closed="right").fill_null(value=False)
        if wrong := kept.filter(_enters(kept), ~fits).height:
            raise ParameterError(
                f"{wrong:,} entries have no weight above 0 and up to {WEIGHT_MAX:,}; give each a part of equity, "
                "above 1 on a margin account only"
            )


def _enters(frame: pl.DataFrame) -> pl.Expr:
    return pl.any_horizontal(name for name in _rules(frame) if name.endswith("entry"))


def check_rows(given: Ready, bars: Bars) -> None:
    """Refuse rows that belong to no bar, and sessions that hold several.

    Raises:
        BarsError: such rows, with their number and the first of them.
    """
    place = ["asset", given.key]
    if given.key == "session" and bars.frame.n_unique(place) < bars.frame.height:
        raise BarsError(f"a session of these bars of {bars.every} holds several; give signals a time, a bar's close")
    lost = given.frame.join(_keyed(bars), on=place, how="anti")
    if lost.height:
        asset, moment = lost.select(place).row(0)
        raise BarsError(
            f"{lost.height:,} of {given.frame.height:,} rows of signals belong to no bar, "
            f"the first {asset} at {moment}; take asset and {given.key} from bars.frame"
        )


def levels(given: Ready, bars: Bars) -> list[pl.DataFrame]:
    """For each asset a row for each of its bars: entry, exit, and weight if there is one."""
    place = ["asset", given.key]
    found = _keyed(bars).join(given.frame, on=place, how="left", maintain_order="left").drop(given.key)
    parts = found.partition_by("asset", as_dict=True, include_key=False, maintain_order=True)
    filled = [
        pl.col(_rules(given.frame)).fill_null(value=False),
        *(pl.col(n).fill_null(0.0) for n in found.columns if n == "weight"),
    ]
    return [parts.get((str(asset),), found.drop("asset").clear()).select(filled) for asset in bars.assets]


def _keyed(bars: Bars) -> pl.DataFrame:
    """Asset, time and session of each bar."""
    return bars.frame.select(pl.col("asset").cast(pl.String), "time", "session")
