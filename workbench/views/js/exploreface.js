// The elements of an exploration: controls, figures and pins, with their names for screen readers.
//
// The one idea: controls are the browser's own, so mouse, touch, keys and screen readers work as everywhere.

import { GHOSTS } from "./explorechart.js";
import { difference, spelled } from "./figures.js";

export const KEYS = [
  { key: "p", does: "pin", text: "pin the result, to compare with it" },
  { key: "c", does: "copy", text: "copy the cell that gives this run" },
  { key: "+", does: "zoomIn", text: "zoom in" },
  { key: "-", does: "zoomOut", text: "zoom out" },
  { key: "0", does: "fit", text: "show all of it" },
  { key: "?", does: "help", text: "show or hide the keys" },
];
const OF_SLIDERS = [["← →", "one value down or up"], ["Page ↑ ↓", "a tenth of them"], ["Home End", "the first, the last"]];

/** Everything inside the element of an exploration. */
export function markup({ about, columns, texts }) {
  const subject = `${about.asset}${about.synthetic ? " (SYNTHETIC)" : ""}, ${about.every}`;
  return `
    <div class="wb-replay-stage">
      <div class="wb-replay-chart" role="figure" aria-label="Prices with fills, equity and drawdown"></div>
      <div class="wb-replay-legends" aria-hidden="true"></div>
      <p class="wb-explore-error" role="alert" hidden></p>
    </div>
    <aside class="wb-explore-side" aria-label="Parameters">
      <h2>${safe(about.name)}</h2><p class="wb-explore-subject">${safe(subject)}</p>
      <div class="wb-explore-controls">${about.controls.map((each) => control(each, columns, texts)).join("")}</div>
      <div class="wb-explore-tools">
        <button type="button" data-does="pin" title="Keep this result to compare with it (p)">Pin</button>
        <button type="button" data-does="copy" title="Copy the cell that gives this run (c)">Copy as code</button>
        <button type="button" data-does="help" aria-label="Keys" title="Keys (?)">?</button>
      </div>
      <textarea class="wb-explore-code" aria-label="The cell that gives this run" readonly rows="3" hidden></textarea>
      ${about.heat ? heat(about.heat) : ""}
    </aside>
    <div class="wb-explore-progress" role="progressbar" aria-label="Running" hidden><i></i></div>
    <div class="wb-explore-figures" tabindex="0" role="region" aria-label="Key figures"></div>
    <p class="wb-explore-status" role="status" aria-live="polite"></p>
    <div class="wb-explore-notes"></div>
    ${help()}`;
}

function control({ name, kind }, columns, texts) {
  const stops = stopsOf(name, columns, texts);
  const label = `<span class="wb-explore-name">${safe(name)}</span>`;
  if (kind === "switch") {
    return `<label class="wb-explore-switch">${label}<input type="checkbox" data-name="${safe(name)}"></label>`;
  }
  if (kind === "list") {
    const options = stops.map((text, at) => `<option value="${at}">${safe(text)}</option>`).join("");
    return `<label class="wb-explore-list">${label}<select data-name="${safe(name)}">${options}</select></label>`;
  }
  return `<label class="wb-explore-slider">${label}<output></output>
    <span class="wb-explore-track"><input type="range" min="0" max="${stops.length - 1}" step="1" data-name="${safe(name)}"></span>
    <span class="wb-explore-ends" aria-hidden="true"><span>${safe(stops[0])}</span><span>${safe(stops.at(-1))}</span></span></label>`;
}

/** The text at each place of a control. */
export function stopsOf(name, columns, texts) {
  const known = texts[`stops/${name}`];
  return Array.from(columns[`stops/${name}`], (code) => known[code]);
}

function heat({ x, y, label, runs }) {
  const told = `${label} of ${runs} runs; a click or an arrow key sets ${x} and ${y}`;
  return `<figure class="wb-explore-heat"><figcaption>${safe(label)} of ${runs} runs</figcaption>
    <canvas tabindex="0" role="img" aria-label="${safe(told)}"></canvas>
    <span class="wb-explore-x" aria-hidden="true">${safe(x)} →</span><span class="wb-explore-y" aria-hidden="true">${safe(y)} →</span></figure>`;
}

function help() {
  const rows = [...OF_SLIDERS, ...KEYS.map(({ key, text }) => [key, text])];
  const listed = rows.map(([key, text]) => `<dt><kbd>${key}</kbd></dt><dd>${text}</dd>`).join("");
  return `<div class="wb-replay-help" role="dialog" aria-label="Keys" hidden><dl>${listed}</dl></div>`;
}

/** The table of figures: the result, and each pin with how far the result is from it. */
export function table(figures, shown, pins) {
  const head = figures.map(({ label, says }) => `<th scope="col" title="${safe(says)}">${safe(label)}</th>`).join("");
  const own = figures.map(({ name }) => `<td>${safe(shown.written[name])}</td>`).join("");
  const first = `<th scope="row"><i class="wb-explore-own"></i>${safe(spelled(shown.texts))}</th>`;
  const rows = pins.map((pin, at) => pinRow(figures, shown, pin, at)).join("");
  return `<table class="wb-table"><thead><tr><th scope="col">Parameters</th>${head}</tr></thead>
    <tbody><tr class="wb-explore-shown">${first}${own}</tr>${rows}</tbody></table>`;
}

function pinRow(figures, shown, pin, at) {
  const cells = figures.map((figure) => {
    const apart = difference(figure, shown.figures, pin.figures);
    const tone = apart?.tone ? ` class="wb-${apart.tone}"` : "";
    return `<td>${safe(pin.written[figure.name])}${apart ? `<small${tone}>${apart.text}</small>` : "<small>–</small>"}</td>`;
  });
  const name = safe(spelled(pin.texts));
  const off = `<button type="button" data-does="unpin" data-which="${at}" aria-label="Let go of ${name}" title="Let go of it">×</button>`;
  const back = `<button type="button" class="wb-explore-back" data-does="back" data-which="${at}" title="Go there">${name}</button>`;
  return `<tr><th scope="row"><i style="background:${GHOSTS[at % GHOSTS.length]}"></i>${back}${off}</th>${cells.join("")}</tr>`;
}

/** A text that is shown as it is. */
export function safe(text) {
  const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return String(text).replace(/[&<>"]/g, (letter) => named[letter]);
}
