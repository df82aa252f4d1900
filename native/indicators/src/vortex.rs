//! Vortex: how far highs rose above the lows before them, and lows fell below the highs, over the true range of n bars.
//!
//! The first bar has no bar before it and does not count. A bar with an undefined price has no value and is otherwise as
//! if it had not been. Where nothing has moved both are 0.

use crate::over::Kernel;
use crate::run_length::RunLength;
use crate::several::Fan;
use crate::sma::Sma;
use crate::true_range::{Step, Steps};
use crate::window::Window;

pub(crate) struct Vortex {
    window: Window,
    steps: Steps,
    still: RunLength,
    /// Upward movement, downward movement and range.
    means: [Sma; 3],
}

impl Vortex {
    pub fn new(window: Window) -> Vortex {
        let means = std::array::from_fn(|_| Sma::new(window));
        Vortex { window, steps: Steps::new(), still: RunLength::new(), means }
    }
}

impl Fan<3, 2> for Vortex {
    #[inline]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> [f64; 2] {
        let Some(Step { last_high, last_low, range }) = self.steps.push([high, low, close]) else {
            return [f64::NAN; 2];
        };
        let [up, down, range_mean] = &mut self.means;
        let (up, down) = (up.push([(high - last_low).abs()]), down.push([(low - last_high).abs()]));
        let mean = range_mean.push([range]);
        // What rounding leaves of a sum is not quite nothing, so bars without a range are counted.
        let still = self.still.push(range) >= self.window.len() && range == 0.0;
        if still { [0.0; 2] } else { [up / mean, down / mean] }
    }

    fn lookbacks(&self) -> [usize; 2] {
        [self.window.len(); 2]
    }

    fn fresh(&self) -> Vortex {
        Vortex::new(self.window)
    }
}
