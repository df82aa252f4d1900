//! Mean and squares of the last n inputs, made anew at every step from those of 1, 2, 4, 8 and so on.
//!
//! A part of 2w inputs is the newest w and the w before, which were made w steps ago and kept; n inputs are parts of the
//! lengths of its binary digits. Of each part the sum of its distances from its newest input is known, and the squares of
//! those from its mean, to which two parts add that of the gap between their means (Chan, Golub and LeVeque 1979). Only
//! differences of inputs are ever summed, so a large price that moves by little keeps its digits; nothing is subtracted
//! again, so all depends on the window alone, equal inputs have no squares at all, and an undefined input, NaN, is in every
//! window it belongs to and in no other.

use workbench_market::widened;

use crate::alike::Alike;
use crate::window::Window;
use crate::window_mean::places;

/// How many rows of a column are done together at least; what they are made of stays in the nearest cache.
const TILE: usize = 512;

/// The sum of distances from the newest input, and the squares of those from the mean.
pub(crate) type Part = [f64; 2];
/// The same of many rows.
pub(crate) type Parts<'a> = [&'a [f64]; 2];
type Room<'a> = [&'a mut [f64]; 2];

#[derive(Clone)]
pub(crate) struct WindowSpread {
    window: Window,
    digits: Box<[Digit]>,
    /// For each width w the last w parts with their newest inputs, one width behind the other; NaN before the first.
    kept: Box<[(f64, Part)]>,
    step: usize,
}

impl Alike for WindowSpread {
    /// The parts of each width, from the newest on.
    fn is_alike(&self, other: &WindowSpread) -> bool {
        self.past().flatten().zip(other.past().flatten()).all(|(kept, others)| kept.is_alike(&others))
    }
}

impl WindowSpread {
    pub fn new(window: Window) -> WindowSpread {
        let n = window.len();
        let digits: Box<[Digit]> = (0..=n.ilog2()).map(|i| Digit::new(n, 1 << i)).collect();
        let places = digits.iter().map(|digit| digit.width).sum();
        WindowSpread { window, digits, kept: vec![(f64::NAN, [f64::NAN; 2]); places].into_boxed_slice(), step: 0 }
    }

    pub fn window(&self) -> Window {
        self.window
    }

    #[inline]
    pub fn push(&mut self, x: f64) -> Part {
        self.step = self.step.wrapping_add(1);
        let (mut part, mut all) = ([0.0 * x; 2], [f64::NAN; 2]);
        let mut kept = &mut self.kept[..];
        for digit in &self.digits {
            let (these, further) = kept.split_at_mut(digit.width);
            kept = further;
            if digit.is_in {
                let (newest, older) = these[self.step.wrapping_sub(digit.newer) & (digit.width - 1)];
                all = if digit.newer == 0 { part } else { digit.join(newest - x, older, all) };
            }
            // What was made one width ago makes way.
            let (newest, older) = std::mem::replace(&mut these[self.step & (digit.width - 1)], (x, part));
            part = digit.twice(newest - x, older, part);
        }
        all
    }

    fn past(&self) -> impl Iterator<Item = [f64; 3]> {
        let (n, step) = (self.window.len(), self.step);
        let places = self.digits.iter().flat_map(move |digit| places(n, digit.width, step));
        places.map(|place| self.kept[place]).map(|(newest, [sum, squares])| [newest, sum, squares])
    }

    /// Pushes row after row, and hands over some rows at a time: the first of them, and their parts.
    pub fn fill(&mut self, xs: &[f64], mut take: impl FnMut(usize, Parts<'_>)) {
        let n = self.window.len();
        // The first rows read inputs from before; where there are few others, tiles are not worth their seams.
        let seam = if xs.len() < 4 * n { xs.len() } else { n - 1 };
        self.push_each(&xs[..seam], &mut take);
        if seam == xs.len() {
            return;
        }
        let rows = TILE.max(2 * n);
        let mut room: [Vec<f64>; 6] = std::array::from_fn(|_| vec![0.0; rows + n]);
        let [sums, squares, a, b, c, d] = room.each_mut().map(Vec::as_mut_slice);
        for start in (seam..xs.len()).step_by(rows) {
            let len = rows.min(xs.len() - start);
            let (sums, squares) = (&mut sums[..len], &mut squares[..len]);
            fill_tile(n, &xs[start + 1 - n..start + len], [sums, squares], [[a, b], [c, d]]);
            take(start, [sums, squares]);
        }
        // What is kept depends on the last n inputs alone.
        for x in &xs[xs.len() - n..] {
            self.push(*x);
        }
    }

    fn push_each(&mut self, xs: &[f64], mut take: impl FnMut(usize, Parts<'_>)) {
        let [mut sums, mut squares] = [[0.0; TILE]; 2];
        for (tile, xs) in xs.chunks(TILE).enumerate() {
            for (row, x) in xs.iter().enumerate() {
                [sums[row], squares[row]] = self.push(*x);
            }
            take(tile * TILE, [&sums[..xs.len()], &squares[..xs.len()]]);
        }
    }
}

/// The inputs of one binary digit of a window: so many, whether it has them, and so many newer ones.
#[derive(Clone, Copy)]
struct Digit {
    width: usize,
    is_in: bool,
    newer: usize,
    count: f64,
    each: f64,
    each_newer: f64,
    weight: f64,
}

impl Digit {
    #[inline(always)]
    fn new(n: usize, width: usize) -> Digit {
        let newer = n & (width - 1);
        let (count, others) = (width as f64, newer as f64);
        let (each, each_newer) = (1.0 / count, if newer == 0 { 0.0 } else { 1.0 / others });
        Digit {
            width,
            is_in: n & width != 0,
            newer,
            count,
            each,
            each_newer,
            weight: count * others / (count + others),
        }
    }

    /// The older part of this width before another one of it, and how far its newest input lies from that one's.
    #[inline(always)]
    fn twice(self, step: f64, [older, older_squares]: Part, [sum, squares]: Part) -> Part {
        let moved = older + self.count * step;
        let gap = moved - sum;
        [sum + moved, (older_squares + squares) + gap * gap * (0.5 * self.each)]
    }

    /// The same before the newer inputs.
    #[inline(always)]
    fn join(self, step: f64, [older, older_squares]: Part, [sum, squares]: Part) -> Part {
        let moved = older + self.count * step;
        let gap = moved * self.each - sum * self.each_newer;
        [sum + moved, (older_squares + squares) + gap * gap * self.weight]
    }
}

/// The parts of n inputs, the first of them from the first input on; there is room for those of one width and the next.
fn fill_tile(n: usize, xs: &[f64], [sums, squares]: Room<'_>, [mut this, mut next]: [Room<'_>; 2]) {
    if n & 1 != 0 {
        // One input has no distance from itself.
        [&mut *sums, &mut *squares].into_iter().for_each(|column| column.fill(0.0));
    }
    if n == 1 {
        return;
    }
    let [first_sums, first_squares] = &mut this;
    let mut width = if n > 3 && n & 2 == 0 {
        fours(xs, first_sums, first_squares);
        4
    } else {
        twos(xs, first_sums, first_squares);
        2
    };
    loop {
        let (digit, [these, their_squares]) = (Digit::new(n, width), this.each_ref().map(|column| &**column));
        if digit.is_in {
            join(digit, n, xs, these, their_squares, sums, squares);
        }
        if 2 * width > n {
            return;
        }
        let [next_sums, next_squares] = &mut next;
        grow(digit, xs, these, their_squares, next_sums, next_squares);
        std::mem::swap(&mut this, &mut next);
        width *= 2;
    }
}

#[inline(always)]
fn two(older: f64, newer: f64) -> Part {
    Digit::new(1, 1).twice(older - newer, [0.0; 2], [0.0; 2])
}

widened! {
    /// Parts of two inputs.
    fn twos(xs: &[f64], all: &mut [f64], all_squares: &mut [f64]) {
        let rows = xs.len() - 1;
        let (xs, x, all, all_squares) = (&xs[..rows], &xs[1..], &mut all[..rows], &mut all_squares[..rows]);
        for row in 0..rows {
            [all[row], all_squares[row]] = two(xs[row], x[row]);
        }
    }
}

widened! {
    /// Parts of four inputs.
    fn fours(xs: &[f64], all: &mut [f64], all_squares: &mut [f64]) {
        let rows = xs.len() - 3;
        let (all, all_squares) = (&mut all[..rows], &mut all_squares[..rows]);
        let [a, b, c, d] = [0, 1, 2, 3].map(|first| &xs[first..][..rows]);
        let digit = Digit::new(2, 2);
        for row in 0..rows {
            let (older, newer) = (two(a[row], b[row]), two(c[row], d[row]));
            [all[row], all_squares[row]] = digit.twice(b[row] - d[row], older, newer);
        }
    }
}

widened! {
    /// Parts of twice the width.
    fn grow(digit: Digit, xs: &[f64], sums: &[f64], squares: &[f64], all: &mut [f64], all_squares: &mut [f64]) {
        let (width, rows) = (digit.width, xs.len() + 1 - 2 * digit.width);
        let (newest, x) = (&xs[width - 1..][..rows], &xs[2 * width - 1..][..rows]);
        let (older, older_squares, newer, newer_squares) =
            (&sums[..rows], &squares[..rows], &sums[width..][..rows], &squares[width..][..rows]);
        let (all, all_squares) = (&mut all[..rows], &mut all_squares[..rows]);
        for row in 0..rows {
            let (older, newer) = ([older[row], older_squares[row]], [newer[row], newer_squares[row]]);
            [all[row], all_squares[row]] = digit.twice(newest[row] - x[row], older, newer);
        }
    }
}

widened! {
    /// Brings the part of n that has this width into all.
    fn join(digit: Digit, n: usize, xs: &[f64], sums: &[f64], squares: &[f64], all: &mut [f64], all_squares: &mut [f64]) {
        let (rows, oldest) = (all.len(), n - digit.newer - digit.width);
        let (sums, squares, all_squares) = (&sums[oldest..][..rows], &squares[oldest..][..rows], &mut all_squares[..rows]);
        if digit.newer == 0 {
            all.copy_from_slice(sums);
            all_squares.copy_from_slice(squares);
            return;
        }
        let (newest, x) = (&xs[n - digit.newer - 1..][..rows], &xs[n - 1..][..rows]);
        for row in 0..rows {
            let found = digit.join(newest[row] - x[row], [sums[row], squares[row]], [all[row], all_squares[row]]);
            [all[row], all_squares[row]] = found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_is_kept_of_a_window() {
        // 1 + 2 + 4 + ... up to the highest binary digit of the window.
        for (n, kept) in [(1, 1), (4_096, 8_191), (4_097, 8_191), (10_000, 16_383)] {
            assert_eq!(WindowSpread::new(Window::new(f64::from(n)).unwrap()).kept.len(), kept, "{n}");
        }
    }

    #[test]
    fn a_window_too_long_for_tiles_is_handed_over_in_the_usual_ones() {
        let xs: Vec<f64> = (0..19_999).map(|row| f64::from(row % 7)).collect();
        let mut spread = WindowSpread::new(Window::new(5_000.0).unwrap());
        let mut longest = 0;
        spread.fill(&xs, |_, [sums, _]| longest = longest.max(sums.len()));
        assert_eq!(longest, TILE);
    }
}
