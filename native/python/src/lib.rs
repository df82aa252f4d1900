//! The extension module `workbench._native`: a table of contents.

use pyo3::prelude::*;

mod arrow;
mod asking;
mod books;
mod buckets;
mod calling;
mod cancel;
mod checks;
mod columns;
mod context;
mod currencies;
mod data;
mod desk;
mod equity;
mod errors;
mod exits;
mod feeds;
mod frames;
mod gil_cell;
mod hooks;
mod indicators;
mod journal;
mod live;
mod log_tables;
mod number;
mod packed;
mod pages;
mod pulse;
mod recorder;

mod research;
mod room;
mod rows;
mod setup;
mod signals;
mod simulation;
mod spare;
mod stream;
mod sweep;
mod tables;
mod time;
mod user;
mod values;
mod walk;
mod window;
mod wish;
mod written;

/// Vectors that grow long, here and in every crate, are worth large pages.
#[global_allocator]
static ALLOCATOR: pages::LargePages = pages::LargePages;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    number::register(module)?;
    values::register(module)?;
    research::register(module)?;
    buckets::register(module)?;
    columns::register(module)?;
    sweep::register(module)?;
    journal::register(module)?;
    module.add_class::<cancel::Cancel>()?;
    module.add_class::<context::Context>()?;
    module.add_class::<stream::Stream>()?;
    module.add_class::<stream::Streams>()?;
    module.add_class::<live::IndicatorStream>()?;
    module.add_class::<written::Prices>()?;
    module.add_class::<user::Deal>()?;
    module.add_class::<window::Window>()?;
    module.add_class::<arrow::Table>()?;
    module.add_class::<simulation::Simulation>()
}
