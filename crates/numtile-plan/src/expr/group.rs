//! Reductions of the elements with equal labels.

use numtile_core::shape::{self, PerAxis, normalize_axes};
use numtile_core::{DType, Error, Result, Scalar, Shape};
use numtile_kernel::Op;
use numtile_kernel::builtin::reduce::ReduceOp;
use numtile_kernel::builtin::reduce::grouped::{GroupOp, Grouper};

use super::create::{constant, full};
use super::map::{Operand, cast, map};
use super::node::{Expr, Kind};
use super::reduce::loop_of;
use super::view;

/// What a grouped reduction does. In the node's own shape the groups take the place of the first reduced axis, and the
/// others are removed.
#[derive(Clone, PartialEq, Debug)]
pub struct Grouping {
    /// The operation.
    pub op: GroupOp,
    /// The reduced axes of the input, ascending, at least one.
    pub axes: PerAxis<usize>,
    /// Groups.
    pub groups: usize,
    /// Degrees of freedom taken off in variances.
    pub ddof: f64,
}

/// `op` of the elements of `expr` with equal labels, over one, several or all (`None`) axes.
///
/// `labels` are integers over those axes in ascending order; the elements with label `g` make up group `g` of the
/// `groups`, and elements with a negative label are left out. A label of `groups` or more is an `IndexError` when the
/// array is computed, as is a `ValueError` an empty group of which there is no result. `dtype` is that of
/// [`reduce`](super::reduce()).
///
/// # Errors
/// `AxisError`; `ValueError` for labels of another shape; `TypeError` for labels that are no integers and types that the
/// operation does not have; `NotImplemented` for operations that groups do not have.
pub fn group_reduce(
    expr: &Expr,
    labels: &Expr,
    op: ReduceOp,
    axes: Option<&[i64]>,
    groups: usize,
    dtype: Option<DType>,
    ddof: f64,
) -> Result<Expr> {
    if !GroupOp::REDUCTIONS.contains(&op) {
        return Err(Error::NotImplemented(format!("numtile has no {op} of groups")));
    }
    let axes = match axes {
        None => (0..expr.ndim()).collect(),
        Some(axes) => normalize_axes(axes, expr.ndim())?,
    };
    if axes.is_empty() && expr.ndim() > 0 {
        return Err(Error::value("elements are grouped along one axis at least"));
    }
    let labels = check_labels(labels)?;
    if !expr.is_known() || !labels.is_known() {
        return Err(Error::Uncounted);
    }
    let along: Shape = axes.iter().map(|&axis| expr.shape()[axis]).collect();
    if labels.shape() != along.as_slice() {
        return Err(Error::value(format!(
            "labels of shape {} do not match the axes that they are for, of shape {}",
            shape::display(labels.shape()),
            shape::display(&along)
        )));
    }
    if expr.ndim() == 0 {
        let lengthened = |expr: &Expr| view::expand_dims(expr, &[0]);
        return group_reduce(&lengthened(expr)?, &lengthened(&labels)?, op, None, groups, dtype, ddof);
    }
    let (op, elements, output) = typed(expr, op, dtype)?;
    let kept: Vec<i64> = (0..expr.ndim()).filter(|axis| !axes.contains(axis)).map(|axis| axis as i64).collect();
    let labels = view::broadcast_to(&view::expand_dims(&labels, &kept)?, expr.shape())?;
    node(&[elements, labels], Grouping { op: GroupOp::Of(op), axes, groups, ddof }, output)
}

/// How many elements of `labels` there are of each of `groups`, as int64.
///
/// # Errors
/// As [`group_reduce`].
pub fn group_count(labels: &Expr, groups: usize) -> Result<Expr> {
    let labels = check_labels(labels)?;
    if !labels.is_known() {
        return Err(Error::Uncounted);
    }
    let labels = if labels.ndim() == 0 { view::expand_dims(&labels, &[0])? } else { labels };
    let axes = (0..labels.ndim()).collect();
    node(&[labels], Grouping { op: GroupOp::Count, axes, groups, ddof: 0.0 }, DType::I64)
}

/// Labels as int64. Those of uint64 that do not fit become the greatest one, which is no group's.
fn check_labels(labels: &Expr) -> Result<Expr> {
    match labels.dtype() {
        DType::U64 => {
            let most = Operand::Array(constant(Scalar::new(i64::MAX as u64)));
            Ok(cast(&map(Op::Minimum, &[Operand::Array(labels.clone()), most])?, DType::I64))
        }
        dtype if dtype.is_integer() || dtype == DType::Bool => Ok(cast(labels, DType::I64)),
        dtype => Err(Error::type_(format!("labels must be integers, not {dtype}"))),
    }
}

/// The operation, the elements in the type that it looks at, and the type of the result.
fn typed(expr: &Expr, op: ReduceOp, dtype: Option<DType>) -> Result<(ReduceOp, Expr, DType)> {
    let (op, elements, output) = match (op, dtype) {
        // NumPy adds booleans by "or" and multiplies them by "and".
        (ReduceOp::Sum, Some(DType::Bool)) => (ReduceOp::Any, expr.clone(), DType::Bool),
        (ReduceOp::Prod, Some(DType::Bool)) => (ReduceOp::All, expr.clone(), DType::Bool),
        (ReduceOp::Mean, Some(dtype)) if !dtype.is_float() && !dtype.is_complex() => {
            return Err(Error::type_(format!("the means of groups are not computed in {dtype}")));
        }
        _ => {
            let (elements, output) = loop_of(expr, op, dtype)?;
            (op, elements, output)
        }
    };
    let elements = cast(&elements, Grouper::loop_type(op, elements.dtype()));
    Ok((op, elements, output))
}

fn node(inputs: &[Expr], grouping: Grouping, output: DType) -> Result<Expr> {
    let mut shape: Shape = inputs[0].shape().into();
    shape[grouping.axes[0]] = grouping.groups;
    for &axis in grouping.axes[1..].iter().rev() {
        shape.remove(axis);
    }
    if shape::element_count(&shape)? == 0 {
        return full(&shape, Scalar::zero(output));
    }
    let mut words: Vec<u64> = grouping.axes.iter().map(|&axis| axis as u64).collect();
    words.extend([grouping.groups as u64, grouping.ddof.to_bits()]);
    Ok(Expr::new(Kind::Group(grouping), inputs.iter().cloned(), shape, output, &words))
}
