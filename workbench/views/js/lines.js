// The lines of the panes: what a run is drawn with, each with the point of a slice, its looks and its legend.
//
// The one idea: a line knows only columns of a run and a slice; where the cursor is, is not its business.

import {
  AreaSeries, BaselineSeries, CandlestickSeries, HistogramSeries, LineSeries, LineType,
} from "lightweight-charts";

import { fixed, percent, short, value } from "./format.js";
import { heldOf } from "./run.js";
import { faded } from "./theme.js";

/** How high each pane is beside the others. */
export function paneShares(run) {
  return [5, ...panesOf(run).map(() => 1.4), 1, 2, 1.1, 1.1];
}

function panesOf(run) {
  return [...new Set(run.about.layers.filter((layer) => layer.pane).map((layer) => layer.pane))];
}

/** Every series with the pane it is in, the point of a slice, its looks and its legend; the prices come first. */
export function seriesOf(run, chart, colours) {
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
