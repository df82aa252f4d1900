// What is known at a bar, in words and numbers: the side panel and the status line say the same.
//
// The one idea: facts are made without a page, so that they can be tested and read out.

import { rivalFacts, rivalSentence } from "./compare.js";
import { fixed, moment, number, percent, short, value } from "./format.js";
import { rowsAt, spansAt } from "./run.js";

/** The sections of the panel at a slice: a title and rows of a name, a text and perhaps a tone. */
export function factsAt(run, slice) {
  const sections = [bar(run, slice), account(run, slice), held(run, slice), ...rivalFacts(run, slice), watched(run, slice)];
  sections.push(recorded(run, slice), working(run, slice), asked(run, slice), happened(run, slice));
  return sections.filter((section) => section.rows.length);
}

function digitsOf(run, asset) {
  const [price, quantity] = run.about.digits[asset] ?? [2, 8];
  return { price, quantity };
}

function bar(run, slice) {
  const { open, high, low, close, volume, scale } = run.slices;
  const { asset } = run.about;
  if (Number.isNaN(close[slice])) return { title: asset, rows: [["no bar", "–"]] };
  const places = digitsOf(run, asset).price;
  const price = (column) => fixed(column[slice] / scale[slice], places);
  const rows = [["Open", price(open)], ["High", price(high)], ["Low", price(low)], ["Close", price(close)]];
  rows.push(["Volume", short(volume[slice])]);
  return { title: `${asset}, ${run.about.price_currency}`, rows };
}

function account(run, slice) {
  const { equity, cash, positions } = run.slices;
  const rows = [["Equity", fixed(equity[slice], 2)], ["Cash", fixed(cash[slice], 2)]];
  rows.push(["Positions", fixed(positions[slice], 2)]);
  rows.push(["Drawdown", percent(run.drawdown[slice]), run.drawdown[slice] < 0 ? "down" : ""]);
  return { title: `Account, ${run.about.currency}`, rows };
}

function held(run, slice) {
  const rows = spansAt(run.held, slice).map((row) => {
    const asset = run.texts("held", "asset", row);
    return [asset, number(run.held.quantity[row], digitsOf(run, asset).quantity)];
  });
  return { title: "Held", rows: rows.length ? rows : [["nothing", ""]] };
}

function watched(run, slice) {
  const rows = run.about.layers.map(({ column, name, rule }) => {
    const now = (run.watched[column] ?? run.slices[column])[slice];
    return [name, rule && !Number.isNaN(now) ? (now ? "yes" : "no") : value(now)];
  });
  return { title: "Watched", rows };
}

function recorded(run, slice) {
  const rows = Object.entries(run.recorded).map(([name, column]) => [name, value(column[slice])]);
  return { title: "Recorded", rows };
}

function working(run, slice) {
  const rows = spansAt(run.working, slice).map((row) => {
    const asset = run.texts("working", "asset", row);
    const places = digitsOf(run, asset);
    const order = run.orders.order.indexOf(run.working.order[row]);
    const prices = ["limit", "stop"].filter((name) => !Number.isNaN(run.working[name][row]));
    const at = prices.map((name) => `${name} ${fixed(run.working[name][row], places.price)}`).join(", ");
    const size = number(run.working.quantity[row], places.quantity);
    return [`${run.texts("orders", "side", order)} ${size} ${asset}`, at || run.texts("orders", "type", order)];
  });
  return { title: "Open orders", rows };
}

function asked(run, slice) {
  const isHidden = slice >= (run.seen ?? Infinity); // What the strategy decides is not told before the user has decided.
  const rows = (isHidden ? [] : rowsAt(run.orders, slice)).map((row) => {
    const asset = run.texts("orders", "asset", row);
    const size = number(run.orders.quantity[row], digitsOf(run, asset).quantity);
    const isRefused = run.texts("orders", "status", row) === "DENIED";
    const what = isRefused ? `refused: ${run.texts("orders", "reason", row)}` : run.texts("orders", "type", row);
    return [`${run.texts("orders", "side", row)} ${size} ${asset}`, what, isRefused ? "down" : ""];
  });
  return { title: "Asked at this bar", rows };
}

function happened(run, slice) {
  return { title: "Fills", rows: rowsAt(run.fills, slice).map((row) => fill(run, row)) };
}

function fill(run, row) {
  const asset = run.texts("fills", "asset", row);
  const places = digitsOf(run, asset);
  const side = run.texts("fills", "side", row) === "buy" ? "bought" : "sold";
  const what = `${side} ${number(run.fills.quantity[row], places.quantity)} ${asset}`;
  const fee = run.fills.fee[row] ? `, fee ${fixed(run.fills.fee[row], 2)}` : "";
  const doubt = run.fills.ambiguous[row] ? ", ambiguous" : "";
  return [what, `at ${number(run.fills.price[row], 12)}${fee}${doubt}`, side === "bought" ? "up" : "down"];
}

/** One sentence for a slice: its time, and what was filled or refused in it. */
export function sentence(run, slice) {
  const fills = rowsAt(run.fills, slice).map((row) => fill(run, row).slice(0, 2).join(" "));
  const refused = asked(run, slice).rows.filter(([, what]) => what.startsWith("refused"));
  const told = [...fills, ...refused.map(([what, why]) => `${what} ${why}`), rivalSentence(run, slice)].filter(Boolean);
  return `${moment(run, slice)}${told.length ? `: ${told.join("; ")}` : ""}`;
}
