// Where the cursor goes: pure functions from a place to a place.

export const SPEEDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

/** A whole place from 0 to `count` - 1. */
export function within(place, count) {
  return Math.max(0, Math.min(count - 1, Math.round(place)));
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
export function placeOfDay(sessions, day) {
  const number = Math.floor(Date.parse(`${day}T00:00:00Z`) / 86_400_000);
  if (Number.isNaN(number)) return null;
  let place = 0;
  while (place + 1 < sessions.length && sessions[place + 1] <= number) place++;
  return place;
}

/** The neighbour of a speed, faster (1) or slower (-1). */
export function speedBeside(speed, direction) {
  return SPEEDS[within(SPEEDS.indexOf(speed) + direction, SPEEDS.length)];
}

/** The stretch of slices that the chart holds: at most `most`, in steps of half of that, with the cursor in it. */
export function stretchAround(place, most) {
  const half = most / 2;
  const first = Math.max(0, (Math.floor(place / half) - 1) * half);
  return { first, until: first + most };
}
