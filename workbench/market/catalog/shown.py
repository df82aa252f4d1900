"""How what a catalog says of itself looks: a title, a table and lanes of time, as plain text and in a notebook.

The one idea: a value says what is to be shown as one `Page`; the text and the HTML are made from that page alone, so
they tell the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

from workbench.market.aligned import aligned

__all__ = ["Lane", "Page", "Shown", "many", "page_bundle", "page_text"]

ROWS_MAX: Final = 40
BLOCKS: Final = 60
BLOCKS_MIN: Final = 10
MARKS: Final = {"none": "·", "some": "▄", "full": "█"}


@dataclass(frozen=True, slots=True)
class Lane:
    """How much of each stretch of time is held: a number from 0 to 1, or None where nothing is expected."""

    name: str
    about: str
    shares: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What is to be shown; the first column of `rows` names its row, `span` is what the lanes reach over."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    lanes: tuple[Lane, ...] = ()
    span: tuple[str, str] = ("", "")


class Shown(ABC):
    """A value that shows itself as its page."""

    @abstractmethod
    def _page(self) -> Page:
        """What is to be shown."""

    def text(self, width: int | None = None) -> str:
        """As `repr`, for a terminal so many characters wide; pictures shrink to fit, tables do not."""
        return page_text(self._page(), width)

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return page_bundle(self._page())


def many(count: int, what: str) -> str:
    """A number of things.

    Example:
        >>> many(1, "file"), many(2_000, "file")
        ('1 file', '2,000 files')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def page_bundle(page: Page) -> dict[str, str]:
    """A page as a notebook takes it.

    Example:
        >>> sorted(page_bundle(Page("Two")))
        ['text/html', 'text/plain']
    """
    from workbench.views.catalog import page_html

    return {"text/plain": page_text(page), "text/html": page_html(page)}


def page_text(page: Page, width: int | None = None) -> str:
    """A page as plain text, its lanes no wider than `width`.

    Example:
        >>> print(page_text(Page("Two", ("asset", "bars"), (("AAPL", "3"), ("X", "12")), ("mind the gap",))))
        ! mind the gap
        Two
        asset  bars
        AAPL      3
        X        12
    """
    lines = [*(f"! {note}" for note in page.notes), page.title]
    if page.rows:
        lines += aligned([page.columns, *page.rows[:ROWS_MAX]])
    if page.lanes:
        lines += _pictured(page.lanes[:ROWS_MAX], width)
    rest = max(len(page.rows), len(page.lanes)) - ROWS_MAX
    return "\n".join([*lines, f"... and {rest:,} more"] if rest > 0 else lines)


def _pictured(lanes: tuple[Lane, ...], width: int | None) -> list[str]:
    """A line for each lane; where there is no room for all of it, a second one for what is said about it."""
    name, about = (max(len(text) for text in texts) for texts in zip(*((a.name, a.about) for a in lanes), strict=True))
    room = BLOCKS if width is None else width - name - 2
    apart = room - about - 2 < BLOCKS_MIN and width is not None
    count = min(BLOCKS, max(room if apart or width is None else room - about - 2, BLOCKS_MIN))
    rest = "\n" + " " * (name + 2) if apart else "  "
    return [f"{lane.name:<{name}}  {_blocks(lane.shares, count)}{rest}{lane.about}" for lane in lanes]


def _blocks(shares: tuple[float | None, ...], count: int) -> str:
    """One mark for several stretches: what is missing shows, however short it is."""
    size = max(len(shares) / count, 1.0)
    cuts = [shares[int(i * size) : max(int((i + 1) * size), int(i * size) + 1)] for i in range(min(count, len(shares)))]
    return "".join(_mark([share for share in cut if share is not None]) for cut in cuts)


def _mark(known: list[float]) -> str:
    if not known:
        return " "
    if min(known) >= 1:
        return MARKS["full"]
    return MARKS["some"] if max(known) > 0 else MARKS["none"]
