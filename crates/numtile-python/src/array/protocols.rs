//! How NumPy meets an `Array`: its functions stay lazy, and an explicit `np.asarray` computes.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use super::{Array, look};
use crate::convert;
use crate::engine::expr;

const NO_COPY: &str = "Unable to avoid copy while creating an array as requested.\n\
                       If using `np.array(obj, copy=False)` replace it with `np.asarray(obj)` to allow a copy when \
                       needed (no behavior change in NumPy 1.x).";

/// A function of the Python module that knows NumPy's function tables.
fn protocol<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyAny>>,
    name: &str,
) -> PyResult<&'py Bound<'py, PyAny>> {
    cell.import(py, "numtile._protocols", name)
}

#[pymethods]
impl Array {
    /// Computes the array for NumPy.
    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<&Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if copy == Some(false) {
            return Err(PyValueError::new_err(NO_COPY));
        }
        let Some(dtype) = dtype.filter(|dtype| !dtype.is_none()) else { return look::look(slf) };
        match convert::dtype(dtype) {
            // The engine casts on the way, which saves a copy.
            Ok(to) => {
                let value = slf.get().value();
                if value.expr.dtype() == to {
                    return look::look(slf);
                }
                look::look(&Bound::new(slf.py(), Array::of(value.with(expr::cast(&value.expr, to))))?)
            }
            Err(_) => look::look(slf)?.call_method1("astype", (dtype,)),
        }
    }

    #[pyo3(signature = (ufunc, method, *inputs, **kwargs))]
    fn __array_ufunc__<'py>(
        slf: &Bound<'py, Self>,
        ufunc: &Bound<'py, PyAny>,
        method: &str,
        inputs: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static UFUNC: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let kwargs = kwargs.cloned().unwrap_or_else(|| PyDict::new(slf.py()));
        protocol(slf.py(), &UFUNC, "array_ufunc")?.call1((ufunc, method, inputs, kwargs))
    }

    fn __array_function__<'py>(
        slf: &Bound<'py, Self>,
        func: &Bound<'py, PyAny>,
        types: &Bound<'py, PyAny>,
        args: &Bound<'py, PyAny>,
        kwargs: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static FUNCTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        protocol(slf.py(), &FUNCTION, "array_function")?.call1((func, types, args, kwargs))
    }
}
