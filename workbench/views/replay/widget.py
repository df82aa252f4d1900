"""The replay as a widget: a block of columns, a cursor and whose prices are drawn; of a long run also its parts.

The one idea: the browser reads the block once; afterwards only the cursor moves, and both sides may move it.
"""

from __future__ import annotations

from typing import Any

import traitlets

from workbench.views.browser import carried
from workbench.views.theme import rules
from workbench.views.widget import Widget

__all__ = ["ReplayWidget"]


class ReplayWidget(Widget):
    """The traits that the browser sees."""

    _esm = carried()
    _css = rules("replay")

    data = traitlets.Bytes().tag(sync=True)
    # What the browser asks for: a number of its own, and pairs of a level and the number of a part at it. The answer
    # has the same number, and then lists of a level, a number and a block.
    asked: traitlets.List[Any] = traitlets.List().tag(sync=True)
    parts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    cursor = traitlets.Int().tag(sync=True)
    asset = traitlets.Unicode().tag(sync=True)
    # Where bars ahead are hidden: the newest one that was shown, and pairs of a bar and a stance as 32-bit integers.
    seen = traitlets.Int().tag(sync=True)
    choices = traitlets.Bytes().tag(sync=True, from_json=lambda view, _: bytes(view))
