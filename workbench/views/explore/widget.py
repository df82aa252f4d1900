"""An exploration as a widget: blocks of columns go to the browser, places of controls come back.

The one idea: the kernel and a thread that runs a Backtest both set traits, so both do it under one lock; what the
widget is told while the browser's own message is read would else be lost.
"""

from __future__ import annotations

from threading import RLock
from typing import Any

import traitlets

from workbench.views.browser import carried
from workbench.views.theme import rules
from workbench.views.widget import Widget

__all__ = ["ExploreWidget"]


class ExploreWidget(Widget):
    """The traits that the browser sees."""

    _esm = carried("explore")
    _css = rules("replay", "explore")

    bars = traitlets.Bytes().tag(sync=True)
    shown = traitlets.Bytes().tag(sync=True)
    pins = traitlets.Bytes().tag(sync=True)
    failed = traitlets.Dict().tag(sync=True)
    """The places at which the strategy raised an error, and its words; empty where it ran."""
    places = traitlets.Dict().tag(sync=True, echo_update=False)
    """Where the controls stand; the browser sets it, and so do we."""
    pressed = traitlets.Dict().tag(sync=True, echo_update=False)
    """What was pressed last: `pin`, or `unpin` with the number of the pin; or `rest`, when nothing moves any more. `at`
    tells one from the next."""
    part = traitlets.Float(1.0).tag(sync=True)
    """How far a run is that takes long."""
    notes = traitlets.Dict().tag(sync=True)
    """What should be known about a run, and the places that it belongs to."""

    def __init__(self, **traits: object) -> None:
        self.lock = RLock()
        super().__init__(**traits)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the browser sends."""
        with self.lock:
            super().set_state(sync_data)
