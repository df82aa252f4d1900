//! What protects the holding of an account: a stop and a target, looked at bar by bar by the questions that matching asks.

use workbench_market::number::{Price, Quantity};

use super::{Account, Traded, Venue, Which};
use crate::action::whole_steps;
use crate::cost::Pricing;
use crate::matching::{Move, Range, Style, at_price, limit_inside, stop_inside};
use crate::obstacle::{Foldable, Obstacle};
use crate::order::{Ask, Order, Origin, Side};
use crate::state::{FillRule, Path};
use crate::terms::{Kind, Terms};

impl Account {
    /// Whether a stop or a target waits.
    pub const fn is_protected(&self) -> bool {
        !self.children.is_empty()
    }

    /// What the orders to sell that work would sell together.
    pub fn selling(&self) -> Foldable<Quantity> {
        let exit = if self.working == Some(Side::Sell) { self.exit.leaves() } else { Quantity::ZERO };
        let mut sum = exit;
        for child in &self.children {
            sum = sum.plus(child.leaves())?;
        }
        Ok(sum.min(self.held()))
    }

    /// The stop and the target of an entry that has filled at this price; only one that fills at once is known here.
    pub(super) fn protect(&mut self, paid: Price) -> Foldable<()> {
        let Some(exits) = self.exits.clone() else { return Ok(()) };
        let rules = &self.state.rules;
        let is_walked = rules.fill != FillRule::NextClose && rules.path != Path::Pessimistic;
        if self.working.is_some() || is_walked || self.entry.filled != self.held() {
            return Err(Obstacle::Protection);
        }
        let step = self.state.instruments[0].price_step;
        let stop = exits.stop(Side::Sell, paid, paid, step)?;
        let price = exits.targets.first().map(|target| target.exit.price(Side::Sell, paid, false, step)).transpose()?;
        for kind in stop.into_iter().chain(price.map(Kind::Limit)) {
            let terms = Terms { reduce_only: true, ..Terms::default() };
            let (quantity, origin) = (self.held(), Origin::Bracket { entry: 1 });
            let ask = Ask { asset: 0, side: Side::Sell, kind, quantity, origin, terms };
            self.children.push(Order::new(1, 1, ask, self.state.now_ns));
        }
        Ok(())
    }

    /// Sells what is held where one price reaches its stop or its target.
    pub fn reach(&mut self, venue: &Venue) -> Foldable<Option<Traded>> {
        let through = self.state.through(0);
        for at in 0..self.children.len() {
            if let Some(what) = at_price(&self.children[at], venue.reference, through)? {
                return self.sell(at, what, venue).map(Some);
            }
        }
        Ok(None)
    }

    /// Sells what is held where the range of a bar reaches its stop, or its target: stops come first, of all assets.
    pub fn reach_inside(&mut self, range: &Range, venue: &Venue, is_target: bool) -> Foldable<Option<Traded>> {
        let through = self.state.through(0);
        for at in 0..self.children.len() {
            let child = &self.children[at];
            let what =
                if is_target { limit_inside(child, range, through)? } else { stop_inside(child, range, through)? };
            if let Some(what) = what {
                return self.sell(at, what, venue).map(Some);
            }
        }
        Ok(None)
    }

    /// A child fills whole, or what becomes of it is left to the engine.
    fn sell(&mut self, at: usize, what: Move, venue: &Venue) -> Foldable<Traded> {
        let room = self.come_to(venue)?;
        let (child, Move::Trade { reference, style, .. }) = (&self.children[at], what) else {
            return Err(Obstacle::Protection);
        };
        let pricing = match style {
            Style::Exact => Pricing::exact(&self.state, child, reference),
            _ => Pricing::slipped(&self.state, child, reference, None)?,
        };
        let quantity = child.quantity;
        if quantity != self.held() || room.is_some_and(|room| room < quantity) {
            return Err(Obstacle::Protection);
        }
        self.book(Which::Child(at), &pricing, quantity)
    }

    /// A limit has rested at an Open.
    pub fn rest(&mut self, open_ns: i64) {
        for child in &mut self.children {
            if child.active_limit().is_some() {
                child.rested_ns.get_or_insert(open_ns);
            }
        }
    }

    /// A trailing stop follows a bar that is complete.
    pub fn follow(&mut self, high: Price, low: Price) -> Foldable<()> {
        let step = self.state.instruments[0].price_step;
        for child in &mut self.children {
            child.ask.kind = child.ask.kind.followed(Side::Sell, high, low, step)?;
        }
        Ok(())
    }

    pub(super) fn split_children(&mut self, (numerator, denominator): (i64, i64), step: Quantity) -> Foldable<()> {
        let price_step = self.state.instruments[0].price_step;
        for child in &mut self.children {
            child.quantity = whole_steps(child.quantity, numerator, denominator, step)?;
            child.ask.kind = child.ask.kind.split(Side::Sell, price_step, numerator, denominator)?;
        }
        self.children.retain(|child| !child.quantity.is_zero() && !child.ask.kind.is_worthless());
        Ok(())
    }
}
