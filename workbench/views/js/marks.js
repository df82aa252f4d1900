// Fills over the prices: an arrow up for a buy, an arrow down for a sale.
//
// The one idea: of one run the colour tells the side; of two it tells whose fill it was, and what both did is grey.

import { hasRival, parts } from "./compare.js";
import { lowerBound } from "./run.js";

/** The markers of the slices from `first` up to `until`, in the order of time. */
export function marksOf(run, first, until, colours) {
  const own = rowsBetween(run.fills, first, until).map((row) => mark(run, "fills", row, ownColour(run, row, colours)));
  if (!hasRival(run)) return own;
  const differ = rowsBetween(run.rival_fills, first, until).filter((row) => differs(run, "rival_fills", row));
  const others = differ.map((row) => mark(run, "rival_fills", row, colours.warn));
  return [...own, ...others].sort((a, b) => a.time - b.time);
}

/** Which markers these are, so that the same ones are not made again. */
export function marksKey(run, first, until) {
  const tables = hasRival(run) ? [run.fills, run.rival_fills] : [run.fills];
  return tables.map(({ slice }) => `${lowerBound(slice, first)} ${lowerBound(slice, until)}`).join(" ");
}

function rowsBetween(fills, first, until) {
  const from = lowerBound(fills.slice, first);
  const rows = Array.from({ length: lowerBound(fills.slice, until) - from }, (_, i) => from + i);
  return rows.filter((row) => !Number.isNaN(fills.drawn[row]));
}

function differs(run, table, row) {
  return parts(run, run[table].slice[row], run.texts(table, "asset", row));
}

function ownColour(run, row, { gain, loss, accent, muted }) {
  if (hasRival(run)) return differs(run, "fills", row) ? accent : muted;
  return run.texts("fills", "side", row) === "buy" ? gain : loss;
}

function mark(run, table, row, color) {
  const isBuy = run.texts(table, "side", row) === "buy";
  return {
    time: run.times[run[table].slice[row]],
    position: isBuy ? "belowBar" : "aboveBar",
    shape: isBuy ? "arrowUp" : "arrowDown",
    color,
    size: 1.2,
  };
}
