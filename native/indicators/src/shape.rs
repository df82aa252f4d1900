//! Skewness and excess kurtosis of the last n inputs, from the moments of the whole window, over n.
//!
//! An undefined input makes both undefined until it has left the window; so does a window in which nothing moves, which
//! has no shape.

use crate::moments::{DRIFT_MAX_OF_FOURTHS, Moments, is_still};
use crate::over::Kernel;
use crate::window::Window;

/// Which number is made of the moments.
#[derive(Clone, Copy)]
enum Kind {
    Skew,
    Kurtosis,
}

pub(crate) struct Shape {
    kind: Kind,
    moments: Moments<1, 4>,
}

impl Shape {
    pub fn skew(window: Window) -> Shape {
        Shape {
            kind: Kind::Skew,
            moments: Moments::new(window, DRIFT_MAX_OF_FOURTHS, |[d]| [d, d * d, d * d * d, d * d * d * d]),
        }
    }

    pub fn kurtosis(window: Window) -> Shape {
        Shape { kind: Kind::Kurtosis, ..Shape::skew(window) }
    }
}

impl Kernel<1> for Shape {
    #[inline]
    fn push(&mut self, inputs: [f64; 1]) -> f64 {
        let Some(means) = self.moments.push(inputs) else { return f64::NAN };
        let ([mean, squares, cubes, fourths], [variance]) = (means.of, means.variance);
        if is_still(variance, means.level[0]) {
            return f64::NAN;
        }
        match self.kind {
            Kind::Skew => {
                let third = cubes - 3.0 * mean * squares + 2.0 * mean * mean * mean;
                third / (variance * variance.sqrt())
            }
            Kind::Kurtosis => {
                let fourth = fourths - 4.0 * mean * cubes + mean * mean * (6.0 * squares - 3.0 * mean * mean);
                fourth / (variance * variance) - 3.0
            }
        }
    }

    fn lookback(&self) -> usize {
        self.moments.window().len() - 1
    }

    fn fresh(&self) -> Shape {
        Shape { kind: self.kind, moments: self.moments.fresh() }
    }
}
