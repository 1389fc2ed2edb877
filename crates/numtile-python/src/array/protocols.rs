//! How NumPy meets an `Array`: its functions stay lazy, and an explicit `np.asarray` computes.

use pyo3::exceptions::{PyTypeError, PyValueError};
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

fn no_such_ufunc(ufunc: &Bound<'_, PyAny>) -> PyErr {
    let name = ufunc.getattr("__name__").map_or_else(|_| "?".into(), |name| name.to_string());
    PyTypeError::new_err(format!(
        "numtile has no elementwise operation '{name}': load the array with np.asarray(x) to use it"
    ))
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
        let Some(dtype) = dtype.filter(|dtype| !dtype.is_none()) else { return Ok(look::look(slf)?.into_any()) };
        match convert::dtype(dtype) {
            // The engine casts on the way, which saves a copy.
            Ok(to) => {
                let value = slf.get().value();
                if value.expr.dtype() == to {
                    return Ok(look::look(slf)?.into_any());
                }
                let cast = Array::of(value.with(expr::cast(&value.expr, to)));
                Ok(look::look(&Bound::new(slf.py(), cast)?)?.into_any())
            }
            Err(_) => look::look(slf)?.call_method1("astype", (dtype,)),
        }
    }

    /// NumPy's ufunc, called in any way with this array, is numtile's ufunc of the same name called in that way.
    #[pyo3(signature = (ufunc, method, *inputs, **kwargs))]
    fn __array_ufunc__<'py>(
        slf: &Bound<'py, Self>,
        ufunc: &Bound<'py, PyAny>,
        method: &str,
        inputs: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static UFUNCS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let ours = protocol(slf.py(), &UFUNCS, "UFUNCS")?.cast::<PyDict>()?.get_item(ufunc)?;
        let ours = ours.ok_or_else(|| no_such_ufunc(ufunc))?;
        if method == "__call__" { ours.call(inputs, kwargs) } else { ours.call_method(method, inputs, kwargs) }
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
