// The list of saved runs: what fits, in which order, and its little curves.

import assert from "node:assert/strict";
import { test } from "node:test";

import { found, spark } from "../../../workbench/views/apps/shelf.js";

const row = (name, strategy, first, last, figures, more = {}) => ({ name, strategy, parameters: "fast=20", assets: "AAPL", first, last, figures, ...more });
const ROWS = [
  row("b", "Cross", "2001-01-02", "2005-12-30", { sharpe: 0.5, total_return: 0.1 }),
  row("a", "Cross", "2006-01-03", "2013-03-01", { sharpe: null, total_return: 2 }),
  { name: "torn", trouble: "it is cut" },
  row("C", "Dip", "2004-01-02", "2007-12-31", { sharpe: 1.5, total_return: -0.2 }, { assets: "IBM" }),
];

const CASES = [
  ["nothing is sought", {}, ["a", "b", "C", "torn"]],
  ["names the other way round; torn ones stay last", { isDown: true }, ["C", "b", "a", "torn"]],
  ["by a figure, undefined ones after the others", { by: "sharpe" }, ["b", "C", "a", "torn"]],
  ["by a figure, highest first", { by: "sharpe", isDown: true }, ["C", "b", "a", "torn"]],
  ["every word in any of its texts", { text: "ibm FAST=20" }, ["C"]],
  ["a word that is nowhere", { text: "ibm nowhere" }, []],
  ["a torn one by its name", { text: "tor" }, ["torn"]],
  ["one strategy", { strategy: "Cross" }, ["a", "b"]],
  ["what was still running from a date on", { first: "2006-06-01" }, ["a", "C"]],
  ["what had begun by a date", { last: "2005-06-01" }, ["b", "C"]],
  ["a date at its edges", { first: "2005-12-30", last: "2006-01-03" }, ["a", "b", "C"]],
  ["at least, with the bound itself", { ranges: [{ figure: "sharpe", least: 0.5, most: "" }] }, ["b", "C"]],
  ["at most", { ranges: [{ figure: "sharpe", least: "", most: 1 }] }, ["b"]],
  ["two ranges at once", { ranges: [{ figure: "sharpe", least: 0 }, { figure: "total_return", least: 0 }] }, ["b"]],
  ["a bound of nought is a bound", { ranges: [{ figure: "total_return", least: 0, most: "" }] }, ["a", "b"]],
  ["a range without bounds", { ranges: [{ figure: "sharpe", least: "", most: "" }] }, ["a", "b", "C", "torn"]],
];

for (const [name, sought, expected] of CASES) {
  test(`found: ${name}`, () => assert.deepEqual(found(ROWS, sought).map((each) => each.name), expected));
}

test("numbers in names are numbers", () => {
  const named = ["run-10", "run-9", "Run-8"].map((name) => row(name, "Cross", "", "", {}));
  assert.deepEqual(found(named, {}).map((each) => each.name), ["Run-8", "run-9", "run-10"]);
});

test("what is sought changes nothing in the rows", () => {
  const before = ROWS.map((each) => each.name);
  found(ROWS, { by: "sharpe", isDown: true });
  assert.deepEqual(ROWS.map((each) => each.name), before);
});

const CURVES = [
  ["it rises and falls", [1, 3, 2], { line: "M0.0 20.0L50.0 0.0L100.0 10.0", level: "20.0" }],
  ["it is level", [1, 1], { line: "M0.0 10.0L100.0 10.0", level: "10.0" }],
  ["it is one point", [1], { line: "M0.0 10.0", level: "10.0" }],
];

for (const [name, values, expected] of CURVES) test(`spark: ${name}`, () => assert.deepEqual(spark(values, 100, 20), expected));
