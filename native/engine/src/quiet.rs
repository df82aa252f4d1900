//! Stretches of bars at which nothing can happen but that time goes by and a holding is valued anew.
//!
//! The one idea: with a single asset, no order at work and nothing due, a bar changes the marks, the clock and the curve of
//! equity alone. So the driver goes at once to where a strategy asks for something, and the curve keeps where it went by;
//! whatever is in doubt goes through [`crate::step`].

use std::ops::Range;

use workbench_market::Result;
use workbench_market::number::Quantity;

use crate::driver::Driver;
use crate::ledger::Account;
use crate::state::BarState;

/// The one asset of a run that can be quiet.
const ASSET: usize = 0;

impl Driver {
    /// Goes on by up to `most` bars while they are quiet: `asks` says at which of some rows, whose streams are worked out,
    /// a strategy would first ask for something. Returns how many.
    ///
    /// It is called between slices, and leaves the driver as that many slices without a command would.
    pub fn coast(&mut self, most: usize, asks: impl Fn(&Self, Range<usize>) -> Option<usize>) -> usize {
        if !self.can_coast() {
            return 0;
        }
        let first = self.rows(ASSET);
        let last = self.series[ASSET].len().min(first + most);
        let mut row = first;
        while row < last {
            let end = self.streams.reach(ASSET, row, &self.series[ASSET]).min(last);
            match asks(self, row..end) {
                Some(asked) => {
                    row = asked;
                    break;
                }
                None => row = end,
            }
        }
        if row > first {
            self.pass(first..row);
        }
        row - first
    }

    /// Whether nothing but the next bars can change anything; where more could, the fold looks at each bar.
    fn can_coast(&self) -> bool {
        let state = &self.state;
        let is_idle = state.working_count == 0 && state.cancels.is_empty() && state.receivables.is_empty();
        let is_bare = state.rules.limits.is_none() && state.rules.margin.is_none() && state.agenda.is_none();
        let is_bare = is_bare && state.currencies.is_none();
        let is_plain = self.series.len() == 1 && is_bare && self.streams.are_ahead();
        let is_begun = self.is_trading() && self.is_ready(ASSET) && self.is_between_last_bars();
        is_idle && is_plain && is_begun && self.series[ASSET].has_sessions_in_order() && self.is_countable().is_ok()
    }

    /// Whether every equity there may be has an exact sum, as the fold asks at each bar.
    fn is_countable(&self) -> Result<()> {
        let state = &self.state;
        let instrument = &state.instruments[ASSET];
        let most = instrument.value(state.positions[ASSET].quantity, self.series[ASSET].most(instrument))?;
        let receivable = state.ledger.balance(Account::Receivable);
        state.cash().abs().plus(most.abs())?.plus(receivable.abs()).map(|_| ())
    }

    /// The state behind some quiet bars.
    fn pass(&mut self, rows: Range<usize>) {
        let Self { series, state, slice, equity, .. } = self;
        let (count, last) = (rows.len() as u64, rows.end - 1);
        let (series, instrument) = (&series[ASSET], &state.instruments[ASSET]);
        let (span, ticks) = (series.span(last), series.ticks(last, instrument));
        slice.number += count;
        slice.time_ns = span.close_ns;
        slice.open_ns = slice.open_ns.max(span.open_ns);
        slice.session = slice.session.max(span.session);
        equity.rest(rows.clone(), state.positions[ASSET].quantity);
        state.bars[ASSET] = BarState {
            open_ns: span.open_ns,
            open: instrument.price(ticks.open),
            is_open: false,
            closed_ns: span.close_ns,
            volume: ticks.volume().map(|ticks| instrument.quantity(ticks)),
            taken: Quantity::ZERO,
        };
        state.now_ns = span.close_ns;
        state.positions[ASSET].last = Some(instrument.price(ticks.close));
        // It was seen to be countable at every close.
        let _ = state.mark(ASSET);
        self.streams.arrive(ASSET, rows.end);
        self.go_on_at(ASSET, rows.end);
    }
}
