"""Sessions and times as users write them.

The one idea: a bare date is that session, a time has a zone, and nothing else is a moment.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from workbench.errors import TimeError

__all__ = ["moment"]

BARE_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def moment(what: str, given: object) -> date | datetime:
    """A session's date or an aware time, read from what a user may write.

    Raises:
        TimeError: anything else, with the right spelling.

    Example:
        >>> moment("since", "2024-02-29")
        datetime.date(2024, 2, 29)
    """
    value = _parsed(what, given) if isinstance(given, str) else given
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TimeError(f"{what}={given!r} is naive; add its zone, '{value.isoformat()}+00:00', or give a date")
        return value
    if isinstance(value, date):
        return value
    raise TimeError(f"{what}={given!r}: give a date ('2024-02-29' is that session) or an aware datetime")


def _parsed(what: str, text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if BARE_DATE.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeError(f"{what}={text!r} cannot be read; write '2024-02-29' or '2024-02-29T15:30+00:00'") from error
