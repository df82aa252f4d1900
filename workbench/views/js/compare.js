// A second run beside the first: its equity as a ghost, its position, its fills, and where the two part.
//
// The one idea: it has no cursor and no slices of its own. Its columns are on the slices of the first run, so what is told
// of a slice is told of both.

import { fixed, number } from "./format.js";
import { rowsAt, spansAt } from "./run.js";

/** Whether a run has another one beside it. */
export function hasRival(run) {
  return Boolean(run.about.rival);
}

/** What the panel says of the second run at a slice. */
export function rivalFacts(run, slice) {
  if (!hasRival(run)) return [];
  const mine = run.slices.equity[slice];
  const theirs = run.rival.equity[slice];
  const title = `${run.about.rival}, against ${run.about.own}`;
  if (Number.isNaN(theirs)) return [{ title, rows: [["not running at this time", ""]] }];
  const apart = theirs - mine;
  const rows = [["Equity", fixed(theirs, 2)]];
  rows.push(["Difference", `${apart > 0 ? "+" : ""}${fixed(apart, 2)}`, apart < 0 ? "down" : apart > 0 ? "up" : ""]);
  return [{ title, rows: [...rows, ...heldBy(run, slice), ...rivalFills(run, slice)] }];
}

function heldBy(run, slice) {
  const rows = spansAt(run.rival_held, slice);
  if (!rows.length) return [["Held", "nothing"]];
  return rows.map((row) => {
    const asset = run.texts("rival_held", "asset", row);
    return [`Held, ${asset}`, number(run.rival_held.quantity[row], run.about.digits[asset]?.[1] ?? 8)];
  });
}

/** The fills of the second run in a slice, as rows of a name, a text and a tone. */
export function rivalFills(run, slice) {
  if (!hasRival(run)) return [];
  return rowsAt(run.rival_fills, slice).map((row) => {
    const asset = run.texts("rival_fills", "asset", row);
    const isBuy = run.texts("rival_fills", "side", row) === "buy";
    const size = number(run.rival_fills.quantity[row], run.about.digits[asset]?.[1] ?? 8);
    const what = `${isBuy ? "bought" : "sold"} ${size} ${asset}`;
    return [what, `at ${number(run.rival_fills.price[row], 12)}`, isBuy ? "up" : "down"];
  });
}

/** What the status line adds for the second run. */
export function rivalSentence(run, slice) {
  const told = rivalFills(run, slice).map((row) => row.slice(0, 2).join(" "));
  return told.length ? `${run.about.rival}: ${told.join("; ")}` : "";
}

/** Whether the two runs filled something else of an asset in a slice. */
export function parts(run, slice, asset) {
  return rowsAt(run.parting, slice).some((row) => run.texts("parting", "asset", row) === asset);
}
