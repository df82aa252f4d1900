"""History on disk: a Catalog of assets, prices, actions and datasets.

The one idea: prices in Parquet files that never change, everything else in a database beside them.
"""

from __future__ import annotations

from workbench.market.catalog.catalog import Catalog, sample

__all__ = ["Catalog", "sample"]
