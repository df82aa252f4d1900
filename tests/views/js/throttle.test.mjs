// When moves are sent: at once, at most every 100 ms without an answer, and the newest last. The clock is ours.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Throttle } from "../../../workbench/views/js/throttle.js";

function made() {
  const clock = { time: 0, timers: [], now: () => clock.time, later: (call, wait) => clock.timers.push({ call, at: clock.time + wait }) };
  clock.pass = (ms) => {
    clock.time += ms;
    clock.timers.splice(0).forEach((timer) => (timer.at <= clock.time ? timer.call() : clock.timers.push(timer)));
  };
  const sent = [];
  return { clock, sent, throttle: new Throttle((wish) => sent.push(wish), 100, clock) };
}

test("the first is sent at once", () => {
  const { sent, throttle } = made();
  throttle.ask(1);
  assert.deepEqual(sent, [1]);
  assert.equal(throttle.isWaiting, false);
});

test("without an answer the newest follows after the wait, and none between", () => {
  const { clock, sent, throttle } = made();
  [1, 2, 3].forEach((wish) => throttle.ask(wish));
  clock.pass(60);
  throttle.ask(4);
  assert.deepEqual(sent, [1]);
  assert.equal(throttle.isWaiting, true);
  clock.pass(40);
  assert.deepEqual(sent, [1, 4]);
  clock.pass(500);
  assert.deepEqual(sent, [1, 4]);
});

test("an answer lets the newest go at once", () => {
  const { clock, sent, throttle } = made();
  throttle.ask(1);
  throttle.ask(2);
  clock.pass(30);
  throttle.answered();
  assert.deepEqual(sent, [1, 2]);
});

test("after an answer the next is sent at once", () => {
  const { clock, sent, throttle } = made();
  throttle.ask(1);
  clock.pass(10);
  throttle.answered();
  throttle.ask(2);
  assert.deepEqual(sent, [1, 2]);
});

test("a timer that is no longer needed sends nothing twice", () => {
  const { clock, sent, throttle } = made();
  throttle.ask(1);
  throttle.ask(2);
  throttle.answered();
  throttle.ask(3);
  clock.pass(100);
  assert.deepEqual(sent, [1, 2, 3]);
  clock.pass(100);
  assert.deepEqual(sent, [1, 2, 3]);
});
