// A replay in a page of its own, where no notebook calls: the page has the columns of its assets as text in it.

import { unpack } from "./packed.js";
import { partOf, wholeOf } from "./whole.js";

/** Shows the replay of the page, if the page is one. */
export async function startPage(show) {
  const element = globalThis.document?.querySelector("main.wb-replay-page");
  if (!element) return;
  const blocks = [...document.querySelectorAll(".wb-replay-data")];
  const assets = [...new Set(blocks.map((block) => block.dataset.asset))];
  let wanted;
  const asked = async (asset) => {
    wanted = asset;
    const run = await runIn(blocks, assets, asset);
    if (asset === wanted) replay.replace(run); // Another asset may have been asked for meanwhile.
  };
  const replay = show(element, await runIn(blocks, assets, assets[0]), { asked });
  replay.go(Number(element.dataset.cursor));
}

/** The run of an asset; only the assets that the page has can be chosen, in the order of the run. */
async function runIn(blocks, assets, asset) {
  const blockOf = (part) => {
    const { textContent } = blocks.find(({ dataset }) => dataset.asset === asset && dataset.part === part);
    return unpack(Uint8Array.from(atob(textContent), (letter) => letter.charCodeAt(0)));
  };
  const bring = async ([level, number]) => {
    run.parts.put(level, number, partOf(run, await blockOf(`${level}-${number}`)));
  };
  const run = wholeOf(await blockOf(""), (places) => places.forEach(bring));
  run.about.assets = run.about.assets.filter((each) => assets.includes(each));
  return run;
}
