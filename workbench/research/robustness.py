"""Whether a result survives small changes that should not matter: `test.robust()`.

The one idea: whoever trades a strategy pays more than assumed, is late, begins on another day, and has parameters that
could as well have been a little different. A result that needs all of these just so was luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench._types import Notice
from workbench.engine.costs.slippage import Slippage
from workbench.engine.simulation import unstarted
from workbench.errors import InternalError, UnsupportedError
from workbench.indicators.given import short
from workbench.research.run import Run
from workbench.strategies.callbacks import declared, parameters
from workbench.strategies.kinds import REFUSED

if TYPE_CHECKING:
    from workbench._native import Deal
    from workbench.research.backtest import Backtest

__all__ = ["TESTS", "Robustness", "late", "robust"]

KEPT_MIN: Final = 0.5
STARTS: Final = (0.1, 0.25)
CHANGE: Final = Decimal("0.1")
TESTS: Final = pl.Schema(
    {
        "test": pl.String(),  # what was changed
        "sharpe": pl.Float64(),  # null where it is undefined or could not be run
        "total_return": pl.Float64(),
        "max_drawdown": pl.Float64(),
        "kept": pl.Float64(),  # Sharpe ratio / that of the base
        "holds": pl.Boolean(),  # null where it could not be run
        "reason": pl.String(),  # why it could not
    }
)
Made = Callable[[], Run]


@dataclass(frozen=True, repr=False)
class Robustness:
    """What became of a result under each change, and the verdict.

    `frame` has a row for the base and one for each test, see `TESTS`. A test **holds** if it keeps at least half of the
    base's Sharpe ratio. The `verdict` is

    - "robust": every test was run and holds;
    - "fragile": at least one does not hold; `broken` names them;
    - "untested": those that were run hold, but some could not be; `frame` gives the reasons;
    - "no edge": the base itself has no Sharpe ratio above 0, so there is nothing to keep.

    A robust result can still be the luckiest of many: `runs.deflated_sharpe()` answers that.
    """

    name: str
    frame: pl.DataFrame
    notices: tuple[Notice, ...]

    @property
    def verdict(self) -> str:
        """In a word, as above."""
        base, tests = self.frame["sharpe"][0], self.frame[1:]
        if base is None or base <= 0:
            return "no edge"
        if self.broken:
            return "fragile"
        return "untested" if tests["holds"].null_count() else "robust"

    @property
    def broken(self) -> list[str]:
        """The tests that do not hold."""
        return self.frame[1:].filter(~pl.col("holds"))["test"].to_list()

    @property
    def headline(self) -> str:
        """The verdict with what it rests on."""
        run = self.frame[1:]["holds"].count()
        said = {
            "robust": f"all {run} tests keep at least half of the Sharpe ratio",
            "fragile": f"{len(self.broken)} of {run} tests lose more than half of the Sharpe ratio",
            "untested": f"{run} tests hold, {self.frame.height - 1 - run} could not be run",
            "no edge": "the base has no Sharpe ratio above 0 that could be lost",
        }
        return f"{self.verdict}: {said[self.verdict]}"

    def __repr__(self) -> str:
        from workbench.views.robustness import robustness_text

        return robustness_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.robustness import robustness_html, robustness_text

        return {"text/plain": robustness_text(self), "text/html": robustness_html(self)}


def robust(test: Backtest, tell: Callable[[int, int], object]) -> Robustness:
    """Run a Backtest and all its changes; `tell` hears how many are done."""
    base = test.run(progress=False)
    tests = list(_tests(test, base))
    rows = [_row("base", base, base)]
    for done, (name, made) in enumerate(tests, start=1):
        tell(done, len(tests) + 1)
        try:
            rows.append(_row(name, made(), base))
        except InternalError:
            raise
        except Exception as error:  # noqa: BLE001  A change that cannot be run says why in its row.
            rows.append((name, *(None,) * 5, str(error)))
    tell(len(rows), len(rows))
    return Robustness(base.name, pl.DataFrame(rows, TESTS, orient="row"), base.notices)


def _row(name: str, run: Run, base: Run) -> tuple[object, ...]:
    figures, whole = run.metrics, base.metrics.sharpe
    kept = None if figures.sharpe is None or not whole else figures.sharpe / whole
    # A run without a Sharpe ratio has kept nothing of one.
    holds = None if run is base else bool(whole and whole > 0 and kept is not None and kept >= KEPT_MIN)
    return name, figures.sharpe, figures.total_return, figures.max_drawdown, kept, holds, None


def _tests(test: Backtest, base: Run) -> Iterator[tuple[str, Made]]:
    yield "costs doubled", lambda: _dearer(test).run(progress=False)
    yield "one bar late", lambda: late(test, base)
    sessions = base.equity["session"].unique().sort()
    for part in STARTS:
        start = sessions[int(part * len(sessions))]
        yield f"start {start}", lambda start=start: test.replace(start=start).run(progress=False)  # type: ignore[misc]
    for name, value in _moved(test):
        given = {name: value}
        yield f"{name}={short(value)}", lambda given=given: test.with_params(**given).run(progress=False)  # type: ignore[misc]


def _dearer(test: Backtest) -> Backtest:
    """The same with every fee charged twice and twice the slippage."""
    _, _, _, setup = test.parts()
    if not setup.fees.parts and setup.slippage.kind == "none":
        raise UnsupportedError("there are no costs to double; give the Backtest fees= and slippage=")
    return test.replace(fees=setup.fees + setup.fees, slippage=_doubled(setup.slippage))


def _doubled(given: Slippage) -> Slippage:
    function = given.function
    if function is None:
        return replace(given, rate=2 * given.rate)

    def twice(deal: Deal) -> Any:
        slipped: Any = function(deal)
        return 2 * (Decimal(slipped) if isinstance(slipped, str) else slipped)

    return replace(given, function=twice)


def late(test: Backtest, base: Run) -> Run:
    """What the decisions of a run would have made of themselves one bar later.

    The commands that the run recorded are given to the engine again, each one slice after the one it was asked in and
    under the same rules; those of the last slice come too late. The strategy does not decide anew: it is what happens
    to somebody who follows it by hand, always a bar behind. Targets, weights and all-in orders are sized as they come.

    Raises:
        UnsupportedError: the strategy cancels single orders, which are other ones a bar later.
    """
    strategy, _, given, setup = test.parts()
    if base.commands.filter(pl.col("command") == "cancel").height:
        raise UnsupportedError("the strategy cancels single orders, which would not be the same ones a bar later")
    later = base.commands.select(pl.col("slice") + 1, "command", "words")
    data: Any = given["data"]
    simulation = unstarted(setup, base.bars, data)
    simulation.replay(later.rows(), base.equity.height + 1)
    return Run.of(simulation, setup, base.bars, data, strategy)


def _moved(test: Backtest) -> Iterator[tuple[str, object]]:
    """Every number among the parameters, a tenth lower and a tenth higher, whole ones by at least one."""
    strategy = test.parts()[0]
    for name, value in parameters(strategy).items():
        take = declared(strategy)[name].kind.take
        for moved in _around(value):
            if (kept := take(moved)) is not REFUSED:
                yield name, kept


def _around(value: object) -> list[object]:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not value:
        return []
    if isinstance(value, int):
        step = max(1, round(abs(value) * CHANGE))
        return [value - step, value + step]
    # By decimals, so that a tenth more than 0.5 is 0.55.
    return [type(value)(Decimal(str(value)) * (1 + change)) for change in (-CHANGE, CHANGE)]
