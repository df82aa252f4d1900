"""What may be given to `ingest` in the place of a frame: the name of a source, or the path of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import ParameterError, StorageError
from workbench.market.catalog import Catalog

CSV = "Date;Open;High;Low;Close;Volume\n02.01.2024;1,5;1,6;1,4;1,5;100\n03.01.2024;1,5;1,6;1,4;1,5;100\n"
PRICES = ("open", "high", "low", "close")
ROWS = pl.DataFrame({"date": ["2024-01-02", "2024-01-03"], **dict.fromkeys(PRICES, 1.5), "volume": 100.0})


def csv(folder: Path) -> Path:
    path = folder / "abc.csv"
    path.write_text(CSV)
    return path


def parquet(folder: Path) -> Path:
    ROWS.write_parquet(folder / "abc.parquet")
    return folder / "abc.parquet"


def mostly_parquet(folder: Path) -> Path:
    for name in ("abc.parquet", "abd.pq"):
        ROWS.write_parquet(folder / name)
    for name in ("README.txt", "LICENSE", "checksums"):
        (folder / name).write_text("what this is")
    return folder


def csvs(folder: Path) -> Path:
    for name in ("abc", "abd"):
        (folder / f"{name}.csv").write_text(CSV)
    return folder


# Each row: what lies there, what is given and with which options, the assets held then.
GIVEN: dict[str, tuple[Callable[[Path], Any], Callable[[Any], tuple[Any, Any, dict[str, Any]]], list[str]]] = {
    "csv by name": (csv, lambda p: ("csv", None, {"path": p}), ["abc"]),
    "csv by name, as text": (csv, lambda p: ("csv", None, {"path": str(p)}), ["abc"]),
    "csv by name, its asset named": (csv, lambda p: ("csv", "ABC", {"path": p}), ["ABC"]),
    "csv by path": (csv, lambda p: (p, None, {}), ["abc"]),
    "csv by path, its asset named": (csv, lambda p: (p, "ABC", {}), ["ABC"]),
    "parquet by name": (parquet, lambda p: ("parquet", "ABC", {"path": p}), ["ABC"]),
    "parquet by path": (parquet, lambda p: (p, None, {}), ["abc"]),
    "a folder of csv": (csvs, lambda p: (p, None, {}), ["abc", "abd"]),
    "one of a folder": (csvs, lambda p: (p, "abd", {}), ["abd"]),
    "a folder of parquet": (mostly_parquet, lambda p: (p, None, {}), ["abc", "abd"]),
}


@pytest.mark.parametrize(("make", "given", "held"), GIVEN.values(), ids=GIVEN)
def test_given(
    catalog: Catalog,
    tmp_path: Path,
    make: Callable[[Path], Any],
    given: Callable[[Any], tuple[Any, Any, dict[str, Any]]],
    held: list[str],
) -> None:
    (tmp_path / "files").mkdir()
    what, assets, options = given(make(tmp_path / "files"))
    report = catalog.ingest(what, assets, **options)
    assert catalog.list() == held
    assert (report.rows, report.new) == (2 * len(held), 2 * len(held))
    assert catalog[held[0]].frame.select(PRICES).row(0) == ((1.5, 1.6, 1.4, 1.5) if make in (csv, csvs) else (1.5,) * 4)


def test_options_go_where_they_belong(catalog: Catalog, tmp_path: Path) -> None:
    """The layout is the source's; calendar, currency and digits are those of the bars."""
    path = csv(tmp_path)
    about = {"calendar": "XNYS", "currency": "EUR", "price_digits": 4, "delimiter": ";", "decimal": ","}
    catalog.ingest("csv", "ABC", path=path, **about)
    found = catalog.assets.find("ABC")
    assert (found.calendar, found.currency, found.price_digits) == ("XNYS", "EUR", 4)
    (ingest,) = catalog.ingests().rows(named=True)
    assert ingest["source"] == "csv"


WRONG: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "an unknown source": ("cvs", {}, ParameterError, "there is no source 'cvs'; did you mean 'csv'"),
    "an option of a source misspelt": (
        "csv", {"path": "x.csv", "delimeter": ";"}, ParameterError, "no option 'delimeter'; did you mean delimiter=?"
    ),
    "an option of bars misspelt": (
        "csv", {"path": "x.csv", "calender": "XNYS"}, ParameterError, "no option 'calender'; did you mean calendar=?"
    ),
    "no path": ("csv", {}, ParameterError, "needs path="),
    "a file that is not there": (Path("nothing.csv"), {}, StorageError, "nothing.csv is not a file"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "options", "error", "message"), WRONG.values(), ids=WRONG)
def test_wrong(catalog: Catalog, given: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as refused:
        catalog.ingest(given, **options)
    assert message in str(refused.value)
    assert not catalog.folder.exists()


def test_a_path_as_text_is_told_apart(catalog: Catalog, tmp_path: Path) -> None:
    path = str(csv(tmp_path))
    with pytest.raises(ParameterError, match="is a path; write Path"):
        catalog.ingest(path)


def test_an_empty_folder(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ParameterError, match="holds no CSV or Parquet files"):
        catalog.ingest(tmp_path / "nothing")
