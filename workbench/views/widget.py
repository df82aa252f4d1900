"""What every widget of ours is: one that other hosts than a notebook can show, too.

The one idea: a message to the browser goes to the notebook and to whoever else shows the widget.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget

__all__ = ["Widget"]


class Widget(anywidget.AnyWidget):
    """A widget that says what it sends to its other hosts, too."""

    def __init__(self, **traits: Any) -> None:
        self.hosts: list[Callable[[object], object]] = []
        super().__init__(**traits)

    def send(self, content: object, buffers: list[bytes] | None = None) -> None:
        """Send a message to the browser, wherever the widget is shown."""
        super().send(content, buffers)
        for host in self.hosts:
            host(content)

    def hear(self, content: object) -> None:
        """Take a message from another host as if the notebook had sent it."""
        self._handle_custom_msg(content, [])
