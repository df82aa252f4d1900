// The scrub bar: the whole run in a strip, with its equity, its trades and its refusals, and a handle.
//
// The one idea: the handle is the browser's own slider, so mouse, touch, keys and screen readers work as everywhere.

import { penOf } from "./canvas.js";
import { day, moment } from "./format.js";
import { lowerBound } from "./run.js";
import { faded } from "./theme.js";
import { sessionOf } from "./whole.js";

export class Scrub {
  constructor(element, run, moved) {
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
    Object.assign(this.slider, { min: String(run.first), max: String(run.last) });
    this.draw();
  }

  show(slice) {
    this.slider.value = String(slice);
    const { part, row } = this.run.parts.at(0, slice) ?? {};
    this.slider.setAttribute("aria-valuetext", part ? moment(part, row) : day(sessionOf(this.run, slice)));
  }

  /** Where a slice stands in the strip, from 0 to 1. */
  share(slice) {
    const { first, last } = this.run;
    return last > first ? (slice - first) / (last - first) : 1;
  }

  paint(colours) {
    this.colours = colours;
    this.draw();
  }

  draw() {
    const ready = this.colours && penOf(this.canvas);
    if (!ready) return;
    const { pen, width, height } = ready;
    this.area(pen, width, height);
    this.stops(pen, this.run.stops.fill, width, height - 5, 5, this.colours.accent);
    this.stops(pen, this.run.stops.difference, width, height - 10, 10, this.colours.warn);
    this.stops(pen, this.run.stops.refusal, width, 0, 4, this.colours.loss);
  }

  /** The last slice that may be seen. */
  shown() {
    return Math.min(this.run.seen ?? this.run.last, this.run.last);
  }

  area(pen, width, height) {
    const curve = this.run.parts.outline(this.run.first, this.shown());
    this.isDrawn = curve.length > 0;
    const heights = levels(curve, this.isDrawn ? Math.floor(width * this.share(this.shown())) : 0);
    pen.fillStyle = faded(this.colours.muted, 0.2);
    pen.beginPath();
    pen.moveTo(0, height);
    heights.forEach((level, x) => pen.lineTo(x, height - 7 - level * (height - 14)));
    pen.lineTo(heights.length, height);
    pen.fill();
  }

  stops(pen, slices, width, top, height, colour) {
    pen.fillStyle = colour;
    const places = new Set();
    for (let at = lowerBound(slices, this.run.first); slices[at] <= this.shown(); at++) {
      places.add(Math.round(this.share(slices[at]) * (width - 2)));
    }
    for (const place of places) pen.fillRect(place, top, 2, height);
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
