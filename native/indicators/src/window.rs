//! The length of a window, checked once.

/// The longest window: 8 MB of ring buffer per asset and average.
pub const WINDOW_MAX: usize = 1_000_000;

/// A whole number of bars from 1 to `WINDOW_MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window(usize);

impl Window {
    pub fn new(n: f64) -> Option<Window> {
        // The range is tested first, so the cast is exact.
        let allowed = n.fract() == 0.0 && (1.0..=WINDOW_MAX as f64).contains(&n);
        allowed.then_some(Window(n as usize))
    }

    pub fn len(self) -> usize {
        self.0
    }
}
