"""What a picture of an exploration needs to know, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workbench.views.run_view import RunView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.indicators import Indicator, Outputs
    from workbench.views.sweep_view import RunsView

__all__ = ["ControlView", "ExploreView", "FailedView", "ResultView", "WatchedView"]


class WatchedView(RunView, Protocol):
    """A run that knows what its strategy watched."""

    @property
    def watched(self) -> Sequence[Indicator | Outputs]:
        """The indicators that are drawn."""


class ControlView(Protocol):
    """What a parameter is set by."""

    @property
    def name(self) -> str:
        """The parameter."""

    @property
    def kind(self) -> str:
        """A slider, a switch or a list."""

    @property
    def stops(self) -> Sequence[object]:
        """The value at each place."""

    def place(self, value: object) -> int:
        """Where a value is."""


class ResultView(Protocol):
    """A run and what it was run with."""

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters by name."""

    @property
    def run(self) -> WatchedView:
        """What came out."""

    @property
    def code(self) -> str:
        """A cell that gives the run again."""


class FailedView(Protocol):
    """An error and the parameters at which it was raised."""

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters by name."""

    @property
    def error(self) -> BaseException:
        """What was raised."""


class ExploreView(Protocol):
    """An exploration: what is shown, and what can be asked of it."""

    @property
    def controls(self) -> Sequence[ControlView]:
        """One for each parameter."""

    @property
    def shown(self) -> ResultView:
        """The result that is shown."""

    @property
    def failed(self) -> FailedView | None:
        """The newest parameters, if nothing came out of them."""

    @property
    def pins(self) -> Sequence[ResultView]:
        """Results kept for comparison."""

    @property
    def runs(self) -> RunsView | None:
        """The runs of a sweep over the same parameters, if there was one."""

    def places(self, params: Mapping[str, object]) -> dict[str, int]:
        """Where the controls stand for some parameters."""

    def move(self, places: Mapping[str, int]) -> None:
        """The controls stand there now."""

    def pin(self) -> None:
        """Keep the result that is shown."""

    def unpin(self, i: int | None = None) -> None:
        """Let go of a pin."""
