"""The page of a tearsheet.

The one idea: plain HTML with inline SVG, without script and without anything fetched, so that the file is whole, and
the same run always gives the same bytes. In a notebook the same body follows the notebook's theme.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from workbench.analytics.benchmark import buy_and_hold
from workbench.analytics.drawdown import drawdowns
from workbench.analytics.returns import session_closes, sessions_per_year
from workbench.views.charts import chart, curve, points
from workbench.views.summary import assets, cells, counts, money, notes, span
from workbench.views.tables import drawdowns_table, months_table, trades_table
from workbench.views.theme import page_style, style
from workbench.views.waterfall import profit, waterfall_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.views.run_view import RunView

__all__ = ["fragment", "render"]

HEADLINE: Final = ("annual_return", "max_drawdown", "sharpe", "sortino", "calmar", "volatility")
DETAIL: Final = (
    "drawdown_length", "recovery_time", "exposure", "turnover", "win_rate", "profit_factor", "average_win",
    "average_loss", "fees",
)  # fmt: skip


class Curves(NamedTuple):
    """Session closes of the run and of its benchmark, and the facts of the latter."""

    closes: pl.DataFrame  # session, equity
    benchmark: pl.DataFrame
    beside: dict[str, str]


def render(run: RunView) -> str:
    """The tearsheet as a stand-alone HTML page.

    Returns:
        A whole document: no script, nothing fetched, light or dark as the reader's system asks.
    """
    title = escape(f"{run.name}: {span(run)}")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title>{page_style("tearsheet")}</head>\n<body class="wb-page">{_body(run)}</body></html>\n'
    )


def fragment(run: RunView) -> str:
    """The same body for a notebook's output, in the notebook's colours."""
    return style("tearsheet") + _body(run)


def _body(run: RunView) -> str:
    curves = _curves(run)
    parts = (_header(run), notes(run.notices), _figures(run, curves.beside), *_pictures(run, curves), _footer(run))
    return f'<main class="wb wb-sheet">{"".join(parts)}</main>'


def _curves(run: RunView) -> Curves:
    closes = session_closes(run.equity)
    if closes.is_empty():
        return Curves(closes, closes, {})
    held = buy_and_hold(run.bars, float(run.deposits), start=run.equity["time"][0])
    known = closes.select("session").join(held, on="session", how="left", maintain_order="left")
    benchmark = known.with_columns(pl.col("equity").forward_fill()).drop_nulls()
    return Curves(closes, benchmark, _beside(benchmark, float(run.deposits), sessions_per_year(run.bars)))


def _beside(benchmark: pl.DataFrame, deposits: float, per_year: float) -> dict[str, str]:
    """Figures of the benchmark, to stand under those of the run."""
    first, last = benchmark["equity"][0], benchmark["equity"][-1]
    found = {"total_return": last / deposits - 1}
    if benchmark.height > 1:
        found["annual_return"] = (last / first) ** (per_year / (benchmark.height - 1)) - 1
        found["max_drawdown"] = drawdowns(benchmark).select(pl.col("drawdown").min()).item()
    return {name: f"buy and hold {value:,.2%}" for name, value in found.items()}


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


def _figures(run: RunView, beside: Mapping[str, str]) -> str:
    shown = cells(run, ("total_return", *HEADLINE), beside) + cells(run, DETAIL)
    return f'<section aria-label="Key figures"><dl class="wb-cells">{shown}</dl></section>'


def _pictures(run: RunView, curves: Curves) -> list[str]:
    if curves.closes.height < 2:
        return [_section("Equity", '<p class="wb-more">Fewer than two sessions: there is no curve to draw.</p>')]
    fallen = drawdowns_table(curves.closes)
    return [
        _section(f"Equity <small>{escape(run.currency)}</small>", _equity(run, curves)),
        _section("Drawdown <small>below the highest equity so far</small>", _drawdown(run, curves)),
        _section(f"Profit by cause <small>{escape(run.currency)}, to the cent</small>", _profit(run)),
        _section("Monthly returns <small>%</small>", months_table(curves.closes)),
        _section("Deepest drawdowns <small>lengths in sessions</small>", fallen) if fallen else "",
        _section("Trades <small>times in UTC, open ones marked at the last close</small>", trades_table(run)),
    ]


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>"


def _equity(run: RunView, curves: Curves) -> str:
    own = curve(run.name, *points(curves.closes, "equity"), role="accent")
    held = curve("Buy and hold", *points(curves.benchmark, "equity"), role="muted")
    names = [(run.name, "accent"), (f"Buy and hold {assets(run.bars)}, dividends reinvested, no fees", "muted")]
    keys = "".join(f'<span><i class="wb-{role}"></i>{escape(name)}</span>' for name, role in names)
    drawn = chart([held, own], f"Equity of {run.name} and of buying and holding", _amount)
    return f'<div class="wb-legend">{keys}</div>{drawn}'


def _drawdown(run: RunView, curves: Curves) -> str:
    fallen = curve("Drawdown", *points(drawdowns(curves.closes), "drawdown"), role="loss", area=0.0)
    return chart([fallen], f"Drawdown of {run.name}", lambda level: f"{level:.0%}", height=130)


def _profit(run: RunView) -> str:
    explained = run.explain()
    return waterfall_table(profit(explained, explained.total.items(), "cause"))


def _amount(level: float) -> str:
    """An amount on an axis, short: 1.25M, 250k, 90."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(level) >= size:
            return f"{level / size:,.4g}{unit}"
    return f"{level:,.6g}"


def _footer(run: RunView) -> str:
    """Everything that the run names about itself; the exact final equity is named whatever the run does."""
    options = {name: _option(value) for name, value in run.spec.items()}
    facts = {"final equity": f"{run.final_equity:f} {run.currency}", **options, **run.provenance}
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts.items())
    return f"<footer><h2>Provenance <small>what it takes to get this run again</small></h2><dl>{rows}</dl></footer>"


def _option(value: object) -> str:
    """An option as a reader writes it: `fast=20, slow=100`, `AAPL, MSFT`, `none`."""
    if isinstance(value, dict):
        return ", ".join(f"{name}={_option(part)}" for name, part in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(_option(part) for part in value)
    return "none" if value is None else str(value)
