"""An exploration on a page: what the browser is told, and what it asks for.

The one idea: a result is made ready for the browser in the thread that ran it, and goes there as one block; the picture
of a saved notebook is made when nothing moves any more.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from workbench.views.drawn import ground_of
from workbench.views.explore.blocks import Block, bars_block, pins_block, result_block
from workbench.views.explore.picture import picture_html, picture_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.views.apps.component import Hosted
    from workbench.views.explore.faces import ExploreView, FailedView
    from workbench.views.explore.widget import ExploreWidget

__all__ = ["Stage"]

WIDGET: Final = "application/vnd.jupyter.widget-view+json"


class Stage:
    """The page's side of an exploration."""

    def __init__(self, explore: ExploreView) -> None:
        self._explore = explore
        run = explore.shown.run
        self._block = Block(run, ground_of(run))
        self._still: Any = None

    def take(self) -> None:
        """Show the newest result, or the words of an error; called in the thread that ran it."""
        failed = self._explore.failed
        if failed is not None:
            self._set(failed=self._told(failed), part=1.0)
        elif self._is_live:
            self._set(**self._changes(), failed={}, part=1.0)

    def tell(self, done: int, total: int) -> None:
        """How far the run is."""
        self._set(part=done / total if total else 1.0)

    def rest(self) -> None:
        """Nothing moves any more: what should be known about the run is told, and the saved picture is that of now."""
        self._set(notes=self._notes())
        if self._still is not None:
            self._still.update(self.picture(), raw=True)

    def asked(self, params: Mapping[str, object]) -> None:
        """The controls go where a cell has put them."""
        self._set(places=self._explore.places(params))

    def pinned(self) -> None:
        """The pins have changed."""
        self._set(pins=pins_block(self._explore, self._block))
        self.rest()

    def picture(self) -> dict[str, str]:
        """What is shown, as a picture and as text."""
        return {"text/plain": picture_text(self._explore), "text/html": picture_html(self._explore, self._block.ground)}

    def display(self) -> None:
        """Put the picture into the notebook, and the widget after it."""
        from IPython.display import display

        self._still = display(self.picture(), raw=True, display_id=True)  # type: ignore[no-untyped-call]
        shown = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        display({"text/plain": "", WIDGET: shown}, raw=True)  # type: ignore[no-untyped-call]

    def component(self) -> Hosted:
        """The widget as a component of Panel."""
        from workbench.views.apps.component import component

        return component(self.widget)

    @cached_property
    def widget(self) -> ExploreWidget:
        """The widget; every place where it is shown has the same."""
        from workbench.views.explore.widget import ExploreWidget

        explore, failed = self._explore, self._explore.failed
        widget = ExploreWidget(
            **self._changes(),
            bars=bars_block(explore, self._block),
            pins=pins_block(explore, self._block),
            failed={} if failed is None else self._told(failed),
            places=explore.places(explore.shown.params),
            notes=self._notes(),
        )
        widget.observe(self._moved, "places")
        widget.observe(self._pressed, "pressed")
        return widget

    def _changes(self) -> dict[str, Any]:
        """The blocks of the result that is shown; the bars too, where it has others."""
        explore, shown = self._explore, self._explore.shown
        if self._block.is_of(shown.run):
            return {"shown": result_block(explore, shown, self._block)}
        self._block = Block(shown.run, ground_of(shown.run, self._block.ground.name))
        blocks = {"bars": bars_block, "pins": pins_block}
        told = {name: block(explore, self._block) for name, block in blocks.items()}
        return {**told, "shown": result_block(explore, shown, self._block)}

    def _notes(self) -> dict[str, Any]:
        shown = self._explore.shown
        texts = [f"{notice.text}: {notice.remedy}" for notice in shown.run.notices]
        return {"places": self._explore.places(shown.params), "texts": texts}

    def _told(self, failed: FailedView) -> dict[str, Any]:
        error = failed.error
        return {"places": self._explore.places(failed.params), "text": f"{type(error).__name__}: {error}"}

    def _set(self, **traits: object) -> None:
        if not self._is_live:
            return
        with self.widget.lock, self.widget.hold_sync():
            for name, value in traits.items():
                self.widget.set_trait(name, value)

    @property
    def _is_live(self) -> bool:
        """Whether there is a widget; nothing is made ready for none."""
        return "widget" in self.__dict__

    def _moved(self, change: Mapping[str, Any]) -> None:
        """The browser has moved the controls, or we have, who have asked already."""
        self._explore.move(change["new"])

    def _pressed(self, change: Mapping[str, Any]) -> None:
        pressed = change["new"]
        if pressed.get("do") == "pin":
            self._explore.pin()
        elif pressed.get("do") == "unpin":
            self._explore.unpin(pressed.get("which"))
        elif pressed.get("do") == "rest":
            self.rest()
