//! What a bar of a stream costs, for the eight indicators whose speed is told.

use std::hint::black_box;
use std::time::Instant;

use workbench_market::bar::Ohlcv;

use super::{node, walk};
use crate::{Field, Input, Node, build};

/// Few enough to stay in a cache near by, as a bar that has just come in does.
const BARS: usize = 10_000;
const ROUNDS: usize = 50;

fn of(name: &str, params: &[f64], read: &[Field]) -> Node {
    node(name, params, read.iter().map(|field| Input::Field(*field)).collect())
}

fn told() -> [Node; 8] {
    use Field::{Close, High, Low, Volume};
    [
        of("sma", &[20.0], &[Close]),
        of("ema", &[20.0], &[Close]),
        of("rsi", &[14.0], &[Close]),
        of("macd.line", &[12.0, 26.0, 9.0], &[Close]),
        of("bbands.upper", &[20.0, 2.0], &[Close]),
        of("atr", &[14.0], &[High, Low, Close]),
        of("stoch.k", &[14.0, 3.0, 3.0], &[High, Low, Close]),
        of("rolling_vwap", &[20.0], &[High, Low, Close, Volume]),
    ]
}

fn bars() -> Vec<Ohlcv> {
    let reach = walk(3 * BARS);
    let bar = |(i, close): (usize, f64)| Ohlcv {
        open: close,
        high: close + reach[i] % 1.0,
        low: close - reach[BARS + i] % 1.0,
        close,
        volume: reach[2 * BARS + i],
        session: 0.0,
        time: i as f64,
    };
    walk(BARS).into_iter().enumerate().map(bar).collect()
}

/// Run with `cargo test --release -p workbench-indicators -- --ignored --nocapture nanoseconds_per_update`.
#[test]
#[ignore = "a measurement"]
fn nanoseconds_per_update() {
    let bars = bars();
    for node in told() {
        let mut indicator = build(&node).unwrap();
        let mut best = f64::MAX;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            bars.iter().for_each(|bar| _ = black_box(indicator.update(black_box(bar))));
            best = best.min(began.elapsed().as_nanos() as f64 / BARS as f64);
        }
        println!("{}: {best:.1} ns", node.name);
    }
}
