"""What trading costs: fees, charged beside the price, and slippage, inside it.

A cost is a frozen description in exact decimals; the arithmetic is done by the engine.
"""

from __future__ import annotations

from workbench.engine.costs.fee import Fee
from workbench.engine.costs.slippage import Slippage

__all__ = ["Fee", "Slippage"]
