"""The door for price data: any frame or file in, checked `Bars` out, or a refusal with row and reason.

The one idea: a frame passes four stages, each a plain function from frame to frame: columns by name (`columns`), times
(`clock`), order and checks (`quality`), digits (`digits`). Whatever is left out or changed becomes a notice.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError
from workbench.market.adjustments import checked_actions, no_actions
from workbench.market.assets import Asset
from workbench.market.bars import BARS, Bars
from workbench.market.calendars import Calendar
from workbench.market.clock import every_us, timed
from workbench.market.columns import ROW, as_polars, named
from workbench.market.digits import Draft, put_on_digits
from workbench.market.quality import cleaned, inspect, refuse_bad_rows, refuse_bad_times, weekday_remark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.market.adapters.files import Files
    from workbench.market.quality import Policy, QualityReport

__all__ = ["Request", "from_files", "from_frame"]


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller of `Bars.from_frame` said about a frame; the arguments stand there."""

    asset: str | Asset | None = None
    every: str | None = None
    calendar: str = "24/7"
    tz: str | None = None
    assets: Sequence[str | Asset] | None = None
    price_digits: int | None = None
    quantity_digits: int | None = None
    currency: str = "USD"
    policy: Policy = "fail"  # what is done with rows that cannot be true
    rules: Mapping[str, Policy] | None = None  # and with what single rules find, such as {"outlier": "drop"}
    known: Callable[[Sequence[str]], Mapping[str, Draft]] | None = None  # what some names stand for already
    inspected: Callable[[QualityReport], None] | None = None  # is told what was found before anything was mended

    @property
    def fails(self) -> bool:
        """Whether the first row that cannot be true is refused, which needs no inspection of the others."""
        return self.policy == "fail" and not self.rules


def from_files(kind: type[Files], path: str | Path, asset: str | Asset | None, options: Mapping[str, Any]) -> Bars:
    """Bars from files; see `Bars.from_csv` and `Bars.from_parquet`."""
    own = {f.name for f in fields(kind) if f.init} - {"path", "asset"}
    files = kind(path, **{name: value for name, value in options.items() if name in own})
    table = files.whole(None if asset is None else str(asset))
    rest = {name: value for name, value in options.items() if name not in own or name == "tz"}
    named_after = f"{kind.__name__.lower()} {Path(path).name}"
    bars = Bars.from_frame(table.frame, asset, **{"source": named_after, **rest})
    return replace(bars, notices=(*table.notices, *bars.notices))


def from_frame(frame: object, request: Request, *, actions: object = None, source: str | None = None) -> Bars:
    """Bars from a frame; see `Bars.from_frame`."""
    if request.every is not None:
        every_us(request.every)
    table, dropped = as_polars(frame)
    if table.is_empty():
        raise BarsError("the frame has no rows; Bars need at least one")
    table, ignored = named(table)
    table, drafts = _with_assets(table, request)
    names = tuple(draft.asset for draft in drafts)
    known = no_actions() if actions is None else checked_actions(as_polars(actions)[0], names)
    if request.fails:
        refuse_bad_rows(table)
    table = _asset_major(table, drafts)
    table, every, remarks = _timed(table, drafts, request)
    table, mended = (table, ()) if request.fails else _mended(table.select(BARS.names()), names, every, known, request)
    refuse_bad_times(table)
    table, assets, moved = put_on_digits(table.select(BARS.names()), drafts)
    notices = (
        *dropped,
        *ignored,
        *_distinct(remarks),
        *weekday_remark(table, assets, every),
        *mended,
        *moved,
        *_whole(drafts, assets),
    )
    origin = source or f"frame of {type(frame).__module__.split('.')[0]}"
    return Bars(table, known, assets, every, origin, notices=notices)


def _whole(drafts: Sequence[Draft], assets: Sequence[Asset]) -> tuple[Notice, ...]:
    """Assets whose prices were found to be whole: what is meant to be traded in cents would be rounded unseen."""
    both = zip(drafts, assets, strict=True)
    names = [str(asset) for draft, asset in both if draft.price_digits is None and asset.price_digits == 0]
    if not names:
        return ()
    listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    text = f"prices are whole numbers, so limits and stops are put on steps of 1 ({listed})"
    return (Notice("step", len(names), text, "give price_digits=2 for cents, price_digits=0 if 1 is meant"),)


def _mended(
    table: pl.DataFrame, assets: Sequence[Asset], every: str, actions: pl.DataFrame, request: Request
) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    """The rows as the policy leaves them; what cannot be a bar and is only flagged is refused afterwards."""
    report = inspect(table, assets, every, actions)
    if request.inspected is not None:
        request.inspected(report)
    made, notices = cleaned(table, report, request.policy, **(request.rules or {}))
    refuse_bad_rows(made)
    if made.is_empty():
        raise BarsError(f"no row is left: {notices[0].text if notices else report.headline}; look at the file first")
    return made, notices


def _with_assets(table: pl.DataFrame, request: Request) -> tuple[pl.DataFrame, list[Draft]]:
    """The asset column filled in, and a draft for each asset in the order wanted."""
    if request.asset is not None and request.assets is not None:
        raise ParameterError("asset= and assets= say the same; give asset= for one, assets= for several")
    if "asset" not in table.columns:
        table = table.with_columns(asset=pl.lit(str(_only_asset(request))))
    elif table["asset"].null_count() or (table["asset"] == "").any():
        row = table["asset"].is_null() | (table["asset"] == "")
        raise BarsError(f"row {row.arg_max()}: the asset is missing; fill the asset column or drop the row")
    found = table["asset"].unique(maintain_order=True).to_list()
    known = {} if request.known is None else request.known(found)
    return table, [_draft(asset, request, known) for asset in _order(found, request)]


def _only_asset(request: Request) -> str | Asset:
    given = [request.asset] if request.asset is not None else list(request.assets or [])
    if len(given) != 1:
        raise BarsError("there is no asset column: name the asset, Bars.from_frame(frame, 'AAPL'), or add the column")
    if not isinstance(given[0], str):
        raise ParameterError(f"asset={given[0]!r}: give its name, such as 'AAPL', or an Asset")
    return given[0]


def _order(found: list[str], request: Request) -> list[str | Asset]:
    """The assets of a frame in the order asked for, else as they first appear."""
    given = [request.asset] if request.asset is not None else request.assets
    if given is None:
        return list(found)
    if isinstance(given, str) or len(set(given)) < len(given):
        raise ParameterError(f"assets={given!r}: give a list of assets, each once")
    unknown, absent = sorted(set(found) - set(given)), sorted(set(given) - set(found))
    if unknown or absent:
        raise BarsError(
            f"the frame holds {', '.join(found[:10])}, but asked for was {', '.join(map(str, given))}; "
            "filter the frame first, or leave asset= and assets= out"
        )
    return list(given)


def _draft(asset: str | Asset, request: Request, known: Mapping[str, Draft]) -> Draft:
    """Digits of an Asset that is given are its own; those of a name are what the request says, or to be found."""
    if isinstance(asset, Asset):
        return Draft(asset, asset.price_digits, asset.quantity_digits)
    if asset in known:
        return known[asset]
    Calendar(request.calendar)
    price, quantity = request.price_digits, request.quantity_digits
    made = Asset(
        asset,
        price_digits=0 if price is None else price,
        quantity_digits=0 if quantity is None else quantity,
        currency=request.currency,
        calendar=request.calendar,
    )
    return Draft(made, price, quantity)


def _asset_major(table: pl.DataFrame, drafts: list[Draft]) -> pl.DataFrame:
    """Rows asset after asset in the order of the drafts, each asset's rows in the order given."""
    order = [str(d.asset) for d in drafts]
    if len(order) == 1 or table["asset"].rle().struct.field("value").to_list() == order:
        return table
    marked = table.with_row_index(ROW)
    parts = marked.partition_by("asset", as_dict=True, maintain_order=True)
    return pl.concat([parts[(name,)] for name in order])


def _timed(table: pl.DataFrame, drafts: list[Draft], request: Request) -> tuple[pl.DataFrame, str, list[Notice]]:
    """Open, close and session of every bar; assets with different calendars are timed apart."""
    calendars = list(dict.fromkeys(d.asset.calendar for d in drafts))
    if len(calendars) == 1:
        return timed(table, Calendar(calendars[0]), request.every, request.tz)
    frames: dict[str, pl.DataFrame] = {}
    every: str | None = request.every
    notices: list[Notice] = []
    for draft in drafts:
        part = table.filter(pl.col("asset") == str(draft.asset))
        frames[draft.asset], every, remarks = timed(part, Calendar(draft.asset.calendar), every, request.tz)
        notices += remarks
    return pl.concat(frames.values()), str(every), notices


def _distinct(notices: Sequence[Notice]) -> list[Notice]:
    return list(dict.fromkeys(notices))
