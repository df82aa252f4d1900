"""Pictures of bars and runs: reprs, the tearsheet and plotly figures. A view reads frames and never changes them."""

from __future__ import annotations

__all__: list[str] = []
