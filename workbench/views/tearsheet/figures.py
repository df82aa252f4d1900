"""The figures of a tearsheet for programs, as plain mappings that become JSON.

The one idea: the order of names is fixed, amounts that are exact are text with all their digits, statistics are the
numbers that the page rounds, and what is undefined is null with its reason beside it.

The schema, "workbench.tearsheet/1", by name:

- `run`: name, mode, assets, first_session, last_session, sessions, fills, trades, currency; deposits and final_equity
  as exact text.
- `notices`: kind, count, text, remedy of each.
- `metrics`, `risk`, `relative`: figures by name, as `workbench.analytics.metrics.FIGURES`, `risk.RISK` and
  `relative.RELATIVE` define them; `reasons` by the same names. Returns and shares are fractions.
- `benchmark`: about, and its total_return, annual_return and max_drawdown.
- `profit`, `costs`: exact text by cause, below 0 is paid.
- `curves`: session, equity, benchmark, exposure, held: lists of one length; a benchmark is null before it begins.
- `months`, `drawdowns`, `by_side`, `by_holding`: rows as mappings. `rolling_sessions`: the window of the page.
- `ambiguous_fills`: how many. `spec`, `provenance`: text by name. `cell`: Python that makes the run again.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from workbench.analytics.drawdown import worst_drawdowns
from workbench.analytics.returns import monthly_returns
from workbench.views.tearsheet.provenance import option, provenance

if TYPE_CHECKING:
    import polars as pl

    from workbench.views.tearsheet.facts import Facts

__all__ = ["SCHEMA", "document"]

SCHEMA: Final = "workbench.tearsheet/1"


def document(facts: Facts) -> dict[str, Any]:
    """Every figure of a tearsheet, in the schema of this module."""
    run, metrics = facts.run, facts.run.metrics
    return {
        "schema": SCHEMA,
        "run": _run(facts),
        "notices": [{"kind": n.kind, "count": n.count, "text": n.text, "remedy": n.remedy} for n in run.notices],
        "metrics": dict(metrics),
        "risk": dict(facts.risk.values),
        "relative": dict(facts.relative.values),
        "reasons": {**metrics.reasons, **facts.risk.reasons, **facts.relative.reasons},
        "benchmark": {"about": facts.benchmark.about, **facts.benchmark_figures},
        "profit": {cause: f"{amount:f}" for cause, amount in run.explain().total.items()},
        "costs": {kind: f"{amount:f}" for kind, amount in facts.costs.items()},
        "curves": _curves(facts),
        "months": _rows(monthly_returns(facts.closes)),
        "drawdowns": _rows(worst_drawdowns(facts.closes)) if facts.closes.height else [],
        "by_side": _rows(facts.by_side),
        "by_holding": _rows(facts.by_holding),
        "rolling_sessions": facts.window,
        "ambiguous_fills": facts.ambiguous.height,
        "spec": {name: option(value) for name, value in run.spec.items()},
        "provenance": provenance(run),
        "cell": run.cell,
    }


def _run(facts: Facts) -> dict[str, Any]:
    run, days = facts.run, facts.closes["session"].to_list()
    return {
        "name": run.name,
        "mode": run.mode,
        "assets": [str(asset) for asset in run.bars.assets],
        "first_session": str(days[0]) if days else None,
        "last_session": str(days[-1]) if days else None,
        "sessions": len(days),
        "fills": run.fills.height,
        "trades": run.trades.height,
        "currency": run.currency,
        "deposits": f"{run.deposits:f}",
        "final_equity": f"{run.final_equity:f}",
    }


def _curves(facts: Facts) -> dict[str, list[Any]]:
    held = facts.benchmark.closes.rename({"equity": "benchmark"})
    joined = facts.closes.join(held, on="session", how="left", maintain_order="left")
    shown = joined.join(facts.exposure, on="session", how="left", maintain_order="left")
    return {name: _plain(shown[name].to_list()) for name in shown.columns}


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(row, _plain(list(row.values())), strict=True)) for row in frame.iter_rows(named=True)]


def _plain(values: list[Any]) -> list[Any]:
    """Days as text, the rest as it is."""
    return [str(value) if isinstance(value, date) else value for value in values]
