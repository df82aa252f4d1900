"""The replay as a widget: one block of columns, a cursor and whose prices are drawn; nothing else crosses.

The one idea: the browser reads the block once; afterwards only the cursor moves, and both sides may move it.
"""

from __future__ import annotations

import traitlets

from workbench.views.browser import module
from workbench.views.theme import rules
from workbench.views.widget import Widget

__all__ = ["ReplayWidget"]


class ReplayWidget(Widget):
    """The traits that the browser sees."""

    _esm = module()
    _css = rules("replay")

    data = traitlets.Bytes().tag(sync=True)
    cursor = traitlets.Int().tag(sync=True)
    asset = traitlets.Unicode().tag(sync=True)
    # Where bars ahead are hidden: the newest one that was shown, and pairs of a bar and a stance as 32-bit integers.
    seen = traitlets.Int().tag(sync=True)
    choices = traitlets.Bytes().tag(sync=True)
