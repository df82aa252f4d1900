//! An input as an indicator of its own: `ta.close()`, or a field of longer bars.

use workbench_market::bar::Ohlcv;

use crate::elsewhere::{Closed, Waiting};
use crate::indicator::Indicator;
use crate::source::Source;

pub(crate) struct Same {
    source: Source,
    value: f64,
}

impl Same {
    pub fn new(source: Source) -> Same {
        Same { source, value: f64::NAN }
    }
}

impl Indicator for Same {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        self.value = self.source.update(bar);
        self.value()
    }

    fn close(&mut self, closed: Closed<'_>) {
        self.value = self.source.close(closed).unwrap_or(self.value);
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        (!self.value.is_nan()).then_some(self.value)
    }

    fn warmup(&self) -> usize {
        self.source.warmup()
    }

    fn waiting(&self) -> Option<Waiting> {
        self.source.waiting()
    }

    fn reset(&mut self) {
        self.source.reset();
        self.value = f64::NAN;
    }
}
