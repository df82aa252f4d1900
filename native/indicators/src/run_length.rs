//! For how many inputs in a row the input has been the same: a count that rounding cannot blur.

#[derive(Clone, Copy, Debug)]
pub(crate) struct RunLength {
    last: f64,
    count: usize,
}

impl RunLength {
    pub fn new() -> RunLength {
        RunLength { last: f64::NAN, count: 0 }
    }

    /// An undefined input equals none, not even another undefined one.
    #[inline]
    pub fn push(&mut self, x: f64) -> usize {
        self.count = if x == self.last { self.count + 1 } else { usize::from(!x.is_nan()) };
        self.last = x;
        self.count
    }
}
