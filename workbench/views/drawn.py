"""What a picture of a run shows of one asset: its bars, its fills and the indicators, all on one scale.

The one idea: prices are adjusted for splits as of the last session, so that a split is not drawn as a loss, and fills
are put on the same scale; what really was paid stays beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from workbench.errors import InputError
from workbench.market.adjustments import adjusted
from workbench.market.bars import with_frame
from workbench.views.layers import Layers, layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.indicators import Indicator, Outputs
    from workbench.market.bars import Bars
    from workbench.views.run_view import RunView

__all__ = ["Drawn", "Ground", "as_shown", "drawable", "drawn", "ground_of"]


class Drawn(NamedTuple):
    """One asset of a run, ready to be drawn."""

    name: str
    bars: Bars
    """Those of the run itself, adjusted."""
    scale: pl.Series
    """What a price of then is multiplied by to be one of these bars, a value for each of them."""
    fills: pl.DataFrame
    """Rows of `FILLS` with `drawn`, the price on the scale of the bars."""
    layers: Layers
    seen: pl.DataFrame | None
    """The same columns of indicators in the units of each time, as a strategy saw them, where these are others."""


def as_shown(bars: Bars) -> Bars:
    """Bars in the units of their last session.

    Raises:
        InputError: there are no bars.
    """
    if not len(bars):
        raise InputError("there are no bars to draw; widen since() and until()")
    return adjusted(bars, bars.frame.select(pl.col("session").max()).item())


def drawn(run: RunView, asset: str | None = None, indicators: Sequence[Indicator | Outputs] = ()) -> Drawn:
    """What there is to draw of an asset; None takes the first one that was traded.

    Indicators have warmed up over the bars before the run.

    Raises:
        InputError: the run has no session.
        UnknownAssetError: an asset that the run did not have.
        ParameterError: something that is no indicator.
    """
    ground = ground_of(run, asset)
    late, found = pl.col("time") >= run.equity["time"][0], ground.layers(indicators)
    has_splits = not (ground.scale == 1.0).all()
    seen = layers(ground.known, indicators).rows.filter(late) if has_splits else None
    return Drawn(ground.name, ground.bars, ground.scale, ground.fills(run), found, seen)


@dataclass(frozen=True)
class Ground:
    """What a picture of one asset of a run stands on, whatever the strategy did: all runs on the same bars share it."""

    name: str
    bars: Bars
    """Those of the run itself, adjusted."""
    scale: pl.Series
    known: Bars
    """Those up to the end of the run, as they came, the asset in front and the others behind it."""
    start: datetime

    @cached_property
    def _shown(self) -> Bars:
        return as_shown(self.known)

    def layers(self, indicators: Sequence[Indicator | Outputs]) -> Layers:
        """The indicators over the bars of the run; they have warmed up over those before.

        Raises:
            ParameterError: something that is no indicator.
        """
        found = layers(self._shown if indicators else self.bars, indicators)
        return replace(found, rows=found.rows.filter(pl.col("time") >= self.start))

    def fills(self, run: RunView) -> pl.DataFrame:
        """The fills of the asset, with their price on the scale of the bars."""
        return _scaled(run.fills.filter(pl.col("asset") == self.name), self.bars.frame["open_time"], self.scale)


def ground_of(run: RunView, asset: str | None = None) -> Ground:
    """The ground of a picture of an asset; None takes the first one that was traded.

    Raises:
        InputError: the run has no session.
        UnknownAssetError: an asset that the run did not have.
    """
    if run.equity.is_empty():
        raise InputError("the run has no session to draw; give it bars from its start on")
    name = asset or (run.fills["asset"][0] if run.fills.height else str(run.bars.assets[0]))
    raw = _since_start(run, run.bars.select(name))
    shown = as_shown(raw)
    scale = (shown.frame["close"] / raw.frame["close"]).alias("scale")
    return Ground(name, shown, scale, _known(run, name), run.equity["time"][0])


def drawable(run: RunView) -> list[str]:
    """The assets that have bars in the span of a run, in the order of its bars."""
    names = [str(asset) for asset in run.bars.assets]
    if len(names) == 1:
        return names
    found = set(_since_start(run, run.bars).frame["asset"].unique())
    return [name for name in names if name in found]


def _known(run: RunView, name: str) -> Bars:
    """All bars up to the end of the run with one asset in front, and with the others behind it, which may be read."""
    order = [name, *(str(asset) for asset in run.bars.assets if asset != name)]
    until = pl.col("time") <= run.equity["time"][-1]
    return with_frame(run.bars, run.bars.frame.filter(until)).select(order)


def _since_start(run: RunView, bars: Bars) -> Bars:
    """The bars of the run itself, without those that only warmed it up."""
    span = pl.col("time").is_between(run.equity["time"][0], run.equity["time"][-1])
    return with_frame(bars, bars.frame.filter(span))


def _scaled(fills: pl.DataFrame, opened: pl.Series, scale: pl.Series) -> pl.DataFrame:
    """Fills with their price on the scale of the bars that they happened in."""
    # A fill at a close is stamped with the time at which a 24/7 market's next bar opens; 1us earlier is its own.
    inside = pl.when(pl.col("moment") == "close").then(pl.col("time").dt.offset_by("-1us")).otherwise(pl.col("time"))
    joined = fills.with_columns(inside.alias("inside")).sort("inside")
    found = joined.join_asof(pl.DataFrame([opened, scale]), left_on="inside", right_on="open_time")
    return found.with_columns((pl.col("price") * pl.col("scale").fill_null(1.0)).alias("drawn"))
