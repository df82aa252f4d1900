"""A folder of Parquet files as a Catalog: bars by name, read-only; and the embedded sample of real prices.

The one idea: a folder holds one `<asset>.parquet` for each asset (the schema `BARS`), with the asset's attributes in
the file's own metadata, and one `actions.parquet` (the schema `ACTIONS`).
"""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.errors import StorageError, UnsupportedError
from workbench.market.actions import widened
from workbench.market.adjustments import no_actions
from workbench.market.assets import Asset
from workbench.market.bars import ACTIONS, BARS, Bars, wanted_assets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Catalog", "sample"]

ACTIONS_FILE: Final = "actions.parquet"
META: Final = "workbench"  # key of the JSON in a Parquet file's metadata


class Catalog:
    """The assets of a folder; `catalog["AAPL"]` and `catalog[["AAPL", "MSFT"]]` give their Bars.

    Raises:
        StorageError: the folder is missing or holds no bars.

    Example:
        >>> catalog = sample()
        >>> catalog.list()
        ['AAPL', 'FB', 'GOOG', 'IBM', 'MSFT']
        >>> len(catalog["AAPL"])
        3270
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        if not self._folder.is_dir():
            raise StorageError(f"{self._folder} is not a folder; give the folder that holds the <asset>.parquet files")
        if not self._files:
            raise StorageError(f"{self._folder} holds no <asset>.parquet; a catalog has one such file for each asset")

    @cached_property
    def _files(self) -> dict[str, Path]:
        paths = sorted(self._folder.glob("*.parquet"))
        return {path.stem: path for path in paths if path.name != ACTIONS_FILE}

    def list(self) -> list[str]:
        """Names of all assets, sorted.

        Example:
            >>> "IBM" in sample().list()
            True
        """
        return list(self._files)

    def bars(self, assets: str | Sequence[str], *, every: str = "1d") -> Bars:
        """Bars of one asset or several, in the order given.

        Raises:
            UnsupportedError: bars of another length than the catalog's "1d".
            UnknownAssetError: an asset that the catalog lacks; the nearest names are listed.
            StorageError: a file that is torn or not one of ours.

        Example:
            >>> sample().bars(["MSFT", "AAPL"]).frame["asset"].unique(maintain_order=True).to_list()
            ['MSFT', 'AAPL']
        """
        if every != "1d":
            raise UnsupportedError(f"every={every!r}: this catalog holds daily bars; write every='1d' or leave it out")
        names = wanted_assets(assets, [Asset(name) for name in self._files], "the catalog has")
        parts = [_read(self._files[name]) for name in names]
        metas = [meta for _, meta in parts]
        return Bars(
            pl.concat([frame for frame, _ in parts]),
            self._actions(names),
            tuple(Asset(name, **meta["asset"]) for name, meta in zip(names, metas, strict=True)),
            metas[0]["every"],
            metas[0]["source"],
        )

    def _actions(self, names: Sequence[str]) -> pl.DataFrame:
        path = self._folder / ACTIONS_FILE
        if not path.exists():
            return no_actions()
        frame = widened(_parquet(path))
        if frame.schema != ACTIONS:
            raise StorageError(f"{path} does not have the columns {', '.join(ACTIONS)}; make it again")
        return pl.concat([frame.filter(pl.col("asset") == name) for name in names])

    def __getitem__(self, assets: str | Sequence[str]) -> Bars:
        return self.bars(assets)

    def __contains__(self, asset: object) -> bool:
        return asset in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self._files)

    def _ipython_key_completions_(self) -> Sequence[str]:
        return self.list()

    def __repr__(self) -> str:
        return f"Catalog of {len(self)} assets: {', '.join(self._files)}"


@lru_cache(maxsize=1)
def sample() -> Catalog:
    """The embedded sample: daily unadjusted bars of AAPL, FB, GOOG, IBM and MSFT up to 2013-03-01, with their actions.

    Source, licence and checksums stand in `data/README.md`.

    Example:
        >>> sample()["FB"].frame["session"].min()
        datetime.date(2012, 5, 18)
    """
    return Catalog(_sample_folder())


def _sample_folder() -> Path:
    """The installed wheel has the files beside this package; a checkout has them in data/sample."""
    installed = Path(str(resources.files("workbench.market"))) / "sample"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "data" / "sample"


def _read(path: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    frame = _parquet(path)
    if frame.schema != BARS:
        raise StorageError(f"{path} does not have the columns {', '.join(BARS)}; make it again")
    meta = pl.read_parquet_metadata(path).get(META)
    if meta is None:
        raise StorageError(f"{path} lacks the attributes of its asset; make it again with write_bars")
    return frame, json.loads(meta)


def _parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StorageError(f"{path} is torn or not a Parquet file; make it again ({error})") from error
