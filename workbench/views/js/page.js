// A replay in a page of its own, where no notebook calls: the page has the columns as text in it.

import { unpack } from "./packed.js";
import { partOf, wholeOf } from "./whole.js";

/** Shows the replay of the page, if the page is one. */
export async function startPage(show) {
  const element = globalThis.document?.querySelector("main.wb-replay-page");
  if (!element) return;
  const run = wholeOf(await textOf("data"), (places) => places.forEach(bring));
  async function bring([level, number]) {
    run.parts.put(level, number, partOf(run, await textOf(`${level}-${number}`)));
  }
  for (const place of JSON.parse(element.dataset.parts)) await bring(place);
  show(element, run).go(Number(element.dataset.cursor));
}

/** A block that is in the page. */
async function textOf(name) {
  const text = document.getElementById(`wb-replay-${name}`).textContent;
  return unpack(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
}
