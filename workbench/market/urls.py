"""The URL of a database as it may be told.

The one idea: user, password and query stay out, for each of them can hold a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["shown"]


def shown(url: URL) -> str:
    """Driver, host, port and database.

    Example:
        >>> from sqlalchemy import make_url
        >>> shown(make_url("postgresql+pg8000://me@host:5432/prices?sslkey=hidden"))
        'postgresql+pg8000://host:5432/prices'
    """
    told = url.create(url.drivername, host=url.host, port=url.port, database=url.database)
    return told.render_as_string()
