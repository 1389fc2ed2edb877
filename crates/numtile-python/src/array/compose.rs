//! Complex numbers of their parts.

use num_complex::Complex;
use pyo3::prelude::*;

use super::{Array, Value, apply};
use crate::convert::Given;
use crate::engine::{DType, Op, Operand, Scalar, expr};

/// The complex numbers with these real and imaginary parts, signs of zeros and infinities included.
///
/// It is `(re, -0) - (0, -im)`. The second comes from `(-im, -0) * (0, 1)` where `im` is finite, and from constants
/// where it is not, because infinity times zero is not a number.
pub(crate) fn join_parts(py: Python<'_>, real: Value, imag: Value) -> PyResult<Array> {
    let part = real.expr.dtype().promote(imag.expr.dtype()).promote(DType::F32);
    let dtype = part.promote(DType::C64);
    let widened = |value: &Value| {
        let complex = value.with(expr::cast(&expr::cast(&value.expr, part), dtype));
        Ok::<Value, PyErr>(apply(py, Op::Conjugate, &[complex.into()])?.value())
    };
    let constant = |re: f64, im: f64| Given {
        operand: Operand::Array(expr::constant(Scalar::from_complex(Complex::new(re, im), dtype))),
        live: false,
    };
    let imag = imag.with(expr::cast(&imag.expr, part));
    let zero = || Given { operand: Operand::Int(0), live: false };
    let negated = apply(py, Op::Negative, &[imag.clone().into()])?.value();
    let turned = apply(py, Op::Multiply, &[widened(&negated)?.into(), constant(0.0, 1.0)])?.value();
    let is_above = apply(py, Op::Greater, &[imag.clone().into(), zero()])?.value();
    let is_below = apply(py, Op::Less, &[imag.clone().into(), zero()])?.value();
    let is_finite = apply(py, Op::Isfinite, &[imag.into()])?.value();
    let below =
        apply(py, Op::Where, &[is_below.into(), constant(0.0, f64::INFINITY), constant(0.0, f64::NAN)])?.value();
    let special = apply(py, Op::Where, &[is_above.into(), constant(0.0, f64::NEG_INFINITY), below.into()])?.value();
    let rest = apply(py, Op::Where, &[is_finite.into(), turned.into(), special.into()])?.value();
    apply(py, Op::Subtract, &[widened(&real)?.into(), rest.into()])
}
