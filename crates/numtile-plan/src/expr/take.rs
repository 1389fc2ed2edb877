//! `take`: selection along one axis by an integer array.

use numtile_core::shape::{self, normalize_axis};
use numtile_core::{DType, Error, Result, Shape};

use super::map::cast;
use super::node::{Expr, Kind};

/// The elements of `table` at `index` along `axis`: the axis is replaced by the axes of `index`.
///
/// Negative positions count from the end. Positions outside the axis are an `IndexError` when the array is computed.
///
/// # Errors
/// `IndexError` for an index that is not of integers or for elements of an axis without any.
pub fn take(table: &Expr, index: &Expr, axis: i64) -> Result<Expr> {
    if !index.dtype().is_integer() {
        return Err(Error::Index("arrays used as indices must be of integer (or boolean) type".into()));
    }
    let axis = normalize_axis(axis, table.ndim())?;
    let needs_count = table.shape()[axis] == 0 && !shape::is_known(index.shape());
    if shape::is_symbol(table.shape()[axis]) || needs_count {
        return Err(Error::Uncounted);
    }
    let mut shape = Shape::from(&table.shape()[..axis]);
    shape.extend_from_slice(index.shape());
    shape.extend_from_slice(&table.shape()[axis + 1..]);
    if shape::element_count(&shape)? > 0 && table.shape()[axis] == 0 {
        return Err(Error::Index("cannot do a non-empty take from an empty axes.".into()));
    }
    let inputs = [table.clone(), cast(index, DType::I64)];
    Ok(Expr::new(Kind::Gather { axis }, inputs, shape, table.dtype(), &[axis as u64]))
}
