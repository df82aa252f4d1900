import assert from "node:assert/strict";
import test from "node:test";

import { hasRival, parts, rivalFacts, rivalSentence } from "../../../workbench/views/js/compare.js";
import { factsAt, sentence } from "../../../workbench/views/js/facts.js";
import { marker, marksIn, mergedMarks } from "../../../workbench/views/js/marks.js";
import { made, madeDuel } from "./made.mjs";

const COLOURS = { gain: "green", loss: "red", accent: "blue", muted: "grey", warn: "orange" };

test("a run alone has nothing beside it", () => {
  assert.equal(hasRival(made()), false);
  assert.deepEqual(rivalFacts(made(), 2), []);
  assert.deepEqual(made().stops.difference, []);
});

test("the second run at each slice of the first: equity, what is more, what it holds, what it filled", () => {
  const title = "late, against early";
  for (const [slice, rows] of [
    [1, [["Equity", "1,000.00"], ["Difference", "0.00", ""], ["Held", "nothing"]]],
    [2, [["Equity", "1,000.00"], ["Difference", "-100.00", "down"], ["Held", "nothing"]]],
    [3, [["Equity", "1,010.00"], ["Difference", "+20.00", "up"], ["Held, X", "50"], ["bought 50 X", "at 11", "up"]]],
    [5, [["not running at this time", ""]]],
  ]) {
    assert.deepEqual(rivalFacts(madeDuel(), slice), [{ title, rows }], `${slice}`);
  }
  assert.ok(factsAt(madeDuel(), 3).some((section) => section.title === title));
});

test("the status line names whose fill it was", () => {
  assert.equal(rivalSentence(madeDuel(), 3), "late: bought 50 X at 11");
  assert.equal(sentence(madeDuel(), 3), "1970-04-16: late: bought 50 X at 11");
  assert.equal(sentence(madeDuel(), 4), "1970-04-17: sold 100 X at 10.45, fee 1.50, ambiguous; late: sold 50 X at 10.45");
});

test("where the two part is where to stop", () => {
  assert.deepEqual(madeDuel().stops.difference, [2, 3]);
  for (const [slice, asset, found] of [[2, "X", true], [3, "X", true], [4, "X", false], [2, "Y", false]]) {
    assert.equal(parts(madeDuel(), slice, asset), found, `${slice} ${asset}`);
  }
});

test("what the second run holds in each slice", () => {
  assert.deepEqual([...madeDuel().rival.holding], [0, 0, 0, 50, 0, 0]);
  assert.deepEqual([...made().holding], [0, 0, 100, 100, 0, 0]);
});

test("of one run the colour of a fill tells its side, of two whose it was", () => {
  const told = (run) => marksIn(run).map((mark) => marker(mark, 0, COLOURS)).map(({ color, shape }) => `${color} ${shape}`);
  assert.deepEqual(told(made()), ["green arrowUp", "red arrowDown"]);
  assert.deepEqual(told(madeDuel()), ["blue arrowUp", "orange arrowUp", "grey arrowDown"]);
});

test("in merged bars each mark stands once", () => {
  const marks = [[0, true, "gain"], [2, true, "gain"], [3, false, "loss"], [5, true, "gain"]];
  const merged = mergedMarks(marks.map(([row, isBuy, tone]) => ({ row, isBuy, tone })), 4);
  assert.deepEqual(merged.map(({ row, tone }) => [row, tone]), [[0, "gain"], [0, "loss"], [1, "gain"]]);
});
