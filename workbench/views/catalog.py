"""What a notebook shows of a catalog: tables, and lanes of time in which gaps stand out.

The one idea: a lane is a row of runs of equal state, so a picture of five hundred assets is a few thousand rectangles;
lanes get thinner as there are more, and names are left out before they overlap.
"""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Final

from workbench.views.theme import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.market.catalog.shown import Lane, Page

__all__ = ["lanes_svg", "page_html"]

ROWS_MAX: Final = 100
LANES_MAX: Final = 1_000
HEIGHT: Final = 1_100  # pixels that many lanes share
LANE: Final = (2.0, 20.0)  # thinnest and thickest lane in pixels
LABEL: Final = 13.0  # pixels that a name needs
LEFT, RIGHT, WIDTH, TOP = 130, 10, 900, 22
FALLBACK: Final = {"full": "#2563c9", "some": "#b06a00", "none": "#c2412d"}
FILLS: Final = {"full": "var(--wb-accent,#2563c9)", "some": "var(--wb-warn,#b06a00)", "none": "var(--wb-loss,#c2412d)"}
MEANING: Final = {"full": "complete", "some": "some missing", "none": "all missing"}


def page_html(page: Page) -> str:
    """A page as self-contained HTML that follows the notebook's theme.

    Example:
        >>> from workbench.market.catalog.shown import Page
        >>> "<td>3</td>" in page_html(Page("One", ("asset", "bars"), (("AAPL", "3"),)))
        True
    """
    notes = "".join(f'<p class="wb-note" role="note">{escape(note)}</p>' for note in page.notes)
    title = f'<p class="wb-sub" style="color:inherit">{escape(page.title)}</p>'
    table = _table(page) if page.rows else ""
    picture = _picture(page) if page.lanes else ""
    return f'{style()}<div class="wb">{notes}{title}{table}{picture}</div>'


def _table(page: Page) -> str:
    head = "".join(f'<th scope="col"{_text(i)}>{escape(name)}</th>' for i, name in enumerate(page.columns))
    rows = "".join(f"<tr>{_cells(row)}</tr>" for row in page.rows[:ROWS_MAX])
    table = f'<table class="wb-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="wb-scroll">{table}</div>{_rest(len(page.rows) - ROWS_MAX)}'


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<td{_text(i)}>{escape(text)}</td>" for i, text in enumerate(row))


def _text(index: int) -> str:
    return "" if index else ' class="wb-text"'


def _rest(count: int) -> str:
    return f'<p class="wb-sub">... and {count:,} more</p>' if count > 0 else ""


def _picture(page: Page) -> str:
    legend = " ".join(
        f'<span style="display:inline-block;width:10px;height:10px;background:{FILLS[state]};margin:0 4px 0 12px">'
        f"</span>{text}"
        for state, text in MEANING.items()
    )
    drawn = lanes_svg(page.lanes[:LANES_MAX], page.span, page.title)
    return f'<div class="wb-scroll">{drawn}</div><p class="wb-sub">{legend}</p>{_rest(len(page.lanes) - LANES_MAX)}'


def lanes_svg(lanes: Sequence[Lane], span: tuple[str, str], label: str) -> str:
    """Lanes below each other as an SVG, from span[0] at the left to span[1] at the right.

    Example:
        >>> from workbench.market.catalog.shown import Lane
        >>> lanes_svg([Lane("AAPL 1d", "", (1.0, 1.0, 0.0, 1.0))], ("2020", "2024"), "Coverage").count("<rect")
        3
    """
    tall = max(LANE[0], min(LANE[1], HEIGHT / max(len(lanes), 1)))
    every = max(1, round(LABEL / tall + 0.499))
    drawn = "".join(_lane(lane, TOP + i * tall, tall, named=i % every == 0) for i, lane in enumerate(lanes))
    height = TOP + tall * len(lanes) + 6
    ends = f"{_word(LEFT, 14, span[0], 'start')}{_word(WIDTH - RIGHT, 14, span[1], 'end')}"
    box = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    title = escape(label)
    return f'<svg class="wb-lanes" role="img" aria-label="{title}" {box}><title>{title}</title>{ends}{drawn}</svg>'


def _lane(lane: Lane, y: float, tall: float, *, named: bool) -> str:
    gap = 4.0 if tall > 12 else 1.0 if tall > 4 else 0.0
    step = (WIDTH - LEFT - RIGHT) / max(len(lane.shares), 1)
    runs, at = [], 0
    for state, group in groupby(_bridged([_state(share) for share in lane.shares])):
        count = len(list(group))
        if state:
            runs.append(_rect(state, LEFT + at * step, y, max(count * step, 1.0), tall - gap))
        at += count
    about = escape(f"{lane.name}: {lane.about}")
    name = _word(LEFT - 8, y + (tall - gap) / 2 + 4, lane.name, "end") if named else ""
    return f"<g><title>{about}</title>{name}{''.join(runs)}</g>"


def _bridged(states: list[str]) -> list[str]:
    """A stretch in which nothing is due, such as a weekend, looks like the one before it; the ends stay empty."""
    known = [i for i, state in enumerate(states) if state]
    within = range(known[0], known[-1]) if known else range(0)
    for i in within:
        states[i] = states[i] or states[i - 1]
    return states


def _state(share: float | None) -> str:
    if share is None:
        return ""
    return "full" if share >= 1 else "some" if share > 0 else "none"


def _rect(state: str, x: float, y: float, wide: float, tall: float) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
    return f'<rect {where} fill="{FALLBACK[state]}" style="fill:{FILLS[state]}"/>'


def _word(x: float, y: float, text: str, anchor: str) -> str:
    shown = text if len(text) <= 20 else f"{text[:19]}…"
    where = f'x="{x:.0f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {where} font-size="11" fill="#5a6675" style="fill:var(--wb-dim,#5a6675)">{escape(shown)}</text>'
