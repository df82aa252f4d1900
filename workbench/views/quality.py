"""Pictures of data quality: a table with a strip of time for each rule, and a figure to zoom into.

The one idea: the x axis is the same for every rule, so that what happened together stands one above the other.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.views.figures import finished, panes
from workbench.views.svg import strip
from workbench.views.theme import ROLES, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from workbench.market.comparison import Comparison
    from workbench.market.quality.report import QualityReport

__all__ = ["comparison_html", "quality_figure", "quality_html"]

BUCKETS: Final = 120
POINTS_MAX: Final = 2_000  # drawn of one rule
SHOWN: Final = {"error": ("loss", "wb-down"), "warning": ("warn", ""), "note": ("muted", "")}
SHAPES: Final = {"error": "x", "warning": "diamond", "note": "circle"}


def quality_html(report: QualityReport) -> str:
    """A report as self-contained HTML: a row for each rule, with where in time its findings lie."""
    head = f'<p class="wb-sub" style="color:inherit">{escape(report.headline)}</p>'
    if not len(report):
        return f'{style()}<div class="wb">{head}</div>'
    rows = "".join(_rule_row(report, row) for row in report.summary.iter_rows(named=True))
    first, last = (f"{time:%Y-%m-%d}" for time in report.span if time is not None)
    names = ("rule", "severity", "findings", "assets", f"{first} to {last}", "what was found", "fix")
    table = _table(names, rows, texts=(0, 1, 5, 6))
    return f'{style()}<div class="wb">{head}<div class="wb-scroll">{table}</div></div>'


def _rule_row(report: QualityReport, row: dict[str, Any]) -> str:
    role, tone = SHOWN[row["severity"]]
    drawn = strip(_buckets(report, row["rule"]), role, label=f"{row['rule']} over time")
    texts = [row["rule"], row["severity"], f"{row['findings']:,}", f"{row['assets']:,}"]
    cells = [f'<td class="wb-text {tone}">{escape(text)}</td>' for text in texts[:2]]
    cells += [f"<td>{text}</td>" for text in texts[2:]] + [f"<td>{drawn}</td>"]
    cells += [f'<td class="wb-text">{escape(row[name] or "left alone")}</td>' for name in ("finds", "fix")]
    return f"<tr>{''.join(cells)}</tr>"


def _buckets(report: QualityReport, rule: str) -> list[int]:
    """Findings of a rule in each of 120 equal parts of the report's span."""
    first, last = report.span
    times = report.frame.filter(pl.col("rule") == rule)["time"].drop_nulls()
    if first is None or last is None or not len(times):
        return [0] * BUCKETS
    whole = max((last - first).total_seconds(), 1.0)
    place = ((times - first).dt.total_seconds() / whole * BUCKETS).cast(pl.Int64).clip(0, BUCKETS - 1)
    counts = dict(place.value_counts().iter_rows())
    return [int(counts.get(i, 0)) for i in range(BUCKETS)]


def _table(names: Sequence[str], rows: str, texts: Sequence[int]) -> str:
    head = "".join(
        f'<th scope="col"{" class=wb-text" if i in texts else ""}>{escape(name)}</th>' for i, name in enumerate(names)
    )
    return f'<table class="wb-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def quality_figure(report: QualityReport) -> go.Figure:
    """Findings over time, a line for each rule; of a rule with very many, 2,000 at even distances are drawn.

    Returns:
        A plotly `go.Figure`.

    Example:
        >>> from workbench.market import catalog
        >>> [trace.name for trace in quality_figure(catalog.sample()["MSFT"].validate()).data]
        ['outlier']
    """
    figure = panes(1, [1.0])
    for rule in reversed(list(report.counts)):
        figure.add_trace(_marks(report.frame.filter(pl.col("rule") == rule), rule))
    made = finished(figure, report.headline, [""])
    made.update_layout(hovermode="closest", showlegend=False, height=200 + 36 * len(report.counts))
    made.update_yaxes(side="left", automargin=True, type="category")
    if report.span[0] is not None:
        made.update_xaxes(range=list(report.span))
    return made


def _marks(found: pl.DataFrame, rule: str) -> go.Scatter:
    import plotly.graph_objects as go

    severity = found["severity"][0]
    drawn = found.gather_every(-(-found.height // POINTS_MAX))
    marker = {"color": ROLES[SHOWN[severity][0]].light, "symbol": SHAPES[severity], "size": 9}
    told = drawn.select("asset", "row", pl.col("value").round(6).cast(pl.String).fill_null("-"), "expected").rows()
    return go.Scatter(
        x=drawn["time"].to_list(),
        y=[rule] * drawn.height,
        mode="markers",
        name=rule,
        marker=marker,
        customdata=told,
        hovertemplate="%{customdata[0]}, row %{customdata[1]:,}, %{x}<br>%{customdata[2]}, expected %{customdata[3]}"
        "<extra></extra>",
    )


def comparison_html(compared: Comparison) -> str:
    """A comparison as self-contained HTML: a row for each asset."""
    head = f'<p class="wb-sub" style="color:inherit">{escape(compared.headline)}</p>'
    names = compared.summary.columns
    rows = "".join(f"<tr>{''.join(_cell(i, cell) for i, cell in enumerate(row))}</tr>" for row in compared.lines)
    table = _table(names, rows, texts=(0,))
    return f'{style()}<div class="wb">{head}<div class="wb-scroll">{table}</div></div>'


def _cell(index: int, text: str) -> str:
    return f'<td class="wb-text">{escape(text)}</td>' if index == 0 else f"<td>{escape(text)}</td>"
