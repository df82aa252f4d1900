"""What a sweep keeps of each run: a row of figures, from which the run itself is never needed.

The one idea: a run in a sweep is let go as soon as its row is made, and made again on demand; the hash of its final
state says that it is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from workbench.analytics.deflated import moments
from workbench.analytics.metrics import RANKED
from workbench.analytics.returns import session_closes, session_returns
from workbench.research.run import Run

__all__ = ["NOTHING", "OUTCOMES", "failed", "outcome", "table"]

WHOLE: Final = ("sessions", "count")
OUTCOMES: Final = pl.Schema(
    {
        **{name: pl.Int64() if each.unit in WHOLE else pl.Float64() for name, each in RANKED.items()},
        "returns": pl.Int64(),
        "skew": pl.Float64(),
        "kurtosis": pl.Float64(),
        "state_hash": pl.String(),
        "driven": pl.String(),
        "error": pl.String(),
    }
)
NOTHING: Final = OUTCOMES.to_frame()
Row = tuple[object, ...]


def outcome(run: Run) -> Row:
    """The row of a finished run, in the order of `OUTCOMES`."""
    found = moments(session_returns(session_closes(run.equity))["return"]) or (None, None, None)
    denied = run.orders.filter(pl.col("status") == "DENIED").height
    counts = (float(run.final_equity), run.fills.height, denied)
    return (*run.metrics.values(), *counts, *found, run.state_hash, None, None)


def failed(error: Exception) -> Row:
    """The row of a run that raised an error: no figures, and what was raised."""
    return (*(None,) * (len(OUTCOMES) - 1), f"{type(error).__name__}: {error}")


def table(rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as a frame of `OUTCOMES`."""
    return pl.DataFrame(rows, OUTCOMES, orient="row") if rows else NOTHING
