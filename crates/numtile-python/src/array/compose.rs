//! Operations that NumPy composes of others: `clip` and `round`.

use num_complex::Complex;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::{Array, Value, apply};
use crate::convert::{self, Given};
use crate::engine::{DType, Op, Operand, Scalar, expr};

/// The least and the greatest value of an integer type.
fn range(dtype: DType) -> (i128, i128) {
    let bits = 8 * dtype.size() as u32;
    match dtype.kind() {
        numtile::Kind::Signed => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        _ => (0, (1i128 << bits) - 1),
    }
}

/// A bound of `clip`; none when it is absent, or a Python integer that no element can exceed.
fn bound(
    limit: Option<&Bound<'_, PyAny>>,
    dtype: DType,
    is_idle: fn(i128, (i128, i128)) -> bool,
) -> PyResult<Option<Given>> {
    let Some(limit) = limit.filter(|limit| !limit.is_none()) else { return Ok(None) };
    let is_python_int = limit.is_exact_instance_of::<PyInt>();
    if dtype.is_integer() && is_python_int && is_idle(convert::integer(limit)?, range(dtype)) {
        return Ok(None);
    }
    convert::operand_or_type_error(limit).map(Some)
}

/// NumPy's `clip`: `minimum(maximum(x, low), high)` in the common type of all three.
pub(super) fn clip(
    py: Python<'_>,
    value: Value,
    low: Option<&Bound<'_, PyAny>>,
    high: Option<&Bound<'_, PyAny>>,
) -> PyResult<Array> {
    let dtype = value.expr.dtype();
    let low = bound(low, dtype, |limit, (least, _)| limit <= least)?;
    let high = bound(high, dtype, |limit, (_, greatest)| limit >= greatest)?;
    match (low, high) {
        (None, None) => apply(py, Op::Positive, vec![value.into()]),
        (Some(low), None) => apply(py, Op::Maximum, vec![value.into(), low]),
        (None, Some(high)) => apply(py, Op::Minimum, vec![value.into(), high]),
        (Some(low), Some(high)) => {
            let raised = apply(py, Op::Maximum, vec![value.into(), low])?.value();
            apply(py, Op::Minimum, vec![raised.into(), high])
        }
    }
}

/// NumPy's `round`: scaled by a power of ten, rounded to the even neighbour, scaled back.
pub(super) fn round(py: Python<'_>, value: Value, decimals: i64) -> PyResult<Array> {
    let dtype = value.expr.dtype();
    if dtype.is_integer() {
        return if decimals >= 0 { Ok(Array::of(value)) } else { round_integers(py, value, decimals) };
    }
    if decimals == 0 {
        return apply(py, Op::Rint, vec![value.into()]);
    }
    if dtype.is_complex() {
        let real = apply(py, Op::Real, vec![value.clone().into()])?.value();
        let imag = apply(py, Op::Imag, vec![value.into()])?.value();
        return join_parts(py, scaled(py, real, decimals)?.value(), scaled(py, imag, decimals)?.value());
    }
    scaled(py, value, decimals)
}

/// The complex numbers with these real and imaginary parts, signs of zeros and infinities included.
///
/// It is `(re, -0) - (0, -im)`. The second comes from `(-im, -0) * (0, 1)` where `im` is finite, and from constants
/// where it is not, because infinity times zero is not a number.
pub(crate) fn join_parts(py: Python<'_>, real: Value, imag: Value) -> PyResult<Array> {
    let part = real.expr.dtype().promote(imag.expr.dtype()).promote(DType::F32);
    let dtype = part.promote(DType::C64);
    let widened = |value: &Value| {
        let complex = value.with(expr::cast(&expr::cast(&value.expr, part), dtype));
        Ok::<Value, PyErr>(apply(py, Op::Conjugate, vec![complex.into()])?.value())
    };
    let constant = |re: f64, im: f64| Given {
        operand: Operand::Array(expr::constant(Scalar::from_complex(Complex::new(re, im), dtype))),
        live: false,
    };
    let imag = imag.with(expr::cast(&imag.expr, part));
    let zero = || Given { operand: Operand::Int(0), live: false };
    let negated = apply(py, Op::Negative, vec![imag.clone().into()])?.value();
    let turned = apply(py, Op::Multiply, vec![widened(&negated)?.into(), constant(0.0, 1.0)])?.value();
    let is_above = apply(py, Op::Greater, vec![imag.clone().into(), zero()])?.value();
    let is_below = apply(py, Op::Less, vec![imag.clone().into(), zero()])?.value();
    let is_finite = apply(py, Op::Isfinite, vec![imag.into()])?.value();
    let below =
        apply(py, Op::Where, vec![is_below.into(), constant(0.0, f64::INFINITY), constant(0.0, f64::NAN)])?.value();
    let special = apply(py, Op::Where, vec![is_above.into(), constant(0.0, f64::NEG_INFINITY), below.into()])?.value();
    let rest = apply(py, Op::Where, vec![is_finite.into(), turned.into(), special.into()])?.value();
    apply(py, Op::Subtract, vec![widened(&real)?.into(), rest.into()])
}

fn scaled(py: Python<'_>, value: Value, decimals: i64) -> PyResult<Array> {
    let (there, back) = if decimals > 0 { (Op::Multiply, Op::Divide) } else { (Op::Divide, Op::Multiply) };
    let scale = || Given { operand: Operand::Float(power_of_ten(decimals)), live: false };
    let large = apply(py, there, vec![value.into(), scale()])?.value();
    let rounded = apply(py, Op::Rint, vec![large.into()])?.value();
    apply(py, back, vec![rounded.into(), scale()])
}

/// Integers round in float64, as in NumPy, and come back to their own type.
fn round_integers(py: Python<'_>, value: Value, decimals: i64) -> PyResult<Array> {
    let dtype = value.expr.dtype();
    let wide = value.with(expr::cast(&value.expr, DType::F64));
    let rounded = scaled(py, wide, decimals)?.value();
    Ok(Array::of(rounded.with(expr::cast(&rounded.expr, dtype))))
}

/// Ten to the number of decimals without its sign; exact up to 10^22.
fn power_of_ten(decimals: i64) -> f64 {
    let exponent = decimals.unsigned_abs().min(400);
    format!("1e{exponent}").parse().unwrap_or(f64::INFINITY)
}
