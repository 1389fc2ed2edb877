//! The compiled module `numtile._engine`.
//!
//! It turns Python objects into expressions and results into NumPy arrays, and knows nothing of how they are computed.
//! It is the only crate that names PyO3.

mod array;
mod convert;
mod elementwise;
mod engine;
mod error;
mod evaluate;
mod functions;
mod numpy_source;
mod plan;
mod recipe;
mod result;
mod session;
mod user_function;

use pyo3::prelude::*;

/// The engine of numtile, as its Python package sees it.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add_class::<array::Array>()?;
    module.add_class::<elementwise::Elementwise>()?;
    module.add_class::<recipe::Recipe>()?;
    module.add_class::<plan::PlanDescription>()?;
    module.add("SourceChangedError", py.get_type::<error::SourceChangedError>())?;
    module.add("FormatError", py.get_type::<error::FormatError>())?;
    module.add("CancelledError", py.get_type::<error::CancelledError>())?;
    functions::register(module)
}
