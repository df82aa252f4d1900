"""What a tearsheet tells of a run: every figure of it, worked out once, for whatever form it is shown in.

The one idea: the page, the paper and the JSON read the same object, so they cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import polars as pl

from workbench.analytics.benchmark import buy_and_hold
from workbench.analytics.drawdown import drawdowns
from workbench.analytics.excursions import excursions
from workbench.analytics.exposure import exposure, monthly_turnover
from workbench.analytics.relative import beside, relative
from workbench.analytics.returns import in_account, session_closes, session_returns, sessions_per_year
from workbench.analytics.risk import Measured, risk
from workbench.analytics.rolling import rolling
from workbench.analytics.trades import by_holding, by_side
from workbench.errors import InputError, ParameterError
from workbench.market.bars import Bars
from workbench.views.run_view import RunView
from workbench.views.summary import assets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

__all__ = ["COSTS", "Benchmark", "Facts", "Other", "checked"]

Other: TypeAlias = Bars | RunView | None
COSTS = ("slippage", "fees", "borrow", "interest", "funding")


class Benchmark(NamedTuple):
    """What the run stands beside."""

    name: str
    about: str
    closes: pl.DataFrame
    """Frame (session, equity) in the sessions of the run, from the same deposits."""


@dataclass(frozen=True, eq=False)
class Facts:
    """A run and its benchmark; what follows from them is worked out when it is first asked for."""

    run: RunView
    other: Other = None

    @cached_property
    def closes(self) -> pl.DataFrame:
        """Frame (session, equity) of the run."""
        return session_closes(self.run.equity)

    @cached_property
    def per_year(self) -> float:
        """Sessions of a year."""
        return sessions_per_year(self.run.bars)

    @cached_property
    def window(self) -> int:
        """Session returns of the rolling figures: half a year, of a short run a quarter of it."""
        half = round(self.per_year / 2)
        return max(2, min(half, (self.closes.height - 1) // 4))

    @cached_property
    def benchmark(self) -> Benchmark:
        """The curve beside that of the run.

        Raises:
            InputError: it has no session in common with the run.
            ParameterError: neither Bars nor a Run.
        """
        if self.closes.is_empty():
            return Benchmark("benchmark", "", self.closes)
        name, about, found = self._beside()
        known = self.closes.select("session").join(found, on="session", how="left", maintain_order="left")
        filled = known.with_columns(pl.col("equity").forward_fill()).drop_nulls()
        if filled.is_empty():
            span = f"{self.closes['session'][0]} to {self.closes['session'][-1]}"
            raise InputError(f"the benchmark has no session from {span}, when the run went; give one that spans it")
        return Benchmark(name, about, filled)

    def _beside(self) -> tuple[str, str, pl.DataFrame]:
        other, deposits = self.other, float(self.run.deposits)
        if other is None or isinstance(other, Bars):
            bars = self.run.bars if other is None else other
            held = buy_and_hold(bars, deposits, start=self.run.equity["time"][0])
            return "Buy and hold", f"Buy and hold {assets(bars)}, dividends reinvested, no fees", held
        scale = deposits / float(other.deposits)
        closes = session_closes(other.equity).with_columns(pl.col("equity") * scale)
        more = "" if other.currency == self.run.currency else f", in {other.currency}"
        return other.name, f"{other.name} on {assets(other.bars)}{more}", closes

    @cached_property
    def returns(self) -> pl.DataFrame:
        """Frame (session, return) of the run."""
        return session_returns(self.closes)

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """Frame (session, return, benchmark) where both have one."""
        return beside(self.returns, session_returns(self.benchmark.closes))

    @cached_property
    def risk(self) -> Measured:
        """Figures of `workbench.analytics.risk.RISK`."""
        return risk(self.returns["return"])

    @cached_property
    def relative(self) -> Measured:
        """Figures of `workbench.analytics.relative.RELATIVE`."""
        return relative(self.pairs, self.per_year)

    @cached_property
    def benchmark_figures(self) -> Mapping[str, float]:
        """Total and annual return, maximum drawdown of the benchmark, as the run's figures of these names."""
        closes, deposits = self.benchmark.closes, float(self.run.deposits)
        if closes.is_empty():
            return {}
        first, last = closes["equity"][0], closes["equity"][-1]
        found = {"total_return": last / deposits - 1}
        if closes.height > 1 and first > 0 < last:
            found["annual_return"] = (last / first) ** (self.per_year / (closes.height - 1)) - 1
            found["max_drawdown"] = drawdowns(closes).select(pl.col("drawdown").min()).item()
        return found

    @cached_property
    def rolling(self) -> pl.DataFrame:
        """Frame (session, sharpe, volatility, beta) over `window`."""
        return rolling(self.pairs, self.window, self.per_year)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """The trades with `mae` and `mfe`, profits in the account's currency."""
        if self.run.equity.is_empty():
            return self.run.trades.with_columns(pl.lit(None, pl.Float64).alias(name) for name in ("mae", "mfe"))
        run = self.run
        return excursions(in_account(run.trades, "profit"), run.fills, run.bars, run.equity["time"][-1])

    @cached_property
    def by_side(self) -> pl.DataFrame:
        """Long, short and all trades."""
        return by_side(self.trades)

    @cached_property
    def by_holding(self) -> pl.DataFrame:
        """The trades by bars held."""
        return by_holding(self.trades)

    @cached_property
    def exposure(self) -> pl.DataFrame:
        """Frame (session, exposure, held)."""
        return exposure(self.run.equity, self.run.trades)

    @cached_property
    def turnover(self) -> pl.DataFrame:
        """Frame (month, turnover)."""
        return monthly_turnover(self.run.equity, in_account(self.run.fills, "value"))

    @cached_property
    def costs(self) -> Mapping[str, Decimal]:
        """What each kind of cost did to the profit, exact; those that did nothing too."""
        total = self.run.explain().total
        return {name: total[name] for name in COSTS if name in total}

    @cached_property
    def cost_curves(self) -> pl.DataFrame:
        """Frame (session, a column for each kind of cost that did something): what it has cost up to each session."""
        rows = self.run.explain().by_session
        names = [name for name, amount in self.costs.items() if amount]
        return rows.select("session", *(pl.col(name).cum_sum() for name in names))

    @cached_property
    def ambiguous(self) -> pl.DataFrame:
        """Fills of which the bar leaves open that they happened like this."""
        return self.run.fills.filter(pl.col("ambiguous"))


def checked(other: object) -> Other:
    """A benchmark that can be one.

    Raises:
        ParameterError: neither Bars nor a Run.
    """
    if other is None or isinstance(other, Bars) or all(hasattr(other, name) for name in ("equity", "deposits")):
        return other  # type: ignore[return-value]  # it has what is asked of it
    raise ParameterError(
        f"benchmark={other!r} is neither Bars nor a Run; give prices, such as wb.sample['IBM'], another run, or "
        "nothing for buying and holding what was traded"
    )
