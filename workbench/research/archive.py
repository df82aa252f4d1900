"""A saved run: its frames, its bars and one document, from which everything else follows again.

The one idea: the engine need not run again to look at a saved run, but it can: set-up, bars and recorded commands are
all there, so `run.at(time)` works after a load as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench._types import Notice
from workbench.engine.costs.fees import Fee
from workbench.engine.costs.slippage import Slippage
from workbench.engine.limits import Limits
from workbench.engine.simulation import FRAMES, Setup
from workbench.errors import StorageError
from workbench.market.assets import Asset
from workbench.market.bars import Bars
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
    storage.save(folder, frames, {"run": document, "bars": _bars(bars), "setup": _setup(setup)})
    return folder


def read(folder: Path) -> Restored:
    """Frames, document, bars and set-up of a saved run; what does not fit together is refused."""
    frames, document = storage.load(folder)
    try:
        bars = _restored_bars(frames, document["bars"])
        return frames, document["run"], bars, _restored_setup(bars, document["setup"])
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


def _limits(limits: Limits | None) -> dict[str, object] | None:
    if limits is None:
        return None
    plain = {Decimal: str, tuple: list}
    return {name: plain.get(type(value), lambda same: same)(value) for name, value in limits.given().items()}


def _setup(setup: Setup) -> dict[str, object]:
    fee, slip = setup.fees, setup.slippage
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
        "fees": {"kind": fee.kind, "rate": str(fee.rate), "minimum": str(fee.minimum), "cap": _text(fee.cap)},
        "limits": _limits(setup.limits),
        "slippage": {"kind": slip.kind, "rate": str(slip.rate)},
        "warmup": setup.warmup,
        "seed": setup.seed,
    }


def _restored_setup(bars: Bars, given: Mapping[str, Any]) -> Setup:
    fee, slip = given["fees"], given["slippage"]
    cap = None if fee["cap"] is None else Decimal(fee["cap"])
    return Setup(
        **Setup.market(bars),  # type: ignore[arg-type]  # three named parts of the set-up
        cash=Decimal(given["cash"]),
        currency=given["currency"],
        start=given["start"],
        start_us=given["start_us"],
        fill=given["fill"],
        path=given["path"],
        limit_through=given["limit_through"],
        latency_us=given["latency_us"],
        lots=given["lots"],
        volume_cap=None if given["volume_cap"] is None else Decimal(given["volume_cap"]),
        fees=Fee(fee["kind"], Decimal(fee["rate"]), Decimal(fee["minimum"]), cap),
        limits=None if given["limits"] is None else Limits(**given["limits"]),
        slippage=Slippage(slip["kind"], Decimal(slip["rate"])),
        warmup=given["warmup"],
        seed=given["seed"],
    )
