// A block as Python packs it, put together by hand: a head, and the bytes of its columns.

import { deflateSync } from "node:zlib";

export function block({ about = {}, columns = [], bytes = [], magic = "WBP1", plain = undefined }) {
  const head = Buffer.from(JSON.stringify({ about, columns, plain }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([Buffer.from(magic), length, head, plain ? Buffer.from(bytes) : deflateSync(Buffer.from(bytes))]);
}

/** The outline of a run of one slice whose parts are elsewhere. */
export function outline(asset, { assets = [asset], plain = true } = {}) {
  const names = ["days/session", "days/last", "fill/slice", "refusal/slice"];
  const about = { asset, assets, parts: { count: 1, size: 1, levels: 1 } };
  return block({ about, columns: names.map((name) => ({ name, type: "i4", length: 0 })), plain });
}
