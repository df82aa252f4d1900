import assert from "node:assert/strict";
import test from "node:test";

import { Asking } from "../../../workbench/views/js/asking.js";

/** A replay and a model that note what is done to them. */
function made() {
  const sent = [];
  const elements = {};
  const find = (name) => (elements[name] ??= {
    hidden: true, dataset: {}, attributes: {}, textContent: "",
    setAttribute(key, value) { this.attributes[key] = value; },
    removeAttribute(key) { delete this.attributes[key]; },
  });
  let hears;
  const model = { on: (_, heard) => (hears = heard), off: () => (hears = null), send: (content) => sent.push(content) };
  const element = { classList: { toggle() {} } };
  const replay = { slice: 4, asking: null, element, find, tell() {} };
  const asking = new Asking(replay, model, model.send.bind(model));
  return { asking, replay, sent, find, answer: (content) => hears(content) };
}

test("the buttons are shown once a kernel has answered", () => {
  const { replay, sent, find, answer } = made();
  assert.deepEqual(sent, [{ ask: "what" }]);
  assert.equal(find(".wb-replay-ask").hidden, true);
  answer({ answer: "what" });
  assert.equal(find(".wb-replay-ask").hidden, false);
  assert.notEqual(replay.asking, null);
});

test("lines are asked for once for a bar, and follow the cursor while they are open", () => {
  const { asking, replay, sent, answer } = made();
  answer({ answer: "what" });
  asking.toggle();
  asking.rested();
  replay.slice = 5;
  asking.rested();
  answer({ answer: "why", slice: 5, notes: [], calls: [], rules: [], members: [] });
  asking.rested();
  asking.toggle();
  replay.slice = 6;
  asking.rested();
  assert.deepEqual(sent.slice(1), [{ ask: "why", slice: 4 }, { ask: "why", slice: 5 }]);
});

test("what was told of another run is forgotten", () => {
  const { asking, sent, find, answer } = made();
  asking.toggle();
  answer({ answer: "why", slice: 4, notes: [], calls: [], rules: [], members: [] });
  answer({ answer: "guard", slice: 4, tone: "up", text: "fine" });
  asking.forget();
  assert.equal(find(".wb-replay-badge").textContent, "");
  assert.deepEqual(sent.slice(1), [{ ask: "why", slice: 4 }, { ask: "why", slice: 4 }]);
});

test("one guard at a time, whose badge is about its bar", () => {
  const { asking, replay, sent, find, answer } = made();
  const badge = find(".wb-replay-badge");
  asking.guard();
  asking.guard();
  assert.deepEqual(sent.slice(1), [{ ask: "guard", slice: 4 }]);
  assert.deepEqual([badge.dataset.tone, find("[data-does=guard]").attributes["aria-busy"]], ["busy", "true"]);
  answer({ answer: "guard", slice: 4, tone: "down", text: "looks ahead" });
  assert.deepEqual([badge.dataset.tone, badge.textContent], ["down", "looks ahead"]);
  asking.rested();
  assert.equal(badge.textContent, "looks ahead");
  replay.slice = 5;
  asking.rested();
  assert.equal(badge.textContent, "");
});
