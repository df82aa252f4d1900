"""Under which symbol an asset was traded when: FB until 2022-06-08, META from 2022-06-09 on, one asset.

The one idea: a symbol belongs to an asset for a stretch of dates, a row of `symbols`. A symbol may be borne by several
assets, one after the other or on several exchanges, so a lookup answers with one asset or with all candidates.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from sqlalchemy import delete, func, select, update

from workbench._types import Notice
from workbench.errors import ParameterError, UnknownAssetError
from workbench.market.assets import Asset
from workbench.market.catalog.registry import Borne, bear, history, load
from workbench.market.catalog.tables import assets, symbols
from workbench.market.moments import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Select

__all__ = ["Found", "day", "find", "rename", "tell"]

DAY: Final = timedelta(days=1)
CANDIDATES_MAX: Final = 10


class Found(NamedTuple):
    """An asset, its number, and what should be known of how it was found."""

    id: int
    asset: Asset
    notice: Notice | None = None


def find(connection: Connection, given: str, as_of: str | date | None = None) -> Found:
    """The asset meant by a name or a symbol, without regard to case.

    Without `as_of`: the asset of exactly that name, else of that name in other letters, else the one that bears the
    symbol today, else the only one that ever bore it (with a notice). With it: the one that bore the symbol then.

    Raises:
        UnknownAssetError: nothing is called that; the nearest names are listed.
        ParameterError: several assets may be meant; they are listed.
        TimeError: a date that cannot be read.
    """
    if not isinstance(given, str):
        raise ParameterError(f"{given!r} is no asset's name; write 'AAPL'")
    if as_of is not None:
        return _found(connection, _borne_on(connection, given, day("as_of", as_of)))
    for name in _names(connection, given):
        return _found(connection, name)
    return _by_symbol(connection, given)


def rename(connection: Connection, old: str, new: str, on: str | date) -> Asset:
    """From `on` an asset is called and traded as `new`, before as `old`; its number and its history stay.

    Where the asset is called `new` already, this tells what it was called before. Telling it twice does no harm.

    Raises:
        UnknownAssetError: no asset has one of the names.
        ParameterError: both names are assets, or the asset was not traded under that symbol then.
        TimeError: a date that cannot be read.
    """
    first, old, new = day("on", on), str(Asset(old)), str(Asset(new))  # an empty name is refused there
    known = load(connection, [old, new])
    if len(known) > 1:
        raise ParameterError(f"{old!r} and {new!r} are two assets; only one asset can change its symbol")
    if old in known:
        _later(connection, known[old][0], new, first)
        _call(connection, known[old][0], old, new)
    elif _bearers(connection, new):
        _earlier(connection, find(connection, new).id, (old, new), first)
    else:
        _unknown(connection, old)
    return find(connection, new).asset


def tell(connection: Connection, number: int, name: str, spans: Sequence[tuple[str, date | None, date | None]]) -> bool:
    """What an asset was traded under, oldest first, where no more than its name was known; whether that holds now."""
    have = [(row.symbol, row.start, row.end) for row in history(connection, number)]
    if have != list(spans):
        if [symbol for symbol, _, _ in have] != [name]:
            return False
        connection.execute(delete(symbols).where(symbols.c.asset_id == number))
        bear(connection, [Borne(number, *span) for span in spans])
    return True


def _later(connection: Connection, number: int, new: str, on: date) -> None:
    """The last symbol ends the day before; if it began on that very day, the new one takes its place."""
    row = history(connection, number)[-1]
    if not (row.start or date.min) <= on <= (row.end or date.max):
        raise ParameterError(f"on={str(on)!r}: it bears {_borne(row)}; give a date in that time")
    if row.start == on:
        _change(connection, row, symbol=new, folded=new.casefold())
    else:
        _change(connection, row, end=on - DAY)
        bear(connection, [Borne(number, new, on, row.end)])


def _earlier(connection: Connection, number: int, names: tuple[str, str], on: date) -> None:
    """The time of the new symbol before that day becomes the old one's, unless this was told already."""
    rows = history(connection, number)
    if (*names, on) in [(before.symbol, after.symbol, after.start) for before, after in pairwise(rows)]:
        return
    inside = [row for row in rows if (row.start or date.min) < on <= (row.end or date.max) and row.symbol == names[1]]
    if not inside:
        told = " and ".join(_borne(row) for row in rows)
        raise ParameterError(f"on={str(on)!r}: it bore {told}; give a date after the first of {names[1]!r}")
    _change(connection, inside[0], start=on)
    bear(connection, [Borne(number, names[0], inside[0].start, on - DAY)])


def _change(connection: Connection, row: Row[Any], **values: object) -> None:
    connection.execute(update(symbols).where(symbols.c.id == row.id).values(**values))


def _call(connection: Connection, number: int, old: str, new: str) -> None:
    """A new name for an asset, also where options say what they are on."""
    named = {"name": new, "folded": new.casefold()}
    connection.execute(update(assets).where(assets.c.id == number).values(**named))
    connection.execute(update(assets).where(assets.c.underlying == old).values(underlying=new))


def _borne(row: Row[Any]) -> str:
    return f"{row.symbol!r} from {row.start or 'its beginning'} to {row.end or 'today'}"


def day(what: str, given: str | date) -> date:
    """A date, or the date in UTC of an aware time."""
    value = moment(what, given)
    return value.date() if isinstance(value, datetime) else value


def _found(connection: Connection, name: str, notice: Notice | None = None) -> Found:
    return Found(*load(connection, [name])[name], notice)


def _names(connection: Connection, given: str) -> list[str]:
    """The one name meant: as written, else in other letters."""
    query = select(assets.c.name).where(assets.c.folded == given.casefold())
    names = list(connection.execute(query).scalars())
    if given in names:
        return [str(given)]
    if len(names) > 1:
        raise ParameterError(f"{str(given)!r} may be {' or '.join(map(repr, sorted(names)))}; write it exactly")
    return names


def _bearers(connection: Connection, given: str) -> list[Row[Any]]:
    """Everyone who ever bore a symbol, in the order of time."""
    about = (assets.c.name, assets.c.kind, assets.c.exchange, symbols.c.symbol, symbols.c.start, symbols.c.end)
    query: Select[Any] = select(*about).join(assets, assets.c.id == symbols.c.asset_id)
    rows = connection.execute(query.where(symbols.c.folded == given.casefold()))
    return sorted(rows, key=lambda row: (row.start or date.min, row.name))


def _by_symbol(connection: Connection, given: str) -> Found:
    rows = _bearers(connection, given)
    if not rows:
        _unknown(connection, given)
    if today := [row for row in rows if row.end is None]:
        return _found(connection, _only(given, today))
    name = _only(given, rows)
    text = f"{str(given)!r} was borne until {max(row.end for row in rows)} by what is {name!r} today"
    return _found(connection, name, Notice("renamed", 1, text, f"write {name!r}"))


def _borne_on(connection: Connection, given: str, on: date) -> str:
    rows = _bearers(connection, given)
    for name in [] if rows else _names(connection, given):
        return name
    if not rows:
        _unknown(connection, given)
    then = [row for row in rows if (row.start or date.min) <= on <= (row.end or date.max)]
    if not then:
        raise UnknownAssetError(f"no asset bore {str(given)!r} on {on}; it was borne by {_listed(rows)}")
    return _only(given, then)


def _only(given: str, rows: list[Row[Any]]) -> str:
    """The name of the asset of all rows, if it is one."""
    names = {str(row.name) for row in rows}
    if len(names) > 1:
        raise ParameterError(f"{str(given)!r} may be {_listed(rows)}; write the name, or give as_of=")
    return names.pop()


def _listed(rows: list[Row[Any]]) -> str:
    more = f" or {len(rows) - CANDIDATES_MAX} more" if len(rows) > CANDIDATES_MAX else ""
    return " or ".join(_candidate(row) for row in rows[:CANDIDATES_MAX]) + more


def _candidate(row: Row[Any]) -> str:
    return f"{row.name!r} ({row.kind}{f' on {row.exchange}' if row.exchange else ''}, {_borne(row)})"


def _unknown(connection: Connection, given: str) -> NoReturn:
    """Say what is near, by name and by symbol."""
    folded = set(connection.execute(select(assets.c.folded).union(select(symbols.c.folded))).scalars())
    near = get_close_matches(given.casefold(), folded, n=3, cutoff=0.5)
    if not near:
        count = connection.execute(select(func.count()).select_from(assets)).scalar_one()
        raise UnknownAssetError(f"no asset {str(given)!r} among the {count:,} here; catalog.assets.list() names them")
    query = select(assets.c.name).join(symbols, assets.c.id == symbols.c.asset_id)
    names = connection.execute(query.where(symbols.c.folded.in_(near) | assets.c.folded.in_(near))).scalars()
    raise UnknownAssetError(f"no asset {str(given)!r}; did you mean {' or '.join(map(repr, sorted(set(names))[:5]))}?")
