// A message is sent by whatever the host has for it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sender } from "../../../workbench/views/js/hosts.js";

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
