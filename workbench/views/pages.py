"""Pages that stand alone: one file of HTML with all that it needs, written where a user says.

The one idea: a page takes its colours from the reader's system and fetches nothing.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from workbench.errors import StorageError
from workbench.views.theme import page_style

__all__ = ["head", "written_to"]


def head(title: str, *sheets: str) -> str:
    """Everything before the body: language, title, and the styles of a page with these further sheets.

    Example:
        >>> "<title>A &lt; B</title>" in head("A < B", "replay")
        True
    """
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{page_style(*sheets)}</head>'
    )


def written_to(place: Path, page: str, what: str) -> Path:
    """Write a page and return its path.

    Raises:
        StorageError: the file cannot be written.
    """
    try:
        place.write_text(page, "utf-8")
    except OSError as error:
        raise StorageError(f"{what} cannot be written to {place}: {error}") from error
    return place
