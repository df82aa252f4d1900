// An exploration: controls that are moved, and the newest result of where they stand.
//
// The one idea: what is shown carries the places that it belongs to. While the controls stand elsewhere it is dimmed, and
// an older result never takes the place of a newer one.

import { ExploreChart, GHOSTS } from "./explorechart.js";
import { KEYS, markup, stopsOf, table } from "./exploreface.js";
import { Heat } from "./exploreheat.js";
import { legend } from "./face.js";
import { same, spelled } from "./figures.js";
import { hearing, leaving } from "./hosts.js";
import { unpack } from "./packed.js";
import { stillBefore } from "./still.js";
import { follow } from "./theme.js";
import { Throttle } from "./throttle.js";

const WAIT_MS = 3_000; // After so long the status line says what it is that one waits for.
const REST_MS = 1_000; // After so long without a move the kernel hears that nothing moves any more.

export class Explore {
  /** `asks.move(places)` and `asks.press(what)` tell the kernel. */
  constructor(element, bars, asks) {
    Object.assign(this, { element, bars, asks, places: {}, result: null, failed: null, pins: [], hover: null });
    element.classList.add("wb", "wb-explore");
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", `Explore ${bars.about.name}; press ? for the keys`);
    element.dataset.lmSuppressShortcuts = "true";
    element.innerHTML = markup(bars);
    this.find = (selector) => element.querySelector(selector);
    this.stops = Object.fromEntries(bars.about.controls.map(({ name }) => [name, stopsOf(name, bars.columns, bars.texts)]));
    this.inputs = new Map([...element.querySelectorAll("[data-name]")].map((input) => [input.dataset.name, input]));
    this.throttle = new Throttle((places) => asks.move(places));
    this.theme = follow(element, (colours) => this.paint(colours));
    this.chart = new ExploreChart(this.find(".wb-replay-chart"), bars, this.theme.first);
    this.chart.hovered = (row) => this.look(row);
    if (bars.about.heat) this.heat = new Heat(this.find(".wb-explore-heat"), bars, (places) => this.move(places));
    this.heat?.paint(this.theme.first);
    this.actions = actionsOf(this);
    this.listen();
  }

  listen() {
    for (const input of this.inputs.values()) {
      input.addEventListener("input", () => this.move({ [input.dataset.name]: placeOf(input) }));
    }
    this.element.addEventListener("click", (event) => {
      const { does, which } = event.target.closest("button")?.dataset ?? {};
      if (does) this.actions[does](Number(which));
    });
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.resized = new ResizeObserver(() => this.tell());
    this.resized.observe(this.find(".wb-replay-chart"));
  }

  /** Keys of ours, and those that a control answers by itself; the notebook around it hears of neither. */
  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.matches("input, select, textarea, button")) event.stopPropagation();
    if (event.target.matches("textarea, select")) return;
    const help = this.find(".wb-replay-help");
    const does = event.key === "Escape" && !help.hidden ? "help" : KEYS.find(({ key }) => key === event.key)?.does;
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    this.actions[does]();
  }

  /** Moves some controls, and asks for what is there. */
  move(places) {
    this.isMoved = true;
    this.stand({ ...this.places, ...places });
    this.throttle.ask({ ...this.places });
  }

  /** Puts the controls somewhere without asking: where the kernel has put them. */
  stand(places) {
    this.places = { ...places };
    for (const [name, input] of this.inputs) {
      if (input.type === "checkbox") input.checked = places[name] === 1;
      else input.value = String(places[name]);
      if (input.type === "range") this.label(name, input);
    }
    this.heat?.show(this.places);
    this.mark();
  }

  /** The value beside a slider: exact where a cell has set one between two places. */
  label(name, input) {
    const exact = this.result?.about.places[name] === this.places[name] ? this.result.about.texts[name] : null;
    const text = exact ?? this.stops[name][this.places[name]];
    input.closest("label").querySelector("output").textContent = text;
    input.setAttribute("aria-valuetext", text);
    input.style.setProperty("--at", String(this.places[name] / Math.max(1, Number(input.max))));
  }

  /** Shows a result; the chart is drawn before it says that it is. */
  show(result) {
    this.result = result;
    this.failed = null;
    this.chart.show(result);
    this.figures();
    this.stand(this.throttle.isWaiting || Object.keys(this.places).length ? this.places : result.about.places);
    this.tell();
    this.say();
    this.rest();
    const text = this.find(".wb-explore-code");
    text.hidden ||= text.value !== result.about.code; // the cell of another run is not left beside this one
    this.element.dataset.shown = spelled(result.about.texts);
    this.throttle.answered();
  }

  /** Tells the kernel, some time after the last move. */
  rest() {
    clearTimeout(this.rests);
    if (this.isMoved) this.rests = setTimeout(() => this.state === "fresh" && this.asks.press({ do: "rest" }), REST_MS);
  }

  /** What should be known about the run, while it is the one that is shown. */
  noted(notes) {
    this.notes = notes;
    this.mark();
  }

  /** Says in words why there is no result; the last one stays, greyed. */
  fail(failed) {
    this.failed = failed.text ? failed : null;
    this.mark();
    if (this.failed) this.throttle.answered();
  }

  pinned({ about, columns }) {
    this.pins = about.pins;
    this.chart.pin(about.pins.map((_, at) => columns[`equity/${at}`]));
    this.figures();
    this.ticks();
    this.tell();
  }

  figures() {
    if (!this.result) return;
    const place = this.find(".wb-explore-figures");
    const focused = place.contains(document.activeElement);
    place.innerHTML = table(this.bars.about.figures, this.result.about, this.pins);
    if (focused) place.focus();
  }

  /** A tick on each slider where a pin stands. */
  ticks() {
    for (const [name, input] of this.inputs) {
      if (input.type !== "range") continue;
      input.parentElement.querySelectorAll("i").forEach((tick) => tick.remove());
      this.pins.forEach((pin, at) => {
        const tick = document.createElement("i");
        tick.style.setProperty("--at", String(pin.places[name] / Math.max(1, Number(input.max))));
        tick.style.background = GHOSTS[at % GHOSTS.length];
        input.parentElement.append(tick);
      });
    }
  }

  /** Whether what is shown belongs to where the controls stand. */
  get state() {
    if (this.failed && same(this.places, this.failed.places)) return "failed";
    return this.result && same(this.places, this.result.about.places) ? "fresh" : "late";
  }

  mark() {
    const { state } = this;
    this.element.dataset.state = state;
    this.element.setAttribute("aria-busy", String(state === "late"));
    const error = this.find(".wb-explore-error");
    error.hidden = state !== "failed";
    error.textContent = state === "failed" ? this.failed.text : "";
    const isKnown = state === "fresh" && this.notes && same(this.places, this.notes.places);
    this.find(".wb-explore-notes").replaceChildren(...(isKnown ? this.notes.texts.map(note) : []));
    clearTimeout(this.waits);
    if (state === "late") this.waits = setTimeout(() => this.waiting(), WAIT_MS);
    if (state !== "late") this.progress(1);
  }

  waiting() {
    if (!this.find(".wb-explore-progress").hidden) return;
    this.find(".wb-explore-status").textContent = "Waiting for the kernel, which is busy with a cell or gone";
  }

  say() {
    const { about } = this.result;
    const label = (name) => `${this.bars.about.figures.find((each) => each.name === name).label} ${about.written[name]}`;
    const told = [`${label("final_equity")} ${this.bars.about.currency}`, label("sharpe"), label("max_drawdown")];
    this.find(".wb-explore-status").textContent = `${spelled(about.texts)}: ${told.join(", ")}`;
  }

  progress(part) {
    const bar = this.find(".wb-explore-progress");
    bar.hidden = part >= 1 || this.state !== "late";
    bar.setAttribute("aria-valuenow", String(Math.round(100 * part)));
    bar.firstElementChild.style.width = `${100 * part}%`;
  }

  look(row) {
    this.hover = row;
    this.tell();
  }

  tell() {
    if (this.result) this.find(".wb-replay-legends").replaceChildren(...this.chart.legends(this.hover).map(legend));
  }

  paint(colours) {
    this.chart.paint(colours);
    this.heat?.paint(colours);
    this.tell();
  }

  async copy() {
    const { code } = this.result.about;
    const shown = this.find(".wb-explore-code");
    try {
      await navigator.clipboard.writeText(code);
      this.find(".wb-explore-status").textContent = `Copied the cell for ${spelled(this.result.about.texts)}`;
      shown.hidden = true;
    } catch {
      // Without leave to write there, the text can be taken by hand.
      shown.value = code;
      shown.hidden = false;
      shown.focus();
      shown.select();
    }
  }

  remove() {
    clearTimeout(this.waits);
    clearTimeout(this.rests);
    this.theme.end();
    this.resized.disconnect();
    this.heat?.remove();
    this.chart.remove();
  }
}

/** What each key and each button does. */
function actionsOf(explore) {
  const { chart } = explore;
  return {
    pin: () => explore.asks.press({ do: "pin" }),
    unpin: (which) => explore.asks.press({ do: "unpin", which }),
    back: (which) => explore.move(explore.pins[which].places),
    copy: () => explore.copy(),
    zoomIn: () => chart.zoom(0.6),
    zoomOut: () => chart.zoom(1 / 0.6),
    fit: () => chart.fit(),
    help: () => {
      const help = explore.find(".wb-replay-help");
      help.hidden = !help.hidden;
    },
  };
}

function note(text) {
  const line = document.createElement("p");
  line.className = "wb-note";
  line.setAttribute("role", "note");
  line.textContent = text;
  return line;
}

function placeOf(input) {
  return input.type === "checkbox" ? Number(input.checked) : Number(input.value);
}

/** Calls `then` with what a trait holds, unpacked; never with an older one after a newer one. */
function inTurn(model, name, then) {
  let asked = 0;
  let done = 0;
  return async () => {
    const turn = ++asked;
    const block = await unpack(model.get(name));
    if (turn < done) return;
    done = turn;
    then(block);
  };
}

/** The widget in a notebook. */
async function render({ model, el }) {
  const isGone = leaving(el);
  await hearing(model);
  const first = await unpack(model.get("bars"));
  if (isGone()) return () => {};
  const still = stillBefore(el);
  if (still) still.hidden = true;
  let explore = null;
  const asks = {
    move: (places) => tell(model, "places", places),
    press: (what) => tell(model, "pressed", { ...what, at: Date.now() }),
  };
  const build = (bars) => {
    explore?.remove();
    const element = document.createElement("div");
    el.replaceChildren(element);
    explore = new Explore(element, bars, asks);
    explore.stand(model.get("places"));
  };
  const heard = {
    bars: inTurn(model, "bars", (bars) => {
      build(bars);
      heard.shown();
      heard.pins();
    }),
    shown: inTurn(model, "shown", (result) => explore.show(result)),
    pins: inTurn(model, "pins", (pins) => explore.pinned(pins)),
    failed: () => explore.fail(model.get("failed")),
    places: () => {
      if (!explore.throttle.isWaiting && !same(model.get("places"), explore.places)) explore.stand(model.get("places"));
    },
    notes: () => explore.noted(model.get("notes")),
    part: () => explore.progress(model.get("part")),
  };
  build(first);
  for (const [name, hear] of Object.entries(heard)) model.on(`change:${name}`, hear);
  await heard.shown();
  await heard.pins();
  heard.failed();
  heard.notes();
  return () => {
    for (const [name, hear] of Object.entries(heard)) model.off(`change:${name}`, hear);
    explore.remove();
    if (still) still.hidden = false;
  };
}

function tell(model, name, value) {
  model.set(name, value);
  model.save_changes();
}

export default { render };
