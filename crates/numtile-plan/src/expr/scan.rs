//! Scans: running values along an axis.

use numtile_core::shape::{MAX_NDIM, normalize_axis};
use numtile_core::{DType, Error, Result, Shape};
use numtile_kernel::builtin::reduce::ReduceOp;
use numtile_kernel::builtin::scan::Scanner;
use numtile_kernel::{Isa, Op};

use super::map::cast;
use super::node::{Expr, Kind};
use super::reduce::reduce;
use super::view;

/// Elements of a leaf along the last axis.
const ACROSS: usize = 4096;
/// Elements of a leaf along any other axis.
const DOWN: usize = 256;

/// What a scan node does. The scanned axis is cut into leaves of equal length from index 0 on; every leaf but the
/// first starts from a carry, the running value of all that comes before it. See `docs/scans.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scan {
    /// The operation.
    pub op: Op,
    /// The axis.
    pub axis: usize,
    /// The length of a leaf.
    pub leaf: usize,
    /// Which running values the node has.
    pub part: Part,
}

/// Which running values a scan node has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// That of every element, in the element type.
    Elements,
    /// Those at the ends of all leaves but the last, in the type of carries, found in the order of the elements.
    LeafEnds,
}

/// The running values of `op` along an axis, NumPy's `ufunc.accumulate` with loops of type `dtype`.
///
/// # Errors
/// `TypeError` for a zero-dimensional array, `AxisError`, `NotImplemented` where there is no such loop.
pub fn scan(expr: &Expr, op: Op, axis: i64, dtype: DType) -> Result<Expr> {
    if expr.ndim() == 0 {
        return Err(Error::type_("cannot accumulate on a scalar"));
    }
    let axis = normalize_axis(axis, expr.ndim())?;
    if !expr.is_known() {
        return Err(Error::Uncounted);
    }
    Scanner::new(op, dtype, Isa::Baseline)?;
    running(&cast(expr, dtype), op, axis)
}

fn running(x: &Expr, op: Op, axis: usize) -> Result<Expr> {
    let (length, leaf) = (x.shape()[axis], leaf_length(axis, x.ndim()));
    if length <= 1 || x.size() == 0 {
        return Ok(x.clone());
    }
    let scan = Scan { op, axis, leaf, part: Part::Elements };
    let mut inputs = vec![x.clone()];
    if length > leaf {
        inputs.push(carries(x, &scan)?);
    }
    Ok(node(scan, inputs, x.shape().into(), x.dtype()))
}

fn leaf_length(axis: usize, ndim: usize) -> usize {
    if axis + 1 == ndim { ACROSS } else { DOWN }
}

/// The running value before each leaf but the first. Where the operation may be regrouped, that is a scan over the
/// totals of the leaves; elsewhere it takes a walk along the whole axis.
fn carries(x: &Expr, scan: &Scan) -> Result<Expr> {
    let ends = (x.shape()[scan.axis] - 1) / scan.leaf;
    let dtype = Scanner::carry(scan.op, x.dtype());
    match total(scan.op, x.dtype()) {
        Some((total, typed)) if x.ndim() < MAX_NDIM => {
            let leaves = view::runs(x, scan.axis, ends, scan.leaf)?;
            let totals = reduce(&leaves, total, Some(&[scan.axis as i64 + 1]), false, typed.then_some(dtype), 0.0)?;
            running(&totals, scan.op, scan.axis)
        }
        _ => {
            let mut shape = Shape::from(x.shape());
            shape[scan.axis] = ends;
            Ok(node(Scan { part: Part::LeafEnds, ..*scan }, vec![x.clone()], shape, dtype))
        }
    }
}

/// The reduction that gives the total of a leaf, and whether it must be told the type of carries.
///
/// Apart from sums, only what is exact in any grouping. Products of floats are not: a part of them can overflow where the
/// whole does not. Complex numbers that are no numbers have no order.
fn total(op: Op, dtype: DType) -> Option<(ReduceOp, bool)> {
    let complex = dtype.is_complex();
    match op {
        Op::Add => Some((ReduceOp::Sum, true)),
        Op::Multiply if !complex && !dtype.is_float() => Some((ReduceOp::Prod, true)),
        Op::Minimum if !complex => Some((ReduceOp::Min, false)),
        Op::Maximum if !complex => Some((ReduceOp::Max, false)),
        Op::LogicalOr => Some((ReduceOp::Any, false)),
        Op::LogicalAnd => Some((ReduceOp::All, false)),
        Op::Fmin | Op::Fmax if !complex => Some((ReduceOp::Ufunc(op), false)),
        Op::Gcd | Op::LogicalXor | Op::BitwiseAnd | Op::BitwiseOr | Op::BitwiseXor => {
            Some((ReduceOp::Ufunc(op), false))
        }
        _ => None,
    }
}

fn node(scan: Scan, inputs: Vec<Expr>, shape: Shape, dtype: DType) -> Expr {
    let words = [scan.op as u64, scan.axis as u64, u64::from(scan.part == Part::LeafEnds)];
    Expr::new(Kind::Scan(scan), inputs, shape, dtype, &words)
}
