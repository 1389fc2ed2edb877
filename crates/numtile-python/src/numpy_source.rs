//! NumPy arrays as sources: their memory is read where it is, and they are kept alive.

use std::sync::Arc;

use numpy::npyffi::{NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_WRITEABLE, PY_ARRAY_API};
use numpy::{PyArrayDescr, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat, PyInt, PyList, PyTuple};

use crate::array::Value;
use crate::convert;
use crate::engine::{DType, Layout, Scalar, Source, expr, memory_source};

/// A value that reads a NumPy array, or anything that NumPy makes an array of, in place.
pub(crate) fn value(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(array) = object.cast_exact::<PyUntypedArray>() {
        return in_place(array, may_be_written(array)?);
    }
    let py = object.py();
    if let Some(constant) = numpy_scalar(object)? {
        return Ok(Value { expr: expr::constant(constant), live: false });
    }
    refuse_masked(object)?;
    let array = match object.cast::<PyUntypedArray>() {
        Ok(array) => array.clone(),
        Err(_) => py.import("numpy")?.call_method1("asarray", (object,))?.cast_into::<PyUntypedArray>()?,
    };
    in_place(&array, !is_private_copy(object) && may_be_written(&array)?)
}

/// A value that reads a NumPy array in place, or has its only element where that stays as it is.
fn in_place(array: &Bound<'_, PyUntypedArray>, live: bool) -> PyResult<Value> {
    if array.ndim() > 0 || live {
        return source(array, live);
    }
    // Fails with the reason for element types that the engine does not hold.
    convert::element_type(&array.dtype())?;
    Ok(Value { expr: expr::constant(only_element(array.as_any())?), live: false })
}

fn source(array: &Bound<'_, PyUntypedArray>, live: bool) -> PyResult<Value> {
    Ok(Value { expr: expr::source(plain(array)?), live })
}

/// The memory of a NumPy array.
pub(crate) fn plain(array: &Bound<'_, PyUntypedArray>) -> PyResult<Arc<dyn Source>> {
    let (dtype, swapped) = convert::element_type(&array.dtype())?;
    let layout = Layout {
        offset: 0,
        shape: array.shape().into(),
        strides: array.strides().iter().map(|&stride| stride as i64).collect(),
    };
    let keep_alive: Py<PyAny> = array.clone().into_any().unbind();
    // SAFETY: NumPy promises that the shape and strides of an array stay inside memory that it keeps alive, and the
    // source holds a reference to the array for as long as it exists. Python may write meanwhile, as the source allows.
    // A `Py` may be dropped on any thread: PyO3 then leaves the decrement to the next holder of the GIL.
    Ok(unsafe { memory_source(data(array), layout, dtype, swapped, Box::new(keep_alive), "numpy array") })
}

/// The address of the element with all indices zero.
pub(crate) fn data(array: &Bound<'_, PyUntypedArray>) -> *const u8 {
    // SAFETY: the pointer is that of a live array object, whose `data` field is set at creation.
    unsafe { (*array.as_array_ptr()).fields.data.cast::<u8>().cast_const() }
}

/// NumPy's flags of an array.
fn flags(array: &Bound<'_, PyUntypedArray>) -> i32 {
    // SAFETY: the pointer is that of a live array object.
    unsafe { (*array.as_array_ptr()).fields.flags }
}

/// Whether the elements of an array are of this type, in native byte order.
pub(crate) fn is_of(array: &Bound<'_, PyUntypedArray>, dtype: DType) -> bool {
    let py = array.py();
    // SAFETY: the pointer is that of a live array object, whose `descr` field is set at creation.
    let descr = unsafe { (*array.as_array_ptr()).fields.descr };
    convert::is_own(py, dtype, descr.cast())
        || matches!(convert::element_type(&array.dtype()), Ok((found, false)) if found == dtype)
}

/// True when the elements lie one after another in C order, aligned.
pub(crate) fn is_packed(array: &Bound<'_, PyUntypedArray>) -> bool {
    let wanted = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;
    flags(array) & wanted == wanted
}

/// The element that a scalar of NumPy is; `None` for other objects.
fn numpy_scalar(object: &Bound<'_, PyAny>) -> PyResult<Option<Scalar>> {
    let py = object.py();
    if !object.is_instance(convert::numpy_generic(py)?)? {
        return Ok(None);
    }
    // SAFETY: the object is a scalar of NumPy, as just checked; the result is a new reference or null with an error set.
    let descr = unsafe {
        let descr = PY_ARRAY_API.PyArray_DescrFromScalar(py, object.as_ptr());
        Bound::from_owned_ptr_or_err(py, descr.cast())?.cast_into::<PyArrayDescr>()?
    };
    // Fails with the reason for element types that the engine does not hold.
    let (dtype, _) = convert::element_type(&descr)?;
    let mut bytes = [0u8; 16];
    // SAFETY: no element type is larger than 16 bytes, and NumPy writes one element in native byte order.
    unsafe { PY_ARRAY_API.PyArray_ScalarAsCtype(py, object.as_ptr(), bytes.as_mut_ptr().cast()) };
    Ok(Some(Scalar::from_bytes(dtype, &bytes)))
}

/// The element of a NumPy scalar or of an array with one element.
pub(crate) fn only_element(object: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    let py = object.py();
    let array = py.import("numpy")?.call_method1("asarray", (object,))?.cast_into::<PyUntypedArray>()?;
    let (dtype, _) = convert::element_type(&array.dtype())?;
    if array.len() != 1 {
        return Err(PyTypeError::new_err("only arrays with one element can be used as a number"));
    }
    let bytes = native_bytes(&array, dtype)?;
    Ok(Scalar::from_bytes(dtype, &bytes))
}

fn native_bytes(array: &Bound<'_, PyUntypedArray>, dtype: DType) -> PyResult<Vec<u8>> {
    let native = convert::numpy_dtype(array.py(), dtype)?;
    array.call_method1("astype", (native,))?.call_method0("tobytes")?.extract()
}

/// Masked arrays would lose their mask silently.
fn refuse_masked(object: &Bound<'_, PyAny>) -> PyResult<()> {
    if object.hasattr("_baseclass")? && object.hasattr("mask")? {
        return Err(PyTypeError::new_err("numtile does not hold masked arrays: fill them first, x.filled(value)"));
    }
    Ok(())
}

/// True for objects whose conversion to an array always copies, so that nobody else can write to it.
fn is_private_copy(object: &Bound<'_, PyAny>) -> bool {
    object.cast::<PyList>().is_ok()
        || object.cast::<PyTuple>().is_ok()
        || object.cast::<PyInt>().is_ok()
        || object.cast::<PyFloat>().is_ok()
        || object.cast::<PyComplex>().is_ok()
}

/// True unless the array and every array that it is a view of are read-only and the memory belongs to NumPy, to bytes
/// or to a mapped file.
pub(crate) fn may_be_written(array: &Bound<'_, PyUntypedArray>) -> PyResult<bool> {
    let mut holder = array.clone().into_any();
    while let Ok(array) = holder.cast::<PyUntypedArray>() {
        if flags(array) & NPY_ARRAY_WRITEABLE != 0 {
            return Ok(true);
        }
        let base = holder.getattr("base")?;
        if base.is_none() {
            return Ok(false);
        }
        holder = base;
    }
    let class = holder.get_type().name()?.to_string();
    Ok(!matches!(class.as_str(), "bytes" | "mmap" | "Delivered"))
}
