"""What a notebook shows when a cell ends in a Sweep or in its Runs.

The one idea: the best of many never stands alone. Beside it stand the one with the best neighbours, the one in the
middle, the worst, and what luck alone would have shown.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from workbench.analytics.metrics import FIGURES, written
from workbench.errors import UndefinedError
from workbench.market.aligned import aligned
from workbench.market.catalog.shown import many
from workbench.views.summary import notes
from workbench.views.svg import sparkblocks, sparkline
from workbench.views.tables import table
from workbench.views.theme import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.views.sweep_view import RunsView, SweepView

__all__ = ["runs_html", "runs_text", "sweep_html", "sweep_text"]

SHOWN: Final = ("sharpe", "total_return", "max_drawdown", "turnover")
BUCKETS: Final = 40


def sweep_text(sweep: SweepView) -> str:
    """A sweep as plain text: what is varied, how many combinations, and about how long they take."""
    lines = [f"  {line}" for line in aligned([list(row) for row in sweep.facts], texts=(0, 1))]
    return "\n".join([f"Sweep of {sweep.subject}: {sweep.count}", *lines])


def sweep_html(sweep: SweepView) -> str:
    """A sweep as self-contained HTML."""
    shown = table(("", "space", "values"), [list(row) for row in sweep.facts], text_columns=2) if sweep.facts else ""
    head = f'<p class="wb-title">Sweep of {escape(sweep.subject)}</p><p class="wb-sub">{escape(sweep.count)}</p>'
    return f'{style()}<div class="wb">{head}{shown}</div>'


def runs_text(runs: RunsView) -> str:
    """Runs as plain text: notices, the best, the robust, the middle and the worst run, the deflated Sharpe ratio."""
    notices = [f"! {notice}" for notice in runs.notices]
    head = f"{many(len(runs), 'run')} of {runs.subject}"
    if not runs.order("sharpe"):
        return "\n".join([*notices, f"{head}: none has a Sharpe ratio"])
    rows = [list(_head(runs)), *_rows(runs)]
    return "\n".join([*notices, head, *aligned(rows, texts=(0,)), f"Sharpe  {_blocks(runs)}", _deflated(runs)])


def runs_html(runs: RunsView) -> str:
    """Runs as self-contained HTML, with the same facts."""
    title = f'<p class="wb-title">{many(len(runs), "run")} of {escape(runs.subject)}</p>'
    opening = f'{style()}<div class="wb">{notes(runs.notices)}{title}'
    if not runs.order("sharpe"):
        return f'{opening}<p class="wb-sub">none has a Sharpe ratio</p></div>'
    shown = table(_head(runs), _rows(runs), text_columns=1)
    low, high = _ends(runs)
    curve = sparkline(_counts(runs), 320, 32, f"Sharpe ratios of the runs, from {low} to {high}")
    spread = f'<div style="display:flex;gap:8px;align-items:end;margin:8px 0">{low}{curve}{high}</div>'
    return f"{opening}{shown}{spread}<p><b>{escape(_deflated(runs))}</b></p></div>"


def _head(runs: RunsView) -> Sequence[str]:
    return ("by Sharpe", *runs.names, *(FIGURES[name].label for name in SHOWN), "fills")


def _rows(runs: RunsView) -> list[list[str]]:
    order = runs.order("sharpe")
    named = {"best": order[0], "median": order[(len(order) - 1) // 2], "worst": order[-1]}
    try:
        named = {"best": order[0], "robust": runs.robust_row("sharpe")} | named
    except UndefinedError:
        # Without neighbours there is no robust one to show.
        named = dict(named)
    return [_row(runs, name, i) for name, i in named.items()]


def _row(runs: RunsView, name: str, i: int) -> list[str]:
    figures = runs.frame.row(i, named=True)
    given = [_short(value) for value in runs.given(i).values()]
    return [name, *given, *(written(figure, figures[figure]) for figure in SHOWN), f"{figures['fills']:,}"]


def _short(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else repr(value).strip("'")
    return text if len(text) <= 24 else f"{text[:23]}…"


def _deflated(runs: RunsView) -> str:
    try:
        return repr(runs.deflated_sharpe())
    except UndefinedError as error:
        return f"deflated Sharpe: {error}"


def _ends(runs: RunsView) -> tuple[str, str]:
    values: list[float] = runs.frame["sharpe"].drop_nulls().to_list()
    return f"{min(values):.2f}", f"{max(values):.2f}"


def _blocks(runs: RunsView) -> str:
    low, high = _ends(runs)
    return f"{low} {sparkblocks(_counts(runs))} {high}"


def _counts(runs: RunsView) -> list[float]:
    """How many runs have a Sharpe ratio in each of 40 equal steps from the lowest to the highest."""
    values: list[float] = runs.frame["sharpe"].drop_nulls().to_list()
    low, width = min(values), max(values) - min(values)
    counts = [0.0] * BUCKETS
    for value in values:
        counts[min(int((value - low) / width * BUCKETS), BUCKETS - 1) if width else 0] += 1
    return counts
