"""A waterfall: how one amount became another, step by step.

The one idea: the steps are given whole, with exact amounts; the same steps make a text, a picture that stays in a saved
notebook, and a plotly figure. Amounts are shown to the cent, the figure's hover tells every digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Context, Decimal
from functools import reduce
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from workbench.views.figures import DIM, DOWN, LINE, UP, finished, panes
from workbench.views.svg import bar
from workbench.views.theme import style

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.views.run_view import ProfitView

__all__ = ["Step", "Waterfall", "profit", "waterfall_figure", "waterfall_html", "waterfall_table", "waterfall_text"]

TEXT_WIDTH: Final = 32
STEPS_MAX: Final = 24
WRITTEN_MAX: Final = 12
NAME_MAX: Final = 18
MARGIN: Final = 0.06
WIDE: Final = Context(prec=80)


class Step(NamedTuple):
    """One amount with its name."""

    name: str
    amount: Decimal


class Waterfall(NamedTuple):
    """Where it starts, what is added on the way, and where it ends."""

    title: str
    currency: str
    start: Step
    steps: Sequence[Step]
    end: Step

    @property
    def moves(self) -> list[Step]:
        """The steps that moved something; of very many the largest, the others as one."""
        moved = [step for step in self.steps if step.amount]
        if len(moved) <= STEPS_MAX:
            return moved
        large = set(sorted(moved, key=lambda step: -abs(step.amount))[: STEPS_MAX - 1])
        rest = [step for step in moved if step not in large]
        others = Step(f"{len(rest):,} others", reduce(WIDE.add, (step.amount for step in rest)))
        return [*(step for step in moved if step in large), others]

    @property
    def note(self) -> str:
        """Where the bars begin if not at zero, and which steps moved nothing, unless those are very many."""
        low, _ = _window(_levels(self))
        names = [step.name for step in self.steps if not step.amount]
        told = [f"bars begin at {low:,.2f}"] if low else []
        return "; ".join(told + ([f"nothing from {', '.join(names)}"] if 0 < len(names) <= STEPS_MAX else []))


def profit(run: ProfitView, amounts: Iterable[tuple[str, Decimal]], by: str) -> Waterfall:
    """From the deposits of a run to its final equity, by causes or by assets."""
    steps = [Step(name.replace("_", " "), amount) for name, amount in amounts]
    ends = Step("deposits", run.deposits), steps, Step("final equity", run.final_equity)
    return Waterfall(f"Profit of {run.name} by {by}", run.currency, *ends)


class _Bar(NamedTuple):
    """A row of the picture: an amount with its sign, and between which levels its bar reaches, from 0 to 1."""

    name: str
    written: str
    left: float
    right: float
    role: str


def _bars(fall: Waterfall) -> Iterator[_Bar]:
    levels = _levels(fall)
    low, high = _window(levels)
    places = [(level - low) / (high - low) for level in levels]
    yield _Bar(fall.start.name, f"{fall.start.amount:,.2f}", 0.0, places[0], "muted")
    for step, left, right in zip(fall.moves, places, places[1:], strict=False):
        yield _Bar(step.name, f"{step.amount:+,.2f}", left, right, "gain" if step.amount > 0 else "loss")
    yield _Bar(fall.end.name, f"{fall.end.amount:,.2f}", 0.0, places[-1], "accent")


def _levels(fall: Waterfall) -> list[float]:
    """Where the amount stands at the start, after each move and at the end."""
    steps = accumulate((step.amount for step in fall.moves), WIDE.add, initial=fall.start.amount)
    return [*map(float, steps), float(fall.end.amount)]


def _window(levels: Sequence[float]) -> tuple[float, float]:
    """The levels to draw: from zero where the steps are large beside it, else closer, so that they can be seen."""
    low, high = min(levels), max(levels)
    margin = (high - low) * MARGIN or abs(high) * MARGIN or 1.0
    near = low - margin
    return (0.0 if low >= 0 and (near < high / 2 or low == high) else near), high + margin


def waterfall_text(fall: Waterfall) -> str:
    """The steps as aligned lines with a bar of blocks each.

    Example:
        >>> steps = [Step("price", Decimal(60)), Step("fees", Decimal(-10)), Step("fx", Decimal(0))]
        >>> fall = Waterfall("Profit", "USD", Step("deposits", Decimal(100)), steps, Step("equity", Decimal(150)))
        >>> print(waterfall_text(fall))
        Profit, USD
        deposits  100.00  ██
        price     +60.00    ████████████████████████████
        fees      -10.00                            ████
        equity    150.00  ██████████████████████████
        bars begin at 96.40; nothing from fx
    """
    rows = list(_bars(fall))
    wide, wider = max(len(row.name) for row in rows), max(len(row.written) for row in rows)
    lines = [f"{row.name:<{wide}}  {row.written:>{wider}}  {_blocks(row)}" for row in rows]
    return "\n".join([f"{fall.title}, {fall.currency}", *lines, *([fall.note] if fall.note else [])])


def _blocks(row: _Bar) -> str:
    left, right = sorted((round(row.left * TEXT_WIDTH), round(row.right * TEXT_WIDTH)))
    return " " * left + "█" * max(right - left, 1)


def waterfall_html(fall: Waterfall) -> str:
    """The steps as a table with a bar each: self-contained HTML."""
    head = f'<p class="wb-title">{escape(fall.title)}</p><p class="wb-sub">{escape(fall.currency)}, to the cent</p>'
    return f'{style()}<div class="wb">{head}{waterfall_table(fall)}</div>'


def waterfall_table(fall: Waterfall) -> str:
    """The table of `waterfall_html`, for a page that has its own title and styles."""
    rows = "".join(
        f'<tr><th scope="row" class="wb-text">{escape(row.name)}</th><td class="wb-text">'
        f"{bar(row.left, row.right, row.role)}</td><td{_tone(row)}>{escape(row.written)}</td></tr>"
        for row in _bars(fall)
    )
    more = f'<p class="wb-sub">{escape(fall.note)}</p>' if fall.note else ""
    return f'<div class="wb-scroll"><table class="wb-table"><tbody>{rows}</tbody></table></div>{more}'


def _tone(row: _Bar) -> str:
    return {"gain": ' class="wb-up"', "loss": ' class="wb-down"'}.get(row.role, "")


def waterfall_figure(fall: Waterfall) -> go.Figure:
    """The steps as a plotly waterfall; amounts to the cent beside up to twelve bars, every digit on hovering.

    Returns:
        A plotly `go.Figure`.
    """
    import plotly.graph_objects as go

    shown = [fall.start, *fall.moves, fall.end]
    names = [step.name for step in shown]
    figure = panes(1, [1.0])
    trace = go.Waterfall(
        x=names,
        y=[float(step.amount) for step in shown],
        measure=["absolute", *["relative"] * (len(shown) - 2), "absolute"],
        text=[bar.written for bar in _bars(fall)] if len(shown) <= WRITTEN_MAX else None,
        customdata=[f"{step.amount:f}" for step in shown],
        hovertemplate="%{x}: %{customdata} " + fall.currency + "<extra></extra>",
        textposition="outside",
        cliponaxis=False,
        connector={"line": {"color": DIM, "width": 1, "dash": "dot"}},
        increasing={"marker": {"color": UP}},
        decreasing={"marker": {"color": DOWN}},
        totals={"marker": {"color": LINE}},
    )
    figure.add_trace(trace, row=1, col=1)
    finished(figure, fall.title, [fall.currency])
    figure.update_layout(hovermode="closest", showlegend=False, height=460)
    figure.update_xaxes(tickvals=names, ticktext=[_short(name) for name in names], automargin=True)
    figure.update_yaxes(range=_window(_levels(fall)), tickformat=",.4~s")
    return figure


def _short(name: str) -> str:
    """Both ends of a name, as they fit below a bar; hovering tells all of it."""
    return name if len(name) <= NAME_MAX else f"{name[:9]}...{name[-6:]}"
