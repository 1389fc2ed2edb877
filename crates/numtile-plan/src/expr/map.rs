//! Elementwise operations and casts.

use num_complex::Complex;
use numtile_core::dtype::Bool8;
use numtile_core::shape::broadcast;
use numtile_core::{DType, Error, Result, Scalar};
use numtile_kernel::{Op, Operand as LoopOperand, resolve};
use smallvec::SmallVec;

use super::create::{constant, full};
use super::node::{Expr, Kind};

/// An operand of an elementwise operation: an array, or a Python number, which is weak (NEP 50).
#[derive(Clone, Debug)]
pub enum Operand {
    /// An array of a definite type. Python's `True` is one too.
    Array(Expr),
    /// A Python integer.
    Int(i128),
    /// A Python float.
    Float(f64),
    /// A Python complex number.
    Complex(Complex<f64>),
}

impl Operand {
    fn kernel_operand(&self) -> LoopOperand {
        match self {
            Operand::Array(expr) => LoopOperand::Typed(expr.dtype()),
            Operand::Int(value) => LoopOperand::Int(*value),
            Operand::Float(_) => LoopOperand::Float,
            Operand::Complex(_) => LoopOperand::Complex,
        }
    }

    /// The operand as an array of this type; Python integers that do not fit are an `OverflowError`.
    fn into_expr(self, dtype: DType) -> Result<Expr> {
        Ok(match self {
            Operand::Array(expr) => cast(&expr, dtype),
            Operand::Int(value) => constant(Scalar::from_int(value, dtype)?),
            Operand::Float(value) => constant(Scalar::from_f64(value, dtype)),
            Operand::Complex(value) => constant(Scalar::from_complex(value, dtype)),
        })
    }

    fn shape(&self) -> &[usize] {
        match self {
            Operand::Array(expr) => expr.shape(),
            _ => &[],
        }
    }
}

/// A list with one entry per operand, inline: operators are built by the million.
type PerOperand<T> = SmallVec<[T; 3]>;

/// The elementwise operation `op` on operands that broadcast together, with NumPy's type promotion.
///
/// # Errors
/// `TypeError` where NumPy has no loop for the types, `ValueError` where shapes do not broadcast, `OverflowError`
/// where a Python integer does not fit.
pub fn map(op: Op, operands: &[Operand]) -> Result<Expr> {
    let kinds: PerOperand<LoopOperand> = operands.iter().map(Operand::kernel_operand).collect();
    let signature = resolve(op, &kinds)?;
    let shapes: PerOperand<&[usize]> = operands.iter().map(Operand::shape).collect();
    let shape = broadcast(&shapes)?;
    if let Some(answer) = compare_beyond_range(op, operands)? {
        return full(&shape, Scalar::new(Bool8::from(answer)));
    }
    let inputs = operands
        .iter()
        .zip(signature.inputs)
        .map(|(operand, dtype)| operand.clone().into_expr(dtype))
        .collect::<Result<PerOperand<Expr>>>()?;
    Ok(Expr::new(Kind::Map(op), inputs, shape, signature.output, &[]))
}

/// `x ** y` as NumPy's operator: scalar exponents −1, 0.5, 1 and 2 take their own fast and exact ways.
pub fn power(base: &Operand, exponent: &Operand) -> Result<Expr> {
    if let (Operand::Array(x), Some(value)) = (base, scalar_exponent(exponent)) {
        let weak_float = matches!(exponent, Operand::Float(_));
        let inexact = x.dtype().is_float() || x.dtype().is_complex();
        let op = match value {
            2.0 if inexact || (!weak_float && (x.dtype().is_integer() || x.dtype() == DType::Bool)) => Some(Op::Square),
            1.0 if inexact => Some(Op::Positive),
            -1.0 if inexact => Some(Op::Reciprocal),
            0.5 if inexact => Some(Op::Sqrt),
            _ => None,
        };
        if let Some(op) = op {
            return map(op, std::slice::from_ref(base));
        }
    }
    map(Op::Power, &[base.clone(), exponent.clone()])
}

fn scalar_exponent(exponent: &Operand) -> Option<f64> {
    match exponent {
        Operand::Int(value) => Some(*value as f64),
        Operand::Float(value) => Some(*value),
        Operand::Array(_) | Operand::Complex(_) => None,
    }
}

/// A Python integer beyond 64 bits compares with integers by its value, as in NumPy 2. (Nearer ones have loops.) One beyond
/// int64 does not compare with booleans, and has no truth value beside arrays.
fn compare_beyond_range(op: Op, operands: &[Operand]) -> Result<Option<bool>> {
    let (value, array, array_first) = match operands {
        [Operand::Array(array), Operand::Int(value)] => (*value, array, true),
        [Operand::Int(value), Operand::Array(array)] => (*value, array, false),
        _ => return Ok(None),
    };
    let is_truth = matches!(op, Op::LogicalAnd | Op::LogicalOr | Op::LogicalXor);
    let in_int64 = is_truth || op.is_comparison() && array.dtype() == DType::Bool;
    if in_int64 && i64::try_from(value).is_err() {
        return Err(Error::Overflow("Python int too large to convert to C long".into()));
    }
    let beyond = value > i128::from(u64::MAX) || value < i128::from(i64::MIN);
    if !op.is_comparison() || !beyond || array.dtype().is_float() || array.dtype().is_complex() {
        return Ok(None);
    }
    let array_is_less = (value > 0) == array_first;
    Ok(Some(match op {
        Op::NotEqual => true,
        Op::Less | Op::LessEqual => array_is_less,
        Op::Greater | Op::GreaterEqual => !array_is_less,
        _ => false,
    }))
}

/// An expression on other sources than its own: `known` says which for which. They have the shapes of its own, or one
/// shape, which every operation has then.
pub fn on_others(root: &Expr, known: &[(Expr, Expr)], shape: Option<&[usize]>) -> Expr {
    let mut done: Vec<(u128, Expr)> = known.iter().map(|(from, to)| (from.hash128(), to.clone())).collect();
    for node in Expr::post_order(std::slice::from_ref(root)) {
        let find = |node: &Expr| done.iter().find(|(hash, _)| *hash == node.hash128()).map(|(_, made)| made.clone());
        if find(&node).is_none() {
            let inputs: PerOperand<Expr> =
                node.inputs().iter().map(|input| find(input).unwrap_or(input.clone())).collect();
            let made =
                if inputs.is_empty() { node.clone() } else { node.with_inputs(inputs, shape.unwrap_or(node.shape())) };
            done.push((node.hash128(), made));
        }
    }
    done.into_iter().find(|(hash, _)| *hash == root.hash128()).map_or_else(|| root.clone(), |(_, made)| made)
}

/// The same values in another type (`astype`); the expression itself where the type is the same.
pub fn cast(expr: &Expr, dtype: DType) -> Expr {
    if expr.dtype() == dtype {
        return expr.clone();
    }
    Expr::new(Kind::Map(Op::Cast), [expr.clone()], expr.shape(), dtype, &[])
}
