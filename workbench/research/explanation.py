"""Profit explained: equity at the end is deposits plus what each cause did, to the last digit.

The one idea: the engine tells, slice by slice, asset by asset, what each cause did to equity; everything here is a sum
of those rows. If they ever failed to sum to the change of equity, that would be an error, not a rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from functools import cached_property, reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import polars as pl

from workbench.analytics.explained import by_cause, floats, wide
from workbench.engine.names import missing
from workbench.errors import InternalError, ParameterError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.views.waterfall import Waterfall

__all__ = ["By", "ExactCauses", "Explanation", "explanation", "shown_by"]

By = Literal["cause", "asset", "currency", "strategy"]
WAYS: Final = get_args(By)
WIDE: Final = Context(prec=80)


@dataclass(frozen=True, eq=False, repr=False)
class ExactCauses:
    """The frames of an explanation with Decimal amounts at scale 20."""

    frame: pl.DataFrame
    _assets: pl.Series
    _sessions: pl.Series
    _currencies: pl.Series
    of_books: pl.DataFrame | None = None
    _names: tuple[str, ...] = ()

    @cached_property
    def by_cause(self) -> pl.DataFrame:
        """A row for each cause: cause, amount."""
        return by_cause(self.frame)

    @cached_property
    def by_asset(self) -> pl.DataFrame:
        """A row for each asset: asset, the causes, change; one for the currency too, where cash had interest."""
        own = self.frame.filter(~pl.col("asset").is_in(self._assets.implode()))["asset"]
        return wide(self.frame, pl.concat([self._assets, own.unique(maintain_order=True)]))

    @cached_property
    def by_currency(self) -> pl.DataFrame:
        """A row for each currency in which something came about: currency, the causes, change."""
        rows = self.frame
        if "currency" not in rows.columns:
            rows = rows.with_columns(currency=pl.lit(self._currencies[0]))
        return wide(rows, self._currencies)

    @cached_property
    def by_strategy(self) -> pl.DataFrame:
        """A row for each strategy of a Portfolio: strategy, the causes, change; what one gave another is no profit.

        Raises:
            ParameterError: a run of one strategy.
        """
        if self.of_books is None:
            raise ParameterError("this run has one strategy; only a wb.Portfolio is explained by strategy")
        return wide(self.of_books, pl.Series("strategy", self._names))

    @cached_property
    def by_session(self) -> pl.DataFrame:
        """A row for each session: session, the causes, change."""
        return wide(self.frame, self._sessions)


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why equity is what it is: deposits + price + slippage + fees + ... = final equity, without a rest.

    Costs are negative. Price is what holdings gained at the prices before slippage; slippage is inside fill prices and
    counted here and nowhere else; a dividend counts from its ex-date; cash in lieu is what splits and mergers paid for
    fractions.
    Causes that cannot occur in an account are there and zero. In several currencies each amount is told in the
    account's, and what a currency itself gained or lost is fx.

    Example:
        >>> from workbench.research.demo import run
        >>> explained = run().explain()
        >>> explained.total["fees"] < 0 < explained.total["price"]
        True
        >>> sum(explained.total.values()) == explained.final_equity - explained.deposits == explained.change
        True
    """

    name: str
    currency: str
    deposits: Decimal
    final_equity: Decimal
    exact: ExactCauses
    by: By = "cause"

    @cached_property
    def total(self) -> Mapping[str, Decimal]:
        """What each cause did, exact: a mapping of cause to amount."""
        return MappingProxyType(dict(self.exact.by_cause.iter_rows()))

    @property
    def change(self) -> Decimal:
        """Final equity less deposits: the sum of all causes."""
        return WIDE.subtract(self.final_equity, self.deposits)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """Rows of `workbench.engine.events.EXPLAINED`: a row for each slice, asset and cause that did something."""
        return floats(self.exact.frame)

    @cached_property
    def by_cause(self) -> pl.DataFrame:
        """A row for each cause: cause, amount."""
        return floats(self.exact.by_cause)

    @cached_property
    def by_asset(self) -> pl.DataFrame:
        """A row for each asset of the run, and for its currency where cash had interest: asset, the causes, change."""
        return floats(self.exact.by_asset)

    @cached_property
    def by_currency(self) -> pl.DataFrame:
        """A row for each currency of the run: currency, a column for each cause, change, all in the account's."""
        return floats(self.exact.by_currency)

    @cached_property
    def by_strategy(self) -> pl.DataFrame:
        """A row for each strategy of a Portfolio: strategy, a column for each cause, change.

        Raises:
            ParameterError: a run of one strategy.
        """
        return floats(self.exact.by_strategy)

    @cached_property
    def by_session(self) -> pl.DataFrame:
        """A row for each session of the run: session, a column for each cause, change."""
        return floats(self.exact.by_session)

    def plot(self, by: By | None = None) -> go.Figure:
        """A waterfall from deposits to final equity, as a plotly figure.

        Args:
            by: "cause", or "asset", "currency" or "strategy" for a step of all causes for each of these; of many the 23
                largest. None is what `run.explain(by=)` was asked for.

        Raises:
            ParameterError: another way.

        Example:
            >>> from workbench.research.demo import run
            >>> list(run().explain().plot().data[0].x)
            ['deposits', 'price', 'slippage', 'fees', 'dividends', 'final equity']
        """
        from workbench.views.waterfall import waterfall_figure

        return waterfall_figure(self._waterfall(by))

    def _waterfall(self, by: By | None = None) -> Waterfall:
        from workbench.views.waterfall import profit

        way = checked_way(self.by if by is None else by)
        if way == "cause":
            return profit(self, self.total.items(), way)
        frame: pl.DataFrame = getattr(self.exact, f"by_{way}")
        return profit(self, frame.select(way, "change").iter_rows(), way)

    def __dir__(self) -> list[str]:
        own = (name for name in dir(type(self)) if not name.startswith("_"))
        return sorted({*self.__dataclass_fields__, *own})

    if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

        def __getattr__(self, name: str) -> Any:
            raise missing("Explanation", name, dir(self), {})

    def __repr__(self) -> str:
        from workbench.views.waterfall import waterfall_text

        return waterfall_text(self._waterfall())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.waterfall import waterfall_html, waterfall_text

        fall = self._waterfall()
        return {"text/plain": waterfall_text(fall), "text/html": waterfall_html(fall)}


def checked_way(by: object) -> By:
    if by not in WAYS:
        raise ParameterError(f"by={by!r} is no way to explain profit; give {' or '.join(map(repr, WAYS))}")
    return by  # type: ignore[return-value]  # it is among them


def shown_by(made: Explanation, by: object) -> Explanation:
    """The same explanation, shown by cause, by asset or by currency.

    Raises:
        ParameterError: another way.
    """
    return made if made.by == checked_way(by) else replace(made, by=checked_way(by))


def explanation(
    rows: pl.DataFrame,
    *,
    name: str,
    assets: pl.Series,
    sessions: pl.Series,
    deposits: Decimal,
    final_equity: Decimal,
    currency: str,
    currencies: Sequence[str] = (),
    of_books: pl.DataFrame | None = None,
    names: tuple[str, ...] = (),
) -> Explanation:
    """The explanation of a run.

    Args:
        rows: rows of `EXPLAINED`, exact.
        name: the strategy's.
        assets: all assets of the run, in their order; named "asset".
        sessions: all sessions of the run, oldest first; named "session".
        deposits: money paid in.
        final_equity: equity at the end, exact.
        currency: the account's.
        currencies: all of the run, the account's first, where there are several.
        of_books: what each cause did to each book, exact, in a run of a Portfolio.
        names: of the books.

    Raises:
        InternalError: the rows do not sum to the change of equity.
    """
    named = pl.Series("currency", currencies or (currency,))
    made = Explanation(
        name, currency, deposits, final_equity, ExactCauses(rows, assets, sessions, named, of_books, names)
    )
    summed = reduce(WIDE.add, made.total.values(), Decimal(0))
    told = summed if of_books is None else reduce(WIDE.add, of_books["amount"].to_list(), Decimal(0))
    if not summed == told == made.change:
        raise InternalError(
            f"the causes of profit sum to {summed:f}, equity changed by {made.change:f} {currency}; please report it "
            "with strategy and bars"
        )
    return made
