//! Stretches of bars at which nothing can happen but that time goes by and a holding is valued anew.
//!
//! The one idea: with a single asset, no order at work and nothing due, a bar changes the marks, the clock and the curve of
//! equity alone. Those are written as the fold would write them; whatever is in doubt goes through [`crate::step`].

use workbench_market::Result;
use workbench_market::number::Money;

use crate::driver::{Driver, EquityRow};
use crate::ledger::Account;
use crate::state::BarState;

/// The one asset of a run that can be quiet.
const ASSET: usize = 0;

impl Driver {
    /// Goes on by up to `most` bars while they are quiet: `asks` says by the streams' values at a bar whether a strategy
    /// would ask for something there. Returns how many.
    ///
    /// It is called between slices, and leaves the driver as that many slices without a command would.
    pub fn coast(&mut self, most: usize, asks: impl Fn(&Self) -> bool) -> usize {
        if !self.can_coast() {
            return 0;
        }
        let first = self.rows(ASSET);
        let end = self.series[ASSET].len().min(first + most);
        let mut row = first;
        while row < end && !self.asks_at(row, &asks) {
            let Ok(worth) = self.worth_at(row) else { break };
            self.pass(row, worth);
            row += 1;
        }
        if row > first {
            self.arrive(row);
        }
        row - first
    }

    /// Whether nothing but the next bars can change anything; where more could, the fold looks at each bar.
    fn can_coast(&self) -> bool {
        let state = &self.state;
        let is_idle = state.working_count == 0 && state.cancels.is_empty() && state.receivables.is_empty();
        let is_plain = self.series.len() == 1
            && state.rules.limits.is_none()
            && state.rules.margin.is_none()
            && state.agenda.is_none();
        let is_plain = is_plain && self.streams.can_repeat();
        is_idle && is_plain && self.is_trading() && self.is_ready(ASSET) && self.is_between_last_bars()
    }

    fn asks_at(&mut self, row: usize, asks: &impl Fn(&Self) -> bool) -> bool {
        self.streams.update(ASSET, row, &self.series[ASSET]);
        asks(self)
    }

    /// What is held is worth at a bar's close; an equity beyond the exact range is an error, as in the fold.
    fn worth_at(&self, row: usize) -> Result<Money> {
        let (state, held) = (&self.state, self.state.positions[ASSET].quantity);
        let ticks = self.series[ASSET].ticks(row, &state.instruments[ASSET]);
        let instrument = &state.instruments[ASSET];
        let worth = if held.is_zero() { Money::ZERO } else { instrument.value(held, instrument.price(ticks.close))? };
        state.cash().plus(worth)?.plus(state.ledger.balance(Account::Receivable))?;
        Ok(worth)
    }

    /// One slice without a command.
    fn pass(&mut self, row: usize, worth: Money) {
        let span = self.series[ASSET].span(row);
        self.slice.number += 1;
        self.slice.time_ns = span.close_ns;
        self.slice.open_ns = self.slice.open_ns.max(span.open_ns);
        self.slice.session = self.slice.session.max(span.session);
        self.equity.push(EquityRow {
            time_ns: span.close_ns,
            session: self.slice.session,
            records: self.state.records.len() as u32,
            cash: self.state.cash(),
            positions: worth,
            receivable: self.state.ledger.balance(Account::Receivable),
        });
    }

    /// The state behind the last of some quiet bars.
    fn arrive(&mut self, rows: usize) {
        let (last, series, state) = (rows - 1, &self.series[ASSET], &mut self.state);
        let (span, instrument) = (series.span(last), &state.instruments[ASSET]);
        let ticks = series.ticks(last, instrument);
        let position = &mut state.positions[ASSET];
        position.last = Some(instrument.price(ticks.close));
        position.value = self.equity.last().map_or(Money::ZERO, |row| row.positions);
        state.positions_value = position.value;
        state.bars[ASSET] = BarState {
            open_ns: span.open_ns,
            open: instrument.price(ticks.open),
            is_open: false,
            closed_ns: span.close_ns,
            volume: ticks.volume().map(|ticks| instrument.quantity(ticks)),
            taken: workbench_market::number::Quantity::ZERO,
        };
        state.now_ns = span.close_ns;
        self.go_on_at(ASSET, rows);
    }
}
