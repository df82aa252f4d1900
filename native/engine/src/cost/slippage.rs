//! Slippage: how far a fill is worse than its reference price.

use std::sync::Arc;

use workbench_market::Result;
use workbench_market::number::{Price, Quantity, Rounding};

use super::{BPS, Deal, UserRule, impact};
use crate::order::Side;

#[derive(Clone, Debug, Default)]
pub enum Slippage {
    #[default]
    None,
    /// Parts in ten thousand of the price, below 10,000.
    Bps(Price),
    /// The distance of bid and ask; each side pays half of it.
    Spread(Price),
    /// price x impact x share^2, where share is the fill's part of its bar's volume.
    VolumeShare(Price),
    /// price x impact x sqrt(share).
    SquareRoot(Price),
    User(Arc<dyn UserRule<12>>),
}

impl Slippage {
    /// Whether the price depends on how much is traded.
    pub const fn is_by_size(&self) -> bool {
        matches!(self, Self::VolumeShare(_) | Self::SquareRoot(_) | Self::User(_))
    }

    /// Whether a function of the user tells it.
    pub const fn is_by_user(&self) -> bool {
        matches!(self, Self::User(_))
    }

    /// The slipped price of a deal at its reference price, rounded against the account at Price's scale.
    pub fn price(&self, deal: &Deal<'_>) -> Result<Price> {
        let (reference, side) = (deal.price, deal.order.ask.side);
        let share = |of: fn(Price, Price, Quantity, Quantity) -> Result<Price>, impact: Price| match deal.volume {
            // Without a volume there is no share of it; all of nothing is the whole.
            None => Ok(Price::ZERO),
            Some(Quantity::ZERO) => of(reference, impact, Quantity::ONE, Quantity::ONE),
            Some(volume) => of(reference, impact, deal.quantity, volume),
        };
        let distance = match (self, side) {
            (Self::None, _) => return Ok(reference),
            (Self::Bps(rate), Side::Buy) => return reference.scaled(BPS + rate.raw(), BPS, Rounding::SLIPPED_BUY),
            (Self::Bps(rate), Side::Sell) => return reference.scaled(BPS - rate.raw(), BPS, Rounding::SLIPPED_SELL),
            (Self::Spread(spread), _) => spread.scaled(1, 2, Rounding::SLIPPED_BUY)?,
            (Self::VolumeShare(impact), _) => share(impact::square, *impact)?,
            (Self::SquareRoot(impact), _) => share(impact::square_root, *impact)?,
            (Self::User(rule), _) => rule.amount(deal)?,
        };
        match side {
            Side::Buy => reference.plus(distance),
            // A distance beyond the price leaves a seller with nothing, never with less.
            Side::Sell => Ok(reference.minus(distance)?.max(Price::ZERO)),
        }
    }
}
