// Prediction mode: the bars ahead are hidden, the user is long, short or flat, and is scored against the strategy.
//
// The one idea: what was chosen at a bar counts from its close to the next one, and is settled once that is seen; going
// back looks, and changes nothing.

import { percent } from "./format.js";

const NAMES = { 1: "long", 0: "flat", "-1": "short" };

export class Guess {
  /** `seen` is the newest bar that was shown, `choices` are pairs of a bar and a stance in one row of numbers. */
  constructor(run, { seen = run.about.start, choices = [] } = {}) {
    Object.assign(this, { run, seen: Math.max(seen, run.about.start) });
    this.choices = Array.from({ length: choices.length / 2 }, (_, i) => [choices[2 * i], choices[2 * i + 1]]);
    run.seen = this.seen;
    this.pack();
  }

  /** Whether a choice can be made at a bar: it is the newest one, and another one follows. */
  isOpen(slice) {
    return slice === this.seen && slice < this.run.count - 1;
  }

  /** What was chosen at a bar, or before it. */
  stance(slice) {
    return this.choices.findLast(([at]) => at <= slice)?.[1] ?? 0;
  }

  choose(slice, stance) {
    if (!this.isOpen(slice)) return;
    if (this.choices.at(-1)?.[0] === slice) this.choices.pop();
    if (this.stance(slice) !== stance) this.choices.push([slice, stance]);
    this.pack();
  }

  /** Shows bars up to one that may be new. */
  reach(slice) {
    this.seen = Math.max(this.seen, slice);
    this.run.seen = this.seen;
  }

  /** What the user and the strategy made from the start up to a bar, as parts of 1. */
  score(slice) {
    const { about, slices } = this.run;
    let own = 1;
    let known = lastClose(slices.close, about.start);
    for (let at = about.start + 1; at <= slice; at++) {
      const close = slices.close[at];
      if (Number.isNaN(close)) continue;
      if (!Number.isNaN(known)) own *= 1 + this.stance(at - 1) * (close / known - 1);
      known = close;
    }
    const bars = Math.max(0, slice - about.start);
    return { own: own - 1, strategy: bars ? slices.equity[slice] / slices.equity[about.start] - 1 : 0, bars };
  }

  /** The choices as Python reads them; the same object as long as they are the same. */
  pack() {
    this.packed = new DataView(Int32Array.from(this.choices.flat()).buffer);
  }

  /** What Python hears. */
  get told() {
    return { seen: this.seen, choices: this.packed };
  }
}

function lastClose(closes, slice) {
  let at = slice;
  while (at > 0 && Number.isNaN(closes[at])) at--;
  return closes[at];
}

/** The buttons and the score as HTML; nothing where nothing is hidden. */
export function stanceControls({ about }, button) {
  if (!about.hidden) return "";
  const buttons = [["goLong", "Long"], ["goFlat", "Flat"], ["goShort", "Short"]];
  const made = buttons.map(([does, shown]) => button(does, `Go ${shown.toLowerCase()}`, shown)).join("");
  return `<div class="wb-replay-guess">
    <span class="wb-replay-stances" role="group" aria-label="Your position">${made}</span>
    <output class="wb-replay-score" aria-label="Score"
      title="The return of what is drawn, close to close, times your position"></output></div>`;
}

/** Shows in the controls what is chosen at a bar, whether it can be changed there, and the score up to it. */
export function showGuess(find, guess, slice) {
  for (const [stance, name] of Object.entries(NAMES)) {
    const button = find(`[data-does=go${name[0].toUpperCase()}${name.slice(1)}]`);
    button.setAttribute("aria-pressed", String(guess.stance(slice) === Number(stance)));
    button.disabled = !guess.isOpen(slice);
  }
  find(".wb-replay-score").textContent = scoreText(guess.score(slice));
}

/** The score in words. */
export function scoreText({ own, strategy, bars }) {
  const signed = (part) => `${part > 0 ? "+" : ""}${percent(part)}`;
  return `You ${signed(own)} without costs, strategy ${signed(strategy)}, after ${bars} bar${bars === 1 ? "" : "s"}`;
}
