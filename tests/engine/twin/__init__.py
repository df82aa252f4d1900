"""A second engine, in plain Python, written from the specification alone: the proof that the fast one is right.

The one idea: obvious beats fast. Every number is a `Decimal` under a context that raises on any inexact operation, so a
digit can be lost only where the text names a rounding; every rule is a few lines that read like its sentence.
`simulate(case)` takes a case in the notation of `tests/golden/fills.json`, widened by the commands ``rebalance`` and
``flatten`` and by split ratios such as ``"1/10"``, and returns everything that must agree with the real engine.

A case may also say: ``config.account`` {"kind": "margin", ...} with what differs from a usual margin account,
``config.currency`` and ``config.cash`` by currency; of an asset ``multiplier``, ``currency``, ``kind`` and ``base``,
of contracts ``initial``, ``maintenance``, ``expiry``, ``inverse``, of options ``underlying``, ``strike``, ``right``;
beside its bars ``fx`` (closes of pairs), ``funding`` (asset, time, rate, mark) and ``settlements`` (asset, session,
price). Of a portfolio: ``config.books`` {"members": weights by name, or names, "allocation", "rebalance", "lookback"},
and each command names its ``book``. It may expect ``accounts`` (sums of legs, debits positive, also as "cash EUR"),
``causes``, ``breaches``, ``calls``, numbers of ``events`` by kind, ``books`` (cash, equity and positions of each),
``profits`` (causes of each), ``crosses`` and ``transfers``. Orders of the n-th margin call are named "call0.X", counted
from 0.
"""

from __future__ import annotations

from twin.case import Case, instant, parse
from twin.result import BookRow, Brink, Call, Cross, EquityRow, Event, Fill, OrderRow, Part, Result, Transfer
from twin.simulation import simulate

__all__ = [
    "BookRow",
    "Brink",
    "Call",
    "Case",
    "Cross",
    "EquityRow",
    "Event",
    "Fill",
    "OrderRow",
    "Part",
    "Result",
    "Transfer",
    "instant",
    "parse",
    "simulate",
]
