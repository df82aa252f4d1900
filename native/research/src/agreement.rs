//! The fold against the engine: random bars, rules, costs and sizes must give the same figures in every bit.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use workbench_engine::command::{Goal, Weight};
use workbench_engine::cost::{Fee, FeeKind, Fees, Slippage, Tier};
use workbench_engine::driver::{Driver, Start};
use workbench_engine::latency::Latency;
use workbench_engine::lots::LotRule;
use workbench_engine::order::Side;
use workbench_engine::series::Span;
use workbench_engine::state::{FillRule, Path, Rules};
use workbench_indicators::Field;
use workbench_market::bar::Ohlcv;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity};
use workbench_strategies::signals::Size;

use crate::draws::Draws;
use crate::form::{Form, Number, Part, Slot, Slots};
use crate::plan::Plan;
use crate::sweep::{Bench, Choice, Prepared, Row, Sweep};

const DAY_NS: i64 = 86_400_000_000_000;

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn pick<T: Clone>(draws: &mut Draws, from: &[T]) -> T {
    from[draws.below(from.len() as u64) as usize].clone()
}

fn instrument(draws: &mut Draws) -> Instrument {
    let (quantity_digits, step) = pick(draws, &[(0, "1"), (0, "10"), (3, "0.001"), (8, "0.00000001")]);
    Instrument {
        name: "X".into(),
        price_digits: 2,
        quantity_digits,
        price_step: price("0.01"),
        quantity_step: Quantity::parse(step).unwrap(),
        min_notional: money(pick(draws, &["0", "0", "0", "500"])),
        multiplier: Quantity::ONE,
        kind: workbench_market::instrument::Kind::Spot,
        margins: None,
        has_volume: draws.below(4) > 0,
    }
}

fn fee(draws: &mut Draws) -> Fee {
    let tier =
        |from: &str, maker: &str, taker: &str| Tier { from: money(from), maker: price(maker), taker: price(taker) };
    let kinds = [
        FeeKind::Bps(price("10")),
        FeeKind::Bps(price("3.7")),
        FeeKind::PerUnit(price("0.005")),
        FeeKind::PerTrade(money("1.5")),
        FeeKind::Tiered([tier("0", "1", "2")].into()),
        FeeKind::Tiered([tier("0", "8", "10"), tier("20000", "2", "3")].into()),
    ];
    Fee {
        kind: pick(draws, &kinds),
        side: pick(draws, &[None, None, None, Some(Side::Sell)]),
        minimum: money(pick(draws, &["0", "0", "1"])),
        cap: pick(draws, &[None, None, Some(money("25"))]),
        cap_bps: pick(draws, &[None, None, Some(price("50"))]),
        round_to: pick(draws, &[None, None, Some(money("0.01"))]),
        in_base: draws.below(12) == 0,
    }
}

fn rules(draws: &mut Draws) -> Rules {
    let slippages = [
        Slippage::None,
        Slippage::None,
        Slippage::Bps(price("5")),
        Slippage::Spread(price("0.03")),
        Slippage::VolumeShare(price("0.1")),
        Slippage::SquareRoot(price("0.05")),
    ];
    let latency_ns = if draws.below(12) == 0 { 2 * DAY_NS } else { 0 };
    Rules {
        fill: pick(draws, &[FillRule::NextOpen, FillRule::NextOpen, FillRule::NextClose, FillRule::SameClose]),
        path: Path::Pessimistic,
        limit_through: 0,
        latency: Latency { least_ns: latency_ns, most_ns: latency_ns, seed: 1 },
        lots: LotRule::Average,
        volume_cap: pick(draws, &[None, None, Some(price("0.1")), Some(price("1"))]),
        fees: Fees::new((0..draws.below(3)).map(|_| fee(draws)).collect()),
        slippage: pick(draws, &slippages),
        limits: None,
        margin: None,
    }
}

/// Two bars of each session, or one.
fn fill_with_bars(driver: &mut Driver, draws: &mut Draws, rows: u64) {
    let per_session = 1 + draws.below(2) as i64;
    let mut last = 20.0 + draws.below(5_000) as f64 / 100.0;
    let wild = pick(draws, &[20_u64, 100, 1_500]);
    for row in 0..rows as i64 {
        let mut step = |from: f64| {
            let moved = from * (1.0 + (draws.below(2 * wild + 1) as f64 - wild as f64) / 10_000.0);
            ((moved * 100.0).round() / 100.0).max(0.01)
        };
        let open = step(last);
        let close = step(open);
        let volume = match draws.below(40) {
            0 => f64::NAN,
            1 => 0.0,
            _ => (draws.below(40_000) + 1_000) as f64,
        };
        let bar = Ohlcv { open, high: open.max(close), low: open.min(close), close, volume, session: f64::NAN };
        let open_ns = row * DAY_NS / per_session;
        let span = Span { open_ns, close_ns: open_ns + DAY_NS / 4, session: (row / per_session) as i32 };
        let instrument = driver.state.instruments[0].clone();
        driver.series[0].push(span, bar, &instrument).unwrap();
        last = close;
    }
}

fn form(name: &str, params: Vec<Number>, inputs: Vec<Part>) -> Form {
    Form { name: name.into(), params, inputs, frame: None }
}

fn of(name: &str, window: Number, input: Part) -> Part {
    Part::Form(form(name, vec![window], vec![input]))
}

/// A rule of some kind; slots 0 and 1 are windows, slot 2 is a threshold.
fn rule(draws: &mut Draws, is_entry: bool) -> Form {
    let close = || Part::Field(Field::Close);
    let (fast, slow) = (Number::Slot(0), Number::Slot(1));
    let gap = || Part::Form(form("sub", vec![], vec![of("sma", fast, close()), of("ema", slow, close())]));
    let (above, below) = if is_entry { ("gt", "lt") } else { ("lt", "gt") };
    let cross = if is_entry { "crosses_above" } else { "crosses_below" };
    let plain = form(above, vec![], vec![gap(), Part::Number(Number::Slot(2))]);
    let rsi = form(below, vec![], vec![of("rsi", fast, close()), Part::Number(Number::Fixed(50.0))]);
    match draws.below(8) {
        0 => rsi,
        1 => form("and", vec![], vec![Part::Form(plain), Part::Form(rsi)]),
        2 => form("or", vec![], vec![Part::Form(form("not", vec![], vec![Part::Form(plain)])), Part::Form(rsi)]),
        3 => form(cross, vec![], vec![of("sma", fast, close()), of("sma", slow, close())]),
        4 => form("shift", vec![Number::Fixed(2.0)], vec![Part::Form(plain)]),
        5 => form(above, vec![], vec![Part::Form(form("neg", vec![], vec![gap()])), Part::Number(Number::Fixed(0.1))]),
        6 => {
            let nested = of("sma", slow, of("rsi", fast, close()));
            form(above, vec![], vec![nested, Part::Number(Number::Fixed(49.0))])
        }
        _ => plain,
    }
}

/// A slot with one of these numbers for each run.
fn slot(draws: &mut Draws, values: &[f64], runs: usize) -> Slot {
    let codes = (0..runs).map(|_| draws.below(values.len() as u64) as u32).collect();
    Slot { values: values.into(), codes }
}

fn sweep(draws: &mut Draws, runs: usize) -> Sweep {
    let start_session = if draws.below(3) == 0 { 30 } else { i32::MIN };
    let start = Start { session: start_session, open_ns: i64::MIN };
    let deposits = money(pick(draws, &["10000", "250", "1000000", "33333.33"]));
    let (instrument, rules) = (instrument(draws), rules(draws));
    let mut driver = Driver::new(vec![instrument], rules, deposits, start);
    let rows = pick(draws, &[1, 40, 150, 300]);
    fill_with_bars(&mut driver, draws, rows);
    driver.complete();
    let slots = vec![
        slot(draws, &[2.0, 3.0, 5.0], runs),
        slot(draws, &[7.0, 11.0, 20.0], runs),
        slot(draws, &[0.0, 0.01, -0.05], runs),
    ];
    let sizes = [
        Goal::AllIn,
        Goal::Weight(Weight::ONE),
        Goal::Weight(Weight::parse("0.333").unwrap()),
        Goal::Quantity(Quantity::parse("30").unwrap()),
    ];
    let codes = (0..runs).map(|_| draws.below(4) as u32).collect();
    Sweep {
        driver,
        entry: Some(rule(draws, true)),
        exit: (draws.below(6) > 0).then(|| rule(draws, false)),
        slots: Arc::new(Slots::new(slots, runs).unwrap()),
        sizes: Choice { values: sizes.into_iter().map(Size::Alike).collect(), codes },
        exits: Choice { values: vec![None], codes: vec![0; runs] },
        warms_up: draws.below(5) > 0,
        deposits,
        per_year: 252.0,
    }
}

fn same(folded: &Row, driven: &Row) -> bool {
    // Debug writes every float with all the digits that tell it from its neighbours.
    format!("{:?}", Row { is_driven: true, ..*folded }) == format!("{driven:?}")
}

#[test]
fn a_folded_run_is_the_run_that_the_engine_drives() {
    let (mut folded, mut beyond, mut trades) = (0, 0, 0);
    for seed in 0..400 {
        let mut draws = Draws::new(seed);
        let sweep = sweep(&mut draws, 6);
        let tape = sweep.tape().unwrap();
        let plan = Plan::new(tape.columns(), [sweep.entry.as_ref(), sweep.exit.as_ref()], &sweep.slots).unwrap();
        let Some(mut bench) = Bench::new(&sweep, &tape, &plan) else {
            beyond += 6;
            continue;
        };
        for run in 0..6 {
            let Some(row) = sweep.folded(run, &mut bench).unwrap() else {
                beyond += 1;
                continue;
            };
            let wanted = sweep.driven(run, &AtomicBool::new(false)).unwrap().unwrap();
            assert!(same(&row, &wanted), "seed {seed}, run {run}:\n{row:?}\n{wanted:?}");
            (folded, trades) = (folded + 1, trades + row.trades);
        }
    }
    // Most of these programs can be folded, some cannot, and they do trade.
    assert!(folded > 1_200 && beyond > 100 && trades > 5_000, "{folded} folded, {beyond} beyond, {trades} trades");
}

#[test]
fn threads_give_the_rows_in_the_order_asked_and_stop_when_told() {
    let mut draws = Draws::new(5);
    let sweep = sweep(&mut draws, 200);
    let alone: Vec<Row> = (0..200).map(|run| sweep.driven(run, &AtomicBool::new(false)).unwrap().unwrap()).collect();
    let prepared = Prepared::new(sweep).unwrap();
    let wanted: Vec<usize> = (0..200).rev().collect();
    let all = prepared.run(&wanted, || None::<()>);
    assert!(all.stop.is_none());
    for (run, row) in wanted.iter().zip(all.rows) {
        let row = row.unwrap().unwrap();
        assert!(same(&row, &alone[*run]), "{run}");
    }
}
