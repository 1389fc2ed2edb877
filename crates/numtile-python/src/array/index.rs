//! `x[key]`: keys of integers, slices, `None` and `...` are views. Keys with arrays in them are NumPy's advanced indexing,
//! which `numtile._indexing` composes of selection, `take` and views.

use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyEllipsis, PyInt, PyList, PySlice, PyTuple};

use super::{Array, Value};
use crate::convert;
use crate::engine::{Index, view};
use crate::error::OrRaise;

/// The items of a key without arrays; `None` for a key that has some, or something else in it.
pub(super) fn basic(key: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Index>>> {
    match key.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().map(|item| basic_item(&item)).collect(),
        Err(_) => Ok(basic_item(key)?.map(|item| vec![item])),
    }
}

fn basic_item(item: &Bound<'_, PyAny>) -> PyResult<Option<Index>> {
    if item.is_none() {
        return Ok(Some(Index::NewAxis));
    }
    if item.cast::<PyEllipsis>().is_ok() {
        return Ok(Some(Index::Ellipsis));
    }
    if let Ok(slice) = item.cast::<PySlice>() {
        return range(slice).map(Some);
    }
    if item.cast::<PyInt>().is_ok() && item.cast::<PyBool>().is_err() {
        return Ok(Some(Index::At(convert::index_or_type_error(item)?)));
    }
    if is_array(item)? {
        return Ok(None);
    }
    Ok(convert::index_value(item)?.map(Index::At))
}

/// True for what indexes as an array does: lists and truth values too, but not NumPy's integers without axes.
fn is_array(item: &Bound<'_, PyAny>) -> PyResult<bool> {
    let is_numpy = |array: &Bound<'_, PyUntypedArray>| array.ndim() > 0 || !matches!(array.dtype().kind(), b'i' | b'u');
    let is_array = item.cast::<Array>().is_ok() || item.cast::<PyUntypedArray>().is_ok_and(is_numpy);
    let is_truth = || -> PyResult<bool> {
        Ok(item.cast::<PyBool>().is_ok() || matches!(item.get_type().name()?.to_str()?, "bool" | "bool_"))
    };
    Ok(is_array || item.cast::<PyList>().is_ok() || is_truth()?)
}

/// A slice with its open ends at the far ends of all integers, where clipping to the axis brings them to its ends.
fn range(slice: &Bound<'_, PySlice>) -> PyResult<Index> {
    let (mut start, mut stop, mut step) = (0, 0, 0);
    // SAFETY: the object is a slice, and the three places are valid for writing.
    let outcome = unsafe { pyo3::ffi::PySlice_Unpack(slice.as_ptr(), &mut start, &mut stop, &mut step) };
    if outcome < 0 {
        return Err(PyErr::fetch(slice.py()));
    }
    Ok(Index::Range { start: Some(start as i64), stop: Some(stop as i64), step: step as i64 })
}

/// A function of the Python module that knows NumPy's advanced indexing.
pub(super) fn advanced<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyAny>>,
    name: &str,
) -> PyResult<&'py Bound<'py, PyAny>> {
    cell.import(py, "numtile._indexing", name)
}

/// Iterates over the first axis; each step is a lazy `x[i]`.
#[pyclass(module = "numtile._engine")]
pub(crate) struct Rows {
    value: Value,
    next: usize,
}

#[pymethods]
impl Rows {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Array>> {
        if self.next >= self.value.expr.shape()[0] {
            return Ok(None);
        }
        let row = view::index(&self.value.expr, &[Index::At(self.next as i64)]).or_raise(py)?;
        self.next += 1;
        Ok(Some(Array::of(self.value.with(row))))
    }

    fn __length_hint__(&self) -> usize {
        self.value.expr.shape()[0].saturating_sub(self.next)
    }
}

#[pymethods]
impl Array {
    fn __getitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        match basic(key)? {
            Some(items) => {
                let viewed = slf.get().value().build(slf.py(), |expr| view::index(expr, &items))?;
                Ok(Bound::new(slf.py(), viewed)?.into_any())
            }
            None => advanced(slf.py(), &GET, "get")?.call1((slf, key)),
        }
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<Rows> {
        let value = self.counted(py)?;
        if value.expr.ndim() == 0 {
            return Err(PyTypeError::new_err("iteration over a 0-d array"));
        }
        Ok(Rows { value, next: 0 })
    }
}
