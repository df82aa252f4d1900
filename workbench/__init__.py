"""workbench: from market data to an exact backtest, in a notebook.

Every name a user types stands here once and is imported when it is first used, so `import workbench` costs next to
nothing and loads no drawing library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench import errors, journal, ta
    from workbench.engine import Bar, Context, sizing
    from workbench.engine.costs import fees, slippage
    from workbench.engine.limits import Limits
    from workbench.engine.margin import Margin
    from workbench.indicators import Indicator
    from workbench.market import simulate
    from workbench.market.assets import Asset
    from workbench.market.bars import Bars
    from workbench.market.calendars import Calendar
    from workbench.market.catalog import Catalog
    from workbench.market.datasets import Dataset
    from workbench.research import space
    from workbench.research.backtest import Backtest
    from workbench.research.compare import compare
    from workbench.research.run import Run, load
    from workbench.research.runs import Runs
    from workbench.research.sweep import Sweep
    from workbench.strategies import Strategy
    from workbench.strategies.portfolio import Portfolio
    from workbench.strategies.rolling import roll
    from workbench.strategies.signals import Signals, signals

    sample: Catalog

__all__ = [
    "Asset",
    "Backtest",
    "Bar",
    "Bars",
    "Calendar",
    "Catalog",
    "Context",
    "Dataset",
    "Indicator",
    "Limits",
    "Margin",
    "Portfolio",
    "Run",
    "Runs",
    "Signals",
    "Strategy",
    "Sweep",
    "__version__",
    "compare",
    "errors",
    "fees",
    "journal",
    "load",
    "roll",
    "sample",
    "signals",
    "simulate",
    "sizing",
    "slippage",
    "space",
    "ta",
]

__version__ = "0.1.0"

_HOMES = {
    "Asset": "workbench.market.assets",
    "Backtest": "workbench.research.backtest",
    "Bar": "workbench.engine",
    "Bars": "workbench.market.bars",
    "Calendar": "workbench.market.calendars",
    "Catalog": "workbench.market.catalog",
    "Context": "workbench.engine",
    "Dataset": "workbench.market.datasets",
    "Indicator": "workbench.indicators",
    "Limits": "workbench.engine.limits",
    "Margin": "workbench.engine.margin",
    "Portfolio": "workbench.strategies.portfolio",
    "Run": "workbench.research.run",
    "Runs": "workbench.research.runs",
    "Signals": "workbench.strategies.signals",
    "Strategy": "workbench.strategies",
    "Sweep": "workbench.research.sweep",
    "compare": "workbench.research.compare",
    "load": "workbench.research.run",
    "roll": "workbench.strategies.rolling",
    "signals": "workbench.strategies.signals",
}
_MODULES = {
    "errors": "workbench.errors",
    "fees": "workbench.engine.costs.fees",
    "journal": "workbench.journal",
    "simulate": "workbench.market.simulate",
    "sizing": "workbench.engine.sizing",
    "slippage": "workbench.engine.costs.slippage",
    "space": "workbench.research.space",
    "ta": "workbench.ta",
}
# Names that are settled but not built yet; they are answered as such.
_LATER = {
    "LiveRun",
    "attach",
    "paper",
}


if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

    def __getattr__(name: str) -> Any:
        value = _find(name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__


def _find(name: str) -> Any:
    """Import what `name` stands for."""
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name == "sample":
        return import_module("workbench.market.catalog").sample()
    raise AttributeError(_unknown(name))


def _unknown(name: str) -> str:
    """Say what is missing and which name comes nearest."""
    from difflib import get_close_matches

    if name in _LATER:
        return f"workbench.{name} is not available in this version; see dir(workbench) for what there is"
    near = get_close_matches(name, __all__, n=1, cutoff=0.5)
    hint = f"did you mean `workbench.{near[0]}`?" if near else "see dir(workbench) for what there is"
    return f"module 'workbench' has no attribute {name!r}; {hint}"
