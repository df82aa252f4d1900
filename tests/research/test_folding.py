"""Sweeps in the core: the rows are those of the runs alone, however the signals were made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest
from hand_made import intraday

import workbench as wb
from workbench import ta
from workbench.analytics.metrics import FIGURES
from workbench.indicators.slots import Seen, Slot
from workbench.research.folding import can_fold
from workbench.research.forms import specs
from workbench.research.grid import Grid
