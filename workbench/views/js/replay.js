// A replay: one cursor that the chart, the panel, the scrub bar and the status line follow.
//
// The one idea: every control and every key is a name in `actions`, so that mouse and keys do the same.

import { Asking } from "./asking.js";
import { assetBeside, showAsset } from "./assets.js";
import { Chart } from "./chart.js";
import { heading, icon, legend, markup, panel } from "./face.js";
import { sender } from "./hosts.js";
import { factsAt, sentence } from "./facts.js";
import { day } from "./format.js";
import { Guess, showGuess } from "./hidden.js";
import { keysOf, meant } from "./keys.js";
import { nextStop, placeOfDay, previousStop, speedBeside, within } from "./moves.js";
import { unpack } from "./packed.js";
import { startPage } from "./page.js";
import { Player } from "./player.js";
import { rowsAt, runOf } from "./run.js";
import { Scrub } from "./scrub.js";
import { stillBefore } from "./still.js";
import { follow } from "./theme.js";

const LEAP = 100;
const TELL_MS = 200; // While it plays, Python hears of the cursor five times a second.

export class Replay {
  /** `moved(slice)` hears where the cursor is, `asked(asset)` which asset shall be drawn; `guessed` was so far. */
  constructor(element, run, { moved = () => {}, asked = () => {}, guessed } = {}) {
    const guess = run.about.hidden ? new Guess(run, guessed) : null;
    Object.assign(this, { element, run, moved, asked, guess, slice: -1, told: null, hover: null, open: new Set() });
    this.asking = null; // Who asks Python, where there is a kernel.
    element.classList.add("wb", "wb-replay");
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.dataset.lmSuppressShortcuts = "true";
    element.innerHTML = markup(run);
    this.keys = keysOf(run);
    this.find = (selector) => element.querySelector(selector);
    this.theme = follow(element, (changed) => this.paint(changed));
    const colours = this.theme.first;
    this.chart = new Chart(this.find(".wb-replay-chart"), run, colours);
    this.chart.hovered = (slice) => this.look(slice);
    this.scrub = new Scrub(this.find(".wb-replay-scrub"), run, (slice) => this.go(slice));
    this.scrub.paint(colours);
    this.player = new Player((n) => this.stepOn(n), (isPlaying) => this.played(isPlaying));
    this.actions = actionsOf(this);
    named(this);
    this.listen();
  }

  listen() {
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.find(".wb-replay-tools").addEventListener("click", (event) => {
      const does = event.target.closest("button")?.dataset.does;
      if (does) this.actions[does]();
    });
    this.find("select[data-does=speed]").addEventListener("change", (event) => this.speed(Number(event.target.value)));
    this.find("select[data-does=asset]")?.addEventListener("change", (event) => this.asked(event.target.value));
    this.find("input[type=date]").addEventListener("change", (event) => {
      const place = placeOfDay(this.run.slices.session, event.target.value);
      if (place !== null) this.go(place);
    });
    this.resized = new ResizeObserver(() => this.tell());
    this.resized.observe(this.find(".wb-replay-chart"));
  }

  pressed(event) {
    if (event.key === "Escape" && !this.find(".wb-replay-help").hidden) return this.stop(event, () => this.actions.help());
    const does = meant(event, this.keys);
    if (!does || belongsTo(event)) return undefined;
    return this.stop(event, () => this.actions[does]());
  }

  /** Does it, and keeps the key from the page. */
  stop(event, then) {
    event.preventDefault();
    event.stopPropagation();
    then();
  }

  /** Puts the cursor on a slice and shows it. */
  go(slice, isPlaying = false) {
    const place = Math.min(within(slice, this.run.count), this.guess?.seen ?? Infinity);
    if (!isPlaying) this.player.stop();
    this.scrub.show(place);
    if (place === this.slice) return;
    this.slice = place;
    this.chart.show(place);
    this.chart.keepInSight();
    this.find("input[type=date]").value = day(this.run.slices.session[place]);
    this.tell();
    this.report(isPlaying);
  }

  /** Another run in the same place: zoom and cursor stay, the latter as far as that run goes. */
  replace(run) {
    const isLast = this.slice === this.run.count - 1;
    this.player.stop();
    this.run = run;
    this.slice = isLast ? run.count - 1 : within(this.slice, run.count);
    this.hover = null;
    this.chart.replace(run, this.slice);
    this.scrub.replace(run);
    this.scrub.show(this.slice);
    named(this);
    this.tell();
    this.report(false);
  }

  /** Goes on by so many bars, also to such as were hidden. */
  ahead(n, isPlaying = false) {
    const place = within(this.slice + n, this.run.count);
    if (place > (this.guess?.seen ?? Infinity)) {
      this.guess.reach(place);
      this.scrub.draw();
    }
    this.go(place, isPlaying);
  }

  /** What the user is from the close of this bar on. */
  choose(stance) {
    this.guess.choose(this.slice, stance);
    this.tell();
    this.report(false);
  }

  stepOn(n) {
    this.ahead(n, true);
    return this.slice < this.run.count - 1;
  }

  /** The panel, the legends and the status line, for the bar under the mouse or else the cursor. */
  tell() {
    if (this.slice < 0) return;
    const slice = this.hover ?? this.slice;
    this.find(".wb-replay-panel").replaceChildren(...heading(this.run, slice), ...this.answers(slice), ...panel(factsAt(this.run, slice), this.open));
    this.find(".wb-replay-legends").replaceChildren(...this.chart.legends(slice).map(legend));
    const { fills } = this.run;
    const isQuiet = this.player.isPlaying && !rowsAt(fills, this.slice).length;
    if (this.guess) showGuess(this.find, this.guess, this.slice);
    if (!isQuiet) this.find(".wb-replay-status").textContent = sentence(this.run, this.slice);
  }

  /** What Python has told of a slice. */
  answers(slice) {
    return this.asking?.elements(slice) ?? [];
  }

  look(slice) {
    if (slice === this.hover) return;
    this.hover = slice;
    this.tell();
  }

  /** Tells whoever listens where the cursor is: at once when it rests, seldom while it plays. */
  report(isPlaying) {
    if (!isPlaying) {
      clearTimeout(this.told);
      this.told = null;
      this.moved(this.slice);
      this.asking?.rested();
    } else {
      this.told ??= setTimeout(() => this.report(false), TELL_MS);
    }
  }

  played(isPlaying) {
    const button = this.find("[data-does=toggle]");
    const label = isPlaying ? "Pause" : "Play";
    button.innerHTML = icon(label.toLowerCase());
    button.setAttribute("aria-label", label);
    button.title = `${label} (Space)`;
    if (!isPlaying) {
      this.tell();
      this.report(false);
    }
  }

  speed(speed) {
    this.player.speed = speed;
    this.find("select[data-does=speed]").value = String(speed);
  }

  paint(colours) {
    this.chart.paint(colours);
    this.scrub.paint(colours);
    this.tell();
  }

  remove() {
    this.player.stop();
    this.theme.end();
    this.resized.disconnect();
    this.scrub.remove();
    this.chart.remove();
  }
}

/** What the elements say of the run itself. */
function named({ element, run, find, slice }) {
  const { session } = run.slices;
  element.setAttribute("aria-label", `Replay of ${run.about.name}; press ? for the keys`);
  find(".wb-replay-refusals").hidden = !run.stops.refusal.length;
  showAsset(find, run);
  const date = find("input[type=date]");
  Object.assign(date, { min: day(session[0]), max: day(session.at(-1)), value: slice < 0 ? "" : day(session[slice]) });
}

/** What each key and each button does. */
function actionsOf(replay) {
  const { chart, player } = replay;
  const to = (stop) => stop !== null && stop <= (replay.guess?.seen ?? stop) && replay.go(stop);
  return {
    toggle: () => {
      if (!player.isPlaying && replay.slice === replay.run.count - 1) replay.go(0);
      player.toggle();
    },
    forward: () => replay.ahead(1),
    back: () => replay.go(replay.slice - 1),
    leap: () => replay.ahead(LEAP),
    leapBack: () => replay.go(replay.slice - LEAP),
    first: () => replay.go(0),
    last: () => replay.go(replay.run.count - 1),
    nextTrade: () => to(nextStop(replay.run.stops.fill, replay.slice)),
    previousTrade: () => to(previousStop(replay.run.stops.fill, replay.slice)),
    nextRefusal: () => to(nextStop(replay.run.stops.refusal, replay.slice)),
    previousRefusal: () => to(previousStop(replay.run.stops.refusal, replay.slice)),
    goLong: () => replay.choose(1),
    goFlat: () => replay.choose(0),
    goShort: () => replay.choose(-1),
    nextAsset: () => replay.asked(assetBeside(replay.run.about, 1)),
    previousAsset: () => replay.asked(assetBeside(replay.run.about, -1)),
    nextDifference: () => to(nextStop(replay.run.stops.difference, replay.slice)),
    previousDifference: () => to(previousStop(replay.run.stops.difference, replay.slice)),
    faster: () => replay.speed(speedBeside(player.speed, 1)),
    slower: () => replay.speed(speedBeside(player.speed, -1)),
    zoomIn: () => chart.zoom(0.6),
    zoomOut: () => chart.zoom(1 / 0.6),
    fit: () => chart.fit(),
    jump: () => replay.find("input[type=date]").focus(),
    why: () => replay.asking?.toggle(),
    guard: () => replay.asking?.guard(),
    help: () => {
      const help = replay.find(".wb-replay-help");
      help.hidden = !help.hidden;
    },
  };
}

/** Keys that a control needs for itself: a date is typed, a list is chosen from, Space presses a button. */
function belongsTo({ target, key }) {
  if (target.matches("input[type=date], select")) return key !== "?";
  return key === " " && target.matches("button");
}

/** The widget in a notebook: the traits `data`, `cursor` and `asset`; where bars are hidden `seen` and `choices`. */
async function render({ model, el, view }) {
  const run = runOf(await unpack(model.get("data")));
  const still = stillBefore(el);
  if (still) still.hidden = true;
  const element = document.createElement("div");
  el.append(element);
  const tell = (name, value) => {
    if (value === model.get(name)) return;
    model.set(name, value);
    model.save_changes();
  };
  const replay = new Replay(element, run, {
    moved: (slice) => {
      if (replay.guess) tell("seen", replay.guess.seen);
      if (replay.guess?.choices.length) tell("choices", replay.guess.packed);
      tell("cursor", slice);
    },
    asked: (asset) => tell("asset", asset),
    guessed: { seen: model.get("seen"), choices: numbersOf(model.get("choices")) },
  });
  // What we tell Python comes back to us too, and must not stop what plays.
  const follows = () => model.get("cursor") !== replay.slice && replay.go(model.get("cursor"));
  follows();
  model.on("change:cursor", follows);
  const asking = replay.guess ? null : new Asking(replay, model, sender(model, view)); // Lines that ran would tell what is to be guessed.
  const replaces = replacing(model, replay);
  model.on("change:data", replaces);
  return () => {
    model.off("change:cursor", follows);
    model.off("change:data", replaces);
    asking?.remove();
    replay.remove();
    if (still) still.hidden = false;
  };
}

/** 32-bit integers in bytes that came from Python; none where a host has no such trait. */
function numbersOf(bytes) {
  if (!bytes) return [];
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => bytes.getInt32(4 * i, true));
}

/** Shows what `data` has become; of several that come at once the last one. */
function replacing(model, replay) {
  let latest = 0;
  return async () => {
    const number = ++latest;
    const run = runOf(await unpack(model.get("data")));
    if (number === latest) replay.replace(run);
  };
}

export default { render };

startPage((element, run, told) => new Replay(element, run, told));
