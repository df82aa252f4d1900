"""The quality of what a catalog holds, checked one asset at a time.

The one idea: the rules look at one asset at a time anyway, so the report on many is the reports on each, in one frame.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.market.quality.rules import RULES

if TYPE_CHECKING:
    from workbench.market.bars import Bars
    from workbench.market.quality.report import QualityReport

__all__ = ["checked"]


def checked(bars: Bars, limits: dict[str, Any]) -> QualityReport:
    """The report on Bars that are read and let go of asset by asset; see `Catalog.validate`.

    Example:
        >>> from workbench.market import catalog
        >>> checked(catalog.sample()[["AAPL", "FB"]], {}).counts
        {'outlier': 1}
    """
    reports, rows = [], 0
    for asset in bars.assets:
        report = bars.select(asset).validate(**limits)
        reports.append(replace(report, frame=report.frame.with_columns(pl.col("row") + rows)))
        rows += report.rows
    rank = pl.col("rule").replace_strict({name: i for i, name in enumerate(RULES)}, return_dtype=pl.UInt8)
    frame = pl.concat([report.frame for report in reports]).sort(rank, maintain_order=True)
    ends = [[end for end in side if end is not None] for side in zip(*(r.span for r in reports), strict=True)]
    span = min(ends[0], default=None), max(ends[1], default=None)
    return replace(reports[0], frame=frame, rows=rows, assets=bars.assets, span=span)
