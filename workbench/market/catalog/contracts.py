"""The contracts of a future that a catalog holds bars of.

The one idea: what is known but not held, such as contracts still to come, does not stand in the way of a series.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import UnknownAssetError
from workbench.market.catalog.assets import futures_of
from workbench.market.catalog.query import lengths

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["contracts"]


def contracts(connection: Connection, root: str) -> list[str]:
    """Names of the contracts of a root, in order of expiry.

    Raises:
        UnknownAssetError: there is no such root, or no bars of it.
    """
    known = dict(futures_of(connection, root).select("id", "asset").iter_rows())
    held = lengths(connection, list(known))
    if not any(held.values()):
        raise UnknownAssetError(f"no bars of futures of {root!r}; catalog.ingest(...) brings some")
    return [name for number, name in known.items() if held[number]]
