"""What a notebook shows when a cell ends in Bars or a Run: notices first, then the figures and the curve.

The one idea: every HTML picture has a plain twin with the same facts; both are made from the object alone, without
clock or random ids, so the same object always shows the same text.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from workbench.analytics.metrics import FIGURES, Figure, in_unit, written
from workbench.analytics.returns import session_closes
from workbench.market.adjustments import adjusted
from workbench.market.catalog.shown import many
from workbench.market.display import COLUMN_FACTS, COLUMNS, column_facts, dataset_headline, facts, headline
from workbench.views.svg import sparkblocks, sparkline
from workbench.views.theme import framed, style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from workbench._types import Notice
    from workbench.market.bars import Bars
    from workbench.market.datasets import Dataset
    from workbench.views.run_view import RunView

__all__ = [
    "assets",
    "bars_html",
    "cell",
    "cells",
    "counts",
    "dataset_html",
    "money",
    "notes",
    "run_html",
    "run_text",
    "span",
]

SHOWN: Final = (
    ("total_return", "annual_return", "volatility", "sharpe", "max_drawdown"),
    ("win_rate", "profit_factor", "exposure", "turnover", "fees"),
)
CURVE_ASSETS_MAX: Final = 12


def money(amount: Decimal | float, currency: str) -> str:
    """An amount to the cent with its currency.

    Example:
        >>> money(1234567.891, "USD")
        '1,234,567.89 USD'
    """
    return f"{amount:,.2f} {currency}"


def span(run: RunView) -> str:
    """First and last session of a run and how many there are, such as '2001-01-02 to 2013-03-01, 3,058 sessions'."""
    sessions = run.equity["session"].unique().sort()
    if sessions.is_empty():
        return "no session"
    return f"{sessions[0]} to {sessions[-1]}, {many(sessions.len(), 'session')}"


def counts(run: RunView) -> str:
    """How many fills and trades a run made, and how many trades are still open."""
    still_open = int(run.trades["open"].sum())
    tail = f" ({still_open:,} open)" if still_open else ""
    return f"{many(run.fills.height, 'fill')}, {many(run.trades.height, 'trade')}{tail}"


def assets(bars: Bars, most: int = 6) -> str:
    """Names of the assets; only the first ones where there are many."""
    names = [str(asset) for asset in bars.assets[:most]]
    rest = len(bars.assets) - most
    return ", ".join(names) + (f" and {rest} more" if rest > 0 else "") + (" (SYNTHETIC)" if bars.synthetic else "")


def run_text(run: RunView) -> str:
    """A run as plain text: notices, headline, key figures in two columns, the curve in blocks.

    The curve is of the session closes.
    """
    closes = session_closes(run.equity)["equity"].to_list()
    head = f"Run of {run.name} on {assets(run.bars)}: {span(run)}, {counts(run)}"
    final = f"{money(run.deposits, run.currency)} became {money(run.final_equity, run.currency)}"
    notices = [f"! {notice}" for notice in run.notices]
    return "\n".join([*notices, head, final, *_columns(run), f"equity  {sparkblocks(closes)}"])


def _columns(run: RunView) -> list[str]:
    """Key figures as two aligned columns of name and value."""
    left, right = ([(FIGURES[n].label, written(n, run.metrics[n])) for n in names] for names in SHOWN)
    wide = [max(len(text) for text in column) for column in zip(*left, strict=True)]
    wider = [max(len(text) for text in column) for column in zip(*right, strict=True)]
    return [
        f"{a:<{wide[0]}}  {b:>{wide[1]}}    {c:<{wider[0]}}  {d:>{wider[1]}}"
        for (a, b), (c, d) in zip(left, right, strict=True)
    ]


def run_html(run: RunView) -> str:
    """A run as self-contained HTML: notices, headline, curve and key figures."""
    closes = session_closes(run.equity)["equity"].to_list()
    curve = sparkline(closes, 640, 72, f"Equity of {run.name}")
    final = f"{money(run.deposits, run.currency)} became <b>{money(run.final_equity, escape(run.currency))}</b>"
    sub = escape(f"{assets(run.bars)}, {span(run)}, {counts(run)}")
    shown = (
        f'<div class="wb wb-run">{notes(run.notices)}<p class="wb-title">{escape(run.name)}</p>'
        f'<p class="wb-sub">{sub}<br>{final}</p><div style="margin:0 0 10px;max-width:640px">{curve}</div>'
        f'<dl class="wb-cells" style="max-width:720px">{cells(run, [n for names in SHOWN for n in names])}</dl></div>'
    )
    return style() + framed(shown, run.mode)


def notes(notices: Sequence[Notice]) -> str:
    """Notices as HTML, each with its remedy."""
    shown = (f"<b>{escape(notice.text)}</b>: {escape(notice.remedy)}" for notice in notices)
    return "".join(f'<p class="wb-note" role="note">{text}</p>' for text in shown)


def cells(run: RunView, names: Sequence[str], beside: Mapping[str, str] | None = None) -> str:
    """Key figures as cells of a description list; `beside` is plain text for under a value."""
    return "".join(_cell(name, run, (beside or {}).get(name, "")) for name in names)


def _cell(name: str, run: RunView, beside: str) -> str:
    return cell(name, FIGURES[name], run.metrics[name], run.metrics.reasons.get(name, ""), beside)


def cell(name: str, figure: Figure, value: float | int | None, why: str = "", beside: str = "", note: str = "") -> str:
    """One figure as a cell of a description list.

    Args:
        name: what programs know it by.
        figure: its label, unit and meaning.
        value: a number; None is a dash with the reason under it.
        why: the reason.
        beside: plain text for under a value without a unit of its own.
        note: HTML behind the label.
    """
    number, _, unit = in_unit(figure.unit, value).partition(" ")
    small = why or unit or beside
    tail = f" <small>{_breakable(small)}</small>" if small else ""
    shown = f"<dt>{escape(figure.label)}{note}</dt><dd>{escape(number)}{tail}</dd>"
    return f'<div class="wb-cell" data-figure="{escape(name)}" title="{escape(figure.meaning)}">{shown}</div>'


def _breakable(text: str) -> str:
    """A text whose code, such as ctx.position(asset).value, may go over to the next line at a dot or a bracket."""
    return re.sub(r"(?<=[A-Za-z)])(?=[.(][A-Za-z])", "<wbr>", escape(text))


def bars_html(bars: Bars) -> str:
    """Bars as self-contained HTML: notices, headline, a row and a small curve of closes for each asset."""
    head = "".join(f'<th scope="col"{_text(name)}>{name}</th>' for name in (*COLUMNS, "closes, adjusted for splits"))
    shown = facts(bars)
    rows = "".join(_bars_row(bars, row, i) for i, row in enumerate(shown))
    rest = len(bars.assets) - len(shown)
    more = f'<p class="wb-sub">... and {rest} more assets: bars.assets</p>' if rest > 0 else ""
    table = f'<table class="wb-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    title = f'<p class="wb-sub" style="color:inherit">{escape(headline(bars))}</p>'
    return f'{style()}<div class="wb">{notes(bars.notices)}{title}<div class="wb-scroll">{table}</div>{more}</div>'


def dataset_html(dataset: Dataset) -> str:
    """A dataset as self-contained HTML: notices, headline and a row for each column."""
    head = "".join(f'<th scope="col"{_text(name)}>{name}</th>' for name in COLUMN_FACTS)
    rows = "".join(_column_row(row) for row in column_facts(dataset))
    table = f'<table class="wb-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    title = f'<p class="wb-sub" style="color:inherit">{escape(dataset_headline(dataset))}</p>'
    return f'{style()}<div class="wb">{notes(dataset.notices)}{title}<div class="wb-scroll">{table}</div></div>'


def _column_row(row: Sequence[str]) -> str:
    data = "".join(f"<td{_text(name)}>{escape(text)}</td>" for name, text in zip(COLUMN_FACTS, row, strict=True))
    return f"<tr>{data}</tr>"


def _bars_row(bars: Bars, row: Sequence[str], index: int) -> str:
    data = "".join(f"<td{_text(name)}>{escape(text)}</td>" for name, text in zip(COLUMNS, row, strict=True))
    curve = _closes_curve(bars, row[0]) if index < CURVE_ASSETS_MAX else ""
    return f"<tr>{data}<td>{curve}</td></tr>"


def _closes_curve(bars: Bars, asset: str) -> str:
    """A small curve of closes, adjusted for splits, which would look like losses."""
    rows = bars.select(asset)
    if not len(rows):
        return ""
    closes = adjusted(rows, rows.frame["session"][-1]).frame["close"].to_list()
    return sparkline(closes, 160, 24, f"closes of {asset}, adjusted for splits")


def _text(name: str) -> str:
    return ' class="wb-text"' if name in ("asset", "column") else ""
