"""Results of a sweep on the disk, so that one that was stopped goes on, today or next week.

The one idea: a folder for each thing that is run, named by a hash of everything that decides a result but the varied
parameters: rules, bars, datasets, code. Results under another hash are never looked at; so a changed strategy or new
bars begin anew, and a wider range of parameters takes over what is there. A file is named by its own hash and appears
whole or not at all.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from workbench.engine.setups import to_document
from workbench.errors import StorageError
from workbench.market.assets import as_text
from workbench.market.disk import put, refusals
from workbench.market.paths import local
from workbench.research.design import Design
from workbench.research.grid import Codes, Grid
from workbench.research.outcomes import OUTCOMES
from workbench.research.own_code import content, fingerprint
from workbench.strategies.callbacks import code_of, parameters
from workbench.strategies.sources import digest

__all__ = ["Kept"]

SPEC: Final = "sweep.json"
KEY: Final = "combination"
KEY_DIGITS: Final = 32


class Kept:
    """The results of a design in a folder.

    Args:
        folder: where the folders of all sweeps stand.
        design: what is run.

    Raises:
        ParameterError: no path.
        StorageError: the disk refuses, or a file there was changed.
    """

    def __init__(self, folder: str | Path, design: Design) -> None:
        self._design = design
        spec = _spec(design)
        self._key = digest(spec)
        self.place = local("folder", folder) / self._key[:KEY_DIGITS]
        with refusals(self.place):
            self.place.mkdir(parents=True, exist_ok=True)
            put(self.place / SPEC, json.dumps(spec, indent=1, sort_keys=True).encode() + b"\n")

    def read(self) -> tuple[Codes, pl.DataFrame]:
        """Rows of the design's grid that are there, and their outcomes."""
        frames = [_checked(path) for path in sorted(self.place.glob("*.parquet"))]
        known = pl.concat([pl.DataFrame(schema={**OUTCOMES, KEY: pl.String()}), *frames]).unique(KEY, keep="first")
        asked = pl.DataFrame({KEY: self._keys()}).with_row_index("row")
        found = asked.join(known, on=KEY, how="inner", maintain_order="left")
        return found["row"].cast(pl.Int64).to_numpy(), found.select(OUTCOMES.names())

    def add(self, rows: Codes, frame: pl.DataFrame) -> None:
        """Keep outcomes; a run that raised an error is not kept, so that it is tried again."""
        keys = pl.Series(KEY, self._keys(rows), pl.String())
        good = frame.with_columns(keys).filter(pl.col("error").is_null())
        if good.is_empty():
            return
        buffer = io.BytesIO()
        good.write_parquet(buffer)
        body = buffer.getvalue()
        with refusals(self.place):
            put(self.place / f"{hashlib.sha256(body).hexdigest()}.parquet", body)

    def _keys(self, rows: Codes | None = None) -> list[str]:
        """A text for each combination, the same wherever its values are the same."""
        grid = self._design.grid
        texts = {name: [f"{name}={content(value)}" for value in values] for name, values in grid.values.items()}
        named = Grid(texts, grid.codes, grid.listed)
        columns = [named.column(name, rows) for name in texts]
        return [", ".join(map(str, parts)) for parts in zip(*columns, strict=True)] if columns else [""]


def _spec(design: Design) -> dict[str, Any]:
    """Everything that decides a result, apart from the varied values."""
    from workbench import __version__

    _, bars, given, setup = design.test.parts()
    data: Any = given["data"]
    functions = [part.function for part in setup.fees.parts] + [setup.slippage.function]
    roots = [*design.roots, *(function for function in functions if function is not None)]
    return {
        "workbench": __version__,
        "strategies": [_strategy(design, each) for each in design.all_strategies],
        "code": fingerprint(roots),
        "setup": to_document(replace(setup, finer=None)),
        "finer": None if setup.finer is None else setup.finer.fingerprint,
        "bars": bars.fingerprint,
        "end": repr(given["end"]),
        "assets": [{"name": str(asset), **as_text(asset)} for asset in bars.assets],
        "data": [[dataset.name, dataset.fingerprint] for dataset in data],
        "over": [name for name in design.grid.codes if name not in design.spaces],
    }


def _strategy(design: Design, strategy: Any) -> dict[str, Any]:
    fixed = {name: content(value) for name, value in parameters(strategy).items() if name not in design.spaces}
    return {"name": type(strategy).__name__, "code": code_of(strategy), "parameters": fixed}


def _checked(path: Path) -> pl.DataFrame:
    with refusals(path):
        body = path.read_bytes()
    if hashlib.sha256(body).hexdigest() != path.stem:
        raise StorageError(f"{path} is torn or was changed; delete it, and what it held is run again")
    return pl.read_parquet(io.BytesIO(body))
