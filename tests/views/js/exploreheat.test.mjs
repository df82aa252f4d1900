// The map of a sweep: squares by their places, the nearest one, and how strong a level is drawn.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nearest, squaresOf, strength } from "../../../workbench/views/js/exploreheat.js";

test("squares stand at their places in order, and what was not run is a hole", () => {
  const columns = { "heat/x": Int32Array.of(4, 0, 4), "heat/y": Int32Array.of(1, 3, 3), "heat/z": Float64Array.of(0.5, -0.25, 1) };
  const { across, up, levels } = squaresOf(columns);
  assert.deepEqual([across, up], [[0, 4], [1, 3]]);
  assert.deepEqual(levels.map((row) => [...row]), [[NaN, 0.5], [-0.25, 1]]);
});

test("the nearest square of a place", () => {
  assert.deepEqual([0, 2, 3, 9].map((place) => nearest([0, 4, 8], place)), [0, 0, 1, 2]);
});

const LEVELS = [[1, -1, 2, 0.5], [-1, -1, 2, -0.5], [-2, -2, 1, -1], [0, -1, 1, 0], [3, 1, 5, 0.5], [1, 1, 1, 0.5]];
for (const [level, low, high, expected] of LEVELS) {
  test(`a level of ${level} from ${low} to ${high}`, () => assert.equal(strength(level, low, high), expected));
}
