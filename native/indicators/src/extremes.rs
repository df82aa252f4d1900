//! The highest of the last n inputs, kept in a monotonic queue: each input enters and leaves it once.
//!
//! The queue holds what can still become the highest, falling from front to back. The lowest is the highest of the
//! negated inputs. An undefined input empties the queue: nothing has a value until n defined ones have followed.

use std::collections::VecDeque;

use workbench_market::widened;

use crate::rows::TILE;
use crate::window::Window;

pub(crate) struct Highest {
    window: Window,
    queue: VecDeque<(u64, f64)>,
    /// Inputs since the last undefined one.
    count: u64,
}

impl Highest {
    pub fn new(window: Window) -> Highest {
        Highest { window, queue: VecDeque::new(), count: 0 }
    }

    #[inline]
    pub fn push(&mut self, x: f64) -> f64 {
        if x.is_nan() {
            self.count = 0;
            self.queue.clear();
            return f64::NAN;
        }
        while self.queue.back().is_some_and(|(_, kept)| *kept <= x) {
            self.queue.pop_back();
        }
        let n = self.window.len() as u64;
        self.queue.push_back((self.count, x));
        if self.queue.front().is_some_and(|(entered, _)| *entered + n <= self.count) {
            self.queue.pop_front();
        }
        self.count += 1;
        if self.count < n { f64::NAN } else { self.queue.front().map_or(f64::NAN, |(_, highest)| *highest) }
    }

    /// How many inputs ago the highest came, the latest of those that are the same.
    #[inline]
    pub fn age(&self) -> u64 {
        self.queue.front().map_or(0, |(entered, _)| self.count - 1 - entered)
    }

    /// Pushes rows that are all defined: the highest of n is that of the first and the last power of two among them.
    pub fn fill(&mut self, xs: &[f64], values: &mut [f64]) {
        let n = self.window.len();
        let seam = if xs.len() < 4 * n { xs.len() } else { n - 1 };
        for (value, x) in values.iter_mut().zip(&xs[..seam]) {
            *value = self.push(*x);
        }
        if seam == xs.len() {
            return;
        }
        let rows = TILE.max(2 * n);
        let mut room = [vec![0.0; rows + n], vec![0.0; rows + n]];
        for start in (seam..xs.len()).step_by(rows) {
            let end = xs.len().min(start + rows);
            highest(n, &xs[start + 1 - n..end], &mut values[start..end], room.each_mut().map(Vec::as_mut_slice));
        }
        // What is kept depends on the last n inputs alone.
        for x in &xs[xs.len() - n..] {
            self.push(*x);
        }
    }

    pub fn window(&self) -> Window {
        self.window
    }
}

/// The highest and the lowest of the last n.
pub(crate) struct Range {
    highest: Highest,
    lowest: Highest,
}

impl Range {
    pub fn new(window: Window) -> Range {
        Range { highest: Highest::new(window), lowest: Highest::new(window) }
    }

    /// The highest of `high` and the lowest of `low`.
    #[inline]
    pub fn push(&mut self, high: f64, low: f64) -> (f64, f64) {
        (self.highest.push(high), -self.lowest.push(-low))
    }

    /// The same over rows that are all defined.
    pub fn fill(&mut self, highs: &[f64], lows: &[f64], highest: &mut [f64], lowest: &mut [f64]) {
        let turned = turned(lows);
        self.highest.fill(highs, highest);
        self.lowest.fill(&turned, lowest);
        turn(lowest);
    }

    pub fn lookback(&self) -> usize {
        self.highest.window().len() - 1
    }

    pub fn fresh(&self) -> Range {
        Range::new(self.highest.window())
    }
}

/// The larger of two numbers, neither of them NaN: one instruction, which `f64::max` is not.
#[inline(always)]
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

widened! {
    /// The highest of n inputs, the first of them from the first input on.
    fn highest(n: usize, xs: &[f64], values: &mut [f64], room: [&mut [f64]; 2]) {
        let [mut this, mut next] = room;
        let (top, mut width) = (1 << n.ilog2(), 1);
        this[..xs.len()].copy_from_slice(xs);
        while width < top {
            let rows = xs.len() + 1 - 2 * width;
            let (older, newer) = (&this[..rows], &this[width..][..rows]);
            for ((next, a), b) in next[..rows].iter_mut().zip(older).zip(newer) {
                *next = larger(*a, *b);
            }
            std::mem::swap(&mut this, &mut next);
            width *= 2;
        }
        let (oldest, newest) = (&this[..values.len()], &this[n - top..][..values.len()]);
        for ((value, a), b) in values.iter_mut().zip(oldest).zip(newest) {
            *value = larger(*a, *b);
        }
    }
}

widened! {
    pub(crate) fn turn(values: &mut [f64]) {
        for value in values {
            *value = -*value;
        }
    }
}

/// The negated inputs, of which the lowest is the highest.
pub(crate) fn turned(xs: &[f64]) -> Vec<f64> {
    let mut turned = xs.to_vec();
    turn(&mut turned);
    turned
}
