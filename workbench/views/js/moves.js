// Where the cursor goes: pure functions from a place to a place.

import { FACTOR } from "./merged.js";
import { lowerBound } from "./run.js";

const STRETCH = 2_048;
export const HELD_MAX = 3 * STRETCH; // Bars that the chart holds at most.
const SIGHT_MAX = 640; // More bars than that in sight are merged.
const STRIDE_MIN = 64;
export const SPEEDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

/** A whole place from `first` to `count` - 1. */
export function within(place, count, first = 0) {
  return Math.max(first, Math.min(count - 1, Math.round(place)));
}

/** The first stop behind a place, or null. */
export function nextStop(stops, place) {
  return stops.find((stop) => stop > place) ?? null;
}

/** The last stop before a place, or null. */
export function previousStop(stops, place) {
  return stops.findLast((stop) => stop < place) ?? null;
}

/** The last slice at or before the end of a day such as "2008-10-10", or null for no day. */
export function placeOfDay({ session, last }, day) {
  const number = Math.floor(Date.parse(`${day}T00:00:00Z`) / 86_400_000);
  if (Number.isNaN(number)) return null;
  return last[lowerBound(session, number + 1) - 1] ?? 0;
}

/** The neighbour of a speed, faster (1) or slower (-1). */
export function speedBeside(speed, direction) {
  return SPEEDS[within(SPEEDS.indexOf(speed) + direction, SPEEDS.length)];
}

/**
 * In steps of how many bars what the chart holds begins, for so many in sight. The chart goes over all that it holds
 * whenever one bar is added, so it holds little more than is seen, and not so little that it is filled anew all the time.
 */
export function strideFor(sight) {
  let stride = STRIDE_MIN;
  while (stride < STRETCH / 2 && stride < sight / 2) stride *= 2;
  return stride;
}

/** The first bar that the chart holds for one at the cursor, with so many in sight. */
export function firstHeld(bar, sight) {
  const stride = strideFor(sight);
  return Math.max(0, Math.floor((bar - 1.25 * sight) / stride) * stride);
}

/** How many bars the chart holds at most as it goes on from one to the next, with so many in sight. */
export function heldFor(sight) {
  return 1.25 * sight + 2 * strideFor(sight);
}

/**
 * The level at which so many slices in sight are drawn, and the leftmost of them, so many before the cursor, is still
 * held. Bars become coarser late and finer late, so that a level lasts while one looks around.
 */
export function levelFor({ sight, back }, level, levels) {
  const fits = (at, room) => sight / FACTOR ** at <= room * SIGHT_MAX && back / FACTOR ** at <= HELD_MAX - STRETCH;
  let found = Math.min(level, levels - 1);
  while (found < levels - 1 && !fits(found, 1)) found += 1;
  while (found > 0 && fits(found - 1, 0.6)) found -= 1;
  return found;
}
