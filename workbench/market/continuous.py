"""One long series of a future made of its contracts, with the rolls between them.

The one idea: `rolls` decides session by session, from what was known before, when a contract is exchanged for a later
one at the close. Series and adjustment follow from that table alone, so that nothing from the future leaks into either.

With the closes p of the contract left and q of the one entered at the rolls k = 1, 2, ..., n, a price x between rolls
j - 1 and j becomes, by adjustment and direction,

- additive, which keeps differences between prices and may go below 0:
  forward x - sum of (q - p) over the rolls k < j, backward x + sum of (q - p) over the rolls k >= j;
- ratio, which keeps returns: forward x / product of (q / p) over k < j, backward x * product of (q / p) over k >= j;
- None: x.

Forward, prices before the first roll are those of its contract, and each price follows from rolls that lie before it:
it is what could have been known then, and never changes as time goes on. Backward, prices after the last roll are those
of its contract, and each price before a roll holds gaps that came later: its level looks ahead. Differences of additive
prices and returns of ratio prices are the same in both directions. Volumes are never changed.

Source: Ma, Mercer and Walker, "Rolling over futures contracts: a note", Journal of Futures Markets 12 (1992) 203-217.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import fsum, prod
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError
from workbench.market.adjustments import no_actions
from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar
from workbench.market.moments import moment
from workbench.market.periods import LONG

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ROLLS", "Adjustment", "Before", "Direction", "Roll", "chain", "continuous", "rolls"]

Adjustment = Literal["additive", "ratio"]
Before = Literal["expiry", "first_notice"] | int
Direction = Literal["backward", "forward"]
Roll = Literal["calendar", "volume"]
ROLLS: Final = pl.Schema(
    {
        "date": pl.Date(),  # the session at whose close the contracts are exchanged
        "from": pl.String(),
        "to": pl.String(),
        "from_close": pl.Float64(),
        "to_close": pl.Float64(),
        "gap": pl.Float64(),  # to_close - from_close
        "ratio": pl.Float64(),  # to_close / from_close; null unless both are above 0
        "due": pl.Date(),  # when it was to be; `date` is later if one of the two had no bar
    }
)
PRICES: Final = ("open", "high", "low", "close")
DAYS: Final = {"calendar": 5, "volume": 0}
DAYS_MAX: Final = 366


class Rule(NamedTuple):
    """When a contract is left."""

    roll: Roll
    days: int
    before: Before


class Tape(NamedTuple):
    """What was traded when: contracts by their place in order of expiry."""

    assets: tuple[Asset, ...]
    latest: list[date]  # the session by which each is left
    sessions: list[date]
    volumes: dict[date, dict[int, float | None]]  # of the contracts that have bars in a session
    spans: dict[int, tuple[date, date]]  # first and last session of each contract


class Turn(NamedTuple):
    """At the close of `session`, the contract `old` is exchanged for `new`, which was to be on `due`."""

    session: date
    old: int
    new: int
    due: date


def continuous(
    contracts: Bars,
    *,
    roll: Roll = "calendar",
    days: int | None = None,
    before: Before = "expiry",
    adjustment: Adjustment | None = "ratio",
    direction: Direction = "backward",
    as_of: str | date | datetime | None = None,
    name: str | None = None,
) -> Bars:
    """The contracts of a future as one series; each is held up to the close of its roll, the next one from there on.

    What `Bars.continuous` does. Backward, as charts show it, a price of the past holds the gaps of rolls still to come:
    a rule about its level looks ahead, which a notice tells. Forward it holds those before it alone, as a run needs it.

    Args:
        contracts: Bars of the contracts, each an Asset of kind "future" with its expiry.
        roll: "calendar" or "volume": when a contract is left, as in `rolls`.
        days: sessions before the anchor, as in `rolls`.
        before: the anchor, as in `rolls`.
        adjustment: "additive" or "ratio" brings the contracts to one level; None leaves them.
        direction: "forward" brings prices after a roll to the level before it, "backward" those before it to the level
            after it.
        as_of: a session, or an aware time: only bars and rolls known then enter; None takes all.
        name: of the series; None takes the root.

    Returns:
        Bars of one asset of kind "continuous"; prices with an additive adjustment are on its digits.

    Raises:
        BarsError: contracts that do not meet in any session, or a ratio of prices that are not above 0.
        ParameterError: assets that are no futures of one root, or an argument that makes no sense.
        TimeError: an `as_of` that is naive or cannot be read.

    Example:
        >>> from datetime import date
        >>> about = {"kind": "future", "root": "ES", "multiplier": 50}
        >>> march = Asset("MAR", month="2024-03", expiry="2024-03-03", **about)
        >>> june = Asset("JUN", month="2024-06", expiry="2024-06-03", **about)
        >>> days, closes = [date(2024, 3, day) for day in (1, 2, 3, 2, 3, 4)], [100, 101, 102, 106, 107, 108]
        >>> frame = pl.DataFrame({"date": days, "asset": ["MAR"] * 3 + ["JUN"] * 3})
        >>> frame = frame.with_columns(pl.Series(closes).alias(name) for name in ("open", "high", "low", "close"))
        >>> contracts = Bars.from_frame(frame, assets=[march, june])
        >>> continuous(contracts, days=1, adjustment="additive").frame["close"].to_list()
        [105.0, 106.0, 107.0, 108.0]
        >>> continuous(contracts, days=1, adjustment="additive", direction="forward").frame["close"].to_list()
        [100.0, 101.0, 102.0, 103.0]
        >>> continuous(contracts, days=1, adjustment=None).frame["close"].to_list()
        [100.0, 101.0, 107.0, 108.0]
    """
    if adjustment not in (None, "additive", "ratio"):
        raise ParameterError(f"adjustment={adjustment!r}: give 'additive', 'ratio' or None")
    if direction not in get_args(Direction):
        raise ParameterError(f"direction={direction!r}: give 'forward', which a run may use, or 'backward'")
    rule = _rule(roll, days, before)
    known, tape, table = _planned(contracts, rule, as_of)
    pieces = _pieces(known.frame, tape, table)
    asset = _asset(tape.assets, rule, adjustment, name)
    frame = pl.concat(_levelled(pieces, table, adjustment, direction)).with_columns(pl.lit(str(asset)).alias("asset"))
    if adjustment == "additive":
        frame = frame.with_columns(pl.col(*PRICES).round(asset.price_digits))
    source = f"{len(pieces)} contracts of {asset.root} from {contracts.source}"
    ahead = _ahead(table) if adjustment is not None and direction == "backward" else ()
    notices = (*contracts.notices, *ahead, *_late(table), *_sunk(frame))
    return Bars(frame, no_actions(), (asset,), contracts.every, source, contracts.synthetic, notices)


def rolls(
    contracts: Bars,
    *,
    roll: Roll = "calendar",
    days: int | None = None,
    before: Before = "expiry",
    as_of: str | date | datetime | None = None,
) -> pl.DataFrame:
    """When one contract is exchanged for which other, at what closes: the columns of `ROLLS`.

    A calendar roll goes to the next contract by expiry; it takes place on the session that lies `days` sessions of the
    calendar before its anchor. A volume roll takes place on the session after the first one in which a later contract
    had more volume than the one held, and goes to the one that had most; at the latest it takes place as by calendar.
    When one of the two has no bar in that session, the first later one in which both have decides. Closes are those of
    the last bar that both have in the session, else of each one's last.

    Args:
        contracts: Bars of the contracts, each an Asset of kind "future" with its expiry.
        roll: "calendar" or "volume".
        days: sessions before the anchor; None is 5, and 0 as the latest of a volume roll.
        before: the anchor: "expiry", "first_notice", or a day of the contract month, 1 to 28.
        as_of: a session, or an aware time: only what was known then; a session counts once it has closed.

    Raises:
        BarsError, ParameterError, TimeError: as `continuous`.

    Example:
        >>> from datetime import date
        >>> about = {"kind": "future", "root": "ES", "multiplier": 50}
        >>> march = Asset("MAR", month="2024-03", expiry="2024-03-03", **about)
        >>> june = Asset("JUN", month="2024-06", expiry="2024-06-03", **about)
        >>> days, closes = [date(2024, 3, day) for day in (1, 2, 3, 2, 3, 4)], [100, 101, 102, 106, 107, 108]
        >>> frame = pl.DataFrame({"date": days, "asset": ["MAR"] * 3 + ["JUN"] * 3})
        >>> frame = frame.with_columns(pl.Series(closes).alias(name) for name in ("open", "high", "low", "close"))
        >>> contracts = Bars.from_frame(frame, assets=[march, june])
        >>> rolls(contracts, days=1).select("date", "from", "to", "gap").row(0)
        (datetime.date(2024, 3, 2), 'MAR', 'JUN', 5.0)
    """
    return _planned(contracts, _rule(roll, days, before), as_of)[2]


def chain(
    contracts: Bars, *, roll: Roll = "calendar", days: int | None = None, before: Before = "expiry"
) -> tuple[str, pl.DataFrame]:
    """The contract that is held first, and the rolls from it on, as in `rolls`.

    Raises:
        BarsError, ParameterError: as `rolls`.

    Example:
        >>> from workbench.market.assets import Asset
        >>> march = Asset("MAR", kind="future", root="ES", multiplier=50, month="2024-03", expiry="2024-03-03")
        >>> frame = pl.DataFrame({"date": ["2024-03-01"], "asset": ["MAR"], "close": [100.0]})
        >>> frame = frame.with_columns(pl.col("close").alias(name) for name in ("open", "high", "low"))
        >>> chain(Bars.from_frame(frame, assets=[march]))[0]
        'MAR'
    """
    _, tape, table = _planned(contracts, _rule(roll, days, before), None)
    return str(tape.assets[_first(tape)]), table


def _rule(roll: Roll, days: int | None, before: Before) -> Rule:
    if roll not in DAYS:
        raise ParameterError(f"roll={roll!r}: give 'calendar' or 'volume'")
    count = DAYS[roll] if days is None else days
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= DAYS_MAX:
        raise ParameterError(f"days={days!r}: give a whole number of sessions from 0 to {DAYS_MAX}")
    if before not in ("expiry", "first_notice") and not (type(before) is int and 1 <= before <= 28):
        raise ParameterError(f"before={before!r}: give 'expiry', 'first_notice' or a day of the month from 1 to 28")
    return Rule(roll, count, before)


def _planned(contracts: Bars, rule: Rule, as_of: object) -> tuple[Bars, Tape, pl.DataFrame]:
    """What was known then: bars, tape and the rolls whose session had closed."""
    limit = None if as_of is None else moment("as_of", as_of)
    known = contracts if limit is None else contracts.until(limit)
    tape = _tape(known, rule)
    table = _priced(known.frame, tape, [*_turns(tape, WANTED[rule.roll])])
    if isinstance(limit, datetime):
        table = table.filter(Calendar(tape.assets[0].calendar).bounds(table["date"])["time"] <= limit)
    return known, tape, table


def _tape(bars: Bars, rule: Rule) -> Tape:
    """The contracts in order of expiry with what was traded of each, if anything was."""
    if bars.every in LONG:
        raise ParameterError(f"bars of {bars.every} span sessions; make the series of shorter ones, then resample it")
    chain = sorted(bars.assets, key=lambda asset: asset.expiry or date.max)
    _check(chain)
    by = {str(asset): place for place, asset in enumerate(chain)}
    volume = pl.when(pl.col("volume").is_null().any()).then(None).otherwise(pl.col("volume").sum())
    traded = bars.frame.group_by("session", "asset").agg(volume.alias("volume")).sort("session")
    volumes: dict[date, dict[int, float | None]] = {}
    spans: dict[int, tuple[date, date]] = {}
    for session, name, amount in traded.select("session", "asset", "volume").iter_rows():
        place = by[name]
        volumes.setdefault(session, {})[place] = amount
        spans[place] = (spans.get(place, (session,))[0], session)
    if not spans:
        raise BarsError("there are no bars of these contracts by then; give a later as_of")
    return Tape(tuple(chain), [_latest(asset, rule) for asset in chain], list(volumes), volumes, spans)


def _check(chain: Sequence[Asset]) -> None:
    for asset in chain:
        if asset.kind != "future":
            raise ParameterError(f"{str(asset)!r} has kind={asset.kind!r}; give contracts: Assets with kind='future'")
    for what in ("root", "multiplier", "currency", "calendar"):
        if len(given := {str(getattr(asset, what)) for asset in chain}) > 1:
            raise ParameterError(f"contracts with {what} {', '.join(sorted(given))}; give those of one {what}")
    for one, other in pairwise(chain):
        if one.expiry == other.expiry:
            raise ParameterError(f"{str(one)!r} and {str(other)!r} both expire on {one.expiry}; leave one out")


def _latest(asset: Asset, rule: Rule) -> date:
    """The session that lies `days` sessions before the anchor of a contract, by its calendar."""
    anchor = _anchor(asset, rule.before)
    first, last = Calendar(asset.calendar).limits
    far = anchor - timedelta(days=2 * rule.days + 30)
    # Beyond what an exchange has announced, week days do: long before then the sessions will be known.
    calendar = Calendar(asset.calendar if first <= far and anchor <= last else "24/5")
    return calendar.sessions(far, anchor)[-1 - rule.days]


def _anchor(asset: Asset, before: Before) -> date:
    days = {"expiry": asset.expiry, "first_notice": asset.first_notice}
    day = date.fromisoformat(f"{asset.month}-{before:02}") if isinstance(before, int) else days[before]
    if day is None:
        raise ParameterError(f"{str(asset)!r} has no first_notice; give it to the Asset, or roll before='expiry'")
    if asset.expiry is not None and day > asset.expiry:
        raise ParameterError(f"before={before!r}: {day} lies after {str(asset)!r} expires, {asset.expiry}")
    return day


def _turns(tape: Tape, wanted: Callable[[Tape, int, int], int | None]) -> Iterator[Turn]:
    """Session by session: what is wanted from what was known before, and done once both contracts have bars."""
    front, aim, due = _first(tape), None, None
    for index, session in enumerate(tape.sessions):
        if (wish := wanted(tape, front, index)) is not None:
            aim, due = wish, due or session
        if aim is not None and session > (tape.assets[front].expiry or date.max):
            raise BarsError(_apart(tape, front, aim, due or session))
        if aim is not None and due is not None and {front, aim} <= tape.volumes[session].keys():
            yield Turn(session, front, aim, due)
            front, aim, due = aim, None, None


def _first(tape: Tape) -> int:
    """The first contract by expiry that was traded before it had to be left, else the last one traded."""
    for place in sorted(tape.spans):
        if tape.spans[place][0] <= tape.latest[place]:
            return place
    return max(tape.spans)


def _by_calendar(tape: Tape, front: int, index: int) -> int | None:
    """The next contract, from the day on which this one is to be left."""
    if tape.sessions[index] < tape.latest[front]:
        return None
    return min((place for place in tape.spans if place > front), default=None)


def _by_volume(tape: Tape, front: int, index: int) -> int | None:
    """The later contract that had most volume in the session before, if that was more than this one's."""
    before = tape.volumes[tape.sessions[index - 1]] if index else {}
    later = {place: amount for place, amount in before.items() if place > front and amount is not None}
    held = before.get(front)
    if later and held is not None and max(later.values()) > held:
        return max(later, key=lambda place: (later[place], -place))
    return _by_calendar(tape, front, index)


def _apart(tape: Tape, front: int, aim: int, due: date) -> str:
    old, new = str(tape.assets[front]), str(tape.assets[aim])
    return (
        f"{old!r} ends on {tape.spans[front][1]} and has no session with {new!r} from {due} on, when it is to be left; "
        f"roll earlier with days=, add bars, or leave one of them out with select"
    )


def _priced(frame: pl.DataFrame, tape: Tape, turns: Sequence[Turn]) -> pl.DataFrame:
    """The table of rolls with the closes at which the contracts are exchanged."""
    dates = frame.filter(pl.col("session").is_in([turn.session for turn in turns]))
    sessions = dates.partition_by("session", as_dict=True) if turns else {}
    rows = []
    for turn in turns:
        old, new = str(tape.assets[turn.old]), str(tape.assets[turn.new])
        left, entered = _closes(sessions[(turn.session,)], old, new)
        ratio = entered / left if left > 0 and entered > 0 else None
        rows.append((turn.session, old, new, left, entered, entered - left, ratio, turn.due))
    return pl.DataFrame(rows, ROLLS, orient="row")


def _closes(session: pl.DataFrame, old: str, new: str) -> tuple[float, float]:
    """Closes of the last bars of the same time, else of the last bar of each."""
    one, other = (session.filter(pl.col("asset") == name).select("time", "close") for name in (old, new))
    both = one.join(other, on="time", how="inner", maintain_order="left")
    if both.is_empty():
        return float(one["close"][-1]), float(other["close"][-1])
    return float(both["close"][-1]), float(both["close_right"][-1])


def _pieces(frame: pl.DataFrame, tape: Tape, table: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of each contract held, from after the roll into it up to the roll out of it."""
    names = [*table["from"], table["to"][-1]] if table.height else [str(tape.assets[_first(tape)])]
    dates = table["date"].to_list()
    bounds = zip([None, *dates], [*dates, None], strict=True)
    by_asset = frame.partition_by("asset", as_dict=True)
    return [_within(by_asset[(name,)], *bound) for name, bound in zip(names, bounds, strict=True)]


def _within(rows: pl.DataFrame, after: date | None, upto: date | None) -> pl.DataFrame:
    late = pl.lit(True) if after is None else pl.col("session") > after
    return rows.filter(late & (pl.lit(True) if upto is None else pl.col("session") <= upto))


def _levelled(
    pieces: list[pl.DataFrame], table: pl.DataFrame, adjustment: Adjustment | None, direction: Direction
) -> list[pl.DataFrame]:
    """Each piece at the level of the last one, or of the first."""
    if adjustment is None:
        return pieces
    if adjustment == "ratio" and table["ratio"].null_count():
        row = table.filter(pl.col("ratio").is_null()).row(0, named=True)
        raise BarsError(
            f"roll of {row['date']} from {row['from_close']} to {row['to_close']}: a ratio needs prices above 0; "
            "write adjustment='additive'"
        )
    steps = table["gap" if adjustment == "additive" else "ratio"].to_list()
    moves = [_move(steps[:number], steps[number:], adjustment, direction) for number in range(len(pieces))]
    by = operator.add if adjustment == "additive" else operator.mul
    return [piece.with_columns(by(pl.col(*PRICES), move)) for piece, move in zip(pieces, moves, strict=True)]


def _move(before: list[float], after: list[float], adjustment: Adjustment, direction: Direction) -> float:
    """What is added to the prices of a piece, or what they are multiplied by, from the rolls before and after it."""
    if adjustment == "additive":
        return fsum(after) if direction == "backward" else -fsum(before)
    # Multiplied also forward: Polars divides a single row in another way than many, with another last bit.
    return prod(after) if direction == "backward" else 1 / prod(before)


def _asset(chain: Sequence[Asset], rule: Rule, adjustment: Adjustment | None, name: str | None) -> Asset:
    """What the series is, on the finest digits of its contracts."""
    last = chain[-1]
    return Asset(
        str(last.root) if name is None else name,
        kind="continuous",
        root=last.root,
        roll=rule.roll,
        days=rule.days,
        adjustment=adjustment,
        exchange=last.exchange,
        multiplier=last.multiplier,
        currency=last.currency,
        calendar=last.calendar,
        price_digits=max(asset.price_digits for asset in chain),
        quantity_digits=max(asset.quantity_digits for asset in chain),
    )


def _ahead(table: pl.DataFrame) -> tuple[Notice, ...]:
    if table.is_empty():
        return ()
    told = "1 roll" if table.height == 1 else f"{table.height:,} rolls"
    text = f"prices before {told} hold gaps that came later, so their level looks ahead"
    return (Notice("lookahead", table.height, text, "write direction='forward' for a series that a run may use"),)


def _late(table: pl.DataFrame) -> tuple[Notice, ...]:
    late = table.filter(pl.col("date") > pl.col("due"))
    if late.is_empty():
        return ()
    text = f"{late.height} of {table.height} rolls came later than due, as one of the contracts had no bars"
    return (Notice("rolls", late.height, text, "see date and due of the rolls"),)


def _sunk(frame: pl.DataFrame) -> tuple[Notice, ...]:
    sunk = frame.filter(pl.col("low") <= 0).height
    text = f"{sunk} of {frame.height} bars of the series reach 0 or below, so returns of them mean nothing"
    return (Notice("sunk", sunk, text, "write adjustment='ratio'"),) if sunk else ()


WANTED: Final[dict[str, Callable[[Tape, int, int], int | None]]] = {"calendar": _by_calendar, "volume": _by_volume}
