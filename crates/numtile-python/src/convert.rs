//! Python objects as operands, element types, scalars, shapes and axes.

use num_complex::Complex;
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray};
use pyo3::exceptions::{PyIndexError, PyNotImplementedError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyList, PyTuple, PyType};
use smallvec::SmallVec;

use crate::array::{Array, Value};
use crate::engine::{Bool8, DType, Op, Operand, ReduceOp, Scalar, expr};
use crate::error::OrRaise;
use crate::numpy_source;

/// An operand with what is known of its origin.
#[derive(Clone)]
pub(crate) struct Given {
    pub operand: Operand,
    /// True when memory that somebody may still write to is upstream.
    pub live: bool,
}

/// The operands of one operation.
pub(crate) type PerOperand = SmallVec<[Given; 3]>;

impl Given {
    /// The operand with a shape of numbers.
    pub(crate) fn counted(&self, py: Python<'_>) -> PyResult<Operand> {
        match &self.operand {
            Operand::Array(expr) if !expr.is_known() => {
                let value = Value { expr: expr.clone(), live: self.live };
                Ok(Operand::Array(value.counted(py)?.expr))
            }
            other => Ok(other.clone()),
        }
    }
}

impl From<Value> for Given {
    fn from(value: Value) -> Given {
        Given { operand: Operand::Array(value.expr), live: value.live }
    }
}

/// A Python object as an operand of an operator; `None` when it is of no kind that takes part in arithmetic.
pub(crate) fn operand(object: &Bound<'_, PyAny>) -> PyResult<Option<Given>> {
    if let Ok(array) = object.cast::<Array>() {
        return Ok(Some(array.get().value().into()));
    }
    if object.is_exact_instance_of::<PyUntypedArray>() {
        return Ok(Some(numpy_source::value(object)?.into()));
    }
    if let Some(number) = plain_number(object)? {
        return Ok(Some(number));
    }
    if is_numpys(object)? {
        return Ok(Some(numpy_source::value(object)?.into()));
    }
    if let Some(number) = number(object)? {
        return Ok(Some(number));
    }
    if is_array_like(object)? {
        return Ok(Some(numpy_source::value(object)?.into()));
    }
    Ok(None)
}

/// Python's own numbers. Subclasses are looked at later: NumPy's float64 is a subclass of float.
fn plain_number(object: &Bound<'_, PyAny>) -> PyResult<Option<Given>> {
    let is_plain = object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyComplex>();
    if is_plain { number(object) } else { Ok(None) }
}

/// A Python number: weak, but for `True` and `False`.
fn number(object: &Bound<'_, PyAny>) -> PyResult<Option<Given>> {
    let operand = if let Ok(float) = object.cast::<PyFloat>() {
        Operand::Float(float.value())
    } else if let Ok(truth) = object.cast::<PyBool>() {
        Operand::Array(expr::constant(Scalar::new(Bool8::from(truth.is_true()))))
    } else if object.cast::<PyInt>().is_ok() {
        Operand::Int(integer(object)?)
    } else if let Ok(complex) = object.cast::<PyComplex>() {
        Operand::Complex(Complex::new(complex.real(), complex.imag()))
    } else {
        return Ok(None);
    };
    Ok(Some(Given { operand, live: false }))
}

/// An array or a scalar of NumPy.
fn is_numpys(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(object.cast::<PyUntypedArray>().is_ok() || object.is_instance(numpy_generic(object.py())?)?)
}

/// A scalar of NumPy's that is an integer or a float as Python's number; anything else as it is.
pub(crate) fn as_number<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if object.is_instance(numpy_generic(object.py())?)? {
        let number = object.call_method0("item")?;
        if number.is_instance_of::<PyInt>() || number.is_instance_of::<PyFloat>() {
            return Ok(number);
        }
    }
    Ok(object.clone())
}

/// As [`operand`], with a `TypeError` for what cannot be one.
pub(crate) fn operand_or_type_error(object: &Bound<'_, PyAny>) -> PyResult<Given> {
    operand(object)?.ok_or_else(|| {
        let kind = object.get_type().name().map_or_else(|_| "object".into(), |name| name.to_string());
        PyTypeError::new_err(format!("numtile computes with numbers and arrays of numbers, not with '{kind}'"))
    })
}

/// The operands of an operation; a `TypeError` for what cannot be one.
pub(crate) fn operands(objects: &Bound<'_, PyTuple>) -> PyResult<PerOperand> {
    objects.iter().map(|object| operand_or_type_error(&object)).collect()
}

/// The elementwise operation with this name.
pub(crate) fn operation(name: &str) -> PyResult<Op> {
    Op::from_name(name).ok_or_else(|| PyIndexError::new_err(format!("numtile has no elementwise operation '{name}'")))
}

/// A value for anything array-like: an `Array`, a NumPy array (not copied), nested lists, numbers. Its shape is of
/// numbers: masks are counted if need be.
pub(crate) fn value(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    match object.cast::<Array>() {
        Ok(array) => array.get().counted(object.py()),
        Err(_) => numpy_source::value(object),
    }
}

/// As [`value`], where lengths may be symbols.
pub(crate) fn symbolic(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    match object.cast::<Array>() {
        Ok(array) => Ok(array.get().value()),
        Err(_) => numpy_source::value(object),
    }
}

/// Lists, tuples and objects that know how to become a NumPy array and do not ask to be left alone.
fn is_array_like(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    if object.cast::<PyList>().is_ok() || object.cast::<PyTuple>().is_ok() {
        return Ok(true);
    }
    let declines = matches!(object.getattr_opt("__array_ufunc__")?, Some(ufunc) if ufunc.is_none());
    Ok(!declines && (object.hasattr("__array__")? || object.hasattr("__array_interface__")?))
}

/// The base class of NumPy's scalars.
pub(crate) fn numpy_generic(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "numpy", "generic")
}

/// A Python integer; numbers beyond 128 bits fit no element type.
pub(crate) fn integer(object: &Bound<'_, PyAny>) -> PyResult<i128> {
    // Nearly all of them are small, and those are read much faster.
    match object.extract::<i64>() {
        Ok(value) => Ok(value.into()),
        Err(_) => object
            .extract::<i128>()
            .map_err(|_| PyOverflowError::new_err("Python integer too large to convert to any dtype")),
    }
}

/// Anything that `numpy.dtype` takes, as an element type in native byte order.
pub(crate) fn dtype(object: &Bound<'_, PyAny>) -> PyResult<DType> {
    match stored_dtype(object)? {
        (dtype, false) => Ok(dtype),
        (dtype, true) => Err(PyNotImplementedError::new_err(format!(
            "numtile computes in native byte order: use dtype '{dtype}' (files and arrays in either order can be read)"
        ))),
    }
}

/// As [`dtype`] for an optional argument.
pub(crate) fn optional_dtype(object: Option<&Bound<'_, PyAny>>) -> PyResult<Option<DType>> {
    object.filter(|object| !object.is_none()).map(dtype).transpose()
}

/// Anything that `numpy.dtype` takes, as an element type and whether it is stored in the other byte order.
pub(crate) fn stored_dtype(object: &Bound<'_, PyAny>) -> PyResult<(DType, bool)> {
    let descr = match object.cast::<PyArrayDescr>() {
        Ok(descr) => descr.clone(),
        Err(_) => PyArrayDescr::new(object.py(), object.clone())?,
    };
    element_type(&descr)
}

/// NumPy's own dtype objects in native byte order, as [`DType::ALL`] is ordered.
fn known_dtypes(py: Python<'_>) -> PyResult<&[Py<PyArrayDescr>]> {
    static KNOWN: PyOnceLock<Vec<Py<PyArrayDescr>>> = PyOnceLock::new();
    let make = || DType::ALL.iter().map(|dtype| Ok(PyArrayDescr::new(py, dtype.name())?.unbind())).collect();
    KNOWN.get_or_try_init(py, make).map(Vec::as_slice)
}

/// A NumPy dtype as an element type and whether it is stored in the other byte order.
pub(crate) fn element_type(descr: &Bound<'_, PyArrayDescr>) -> PyResult<(DType, bool)> {
    match known_dtypes(descr.py())?.iter().position(|known| known.is(descr)) {
        Some(number) => Ok((DType::ALL[number], false)),
        None => other_element_type(descr),
    }
}

fn other_element_type(descr: &Bound<'_, PyArrayDescr>) -> PyResult<(DType, bool)> {
    let kind = char::from(descr.kind());
    let swapped = descr.is_native_byteorder() == Some(false);
    if descr.has_subarray() || descr.has_fields() {
        return Err(refused(descr, "structured arrays"));
    }
    match (kind, DType::from_code(&format!("{kind}{}", descr.itemsize()))) {
        (_, Some(dtype)) => Ok((dtype, swapped)),
        ('O', _) => Err(refused(descr, "object arrays")),
        ('U' | 'S' | 'T' | 'a', _) => Err(refused(descr, "strings")),
        ('M' | 'm', _) => Err(refused(descr, "dates and times")),
        ('V', _) => Err(refused(descr, "structured arrays")),
        _ => Err(refused(descr, "elements of this type")),
    }
}

fn refused(descr: &Bound<'_, PyArrayDescr>, what: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "numtile does not hold {what} (dtype {}): the element types are bool, int8 to int64, uint8 to uint64, \
         float16 to float64, complex64 and complex128",
        descr.repr().map_or_else(|_| "?".into(), |text| text.to_string())
    ))
}

/// Whether a dtype object is NumPy's own one of an element type.
pub(crate) fn is_own(py: Python<'_>, dtype: DType, descr: *const pyo3::ffi::PyObject) -> bool {
    known_dtypes(py).is_ok_and(|known| known[dtype as usize].as_ptr().cast_const() == descr)
}

/// The NumPy dtype of an element type.
pub(crate) fn numpy_dtype(py: Python<'_>, dtype: DType) -> PyResult<Bound<'_, PyArrayDescr>> {
    // Element types are numbered as they are listed.
    Ok(known_dtypes(py)?[dtype as usize].bind(py).clone())
}

/// A number as an element of `dtype`, converted as NumPy's assignment does.
pub(crate) fn scalar(object: &Bound<'_, PyAny>, dtype: DType) -> PyResult<Scalar> {
    let py = object.py();
    if let Some(scalar) = plain_scalar(object, dtype)? {
        return Ok(scalar);
    }
    let fresh = py.import("numpy")?.call_method1("asarray", (object, numpy_dtype(py, dtype)?))?;
    numpy_source::only_element(&fresh)
}

/// A Python number as an element, where that needs no help from NumPy.
fn plain_scalar(object: &Bound<'_, PyAny>, dtype: DType) -> PyResult<Option<Scalar>> {
    if object.is_exact_instance_of::<PyFloat>() && (dtype.is_float() || dtype.is_complex()) {
        return Ok(Some(Scalar::from_f64(object.extract()?, dtype)));
    }
    if !object.is_exact_instance_of::<PyInt>() || dtype == DType::Bool {
        return Ok(None);
    }
    if dtype.is_integer() {
        return Ok(Some(Scalar::from_int(integer(object)?, dtype).or_raise(object.py())?));
    }
    // Larger integers are rounded by Python.
    Ok(object.extract::<i32>().ok().map(|value| Scalar::from_f64(value.into(), dtype)))
}

/// A shape: an integer or a sequence of integers, none negative.
pub(crate) fn shape(object: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    signed_shape(object)?
        .into_iter()
        .map(|length| {
            usize::try_from(length)
                .map_err(|_| pyo3::exceptions::PyValueError::new_err("negative dimensions are not allowed in a shape"))
        })
        .collect()
}

/// A shape in which -1 may stand for what is left.
pub(crate) fn signed_shape(object: &Bound<'_, PyAny>) -> PyResult<Vec<i64>> {
    match index_value(object)? {
        Some(one) => Ok(vec![one]),
        None => object.try_iter()?.map(|item| index_or_type_error(&item?)).collect(),
    }
}

/// The axes of a reduction: nothing for all of them, an integer, or a tuple of integers.
pub(crate) fn axes(object: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Vec<i64>>> {
    let Some(object) = object.filter(|object| !object.is_none()) else { return Ok(None) };
    if object.cast::<PyTuple>().is_ok() || object.cast::<PyList>().is_ok() {
        return object.try_iter()?.map(|item| index_or_type_error(&item?)).collect::<PyResult<_>>().map(Some);
    }
    Ok(Some(vec![index_or_type_error(object)?]))
}

/// As [`axes`] for an array of `ndim` dimensions: NumPy lets one without any pass as having one, the axis 0.
pub(crate) fn axes_of(object: Option<&Bound<'_, PyAny>>, ndim: usize) -> PyResult<Option<Vec<i64>>> {
    let is_integer = object.is_some_and(|object| object.cast::<PyTuple>().is_err() && object.cast::<PyList>().is_err());
    Ok(axes(object)?.map(|axes| match axes.as_slice() {
        [0 | -1] if ndim == 0 && is_integer => Vec::new(),
        _ => axes,
    }))
}

/// The axes of a reduction: none given for all of them, an integer, or a tuple of integers where several can be reduced.
pub(crate) fn reduced_axes(object: Option<&Bound<'_, PyAny>>, op: ReduceOp, ndim: usize) -> PyResult<Option<Vec<i64>>> {
    let Some(object) = object.filter(|object| !object.is_none()) else { return Ok(None) };
    let several = !matches!(op, ReduceOp::ArgMin | ReduceOp::ArgMax);
    match object.cast::<PyTuple>() {
        Ok(tuple) if several => tuple.iter().map(|item| index_or_type_error(&item)).collect::<PyResult<_>>().map(Some),
        _ => {
            let axis = index_or_type_error(object)?;
            // NumPy's moments count their elements, and find that there is no such axis.
            let counts = matches!(op, ReduceOp::Mean | ReduceOp::Var | ReduceOp::Std);
            Ok(Some(if ndim == 0 && matches!(axis, 0 | -1) && !counts { Vec::new() } else { vec![axis] }))
        }
    }
}

/// The value of an object with `__index__`, clipped to 64 bits; `None` for other objects.
pub(crate) fn index_value(object: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    if object.is_exact_instance_of::<PyInt>() {
        return index_or_type_error(object).map(Some);
    }
    if object.is_exact_instance_of::<PyTuple>() || object.is_exact_instance_of::<PyList>() {
        return Ok(None);
    }
    if object.cast::<PyInt>().is_err() && !object.hasattr("__index__")? {
        return Ok(None);
    }
    if object.hasattr("ndim")? && object.getattr("ndim")?.extract::<usize>()? != 0 {
        return Ok(None);
    }
    index_or_type_error(object).map(Some)
}

/// The value of an object with `__index__`, clipped to 64 bits.
pub(crate) fn index_or_type_error(object: &Bound<'_, PyAny>) -> PyResult<i64> {
    // Plain integers first: they are what shapes and axes are made of.
    if object.is_exact_instance_of::<PyInt>()
        && let Ok(value) = object.extract::<i64>()
    {
        return Ok(value);
    }
    let py = object.py();
    static INDEX: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let number = INDEX.import(py, "operator", "index")?.call1((object,))?;
    match number.extract::<i64>() {
        Ok(value) => Ok(value),
        Err(_) => Ok(if number.lt(0)? { i64::MIN } else { i64::MAX }),
    }
}
