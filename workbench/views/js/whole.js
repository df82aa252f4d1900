// A whole run as a replay knows it: what it is called, how long it is, where something happened, and its parts.
//
// The one idea: a short run comes as one block and is its own only part; of a long one the block has no slices at all.

import { Parts } from "./parts.js";
import { lowerBound, runOf, tablesOf } from "./run.js";

/** The run of a block that was unpacked; `ask(places)` asks for parts of a long one, which `put` takes. */
export function wholeOf(block, ask = () => {}) {
  const { parts: shape } = block.about;
  return shape ? longOf(block, shape, ask) : shortOf(block);
}

function shortOf(block) {
  const run = runOf(block);
  return Object.assign(run, { days: daysOf(run.slices.session), first: 0, last: run.count - 1, parts: Parts.whole(run) });
}

function longOf(block, shape, ask) {
  const { count, size, levels, first = 0, last = count - 1 } = shape;
  const { days, fill, refusal, difference } = tablesOf(block, []);
  const parts = new Parts(count, size, levels, ask);
  const stops = { fill: fill.slice, refusal: refusal.slice, difference: difference?.slice ?? [] };
  return { about: block.about, count, first, last, days, stops, parts };
}

/** A part of a long run, out of its block. */
export function partOf(run, { about, columns, texts }) {
  return runOf({ about: { ...run.about, ...about }, columns, texts });
}

/** The last slice of each session. */
export function daysOf(sessions) {
  const days = { session: [], last: [] };
  sessions.forEach((session, slice) => {
    if (session !== days.session.at(-1)) days.session.push(session);
    days.last[days.session.length - 1] = slice;
  });
  return days;
}

/** The session of a slice. */
export function sessionOf({ days }, slice) {
  return days.session[lowerBound(days.last, slice)];
}
