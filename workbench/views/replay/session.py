"""A run bar by bar: a cursor in the notebook that the next cell can read, and that a cell can set.

The one idea: the browser steps by itself over columns that it was sent once, or asks for more of a long run; Python
hears of the cursor when it rests, and answers with what the engine knew at that bar.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workbench.engine.simulation import slice_at
from workbench.errors import ParameterError
from workbench.market.paths import local
from workbench.views.drawn import Drawn, drawable, drawn
from workbench.views.pages import written_to
from workbench.views.replay.page import replay_page
from workbench.views.replay.parts import Parts
from workbench.views.replay.picture import picture_html, picture_text

if TYPE_CHECKING:
    import polars as pl

    from workbench.engine import Context
    from workbench.indicators import Indicator, Outputs
    from workbench.views.apps.component import Hosted
    from workbench.views.audit import AuditView
    from workbench.views.replay.widget import ReplayWidget
    from workbench.views.run_view import ReplayView
    from workbench.views.why import WhyView

__all__ = ["Replay"]

WIDGET: Final = "application/vnd.jupyter.widget-view+json"
PAGE_MAX: Final = 100_000  # Slices of all assets together, up to which a page lets its reader choose the asset.


class Replay:
    """What `run.replay()` gives: shown at the end of a cell, it steps through the run; `replay.at` is its bar.

    Example:
        >>> from workbench.research.demo import run
        >>> replay = run().replay()
        >>> replay.at = "2008-10-10"
        >>> replay.at.position("AAPL").quantity, replay.at.equity == run().at("2008-10-10").equity
        (0.0, True)
    """

    def __init__(
        self,
        run: ReplayView,
        spans: tuple[pl.DataFrame, pl.DataFrame],
        asset: str | None = None,
        indicators: Sequence[Indicator | Outputs] = (),
        *,
        cursor: int | None = None,
    ) -> None:
        self._run, self._spans, self._indicators = run, spans, indicators
        self._drawn = drawn(run, asset, indicators)
        self._parts = self._parted(self._drawn)
        self._cursor = self._opened if cursor is None else cursor
        self._heard: list[Callable[[Context], object]] = []

    @property
    def _opened(self) -> int:
        """The slice at which it opens."""
        return self._run.equity.height - 1

    @property
    def at(self) -> Context:
        """The read-only context of the bar under the cursor, before its orders; set it to a time or a date to go there.

        Raises:
            TimeError: on setting, a naive time, or one outside of the run.
        """
        return self._run.at(self._run.equity["time"][self._cursor])

    @at.setter
    def at(self, time: str | date | datetime) -> None:
        self._move(self._placed(time))
        if "_widget" in self.__dict__:
            self._widget.cursor = self._cursor

    @property
    def asset(self) -> str:
        """Whose prices are drawn; set it to another asset of the run, and cursor and zoom stay.

        Raises:
            UnknownAssetError: on setting, an asset that the run did not have.
        """
        return self._drawn.name

    @asset.setter
    def asset(self, name: str) -> None:
        if name != self._drawn.name:
            self._draw(name)

    def _draw(self, name: str) -> None:
        self._drawn = drawn(self._run, name, self._indicators)
        self._parts = self._parted(self._drawn)
        self._fill()

    def show(self, other: Replay) -> None:
        """Show the run of another replay in this place; zoom and cursor stay, the latter as far as that run goes.

        Raises:
            ParameterError: no replay, or one of another kind.
        """
        if type(other) is not type(self):
            raise ParameterError(
                f"show() takes another {type(self).__name__}, got {type(other).__name__}; write show(run.replay())"
            )
        was_last = self._cursor == self._run.equity.height - 1
        self._run, self._spans, self._indicators = other._run, other._spans, other._indicators
        self._drawn, self._parts = other._drawn, other._parts
        last = self._run.equity.height - 1
        self._cursor = last if was_last else min(self._cursor, last)
        if "_widget" in self.__dict__:
            with self._widget.hold_sync():
                self._fill()
                self._widget.cursor = self._cursor

    def _fill(self) -> None:
        """Hands the widget, if there is one, what is drawn now; whose it is comes first: other data are ignored."""
        if "_widget" in self.__dict__:
            with self._widget.hold_sync():
                self._widget.asset = self.asset
                self._widget.parts, self._widget.data = self._first(), self._data

    @property
    def why(self) -> WhyView:
        """Why there was an order at the bar under the cursor, or none, as `run.why` tells it.

        Example:
            >>> from workbench.research.demo import run
            >>> replay = run().replay()
            >>> replay.at = "2001-01-02"
            >>> replay.why.because
            ('No order: the strategy asked for none',)
        """
        return self._run.why(self._run.equity["time"][self._cursor], self._drawn.name)

    def guard(self) -> AuditView:
        """Whether decisions up to the bar under the cursor are the same on data that ends there, see `run.guard`.

        Raises:
            UnsupportedError: a run that was loaded, or signals that were ready before the run.

        Example:
            >>> from workbench.research.demo import run
            >>> run().replay().guard().verdict
            'clean'
        """
        return self._run.guard(self._run.equity["time"][self._cursor])

    def on_move(self, function: Callable[[Context], object]) -> None:
        """Call a function with the context of the bar, whenever the cursor has come to rest on another one.

        Raises:
            ParameterError: something that cannot be called.
        """
        if not callable(function):
            raise ParameterError(f"on_move takes a function of one argument, the context, got {function!r}")
        self._heard.append(function)

    def to_html(self, path: str | Path) -> Path:
        """Write the replay as one file that needs no network and no Python, and return its path.

        Its reader can choose the asset where all of them together have at most 100,000 bars. A run of up to 204,800
        bars is in it whole; of a longer one it has so many around the cursor, and merged bars of all the others.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.
        """
        return written_to(local("path", path), self._page(), "the replay")

    def _placed(self, time: str | date | datetime) -> int:
        """The slice, from 0, of a time that the cursor shall go to."""
        return slice_at(self._run.equity, time) - 1

    def _parted(self, found: Drawn) -> Parts:
        """What the browser gets to draw an asset."""
        return Parts.of(self._run, self._spans, found)

    @property
    def _data(self) -> bytes:
        return self._parts.data

    def _first(self) -> list[object]:
        """The parts that the widget has from the start."""
        return self._parts.answer([0, *self._parts.first(self._cursor)])

    @property
    def _title(self) -> str:
        return f"Replay of {self._run.name} on {self._drawn.name}"

    def _page(self) -> str:
        names = drawable(self._run)
        others = (
            [name for name in names if name != self.asset] if len(names) * self._run.equity.height <= PAGE_MAX else []
        )
        more = {name: self._parted(drawn(self._run, name, self._indicators)) for name in others}
        parted = {self.asset: self._parts, **more}
        return replay_page(
            self._title, {name: each.in_file(self._cursor) for name, each in parted.items()}, self._cursor
        )

    def _move(self, cursor: int) -> None:
        if cursor == self._cursor:
            return
        self._cursor = cursor
        for function in self._heard:
            function(self.at)

    @cached_property
    def _widget(self) -> ReplayWidget:
        from workbench.views.replay.asking import answer
        from workbench.views.replay.widget import ReplayWidget

        widget = ReplayWidget(data=self._data, parts=self._first(), cursor=self._cursor, asset=self.asset)
        widget.observe(lambda change: self._move(int(change["new"])), "cursor")
        widget.observe(lambda change: setattr(self, "asset", str(change["new"])), "asset")
        widget.observe(lambda change: setattr(widget, "parts", self._parts.answer(change["new"])), "asked")
        widget.on_msg(lambda _, content, __: answer(widget, self._run, self._drawn.name, content))
        return widget

    def __panel__(self) -> Hosted:
        """The replay as a component of Panel: `pn.panel(replay)`, or anywhere in a layout of it."""
        from workbench.views.apps.component import component

        return component(self._widget)

    def __repr__(self) -> str:
        return picture_text(self._run, self._drawn.name, self._cursor)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """A picture of the whole run, for places without scripts."""
        return {"text/plain": repr(self), "text/html": self._picture()}

    def _picture(self) -> str:
        return picture_html(self._run, self._drawn)

    def _ipython_display_(self) -> None:
        """The picture, and the widget that hides it: where there is no kernel any more, the picture is still there."""
        from IPython.display import display

        display(self._repr_mimebundle_(), raw=True)  # type: ignore[no-untyped-call]
        shown = {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}
        display({"text/plain": "", WIDGET: shown}, raw=True)  # type: ignore[no-untyped-call]
