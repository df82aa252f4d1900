//! The state of a run: what the fold carries from input to input.
//!
//! Everything here changes only inside [`crate::step`]; the sub-modules hold the rules, this file the facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use workbench_market::Result;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity};

use crate::agenda::Agenda;
use crate::books::Books;
use crate::cost::{Fees, Slippage};
use crate::currency::Currencies;
use crate::event::{Event, Record};
use crate::latency::Latency;
use crate::ledger::{Account, Ledger};
use crate::life::{Change, Reason};
use crate::limits::{Guard, Limits};
use crate::lots::{LotRule, Lots};
use crate::margin::Margin;
use crate::order::{Order, Side};
use crate::series::Series;
use crate::traded::Traded;

/// When orders trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FillRule {
    #[default]
    NextOpen,
    NextClose,
    SameClose,
}

/// What is assumed of the way a price takes inside a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Path {
    /// Nothing is known, so the worse comes first.
    #[default]
    Pessimistic,
    OpenHighLowClose,
    OpenLowHighClose,
    /// Bars of a finer length tell it.
    Finer,
}

/// The rules of a run; they never change while it lasts. By default nothing costs anything and nothing is limited.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub fill: FillRule,
    pub path: Path,
    /// How many price steps beyond a limit must be seen for it to fill.
    pub limit_through: u32,
    pub latency: Latency,
    pub lots: LotRule,
    /// The part of a bar's volume that fills may take, at Price's scale.
    pub volume_cap: Option<Price>,
    pub fees: Fees,
    pub slippage: Slippage,
    /// Shared, so that they can be read while the state changes.
    pub limits: Option<Arc<Limits>>,
    /// None: a cash account.
    pub margin: Option<Margin>,
}

/// A holding: its total cost, and its value at the last close; of a short one all three are negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub quantity: Quantity,
    pub cost: Money,
    pub last: Option<Price>,
    pub value: Money,
    /// Of what was never paid for: what it is worth in full.
    pub worth: Money,
}

/// The bar an asset is in, or was in last.
#[derive(Clone, Copy, Debug)]
pub struct BarState {
    pub open_ns: i64,
    pub open: Price,
    pub is_open: bool,
    pub closed_ns: i64,
    /// None: the volume is unknown.
    pub volume: Option<Quantity>,
    pub taken: Quantity,
}

impl BarState {
    const NEVER: Self = Self {
        open_ns: i64::MIN,
        open: Price::ZERO,
        is_open: false,
        closed_ns: i64::MIN,
        volume: None,
        taken: Quantity::ZERO,
    };
}

/// Everything the engine knows.
#[derive(Clone, Debug)]
pub struct State {
    pub instruments: Arc<[Instrument]>,
    pub rules: Rules,
    pub now_ns: i64,
    pub cause: u64,
    pub ledger: Ledger,
    /// None in a run in one currency.
    pub currencies: Option<Box<Currencies>>,
    /// None where one strategy has the account for itself.
    pub books: Option<Box<Books>>,
    pub positions: Vec<Position>,
    pub positions_value: Money,
    /// The price up to which the gains of a future are in cash.
    pub settled: Vec<Price>,
    /// None where nothing has a date of its own.
    pub agenda: Option<Agenda>,
    /// Empty under the average rule.
    pub lots: Vec<Lots>,
    pub bars: Vec<BarState>,
    /// Why an asset can no longer be traded.
    pub ended: Vec<Option<Reason>>,
    pub orders: Vec<Order>,
    /// The finer bars of each asset, where a path is taken from them.
    pub finer: Vec<Series>,
    /// Indices of working orders, per asset, in sequence.
    pub working: Vec<Vec<usize>>,
    pub working_count: usize,
    pub reserved: Money,
    /// What the limits are measured by; it stays as it is where there are none.
    pub guard: Guard,
    /// Orders that are approved and not yet accepted; kept only for limits and margin.
    pub submitted: Vec<usize>,
    /// Cancels on their way, by arrival and then in the order of asking.
    pub cancels: BTreeMap<(i64, u64), (usize, Reason)>,
    /// Dividends to be paid, by time and then by the order of their becoming due.
    pub receivables: BTreeMap<(i64, u64), (usize, Money)>,
    pub records: Vec<Record>,
    /// What was traded lately, which decides on the tier of fees.
    pub traded: Traded,
    /// Times that the volume cap left nothing to fill, per asset.
    pub capped: Vec<u64>,
    /// The highest order id given out so far.
    pub last_order_id: u64,
    /// On margin: the UTC day up to which interest and borrow have been paid; None before the first deposit.
    pub accrued_day: Option<i64>,
    /// On margin: the whole times that the largest part to be kept goes into what is held.
    pub calm: i128,
    /// Whether a margin account has lost everything.
    pub is_bankrupt: bool,
}

impl State {
    pub fn new(instruments: Arc<[Instrument]>, rules: Rules) -> Self {
        let count = instruments.len();
        Self {
            instruments,
            rules,
            now_ns: i64::MIN,
            cause: 0,
            ledger: Ledger::default(),
            currencies: None,
            books: None,
            positions: vec![Position::default(); count],
            positions_value: Money::ZERO,
            settled: vec![Price::ZERO; count],
            agenda: None,
            lots: vec![Lots::default(); count],
            bars: vec![BarState::NEVER; count],
            ended: vec![None; count],
            orders: Vec::new(),
            finer: vec![Series::default(); count],
            working: vec![Vec::new(); count],
            working_count: 0,
            reserved: Money::ZERO,
            guard: Guard::default(),
            submitted: Vec::new(),
            cancels: BTreeMap::new(),
            receivables: BTreeMap::new(),
            records: Vec::new(),
            traded: Traded::default(),
            capped: vec![0; count],
            last_order_id: 0,
            accrued_day: None,
            calm: 0,
            is_bankrupt: false,
        }
    }

    pub const fn cash(&self) -> Money {
        self.ledger.balance(Account::Cash)
    }

    /// Cash that no working order has reserved.
    pub fn free_cash(&self) -> Result<Money> {
        self.cash().minus(self.reserved)
    }

    /// Cash + market value + receivable - payable, exactly.
    pub fn equity(&self) -> Result<Money> {
        if self.currencies.is_some() {
            return Ok(self.totals()?.equity);
        }
        self.cash().plus(self.positions_value)?.plus(self.ledger.outstanding()?)
    }

    /// The sequence number the next event will carry.
    pub fn next_sequence(&self) -> u64 {
        self.records.len() as u64 + 1
    }

    /// Records an event and returns its sequence number.
    pub fn record(&mut self, event: Event) -> u64 {
        let sequence = self.next_sequence();
        self.records.push(Record { sequence, time_ns: self.now_ns, cause: self.cause, event });
        sequence
    }

    /// Moves an order along its life cycle; ended orders leave the working list and give back what they reserved.
    pub fn change(&mut self, index: usize, change: Change) -> Result<()> {
        let order = &mut self.orders[index];
        order.status = order.status.after(change)?;
        match change {
            Change::Accept => self.enlist(index),
            _ if order.status.is_final() => self.retire(index)?,
            _ => {}
        }
        Ok(())
    }

    fn enlist(&mut self, index: usize) {
        self.working[self.orders[index].ask.asset].push(index);
        self.working_count += 1;
    }

    fn retire(&mut self, index: usize) -> Result<()> {
        self.reserve(index, Money::ZERO)?;
        let now_ns = self.now_ns;
        let order = &mut self.orders[index];
        order.ended_ns = Some(now_ns);
        let list = &mut self.working[order.ask.asset];
        if let Some(at) = list.iter().position(|&i| i == index) {
            list.remove(at);
            self.working_count -= 1;
        }
        Ok(())
    }

    /// Sets what an order holds back of the cash.
    pub fn reserve(&mut self, index: usize, amount: Money) -> Result<()> {
        let before = self.held_back(&self.orders[index])?;
        self.orders[index].reserved = amount;
        let after = self.held_back(&self.orders[index])?;
        self.hold_back_in_book(self.orders[index].book, before, after)?;
        self.hold_back(self.orders[index].ask.asset, before, after)
    }

    /// What an order and those linked with it hold back together: the largest of their amounts, where the targets of one
    /// position count as one.
    pub fn held_back(&self, order: &Order) -> Result<Money> {
        if order.ask.origin.protects() {
            let (beside, against) = self.sides(order)?;
            return Ok(beside.plus(order.reserved)?.max(against));
        }
        if order.ask.terms.oco.is_none() {
            return Ok(order.reserved);
        }
        let others = self.linked(order).map(|index| self.orders[index].reserved);
        Ok(others.fold(order.reserved, Ord::max))
    }

    /// What of that serves this order too, which holds back nothing yet.
    pub fn lent_by_linked(&self, order: &Order) -> Result<Money> {
        let beside = if order.ask.origin.protects() { self.sides(order)?.0 } else { Money::ZERO };
        self.held_back(order)?.minus(beside)
    }

    /// What the other orders of one `protect` hold back: those on an order's side of the link, and those on the other.
    /// They were asked one after the other, and need not work yet; sells and children hold back nothing.
    fn sides(&self, order: &Order) -> Result<(Money, Money)> {
        let (mut beside, mut against) = (Money::ZERO, Money::ZERO);
        if order.ask.side == Side::Sell || order.ask.origin.entry().is_some() {
            return Ok((beside, against));
        }
        let is_same = |other: &&Order| other.ask.origin == order.ask.origin;
        let group = self.orders.iter().rev().skip_while(|other| !is_same(other)).take_while(is_same);
        for other in group.filter(|other| other.id != order.id) {
            let side = if other.is_linked(order) { &mut against } else { &mut beside };
            *side = side.plus(other.reserved)?;
        }
        Ok((beside, against))
    }

    /// Working orders that a fill of this one makes smaller.
    pub fn linked(&self, order: &Order) -> impl Iterator<Item = usize> {
        let working = self.working[order.ask.asset].iter().copied();
        working.filter(move |&index| self.orders[index].is_linked(order))
    }

    /// The distance that must be seen beyond a limit of this asset.
    pub fn through(&self, asset: usize) -> Price {
        let step = self.instruments[asset].price_step;
        Price::from_raw(step.raw().saturating_mul(i128::from(self.rules.limit_through)))
    }

    /// Whether an order may trade in the bar that its asset is in.
    pub fn is_live(&self, order: &Order) -> bool {
        order.live_ns <= self.bars[order.ask.asset].open_ns
    }

    /// Whether an order makes the price it trades at: a limit that has rested for at least one bar.
    pub fn is_maker(&self, order: &Order) -> bool {
        order.rested_ns.is_some_and(|since_ns| since_ns < self.bars[order.ask.asset].open_ns)
    }

    /// The volume of the bar an asset is in; None where it is not known.
    pub fn volume(&self, asset: usize) -> Option<Quantity> {
        self.bars[asset].volume.filter(|_| self.instruments[asset].has_volume)
    }

    pub fn cancel(&mut self, index: usize, reason: Reason) -> Result<()> {
        self.orders[index].reason = Some(reason);
        self.record(Event::Canceled { order: self.orders[index].id, reason });
        self.change(index, Change::Cancel)
    }

    pub fn expire(&mut self, index: usize, reason: Reason) -> Result<()> {
        self.orders[index].reason = Some(reason);
        self.record(Event::Expired { order: self.orders[index].id, reason });
        self.change(index, Change::Expire)
    }

    pub fn deny(&mut self, index: usize, reason: Reason) -> Result<()> {
        self.orders[index].reason = Some(reason);
        self.record(Event::Denied { order: self.orders[index].id, reason });
        self.change(index, Change::Deny)
    }

    pub fn reduce(&mut self, index: usize, quantity: Quantity, reason: Reason) {
        self.orders[index].quantity = quantity;
        self.orders[index].reason = Some(reason);
        self.record(Event::Reduced { order: self.orders[index].id, quantity, reason });
    }

    /// Values a holding at its last close; before the first close, at the open it was bought at. Of what was never paid
    /// for only the gains count that are not in cash yet.
    pub fn mark(&mut self, asset: usize) -> Result<()> {
        if self.currencies.is_some() {
            return self.mark_listed(asset);
        }
        let mark = self.mark_price(asset);
        let value = self.valued(asset, mark)?;
        let position = &mut self.positions[asset];
        if value != position.value {
            self.positions_value = self.positions_value.minus(position.value)?.plus(value)?;
            position.value = value;
        }
        Ok(())
    }

    /// What a holding counts in equity at a price.
    pub(crate) fn valued(&mut self, asset: usize, price: Price) -> Result<Money> {
        let instrument = &self.instruments[asset];
        let quantity = self.positions[asset].quantity;
        let value = if quantity.is_zero() { Money::ZERO } else { instrument.value(quantity, price)? };
        if !instrument.kind.is_unpaid() {
            return Ok(value);
        }
        self.positions[asset].worth = value;
        value.minus(self.basis(asset)?)
    }

    /// Moves on in time, to what happens between two bars.
    pub(crate) fn come_to(&mut self, time_ns: i64) {
        self.now_ns = self.now_ns.max(time_ns);
        if let Some(all) = &mut self.currencies {
            all.rates.advance(self.now_ns);
        }
    }

    /// The index of an order that is still working.
    pub fn working_index(&self, id: u64) -> Option<usize> {
        self.working.iter().flatten().copied().find(|&index| self.orders[index].id == id)
    }

    /// The id of an order: the one a strategy was given when it asked, else the next of the same count.
    pub fn claim_id(&mut self, asked: Option<u64>) -> u64 {
        let id = asked.unwrap_or(self.last_order_id + 1);
        self.last_order_id = self.last_order_id.max(id);
        id
    }
}
