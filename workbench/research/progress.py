"""How far a run is, or many of them: a bar with the time left, or a function that is told.

The one idea: what is over within a second shows nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from workbench.errors import ParameterError

__all__ = ["Progress"]

PATIENCE_S = 1.0


class Progress:
    """A progress bar that only appears when a run, or many of them, take longer than a second."""

    def __init__(self, wanted: bool | Callable[[int, int], object], unit: str = "bar", name: str = "backtest") -> None:
        if not isinstance(wanted, bool) and not callable(wanted):
            raise ParameterError(f"progress={wanted!r}: give True, False or a function of what is done and of how much")
        self._wanted = wanted
        self._names = {"unit": unit, "desc": name, "unit_scale": unit == "bar"}
        self._begun = time.monotonic()
        self._bar: Any = None
        self.share = 0.0

    def tell(self, done: int, total: int) -> None:
        """Take note of `done` bars of `total`."""
        self.share = done / total if total else 0.0
        if callable(self._wanted):
            self._wanted(done, total)
            return
        if not self._wanted or time.monotonic() - self._begun < PATIENCE_S:
            return
        if self._bar is None:
            self._bar = _bar(total, done, self._names)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def _bar(total: int, done: int, names: Mapping[str, object]) -> Callable[..., Any]:
    from tqdm.auto import tqdm

    return tqdm(total=total, initial=done, leave=False, **names)  # type: ignore[no-any-return]
