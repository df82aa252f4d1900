// The elements of a replay, with their names for screen readers; what they do is tied to them elsewhere.

import { assetControl } from "./assets.js";
import { hasRival } from "./compare.js";
import { fixed } from "./format.js";
import { stanceControls } from "./hidden.js";
import { keysOf } from "./keys.js";
import { SPEEDS } from "./moves.js";

const ICONS = {
  previousTrade: "M6 5v14M19 6l-9 6 9 6z",
  back: "M15 6l-7 6 7 6z",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
  forward: "M9 6l7 6-7 6z",
  nextTrade: "M18 5v14M5 6l9 6-9 6z",
  previousRefusal: "M9 8l-4 4 4 4M14 8l5 8M19 8l-5 8",
  nextRefusal: "M15 8l4 4-4 4M5 8l5 8M10 8l-5 8",
  previousDifference: "M20 12h-5c-4 0-4-6-9-6M15 12c-4 0-4 6-9 6M9 3L6 6l3 3M9 15l-3 3 3 3",
  nextDifference: "M4 12h5c4 0 4-6 9-6M9 12c4 0 4 6 9 6M15 3l3 3-3 3M15 15l3 3-3 3",
  zoomIn: "M5 12h14M12 5v14",
  zoomOut: "M5 12h14",
  fit: "M4 9V5h4M20 9V5h-4M4 15v4h4M20 15v4h-4",
};

/** An icon drawn with lines; it says nothing to a screen reader. */
export function icon(name) {
  const filled = ["previousTrade", "back", "play", "forward", "nextTrade"].includes(name);
  const fill = filled ? "currentColor" : "none";
  return `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}" fill="${fill}"/></svg>`;
}

/** Makes the buttons of a run's replay; each shows its key when the mouse rests on it. */
function buttonsOf(run) {
  const table = keysOf(run);
  return (does, label, shown = icon(does)) => {
    const key = table.find((each) => each.does === does)?.shown;
    return `<button type="button" data-does="${does}" aria-label="${label}" title="${label} (${key})">${shown}</button>`;
  };
}

function speeds() {
  return SPEEDS.map((speed) => `<option value="${speed}"${speed === 10 ? " selected" : ""}>${speed}×</option>`).join("");
}

/** Everything inside the element of a replay. */
export function markup(run) {
  const button = buttonsOf(run);
  const differences = button("previousDifference", "Previous difference") + button("nextDifference", "Next difference");
  const refusals = button("previousRefusal", "Previous refused order") + button("nextRefusal", "Next refused order");
  return `
    <div class="wb-replay-stage">
      <div class="wb-replay-chart" role="figure" aria-label="Prices, volume, equity, drawdown and position"></div>
      <div class="wb-replay-legends" aria-hidden="true"></div>
    </div>
    <aside class="wb-replay-panel" aria-label="At the cursor" tabindex="0"></aside>
    <div class="wb-replay-scrub"><canvas aria-hidden="true"></canvas>
      <input type="range" min="0" step="1" aria-label="Bar"></div>
    <div class="wb-replay-tools" role="toolbar" aria-label="Replay">
      <span>${button("previousTrade", "Previous fill")}${button("back", "One bar back")}
        ${button("toggle", "Play", icon("play"))}${button("forward", "One bar on")}${button("nextTrade", "Next fill")}</span>
      ${stanceControls(run, button)}
      ${assetControl(run)}
      ${hasRival(run) ? `<span>${differences}</span>` : ""}
      <span class="wb-replay-refusals">${refusals}</span>
      <span class="wb-replay-ask" hidden>${button("why", "Why? The lines of code that ran", "Why?")}
        ${button("guard", "Guard: does it look ahead here?", "Guard")}</span>
      <label><span>Speed</span><select data-does="speed" aria-label="Speed, bars a second" title="Speed, bars a second">${speeds()}</select></label>
      <label><span>Go to</span><input type="date" data-does="day" aria-label="Go to a date" title="Go to a date"></label>
      <span class="wb-replay-end">${button("zoomOut", "Zoom out")}${button("zoomIn", "Zoom in")}
        ${button("fit", "Show all of it")}${button("help", "Keys", "?")}</span>
    </div>
    <p class="wb-replay-status" role="status" aria-live="polite"></p>
    <p class="wb-replay-badge" role="status" aria-live="polite"></p>
    ${help(run)}`;
}

function help(run) {
  const rows = keysOf(run).map(({ shown, text }) => `<dt><kbd>${shown}</kbd></dt><dd>${text}</dd>`).join("");
  return `<div class="wb-replay-help" role="dialog" aria-label="Keys" hidden><dl>${rows}</dl></div>`;
}

/** What stands over the panel: when it is, and where in the run. */
export function heading(run, slice, when) {
  const where = `${run.about.own ?? run.about.name}, bar ${fixed(slice + 1, 0)} of ${fixed(run.count, 0)}`;
  const isPart = run.first > 0 || run.last < run.count - 1;
  const inFile = `bars ${fixed(run.first + 1, 0)} to ${fixed(run.last + 1, 0)} are in this file`;
  return [element("h2", when), element("p", isPart ? `${where}; ${inFile}` : where, "wb-replay-where")];
}

/** The panel's sections as elements, made of texts only; `open` has the titles of folded ones that were opened. */
export function panel(sections, open) {
  return sections.map(({ title, rows, folded }) => {
    const section = document.createElement(folded ? "details" : "section");
    const list = document.createElement("dl");
    section.dataset.title = title;
    section.append(element(folded ? "summary" : "h3", title), list);
    if (folded) remember(section, title, open);
    for (const [name, text, tone] of rows) list.append(row(name, text, tone));
    return section;
  });
}

function row(name, text, tone) {
  const made = element("div", "");
  made.append(element("dt", name), element("dd", text, tone ? `wb-${tone}` : ""));
  return made;
}

/** A section that was opened stays open from bar to bar. */
function remember(details, title, open) {
  details.open = open.has(title);
  details.addEventListener("toggle", () => (details.open ? open.add(title) : open.delete(title)));
}

/** The line over a pane. */
export function legend({ top, parts }) {
  const line = element("div", "", "wb-replay-legend");
  line.style.top = `${top + 4}px`;
  for (const { label, text, colour } of parts) {
    const part = element("span", "");
    if (colour) {
      const swatch = element("i", "");
      swatch.style.background = colour;
      part.append(swatch);
    }
    if (label) part.append(element("small", label));
    part.append(element("b", text));
    line.append(part);
  }
  return line;
}

/** Gives a place these elements; what is there of the same kind only changes its words, which costs a browser far less. */
export function renew(place, made) {
  made.forEach((each, at) => {
    const there = place.childNodes[at];
    if (!there) place.append(each);
    else if (!isAlike(there, each)) there.replaceWith(each);
    else change(there, each);
  });
  while (place.childNodes.length > made.length) place.lastChild.remove();
}

function isAlike({ nodeName, className, dataset }, made) {
  return nodeName === made.nodeName && className === made.className && dataset?.title === made.dataset?.title;
}

function change(there, made) {
  if (there.nodeType === Node.TEXT_NODE) {
    if (there.data !== made.data) there.data = made.data;
    return;
  }
  if (there.style.cssText !== made.style.cssText) there.style.cssText = made.style.cssText;
  renew(there, [...made.childNodes]);
}

export function element(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}
