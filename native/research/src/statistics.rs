//! Statistics of an equity curve as one fold over its session closes.
//!
//! A single run and a sweep push the same closes into the same [`Fold`], so their figures are equal in every bit.
//! A figure that does not exist is an [`Undefined`] with its reason, never NaN, inf or a sentinel.
//! Conventions are those of empyrical-reloaded: mean over sample deviation (ddof 1) for Sharpe, mean over the
//! root mean square of the losses for Sortino, compound growth for the annual return.

use std::fmt;

/// A figure, or the reason why there is none.
pub type Figure = Result<f64, Undefined>;

/// Why a figure does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    NoReturns,
    OneReturn,
    NoDeviation,
    NoLosses,
    NoDrawdown,
    NotRecovered,
    Wiped,
    TooLarge,
}

impl fmt::Display for Undefined {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Undefined::NoReturns => "needs at least 2 sessions",
            Undefined::OneReturn => "needs at least 3 sessions",
            Undefined::NoDeviation => "the returns do not vary",
            Undefined::NoLosses => "no session lost money",
            Undefined::NoDrawdown => "the equity never fell below an earlier peak",
            Undefined::NotRecovered => "the equity did not return to its peak before the end",
            Undefined::Wiped => "the equity fell to zero or below",
            Undefined::TooLarge => "the run is too short to be scaled to a year",
        })
    }
}

/// Why a curve was refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CurveError {
    Close { row: usize, value: f64 },
    Deposits(f64),
    PerYear(f64),
}

impl fmt::Display for CurveError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CurveError::Close { row, value } => {
                write!(out, "the close of row {row} is {value}; every session close must be a finite number")
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

/// The figures of one equity curve; lengths count sessions.
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
}

/// Statistics of `closes` (one equity per session, oldest first; the first is the base of the returns).
///
/// `deposits` is the money paid in and `per_year` the sessions of a year (252 on exchanges, 365 around the clock).
pub fn statistics(closes: &[f64], deposits: f64, per_year: f64) -> Result<Statistics, CurveError> {
    let mut fold = Fold::new(deposits, per_year)?;
    closes.iter().try_for_each(|&close| fold.push(close))?;
    Ok(fold.finish())
}

/// The running state: moments of the returns (Welford) and the deepest drawdown so far.
#[derive(Clone, Debug)]
pub struct Fold {
    deposits: f64,
    per_year: f64,
    rows: usize,
    first: f64,
    last: f64,
    wiped: bool,
    moments: Moments,
    drawdown: Drawdown,
}

impl Fold {
    pub fn new(deposits: f64, per_year: f64) -> Result<Self, CurveError> {
        if !(deposits.is_finite() && deposits > 0.0) {
            return Err(CurveError::Deposits(deposits));
        }
        if !(per_year.is_finite() && per_year > 0.0) {
            return Err(CurveError::PerYear(per_year));
        }
        Ok(Fold {
            deposits,
            per_year,
            rows: 0,
            first: 0.0,
            last: 0.0,
            wiped: false,
            moments: Moments::default(),
            drawdown: Drawdown::default(),
        })
    }

    /// Add the close of the next session.
    pub fn push(&mut self, close: f64) -> Result<(), CurveError> {
        if !close.is_finite() {
            return Err(CurveError::Close { row: self.rows, value: close });
        }
        if self.rows == 0 {
            self.first = close;
        } else if self.last > 0.0 {
            self.moments.push((close - self.last) / self.last);
        }
        self.wiped |= close <= 0.0;
        self.drawdown.push(self.rows, close);
        self.last = close;
        self.rows += 1;
        Ok(())
    }

    /// The figures of the closes pushed so far.
    pub fn finish(&self) -> Statistics {
        let annual_return = self.annual_return();
        let max_drawdown = self.returns(1).map(|_| self.drawdown.depth);
        Statistics {
            returns: self.rows.saturating_sub(1),
            total_return: if self.rows == 0 { Err(Undefined::NoReturns) } else { Ok(self.last / self.deposits - 1.0) },
            annual_return,
            volatility: self.returns(2).map(|_| self.moments.deviation() * self.per_year.sqrt()),
            sharpe: self.sharpe(),
            sortino: self.sortino(),
            calmar: self.calmar(annual_return, max_drawdown),
            max_drawdown,
            drawdown_length: self.drawdown_span().map(|_| self.drawdown.trough - self.drawdown.start),
            recovery_time: self.drawdown_span().and_then(|_| self.drawdown.recovery()),
        }
    }

    /// The number of returns, where there are at least `least` and every one has a positive base.
    fn returns(&self, least: usize) -> Figure {
        let count = self.rows.saturating_sub(1);
        match (count >= least, self.wiped) {
            (true, false) => Ok(count as f64),
            (true, true) => Err(Undefined::Wiped),
            (false, _) if least == 1 => Err(Undefined::NoReturns),
            (false, _) => Err(Undefined::OneReturn),
        }
    }

    fn annual_return(&self) -> Figure {
        let years = self.returns(1)? / self.per_year;
        finite((self.last / self.first).powf(1.0 / years) - 1.0)
    }

    fn sharpe(&self) -> Figure {
        self.returns(2)?;
        if self.moments.constant() {
            return Err(Undefined::NoDeviation);
        }
        finite(self.moments.mean / self.moments.deviation() * self.per_year.sqrt())
    }

    fn sortino(&self) -> Figure {
        let count = self.returns(2)?;
        if self.moments.losses == 0.0 {
            return Err(Undefined::NoLosses);
        }
        let downside = (self.moments.losses / count).sqrt() * self.per_year.sqrt();
        finite(self.moments.mean * self.per_year / downside)
    }

    fn calmar(&self, annual_return: Figure, max_drawdown: Figure) -> Figure {
        let (growth, depth) = (annual_return?, max_drawdown?);
        if depth == 0.0 { Err(Undefined::NoDrawdown) } else { finite(growth / depth.abs()) }
    }

    fn drawdown_span(&self) -> Figure {
        self.returns(1)?;
        if self.drawdown.depth == 0.0 { Err(Undefined::NoDrawdown) } else { Ok(self.drawdown.depth) }
    }
}

fn finite(value: f64) -> Figure {
    if value.is_finite() { Ok(value) } else { Err(Undefined::TooLarge) }
}

/// Mean and spread of the returns, updated one at a time.
#[derive(Clone, Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
    losses: f64,
    least: f64,
    most: f64,
}

impl Moments {
    fn push(&mut self, value: f64) {
        (self.least, self.most) =
            if self.count == 0.0 { (value, value) } else { (self.least.min(value), self.most.max(value)) };
        self.count += 1.0;
        let gap = value - self.mean;
        self.mean += gap / self.count;
        self.squares += gap * (value - self.mean);
        self.losses += value.min(0.0).powi(2);
    }

    fn deviation(&self) -> f64 {
        if self.constant() { 0.0 } else { (self.squares / (self.count - 1.0)).sqrt() }
    }

    /// A return carries a rounding error of about one ulp of the growth 1 + r: a spread within a few of them is none,
    /// and dividing by it would give an arbitrary ratio near 1e15.
    fn constant(&self) -> bool {
        let growth = 1.0 + self.least.abs().max(self.most.abs());
        self.most - self.least <= 4.0 * f64::EPSILON * growth
    }
}

/// The deepest fall from a peak: where it started, where it ended, when the peak was seen again.
#[derive(Clone, Debug, Default)]
struct Drawdown {
    peak: f64,
    peak_row: usize,
    depth: f64,
    start: usize,
    trough: usize,
    recovered: Option<usize>,
}

impl Drawdown {
    fn push(&mut self, row: usize, close: f64) {
        if row == 0 || close >= self.peak {
            self.rise(row, close);
        } else if self.peak > 0.0 && (close - self.peak) / self.peak < self.depth {
            self.depth = (close - self.peak) / self.peak;
            (self.start, self.trough, self.recovered) = (self.peak_row, row, None);
        }
    }

    /// A close at or above the peak ends the fall that started there.
    fn rise(&mut self, row: usize, close: f64) {
        if self.depth < 0.0 && self.recovered.is_none() && self.start == self.peak_row {
            self.recovered = Some(row);
        }
        (self.peak, self.peak_row) = (close, row);
    }

    fn recovery(&self) -> Result<usize, Undefined> {
        self.recovered.map(|row| row - self.trough).ok_or(Undefined::NotRecovered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(closes: &[f64]) -> Statistics {
        statistics(closes, 100.0, 252.0).unwrap()
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
        let found = statistics(&[90.0, 99.0], 100.0, 1.0).unwrap();
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

    #[test]
    fn refused_curves() {
        assert!(matches!(statistics(&[1.0, f64::NAN], 1.0, 252.0), Err(CurveError::Close { row: 1, .. })));
        assert_eq!(statistics(&[1.0], 0.0, 252.0), Err(CurveError::Deposits(0.0)));
        assert_eq!(statistics(&[1.0], 1.0, -1.0), Err(CurveError::PerYear(-1.0)));
    }
}
