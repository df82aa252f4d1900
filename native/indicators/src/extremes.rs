//! The highest of the last n inputs: three comparisons for each, whatever they are (van Herk 1992, Gil and Werman 1993).
//!
//! Inputs come in blocks of n. A window is the end of one block and the start of the next: the highest of the start is
//! kept as it grows, that of every end is made when its block is full. The lowest is the highest of the negated inputs.
//! An undefined input begins everything anew: nothing has a value until n defined ones have followed.

use crate::window::Window;

pub(crate) struct Highest {
    window: Window,
    /// From `next` on the highest of each end of the block before, and in front of it the inputs of this block.
    places: Box<[f64]>,
    next: usize,
    /// The highest of this block.
    highest: f64,
    has_block: bool,
}

impl Highest {
    pub fn new(window: Window) -> Highest {
        let places = vec![f64::NAN; window.len()].into_boxed_slice();
        Highest { window, places, next: 0, highest: f64::NEG_INFINITY, has_block: false }
    }

    #[inline]
    pub fn push(&mut self, x: f64) -> f64 {
        if x.is_nan() {
            (self.next, self.highest, self.has_block) = (0, f64::NEG_INFINITY, false);
            return x;
        }
        self.places[self.next] = x;
        self.next += 1;
        self.highest = larger(self.highest, x);
        match self.places.get(self.next) {
            Some(end) if self.has_block => larger(*end, self.highest),
            Some(_) => f64::NAN,
            None => self.turn(),
        }
    }

    /// Ends the block, which is the whole window, and begins the next one.
    fn turn(&mut self) -> f64 {
        let whole = self.highest;
        let mut highest = f64::NEG_INFINITY;
        for place in self.places.iter_mut().rev() {
            highest = larger(highest, *place);
            *place = highest;
        }
        (self.next, self.highest, self.has_block) = (0, f64::NEG_INFINITY, true);
        whole
    }

    pub fn window(&self) -> Window {
        self.window
    }
}

/// The larger of two numbers, neither of them NaN: one instruction, which `f64::max` is not.
#[inline(always)]
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
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
