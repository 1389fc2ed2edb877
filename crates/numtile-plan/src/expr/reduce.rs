//! Reductions over some axes.

use numtile_core::shape::{PerAxis, normalize_axes};
use numtile_core::{DType, Error, Result, Scalar, Shape};
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};
use numtile_kernel::{Op, Operand as LoopOperand, resolve};

use super::create::constant;
use super::map::{Operand, cast, map};
use super::node::{Expr, Kind};
use super::view;

/// What a reduction node does. The node's own shape has the reduced axes removed.
#[derive(Clone, PartialEq, Debug)]
pub struct Reduction {
    /// The operation.
    pub op: ReduceOp,
    /// The reduced axes of the input, ascending, at least one.
    pub axes: PerAxis<usize>,
    /// Degrees of freedom taken off in variances.
    pub ddof: f64,
}

/// `sum prod mean var std min max argmin argmax any all`, or an associative elementwise operation, over none
/// (`Some(&[])`), one, several or all (`None`) axes.
///
/// `dtype` is NumPy's: elements are cast to it first, and the result has it (variances of complex numbers: its real
/// type). It is refused for operations that have no such argument.
///
/// # Errors
/// `AxisError`; `ValueError` for a result of nothing where there is none; `TypeError` for types the operation does not
/// have.
pub fn reduce(
    expr: &Expr,
    op: ReduceOp,
    axes: Option<&[i64]>,
    keepdims: bool,
    dtype: Option<DType>,
    ddof: f64,
) -> Result<Expr> {
    let axes: PerAxis<usize> = match axes {
        None => (0..expr.ndim()).collect(),
        Some(axes) => normalize_axes(axes, expr.ndim())?,
    };
    check_not_empty(expr, op, &axes)?;
    let reduced = match (op, dtype) {
        (ReduceOp::Mean, Some(dtype)) if !dtype.is_float() && !dtype.is_complex() => {
            truncating_mean(expr, &axes, dtype)?
        }
        // NumPy adds booleans by "or" and multiplies them by "and".
        (ReduceOp::Sum, Some(DType::Bool)) => typed(&cast(expr, DType::Bool), ReduceOp::Any, axes.clone(), None, 0.0)?,
        (ReduceOp::Prod, Some(DType::Bool)) => typed(&cast(expr, DType::Bool), ReduceOp::All, axes.clone(), None, 0.0)?,
        (ReduceOp::Ufunc(ufunc), dtype) => folded(expr, ufunc, axes.clone(), dtype)?,
        _ => typed(expr, op, axes.clone(), dtype, ddof)?,
    };
    if !keepdims {
        return Ok(reduced);
    }
    let axes: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
    view::expand_dims(&reduced, &axes)
}

/// NumPy's refusal of extrema of nothing.
pub(super) fn check_not_empty(expr: &Expr, op: ReduceOp, axes: &[usize]) -> Result<()> {
    let empty = axes.iter().any(|&axis| expr.shape()[axis] == 0);
    if !empty || op.has_empty_result() {
        return Ok(());
    }
    let ufunc = match op {
        ReduceOp::ArgMin | ReduceOp::ArgMax => {
            return Err(Error::value(format!("attempt to get {op} of an empty sequence")));
        }
        ReduceOp::Min => "minimum",
        ReduceOp::Max => "maximum",
        _ => op.name(),
    };
    Err(Error::value(format!("zero-size array to reduction operation {ufunc} which has no identity")))
}

/// The reduction with an elementwise operation, in its loop type for these elements or for `dtype`.
fn folded(expr: &Expr, ufunc: Op, axes: PerAxis<usize>, dtype: Option<DType>) -> Result<Expr> {
    let signature = resolve(ufunc, &[LoopOperand::Typed(dtype.unwrap_or(expr.dtype())); 2])?;
    if signature.input() != signature.output || dtype.is_some_and(|dtype| dtype != signature.output) {
        return Err(Error::type_(format!(
            "No loop matching the specified signature and casting was found for ufunc {ufunc}"
        )));
    }
    Ok(node(&cast(expr, signature.output), ReduceOp::Ufunc(ufunc), axes, signature.output, 0.0))
}

fn typed(expr: &Expr, op: ReduceOp, axes: PerAxis<usize>, dtype: Option<DType>, ddof: f64) -> Result<Expr> {
    let (elements, output) = loop_of(expr, op, dtype)?;
    Ok(node(&elements, op, axes, output, ddof))
}

/// The elements in the type that NumPy's `dtype` asks for, and the type of the result.
pub(super) fn loop_of(expr: &Expr, op: ReduceOp, dtype: Option<DType>) -> Result<(Expr, DType)> {
    let Some(dtype) = dtype else {
        return Ok((expr.clone(), Reducer::default_output(op, expr.dtype())?));
    };
    match op {
        // Integers add and multiply modulo 2^64 whatever their width, so narrower ones need no cast first.
        ReduceOp::Sum | ReduceOp::Prod
            if dtype.is_integer() && !expr.dtype().is_float() && !expr.dtype().is_complex() =>
        {
            Ok((expr.clone(), dtype))
        }
        ReduceOp::Mean if dtype == DType::F64 && !expr.dtype().is_float() && !expr.dtype().is_complex() => {
            Ok((expr.clone(), dtype))
        }
        ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Mean | ReduceOp::Var | ReduceOp::Std => {
            let elements = cast(expr, dtype);
            let output = match op {
                ReduceOp::Sum | ReduceOp::Prod => dtype,
                _ => Reducer::default_output(op, dtype)?,
            };
            Ok((elements, output))
        }
        _ => Err(Error::type_("this reduction has no dtype argument")),
    }
}

/// A mean in an integer type: NumPy sums in the type and truncates the quotient.
fn truncating_mean(expr: &Expr, axes: &PerAxis<usize>, dtype: DType) -> Result<Expr> {
    if !expr.is_known() {
        return Err(Error::Uncounted);
    }
    let count: usize = axes.iter().map(|&axis| expr.shape()[axis]).product();
    let sum = typed(expr, ReduceOp::Sum, axes.clone(), Some(dtype), 0.0)?;
    let count = constant(Scalar::new(count as f64));
    Ok(cast(&map(Op::Divide, &[Operand::Array(sum), Operand::Array(count)])?, dtype))
}

fn node(expr: &Expr, op: ReduceOp, axes: PerAxis<usize>, output: DType, ddof: f64) -> Expr {
    if axes.is_empty() {
        // Over no axis, every element is its own set: reduce over a new axis of length one.
        let ndim = expr.ndim();
        let mut shape = Shape::from(expr.shape());
        shape.push(1);
        let lengthened = Expr::new(Kind::Reshape, [expr.clone()], shape, expr.dtype(), &[]);
        return node(&lengthened, op, PerAxis::from_slice(&[ndim]), output, ddof);
    }
    let shape: Shape = (0..expr.ndim()).filter(|axis| !axes.contains(axis)).map(|axis| expr.shape()[axis]).collect();
    let mut words: Vec<u64> = axes.iter().map(|&axis| axis as u64).collect();
    words.push(ddof.to_bits());
    Expr::new(Kind::Reduce(Reduction { op, axes, ddof }), [expr.clone()], shape, output, &words)
}
