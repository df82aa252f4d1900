//! The day on which an asset ends by its own terms: a future at its settlement, an option at what it is worth then.

use workbench_market::instrument::Kind;
use workbench_market::number::Price;
use workbench_market::{Error, Result};

use crate::ends::{self, End, EndKind};
use crate::state::State;
use crate::variation;

/// What an option is a claim to: the difference between another asset's price and its strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub underlying: usize,
    pub strike: Price,
    pub is_call: bool,
}

impl Claim {
    /// What a unit of multiplier 1 brings at a price of the underlying; never less than nothing.
    pub fn intrinsic(&self, price: Price) -> Result<Price> {
        let gain = if self.is_call { price.minus(self.strike)? } else { self.strike.minus(price)? };
        Ok(gain.max(Price::ZERO))
    }
}

/// Ends an asset at its settlement, given or taken from the last close: its own, or that of what it is a claim to.
pub fn expire(state: &mut State, asset: usize, given: Option<Price>, claim: Option<Claim>) -> Result<()> {
    let is_held = !state.positions[asset].quantity.is_zero();
    let price = given.or(state.positions[claim.map_or(asset, |claim| claim.underlying)].last);
    let amount = match (price, claim) {
        (Some(price), Some(claim)) => claim.intrinsic(price)?,
        (Some(price), None) => price,
        (None, None) => state.mark_price(asset),
        (None, Some(_)) if !is_held => Price::ZERO,
        (None, Some(claim)) => return Err(unpriced(state, asset, &claim)),
    };
    if is_held && state.instruments[asset].kind == Kind::Future {
        variation::settle(state, asset, amount)?;
    }
    let end = End { kind: EndKind::Expiry, open_ns: state.now_ns, into: None, amount: Some(amount), pay_ns: None };
    ends::end(state, asset, &end, None)
}

fn unpriced(state: &State, asset: usize, claim: &Claim) -> Error {
    let (name, of) = (&state.instruments[asset].name, &state.instruments[claim.underlying].name);
    Error::Bars(format!("{name} expires before {of} has had a close; give earlier bars of {of}, or settlement="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_worth_what_it_brings() {
        let price = |text: &str| Price::parse(text).unwrap();
        for (is_call, at, expected) in
            [(true, "105.5", "5.5"), (true, "100", "0"), (true, "90", "0"), (false, "90", "10"), (false, "110", "0")]
        {
            let claim = Claim { underlying: 0, strike: price("100"), is_call };
            assert_eq!(claim.intrinsic(price(at)).unwrap(), price(expected), "{is_call} {at}");
        }
    }
}
