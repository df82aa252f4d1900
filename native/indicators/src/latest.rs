//! The highest of the last n inputs and when it came, kept in a monotonic queue: each input enters and leaves it once.
//!
//! The queue holds what can still become the highest, falling from front to back. The lowest is the highest of the
//! negated inputs. An undefined input empties the queue: nothing has a value until n defined ones have followed.

use std::collections::VecDeque;

use crate::window::Window;

pub(crate) struct Latest {
    window: Window,
    queue: VecDeque<(u64, f64)>,
    /// Inputs since the last undefined one.
    count: u64,
}

impl Latest {
    pub fn new(window: Window) -> Latest {
        Latest { window, queue: VecDeque::new(), count: 0 }
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
