//! `concatenate` and `stack`.

use numtile_core::shape::{self, normalize_axis};
use numtile_core::{DType, Error, Result, Shape};

use super::map::cast;
use super::node::{Expr, Kind};
use super::view;

/// Arrays joined along an existing axis; types promote.
///
/// # Errors
/// `ValueError` in NumPy's words when there is nothing to join or the shapes differ elsewhere.
pub fn concatenate(parts: &[Expr], axis: i64) -> Result<Expr> {
    let first = parts.first().ok_or_else(|| Error::value("need at least one array to concatenate"))?;
    if parts.iter().any(|part| part.ndim() == 0) {
        return Err(Error::value("zero-dimensional arrays cannot be concatenated"));
    }
    let axis = normalize_axis(axis, first.ndim())?;
    if !parts.iter().all(Expr::is_known) {
        return Err(Error::Uncounted);
    }
    for (number, part) in parts.iter().enumerate() {
        check_matches(first, part, number, axis)?;
    }
    let dtype = parts.iter().map(Expr::dtype).reduce(DType::promote).unwrap_or(first.dtype());
    let mut shape = Shape::from(first.shape());
    shape[axis] = parts
        .iter()
        .try_fold(0usize, |n, part| n.checked_add(part.shape()[axis]))
        .ok_or_else(|| Error::value("array is too big"))?;
    shape::element_count(&shape)?;
    let parts: Vec<Expr> = parts.iter().map(|part| cast(part, dtype)).collect();
    if let [one] = parts.as_slice() {
        return Ok(one.clone());
    }
    Ok(Expr::new(Kind::Concat { axis }, parts, shape, dtype, &[axis as u64]))
}

fn check_matches(first: &Expr, part: &Expr, number: usize, axis: usize) -> Result<()> {
    if part.ndim() != first.ndim() {
        return Err(Error::value(format!(
            "all the input array dimensions except for the concatenation axis must match exactly, but along dimension 0, \
             the array at index 0 has {} dimension(s) and the array at index {number} has {} dimension(s)",
            first.ndim(),
            part.ndim()
        )));
    }
    match (0..first.ndim()).find(|&d| d != axis && part.shape()[d] != first.shape()[d]) {
        None => Ok(()),
        Some(d) => Err(Error::value(format!(
            "all the input array dimensions except for the concatenation axis must match exactly, but along dimension \
             {d}, the array at index 0 has size {} and the array at index {number} has size {}",
            first.shape()[d],
            part.shape()[d]
        ))),
    }
}

/// Arrays of one shape joined along a new axis; types promote.
pub fn stack(parts: &[Expr], axis: i64) -> Result<Expr> {
    let first = parts.first().ok_or_else(|| Error::value("need at least one array to stack"))?;
    if !parts.iter().all(Expr::is_known) {
        return Err(Error::Uncounted);
    }
    if parts.iter().any(|part| part.shape() != first.shape()) {
        return Err(Error::value("all input arrays must have the same shape"));
    }
    let axis = normalize_axis(axis, first.ndim() + 1)? as i64;
    let parts = parts.iter().map(|part| view::expand_dims(part, &[axis])).collect::<Result<Vec<_>>>()?;
    concatenate(&parts, axis)
}
