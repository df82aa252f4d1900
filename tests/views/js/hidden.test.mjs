import assert from "node:assert/strict";
import test from "node:test";

import { factsAt } from "../../../workbench/views/js/facts.js";
import { Guess, scoreText, showGuess, stanceControls } from "../../../workbench/views/js/hidden.js";
import { made } from "./made.mjs";

// Closes of the made run: 10, 10, 11, 9.9, 10.45, none. Equity: 1000, 1000, 1100, 990, 1045, 1100.
const TOLD = { hidden: true, start: 1 };

function guess(given) {
  return new Guess(made({}, TOLD), given);
}

function near(found, expected) {
  assert.ok(Math.abs(found.own - expected[0]) < 1e-12, `own ${found.own}`);
  assert.ok(Math.abs(found.strategy - expected[1]) < 1e-12, `strategy ${found.strategy}`);
  assert.equal(found.bars, expected[2]);
}

test("scores by hand", () => {
  for (const [choices, slice, expected] of [
    [[], 4, [0, 0.045, 3]],
    [[1, 1], 2, [0.1, 0.1, 1]],
    [[1, 1], 3, [-0.01, -0.01, 2]], // 1.1 x 0.9
    [[1, 1, 2, -1], 3, [0.21, -0.01, 2]], // 1.1 x 1.1
    [[1, -1], 2, [-0.1, 0.1, 1]],
    [[4, 1], 5, [0, 0.1, 4]], // no bar
    [[1, 1], 1, [0, 0, 0]],
    [[1, 1], 0, [0, 0, 0]],
  ]) {
    near(guess({ seen: 5, choices }).score(slice), expected);
  }
});

test("only the newest bar can be decided on, and the last word counts", () => {
  const made = guess();
  made.choose(0, 1);
  assert.deepEqual(made.choices, []);
  made.choose(1, 1);
  made.choose(1, -1);
  assert.deepEqual(made.choices, [[1, -1]]);
  made.choose(1, 0); // what it was before
  assert.deepEqual(made.choices, []);
  made.choose(1, 1);
  made.reach(2);
  made.choose(1, 0);
  assert.deepEqual([made.choices, made.stance(1), made.stance(2), made.stance(0)], [[[1, 1]], 1, 1, 0]);
  made.choose(2, 1);
  assert.deepEqual(made.choices, [[1, 1]]);
});

test("the last bar of all has nothing to decide on", () => {
  const made = guess({ seen: 5 });
  assert.equal(made.isOpen(5), false);
  made.choose(5, 1);
  assert.deepEqual(made.choices, []);
});

test("going back hides nothing that was seen", () => {
  const made = guess();
  made.reach(4);
  made.reach(2);
  assert.deepEqual([made.seen, made.run.seen], [4, 4]);
});

test("choices come back from what Python keeps", () => {
  const before = guess();
  before.choose(1, -1);
  before.reach(3);
  const numbers = [before.packed.getInt32(0, true), before.packed.getInt32(4, true)];
  const after = guess({ seen: 3, choices: numbers });
  assert.deepEqual([after.choices, after.seen, after.score(3).bars], [[[1, -1]], 3, 2]);
  assert.equal(guess({ seen: 0 }).seen, 1);
});

test("what the strategy asks for at the newest bar is not told", () => {
  const run = made({}, TOLD);
  const titles = (slice) => factsAt(run, slice).map((section) => section.title);
  const playing = new Guess(run);
  assert.equal(titles(1).includes("Asked at this bar"), false);
  playing.reach(2);
  assert.equal(titles(1).includes("Asked at this bar"), true);
});

test("the score in words", () => {
  assert.equal(scoreText({ own: 0.032, strategy: -0.01, bars: 25 }), "You +3.20% without costs, strategy -1.00%, after 25 bars");
  assert.equal(scoreText({ own: 0, strategy: 0, bars: 1 }), "You 0.00% without costs, strategy 0.00%, after 1 bar");
});

test("controls only where bars are hidden; they show what is chosen and whether it can be changed", () => {
  assert.equal(stanceControls({ about: {} }), "");
  const html = stanceControls({ about: TOLD }, (does, label, shown) => `${does}:${label}:${shown};`);
  assert.ok(html.includes("goLong:Go long:Long;goFlat:Go flat:Flat;goShort:Go short:Short;"));
  const elements = {};
  const find = (selector) => (elements[selector] ??= { setAttribute(name, value) { this[name] = value; } });
  const playing = guess();
  playing.choose(1, 1);
  const pressed = (slice) => {
    showGuess(find, playing, slice);
    return ["Long", "Flat", "Short"].map((name) => elements[`[data-does=go${name}]`]["aria-pressed"]).join(" ");
  };
  assert.equal(pressed(1), "true false false");
  assert.equal(elements["[data-does=goFlat]"].disabled, false);
  assert.equal(pressed(0), "false true false");
  assert.equal(elements["[data-does=goFlat]"].disabled, true);
});
