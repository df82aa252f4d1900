import assert from "node:assert/strict";
import test from "node:test";

import { factsAt, sentence } from "../../../workbench/views/js/facts.js";
import { made } from "./made.mjs";

function rows(slice, title) {
  return factsAt(made(), slice).find((section) => section.title === title)?.rows;
}

test("prices are those that were paid then, not those that are drawn", () => {
  assert.deepEqual(rows(0, "X, USD")[3], ["Close", "20.00"]);
  assert.deepEqual(rows(2, "X, USD"), [
    ["Open", "10.00"], ["High", "11.00"], ["Low", "9.00"], ["Close", "11.00"], ["Volume", "1.50k"],
  ]);
  assert.deepEqual(rows(5, "X"), [["no bar", "–"]]);
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

test("the status line", () => {
  for (const [slice, text] of [
    [0, "1970-04-11"],
    [2, "1970-04-15: bought 100 X at 10"],
    [5, "1970-04-18: buy 9,000 X refused: INSUFFICIENT_CASH"],
  ]) {
    assert.equal(sentence(made(), slice), text);
  }
});
