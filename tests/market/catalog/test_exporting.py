"""Copies elsewhere: every value comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import ParameterError, StorageError, UnknownAssetError
from workbench.market import catalog as catalogs
from workbench.market import simulate
from workbench.market.bars import Bars
from workbench.market.catalog import Catalog

SAMPLE = catalogs.sample()
TINY = simulate.bars("PEPE/USDT", "1h", n=200, seed=2, price=1e-7, price_digits=12, quantity_digits=0)
LARGE = simulate.bars("SHIB/USDT", "1h", n=200, seed=3, price=0.5, price_digits=6, quantity_digits=8)
READ = {"parquet": pl.read_parquet, "csv": pl.read_csv}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    made = Catalog(tmp_path_factory.mktemp("catalog"))
    for bars in (SAMPLE[["AAPL", "MSFT", "FB"]], TINY, LARGE):
        made.ingest(bars)
    yield made
    made.close()


@pytest.mark.parametrize("format", ["parquet", "csv"])
@pytest.mark.parametrize("every", ["1d", "1h"])
def test_a_round_trip(held: Catalog, tmp_path: Path, format: Any, every: str) -> None:
    names = held.list(every=every)
    paths = held.export(tmp_path / "out", every=every, format=format)
    assert [path.name for path in paths] == [*(f"{n.replace('/', '%2F')}.{format}" for n in names), f"actions.{format}"]
    actions = READ[format](paths[-1])
    again = Catalog(tmp_path / "again")
    for name, path in zip(names, paths, strict=False):
        asset, acted = held.assets[name], actions.filter(pl.col("asset") == name)
        again.ingest(Bars.from_frame(READ[format](path), asset, every=every, actions=acted))
        assert again.bars(name, every=every).fingerprint == held.bars(name, every=every).fingerprint
    again.close()


def test_a_part_of_it(held: Catalog, tmp_path: Path) -> None:
    [path, _] = held.export(tmp_path / "a", "FB", start="2013-01-01", end="2013-01-31")
    assert pl.read_parquet(path).equals(SAMPLE["FB"].between("2013-01-01", "2013-01-31").frame)
    about = pl.read_parquet_metadata(path)["workbench"]
    assert '"calendar": "XNYS"' in about
    assert '"every": "1d"' in about
    [path, _] = held.export(tmp_path / "b", "FB", every="1w")
    assert pl.read_parquet(path).equals(SAMPLE["FB"].resample("1w").frame)


def test_what_is_refused(held: Catalog, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    with pytest.raises(ParameterError, match="is not empty; give a new folder"):
        held.export(tmp_path / "full")
    with pytest.raises(ParameterError, match="format='xlsx': give one of parquet, csv"):
        held.export(tmp_path / "new", format="xlsx")  # type: ignore[arg-type]
    with pytest.raises(UnknownAssetError):
        held.export(tmp_path / "new", "NONE")
    with pytest.raises(StorageError, match="cannot be written"):
        held.export(tmp_path / "full" / "note.txt")
    assert not (tmp_path / "new").exists()


def test_names_that_would_be_one_file(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog")
    for name in ("abc", "ABC", "Actions"):
        catalog.ingest(simulate.bars(name, "1d", n=3))
    with pytest.raises(ParameterError, match="'abc': another file has this name already; export it by itself"):
        catalog.export(tmp_path / "out", ["ABC", "abc"])
    with pytest.raises(ParameterError, match="'Actions': another file has this name"):
        catalog.export(tmp_path / "out", "Actions")
    catalog.close()


def test_a_write_that_breaks_off_leaves_no_file(held: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(frame: pl.DataFrame, path: Path, about: dict[str, str]) -> None:
        path.write_text("half of")
        raise OSError("no room left")

    monkeypatch.setitem(__import__("workbench.market.catalog.exporting", fromlist=["FORMATS"]).FORMATS, "csv", torn)
    with pytest.raises(StorageError, match="no room left"):
        held.export(tmp_path / "out", "FB", format="csv")
    assert list((tmp_path / "out").iterdir()) == []
