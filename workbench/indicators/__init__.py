"""Indicators: descriptions of a value per bar, computed in Rust by whoever watches them.

The one idea: an indicator is data about a computation, never the numbers; `ctx.watch` turns it into a stream.
"""

from __future__ import annotations

from workbench.indicators.indicator import Field, Indicator
from workbench.indicators.outputs import Outputs

__all__ = ["Field", "Indicator", "Outputs"]
