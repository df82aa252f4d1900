// Bars merged into coarser bars, for when so many are in sight that each would be narrower than a pixel.
//
// The one idea: what is unknown says nothing, and a merged bar has the columns of a bar, so that it is drawn like one.

export const FACTOR = 4;

const HOWS = { open: "first", high: "max", low: "min", volume: "sum", time: "first", session: "first", drawdown: "min" };

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

/** All columns that are drawn, by name. */
function drawnOf(part) {
  return { ...part.slices, drawdown: part.drawdown, holding: part.holding, times: part.times };
}

function partOf(about, columns) {
  const { drawdown, holding, times, ...slices } = columns;
  return { about, slices, drawdown, holding, times };
}

/** A part with buckets of `FACTOR` rows of another; its fills stand once for each bucket and side. */
export function merged(part) {
  const { about, fills } = part;
  const columns = Object.entries(drawnOf(part));
  const how = (name) => (name === "times" ? "first" : howOf(about, name));
  const coarse = partOf(about, Object.fromEntries(columns.map(([name, it]) => [name, mergedColumn(it, FACTOR, how(name))])));
  const seen = new Set();
  const rows = [];
  for (let row = 0; row < fills.slice.length; row++) {
    const key = `${Math.floor(fills.slice[row] / FACTOR)} ${fills.side[row]}`;
    if (Number.isNaN(fills.drawn[row]) || seen.has(key)) continue;
    seen.add(key);
    rows.push(row);
  }
  coarse.fills = { slice: rows.map((row) => Math.floor(fills.slice[row] / FACTOR)) };
  for (const name of ["side", "drawn"]) coarse.fills[name] = rows.map((row) => fills[name][row]);
  return Object.assign(coarse, { texts: (table, column, row) => part.texts(table, column, rows[row]) });
}

/** A part of one row, out of some rows `{ part, row }`. */
export function mergedRows(rows) {
  const { about } = rows[0].part;
  const drawn = rows.map(({ part }) => drawnOf(part));
  const merge = (name) => {
    const values = rows.map(({ row }, at) => drawn[at][name][row]);
    return mergedColumn(values, values.length, name === "times" ? "first" : howOf(about, name));
  };
  const names = Object.keys(drawn.at(-1)).filter((name) => drawn.every((columns) => columns[name]));
  return partOf(about, Object.fromEntries(names.map((name) => [name, merge(name)])));
}
