"""What was found strange in bars: a frame of findings, counted, told and drawn.

The one idea: the frame is the report; every count, table and picture is made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from workbench.market.aligned import aligned
from workbench.market.quality.rules import RULES, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import plotly.graph_objects as go

    from workbench.market.assets import Asset

__all__ = ["QualityReport"]

SEVERITIES = ("error", "warning", "note")
COLUMNS = ("rule", "severity", "findings", "assets", "first", "what was found")


@dataclass(frozen=True, eq=False, repr=False)
class QualityReport:
    """Findings of `bars.validate()`, worst rules first.

    `frame` has a row for each finding: asset, time (the bar's close), row (from 0, as given), rows (how many from there
    on are meant, in order of time), rule, value, expected (what would have been usual), severity.

    Example:
        >>> from workbench.market import simulate
        >>> report = simulate.bars("X", n=100).validate()
        >>> report.counts, report.ok
        ({}, True)
    """

    frame: pl.DataFrame
    rows: int
    assets: tuple[Asset, ...]
    every: str
    span: tuple[datetime | None, datetime | None]
    limits: Limits

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Number of findings of each rule that found any.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample()["AAPL"].validate().counts
            {'outlier': 1}
        """
        return dict(self.frame.group_by("rule", maintain_order=True).len().iter_rows())

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings and notes may be true prices.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample()["IBM"].validate().ok
            True
        """
        return not self.severities["error"]

    @cached_property
    def severities(self) -> Mapping[str, int]:
        """Number of findings of each severity.

        Example:
            >>> from workbench.market import simulate
            >>> simulate.bars("X", n=100).validate().severities
            {'error': 0, 'warning': 0, 'note': 0}
        """
        found = dict(self.frame["severity"].value_counts().iter_rows())
        return {name: int(found.get(name, 0)) for name in SEVERITIES}

    @cached_property
    def summary(self) -> pl.DataFrame:
        """One row for each rule that found something: rule, severity, findings, assets, first, finds, fix.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample()["AAPL"].validate().summary.row(0)[:4]
            ('outlier', 'warning', 1, 1)
        """
        told = self.frame.group_by("rule", "severity", maintain_order=True).agg(
            pl.len().alias("findings"), pl.col("asset").n_unique().alias("assets"), pl.col("time").min().alias("first")
        )
        texts = {name: [rule.finds, rule.fix] for name, rule in RULES.items()}
        finds, fixes = ([texts[rule][i] for rule in told["rule"]] for i in (0, 1))
        return told.with_columns(pl.Series("finds", finds, pl.String), pl.Series("fix", fixes, pl.String))

    @cached_property
    def headline(self) -> str:
        """One line: how many bars were checked, and what was found.

        Example:
            >>> from workbench.market import simulate
            >>> simulate.bars("X", n=100).validate().headline
            'Quality of 100 x 1m of X: nothing was found'
        """
        names = str(self.assets[0]) if len(self.assets) == 1 else f"{len(self.assets)} assets"
        told = [f"{n:,} {name}{'' if n == 1 else 's'}" for name, n in self.severities.items() if n]
        return f"Quality of {self.rows:,} x {self.every} of {names}: {', '.join(told) or 'nothing was found'}"

    def plot(self) -> go.Figure:
        """Where the findings lie over time, a line for each rule, as a plotly figure.

        Example:
            >>> from workbench.market import catalog
            >>> type(catalog.sample()["AAPL"].validate().plot()).__name__
            'Figure'
        """
        from workbench.views.quality import quality_figure

        return quality_figure(self)

    def __len__(self) -> int:
        return self.frame.height

    def __bool__(self) -> bool:
        """A report is a thing, be it empty or not; ask `ok`."""
        return True

    def __repr__(self) -> str:
        lines = [COLUMNS, *self._lines()]
        if len(lines) == 1:
            return self.headline
        return "\n".join([self.headline, *aligned(lines, texts=(0, 1, 4, 5))])

    def _lines(self) -> list[tuple[str, ...]]:
        rows = self.summary.iter_rows(named=True)
        return [
            (
                r["rule"],
                r["severity"],
                f"{r['findings']:,}",
                f"{r['assets']:,}",
                f"{r['first']:%Y-%m-%d %H:%M}" if r["first"] else "-",
                r["finds"],
            )
            for r in rows
        ]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.quality import quality_html

        return {"text/plain": repr(self), "text/html": quality_html(self)}
