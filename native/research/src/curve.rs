//! One pass over the session closes of a curve: sums in four lanes, and the deepest fall.
//!
//! The one idea: row and return number k belong to lane k % 4 and lanes are joined in their order at the end, so that a
//! processor that adds four at a time gives the bits of one that does not. A return of zero changes no sum, hence four of
//! them are passed over.

use workbench_market::widened;

const LANES: usize = 4;
type Lanes = [f64; LANES];

/// A sum with what rounding left of it: Neumaier's, branch-free.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wide {
    pub high: f64,
    pub low: f64,
}

impl Wide {
    #[inline(always)]
    pub fn add(&mut self, x: f64) {
        let total = self.high + x;
        let kept = total - self.high;
        self.low += (self.high - (total - kept)) + (x - kept);
        self.high = total;
    }

    pub fn value(self) -> f64 {
        self.high + self.low
    }

    /// Both parts of another one, its rounding last.
    fn join(&mut self, other: Self) {
        self.add(other.high);
        self.low += other.low;
    }
}

/// What the figures of a curve are made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pass {
    pub rows: usize,
    /// Of the returns, and of their exact squares.
    pub returns: Wide,
    pub squares: Wide,
    /// Of the squares of losses.
    pub losses: f64,
    pub least_return: f64,
    pub most_return: f64,
    pub least_close: f64,
    /// Of the closes, and of what was held as parts of them.
    pub closes: f64,
    pub exposures: f64,
    pub drawdown: Drawdown,
}

/// The deepest fall from a peak: where it started, where it ended, when the peak was seen again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawdown {
    peak: f64,
    peak_row: usize,
    /// The lowest close since the peak, or what a close has to be below for its fall to be the deepest.
    low: f64,
    pub depth: f64,
    pub start: usize,
    pub trough: usize,
    pub recovered: Option<usize>,
}

impl Drawdown {
    const NONE: Self =
        Self { peak: f64::NEG_INFINITY, peak_row: 0, low: 0.0, depth: 0.0, start: 0, trough: 0, recovered: None };

    /// Nothing happens at a close between the low and the peak.
    #[inline(always)]
    fn push(&mut self, row: usize, close: f64) {
        if close >= self.peak {
            self.rise(row, close);
        } else if close < self.low {
            self.fall(row, close);
        }
    }

    /// A close at or above the peak ends the fall that started there.
    fn rise(&mut self, row: usize, close: f64) {
        if self.depth < 0.0 && self.recovered.is_none() && self.start == self.peak_row {
            self.recovered = Some(row);
        }
        (self.peak, self.peak_row, self.low) = (close, row, lesser(close, self.floor(close)));
    }

    /// Above it, by more than rounding could take away, no close is a deeper fall from this peak than the deepest.
    #[inline(always)]
    fn floor(&self, peak: f64) -> f64 {
        let slack = 8.0 * f64::EPSILON * (1.0 + self.depth.abs());
        peak * (1.0 + self.depth) + peak.abs() * slack
    }

    fn fall(&mut self, row: usize, close: f64) {
        self.low = close;
        let depth = (close - self.peak) / self.peak;
        if self.peak > 0.0 && depth < self.depth {
            self.depth = depth;
            (self.start, self.trough, self.recovered) = (self.peak_row, row, None);
        }
    }
}

/// A number in each lane.
#[inline(always)]
fn lanes(of: impl Fn(usize) -> f64) -> Lanes {
    [of(0), of(1), of(2), of(3)]
}

/// A sum in each lane, with what rounding left of it.
struct Sums {
    high: Lanes,
    low: Lanes,
}

impl Sums {
    const START: Self = Self { high: [0.0; LANES], low: [0.0; LANES] };

    /// In each lane what [`Wide::add`] does.
    #[inline(always)]
    fn add(&mut self, x: &Lanes) {
        let total = lanes(|at| self.high[at] + x[at]);
        let kept = lanes(|at| total[at] - self.high[at]);
        self.low = lanes(|at| self.low[at] + ((self.high[at] - (total[at] - kept[at])) + (x[at] - kept[at])));
        self.high = total;
    }

    /// All lanes in their order.
    fn joined(&self) -> Wide {
        let mut total = Wide::default();
        (0..LANES).for_each(|lane| total.join(Wide { high: self.high[lane], low: self.low[lane] }));
        total
    }
}

/// What is added up of the returns.
struct Gains {
    returns: Sums,
    squares: Sums,
    losses: Lanes,
    least: Lanes,
    most: Lanes,
    is_still: bool,
}

/// What is added up of the closes.
struct Levels {
    closes: Lanes,
    least: Lanes,
    exposures: Lanes,
    drawdown: Drawdown,
}

#[inline(always)]
fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

#[inline(always)]
fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

impl Gains {
    const START: Self = Self {
        returns: Sums::START,
        squares: Sums::START,
        losses: [0.0; LANES],
        least: [f64::INFINITY; LANES],
        most: [f64::NEG_INFINITY; LANES],
        is_still: false,
    };

    /// The returns from four closes to the next ones; those of zero change no sum.
    #[inline(always)]
    fn push(&mut self, bases: Lanes, nexts: Lanes) {
        if (0..LANES).all(|at| bases[at] == nexts[at]) {
            self.is_still = true;
            return;
        }
        let gain = lanes(|at| (nexts[at] - bases[at]) / bases[at]);
        let square = lanes(|at| gain[at] * gain[at]);
        let loss = lanes(|at| lesser(gain[at], 0.0));
        self.returns.add(&gain);
        self.squares.add(&square);
        self.squares.low = lanes(|at| self.squares.low[at] + gain[at].mul_add(gain[at], -square[at]));
        self.losses = lanes(|at| self.losses[at] + loss[at] * loss[at]);
        self.least = lanes(|at| lesser(gain[at], self.least[at]));
        self.most = lanes(|at| greater(gain[at], self.most[at]));
    }
}

impl Levels {
    const START: Self =
        Self { closes: [0.0; LANES], least: [f64::INFINITY; LANES], exposures: [0.0; LANES], drawdown: Drawdown::NONE };

    /// Four closes from this row on, and what was held at them.
    #[inline(always)]
    fn push(&mut self, row: usize, closes: Lanes, held: Lanes) {
        self.closes = lanes(|at| self.closes[at] + closes[at]);
        self.least = lanes(|at| lesser(closes[at], self.least[at]));
        if (0..LANES).any(|at| held[at] != 0.0) {
            self.exposures = lanes(|at| self.exposures[at] + held[at].abs() / closes[at]);
        }
        let Drawdown { peak, low, .. } = self.drawdown;
        if !(0..LANES).all(|at| closes[at] < peak) || !(0..LANES).all(|at| closes[at] >= low) {
            for (at, close) in closes.into_iter().enumerate() {
                self.drawdown.push(row + at, close);
            }
        }
    }
}

/// The last rows, at most four of them, from this one on.
fn finish(row: usize, closes: &[f64], held: &[f64], gains: &mut Gains, levels: &mut Levels) {
    for (lane, (&close, &held)) in closes.iter().zip(held).enumerate() {
        levels.closes[lane] += close;
        levels.least[lane] = lesser(close, levels.least[lane]);
        if held != 0.0 {
            levels.exposures[lane] += held.abs() / close;
        }
        levels.drawdown.push(row + lane, close);
    }
    let Some(last) = closes.len().checked_sub(1).filter(|&last| last > 0) else { return };
    // The lanes that are left over have returns of zero, which are nobody's least or most.
    let (least, most) = (gains.least, gains.most);
    let from = |first: usize| lanes(|at| if at < last { closes[first + at] } else { 1.0 });
    gains.push(from(0), from(1));
    for lane in last..LANES {
        (gains.least[lane], gains.most[lane]) = (least[lane], most[lane]);
    }
}

/// Both together.
fn passed(rows: usize, gains: &Gains, levels: &Levels) -> Pass {
    let least = |lanes: &Lanes, first: f64| lanes.iter().copied().fold(first, lesser);
    let most = |lanes: &Lanes, first: f64| lanes.iter().copied().fold(first, greater);
    let still = |other: f64| if gains.is_still { 0.0 } else { other };
    Pass {
        rows,
        returns: gains.returns.joined(),
        squares: gains.squares.joined(),
        losses: gains.losses.iter().sum(),
        least_return: least(&gains.least, still(f64::INFINITY)),
        most_return: most(&gains.most, still(f64::NEG_INFINITY)),
        least_close: least(&levels.least, f64::INFINITY),
        closes: levels.closes.iter().sum(),
        exposures: levels.exposures.iter().sum(),
        drawdown: levels.drawdown,
    }
}

widened! {
    /// The pass over closes, oldest first, and what was held at each. Returns and levels are passed over one after the
    /// other, since the sums of both together are more than a processor has places for.
    pub fn pass(closes: &[f64], held: &[f64]) -> Pass {
        let (mut gains, mut levels) = (Gains::START, Levels::START);
        let (bases, nexts) = (closes.as_chunks().0, closes.get(1..).unwrap_or_default().as_chunks().0);
        for (&bases, &nexts) in bases.iter().zip(nexts) {
            gains.push(bases, nexts);
        }
        let mut end = 0;
        for (&closes, &held) in bases[..nexts.len()].iter().zip(held.as_chunks().0) {
            levels.push(end, closes, held);
            end += LANES;
        }
        finish(end, &closes[end..], &held[end..closes.len()], &mut gains, &mut levels);
        passed(closes.len(), &gains, &levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_market::draws::Draws;

    /// Flat stretches and moving ones, some of which end below zero; steps of one size, so that closes come again.
    fn drawn(draw: &mut Draws) -> (Vec<f64>, Vec<f64>) {
        let (rows, step, drift) = (draw.below(40), [1.0, 0.125, 1e-13][draw.below(3) as usize], draw.below(7));
        let (mut closes, mut held, mut close) = (Vec::new(), Vec::new(), 10.0);
        for _ in 0..rows {
            let is_held = draw.below(5) > 1;
            if is_held {
                close += (draw.below(13) as f64 - 3.0 - drift as f64) * step;
            }
            closes.push(close);
            held.push(if is_held { close } else { 0.0 });
        }
        (closes, held)
    }

    /// The deepest fall by looking at every close, and at no level in between.
    fn deepest(closes: &[f64]) -> (f64, usize, usize, Option<usize>) {
        let (mut found, mut peak) = ((0.0, 0, 0, None), 0);
        for (row, &close) in closes.iter().enumerate() {
            if close >= closes[peak] {
                if found.0 < 0.0 && found.3.is_none() && found.1 == peak {
                    found.3 = Some(row);
                }
                peak = row;
            }
            let depth = (close - closes[peak]) / closes[peak];
            if closes[peak] > 0.0 && depth < found.0 {
                found = (depth, peak, row, None);
            }
        }
        found
    }

    /// Sums by lanes, one row after the other.
    fn sums(closes: &[f64], held: &[f64]) -> [Lanes; 4] {
        let [mut returns, mut losses, mut levels, mut exposures] = [[0.0; LANES]; 4];
        for (row, &close) in closes.iter().enumerate() {
            levels[row % LANES] += close;
            exposures[row % LANES] += if held[row] == 0.0 { 0.0 } else { held[row].abs() / close };
            if let Some(next) = closes.get(row + 1) {
                let gain = (next - close) / close;
                returns[row % LANES] += gain;
                losses[row % LANES] += gain.min(0.0).powi(2);
            }
        }
        [returns, losses, levels, exposures]
    }

    #[test]
    fn blocks_of_four_and_levels_in_between_change_nothing() {
        let mut draw = Draws::new(11);
        for round in 0..20_000 {
            let (closes, held) = drawn(&mut draw);
            if closes.contains(&0.0) {
                continue;
            }
            let Pass { rows, returns, losses, closes: levels, exposures, least_return, .. } = pass(&closes, &held);
            let [gains, lost, total, open] = sums(&closes, &held).map(|lanes| lanes.iter().sum::<f64>());
            assert_eq!((rows, losses, levels, exposures), (closes.len(), lost, total, open), "{round}: {closes:?}");
            assert!((returns.value() - gains).abs() <= 1e-12 * (1.0 + losses + gains.abs()), "{round}: {closes:?}");
            let least = closes.windows(2).map(|pair| (pair[1] - pair[0]) / pair[0]).fold(f64::INFINITY, f64::min);
            assert_eq!(least_return, least, "{round}: {closes:?}");
            let Drawdown { depth, start, trough, recovered, .. } = pass(&closes, &held).drawdown;
            assert_eq!((depth, start, trough, recovered), deepest(&closes), "{round}: {closes:?}");
        }
    }
}
