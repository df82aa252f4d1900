import assert from "node:assert/strict";
import test from "node:test";

import {
  SPEEDS, firstHeld, nextStop, placeOfDay, previousStop, speedBeside, within,
} from "../../../workbench/views/js/moves.js";

test("a place stays within the run", () => {
  for (const [place, found] of [[-5, 0], [3, 3], [9, 4], [1.6, 2]]) assert.equal(within(place, 5), found);
});

test("the stops beside a place", () => {
  const stops = [3, 7];
  const cases = [[0, 3, null], [3, 7, null], [5, 7, 3], [7, null, 3], [9, null, 7]];
  for (const [place, next, previous] of cases) {
    assert.deepEqual([nextStop(stops, place), previousStop(stops, place)], [next, previous], `${place}`);
  }
});

test("a day is the last slice at or before its end", () => {
  const days = { session: [100, 103], last: [1, 2] }; // 1970-04-11 twice, 1970-04-14
  const cases = [["1970-04-11", 1], ["1970-04-12", 1], ["1970-04-14", 2], ["2000-01-01", 2], ["1969-01-01", 0]];
  for (const [day, place] of cases) assert.equal(placeOfDay(days, day), place, day);
  assert.equal(placeOfDay(days, ""), null);
});

test("speeds from 1 to 1000, and none beyond", () => {
  assert.deepEqual([SPEEDS[0], SPEEDS.at(-1)], [1, 1000]);
  for (const [speed, direction, found] of [[10, 1, 25], [10, -1, 5], [1, -1, 1], [1000, 1, 1000]]) {
    assert.equal(speedBeside(speed, direction), found);
  }
});

test("what the chart holds begins before what is in sight, in steps", () => {
  for (const [bar, sight, first] of [
    [0, 100, 0], [124, 100, 0], [189, 100, 64], [252, 100, 64], [253, 100, 128], [5000, 171, 4736], [900, 640, 0],
    [1311, 640, 0], [1312, 640, 512], [1823, 640, 512],
  ]) {
    assert.equal(firstHeld(bar, sight), first, `${bar} ${sight}`);
  }
});
