//! An account without a memory: one asset, entered and left by market orders that fill whole or not at all.
//!
//! The one idea: where nothing can happen to an order between its asking and its fill, what the books say afterwards
//! follows from prices alone. Sizes, refusals, prices and fees come from the very functions that the fold calls; what is
//! left out are orders, events, legs and every bar in between. Whatever does not fit is [`Outcome::Beyond`], and the whole
//! run has to be driven bar by bar.

use std::sync::Arc;

use workbench_market::Result;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity};

use crate::command::{Goal, steps_weighing};
use crate::cost::Pricing;
use crate::matching::volume_left;
use crate::order::{Ask, Order, Origin, Side};
use crate::risk;
use crate::state::{Rules, State};

/// What became of a wish at a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// An order works from then on.
    Working,
    /// It was refused at the door.
    Denied,
    /// Nothing is missing, or cash buys no step.
    Nothing,
}

/// What became of an order at the price it was to fill at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Filled(Traded),
    /// Cash did not pay a single step.
    Denied,
    /// A part of it would rest, or a fee would be kept from what was bought.
    Beyond,
}

/// A whole order that has filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traded {
    pub side: Side,
    pub quantity: Quantity,
    pub value: Money,
    pub fee: Money,
}

impl Traded {
    /// What went into the position and came out of it, the fee apart.
    pub fn received(&self) -> Money {
        if self.side == Side::Buy { self.value.negative() } else { self.value }
    }
}

/// Where and when an order fills.
#[derive(Clone, Copy, Debug)]
pub struct Venue {
    pub time_ns: i64,
    pub reference: Price,
    pub volume: Option<Quantity>,
}

/// Cash, a holding, and the two orders that change them.
pub struct Account {
    state: State,
    entry: Order,
    exit: Order,
    pub cash: Money,
    pub held: Quantity,
}

impl Account {
    /// An account under these rules; None where they let something happen to an order besides its fill.
    pub fn new(instrument: Instrument, rules: Rules) -> Option<Self> {
        let is_plain = rules.limits.is_none() && rules.margin.is_none() && rules.latency.is_none();
        if !is_plain || rules.fees.is_by_user() || rules.slippage.is_by_user() {
            return None;
        }
        let order = |side| Order::new(1, 1, Ask::market(0, side, Quantity::ZERO, Origin::Target), 0);
        let state = State::new(Arc::from([instrument]), rules);
        let (entry, exit) = (order(Side::Buy), order(Side::Sell));
        Some(Self { state, entry, exit, cash: Money::ZERO, held: Quantity::ZERO })
    }

    /// Begins anew with nothing but cash.
    pub fn fund(&mut self, cash: Money) {
        (self.cash, self.held) = (cash, Quantity::ZERO);
        self.state.traded = Default::default();
    }

    /// Asks for an entry at a close while nothing is held.
    pub fn enter(&mut self, goal: Goal, now_ns: i64, last: Price) -> Result<Asked> {
        self.state.now_ns = now_ns;
        self.state.positions[0].last = Some(last);
        self.state.positions[0].quantity = Quantity::ZERO;
        (self.entry.ask.origin, self.entry.quantity) = (Origin::Target, Quantity::ZERO);
        let is_missing = match goal {
            Goal::AllIn => {
                self.entry.ask.origin = Origin::AllIn;
                let pricing = Pricing::ahead(&self.state, &self.entry, last)?;
                risk::pays_a_step(&self.state, &self.entry, &pricing, self.cash)?
            }
            Goal::Weight(weight) => self.missing(steps_weighing(&self.state, 0, self.cash, weight, last)?),
            Goal::Quantity(quantity) => self.missing(quantity),
            Goal::Value(_) => false,
        };
        if is_missing { self.checked(&self.entry) } else { Ok(Asked::Nothing) }
    }

    fn missing(&mut self, quantity: Quantity) -> bool {
        self.entry.quantity = quantity;
        !quantity.is_zero()
    }

    /// Asks at a close to sell all that is held.
    pub fn leave(&mut self, last: Price) -> Result<Asked> {
        self.state.positions[0].last = Some(last);
        self.state.positions[0].quantity = self.held;
        self.exit.quantity = self.held;
        self.checked(&self.exit)
    }

    fn checked(&self, order: &Order) -> Result<Asked> {
        Ok(if risk::refusal(&self.state, order)?.is_some() { Asked::Denied } else { Asked::Working })
    }

    /// Fills the order that works: the entry while nothing is held, else the exit.
    pub fn fill(&mut self, venue: &Venue) -> Result<Outcome> {
        let bar = &mut self.state.bars[0];
        (bar.volume, self.state.now_ns) = (venue.volume, venue.time_ns);
        let room = volume_left(&self.state, 0)?;
        let order = if self.held.is_zero() { &self.entry } else { &self.exit };
        let pricing = Pricing::slipped(&self.state, order, venue.reference, None)?;
        if room.is_some_and(|room| room.is_zero() || room < order.quantity) {
            return Ok(Outcome::Beyond);
        }
        let quantity = if order.ask.side == Side::Buy { self.paid(&pricing)? } else { order.quantity };
        if quantity.is_zero() {
            return Ok(Outcome::Denied);
        }
        if room.is_some_and(|room| room < quantity) {
            return Ok(Outcome::Beyond);
        }
        self.book(&pricing, quantity)
    }

    /// How much of the entry cash pays for: all that it buys, or as much of the target as it reaches for.
    fn paid(&self, pricing: &Pricing) -> Result<Quantity> {
        let (state, order) = (&self.state, &self.entry);
        if order.ask.origin != Origin::AllIn
            && risk::countable(risk::cost(state, order, order.quantity, pricing))? <= self.cash
        {
            return Ok(order.quantity);
        }
        let most = risk::payable(state, order, pricing, self.cash)?;
        Ok(if order.ask.origin == Origin::AllIn { most } else { most.min(order.quantity) })
    }

    fn book(&mut self, pricing: &Pricing, quantity: Quantity) -> Result<Outcome> {
        let order = if self.held.is_zero() { &mut self.entry } else { &mut self.exit };
        let (value, charge) = pricing.charge(&self.state, order, quantity)?;
        if !charge.withheld.is_zero() {
            return Ok(Outcome::Beyond);
        }
        let traded = Traded { side: order.ask.side, quantity, value, fee: charge.amount };
        self.cash = self.cash.plus(traded.received())?.minus(charge.amount)?;
        self.held = if traded.side == Side::Buy { quantity } else { Quantity::ZERO };
        self.state.traded.add(self.state.now_ns, value)?;
        if traded.side == Side::Buy && self.could_go_on(pricing, &traded, charge.sums)? {
            return Ok(Outcome::Beyond);
        }
        Ok(Outcome::Filled(traded))
    }

    /// Whether what is left of the cash pays more of an all-in order, which would rest then.
    fn could_go_on(&mut self, pricing: &Pricing, traded: &Traded, sums: Vec<Money>) -> Result<bool> {
        if self.entry.ask.origin != Origin::AllIn {
            return Ok(false);
        }
        let order = &mut self.entry;
        (order.filled, order.value, order.fee_charged, order.fee_sums) =
            (traded.quantity, traded.value, traded.fee, sums);
        let can = risk::pays_a_step(&self.state, order, pricing, self.cash);
        (order.filled, order.value, order.fee_charged) = (Quantity::ZERO, Money::ZERO, Money::ZERO);
        order.fee_sums.clear();
        can
    }
}
