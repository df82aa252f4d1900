import assert from "node:assert/strict";
import test from "node:test";

import { factsAt, sentence } from "../../../workbench/views/js/facts.js";
import { made } from "./made.mjs";

function rows(slice, title) {
  return factsAt(made(), slice).find((section) => section.title === title)?.rows;
}

test("prices are those that were paid then, not those that are drawn", () => {
  assert.deepEqual(rows(0, "X, USD").slice(3), [["Close", "20.00"], ["Volume", "2.5"]]);
  assert.deepEqual(rows(2, "X, USD"), [
    ["Open", "10.00"], ["High", "11.00"], ["Low", "9.00"], ["Close", "11.00"], ["Volume", "1.50k"],
  ]);
  assert.deepEqual(rows(5, "X"), [["no bar", "XNYS is closed"], ["Last close", "10.45, of 1970-04-17"]]);
});

test("the account", () => {
  assert.deepEqual(rows(3, "Account, USD"), [
    ["Equity", "990.00"], ["Cash", "0.00"], ["Positions", "990.00"], ["Drawdown", "-10.00%", "down"],
  ]);
});

test("what is held, watched, recorded, working and asked", () => {
  assert.deepEqual(rows(1, "Held"), [["nothing", ""]]);
  assert.deepEqual(rows(3, "Held"), [["X", "100"]]);
  assert.deepEqual([rows(1, "Watched"), rows(2, "Watched")], [[["sma_3", "–"]], [["sma_3", "10.3333"]]]);
  assert.deepEqual(rows(2, "Recorded"), [["gap", "0.5"]]);
  assert.deepEqual([rows(2, "Open orders"), rows(3, "Open orders")], [undefined, [["sell 100 X", "stop 9.50"]]]);
  assert.deepEqual(rows(1, "Asked at this bar"), [["buy 100 X", "market", ""]]);
  assert.deepEqual(rows(5, "Asked at this bar"), [["buy 9,000 X", "refused: INSUFFICIENT_CASH", "down"]]);
});

test("fills are named with their price, their fee and what is in doubt", () => {
  assert.deepEqual(rows(2, "Fills"), [["bought 100 X", "at 10", "up"]]);
  assert.deepEqual(rows(4, "Fills"), [["sold 100 X", "at 10.45, fee 1.50, ambiguous", "down"]]);
});

test("checks with a tick or a cross, their value and their thresholds", () => {
  assert.deepEqual(rows(0, "Checks"), [["trend", "✗ no value", "down"], ["calm", "✓ yes", "up"]]);
  assert.deepEqual(rows(3, "Checks"), [["trend", "✓ 0.5 > 0 and ≤ 1", "up"], ["calm", "✗ -2.25, wants ≤ -3", "down"]]);
  assert.deepEqual(rows(4, "Checks"), [["trend, Y", "✗ 9, no threshold", "down"]]);
  assert.equal(rows(1, "Checks"), undefined);
});

test("how many bars an indicator has seen of those it needs", () => {
  assert.deepEqual([rows(1, "Warm-up"), rows(2, "Warm-up")], [[["sma_3", "2 of 3 bars"]], undefined]);
});

test("the legs of the ledger are folded", () => {
  assert.deepEqual(factsAt(made(), 2).at(-1), {
    title: "Ledger", rows: [["cash", "credit 1,000 USD"], ["position, X", "debit 1,000 USD"]], folded: true,
  });
});

test("the last close may lie before the part that is here", () => {
  const last = { close: [8], scale: [2], time: [99 * 86_400 + 72_000], session: [99] };
  const none = Float64Array.from({ length: 6 }, () => NaN);
  const of = (told) => factsAt(made({ "slices/close": none }, told), 2).find(({ title }) => title === "X").rows;
  assert.deepEqual(of({ last }).slice(1), [["Last close", "4.00, of 1970-04-10"]]);
  assert.deepEqual(of({}).slice(1), []);
});

test("what is too long to be sent is told of", () => {
  const run = made();
  run.about.left_out = ["ledger"];
  assert.deepEqual(factsAt(run, 2).at(-1), { title: "Ledger", rows: [["too long to be sent, see", "run.ledger"]] });
});

test("why there was an order or none, in sentences", () => {
  for (const [slice, told] of [
    [0, ["No order: sma_3 has 1 of 3 bars", "No order: trend does not hold, no value"]],
    [1, ["Asked: buy 100 X, market"]],
    [2, ["Filled: bought 100 X at 10", "Asked: sell 100 X, stop"]],
    [3, ["No order: calm does not hold, -2.25, wants ≤ -3", "No new order: sell 100 X, stop 9.50 is working"]],
    [4, ["Filled: sold 100 X at 10.45, fee 1.50, ambiguous", "No order: the strategy asked for none"]],
    [5, ["buy 9,000 X refused: INSUFFICIENT_CASH"]],
  ]) {
    assert.deepEqual(rows(slice, "Why").map(([text]) => text), told);
  }
});

test("the status line", () => {
  for (const [slice, text] of [
    [0, "1970-04-11"],
    [2, "1970-04-15: bought 100 X at 10"],
    [5, "1970-04-18: buy 9,000 X refused: INSUFFICIENT_CASH"],
  ]) {
    assert.equal(sentence(made(), slice), text);
  }
});

test("watched values are in the units of then, where these differ from what is drawn", () => {
  const run = made({ "watched/_0": Float64Array.of(NaN, NaN, 20.5, 10, 10, 10) });
  const watched = factsAt(run, 2).find((section) => section.title === "Watched");
  assert.deepEqual(watched.rows, [["sma_3", "20.5"]]);
});
