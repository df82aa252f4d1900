import assert from "node:assert/strict";
import test from "node:test";

import { clock, day, fixed, number, percent, short, value } from "../../../workbench/views/js/format.js";
import { keysOf, meant } from "../../../workbench/views/js/keys.js";
import { levels } from "../../../workbench/views/js/scrub.js";
import { faded } from "../../../workbench/views/js/theme.js";

test("numbers as text", () => {
  for (const [found, text] of [
    [fixed(1234.5, 2), "1,234.50"],
    [fixed(NaN, 2), "–"],
    [number(1200, 8), "1,200"],
    [number(0.125, 8), "0.125"],
    [value(-44.63051), "-44.6305"],
    [value(0.00012345), "0.00012345"],
    [value(1234567.8), "1,234,568"],
    [short(79_260_000), "79.26M"],
    [short(950), "950"],
    [percent(-0.398), "-39.80%"],
    [day(14_162), "2008-10-10"],
    [clock(14_162 * 86_400 + 52_200), "2008-10-10 14:30"],
    [clock(14_162 * 86_400 + 52_201), "2008-10-10 14:30:01"],
  ]) {
    assert.equal(found, text);
  }
});

test("every key has one meaning, and those with Ctrl belong to the page", () => {
  const kinds = [{}, { rival: "b" }, { hidden: true }, { assets: ["X", "Y"] }, { rival: "b", assets: ["X", "Y"] }];
  for (const about of kinds) {
    const table = keysOf({ about });
    const keys = table.flatMap((each) => each.keys);
    assert.equal(new Set(keys).size, keys.length);
    assert.ok(table.every(({ shown, text }) => shown && text));
  }
  const plain = keysOf({ about: {} });
  assert.equal(meant({ key: "ArrowRight" }, plain), "forward");
  assert.equal(meant({ key: "ArrowRight", ctrlKey: true }, plain), null);
  assert.equal(meant({ key: "x" }, plain), null);
});

test("what only some replays can do takes its keys, and what had them keeps another one", () => {
  for (const [about, key, does] of [
    [{}, "n", "nextTrade"],
    [{}, "f", "nextTrade"],
    [{ rival: "b" }, "n", "nextDifference"],
    [{ rival: "b" }, "f", "nextTrade"],
    [{}, "ArrowUp", "faster"],
    [{ hidden: true }, "ArrowUp", "goLong"],
    [{ hidden: true }, ">", "faster"],
    [{ assets: ["X"] }, "a", null],
    [{ assets: ["X", "Y"] }, "a", "nextAsset"],
  ]) {
    assert.equal(meant({ key }, keysOf({ about })), does, JSON.stringify([about, key]));
  }
  const shown = keysOf({ about: { rival: "b" } }).find(({ does }) => does === "nextTrade").shown;
  assert.equal(shown, "f");
});

test("a curve as levels", () => {
  assert.deepEqual(levels([10, 20, 30], 3), [0, 0.5, 1]);
  assert.deepEqual(levels([5, 5], 2), [0.5, 0.5]);
});

test("a colour with another opacity", () => {
  assert.equal(faded("rgb(1, 2, 3)", 0.5), "rgba(1, 2, 3, 0.5)");
  assert.equal(faded("rgba(1, 2, 3, 0.87)", 0.1), "rgba(1, 2, 3, 0.1)");
});
