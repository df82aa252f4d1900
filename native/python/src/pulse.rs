//! The pulse of a long run: how it looks up for Ctrl-C and tells its progress, without slowing the bars.

use std::time::{Duration, Instant};

use pyo3::prelude::*;
use workbench_engine::series::Series;

use crate::desk::{Desk, Shared};

const PULSE: Duration = Duration::from_millis(50);

/// The regular look-up of a long run: signals, and progress told to the host.
pub struct Pulse {
    pub count: u64,
    total: usize,
    last: Instant,
}

impl Pulse {
    pub fn new(desk: &Desk) -> Self {
        let total = desk.driver.series.iter().map(Series::len).sum();
        Self { count: 0, total, last: Instant::now() }
    }

    pub fn beat(&mut self, py: Python<'_>, shared: &Shared) -> PyResult<()> {
        if self.last.elapsed() < PULSE {
            return Ok(());
        }
        self.last = Instant::now();
        py.check_signals()?;
        let done = {
            let desk = shared.desk(py)?;
            (0..shared.instruments.len()).map(|asset| desk.driver.rows(asset)).sum::<usize>()
        };
        shared.host.bind(py).call_method1("progress", (done, self.total))?;
        Ok(())
    }
}
