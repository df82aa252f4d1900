// The panes over one time axis: prices with fills and orders, indicators, volume, equity, drawdown, position.
//
// The one idea: the chart holds the bars from the start of a stretch up to the cursor. A step on adds one point to each
// line and a step back takes one away; only a jump fills them anew. Bars are slices, or, where more are in sight than
// could be told apart, buckets of slices: the bars of a level.

import { CrosshairMode, LineStyle, createChart, createSeriesMarkers } from "lightweight-charts";

import { fixed, moment } from "./format.js";
import { linesOf, paneShares, seriesOf } from "./lines.js";
import { FACTOR } from "./merged.js";
import { marker } from "./marks.js";
import { HELD_MAX, firstHeld, heldFor, levelFor, strideFor } from "./moves.js";
import { lowerBound, spansAt } from "./run.js";
import { faded } from "./theme.js";

const STEPS_MAX = 60; // More steps at once are filled in anew, which costs no more.
const BARS_SEEN = 160;

export class Chart {
  constructor(element, run, colours) {
    Object.assign(this, { element, run, level: 0, first: 0, until: 0, wide: 0, times: [], later: null, slice: 0 });
    Object.assign(this, { lines: [], orders: new Map(), hovered: () => {}, looked: () => {} });
    this.chart = createChart(element, { autoSize: true, ...looks(colours) });
    this.scale = this.chart.timeScale();
    this.define(colours);
    this.chart.subscribeCrosshairMove(({ logical }) => this.hovered(this.sliceOf(logical)));
    this.scale.subscribeVisibleLogicalRangeChange(() => {
      this.due ??= requestAnimationFrame(() => this.sighted());
    });
  }

  /** How many slices are in a bar. */
  get size() {
    return FACTOR ** this.level;
  }

  /** The lines of the run, each in a series of its own. */
  define(colours) {
    this.chart.applyOptions(axes(this));
    this.lines = seriesOf(linesOf(this.run), this.chart, colours);
    this.prices = this.lines[0];
    this.marks = createSeriesMarkers(this.prices.series, [], { zOrder: "normal" });
    this.paint(colours);
    this.sizes();
  }

  /** Another run up to a slice, with as many bars in sight as before; lines of the same kinds keep their series. */
  replace(run, slice) {
    const sight = this.sight();
    // Nothing of the run before is shown any more when lines change, and a shorter one has fewer levels.
    Object.assign(this, { run, slice, first: 0, until: 0, times: [], marked: null, later: null });
    this.level = Math.min(this.level, run.parts.levels - 1);
    this.lineUp(linesOf(run));
    return this.show(slice, sight);
  }

  lineUp(lines) {
    const isAlike = (line, at) => line.kind === this.lines[at].kind && line.pane === this.lines[at].pane;
    if (lines.length === this.lines.length && lines.every(isAlike)) {
      this.lines = lines.map((line, at) => ({ ...line, series: this.lines[at].series }));
      this.prices = this.lines[0];
      this.chart.applyOptions(axes(this));
      for (const line of this.lines) line.series.applyOptions(line.looks(this.colours));
    } else {
      this.orders.clear();
      for (const { series } of this.lines) this.chart.removeSeries(series);
      this.define(this.colours);
    }
  }

  /** The slice of a place on the time axis: the last one of its bar that is shown. */
  sliceOf(logical) {
    if (logical === undefined || logical === null) return null;
    const bar = this.first + Math.round(logical);
    return bar >= this.first && bar < this.until ? Math.min((bar + 1) * this.size - 1, this.slice) : null;
  }

  /** Where among the slices a place on the time axis is; the middle of a bar is in the middle of its slices. */
  placeOf(logical) {
    return (this.first + logical + 0.5) * this.size - 0.5;
  }

  /** Whether a slice is in another bar than the last one that is shown. */
  isOther(slice) {
    return Math.floor(slice / this.size) + 1 !== this.until;
  }

  /** Shows everything up to a slice; not as long as parts of that are on their way. */
  show(slice, sight = this.sight()) {
    const goesOn = this.goesOn(slice, sight);
    const level = sight.isAll && !goesOn ? this.levelOfAll(slice) : this.level;
    const bar = Math.floor(slice / FACTOR ** level);
    const first = goesOn ? this.first : firstHeld(bar, sight.isAll ? bar + 1 : sight.width);
    if (!this.run.parts.want(this.run.parts.places(level, first, slice))) return false;
    this.level = level;
    if (goesOn) this.step(Math.floor(slice / this.size), slice);
    else this.jump(first, slice, sight);
    this.markFills();
    this.markOrders();
    return true;
  }

  /** Whether a slice is few bars away, and not too much is held then. */
  goesOn(slice, { width }) {
    const bar = Math.floor(slice / this.size);
    const first = firstHeld(bar, width);
    const isNear = this.until > first && Math.abs(bar + 1 - this.until) <= STEPS_MAX;
    return isNear && this.first <= first && bar - this.first < Math.max(heldFor(width), this.wide);
  }

  /** Adds bars, or takes some away; a bucket that ends at the cursor changes with it. */
  step(bar, slice) {
    const steps = bar + 1 - this.until;
    if (steps < 0) {
      for (const { series } of this.lines) series.pop(-steps);
      this.times.length += steps;
    }
    const from = this.level ? Math.max(this.first, Math.min(this.until, bar + 1) - 1) : this.until;
    Object.assign(this, { slice, until: bar + 1 });
    for (let each = from; each <= bar; each++) {
      const { part, row } = this.bar(each);
      const time = this.timed(each, part.times[row]);
      for (const { series, point } of this.lines) series.update({ ...point(part, row), time });
    }
  }

  /** Fills in anew. What showed everything goes on to do so, else as many bars as before stay in sight. */
  jump(first, slice, { isAll, width }) {
    this.fill(first, slice);
    if (isAll) this.fit();
    else this.last(Math.min(width, Math.max(this.until - first, BARS_SEEN)));
  }

  /** Fills all lines with the bars from one up to a slice. */
  fill(first, slice) {
    Object.assign(this, { first, slice, until: Math.floor(slice / this.size) + 1, times: [], marked: null });
    const bars = Array.from({ length: this.until - first }, (_, i) => this.bar(first + i));
    bars.forEach(({ part, row }, i) => this.timed(first + i, part.times[row]));
    for (const { series, point } of this.lines) {
      series.setData(bars.map(({ part, row }, i) => ({ ...point(part, row), time: this.times[i] })));
    }
  }

  /** A bar as a part and a row; the last one has nothing that came after the cursor. */
  bar(each) {
    const { parts } = this.run;
    return each === this.until - 1 ? parts.upTo(this.level, this.slice) : parts.at(this.level, each);
  }

  /** The time of a bar, later than that of the one before, as the chart needs it. */
  timed(bar, time) {
    const at = bar - this.first;
    this.times[at] = at && time <= this.times[at - 1] ? this.times[at - 1] + 0.001 : time;
    return this.times[at];
  }

  /** How many bars are in sight, and whether these are all. */
  sight() {
    const range = this.until ? this.scale.getVisibleLogicalRange() : null;
    if (!range) return { isAll: true, width: 0 };
    return { isAll: !this.first && range.from <= 0.5, width: range.to - range.from };
  }

  /** Looks at a range of slices, with bars as coarse as it needs. */
  look(from, to, level = this.levelOf(from, to)) {
    const size = FACTOR ** level;
    const bar = Math.floor(this.slice / size);
    const sight = (to - from) / size;
    const stride = strideFor(sight);
    let first = firstHeld(bar, sight);
    while (first > 0 && first * size > from && bar - (first - stride) < HELD_MAX) first -= stride;
    first = Math.max(0, first);
    this.wide = bar - first + 2 * stride; // So much is held until the cursor has gone on by far.
    const isHere = this.run.parts.want(this.run.parts.places(level, first, this.slice));
    this.later = isHere ? null : [from, to, level];
    if (!isHere) return;
    if (level !== this.level || first < this.first || bar + 1 !== this.until) {
      this.level = level;
      this.fill(first, this.slice);
      this.markFills();
      this.looked();
    }
    const [left, right] = [from, to].map((at) => (at + 0.5) / size - 0.5 - this.first);
    this.scale.setVisibleLogicalRange({ from: left, to: right });
  }

  levelOf(from, to) {
    return levelFor({ sight: to - from, back: this.slice - from }, this.level, this.run.parts.levels);
  }

  levelOfAll(slice) {
    return levelFor({ sight: slice + 1, back: slice }, this.level, this.run.parts.levels);
  }

  /** Somebody zoomed or went sideways: older bars and other levels come as they are needed. */
  sighted() {
    this.due = null;
    const range = this.until ? this.scale.getVisibleLogicalRange() : null;
    if (!range) return;
    const [from, to] = [range.from, range.to].map((at) => this.placeOf(at));
    const level = this.levelOf(from, to);
    if (level !== this.level || (range.from < 0 && this.first > 0)) this.look(from, to, level);
  }

  /** Parts have come that a look was waiting for. */
  arrived() {
    if (this.later) this.look(...this.later);
  }

  /** Shows so many bars up to the cursor. */
  last(width) {
    const length = this.until - this.first;
    this.scale.setVisibleLogicalRange({ from: length - width + 2, to: length + 2 });
  }

  /** Marks each bar in which the drawn asset was bought or sold. */
  markFills() {
    const { fill, difference } = this.run.stops;
    const passed = [fill, difference].map((stops) => lowerBound(stops, this.slice + 1));
    const key = `${this.level} ${this.first} ${passed}`;
    if (key === this.marked) return;
    this.marked = key;
    const all = this.run.parts.marks(this.level, this.first, this.slice);
    this.isCrowded = this.level > 0 && all.length > (this.until - this.first) / 2;
    const shown = this.isCrowded ? [] : all;
    this.marks.setMarkers(shown.map((mark) => marker(mark, this.times[mark.row - this.first], this.colours)));
  }

  /** A line for each price at which an order of the drawn asset works. */
  markOrders() {
    const { part, row } = this.run.parts.at(0, this.slice);
    const wanted = new Map();
    for (const each of spansAt(part.working, row)) {
      if (part.texts("working", "asset", each) !== this.run.about.asset) continue;
      for (const name of ["limit", "stop"]) {
        const price = part.working[name][each] * (part.slices.scale[row] || 1);
        if (!Number.isNaN(price)) wanted.set(`${part.working.order[each]} ${name} ${price}`, { name, price });
      }
    }
    for (const [key, line] of this.orders) {
      if (wanted.has(key)) continue;
      this.prices.series.removePriceLine(line);
      this.orders.delete(key);
    }
    for (const [key, { name, price }] of wanted) {
      if (this.orders.has(key)) continue;
      const color = name === "stop" ? this.colours.loss : this.colours.accent;
      const line = { price, title: name, color, lineWidth: 1, lineStyle: LineStyle.Dashed, axisLabelVisible: true };
      this.orders.set(key, this.prices.series.createPriceLine(line));
    }
  }

  paint(colours) {
    this.colours = colours;
    this.chart.applyOptions(looks(colours));
    for (const line of this.lines) line.series.applyOptions(line.looks(colours));
    this.marked = null;
    if (this.until) this.markFills();
  }

  /** Gives each pane its share of the height, and its legend room over the lines. */
  sizes() {
    const shares = paneShares(this.run);
    this.chart.panes().forEach((pane, at) => {
      pane.setStretchFactor(shares[at]);
      const scaleMargins = at ? { top: 0.32, bottom: 0.08 } : { top: 0.1, bottom: 0.06 };
      pane.priceScale("right").applyOptions({ scaleMargins });
    });
  }

  /** The text over each pane for a slice, with the place where it belongs; `isBar` tells of its whole bar. */
  legends(slice, isBar) {
    const { parts } = this.run;
    const found = isBar && this.level ? this.bar(Math.floor(slice / this.size)) : parts.at(0, slice);
    let top = 0;
    return this.chart.panes().map((pane, at) => {
      const own = found ? this.lines.filter((line) => line.pane === at && line.legend) : [];
      const legend = { top, parts: own.flatMap((line) => line.legend(found.part, found.row, this.colours)) };
      if (!at && this.level) legend.parts.push(...this.merging());
      top += pane.getHeight() + 1;
      return legend;
    });
  }

  /** What the legend says where bars are merged. */
  merging() {
    const told = [{ label: "bars merged by", text: fixed(this.size, 0) }];
    return this.isCrowded ? [...told, { label: "fills are marked from nearer", text: "" }] : told;
  }

  /** Shows all bars up to the cursor; few of them do not become broad. */
  fit() {
    const length = this.slice + 1;
    const width = Math.max(length, Math.min(BARS_SEEN, this.run.count));
    const level = this.levelOfAll(this.slice);
    const beside = FACTOR ** level / 2;
    this.look(length - width - beside, length + beside, level);
  }

  /** Brings nearer or farther what is around the cursor, but not farther than all there is. */
  zoom(factor) {
    const range = this.scale.getVisibleLogicalRange();
    if (!range) return;
    const seen = this.later ?? [this.placeOf(range.from), this.placeOf(range.to)];
    const [from, to] = seen.map((place) => place - this.slice);
    const by = Math.max(factor, 8 / (to - from));
    const all = Math.max(this.slice + 1, BARS_SEEN) + this.size / 2;
    this.look(this.slice + Math.max(from * by, -all), this.slice + to * by);
  }

  /** Keeps the newest bar in sight. */
  keepInSight() {
    const range = this.scale.getVisibleLogicalRange();
    const last = this.until - this.first - 1;
    if (range && (last < range.from || last > range.to)) this.last(range.to - range.from);
  }

  remove() {
    cancelAnimationFrame(this.due);
    this.chart.remove();
  }
}

export function looks(colours) {
  const edge = faded(colours.edge, 0.6);
  return {
    layout: {
      background: { color: "transparent" },
      textColor: colours.dim,
      fontSize: 11,
      fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
      panes: { separatorColor: colours.edge, separatorHoverColor: faded(colours.accent, 0.2), enableResize: true },
    },
    grid: { vertLines: { color: edge, visible: false }, horzLines: { color: edge } },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: colours.muted, labelBackgroundColor: colours.accent },
      horzLine: { color: colours.muted, labelBackgroundColor: colours.accent },
    },
    rightPriceScale: { borderVisible: false, minimumWidth: 72, entireTextOnly: true },
    timeScale: { borderColor: colours.edge },
  };
}

function axes(chart) {
  const { about } = chart.run;
  const timeScale = { timeVisible: !about.daily, secondsVisible: false, rightOffset: 2, minBarSpacing: 0.02 };
  const label = (time) => {
    const at = Math.min(lowerBound(chart.times, time - 0.0005), chart.times.length - 1);
    const { part, row } = chart.bar(chart.first + at);
    return moment(part, row);
  };
  return { timeScale, localization: { timeFormatter: label, locale: "en-GB" } };
}
