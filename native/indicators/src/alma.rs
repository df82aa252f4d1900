//! Arnaud Legoux moving average: the last n inputs weighed by a bell whose top stands at `offset` of the window.
//!
//! A bell has no running form, so each step costs n products. An undefined input makes it undefined until it has left
//! the window.

use crate::over::Kernel;
use crate::ring::Ring;
use crate::window::Window;

pub(crate) struct Alma {
    weights: Box<[f64]>,
    ring: Ring,
}

impl Alma {
    pub fn new(window: Window, offset: f64, sigma: f64) -> Alma {
        let n = window.len() as f64;
        let (top, width) = (offset * (n - 1.0), n / sigma);
        let bell = |i: usize| libm::exp(-((i as f64 - top) / width).powi(2) / 2.0);
        let raw: Vec<f64> = (0..window.len()).map(bell).collect();
        let total: f64 = raw.iter().sum();
        Alma { weights: raw.iter().map(|weight| weight / total).collect(), ring: Ring::new(window.len()) }
    }
}

impl Kernel<1> for Alma {
    fn push(&mut self, [x]: [f64; 1]) -> f64 {
        self.ring.push(x);
        self.ring.iter().zip(&self.weights).map(|(x, weight)| x * weight).sum()
    }

    fn lookback(&self) -> usize {
        self.ring.len() - 1
    }

    fn fresh(&self) -> Alma {
        Alma { weights: self.weights.clone(), ring: Ring::new(self.ring.len()) }
    }
}
