//! `x[key] = v`: puts another expression in the same Python object, in which the box of the key holds `v`.

use pyo3::exceptions::{PyNotImplementedError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::index::{self, Target};
use super::{Array, Value};
use crate::convert::{self, Given};
use crate::engine::{DType, Expr, Index, Op, Operand, Scalar, expr, view};
use crate::error::OrRaise;

/// One axis of a box: where it starts, how long it is, and whether the values come in reverse.
struct Span {
    start: usize,
    length: usize,
    reversed: bool,
}

/// `v` as an array of the type assigned to; NumPy casts here without asking.
fn converted(given: Given, dtype: DType) -> numtile::Result<Value> {
    let Given { operand, live } = given;
    let expr = match operand {
        Operand::Array(expr) => expr::cast(&expr, dtype),
        Operand::Int(value) => expr::constant(Scalar::from_int(value, dtype)?),
        Operand::Float(value) => expr::cast(&expr::constant(Scalar::new(value)), dtype),
        Operand::Complex(value) => expr::cast(&expr::constant(Scalar::new(value)), dtype),
    };
    Ok(Value { expr, live })
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
fn spans(items: &[Index], shape: &[usize]) -> PyResult<Vec<Span>> {
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

fn span(item: Index, length: usize) -> PyResult<Span> {
    let wrap = |at: i64| if at < 0 { at.saturating_add(length as i64) } else { at }.clamp(0, length as i64) as usize;
    match item {
        Index::At(at) => Ok(Span { start: wrap(at), length: 1, reversed: false }),
        Index::Range { start, stop, step: 1 } => {
            let (start, stop) = (start.map_or(0, wrap), stop.map_or(length, wrap));
            Ok(Span { start, length: stop.saturating_sub(start), reversed: false })
        }
        Index::Range { start: None, stop: None, step: -1 } => Ok(Span { start: 0, length, reversed: true }),
        _ => Err(PyNotImplementedError::new_err("numtile assigns to slices with step 1 (and to x[::-1]) only, so far")),
    }
}

/// The values with one axis per axis of the array: integers get theirs back, new axes go.
fn aligned(values: &Expr, items: &[Index], spans: &[Span]) -> numtile::Result<Expr> {
    let mut shape = Vec::new();
    shape.extend(spans.iter().map(|span| span.length as i64));
    let aligned = view::reshape(&strip(values, items)?, &shape)?;
    let reversed: Vec<i64> = (0..spans.len()).filter(|&axis| spans[axis].reversed).map(|axis| axis as i64).collect();
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

/// `array` with `values` in the box: what lies before and after it on each axis is joined around it.
fn pasted(array: &Expr, spans: &[Span], values: &Expr, axis: usize) -> numtile::Result<Expr> {
    let Some(span) = spans.get(axis) else { return Ok(values.clone()) };
    let (start, stop) = (span.start as i64, (span.start + span.length) as i64);
    let middle = pasted(&sliced(array, axis, Some(start), Some(stop))?, spans, values, axis + 1)?;
    let around = [sliced(array, axis, None, Some(start))?, middle, sliced(array, axis, Some(stop), None)?];
    let parts: Vec<Expr> = around.into_iter().filter(|part| part.shape()[axis] > 0).collect();
    expr::concatenate(&parts, axis as i64)
}

fn sliced(array: &Expr, axis: usize, start: Option<i64>, stop: Option<i64>) -> numtile::Result<Expr> {
    let mut items = vec![Index::Range { start: None, stop: None, step: 1 }; axis];
    items.push(Index::Range { start, stop, step: 1 });
    view::index(array, &items)
}

fn assign_box(py: Python<'_>, before: &Expr, items: &[Index], value: &Expr) -> PyResult<Expr> {
    let shape = view::index(before, items).or_raise(py)?.shape().to_vec();
    let values = fitted(value, &shape)?;
    if values.size() == 0 {
        return Ok(before.clone());
    }
    let spans = spans(items, before.shape())?;
    let values = aligned(&values, items, &spans).or_raise(py)?;
    pasted(before, &spans, &values, 0).or_raise(py)
}

fn assign_mask(py: Python<'_>, before: &Expr, mask: &Expr, value: &Expr) -> PyResult<Expr> {
    if mask.shape() != before.shape() || value.ndim() != 0 {
        return Err(PyNotImplementedError::new_err(
            "numtile assigns one value through a mask of the array's own shape, so far: use nt.where for the rest",
        ));
    }
    let operands = [mask, value, before].map(|expr| Operand::Array(expr.clone()));
    expr::map(Op::Where, &operands).or_raise(py)
}

#[pymethods]
impl Array {
    fn __setitem__(&self, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = key.py();
        let before = self.value();
        let given = convert::operand_or_type_error(value)?;
        let value = converted(given, before.expr.dtype()).or_raise(py)?;
        let (after, live) = match index::target(key)? {
            Target::Box(items) => (assign_box(py, &before.expr, &items, &value.expr)?, before.live || value.live),
            Target::Mask(mask) => {
                let after = assign_mask(py, &before.expr, &mask.expr, &value.expr)?;
                (after, before.live || value.live || mask.live)
            }
        };
        self.replace(Value { expr: after, live });
        Ok(())
    }

    fn __delitem__(&self, _key: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("cannot delete array elements"))
    }
}
