// The chart of an exploration: prices with indicators and fills, equity with those of the pins, drawdown.
//
// The one idea: the prices stay, so a new result fills only the lines that it changes; the chart is built anew only when
// a result has other panes.

import {
  AreaSeries, BaselineSeries, CandlestickSeries, HistogramSeries, LineSeries, LineType, createChart, createSeriesMarkers,
} from "lightweight-charts";

import { looks } from "./chart.js";
import { day, fixed, percent, short, value } from "./format.js";
import { lowerBound, rising } from "./run.js";
import { faded } from "./theme.js";

export const GHOSTS = ["#d08a1d", "#8e6fd8", "#2a9d87", "#cf5a84", "#7d8a9b"];
const SHARED = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false };

/** The times of the rows, as the chart needs them. */
export function timesOf({ about, columns }) {
  return rising(about.daily ? columns.session.map((days) => days * 86_400) : columns.time);
}

/** What decides on the panes: results with the same shape share a chart. */
export function shapeOf(lines) {
  return JSON.stringify(lines.map(({ pane, bars, steps }, at) => [pane && lines.findIndex((l) => l.pane === pane), bars, steps, at]));
}

export class ExploreChart {
  constructor(element, bars, colours) {
    Object.assign(this, { element, bars, colours, times: timesOf(bars), shape: null, result: null, pins: [], ghosts: [] });
    this.hovered = () => {};
  }

  /** Shows a result; what was zoomed stays so. */
  show(result) {
    this.result = result;
    const shape = shapeOf(result.about.lines);
    if (shape !== this.shape) this.build(shape);
    const { columns } = result;
    result.about.lines.forEach(({ column }, at) => this.fill(this.lines[at], columns[`lines/${column}`]));
    this.fill(this.equity, columns["money/equity"]);
    this.fill(this.drawdown, columns["money/drawdown"]);
    this.marks.setMarkers(this.markers());
  }

  fill(series, column) {
    series.setData(Array.from(this.times, (time, at) => (Number.isNaN(column[at]) ? { time } : { time, value: column[at] })));
  }

  build(shape) {
    const range = this.chart?.timeScale().getVisibleLogicalRange();
    this.chart?.remove();
    this.shape = shape;
    this.chart = createChart(this.element, { autoSize: true, ...looks(this.colours), ...axes(this.bars) });
    this.prices = this.chart.addSeries(CandlestickSeries, { ...SHARED, ...candleLooks(this.bars, this.colours) }, 0);
    this.prices.setData(candles(this.bars, this.times));
    const panes = this.panes();
    this.lines = this.result.about.lines.map((line) => this.line(line, line.pane ? panes.indexOf(line.pane) + 1 : 0));
    const below = panes.length + 1;
    this.below = below;
    this.ghosts = [];
    this.equity = this.chart.addSeries(AreaSeries, { ...SHARED, ...equityLooks(this.colours) }, below);
    this.drawdown = this.chart.addSeries(BaselineSeries, { ...SHARED, ...drawdownLooks(this.colours) }, below + 1);
    this.marks = createSeriesMarkers(this.prices, [], { zOrder: "normal" });
    this.chart.subscribeCrosshairMove(({ logical }) => this.hovered(this.rowOf(logical)));
    this.sizes();
    this.pin(this.pins);
    if (range) this.chart.timeScale().setVisibleLogicalRange(range);
    else this.fit();
  }

  panes() {
    return [...new Set(this.result.about.lines.map((line) => line.pane).filter(Boolean))];
  }

  line({ bars, steps, colour }, pane) {
    if (bars) return this.chart.addSeries(HistogramSeries, { ...SHARED, color: colour, base: 0 }, pane);
    const lineType = steps ? LineType.WithSteps : LineType.Simple;
    return this.chart.addSeries(LineSeries, { ...SHARED, color: colour, lineWidth: 1.5, lineType }, pane);
  }

  /** The equity of every pin, behind that of the result. */
  pin(pins) {
    this.pins = pins;
    if (!this.chart) return;
    this.ghosts.forEach((ghost) => this.chart.removeSeries(ghost));
    this.ghosts = pins.map((column, at) => {
      const color = GHOSTS[at % GHOSTS.length];
      const priceFormat = { type: "custom", formatter: short, minMove: 0.01 };
      const ghost = this.chart.addSeries(LineSeries, { ...SHARED, color, lineWidth: 1.5, priceFormat }, this.below);
      this.fill(ghost, column);
      return ghost;
    });
  }

  markers() {
    const { columns } = this.result;
    const { gain, loss } = this.colours;
    return Array.from(columns["fills/row"], (row, at) => ({ row, at }))
      .filter(({ row, at }) => row < this.times.length && !Number.isNaN(columns["fills/drawn"][at]))
      .map(({ row, at }) => {
        const looks = columns["fills/buys"][at] ? { position: "belowBar", shape: "arrowUp", color: gain } : { position: "aboveBar", shape: "arrowDown", color: loss };
        return { time: this.times[row], size: 1.1, ...looks };
      });
  }

  rowOf(logical) {
    if (logical === undefined || logical === null) return null;
    const row = Math.round(logical);
    return row >= 0 && row < this.times.length ? row : null;
  }

  sizes() {
    const shares = [5, ...this.panes().map(() => 1.3), 2.2, 1.1];
    this.chart.panes().forEach((pane, at) => {
      pane.setStretchFactor(shares[at]);
      pane.priceScale("right").applyOptions({ scaleMargins: at ? { top: 0.3, bottom: 0.08 } : { top: 0.1, bottom: 0.06 } });
    });
  }

  paint(colours) {
    this.colours = colours;
    if (!this.chart) return;
    this.chart.applyOptions(looks(colours));
    this.prices.applyOptions(candleLooks(this.bars, colours));
    this.equity.applyOptions(equityLooks(colours));
    this.drawdown.applyOptions(drawdownLooks(colours));
    this.marks.setMarkers(this.markers());
  }

  fit() {
    this.chart.timeScale().setVisibleLogicalRange({ from: -0.5, to: this.times.length + 1.5 });
  }

  zoom(factor) {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const width = Math.max(8, (range.to - range.from) * factor);
    this.chart.timeScale().setVisibleLogicalRange({ from: range.to - width, to: range.to });
  }

  /** The text over each pane, for a row or else for the last one. */
  legends(row) {
    const at = row ?? this.times.length - 1;
    let top = 0;
    return this.chart.panes().map((pane, number) => {
      const legend = { top, parts: this.parts(number, at) };
      top += pane.getHeight() + 1;
      return legend;
    });
  }

  parts(pane, row) {
    const { about, columns } = this.result;
    const panes = this.panes();
    if (pane === this.below) {
      const money = { label: "Equity", text: `${fixed(columns["money/equity"][row], 2)} ${this.bars.about.currency}` };
      return [money, ...this.pins.map((pin, at) => ({ colour: GHOSTS[at % GHOSTS.length], text: fixed(pin[row], 2) }))];
    }
    if (pane > this.below) return [{ label: "Drawdown", text: percent(columns["money/drawdown"][row]) }];
    const own = about.lines.filter((line) => (line.pane ? panes.indexOf(line.pane) + 1 : 0) === pane);
    const told = own.map(({ name, column, colour }) => ({ label: name, text: value(columns[`lines/${column}`][row]), colour }));
    return pane ? told : [...this.priceParts(row), ...told];
  }

  priceParts(row) {
    const { about, columns } = this.bars;
    const each = about.bars_a_row > 1 ? `, ${about.bars_a_row} bars as one` : "";
    const name = { text: `${about.asset}${about.synthetic ? " (SYNTHETIC)" : ""}, ${about.every}${each}` };
    const when = { text: about.daily ? day(columns.session[row]) : moment(columns.time[row]) };
    return [name, when, { label: "C", text: fixed(columns.close[row], about.digits) }];
  }

  remove() {
    this.chart?.remove();
  }
}

function moment(seconds) {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function axes(bars) {
  const { daily } = bars.about;
  const times = timesOf(bars);
  const at = (time) => lowerBound(times, time - 0.0005);
  const label = (time) => (daily ? day(bars.columns.session[at(time)]) : moment(bars.columns.time[at(time)]));
  const timeScale = { timeVisible: !daily, secondsVisible: false, rightOffset: 1, minBarSpacing: 0.02, enableConflation: true };
  return { timeScale: { ...timeScale }, localization: { timeFormatter: label, locale: "en-GB" } };
}

function candles({ columns }, times) {
  const { open, high, low, close } = columns;
  return Array.from(times, (time, at) =>
    (Number.isNaN(close[at]) ? { time } : { time, open: open[at], high: high[at], low: low[at], close: close[at] }));
}

function candleLooks({ about }, { gain, loss }) {
  return {
    upColor: faded(gain, 0.75), downColor: faded(loss, 0.75), borderVisible: false,
    wickUpColor: faded(gain, 0.75), wickDownColor: faded(loss, 0.75),
    priceFormat: { type: "price", precision: about.digits, minMove: 10 ** -about.digits },
  };
}

function equityLooks({ accent }) {
  return {
    lineColor: accent, topColor: faded(accent, 0.18), bottomColor: faded(accent, 0.02), lineWidth: 2,
    priceFormat: { type: "custom", formatter: short, minMove: 0.01 },
  };
}

function drawdownLooks({ loss }) {
  return {
    baseValue: { type: "price", price: 0 },
    topLineColor: loss, bottomLineColor: loss, bottomFillColor1: faded(loss, 0.02), bottomFillColor2: faded(loss, 0.22),
    topFillColor1: "transparent", topFillColor2: "transparent", lineWidth: 1,
    priceFormat: { type: "custom", formatter: (part) => percent(part, 0), minMove: 0.0001 },
  };
}
