// The scrub bar: the whole run in a strip, with its equity, its trades and its refusals, and a handle.
//
// The one idea: the handle is the browser's own slider, so mouse, touch, keys and screen readers work as everywhere.

import { moment } from "./format.js";
import { faded } from "./theme.js";

export class Scrub {
  constructor(element, run, moved) {
    Object.assign(this, { element });
    this.canvas = element.querySelector("canvas");
    this.slider = element.querySelector("input");
    this.replace(run);
    this.slider.addEventListener("input", () => moved(Number(this.slider.value)));
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.canvas);
  }

  /** Another run in the same strip. */
  replace(run) {
    this.run = run;
    this.slider.max = String(run.count - 1);
    this.draw();
  }

  show(slice) {
    this.slider.value = String(slice);
    this.slider.setAttribute("aria-valuetext", moment(this.run, slice));
    const share = this.run.count > 1 ? slice / (this.run.count - 1) : 1;
    this.element.style.setProperty("--at", String(share));
  }

  paint(colours) {
    this.colours = colours;
    this.draw();
  }

  draw() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !this.colours) return;
    const ratio = globalThis.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    this.area(pen, width, height);
    this.stops(pen, this.run.stops.fill, width, height - 5, 5, this.colours.accent);
    this.stops(pen, this.run.stops.difference, width, height - 10, 10, this.colours.warn);
    this.stops(pen, this.run.stops.refusal, width, 0, 4, this.colours.loss);
  }

  /** How many slices may be seen. */
  shown() {
    return (this.run.seen ?? this.run.count - 1) + 1;
  }

  area(pen, width, height) {
    const shown = this.run.slices.equity.subarray(0, this.shown());
    const heights = levels(shown, Math.floor((width * shown.length) / this.run.count));
    pen.fillStyle = faded(this.colours.muted, 0.2);
    pen.beginPath();
    pen.moveTo(0, height);
    heights.forEach((level, x) => pen.lineTo(x, height - 7 - level * (height - 14)));
    pen.lineTo(heights.length, height);
    pen.fill();
  }

  stops(pen, slices, width, top, height, colour) {
    pen.fillStyle = colour;
    for (const slice of slices.filter((each) => each < this.shown())) {
      pen.fillRect(Math.round((slice / Math.max(1, this.run.count - 1)) * (width - 2)), top, 2, height);
    }
  }

  remove() {
    this.watcher.disconnect();
  }
}

/** A curve as so many levels between 0 and 1. */
export function levels(curve, count) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of curve) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const last = curve.length - 1;
  const at = (x) => curve[Math.round((x / Math.max(1, count - 1)) * last)];
  return Array.from({ length: count }, (_, x) => (high > low ? (at(x) - low) / (high - low) : 0.5));
}
