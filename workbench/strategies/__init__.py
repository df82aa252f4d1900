"""Strategies: what decides. A style per file, all of them alike to the engine."""

from __future__ import annotations

from workbench.strategies.callbacks import Strategy

__all__ = ["Strategy"]
