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
    /// The lowest close since the peak.
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
        (self.peak, self.peak_row, self.low) = (close, row, close);
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

/// The running state of a pass.
struct Fold {
    returns: [Lanes; 2],
    squares: [Lanes; 2],
    losses: Lanes,
    least_return: Lanes,
    most_return: Lanes,
    least_close: Lanes,
    closes: Lanes,
    exposures: Lanes,
    drawdown: Drawdown,
}

#[inline(always)]
fn add(sum: &mut [Lanes; 2], lane: usize, x: f64) {
    let mut wide = Wide { high: sum[0][lane], low: sum[1][lane] };
    wide.add(x);
    (sum[0][lane], sum[1][lane]) = (wide.high, wide.low);
}

#[inline(always)]
fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

#[inline(always)]
fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

impl Fold {
    const START: Self = Self {
        returns: [[0.0; LANES]; 2],
        squares: [[0.0; LANES]; 2],
        losses: [0.0; LANES],
        least_return: [f64::INFINITY; LANES],
        most_return: [f64::NEG_INFINITY; LANES],
        least_close: [f64::INFINITY; LANES],
        closes: [0.0; LANES],
        exposures: [0.0; LANES],
        drawdown: Drawdown::NONE,
    };

    #[inline(always)]
    fn gain(&mut self, lane: usize, base: f64, close: f64) {
        let gain = (close - base) / base;
        add(&mut self.returns, lane, gain);
        let square = gain * gain;
        add(&mut self.squares, lane, square);
        self.squares[1][lane] += gain.mul_add(gain, -square);
        let loss = lesser(gain, 0.0);
        self.losses[lane] += loss * loss;
        self.least_return[lane] = lesser(gain, self.least_return[lane]);
        self.most_return[lane] = greater(gain, self.most_return[lane]);
    }

    #[inline(always)]
    fn close(&mut self, lane: usize, close: f64) {
        self.closes[lane] += close;
        self.least_close[lane] = lesser(close, self.least_close[lane]);
    }

    /// Four rows and the returns from each of them to the next.
    #[inline(always)]
    fn block(&mut self, row: usize, closes: &[f64; LANES], nexts: &[f64; LANES], held: &[f64; LANES]) {
        for (lane, &close) in closes.iter().enumerate() {
            self.close(lane, close);
        }
        if (0..LANES).any(|lane| held[lane] != 0.0) {
            for lane in 0..LANES {
                self.exposures[lane] += held[lane].abs() / closes[lane];
            }
        }
        if (0..LANES).all(|lane| closes[lane] == nexts[lane]) {
            for lane in 0..LANES {
                self.least_return[lane] = lesser(0.0, self.least_return[lane]);
                self.most_return[lane] = greater(0.0, self.most_return[lane]);
            }
        } else {
            for lane in 0..LANES {
                self.gain(lane, closes[lane], nexts[lane]);
            }
        }
        let most = greater(greater(closes[0], closes[1]), greater(closes[2], closes[3]));
        let least = lesser(lesser(closes[0], closes[1]), lesser(closes[2], closes[3]));
        if most >= self.drawdown.peak || least < self.drawdown.low {
            for (lane, &close) in closes.iter().enumerate() {
                self.drawdown.push(row + lane, close);
            }
        }
    }

    fn finish(&self, rows: usize) -> Pass {
        let wide = |sum: &[Lanes; 2]| {
            let mut total = Wide::default();
            (0..LANES).for_each(|lane| total.join(Wide { high: sum[0][lane], low: sum[1][lane] }));
            total
        };
        let least = |lanes: &Lanes| lanes.iter().copied().fold(f64::INFINITY, lesser);
        Pass {
            rows,
            returns: wide(&self.returns),
            squares: wide(&self.squares),
            losses: self.losses.iter().sum(),
            least_return: least(&self.least_return),
            most_return: self.most_return.iter().copied().fold(f64::NEG_INFINITY, greater),
            least_close: least(&self.least_close),
            closes: self.closes.iter().sum(),
            exposures: self.exposures.iter().sum(),
            drawdown: self.drawdown,
        }
    }
}

widened! {
    /// The pass over closes, oldest first, and what was held at each.
    pub fn pass(closes: &[f64], held: &[f64]) -> Pass {
        let (mut fold, rows, mut row) = (Fold::START, closes.len(), 0);
        let held = &held[..rows];
        while row + LANES < rows {
            let four = |values: &[f64], at: usize| [values[at], values[at + 1], values[at + 2], values[at + 3]];
            fold.block(row, &four(closes, row), &four(closes, row + 1), &four(held, row));
            row += LANES;
        }
        for lane in 0..rows - row {
            let close = closes[row + lane];
            fold.close(lane, close);
            if held[row + lane] != 0.0 {
                fold.exposures[lane] += held[row + lane].abs() / close;
            }
            if row + lane + 1 < rows {
                fold.gain(lane, close, closes[row + lane + 1]);
            }
            fold.drawdown.push(row + lane, close);
        }
        fold.finish(rows)
    }
}
