"""Runs side by side, as a page without script: what differs, the figures, the curves, the causes and the fills.

The one idea: a run has one colour everywhere, and a difference is green where it is the better one, whatever its sign.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final, Protocol

import polars as pl

from workbench.analytics.drawdown import drawdowns
from workbench.analytics.metrics import RANKED, cents, written
from workbench.market.catalog.shown import many
from workbench.views.charts import chart, curve, points
from workbench.views.pages import head
from workbench.views.summary import assets, notes, span
from workbench.views.svg import sparkblocks
from workbench.views.tables import heat_table, table
from workbench.views.theme import style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench._types import Notice
    from workbench.views.run_view import RunView

__all__ = ["CompareView", "compare_html", "compare_page", "compare_still", "compare_text"]

ROLES: Final = ("accent", "warn", "muted", "gain", "loss")
FILLS_MAX: Final = 12
SHEETS: Final = ("tearsheet", "compare")
BLOCKS: Final = 48


class CompareView(Protocol):
    """Runs beside each other; see `workbench.research.compare.Comparison`."""

    @property
    def runs(self) -> Mapping[str, RunView]:
        """The runs by name; the others are measured against the first."""

    @property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """The first run with each of the others."""

    @property
    def title(self) -> str:
        """What they differ by."""

    @property
    def notices(self) -> Sequence[Notice]:
        """What makes them less than comparable."""

    @property
    def is_in_money(self) -> bool:
        """Whether `equity` is in the account's currency."""

    @property
    def settings(self) -> pl.DataFrame:
        """setting, then a text for each run."""

    @property
    def frame(self) -> pl.DataFrame:
        """figure, unit, better, a value for each run, the differences."""

    @property
    def profit(self) -> pl.DataFrame:
        """cause, an amount for each run, the differences."""

    @property
    def equity(self) -> pl.DataFrame:
        """session, then a column for each run."""

    @property
    def monthly(self) -> pl.DataFrame:
        """year, month, a return for each run, the differences."""

    @property
    def differences(self) -> pl.DataFrame:
        """The slices in which they part."""


def compare_text(shown: CompareView) -> str:
    """The comparison as plain text: title, notices, figures side by side, the curves in blocks, where they part."""
    notices = [f"! {notice}" for notice in shown.notices]
    rows = [_names(shown), *_figures(shown)]
    wide = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(text.rjust(n) if i else text.ljust(n) for i, (text, n) in enumerate(zip(row, wide, strict=True)))
             for row in rows]  # fmt: skip
    left = max(map(len, shown.runs))
    curves = [f"{name:<{left}}  {sparkblocks(shown.equity[name].to_list(), BLOCKS)}" for name in shown.runs]
    return "\n".join([*notices, shown.title, *(line.rstrip() for line in lines), *curves, _parting(shown)])


def compare_html(shown: CompareView) -> str:
    """The comparison for a notebook's output, in the notebook's colours."""
    return style(*SHEETS) + _body(shown)


def compare_page(shown: CompareView) -> str:
    """The comparison as a whole document, which fetches nothing."""
    return f'{head(shown.title, *SHEETS)}\n<body class="wb-page">{_body(shown)}</body></html>\n'


def compare_still(shown: CompareView, where: str) -> str:
    """A picture for where scripts do not run: both curves of equity; `where` is HTML for under the title."""
    title = f'<p class="wb-title">{escape(shown.title)}</p><p class="wb-sub">{where}, {escape(_parting(shown))}</p>'
    body = f"{notes(shown.notices)}{title}{_legend(shown)}{_section('Equity', _unit(shown), _curves(shown))}"
    return f'{style(*SHEETS)}<div class="wb wb-sheet wb-duel wb-still">{body}</div>'


def _body(shown: CompareView) -> str:
    sections = (
        _section("What differs", "", _settings(shown)),
        _section("Key figures", "green is better, red is worse", _figures_table(shown)),
        _section("Equity", _unit(shown), _curves(shown)),
        _section("Drawdown", "below the highest equity so far", _drawdowns(shown)),
        *(_section("Monthly returns", f"{other} less {first}, points of a percent", _months(shown, first, other))
          for first, other in shown.pairs),
        _section("Profit by cause", f"{_currency(shown)}, to the cent", _profit(shown)),
        _section("Fills that differ", _parting(shown), _fills(shown)),
    )  # fmt: skip
    top = f'<header class="wb-duel-head"><div><h1>{escape(shown.title)}</h1>{_legend(shown)}</div></header>'
    return f'<main class="wb wb-sheet wb-duel">{notes(shown.notices)}{top}{"".join(sections)}</main>'


def _section(title: str, small: str, content: str) -> str:
    tail = f" <small>{escape(small)}</small>" if small else ""
    return f"<section><h2>{escape(title)}{tail}</h2>{content}</section>" if content else ""


def _legend(shown: CompareView) -> str:
    parts = (
        f'<span><i class="wb-{role}"></i><b>{escape(name)}</b><small>{escape(_about(name, run))}</small></span>'
        for (name, run), role in zip(shown.runs.items(), ROLES, strict=False)
    )
    return f'<div class="wb-duel-names">{"".join(parts)}</div>'


def _about(name: str, run: RunView) -> str:
    strategy = "" if run.name == name else f"{run.name} on "
    return f"{strategy}{assets(run.bars)}, {span(run)}"


def _currency(shown: CompareView) -> str:
    return next(iter(shown.runs.values())).currency


def _unit(shown: CompareView) -> str:
    return _currency(shown) if shown.is_in_money else "what became of 1"


def _names(shown: CompareView) -> list[str]:
    differences = ["difference"] if len(shown.pairs) == 1 else [f"{other} - {first}" for first, other in shown.pairs]
    return ["", *shown.runs, *differences]


def _settings(shown: CompareView) -> str:
    rows = [[option, *("-" if text is None else text for text in texts)] for option, *texts in shown.settings.rows()]
    if not rows:
        return '<p class="wb-more">Nothing: all options, the bars and the code are the same.</p>'
    return f'<div class="wb-duel-settings">{table(["", *shown.runs], rows, text_columns=1 + len(shown.runs))}</div>'


def _figures(shown: CompareView) -> list[list[str]]:
    """The key figures as text: label, a value for each run, the differences."""
    return [
        [RANKED[row["figure"]].label, *(written(row["figure"], _whole(row, name)) for name in shown.runs),
         *(_signed(row, f"{other} - {first}") for first, other in shown.pairs)]
        for row in shown.frame.iter_rows(named=True)
    ]  # fmt: skip


def _whole(row: dict[str, Any], name: str) -> float | int | None:
    """A value as its unit has it: counts and lengths are whole."""
    value: float | None = row[name]
    return int(value) if value is not None and row["unit"] in ("count", "sessions") else value


def _signed(row: dict[str, Any], name: str) -> str:
    """A difference with its sign: points of a percent, money to the cent, whole counts, ratios to 3 digits."""
    value: float | None = row[name]
    if value is None:
        return "-"
    if row["unit"] == "percent":
        return f"{100 * value:+z,.2f} pp"
    if row["unit"] == "money":
        return f"{'+' if value > 0 else ''}{cents(value)}"
    return f"{value:+z,.0f}" if row["unit"] in ("count", "sessions") else f"{value:+z,.3f}"


def _figures_table(shown: CompareView) -> str:
    titles = "".join(f'<th scope="col">{escape(name)}</th>' for name in _names(shown))
    told = zip(shown.frame.iter_rows(named=True), _figures(shown), strict=True)
    rows = "".join(_figure_row(shown, row, texts) for row, texts in told)
    body = f'<table class="wb-table wb-wide"><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="wb-scroll">{body}</div>'


def _figure_row(shown: CompareView, row: dict[str, Any], texts: Sequence[str]) -> str:
    label, *cells = texts
    count = len(shown.runs)
    tones = [""] * count + [_tone(row, f"{other} - {first}") for first, other in shown.pairs]
    body = "".join(f"<td{tone}>{escape(text)}</td>" for text, tone in zip(cells, tones, strict=True))
    meaning = escape(RANKED[row["figure"]].meaning)
    return f'<tr title="{meaning}"><th scope="row" class="wb-text">{escape(label)}</th>{body}</tr>'


def _tone(row: dict[str, Any], name: str) -> str:
    """Whether a difference is good: by the direction of its figure, not by its sign."""
    value, better = row[name], row["better"]
    if not value or better is None:
        return ""
    return ' class="wb-up"' if (value > 0) == (better == "high") else ' class="wb-down"'


def _curves(shown: CompareView) -> str:
    if shown.equity.height < 2:
        return '<p class="wb-more">Fewer than two sessions: there is no curve to draw.</p>'
    named = zip(shown.runs, ROLES, strict=False)
    own = [curve(name, *points(shown.equity, name), role=role) for name, role in named]
    text = "{:,.0f}".format if shown.is_in_money else "{:.4g}".format
    drawn = chart(own, f"Equity of {', '.join(shown.runs)}", text, height=260)
    apart = [
        curve(f"{other} less {first}", *_less(shown, first, other), role=role, area=0.0)
        for (first, other), role in zip(shown.pairs, ROLES[1:], strict=False)
    ]
    label = " and ".join(each.name for each in apart)
    return f'{drawn}<p class="wb-more">{escape(label)}</p>{chart(apart, f"Equity, {label}", text, height=110)}'


def _less(shown: CompareView, first: str, other: str) -> tuple[list[Any], list[float]]:
    rows = shown.equity.select("session", apart=pl.col(other) - pl.col(first))
    return points(rows, "apart")


def _drawdowns(shown: CompareView) -> str:
    if shown.equity.height < 2:
        return ""
    fallen = {name: drawdowns(shown.equity.select("session", pl.col(name).alias("equity"))) for name in shown.runs}
    named = zip(fallen.items(), ROLES, strict=False)
    own = [curve(name, *points(rows, "drawdown"), role=role) for (name, rows), role in named]
    return chart(own, f"Drawdown of {', '.join(shown.runs)}", lambda level: f"{level:.0%}", height=150)


def _months(shown: CompareView, first: str, other: str) -> str:
    rows = shown.monthly
    if rows.is_empty():
        return ""
    years = rows.group_by("year", maintain_order=True).agg((pl.col(first, other) + 1).product())
    whole = years.select("year", pl.col(other) - pl.col(first))
    months = rows.select("year", "month", pl.col(f"{other} - {first}").alias("return"))
    return heat_table(months, dict(whole.iter_rows()))


def _profit(shown: CompareView) -> str:
    titles = "".join(f'<th scope="col">{escape(name)}</th>' for name in _names(shown))
    rows = shown.profit.rows()
    body = "".join(_profit_row(shown, row, is_last=i == len(rows) - 1) for i, row in enumerate(rows))
    whole = f'<table class="wb-table wb-wide"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="wb-scroll">{whole}</div>'


def _profit_row(shown: CompareView, row: Sequence[Any], *, is_last: bool) -> str:
    cause, *amounts = row
    count = len(shown.runs)
    texts = [f"{amount:+,.2f}" for amount in amounts]
    tones = ["", *(("wb-up" if amount > 0 else "wb-down") if amount else "" for amount in amounts[count:])]
    tones = [""] * count + tones[1:]
    cells = "".join(f'<td class="{tone}">{text}</td>' for tone, text in zip(tones, texts, strict=True))
    tail = ' class="wb-tail"' if is_last else ""
    return f'<tr{tail}><td class="wb-text">{escape(cause.replace("_", " "))}</td>{cells}</tr>'


def _parting(shown: CompareView) -> str:
    rows = shown.differences
    if rows.is_empty():
        return "every fill is the same"
    return f"{many(rows['time'].n_unique(), 'bar')} with other fills, the first on {rows['session'][0]}"


def _fills(shown: CompareView) -> str:
    """The first slices in which fills differ: what each run traded, at which price, and what it held then."""
    rows = shown.differences
    if rows.is_empty():
        return ""
    digits = {str(asset): asset for run in shown.runs.values() for asset in run.bars.assets}
    titles = ["Session", "Asset", *(f"{name}{what}" for name in shown.runs for what in ("", ", held"))]
    body = [_fill_row(shown, row, digits[row["asset"]]) for row in rows.head(FILLS_MAX).iter_rows(named=True)]
    rest = rows.height - FILLS_MAX
    more = f'<p class="wb-more">and {rest:,} more: comparison.differences</p>' if rest > 0 else ""
    return table(titles, body, text_columns=2) + more


def _fill_row(shown: CompareView, row: dict[str, Any], asset: Any) -> list[str]:
    told = [str(row["session"]), row["asset"]]
    for name in shown.runs:
        size, price = row[f"{name} traded"], row[f"{name} price"]
        side = "bought" if size > 0 else "sold"
        amount = f"{abs(size):,.{asset.quantity_digits}f}"
        told += ["-" if price is None else f"{side} {amount} at {price:,.{asset.price_digits}f}"]
        told += [f"{row[f'{name} held']:,.{asset.quantity_digits}f}"]
    return told
