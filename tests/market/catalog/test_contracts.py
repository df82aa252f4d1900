"""Continuous futures out of a catalog: the contracts that are held, in order of expiry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ParameterError, UnknownAssetError
from workbench.market import Asset, Catalog, simulate
from workbench.market.continuous import continuous, rolls

TERMS: dict[str, Any] = {"kind": "future", "root": "ES", "multiplier": 50, "price_digits": 2}
CONTRACTS = [
    Asset("ESM24", month="2024-06", expiry="2024-06-21", **TERMS),
    Asset("ESH24", month="2024-03", expiry="2024-03-15", **TERMS),
    Asset("ESU24", month="2024-09", expiry="2024-09-20", **TERMS),  # known, but without bars
]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    made = Catalog(tmp_path_factory.mktemp("catalog"))
    made.assets.add(*CONTRACTS, Asset("CLN24", month="2024-07", expiry="2024-06-20", **{**TERMS, "root": "CL"}))
    for seed, (name, start) in enumerate([("ESM24", "2024-02-01"), ("ESH24", "2024-01-15")]):
        made.ingest(simulate.bars(name, every="1d", n=60, seed=seed, start=start))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("rule", "on"),
    [
        pytest.param({}, date(2024, 3, 10), id="five days before the 15th"),
        pytest.param({"days": 20}, date(2024, 2, 24), id="twenty days before"),
        pytest.param({"days": 20, "as_of": "2024-02-23"}, None, id="not yet"),
    ],
)
def test_series_of_the_contracts_held(catalog: Catalog, rule: dict[str, Any], on: date | None) -> None:
    stored = catalog.bars(["ESH24", "ESM24"])
    assert catalog.continuous("ES", **rule).frame.equals(continuous(stored, **rule).frame)
    assert catalog.rolls("ES", **rule).equals(rolls(stored, **rule))
    assert catalog.rolls("ES", **rule)["date"].to_list() == ([] if on is None else [on])


def test_bars_of_several_sessions_are_made_of_the_series(catalog: Catalog) -> None:
    with pytest.raises(ParameterError, match="bars of 1w span sessions; make the series of shorter ones"):
        catalog.continuous("ES", every="1w")
    assert catalog.continuous("ES").resample("1w").every == "1w"


@pytest.mark.parametrize(
    ("root", "message"),
    [
        pytest.param("CL", "no bars of futures of 'CL'", id="known, without bars"),
        pytest.param("NQ", "no futures of 'NQ'; there are those of CL, ES", id="unknown"),
    ],
)
def test_refusals(catalog: Catalog, root: str, message: str) -> None:
    with pytest.raises(UnknownAssetError, match=message):
        catalog.continuous(root)


def test_bars_go_by_the_name_of_today_and_say_so(tmp_path: Path) -> None:
    with_past = Catalog(tmp_path)
    with_past.ingest(simulate.bars("FB", every="1d", n=5))
    with_past.assets.rename("FB", "META", on="2022-06-09")
    bars = with_past.bars("FB")
    assert (bars.assets, bars.frame["asset"].unique().to_list()) == (("META",), ["META"])
    assert [n.text for n in bars.notices if n.kind == "renamed"] == [
        "'FB' was borne until 2022-06-08 by what is 'META' today"
    ]
    assert not with_past.bars("META").notices
    with_past.close()
