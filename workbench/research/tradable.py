"""What an account can hold: whether the assets of the bars and the account fit together.

The one idea: the ledger books a purchase as its kind asks for, at its whole price or not at all. What would be booked
otherwise than it settles is refused before the run, with what to do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from workbench.engine.books import Books
from workbench.engine.costs.fee import Fee
from workbench.engine.margin import Margin
from workbench.engine.simulation import Setup
from workbench.errors import ParameterError, UnsupportedError
from workbench.market.assets import MARGINS, Asset
from workbench.market.bars import Bars

__all__ = ["SIGNALS_ONLY", "check_tradable", "has_contracts", "with_books"]

QUANTITY_DIGITS: Final = 8
UNPAID: Final = ("future", "perpetual")
SIGNALS_ONLY: Final = ("continuous", "index")
SHARES: Final = ("equity", "etf")


def check_tradable(bars: Bars, account: Margin | None, fees: object = None, *, by_signals: bool = False) -> None:
    """Refuse assets that cannot be traded in this account, or by signals, which decide on every asset.

    Raises:
        UnsupportedError: a kind that the account cannot hold, nothing to trade, or actions on a contract.
        ParameterError: a contract without its margins.

    Example:
        >>> from workbench.market.catalog import sample
        >>> check_tradable(sample()["IBM"], None)
    """
    for asset in bars.assets:
        _check_digits(asset)
        if account is None:
            _check_cash(asset)
        else:
            _check_margin(asset)
        if asset.kind in UNPAID:
            _check_contract(asset, bars, fees)
    untraded = [str(asset) for asset in bars.assets if asset.kind in SIGNALS_ONLY]
    if untraded and by_signals:
        raise UnsupportedError(
            f"signals decide on every asset of the bars, and {untraded[0]} cannot be bought; leave it out, or write a "
            "wb.Strategy that orders what can be"
        )
    if len(untraded) == len(bars.assets):
        names = ", ".join(untraded[:3])
        raise UnsupportedError(
            f"nothing here can be bought: {names} only serves for signals; add the bars of contracts, or of a fund "
            "that follows it"
        )


def has_contracts(bars: Bars) -> bool:
    """Whether some of the assets are futures or perpetuals, which are held without being paid for.

    Example:
        >>> from workbench.market.catalog import sample
        >>> has_contracts(sample()["IBM"])
        False
    """
    return any(asset.kind in UNPAID for asset in bars.assets)


def _check_digits(asset: Asset) -> None:
    digits = -int(asset.multiplier.normalize().as_tuple().exponent)
    if max(digits, 0) + asset.quantity_digits > QUANTITY_DIGITS:
        raise UnsupportedError(
            f"{str(asset)!r} has multiplier={asset.multiplier} and quantity_digits={asset.quantity_digits}: together "
            f"they may have {QUANTITY_DIGITS} digits after the point, so that every amount stays exact; give fewer"
        )


def _check_cash(asset: Asset) -> None:
    if asset.kind in UNPAID:
        raise UnsupportedError(
            f"{str(asset)!r} has kind={asset.kind!r}, which is held on margin: write "
            "Backtest(..., account=wb.Margin()) and give the Asset its initial_margin and maintenance_margin"
        )


def _check_margin(asset: Asset) -> None:
    if asset.kind == "option":
        raise UnsupportedError(
            f"{str(asset)!r} is an option: margin for options is not available in this version, so that none is sold "
            "short, covered by shares or not; they are bought in a cash account, so leave account= out"
        )
    if asset.kind not in (*SHARES, *SIGNALS_ONLY) and asset.initial_margin is None:
        raise ParameterError(
            f"{str(asset)!r} has no {' and no '.join(MARGINS)}, the parts of its worth that must be one's own; give "
            f"them: wb.Asset({str(asset)!r}, ..., initial_margin=0.1, maintenance_margin=0.05)"
        )


def _check_contract(asset: Asset, bars: Bars, fees: object) -> None:
    if isinstance(fees, Fee) and any(part.currency == "base" for part in fees.parts):
        raise ParameterError(
            f"fees in the base currency are kept out of what is bought, and a {asset.kind} such as {str(asset)!r} "
            "brings nothing; leave currency='base' out"
        )
    if str(asset) in bars.actions["asset"]:
        raise UnsupportedError(
            f"{str(asset)!r} is a {asset.kind}, which has no corporate actions; take them out of the bars"
        )


def with_books(setup: Setup, books: Books | None) -> Setup:
    """A set-up with the books of several strategies, or of one without any.

    Raises:
        UnsupportedError: an account that books cannot share yet.

    Example:
        >>> from workbench.market.catalog import sample
        >>> from workbench.research.demo import run
        >>> with_books(run().parts().setup, None).books is None
        True
    """
    if books is None:
        return setup if setup.books is None else replace(setup, books=None)
    if setup.money is not None:
        raise UnsupportedError(
            "a Portfolio has an account in one currency in this version; give it bars and cash in one, or run its "
            "strategies one by one"
        )
    inverse = [str(asset) for asset in setup.assets if asset.kind == "perpetual" and asset.settlement is not None]
    if inverse:
        raise UnsupportedError(
            f"{inverse[0]!r} is an inverse perpetual, which a Portfolio cannot hold in this version; leave it out, or "
            "run its strategies one by one"
        )
    return replace(setup, books=books)
