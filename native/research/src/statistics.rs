//! The figures of a run: statistics of its session closes, and sums over its fills and closed trades.
//!
//! A single run and a sweep hand the same numbers to the same [`statistics`], so their figures are equal in every bit.
//! A figure that does not exist is an [`Undefined`] with its reason, never NaN, inf or a sentinel.
//! Conventions are those of empyrical-reloaded: mean over sample deviation (ddof 1) for Sharpe, mean over the
//! root mean square of the losses for Sortino, compound growth for the annual return.

use std::fmt;

use crate::curve::{Pass, Wide, pass};

/// A figure, or the reason why there is none.
pub type Figure = Result<f64, Undefined>;

/// Why a figure does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    NoSessions,
    NoReturns,
    OneReturn,
    NoDeviation,
    NoLosses,
    NoDrawdown,
    NotRecovered,
    Wiped,
    TooLarge,
    NoTrade,
    NoWinner,
    NoLoser,
}

impl fmt::Display for Undefined {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Undefined::NoSessions => "needs at least 1 session",
            Undefined::NoReturns => "needs at least 2 sessions",
            Undefined::OneReturn => "needs at least 3 sessions",
            Undefined::NoDeviation => "the returns do not vary",
            Undefined::NoLosses => "no session lost money",
            Undefined::NoDrawdown => "the equity never fell below an earlier peak",
            Undefined::NotRecovered => "the equity did not return to its peak before the end",
            Undefined::Wiped => "the equity fell to zero or below",
            Undefined::TooLarge => "the run is too short to be scaled to a year",
            Undefined::NoTrade => "no trade was closed",
            Undefined::NoWinner => "no closed trade made money",
            Undefined::NoLoser => "no closed trade lost money",
        })
    }
}

/// Why a curve was refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CurveError {
    Close { row: usize, value: f64 },
    Held { closes: usize, held: usize },
    Deposits(f64),
    PerYear(f64),
}

impl fmt::Display for CurveError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CurveError::Close { row, value } => {
                write!(out, "the close of row {row} is {value}; every session close must be a finite number")
            }
            CurveError::Held { closes, held } => {
                write!(out, "there are {closes} closes and {held} values of what was held; give one for each close")
            }
            CurveError::Deposits(value) => {
                write!(out, "deposits is {value}; give the money paid in, a finite number above 0")
            }
            CurveError::PerYear(value) => {
                write!(out, "per_year is {value}; give the sessions of a year, such as 252 or 365")
            }
        }
    }
}

impl std::error::Error for CurveError {}

/// The figures of one run; lengths count sessions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    pub returns: usize,
    pub total_return: Figure,
    pub annual_return: Figure,
    pub volatility: Figure,
    pub sharpe: Figure,
    pub sortino: Figure,
    pub calmar: Figure,
    pub max_drawdown: Figure,
    /// Sessions from the peak of the maximum drawdown to its trough.
    pub drawdown_length: Result<usize, Undefined>,
    /// Sessions from that trough to the first close at or above the peak.
    pub recovery_time: Result<usize, Undefined>,
    pub win_rate: Figure,
    pub profit_factor: Figure,
    pub average_win: Figure,
    pub average_loss: Figure,
    /// Mean of what was held as parts of the equity.
    pub exposure: Figure,
    /// Half of the value traded in mean equities, per year.
    pub turnover: Figure,
    pub fees: f64,
}

/// What was traded, added up in the order in which it happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dealings {
    pub fills: usize,
    value: Wide,
    fees: Wide,
    pub trades: usize,
    winners: usize,
    losers: usize,
    won: Wide,
    lost: Wide,
}

impl Dealings {
    pub fn fill(&mut self, value: f64, fee: f64) {
        self.fills += 1;
        self.value.add(value.abs());
        self.fees.add(fee);
    }

    /// A trade that was closed.
    pub fn trade(&mut self, profit: f64) {
        self.trades += 1;
        if profit > 0.0 {
            self.winners += 1;
            self.won.add(profit);
        } else if profit < 0.0 {
            self.losers += 1;
            self.lost.add(profit);
        }
    }

    fn win_rate(&self) -> Figure {
        if self.trades == 0 { Err(Undefined::NoTrade) } else { Ok(self.winners as f64 / self.trades as f64) }
    }

    /// The mean profit of so many trades, or why there are none of them.
    fn mean(&self, sum: Wide, count: usize, none: Undefined) -> Figure {
        match (self.trades, count) {
            (0, _) => Err(Undefined::NoTrade),
            (_, 0) => Err(none),
            _ => Ok(sum.value() / count as f64),
        }
    }

    fn profit_factor(&self) -> Figure {
        self.mean(self.lost, self.losers, Undefined::NoLoser).map(|_| self.won.value() / -self.lost.value())
    }
}

/// Figures of a run with these session closes (oldest first; the first is the base of the returns).
///
/// `held` is the market value of positions at each, `deposits` the money paid in and `per_year` the sessions of a year
/// (252 on exchanges, 365 around the clock).
pub fn statistics(
    closes: &[f64],
    held: &[f64],
    dealings: &Dealings,
    deposits: f64,
    per_year: f64,
) -> Result<Statistics, CurveError> {
    if !(deposits.is_finite() && deposits > 0.0) {
        return Err(CurveError::Deposits(deposits));
    }
    if !(per_year.is_finite() && per_year > 0.0) {
        return Err(CurveError::PerYear(per_year));
    }
    if closes.len() != held.len() {
        return Err(CurveError::Held { closes: closes.len(), held: held.len() });
    }
    let pass = pass(closes, held);
    // A sum is finite only if all that was added is; where it is not, that need not be the fault of one.
    let bad = if pass.closes.is_finite() { None } else { closes.iter().position(|close| !close.is_finite()) };
    if let Some(row) = bad {
        return Err(CurveError::Close { row, value: closes[row] });
    }
    let ends = (closes.first().copied().unwrap_or(0.0), closes.last().copied().unwrap_or(0.0));
    Ok(Curve { pass, ends, deposits, per_year }.figures(dealings))
}

/// A curve that was passed over.
struct Curve {
    pass: Pass,
    ends: (f64, f64),
    deposits: f64,
    per_year: f64,
}

impl Curve {
    fn figures(&self, dealings: &Dealings) -> Statistics {
        let (rows, drawdown) = (self.pass.rows, &self.pass.drawdown);
        let annual_return = self.annual_return();
        let max_drawdown = self.returns(1).map(|_| drawdown.depth);
        Statistics {
            returns: rows.saturating_sub(1),
            total_return: if rows == 0 { Err(Undefined::NoReturns) } else { Ok(self.ends.1 / self.deposits - 1.0) },
            annual_return,
            volatility: self.returns(2).map(|count| self.deviation(count) * self.per_year.sqrt()),
            sharpe: self.sharpe(),
            sortino: self.sortino(),
            calmar: self.calmar(annual_return, max_drawdown),
            max_drawdown,
            drawdown_length: self.drawdown_span().map(|_| drawdown.trough - drawdown.start),
            recovery_time: self.drawdown_span().and_then(|_| self.recovery()),
            win_rate: dealings.win_rate(),
            profit_factor: dealings.profit_factor(),
            average_win: dealings.mean(dealings.won, dealings.winners, Undefined::NoWinner),
            average_loss: dealings.mean(dealings.lost, dealings.losers, Undefined::NoLoser),
            exposure: self.exposure(),
            turnover: self.turnover(dealings.value.value()),
            fees: dealings.fees.value(),
        }
    }

    fn is_wiped(&self) -> bool {
        self.pass.least_close <= 0.0
    }

    /// The number of returns, where there are at least `least` and every one has a positive base.
    fn returns(&self, least: usize) -> Figure {
        let count = self.pass.rows.saturating_sub(1);
        match (count >= least, self.is_wiped()) {
            (true, false) => Ok(count as f64),
            (true, true) => Err(Undefined::Wiped),
            (false, _) if least == 1 => Err(Undefined::NoReturns),
            (false, _) => Err(Undefined::OneReturn),
        }
    }

    fn annual_return(&self) -> Figure {
        let years = self.returns(1)? / self.per_year;
        finite((self.ends.1 / self.ends.0).powf(1.0 / years) - 1.0)
    }

    fn sharpe(&self) -> Figure {
        let count = self.returns(2)?;
        if self.is_constant() {
            return Err(Undefined::NoDeviation);
        }
        finite(self.pass.returns.value() / count / self.deviation(count) * self.per_year.sqrt())
    }

    fn sortino(&self) -> Figure {
        let count = self.returns(2)?;
        if self.pass.losses == 0.0 {
            return Err(Undefined::NoLosses);
        }
        let downside = (self.pass.losses / count).sqrt() * self.per_year.sqrt();
        finite(self.pass.returns.value() / count * self.per_year / downside)
    }

    fn calmar(&self, annual_return: Figure, max_drawdown: Figure) -> Figure {
        let (growth, depth) = (annual_return?, max_drawdown?);
        if depth == 0.0 { Err(Undefined::NoDrawdown) } else { finite(growth / depth.abs()) }
    }

    fn drawdown_span(&self) -> Figure {
        self.returns(1)?;
        let depth = self.pass.drawdown.depth;
        if depth == 0.0 { Err(Undefined::NoDrawdown) } else { Ok(depth) }
    }

    fn recovery(&self) -> Result<usize, Undefined> {
        let drawdown = &self.pass.drawdown;
        drawdown.recovered.map(|row| row - drawdown.trough).ok_or(Undefined::NotRecovered)
    }

    fn exposure(&self) -> Figure {
        match (self.pass.rows, self.is_wiped()) {
            (0, _) => Err(Undefined::NoSessions),
            (_, true) => Err(Undefined::Wiped),
            (rows, false) => Ok(self.pass.exposures / rows as f64),
        }
    }

    fn turnover(&self, traded: f64) -> Figure {
        if self.pass.rows < 2 {
            return Err(Undefined::NoReturns);
        }
        let mean = self.pass.closes / self.pass.rows as f64;
        let years = (self.pass.rows - 1) as f64 / self.per_year;
        if mean > 0.0 { finite(traded / 2.0 / mean / years) } else { Err(Undefined::Wiped) }
    }

    /// The sum of squared gaps to the mean is that of the squares less the square of the sum over the count; both are
    /// known to twice the digits of a float, so that nothing is lost where they are nearly alike.
    fn deviation(&self, count: f64) -> f64 {
        if self.is_constant() {
            return 0.0;
        }
        let Pass { returns, squares, .. } = &self.pass;
        let square = returns.high * returns.high;
        let rest = returns.high.mul_add(returns.high, -square) + 2.0 * returns.high * returns.low;
        let part = square / count;
        let part_rest = ((-part).mul_add(count, square) + rest) / count;
        let gaps = (squares.high - part) + (squares.low - part_rest);
        (gaps.max(0.0) / (count - 1.0)).sqrt()
    }

    /// A return carries a rounding error of about one ulp of the growth 1 + r: a spread within a few of them is none,
    /// and dividing by it would give an arbitrary ratio near 1e15.
    fn is_constant(&self) -> bool {
        let (least, most) = (self.pass.least_return, self.pass.most_return);
        let growth = 1.0 + least.abs().max(most.abs());
        most - least <= 4.0 * f64::EPSILON * growth
    }
}

fn finite(value: f64) -> Figure {
    if value.is_finite() { Ok(value) } else { Err(Undefined::TooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(closes: &[f64], deposits: f64, per_year: f64) -> Result<Statistics, CurveError> {
        statistics(closes, &vec![0.0; closes.len()], &Dealings::default(), deposits, per_year)
    }

    fn of(closes: &[f64]) -> Statistics {
        plain(closes, 100.0, 252.0).unwrap()
    }

    fn close(found: Figure, wanted: f64) {
        let value = found.unwrap();
        assert!((value - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{value} is not {wanted}");
    }

    /// Returns +0.10, -0.10, +0.20: mean 0.2/3, sum of squared gaps 7/150, losses 0.01.
    #[test]
    fn worked_by_hand() {
        let found = of(&[100.0, 110.0, 99.0, 118.8]);
        assert_eq!(found.returns, 3);
        close(found.total_return, 0.188);
        close(found.annual_return, 1.188f64.powi(84) - 1.0);
        close(found.volatility, (7.0f64 / 300.0 * 252.0).sqrt());
        close(found.sharpe, (0.2 / 3.0) / (7.0f64 / 300.0).sqrt() * 252f64.sqrt());
        close(found.sortino, (0.2 / 3.0) * 252.0 / (0.01f64 / 3.0 * 252.0).sqrt());
        close(found.max_drawdown, -0.1);
        close(found.calmar, (1.188f64.powi(84) - 1.0) / 0.1);
        assert_eq!((found.drawdown_length, found.recovery_time), (Ok(1), Ok(1)));
    }

    #[test]
    fn total_return_is_on_deposits_and_the_rest_on_the_first_row() {
        let found = plain(&[90.0, 99.0], 100.0, 1.0).unwrap();
        close(found.total_return, -0.01);
        close(found.annual_return, 0.1);
    }

    #[test]
    fn the_deepest_drawdown_is_measured_not_the_longest() {
        let found = of(&[100.0, 95.0, 96.0, 97.0, 100.0, 120.0, 90.0, 60.0, 110.0, 119.0, 120.0, 110.0]);
        close(found.max_drawdown, -0.5);
        assert_eq!((found.drawdown_length, found.recovery_time), (Ok(2), Ok(3)));
    }

    #[test]
    fn a_fall_that_lasts_has_no_recovery() {
        let found = of(&[100.0, 80.0, 90.0]);
        assert_eq!((found.drawdown_length, found.recovery_time), (Ok(1), Err(Undefined::NotRecovered)));
    }

    #[test]
    fn every_reason_can_be_given() {
        assert_eq!(of(&[]).total_return, Err(Undefined::NoReturns));
        assert_eq!(of(&[100.0]).annual_return, Err(Undefined::NoReturns));
        assert_eq!(of(&[100.0, 101.0]).sharpe, Err(Undefined::OneReturn));
        assert_eq!(of(&[100.0; 5]).sharpe, Err(Undefined::NoDeviation));
        assert_eq!(of(&[100.0, 110.0, 121.0]).sharpe, Err(Undefined::NoDeviation));
        assert_eq!(of(&[100.0, 101.0, 103.0]).sortino, Err(Undefined::NoLosses));
        assert_eq!(of(&[100.0, 101.0, 103.0]).calmar, Err(Undefined::NoDrawdown));
        assert_eq!(of(&[100.0, 99.0]).recovery_time, Err(Undefined::NotRecovered));
        assert_eq!(of(&[100.0, 0.0, 0.0]).annual_return, Err(Undefined::Wiped));
        assert_eq!(of(&[1.0, 1e9]).annual_return, Err(Undefined::TooLarge));
        close(of(&[100.0, 0.0, 0.0]).total_return, -1.0);
        close(of(&[100.0; 5]).volatility, 0.0);
    }

    /// Ten sessions, so that more than one block of four is passed over; half of the equity is held at two of them.
    #[test]
    fn dealings_worked_by_hand() {
        let mut dealings = Dealings::default();
        for (value, fee) in [(120.0, 1.0), (-80.0, 0.5)] {
            dealings.fill(value, fee);
        }
        [8.0, 4.0, -3.0, 0.0].into_iter().for_each(|profit| dealings.trade(profit));
        let mut held = [0.0; 10];
        (held[1], held[9]) = (50.0, -50.0);
        let found = statistics(&[100.0; 10], &held, &dealings, 100.0, 252.0).unwrap();
        for (figure, wanted) in [
            (found.win_rate, 0.5),
            (found.profit_factor, 4.0),
            (found.average_win, 6.0),
            (found.average_loss, -3.0),
            (found.exposure, 0.1),
            (found.turnover, 200.0 / 2.0 / 100.0 / (9.0 / 252.0)),
            (Ok(found.fees), 1.5),
        ] {
            close(figure, wanted);
        }
    }

    #[test]
    fn figures_of_trades_have_their_reasons() {
        let with = |profits: &[f64]| {
            let mut dealings = Dealings::default();
            profits.iter().for_each(|&profit| dealings.trade(profit));
            statistics(&[], &[], &dealings, 100.0, 252.0).unwrap()
        };
        assert_eq!(with(&[]).average_win, Err(Undefined::NoTrade));
        assert_eq!(with(&[5.0]).profit_factor, Err(Undefined::NoLoser));
        assert_eq!(with(&[-5.0]).average_win, Err(Undefined::NoWinner));
        assert_eq!(with(&[]).exposure, Err(Undefined::NoSessions));
        assert_eq!(with(&[]).turnover, Err(Undefined::NoReturns));
    }

    /// Small changes around a large mean: what two passes over the returns give, to nearly all digits.
    #[test]
    fn deviation_survives_a_large_mean() {
        let mut closes = vec![1.0];
        for row in 0..1_000 {
            closes.push(closes[row] * (1.01 + 1e-9 * ((row * 37 % 11) as f64 - 5.0)));
        }
        let returns: Vec<f64> = closes.windows(2).map(|pair| (pair[1] - pair[0]) / pair[0]).collect();
        let mean = returns.iter().sum::<f64>() / 1_000.0;
        let gaps: f64 = returns.iter().map(|r| (r - mean).powi(2)).sum();
        let wanted = (gaps / 999.0 * 252.0).sqrt();
        let found = of(&closes).volatility.unwrap();
        assert!((found - wanted).abs() <= 1e-9 * wanted, "{found} is not {wanted}");
    }

    #[test]
    fn refused_curves() {
        assert!(matches!(plain(&[1.0, f64::NAN], 1.0, 252.0), Err(CurveError::Close { row: 1, .. })));
        let uneven = statistics(&[1.0], &[], &Dealings::default(), 1.0, 252.0);
        assert_eq!(uneven, Err(CurveError::Held { closes: 1, held: 0 }));
        assert_eq!(plain(&[1.0], 0.0, 252.0), Err(CurveError::Deposits(0.0)));
        assert_eq!(plain(&[1.0], 1.0, -1.0), Err(CurveError::PerYear(-1.0)));
    }
}
