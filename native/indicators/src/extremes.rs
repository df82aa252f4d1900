//! The highest of the last n inputs: three comparisons for each, whatever they are (van Herk 1992, Gil and Werman 1993).
//!
//! Inputs come in blocks of n. A window is the end of one block and the start of the next: the highest of the start is
//! kept as it grows, that of every end is made when its block is full. The lowest is the highest of the negated inputs.
//! An undefined input begins everything anew: nothing has a value until n defined ones have followed.

use workbench_market::widened;

use crate::alike::{Alike, alike};
use crate::rows::TILE;
use crate::window::Window;

#[derive(Clone)]
pub(crate) struct Highest {
    window: Window,
    /// From `next` on the highest of each end of the block before, and in front of it the inputs of this block.
    places: Box<[f64]>,
    next: usize,
    /// The highest of this block.
    highest: f64,
    has_block: bool,
}

impl Alike for Highest {
    /// Blocks may lie elsewhere, where what is left of each window is the same.
    fn is_alike(&self, other: &Highest) -> bool {
        let is_same_block = self.has_block || self.next == other.next;
        let mut both = self.past().zip(other.past());
        self.has_block == other.has_block && is_same_block && both.all(|(x, other)| x.is_alike(&other))
    }
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

    /// The highest of the last input, of the last two and so on, as far as a later window reaches.
    fn past(&self) -> impl Iterator<Item = f64> {
        let (block, ends) = self.places.split_at(self.next);
        let ends = ends.iter().skip(1).filter(|_| self.has_block).rev();
        block.iter().rev().chain(ends).scan(f64::NEG_INFINITY, |highest, x| {
            *highest = larger(*highest, *x);
            // Two zeros are as high, and any of them may stand for both.
            Some(*highest + 0.0)
        })
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
#[derive(Clone)]
pub(crate) struct Range {
    highest: Highest,
    lowest: Highest,
}

alike!(Range: highest, lowest);

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
