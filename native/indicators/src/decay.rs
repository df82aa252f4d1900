//! How far an exponential average lies from its last input.
//!
//! That distance grows by each change of the input and then keeps a part of itself, so the average of an input that rests
//! comes to rest at it exactly. In blocks of 8 the changes are summed from zero and the distance at the start of the block is
//! added with what is left of it. So the blocks of a column do not wait for each other, and a stream does the same sums.

use crate::alike::alike;
#[cfg(target_arch = "x86_64")]
use crate::lanes::Wide;
use crate::lanes::{LANES, Lanes};

const BLOCK: usize = 8;
/// Blocks whose sums run side by side.
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

alike!(Decay: last, start, added, at);

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

    /// How many rows it takes until a block begins.
    pub fn ahead(&self) -> usize {
        (BLOCK - self.at) % BLOCK
    }

    /// Pushes row after row; all must be defined.
    pub fn fill(&mut self, xs: &[f64], values: &mut [f64]) {
        let head = self.ahead().min(xs.len());
        let rest = head + (xs.len() - head) / BLOCK * BLOCK;
        self.push_each(&xs[..head], &mut values[..head]);
        fill_blocks(self, &xs[head..rest], &mut values[head..rest]);
        self.push_each(&xs[rest..], &mut values[rest..]);
    }

    fn push_each(&mut self, xs: &[f64], values: &mut [f64]) {
        for (value, x) in values.iter_mut().zip(xs) {
            *value = self.push(*x);
        }
    }

    /// Whole blocks, up to four of them.
    #[inline(always)]
    fn blocks<L: Lanes>(&mut self, xs: &[f64], values: &mut [f64]) {
        let (mut near, mut made, rows) = ([0.0; GROUP + 1], [0.0; GROUP], xs.len());
        near[0] = self.last;
        near[1..=rows].copy_from_slice(xs);
        self.group::<L>(&near, &mut made, rows / BLOCK);
        values.copy_from_slice(&made[..rows]);
    }

    /// So many blocks of a group, behind the input before them.
    #[inline(always)]
    fn group<L: Lanes>(&mut self, xs: &[f64; GROUP + 1], values: &mut [f64; GROUP], blocks: usize) {
        let mut sums = L::all(0.0);
        let parts = [self.added(xs, 0, &mut sums), self.added(xs, LANES, &mut sums)];
        let mut ends = [0.0; LANES];
        sums.store(&mut ends);
        for (block, end) in ends.iter().enumerate().take(blocks) {
            let start = L::all(self.start);
            for (part, added) in parts.iter().enumerate() {
                let (first, left) = (block * BLOCK + part * LANES, L::load(four(&self.left, part * LANES)));
                let distance = left.times(start).plus(added[block]);
                let to = values[first..].first_chunk_mut().expect("a group has whole blocks");
                L::load(four(xs, first + 1)).minus(distance).store(to);
            }
            self.start = self.left[BLOCK - 1] * self.start + end;
        }
        self.last = xs[blocks * BLOCK];
    }

    /// What the changes at four rows, the first of this number in each block, have added there to the sums of the blocks.
    #[inline(always)]
    fn added<L: Lanes>(&self, xs: &[f64; GROUP + 1], first: usize, sums: &mut L) -> [L; LANES] {
        let (keep, mut rows) = (L::all(self.keep), [*sums; LANES]);
        for (block, row) in rows.iter_mut().enumerate() {
            let at = block * BLOCK + first;
            *row = keep.times(L::load(four(xs, at + 1)).minus(L::load(four(xs, at))));
        }
        rows = L::turned(rows);
        for row in &mut rows {
            *sums = keep.times(*sums).plus(*row);
            *row = *sums;
        }
        L::turned(rows)
    }
}

#[inline(always)]
fn four(xs: &[f64], first: usize) -> &[f64; LANES] {
    xs[first..].first_chunk().expect("a group has whole blocks")
}

fn fill_blocks(decay: &mut Decay, xs: &[f64], values: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn wide(decay: &mut Decay, xs: &[f64], values: &mut [f64]) {
            groups::<Wide>(decay, xs, values);
        }

        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has just been asked for what this build needs.
            return unsafe { wide(decay, xs, values) };
        }
    }
    groups::<[f64; LANES]>(decay, xs, values);
}

/// Only the first and the last group are moved; the others lie behind the input before them already.
#[inline(always)]
fn groups<L: Lanes>(decay: &mut Decay, xs: &[f64], values: &mut [f64]) {
    let seam = GROUP.min(xs.len());
    decay.blocks::<L>(&xs[..seam], &mut values[..seam]);
    let (groups, rest) = values[seam..].as_chunks_mut::<GROUP>();
    for (near, values) in xs[seam.saturating_sub(1)..].windows(GROUP + 1).step_by(GROUP).zip(groups) {
        decay.group::<L>(near.try_into().expect("a window is as long as was asked for"), values, LANES);
    }
    decay.blocks::<L>(&xs[xs.len() - rest.len()..], rest);
}
