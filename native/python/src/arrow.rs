//! Arrow across the boundary: tables go out and bars come in as C streams in capsules.

use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchIterator};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use workbench_market::Error;

use crate::errors::raise;

const STREAM: &std::ffi::CStr = c"arrow_array_stream";

fn refused(error: impl std::fmt::Display) -> PyErr {
    raise(Error::Bars(format!("the Arrow data cannot be read: {error}")))
}

/// A table on its way to Python; polars and pyarrow read it without a copy.
#[pyclass(frozen, module = "workbench._native")]
pub struct Table(RecordBatch);

impl Table {
    pub fn new(columns: Vec<(&str, ArrayRef)>) -> PyResult<Self> {
        let named = columns.into_iter().map(|(name, array)| (name, array, true));
        RecordBatch::try_from_iter_with_nullable(named).map(Self).map_err(refused)
    }
}

#[pymethods]
impl Table {
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema; // The protocol lets a producer answer with its own schema.
        let batches = vec![Ok(self.0.clone())];
        let reader = RecordBatchIterator::new(batches, self.0.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, STREAM)
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }
}

/// Reads any object that offers an Arrow stream, batch by batch.
pub fn batches(source: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    let capsule = source.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(STREAM))?;
    // SAFETY: the capsule's name says that it holds an ArrowArrayStream, and `from_raw` takes it over by leaving a
    // released one behind, as the protocol asks of consumers.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr().cast()) };
    let reader = RecordBatchStreamReader::try_new(stream).map_err(refused)?;
    reader.map(|batch| batch.map_err(refused)).collect()
}

/// A column of the expected type.
pub fn column<'a, T: Array + 'static>(batch: &'a RecordBatch, name: &str) -> PyResult<&'a T> {
    let found = batch.column_by_name(name).and_then(|array| array.as_any().downcast_ref::<T>());
    found.ok_or_else(|| refused(format!("column {name} is missing or of another type")))
}
