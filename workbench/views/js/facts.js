// What is known at a bar, in words and numbers: the side panel and the status line say the same, and so does `run.why`.
//
// The one idea: facts are made without a page, so that they can be tested and read out. Python makes the same sections
// from the frames in views/facts.py, with the same words; a test compares both at every bar of a run.

import { rivalFacts, rivalSentence } from "./compare.js";
import { fixed, moment, number, percent, short, value } from "./format.js";
import { rowsAt, spansAt } from "./run.js";
import { say } from "./words.js";

const BOUNDS = [["above", ">"], ["at_least", "≥"], ["below", "<"], ["at_most", "≤"]];
const FAILED_MAX = 3;

/** The sections of the panel at a slice: a title, rows of a name, a text and perhaps a tone, and whether it is folded. */
export function factsAt(run, slice) {
  const sections = [because(run, slice), checks(run, slice), warmup(run, slice), bar(run, slice), account(run, slice)];
  sections.push(held(run, slice), ...rivalFacts(run, slice), watched(run, slice), recorded(run, slice));
  sections.push(working(run, slice), asked(run, slice), happened(run, slice), ledger(run, slice));
  return sections.filter((section) => section.rows.length);
}

function digitsOf(run, asset) {
  const [price, quantity] = run.about.digits[asset] ?? [2, 8];
  return { price, quantity };
}

function bar(run, slice) {
  const { open, high, low, close, volume, scale } = run.slices;
  const { asset } = run.about;
  if (Number.isNaN(close[slice])) return { title: asset, rows: [[say("no_bar"), missing(run, slice)], ...stale(run, slice)] };
  const places = digitsOf(run, asset).price;
  const price = (column) => fixed(column[slice] / scale[slice], places);
  const rows = [[say("open"), price(open)], [say("high"), price(high)], [say("low"), price(low)]];
  rows.push([say("close"), price(close)], [say("volume"), short(volume[slice] * scale[slice])]);
  return { title: say("bar", { asset, currency: run.about.price_currency }), rows };
}

/** Why there is no bar: its market is closed, or none came. */
function missing(run, slice) {
  const [row] = rowsAt(run.absent, slice);
  return run.absent.closed?.[row] ? say("is_closed", { calendar: run.about.calendar }) : say("none_came");
}

/** The close that still counts where there is no bar. */
function stale(run, slice) {
  let last = slice;
  while (last >= 0 && Number.isNaN(run.slices.close[last])) last -= 1;
  // At the start of a part it is told about the parts before.
  const [slices, row] = last < 0 ? [run.about.last, 0] : [run.slices, last];
  if (!slices) return [];
  const price = fixed(slices.close[row] / slices.scale[row], digitsOf(run, run.about.asset).price);
  return [[say("last_close"), say("stale", { price, day: moment({ about: run.about, slices }, row) })]];
}

function account(run, slice) {
  const { equity, cash, positions } = run.slices;
  const rows = [[say("equity"), fixed(equity[slice], 2)], [say("cash"), fixed(cash[slice], 2)]];
  rows.push([say("positions"), fixed(positions[slice], 2)]);
  rows.push([say("drawdown"), percent(run.drawdown[slice]), run.drawdown[slice] < 0 ? "down" : ""]);
  return { title: say("account", { currency: run.about.currency }), rows };
}

function held(run, slice) {
  const rows = spansAt(run.held, slice).map((row) => {
    const asset = run.texts("held", "asset", row);
    return [asset, number(run.held.quantity[row], digitsOf(run, asset).quantity)];
  });
  rows.sort(([one], [other]) => (one < other ? -1 : 1));
  return { title: say("held"), rows: rows.length ? rows : [[say("nothing"), ""]] };
}

function warmup(run, slice) {
  const rows = rowsAt(run.warmup, slice).map((row) => {
    const given = { seen: number(run.warmup.seen[row]), needed: number(run.warmup.needed[row]) };
    return [run.about.layers[run.warmup.layer[row]].name, say("of_bars", given)];
  });
  const never = run.about.layers.filter(({ column }) => run.about.never?.includes(column));
  return { title: say("warmup"), rows: [...rows, ...never.map(({ name }) => [name, say("no_value_yet")])] };
}

function watched(run, slice) {
  const rows = run.about.layers.map(({ column, name, rule }) => {
    const now = (run.watched[column] ?? run.slices[column])[slice];
    return [name, rule && !Number.isNaN(now) ? say(now ? "yes" : "no") : value(now)];
  });
  return { title: say("watched"), rows };
}

function checks(run, slice) {
  if (run.about.left_out?.includes("checks")) return leftOut(run, "checks");
  const rows = decided(run, slice, "checks").map((row) => {
    const holds = run.checks.passed[row] === 1;
    return [checkName(run, row), `${holds ? "✓" : "✗"} ${judged(run, row)}`, holds ? "up" : "down"];
  });
  return { title: say("checks"), rows };
}

/** What was too long to be sent is still told of. */
function leftOut(run, name) {
  return { title: say(name), rows: [[say("left_out"), `run.${name}`]] };
}

function checkName(run, row) {
  const member = run.texts("checks", "strategy", row);
  const asset = run.texts("checks", "asset", row);
  const other = asset && asset !== run.about.asset ? `, ${asset}` : "";
  return `${member ? `${member}: ` : ""}${run.texts("checks", "name", row)}${other}`;
}

/** The value of a check, which may be sent as that of an indicator. */
function checkedValue(run, row) {
  const like = run.checks.like?.[row] ?? -1;
  if (like < 0) return run.checks.value[row];
  const { column } = run.about.layers[like];
  return (run.watched[column] ?? run.slices[column])[run.checks.slice[row]];
}

/** What a check compared, in a few letters. */
function judged(run, row) {
  const { checks: table } = run;
  const reason = run.texts("checks", "reason", row);
  const holds = table.passed[row] === 1;
  if (reason === "no value") return reason;
  const given = checkedValue(run, row);
  if (Number.isNaN(given)) return say(holds ? "yes" : "no");
  const bounded = BOUNDS.filter(([name]) => table[name] && !Number.isNaN(table[name][row]));
  const bounds = bounded.map(([name, sign]) => `${sign} ${value(table[name][row])}`).join(" and ");
  const shown = value(given);
  if (reason) return `${shown}, ${reason}`;
  return holds ? `${shown} ${bounds}` : `${shown}, wants ${bounds}`;
}

function recorded(run, slice) {
  const rows = Object.entries(run.recorded).map(([name, column]) => [name, value(column[slice])]);
  return { title: say("recorded"), rows };
}

function working(run, slice) {
  const spans = spansAt(run.working, slice).sort((one, other) => run.working.order[one] - run.working.order[other]);
  const rows = spans.map((row) => {
    const asset = run.texts("working", "asset", row);
    const places = digitsOf(run, asset);
    const order = run.orders.order.indexOf(run.working.order[row]);
    const prices = ["limit", "stop"].filter((name) => !Number.isNaN(run.working[name][row]));
    const priced = (name) => say("at_price", { name, price: fixed(run.working[name][row], places.price) });
    const quantity = number(run.working.quantity[row], places.quantity);
    const what = say("order", { side: run.texts("orders", "side", order), quantity, asset });
    return [what, prices.map(priced).join(", ") || run.texts("orders", "type", order)];
  });
  return { title: say("open_orders"), rows };
}

/** Rows of what the strategy decided at a slice; while bars are hidden it is not told before the user has decided. */
function decided(run, slice, table) {
  return isSecret(run, slice) ? [] : rowsAt(run[table], slice);
}

function isSecret(run, slice) {
  return slice >= (run.seen ?? Infinity);
}

function asked(run, slice) {
  return { title: say("asked"), rows: decided(run, slice, "orders").map((row) => ask(run, row)) };
}

function ask(run, row) {
  const asset = run.texts("orders", "asset", row);
  const quantity = number(run.orders.quantity[row], digitsOf(run, asset).quantity);
  const what = say("order", { side: run.texts("orders", "side", row), quantity, asset });
  if (!isRefused(run, row)) return [what, run.texts("orders", "type", row), ""];
  return [what, say("refused", { reason: run.texts("orders", "reason", row) }), "down"];
}

function isRefused(run, row) {
  return run.texts("orders", "status", row) === "DENIED";
}

function happened(run, slice) {
  return { title: say("fills"), rows: rowsAt(run.fills, slice).map((row) => fill(run, row)) };
}

function fill(run, row) {
  const asset = run.texts("fills", "asset", row);
  const isBuy = run.texts("fills", "side", row) === "buy";
  const quantity = number(run.fills.quantity[row], digitsOf(run, asset).quantity);
  const what = say(isBuy ? "bought" : "sold", { quantity, asset });
  const fee = run.fills.fee[row] ? say("fee", { fee: fixed(run.fills.fee[row], 2) }) : "";
  const doubt = run.fills.ambiguous[row] ? say("ambiguous") : "";
  return [what, `${say("filled", { price: number(run.fills.price[row], 12) })}${fee}${doubt}`, isBuy ? "up" : "down"];
}

function ledger(run, slice) {
  if (run.about.left_out?.includes("ledger")) return leftOut(run, "ledger");
  const rows = rowsAt(run.ledger, slice).map((row) => {
    const [account, asset, currency] = ["account", "asset", "currency"].map((name) => run.texts("ledger", name, row));
    const given = run.ledger.amount[row];
    const amount = `${number(Math.abs(given))} ${currency}`;
    return [asset ? `${account}, ${asset}` : account, say(given < 0 ? "credit" : "debit", { amount })];
  });
  return { title: say("ledger"), rows, folded: true };
}

/** Why there was an order or a fill of the drawn asset at a slice, or none, in sentences. */
function because(run, slice) {
  const { asset } = run.about;
  const isOwn = (table) => (row) => run.texts(table, "asset", row) === asset;
  const fills = rowsAt(run.fills, slice).filter(isOwn("fills")).map((row) => {
    const [what, how] = fill(run, row);
    return say("because_filled", { what, how });
  });
  // What protects a position comes with its fill; nobody asked for it at this bar.
  const mine = decided(run, slice, "orders").filter(isOwn("orders"));
  const orders = mine.filter((row) => run.texts("orders", "origin", row) !== "bracket").map((row) => {
    const [what, how] = ask(run, row);
    return say(isRefused(run, row) ? "because_refused" : "because_asked", { what, how });
  });
  const told = [...fills, ...(isSecret(run, slice) || orders.length ? orders : becauseNone(run, slice))];
  return { title: say("why"), rows: told.map((text) => [text, "", ""]) };
}

function becauseNone(run, slice) {
  const { asset } = run.about;
  if (Number.isNaN(run.slices.close[slice])) return [say("because_no_bar", { asset, how: missing(run, slice) })];
  const told = warmup(run, slice).rows.map(([name, how]) => say("because_warmup", { name, how }));
  const failed = rowsAt(run.checks, slice).filter((row) => {
    return run.checks.passed[row] !== 1 && ["", asset].includes(run.texts("checks", "asset", row));
  });
  for (const row of failed.slice(0, FAILED_MAX)) {
    told.push(say("because_check", { name: checkName(run, row), how: judged(run, row) }));
  }
  for (const [what, how] of working(run, slice).rows) {
    if (what.endsWith(` ${asset}`)) told.push(say("because_working", { what, how }));
  }
  return told.length ? told : [say("because_nothing")];
}

/** One sentence for a slice: its time, and what was filled or refused in it. */
export function sentence(run, slice) {
  const fills = rowsAt(run.fills, slice).map((row) => fill(run, row).slice(0, 2).join(" "));
  const refused = decided(run, slice, "orders").filter((row) => isRefused(run, row));
  const told = [...fills, ...refused.map((row) => ask(run, row).slice(0, 2).join(" ")), rivalSentence(run, slice)].filter(Boolean);
  return `${moment(run, slice)}${told.length ? `: ${told.join("; ")}` : ""}`;
}
