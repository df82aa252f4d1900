"""The first backtest: a cross of two moving averages on the sample prices, as the README shows it."""

from __future__ import annotations

from workbench import ta
from workbench.engine import Bar, Context
from workbench.engine.costs import fees, slippage
from workbench.market.catalog import sample
from workbench.research.backtest import Backtest
from workbench.research.run import Run
from workbench.strategies import Strategy
from workbench.strategies.portfolio import Portfolio

__all__ = ["Cross", "run", "shared"]


class Cross(Strategy):
    """Hold the asset while its fast average stands above the slow one.

    Example:
        >>> Cross(fast=10)
        Cross(fast=10, slow=100)
    """

    fast: int = 20
    slow: int = 100

    def on_start(self, ctx: Context) -> None:
        """Ask for the distance of the two averages."""
        self.gap = ctx.watch(ta.sma(self.fast) - ta.sma(self.slow))

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        """Be fully invested or not at all."""
        if self.gap[bar.asset] <= 0:
            ctx.flatten(bar.asset)
        elif not ctx.position(bar.asset):
            ctx.target(bar.asset, all_in=True)


def run() -> Run:
    """Run `Cross` on AAPL, twelve years of real prices.

    Example:
        >>> run().name
        'Cross'
    """
    test = Backtest(
        Cross(),
        sample()["AAPL"],
        cash="100_000 USD",
        start="2001-01-01",
        fees=fees.per_share(0.005, minimum=1),
        slippage=slippage.bps(2),
    )
    return test.run()


def shared() -> Run:
    """Run two of them in one account on AAPL, a fast one and a slow one.

    Example:
        >>> shared().name
        'Portfolio'
    """
    both = Portfolio({"fast": Cross(fast=10, slow=50), "slow": Cross()})
    return Backtest(both, sample()["AAPL"], cash="100_000 USD", start="2001-01-01", fees=fees.bps(5)).run()
