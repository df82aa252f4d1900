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

    /// The same, no shorter than `least`.
    pub fn at_least(n: f64, least: usize) -> Option<Window> {
        Window::new(n).filter(|window| window.0 >= least)
    }

    /// A part of a window; a part that would be empty is one bar.
    pub fn part(n: usize) -> Window {
        Window(n.clamp(1, WINDOW_MAX))
    }

    /// A window of as many changes: one bar longer, be it the longest.
    pub fn with_the_bar_before(self) -> Window {
        Window(self.0 + 1)
    }

    pub fn len(self) -> usize {
        self.0
    }
}
