//! `x[key] = v`: puts another expression in the same Python object, in which what the key names holds `v`.
//!
//! A box of integers and slices is put in place by joining what lies around it. Keys with arrays in them are composed by
//! `numtile._indexing`.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::{Array, Value, index};
use crate::convert::{self, Given};
use crate::engine::{DType, Expr, Index, Operand, Scalar, expr, view};
use crate::error::OrRaise;

/// One axis of a box: every `step`th position from `start` on, `length` of them; the values may come in reverse.
struct Span {
    start: usize,
    length: usize,
    step: usize,
    is_reversed: bool,
}

/// `v` as an array of the type assigned to. NumPy casts arrays here without asking; Python's numbers must fit.
pub(crate) fn converted(given: Given, dtype: DType) -> numtile::Result<Value> {
    let Given { operand, live } = given;
    let expr = match operand {
        Operand::Array(expr) => expr::cast(&expr, dtype),
        Operand::Int(value) => expr::constant(Scalar::from_int(value, dtype)?),
        Operand::Float(value) if dtype.is_integer() => expr::constant(Scalar::from_int(whole(value)?, dtype)?),
        Operand::Float(value) => expr::cast(&expr::constant(Scalar::new(value)), dtype),
        Operand::Complex(_) if dtype.is_integer() || dtype.is_float() => {
            let what = if dtype.is_float() { "float" } else { "int" };
            return Err(numtile::Error::type_(format!("{what}() argument must be a real number, not 'complex'")));
        }
        Operand::Complex(value) => expr::cast(&expr::constant(Scalar::new(value)), dtype),
    };
    Ok(Value { expr, live })
}

/// What Python's `int()` makes of a float.
fn whole(value: f64) -> numtile::Result<i128> {
    if value.is_nan() {
        return Err(numtile::Error::value("cannot convert float NaN to integer"));
    }
    if value.is_infinite() {
        return Err(numtile::Error::Overflow("cannot convert float infinity to integer".into()));
    }
    // Beyond the range it is the far end, which fits no element type either.
    Ok(value as i128)
}

/// `v` with the shape of the box; as in NumPy, leading axes of length one may be missing or too many.
fn fitted(value: &Expr, shape: &[usize]) -> PyResult<Expr> {
    let misfit = || {
        PyValueError::new_err(format!(
            "could not broadcast input array from shape {} into shape {}",
            numtile::shape::display(value.shape()),
            numtile::shape::display(shape)
        ))
    };
    let surplus = value.ndim().saturating_sub(shape.len());
    if value.shape()[..surplus].iter().any(|&length| length != 1) {
        return Err(misfit());
    }
    let surplus: Vec<i64> = (0..surplus as i64).collect();
    let trimmed = view::squeeze(value, Some(&surplus)).map_err(|_| misfit())?;
    view::broadcast_to(&trimmed, shape).map_err(|_| misfit())
}

/// The spans of a key on every axis of the array.
fn spans(items: &[Index], shape: &[usize]) -> numtile::Result<Vec<Span>> {
    let consumed = items.iter().filter(|item| matches!(item, Index::At(_) | Index::Range { .. })).count();
    let missing = shape.len() - consumed;
    let whole = Index::Range { start: None, stop: None, step: 1 };
    let mut full: Vec<Index> = Vec::new();
    for &item in items {
        match item {
            Index::Ellipsis => full.extend(std::iter::repeat_n(whole, missing)),
            Index::NewAxis => {}
            other => full.push(other),
        }
    }
    full.resize(shape.len(), whole);
    full.into_iter().zip(shape).map(|(item, &length)| span(item, length)).collect()
}

fn span(item: Index, axis: usize) -> numtile::Result<Span> {
    let (first, length, step) = match item {
        Index::Range { start, stop, step } => {
            let (first, length) = view::slice_indices(start, stop, step, axis)?;
            (first, length, step)
        }
        Index::At(at) => (if at < 0 { at.saturating_add(axis as i64) } else { at } as usize, 1, 1),
        Index::NewAxis | Index::Ellipsis => (0, axis, 1),
    };
    let width = step.unsigned_abs() as usize;
    let is_reversed = step < 0;
    let start = if is_reversed { first - width.saturating_mul(length.saturating_sub(1)) } else { first };
    Ok(Span { start, length, step: if length > 1 { width } else { 1 }, is_reversed })
}

/// The values with one axis per axis of the array: integers get theirs back, new axes go.
fn aligned(values: &Expr, items: &[Index], spans: &[Span]) -> numtile::Result<Expr> {
    let shape: Vec<i64> = spans.iter().map(|span| span.length as i64).collect();
    let aligned = view::reshape(&strip(values, items)?, &shape)?;
    let reversed: Vec<i64> = (0..spans.len()).filter(|&axis| spans[axis].is_reversed).map(|axis| axis as i64).collect();
    if reversed.is_empty() { Ok(aligned) } else { view::flip(&aligned, Some(&reversed)) }
}

/// The values without the axes that `np.newaxis` put into the key.
fn strip(values: &Expr, items: &[Index]) -> numtile::Result<Expr> {
    let consumed = items.iter().filter(|item| !matches!(item, Index::At(_) | Index::Ellipsis)).count();
    let mut axis = 0;
    let mut new = Vec::new();
    for item in items {
        match item {
            Index::At(_) => {}
            Index::Ellipsis => axis += values.ndim() - consumed,
            Index::NewAxis => {
                new.push(axis as i64);
                axis += 1;
            }
            Index::Range { .. } => axis += 1,
        }
    }
    view::squeeze(values, Some(&new))
}

/// `array` with `values` in the box, from `axis` on: what lies before and after it is joined around it.
fn pasted(array: &Expr, spans: &[Span], values: &Expr, axis: usize) -> numtile::Result<Expr> {
    let Some(span) = spans.get(axis) else { return Ok(values.clone()) };
    let length = array.shape()[axis];
    // A position and the step - 1 behind it are a period; the last position may have fewer behind it.
    let is_whole = length - span.start >= span.step.saturating_mul(span.length);
    let periods = if is_whole { span.length } else { span.length - 1 };
    let stop = span.start + periods * span.step;
    let mut parts = vec![sliced(array, axis, 0, span.start, 1)?];
    if periods > 0 {
        let values = sliced(values, axis, 0, periods, 1)?;
        parts.push(periodic(&sliced(array, axis, span.start, stop, 1)?, spans, &values, axis)?);
    }
    if !is_whole {
        let last = sliced(values, axis, periods, span.length, 1)?;
        parts.push(pasted(&sliced(array, axis, stop, stop + 1, 1)?, spans, &last, axis + 1)?);
    }
    parts.push(sliced(array, axis, stop + usize::from(!is_whole), length, 1)?);
    let parts: Vec<Expr> = parts.into_iter().filter(|part| part.shape()[axis] > 0).collect();
    expr::concatenate(&parts, axis as i64)
}

/// As [`pasted`] for an axis that consists of whole periods.
fn periodic(array: &Expr, spans: &[Span], values: &Expr, axis: usize) -> numtile::Result<Expr> {
    let step = spans[axis].step;
    let replaced = pasted(&sliced(array, axis, 0, array.shape()[axis], step)?, spans, values, axis + 1)?;
    if step == 1 {
        return Ok(replaced);
    }
    let mut shape: Vec<i64> = array.shape().iter().map(|&length| length as i64).collect();
    let whole = shape.clone();
    shape.splice(axis..=axis, [values.shape()[axis] as i64, step as i64]);
    let rest = sliced(&view::reshape(array, &shape)?, axis + 1, 1, step, 1)?;
    let first = view::expand_dims(&replaced, &[axis as i64 + 1])?;
    view::reshape(&expr::concatenate(&[first, rest], axis as i64 + 1)?, &whole)
}

fn sliced(array: &Expr, axis: usize, start: usize, stop: usize, step: usize) -> numtile::Result<Expr> {
    let mut items = vec![Index::Range { start: None, stop: None, step: 1 }; axis];
    items.push(Index::Range { start: Some(start as i64), stop: Some(stop as i64), step: step as i64 });
    view::index(array, &items)
}

/// NumPy sets one element from a value without axes only, and says so in different ways.
fn check_one_element(dtype: DType, items: &[Index], value: &Expr) -> PyResult<()> {
    let is_one = items.iter().all(|item| matches!(item, Index::At(_)));
    if !is_one || value.ndim() == 0 || (dtype == DType::Bool && value.size() == 1) {
        return Ok(());
    }
    match dtype.is_complex() {
        true => Err(PyTypeError::new_err("only 0-dimensional arrays can be converted to Python scalars")),
        false => Err(PyValueError::new_err("setting an array element with a sequence.")),
    }
}

fn assign_box(py: Python<'_>, before: &Expr, items: &[Index], value: &Expr) -> PyResult<Expr> {
    let shape = view::index(before, items).or_raise(py)?.shape().to_vec();
    if items.len() == before.ndim() {
        check_one_element(before.dtype(), items, value)?;
    }
    let values = fitted(value, &shape)?;
    if values.size() == 0 {
        return Ok(before.clone());
    }
    let spans = spans(items, before.shape()).or_raise(py)?;
    let values = aligned(&values, items, &spans).or_raise(py)?;
    pasted(before, &spans, &values, 0).or_raise(py)
}

#[pymethods]
impl Array {
    fn __setitem__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        static PUT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = slf.py();
        let (items, dtype) = (index::basic(key)?, slf.get().expr().dtype());
        // In a box of signed integers NumPy puts its scalars as Python's numbers, which must fit; elsewhere they wrap.
        let given = match items.is_some() && dtype.is_signed_integer() {
            true => convert::operand_or_type_error(&convert::as_number(value)?)?,
            false => convert::operand_or_type_error(value)?,
        };
        let after = match items {
            Some(items) => {
                let before = slf.get().counted(py)?;
                // A position outside is the first mistake to be told.
                view::index(&before.expr, &items).or_raise(py)?;
                let value = converted(given, dtype).or_raise(py)?.counted(py)?;
                let expr = assign_box(py, &before.expr, &items, &value.expr)?;
                Value { expr, live: before.live || value.live }
            }
            None => {
                let value = converted(given, dtype).or_raise(py)?;
                let after = index::advanced(py, &PUT, "put")?.call1((slf, key, Bound::new(py, Array::of(value))?))?;
                after.cast_into::<Array>()?.get().value()
            }
        };
        slf.get().replace(after);
        Ok(())
    }

    fn __delitem__(&self, _key: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("cannot delete array elements"))
    }
}
