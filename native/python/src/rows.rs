//! Rows of bars as they come from Arrow, put into the series of an asset.

use arrow_array::{Array, Date32Array, Float64Array, Int64Array, RecordBatch};
use pyo3::prelude::*;
use workbench_engine::series::{Lent, Series, Span};
use workbench_market::bar::Ohlcv;
use workbench_market::instrument::Instrument;

use crate::arrow::{batches, column};
use crate::errors::OrRaise;
use crate::simulation::nanoseconds;

/// Between two looks for an interrupt.
const ROWS_PER_LOOK: usize = 1 << 16;

/// Adds rows of one asset: open_us, close_us (int64), session (date) and five floats, oldest first.
pub fn push(series: &mut Series, instrument: &Instrument, rows: &Bound<'_, PyAny>) -> PyResult<()> {
    let batches = batches(rows)?;
    if let [whole] = batches.as_slice()
        && series.is_empty()
        && series.lend(lent(whole)?, instrument)
    {
        return Ok(());
    }
    series.reserve(batches.iter().map(RecordBatch::num_rows).sum());
    batches.iter().try_for_each(|batch| push_batch(rows.py(), series, instrument, batch))
}

/// The columns of a table as they lie, but that unknown volumes become NaN.
fn lent(batch: &RecordBatch) -> PyResult<Lent> {
    let times = |name| column::<Int64Array>(batch, name).map(|times| times.values().clone());
    let prices = |name| column::<Float64Array>(batch, name).map(|prices| prices.values().clone());
    let volumes = column::<Float64Array>(batch, "volume")?;
    let volumes = match volumes.null_count() {
        0 => volumes.values().clone(),
        _ => volumes.iter().map(|volume| volume.unwrap_or(f64::NAN)).collect(),
    };
    let sessions = column::<Date32Array>(batch, "session")?.values().clone();
    let numbers = [prices("open")?, prices("high")?, prices("low")?, prices("close")?, volumes];
    Ok(Lent { opens_us: times("open_us")?, closes_us: times("close_us")?, sessions, numbers })
}

fn push_batch(py: Python<'_>, series: &mut Series, instrument: &Instrument, batch: &RecordBatch) -> PyResult<()> {
    let (opens, closes) = (column::<Int64Array>(batch, "open_us")?, column::<Int64Array>(batch, "close_us")?);
    let sessions = column::<Date32Array>(batch, "session")?;
    let floats = |name| column::<Float64Array>(batch, name);
    let (open, high, low) = (floats("open")?, floats("high")?, floats("low")?);
    let (close, volume) = (floats("close")?, floats("volume")?);
    for row in 0..batch.num_rows() {
        if row.is_multiple_of(ROWS_PER_LOOK) {
            py.check_signals()?;
        }
        let (open_ns, close_ns) = (nanoseconds(opens.value(row))?, nanoseconds(closes.value(row))?);
        let volume = if volume.is_null(row) { f64::NAN } else { volume.value(row) };
        let (high, low) = (high.value(row), low.value(row));
        let bar = Ohlcv {
            open: open.value(row),
            high,
            low,
            close: close.value(row),
            volume,
            session: f64::NAN,
            time: f64::NAN,
        };
        series.push(Span { open_ns, close_ns, session: sessions.value(row) }, bar, instrument).or_raise()?;
    }
    Ok(())
}
