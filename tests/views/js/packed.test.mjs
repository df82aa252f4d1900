// The block is put together here by hand, byte by byte, and must come apart again.

import assert from "node:assert/strict";
import test from "node:test";

import { unpack } from "../../../workbench/views/js/packed.js";
import { block as made } from "./block.mjs";

function block(columns, bytes, magic, plain) {
  return made({ about: { asset: "Ä" }, columns, bytes, magic, plain });
}

test("what is not deflated", async () => {
  const found = await unpack(block([{ name: "a", type: "i4", length: 2 }], [1, 2, 0, 0, 0, 0, 0, 0], "WBP1", true));
  assert.deepEqual([...found.columns.a], [1, 2]);
});

test("whole numbers, texts and an empty column", async () => {
  // 1 and -2 as little-endian int32 are 01 00 00 00 and fe ff ff ff; apart: 01 fe, 00 ff, 00 ff, 00 ff.
  const told = [
    { name: "side", type: "i4", length: 2, texts: ["buy"] },
    { name: "none", type: "f8", length: 0 },
  ];
  const found = await unpack(block(told, [0x01, 0xfe, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff]));
  assert.deepEqual([...found.columns.side], [1, -2]);
  assert.equal(found.columns.none.length, 0);
  assert.deepEqual(found.texts, { side: ["buy"] });
  assert.deepEqual(found.about, { asset: "Ä" });
});

test("floats", async () => {
  // 1.5 is 3ff8 and then zeros, the last bytes first.
  const bytes = [0, 0, 0, 0, 0, 0, 0xf8, 0x3f];
  const found = await unpack(block([{ name: "close", type: "f8", length: 1 }], bytes));
  assert.deepEqual([...found.columns.close], [1.5]);
});

test("a view into a larger buffer, as a widget hands it over", async () => {
  const whole = block([{ name: "a", type: "i4", length: 1 }], [7, 0, 0, 0]);
  const larger = Buffer.concat([Buffer.alloc(3), whole]);
  const view = new DataView(larger.buffer, larger.byteOffset + 3, whole.length);
  assert.deepEqual([...(await unpack(view)).columns.a], [7]);
});

test("another version is refused", async () => {
  await assert.rejects(unpack(block([], [], "WBP9")), /WBP9 is not WBP1/);
});

test("decimals, and what is missing among them", async () => {
  // 150 / 100 and the least integer, whose bytes are 96 00 00 00 and 00 00 00 80.
  const bytes = [0x96, 0, 0, 0, 0, 0, 0, 0x80];
  const found = await unpack(block([{ name: "close", type: "i4", length: 2, over: 100 }], bytes));
  assert.ok(found.columns.close instanceof Float64Array);
  assert.deepEqual([...found.columns.close], [1.5, NaN]);
});
