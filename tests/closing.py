"""No run without its explanation: whatever the suite runs, the causes of profit must sum to the change of equity.

The one idea: it is asserted where a Run is born, in every process of the suite, so that no test has to remember it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal, localcontext
from itertools import count
from typing import Any

from workbench.research.run import Run

__all__ = ["assert_explained", "assert_summed", "watch_every_run"]

EVERY = 10  # Sums of whole frames take as long as a small run does; the rows themselves are checked each time.
Amounts = Iterable[tuple[object, Decimal]]


def assert_explained(run: Run) -> None:
    """In all, by slice and by session: what the causes did is what equity did, deposits left out, in every digit."""
    frame, equity = run.explain().exact.frame, run.exact.equity
    with localcontext(prec=60):
        change = run.final_equity - run.deposits
        assert sum(run.explain().total.values()) == sum(frame["amount"].to_list()) == change, "a rest in all"
        for key in ("time", "session"):
            _assert_equal(frame.select(key, "amount").iter_rows(), equity.select(key, "equity").iter_rows(), run, key)


def assert_summed(run: Run) -> None:
    """The same of the frames by session and by asset."""
    explained, equity = run.explain().exact, run.exact.equity.select("session", "equity")
    with localcontext(prec=60):
        told = explained.by_session.select("session", "change").iter_rows()
        _assert_equal(told, equity.iter_rows(), run, "session of by_session")
        change = run.final_equity - run.deposits
        assert sum(explained.by_asset["change"].to_list()) == change, "a rest by asset"


def _assert_equal(told: Amounts, equity: Amounts, run: Run, what: str) -> None:
    sums: defaultdict[object, Decimal] = defaultdict(Decimal)
    for key, amount in told:
        sums[key] += amount
    ends, before = dict(equity), run.deposits
    assert sums.keys() <= ends.keys(), f"a rest in a {what} that the run does not have"
    for key, after in ends.items():
        assert sums[key] == after - before, f"a rest in {what} {key}: {after - before} changed, {sums[key]} explained"
        before = after


def watch_every_run() -> None:
    """From now on a Run cannot be made, nor loaded, without its explanation being checked."""
    make, numbers = Run.__init__, count()

    def checked(self: Run, *args: Any, **named: Any) -> None:
        make(self, *args, **named)
        assert_explained(self)
        if next(numbers) % EVERY == 0:
            assert_summed(self)

    checked.unwatched = make  # type: ignore[attr-defined]  # a test of what happens without the watch goes by it
    Run.__init__ = checked  # type: ignore[method-assign]  # that is the point
