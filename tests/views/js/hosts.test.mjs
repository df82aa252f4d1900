// A message is sent by whatever the host has for it, and a widget that a busy page gave up hears all the same.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hearing, leaving, sender } from "../../../workbench/views/js/hosts.js";

const HOSTS = [
  ["a notebook", (heard) => [{ send: (content) => heard.push(content) }, undefined]],
  ["Panel", (heard) => [{}, { model_proxy: { send_msg: (content) => heard.push(content) } }]],
];

for (const [name, host] of HOSTS) {
  test(`sends in ${name}`, () => {
    const heard = [];
    sender(...host(heard))({ ask: "what" });
    assert.deepEqual(heard, [{ ask: "what" }]);
  });
}

test("in Panel it is tried again while nothing can be sent", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const heard = [];
  let isReady = false;
  const send = (content) => {
    if (!isReady) throw new Error("not serializable");
    heard.push(content);
  };
  sender({}, { model_proxy: { send_msg: send } })({ ask: "what" });
  context.mock.timers.tick(100);
  assert.deepEqual(heard, []);
  isReady = true;
  context.mock.timers.tick(100);
  assert.deepEqual(heard, [{ ask: "what" }]);
});

test("in Panel what can never be sent is told", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const send = () => {
    throw new Error("closed");
  };
  sender({}, { model_proxy: { send_msg: send } })({ ask: "what" });
  const wait = () => Array.from({ length: 60 }, () => context.mock.timers.tick(100));
  assert.throws(wait, /closed/);
});

/** A widget in a notebook, of which anywidget waits until it is ready, and what is said on its comm. */
function made(ready) {
  const sent = [];
  class Every {
    async _handle_comm_msg({ content }) {
      if (content.data.method) sent.push(content.data);
    }
  }
  class Waiting extends Every {
    async _handle_comm_msg(told) {
      await ready;
      return super._handle_comm_msg(told);
    }
  }
  const widget = new Waiting();
  let heard = widget._handle_comm_msg.bind(widget);
  widget.comm = { on_msg: (call) => (heard = call), send: (content) => sent.push(content) };
  widget.callbacks = () => ({});
  const model = { get: () => "own", widget_manager: { get_model: async (id) => (id === "own" ? widget : null) } };
  return { model, sent, say: (method) => heard({ content: { data: { method } } }) };
}

test("a widget that is ready is left as it is", async () => {
  const { model, sent, say } = made(Promise.resolve());
  await hearing(model);
  await say("update");
  assert.deepEqual(sent, [{ method: "update" }]);
});

test("a widget that was given up hears, and asks for what it has missed", async () => {
  const { model, sent, say } = made(Promise.reject(new Error("Failed to initialize model.")));
  await assert.rejects(say("update"));
  await hearing(model);
  await say("custom");
  assert.deepEqual(sent, [{ method: "request_state" }, { method: "custom" }]);
});

const DEAF = [
  ["without a manager, as in Panel", { get: () => "" }],
  ["without a kernel, as in a saved page", { get: () => "", widget_manager: { get_model: async () => ({}) } }],
];

for (const [name, model] of DEAF) {
  test(`nothing is to be heard ${name}`, async () => assert.equal(await hearing(model), undefined));
}

for (const [name, before, after, expected] of [
  ["still there", true, true, false],
  ["gone meanwhile", true, false, true],
  ["not there yet, as in a notebook", false, false, false],
  ["put in meanwhile", false, true, false],
]) {
  test(`an element is ${name}`, () => {
    const element = { isConnected: before };
    const isGone = leaving(element);
    element.isConnected = after;
    assert.equal(isGone(), expected);
  });
}
