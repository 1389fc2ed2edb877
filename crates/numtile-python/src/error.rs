//! Engine errors as the Python exceptions that NumPy raises for the same mistakes.

use numtile::Error;
use pyo3::exceptions::{
    PyIndexError, PyMemoryError, PyNotImplementedError, PyOSError, PyOverflowError, PyRuntimeError, PyTypeError,
    PyValueError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

pyo3::create_exception!(numtile, SourceChangedError, PyOSError, "A file changed while it was being read.");
pyo3::create_exception!(numtile, FormatError, PyValueError, "A file whose contents are not what its format says.");
pyo3::create_exception!(numtile, CancelledError, PyRuntimeError, "The evaluation was cancelled with numtile.cancel().");

/// The exception for an engine error.
pub(crate) fn raise(py: Python<'_>, error: Error) -> PyErr {
    if let Error::Raised(raised) = &error {
        return raised_again(py, raised.as_ref());
    }
    let message = error.to_string();
    match error {
        Error::Value(_) => PyValueError::new_err(message),
        Error::Type(_) => PyTypeError::new_err(message),
        Error::Index(_) => PyIndexError::new_err(message),
        Error::Axis { axis, ndim } => axis_error(py, axis, ndim),
        Error::Overflow(_) => PyOverflowError::new_err(message),
        Error::Budget { .. } | Error::Memory(_) => PyMemoryError::new_err(message),
        Error::Io { path, errno, message } => os_error::<PyOSError>(py, &path, errno, message),
        Error::SourceChanged { path, message } => os_error::<SourceChangedError>(py, &path, Some(ESTALE), message),
        Error::Format { .. } => FormatError::new_err(message),
        Error::Cancelled => CancelledError::new_err(message),
        // Whoever needs lengths counts first; this one did not.
        Error::Uncounted => PyRuntimeError::new_err(format!("internal error, please report it: {message}")),
        Error::Raised(_) => PyRuntimeError::new_err(message),
        Error::NotImplemented(_) => PyNotImplementedError::new_err(message),
        Error::Internal(_) => PyRuntimeError::new_err(message),
    }
}

/// The exception that a function of the user's raised: the same object, with its traceback.
fn raised_again(py: Python<'_>, raised: &(dyn std::error::Error + Send + Sync + 'static)) -> PyErr {
    match raised.downcast_ref::<PyErr>() {
        Some(exception) => exception.clone_ref(py),
        None => PyRuntimeError::new_err(raised.to_string()),
    }
}

/// "Stale file handle": the number that fits a file that is no longer what was opened.
const ESTALE: i32 = 116;

/// An `OSError`: calling the class picks `FileNotFoundError` and its like from the number.
fn os_error<E: pyo3::type_object::PyTypeInfo>(
    py: Python<'_>,
    path: &std::path::Path,
    errno: Option<i32>,
    message: String,
) -> PyErr {
    let class = E::type_object(py);
    let made = match errno {
        Some(number) => class.call1((number, message, path.as_os_str())),
        None => class.call1((format!("{}: {message}", path.display()),)),
    };
    made.map_or_else(|problem| problem, PyErr::from_value)
}

fn axis_error(py: Python<'_>, axis: i64, ndim: usize) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS
        .import(py, "numpy.exceptions", "AxisError")
        .and_then(|class| class.call1((axis, ndim)))
        .map_or_else(|problem| problem, PyErr::from_value)
}

/// NumPy's error for an in-place operation whose result does not fit the array, a `TypeError`.
pub(crate) fn output_casting(py: Python<'_>, operation: &str, from: &str, to: &str) -> PyErr {
    let message = format!(
        "Cannot cast ufunc '{operation}' output from dtype('{from}') to dtype('{to}') with casting rule 'same_kind'"
    );
    // NumPy's own class is private, so its place may move; it is a TypeError everywhere.
    let numpys = || -> PyResult<PyErr> {
        let class = py.import("numpy._core._exceptions")?.getattr("_UFuncOutputCastingError")?;
        let numpy = py.import("numpy")?;
        let dtype = |name: &str| numpy.call_method1("dtype", (name,));
        let ufunc = numpy.getattr(operation)?;
        Ok(PyErr::from_value(class.call1((ufunc, "same_kind", dtype(from)?, dtype(to)?, 0))?))
    };
    numpys().unwrap_or_else(|_| PyTypeError::new_err(message))
}

/// Turns an engine result into a Python result.
pub(crate) trait OrRaise<T> {
    /// The value, or the Python exception for the error.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for numtile::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| raise(py, error))
    }
}
