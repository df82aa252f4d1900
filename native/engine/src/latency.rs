//! How long orders and cancels are on their way: always the same, or drawn evenly from the run's seed.
//!
//! A draw depends on the seed and on the order's id alone, so that it is the same however a run is fed or replayed, and
//! known as soon as the order has its id.

use crate::order::Order;

/// The time on the way, from the least to the most, in whole steps of a microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    pub least_ns: i64,
    pub most_ns: i64,
    pub seed: u64,
}

const STEP_NS: i64 = 1_000;

impl Latency {
    /// Whether nothing ever takes any time.
    pub const fn is_none(&self) -> bool {
        self.most_ns == 0
    }

    /// How long the order of this id is on its way.
    pub fn of_order(&self, id: u64) -> i64 {
        self.drawn(id.wrapping_mul(2))
    }

    /// How long the cancel of an order is on its way; there is only one.
    pub fn of_cancel(&self, order: &Order) -> i64 {
        self.drawn(order.id.wrapping_mul(2).wrapping_add(1))
    }

    fn drawn(&self, number: u64) -> i64 {
        let count = (self.most_ns - self.least_ns) / STEP_NS + 1;
        // The upper half of the product is an even draw below `count`.
        let place = (u128::from(mixed(self.seed, number)) * count.unsigned_abs() as u128) >> 64;
        self.least_ns + place as i64 * STEP_NS
    }
}

/// The number of this place in the SplitMix64 sequence of a seed (Steele, Lea and Flood 2014).
const fn mixed(seed: u64, place: u64) -> u64 {
    let mut z = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first outputs of the reference implementation for the seed 1234567.
        let published = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([0, 1, 2].map(|place| mixed(1_234_567, place)), published);
    }

    #[test]
    fn draws_lie_between_the_bounds_and_reach_them() {
        let latency = Latency { least_ns: 2_000, most_ns: 4_000, seed: 7 };
        let mut seen: Vec<i64> = (1..100).map(|id| latency.of_order(id)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [2_000, 3_000, 4_000]);
    }
}
