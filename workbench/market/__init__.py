"""What is traded, when, and its history: assets, calendars, bars, the catalog and simulated prices."""

from __future__ import annotations

from workbench.market.adjustments import adjusted
from workbench.market.assets import Asset
from workbench.market.bars import ACTIONS, BARS, Bars, with_frame
from workbench.market.calendars import Calendar
from workbench.market.catalog import Catalog
from workbench.market.datasets import Dataset, Item

__all__ = ["ACTIONS", "BARS", "Asset", "Bars", "Calendar", "Catalog", "Dataset", "Item", "adjusted", "with_frame"]
