//! Results as NumPy arrays, without copying: the array's base object owns the engine's buffer.

use std::ffi::c_void;

use numpy::npyffi::{NPY_ARRAY_WRITEABLE, NpyTypes, PY_ARRAY_API, get_type_object, npy_intp};
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use smallvec::SmallVec;

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
    let mut shape: SmallVec<[npy_intp; 4]> = layout.shape.iter().map(|&length| length as npy_intp).collect();
    let mut strides: SmallVec<[npy_intp; 4]> = layout.strides.iter().map(|&stride| stride as npy_intp).collect();
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
    // SAFETY: it was made as an array.
    Ok(unsafe { array.cast_into_unchecked::<PyUntypedArray>() })
}

/// One element as an array without dimensions, whose memory is NumPy's.
pub(crate) fn from_scalar(py: Python<'_>, scalar: Scalar) -> PyResult<Bound<'_, PyUntypedArray>> {
    let descr = convert::numpy_dtype(py, scalar.dtype())?;
    // SAFETY: the descriptor is a new reference that the call takes over; without axes there are no lengths to read. The
    // new array has room for one element in native byte order.
    unsafe {
        let array = PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            get_type_object(py, NpyTypes::PyArray_Type),
            descr.into_dtype_ptr(),
            0,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
        );
        let array = Bound::from_owned_ptr_or_err(py, array)?.cast_into_unchecked::<PyUntypedArray>();
        let bytes = scalar.bytes();
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), (*array.as_array_ptr()).fields.data.cast::<u8>(), bytes.len());
        Ok(array)
    }
}

/// One element as a NumPy scalar.
pub(crate) fn numpy_scalar(py: Python<'_>, scalar: Scalar) -> PyResult<Bound<'_, PyAny>> {
    let descr = convert::numpy_dtype(py, scalar.dtype())?;
    // SAFETY: the data is one element of the descriptor's type, which the call copies; it borrows the descriptor.
    unsafe {
        let data = scalar.as_ptr().cast_mut().cast::<c_void>();
        let made = PY_ARRAY_API.PyArray_Scalar(py, data, descr.as_dtype_ptr(), std::ptr::null_mut());
        Bound::from_owned_ptr_or_err(py, made)
    }
}

fn set_base(array: &Bound<'_, PyAny>, owner: Bound<'_, PyAny>) -> PyResult<()> {
    let owner: *mut ffi::PyObject = owner.into_ptr();
    // SAFETY: `array` is an array without a base yet, and the call takes over the reference to `owner`.
    let status = unsafe { PY_ARRAY_API.PyArray_SetBaseObject(array.py(), array.as_ptr().cast(), owner) };
    if status < 0 { Err(PyErr::fetch(array.py())) } else { Ok(()) }
}

/// An array without dimensions as the NumPy scalar it holds, any other array as it is.
pub(crate) fn scalar_if_0d(array: Bound<'_, PyUntypedArray>) -> PyResult<Bound<'_, PyAny>> {
    match array.ndim() {
        0 => array.get_item(PyTuple::empty(array.py())),
        _ => Ok(array.into_any()),
    }
}
