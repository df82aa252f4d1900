"""The table of `test.robust()`: a row for each change, and the verdict above it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final, Protocol

from workbench.analytics.metrics import written
from workbench.market.aligned import aligned
from workbench.views.summary import notes
from workbench.views.tables import table
from workbench.views.theme import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from workbench._types import Notice

__all__ = ["RobustnessView", "robustness_html", "robustness_text"]

HEAD: Final = ("test", "Sharpe", "Total return", "Max drawdown", "kept", "")
FIGURES: Final = ("sharpe", "total_return", "max_drawdown")
SAID: Final = {True: "holds", False: "breaks", None: ""}


class RobustnessView(Protocol):
    """What became of a result under changes."""

    @property
    def name(self) -> str:
        """The strategy's name."""

    @property
    def headline(self) -> str:
        """The verdict with what it rests on."""

    @property
    def frame(self) -> pl.DataFrame:
        """A row for the base and one for each test."""

    @property
    def notices(self) -> Sequence[Notice]:
        """Those of the base."""


def robustness_text(given: RobustnessView) -> str:
    """The verdict and the table as plain text."""
    notices = [f"! {notice}" for notice in given.notices]
    rows = [list(HEAD), *map(_row, given.frame.iter_rows(named=True))]
    return "\n".join([*notices, f"{given.name} is {given.headline}", *aligned(rows, texts=(0, 5))])


def robustness_html(given: RobustnessView) -> str:
    """The same as self-contained HTML."""
    rows = [_row(row) for row in given.frame.iter_rows(named=True)]
    title = f'<p class="wb-title">{escape(given.name)} is {escape(given.headline)}</p>'
    shown = table(HEAD, rows, text_columns=1)
    return f'{style()}<div class="wb">{notes(given.notices)}{title}{shown}</div>'


def _row(row: dict[str, Any]) -> list[str]:
    kept = "-" if row["kept"] is None else f"{row['kept']:z,.0%}"
    figures = [written(name, row[name]) for name in FIGURES]
    return [row["test"], *figures, kept, row["reason"] or SAID[row["holds"]]]
