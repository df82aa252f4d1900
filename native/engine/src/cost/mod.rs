//! What trading costs: fees beside the price and slippage inside it, as exact rules.
//!
//! [`Deal`] is what a cost may depend on, [`fee`] charges it, [`slippage`] moves its price, [`pricing`] ties the price of
//! a fill to its size.

mod fee;
mod impact;
mod pricing;
mod slippage;

use std::fmt;

use workbench_market::Result;
use workbench_market::number::{Fixed, Money, Price, Quantity};

use crate::order::Order;
use crate::state::State;
pub use fee::{Charge, Fee, FeeKind, Fees, Tier};
pub use pricing::Pricing;
pub use slippage::Slippage;

/// 10^4 at Price's scale: the divisor of basis points.
const BPS: i128 = 10_000 * Price::ONE.raw();

/// A fill, or one that is only considered.
#[derive(Clone, Copy, Debug)]
pub struct Deal<'a> {
    pub state: &'a State,
    pub order: &'a Order,
    pub quantity: Quantity,
    pub price: Price,
    pub value: Money,
    /// Of the bar it takes place in; None where that is unknown.
    pub volume: Option<Quantity>,
    /// None while it is not known, which costs the dearer of the two.
    pub is_maker: Option<bool>,
}

impl Deal<'_> {
    /// What was traded in the 30 UTC days before today.
    pub fn traded(&self) -> Result<Money> {
        self.state.traded.before(self.state.now_ns)
    }
}

/// A rule that a user wrote: an amount that is never negative.
pub trait UserRule<const SCALE: u32>: fmt::Debug + Send + Sync {
    fn amount(&self, deal: &Deal<'_>) -> Result<Fixed<SCALE>>;
}
