"""No run without its explanation: whatever the suite runs, the causes of profit must sum to the change of equity.

The one idea: it is asserted where a Run is born, in every process of the suite, so that no test has to remember it.
"""

from __future__ import annotations

from decimal import localcontext
from typing import Any

import polars as pl

from workbench.research.run import Run

__all__ = ["assert_explained", "watch_every_run"]


def assert_explained(run: Run) -> None:
    """By slice, by session and in all: what the causes did is what equity did, deposits left out, in every digit."""
    explained, equity = run.explain().exact, run.exact.equity
    slices = _changes(equity.select("time", "equity"), run)
    told = explained.frame.group_by("time").agg(told=pl.col("amount").sum())
    _assert_equal(slices.join(told, on="time", how="left", maintain_order="left"), "slice")
    sessions = _changes(equity.group_by("session", maintain_order=True).agg(pl.col("equity").last()), run)
    told = explained.by_session.select("session", told="change")
    _assert_equal(sessions.join(told, on="session", how="full", coalesce=True), "session")
    with localcontext(prec=60):
        change = run.final_equity - run.deposits
    assert explained.by_asset["change"].sum() == explained.by_cause["amount"].sum() == change, "a rest in all"


def _changes(rows: pl.DataFrame, run: Run) -> pl.DataFrame:
    before = pl.col("equity").shift(1).fill_null(pl.lit(run.deposits, pl.Decimal(38, 20)))
    return rows.with_columns(changed=pl.col("equity") - before)


def _assert_equal(rows: pl.DataFrame, what: str) -> None:
    rest = rows.filter(pl.col("told").fill_null(0) != pl.col("changed").fill_null(0))
    assert rest.is_empty(), f"a rest in {rest.height} of {rows.height} rows by {what}: {rest.head(3).rows()}"


def watch_every_run() -> None:
    """From now on a Run cannot be made, nor loaded, without its explanation being checked."""
    make = Run.__init__

    def checked(self: Run, *args: Any, **named: Any) -> None:
        make(self, *args, **named)
        assert_explained(self)

    checked.unwatched = make  # type: ignore[attr-defined]  # a test of what happens without the watch goes by it
    Run.__init__ = checked  # type: ignore[method-assign]  # that is the point
