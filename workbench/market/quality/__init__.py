"""Whether prices can be trusted: what is refused at the door, what is reported, what is mended.

The one idea: `inspect` finds and tells, `cleaned` changes, and only what it was asked to; nothing is ever filled in.
"""

from __future__ import annotations

from workbench.market.quality.cleaning import Policy, cleaned
from workbench.market.quality.gaps import missing_bars
from workbench.market.quality.inspection import inspect, unrecorded_splits
from workbench.market.quality.refusals import refuse_bad_rows, refuse_bad_times, weekday_remark
from workbench.market.quality.report import QualityReport
from workbench.market.quality.rules import RULES, Limits

__all__ = [
    "RULES",
    "Limits",
    "Policy",
    "QualityReport",
    "cleaned",
    "inspect",
    "missing_bars",
    "refuse_bad_rows",
    "refuse_bad_times",
    "unrecorded_splits",
    "weekday_remark",
]
