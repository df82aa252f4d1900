"""Everything of a Zipline bundle, taken into a catalog: bars, splits and dividends, assets with their symbols.

The one idea: bars come in as from any source, batch by batch, so that a migration that was stopped goes on where it
was; then the assets are told what the bundle knows of them. What the catalog knew of an asset before holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from workbench._types import Notice
from workbench.errors import WorkbenchError
from workbench.market.adapters.bcolz import STEPS, Bcolz
from workbench.market.assets import Asset, with_attributes
from workbench.market.catalog import registry
from workbench.market.catalog.feeding import Feeding
from workbench.market.catalog.symbols import tell

if TYPE_CHECKING:
    from datetime import date

    from workbench.market.adapters.bundles import Listed
    from workbench.market.catalog.database import Database
    from workbench.market.catalog.report import IngestReport

__all__ = ["migrated"]

Progress = Callable[[int, int], None]
HOME: Final = ("US", None)  # countries whose prices are in dollars, and exchanges of which none is known
MONTHS: Final = "FGHJKMNQUVXZ"  # the letters of the months in the symbols of futures
CONTRACT: Final = re.compile(rf"([{MONTHS}])(\d\d)")


@dataclass(frozen=True, slots=True)
class _Made:
    """An asset as it is known from now on, and what could not be kept of it."""

    asset: Asset
    notices: tuple[Notice, ...] = ()


def migrated(
    database: Database, folder: Path, bundle: Bcolz, currency: str | None, policy: str, progress: Progress | None
) -> IngestReport:
    """Take in all of a bundle; see `Catalog.migrate`."""
    options = {"calendar": bundle.calendar_name, "currency": currency or "USD", "policy": policy}
    report = _bars(database, folder, bundle, options, progress or (lambda done, total: None))
    listings = [bundle.listing(str(name)) for name in bundle.assets()]
    told = _assets(database, listings, Asset("any", calendar=options["calendar"], currency=options["currency"]))
    abroad = () if currency else _abroad(listings)
    return replace(report, notices=(*report.notices, *told, *abroad))


def _bars(
    database: Database, folder: Path, bundle: Bcolz, options: Mapping[str, Any], progress: Progress
) -> IngestReport:
    """Daily bars, then those of minutes, each with the actions of their assets."""
    held = {every: names for every in STEPS if (names := bundle.holding(every))}
    reports: list[IngestReport] = []
    for every, names in held.items():
        before, total = sum(len(held[r.every]) for r in reports), sum(map(len, held.values()))

        def tell(done: int, _: int, before: int = before, total: int = total) -> None:
            progress(before + done, total)

        feeding = Feeding(database, folder, every, options, redigit=True)
        reports.append(feeding.source(bundle, names, None, None, refresh=False, progress=tell))
    first, *rest = reports
    return replace(sum(rest, first), every=", ".join(held))


def _assets(database: Database, listings: Sequence[Listed], plain: Asset) -> tuple[Notice, ...]:
    """Tell the assets what the bundle knows of them, in one transaction; those without any bar become known too."""
    newest = max((each.last for each in listings if each.last is not None), default=None)
    with database.writing() as connection:
        known = registry.load(connection, [each.name for each in listings])
        made = [_made(known[e.name][1] if e.name in known else _named(e.name, plain), e, newest) for e in listings]
        numbers = registry.put_all(connection, [one.asset for one in made])
        notices = [notice for one in made for notice in one.notices]
        for number, one, each in zip(numbers, made, listings, strict=True):
            if each.symbols and not tell(connection, number, one.asset, _borne(one.asset, each)):
                notices.append(_otherwise(each))
    return tuple(notices)


def _named(name: str, plain: Asset) -> Asset:
    return Asset(name, **plain.attributes())  # type: ignore[arg-type]


def _made(asset: Asset, listed: Listed, newest: date | None) -> _Made:
    """What is not known of an asset yet, as the bundle has it."""
    ended = listed.last if newest is not None and listed.last is not None and listed.last < newest else None
    told = {"exchange": listed.exchange, "first": listed.first, "last": ended}
    terms: dict[str, Any] = {key: value for key, value in told.items() if getattr(asset, key) is None}
    if listed.kind == "future" and asset.kind == "equity":
        terms |= _contract(asset, listed)
    try:
        return _Made(with_attributes(asset, **terms))
    except WorkbenchError as error:
        text = f"{asset}: what the bundle says of it was left out: {error}"
        return _Made(asset, (Notice("assets", 1, text, "tell it by hand: catalog.assets.add(wb.Asset(...))"),))


def _contract(asset: Asset, listed: Listed) -> dict[str, Any]:
    """The terms of a future; a notice day after the expiry is none that an Asset has."""
    late = listed.notice is not None and listed.expiry is not None and listed.notice > listed.expiry
    terms = {
        "kind": "future",
        "root": listed.root,
        "month": _month(listed),
        "expiry": listed.expiry,
        "multiplier": None if listed.multiplier is None else str(listed.multiplier),
        "first_notice": None if late else listed.notice,
    }
    return {**terms, **_step(asset, listed.tick_size)}


def _month(listed: Listed) -> str | None:
    """The month in a symbol such as CLN12, whose contract expires in June; else that of the expiry."""
    if listed.expiry is None:
        return None
    found = CONTRACT.fullmatch(listed.name.removeprefix(listed.root or ""))
    if found is None:
        return f"{listed.expiry:%Y-%m}"
    years = (century + int(found[2]) for century in (1900, 2000, 2100))
    year = min(years, key=lambda year: abs(year - listed.expiry.year))  # type: ignore[union-attr]
    return f"{year}-{MONTHS.index(found[1]) + 1:02}"


def _step(asset: Asset, tick_size: float | None) -> dict[str, Any]:
    """The smallest change of a price, with the digits that it needs."""
    if not tick_size:
        return {}
    step = Decimal(str(tick_size)).normalize()
    digits = max(asset.price_digits, -int(step.as_tuple().exponent))
    return {"price_step": step, "price_digits": digits}


def _borne(asset: Asset, listed: Listed) -> list[tuple[str, date | None, date | None]]:
    """The symbols through time; the last one is borne for as long as the asset is traded."""
    spans = list(listed.symbols)
    spans[-1] = (*spans[-1][:2], asset.last)
    symbol, start, end = spans[0]
    spans[0] = (symbol, start if asset.first is None else asset.first, end)
    return spans


def _otherwise(listed: Listed) -> Notice:
    told = ", ".join(f"{symbol} from {start} to {end}" for symbol, start, end in listed.symbols)
    text = f"{listed.name}: the catalog knows other symbols than the bundle ({told}) and keeps its own"
    return Notice("symbols", 1, text, f"see catalog.assets.symbols({listed.name!r})")


def _abroad(listings: Sequence[Listed]) -> tuple[Notice, ...]:
    """A bundle does not say the currency of its prices."""
    found = [each.country for each in listings if each.country not in HOME]
    if not found:
        return ()
    where = ", ".join(sorted(set(map(str, found))))
    text = f"{len(found):,} assets are listed in {where}, and their prices were taken to be in USD"
    return (Notice("currency", len(found), text, "give currency= for a catalog where they are in another one"),)
