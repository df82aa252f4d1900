//! The fold against the engine: random bars, rules, costs and sizes must give the same figures in every bit.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use workbench_engine::command::{Goal, Weight};
use workbench_engine::cost::{Fee, FeeKind, Fees, Slippage, Tier};
use workbench_engine::driver::{Driver, Start};
use workbench_engine::due::{Action, ActionKind};
use workbench_engine::ends::{End, EndKind};
use workbench_engine::event::Event;
use workbench_engine::exits::{Exit, Exits, Target};
use workbench_engine::latency::Latency;
use workbench_engine::life::Reason;
use workbench_engine::lots::LotRule;
use workbench_engine::order::Side;
use workbench_engine::series::Span;
use workbench_engine::state::{FillRule, Path, Rules};
use workbench_engine::terms::{Kind, Trail};
use workbench_indicators::Field;
use workbench_market::bar::Ohlcv;
use workbench_market::draws::Draws;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity};
use workbench_strategies::signals::Size;

use crate::form::{Form, Number, Part, Slot, Slots};
use crate::sweep::{Bench, Choice, Prepared, Row, Sweep};

/// How many random programs of six runs each.
const SEEDS: u64 = 400;
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
        quantity_step: Quantity::parse(step).unwrap(),
        min_notional: money(pick(draws, &["0", "0", "0", "500"])),
        multiplier: pick(draws, &[Quantity::ONE, Quantity::ONE, Quantity::from_raw(50 * Quantity::ONE.raw())]),
        has_volume: draws.below(4) > 0,
        ..Instrument::new("X", 2, quantity_digits)
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
        currency: None,
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
    let lots = pick(draws, &[LotRule::Average, LotRule::FirstInFirstOut, LotRule::LastInFirstOut]);
    let latency_ns = if draws.below(12) == 0 { 2 * DAY_NS } else { 0 };
    Rules {
        fill: pick(draws, &[FillRule::NextOpen, FillRule::NextOpen, FillRule::NextClose, FillRule::SameClose]),
        path: pick(draws, &[Path::Pessimistic, Path::Pessimistic, Path::Pessimistic, Path::OpenLowHighClose]),
        limit_through: pick(draws, &[0, 0, 2]),
        latency: Latency { least_ns: latency_ns, most_ns: latency_ns, seed: 1 },
        lots,
        volume_cap: pick(draws, &[None, None, Some(price("0.1")), Some(price("1"))]),
        fees: Fees::new((0..draws.below(3)).map(|_| fee(draws)).collect()),
        slippage: pick(draws, &slippages),
        limits: None,
        margin: None,
    }
}

/// Two bars of each session, or one; with several assets some bars are missing, longer than others or a little later.
fn fill_with_bars(driver: &mut Driver, draws: &mut Draws, asset: usize, rows: u64) {
    let per_session = 1 + draws.below(2) as i64;
    let length_ns = pick(draws, &[DAY_NS / 4, DAY_NS / 4, DAY_NS / 2]);
    let (late_ns, missing) = if asset > 0 { (pick(draws, &[0, 0, 3_600_000_000_000]), 12) } else { (0, u64::MAX) };
    let mut last = 20.0 + draws.below(5_000) as f64 / 100.0;
    let wild = pick(draws, &[20_u64, 100, 1_500]);
    for row in 0..rows as i64 {
        let mut step = |from: f64| {
            let moved = from * (1.0 + (draws.below(2 * wild + 1) as f64 - wild as f64) / 10_000.0);
            ((moved * 100.0).round() / 100.0).max(0.01)
        };
        let open = step(last);
        let close = step(open);
        let (one, other) = (step(open), step(close));
        let volume = match draws.below(40) {
            0 => f64::NAN,
            1 => 0.0,
            _ => (draws.below(40_000) + 1_000) as f64,
        };
        let (high, low) = (open.max(close).max(one).max(other), open.min(close).min(one).min(other));
        let bar = Ohlcv { open, high, low, close, volume, session: f64::NAN, time: f64::NAN };
        let open_ns = row * DAY_NS / per_session + late_ns;
        let close_ns = open_ns + length_ns - if per_session == 2 { late_ns } else { 0 };
        let span = Span { open_ns, close_ns, session: (row / per_session) as i32 };
        let instrument = driver.state.instruments[asset].clone();
        last = close;
        if draws.below(missing) > 0 {
            driver.series[asset].push(span, bar, &instrument).unwrap();
        }
    }
}

/// Splits and dividends, none, some or very many, so that some act between an order and its fill.
fn actions(draws: &mut Draws, rows: u64) -> Vec<Action> {
    let ratios = [(2, 1), (3, 2), (7, 1), (1, 2), (1, 3), (3, 7), (1, 10), (1, 5_000)];
    let count = pick(draws, &[0, 0, 3, 12, 60]);
    let mut made = Vec::new();
    for _ in 0..count {
        let session = draws.below(rows + 3) as i32 - 1;
        if draws.below(2) == 0 {
            let (numerator, denominator) = pick(draws, &ratios);
            made.push(Action { session, rank: 1, kind: ActionKind::Split { numerator, denominator } });
            continue;
        }
        let amount = price(pick(draws, &["0.05", "0.333333333333", "1.5"]));
        let after_ns = pick(draws, &[-1, 0, 1, 6, 24, 24 * 9 + 6, 24 * 400]) * (DAY_NS / 24);
        let pay_ns = (draws.below(4) > 0).then_some(i64::from(session) * DAY_NS + after_ns);
        made.push(Action { session, rank: 2, kind: ActionKind::Dividend { amount, pay_ns } });
    }
    if draws.below(8) == 0 {
        let session = draws.below(2 * rows) as i32;
        let open_ns = i64::from(session) * DAY_NS;
        let end = End { kind: EndKind::Delisting, open_ns, into: None, amount: None, pay_ns: None };
        made.push(Action { session, rank: 6, kind: ActionKind::End(end) });
    }
    made
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

/// No protection, a stop, a target or a trail, near or far, or several of them.
fn exits(draws: &mut Draws, runs: usize) -> Choice<Option<Box<Exits>>> {
    let protection = |stop: Option<&str>, target: Option<&str>, trail: Option<&str>| {
        let targets = target.map(|part| Target { exit: Exit::Part(price(part)), part: Price::ONE });
        Some(Box::new(Exits {
            stop_loss: stop.map(|part| Exit::Part(price(part))),
            trailing_stop: trail.map(|part| Trail::Part(price(part))),
            break_even: None,
            targets: targets.into_iter().collect(),
        }))
    };
    let values = vec![
        None,
        protection(Some("0.05"), None, None),
        protection(Some("0.01"), Some("0.015"), None),
        protection(None, Some("0.03"), None),
        protection(None, None, Some("0.04")),
        protection(Some("0.02"), Some("0.2"), Some("0.1")),
        protection(Some("0.0001"), Some("0.0001"), None),
    ];
    let is_protected = draws.below(2) == 0;
    let most = if is_protected { values.len() as u64 } else { 1 };
    Choice { codes: (0..runs).map(|_| draws.below(most) as u32).collect(), values }
}

fn sweep(draws: &mut Draws, runs: usize) -> Sweep {
    let start_session = if draws.below(3) == 0 { 30 } else { i32::MIN };
    let start = Start { session: start_session, open_ns: i64::MIN };
    let deposits = money(pick(draws, &["10000", "250", "1000000", "33333.33"]));
    let assets = if draws.below(2) == 0 { 1 } else { 2 + draws.below(3) as usize };
    let (instruments, rules) = ((0..assets).map(|_| instrument(draws)).collect(), rules(draws));
    let mut driver = Driver::new(instruments, rules, deposits, start);
    let rows = pick(draws, &[1, 40, 150, 300]);
    for asset in 0..assets {
        fill_with_bars(&mut driver, draws, asset, rows);
        driver.set_actions(asset, actions(draws, rows));
    }
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
        exits: exits(draws, runs),
        warms_up: draws.below(5) > 0,
        deposits,
        per_year: 252.0,
    }
}

fn same(folded: &Row, driven: &Row) -> bool {
    // Debug writes every float with all the digits that tell it from its neighbours.
    format!("{:?}", Row { driven: driven.driven, ..*folded }) == format!("{driven:?}")
}

/// What happened in runs that were folded, to be sure that what can happen did.
#[derive(Default, Debug)]
struct Seen {
    folded: usize,
    joint: usize,
    beyond: usize,
    trades: usize,
    /// Fills beyond the first of an order.
    rests: usize,
    held_splits: usize,
    in_lieu: usize,
    split_orders: usize,
    ended_orders: usize,
    stopped: usize,
    reached: usize,
    trailed: usize,
    dividends: usize,
    payments: usize,
}

impl Seen {
    fn take(&mut self, driver: &Driver, row: &Row) {
        self.folded += 1;
        self.joint += usize::from(driver.series.len() > 1);
        self.trades += row.trades;
        self.rests += row.fills - driver.state.orders.iter().filter(|order| !order.filled.is_zero()).count();
        for order in driver.state.orders.iter().filter(|order| !order.filled.is_zero()) {
            match order.ask.kind {
                Kind::Stop(_) => self.stopped += 1,
                Kind::Trailing { .. } => self.trailed += 1,
                Kind::Limit(_) => self.reached += 1,
                _ => {}
            }
        }
        for record in &driver.state.records {
            match &record.event {
                Event::Split(split) => {
                    self.held_splits += 1;
                    self.in_lieu += usize::from(!split.cash.is_zero());
                }
                Event::Adjusted { .. } => self.split_orders += 1,
                Event::Canceled { reason: Reason::Split, .. } => self.ended_orders += 1,
                Event::Dividend { .. } => self.dividends += 1,
                Event::Payment { .. } => self.payments += 1,
                _ => {}
            }
        }
    }
}

#[test]
fn a_folded_run_is_the_run_that_the_engine_drives() {
    let mut seen = Seen::default();
    for seed in 0..SEEDS {
        let mut draws = Draws::new(seed);
        let sweep = sweep(&mut draws, 6);
        let Ok(bars) = sweep.bars() else {
            seen.beyond += 6;
            continue;
        };
        let lean = sweep.lean(bars).unwrap();
        let Ok(mut bench) = Bench::new(&sweep, &lean) else {
            seen.beyond += 6;
            continue;
        };
        for run in 0..6 {
            let Ok(row) = sweep.folded(run, &mut bench).unwrap() else {
                seen.beyond += 1;
                continue;
            };
            let driver = sweep.drive(run, &AtomicBool::new(false)).unwrap().unwrap();
            let wanted = sweep.measured(&driver).unwrap();
            assert!(same(&row, &wanted), "seed {seed}, run {run}:\n{row:?}\n{wanted:?}");
            seen.take(&driver, &row);
        }
    }
    println!("{seen:?}");
    // Most of these programs can be folded, some cannot, and everything that a fold knows happens in them.
    assert!(seen.folded > 1_200 && seen.joint > 300 && seen.beyond > 100 && seen.trades > 5_000, "{seen:?}");
    let Seen { rests, held_splits, in_lieu, split_orders, ended_orders, dividends, payments, .. } = seen;
    let guards = [seen.stopped, seen.reached, seen.trailed];
    let rare = [rests, held_splits, in_lieu, split_orders, 10 * ended_orders, dividends, payments];
    assert!(rare.into_iter().chain(guards).all(|count| count > 100), "{seen:?}");
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
