"""Sweeps in the core: the rows are those of the runs alone, however the signals were made."""

from __future__ import annotations
