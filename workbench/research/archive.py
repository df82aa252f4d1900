"""A saved run: its frames, its bars and datasets, and one document, from which everything else follows again.

The one idea: the engine need not run again to look at a saved run, but it can: set-up, bars, datasets and recorded
commands are all there, so `run.at(time)` works after a load as before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import polars as pl

from workbench._types import Notice
from workbench.engine.costs.fee import BOUNDS, Fee, Tier, name_of
from workbench.engine.costs.slippage import Slippage
from workbench.engine.limits import Limits
from workbench.engine.simulation import FRAMES, Setup
from workbench.errors import StorageError
from workbench.market.actions import widened
from workbench.market.assets import Asset, as_text, from_text
from workbench.market.bars import Bars, with_frame
from workbench.market.datasets import Dataset
from workbench.research import storage

if TYPE_CHECKING:
    from workbench.research.run import Run

__all__ = ["read", "write"]

Restored = tuple[dict[str, pl.DataFrame], dict[str, Any], Bars, tuple[Dataset, ...], Setup]


def write(run: Run, folder: Path) -> Path:
    """Save a run into a folder, in one step."""
    bars, datasets, document, setup = run.parts()
    frames = {name: getattr(run, name) for name in (*FRAMES, "recorded", "commands")}
    frames |= {f"{name}_exact": getattr(run.exact, name) for name in FRAMES}
    frames |= {"explained": run.explain().exact.frame, "bars": bars.frame, "actions": bars.actions}
    frames |= {f"data_{i}": dataset.frame for i, dataset in enumerate(datasets)}
    data = [_dataset(dataset) for dataset in datasets]
    if setup.finer is not None:
        frames["finer"] = setup.finer.frame
    storage.save(folder, frames, {"run": document, "bars": _bars(bars), "data": data, "setup": _setup(setup)})
    return folder


def read(folder: Path) -> Restored:
    """Frames, document, bars, datasets and set-up of a saved run; what does not fit together is refused."""
    frames, document = storage.load(folder)
    try:
        bars = _restored_bars(frames, document["bars"])
        data = tuple(_restored_dataset(frames[f"data_{i}"], given) for i, given in enumerate(document["data"]))
        finer = None if "finer" not in frames else with_frame(bars, frames["finer"])
        return frames, document["run"], bars, data, _restored_setup(bars, finer, document["setup"])
    except KeyError as error:
        raise StorageError(f"{folder} lacks {error}; it was not written by run.save of this version") from error


def _bars(bars: Bars) -> dict[str, object]:
    assets = [{"name": str(asset), **as_text(asset)} for asset in bars.assets]
    plain = {"every": bars.every, "source": bars.source, "synthetic": bars.synthetic}
    return {**plain, "assets": assets, "notices": _notices(bars.notices), "fingerprint": bars.fingerprint}


def _dataset(dataset: Dataset) -> dict[str, object]:
    return {"name": dataset.name, "notices": _notices(dataset.notices), "fingerprint": dataset.fingerprint}


def _notices(notices: Sequence[Notice]) -> list[list[str | int]]:
    return [[n.kind, n.count, n.text, n.remedy] for n in notices]


def _restored_dataset(frame: pl.DataFrame, given: Mapping[str, Any]) -> Dataset:
    dataset = Dataset(given["name"], frame, tuple(Notice(*row) for row in given["notices"]))
    if dataset.fingerprint != given["fingerprint"]:
        raise StorageError(f"dataset {dataset.name} of the saved run is not the one it ran on; restore the folder")
    return dataset


def _restored_bars(frames: Mapping[str, pl.DataFrame], given: Mapping[str, Any]) -> Bars:
    assets = tuple(_asset(**row) for row in given["assets"])
    notices = tuple(Notice(*row) for row in given["notices"])
    actions = widened(frames["actions"])
    bars = Bars(frames["bars"], actions, assets, given["every"], given["source"], given["synthetic"], notices)
    if bars.fingerprint != given["fingerprint"]:
        raise StorageError("the bars of the saved run are not those it ran on; restore the folder from a copy")
    return bars


def _asset(name: str, **attributes: str) -> Asset:
    return from_text(name, attributes)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _limits(limits: Limits | None) -> dict[str, object] | None:
    if limits is None:
        return None
    plain = {Decimal: str, tuple: list}
    return {name: plain.get(type(value), lambda same: same)(value) for name, value in limits.given().items()}


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
        "latency_us": setup.latency_us[0] if len(set(setup.latency_us)) == 1 else list(setup.latency_us),
        "lots": setup.lots,
        "volume_cap": _text(setup.volume_cap),
        "fees": [_part(part) for part in setup.fees.parts],
        "limits": _limits(setup.limits),
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


def _latency_us(given: int | list[int]) -> tuple[int, int]:
    """The least and the most, which are one number where it is fixed."""
    least, most = [given, given] if isinstance(given, int) else given
    return least, most


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
        latency_us=_latency_us(given["latency_us"]),
        lots=given["lots"],
        volume_cap=None if given["volume_cap"] is None else Decimal(given["volume_cap"]),
        fees=sum(map(_restored_part, given["fees"]), Fee("none")),
        limits=None if given["limits"] is None else Limits(**given["limits"]),
        slippage=Slippage(slip["kind"], Decimal(slip["rate"]), _lost(slip["function"])),
        warmup=given["warmup"],
        seed=given["seed"],
    )
