"""A saved run: its frames, its bars and one document, from which everything else follows again.

The one idea: the engine need not run again to look at a saved run, but it can: set-up, bars and recorded commands are
all there, so `run.at(time)` works after a load as before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import polars as pl

from workbench._types import Notice
from workbench.engine.costs.fee import BOUNDS, Fee, Tier, name_of
from workbench.engine.costs.slippage import Slippage
from workbench.engine.simulation import FRAMES, Setup
from workbench.errors import StorageError
from workbench.market.assets import Asset
from workbench.market.bars import Bars, with_frame
from workbench.research import storage

if TYPE_CHECKING:
    from workbench.research.run import Run

__all__ = ["read", "write"]

Restored = tuple[dict[str, pl.DataFrame], dict[str, Any], Bars, Setup]


def write(run: Run, folder: Path) -> Path:
    """Save a run into a folder, in one step."""
    bars, document, setup = run.parts()
    frames = {name: getattr(run, name) for name in (*FRAMES, "recorded", "commands")}
    frames |= {f"{name}_exact": getattr(run.exact, name) for name in FRAMES}
    frames |= {"bars": bars.frame, "actions": bars.actions}
    if setup.finer is not None:
        frames["finer"] = setup.finer.frame
    storage.save(folder, frames, {"run": document, "bars": _bars(bars), "setup": _setup(setup)})
    return folder


def read(folder: Path) -> Restored:
    """Frames, document, bars and set-up of a saved run; what does not fit together is refused."""
    frames, document = storage.load(folder)
    try:
        bars = _restored_bars(frames, document["bars"])
        finer = None if "finer" not in frames else with_frame(bars, frames["finer"])
        return frames, document["run"], bars, _restored_setup(bars, finer, document["setup"])
    except KeyError as error:
        raise StorageError(f"{folder} lacks {error}; it was not written by run.save of this version") from error


def _bars(bars: Bars) -> dict[str, object]:
    assets = [{"name": str(asset), **{k: str(v) for k, v in asset.attributes().items()}} for asset in bars.assets]
    notices = [[n.kind, n.count, n.text, n.remedy] for n in bars.notices]
    plain = {"every": bars.every, "source": bars.source, "synthetic": bars.synthetic}
    return {**plain, "assets": assets, "notices": notices, "fingerprint": bars.fingerprint}


def _restored_bars(frames: Mapping[str, pl.DataFrame], given: Mapping[str, Any]) -> Bars:
    assets = tuple(_asset(row) for row in given["assets"])
    notices = tuple(Notice(*row) for row in given["notices"])
    bars = Bars(frames["bars"], frames["actions"], assets, given["every"], given["source"], given["synthetic"], notices)
    if bars.fingerprint != given["fingerprint"]:
        raise StorageError("the bars of the saved run are not those it ran on; restore the folder from a copy")
    return bars


def _asset(row: Mapping[str, str]) -> Asset:
    return Asset(
        row["name"],
        price_digits=int(row["price_digits"]),
        quantity_digits=int(row["quantity_digits"]),
        currency=row["currency"],
        calendar=row["calendar"],
        price_step=row["price_step"],
        quantity_step=row["quantity_step"],
        min_notional=row["min_notional"],
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _setup(setup: Setup) -> dict[str, object]:
    slip = setup.slippage
    return {
        "cash": str(setup.cash),
        "currency": setup.currency,
        "start": setup.start,
        "start_us": setup.start_us,
        "fill": setup.fill,
        "path": setup.path,
        "limit_through": setup.limit_through,
        "latency_us": setup.latency_us,
        "lots": setup.lots,
        "volume_cap": _text(setup.volume_cap),
        "fees": [_part(part) for part in setup.fees.parts],
        "slippage": {"kind": slip.kind, "rate": str(slip.rate), "function": name_of(slip.function)},
        "warmup": setup.warmup,
        "seed": setup.seed,
    }


def _part(part: Fee) -> dict[str, object]:
    bounds = {name: _text(getattr(part, name)) for name in BOUNDS}
    tiers = [[str(tier.above), str(tier.maker), str(tier.taker)] for tier in part.tiers]
    own = {"kind": part.kind, "rate": str(part.rate), "side": part.side, "currency": part.currency}
    return {**own, **bounds, "tiers": tiers, "function": name_of(part.function)}


def _restored_part(given: Mapping[str, Any]) -> Fee:
    more: dict[str, Any] = {name: None if given[name] is None else Decimal(given[name]) for name in BOUNDS}
    more |= {name: given[name] for name in ("side", "currency")}
    more |= {"tiers": tuple(Tier(*map(Decimal, tier)) for tier in given["tiers"]), "function": _lost(given["function"])}
    return Fee(given["kind"], Decimal(given["rate"]), **more)


def _lost(name: str | None) -> Callable[[object], Never] | None:
    """In place of a cost function of the user: its name is in the file, its code is not."""
    if name is None:
        return None

    def lost(deal: object) -> Never:
        raise StorageError(f"the cost function {name} is not part of a saved run; run the Backtest again for it")

    lost.__qualname__ = name
    return lost


def _restored_setup(bars: Bars, finer: Bars | None, given: Mapping[str, Any]) -> Setup:
    slip = given["slippage"]
    return Setup(
        **Setup.market(bars),  # type: ignore[arg-type]  # three named parts of the set-up
        cash=Decimal(given["cash"]),
        currency=given["currency"],
        start=given["start"],
        start_us=given["start_us"],
        fill=given["fill"],
        path=given["path"],
        finer=finer,
        limit_through=given["limit_through"],
        latency_us=given["latency_us"],
        lots=given["lots"],
        volume_cap=None if given["volume_cap"] is None else Decimal(given["volume_cap"]),
        fees=sum(map(_restored_part, given["fees"]), Fee("none")),
        slippage=Slippage(slip["kind"], Decimal(slip["rate"]), _lost(slip["function"])),
        warmup=given["warmup"],
        seed=given["seed"],
    )
