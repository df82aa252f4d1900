//! Sums of powers and products over the last n inputs, from which moments are made.
//!
//! As in a [`Variance`](crate::variance::Variance) they run over distances from an anchor near the window, so that small
//! moves of a large price keep their digits. They are made anew around the mean when the window has drifted away from the
//! anchor, and when an input has left beside which the rest is nothing.

use crate::ring::Ring;
use crate::run_length::RunLength;
use crate::sum::Sum;
use crate::window::Window;

/// Inputs beyond this size count as undefined, so that no sum of fourth powers can overflow.
const MAGNITUDE_MAX: f64 = 1e70;
/// How much larger than the variance the square of the drift may be. Squares then lose about three digits,
pub(crate) const DRIFT_MAX_OF_SQUARES: f64 = 1000.0;
/// and so do fourth powers.
pub(crate) const DRIFT_MAX_OF_FOURTHS: f64 = 25.0;
/// How much larger than all squares together one that leaves may be.
const LEFT_MAX: f64 = 1e6;

/// A deviation up to this share of the level is what rounding makes of inputs that stand still.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// Whether inputs of this variance do not move, but for their rounding.
#[inline]
pub(crate) fn is_still(variance: f64, level: f64) -> bool {
    let rounding = ROUNDING * level;
    variance <= rounding * rounding
}

/// What is summed of the distances of one bar: first the distances, then their squares, then what else is needed.
type Terms<const D: usize, const K: usize> = fn([f64; D]) -> [f64; K];

/// Sums over the last n values of D inputs.
pub(crate) struct Moments<const D: usize, const K: usize> {
    window: Window,
    terms: Terms<D, K>,
    drift_max: f64,
    rings: [Ring; D],
    same: [RunLength; D],
    is_still: [bool; D],
    undefined: usize,
    /// Whether an input has left beside which the rest is nothing.
    is_blurred: bool,
    anchor: [f64; D],
    sums: [Sum; K],
}

/// The means over a full window.
pub(crate) struct Means<const D: usize, const K: usize> {
    /// Of each term.
    pub of: [f64; K],
    /// Of each input.
    pub level: [f64; D],
    /// The variance of each input, over n; exactly 0 where it has not moved.
    pub variance: [f64; D],
    /// How far the newest inputs are from the anchor.
    pub newest: [f64; D],
}

impl<const D: usize, const K: usize> Moments<D, K> {
    pub fn new(window: Window, drift_max: f64, terms: Terms<D, K>) -> Moments<D, K> {
        Moments {
            window,
            terms,
            drift_max,
            rings: std::array::from_fn(|_| Ring::new(window.len())),
            same: [RunLength::new(); D],
            is_still: [false; D],
            undefined: window.len(),
            is_blurred: false,
            anchor: [0.0; D],
            sums: [Sum::default(); K],
        }
    }

    pub fn window(&self) -> Window {
        self.window
    }

    pub fn fresh(&self) -> Moments<D, K> {
        Moments::new(self.window, self.drift_max, self.terms)
    }

    /// Takes the next inputs; there are means where n in a row were defined.
    #[inline]
    pub fn push(&mut self, inputs: [f64; D]) -> Option<Means<D, K>> {
        // One that is undefined makes the others so.
        let is_defined = inputs.iter().all(|x| x.abs() <= MAGNITUDE_MAX);
        let inputs = if is_defined { inputs } else { [f64::NAN; D] };
        let mut old = inputs;
        self.rings.iter_mut().zip(&mut old).for_each(|(ring, x)| *x = ring.push(*x));
        self.is_still = std::array::from_fn(|i| self.same[i].push(inputs[i]) >= self.window.len());
        self.leave(old);
        self.enter(inputs);
        (self.undefined == 0).then(|| self.means(inputs))
    }

    #[inline]
    fn distances(&self, inputs: [f64; D]) -> [f64; D] {
        std::array::from_fn(|i| inputs[i] - self.anchor[i])
    }

    #[inline]
    fn enter(&mut self, inputs: [f64; D]) {
        if inputs[0].is_nan() {
            self.undefined += 1;
            return;
        }
        let terms = (self.terms)(self.distances(inputs));
        self.sums.iter_mut().zip(terms).for_each(|(sum, term)| sum.add(term));
    }

    #[inline]
    fn leave(&mut self, inputs: [f64; D]) {
        if inputs[0].is_nan() {
            self.undefined -= 1;
            return;
        }
        let terms = (self.terms)(self.distances(inputs));
        self.sums.iter_mut().zip(terms).for_each(|(sum, term)| sum.add(-term));
        let mut squares = terms.iter().zip(&self.sums).skip(D).take(D);
        self.is_blurred |= squares.any(|(left, rest)| *left > LEFT_MAX * rest.value());
    }

    /// Makes the sums anew around the mean of the window.
    fn anchor_again(&mut self) {
        let n = self.window.len() as f64;
        for (anchor, ring) in self.anchor.iter_mut().zip(&self.rings) {
            let mut sum = Sum::default();
            ring.iter().for_each(|x| sum.add(x));
            *anchor = sum.value() / n;
        }
        (self.sums, self.is_blurred) = ([Sum::default(); K], false);
        for place in 0..self.window.len() {
            self.enter(std::array::from_fn(|i| self.rings[i].place(place)));
        }
    }

    #[inline]
    fn means(&mut self, inputs: [f64; D]) -> Means<D, K> {
        let (mut of, mut variance) = self.found();
        if self.is_blurred || (0..D).any(|i| !self.is_still[i] && of[i] * of[i] > self.drift_max * variance[i]) {
            self.anchor_again();
            (of, variance) = self.found();
        }
        let level = std::array::from_fn(|i| self.anchor[i] + of[i]);
        Means { of, level, variance, newest: self.distances(inputs) }
    }

    #[inline]
    fn found(&self) -> ([f64; K], [f64; D]) {
        let n = self.window.len() as f64;
        let of = self.sums.map(|sum| sum.value() / n);
        let variance = |i: usize| if self.is_still[i] { 0.0 } else { (of[D + i] - of[i] * of[i]).max(0.0) };
        (of, std::array::from_fn(variance))
    }
}
