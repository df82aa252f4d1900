"""Frames of bars without what was found wrong: rows dropped or mended, as the caller decides, and told.

The one idea: a policy acts on the rules whose findings are errors. Warnings and notes may be true prices, so they are
left alone unless their rule is named. Missing bars are never filled in. What mending does stands in `RULES`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError
from workbench.market.calendars import Calendar
from workbench.market.columns import ROW
from workbench.market.quality.inspection import arranged, inspect
from workbench.market.quality.rules import RULES, limits_of, nearest
from workbench.market.quality.series import Values, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.market.bars import Bars
    from workbench.market.quality.report import QualityReport

__all__ = ["Policy", "clean", "cleaned", "validated"]

Policy = Literal["drop", "fix", "fail", "flag"]
POLICIES: Final = ("drop", "fix", "fail", "flag")
HOUR_US: Final = 3_600_000_000
PRICES: Final = ("open", "high", "low", "close")
ORDER: Final = ("conflict", *(name for name in RULES if name != "conflict"))  # the winner of a conflict is no copy
NO_ROW: Final = ("gap", "split", "adjusted")  # what is wrong here is no row
DROPPED: Final = (
    "missing",
    "backwards",
    "duplicate",
    "overlap",
    "holiday",
    "hours",
)  # what is mended by leaving it out


def validated(bars: Bars, limits: dict[str, Any]) -> QualityReport:
    """The report on Bars; see `Bars.validate`."""
    return inspect(bars.frame, bars.assets, bars.every, bars.actions, limits_of(limits))


def clean(bars: Bars, policy: Policy, rules: Mapping[str, Policy]) -> Bars:
    """Bars without what is wrong; see `Bars.clean`."""
    frame, notices = cleaned(bars.frame, validated(bars, {}), policy, **rules)
    return replace(bars, frame=frame, notices=(*bars.notices, *notices))


def cleaned(
    frame: pl.DataFrame, report: QualityReport, policy: Policy = "flag", **rules: Policy
) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    """The frame with the findings of its report dropped or mended.

    Args:
        frame: the frame that was inspected.
        report: what `inspect` found in it.
        policy: for rules whose findings are errors: "drop" the rows, "fix" them, "fail", or "flag": keep and tell.
        rules: a policy for a rule by its name, such as outlier="drop"; warnings and notes are flagged otherwise.

    Returns:
        The frame, sorted by asset and time unless only flagged, and notices of what was done.

    Raises:
        BarsError: a finding of a rule whose policy is "fail".
        ParameterError: an unknown policy or rule, or "fix" for a rule that cannot be mended.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", n=3)
        >>> twice = pl.concat([bars.frame, bars.frame.tail(1)])
        >>> frame, notices = cleaned(twice, inspect(twice, bars.assets, "1m"), "drop")
        >>> frame.height, notices[0].text
        (3, '1 finding was dropped: 1 duplicate')
    """
    policies = _policies(policy, rules)
    _check_failing(report, [name for name, what in policies.items() if what == "fail"])
    acting = {name: what for name, what in policies.items() if what in ("drop", "fix") and name in report.counts}
    return _acted(frame, report, acting) if acting else frame, _notices(report, policies)


def _policies(policy: object, rules: Mapping[str, object]) -> dict[str, str]:
    for name, what in {"policy": policy, **rules}.items():
        if name != "policy" and name not in RULES:
            raise ParameterError(f"{name!r} is no rule of data quality; {nearest(name, RULES)}")
        if what not in POLICIES:
            raise ParameterError(f"{name}={what!r}: give 'drop', 'fix', 'fail' or 'flag'")
        if name in RULES and what == "fix" and RULES[name].fix is None:
            raise ParameterError(f"{name}='fix': nobody can know what is right; give another policy than 'fix'")
        if name in NO_ROW and what == "drop":
            raise ParameterError(f"{name}='drop': there is no row to drop; give 'fail' or 'flag'")
    usual = {name: str(policy) if rule.severity == "error" else "flag" for name, rule in RULES.items()}
    return {**usual, **{name: str(what) for name, what in rules.items()}}


def _check_failing(report: QualityReport, failing: Sequence[str]) -> None:
    found = report.frame.filter(pl.col("rule").is_in(list(failing)))
    if found.is_empty():
        return
    first = found.row(0, named=True)
    value = "" if first["value"] is None else f" {first['value']:.15g}"
    more = f" ({found.height:,} such findings)" if found.height > 1 else ""
    raise BarsError(
        f"row {first['row']} ({first['asset']}, {first['time']}): {first['rule']}{value}, expected {first['expected']}"
        f"{more}; look at the report, or give another policy"
    )


def _acted(frame: pl.DataFrame, report: QualityReport, acting: Mapping[str, str]) -> pl.DataFrame:
    """The frame in order, with every acting rule applied to the rows of its findings."""
    timed = frame.with_row_index(ROW).filter(pl.col("open_time").is_not_null() & pl.col("time").is_not_null())
    rows = arranged(timed, report.assets).rows
    places = np.full(frame.height, -1)
    places[rows[ROW].to_numpy()] = np.arange(rows.height)
    gone, winners = np.zeros(rows.height, dtype=np.bool_), np.zeros(rows.height, dtype=np.bool_)
    for name in sorted(acting, key=ORDER.index):
        found = report.frame.filter(pl.col("rule") == name)
        at = places[found["row"].to_numpy()]
        at, spans, values = (array[at >= 0] for array in (at, found["rows"].to_numpy(), found["value"].to_numpy()))
        if name == "conflict" and acting[name] == "fix":
            copies, last = _copies(rows, at)
            gone[copies], winners[last] = True, True
        elif name == "stale":
            gone[_spanned(at + 1, spans - 1)] = True
        elif name != "unsorted" and (acting[name] == "drop" or name in DROPPED):
            gone[_spanned(at, spans)] = True
        else:
            rows = _mended(rows, name, at, spans, values, report)
        if name in ("duplicate", "conflict"):
            gone[winners] = False
    return rows.filter(~gone).drop(ROW)


def _spanned(at: Whole, rows: Whole) -> Whole:
    """All places from each one on, as many as its rows."""
    places: Whole = np.repeat(at, rows) + np.arange(rows.sum()) - np.repeat(np.cumsum(rows) - rows, rows)
    return places


def _copies(rows: pl.DataFrame, at: Whole) -> tuple[Whole, Whole]:
    """All rows of the times at some places, and the last one of each."""
    times = rows["open_time"].to_physical().to_numpy()
    names = rows["asset"].rle_id().to_numpy()
    heads = np.flatnonzero(np.concatenate(([True], (times[1:] != times[:-1]) | (names[1:] != names[:-1]))))
    group = np.unique(np.searchsorted(heads, at, side="right") - 1)
    ends = np.append(heads[1:], rows.height)[group]
    return _spanned(heads[group], ends - heads[group]), ends - 1


def _mended(
    rows: pl.DataFrame, name: str, at: Whole, spans: Whole, values: Values, report: QualityReport
) -> pl.DataFrame:
    if name == "unsorted":
        return rows
    marked = np.zeros(rows.height, dtype=np.bool_)
    marked[at] = True
    here = pl.lit(pl.Series(marked))
    if name == "ohlc":
        high, low = pl.max_horizontal(PRICES), pl.min_horizontal(PRICES)
        wide = {"high": pl.when(here).then(high).otherwise("high"), "low": pl.when(here).then(low).otherwise("low")}
        return rows.with_columns(**wide)
    if name == "volume":
        return rows.with_columns(volume=pl.when(~here).then("volume"))
    return _shifted(rows, _spanned(at, spans), np.repeat(values, spans), report)


def _shifted(rows: pl.DataFrame, at: Whole, hours: Values, report: QualityReport) -> pl.DataFrame:
    """Times moved back by whole hours, with the sessions that they then belong to."""
    shifts = np.zeros(rows.height, dtype=np.int64)
    shifts[at] = (hours * HOUR_US).astype(np.int64)
    back = pl.duration(microseconds=pl.lit(pl.Series(shifts)))
    moved = rows.with_columns(pl.col("open_time") - back, pl.col("time") - back)
    frames = []
    for asset in report.assets:
        part = moved.filter(pl.col("asset") == str(asset))
        sessions = Calendar(asset.calendar).session_of(part["open_time"])
        frames.append(part.with_columns(session=pl.coalesce(pl.Series(sessions), pl.col("session"))))
    return pl.concat(frames)


def _notices(report: QualityReport, policies: Mapping[str, str]) -> tuple[Notice, ...]:
    words = {"drop": "dropped", "fix": "mended", "flag": "kept"}
    told = []
    for what, word in words.items():
        counts = {name: n for name, n in report.counts.items() if policies[name] == what}
        total = sum(counts.values())
        if total:
            each = ", ".join(f"{n:,} {name}" for name, n in counts.items())
            text = f"{total:,} finding{' was' if total == 1 else 's were'} {word}: {each}"
            told.append(Notice("quality", total, text, "see bars.validate() of the bars before"))
    return tuple(told)
