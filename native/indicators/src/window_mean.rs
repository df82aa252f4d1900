//! The mean of the last n inputs, made anew at every step from sums of 1, 2, 4, 8 and so on.
//!
//! A sum of 2w inputs is that of the newest w and that of the w before, which was made w steps ago and kept; n inputs are
//! parts of the lengths of its binary digits, the smallest the newest, and each longer part moves the mean of the newer ones
//! by its share. Nothing that entered is ever subtracted, so the mean depends on the inputs in the window alone: no error is
//! carried along, the mean of equal inputs is that input exactly, and an undefined input, NaN, is in every mean it belongs to
//! and in no other. A step costs about log n additions; in a column those of many rows stand side by side.

use workbench_market::widened;

use crate::alike::Alike;
use crate::window::Window;

/// How many rows of a column are done together at least; their sums stay in the nearest cache.
const TILE: usize = 256;

#[derive(Clone)]
pub(crate) struct WindowMean {
    window: Window,
    parts: Box<[Part]>,
    /// Sums of each width w, the last w of them, one width behind the other; NaN before the first.
    sums: Box<[f64]>,
    step: usize,
}

impl Alike for WindowMean {
    /// The sums of each width, from the newest on.
    fn is_alike(&self, other: &WindowMean) -> bool {
        self.past().zip(other.past()).all(|(sum, others)| sum.is_alike(&others))
    }
}

impl WindowMean {
    pub fn new(window: Window) -> WindowMean {
        let n = window.len();
        let parts: Box<[Part]> = (0..=n.ilog2()).map(|i| Part::new(n, 1 << i)).collect();
        let places = parts.iter().map(|part| part.width).sum();
        WindowMean { window, parts, sums: vec![f64::NAN; places].into_boxed_slice(), step: 0 }
    }

    pub fn window(&self) -> Window {
        self.window
    }

    #[inline]
    pub fn push(&mut self, x: f64) -> f64 {
        self.step = self.step.wrapping_add(1);
        let (mut sum, mut mean) = (x, f64::NAN);
        let mut sums = &mut self.sums[..];
        for part in &self.parts {
            let (these, further) = sums.split_at_mut(part.width);
            sums = further;
            if part.is_in {
                let ago = self.step.wrapping_sub(part.newer) & (part.width - 1);
                mean = if part.newer == 0 { part.first(sum) } else { part.join(these[ago], mean) };
            }
            // What was summed one width ago makes way.
            sum += std::mem::replace(&mut these[self.step & (part.width - 1)], sum);
        }
        mean
    }

    fn past(&self) -> impl Iterator<Item = f64> {
        let (n, step) = (self.window.len(), self.step);
        let places = self.parts.iter().flat_map(move |part| places(n, part.width, step));
        places.map(|place| self.sums[place])
    }

    /// Pushes row after row.
    pub fn fill(&mut self, xs: &[f64], means: &mut [f64]) {
        let n = self.window.len();
        // The first rows read inputs from before; where there are few others, tiles are not worth their seams.
        let seam = if xs.len() < 4 * n { xs.len() } else { n - 1 };
        for (mean, x) in means[..seam].iter_mut().zip(xs) {
            *mean = self.push(*x);
        }
        if seam == xs.len() {
            return;
        }
        let rows = TILE.max(2 * n);
        let mut room = [vec![0.0; rows + n], vec![0.0; rows + n]];
        for (at, means) in means[seam..].chunks_mut(rows).enumerate() {
            let xs = &xs[at * rows..][..means.len() + n - 1];
            fill_tile(n, xs, means, room.each_mut().map(Vec::as_mut_slice));
        }
        // What is kept depends on the last n inputs alone.
        for x in &xs[xs.len() - n..] {
            self.push(*x);
        }
    }
}

/// Where what is kept of one width stands, behind that of all smaller ones, from the newest on and as far as a later window
/// of n reads it: all of it makes the next width, and of the largest only what newer inputs have yet to join is read.
pub(crate) fn places(n: usize, width: usize, step: usize) -> impl Iterator<Item = usize> {
    let read = if 2 * width > n { n - width } else { width };
    (0..read).map(move |ago| width - 1 + (step.wrapping_sub(ago) & (width - 1)))
}

/// The inputs of one binary digit of a window: so many, whether it has them, and so many newer ones.
#[derive(Clone, Copy)]
struct Part {
    width: usize,
    is_in: bool,
    newer: usize,
    each: f64,
    share: f64,
}

impl Part {
    #[inline(always)]
    fn new(n: usize, width: usize) -> Part {
        let newer = n & (width - 1);
        let share = width as f64 / (newer + width) as f64;
        Part { width, is_in: n & width != 0, newer, each: 1.0 / width as f64, share }
    }

    #[inline(always)]
    fn first(self, sum: f64) -> f64 {
        sum * self.each
    }

    #[inline(always)]
    fn join(self, sum: f64, mean: f64) -> f64 {
        mean + (sum * self.each - mean) * self.share
    }
}

widened! {
    /// The means of n inputs, the first of them from the first input on; there is room for sums of one width and the next.
    fn fill_tile(n: usize, xs: &[f64], means: &mut [f64], room: [&mut [f64]; 2]) {
        let [mut this, mut next] = room;
        let (top, mut width) = (1 << n.ilog2(), 1);
        loop {
            let sums = if width == 1 { xs } else { &this[..xs.len() + 1 - width] };
            // Where the digit between is zero, two steps are one.
            let is_one = 2 * width == top || n & (2 * width) != 0;
            match (top / width, is_one) {
                (2, _) if n == 3 * width => return join_both::<2>(n, width, sums, means),
                (4, false) if n == 5 * width => return join_both::<4>(n, width, sums, means),
                _ => {}
            }
            if n & width != 0 && width < top {
                join::<1>(n, width, sums, means);
            }
            match (top / width, is_one) {
                (1, _) => return join::<1>(n, width, sums, means),
                (2, _) => return join::<2>(n, width, sums, means),
                (4, false) => return join::<4>(n, width, sums, means),
                (_, true) => width *= grow::<2>(width, sums, next),
                (_, false) => width *= grow::<4>(width, sums, next),
            }
            std::mem::swap(&mut this, &mut next);
        }
    }
}

/// The sum of K neighbours at a row, added up as a stream does.
#[inline(always)]
fn at<const K: usize>(sums: &[&[f64]; K], row: usize) -> f64 {
    match K {
        1 => sums[0][row],
        2 => sums[0][row] + sums[1][row],
        _ => (sums[0][row] + sums[1][row]) + (sums[2][row] + sums[3][row]),
    }
}

/// Sums of K times the width.
#[inline(always)]
fn grow<const K: usize>(width: usize, sums: &[f64], next: &mut [f64]) -> usize {
    let rows = sums.len() - (K - 1) * width;
    let sums: [&[f64]; K] = std::array::from_fn(|i| &sums[i * width..][..rows]);
    for (row, next) in next[..rows].iter_mut().enumerate() {
        *next = at(&sums, row);
    }
    K
}

/// Brings the part of n that is K times this width into the means.
#[inline(always)]
fn join<const K: usize>(n: usize, width: usize, sums: &[f64], means: &mut [f64]) {
    let part = Part::new(n, K * width);
    let (oldest, rows) = (n - part.newer - K * width, means.len());
    let sums: [&[f64]; K] = std::array::from_fn(|i| &sums[oldest + i * width..][..rows]);
    for (row, mean) in means.iter_mut().enumerate() {
        let sum = at(&sums, row);
        *mean = if part.newer == 0 { part.first(sum) } else { part.join(sum, *mean) };
    }
}

/// Makes the means of n in one go where it has two parts: the newer of this width, and the older of K times that.
#[inline(always)]
fn join_both<const K: usize>(n: usize, width: usize, sums: &[f64], means: &mut [f64]) {
    let (newer, older) = (Part::new(n, width), Part::new(n, K * width));
    let rows = means.len();
    let newest = &sums[n - width..][..rows];
    let sums: [&[f64]; K] = std::array::from_fn(|i| &sums[i * width..][..rows]);
    for (row, mean) in means.iter_mut().enumerate() {
        *mean = older.join(at(&sums, row), newer.first(newest[row]));
    }
}
