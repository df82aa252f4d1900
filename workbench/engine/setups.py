"""A set-up as plain values, and back: what a saved run and a journal keep of the rules they ran under.

The one idea: numbers are their exact text, and code is not kept: of a cost function of the user only its name is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Never

from workbench.engine.books import Books
from workbench.engine.costs.fee import BOUNDS, Fee, Tier, name_of
from workbench.engine.costs.slippage import Slippage
from workbench.engine.currencies import Currencies
from workbench.engine.limits import Limits
from workbench.engine.margin import Margin
from workbench.engine.simulation import Setup
from workbench.errors import StorageError
from workbench.market.bars import Bars
from workbench.market.datasets import Dataset

__all__ = ["from_document", "to_document"]


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _limits(limits: Limits | None) -> dict[str, object] | None:
    if limits is None:
        return None
    plain = {Decimal: str, tuple: list}
    return {name: plain.get(type(value), lambda same: same)(value) for name, value in limits.given().items()}


def to_document(setup: Setup) -> dict[str, object]:
    """Everything of a set-up but the bars."""
    slip = setup.slippage
    several = {} if setup.money is None else {"currencies": _currencies(setup.money)}
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
        "seed": str(setup.seed),
        **several,
        # A cash account says nothing, so that its journals stay what they were.
        **({} if setup.books is None else {"books": setup.books.given()}),
        **({} if setup.account is None else {"account": {n: str(v) for n, v in setup.account.given().items()}}),
    }


def _currencies(money: Currencies) -> dict[str, object]:
    """Names, deposits, and the bars that give rates by their fingerprint."""
    paid = [[name, str(amount)] for name, amount in money.deposits]
    fx = None if money.fx is None else money.fx.fingerprint
    return {"names": list(money.names), "deposits": paid, "fx": fx}


def _restored_currencies(given: Mapping[str, Any] | None, fx: Bars | None) -> Currencies | None:
    if given is None:
        return None
    paid = tuple((name, Decimal(amount)) for name, amount in given["deposits"])
    return Currencies(tuple(given["names"]), paid, fx)


def _restored_books(given: Mapping[str, Any] | None) -> Books | None:
    if given is None:
        return None
    return Books(**{**given, "names": tuple(given["names"]), "shares": tuple(given["shares"])})


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
        raise StorageError(f"the cost function {name} was not saved, only its name; run the Backtest again for it")

    lost.__qualname__ = name
    return lost


def _latency_us(given: int | list[int]) -> tuple[int, int]:
    """The least and the most, which are one number where it is fixed."""
    least, most = [given, given] if isinstance(given, int) else given
    return least, most


def from_document(
    given: Mapping[str, Any],
    bars: Bars,
    finer: Bars | None,
    fx: Bars | None = None,
    funding: Dataset | None = None,
    settlement: Dataset | None = None,
) -> Setup:
    """The set-up of these values on bars; `finer` tell the path and `fx` rates, where there were such."""
    slip = given["slippage"]
    return Setup(
        **Setup.market(bars, funding, settlement),  # type: ignore[arg-type]  # named parts of the set-up
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
        account=Margin(**given["account"]) if "account" in given else None,
        slippage=Slippage(slip["kind"], Decimal(slip["rate"]), _lost(slip["function"])),
        warmup=given["warmup"],
        seed=int(given["seed"]),
        money=_restored_currencies(given.get("currencies"), fx),
        books=_restored_books(given.get("books")),
    )
