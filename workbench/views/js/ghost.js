// The lines of a second run: its equity as a ghost over the first one's, and its position.
//
// The one idea: they are in the panes of the first run's, in the one colour that is the second run's everywhere.

import { BaselineSeries, LineSeries, LineType } from "lightweight-charts";

import { fixed, short } from "./format.js";

/** The lines of the second run, in the panes of equity and of the position. */
export function rivalLines({ about }, equityPane, positionPane) {
  if (!about.rival) return [];
  const shared = { crosshairMarkerVisible: false, lineWidth: 1.5 };
  const point = (column) => (run, slice) => {
    const value = column(run)[slice];
    return Number.isNaN(value) ? { time: run.times[slice] } : { time: run.times[slice], value };
  };
  const equity = (run) => run.rival.equity;
  const holding = (run) => run.rival.holding;
  return [
    {
      kind: LineSeries,
      pane: equityPane,
      point: point(equity),
      looks: ({ warn }) => ({ ...shared, color: warn, priceFormat: { type: "custom", formatter: short, minMove: 0.01 } }),
      legend: (run, slice, { warn }) => [{ label: about.rival, text: fixed(equity(run)[slice], 2), colour: warn }],
    },
    {
      kind: BaselineSeries,
      pane: positionPane,
      point: point(holding),
      looks: ({ warn }) => ({
        ...shared,
        baseValue: { type: "price", price: -1e-9 },
        topLineColor: warn, bottomLineColor: warn, topFillColor1: "transparent", topFillColor2: "transparent",
        bottomFillColor1: "transparent", bottomFillColor2: "transparent", lineType: LineType.WithSteps,
        priceFormat: { type: "custom", formatter: short, minMove: 0.00000001 },
      }),
      legend: (run, slice, { warn }) => [{ label: about.rival, text: short(holding(run)[slice]), colour: warn }],
    },
  ];
}
