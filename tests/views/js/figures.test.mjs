// Differences of figures: their unit, their sign, and whether they are for the better.

import assert from "node:assert/strict";
import { test } from "node:test";

import { difference, same, spelled } from "../../../workbench/views/js/figures.js";

const CASES = [
  ["percent", "high", 0.123, 0.1, { text: "+2.30 pp", tone: "up" }],
  ["percent", "low", 0.123, 0.1, { text: "+2.30 pp", tone: "down" }],
  ["percent", "high", -0.3, -0.25, { text: "−5.00 pp", tone: "down" }],
  ["percent", null, 0.5, 0.4, { text: "+10.00 pp", tone: "" }],
  ["ratio", "high", 0.5, 0.75, { text: "−0.25", tone: "down" }],
  ["ratio", "high", 0.501, 0.502, { text: "same", tone: "" }],
  ["money", "high", 123456.78, 100000, { text: "+23,456.78", tone: "up" }],
  ["count", null, 12, 20, { text: "−8", tone: "" }],
  ["ratio", "high", null, 1, null],
  ["ratio", "high", 1, null, null],
];

for (const [unit, better, now, then, expected] of CASES) {
  test(`${unit}, ${better} is better: ${now} against ${then}`, () => {
    assert.deepEqual(difference({ name: "it", unit, better }, { it: now }, { it: then }), expected);
  });
}

test("stamps of the same places are the same", () => {
  assert.equal(same({ fast: 1, slow: 2 }, { slow: 2, fast: 1 }), true);
  assert.equal(same({ fast: 1, slow: 2 }, { fast: 1, slow: 3 }), false);
  assert.equal(same({ fast: 1 }, {}), false);
});

test("parameters as they are written", () => assert.equal(spelled({ fast: "20", mode: "slow" }), "fast 20, mode slow"));
