"""The trades of a run as a frame, of which a single one knows its run.

The one idea: it is the Polars frame and stays one in every way; only `run.trades[17]`, one row, has a verb of its own.
What is made from it (`filter`, `sort`, ...) are plain frames, of which a row goes to `run.replay(trade=row)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import polars as pl

from workbench.analytics.parting import slices_of
from workbench.engine.names import missing
from workbench.errors import ParameterError

if TYPE_CHECKING:
    from workbench.indicators import Indicator, Outputs
    from workbench.research.run import Run
    from workbench.views.replay import Replay

__all__ = ["Trade", "Trades", "opened"]


class Trade(pl.DataFrame):
    """One trade, a frame of one row; `trade.replay()` opens the run there."""

    _run: Run | None = None

    def replay(self, *indicators: Indicator | Outputs) -> Replay:
        """The run bar by bar, on the asset of the trade, at the bar of its entry; see `Run.replay`.

        Raises:
            ParameterError: something that is no indicator.

        Example:
            >>> from workbench.research.demo import run
            >>> run().trades[0].replay().at.session
            datetime.date(2001, 2, 16)
        """
        if self._run is None:
            raise missing("Trade", "replay", [], {"replay": "run.replay(trade=trade); this copy has forgotten its run"})
        return self._run.replay(*indicators, trade=self)


class Trades(pl.DataFrame):
    """Rows of `workbench.engine.events.TRADES`; `trades[17]` is a `Trade`.

    Example:
        >>> from workbench.research.demo import run
        >>> trades = run().trades
        >>> trades[0].shape, trades[0, "side"], type(trades.head(2)[0]) is type(trades[0])
        ((1, 13), 'long', False)
    """

    _run: Run | None = None

    @classmethod
    def of(cls, run: Run, frame: pl.DataFrame) -> Trades:
        """The trades of a run."""
        made = cls(frame)
        made._run = run
        return made

    @overload  # type: ignore[override]  # a row is more than the DataFrame that Polars promises
    def __getitem__(self, key: int) -> Trade: ...
    @overload
    def __getitem__(self, key: str) -> pl.Series: ...
    @overload
    def __getitem__(self, key: Any) -> Any: ...
    def __getitem__(self, key: Any) -> Any:
        if self._run is None or not isinstance(key, int):
            return super().__getitem__(key)
        if not -self.height <= key < self.height:
            raise IndexError(f"trades[{key}]: there are {self.height:,}, numbered from 0")
        trade = Trade(super().__getitem__(key))
        trade._run = self._run
        return trade


def opened(run: Run, trade: int | pl.DataFrame) -> tuple[str, int]:
    """The asset of a trade, and the slice, from 0, in which it was entered.

    Args:
        run: the run that made it.
        trade: its number in `run.trades`, or one row of these.

    Raises:
        ParameterError: no such trade.
    """
    row = _row(run, trade)
    asset, time = row.select("asset", "entry_time").row(0)
    entry = run.fills.filter((pl.col("asset") == asset) & (pl.col("time") == time)).head(1)
    if entry.is_empty():  # It was entered in an asset that became this one.
        return asset, min(int(run.equity["time"].search_sorted(time)), run.equity.height - 1)
    return asset, int(slices_of(entry, run.equity["time"])[0])


def _row(run: Run, trade: int | pl.DataFrame) -> pl.DataFrame:
    count = run.trades.height
    if isinstance(trade, int) and not isinstance(trade, bool):
        if not -count <= trade < count:
            raise ParameterError(f"trade={trade}: the run has {count:,} trades, numbered from 0")
        return run.trades[trade]
    if isinstance(trade, pl.DataFrame) and trade.height == 1 and {"asset", "entry_time"} <= set(trade.columns):
        return trade
    given = f"a frame of {trade.height:,} rows" if isinstance(trade, pl.DataFrame) else repr(trade)
    raise ParameterError(f"trade={given}: give the number of a trade or one row of run.trades")
