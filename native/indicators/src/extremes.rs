//! The highest of the last n inputs, kept in a monotonic queue: each input enters and leaves it once.
//!
//! The queue holds what can still become the highest, falling from front to back. The lowest is the highest of the
//! negated inputs. An undefined input empties the queue: nothing has a value until n defined ones have followed.

use std::collections::VecDeque;

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
