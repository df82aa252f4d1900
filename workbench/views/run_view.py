"""What a picture of a run or of its profit needs to know, and no more: the faces that views look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    import polars as pl

    from workbench._types import Notice
    from workbench.analytics.metrics import Metrics
    from workbench.engine import Context
    from workbench.market.bars import Bars
    from workbench.views.audit import AuditView
    from workbench.views.theme import Mode
    from workbench.views.why import WhyView

__all__ = ["ExactProfitView", "ProfitView", "ReplayView", "RunView"]


class ProfitView(Protocol):
    """Where the profit of a run came from."""

    @property
    def name(self) -> str:
        """The strategy's name."""

    @property
    def currency(self) -> str:
        """The account's currency."""

    @property
    def deposits(self) -> Decimal:
        """Money paid in."""

    @property
    def final_equity(self) -> Decimal:
        """Equity at the end, exact."""

    @property
    def total(self) -> Mapping[str, Decimal]:
        """What each cause did, exact."""

    @property
    def exact(self) -> ExactProfitView:
        """The frames behind it."""

    @property
    def by_session(self) -> pl.DataFrame:
        """A row for each session: session, a column for each cause, change."""


class ExactProfitView(Protocol):
    """The frames of a profit in Decimal."""

    @property
    def by_asset(self) -> pl.DataFrame:
        """A row for each asset: asset, a column for each cause, change."""


class RunView(Protocol):
    """A finished run; its frames are those of `workbench.engine.events` in Float64."""

    @property
    def name(self) -> str:
        """The strategy's name."""

    @property
    def bars(self) -> Bars:
        """The bars it ran on, warm-up included."""

    @property
    def equity(self) -> pl.DataFrame:
        """Rows of `EQUITY`, from the start of the run on."""

    @property
    def fills(self) -> pl.DataFrame:
        """Rows of `FILLS`."""

    @property
    def orders(self) -> pl.DataFrame:
        """Rows of `ORDERS`."""

    @property
    def trades(self) -> pl.DataFrame:
        """Rows of `TRADES`."""

    @property
    def metrics(self) -> Metrics:
        """The key figures."""

    @property
    def notices(self) -> Sequence[Notice]:
        """What the user should know, with remedies."""

    @property
    def deposits(self) -> Decimal:
        """Money paid in."""

    @property
    def final_equity(self) -> Decimal:
        """Equity at the end, exact."""

    @property
    def currency(self) -> str:
        """The account's currency."""

    @property
    def mode(self) -> Mode:
        """What it was: a simulation, or trading."""

    @property
    def cell(self) -> str:
        """Python that makes the same run again."""

    @property
    def spec(self) -> Mapping[str, object]:
        """The options of the run, by name."""

    @property
    def provenance(self) -> Mapping[str, str]:
        """Data hash, code hash, parameters, versions, state hash: what it takes to get the same run again."""

    def explain(self) -> ProfitView:
        """Where the profit came from."""


class ReplayView(RunView, Protocol):
    """A finished run that can be gone back to."""

    @property
    def recorded(self) -> pl.DataFrame:
        """What the strategy recorded, by time."""

    @property
    def checks(self) -> pl.DataFrame:
        """What the strategy checked by name, rows of `CHECKS`."""

    @property
    def ledger(self) -> pl.DataFrame:
        """Rows of `LEDGER`."""

    def at(self, time: str | date | datetime) -> Context:
        """The context of a slice."""

    def why(self, time: str | date | datetime, asset: str | None = None) -> WhyView:
        """Why there was an order at a slice, or none."""

    def guard(self, time: str | date | datetime) -> AuditView:
        """Whether decisions up to a slice are the same on data that is cut there."""

    @property
    def reaches_data(self) -> bool:
        """Whether data of the user's is put aside while `guard` works."""
