"""How long an order or a cancel is on its way: a number, or one drawn evenly between two.

The one idea: the draw for order n is place 2n of a published sequence of the seed, that for its cancel place 2n + 1, so
that nothing but seed and number decides. Source: semantics.md, Costs; Steele, Lea and Flood 2014 (SplitMix64).
"""

from __future__ import annotations

from datetime import timedelta

__all__ = ["drawn"]

WORD = 2**64
MICROSECOND = timedelta(microseconds=1)


def drawn(least: timedelta, most: timedelta, seed: int, number: int, *, cancel: bool = False) -> timedelta:
    """The time on the way of the order of this number, or of its cancel, in whole microseconds."""
    count = (most - least) // MICROSECOND + 1
    return least + count * _word(seed, 2 * number + cancel) // WORD * MICROSECOND


def _word(seed: int, place: int) -> int:
    state = (seed + 0x9E3779B97F4A7C15 * (place + 1)) % WORD
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ state >> shift) * factor % WORD
    return state ^ state >> 31
