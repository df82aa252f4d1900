//! The bars of one asset as a fold reads them: what a close is worth at the end of each session, and the prices in between.

use workbench_engine::driver::Start;
use workbench_engine::due::{Action, ActionKind};
use workbench_engine::lean::Venue;
use workbench_engine::matching::Range;
use workbench_engine::obstacle::Foldable;
use workbench_engine::series::{Series, Span};
use workbench_engine::worth::worths;
use workbench_market::Result;
use workbench_market::decimal::{float_power, whole_ticks};
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity, Rounding};

use crate::layout::Layout;

/// How many closes are worked out at a time.
const STEP: usize = 8;

/// What happens to the asset before the Open of a row.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Split { numerator: i64, denominator: i64 },
    Dividend { amount: Price, pay_ns: Option<i64> },
}

/// One asset's bars, shared by all runs.
pub struct Tape {
    pub instrument: Instrument,
    pub series: Series,
    /// The first row that is traded.
    pub first: usize,
    /// The session of each row, counted from the first traded one.
    sessions: Vec<u32>,
    /// The last close of each session in ticks; whole numbers, which floats hold exactly. Behind them is a step of zeros.
    marks: Vec<f64>,
    /// What happens before the Opens of which rows, in the order in which it does.
    pub acts: Vec<(usize, Act)>,
    /// The highest close, which no holding is ever worth more at.
    pub most: Price,
}

impl Tape {
    /// The tape of one asset, unless a split makes of its last close what cannot be counted.
    pub fn new(instrument: Instrument, series: Series, start: Start, actions: &[Action]) -> Foldable<Self> {
        let acts = acts(&series, &instrument, actions)?;
        let (mut latest, mut sessions, mut marks) = (i32::MIN, Vec::new(), Vec::new());
        let is_early = |row: usize| {
            let span = series.span(row);
            span.session < start.session || span.open_ns < start.open_ns
        };
        let first = (0..series.len()).find(|&row| !is_early(row)).unwrap_or(series.len());
        sessions.resize(first, 0);
        let (closes, power) = (series.closes(0..series.len()), float_power(instrument.price_digits));
        for (row, &close) in closes.iter().enumerate().skip(first) {
            let session = series.span(row).session;
            if row == first || session > latest {
                latest = session;
                marks.push(0.0);
            }
            let at = marks.len() - 1;
            marks[at] = whole_ticks(close, power);
            sessions.push(at as u32);
        }
        marks.resize(marks.len() + STEP, 0.0);
        let most = (0..series.len()).map(|row| series.close(row, &instrument)).max().unwrap_or_default();
        Ok(Self { instrument, series, first, sessions, marks, acts, most })
    }

    pub fn rows(&self) -> usize {
        self.series.len()
    }

    /// How many sessions are traded.
    pub fn sessions(&self) -> usize {
        self.marks.len() - STEP
    }

    pub fn session(&self, row: usize) -> usize {
        self.sessions[row] as usize
    }

    pub fn open(&self, row: usize) -> Price {
        self.series.open(row, &self.instrument)
    }

    pub fn close(&self, row: usize) -> Price {
        self.series.close(row, &self.instrument)
    }

    pub fn range(&self, row: usize) -> Range {
        let (ticks, price) = (self.series.ticks(row, &self.instrument), |ticks| self.instrument.price(ticks));
        Range { open: price(ticks.open), high: price(ticks.high), low: price(ticks.low), close: price(ticks.close) }
    }

    pub fn volume(&self, row: usize) -> Option<Quantity> {
        if self.instrument.has_volume { self.series.volume(row, &self.instrument) } else { None }
    }

    /// Where an order fills in a row: at its Open or at its close.
    pub fn venue(&self, row: usize, is_open: bool) -> Venue {
        let Span { open_ns, close_ns, .. } = self.series.span(row);
        let (time_ns, reference) = if is_open { (open_ns, self.open(row)) } else { (close_ns, self.close(row)) };
        Venue { row, time_ns, is_open, open_ns, reference, volume: self.volume(row) }
    }

    /// The columns that rules read.
    pub fn layout(&self) -> Layout {
        let split = |(row, act): &(usize, Act)| match *act {
            Act::Split { numerator, denominator } => Some((*row, (numerator, denominator))),
            Act::Dividend { .. } => None,
        };
        Layout::new(self.series.clone(), &self.acts.iter().filter_map(split).collect::<Vec<_>>())
    }
}

/// Each action acts before the first Open of a session on or after its own; those without one never do.
fn acts(series: &Series, instrument: &Instrument, actions: &[Action]) -> Foldable<Vec<(usize, Act)>> {
    let (mut acts, mut row) = (Vec::new(), 0);
    for action in actions {
        while row < series.len() && series.span(row).session < action.session {
            row += 1;
        }
        if row == series.len() {
            break;
        }
        match action.kind {
            ActionKind::Split { numerator, denominator } => {
                check_last(series, instrument, row, numerator, denominator)?;
                acts.push((row, Act::Split { numerator, denominator }));
            }
            ActionKind::Dividend { amount, pay_ns } => acts.push((row, Act::Dividend { amount, pay_ns })),
            // An end waits for another asset to open, and here is none.
            ActionKind::End(_) => break,
        }
    }
    Ok(acts)
}

/// A last close that has no exact value in new units stops a run, whatever it holds.
fn check_last(series: &Series, instrument: &Instrument, row: usize, numerator: i64, denominator: i64) -> Foldable<()> {
    if row > 0 {
        series.close(row - 1, instrument).scaled(i128::from(denominator), i128::from(numerator), Rounding::MARK)?;
    }
    Ok(())
}

/// Session closes of one run, filled from the first on.
#[derive(Default)]
pub struct Curve {
    equity: Vec<f64>,
    held: Vec<f64>,
    /// How many there are; there may be room for more.
    rows: usize,
}

impl Curve {
    pub fn clear(&mut self) {
        self.rows = 0;
    }

    pub fn equity(&self) -> &[f64] {
        &self.equity[..self.rows]
    }

    pub fn held(&self) -> &[f64] {
        &self.held[..self.rows]
    }

    pub fn push(&mut self, equity: f64, held: f64) {
        for (values, value) in [(&mut self.equity, equity), (&mut self.held, held)] {
            values.truncate(self.rows);
            values.push(value);
        }
        self.rows += 1;
    }

    /// Forgets the last one.
    pub fn pop(&mut self) {
        self.rows = self.rows.saturating_sub(1);
    }

    /// Goes on to this session with cash and a holding that do not change.
    pub fn extend(&mut self, tape: &Tape, until: usize, cash: Money, held: Quantity) -> Result<()> {
        if until <= self.rows {
            return Ok(());
        }
        // Whole steps leave no rest to be done one by one; what is too many is written over next time.
        let part = self.rows..self.rows + (until - self.rows).next_multiple_of(STEP);
        for values in [&mut self.equity, &mut self.held] {
            if values.len() < tape.marks.len() {
                values.resize(tape.marks.len(), 0.0);
            }
        }
        let (positions, equity) = (&mut self.held[part.clone()], &mut self.equity[part.clone()]);
        worths(&tape.instrument, (cash, held), (&tape.marks[part], 0), positions, equity)?;
        self.rows = until;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_market::bar::Ohlcv;

    /// Holdings of all sizes at random prices: each float is the one that the exact amount has.
    #[test]
    fn every_worth_is_the_nearest_float() {
        let instrument = Instrument { has_volume: false, ..Instrument::new("X", 2, 8) };
        let mut draw = workbench_market::draws::Draws::new(7);
        let mut series = Series::default();
        for row in 0..500_i64 {
            let price = (draw.below(100_000) + 1) as f64 / 100.0;
            let bar = Ohlcv {
                open: price,
                high: price,
                low: price,
                close: price,
                volume: f64::NAN,
                session: f64::NAN,
                time: f64::NAN,
            };
            let span = Span { open_ns: row * 2, close_ns: row * 2 + 1, session: row as i32 };
            series.push(span, bar, &instrument).unwrap();
        }
        let tape = Tape::new(instrument, series, Start { session: i32::MIN, open_ns: i64::MIN }, &[]).unwrap();
        for round in 0..300 {
            let held = Quantity::from_raw((i128::from(draw.bits()) << 10 >> (draw.below(70))).max(1));
            let cash = Money::from_raw(i128::from(draw.bits()) << 30 >> draw.below(90));
            let mut curve = Curve::default();
            curve.extend(&tape, 500, cash, held).unwrap();
            for row in 0..500 {
                let value = tape.close(row).times(held).unwrap();
                assert_eq!(curve.held()[row].to_bits(), value.to_f64().to_bits(), "{round} {row}");
                let worth = cash.plus(value).unwrap().to_f64();
                assert_eq!(curve.equity()[row].to_bits(), worth.to_bits(), "{round} {row} {cash} {held}");
            }
        }
    }
}
