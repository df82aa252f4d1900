//! What exact money costs: the arithmetic of a run on exact numbers and on float64, beside the run of the engine itself.
//!
//! `cargo run --release -p workbench-engine --example exact` prints one JSON line. Workload W1 (a cross of two averages,
//! 100 units or none, a fee of 0.1%) is run by the engine, without Python. Then everything that the engine does with
//! money in that run is done once more in a loop of its own, first on its exact types and then on float64: prices of
//! ticks, marks, equity, values, fees, cost shares, balanced legs. The difference of the two loops is what exactness
//! costs: `extra_ns` for each bar of any run, and `slower_pct` of this run on float64, in which no strategy takes time.

use std::hint::black_box;
use std::time::Instant;

use workbench_engine::command::{Command, Goal};
use workbench_engine::cost::{Fee, FeeKind, Fees};
use workbench_engine::driver::{Driver, Pause, Start};
use workbench_engine::series::Span;
use workbench_engine::state::Rules;
use workbench_market::bar::Ohlcv;
use workbench_market::draws::Draws;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};
use workbench_market::{Error, Result};

const BARS: usize = 1_000_000;
const ROUNDS: usize = 15;
const UNITS: i64 = 100;
const MINUTE_NS: i64 = 60_000_000_000;
const CASH: &str = "100000000";

/// The operations that the engine does with money.
trait Arithmetic {
    type Price: Copy;
    type Quantity: Copy;
    type Money: Copy + PartialEq + Default;

    fn price(cents: i64) -> Self::Price;
    fn quantity(units: i64) -> Self::Quantity;
    fn money(whole: i64) -> Self::Money;
    fn times(price: Self::Price, quantity: Self::Quantity) -> Result<Self::Money>;
    fn plus(a: Self::Money, b: Self::Money) -> Result<Self::Money>;
    fn minus(a: Self::Money, b: Self::Money) -> Result<Self::Money>;
    /// A tenth of a percent.
    fn fee(value: Self::Money) -> Result<Self::Money>;
    /// The cost of `part` units out of `whole`.
    fn share(cost: Self::Money, part: Self::Quantity, whole: Self::Quantity) -> Result<Self::Money>;
    /// Refuses legs that do not sum to zero; floats only do so nearly.
    fn check(sum: Self::Money) -> Result<()>;
    fn to_f64(money: Self::Money) -> f64;
}

struct Exact;
struct Floats;

fn uneven() -> Error {
    Error::Ledger("legs do not sum to zero".into())
}

impl Arithmetic for Exact {
    type Price = Price;
    type Quantity = Quantity;
    type Money = Money;

    fn price(cents: i64) -> Price {
        Price::from_raw(i128::from(cents) * 10_000_000_000)
    }
    fn quantity(units: i64) -> Quantity {
        Quantity::from_raw(i128::from(units) * 100_000_000)
    }
    fn money(whole: i64) -> Money {
        Money::from_raw(i128::from(whole) * Money::ONE.raw())
    }
    fn times(price: Price, quantity: Quantity) -> Result<Money> {
        price.times(quantity)
    }
    fn plus(a: Money, b: Money) -> Result<Money> {
        a.plus(b)
    }
    fn minus(a: Money, b: Money) -> Result<Money> {
        a.minus(b)
    }
    fn fee(value: Money) -> Result<Money> {
        mul_div(value.raw(), 1, 1_000, Rounding::FEE).map(Money::from_raw)
    }
    fn share(cost: Money, part: Quantity, whole: Quantity) -> Result<Money> {
        cost.scaled(part.raw(), whole.raw(), Rounding::COST_SHARE)
    }
    fn check(sum: Money) -> Result<()> {
        if sum.is_zero() { Ok(()) } else { Err(uneven()) }
    }
    fn to_f64(money: Money) -> f64 {
        money.to_f64()
    }
}

impl Arithmetic for Floats {
    type Price = f64;
    type Quantity = f64;
    type Money = f64;

    fn price(cents: i64) -> f64 {
        cents as f64 / 100.0
    }
    fn quantity(units: i64) -> f64 {
        units as f64
    }
    fn money(whole: i64) -> f64 {
        whole as f64
    }
    fn times(price: f64, quantity: f64) -> Result<f64> {
        Ok(price * quantity)
    }
    fn plus(a: f64, b: f64) -> Result<f64> {
        Ok(a + b)
    }
    fn minus(a: f64, b: f64) -> Result<f64> {
        Ok(a - b)
    }
    fn fee(value: f64) -> Result<f64> {
        Ok(value * 0.001)
    }
    fn share(cost: f64, part: f64, whole: f64) -> Result<f64> {
        Ok(cost * part / whole)
    }
    fn check(sum: f64) -> Result<()> {
        if sum.abs() < 1e-6 { Ok(()) } else { Err(uneven()) }
    }
    fn to_f64(money: f64) -> f64 {
        money
    }
}

/// The account of a run: balances of cash, position cost, fees and realised profit, and what is held.
struct Book<A: Arithmetic> {
    balances: [A::Money; 4],
    legs: Vec<A::Money>,
    curve: Vec<[A::Money; 2]>,
    cost: A::Money,
    value: A::Money,
    positions: A::Money,
    held: i64,
}

impl<A: Arithmetic> Book<A> {
    fn new() -> Self {
        let (legs, curve) = (Vec::with_capacity(BARS), Vec::with_capacity(BARS));
        let mut balances = [A::Money::default(); 4];
        balances[0] = A::money(100_000_000);
        let nothing = A::Money::default();
        Self { balances, legs, curve, cost: nothing, value: nothing, positions: nothing, held: 0 }
    }

    /// A fill of all that is wanted at the open, in four legs that sum to zero.
    fn fill(&mut self, price: A::Price, wanted: i64) -> Result<()> {
        let (nothing, traded) = (A::Money::default(), A::quantity(UNITS));
        let value = A::times(price, traded)?;
        let fee = A::fee(value)?;
        let cost = if wanted > self.held { value } else { A::share(self.cost, traded, A::quantity(self.held))? };
        let (cost, cash) =
            if wanted > self.held { (cost, A::minus(nothing, value)?) } else { (A::minus(nothing, cost)?, value) };
        let realised = A::minus(nothing, A::plus(cash, cost)?)?;
        let legs = [A::minus(cash, fee)?, cost, fee, realised];
        A::check(legs.into_iter().try_fold(nothing, A::plus)?)?;
        for (balance, leg) in self.balances.iter_mut().zip(legs) {
            *balance = A::plus(*balance, leg)?;
        }
        self.legs.extend(legs);
        (self.cost, self.held) = (A::plus(self.cost, cost)?, wanted);
        Ok(())
    }

    /// The holding at a price; the sum of all holdings follows its change.
    fn mark(&mut self, price: A::Price) -> Result<()> {
        let value = if self.held == 0 { A::Money::default() } else { A::times(price, A::quantity(self.held))? };
        if value != self.value {
            self.positions = A::plus(A::minus(self.positions, self.value)?, value)?;
            self.value = value;
        }
        Ok(())
    }
}

/// The money of the whole run, given what is wanted after each bar; final equity.
fn walk<A: Arithmetic>(bars: &[(i64, i64)], wanted: &[i64]) -> Result<f64> {
    let (mut book, mut next) = (Book::<A>::new(), 0);
    for (&(open, close), &wanted) in bars.iter().zip(wanted) {
        let (open, close) = (black_box(A::price(open)), A::price(close));
        if next != book.held {
            book.fill(open, next)?;
            book.mark(open)?;
        }
        book.mark(close)?;
        book.curve.push([book.balances[0], book.positions]);
        next = wanted;
    }
    black_box((&book.legs, &book.curve));
    Ok(A::to_f64(A::plus(book.balances[0], book.positions)?))
}

/// A random walk in cents, and what the cross of two averages wants after each of its bars.
fn market() -> (Vec<Ohlcv>, Vec<i64>) {
    let (mut draws, mut last) = (Draws::new(1), 100.0_f64);
    let cents = |x: f64| (x * 100.0).round().max(1.0) / 100.0;
    let mut bars = Vec::with_capacity(BARS);
    for _ in 0..BARS {
        let (open, close) = (last * (1.0 + 0.0002 * draws.centred()), last * (1.0 + 0.0014 * draws.centred()));
        let (high, low) = (open.max(close) * 1.0002, open.min(close) * 0.9998);
        bars.push(Ohlcv {
            open: cents(open),
            high: cents(high),
            low: cents(low),
            close: cents(close),
            volume: 1e4,
            session: f64::NAN,
            time: f64::NAN,
        });
        last = close;
    }
    let wanted = cross(&bars);
    (bars, wanted)
}

fn cross(bars: &[Ohlcv]) -> Vec<i64> {
    let (mut fast, mut slow, mut wanted) = (0.0, 0.0, 0);
    let after = |(at, bar): (usize, &Ohlcv)| {
        fast += bar.close - if at >= 10 { bars[at - 10].close } else { 0.0 };
        slow += bar.close - if at >= 50 { bars[at - 50].close } else { 0.0 };
        let gap = fast / 10.0 - slow / 50.0;
        if at >= 49 && gap.abs() > 1e-6 {
            wanted = if gap > 0.0 { UNITS } else { 0 };
        }
        wanted
    };
    bars.iter().enumerate().map(after).collect()
}

fn bitcoin() -> Instrument {
    Instrument::new("BTC", 2, 0)
}

fn rules() -> Result<Rules> {
    let fee = Fee::of(FeeKind::Bps(Price::parse("10")?));
    Ok(Rules { fees: Fees::new(vec![fee]), ..Rules::default() })
}

/// The engine with the bars already in it.
fn engine(bars: &[Ohlcv]) -> Result<Driver> {
    let start = Start { session: i32::MIN, open_ns: i64::MIN };
    let mut driver = Driver::new(vec![bitcoin()], rules()?, Money::parse(CASH)?, start);
    driver.series[0].reserve(bars.len());
    for (row, bar) in bars.iter().enumerate() {
        let open_ns = row as i64 * MINUTE_NS;
        let span = Span { open_ns, close_ns: open_ns + MINUTE_NS, session: (row / 1_440) as i32 };
        driver.series[0].push(span, *bar, &bitcoin())?;
    }
    driver.complete();
    Ok(driver)
}

/// The run of the engine; final equity.
fn run(driver: &mut Driver, wanted: &[i64]) -> Result<f64> {
    let (mut commands, mut before) = (Vec::new(), 0);
    loop {
        match driver.advance()? {
            Pause::Decide => {
                let now = wanted[driver.rows(0) - 1];
                if now != before {
                    let goal = Goal::Quantity(Exact::quantity(now));
                    commands.push(Command::Target { asset: 0, goal, exits: None });
                    before = now;
                }
                driver.decide(&mut commands)?;
            }
            Pause::Done => return Ok(driver.state.equity()?.to_f64()),
            _ => {}
        }
    }
}

/// Nanoseconds for each bar, and the result.
fn timed(work: impl FnOnce() -> Result<f64>) -> Result<(f64, f64)> {
    let began = Instant::now();
    let result = work()?;
    Ok((began.elapsed().as_nanos() as f64 / BARS as f64, result))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<()> {
    let (bars, wanted) = market();
    let ticks: Vec<_> =
        bars.iter().map(|b| ((b.open * 100.0).round() as i64, (b.close * 100.0).round() as i64)).collect();
    let (mut engines, mut exacts, mut floats) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut driver = engine(&bars)?;
        let (engine_ns, of_engine) = timed(|| run(&mut driver, &wanted))?;
        let (exact_ns, of_exact) = timed(|| walk::<Exact>(&ticks, &wanted))?;
        let (float_ns, of_floats) = timed(|| walk::<Floats>(&ticks, &wanted))?;
        assert!(of_engine == of_exact && (of_exact - of_floats).abs() < 1e-3, "the three runs disagree");
        engines.push(engine_ns);
        exacts.push(exact_ns);
        floats.push(float_ns);
    }
    let extra = median(exacts.iter().zip(&floats).map(|(exact, float)| exact - float).collect());
    let slower = exacts.iter().zip(&floats).zip(&engines).map(|((exact, float), run)| {
        let extra = exact - float;
        100.0 * extra / (run - extra)
    });
    let slower = median(slower.collect());
    let [run, exact, float] = [engines, exacts, floats].map(median);
    println!(
        "{{\"workload\": \"W1 without Python\", \"n_bars\": {BARS}, \"engine_ns\": {run:.1}, \"exact_ns\": {exact:.1}, \
         \"float64_ns\": {float:.1}, \"extra_ns\": {extra:.1}, \"slower_pct\": {slower:.1}}}"
    );
    Ok(())
}
