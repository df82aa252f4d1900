"""Finding sources by name, and what a source gets for free."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ParameterError
from workbench.market.adapters import Source, source, sources
from workbench.market.adapters.csv import Csv

PLAIN_SOURCE = """
from workbench.market.adapters import Source

class Plain(Source):
    def __init__(self, path, *, depth=1):
        pass

    def fetch(self, asset, start=None, end=None, every=None):
        raise NotImplementedError

def anything(**options):
    return options
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "plain_source.py").write_text(PLAIN_SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(site: Path, package: str, line: str) -> None:
    folder = site / f"{package}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[workbench.sources]\n{line}\n")


def test_the_sources_of_this_package() -> None:
    assert list(sources()) == ["bcolz", "csv", "csvdir", "parquet", "sql"]
    assert isinstance(source("csv", path="prices.csv"), Csv)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cvs", {"path": "x"}, "there is no source 'cvs'; did you mean 'csv'"),
        ("yahoo", {}, "there is no source 'yahoo'; there are bcolz, csv"),
        ("csv", {}, r"the source 'csv' needs path=; write source\('csv', path=...\)"),
        ("csv", {"path": "x", "delimeter": ";"}, "has no option 'delimeter'; did you mean 'delimiter'"),
        ("sql", {"url": "sqlite://"}, "needs query="),
    ],
)
def test_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        source(name, **options)


def test_a_source_of_another_package(site: Path) -> None:
    install(site, "plain", "plain = plain_source:Plain")
    it = source("plain", path="x")
    assert isinstance(it, Source)
    assert it.actions("A").is_empty()
    assert (it.assets(), it.describe(), it.notices("A")) == ([], {}, ())
    with pytest.raises(ParameterError, match="has no option 'dept'; did you mean 'depth'"):
        source("plain", path="x", dept=2)


def test_a_source_that_takes_anything(site: Path) -> None:
    install(site, "open", "anything = plain_source:anything")
    assert source("anything", a=1) == {"a": 1}


def test_a_source_that_cannot_be_loaded(site: Path) -> None:
    install(site, "broken", "broken = plain_source:Nothing")
    with pytest.raises(ParameterError, match=r"'broken' \(plain_source:Nothing\) cannot be loaded"):
        source("broken")


def test_one_name_of_two_packages(site: Path) -> None:
    install(site, "first", "twice = plain_source:Plain")
    install(site, "second", "twice = plain_source:anything")
    with pytest.raises(ParameterError, match=r"'twice' is registered as .* and as .*uninstall one"):
        sources()
