import assert from "node:assert/strict";
import test from "node:test";

import { assetBeside, assetControl, showAsset, stepAsset } from "../../../workbench/views/js/assets.js";

test("the asset beside another one, around the ends", () => {
  const assets = ["X", "Y", "Z"];
  for (const [asset, direction, found] of [["X", 1, "Y"], ["Z", 1, "X"], ["X", -1, "Z"], ["Z", -1, "Y"]]) {
    assert.equal(assetBeside({ asset, assets }, direction), found, `${asset} ${direction}`);
  }
});

test("a control only where there is something to choose, with every name as text", () => {
  assert.equal(assetControl({ about: { assets: ["X"] } }), "");
  assert.equal(assetControl({ about: {} }), "");
  const made = assetControl({ about: { assets: ["X", "<b>&"] } });
  assert.ok(made.includes("<option>X</option><option>&lt;b>&amp;</option>"));
  assert.ok(made.includes("aria-label="));
});

test("the control shows what is drawn", () => {
  const select = { value: "X" };
  showAsset(() => select, { about: { asset: "Y" } });
  assert.equal(select.value, "Y");
  showAsset(() => null, { about: { asset: "Y" } });
});

test("two quick steps go on by two, though the first asset is not drawn yet", () => {
  const select = { value: "X" };
  const run = { about: { asset: "X", assets: ["X", "Y", "Z"] } };
  assert.deepEqual([stepAsset(() => select, run, 1), stepAsset(() => select, run, 1)], ["Y", "Z"]);
});
