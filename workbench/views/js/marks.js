// Fills over the prices: an arrow up for a buy, an arrow down for a sale.
//
// The one idea: of one run the colour tells the side; of two it tells whose fill it was, and what both did is grey. A part
// of a run knows its marks by row and tone, so that bars that are merged keep each mark once.

import { hasRival, parts } from "./compare.js";

/** What is marked in a part, in the order of its rows. */
export function marksIn(part) {
  part.marks ??= found(part);
  return part.marks;
}

function found(part) {
  const own = rowsOf(part.fills).map((row) => mark(part, "fills", row, ownTone(part, row)));
  if (!hasRival(part)) return own;
  const differ = rowsOf(part.rival_fills).filter((row) => differs(part, "rival_fills", row));
  const others = differ.map((row) => mark(part, "rival_fills", row, "warn"));
  return [...own, ...others].sort((a, b) => a.row - b.row);
}

function rowsOf({ slice, drawn }) {
  return Array.from(slice, (_, row) => row).filter((row) => !Number.isNaN(drawn[row]));
}

function mark(part, table, row, tone) {
  return { row: part[table].slice[row], isBuy: part.texts(table, "side", row) === "buy", tone };
}

function differs(part, table, row) {
  return parts(part, part[table].slice[row], part.texts(table, "asset", row));
}

function ownTone(part, row) {
  if (hasRival(part)) return differs(part, "fills", row) ? "accent" : "muted";
  return part.texts("fills", "side", row) === "buy" ? "gain" : "loss";
}

/** Marks in buckets of so many rows, each of a bucket once. */
export function mergedMarks(marks, size) {
  const kept = new Map();
  for (const { row, isBuy, tone } of marks) {
    const bucket = Math.floor(row / size);
    kept.set(`${bucket} ${isBuy} ${tone}`, { row: bucket, isBuy, tone });
  }
  return [...kept.values()];
}

/** A mark as the chart wants it. */
export function marker({ isBuy, tone }, time, colours) {
  return {
    time,
    position: isBuy ? "belowBar" : "aboveBar",
    shape: isBuy ? "arrowUp" : "arrowDown",
    color: colours[tone],
    size: 1.2,
  };
}
