"""What can be made of Bars beside cuts of them: adjusted and converted prices, reports on their quality.

The one idea: each method hands to the module that knows the rules, which is loaded when it is first asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from workbench.market.keywords import keyworded
from workbench.market.spelling import chained

if TYPE_CHECKING:
    from datetime import date, datetime

    import plotly.graph_objects as go
    import polars as pl

    from workbench.indicators import Indicator, Outputs
    from workbench.market.adjustments import How
    from workbench.market.bars import Bars
    from workbench.market.comparison import Comparison
    from workbench.market.continuous import Adjustment, Before, Direction, Roll
    from workbench.market.quality.cleaning import Policy
    from workbench.market.quality.report import QualityReport

__all__ = ["Derived"]


class Derived:
    """The part of `Bars` whose rules stand in modules of their own."""

    @chained
    def adjusted(self, how: How = "splits", *, as_of: str | date | datetime | None = None) -> Bars:
        """Bars as they could be seen at a time, with history adjusted for what had acted and was known by then.

        Rows, actions and their announcements (`known`) after `as_of` are left out, so nothing later leaks. Of the
        actions those remain that were not divided out. The formulas stand in `workbench.market.adjustments`.

        Args:
            how: "splits" divides out splits and stock dividends; "all" dividends and spin-offs too; None nothing.
            as_of: a date ("2024-02-29" is the close of that session) or an aware time; None keeps every row, and all
                actions up to the last one.

        Raises:
            ParameterError: another `how`.
            TimeError: a naive or unreadable time.
            BarsError: a dividend that is not less than the close before it.

        Example:
            >>> from workbench.market import catalog
            >>> apple = catalog.sample()["AAPL"].between("2005-02-24", "2005-02-28")
            >>> [apple.adjusted(as_of=day).frame["close"].to_list() for day in ("2005-02-25", "2005-02-28")]
            [[88.93, 88.99], [44.465, 44.495, 44.86]]
        """
        from workbench.market.adjustments import as_known

        return as_known(_bars(self), how, as_of)

    def with_columns(self, *indicators: Indicator | Outputs, **named: Indicator | Outputs) -> pl.DataFrame:
        """The frame of these bars with a column for each indicator, of each asset by itself.

        Each row is what a strategy that watches the indicator reads at that bar: over the prices up to it, in the units
        that hold at it, so a split bends no average. Of longer bars (`every="1h"`) and of other assets (`.on("KO")`) it
        knows what has closed by its own close. Prices themselves stay unadjusted. Dividends are not divided out;
        take `bars.adjusted("all")` first for that.

        Args:
            indicators: each gives a column by its own name, `ta.sma(20)` gives `sma_20`; one with several outputs gives
                one for each, `ta.macd()` gives `macd.line`, `macd.signal` and `macd.histogram`.
            named: indicators with the names of their columns; `quick=ta.macd(5, 10, 3)` gives `quick.line` and so on.

        Returns:
            Frame of `BARS` and the new columns, Boolean for rules; null where an indicator has no value.

        Raises:
            ParameterError: something that is no indicator, a name twice, or longer bars that these do not make up.
            UnknownAssetError: an indicator of an asset that is not among these bars.

        Example:
            >>> from workbench import ta
            >>> from workbench.market import simulate
            >>> simulate.bars("X", n=30).with_columns(ta.sma(20), fast=ta.ema(5)).columns[-2:]
            ['sma_20', 'fast']
        """
        from workbench.indicators.columns import beside

        return beside(_bars(self), indicators, named)

    def plot(self, *indicators: Indicator | Outputs) -> go.Figure:
        """Candlesticks with volume and indicators, as a plotly figure; several assets as lines from 100.

        Indicators that lie among the prices (averages, bands) are drawn over them, others in a pane each below. A rule
        shades the bars where it holds. Of one with several outputs those among the prices are drawn if there are any,
        else all of them. Everything is in the units of the last session, and over these bars alone: indicators warm up
        inside of the picture. Where there are several assets, the first is drawn, and others can be read: `.on("KO")`.

        Args:
            indicators: what is drawn beside the prices.

        Raises:
            InputError: there are no bars.
            ParameterError: something that is no indicator.

        Example:
            >>> from workbench import sample, ta
            >>> figure = sample["AAPL"].last(250).plot(ta.sma(20), ta.rsi(14), ta.close() > ta.sma(100))
            >>> [trace.name for trace in figure.data]
            ['AAPL', 'volume', 'close > sma_100', 'sma_20', 'rsi_14']
        """
        from workbench.views.figures import bars_figure

        return bars_figure(_bars(self), indicators)

    def validate(self, **limits: Any) -> QualityReport:
        """What is strange in these bars, by all rules of `workbench.market.quality.rules.RULES`.

        Bars that came through `from_frame` have sound prices in order; there remain gaps, strange hours, wrong clocks,
        outliers, stale prices, splits that nobody told of, and bars without trades.

        Args:
            limits: what is still taken as usual, such as outlier_z=20; see `workbench.market.quality.rules.Limits`.

        Returns:
            A QualityReport: `.frame` with a row for each finding, `.counts`, `.plot()`.

        Raises:
            ParameterError: a limit that does not exist, or out of its range.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample()["AAPL"].validate().frame.select("row", "rule", "expected").row(0)
            (148, 'outlier', 'a return within 10 deviations of 0.0214')
        """
        from workbench.market.quality.cleaning import validated

        return validated(_bars(self), limits)

    @chained
    def clean(self, policy: Policy = "fix", **rules: Policy) -> Bars:
        """Bars without what is wrong, with notices of what was done.

        Args:
            policy: for findings that are errors: "fix" them (as `RULES` says), "drop" their rows, "fail", or "flag":
                keep and tell.
            rules: a policy for a rule by its name, such as outlier="drop", gap="fail". Findings that are warnings or
                notes, which may be true, are flagged where their rule is not named. Gaps are never filled.

        Raises:
            BarsError: a finding of a rule whose policy is "fail".
            ParameterError: an unknown policy or rule, or one that does not suit its rule.

        Example:
            >>> from workbench.market import catalog
            >>> apple = catalog.sample()["AAPL"]
            >>> len(apple) - len(apple.clean(outlier="drop"))
            1
        """
        from workbench.market.quality.cleaning import clean

        return clean(_bars(self), policy, rules)

    def compare(self, other: Bars, *, tolerance: float = 0.0, volume_tolerance: float = 0.01) -> Comparison:
        """These bars beside those of another source: bars that only one has, and where both differ.

        Rows are matched by asset and open time, daily and longer ones by session.

        Args:
            other: bars of the same length.
            tolerance: largest relative difference of prices that is none; 0.001 is 0.1%.
            volume_tolerance: the same for volumes.

        Returns:
            A Comparison: `.frame` with a row for each difference, `.summary` with one for each asset.

        Raises:
            ParameterError: bars of another length, no asset in common, or a tolerance that is no number from 0 on.

        Example:
            >>> from workbench.market import catalog
            >>> apple = catalog.sample()["AAPL"]
            >>> apple.since("2013-01-02").compare(apple.until("2013-02-28")).counts
            {'missing_here': 3229, 'missing_there': 1}
        """
        from workbench.market.comparison import compared

        return compared(_bars(self), other, tolerance, volume_tolerance)

    @chained
    @keyworded
    def continuous(
        self,
        *,
        roll: Roll = "calendar",
        days: int | None = None,
        before: Before = "expiry",
        adjustment: Adjustment | None = "ratio",
        direction: Direction = "backward",
        as_of: str | date | datetime | None = None,
        name: str | None = None,
    ) -> Bars:
        """These contracts of a future as one series for indicators; orders go to the contracts, see `wb.roll`.

        Backward, as charts show it, a price of the past holds the gaps of rolls still to come: a rule about its level
        looks ahead, which a notice tells. Forward it holds those before it alone: take that in a run. The formulas
        stand in `workbench.market.continuous`.

        Args:
            roll: "calendar" or "volume": when a contract is left, as in `rolls`.
            days: sessions before the anchor, as in `rolls`.
            before: the anchor, as in `rolls`.
            adjustment: "additive" keeps differences of prices, "ratio" returns; None leaves prices as they are.
            direction: "forward" brings prices after a roll to the level before it, "backward" those before it to the
                level after it.
            as_of: a session, or an aware time: only bars and rolls known then enter; None takes all.
            name: of the series, such as "ES*"; None takes the root.

        Returns:
            Bars of one asset of kind "continuous"; `contracts.join(series)` puts it beside its contracts.

        Raises:
            BarsError: contracts that do not meet in any session, or a ratio of prices that are not above 0.
            ParameterError: assets that are no futures of one root, or an argument that makes no sense.
            TimeError: an `as_of` that is naive or cannot be read.

        Example:
            >>> from workbench.market import Asset, simulate
            >>> march = Asset("ESH24", kind="future", root="ES", multiplier=50, month="2024-03", expiry="2024-03-15")
            >>> june = Asset("ESM24", kind="future", root="ES", multiplier=50, month="2024-06", expiry="2024-06-21")
            >>> first, second = (simulate.bars(each, "1d", n=60, start="2024-02-01") for each in (march, june))
            >>> series = first.join(second).continuous(direction="forward", name="ES*")
            >>> series.assets[0].kind, series.notices
            ('continuous', ())
        """
        from workbench.market.continuous import continuous

        how: dict[str, Any] = {"adjustment": adjustment, "direction": direction, "as_of": as_of, "name": name}
        return continuous(_bars(self), roll=roll, days=days, before=before, **how)

    @keyworded
    def rolls(
        self,
        *,
        roll: Roll = "calendar",
        days: int | None = None,
        before: Before = "expiry",
        as_of: str | date | datetime | None = None,
    ) -> pl.DataFrame:
        """When one of these contracts is exchanged for which other, and at what closes.

        A calendar roll takes place `days` sessions before its anchor, and goes to the next contract by expiry; a volume
        roll on the session after the first one in which a later contract had more volume. All rules stand in
        `workbench.market.continuous.rolls`.

        Args:
            roll: "calendar" or "volume".
            days: sessions before the anchor; None is 5, and 0 as the latest of a volume roll.
            before: the anchor: "expiry", "first_notice", or a day of the contract month, 1 to 28.
            as_of: a session, or an aware time: only what was known then; a session counts once it has closed.

        Returns:
            Frame of date, from, to, from_close, to_close, gap, ratio, due.

        Raises:
            BarsError, ParameterError, TimeError: as `continuous`.

        Example:
            >>> from workbench.market import Asset, simulate
            >>> march = Asset("ESH24", kind="future", root="ES", multiplier=50, month="2024-03", expiry="2024-03-15")
            >>> june = Asset("ESM24", kind="future", root="ES", multiplier=50, month="2024-06", expiry="2024-06-21")
            >>> first, second = (simulate.bars(each, "1d", n=60, start="2024-02-01") for each in (march, june))
            >>> first.join(second).rolls().select("date", "from", "to").row(0)
            (datetime.date(2024, 3, 10), 'ESH24', 'ESM24')
        """
        from workbench.market.continuous import rolls

        return rolls(_bars(self), roll=roll, days=days, before=before, as_of=as_of)

    @chained
    def join(self, *others: Bars) -> Bars:
        """These bars and others in one Bars, with all their assets: contracts beside their series, shares beside coins.

        Rows, actions and assets stay as they are, each asset on its own calendar; assets come in the order given.

        Args:
            others: Bars of the same length, of other assets.

        Raises:
            ParameterError: something else than Bars, bars of another length, or an asset that two of them have.

        Example:
            >>> from workbench.market import catalog, simulate
            >>> stock = catalog.sample()["AAPL"].since("2012-01-01")
            >>> stock.join(simulate.bars("BTC/USD", "1d", n=500, start="2012-01-01")).assets == ("AAPL", "BTC/USD")
            True
        """
        from workbench.market.joining import joined

        return joined((self, *others))

    @chained
    def regular_hours(self) -> Bars:
        """Bars that open while their market trades regularly: without pre-market, after-hours and breaks.

        Daily and longer bars are kept as they are.

        Example:
            >>> from workbench.market import simulate
            >>> len(simulate.bars("X", n=10, calendar="XNYS").regular_hours())
            10
        """
        from workbench.market.sessions import regular

        return regular(_bars(self))

    @chained
    def convert(self, currency: str, rates: Bars, *, max_age: str = "7d") -> Bars:
        """Prices in another currency, each at the last rate that was known when its bar closed.

        A rate is the close of an asset named like "EUR/USD" or "EURUSD" (one EUR in USD), known at that bar's close.
        The pair itself is taken, else its inverse, else a cross through a currency that both have.

        Args:
            currency: the currency wanted, such as "EUR".
            rates: bars of the pairs.
            max_age: the oldest rate that may be used, such as "1h" or "7d".

        Raises:
            ParameterError: a currency that no pair leads to, or a `max_age` that is no length of time.
            BarsError: a bar before the first rate, or whose last rate is older than `max_age`.

        Example:
            >>> from workbench.market import simulate
            >>> rates = simulate.bars("EUR/USD", "1d", n=30, price=1.25, volatility=0.01, price_digits=5)
            >>> simulate.bars("X", "1d", n=10).convert("EUR", rates).assets[0].currency
            'EUR'
        """
        from workbench.market.conversion import converted

        return converted(_bars(self), currency, rates, max_age)


def _bars(given: Derived) -> Bars:
    """Only Bars have these methods."""
    return cast("Bars", given)
