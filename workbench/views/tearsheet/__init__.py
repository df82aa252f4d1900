"""The tearsheet: one page that shows what a run did, for someone who has neither workbench nor a notebook."""

from __future__ import annotations

from workbench.views.tearsheet.sheet import Tearsheet

__all__ = ["Tearsheet"]
