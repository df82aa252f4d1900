"""A second engine, in plain Python, written from the specification alone: the proof that the fast one is right.

The one idea: obvious beats fast. Every number is a `Decimal` under a context that raises on any inexact operation, so a
digit can be lost only where the text names a rounding; every rule is a few lines that read like its sentence.
`simulate(case)` takes a case in the notation of `tests/golden/fills.json`, widened by the commands ``rebalance`` and
``flatten`` and by split ratios such as ``"1/10"``, and returns everything that must agree with the real engine.
"""

from __future__ import annotations

from twin.case import Case, instant, parse
from twin.result import Call, EquityRow, Event, Fill, OrderRow, Part, Result
from twin.simulation import simulate

__all__ = ["Call", "Case", "EquityRow", "Event", "Fill", "OrderRow", "Part", "Result", "instant", "parse", "simulate"]
