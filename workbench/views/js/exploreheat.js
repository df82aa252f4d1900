// The heatmap of a sweep, with the point where the sliders stand: a click or an arrow key goes to a square.
//
// The one idea: a square knows its places on both sliders, so the map needs no values.

import { penOf } from "./canvas.js";
import { faded } from "./theme.js";

const NAMED = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** The squares of a map: the places on each axis in order, and the figure at each, by row of y. */
export function squaresOf(columns) {
  const { "heat/x": x, "heat/y": y, "heat/z": z } = columns;
  const across = [...new Set(x)].sort((a, b) => a - b);
  const up = [...new Set(y)].sort((a, b) => a - b);
  const levels = up.map(() => new Float64Array(across.length).fill(NaN));
  for (let i = 0; i < z.length; i++) levels[up.indexOf(y[i])][across.indexOf(x[i])] = z[i];
  return { across, up, levels };
}

/** The nearest of some places in order to a place, by its number. */
export function nearest(places, place) {
  let best = 0;
  for (let i = 1; i < places.length; i++) if (Math.abs(places[i] - place) < Math.abs(places[best] - place)) best = i;
  return best;
}

/** How strong a level is, from -1 (bad) to 1 (good); from 0 on where all have one sign. */
export function strength(level, low, high) {
  if (low < 0 && high > 0) return level / Math.max(-low, high);
  return high > low ? (level - low) / (high - low) : 0.5;
}

export class Heat {
  /** `moved({name: place})` hears where a click goes. */
  constructor(element, { about, columns }, moved) {
    Object.assign(this, { about: about.heat, moved, places: {}, ...squaresOf(columns) });
    this.canvas = element.querySelector("canvas");
    this.canvas.addEventListener("pointerdown", (event) => this.clicked(event));
    this.canvas.addEventListener("pointermove", (event) => event.buttons & 1 && this.clicked(event));
    this.canvas.addEventListener("keydown", (event) => this.pressed(event));
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.canvas);
  }

  show(places) {
    this.places = places;
    this.draw();
  }

  paint(colours) {
    this.colours = colours;
    this.draw();
  }

  /** The column and the row of where the sliders stand. */
  get point() {
    return [nearest(this.across, this.places[this.about.x]), nearest(this.up, this.places[this.about.y])];
  }

  go(column, row) {
    const x = this.across[Math.max(0, Math.min(this.across.length - 1, column))];
    const y = this.up[Math.max(0, Math.min(this.up.length - 1, row))];
    this.moved({ [this.about.x]: x, [this.about.y]: y });
  }

  clicked(event) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.across.length);
    const row = this.up.length - 1 - Math.floor(((event.clientY - box.top) / box.height) * this.up.length);
    this.go(column, row);
  }

  pressed(event) {
    const by = NAMED[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [column, row] = this.point;
    this.go(column + by[0], row + by[1]);
  }

  draw() {
    const ready = this.colours && penOf(this.canvas);
    if (!ready) return;
    const { pen, width, height, ratio } = ready;
    const [wide, high] = [width / this.across.length, height / this.up.length];
    this.levels.forEach((row, r) => row.forEach((level, c) => {
      if (Number.isNaN(level)) return;
      pen.fillStyle = this.colour(level);
      pen.fillRect(c * wide, height - (r + 1) * high, Math.ceil(wide * ratio) / ratio, Math.ceil(high * ratio) / ratio);
    }));
    this.mark(pen, wide, high, height);
  }

  colour(level) {
    const part = strength(level, this.about.low, this.about.high);
    const { gain, loss, accent } = this.colours;
    const tone = this.about.low < 0 && this.about.high > 0 ? (part < 0 ? loss : gain) : accent;
    return faded(tone, 0.08 + 0.82 * Math.abs(part));
  }

  mark(pen, wide, high, height) {
    const [column, row] = this.point;
    const [x, y] = [(column + 0.5) * wide, height - (row + 0.5) * high];
    const radius = Math.max(5, Math.min(wide, high) / 2);
    for (const [colour, width] of [[this.colours.ground, 4], [this.colours.ink, 2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  remove() {
    this.watcher.disconnect();
  }
}
