// The lines of the panes: what a run is drawn with, each with the point of a slice, its looks and its legend.
//
// The one idea: a line knows the names of columns only; whose columns they are, and which slice, it is told each time.

import {
  AreaSeries, BaselineSeries, CandlestickSeries, HistogramSeries, LineSeries, LineType,
} from "lightweight-charts";

import { fixed, percent, short, value } from "./format.js";
import { rivalLines } from "./ghost.js";
import { faded } from "./theme.js";

/** How high each pane is beside the others. */
export function paneShares(run) {
  return [5, ...panesOf(run).map(() => 1.4), 1, 2, 1.1, 1.1];
}

function panesOf(run) {
  return [...new Set(run.about.layers.filter((layer) => layer.pane).map((layer) => layer.pane))];
}

/** Every line with its kind, its pane, the point of a slice, its looks and its legend; the prices come first. */
export function linesOf(run) {
  const panes = panesOf(run);
  const below = panes.length + 1;
  return [
    candles(run),
    ...run.about.layers.map((layer) => layerOf(layer, layer.pane ? panes.indexOf(layer.pane) + 1 : 0)),
    volume(below),
    money(run.about, below + 1),
    drawdown(below + 2),
    position(run.about, below + 3),
    ...rivalLines(run, below + 1, below + 3),
  ];
}

/** The series of each line in a chart. */
export function seriesOf(lines, chart, colours) {
  const added = (line) => chart.addSeries(line.kind, { ...SHARED, ...line.looks(colours) }, line.pane);
  return lines.map((line) => ({ ...line, series: added(line) }));
}

const SHARED = { priceLineVisible: false, lastValueVisible: false };

/** A point of a line; a hole where there is no value. */
function pointOf(columnOf) {
  return (run, slice) => {
    const time = run.times[slice];
    const value = columnOf(run)[slice];
    return Number.isNaN(value) ? { time } : { time, value };
  };
}

function candles(run) {
  const digits = run.about.digits[run.about.asset][0];
  return {
    kind: CandlestickSeries,
    pane: 0,
    point: ({ times, slices: { open, high, low, close } }, slice) => {
      const time = times[slice];
      if (Number.isNaN(close[slice])) return { time };
      return { time, open: open[slice], high: high[slice], low: low[slice], close: close[slice] };
    },
    looks: ({ gain, loss }) => ({
      upColor: gain, downColor: loss, borderUpColor: gain, borderDownColor: loss, wickUpColor: gain, wickDownColor: loss,
      lastValueVisible: true,
      priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits },
    }),
    legend: ({ slices: { open, high, low, close } }, slice) => {
      const name = { text: `${run.about.asset}${run.about.synthetic ? " (SYNTHETIC)" : ""}, ${run.about.every}` };
      if (Number.isNaN(close[slice])) return [name, { text: "no bar" }];
      const parts = [["O", open], ["H", high], ["L", low], ["C", close]];
      return [name, ...parts.map(([label, column]) => ({ label, text: fixed(column[slice], digits) }))];
    },
  };
}

function layerOf(layer, pane) {
  const columnOf = (run) => run.slices[layer.column];
  if (layer.rule) return rule(columnOf);
  const point = pointOf(columnOf);
  const legend = (run, slice) => [{ label: layer.name, text: value(columnOf(run)[slice]), colour: layer.colour }];
  if (layer.bars) {
    const looks = () => ({ color: faded(hex(layer.colour), 0.6), base: 0 });
    return { kind: HistogramSeries, pane, point, looks, legend };
  }
  const lineType = layer.steps ? LineType.WithSteps : LineType.Simple;
  const looks = () => ({ color: layer.colour, lineWidth: 1.5, lineType, crosshairMarkerVisible: false });
  return { kind: LineSeries, pane, point, looks, legend };
}

/** A rule is a shade behind the prices, on a scale of its own. */
function rule(columnOf) {
  return {
    kind: HistogramSeries,
    pane: 0,
    point: (run, slice) => {
      const time = run.times[slice];
      return columnOf(run)[slice] === 1 ? { time, value: 1 } : { time };
    },
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

function volume(pane) {
  const columnOf = (run) => run.slices.volume;
  return {
    kind: HistogramSeries,
    pane,
    point: pointOf(columnOf),
    looks: ({ muted }) => ({ color: faded(muted, 0.4), priceFormat: { type: "volume" } }),
    legend: (run, slice) => [{ label: "Volume", text: short(columnOf(run)[slice]) }],
  };
}

function money(about, pane) {
  const columnOf = (run) => run.slices.equity;
  return {
    kind: AreaSeries,
    pane,
    point: pointOf(columnOf),
    looks: ({ accent }) => ({
      lineColor: accent, topColor: faded(accent, 0.22), bottomColor: faded(accent, 0.02), lineWidth: 1.5,
      priceFormat: { type: "custom", formatter: short, minMove: 0.01 }, crosshairMarkerVisible: false,
    }),
    legend: (run, slice, { accent }) => {
      const text = `${fixed(columnOf(run)[slice], 2)} ${about.currency}`;
      return [about.own ? { label: `Equity, ${about.own}`, text, colour: accent } : { label: "Equity", text }];
    },
  };
}

function drawdown(pane) {
  return {
    kind: BaselineSeries,
    pane,
    point: pointOf((run) => run.drawdown),
    looks: ({ loss }) => ({
      baseValue: { type: "price", price: 0 },
      topLineColor: loss, bottomLineColor: loss, bottomFillColor1: faded(loss, 0.02), bottomFillColor2: faded(loss, 0.22),
      topFillColor1: "transparent", topFillColor2: "transparent", lineWidth: 1,
      priceFormat: { type: "custom", formatter: (part) => percent(part, 0), minMove: 0.0001 },
      crosshairMarkerVisible: false,
    }),
    legend: (run, slice) => [{ label: "Drawdown", text: percent(run.drawdown[slice]) }],
  };
}

function position(about, pane) {
  const columnOf = (run) => run.holding;
  return {
    kind: BaselineSeries,
    pane,
    point: pointOf(columnOf),
    looks: ({ gain, loss }) => ({
      baseValue: { type: "price", price: -1e-9 }, // Nothing held is not less than nothing.
      topLineColor: gain, topFillColor1: faded(gain, 0.22), topFillColor2: faded(gain, 0.06),
      bottomLineColor: loss, bottomFillColor1: faded(loss, 0.06), bottomFillColor2: faded(loss, 0.22),
      lineWidth: 1, lineType: LineType.WithSteps, crosshairMarkerVisible: false,
      priceFormat: { type: "custom", formatter: short, minMove: 0.00000001 },
    }),
    legend: (run, slice) => [{ label: `Held, ${about.asset}`, text: short(columnOf(run)[slice]) }],
  };
}
