import assert from "node:assert/strict";
import test from "node:test";

import { drawdowns, heldOf, lowerBound, rowsAt, spansAt } from "../../../workbench/views/js/run.js";
import { made } from "./made.mjs";

test("places in a rising column", () => {
  const column = [1, 3, 3, 7];
  for (const [value, place] of [[0, 0], [1, 0], [2, 1], [3, 1], [4, 3], [7, 3], [8, 4]]) {
    assert.equal(lowerBound(column, value), place, `${value}`);
  }
});

test("drawdown is what is missing to the peak so far", () => {
  assert.deepEqual([...drawdowns([100, 120, 90, 150])], [0, 0, -0.25, 0]);
});

test("rows and spans of a slice", () => {
  const run = made();
  assert.deepEqual(rowsAt(run.fills, 2), [0]);
  assert.deepEqual(rowsAt(run.fills, 3), []);
  assert.deepEqual(rowsAt(run.fills, 4), [1]);
  for (const [slice, rows] of [[2, []], [3, [0]], [4, []]]) assert.deepEqual(spansAt(run.working, slice), rows);
});

test("stops are the slices with fills and with refusals", () => {
  assert.deepEqual(made().stops, { fill: [2, 4], refusal: [5], difference: [] });
});

test("what is held lasts until the slice in which it is gone", () => {
  assert.deepEqual([...heldOf(made())], [0, 0, 100, 100, 0, 0]);
});

test("daily bars stand at their session, shorter ones at their own time, no two at one", () => {
  assert.equal(made().times[2], 104 * 86_400);
  const two = made({ "slices/session": Int32Array.of(100, 100, 104, 105, 106, 107) });
  assert.ok(two.times[1] > two.times[0]);
});
