//! Results as NumPy arrays, without copying: the array's base object owns the engine's buffer.

use std::ffi::c_void;

use numpy::npyffi::{NPY_ARRAY_WRITEABLE, NpyTypes, PY_ARRAY_API, get_type_object, npy_intp};
use numpy::{PyArrayDescrMethods, PyUntypedArray};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::convert;
use crate::engine::{Buffer, DType, HostArray, Layout, Scalar};

/// The owner of a result's memory, which goes back to the pool when the last array that shows it is gone.
#[pyclass(frozen, module = "numtile._engine")]
pub(crate) struct Delivered {
    /// Keeps the memory alive.
    _buffer: Buffer,
}

/// A result as an `ndarray`, zero-dimensional ones included.
pub(crate) fn to_numpy(py: Python<'_>, result: HostArray) -> PyResult<Bound<'_, PyUntypedArray>> {
    let HostArray { buffer, dtype, layout } = result;
    let fits = layout.span(dtype.size()).is_none_or(|(low, high)| low >= 0 && high as u64 <= buffer.len() as u64);
    if !fits {
        return Err(PyRuntimeError::new_err("internal error, please report it: a result exceeds its buffer"));
    }
    let start = buffer.as_ptr();
    let owner = Bound::new(py, Delivered { _buffer: buffer })?.into_any();
    // SAFETY: the layout stays inside the buffer, as just checked, which the owner keeps alive.
    unsafe { over(owner, start, dtype, &layout) }
}

/// An array over memory that an object keeps alive.
///
/// # Safety
/// The layout, from `start` on, stays inside memory that lives as long as the owner and may be written to.
pub(crate) unsafe fn over<'py>(
    owner: Bound<'py, PyAny>,
    start: *mut u8,
    dtype: DType,
    layout: &Layout,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let py = owner.py();
    let descr = convert::numpy_dtype(py, dtype)?;
    let mut shape: Vec<npy_intp> = layout.shape.iter().map(|&length| length as npy_intp).collect();
    let mut strides: Vec<npy_intp> = layout.strides.iter().map(|&stride| stride as npy_intp).collect();
    let offset = if layout.count() == 0 { 0 } else { layout.offset as usize };
    // SAFETY: the descriptor is a new reference that the call takes over; dims and strides have `shape.len()` entries
    // and stay inside the memory by the caller's promise; `owner` keeps it alive once it is the base of the array.
    let array = unsafe {
        PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            get_type_object(py, NpyTypes::PyArray_Type),
            descr.into_dtype_ptr(),
            shape.len() as _,
            shape.as_mut_ptr(),
            strides.as_mut_ptr(),
            start.add(offset).cast::<c_void>(),
            NPY_ARRAY_WRITEABLE,
            std::ptr::null_mut(),
        )
    };
    // SAFETY: a new reference to an array, or null with a Python error set.
    let array = unsafe { Bound::from_owned_ptr_or_err(py, array)? };
    set_base(&array, owner)?;
    Ok(array.cast_into::<PyUntypedArray>()?)
}

/// One element as an array without dimensions.
pub(crate) fn from_scalar(py: Python<'_>, scalar: Scalar) -> PyResult<Bound<'_, PyUntypedArray>> {
    let bytes = PyBytes::new(py, scalar.bytes());
    let read_only =
        py.import("numpy")?.call_method1("frombuffer", (bytes, convert::numpy_dtype(py, scalar.dtype())?))?;
    let array = read_only.call_method1("reshape", (PyTuple::empty(py),))?.call_method0("copy")?;
    Ok(array.cast_into::<PyUntypedArray>()?)
}

fn set_base(array: &Bound<'_, PyAny>, owner: Bound<'_, PyAny>) -> PyResult<()> {
    let owner: *mut ffi::PyObject = owner.into_ptr();
    // SAFETY: `array` is an array without a base yet, and the call takes over the reference to `owner`.
    let status = unsafe { PY_ARRAY_API.PyArray_SetBaseObject(array.py(), array.as_ptr().cast(), owner) };
    if status < 0 { Err(PyErr::fetch(array.py())) } else { Ok(()) }
}

/// An array without dimensions as the NumPy scalar it holds, any other array as it is.
pub(crate) fn scalar_if_0d(array: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    match array.getattr("ndim")?.extract::<usize>()? {
        0 => array.get_item(PyTuple::empty(array.py())),
        _ => Ok(array),
    }
}
