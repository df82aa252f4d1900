import assert from "node:assert/strict";
import test from "node:test";

import { merged, mergedColumn, mergedRows } from "../../../workbench/views/js/merged.js";
import { heldFor, levelFor, strideFor } from "../../../workbench/views/js/moves.js";
import { Parts } from "../../../workbench/views/js/parts.js";
import { daysOf, partOf, sessionOf, wholeOf } from "../../../workbench/views/js/whole.js";
import { made } from "./made.mjs";

test("columns are merged by what they are", () => {
  const column = [NaN, 3, 1, 2, NaN, NaN, NaN, NaN, 5];
  for (const [how, expected] of [
    ["first", [3, NaN, 5]], ["last", [2, NaN, 5]], ["max", [3, NaN, 5]], ["min", [1, NaN, 5]], ["sum", [6, NaN, 5]],
  ]) {
    assert.deepEqual([...mergedColumn(column, 4, how)], expected, how);
  }
});

test("merged bars are true bars", () => {
  const coarse = merged(made());
  const { open, high, low, close, volume } = coarse.slices;
  assert.deepEqual([open, high, low, close, volume].map((column) => [...column]), [
    [10, 10], [11, 11], [9, 9], [9.9, 10.45], [1515, 5],
  ]);
  assert.deepEqual([...coarse.drawdown], [made().drawdown[3], made().drawdown[4]]);
  assert.deepEqual([...coarse.holding], [100, 0]);
  assert.equal(coarse.times[1], 106 * 86_400);
  assert.deepEqual(coarse.marks, [{ row: 0, isBuy: true, tone: "gain" }, { row: 1, isBuy: false, tone: "loss" }]);
});

test("the bar at the cursor has nothing that came later", () => {
  const run = made();
  const { parts } = Object.assign(run, { parts: Parts.whole(run) });
  parts.here.push(new Map());
  for (const [slice, close, high, volume] of [[0, 10, 11, 5], [2, 11, 11, 1510], [3, 9.9, 11, 1515], [4, 10.45, 11, 5]]) {
    const { part, row } = parts.upTo(1, slice);
    assert.deepEqual([part.slices.close[row], part.slices.high[row], part.slices.volume[row]], [close, high, volume], `${slice}`);
  }
  assert.deepEqual(parts.marks(1, 0, 1), []);
  assert.deepEqual(parts.marks(1, 0, 3).map(({ row, tone }) => [row, tone]), [[0, "gain"]]);
  assert.deepEqual(parts.marks(0, 3, 5).map(({ row, tone }) => [row, tone]), [[4, "loss"]]);
  assert.deepEqual(mergedRows([parts.at(0, 1), parts.at(0, 2)]).slices.equity[0], 1100);
});

/** A run of 40 slices in parts of 8, of which the tests put in what they ask for. */
function long() {
  const asked = [];
  const parts = new Parts(40, 8, 3, (places) => asked.push(places.map(String).join(" ")));
  const put = (...places) => places.forEach(([level, number]) => parts.put(level, number, { number }));
  return { parts, asked, put };
}

test("what is not here is asked for once, and the latest wish next", () => {
  const { parts, asked, put } = long();
  assert.equal(parts.at(0, 9), null);
  assert.equal(parts.want([[0, 1]]), false);
  assert.equal(parts.want([[0, 2]]), false);
  assert.equal(parts.want([[0, 3], [1, 0]]), false);
  parts.expect([[0, 4]]);
  assert.deepEqual(asked, ["0,1"]);
  put([0, 1]);
  assert.deepEqual(asked, ["0,1", "0,3 1,0"]);
  put([0, 3], [1, 0]);
  assert.equal(parts.want([[0, 3], [1, 0]]), true);
  assert.deepEqual(parts.at(0, 9), { part: { number: 1 }, row: 1 });
  parts.expect([[0, 4]]);
  assert.deepEqual(asked.at(-1), "0,4");
});

test("who was not answered may ask again", () => {
  const { parts, asked } = long();
  parts.want([[0, 1]]);
  parts.want([[0, 1]]);
  assert.deepEqual(asked, ["0,1"]);
  parts.forget();
  parts.want([[0, 1]]);
  assert.deepEqual(asked, ["0,1", "0,1"]);
});

test("few parts are kept, and always those that are needed", () => {
  const { parts, put } = long();
  parts.want([[0, 0], [0, 1]]);
  put([0, 0], [0, 1], [0, 2], [0, 3], [0, 4]);
  assert.deepEqual([...parts.here[0].keys()].sort(), [0, 1, 3, 4]);
});

test("a part that has come is not let go of at once", () => {
  const { parts, put } = long();
  parts.want([[0, 0], [0, 1]]);
  put([0, 0], [0, 1], [0, 2], [0, 3]);
  put([0, 4]);
  assert.ok(parts.part(0, 4));
});

test("parts that a picture needs, and those beside it", () => {
  const { parts } = long();
  assert.deepEqual(parts.places(0, 8, 20), [[0, 1], [0, 2]]);
  assert.deepEqual(parts.places(2, 0, 39), [[0, 4], [1, 1], [2, 0]]);
  for (const [level, slice, beside] of [
    [0, 21, [[0, 3]]], [0, 17, [[0, 0]]], [0, 39, []], [0, 1, []], [1, 31, [[0, 4], [1, 1]]],
  ]) {
    assert.deepEqual(parts.beside(level, slice), beside, `${level} ${slice}`);
  }
});

test("bars become coarser late and finer late", () => {
  for (const [sight, back, level, found] of [
    [500, 500, 0, 0], [641, 641, 0, 1], [2000, 2000, 1, 1], [1537, 1500, 2, 2], [384, 384, 1, 0], [385, 385, 1, 1],
    [100_000, 100_000, 0, 3], [100, 20_000, 0, 2], [100, 4096, 0, 0], [10, 10, 3, 0],
  ]) {
    assert.equal(levelFor({ sight, back }, level, 4), found, `${sight} ${back} ${level}`);
  }
});

test("little more is held than is seen", () => {
  for (const [sight, stride, most] of [
    [0, 64, 128], [128, 64, 288], [129, 128, 417.25], [640, 512, 1824], [5000, 1024, 8298],
  ]) {
    assert.deepEqual([strideFor(sight), heldFor(sight)], [stride, most], `${sight}`);
  }
});

test("the last slice of each session, and the session of a slice", () => {
  const days = daysOf(Int32Array.of(100, 100, 104));
  assert.deepEqual(days, { session: [100, 104], last: [1, 2] });
  assert.deepEqual([0, 1, 2].map((slice) => sessionOf({ days }, slice)), [100, 100, 104]);
});

test("a long run knows where something happened before any part is here", () => {
  const about = { name: "Cross", daily: true, layers: [], parts: { count: 40, size: 8, levels: 3 } };
  const columns = { "days/session": [1, 2], "days/last": [19, 39], "fill/slice": [3, 30], "refusal/slice": [] };
  const run = wholeOf({ about, columns, texts: {} });
  assert.deepEqual([run.count, run.first, run.last, run.stops.fill, run.stops.difference], [40, 0, 39, [3, 30], []]);
  assert.deepEqual(run.parts.outline(0, 39), []);
});

test("a part goes on from the peak before it", () => {
  const columns = { "slices/time": [5, 6], "slices/session": [100, 100], "slices/equity": Float64Array.of(90, 120) };
  const part = partOf({ about: { daily: false, layers: [] } }, { about: { peak: 100 }, columns: { ...columns, "fills/slice": [] }, texts: {} });
  assert.deepEqual([...part.drawdown], [90 / 100 - 1, 0]);
});
