"""Checks of the prices and volumes of one asset: relations, outliers, stale bars, jumps like those of a split.

The one idea: one cheap comparison says whether there is anything to tell; only then it is looked at closely.

Outliers go by the modified z-score, (return - median) / (1.4826 x MAD) of log returns (Iglewicz and Hoaglin, "How to
detect and handle outliers", 1993), over the whole asset, of which at most 16,384 returns at even distances are taken.
Returns into a new session of an exchange are measured among themselves, as nights are longer than minutes. The default
limit of ten deviations is that of rule T4 in Barndorff-Nielsen, Hansen, Lunde and Shephard, "Realized kernels in
practice", 2009. Where more than half of the returns are equal, 1.2533 x the mean absolute deviation takes the place of
1.4826 x MAD.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from workbench.market.quality.series import Findings, Series, Values, Whole

if TYPE_CHECKING:
    from workbench.market.quality.rules import Limits

__all__ = [
    "Changes",
    "Jump",
    "bad_prices",
    "check_outliers",
    "check_stale",
    "check_volume",
    "edge",
    "jumps_like_splits",
    "usual",
]

SAMPLE: Final = 16_384  # returns that the usual size is taken from
RETURNS_LEAST: Final = 20  # fewer returns have no usual size
AROUND: Final = 5  # bars on each side whose level shows that a jump lasts
LEVEL_TOLERANCE: Final = 0.25
RATIOS: Final = (
    (5, 4), (4, 3), (3, 2), (5, 3), (2, 1), (5, 2), (3, 1), (7, 2), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1), (9, 1),
    (10, 1), (12, 1), (15, 1), (20, 1), (25, 1), (30, 1), (40, 1), (50, 1), (100, 1), (1000, 1),
)  # fmt: skip
Changes = list[tuple[int, float]]  # (ex-date in days, new units for an old one); 1 for actions that change no units


class Jump(NamedTuple):
    """A row that opens at `ratio` of the close before, and the split that it looks like: `new` units for `old` ones."""

    row: int
    ratio: float
    new: int
    old: int


def bad_prices(s: Series, found: Findings) -> Whole | None:
    """Rows whose prices cannot be used further, None where there are none; relations that are wrong are told."""
    with np.errstate(invalid="ignore"):
        good = (s.low > 0) & (s.low <= s.open) & (s.low <= s.close)
        good &= (s.open <= s.high) & (s.close <= s.high) & (s.high < np.inf)
    if good.all():
        return None
    rows = np.flatnonzero(~good)
    quotes = np.stack([s.open[rows], s.high[rows], s.low[rows], s.close[rows]])
    usable = np.isfinite(quotes) & (quotes > 0)
    lost = ~usable.all(axis=0)
    first = np.argmin(usable[:, lost], axis=0)
    names = ("open", "high", "low", "close")
    values = quotes[:, lost][first, np.arange(lost.sum())]
    found.add("missing", s.places[rows[lost]], values, lambda i: f"a positive {names[first[i]]}")
    _tell_relations(s, rows[~lost], found)
    bad = np.zeros(len(good), dtype=np.bool_)
    bad[rows[lost]] = True
    return bad


def _tell_relations(s: Series, rows: Whole, found: Findings) -> None:
    """The price that lies furthest outside low to high, or the high where it is below the low."""
    high, low = s.high[rows], s.low[rows]
    outside = np.stack([np.maximum(low - p, p - high) for p in (s.open[rows], s.close[rows])])
    worst = np.where(high < low, 2, outside.argmax(axis=0))
    values = np.choose(worst, [s.open[rows], s.close[rows], high])
    names = ("open", "close", "high")

    def expected(i: int) -> str:
        if worst[i] == 2:
            return f"high of at least the low, {low[i]:.15g}"
        return f"{names[worst[i]]} from low {low[i]:.15g} to high {high[i]:.15g}"

    found.add("ohlc", s.places[rows], values, expected)


def check_volume(s: Series, found: Findings) -> None:
    """Volumes that cannot be, and bars without trades where the asset has a volume at all."""
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero((s.volume < 0) | (s.volume == np.inf))
        found.add("volume", s.places[wrong], s.volume[wrong], "a volume from 0 on")
        zero = np.flatnonzero(s.volume == 0)
        if len(zero) and (s.volume > 0).any():
            found.add("zero_volume", s.places[zero], 0.0, "a volume above 0")


def usual(returns: Values) -> tuple[float, float]:
    """Median of returns and their robust standard deviation; 0 where all are equal or too few.

    Example:
        >>> usual(np.array([-1.0, 0.0, 1.0] * 10))
        (0.0, 1.4826)
    """
    if len(returns) < RETURNS_LEAST:
        return 0.0, 0.0
    median = float(np.median(returns))
    apart = np.abs(returns - median)
    deviation = 1.4826 * float(np.median(apart))
    return median, deviation if deviation > 0 else 1.2533 * float(apart.mean())


def check_outliers(s: Series, nights: Whole | None, changes: Changes, limits: Limits, found: Findings) -> None:
    """Returns, highs and lows beyond the limit; `nights` marks the returns into a new session of an exchange.

    A split is no return, be it on record or a jump that was told as one.
    """
    acted = _tell_adjusted(s, _places(s, changes), found)
    if _quiet(s, limits.outlier_return):
        return
    returns = np.diff(np.log(s.close))
    jumps = _tell_jumps(s, acted, limits, found)
    returns[jumps - 1] = 0.0
    for at, ratio in acted:
        returns[at - 1] += math.log(ratio)
    inside = np.zeros(len(returns), dtype=np.bool_) if nights is None else nights
    step = -(-len(returns) // SAMPLE)
    width = usual(returns[::step][~inside[::step]])
    far = _far(returns, *width, limits)
    _tell_returns(s, returns, far[~inside[far]], width, limits, found)
    if nights is not None:
        into = np.flatnonzero(nights)
        width_nights = usual(returns[into])
        far = into[_far(returns[into], *width_nights, limits)]
        _tell_returns(s, returns, far, width_nights, limits, found)
    if width[1]:
        _tell_wicks(s, width[1], limits, found)


def _far(returns: Values, median: float, deviation: float, limits: Limits) -> Whole:
    """Which returns lie beyond the limit."""
    if deviation == 0:
        return np.zeros(0, dtype=np.int64)
    reach, least = limits.outlier_z * deviation, limits.outlier_return
    far = np.flatnonzero((returns > max(median + reach, least)) | (returns < min(median - reach, -least)))
    return far.astype(np.int64)


def _tell_returns(
    s: Series, returns: Values, far: Whole, width: tuple[float, float], limits: Limits, found: Findings
) -> None:
    median, deviation = width
    if len(far):
        text = f"a return within {limits.outlier_z:g} deviations of {deviation:.3g}"
        found.add("outlier", s.places[far + 1], (returns[far] - median) / deviation, text)


def _quiet(s: Series, least: float) -> bool:
    """Whether no bar and no return is as large as the least that is told, so that nothing need be measured."""
    if (s.high > s.low * math.exp(least)).any():
        return False
    ratios = s.close[1:] / s.close[:-1]
    return bool(ratios.max() <= math.exp(least) and ratios.min() >= math.exp(-least))


def _tell_wicks(s: Series, deviation: float, limits: Limits, found: Findings) -> None:
    """A high or low far from both open and close, which a wrong print leaves in an otherwise good bar."""
    reach = max(limits.outlier_z * deviation, limits.outlier_return)
    wide = np.flatnonzero(s.high > s.low * math.exp(reach))
    high, low = s.high[wide], s.low[wide]
    top, bottom = np.maximum(s.open[wide], s.close[wide]), np.minimum(s.open[wide], s.close[wide])
    for name, beyond in (("high", np.log(high / top)), ("low", np.log(low / bottom))):
        far = np.abs(beyond) > reach
        text = f"a {name} within {limits.outlier_z:g} deviations of {deviation:.3g} of open and close"
        found.add("outlier", s.places[wide[far]], beyond[far] / deviation, text)


def check_stale(s: Series, least: int, found: Findings) -> None:
    """Runs of at least `least` bars with the same open, high, low and close."""
    same = s.close[1:] == s.close[:-1]
    if not _runs(same, least - 1):
        return
    for prices in (s.open, s.high, s.low):
        same &= prices[1:] == prices[:-1]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    starts, lengths = edges[::2], edges[1::2] - edges[::2] + 1
    long = lengths >= least
    rows = s.places[starts[long] + lengths[long] - 1] - s.places[starts[long]] + 1
    found.add("stale", s.places[starts[long]], lengths[long], f"fewer than {least} identical bars in a row", rows)


def _runs(same: Whole, length: int) -> bool:
    """Whether `length` neighbours are true: windows are doubled, and given up as soon as none is left."""
    width = 1
    while width < length and len(same):
        step = min(width, length - width)
        same = same[:-step] & same[step:]
        width += step
        if not same.any():
            return False
    return bool(len(same) and same.any())


def _places(s: Series, changes: Changes) -> list[tuple[int, float]]:
    """Rows at which changes of units act: the first from the ex-date on, which has a row before it."""
    rows = [(int(np.searchsorted(s.session, ex)), ratio) for ex, ratio in changes]
    return [(row, ratio) for row, ratio in rows if 0 < row < len(s.session)]


def edge(limits: Limits) -> float:
    """The ratio that an opening must exceed, up or down, to be looked at as a split.

    Example:
        >>> from workbench.market.quality.rules import Limits
        >>> edge(Limits(split_ratio=1.5))
        1.25
    """
    return 1 + (limits.split_ratio - 1) / 2


def jumps_like_splits(s: Series, changes: Changes, limits: Limits) -> list[Jump]:
    """Jumps of good bars like those of splits, without an action among `changes`."""
    return _jumps(s, _tell_adjusted(s, _places(s, changes), Findings()), limits)


def _jumps(s: Series, acted: Changes, limits: Limits) -> list[Jump]:
    ratios = s.open[1:] / s.close[:-1]
    rows = np.flatnonzero((ratios > edge(limits)) | (ratios < 1 / edge(limits))) + 1
    known = {row for row, _ in acted}
    around = [(row, float(ratios[row - 1])) for row in rows.tolist() if row not in known]
    return [Jump(row, ratio, *near) for row, ratio in around if (near := _near(s, row, ratio, limits))]


def _tell_jumps(s: Series, acted: Changes, limits: Limits, found: Findings) -> Whole:
    """Jumps like splits without an action.

    Returns:
        Rows of the jumps.
    """
    jumps = _jumps(s, acted, limits)
    at = np.array([jump.row for jump in jumps], dtype=np.int64)
    texts = [f"a split {jump.new}:{jump.old} among the actions" for jump in jumps]
    found.add("split", s.places[at], np.array([jump.ratio for jump in jumps]), lambda i: texts[i])
    return at


def _near(s: Series, row: int, ratio: float, limits: Limits) -> tuple[int, int] | None:
    """The split that a jump looks like, if the level of prices stays where it jumped to."""
    before, after = s.close[max(0, row - AROUND) : row], s.close[row : row + AROUND]
    level = float(np.median(after) / np.median(before))
    for more, less in RATIOS:
        for new, old in ((more, less), (less, more)):
            if more / less < limits.split_ratio or abs(ratio * new / old - 1) > limits.split_tolerance:
                continue
            if abs(level * new / old - 1) <= LEVEL_TOLERANCE:
                return new, old
    return None


def _tell_adjusted(s: Series, acted: Changes, found: Findings) -> Changes:
    """Tell of splits on record whose prices are nearer to their neighbours without it, and give back the others."""
    seen = []
    for row, ratio in acted:
        jump = float(s.open[row] / s.close[row - 1])
        if ratio != 1 and abs(math.log(jump)) < abs(math.log(jump * ratio)):
            text = f"about {1 / ratio:.6g} of the close before, for the split on record"
            found.add("adjusted", s.places[row : row + 1], jump, text)
        else:
            seen.append((row, ratio))
    return seen
