// The panes over one time axis: prices with fills and orders, indicators, volume, equity, drawdown, position.
//
// The one idea: the chart holds the slices from the start of a stretch up to the cursor. A step on adds one point to each
// line and a step back takes one away; only a jump fills them anew.

import { CrosshairMode, LineStyle, createChart, createSeriesMarkers } from "lightweight-charts";

import { moment } from "./format.js";
import { linesOf, paneShares, seriesOf } from "./lines.js";
import { marksKey, marksOf } from "./marks.js";
import { stretchAround } from "./moves.js";
import { lowerBound, spansAt } from "./run.js";
import { faded } from "./theme.js";

const BARS_MAX = 6_000;
const STEPS_MAX = 60; // More steps at once are filled in anew, which costs no more.
const BARS_SEEN = 160;

export class Chart {
  constructor(element, run, colours) {
    Object.assign(this, { element, run, first: 0, until: 0, lines: [], orders: new Map(), hovered: () => {} });
    this.chart = createChart(element, { autoSize: true, ...looks(colours) });
    this.define(colours);
    this.chart.subscribeCrosshairMove(({ logical }) => this.hovered(this.sliceOf(logical)));
  }

  /** The lines of the run, each in a series of its own. */
  define(colours) {
    this.chart.applyOptions(axes(this.run));
    this.lines = seriesOf(linesOf(this.run), this.chart, colours);
    this.prices = this.lines[0];
    this.marks = createSeriesMarkers(this.prices.series, [], { zOrder: "top" });
    this.paint(colours);
    this.sizes();
  }

  /** Another run up to a slice, with as many bars in sight as before; lines of the same kinds keep their series. */
  replace(run, slice) {
    const sight = this.sight();
    this.run = run;
    this.lineUp(linesOf(run));
    this.marked = null;
    this.fill(stretchAround(slice, BARS_MAX).first, slice + 1, sight);
    this.markFills();
    this.markOrders(slice);
  }

  lineUp(lines) {
    const isAlike = (line, at) => line.kind === this.lines[at].kind && line.pane === this.lines[at].pane;
    if (lines.length === this.lines.length && lines.every(isAlike)) {
      this.lines = lines.map((line, at) => ({ ...line, series: this.lines[at].series }));
      this.prices = this.lines[0];
      this.chart.applyOptions(axes(this.run));
      for (const line of this.lines) line.series.applyOptions(line.looks(this.colours));
    } else {
      this.orders.clear();
      for (const { series } of this.lines) this.chart.removeSeries(series);
      this.define(this.colours);
    }
  }

  sliceOf(logical) {
    if (logical === undefined || logical === null) return null;
    const slice = this.first + Math.round(logical);
    return slice >= this.first && slice < this.until ? slice : null;
  }

  /** Shows everything up to a slice. */
  show(slice) {
    const stretch = stretchAround(slice, BARS_MAX);
    const steps = slice + 1 - this.until;
    const goesOn = stretch.first === this.first && this.until > this.first && Math.abs(steps) <= STEPS_MAX;
    if (goesOn) this.step(steps);
    else this.fill(stretch.first, slice + 1);
    this.markFills();
    this.markOrders(slice);
  }

  step(steps) {
    for (const { series, point } of this.lines) {
      for (let slice = this.until; slice < this.until + steps; slice++) series.update(point(this.run, slice));
      if (steps < 0) series.pop(-steps);
    }
    this.until += steps;
  }

  /** Fills all lines anew. What showed everything goes on to do so, else as many bars as before stay in sight. */
  fill(first, until, { isAll, width } = this.sight()) {
    for (const { series, point } of this.lines) {
      series.setData(Array.from({ length: until - first }, (_, i) => point(this.run, first + i)));
    }
    Object.assign(this, { first, until });
    if (isAll) this.fit();
    else this.last(Math.min(width, Math.max(until - first, BARS_SEEN)));
  }

  /** How many bars are in sight, and whether these are all. */
  sight() {
    const range = this.until ? this.chart.timeScale().getVisibleLogicalRange() : null;
    return range ? { isAll: range.from <= 0.5, width: range.to - range.from } : { isAll: true, width: 0 };
  }

  /** Shows so many bars up to the cursor. */
  last(width) {
    const length = this.until - this.first;
    this.chart.timeScale().setVisibleLogicalRange({ from: length - width + 2, to: length + 2 });
  }

  markFills() {
    const key = marksKey(this.run, this.first, this.until);
    if (key === this.marked) return;
    this.marked = key;
    this.marks.setMarkers(marksOf(this.run, this.first, this.until, this.colours));
  }

  /** A line for each price at which an order of the drawn asset works. */
  markOrders(slice) {
    const wanted = new Map();
    for (const row of spansAt(this.run.working, slice)) {
      if (this.run.texts("working", "asset", row) !== this.run.about.asset) continue;
      for (const name of ["limit", "stop"]) {
        const price = this.run.working[name][row] * (this.run.slices.scale[slice] || 1);
        if (!Number.isNaN(price)) wanted.set(`${this.run.working.order[row]} ${name} ${price}`, { name, price });
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

  /** The text over each pane for a slice, with the place where it belongs. */
  legends(slice) {
    let top = 0;
    return this.chart.panes().map((pane, at) => {
      const own = this.lines.filter((line) => line.pane === at && line.legend);
      const legend = { top, parts: own.flatMap((line) => line.legend(this.run, slice, this.colours)) };
      top += pane.getHeight() + 1;
      return legend;
    });
  }

  /** Shows all bars up to the cursor; few of them do not become broad. */
  fit() {
    const length = this.until - this.first;
    const width = Math.max(length, Math.min(BARS_SEEN, this.run.count));
    this.chart.timeScale().setVisibleLogicalRange({ from: length - width - 0.5, to: length + 0.5 });
  }

  zoom(factor) {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (!range) return;
    const width = Math.max(8, (range.to - range.from) * factor);
    this.chart.timeScale().setVisibleLogicalRange({ from: range.to - width, to: range.to });
  }

  /** Keeps the newest bar in sight. */
  keepInSight() {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const last = this.until - this.first - 1;
    if (range && (last < range.from || last > range.to)) this.last(range.to - range.from);
  }

  remove() {
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

function axes(run) {
  const scale = { timeVisible: !run.about.daily, secondsVisible: false };
  // Bars that are narrower than a pixel are drawn as one, with its highest high and its lowest low.
  const timeScale = { ...scale, rightOffset: 2, minBarSpacing: 0.02, enableConflation: true };
  const label = (time) => moment(run, lowerBound(run.times, time - 0.0005));
  return { timeScale, localization: { timeFormatter: label, locale: "en-GB" } };
}
