//! W3 without Python: crosses of two averages over 2,520 daily bars, folded on all cores.
//!
//! `cargo run --release -p workbench-research --example w3` prints the seconds of a few rounds of 10,000 crosses;
//! `-- few` behind it is for rounds of 1,000, and `-- few 1` for a single one, such as a profiler wants.

use std::env;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use workbench_engine::command::Goal;
use workbench_engine::cost::{Fee, FeeKind, Fees};
use workbench_engine::driver::{Driver, Start};
use workbench_engine::series::Span;
use workbench_engine::state::Rules;
use workbench_indicators::Field;
use workbench_market::Result;
use workbench_market::bar::Ohlcv;
use workbench_market::draws::Draws;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price};
use workbench_research::form::{Form, Number, Part, Slot, Slots};
use workbench_research::sweep::{Choice, Prepared, Sweep};
use workbench_strategies::signals::Size;

const DAY_NS: i64 = 86_400_000_000_000;

fn rules() -> Result<Rules> {
    let fee = Fee::of(FeeKind::Bps(Price::parse("10")?));
    Ok(Rules { fees: Fees::new(vec![fee]), ..Rules::default() })
}

/// A random walk in cents, by the sum of four even draws.
fn driver(cash: Money) -> Result<Driver> {
    let instrument = Instrument::new("A", 2, 8);
    let start = Start { session: i32::MIN, open_ns: i64::MIN };
    let mut driver = Driver::new(vec![instrument.clone()], rules()?, cash, start);
    let (mut draws, mut last) = (Draws::new(1), 100.0_f64);
    let mut draw = || draws.centred();
    for row in 0..2_520_i64 {
        let open = (last * 100.0).round() / 100.0;
        let close = ((last * (1.0 + 0.02 * (draw() + draw() + draw() + draw()))) * 100.0).round() / 100.0;
        let bar = Ohlcv {
            open,
            high: open.max(close),
            low: open.min(close),
            close,
            volume: 10_000.0,
            session: f64::NAN,
            time: f64::NAN,
        };
        let span = Span { open_ns: row * DAY_NS, close_ns: (row + 1) * DAY_NS, session: row as i32 };
        driver.series[0].push(span, bar, &instrument)?;
        last = close;
    }
    driver.complete();
    Ok(driver)
}

fn rule(name: &str, level: f64) -> Form {
    let sma = |slot| {
        let inputs = vec![Part::Field(Field::Close)];
        Part::Form(Form { name: "sma".into(), params: vec![Number::Slot(slot)], inputs, frame: None })
    };
    let gap = Form { name: "sub".into(), params: vec![], inputs: vec![sma(0), sma(1)], frame: None };
    let inputs = vec![Part::Form(gap), Part::Number(Number::Fixed(level))];
    Form { name: name.into(), params: vec![], inputs, frame: None }
}

fn main() -> Result<()> {
    let (is_few, rounds) = (env::args().nth(1).is_some(), env::args().nth(2).and_then(|text| text.parse().ok()));
    let lengths = |range: Range<u32>, step: usize| range.step_by(step).map(f64::from).collect::<Vec<_>>();
    let (fast, slow) =
        if is_few { (lengths(3..28, 1), lengths(30..230, 5)) } else { (lengths(3..103, 1), lengths(104..204, 1)) };
    let (runs, inner) = ((fast.len() * slow.len()) as u32, slow.len() as u32);
    let cash = Money::parse("1000000")?;
    let fast = Slot { values: fast, codes: (0..runs).map(|run| run / inner).collect() };
    let slow = Slot { values: slow, codes: (0..runs).map(|run| run % inner).collect() };
    for _ in 0..rounds.unwrap_or(9) {
        let sweep = Sweep {
            driver: driver(cash)?,
            entry: Some(rule("gt", 1e-6)),
            exit: Some(rule("lt", -1e-6)),
            slots: Arc::new(Slots::new(vec![fast.clone(), slow.clone()], runs as usize)?),
            sizes: Choice { values: vec![Size::Alike(Goal::AllIn)], codes: vec![0; runs as usize] },
            exits: Choice { values: vec![None], codes: vec![0; runs as usize] },
            warms_up: true,
            deposits: cash,
            per_year: 365.0,
        };
        let begun = Instant::now();
        let prepared = Prepared::new(sweep)?;
        let made = begun.elapsed();
        let all: Vec<usize> = (0..runs as usize).collect();
        let outcome = prepared.run(&all, || None::<()>);
        let fills: usize = outcome.rows.iter().flatten().flatten().map(|row| row.fills).sum();
        println!(
            "{:.4} s, of it {:.4} s for columns; {fills} fills",
            begun.elapsed().as_secs_f64(),
            made.as_secs_f64()
        );
    }
    Ok(())
}
