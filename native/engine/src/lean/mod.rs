//! An account without a memory: one asset, entered and left by market orders, one at a time, and what protects it.
//!
//! The one idea: where nothing happens to an order but splits and its fills, what the books say afterwards follows from
//! prices alone. Sizes, refusals, prices and fees come from the very functions that the fold calls; what is left out are
//! events, legs and every bar in between. Whatever does not fit is an [`Obstacle`], and the whole run has to be driven bar
//! by bar.

mod guarding;

use std::sync::Arc;

use workbench_market::instrument::Instrument;
use workbench_market::number::{Money, Price, Quantity};

use crate::action::{convert, whole_steps};
use crate::command::{Goal, steps_weighing};
use crate::cost::{Deal, Pricing};
use crate::exits::Exits;
use crate::lots::LotRule;
use crate::matching::volume_left;
use crate::obstacle::{Foldable, Obstacle};
use crate::order::{Ask, Order, Origin, Side};
use crate::risk;
use crate::state::{Rules, State};
use crate::traded::Traded as Volume;

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

/// What became of an order at a price it could fill at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it, or what the bar's volume left.
    Filled(Traded),
    /// Cash did not pay a single step of it.
    Denied,
    /// The bar's volume left nothing, or cash pays no more of what has filled a part.
    Nothing,
}

/// A fill.
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
    pub row: usize,
    pub time_ns: i64,
    pub is_open: bool,
    /// When the bar opened.
    pub open_ns: i64,
    pub reference: Price,
    pub volume: Option<Quantity>,
}

/// What accounts of several assets share, while none of them is at work.
#[derive(Default)]
pub struct Purse {
    cash: Money,
    due: Vec<(i64, Money)>,
    receivable: Money,
    traded: Volume,
}

/// One of the orders of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Entry,
    Exit,
    Child(usize),
}

/// Cash, a holding, and the two orders that change them, of which one may work.
pub struct Account {
    state: State,
    entry: Order,
    exit: Order,
    working: Option<Side>,
    /// What is to protect what an entry opens.
    pub exits: Option<Box<Exits>>,
    /// The stop and the target of what is held.
    children: Vec<Order>,
    /// The row of the bar whose volume was taken from last.
    row: usize,
    cash: Money,
    /// What other assets in the same purse are worth, and what sales of them will bring.
    pub elsewhere: Money,
    pub soon: Money,
    /// Dividends to come, and when; their sum.
    due: Vec<(i64, Money)>,
    receivable: Money,
}

impl Account {
    /// An account under these rules, unless they let something happen to an order besides its fill.
    pub fn new(instrument: Instrument, rules: Rules) -> Foldable<Self> {
        if let Some(obstacle) = Obstacle::of(&rules) {
            return Err(obstacle);
        }
        let order = |side| Order::new(1, 1, Ask::market(0, side, Quantity::ZERO, Origin::Target), 0);
        let state = State::new(Arc::from([instrument]), rules);
        let (entry, exit) = (order(Side::Buy), order(Side::Sell));
        let (cash, receivable) = (Money::ZERO, Money::ZERO);
        let (exits, children, due) = (None, Vec::new(), Vec::new());
        let (elsewhere, soon) = (Money::ZERO, Money::ZERO);
        Ok(Self { state, entry, exit, working: None, exits, children, row: 0, cash, elsewhere, soon, due, receivable })
    }

    /// Begins anew with nothing but cash.
    pub fn fund(&mut self, cash: Money) {
        (self.cash, self.receivable, self.working, self.row) = (cash, Money::ZERO, None, usize::MAX);
        self.due.clear();
        self.children.clear();
        self.state.positions[0].quantity = Quantity::ZERO;
        self.state.lots[0] = Default::default();
        self.state.traded = Default::default();
    }

    /// Takes the purse, or gives it back.
    pub fn swap(&mut self, purse: &mut Purse) {
        std::mem::swap(&mut self.cash, &mut purse.cash);
        std::mem::swap(&mut self.due, &mut purse.due);
        std::mem::swap(&mut self.receivable, &mut purse.receivable);
        std::mem::swap(&mut self.state.traded, &mut purse.traded);
    }

    pub fn held(&self) -> Quantity {
        self.state.positions[0].quantity
    }

    /// Cash, and what is receivable.
    pub fn money(&self) -> Foldable<Money> {
        Ok(self.cash.plus(self.receivable)?)
    }

    /// The side of the order that works.
    pub const fn working(&self) -> Option<Side> {
        self.working
    }

    /// Takes in what is due before a time, or at it when an Open is next.
    pub fn collect(&mut self, until_ns: i64, is_open: bool) -> Foldable<()> {
        for at in (0..self.due.len()).rev() {
            let (pay_ns, amount) = self.due[at];
            if pay_ns < until_ns || (pay_ns == until_ns && is_open) {
                self.due.swap_remove(at);
                self.cash = self.cash.plus(amount)?;
                self.receivable = self.receivable.minus(amount)?;
            }
        }
        Ok(())
    }

    /// Asks for an entry at a close while nothing is held.
    pub fn enter(&mut self, goal: Goal, now_ns: i64, last: Price) -> Foldable<Asked> {
        self.state.now_ns = now_ns;
        self.state.positions[0].last = Some(last);
        let is_all_in = goal == Goal::AllIn;
        renew(&mut self.entry, Quantity::ZERO);
        self.entry.ask.origin = if is_all_in { Origin::AllIn } else { Origin::Target };
        let is_missing = match goal {
            Goal::AllIn => {
                let pricing = Pricing::ahead(&self.state, &self.entry, last)?;
                risk::pays_a_step(&self.state, &self.entry, &pricing, self.cash.plus(self.soon)?)?
            }
            Goal::Weight(weight) => {
                let equity = self.money()?.plus(self.elsewhere)?;
                self.missing(steps_weighing(&self.state, 0, equity, weight, last)?)
            }
            Goal::Quantity(quantity) => self.missing(quantity),
            Goal::Value(_) => false,
        };
        if is_missing { self.checked(Side::Buy) } else { Ok(Asked::Nothing) }
    }

    fn missing(&mut self, quantity: Quantity) -> bool {
        self.entry.quantity = quantity;
        !quantity.is_zero()
    }

    /// Asks at a close to sell all that is held, in the place of what is still bought.
    pub fn leave(&mut self, now_ns: i64, last: Price) -> Foldable<Asked> {
        self.working = None;
        if self.held().is_zero() {
            return Ok(Asked::Nothing);
        }
        self.state.now_ns = now_ns;
        self.state.positions[0].last = Some(last);
        renew(&mut self.exit, self.state.positions[0].quantity);
        self.checked(Side::Sell)
    }

    fn checked(&mut self, side: Side) -> Foldable<Asked> {
        let order = if side == Side::Buy { &self.entry } else { &self.exit };
        if risk::refusal(&self.state, order)?.is_some() {
            return Ok(Asked::Denied);
        }
        self.working = Some(side);
        Ok(Asked::Working)
    }

    /// A split before an Open: the fraction of a holding is paid at its price, and an order that works goes on with whole
    /// steps. Gives what was paid.
    pub fn split(&mut self, ratio: (i64, i64), open: Price) -> Foldable<Money> {
        let (step, rule) = (self.state.instruments[0].quantity_step, self.state.rules.lots);
        let (position, lots) = (&mut self.state.positions[0], &mut self.state.lots[0]);
        let mut paid = Money::ZERO;
        if !position.quantity.is_zero() {
            // What a lot has cost changes nothing here.
            let instrument = &self.state.instruments[0];
            let made = convert(lots, rule, (position.quantity, Money::ZERO), ratio, instrument, open)?;
            (position.quantity, paid) = (made.after, made.cash);
            self.cash = self.cash.plus(paid)?;
        }
        self.split_order(ratio, step)?;
        self.split_children(ratio, step)?;
        Ok(paid)
    }

    /// An all-in order is sized at each fill and has nothing to scale.
    fn split_order(&mut self, (numerator, denominator): (i64, i64), step: Quantity) -> Foldable<()> {
        let order = match self.working {
            Some(Side::Buy) if self.entry.ask.origin != Origin::AllIn => &mut self.entry,
            Some(Side::Sell) => &mut self.exit,
            _ => return Ok(()),
        };
        let leaves = whole_steps(order.leaves(), numerator, denominator, step)?;
        order.quantity = order.filled.plus(leaves)?;
        if leaves.is_zero() {
            self.working = None;
        }
        Ok(())
    }

    /// A dividend for each unit held at an Open, in cash from its pay date on; gives the amount.
    pub fn dividend(&mut self, amount: Price, pay_ns: Option<i64>, now_ns: i64) -> Foldable<Money> {
        let total = amount.times(self.held())?;
        match pay_ns.filter(|&pay_ns| pay_ns > now_ns) {
            Some(pay_ns) => {
                self.receivable = self.receivable.plus(total)?;
                self.due.push((pay_ns, total));
            }
            None => self.cash = self.cash.plus(total)?,
        }
        Ok(total)
    }

    /// Fills of the order that works what volume and cash leave.
    pub fn fill(&mut self, venue: &Venue) -> Foldable<Outcome> {
        let room = self.come_to(venue)?;
        let (which, order) =
            if self.working == Some(Side::Buy) { (Which::Entry, &self.entry) } else { (Which::Exit, &self.exit) };
        let pricing = Pricing::slipped(&self.state, order, venue.reference, None)?;
        if room.is_some_and(Quantity::is_zero) {
            return Ok(Outcome::Nothing);
        }
        let wanted = if which == Which::Entry { self.paid(&pricing, room)? } else { capped(order.leaves(), room) };
        if !wanted.is_zero() {
            return self.book(which, &pricing, wanted).map(Outcome::Filled);
        }
        self.working = None;
        Ok(if self.entry.filled.is_zero() { Outcome::Denied } else { Outcome::Nothing })
    }

    /// Goes to a place in a bar, and says what the volume cap leaves there.
    fn come_to(&mut self, venue: &Venue) -> Foldable<Option<Quantity>> {
        let bar = &mut self.state.bars[0];
        if self.row != venue.row {
            (self.row, bar.taken) = (venue.row, Quantity::ZERO);
        }
        (bar.open_ns, bar.volume, self.state.now_ns) = (venue.open_ns, venue.volume, venue.time_ns);
        Ok(volume_left(&self.state, 0)?)
    }

    /// How much of the entry fills: all that cash buys, or as much of the target as it reaches for.
    fn paid(&mut self, pricing: &Pricing, room: Option<Quantity>) -> Foldable<Quantity> {
        let (state, order) = (&self.state, &self.entry);
        if order.ask.origin == Origin::AllIn {
            let most = risk::payable(state, order, pricing, self.cash)?;
            self.entry.quantity = self.entry.filled.plus(most)?;
            return Ok(capped(most, room));
        }
        let wanted = capped(order.leaves(), room);
        if risk::countable(risk::cost(state, order, wanted, pricing))? <= self.cash {
            return Ok(wanted);
        }
        let paid = risk::payable(state, order, pricing, self.cash)?.min(wanted);
        self.entry.quantity = self.entry.filled.plus(paid)?;
        Ok(paid)
    }

    fn book(&mut self, which: Which, pricing: &Pricing, quantity: Quantity) -> Foldable<Traded> {
        let order = match which {
            Which::Entry => &mut self.entry,
            Which::Exit => &mut self.exit,
            Which::Child(at) => &mut self.children[at],
        };
        let deal = pricing.filled(&self.state, order, quantity)?;
        let (price, value, (fee, sums)) = (deal.price, deal.value, charged(&self.state, &deal)?);
        let traded = Traded { side: order.ask.side, quantity, value, fee };
        self.cash = self.cash.plus(traded.received())?.minus(fee)?;
        take(order, &traded, sums)?;
        self.state.traded.add(self.state.now_ns, value)?;
        let taken = &mut self.state.bars[0].taken;
        *taken = taken.plus(quantity)?;
        self.hold(&traded)?;
        self.settle(pricing)?;
        if which == Which::Entry {
            self.protect(price)?;
        }
        Ok(traded)
    }

    fn hold(&mut self, traded: &Traded) -> Foldable<()> {
        let (position, lots, rule) = (&mut self.state.positions[0], &mut self.state.lots[0], self.state.rules.lots);
        if traded.side == Side::Buy {
            position.quantity = position.quantity.plus(traded.quantity)?;
            if rule != LotRule::Average {
                lots.add(traded.quantity, traded.value)?;
            }
            return Ok(());
        }
        position.quantity = position.quantity.minus(traded.quantity)?;
        if rule != LotRule::Average {
            lots.take(traded.quantity, rule)?;
        }
        Ok(())
    }

    /// An all-in order works on while cash pays a further step of it, any other until all of it has filled. With nothing
    /// held there is nothing to protect or to sell.
    fn settle(&mut self, pricing: &Pricing) -> Foldable<()> {
        if self.held().is_zero() {
            self.children.clear();
            self.working = None;
            return Ok(());
        }
        let is_done = match self.working {
            Some(Side::Buy) if self.entry.ask.origin == Origin::AllIn => {
                !risk::pays_a_step(&self.state, &self.entry, pricing, self.cash)?
            }
            Some(Side::Buy) => self.entry.leaves().is_zero(),
            _ if self.is_protected() => return Err(Obstacle::Protection),
            _ => false,
        };
        if is_done {
            self.working = None;
        }
        Ok(())
    }
}

/// An order that is asked anew.
fn renew(order: &mut Order, quantity: Quantity) {
    order.quantity = quantity;
    (order.filled, order.value, order.fee_charged) = (Quantity::ZERO, Money::ZERO, Money::ZERO);
    order.fee_sums.clear();
}

/// The fee of a fill, and the sums of its parts where rates may change.
fn charged(state: &State, deal: &Deal<'_>) -> Foldable<(Money, Vec<Money>)> {
    if let Some(amount) = state.rules.fees.plain(deal)? {
        return Ok((amount, Vec::new()));
    }
    let charge = state.rules.fees.charge(deal)?;
    if charge.withheld.is_zero() { Ok((charge.amount, charge.sums)) } else { Err(Obstacle::Withheld) }
}

/// Writes a fill down in its order.
fn take(order: &mut Order, traded: &Traded, sums: Vec<Money>) -> Foldable<()> {
    order.filled = order.filled.plus(traded.quantity)?;
    order.value = order.value.plus(traded.value)?;
    order.fee_charged = order.fee_charged.plus(traded.fee)?;
    order.fee_sums = sums;
    Ok(())
}

fn capped(quantity: Quantity, room: Option<Quantity>) -> Quantity {
    room.map_or(quantity, |room| quantity.min(room))
}
