//! What was traded lately, by UTC day: the volume that decides on the tier of fees.

use std::collections::VecDeque;

use workbench_market::Result;
use workbench_market::number::Money;

const DAY_NS: i64 = 86_400_000_000_000;
/// How many days before today count.
const DAYS: i64 = 30;

/// Traded value by day, oldest first; days that no longer count are forgotten.
#[derive(Clone, Debug, Default)]
pub struct Traded {
    days: VecDeque<(i64, Money)>,
}

impl Traded {
    pub fn add(&mut self, time_ns: i64, value: Money) -> Result<()> {
        let today = time_ns.div_euclid(DAY_NS);
        match self.days.back_mut() {
            Some((day, sum)) if *day == today => *sum = sum.plus(value)?,
            _ => self.days.push_back((today, value)),
        }
        while self.days.front().is_some_and(|(day, _)| *day < today - DAYS) {
            self.days.pop_front();
        }
        Ok(())
    }

    /// The value of the 30 UTC days before the one of `time_ns`.
    pub fn before(&self, time_ns: i64) -> Result<Money> {
        let today = time_ns.div_euclid(DAY_NS);
        let counted = self.days.iter().filter(|(day, _)| (today - DAYS..today).contains(day));
        counted.into_iter().try_fold(Money::ZERO, |sum, (_, value)| sum.plus(*value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_before_today_count() {
        let (money, mut traded) = (|text| Money::parse(text).unwrap(), Traded::default());
        traded.add(-1, money("1")).unwrap(); // the last nanosecond of 1969
        traded.add(0, money("10")).unwrap();
        traded.add(DAY_NS - 1, money("20")).unwrap();
        for (time_ns, sum) in [
            (DAY_NS - 1, "1"),
            (DAY_NS, "31"),
            (29 * DAY_NS, "31"),
            (30 * DAY_NS - 1, "31"),
            (30 * DAY_NS, "30"),
            (31 * DAY_NS - 1, "30"),
            (31 * DAY_NS, "0"),
        ] {
            assert_eq!(traded.before(time_ns).unwrap(), money(sum), "{time_ns}");
        }
        traded.add(31 * DAY_NS, money("5")).unwrap();
        assert_eq!((traded.days.len(), traded.before(32 * DAY_NS).unwrap()), (1, money("5")));
    }
}
