"""Literals, Protocols and the one tiny value that signatures of every layer share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FillRule", "LotRule", "Notice", "OnBreach", "PathRule"]

FillRule = Literal["next_open", "next_close", "same_close"]
LotRule = Literal["average", "fifo", "lifo"]
OnBreach = Literal["deny", "halt", "raise"]
PathRule = Literal["pessimistic", "open_high_low_close", "open_low_high_close"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know, with what to do about it.

    Example:
        >>> print(Notice("denied", 3, "3 orders were denied", "see run.orders"))
        3 orders were denied: see run.orders
    """

    kind: str
    count: int
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.text}: {self.remedy}"
