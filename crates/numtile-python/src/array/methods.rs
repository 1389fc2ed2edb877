//! NumPy's methods. The functions of the Python package call these, so each argument is looked at here only.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::properties::transposed;
use super::{Array, Value, apply};
use crate::convert;
use crate::engine::{DType, Expr, Op, Scalar, expr, view};
use crate::error::OrRaise;

type Object<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

fn is_fortran(order: &str) -> PyResult<bool> {
    match order {
        "C" | "A" | "K" => Ok(false),
        "F" => Ok(true),
        other => Err(PyValueError::new_err(format!("order must be one of 'C', 'F', 'A', or 'K' (got '{other}')"))),
    }
}

fn reversed(expr: &Expr) -> numtile::Result<Expr> {
    let axes: Vec<usize> = (0..expr.ndim()).rev().collect();
    view::transpose(expr, &axes)
}

/// `reshape` in Fortran order is `reshape` between two transposes.
fn reshaped(expr: &Expr, shape: &[i64], fortran: bool) -> numtile::Result<Expr> {
    if !fortran {
        return view::reshape(expr, shape);
    }
    let backwards: Vec<i64> = shape.iter().rev().copied().collect();
    reversed(&view::reshape(&reversed(expr)?, &backwards)?)
}

/// Arguments that may be given one by one or as a tuple.
fn spread<'py>(args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    if args.len() == 1 { args.get_item(0) } else { Ok(args.clone().into_any()) }
}

/// The casting rule asked for, checked by NumPy.
fn check_casting(py: Python<'_>, from: DType, to: DType, rule: &str) -> PyResult<()> {
    if rule == "unsafe" {
        return Ok(());
    }
    let (from, to) = (convert::numpy_dtype(py, from)?, convert::numpy_dtype(py, to)?);
    let fits: bool = py.import("numpy")?.call_method1("can_cast", (&from, &to, rule))?.extract()?;
    if fits {
        return Ok(());
    }
    let (from, to) = (from.repr()?, to.repr()?);
    Err(PyTypeError::new_err(format!("Cannot cast array data from {from} to {to} according to the rule '{rule}'")))
}

impl Array {
    fn dimensions(&self) -> usize {
        self.expr().ndim()
    }
}

#[pymethods]
#[allow(clippy::too_many_arguments, reason = "NumPy's signatures")]
impl Array {
    /// The elements converted to another type.
    #[pyo3(signature = (dtype, order="K", casting="unsafe", subok=true, copy=true))]
    fn astype(
        &self,
        py: Python<'_>,
        dtype: &Bound<'_, PyAny>,
        order: &str,
        casting: &str,
        subok: bool,
        copy: bool,
    ) -> PyResult<Array> {
        // A lazy value has no layout of its own and is copied by nobody.
        let _ = (is_fortran(order)?, subok, copy);
        let (value, to) = (self.value(), convert::dtype(dtype)?);
        check_casting(py, value.expr.dtype(), to, casting)?;
        Ok(Array::of(value.with(expr::cast(&value.expr, to))))
    }

    /// The same elements in the same order under another shape.
    #[pyo3(signature = (*shape, order="C"))]
    fn reshape(&self, py: Python<'_>, shape: &Bound<'_, PyTuple>, order: &str) -> PyResult<Array> {
        let shape = convert::signed_shape(&spread(shape)?)?;
        let fortran = is_fortran(order)?;
        self.value().build(py, |expr| reshaped(expr, &shape, fortran))
    }

    /// The array with its axes in another order, reversed by default.
    #[pyo3(signature = (*axes))]
    fn transpose(&self, py: Python<'_>, axes: &Bound<'_, PyTuple>) -> PyResult<Array> {
        let value = self.value();
        let given = if axes.is_empty() { None } else { convert::axes(Some(&spread(axes)?))? };
        let ndim = value.expr.ndim();
        let axes: Vec<usize> = match given {
            None => (0..ndim).rev().collect(),
            Some(axes) if axes.len() != ndim => return Err(PyValueError::new_err("axes don't match array")),
            Some(axes) => axes
                .iter()
                .map(|&axis| numtile::shape::normalize_axis(axis, ndim))
                .collect::<numtile::Result<_>>()
                .or_raise(py)?,
        };
        transposed(py, &value, &axes)
    }

    /// The array with two axes swapped.
    fn swapaxes(&self, py: Python<'_>, axis1: i64, axis2: i64) -> PyResult<Array> {
        let value = self.value();
        let ndim = value.expr.ndim();
        let one = numtile::shape::normalize_axis(axis1, ndim).or_raise(py)?;
        let other = numtile::shape::normalize_axis(axis2, ndim).or_raise(py)?;
        let mut axes: Vec<usize> = (0..ndim).collect();
        axes.swap(one, other);
        transposed(py, &value, &axes)
    }

    /// The array without its axes of length one, or without those named.
    #[pyo3(signature = (axis=None))]
    fn squeeze(&self, py: Python<'_>, axis: Object<'_, '_>) -> PyResult<Array> {
        let axes = convert::axes_of(axis, self.dimensions())?;
        self.value().build(py, |expr| view::squeeze(expr, axes.as_deref()))
    }

    /// The elements along one axis.
    #[pyo3(signature = (order="C"))]
    fn flatten(&self, py: Python<'_>, order: &str) -> PyResult<Array> {
        let fortran = is_fortran(order)?;
        self.value().build(py, |expr| reshaped(expr, &[-1], fortran))
    }

    /// The elements along one axis.
    #[pyo3(signature = (order="C"))]
    fn ravel(&self, py: Python<'_>, order: &str) -> PyResult<Array> {
        self.flatten(py, order)
    }

    /// The array itself under another name: values are never shared.
    #[pyo3(signature = (order="C"))]
    fn copy(&self, order: &str) -> PyResult<Array> {
        is_fortran(order)?;
        Ok(Array::of(self.value()))
    }

    fn __copy__(&self) -> Array {
        Array::of(self.value())
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> Array {
        Array::of(self.value())
    }

    /// The complex conjugates; real arrays as they are.
    fn conj(&self, py: Python<'_>) -> PyResult<Array> {
        if !self.expr().dtype().is_complex() {
            return Ok(Array::of(self.value()));
        }
        apply(py, Op::Conjugate, &[self.value().into()])
    }

    /// The complex conjugates.
    fn conjugate(&self, py: Python<'_>) -> PyResult<Array> {
        self.conj(py)
    }

    /// Sets every element to one value.
    fn fill(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let before = self.counted(py)?;
        let scalar: Scalar = convert::scalar(value, before.expr.dtype())?;
        let filled = expr::full(before.expr.shape(), scalar).or_raise(py)?;
        self.replace(Value { expr: filled, live: false });
        Ok(())
    }
}
