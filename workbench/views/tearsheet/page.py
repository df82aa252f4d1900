"""The page of a tearsheet.

The one idea: plain HTML with inline SVG, without script and without anything fetched, so that the file is whole, and
the same run always gives the same bytes. Sections are chosen by radio buttons that the style sheet reads; where styles
are cut, or on paper, all of them stand one below the other. In a notebook the same body follows the notebook's theme.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Final, NamedTuple

from workbench.views.charts import KEPT_KEYS
from workbench.views.run_view import RunView
from workbench.views.summary import assets, counts, money, notes, span
from workbench.views.tearsheet.costs import costs
from workbench.views.tearsheet.explained import explained
from workbench.views.tearsheet.exposure import exposure
from workbench.views.tearsheet.facts import Facts
from workbench.views.tearsheet.overview import overview
from workbench.views.tearsheet.provenance import data, footer
from workbench.views.tearsheet.returns import returns
from workbench.views.tearsheet.risk import risk
from workbench.views.tearsheet.trades import trades
from workbench.views.theme import framed, page_style, style

__all__ = ["SECTIONS", "fragment", "render"]


class Section(NamedTuple):
    """A part of the page: what programs call it, its title, and what makes its content."""

    name: str
    title: str
    made: Callable[[Facts], str]


SECTIONS: Final = (
    Section("overview", "Overview", overview),
    Section("returns", "Returns", returns),
    Section("risk", "Risk", risk),
    Section("trades", "Trades", trades),
    Section("exposure", "Exposure", exposure),
    Section("costs", "Costs", costs),
    Section("explain", "Explain", explained),
    Section("data", "Data", data),
)
ALL: Final = Section("all", "All", lambda facts: "")


def render(facts: Facts) -> str:
    """The tearsheet as a stand-alone HTML page.

    Returns:
        A whole document: no script, nothing fetched, light or dark as the reader's system asks.
    """
    title = escape(f"{facts.run.name}: {span(facts.run)}")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title>{page_style('tearsheet')}</head>\n"
        f'<body class="wb-page"><main>{_body(facts)}</main></body></html>\n'
    )


def fragment(facts: Facts) -> str:
    """The same body for a notebook's output, in the notebook's colours."""
    return style("tearsheet") + _body(facts)


def _body(facts: Facts) -> str:
    run = facts.run
    parts = "".join(_part(section, facts) for section in SECTIONS)
    # Radio buttons belong to the form around them, so two tearsheets of a notebook do not switch each other; a form
    # of this method that is in no dialog sends nothing anywhere.
    inside = f'{_header(run)}{notes(run.notices)}<form method="dialog">{_tabs()}{parts}</form>{footer(run)}'
    return framed(f'<article class="wb wb-sheet">{inside}</article>', run.mode)


def _tabs() -> str:
    shown = "".join(
        f'<label><input type="radio" name="section" value="{section.name}" {KEPT_KEYS}'
        f"{' checked' if at == 0 else ''}>"
        f"<span>{section.title}</span></label>"
        for at, section in enumerate((*SECTIONS, ALL))
    )
    return f'<fieldset class="wb-tabs"><legend>Sections</legend>{shown}</fieldset>'


def _part(section: Section, facts: Facts) -> str:
    inside = f"<h2>{section.title}</h2>{section.made(facts)}"
    return f'<section class="wb-part" data-part="{section.name}" aria-label="{section.title}">{inside}</section>'


def _header(run: RunView) -> str:
    total = run.metrics.total_return
    tone = "" if total is None else "wb-up" if total >= 0 else "wb-down"
    gain = "" if total is None else f"{total:+,.2%}"
    return (
        f'<header><div><h1>{escape(run.name)}</h1><p class="wb-sub">{escape(assets(run.bars))}<br>'
        f'{escape(span(run))}, {escape(counts(run))}</p></div><div class="wb-result">'
        f'<strong class="{tone}">{gain}</strong><p class="wb-sub">{escape(money(run.deposits, run.currency))} became '
        f"{escape(money(run.final_equity, run.currency))}</p></div></header>"
    )
