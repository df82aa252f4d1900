// Bars merged into coarser bars, for when so many are in sight that each would be narrower than a pixel.
//
// The one idea: what is unknown says nothing, and a merged bar has the columns of a bar, so that it is drawn like one.

import { marksIn, mergedMarks } from "./marks.js";

export const FACTOR = 4;

const HOWS = {
  open: "first", high: "max", low: "min", volume: "sum", time: "first", times: "first", session: "first", drawdown: "min",
};

const FOLDS = {
  first: (found, value) => (Number.isNaN(found) ? value : found),
  last: (found, value) => (Number.isNaN(value) ? found : value),
  max: (found, value) => (value > found || Number.isNaN(found) ? value : found),
  min: (found, value) => (value < found || Number.isNaN(found) ? value : found),
  sum: (found, value) => (Number.isNaN(value) ? found : Number.isNaN(found) ? value : found + value),
};

/** How a column is merged: a rule holds where it held all the time, and of most lines the last value is drawn. */
function howOf(about, name) {
  return HOWS[name] ?? (about.layers.some((layer) => layer.rule && layer.column === name) ? "min" : "last");
}

/** A column merged into buckets of so many. */
export function mergedColumn(column, size, how) {
  const merged = new Float64Array(Math.ceil(column.length / size)).fill(NaN);
  for (let at = 0, bucket = 0; bucket < merged.length; bucket++) {
    const end = Math.min(at + size, column.length);
    for (; at < end; at++) merged[bucket] = FOLDS[how](merged[bucket], column[at]);
  }
  return merged;
}

/** All columns that are drawn, by name; those of a second run stand with their table. */
function drawnOf({ slices, drawdown, holding, times, rival }) {
  const others = rival ? { "rival/equity": rival.equity, "rival/holding": rival.holding } : {};
  return { ...slices, drawdown, holding, times, ...others };
}

function partOf(about, columns) {
  const { drawdown, holding, times, "rival/equity": equity, "rival/holding": held, ...slices } = columns;
  return { about, slices, drawdown, holding, times, ...(equity && { rival: { equity, holding: held } }) };
}

/** A part with buckets of `FACTOR` rows of another. */
export function merged(part) {
  const { about } = part;
  const columns = Object.entries(drawnOf(part)).map(([name, column]) => [name, mergedColumn(column, FACTOR, howOf(about, name))]);
  return { ...partOf(about, Object.fromEntries(columns)), marks: mergedMarks(marksIn(part), FACTOR) };
}

/** A part of one row, out of some rows `{ part, row }`. */
export function mergedRows(rows) {
  const { about } = rows[0].part;
  const drawn = rows.map(({ part }) => drawnOf(part));
  const names = Object.keys(drawn[0]).filter((name) => drawn.every((columns) => columns[name]));
  const merge = (name) => mergedColumn(rows.map(({ row }, at) => drawn[at][name][row]), rows.length, howOf(about, name));
  return partOf(about, Object.fromEntries(names.map((name) => [name, merge(name)])));
}
