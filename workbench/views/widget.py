"""What every widget of ours is: one that other hosts than a notebook can show, too.

The one idea: a message to the browser goes to the notebook and to whoever else shows the widget.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

__all__ = ["Widget"]


class Widget(anywidget.AnyWidget):
    """A widget that says what it sends to its other hosts, too."""

    _own = traitlets.Unicode().tag(sync=True)
    """Under which id a notebook has the widget, so that its part in the browser finds the model that it is of."""

    def __init__(self, **traits: Any) -> None:
        self.hosts: list[Callable[[object], object]] = []
        own = uuid4().hex
        super().__init__(model_id=own, _own=own, **traits)

    def send(self, content: object, buffers: list[bytes] | None = None) -> None:
        """Send a message to the browser, wherever the widget is shown."""
        super().send(content, buffers)
        for host in self.hosts:
            host(content)

    def hear(self, content: object) -> None:
        """Take a message from another host as if the notebook had sent it."""
        self._handle_custom_msg(content, [])
