"""A saved run: its frames, its bars and datasets, its journal, and one document, from which all else follows again.

The one idea: the engine need not run again to look at a saved run, but it can: set-up, bars, datasets and, in the
journal, the recorded commands are all there, so `run.at(time)` works after a load as before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench import journal
from workbench._types import Notice
from workbench.engine.agenda import READ
from workbench.engine.events import CHECKS, float_schema
from workbench.engine.setups import from_document, to_document
from workbench.engine.simulation import COMMANDS, FRAMES, OF_BOOKS, Setup
from workbench.errors import StorageError
from workbench.journal.log import SAVED
from workbench.market.actions import widened
from workbench.market.assets import Asset, as_text, from_text
from workbench.market.bars import Bars, with_frame
from workbench.market.datasets import Dataset
from workbench.market.spelling import spelled, spelling
from workbench.research import storage
from workbench.research.shelf import summary

if TYPE_CHECKING:
    from workbench.research.run import Run

__all__ = ["read", "write"]

Restored = tuple[dict[str, pl.DataFrame], dict[str, Any], Bars, tuple[Dataset, ...], Setup, bytes]


def write(run: Run, folder: Path) -> Path:
    """Save a run into a folder, in one step."""
    parts = run.parts()
    bars, datasets, document, setup = parts.bars, parts.data, dict(parts.document), parts.setup
    frames = {name: getattr(run, name) for name in (*FRAMES, "recorded", "checks")}
    frames |= {f"{name}_exact": getattr(run.exact, name) for name in FRAMES}
    frames |= {"explained": run.explain().exact.frame, "bars": bars.frame, "actions": bars.actions}
    frames |= {f"data_{i}": dataset.frame for i, dataset in enumerate(datasets)}
    data = [_dataset(dataset) for dataset in datasets]
    if setup.books is not None:
        frames |= {name: getattr(run, name) for name in OF_BOOKS}
        frames |= {f"{name}_exact": getattr(run.exact, name) for name in OF_BOOKS}
        frames["books_explained"] = run.explain().exact.of_books
    if setup.finer is not None:
        frames["finer"] = setup.finer.frame
        document["finer_code"] = spelling(setup.finer)
    fx = None if setup.money is None else setup.money.fx
    if fx is not None:
        frames |= {"fx": fx.frame, "fx_actions": fx.actions}
    read = {name: given for name in READ if (given := getattr(setup, name)) is not None}
    frames |= {name: dataset.frame for name, dataset in read.items()}
    told: dict[str, object] = {"run": document, "bars": _bars(bars), "data": data, "setup": to_document(setup)}
    told["summary"] = summary(run)
    told |= {name: _dataset(dataset) for name, dataset in read.items()}
    if setup.money is not None:
        frames |= {"balances": run.balances, "balances_exact": run.exact.balances}
        told |= {} if fx is None else {"fx": _bars(fx)}
    storage.save(folder, frames, told, {SAVED: parts.log})
    return folder


def read(folder: Path) -> Restored:
    """Frames, document, bars, datasets, set-up and journal of a saved run; what does not fit together is refused."""
    frames, document, files = storage.load(folder)
    try:
        frames["commands"] = journal.read(folder / SAVED).commands.select(*COMMANDS)
        frames.setdefault("checks", pl.DataFrame(schema=float_schema(CHECKS)))  # runs saved before had none
        bars = _restored_bars(frames["bars"], frames["actions"], document["bars"])
        fx = _restored_bars(frames["fx"], frames["fx_actions"], document["fx"]) if "fx" in document else None
        data = tuple(_restored_dataset(frames[f"data_{i}"], given) for i, given in enumerate(document["data"]))
        finer = None if "finer" not in frames else with_frame(bars, frames["finer"])
        if finer is not None:
            spelled(finer, document["run"].get("finer_code"))
        read = [_restored_dataset(frames[name], document[name]) if name in frames else None for name in READ]
        setup = from_document(document["setup"], bars, finer, fx, *read)
        return frames, document["run"], bars, data, setup, files[SAVED]
    except KeyError as error:
        raise StorageError(f"{folder} lacks {error}; it was not written by run.save of this version") from error


def _bars(bars: Bars) -> dict[str, object]:
    assets = [{"name": str(asset), **as_text(asset)} for asset in bars.assets]
    plain = {"every": bars.every, "source": bars.source, "synthetic": bars.synthetic, "code": spelling(bars)}
    return {**plain, "assets": assets, "notices": _notices(bars.notices), "fingerprint": bars.fingerprint}


def _dataset(dataset: Dataset) -> dict[str, object]:
    told = {"name": dataset.name, "notices": _notices(dataset.notices), "fingerprint": dataset.fingerprint}
    return {**told, "code": spelling(dataset)}


def _notices(notices: Sequence[Notice]) -> list[list[str | int]]:
    return [[n.kind, n.count, n.text, n.remedy] for n in notices]


def _restored_dataset(frame: pl.DataFrame, given: Mapping[str, Any]) -> Dataset:
    dataset = Dataset(given["name"], frame, tuple(Notice(*row) for row in given["notices"]))
    if dataset.fingerprint != given["fingerprint"]:
        raise StorageError(f"dataset {dataset.name} of the saved run is not the one it ran on; restore the folder")
    return spelled(dataset, given.get("code"))


def _restored_bars(rows: pl.DataFrame, acted: pl.DataFrame, given: Mapping[str, Any]) -> Bars:
    assets = tuple(_asset(**row) for row in given["assets"])
    notices = tuple(Notice(*row) for row in given["notices"])
    actions = widened(acted)
    bars = Bars(rows, actions, assets, given["every"], given["source"], given["synthetic"], notices)
    if bars.fingerprint != given["fingerprint"]:
        raise StorageError("the bars of the saved run are not those it ran on; restore the folder from a copy")
    return spelled(bars, given.get("code"))


def _asset(name: str, **attributes: str) -> Asset:
    return from_text(name, attributes)
