//! What is known of an array without computing it.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::{Array, Value, apply};
use crate::convert;
use crate::engine::{Op, expr, view};
use crate::error::OrRaise;

/// The axes in reverse order, or only the last two swapped.
pub(super) fn transposed(py: Python<'_>, value: &Value, axes: &[usize]) -> PyResult<Array> {
    Ok(Array::of(value.with(view::transpose(&value.expr, axes).or_raise(py)?)))
}

#[pymethods]
impl Array {
    /// Takes precedence over plain arrays in mixed operators.
    #[classattr]
    fn __array_priority__() -> f64 {
        1000.0
    }

    /// The lengths of the axes.
    #[getter]
    pub(super) fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.counted(py)?.expr.shape())
    }

    /// The number of axes.
    #[getter]
    fn ndim(&self) -> usize {
        self.expr().ndim()
    }

    /// The number of elements.
    #[getter]
    fn size(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.counted(py)?.expr.size())
    }

    /// The element type, a NumPy dtype.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(convert::numpy_dtype(py, self.expr().dtype())?.into_any())
    }

    /// Bytes per element.
    #[getter]
    fn itemsize(&self) -> usize {
        self.expr().dtype().size()
    }

    /// The bytes that the array would take in memory.
    #[getter]
    fn nbytes(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.counted(py)?.expr.nbytes())
    }

    /// The transposed array.
    #[getter(T)]
    fn transposed_axes(&self, py: Python<'_>) -> PyResult<Array> {
        let value = self.value();
        let axes: Vec<usize> = (0..value.expr.ndim()).rev().collect();
        transposed(py, &value, &axes)
    }

    /// The array with its last two axes swapped.
    #[getter(mT)]
    fn transposed_matrices(&self, py: Python<'_>) -> PyResult<Array> {
        let value = self.value();
        let ndim = value.expr.ndim();
        if ndim < 2 {
            let message = "matrix transpose with ndim < 2 is undefined";
            return Err(pyo3::exceptions::PyValueError::new_err(message));
        }
        let mut axes: Vec<usize> = (0..ndim).collect();
        axes.swap(ndim - 2, ndim - 1);
        transposed(py, &value, &axes)
    }

    /// The real part.
    #[getter]
    fn real(&self, py: Python<'_>) -> PyResult<Array> {
        let value = self.value();
        match value.expr.dtype().is_complex() {
            true => apply(py, Op::Real, &[value.into()]),
            false => Ok(Array::of(value)),
        }
    }

    /// The imaginary part.
    #[getter]
    fn imag(&self, py: Python<'_>) -> PyResult<Array> {
        let value = self.value();
        match value.expr.dtype().is_complex() {
            true => apply(py, Op::Imag, &[value.into()]),
            false => {
                let value = self.counted(py)?;
                let zero = crate::engine::Scalar::zero(value.expr.dtype());
                Ok(Array::of(value.with(expr::full(value.expr.shape(), zero).or_raise(py)?)))
            }
        }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let value = self.counted(py)?;
        value.expr.shape().first().copied().ok_or_else(|| PyTypeError::new_err("len() of unsized object"))
    }
}
