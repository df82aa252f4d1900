"""The replay as a widget: a block of columns and a cursor; of a long run also parts, more of which are asked for.

The one idea: the browser reads a block once; afterwards only the cursor moves, and both sides may move it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from workbench.views.browser import module
from workbench.views.theme import rules

__all__ = ["ReplayWidget"]


class ReplayWidget(anywidget.AnyWidget):
    """The traits that the browser sees."""

    _esm = module()
    _css = rules("replay")

    data = traitlets.Bytes().tag(sync=True)
    parts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    cursor = traitlets.Int().tag(sync=True)

    def answer(self, part: Callable[[int, int], bytes]) -> None:
        """Answer whoever asks for parts, each by its level and its number; what was asked with comes back."""

        def answered(_: object, asked: Any, __: object) -> None:
            for level, number in asked["parts"]:
                self.send({"part": [level, number], "run": asked["run"]}, [part(level, number)])

        self.on_msg(answered)
