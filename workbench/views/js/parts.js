// The parts of a run: which of them are here, what one row of a level is, and what must be asked for.
//
// The one idea: a part is a run of its own, with its slices counted from its start, so who reads a bar gets a part and a
// row and needs not know how long the run is. Level 0 has slices; a row of level n is a bucket of FACTOR ** n of them.

import { marksIn, mergedMarks } from "./marks.js";
import { FACTOR, merged, mergedRows } from "./merged.js";

const COARSEST = 1_024; // The coarsest level has at most so many buckets.
const KEPT = 4; // Parts that are kept of each level: those around the cursor, and one more.

export class Parts {
  /** `size` rows make a part; `ask(places)` asks for parts by [level, number], and `put` hears of them. */
  constructor(count, size, levels, ask) {
    Object.assign(this, { count, size, levels, ask, asked: new Set(), later: [], near: new Set(), heard: () => {} });
    this.here = Array.from({ length: levels }, () => new Map());
  }

  /** A short run, all of which is here: its other levels are made when they are looked at. */
  static whole(run) {
    let levels = 1;
    while (run.count / FACTOR ** (levels - 1) > COARSEST) levels += 1;
    const parts = new Parts(run.count, run.count, levels, () => {});
    parts.here[0].set(0, run);
    parts.isWhole = true;
    return parts;
  }

  /** A part, or undefined as long as it is not here. */
  part(level, number) {
    const known = this.here[level];
    if (this.isWhole && level && !known.has(0)) known.set(0, merged(this.part(level - 1, 0)));
    return known.get(number);
  }

  /** The part and the row of a bucket, or null as long as it is not here. */
  at(level, bucket) {
    const number = Math.floor(bucket / this.size);
    const part = this.part(level, number);
    return part ? { part, row: bucket - number * this.size } : null;
  }

  /** What the bucket of a slice holds up to that slice, and nothing that came later. */
  upTo(level, slice) {
    if (!level) return this.at(0, slice);
    const last = Math.floor(slice / FACTOR ** (level - 1));
    const rows = [];
    for (let each = last - (last % FACTOR); each < last; each++) rows.push(this.at(level - 1, each));
    rows.push(this.upTo(level - 1, slice));
    return rows.every(Boolean) ? { part: mergedRows(rows), row: 0 } : null;
  }

  /** What is marked from a bucket up to a slice, each with its bucket in `row`. */
  marks(level, first, slice) {
    const last = Math.floor(slice / FACTOR ** level);
    const end = level ? last : last + 1;
    const marks = [];
    for (let number = Math.floor(first / this.size); number * this.size < end; number++) {
      const base = number * this.size;
      const part = this.part(level, number);
      const own = part ? marksIn(part) : [];
      marks.push(...own.filter(({ row }) => base + row >= first && base + row < end).map((mark) => ({ ...mark, row: base + mark.row })));
    }
    return level ? [...marks, ...mergedMarks(this.marks(level - 1, last * FACTOR, slice), FACTOR)] : marks;
  }

  /** The parts that show the buckets from `first` up to a slice: those themselves, and finer ones for the last of them. */
  places(level, first, slice) {
    const number = (at) => Math.floor(slice / FACTOR ** at / this.size);
    const places = Array.from({ length: level }, (_, at) => [at, number(at)]);
    for (let each = Math.floor(first / this.size); each <= number(level); each++) places.push([level, each]);
    return places;
  }

  /** The parts that will be needed when it goes on from a slice, forward or back. */
  beside(level, slice) {
    return Array.from({ length: level + 1 }, (_, at) => {
      const row = Math.floor(slice / FACTOR ** at);
      const number = Math.floor(row / this.size);
      return [at, row % this.size > this.size / 2 ? number + 1 : number - (at === level ? 2 : 1)];
    }).filter(([at, number]) => number >= 0 && number * this.size * FACTOR ** at < this.count);
  }

  /** Whether some parts are here; those that are not are asked for, the latest wish next. */
  want(places, isNear = true) {
    if (isNear) this.near = new Set(places.map(String));
    const missing = places.filter(([level, number]) => !this.part(level, number));
    this.later = missing.filter((place) => !this.asked.has(String(place)));
    this.send();
    return !missing.length;
  }

  /** Asks for parts that will be needed soon, if nothing more urgent is on its way. */
  expect(places) {
    if (!this.asked.size && !this.later.length) this.want(places, false);
  }

  send() {
    if (this.asked.size || !this.later.length) return;
    this.asked = new Set(this.later.map(String));
    const places = this.later;
    this.later = [];
    this.ask(places);
  }

  /** Takes a part that has come. */
  put(level, number, part) {
    const known = this.here[level];
    known.set(number, part);
    this.drop(level, number);
    this.asked.delete(String([level, number]));
    this.later = this.later.filter(([at, other]) => !this.part(at, other));
    this.send();
    this.heard();
  }

  /** Lets go of what is farthest from a part that has come. */
  drop(level, number) {
    const known = this.here[level];
    const free = [...known.keys()].filter((each) => each !== number && !this.near.has(String([level, each])));
    free.sort((a, b) => Math.abs(b - number) - Math.abs(a - number));
    while (known.size > KEPT && free.length) known.delete(free.shift());
  }

  /** What was asked for has not come: it may be asked for again. */
  forget() {
    this.asked.clear();
    this.later = [];
  }

  /** Equity from one slice to another, as finely as it is here for the whole run; nothing as long as it is not. */
  outline(first, last) {
    const level = this.here.findIndex((known, at) => known.size * this.size * FACTOR ** at >= this.count);
    if (level < 0) return [];
    const parts = [...this.here[level].entries()].sort(([a], [b]) => a - b);
    const curve = parts.flatMap(([, { slices }]) => [...slices.equity]);
    return curve.slice(Math.floor(first / FACTOR ** level), Math.floor(last / FACTOR ** level) + 1);
  }
}
