"""A run bar by bar: a cursor in the notebook that the next cell can read, and that a cell can set.

The one idea: the browser steps by itself over columns that it was sent once, or asks for more of a long run; Python
hears of the cursor when it rests, and answers with what the engine knew at that bar.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workbench.engine.simulation import slice_at
from workbench.errors import ParameterError, StorageError
from workbench.market.paths import local
from workbench.views.browser import licences, module
from workbench.views.drawn import drawn
from workbench.views.replay.parts import Parts
from workbench.views.replay.picture import picture_html, picture_text
from workbench.views.theme import page_style

if TYPE_CHECKING:
    import polars as pl

    from workbench.engine import Context
    from workbench.indicators import Indicator, Outputs
    from workbench.views.replay.widget import ReplayWidget
    from workbench.views.run_view import ReplayView

__all__ = ["Replay"]

WIDGET: Final = "application/vnd.jupyter.widget-view+json"


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
    ) -> None:
        self._run = run
        self._drawn = drawn(run, asset, indicators)
        self._parts = Parts.of(run, spans, self._drawn)
        self._cursor = run.equity.height - 1
        self._heard: list[Callable[[Context], object]] = []

    @property
    def at(self) -> Context:
        """The read-only context of the bar under the cursor, before its orders; set it to a time or a date to go there.

        Raises:
            TimeError: on setting, a naive time, or one outside of the run.
        """
        return self._run.at(self._run.equity["time"][self._cursor])

    @at.setter
    def at(self, time: str | date | datetime) -> None:
        self._move(slice_at(self._run.equity, time) - 1)
        if "_widget" in self.__dict__:
            self._widget.cursor = self._cursor

    def show(self, other: Replay) -> None:
        """Show the run of another replay in this place; zoom and cursor stay, the latter as far as that run goes."""
        was_last = self._cursor == self._run.equity.height - 1
        self._run, self._drawn, self._parts = other._run, other._drawn, other._parts
        last = self._run.equity.height - 1
        self._cursor = last if was_last else min(self._cursor, last)
        if "_widget" in self.__dict__:
            with self._widget.hold_sync():
                self._widget.parts, self._widget.data = self._first(), self._data
                self._widget.cursor = self._cursor

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

        A run of up to 204,800 slices is in it whole. Of a longer one it has so many around the cursor, which can be
        stepped over, and merged bars of all the others.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.
        """
        place = local("path", path)
        try:
            place.write_text(self._page(), "utf-8")
        except OSError as error:
            raise StorageError(f"the replay cannot be written to {path}: {error}") from error
        return place

    def _page(self) -> str:
        title = escape(f"Replay of {self._run.name} on {self._drawn.name}")
        head = (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">{page_style("replay")}</head>'
        )
        data, places = self._parts.in_file(self._cursor)
        blocks = {"data": data, **{f"{level}-{number}": self._parts.part(level, number) for level, number in places}}
        first = [list(place) for place in self._parts.first(self._cursor)]
        main = f'<main class="wb-replay-page" data-cursor="{self._cursor}" data-parts="{first}"></main>'
        texts = "".join(_text(f"wb-replay-{name}", b64encode(block).decode()) for name, block in blocks.items())
        kept = _text("wb-replay-licences", licences())
        code = f'<script type="module">{module().replace("</script", "<" + chr(92) + "/script")}</script>'
        return f'{head}<body class="wb-page">{main}{texts}{kept}{code}</body></html>\n'

    @property
    def _data(self) -> bytes:
        return self._parts.data

    def _first(self) -> list[list[object]]:
        """The parts that the widget has from the start: level, number, block."""
        return [[*place, self._parts.part(*place)] for place in self._parts.first(self._cursor)]

    def _move(self, cursor: int) -> None:
        if cursor == self._cursor:
            return
        self._cursor = cursor
        for function in self._heard:
            function(self.at)

    @cached_property
    def _widget(self) -> ReplayWidget:
        from workbench.views.replay.widget import ReplayWidget

        widget = ReplayWidget(data=self._data, parts=self._first(), cursor=self._cursor)
        widget.answer(lambda level, number: self._parts.part(level, number))
        widget.observe(lambda change: self._move(int(change["new"])), "cursor")
        return widget

    def __repr__(self) -> str:
        return picture_text(self._run, self._drawn.name, self._cursor)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """A picture of the whole run, for places without scripts."""
        return {"text/plain": repr(self), "text/html": picture_html(self._run, self._drawn)}

    def _ipython_display_(self) -> None:
        """The picture, and the widget that hides it: where there is no kernel any more, the picture is still there."""
        from IPython.display import display

        display(self._repr_mimebundle_(), raw=True)  # type: ignore[no-untyped-call]
        shown = {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}
        display({"text/plain": "", WIDGET: shown}, raw=True)  # type: ignore[no-untyped-call]


def _text(name: str, text: str) -> str:
    """Text in a page that its script can read."""
    return f'<script type="text/plain" id="{name}">{text}</script>'
