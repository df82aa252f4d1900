"""What a replay sends to the browser: a run as columns, with a row for each slice, fill, order and span.

The one idea: the cursor is the number of a slice, so everything that happened is told by the slice it belongs to, and
nothing in the browser compares times. What was held and which orders worked comes from the engine, as spans of slices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.analytics.parting import slices_of
from workbench.views.closed import is_inside_days
from workbench.views.drawn import Drawn, drawable
from workbench.views.happened import absent, asked_in, posted_in, warming
from workbench.views.layers import COLOURS, Layers
from workbench.views.replay.packing import packed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.views.replay.beside import Beside
    from workbench.views.run_view import ReplayView

__all__ = ["about", "block", "details", "replay_tables", "too_long"]

MONEY: Final = ("equity", "cash", "positions", "receivable")
PRICES: Final = ("open", "high", "low", "close", "volume")
THRESHOLDS: Final = ("above", "at_least", "below", "at_most")
ROWS_MAX: Final = 50_000
"""Of a table that is sent whole; of longer ones a part is sent with the slices it belongs to."""
SPAN: Final = ("first", "until", "asset", "order", "quantity", "limit", "stop")


def replay_tables(
    run: ReplayView, spans: tuple[pl.DataFrame, pl.DataFrame], found: Drawn, more: Beside | None = None
) -> dict[str, pl.DataFrame]:
    """A run as the tables that a browser gets.

    `slices` has a row for each slice: time (seconds), money, the bar of the drawn asset and its indicators; `watched`
    has these in the units of then. `fills`, `orders` and the spans `held` and `working` tell their slices by number,
    from 0. A new table has a row for each slice, or tells its slices as `slice`, in order, or as `first` and `until`.

    Args:
        run: a finished run.
        spans: what was held and which orders worked, as `workbench.engine.simulation.walked` gives them.
        found: what is drawn.
        more: tables and facts beside those of the run.
    """
    names = [str(each) for each in run.bars.assets]
    held, working = (_spans(frame, names) for frame in spans)
    return {
        "slices": _slices(run, found),
        "watched": _watched(run, found),
        "recorded": _recorded(run),
        "fills": _fills(run, found),
        "orders": _orders(run),
        "held": held,
        "working": working,
        "warmup": warming(run, found)[0],
        "absent": absent(run, found),
        **(more.tables if more else {}),
    }


def details(run: ReplayView, found: Drawn, rows: slice) -> dict[str, pl.DataFrame]:
    """The tables that may be long, `checks` and `ledger`, of some slices; these are told by number from 0."""
    return {"checks": _checks(run, found, rows), "ledger": _ledger(run, rows)}


def too_long(run: ReplayView) -> list[str]:
    """Which of them are; a fill makes two legs of the ledger at least, and where these are too many it is not read."""
    is_long = {"checks": run.checks.height > ROWS_MAX}
    is_long["ledger"] = 2 * run.fills.height > ROWS_MAX or run.ledger.height > ROWS_MAX
    return [name for name, is_it in is_long.items() if is_it]


def block(tables: Mapping[str, pl.DataFrame], about: Mapping[str, Any]) -> bytes:
    """Tables as one block of `packing.packed`, with columns named `table/column`."""
    columns = {f"{name}/{column.name}": column for name, table in tables.items() for column in table.get_columns()}
    return packed(columns, about)


def about(run: ReplayView, found: Drawn) -> dict[str, Any]:
    """What a browser is told of a run beside its tables."""
    asset = found.bars.assets[0]
    return {
        "name": run.name,
        "asset": found.name,
        "assets": drawable(run),
        "every": found.bars.every,
        "synthetic": found.bars.synthetic,
        "daily": not is_inside_days(found.bars.every),
        "currency": run.currency,
        "price_currency": str(asset.currency),
        "digits": {str(each): [each.price_digits, each.quantity_digits] for each in run.bars.assets},
        "layers": list(_told(found.layers)),
        "never": warming(run, found)[1],
        "calendar": asset.calendar,
    }


def _told(layers: Layers) -> Iterator[dict[str, Any]]:
    """How each layer is drawn: its column, its name, its pane ("" is over the prices) and its tone."""
    tone = 0
    for layer in layers.shades:
        yield {"column": layer.column, "name": layer.name, "rule": True}
    for group in layers.over:
        for layer in group:
            yield _line(layer.column, layer.name, "", layer.in_steps, False, tone)
        tone += 1
    for title, group in layers.panes.items():
        for layer in group:
            yield _line(layer.column, layer.name, title, layer.in_steps, layer.as_bars, tone)
            tone += 1


def _line(column: str, name: str, pane: str, in_steps: bool, as_bars: bool, tone: int) -> dict[str, Any]:
    colour = COLOURS[tone % len(COLOURS)]
    return {"column": column, "name": name, "pane": pane, "steps": in_steps, "bars": as_bars, "colour": colour}


def _slices(run: ReplayView, found: Drawn) -> pl.DataFrame:
    """A row for each slice; where the drawn asset had no bar, its columns are null."""
    bars = found.bars.frame.select("time", *PRICES).with_columns(found.scale)
    columns = [layer["column"] for layer in _told(found.layers)]
    values = found.layers.rows.select("time", pl.col(columns).cast(pl.Float64))
    joined = _beside(_beside(run.equity.select("time", "session", *MONEY), bars), values)
    seconds = pl.col("time").dt.epoch("us") / 1_000_000
    days = pl.col("session").cast(pl.Int32)
    return joined.with_columns(seconds.alias("time"), days.alias("session"))


def _beside(slices: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Slices with the rows of their times beside them; mostly there is one for each."""
    if slices["time"].equals(rows["time"]):
        return slices.hstack(rows.drop("time"))
    return slices.join(rows, on="time", how="left", maintain_order="left")


def _watched(run: ReplayView, found: Drawn) -> pl.DataFrame:
    """Indicators as the strategy saw them, a row for each slice; nothing where those that are drawn are just that."""
    if found.seen is None:
        return pl.DataFrame()
    columns = [layer["column"] for layer in _told(found.layers)]
    values = found.seen.select("time", pl.col(columns).cast(pl.Float64))
    return _beside(run.equity.select("time"), values).drop("time")


def _recorded(run: ReplayView) -> pl.DataFrame:
    """What the strategy recorded, a row for each slice."""
    return _beside(run.equity.select("time"), run.recorded).drop("time")


def _fills(run: ReplayView, found: Drawn) -> pl.DataFrame:
    """Fills in the order of their slices, with their place on the scale of the drawn bars."""
    own = found.fills.select("sequence", "drawn")
    fills = run.fills.join(own, on="sequence", how="left", maintain_order="left")
    told = fills.select("order", "asset", "side", "quantity", "price", "fee", "drawn", "ambiguous")
    return told.insert_column(0, slices_of(fills, run.equity["time"]))


def _orders(run: ReplayView) -> pl.DataFrame:
    """Every order with the slice that it was asked in; what was denied never worked."""
    told = run.orders.select("order", "asset", "side", "type", "origin", "tif", "quantity", "status", "reason")
    return told.insert_column(0, asked_in(run, run.orders["time"]))


def _checks(run: ReplayView, found: Drawn, rows: slice) -> pl.DataFrame:
    """What was checked by name; thresholds that no check has are left out.

    A value that is that of an indicator is told as the number of its layer, `like`, since floats hardly deflate.
    """
    checks = _around(run, run.checks, rows)
    if checks.is_empty():
        return pl.DataFrame()
    told = checks.drop("time").insert_column(0, asked_in(run, checks["time"])).filter(_inside(rows))
    told = told.drop([name for name in THRESHOLDS if told[name].null_count() == told.height])
    like = _like(run, found, told)
    return told.with_columns(value=pl.when(like < 0).then(pl.col("value")), like=like)


def _around(run: ReplayView, frame: pl.DataFrame, rows: slice) -> pl.DataFrame:
    """The rows of a frame in order of time that may belong to some slices, and few others."""
    times = run.equity["time"]
    start = frame["time"].search_sorted(times[max(0, rows.start - 1)], "left") if rows.start else 0
    end = frame["time"].search_sorted(times[rows.stop - 1], "right") if rows.stop < len(times) else frame.height
    return frame.slice(int(start), int(end) - int(start))


def _inside(rows: slice) -> pl.Expr:
    return pl.col("slice").is_between(rows.start, rows.stop - 1)


def _like(run: ReplayView, found: Drawn, told: pl.DataFrame) -> pl.Series:
    """The first layer whose value at its slice is that of a check, -1 where none is."""
    seen = found.layers.rows if found.seen is None else found.seen
    times = told.select(time=run.equity["time"].gather(told["slice"]))
    rows = times.join(seen, on="time", how="left", maintain_order="left")
    found_in = pl.lit(-1)
    for number, layer in reversed(list(enumerate(_told(found.layers)))):
        is_same = pl.col(layer["column"]).cast(pl.Float64) == told["value"]
        found_in = pl.when(is_same).then(number).otherwise(found_in)
    return rows.with_columns(like=found_in.cast(pl.Int32))["like"]


def _ledger(run: ReplayView, rows: slice) -> pl.DataFrame:
    """The legs of the ledger."""
    legs = _around(run, run.ledger, rows)
    told = legs.select("account", "asset", "currency", "amount").insert_column(0, posted_in(run, legs))
    return told.filter(_inside(rows)).sort("slice", maintain_order=True)


def _spans(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Spans with slices from 0 and the names of assets."""
    named: Mapping[int, str] = dict(enumerate(names))
    asset = pl.col("asset").replace_strict(named, return_dtype=pl.String)
    return frame.select(pl.col("first") - 1, pl.col("until") - 1, asset, *SPAN[3:])
