//! The price of a fill: from its reference, the slippage of its size and the limit it must not cross.

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity};

use super::{Charge, Deal, Slippage};
use crate::order::Order;
use crate::state::State;

/// At which price an order trades, whatever its size turns out to be.
#[derive(Clone, Copy, Debug)]
pub struct Pricing {
    pub reference: Price,
    /// The slipped price, where the size does not matter.
    fixed: Option<Price>,
    bound: Option<Price>,
    volume: Option<Quantity>,
    is_maker: bool,
}

impl Pricing {
    /// Without slippage: the reference itself.
    pub fn exact(state: &State, order: &Order, reference: Price) -> Self {
        let is_maker = state.is_maker(order);
        Self { reference, fixed: Some(reference), bound: None, volume: state.volume(order.ask.asset), is_maker }
    }

    /// With slippage, but never beyond a bound.
    pub fn slipped(state: &State, order: &Order, reference: Price, bound: Option<Price>) -> Result<Self> {
        let mut pricing = Self { fixed: None, bound, ..Self::exact(state, order, reference) };
        if !state.rules.slippage.is_by_size() {
            pricing.fixed = Some(pricing.price(state, order, Quantity::ZERO)?);
        }
        Ok(pricing)
    }

    /// With slippage in a bar that has not come yet, so that nothing is known of its volume.
    pub fn ahead(state: &State, order: &Order, reference: Price) -> Result<Self> {
        Ok(Self { volume: None, is_maker: false, ..Self::slipped(state, order, reference, None)? })
    }

    /// The price of a fill of any size, where size does not matter.
    pub const fn fixed(&self) -> Option<Price> {
        self.fixed
    }

    /// The price of a fill of this size.
    #[inline]
    pub fn price(&self, state: &State, order: &Order, quantity: Quantity) -> Result<Price> {
        self.fixed.map_or_else(|| self.by_size(state, order, quantity), Ok)
    }

    fn by_size(&self, state: &State, order: &Order, quantity: Quantity) -> Result<Price> {
        let slipped = match &state.rules.slippage {
            Slippage::None => self.reference,
            rule => rule.price(&self.deal(state, order, quantity, self.reference)?)?,
        };
        Ok(self.bound.map_or(slipped, |bound| order.ask.side.better(slipped, bound)))
    }

    /// Value and fee of a fill of this size.
    pub fn charge(&self, state: &State, order: &Order, quantity: Quantity) -> Result<(Money, Charge)> {
        let deal = self.filled(state, order, quantity)?;
        Ok((deal.value, state.rules.fees.charge(&deal)?))
    }

    /// A fill of this size.
    #[inline]
    pub fn filled<'a>(&self, state: &'a State, order: &'a Order, quantity: Quantity) -> Result<Deal<'a>> {
        self.deal(state, order, quantity, self.price(state, order, quantity)?)
    }

    #[inline]
    fn deal<'a>(&self, state: &'a State, order: &'a Order, quantity: Quantity, price: Price) -> Result<Deal<'a>> {
        let value = state.instruments[order.ask.asset].notional(quantity, price)?;
        Ok(Deal { state, order, quantity, price, value, volume: self.volume, is_maker: Some(self.is_maker) })
    }
}
