//! The bars of one asset as a fold reads them: what a close is worth at the end of each session, and the prices in between.

use workbench_engine::driver::Start;
use workbench_engine::series::Series;
use workbench_indicators::Field;
use workbench_market::decimal::{PAIR_ERROR, float_pair, rounded_once};
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity};
use workbench_market::{Result, widened};

/// One asset's bars, shared by all runs.
pub struct Tape {
    pub instrument: Instrument,
    pub series: Series,
    /// The first row that is traded.
    pub first: usize,
    /// The session of each row, counted from the first traded one.
    sessions: Vec<u32>,
    /// The last close of each session in ticks; whole numbers, which floats hold exactly.
    marks: Vec<f64>,
    /// The highest close, which no holding is ever worth more at.
    pub most: Price,
}

impl Tape {
    pub fn new(instrument: Instrument, series: Series, start: Start) -> Self {
        let (mut latest, mut sessions, mut marks) = (i32::MIN, Vec::new(), Vec::new());
        let is_early = |row: usize| {
            let span = series.span(row);
            span.session < start.session || span.open_ns < start.open_ns
        };
        let first = (0..series.len()).find(|&row| !is_early(row)).unwrap_or(series.len());
        sessions.resize(first, 0);
        for row in first..series.len() {
            let session = series.span(row).session;
            if row == first || session > latest {
                latest = session;
                marks.push(0.0);
            }
            let at = marks.len() - 1;
            marks[at] = series.ticks(row, &instrument).close as f64;
            sessions.push(at as u32);
        }
        let most = (0..series.len()).map(|row| series.ticks(row, &instrument).close).max().unwrap_or_default();
        let most = instrument.price(most);
        Self { instrument, series, first, sessions, marks, most }
    }

    pub fn rows(&self) -> usize {
        self.series.len()
    }

    /// How many sessions are traded.
    pub fn sessions(&self) -> usize {
        self.marks.len()
    }

    pub fn session(&self, row: usize) -> usize {
        self.sessions[row] as usize
    }

    pub fn open(&self, row: usize) -> Price {
        self.instrument.price(self.series.ticks(row, &self.instrument).open)
    }

    pub fn close(&self, row: usize) -> Price {
        self.instrument.price(self.series.ticks(row, &self.instrument).close)
    }

    pub fn volume(&self, row: usize) -> Option<Quantity> {
        let volume = self.series.ticks(row, &self.instrument).volume();
        volume.filter(|_| self.instrument.has_volume).map(|ticks| self.instrument.quantity(ticks))
    }

    /// Every number of every bar, in the order of `Field::ALL`.
    pub fn columns(&self) -> [Vec<f64>; 6] {
        Field::ALL.map(|(_, field)| (0..self.rows()).map(|row| field.read(self.series.bar(row))).collect())
    }
}

/// Session closes of one run, filled from the first on.
#[derive(Default)]
pub struct Curve {
    pub equity: Vec<f64>,
    pub held: Vec<f64>,
}

impl Curve {
    pub fn clear(&mut self) {
        self.equity.clear();
        self.held.clear();
    }

    /// Goes on to this session with cash and a holding that do not change.
    pub fn extend(&mut self, tape: &Tape, until: usize, cash: Money, held: Quantity) -> Result<()> {
        let from = self.equity.len();
        if held.is_zero() {
            self.equity.resize(until.max(from), cash.to_f64());
            self.held.resize(until.max(from), 0.0);
            return Ok(());
        }
        let marks = &tape.marks[from..until.max(from)];
        self.equity.resize(from + marks.len(), 0.0);
        self.held.resize(from + marks.len(), 0.0);
        let (equity, positions) = (&mut self.equity[from..], &mut self.held[from..]);
        let per_tick = tape.instrument.value(held, tape.instrument.price(1))?;
        let (cash_pair, tick_pair) = (float_pair(cash.raw(), 20), float_pair(per_tick.raw(), 20));
        if cash.raw() < 0 || !worths(cash_pair, tick_pair, marks, equity, positions) {
            slowly(tape, cash, held, marks, equity, positions)?;
        }
        Ok(())
    }
}

/// The same one by one, for numbers that lie too near to the middle of two floats.
fn slowly(
    tape: &Tape,
    cash: Money,
    held: Quantity,
    marks: &[f64],
    equity: &mut [f64],
    positions: &mut [f64],
) -> Result<()> {
    for (at, &mark) in marks.iter().enumerate() {
        let value = tape.instrument.value(held, tape.instrument.price(mark as i64))?;
        (equity[at], positions[at]) = (cash.plus(value)?.to_f64(), value.to_f64());
    }
    Ok(())
}

widened! {
    /// The float nearest to cash + holding x price at each mark; false where one of them is not certain.
    fn worths(
        cash: (f64, f64),
        per_tick: (f64, f64),
        marks: &[f64],
        equity: &mut [f64],
        positions: &mut [f64],
    ) -> bool {
        let (equity, positions) = (&mut equity[..marks.len()], &mut positions[..marks.len()]);
        let mut is_certain = true;
        for (at, &mark) in marks.iter().enumerate() {
            let value = per_tick.0 * mark;
            let rest = per_tick.0.mul_add(mark, -value) + per_tick.1 * mark;
            let (position, sure) = nearest(value, rest);
            let sum = cash.0 + value;
            let kept = sum - cash.0;
            let lost = (cash.0 - (sum - kept)) + (value - kept);
            let (worth, surely) = nearest(sum, lost + (cash.1 + rest));
            (equity[at], positions[at]) = (worth, position);
            is_certain &= sure & surely;
        }
        is_certain
    }
}

/// The nearest float, and whether it is certain.
#[inline(always)]
fn nearest(high: f64, low: f64) -> (f64, bool) {
    let found = rounded_once(high, low, high.abs() * PAIR_ERROR);
    (found.unwrap_or(0.0), found.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_engine::series::Span;
    use workbench_market::bar::Ohlcv;

    /// Holdings of all sizes at random prices: each float is the one that the exact amount has.
    #[test]
    fn every_worth_is_the_nearest_float() {
        let instrument = Instrument {
            name: "X".into(),
            price_digits: 2,
            quantity_digits: 8,
            price_step: Price::parse("0.01").unwrap(),
            quantity_step: Quantity::from_raw(1),
            min_notional: Money::ZERO,
            multiplier: Quantity::ONE,
            kind: workbench_market::instrument::Kind::Spot,
            margins: None,
            has_volume: false,
        };
        let mut draw = crate::draws::Draws::new(7);
        let mut series = Series::default();
        for row in 0..500_i64 {
            let price = (draw.below(100_000) + 1) as f64 / 100.0;
            let bar = Ohlcv { open: price, high: price, low: price, close: price, volume: f64::NAN, session: f64::NAN };
            let span = Span { open_ns: row * 2, close_ns: row * 2 + 1, session: row as i32 };
            series.push(span, bar, &instrument).unwrap();
        }
        let tape = Tape::new(instrument, series, Start { session: i32::MIN, open_ns: i64::MIN });
        for round in 0..300 {
            let held = Quantity::from_raw((i128::from(draw.next()) << 10 >> (draw.below(70))).max(1));
            let cash = Money::from_raw(i128::from(draw.next()) << 30 >> draw.below(90));
            let mut curve = Curve::default();
            curve.extend(&tape, 500, cash, held).unwrap();
            for row in 0..500 {
                let value = tape.close(row).times(held).unwrap();
                assert_eq!(curve.held[row].to_bits(), value.to_f64().to_bits(), "{round} {row}");
                let worth = cash.plus(value).unwrap().to_f64();
                assert_eq!(curve.equity[row].to_bits(), worth.to_bits(), "{round} {row} {cash} {held}");
            }
        }
    }

    #[test]
    fn the_middle_of_two_floats_is_left_to_exact_arithmetic() {
        let (mut equity, mut held) = ([0.0], [0.0]);
        // 2^53 + 1 has no float of its own.
        assert!(!worths((9_007_199_254_740_992.0, 0.0), (1.0, 0.0), &[1.0], &mut equity, &mut held));
    }
}
