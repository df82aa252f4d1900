"""Random cases in several currencies through the engine and its twin: every digit of every event agrees.

The one idea: a case of one currency becomes one of several by giving its assets currencies and kinds, its fees
currencies and the account rates; nothing else about it changes, so whatever it can do it does across currencies too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from face import Seen, assert_agree, backtest, comparable, named, result_of
from foreign import MARGINS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_cases import START, cases
from twin import Result, simulate

import workbench as wb
from workbench.errors import ParameterError
from workbench.journal import read

Json = dict[str, Any]
Pick = Callable[[Sequence[Any]], Any]
EXAMPLES = int(os.environ.get("WORKBENCH_EXAMPLES", "60"))
CODES = ("USD", "EUR", "JPY", "CHF")
# What one of each is worth in the first of them.
WORTH = {"USD": Decimal(1), "EUR": Decimal("1.1"), "JPY": Decimal("0.007"), "CHF": Decimal("1.3")}
KINDS = ("equity", "equity", "equity", "fx", "crypto", "crypto")


def with_currencies(case: Json, pick: Pick) -> Json:
    """The case with currencies of assets, deposits and fees, and rates between all of them."""
    home = pick(CODES[:3])
    # On margin no holdings are shared.
    kinds = KINDS if case["config"]["account"] == "cash" else ("equity", "fx")
    assets = [_asset(asset, pick, kinds) for asset in case["assets"]]
    if case["config"]["account"] != "cash":
        assets = [asset | MARGINS if "base" in asset else asset for asset in assets]
    plain = {asset["name"]: asset["currency"] for asset in assets if "base" not in asset}
    actions = [a for a in case["actions"] if a["asset"] in plain and _stays(a, plain)]
    config = {**case["config"], "currency": home, "fees": _fees(case["config"]["fees"], pick)}
    config["cash"] = _cash(Decimal(config["cash"]), pick, home)
    last = max(datetime.fromisoformat(bar["time"]) for bar in case["bars"])
    named = {home, *config["cash"], *_codes(config["fees"]), *(asset["currency"] for asset in assets)}
    bases = {asset["base"] for asset in assets if asset.get("kind") == "fx"}
    rates = _rates(pick, home, last) if len(named | bases) > 1 else []
    return {**case, "assets": assets, "actions": actions, "config": config, "fx": rates}


def _stays(action: Json, plain: dict[str, str]) -> bool:
    other = action.get("other")
    return other is None or plain.get(other) == plain[action["asset"]]


def _asset(asset: Json, pick: Pick, kinds: Sequence[str]) -> Json:
    kind = pick(kinds)
    currency = pick(CODES)
    if kind == "equity":
        return {**asset, "currency": currency}
    base = "BTC" if kind == "crypto" else pick([code for code in CODES if code != currency])
    return {**asset, "currency": currency, "kind": kind, "base": base, "multiplier": "1"}


def _fees(fees: Json, pick: Pick) -> Json:
    if fees["kind"] == "sum":
        return {**fees, "parts": [_fees(part, pick) for part in fees["parts"]]}
    if fees["kind"] == "none" or "currency" in fees or not pick((True, False)):
        return fees
    return {**fees, "currency": pick(CODES)}


def _codes(fees: Json) -> set[str]:
    """The currencies that fees name."""
    parts = fees.get("parts", [fees])
    return {
        code for part in parts for code in (_codes(part) if "parts" in part else {part.get("currency", "base")})
    } - {"base"}


def _cash(cash: Decimal, pick: Pick, home: str) -> Json:
    """At home and perhaps elsewhere, so that prices around 10 are neither free nor out of reach."""
    own = (cash / WORTH[home]).quantize(Decimal("0.01"))
    other = pick([code for code in CODES if code != home])
    more = {other: f"{(cash / WORTH[other] / 3).quantize(Decimal('0.01')):f}"} if pick((True, False)) else {}
    return {home: f"{own:f}", **more}


def _rates(pick: Pick, home: str, last: datetime) -> list[Json]:
    """A pair or its inverse for each currency, with USD or with the account's."""
    pairs = []
    for code in (code for code in CODES if code != home):
        other = "USD" if code != "USD" and home != "USD" and pick((True, False)) else home
        base, quote = (code, other) if pick((True, False)) else (other, code)
        if all({base, quote} != {pair["base"], pair["quote"]} for pair in pairs):
            pairs.append({"base": base, "quote": quote, "bars": list(_closes(pick, base, quote, last))})
    return pairs


def _closes(pick: Pick, base: str, quote: str, last: datetime) -> Any:
    time, rate = START, WORTH[base] / WORTH[quote]
    while time <= last:
        yield {"time": f"{time:%Y-%m-%dT%H:%M}", "c": f"{rate.quantize(Decimal('0.000001')):f}"}
        time += timedelta(days=1)
        rate *= Decimal(pick(("1", "1.02", "0.97", "1.1", "0.93")))


def begun(case: Json, seen: Seen) -> wb.Backtest | None:
    """The case as a Backtest; None where a traded pair tells its first rate only after the run has begun."""
    try:
        return backtest(case, seen)
    except ParameterError as error:
        if "cannot be converted when the run begins" in str(error):
            return None
        raise


def check(case: Json, folder: Any) -> None:
    """Engine and twin agree, and the journal gives the run again."""
    seen = Seen()
    test = begun(case, seen)
    if test is None:
        return
    run = test.run(journal=folder / "run.journal")
    twin: Result = comparable(named(simulate(case)), case)
    engine: Result = comparable(result_of(run, seen), case)
    assert_agree(engine, twin)
    setup = test.parts()[3]
    if "custom" not in repr(case["config"]):
        log, fx = read(folder / "run.journal"), setup.money and setup.money.fx
        again = log.rebuild(run.bars, finer=setup.finer, fx=fx)
        assert (again.journal_hash, again.state_hash) == (run.journal_hash, run.state_hash)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="WORKBENCH_EXAMPLES" not in os.environ,
    database=None,
    phases=[Phase.explicit, Phase.generate] if "WORKBENCH_EXAMPLES" in os.environ else list(Phase),
    suppress_health_check=list(HealthCheck),
)
@given(case=cases(), seed=st.integers(0, 2**32 - 1))
def test_engine_and_twin_agree_in_several_currencies(case, seed, tmp_path_factory):
    check(with_currencies(case, Random(seed).choice), tmp_path_factory.mktemp("run"))
