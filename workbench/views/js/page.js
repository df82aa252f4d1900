// A replay in a page of its own, where no notebook calls: the page has the columns as text in it.

import { unpack } from "./packed.js";
import { runOf } from "./run.js";

/** Shows the replay of the page, if the page is one. */
export async function startPage(show) {
  const element = globalThis.document?.querySelector("main.wb-replay-page");
  if (!element) return;
  const text = document.getElementById("wb-replay-data").textContent;
  const block = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  show(element, runOf(await unpack(block))).go(Number(element.dataset.cursor));
}
