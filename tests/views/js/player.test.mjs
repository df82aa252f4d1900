// A clock by hand: what a browser would call at each frame is called here with the times of the test.

import assert from "node:assert/strict";
import test from "node:test";

import { Player } from "../../../workbench/views/js/player.js";

function played({ speed, frames, left = Infinity }) {
  const steps = [];
  const changes = [];
  let due = null;
  const step = (n) => {
    steps.push(n);
    left -= n;
    return left > 0;
  };
  const player = new Player(step, (isPlaying) => changes.push(isPlaying), (call) => { due = call; });
  player.speed = speed;
  player.start();
  for (const now of frames) {
    const call = due;
    due = null;
    call?.(now);
  }
  return { steps, changes, player };
}

test("one bar a second takes sixty frames of a sixtieth", () => {
  const frames = Array.from({ length: 62 }, (_, i) => (i * 1000) / 60);
  assert.deepEqual(played({ speed: 1, frames }).steps, [1]);
});

test("a thousand bars a second, in frames of 16 ms", () => {
  assert.deepEqual(played({ speed: 1000, frames: [0, 16, 32] }).steps, [16, 16]);
});

test("time that was not enough for a bar is kept", () => {
  assert.deepEqual(played({ speed: 25, frames: [0, 30, 60, 90, 120] }).steps, [1, 1, 1]);
});

test("a hidden tab does not jump when it comes back", () => {
  assert.deepEqual(played({ speed: 100, frames: [0, 60_000] }).steps, [25]);
});

test("it stops at the end and says so", () => {
  const { steps, changes, player } = played({ speed: 1000, frames: [0, 10, 20, 30], left: 12 });
  assert.deepEqual(steps, [10, 10]);
  assert.deepEqual(changes, [true, false]);
  assert.equal(player.isPlaying, false);
});

test("toggle starts and stops", () => {
  const { player } = played({ speed: 1, frames: [] });
  player.toggle();
  assert.equal(player.isPlaying, false);
  player.stop();
  player.toggle();
  assert.equal(player.isPlaying, true);
});
