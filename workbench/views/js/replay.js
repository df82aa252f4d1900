// A replay: one cursor that the chart, the panel, the scrub bar and the status line follow.
//
// The one idea: every control and every key is a name in `actions`, so that mouse and keys do the same.

import { Asking } from "./asking.js";
import { showAsset, stepAsset } from "./assets.js";
import { Chart } from "./chart.js";
import { heading, icon, legend, markup, panel, renew } from "./face.js";
import { factsAt, sentence } from "./facts.js";
import { day, moment } from "./format.js";
import { Guess, showGuess } from "./hidden.js";
import { hearing, leaving, sender } from "./hosts.js";
import { keysOf, meant } from "./keys.js";
import { nextStop, placeOfDay, previousStop, speedBeside, within } from "./moves.js";
import { startPage } from "./page.js";
import { Player } from "./player.js";
import { rowsAt } from "./run.js";
import { Scrub } from "./scrub.js";
import { Source } from "./source.js";
import { stillBefore } from "./still.js";
import { follow } from "./theme.js";
import { sessionOf } from "./whole.js";

const LEAP = 100;
const WAIT_MS = 5_000; // Longer than that a kernel that lives does not take.
const PANEL_MS = 100; // While it plays, nobody reads more than ten bars a second, so only the chart has every frame.
const TELL_MS = 500; // While it plays, Python hears of the cursor twice a second: all of a notebook hears that a message goes there and back.

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
    this.chart.looked = () => this.tell();
    this.scrub = new Scrub(this.find(".wb-replay-scrub"), run, (slice) => this.go(slice));
    this.scrub.paint(colours);
    this.player = new Player((n) => this.stepOn(n), (isPlaying) => this.played(isPlaying));
    this.actions = actionsOf(this);
    this.expects(run);
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
      const place = placeOfDay(this.run.days, event.target.value);
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
    const { first, last } = this.run;
    const place = Math.min(within(slice, last + 1, first), this.guess?.seen ?? Infinity);
    if (!isPlaying) this.player.stop();
    const isDue = !isPlaying || performance.now() - this.toldAt > PANEL_MS;
    if (isDue) this.scrub.show(place);
    if (place === this.slice) return;
    this.slice = place;
    if (isDue || this.chart.isOther(place)) this.draw(this.chart.show(place));
    if (isDue) this.tell();
    else this.sayWhere();
    this.report(isPlaying);
    this.run.parts.expect(this.run.parts.beside(this.chart.level, place));
  }

  /** Hears from now on of the parts of a run that come, and asks for its outline. */
  expects(run) {
    this.run.parts.heard = () => {};
    run.parts.heard = () => this.arrived();
    run.parts.want([[run.parts.levels - 1, 0]], false);
  }

  /** What is drawn is the bar of the cursor, or else its parts are on their way, and that is seen. */
  draw(isHere) {
    if (isHere) this.chart.keepInSight();
    if (isHere && this.isWaiting === false) return;
    clearTimeout(this.patience);
    if (!isHere) this.patience = setTimeout(() => this.giveUp(), WAIT_MS);
    this.isWaiting = !isHere;
    this.element.classList.toggle("wb-replay-waiting", !isHere);
    this.element.setAttribute("aria-busy", String(!isHere));
  }

  /** Parts of the run have come. */
  arrived() {
    this.chart.arrived();
    if (!this.scrub.isDrawn) this.scrub.draw();
    if (this.isWaiting) this.draw(this.chart.show(this.slice));
    this.tell();
  }

  giveUp() {
    this.player.stop();
    this.run.parts.forget();
    this.find(".wb-replay-status").textContent = "These bars are in the kernel, which does not answer: run the cell again.";
  }

  /** Another run in the same place: zoom and cursor stay, the latter as far as that run goes. */
  replace(run) {
    const isLast = this.slice === this.run.last;
    this.player.stop();
    this.expects(run);
    this.run = run;
    this.slice = isLast ? run.last : within(this.slice, run.last + 1, run.first);
    this.hover = null;
    this.draw(this.chart.replace(run, this.slice));
    this.scrub.replace(run);
    this.scrub.show(this.slice);
    named(this);
    this.tell();
    this.report(false);
  }

  /** Goes on by so many bars, also to such as were hidden. */
  ahead(n, isPlaying = false) {
    const place = within(this.slice + n, this.run.last + 1, this.run.first);
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
    if (!this.isWaiting) this.ahead(n, true);
    return this.slice < this.run.last;
  }

  /** The panel, the legends and the status line, for the bar under the mouse or else the cursor. */
  tell() {
    if (this.slice < 0) return;
    const { run } = this;
    this.toldAt = performance.now();
    const slice = this.hover ?? this.slice;
    const isHere = run.parts.want([[0, Math.floor(slice / run.parts.size)]], false);
    const { part, row } = (isHere && run.parts.at(0, slice)) || {};
    const [why, ...facts] = part ? factsAt(part, row) : [];
    const shown = part ? [...panel([why], this.open), ...this.answers(slice), ...panel(facts, this.open)] : [];
    renew(this.find(".wb-replay-panel"), [...heading(run, slice, part ? moment(part, row) : "loading …"), ...shown]);
    renew(this.find(".wb-replay-legends"), this.chart.legends(slice, this.hover !== null).map(legend));
    this.find("input[type=date]").value = day(sessionOf(run, this.slice));
    if (this.guess) showGuess(this.find, this.guess, this.slice);
    this.sayWhere();
  }

  /** The status line, for the cursor. */
  sayWhere() {
    const { part, row } = this.run.parts.at(0, this.slice) ?? {};
    const isQuiet = this.player.isPlaying && part && !rowsAt(part.fills, row).length;
    if (!isQuiet) this.find(".wb-replay-status").textContent = part ? sentence(part, row) : "loading …";
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
    if (!isPlaying) this.rest();
  }

  /** What was passed over while it played is shown, so that all of it is about the bar of the cursor. */
  rest() {
    this.scrub.show(this.slice);
    this.draw(this.chart.show(this.slice));
    this.tell();
    this.report(false);
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
  element.setAttribute("aria-label", `Replay of ${run.about.name}; press ? for the keys`);
  find(".wb-replay-refusals").hidden = !run.stops.refusal.length;
  showAsset(find, run);
  const date = find("input[type=date]");
  const [min, max, value] = [run.first, run.last, slice].map((each) => (each < 0 ? "" : day(sessionOf(run, each))));
  Object.assign(date, { min, max, value });
}

/** What each key and each button does. */
function actionsOf(replay) {
  const { chart, player } = replay;
  const to = (stop) => stop !== null && stop <= (replay.guess?.seen ?? stop) && replay.go(stop);
  return {
    toggle: () => {
      if (!player.isPlaying && replay.slice === replay.run.last) replay.go(0);
      player.toggle();
    },
    forward: () => replay.ahead(1),
    back: () => replay.go(replay.slice - 1),
    leap: () => replay.ahead(LEAP),
    leapBack: () => replay.go(replay.slice - LEAP),
    first: () => replay.go(0),
    last: () => replay.go(replay.run.last),
    nextTrade: () => to(nextStop(replay.run.stops.fill, replay.slice)),
    previousTrade: () => to(previousStop(replay.run.stops.fill, replay.slice)),
    nextRefusal: () => to(nextStop(replay.run.stops.refusal, replay.slice)),
    previousRefusal: () => to(previousStop(replay.run.stops.refusal, replay.slice)),
    goLong: () => replay.choose(1),
    goFlat: () => replay.choose(0),
    goShort: () => replay.choose(-1),
    nextAsset: () => replay.asked(stepAsset(replay.find, replay.run, 1)),
    previousAsset: () => replay.asked(stepAsset(replay.find, replay.run, -1)),
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

/** The widget in a notebook: the traits `data`, `cursor` and `asset`; of a long run `asked` and `parts`; `seen` and `choices`. */
async function render({ model, el, view }) {
  const isGone = leaving(el);
  await hearing(model);
  const source = new Source(model);
  const run = await source.run();
  if (isGone()) return () => {};
  const still = stillBefore(el);
  if (still) still.hidden = true;
  const element = document.createElement("div");
  el.append(element);
  const tell = (told) => {
    const news = Object.entries(told).filter(([name, value]) => value !== model.get(name));
    for (const [name, value] of news) model.set(name, value);
    if (news.length) model.save_changes();
  };
  const replay = new Replay(element, run, {
    moved: (cursor) => tell({ cursor, ...replay.guess?.told }),
    asked: (asset) => tell({ asset }),
    guessed: { seen: model.get("seen"), choices: numbersOf(model.get("choices")) },
  });
  // What we tell Python comes back to us too, and must not stop what plays.
  const follows = () => model.get("cursor") !== replay.slice && replay.go(model.get("cursor"));
  follows();
  model.on("change:cursor", follows);
  source.changed((other) => {
    replay.asking?.forget();
    replay.replace(other);
  });
  // Lines that ran would tell what is to be guessed.
  const asking = replay.guess ? null : new Asking(replay, model, sender(model, view));
  return () => {
    model.off("change:cursor", follows);
    source.end();
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

export default { render };

startPage((element, run, told) => new Replay(element, run, told));
