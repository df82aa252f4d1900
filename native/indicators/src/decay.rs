//! How far an exponential average lies from its last input.
//!
//! That distance grows by each change of the input and then keeps a part of itself, so the average of an input that rests
//! comes to rest at it exactly. In blocks of 8 the changes are summed from zero and the distance at the start of the block is
//! added with what is left of it. So the blocks of a column do not wait for each other, and a stream does the same sums.

use workbench_market::widened;

const BLOCK: usize = 8;
/// Blocks whose sums run side by side.
const LANES: usize = 8;
const GROUP: usize = BLOCK * LANES;

#[derive(Clone, Copy)]
pub(crate) struct Decay {
    keep: f64,
    /// What is left after 1, 2, ... inputs.
    left: [f64; BLOCK],
    last: f64,
    /// The distance at the start of the block, and what the changes in it have added.
    start: f64,
    added: f64,
    at: usize,
}

impl Decay {
    pub fn new(keep: f64) -> Decay {
        let mut left = [keep; BLOCK];
        (1..BLOCK).for_each(|i| left[i] = left[i - 1] * keep);
        Decay { keep, left, last: f64::NAN, start: f64::NAN, added: 0.0, at: 0 }
    }

    /// Starts with the average at an input.
    pub fn start(&mut self, x: f64, mean: f64) {
        *self = Decay { last: x, start: x - mean, added: 0.0, at: 0, ..*self };
    }

    pub fn fresh(&self) -> Decay {
        Decay { last: f64::NAN, start: f64::NAN, added: 0.0, at: 0, ..*self }
    }

    /// The average after the next input, which must be defined.
    #[inline]
    pub fn push(&mut self, x: f64) -> f64 {
        let change = self.keep * (x - self.last);
        self.added = self.keep * self.added + change;
        let distance = self.left[self.at] * self.start + self.added;
        self.last = x;
        self.at += 1;
        if self.at == BLOCK {
            (self.start, self.added, self.at) = (distance, 0.0, 0);
        }
        x - distance
    }

    /// Pushes row after row; all must be defined.
    pub fn fill(&mut self, xs: &[f64], values: &mut [f64]) {
        let begun = (BLOCK - self.at) % BLOCK;
        let (head, xs) = xs.split_at(begun.min(xs.len()));
        let (head_values, values) = values.split_at_mut(head.len());
        self.push_each(head, head_values);
        let (groups, rest) = xs.as_chunks::<GROUP>();
        let (group_values, rest_values) = values.as_chunks_mut::<GROUP>();
        push_groups(self, groups, group_values);
        self.push_each(rest, rest_values);
    }

    fn push_each(&mut self, xs: &[f64], values: &mut [f64]) {
        for (value, x) in values.iter_mut().zip(xs) {
            *value = self.push(*x);
        }
    }

    #[inline(always)]
    fn group(&mut self, xs: &[f64; GROUP], values: &mut [f64; GROUP]) {
        let mut added = [0.0; GROUP];
        added[0] = self.keep * (xs[0] - self.last);
        for i in 1..GROUP {
            added[i] = self.keep * (xs[i] - xs[i - 1]);
        }
        let mut sums = [0.0; LANES];
        for i in 0..BLOCK {
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum = self.keep * *sum + added[lane * BLOCK + i];
                added[lane * BLOCK + i] = *sum;
            }
        }
        for (lane, sum) in sums.iter().enumerate() {
            for (i, left) in self.left.iter().enumerate() {
                let row = lane * BLOCK + i;
                values[row] = xs[row] - (left * self.start + added[row]);
            }
            self.start = self.left[BLOCK - 1] * self.start + sum;
        }
        self.last = xs[GROUP - 1];
    }
}

widened! {
    fn push_groups(decay: &mut Decay, groups: &[[f64; GROUP]], values: &mut [[f64; GROUP]]) {
        for (xs, values) in groups.iter().zip(values) {
            decay.group(xs, values);
        }
    }
}
