// A small run by hand: six sessions, one long trade, one refusal, one working stop.

import { runOf } from "../../../workbench/views/js/run.js";

const DAY = 86_400;
const SESSIONS = [100, 101, 104, 105, 106, 107];

export function made(changes = {}, told = {}, names = {}) {
  const columns = {
    "slices/time": Float64Array.from(SESSIONS, (day) => day * DAY + 72_000),
    "slices/session": Int32Array.from(SESSIONS),
    "slices/equity": Float64Array.of(1000, 1000, 1100, 990, 1045, 1100),
    "slices/cash": Float64Array.of(1000, 1000, 0, 0, 1045, 1100),
    "slices/positions": Float64Array.of(0, 0, 1100, 990, 0, 0),
    "slices/receivable": new Float64Array(6),
    "slices/open": Float64Array.of(10, 10, 10, 11, 10, NaN),
    "slices/high": Float64Array.of(11, 11, 11, 11, 11, NaN),
    "slices/low": Float64Array.of(9, 9, 9, 9, 9, NaN),
    "slices/close": Float64Array.of(10, 10, 11, 9.9, 10.45, NaN),
    "slices/volume": Float64Array.of(5, 5, 1500, 5, 5, NaN),
    "slices/scale": Float64Array.of(0.5, 0.5, 1, 1, 1, NaN),
    "slices/_0": Float64Array.of(NaN, NaN, 10.333333, 10, 10, 10),
    "recorded/gap": Float64Array.of(NaN, NaN, 0.5, NaN, NaN, NaN),
    "fills/slice": Int32Array.of(2, 4),
    "fills/order": Int32Array.of(1, 2),
    "fills/asset": Int32Array.of(0, 0),
    "fills/side": Int32Array.of(0, 1),
    "fills/quantity": Float64Array.of(100, 100),
    "fills/price": Float64Array.of(10, 10.45),
    "fills/fee": Float64Array.of(0, 1.5),
    "fills/drawn": Float64Array.of(10, 10.45),
    "fills/ambiguous": Int32Array.of(0, 1),
    "orders/slice": Int32Array.of(1, 2, 5),
    "orders/order": Int32Array.of(1, 2, 3),
    "orders/asset": Int32Array.of(0, 0, 0),
    "orders/side": Int32Array.of(0, 1, 0),
    "orders/type": Int32Array.of(0, 1, 0),
    "orders/quantity": Float64Array.of(100, 100, 9000),
    "orders/status": Int32Array.of(0, 0, 1),
    "orders/reason": Int32Array.of(-1, -1, 0),
    "held/first": Int32Array.of(2),
    "held/until": Int32Array.of(4),
    "held/asset": Int32Array.of(0),
    "held/quantity": Float64Array.of(100),
    "working/first": Int32Array.of(3),
    "working/until": Int32Array.of(4),
    "working/asset": Int32Array.of(0),
    "working/order": Int32Array.of(2),
    "working/quantity": Float64Array.of(100),
    "working/limit": Float64Array.of(NaN),
    "working/stop": Float64Array.of(9.5),
    "checks/slice": Int32Array.of(0, 0, 3, 3, 4),
    "checks/asset": Int32Array.of(-1, -1, 0, -1, 1),
    "checks/name": Int32Array.of(0, 1, 0, 1, 0),
    "checks/value": Float64Array.of(NaN, NaN, 0.5, -2.25, 9),
    "checks/above": Float64Array.of(0, NaN, 0, NaN, 0),
    "checks/at_most": Float64Array.of(NaN, NaN, 1, -3, NaN),
    "checks/passed": Int32Array.of(0, 1, 1, 0, 0),
    "checks/reason": Int32Array.of(0, -1, -1, -1, 1),
    "ledger/slice": Int32Array.of(2, 2),
    "ledger/account": Int32Array.of(0, 1),
    "ledger/asset": Int32Array.of(-1, 0),
    "ledger/currency": Int32Array.of(0, 0),
    "ledger/amount": Float64Array.of(-1000, 1000),
    "warmup/slice": Int32Array.of(0, 1),
    "warmup/layer": Int32Array.of(0, 0),
    "warmup/seen": Int32Array.of(1, 2),
    "warmup/needed": Int32Array.of(3, 3),
    "absent/slice": Int32Array.of(5),
    "absent/closed": Int32Array.of(1),
    ...changes,
  };
  const asset = ["X"];
  const sides = ["buy", "sell"];
  const texts = {
    "fills/asset": asset, "fills/side": sides, "orders/asset": asset, "orders/side": sides, "held/asset": asset,
    "working/asset": asset, "orders/type": ["market", "stop"], "orders/status": ["FILLED", "DENIED"],
    "orders/reason": ["INSUFFICIENT_CASH"], "checks/asset": ["X", "Y"], "checks/name": ["trend", "calm"],
    "checks/reason": ["no value", "no threshold"], "ledger/account": ["cash", "position"], "ledger/asset": asset,
    "ledger/currency": ["USD"], ...names,
  };
  const layer = { column: "_0", name: "sma_3", pane: "", steps: false, bars: false, colour: "#3f83d8" };
  const about = {
    name: "Cross", asset: "X", every: "1d", daily: true, currency: "USD", price_currency: "USD", digits: { X: [2, 0] },
    layers: [layer], never: [], calendar: "XNYS", left_out: [], ...told,
  };
  return runOf({ about, columns, texts });
}

/** The same run, which is early, beside one that buys half as much a session later and ends a session before. */
export function madeDuel() {
  const columns = {
    "rival/equity": Float64Array.of(1000, 1000, 1000, 1010, 1020, NaN),
    "rival_held/first": Int32Array.of(3),
    "rival_held/until": Int32Array.of(4),
    "rival_held/asset": Int32Array.of(0),
    "rival_held/quantity": Float64Array.of(50),
    "rival_fills/slice": Int32Array.of(3, 4),
    "rival_fills/asset": Int32Array.of(0, 0),
    "rival_fills/side": Int32Array.of(0, 1),
    "rival_fills/quantity": Float64Array.of(50, 50),
    "rival_fills/price": Float64Array.of(11, 10.45),
    "rival_fills/drawn": Float64Array.of(11, 10.45),
    "parting/slice": Int32Array.of(2, 3),
    "parting/asset": Int32Array.of(0, 0),
  };
  const asset = ["X"];
  const texts = {
    "rival_held/asset": asset, "rival_fills/asset": asset, "rival_fills/side": ["buy", "sell"], "parting/asset": asset,
  };
  return made(columns, { own: "early", rival: "late" }, texts);
}
