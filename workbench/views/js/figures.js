// Key figures beside each other: how far one result is from another, and whether that is for the better.
//
// The one idea: a difference is told in the unit of its figure, and one that is too small to be written is none.

import { fixed } from "./format.js";

const DIGITS = { percent: 2, ratio: 2, money: 2, count: 0, sessions: 0 };

/** The difference of a figure from that of a pin: its text and its tone, "up" for better; null where one is undefined. */
export function difference({ name, unit, better }, shown, pinned) {
  const [now, then] = [shown[name], pinned[name]];
  if (now === null || then === null || now === undefined || then === undefined) return null;
  const by = unit === "percent" ? 100 * (now - then) : now - then;
  const size = fixed(Math.abs(by), DIGITS[unit]);
  if (!/[1-9]/.test(size)) return { text: "same", tone: "" };
  const text = `${by > 0 ? "+" : "−"}${size}${unit === "percent" ? " pp" : ""}`;
  return { text, tone: better === null ? "" : (by > 0) === (better === "high") ? "up" : "down" };
}

/** Whether two stamps are of the same places. */
export function same(places, others) {
  return Object.keys(places).every((name) => places[name] === others[name]);
}

/** Parameters as they are written: fast 20, slow 100. */
export function spelled(texts) {
  return Object.entries(texts).map(([name, text]) => `${name} ${text}`).join(", ");
}
