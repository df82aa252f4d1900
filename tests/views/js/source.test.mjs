// Answers that come late, for a widget and for a page: what is shown is what was asked for last.

import assert from "node:assert/strict";
import test from "node:test";

import { startPage } from "../../../workbench/views/js/page.js";
import { Source } from "../../../workbench/views/js/source.js";
import { outline } from "./block.mjs";

/** A model whose traits are set as Python or the browser sets them; `heard` waits until all who hear of it are done. */
function made(asset) {
  const traits = { data: outline("X"), asset };
  const calls = {};
  return {
    get: (name) => traits[name],
    on: (event, call) => (calls[event] = call),
    set: (given) => Object.assign(traits, given),
    heard: (name) => calls[`change:${name}`]?.(),
  };
}

const ANSWERS = [
  ["the one that was asked for", "Y", [["Y", "Y"]], ["Y"]],
  ["a late one is ignored, the last one is shown", "Z", [["Y", "Z"], ["Z", "Z"]], ["Z"]],
  ["back to the first before the second has come", "X", [["Y", "X"], ["X", "X"]], ["X"]],
  ["the next cell has set another one", "Y", [["W", "W"], ["Y", "Y"]], ["W", "Y"]],
  ["a host that has no such trait", undefined, [["Y", undefined]], ["Y"]],
];

for (const [name, asked, answers, expected] of ANSWERS) {
  test(`answers: ${name}`, async () => {
    const model = made(asked);
    const shown = [];
    new Source(model).changed(({ about }) => shown.push(about.asset));
    for (const [asset, wanted] of answers) {
      model.set({ data: outline(asset), asset: wanted });
      await model.heard("data");
    }
    assert.deepEqual(shown, expected);
  });
}

test("an asset that is asked for while an answer is unpacked", async () => {
  const model = made("Y");
  const shown = [];
  new Source(model).changed(({ about }) => shown.push(about.asset));
  model.set({ data: outline("Y", { plain: false }) });
  const late = model.heard("data");
  model.set({ asset: "Z" });
  await late;
  assert.deepEqual(shown, []);
});

test("in a page the asset that was asked for last stays, however long another one takes", async (context) => {
  const assets = ["X", "Y", "Z"];
  const data = assets.map((asset) => {
    const textContent = outline(asset, { assets, plain: asset !== "Y" }).toString("base64");
    return { dataset: { asset, part: "" }, textContent };
  });
  globalThis.document = { querySelector: () => ({ dataset: { cursor: "0" } }), querySelectorAll: () => data };
  context.after(() => delete globalThis.document);
  const shown = [];
  let asked;
  const show = (_, run, told) => {
    asked = told.asked;
    return { go: () => shown.push(run.about.asset), replace: ({ about }) => shown.push(about.asset) };
  };
  await startPage(show);
  await Promise.all([asked("Y"), asked("Z")]);
  assert.deepEqual(shown, ["X", "Z"]);
});
