// A replay in a page of its own, where no notebook calls: the page has the columns of its assets as text in it.

import { unpack } from "./packed.js";
import { runOf } from "./run.js";

/** Shows the replay of the page, if the page is one. */
export async function startPage(show) {
  const element = globalThis.document?.querySelector("main.wb-replay-page");
  if (!element) return;
  const blocks = [...document.querySelectorAll(".wb-replay-data")];
  const assets = blocks.map((block) => block.dataset.asset);
  const read = async (asset) => withAssets(await runOfText(blocks[assets.indexOf(asset)].textContent), assets);
  const asked = async (asset) => replay.replace(await read(asset));
  const replay = show(element, await read(assets[0]), { asked });
  replay.go(Number(element.dataset.cursor));
}

async function runOfText(text) {
  return runOf(await unpack(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))));
}

/** Only the assets that the page has can be chosen, in the order of the run. */
function withAssets(run, assets) {
  run.about.assets = run.about.assets.filter((asset) => assets.includes(asset));
  return run;
}
