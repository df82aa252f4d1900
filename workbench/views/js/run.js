// A run as the browser knows it: tables of columns, and where in time things happened.
//
// The one idea: everything is found by the number of a slice, in columns that are sorted by it.

const TABLES = [
  "slices", "watched", "recorded", "fills", "orders", "held", "working", "checks", "ledger", "warmup", "absent",
];

/** A run, or a part of one, as the tables of its block: `run.fills.price[3]`, `run.texts("fills", "side", 3)`. */
export function runOf(block) {
  const run = { ...tablesOf(block, TABLES), about: block.about };
  const { about } = run;
  run.count = run.slices.time.length;
  run.times = about.daily ? run.slices.session.map((day) => day * 86_400) : rising(run.slices.time);
  if (about.daily) run.times = rising(run.times);
  run.drawdown = run.slices.drawdown ?? drawdowns(run.slices.equity, about.peak);
  run.holding = run.slices.holding ?? heldOf(run);
  run.refused = refusals(run);
  const refusal = distinct(run.refused.map((row) => run.orders.slice[row]));
  run.stops = { fill: distinct(run.fills.slice), refusal, difference: distinct(run.parting?.slice ?? []) };
  if (run.rival) run.rival.holding ??= heldOf(run, "rival_held");
  return run;
}

/** The tables of a block, with the texts of their columns. */
export function tablesOf({ columns, texts }, names) {
  const tables = Object.fromEntries(names.map((name) => [name, {}]));
  for (const [path, column] of Object.entries(columns)) {
    const [table, name] = split(path);
    (tables[table] ??= {})[name] = column;
  }
  tables.texts = (table, column, row) => texts[`${table}/${column}`]?.[tables[table][column][row]] ?? "";
  return tables;
}

/** A name may have a slash in it, the table's name has none. */
function split(path) {
  const at = path.indexOf("/");
  return [path.slice(0, at), path.slice(at + 1)];
}

/** Times of which each is later than the one before, as the chart needs them; equal ones are a millisecond apart. */
export function rising(times) {
  const apart = Float64Array.from(times);
  for (let i = 1; i < apart.length; i++) if (apart[i] <= apart[i - 1]) apart[i] = apart[i - 1] + 0.001;
  return apart;
}

/** How far equity stands below its highest so far, as a part of it; `peak` is the highest before. */
export function drawdowns(equity, peak = -Infinity) {
  return Float64Array.from(equity, (value) => {
    peak = Math.max(peak, value);
    return peak > 0 ? value / peak - 1 : NaN;
  });
}

function refusals(run) {
  const rows = [];
  for (let row = 0; row < (run.orders.slice?.length ?? 0); row++) {
    if (run.texts("orders", "status", row) === "DENIED") rows.push(row);
  }
  return rows;
}

function distinct(slices) {
  return [...new Set(slices)].sort((a, b) => a - b);
}

/** The first place in a rising column that holds `value` or more. */
export function lowerBound(column, value) {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The rows of a table whose `slice` is this one; none of a table that was not sent. */
export function rowsAt(table, slice) {
  const rows = [];
  if (!table.slice) return rows;
  for (let row = lowerBound(table.slice, slice); table.slice[row] === slice; row++) rows.push(row);
  return rows;
}

/** The rows of a table of spans that hold in a slice. */
export function spansAt(table, slice) {
  const rows = [];
  for (let row = 0; row < table.first.length; row++) {
    if (table.first[row] <= slice && slice < table.until[row]) rows.push(row);
  }
  return rows;
}

/** What is held of the drawn asset in each slice, by a table of spans. */
export function heldOf(run, table = "held") {
  const held = new Float64Array(run.count);
  const { first = [], until, quantity } = run[table];
  for (let row = 0; row < first.length; row++) {
    if (run.texts(table, "asset", row) !== run.about.asset) continue;
    held.fill(quantity[row], Math.max(0, first[row]), until[row]);
  }
  return held;
}
