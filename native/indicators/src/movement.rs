//! Wilder's directional movement: TA-Lib's PLUS_DI, MINUS_DI, DX, ADX and ADXR.
//!
//! Movement and true range are smoothed as TA-Lib does: n - 1 of them are added up, and from then on each step takes 1 / n
//! of the sum away. A bar with an undefined price has no value and is otherwise as if it had not been. Without a range
//! the directions are 0; without a movement DX and ADX stay where they were, and start at 0.

use crate::ema::Ema;
use crate::over::Kernel;
use crate::ring::Ring;
use crate::swings::STILL;
use crate::true_range::{Step, Steps};
use crate::window::Window;

/// The smoothed sums of upward movement, downward movement and range.
struct Movement {
    window: Window,
    steps: Steps,
    seen: usize,
    sums: [f64; 3],
}

impl Movement {
    fn new(window: Window) -> Movement {
        Movement { window, steps: Steps::new(), seen: 0, sums: [0.0; 3] }
    }

    /// The sums; `None` at a bar that has none.
    #[inline]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> Option<[f64; 3]> {
        let Step { last_high, last_low, range } = self.steps.push([high, low, close])?;
        let (up, down) = (high - last_high, last_low - low);
        let steps = [if up > down { up.max(0.0) } else { 0.0 }, if down > up { down.max(0.0) } else { 0.0 }, range];
        let n = self.window.len();
        self.seen = (self.seen + 1).min(n);
        let keep = if self.seen < n { 1.0 } else { 1.0 - 1.0 / n as f64 };
        for (sum, step) in self.sums.iter_mut().zip(steps) {
            *sum = *sum * keep + step;
        }
        (self.seen == n).then_some(self.sums)
    }

    fn lookback(&self) -> usize {
        self.window.len()
    }

    fn fresh(&self) -> Movement {
        Movement::new(self.window)
    }
}

/// How much one direction is of the other and itself; NaN where there is neither.
#[inline]
fn contrast([up, down, range]: [f64; 3]) -> f64 {
    if range < STILL || up + down < STILL { f64::NAN } else { 100.0 * (up - down).abs() / (up + down) }
}

/// Movement in one direction in per cent of the range.
pub(crate) struct Di {
    movement: Movement,
    /// 0 is up, 1 is down.
    side: usize,
}

impl Di {
    pub fn plus(window: Window) -> Di {
        Di { movement: Movement::new(window), side: 0 }
    }

    pub fn minus(window: Window) -> Di {
        Di { movement: Movement::new(window), side: 1 }
    }
}

impl Kernel<3> for Di {
    #[inline]
    fn push(&mut self, inputs: [f64; 3]) -> f64 {
        let Some(sums) = self.movement.push(inputs) else { return f64::NAN };
        if sums[2] < STILL { 0.0 } else { 100.0 * sums[self.side] / sums[2] }
    }

    fn lookback(&self) -> usize {
        self.movement.lookback()
    }

    fn fresh(&self) -> Di {
        Di { movement: self.movement.fresh(), side: self.side }
    }
}

/// Directional index.
pub(crate) struct Dx {
    movement: Movement,
    value: f64,
}

impl Dx {
    pub fn new(window: Window) -> Dx {
        Dx { movement: Movement::new(window), value: 0.0 }
    }
}

impl Kernel<3> for Dx {
    #[inline]
    fn push(&mut self, inputs: [f64; 3]) -> f64 {
        let Some(sums) = self.movement.push(inputs) else { return f64::NAN };
        let found = contrast(sums);
        self.value = if found.is_nan() { self.value } else { found };
        self.value
    }

    fn lookback(&self) -> usize {
        self.movement.lookback()
    }

    fn fresh(&self) -> Dx {
        Dx::new(self.movement.window)
    }
}

/// Average directional index.
pub(crate) struct Adx {
    movement: Movement,
    average: Ema,
    value: f64,
}

impl Adx {
    pub fn new(window: Window) -> Adx {
        Adx { movement: Movement::new(window), average: Ema::wilder(window), value: f64::NAN }
    }
}

impl Kernel<3> for Adx {
    #[inline]
    fn push(&mut self, inputs: [f64; 3]) -> f64 {
        let Some(sums) = self.movement.push(inputs) else { return f64::NAN };
        let found = contrast(sums);
        if self.value.is_nan() {
            // Bars without a movement count as 0 while it starts.
            self.value = self.average.push([if found.is_nan() { 0.0 } else { found }]);
        } else if !found.is_nan() {
            self.value = self.average.push([found]);
        }
        self.value
    }

    fn lookback(&self) -> usize {
        self.movement.lookback() + self.average.lookback()
    }

    fn fresh(&self) -> Adx {
        Adx::new(self.movement.window)
    }
}

/// The mean of the ADX and that of n - 1 bars ago.
pub(crate) struct Adxr {
    adx: Adx,
    past: Ring,
}

impl Adxr {
    pub fn new(window: Window) -> Adxr {
        Adxr { adx: Adx::new(window), past: Ring::new(window.len() - 1) }
    }
}

impl Kernel<3> for Adxr {
    #[inline]
    fn push(&mut self, inputs: [f64; 3]) -> f64 {
        let adx = self.adx.push(inputs);
        if adx.is_nan() { adx } else { (adx + self.past.push(adx)) / 2.0 }
    }

    fn lookback(&self) -> usize {
        self.adx.lookback() + self.past.len()
    }

    fn fresh(&self) -> Adxr {
        Adxr::new(self.adx.movement.window)
    }
}
