"""Runs side by side: what they differ by, what that did to each figure, and where they part.

The one idea: the first run is the one that the others are measured against, and every number is the runs' own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench._types import Notice
from workbench.analytics.metrics import FIGURES, RANKED
from workbench.analytics.parting import parted
from workbench.analytics.returns import monthly_returns, session_closes
from workbench.errors import InputError, ParameterError, UnsupportedError
from workbench.market.paths import local
from workbench.research.differing import named, settings, titled
from workbench.research.run import Run

if TYPE_CHECKING:
    from workbench.indicators import Indicator, Outputs
    from workbench.views.replay import Duel

__all__ = ["Comparison", "compare"]

RUNS_MAX: Final = 5
SHOWN: Final = ("final_equity", *FIGURES, "fills", "denied")
WIDE: Final = Context(prec=80)
MONEY: Final = pl.Decimal(38, 20)


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Runs beside each other; made by `wb.compare`.

    Example:
        >>> from workbench.research.demo import run
        >>> same = compare(before=run(), after=run())
        >>> same.title, same.differences.height
        ('Cross: nothing differs', 0)
    """

    runs: Mapping[str, Run]
    """By name; the others are measured against the first."""

    @cached_property
    def title(self) -> str:
        """What the runs differ by, in a line."""
        return titled(self.runs, self.settings)

    @cached_property
    def settings(self) -> pl.DataFrame:
        """The options that differ: setting, then a text for each run; null where it has no such option."""
        return settings(self.runs)

    @property
    def names(self) -> list[str]:
        """The names of the runs, the one that the others are measured against first."""
        return list(self.runs)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """The key figures: figure, unit, better ("high", "low", null), a value for each run, and the differences.

        A difference is `OTHER - FIRST`; it is null where one of the two is undefined.
        """
        values = {name: [_figure(run, figure) for figure in SHOWN] for name, run in self.runs.items()}
        told = {
            "figure": SHOWN,
            "unit": [RANKED[figure].unit for figure in SHOWN],
            "better": [RANKED[figure].better for figure in SHOWN],
        }
        schema = {**dict.fromkeys(told, pl.String), **dict.fromkeys(values, pl.Float64)}
        frame = pl.DataFrame({**told, **values}, schema)
        return frame.with_columns(
            (pl.col(other) - pl.col(first)).alias(f"{other} - {first}") for first, other in self.pairs
        )

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The first run with each of the others, by name."""
        first, *others = self.names
        return [(first, other) for other in others]

    @cached_property
    def profit(self) -> pl.DataFrame:
        """Profit by cause, exact: cause, an amount for each run and the differences, as Decimal; see `run.explain()`.

        Causes that did nothing in any run are left out; the last row is the sum of all, final equity less deposits.
        """
        totals = {name: dict(run.explain().total) for name, run in self.runs.items()}
        causes = list(dict.fromkeys(cause for total in totals.values() for cause in total))
        causes = [cause for cause in causes if any(total.get(cause) for total in totals.values())]
        amounts = {name: [total.get(cause, Decimal(0)) for cause in causes] for name, total in totals.items()}
        for name, run in self.runs.items():
            amounts[name].append(run.explain().change)
        for first, other in self.pairs:
            pair = zip(amounts[other], amounts[first], strict=True)
            amounts[f"{other} - {first}"] = [WIDE.subtract(a, b) for a, b in pair]
        schema: dict[str, Any] = {"cause": pl.String, **dict.fromkeys(amounts, MONEY)}
        return pl.DataFrame({"cause": [*causes, "change"], **amounts}, schema)

    @cached_property
    def is_in_money(self) -> bool:
        """Whether equities can be compared as amounts: the runs started at the same time with the same money."""
        starts = {(run.deposits, run.equity["session"][0]) for run in self.runs.values()}
        return len(starts) == 1

    @cached_property
    def equity(self) -> pl.DataFrame:
        """Equity at the session closes that all runs have in their span: session, a column for each run.

        In the account's currency where they started together with the same money (`is_in_money`), else as what became
        of 1 at the first of these closes. A session that a run lacks has its close before.
        """
        rows = self._closes.fill_null(strategy="forward").drop_nulls()
        scaled = [pl.col(name) / pl.col(name).first() for name in self.names]
        return rows if self.is_in_money else rows.with_columns(scaled)

    @cached_property
    def _closes(self) -> pl.DataFrame:
        tables = [session_closes(run.equity).rename({"equity": name}) for name, run in self.runs.items()]
        first, last = _overlap([table["session"] for table in tables])
        joined = tables[0]
        for table in tables[1:]:
            joined = joined.join(table, on="session", how="full", coalesce=True)
        return joined.filter(pl.col("session").is_between(first, last)).sort("session")

    @cached_property
    def monthly(self) -> pl.DataFrame:
        """Returns by month over the span that all have: year, month, a return for each run, and the differences."""
        tables = [
            monthly_returns(self.equity.select("session", pl.col(name).alias("equity"))).rename({"return": name})
            for name in self.names
        ]
        joined = tables[0]
        for table in tables[1:]:
            joined = joined.join(table, on=["year", "month"], how="inner", maintain_order="left")
        return joined.with_columns(
            (pl.col(other) - pl.col(first)).alias(f"{other} - {first}") for first, other in self.pairs
        )

    @cached_property
    def differences(self) -> pl.DataFrame:
        """The slices in which a run filled something else than the first: a row for each slice and asset.

        Columns are time, session, asset and for each run `NAME traded` (with its sign), `NAME price` and `NAME held`
        (what it holds at that close). Fills are alike where side, quantity and price are; fees do not count. Only the
        span that all runs have is compared.
        """
        times = [run.equity["time"] for run in self.runs.values()]
        first, last = _overlap(times)
        filled = {name: (run.fills, run.equity["time"]) for name, run in self.runs.items()}
        rows = parted(filled).filter(pl.col("time").is_between(first, last))
        sessions = pl.concat([run.equity.select("time", "session") for run in self.runs.values()]).unique("time")
        rows = rows.join(sessions, on="time", how="left", maintain_order="left")
        for name, run in self.runs.items():
            rows = _with_held(rows, run, name)
        columns = [f"{name} {what}" for what in ("traded", "price", "held") for name in self.names]
        return rows.select("time", "session", "asset", *columns)

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        """What makes the runs less than comparable."""
        spans = {run.equity["session"].max() for run in self.runs.values()}
        starts = {run.equity["session"][0] for run in self.runs.values()}
        found = []
        if len(spans | starts) > 2:
            first, last = _overlap([self._closes["session"]])
            text = f"the runs have other spans; curves, months and fills are compared from {first} to {last}"
            found.append(Notice("span", 1, text, "key figures and profit are of each run's whole span"))
        if len({run.deposits for run in self.runs.values()}) > 1:
            text = "the runs started with other money; curves show what became of 1"
            found.append(Notice("deposits", 1, text, "amounts of money say little beside each other"))
        return tuple(found)

    def replay(self, *indicators: Indicator | Outputs, asset: str | None = None) -> Duel:
        """Both runs bar by bar under one cursor; it opens where they part, and `n` goes to the next difference.

        The slices are the first run's, the other one is told at the same times.

        Args:
            indicators: what is drawn with the prices; none draws what the first strategy watched.
            asset: whose price is drawn; None takes the one in which they part first.

        Raises:
            UnsupportedError: more than two runs.
            InputError: a run has no session.
            UnknownAssetError: an asset that the first run did not have.
            ParameterError: something that is no indicator.

        Example:
            >>> from workbench.research.demo import run
            >>> compare(a=run(), b=run()).replay()
            Replay of Cross: nothing differs on AAPL: bar 3,058 of 3,058, 2013-03-01
        """
        from workbench.views.replay import Duel

        if len(self.runs) != 2:
            raise UnsupportedError(f"a replay shows two runs, and here are {len(self.runs)}; compare two of them")
        first, other = self.runs.values()
        return Duel(self, self.runs, (first.spans, other.spans), asset, indicators or first.watched)

    def to_html(self, path: str | Path) -> Path:
        """Write the comparison as one stand-alone HTML file and return its path.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.
        """
        from workbench.views.compare import compare_page
        from workbench.views.pages import written_to

        return written_to(local("path", path), compare_page(self), "the comparison")

    def __repr__(self) -> str:
        from workbench.views.compare import compare_text

        return compare_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.compare import compare_html, compare_text

        return {"text/plain": compare_text(self), "text/html": compare_html(self)}


def compare(*runs: Run, **named_runs: Run) -> Comparison:
    """Runs side by side: titled by what differs, figures with their differences, curves, months, profit and fills.

    The others are measured against the first. A run given without a name is called by its strategy, or, of several
    runs of one strategy, by what they differ by.

    Args:
        runs: two to five finished runs, in accounts of one currency, whose spans overlap.
        named_runs: runs with the names to show them by, behind those without.

    Raises:
        ParameterError: fewer than two or more than five runs, something that is no Run, accounts in other currencies.
        InputError: there is no session that all runs have in their span.

    Example:
        >>> from workbench.research.demo import Cross, run
        >>> from workbench.research.backtest import Backtest
        >>> from workbench.market.catalog import sample
        >>> test = Backtest(Cross(), sample()["AAPL"])
        >>> compare(test.run(), test.with_params(fast=50).run()).title
        'Cross: fast 20 against 50'
    """
    given = [*runs, *named_runs.values()]
    for run in given:
        _check(run)
    if not 2 <= len(given) <= RUNS_MAX:
        raise ParameterError(
            f"compare takes 2 to {RUNS_MAX} runs, got {len(given)}; write wb.compare(base=run, other=run2)"
        )
    if len(currencies := sorted({run.currency for run in given})) > 1:
        raise ParameterError(
            f"the accounts are in {' and '.join(currencies)}; run both with cash in one currency, and fx= for the rates"
        )
    _overlap([run.equity["session"] for run in given])
    names = [*named(runs, list(named_runs)), *named_runs]
    return Comparison(MappingProxyType(dict(zip(names, given, strict=True))))


def _check(run: object) -> None:
    if not isinstance(run, Run):
        kind = type(run).__name__
        hint = "; of a sweep take one: runs[0], runs.best('sharpe')" if kind == "Runs" else ""
        hint = "; sources of prices are compared by bars.compare(other)" if kind == "Bars" else hint
        raise ParameterError(f"compare takes finished runs, got {kind}{hint}")


def _overlap(times: list[pl.Series]) -> tuple[Any, Any]:
    """The first and the last time that all have in their span."""
    if any(each.is_empty() for each in times):
        raise InputError("a run without a session cannot be compared; give it bars from its start on")
    first: Any = max(each.min() for each in times)  # type: ignore[type-var]
    last: Any = min(each.max() for each in times)  # type: ignore[type-var]
    if first > last:
        raise InputError(f"the runs have no time in common: one ends on {last}, another starts on {first}")
    return first, last


def _figure(run: Run, name: str) -> float | int | None:
    if name in FIGURES:
        return run.metrics[name]
    if name == "final_equity":
        return float(run.final_equity)
    return run.fills.height if name == "fills" else run.orders.filter(pl.col("status") == "DENIED").height


def _with_held(rows: pl.DataFrame, run: Run, name: str) -> pl.DataFrame:
    """Rows of time and asset, sorted by time, with what a run holds of the asset then."""
    spans, assets = run.spans[0], dict(enumerate(str(asset) for asset in run.bars.assets))
    asset = pl.col("asset").replace_strict(assets, return_dtype=pl.String)
    held = spans.select(asset, pl.col("until"), slice=pl.col("first"), held="quantity").sort("slice")
    slices = run.equity["time"].search_sorted(rows["time"], side="right").cast(pl.Int64)
    found = rows.with_columns(slice=slices).join_asof(held, on="slice", by="asset", check_sortedness=False)
    size = pl.when(pl.col("slice") < pl.col("until")).then(pl.col("held")).otherwise(0.0)
    return found.with_columns(size.alias(f"{name} held")).drop("slice", "until", "held")
