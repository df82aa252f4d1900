//! What an order says beside its size: its prices, how long it works, and what protects the position it opens.

use workbench_market::Result;
use workbench_market::number::{Price, Rounding, mul_div};

use crate::exits::Exits;
use crate::order::Side;

/// The prices of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Market,
    Limit(Price),
    Stop(Price),
    StopLimit {
        stop: Price,
        limit: Price,
    },
    /// A stop that follows the best price since it is live.
    Trailing {
        trail: Trail,
        best: Price,
        stop: Price,
    },
}

/// The distance of a trailing stop: an amount, or a part of the best price at Price's scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trail {
    Amount(Price),
    Part(Price),
}

/// One session of an asset's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub open_ns: i64,
    pub close_ns: i64,
}

/// How long an order works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeInForce {
    #[default]
    GoodTillCanceled,
    /// Until the close of the first session in which it can trade.
    Day(Session),
    /// Until the asset's first Open at or after this time.
    GoodTill(i64),
    ImmediateOrCancel,
    FillOrKill,
}

/// An order that trades at one moment of a session only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auction {
    Open(Session),
    Close(Session),
}

/// Everything that is usually left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    pub tif: TimeInForce,
    pub on: Option<Auction>,
    pub post_only: bool,
    pub reduce_only: bool,
    /// The number of the group whose members cancel each other.
    pub oco: Option<u64>,
    /// What protects the position that it opens.
    pub exits: Option<Box<Exits>>,
}

impl Kind {
    /// The name of the type, as traders know it.
    pub const fn name(self, on: Option<Auction>) -> &'static str {
        match (self, on) {
            (Self::Limit(_), Some(Auction::Open(_))) => "loo",
            (Self::Limit(_), Some(Auction::Close(_))) => "loc",
            (_, Some(Auction::Open(_))) => "moo",
            (_, Some(Auction::Close(_))) => "moc",
            (Self::Market, None) => "market",
            (Self::Limit(_), None) => "limit",
            (Self::Stop(_), None) => "stop",
            (Self::StopLimit { .. }, None) => "stop_limit",
            (Self::Trailing { .. }, None) => "trailing",
        }
    }

    pub const fn limit(self) -> Option<Price> {
        match self {
            Self::Limit(limit) | Self::StopLimit { limit, .. } => Some(limit),
            _ => None,
        }
    }

    /// The price that triggers it: of a trailing stop where it stands now.
    pub const fn stop(self) -> Option<Price> {
        match self {
            Self::Stop(stop) | Self::StopLimit { stop, .. } | Self::Trailing { stop, .. } => Some(stop),
            _ => None,
        }
    }

    /// The price it is measured and reserved by: its limit, else its stop.
    pub const fn price(self) -> Option<Price> {
        if let Some(limit) = self.limit() { Some(limit) } else { self.stop() }
    }

    /// A trailing stop that starts from `best`.
    pub fn trailing(trail: Trail, side: Side, best: Price, step: Price) -> Result<Self> {
        Ok(Self::Trailing { trail, best, stop: trail.stop(side, best, step)? })
    }

    /// The same after a bar with this high and low; a trailing stop moves with the best price and never back.
    pub fn followed(self, side: Side, high: Price, low: Price, step: Price) -> Result<Self> {
        let Self::Trailing { trail, best, stop } = self else { return Ok(self) };
        let (best, is_better) = match side {
            Side::Sell => (best.max(high), high > best),
            Side::Buy => (best.min(low), low < best),
        };
        let stop = if is_better { side.better(stop, trail.stop(side, best, step)?) } else { stop };
        Ok(Self::Trailing { trail, best, stop })
    }

    /// Prices divided by the ratio of a split: given ones on the step to the safe side, those of a trail half-even.
    pub fn split(self, side: Side, step: Price, numerator: i64, denominator: i64) -> Result<Self> {
        let (top, bottom) = (i128::from(denominator), i128::from(numerator));
        let given = |price: Price| price.scaled(top, bottom, side.safe())?.on_step(step, side.safe());
        let exact = |price: Price| price.scaled(top, bottom, Rounding::MARK);
        Ok(match self {
            Self::Market => Self::Market,
            Self::Limit(price) => Self::Limit(given(price)?),
            Self::Stop(price) => Self::Stop(given(price)?),
            Self::StopLimit { stop, limit } => Self::StopLimit { stop: given(stop)?, limit: given(limit)? },
            Self::Trailing { trail, best, stop } => {
                let trail = trail.split(numerator, denominator)?;
                Self::Trailing { trail, best: exact(best)?, stop: exact(stop)? }
            }
        })
    }

    /// The same with its stop moved to a level, if that is the tighter one.
    pub fn raised(self, side: Side, level: Price) -> Self {
        match self {
            Self::Stop(stop) => Self::Stop(side.better(stop, level)),
            Self::Trailing { trail, best, stop } => Self::Trailing { trail, best, stop: side.better(stop, level) },
            other => other,
        }
    }

    /// Whether a split has made one of its prices nothing.
    pub fn is_worthless(self) -> bool {
        [self.limit(), self.stop()].into_iter().flatten().any(Price::is_zero)
    }
}

impl Trail {
    /// The stop at this distance from the best price, on the step like a given stop.
    pub fn stop(self, side: Side, best: Price, step: Price) -> Result<Price> {
        let distant = match (self, side) {
            (Self::Amount(amount), Side::Sell) => best.minus(amount)?,
            (Self::Amount(amount), Side::Buy) => best.plus(amount)?,
            (Self::Part(part), Side::Sell) => away(best, part.negative(), side)?,
            (Self::Part(part), Side::Buy) => away(best, part, side)?,
        };
        distant.on_step(step, side.safe())
    }

    /// An amount divided by the ratio of a split, half-even.
    pub fn split(self, numerator: i64, denominator: i64) -> Result<Self> {
        let Self::Amount(amount) = self else { return Ok(self) };
        amount.scaled(i128::from(denominator), i128::from(numerator), Rounding::MARK).map(Self::Amount)
    }
}

/// A price moved by a signed part of itself; what is cut off here falls on the same side as on the step.
pub fn away(price: Price, part: Price, side: Side) -> Result<Price> {
    let whole = Price::ONE.plus(part)?;
    Price::new(mul_div(price.raw(), whole.raw(), Price::ONE.raw(), side.safe())?)
}

impl TimeInForce {
    pub const fn name(self) -> &'static str {
        match self {
            Self::GoodTillCanceled => "GTC",
            Self::Day(_) => "DAY",
            Self::GoodTill(_) => "GTD",
            Self::ImmediateOrCancel => "IOC",
            Self::FillOrKill => "FOK",
        }
    }

    /// Whether it sees its first bar only.
    pub const fn is_immediate(self) -> bool {
        matches!(self, Self::ImmediateOrCancel | Self::FillOrKill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    #[test]
    fn a_trailing_stop_follows_and_never_goes_back() {
        let step = price("0.01");
        let start = Kind::trailing(Trail::Part(price("0.1")), Side::Sell, price("12.34"), step).unwrap();
        assert_eq!(start.stop(), Some(price("11.11"))); // 11.106 up
        let lower = start.followed(Side::Sell, price("12"), price("11.5"), step).unwrap();
        assert_eq!(lower, start);
        let buy = Kind::trailing(Trail::Amount(price("1")), Side::Buy, price("8.055"), step).unwrap();
        assert_eq!(buy.stop(), Some(price("9.05"))); // 9.055 down
    }
}
