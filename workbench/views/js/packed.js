// Reads what workbench/views/replay/packing.py writes: named columns of numbers behind a short head.
//
// The one idea: each column lies apart by the place of its bytes, so reading one is putting them together again.

const MAGIC = "WBP1";
const NONE = -(2 ** 31);
const TYPES = { f8: Float64Array, i4: Int32Array };

/** The head and the columns by name; a column of texts gives numbers, and `texts[name]` what they stand for. */
export async function unpack(block) {
  const bytes = new Uint8Array(block.buffer ?? block, block.byteOffset ?? 0, block.byteLength);
  const magic = new TextDecoder().decode(bytes.subarray(0, 4));
  if (magic !== MAGIC) throw new Error(`these are no columns of this version: ${magic} is not ${MAGIC}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset + 4, 4).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const rest = bytes.subarray(8 + length);
  const body = head.plain ? rest : await inflated(rest);
  return { about: head.about, ...columnsOf(head.columns, body) };
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function columnsOf(told, body) {
  const columns = {};
  const texts = {};
  let at = 0;
  for (const { name, type, length, over, texts: known } of told) {
    const column = new TYPES[type](length);
    const size = column.BYTES_PER_ELEMENT * length;
    together(body.subarray(at, at + size), new Uint8Array(column.buffer), length);
    columns[name] = over ? Float64Array.from(column, (whole) => (whole === NONE ? NaN : whole / over)) : column;
    if (known) texts[name] = known;
    at += size;
  }
  return { columns, texts };
}

function together(apart, into, length) {
  const width = length ? into.length / length : 0;
  for (let place = 0; place < width; place++) {
    for (let i = 0, to = place, from = place * length; i < length; i++, to += width, from++) into[to] = apart[from];
  }
}
