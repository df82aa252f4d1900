"""What a run was worth: returns, drawdowns, key figures and the benchmark. Frames in, frames or numbers out."""

from __future__ import annotations

__all__: list[str] = []
