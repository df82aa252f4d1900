"""Which stretches of time a catalog holds of each asset, with the gaps, as a table and a picture.

The one idea: what is held and what the calendar expects are both counted by session; the picture divides the one by the
other in stretches of equal length. Before the first bar of an asset and after its last one, nothing is expected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from workbench.market.calendars import Calendar
from workbench.market.catalog.index import found
from workbench.market.catalog.query import chosen_assets, lengths
from workbench.market.catalog.shown import Lane, Page, Shown
from workbench.market.clock import every_us, is_span
from workbench.market.periods import LONG, period_of

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from workbench.market.catalog.reader import Files

__all__ = ["Coverage", "counted", "coverage", "covered"]

STRETCHES: Final = 240
TOGETHER: Final = 100  # assets that are counted at once, so that memory stays bounded
TIMES: Final = ("asset", "open_time", "time", "session")
COUNTS: Final = pl.Schema(
    {"asset": pl.String(), "session": pl.Date(), "bars": pl.Int64(), "due": pl.Int64(), "every": pl.String()}
)
COLUMNS: Final = ("asset", "every", "bars", "missing", "first", "last")


@dataclass(frozen=True, eq=False, repr=False)
class Coverage(Shown):
    """What is held, by asset and length.

    `frame` has a row for each asset and length: asset, every, bars, missing (by the calendar, between first and last),
    first and last (sessions). `shares` has the part of the expected bars that is held in each stretch of time: asset,
    every, stretch (0 to 239, from the earliest session to the latest), share.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", every="1d", n=10).frame[[0, 1, 4, 9]]
        >>> covered([counted(bars, "1d", "24/7")]).frame["missing"].to_list()
        [6]
    """

    frame: pl.DataFrame
    shares: pl.DataFrame

    @property
    def missing(self) -> int:
        """Number of missing bars of all assets and lengths."""
        return int(self.frame["missing"].sum())

    def _page(self) -> Page:
        series, assets = self.frame.height, self.frame["asset"].n_unique()
        if not series:
            return Page("Coverage: no bars are held")
        gaps = f"{self.missing:,} bars missing" if self.missing else "no bars missing"
        whose = f"{assets:,} asset{'' if assets == 1 else 's'}"
        title = f"Coverage: {self.frame['bars'].sum():,} bars of {whose}, {gaps}"
        ends = str(self.frame["first"].min()), str(self.frame["last"].max())
        return Page(f"{title}, {ends[0]} to {ends[1]}", lanes=_lanes(self), span=ends)


def _lanes(coverage: Coverage) -> tuple[Lane, ...]:
    shares = coverage.shares.group_by("asset", "every", maintain_order=True).agg("stretch", "share")
    found = {(asset, every): dict(zip(at, share, strict=True)) for asset, every, at, share in shares.iter_rows()}
    lanes = []
    for asset, every, bars, missing, first, last in coverage.frame.select(COLUMNS).iter_rows():
        held = found[asset, every]
        about = f"{bars:,} bars, {missing:,} missing, {first} to {last}"
        lanes.append(Lane(f"{asset} {every}", about, tuple(held.get(i) for i in range(STRETCHES))))
    return tuple(lanes)


def coverage(connection: Connection, files: Files, assets: object, every: str | None) -> Coverage:
    """What is held of some assets; see `Catalog.coverage`."""
    chosen, _ = chosen_assets(connection, assets)
    held = lengths(connection, list(chosen))
    wanted = [(number, each) for number in chosen for each in held[number] if every in (None, each)]
    groups: dict[tuple[str, str], list[int]] = {}
    for number, each in wanted:
        groups.setdefault((each, chosen[number].calendar), []).append(number)
    counts = []
    for (each, calendar), numbers in groups.items():
        for i in range(0, len(numbers), TOGETHER):
            spans = found(connection, numbers[i : i + TOGETHER], "bars", each)
            flat = [span for number in numbers[i : i + TOGETHER] for span in spans[number]]
            counts.append(counted(files.frame(flat, TIMES), each, calendar))
    return covered(counts)


def counted(rows: pl.DataFrame, every: str, calendar: str) -> pl.DataFrame:
    """Bars held and expected of each asset and session.

    Args:
        rows: asset, open_time, time and session of bars, in `BARS` order; their assets have one calendar.
        every: the length of the bars.
        calendar: the name of that calendar.

    Returns:
        Frame of asset, session, bars, due, every; due is 0 where the calendar has no session.

    Example:
        >>> from workbench.market import simulate
        >>> counted(simulate.bars("X", every="1h", n=36).frame, "1h", "24/7").select("bars", "due").rows()
        [(24, 24), (12, 12)]
    """
    held = rows.group_by("asset", "session", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("bars"))
    if not is_span(every) and every not in LONG:
        return held.with_columns(due="bars", every=pl.lit(every)).select(COUNTS.names())
    ends = rows.group_by("asset", maintain_order=True).agg(
        pl.col("open_time").first().alias("opened"),
        pl.col("time").last().alias("ended"),
        pl.col("session").first().alias("first"),
        pl.col("session").last().alias("last"),
    )
    due = _expected(ends, every, Calendar(calendar))
    both = held.join(due, on=["asset", "session"], how="full", coalesce=True, maintain_order="left_right")
    return both.with_columns(pl.col("bars", "due").fill_null(0), every=pl.lit(every)).select(COUNTS.names())


def _expected(ends: pl.DataFrame, every: str, calendar: Calendar) -> pl.DataFrame:
    """Bars that the calendar expects of each asset and session, from the first bar of the asset to its last."""
    span: tuple[date, date] = (ends["first"].min(), ends["last"].max())  # type: ignore[assignment]
    one = pl.lit(1, pl.Int64)
    within = pl.col("session").is_between("first", "last")
    if every in LONG:
        days = calendar.table(*span).join(ends, how="cross").filter(within)
        last = days.group_by("asset", period_of(every).alias("period")).agg(pl.col("session").max())
        return last.select("asset", "session", due=one)
    if every == "1d":
        return calendar.table(*span).join(ends, how="cross").filter(within).select("asset", "session", due=one)
    grid = calendar.parts(*span).join(ends, how="cross").filter(within)
    opens, closes = pl.max_horizontal("open_time", "opened"), pl.min_horizontal("time", "ended")
    length = (closes.cast(pl.Int64) - opens.cast(pl.Int64)).clip(lower_bound=0)
    step = every_us(every)
    due = ((length + step - 1) // step).sum().alias("due")
    return grid.group_by("asset", "session").agg(due)


def covered(counts: list[pl.DataFrame]) -> Coverage:
    """The Coverage of what was counted, in order.

    Example:
        >>> covered([]).frame.height
        0
    """
    table = pl.concat([COUNTS.to_frame(), *(count.select(COUNTS.names()) for count in counts)])
    held = pl.col("session").filter(pl.col("bars") > 0)
    lacks = (pl.col("due") - pl.col("bars")).clip(lower_bound=0).sum()
    series = table.group_by("asset", "every", maintain_order=True)
    frame = series.agg(pl.col("bars").sum(), missing=lacks, first=held.min(), last=held.max()).select(COLUMNS)
    return Coverage(frame, _shares(table))


def _shares(table: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("session").to_physical().cast(pl.Int64)
    stretch = (day - day.min()) * STRETCHES // (day.max() - day.min() + 1)
    held = pl.min_horizontal("bars", "due").sum() / pl.col("due").sum()
    due = table.filter(pl.col("due") > 0).with_columns(stretch.alias("stretch"))
    return due.group_by("asset", "every", "stretch", maintain_order=True).agg(held.alias("share"))
