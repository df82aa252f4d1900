//! Ichimoku: the middles of three windows, and the two spans of the cloud, which were made so many bars ago.
//!
//! A chart draws the spans ahead of the bar at which they are known; here a bar has those that a chart draws at it. An
//! undefined high or low makes each undefined until it has left its window, the spans so many bars later.

use crate::midprice::Midprice;
use crate::over::Kernel;
use crate::ring::Ring;
use crate::several::Fan;
use crate::window::Window;

pub(crate) struct Ichimoku {
    conversion: Midprice,
    base: Midprice,
    span: Midprice,
    past_a: Ring,
    past_b: Ring,
}

impl Ichimoku {
    pub fn new([conversion, base, span]: [Window; 3], displacement: usize) -> Ichimoku {
        let (past_a, past_b) = (Ring::new(displacement), Ring::new(displacement));
        let [conversion, base, span] = [conversion, base, span].map(Midprice::new);
        Ichimoku { conversion, base, span, past_a, past_b }
    }
}

impl Fan<2, 4> for Ichimoku {
    #[inline]
    fn push(&mut self, bar: [f64; 2]) -> [f64; 4] {
        let (conversion, base, span) = (self.conversion.push(bar), self.base.push(bar), self.span.push(bar));
        [conversion, base, self.past_a.push((conversion + base) / 2.0), self.past_b.push(span)]
    }

    fn lookbacks(&self) -> [usize; 4] {
        let [conversion, base, span] = [&self.conversion, &self.base, &self.span].map(Kernel::lookback);
        let displacement = self.past_a.len();
        [conversion, base, conversion.max(base) + displacement, span + displacement]
    }

    fn fresh(&self) -> Ichimoku {
        let [conversion, base, span] = [&self.conversion, &self.base, &self.span].map(Kernel::fresh);
        let (past_a, past_b) = (Ring::new(self.past_a.len()), Ring::new(self.past_b.len()));
        Ichimoku { conversion, base, span, past_a, past_b }
    }
}
