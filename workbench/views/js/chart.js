// The panes over one time axis: prices with fills and orders, indicators, volume, equity, drawdown, position.
//
// The one idea: the chart holds the slices from the start of a stretch up to the cursor. A step on adds one point to each
// line and a step back takes one away; only a jump fills them anew.

import {
  AreaSeries, BaselineSeries, CandlestickSeries, CrosshairMode, HistogramSeries, LineSeries, LineStyle, LineType,
  createChart, createSeriesMarkers,
} from "lightweight-charts";

import { fixed, moment, percent, short, value } from "./format.js";
import { stretchAround } from "./moves.js";
import { heldOf, lowerBound, spansAt } from "./run.js";
import { faded } from "./theme.js";

const BARS_MAX = 6_000;
const STEPS_MAX = 60; // More steps at once are filled in anew, which costs no more.
const BARS_SEEN = 160;

export class Chart {
  constructor(element, run, colours) {
    Object.assign(this, { element, run, first: 0, until: 0, lines: [], orders: new Map(), hovered: () => {} });
    this.chart = createChart(element, { autoSize: true, ...looks(colours) });
    this.chart.applyOptions(axes(run));
    this.lines = seriesOf(run, this.chart, colours);
    this.prices = this.lines[0];
    this.marks = createSeriesMarkers(this.prices.series, [], { zOrder: "top" });
    this.paint(colours);
    this.sizes();
    this.chart.subscribeCrosshairMove(({ logical }) => this.hovered(this.sliceOf(logical)));
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
      for (let slice = this.until; slice < this.until + steps; slice++) series.update(point(slice));
      if (steps < 0) series.pop(-steps);
    }
    this.until += steps;
  }

  /** Fills all lines anew. What showed everything goes on to do so, else as many bars as before stay in sight. */
  fill(first, until) {
    const range = this.until ? this.chart.timeScale().getVisibleLogicalRange() : null;
    for (const { series, point } of this.lines) {
      series.setData(Array.from({ length: until - first }, (_, i) => point(first + i)));
    }
    Object.assign(this, { first, until });
    if (!range || range.from <= 0.5) this.fit();
    else this.last(Math.min(range.to - range.from, Math.max(until - first, BARS_SEEN)));
  }

  /** Shows so many bars up to the cursor. */
  last(width) {
    const length = this.until - this.first;
    this.chart.timeScale().setVisibleLogicalRange({ from: length - width + 2, to: length + 2 });
  }

  markFills() {
    const { fills } = this.run;
    const from = lowerBound(fills.slice, this.first);
    const to = lowerBound(fills.slice, this.until);
    const key = `${from} ${to}`;
    if (key === this.marked) return;
    this.marked = key;
    const rows = Array.from({ length: to - from }, (_, i) => from + i).filter((row) => !Number.isNaN(fills.drawn[row]));
    this.marks.setMarkers(rows.map((row) => this.mark(row)));
  }

  mark(row) {
    const isBuy = this.run.texts("fills", "side", row) === "buy";
    return {
      time: this.run.times[this.run.fills.slice[row]],
      position: isBuy ? "belowBar" : "aboveBar",
      shape: isBuy ? "arrowUp" : "arrowDown",
      color: isBuy ? this.colours.gain : this.colours.loss,
      size: 1.2,
    };
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
      const legend = { top, parts: own.flatMap((line) => line.legend(slice)) };
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

function looks(colours) {
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

/** How high each pane is beside the others. */
function paneShares(run) {
  return [5, ...panesOf(run).map(() => 1.4), 1, 2, 1.1, 1.1];
}

function panesOf(run) {
  return [...new Set(run.about.layers.filter((layer) => layer.pane).map((layer) => layer.pane))];
}

/** Every series with the pane it is in, the point of a slice, its looks and its legend; the prices come first. */
function seriesOf(run, chart, colours) {
  const panes = panesOf(run);
  const below = panes.length + 1;
  const defined = [
    candles(run),
    ...run.about.layers.map((layer) => layerOf(run, layer, layer.pane ? panes.indexOf(layer.pane) + 1 : 0)),
    volume(run, below),
    money(run, below + 1),
    drawdown(run, below + 2),
    position(run, below + 3),
  ];
  return defined.map((line) => ({
    ...line,
    series: chart.addSeries(line.kind, { ...SHARED, ...line.looks(colours) }, line.pane),
  }));
}

const SHARED = { priceLineVisible: false, lastValueVisible: false };

/** A point of a line; a hole where there is no value. */
function pointOf(run, column) {
  return (slice) => {
    const time = run.times[slice];
    return Number.isNaN(column[slice]) ? { time } : { time, value: column[slice] };
  };
}

function candles(run) {
  const { open, high, low, close } = run.slices;
  const digits = run.about.digits[run.about.asset][0];
  return {
    kind: CandlestickSeries,
    pane: 0,
    point: (slice) => {
      const time = run.times[slice];
      if (Number.isNaN(close[slice])) return { time };
      return { time, open: open[slice], high: high[slice], low: low[slice], close: close[slice] };
    },
    looks: ({ gain, loss }) => ({
      upColor: gain, downColor: loss, borderUpColor: gain, borderDownColor: loss, wickUpColor: gain, wickDownColor: loss,
      lastValueVisible: true,
      priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits },
    }),
    legend: (slice) => {
      const name = { text: `${run.about.asset}${run.about.synthetic ? " (SYNTHETIC)" : ""}, ${run.about.every}` };
      if (Number.isNaN(close[slice])) return [name, { text: "no bar" }];
      const parts = [["O", open], ["H", high], ["L", low], ["C", close]];
      return [name, ...parts.map(([label, column]) => ({ label, text: fixed(column[slice], digits) }))];
    },
  };
}

function layerOf(run, layer, pane) {
  const column = run.slices[layer.column];
  if (layer.rule) return rule(run, layer, column);
  const legend = (slice) => [{ label: layer.name, text: value(column[slice]), colour: layer.colour }];
  if (layer.bars) {
    const looks = () => ({ color: faded(hex(layer.colour), 0.6), base: 0 });
    return { kind: HistogramSeries, pane, point: pointOf(run, column), looks, legend };
  }
  const lineType = layer.steps ? LineType.WithSteps : LineType.Simple;
  const looks = () => ({ color: layer.colour, lineWidth: 1.5, lineType, crosshairMarkerVisible: false });
  return { kind: LineSeries, pane, point: pointOf(run, column), looks, legend };
}

/** A rule is a shade behind the prices, on a scale of its own. */
function rule(run, layer, column) {
  return {
    kind: HistogramSeries,
    pane: 0,
    point: (slice) => (column[slice] === 1 ? { time: run.times[slice], value: 1 } : { time: run.times[slice] }),
    looks: ({ accent }) => ({
      color: faded(accent, 0.1),
      priceScaleId: "rules",
      base: 0,
      autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }),
    }),
  };
}

function hex(colour) {
  return colour.startsWith("#") ? `rgb(${colour.match(/\w\w/g).map((pair) => parseInt(pair, 16)).join(", ")})` : colour;
}

function volume(run, pane) {
  const { volume: column } = run.slices;
  return {
    kind: HistogramSeries,
    pane,
    point: pointOf(run, column),
    looks: ({ muted }) => ({ color: faded(muted, 0.4), priceFormat: { type: "volume" } }),
    legend: (slice) => [{ label: "Volume", text: short(column[slice]) }],
  };
}

function money(run, pane) {
  const column = run.slices.equity;
  return {
    kind: AreaSeries,
    pane,
    point: pointOf(run, column),
    looks: ({ accent }) => ({
      lineColor: accent, topColor: faded(accent, 0.22), bottomColor: faded(accent, 0.02), lineWidth: 1.5,
      priceFormat: { type: "custom", formatter: short, minMove: 0.01 }, crosshairMarkerVisible: false,
    }),
    legend: (slice) => [{ label: "Equity", text: `${fixed(column[slice], 2)} ${run.about.currency}` }],
  };
}

function drawdown(run, pane) {
  return {
    kind: BaselineSeries,
    pane,
    point: pointOf(run, run.drawdown),
    looks: ({ loss }) => ({
      baseValue: { type: "price", price: 0 },
      topLineColor: loss, bottomLineColor: loss, bottomFillColor1: faded(loss, 0.02), bottomFillColor2: faded(loss, 0.22),
      topFillColor1: "transparent", topFillColor2: "transparent", lineWidth: 1,
      priceFormat: { type: "custom", formatter: (part) => percent(part, 0), minMove: 0.0001 },
      crosshairMarkerVisible: false,
    }),
    legend: (slice) => [{ label: "Drawdown", text: percent(run.drawdown[slice]) }],
  };
}

function position(run, pane) {
  const column = heldOf(run);
  return {
    kind: BaselineSeries,
    pane,
    point: pointOf(run, column),
    looks: ({ gain, loss }) => ({
      baseValue: { type: "price", price: -1e-9 }, // Nothing held is not less than nothing.
      topLineColor: gain, topFillColor1: faded(gain, 0.22), topFillColor2: faded(gain, 0.06),
      bottomLineColor: loss, bottomFillColor1: faded(loss, 0.06), bottomFillColor2: faded(loss, 0.22),
      lineWidth: 1, lineType: LineType.WithSteps, crosshairMarkerVisible: false,
      priceFormat: { type: "custom", formatter: short, minMove: 0.00000001 },
    }),
    legend: (slice) => [{ label: `Held, ${run.about.asset}`, text: short(column[slice]) }],
  };
}
