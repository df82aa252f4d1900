"""A folder of Parquet files as a Catalog."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from workbench.errors import ParameterError, StorageError, UnknownAssetError
from workbench.market import catalog
from workbench.market.catalog import Catalog

SAMPLE = catalog.sample()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in catalog._sample_folder().glob("[AF]*.parquet"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_names_and_completion() -> None:
    names = ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
    assert SAMPLE.list() == names
    assert SAMPLE._ipython_key_completions_() == names
    assert len(SAMPLE) == 5
    assert "IBM" in SAMPLE
    assert "XYZ" not in SAMPLE


def test_one_asset_or_several_in_the_order_given() -> None:
    assert SAMPLE["FB"].assets == ("FB",)
    assert SAMPLE[["MSFT", "FB"]].assets == ("MSFT", "FB")
    assert SAMPLE[["MSFT", "AAPL"]].actions["asset"].unique(maintain_order=True).to_list() == ["MSFT", "AAPL"]


def test_the_sample_is_made_once() -> None:
    assert catalog.sample() is SAMPLE


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("APPL", "no asset 'APPL'; did you mean 'AAPL'? the catalog has AAPL, FB, GOOG, IBM, MSFT"),
        ("msft", "no asset 'msft'; did you mean 'MSFT'? the catalog has AAPL, FB, GOOG, IBM, MSFT"),
        ("zzz", "no asset 'zzz'; the catalog has AAPL, FB, GOOG, IBM, MSFT"),
    ],
    ids=["transposed", "lower case", "nothing near"],
)
def test_an_unknown_name_is_answered_with_the_nearest(asked: str, message: str) -> None:
    with pytest.raises(UnknownAssetError) as refused:
        SAMPLE[asked]
    assert str(refused.value) == message


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(ParameterError, match="name at least one asset, and each once"):
        SAMPLE[["FB", "FB"]]


def test_repr_lists_the_assets() -> None:
    assert repr(SAMPLE).startswith("Catalog of 5 assets: ")
    assert repr(SAMPLE).endswith(": AAPL, FB, GOOG, IBM, MSFT")


def test_a_folder_without_actions(folder: Path) -> None:
    (folder / "actions.parquet").unlink(missing_ok=True)
    assert Catalog(folder)["AAPL"].actions.is_empty()


def test_folders_that_are_no_catalog(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is not a folder"):
        Catalog(tmp_path / "nowhere")
    with pytest.raises(StorageError, match=r"holds no <asset>\.parquet"):
        Catalog(tmp_path)


def test_files_that_are_torn_or_foreign(folder: Path) -> None:
    made = Catalog(folder)
    (folder / "FB.parquet").write_bytes((folder / "FB.parquet").read_bytes()[:500])
    with pytest.raises(StorageError, match="torn or not a Parquet file"):
        made["FB"]
    frame = pl.read_parquet(folder / "AAPL.parquet")
    frame.write_parquet(folder / "FB.parquet")
    with pytest.raises(StorageError, match="lacks the attributes of its asset"):
        made["FB"]
    frame.drop("volume").write_parquet(folder / "FB.parquet")
    with pytest.raises(StorageError, match="does not have the columns asset, open_time"):
        made["FB"]
    frame.write_parquet(folder / "actions.parquet")
    with pytest.raises(StorageError, match="does not have the columns asset, ex"):
        made["AAPL"]
