//! A quantile of the last n inputs, between two of them by a straight line.
//!
//! The window lies in two heaps, one of the lower and one of the higher inputs, whose tops are the two that the quantile
//! lies between. Each input keeps its place in the window and knows its place in its heap, so the newest takes the place
//! of the oldest in O(log n). An undefined input empties both: nothing has a value until n defined ones have followed.

use crate::over::Kernel;
use crate::window::Window;

pub(crate) struct Quantile {
    window: Window,
    q: f64,
    /// How far the quantile is from the highest of the lower inputs to the lowest of the higher ones.
    share: f64,
    /// How many are lower.
    lower: usize,
    inputs: Box<[f64]>,
    /// Numbers of inputs: the heap of the lower ones, its highest first, then that of the others, their lowest first.
    heaps: Box<[u32]>,
    /// Where in `heaps` each input is.
    places: Box<[u32]>,
    next: usize,
    count: usize,
}

impl Quantile {
    pub fn new(window: Window, q: f64) -> Quantile {
        let n = window.len();
        let rank = q * (n - 1) as f64;
        let lower = rank as usize + 1;
        let share = rank - (lower - 1) as f64;
        let numbers = || (0..n as u32).collect();
        let inputs = vec![f64::NAN; n].into_boxed_slice();
        Quantile { window, q, share, lower, inputs, heaps: numbers(), places: numbers(), next: 0, count: 0 }
    }

    fn at(&self, place: usize) -> f64 {
        self.inputs[self.heaps[place] as usize]
    }

    /// Whether the first of two places of one heap is nearer to its top.
    fn is_above(&self, a: usize, b: usize) -> bool {
        if a < self.lower { self.at(a) > self.at(b) } else { self.at(a) < self.at(b) }
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heaps.swap(a, b);
        self.places[self.heaps[a] as usize] = a as u32;
        self.places[self.heaps[b] as usize] = b as u32;
    }

    /// The first and the last place, past it, of the heap of this place.
    fn bounds(&self, place: usize) -> (usize, usize) {
        if place < self.lower { (0, self.lower) } else { (self.lower, self.heaps.len()) }
    }

    fn rise(&mut self, mut place: usize) {
        let (top, _) = self.bounds(place);
        while place > top {
            let parent = top + (place - top - 1) / 2;
            if !self.is_above(place, parent) {
                return;
            }
            self.swap(place, parent);
            place = parent;
        }
    }

    fn sink(&mut self, mut place: usize) {
        let (top, end) = self.bounds(place);
        loop {
            let left = top + 2 * (place - top) + 1;
            let children = left..end.min(left + 2);
            let Some(child) = children.reduce(|a, b| if self.is_above(b, a) { b } else { a }) else { return };
            if !self.is_above(child, place) {
                return;
            }
            self.swap(place, child);
            place = child;
        }
    }

    /// Puts a full window in order: what is sorted is a heap, from either end.
    fn arrange(&mut self) {
        let inputs = &self.inputs;
        self.heaps.sort_unstable_by(|a, b| inputs[*a as usize].total_cmp(&inputs[*b as usize]));
        self.heaps[..self.lower].reverse();
        for (place, number) in self.heaps.iter().enumerate() {
            self.places[*number as usize] = place as u32;
        }
    }

    /// The input of this number has changed.
    fn settle(&mut self, number: usize) {
        self.rise(self.places[number] as usize);
        self.sink(self.places[number] as usize);
        if self.lower < self.heaps.len() && self.at(0) > self.at(self.lower) {
            self.swap(0, self.lower);
            self.sink(0);
            self.sink(self.lower);
        }
    }

    fn value(&self) -> f64 {
        let low = self.at(0);
        if self.share == 0.0 { low } else { low + self.share * (self.at(self.lower) - low) }
    }
}

impl Kernel<1> for Quantile {
    #[inline]
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        if x.is_nan() {
            self.count = 0;
            return f64::NAN;
        }
        let (n, number) = (self.inputs.len(), self.next);
        self.inputs[number] = x;
        self.next = if number + 1 == n { 0 } else { number + 1 };
        self.count += 1;
        match self.count {
            count if count < n => return f64::NAN,
            count if count == n => self.arrange(),
            _ => self.settle(number),
        }
        self.value()
    }

    fn lookback(&self) -> usize {
        self.window.len() - 1
    }

    fn fresh(&self) -> Quantile {
        Quantile::new(self.window, self.q)
    }
}
