"""What a picture of a sweep or of its runs needs to know, and no more: the faces that views look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from workbench._types import Notice
    from workbench.analytics.deflated import DeflatedSharpe

__all__ = ["RunsView", "SweepView"]


class SweepView(Protocol):
    """A sweep that may not have run."""

    @property
    def subject(self) -> str:
        """Strategies and assets."""

    @property
    def facts(self) -> Sequence[tuple[str, str, str]]:
        """Name, how it was written, and how many values, of everything that was given."""

    @property
    def count(self) -> str:
        """How many combinations, about how long they take, and how they are run; or why there are none."""


class RunsView(Protocol):
    """Finished runs of a sweep."""

    @property
    def subject(self) -> str:
        """Strategies and assets."""

    @property
    def names(self) -> Sequence[str]:
        """What the runs differ by."""

    @property
    def frame(self) -> pl.DataFrame:
        """What each was run with, and its figures."""

    @property
    def notices(self) -> Sequence[Notice]:
        """What the user should know, with remedies."""

    def __len__(self) -> int:
        """How many there are."""

    def column(self, name: str) -> str:
        """The column of `frame` that holds what the runs differ by."""

    def given(self, i: int) -> Mapping[str, object]:
        """What a run was run with."""

    def order(self, metric: str) -> Sequence[int]:
        """Numbers of the runs that have a figure, the best first."""

    def robust_row(self, metric: str) -> int:
        """The run whose neighbours are the best."""

    def medians(self, metric: str) -> npt.NDArray[np.float64]:
        """For each run the median over it and its neighbours."""

    def deflated_sharpe(self, i: int | None = None) -> DeflatedSharpe:
        """How sure one can be that a run has skill."""
