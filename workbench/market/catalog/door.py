"""What is given to `ingest` as Bars: read with the calendars and digits of the assets that the catalog knows.

The one idea: what the catalog knows of an asset holds, so a frame of a known name needs no options; options that say
otherwise are refused, since prices of two calendars or currencies would be mixed under one name.
"""

from __future__ import annotations

from dataclasses import fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from workbench.errors import BarsError, ParameterError
from workbench.market.assets import Asset, with_attributes
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar
from workbench.market.digits import DIGITS_FOUND_MAX, Draft
from workbench.market.intake import Request, from_frame
from workbench.market.quality import refuse_bad_rows, refuse_bad_times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.market.quality import QualityReport

    Assets = str | Sequence[str] | None

__all__ = ["agreed", "bars_of", "check_said", "present", "taken"]

DIGITS: Final = ("price_digits", "quantity_digits")
FIXED: Final = ("currency", "calendar")  # what an asset that has prices cannot change
NOT_OPTIONS: Final = {"asset", "assets", "every", "known", "inspected"}


def bars_of(
    frame: object,
    assets: Assets,
    every: str | None,
    options: Mapping[str, Any],
    known: Callable[[Sequence[str]], Mapping[str, Asset]],
    *,
    redigit: bool,
    inspected: Callable[[QualityReport], None] | None = None,
) -> Bars:
    """Bars of a frame, or the Bars given, cut to the assets wanted.

    Args:
        frame: Bars or what `Bars.from_frame` takes.
        assets: name or Asset of the one asset of a frame, or several; None takes those of the frame.
        every: length of a bar; None takes the usual distance.
        options: further ones of `Bars.from_frame`.
        known: gives those of some names that the catalog knows.
        redigit: whether digits may be found anew where those of a known asset do not hold the values.
        inspected: is told what was found where rows may be dropped or mended.

    Raises:
        ParameterError: an option that is unknown or says otherwise than the catalog.
        BarsError, TimeError: as `Bars.from_frame`.

    Example:
        >>> from workbench.market import simulate
        >>> bars_of(simulate.bars("X", n=3), None, "1m", {}, lambda names: {}, redigit=False).assets == ("X",)
        True
    """
    _check_options(options)
    if isinstance(frame, Bars):
        return _given(frame, assets, every, options, inspected)

    seen: dict[str, Asset] = {}

    def drafts(names: Sequence[str]) -> dict[str, Draft]:
        seen.update(known(names))
        for asset in seen.values():
            check_said(asset, options, redigit=redigit)
        return {name: _draft(asset, options, redigit=redigit) for name, asset in seen.items()}

    who: dict[str, Any] = {"asset" if isinstance(assets, str) else "assets": assets}
    request = Request(**who, every=every, known=drafts, inspected=inspected, **_asked(options))
    bars = from_frame(frame, request, actions=options.get("actions"), source=options.get("source"))
    if seen and not redigit and any(notice.kind == "digits" for notice in bars.notices):
        finer = {name: _draft(asset, options, redigit=True) for name, asset in seen.items()}
        _refuse_loss(seen, from_frame(frame, replace(request, known=lambda _: finer, inspected=None)), options)
    return bars


def _refuse_loss(known: Mapping[str, Asset], finer: Bars, options: Mapping[str, Any]) -> None:
    """Refuse values that a few more digits would hold exactly; noise far behind the point is moved, as it always is."""
    for asset in finer.assets:
        for name in DIGITS:
            have, need = (getattr(each, name) for each in (known.get(str(asset), asset), asset))
            if have < need < DIGITS_FOUND_MAX and options.get(name) is None:
                what = "prices" if name == "price_digits" else "volumes"
                raise BarsError(
                    f"{asset}: {what} have {need} digits, the catalog keeps {have}; let it have more with redigit=True,"
                    f" or put them on {have} with {name}={have}"
                )


def _check_options(options: Mapping[str, Any]) -> None:
    allowed = sorted(taken())
    if unknown := sorted(set(options) - set(allowed)):
        near = get_close_matches(unknown[0], allowed, n=1)
        hint = f"did you mean {near[0]}=? " if near else ""
        raise ParameterError(f"ingest has no option {unknown[0]!r}; {hint}there are {', '.join(allowed)}")


def taken() -> set[str]:
    """The options that the bars of a frame have, whatever source the frame is of."""
    return {field.name for field in fields(Request)} - NOT_OPTIONS | {"actions", "source"}


def _asked(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in ("actions", "source")}


def _draft(asset: Asset, options: Mapping[str, Any], *, redigit: bool) -> Draft:
    """A known asset with its digits, or, where they may grow, with those asked for or to be found."""
    have = {name: getattr(asset, name) for name in DIGITS}
    if redigit:
        have = {name: options.get(name, None if own <= DIGITS_FOUND_MAX else own) for name, own in have.items()}
    declared = {name: digits for name, digits in have.items() if digits is not None}
    return Draft(with_attributes(asset, **declared), **have)


def check_said(asset: Asset, options: Mapping[str, Any], *, redigit: bool) -> None:
    """Refuse options that say otherwise than what the catalog knows of an asset.

    Raises:
        ParameterError: another calendar or currency, or other digits.
    """
    said = dict(options)
    if "calendar" in said:
        said["calendar"] = Calendar(said["calendar"]).name
    for name in FIXED:
        if name in said and said[name] != getattr(asset, name):
            raise ParameterError(_otherwise(asset, name, said[name]))
    for name in DIGITS:
        if not redigit and said.get(name) is not None and said[name] != getattr(asset, name):
            raise ParameterError(
                f"{name}={said[name]!r}: the catalog keeps {asset} on {getattr(asset, name)}; leave {name}= out, or "
                "let it have more with redigit=True"
            )


def _otherwise(asset: Asset, name: str, given: object) -> str:
    have = getattr(asset, name)
    return (
        f"{asset}: the catalog knows it with {name}={have!r}, now it is {given!r}; "
        f"give {name}={have!r}, or the asset another name"
    )


def _given(
    bars: Bars,
    assets: Assets,
    every: str | None,
    options: Mapping[str, Any],
    inspected: Callable[[QualityReport], None] | None,
) -> Bars:
    if told := sorted(set(options) - {"source", "policy", "rules"}):
        raise ParameterError(f"{told[0]}= is for frames; Bars have it already, give it to Bars.from_frame")
    if every is not None and every != bars.every:
        raise ParameterError(
            f"every={every!r}: these Bars are {bars.every!r}; resample them first, or leave every= out"
        )
    bars = bars if assets is None else bars.select(assets)
    policy, rules = options.get("policy", "fail"), options.get("rules") or {}
    if policy != "fail" or rules:
        if inspected is not None:
            inspected(bars.validate())
        bars = bars.clean(policy, **rules)
    refuse_bad_rows(bars.frame)
    refuse_bad_times(bars.frame)
    return bars


def present(bars: Bars) -> Bars:
    """The Bars without the assets that have no rows.

    Raises:
        BarsError: no rows at all, or rows of an asset in several places.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", n=3)
        >>> present(bars) is bars
        True
    """
    held = bars.frame["asset"].rle().struct.field("value").to_list()
    if not held:
        raise BarsError("there are no bars in what was given, or none between start and end; nothing was taken in")
    if len(set(held)) < len(held):
        raise BarsError("the rows of these Bars are not asset after asset; sort the frame by asset and open_time")
    return bars if len(held) == len(bars.assets) else bars.select(held)


def agreed(given: Asset, known: Asset | None, *, redigit: bool) -> Asset:
    """An asset as the catalog keeps it: what is known holds, and digits grow where they may.

    Raises:
        ParameterError: it is known with another currency or calendar.

    Example:
        >>> agreed(Asset("X", price_digits=4), Asset("X", price_digits=2), redigit=True).price_digits
        4
    """
    if known is None:
        return given
    for name in FIXED:
        if getattr(given, name) != getattr(known, name):
            raise ParameterError(_otherwise(known, name, getattr(given, name)))
    if not redigit:
        return known
    return with_attributes(known, **{name: max(getattr(given, name), getattr(known, name)) for name in DIGITS})
